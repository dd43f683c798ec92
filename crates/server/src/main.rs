//! The `guichet` binary: reads the command line, and hands over.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    server::cli::run(server::cli::Arguments::parse())
}
