#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line: its output is its purpose")]

pub mod bench;
pub mod binary;
pub mod browser;
pub mod cluster;
pub mod demo;
pub mod faults;
pub mod install;
pub mod process;
pub mod seed;
pub mod services;
pub mod spec;
pub mod tally;
pub mod test;
pub mod tree;
pub mod web;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "cargo xtask COMMAND

  demo [--port N]               build the pages and the server, serve the demo
  test [quick]                  run every check (quick: unit and contract tests only)
  faults [ROW …]                do harm to the server and its database, hundreds of times
  bench [SCENARIO …]            print the measured tables (release build)
  seed [OPTION …]               make a large data set in a database (--help)
  spec                          write api-spec/openapi.json from the handlers
  web                           build the browser pages, when they changed
  services [start|stop|status]  the private PostgreSQL that tests use
  install                       install what the other commands need";

/// Runs one command and says how it ended; errors are printed with their causes.
pub fn main(arguments: &[String]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<test::Failed>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<()> {
    match words {
        ["demo", rest @ ..] => demo::run(rest),
        ["test"] => test::run(test::Scope::Everything),
        ["test", "quick"] => test::run(test::Scope::Quick),
        ["faults", rest @ ..] => faults::run(rest),
        ["bench", rest @ ..] => bench::run(rest),
        ["seed", rest @ ..] => seed::run(rest),
        ["spec"] => spec::run(),
        ["web"] => install::ensure(&[install::NODE]).and_then(|()| web::build()),
        ["services"] | ["services", "start"] => services::start().map(|started| println!("{started}")),
        ["services", "stop"] => services::stop().map(|stopped| println!("{stopped}")),
        ["services", "status"] => services::status().map(|status| println!("{status}")),
        ["install"] => install::ensure(&install::ALL),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("this is no command of xtask: {:?}\n\n{USAGE}", words.join(" ")),
    }
}
