//! `cargo xtask test`: every check, each with its time, and one last line that a machine can read.

use crate::binary::{self, Variant};
use crate::services::{self, POSTGRES_URL, Services};
use crate::{browser, install, process, tally::Tally, tree, web};
use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::fmt;
use std::time::Instant;

/// How much is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All there is.
    Everything,
    /// The Rust tests below the server: rules, use cases, contracts on SQLite and PostgreSQL, repository.
    Quick,
}

/// With the smoke set of the faults. One build for it and for all other tests: a set of features of its own would
/// build the same crates twice.
const FAULTS: &str = "--features=tests/faults";

/// The run was red; what failed has been printed already.
#[derive(Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the test run failed")
    }
}

impl std::error::Error for Failed {}

/// Runs the checks of `scope`; ends with the line `xtask test: N passed, M failed`.
///
/// # Errors
/// [`Failed`] when anything failed, was missing or did not run.
pub fn run(scope: Scope) -> Result<()> {
    let started = Instant::now();
    let mut tally = Tally::default();
    let outcome = match scope {
        Scope::Everything => everything(&mut tally),
        Scope::Quick => quick(&mut tally),
    };
    if let Err(error) = &outcome {
        eprintln!("xtask test: {error:#}");
        tally.note_end(false);
    }
    if tally.skipped > 0 {
        eprintln!("xtask test: {} tests did not run; nothing may be skipped", tally.skipped);
        tally.failed += tally.skipped;
    }
    println!("xtask test: took {:.0?}", started.elapsed());
    println!("xtask test: {} passed, {} failed", tally.passed, tally.failed);
    if tally.is_green() { Ok(()) } else { Err(Failed.into()) }
}

fn everything(tally: &mut Tally) -> Result<()> {
    step("tools", || install::ensure(&install::ALL))?;
    step("format", || process::run(process::cargo().args(["fmt", "--all", "--check"])))?;
    step("pages", web::build)?;
    step("clients of others", || web::packages(&tree::root().join("tests/clients")))?;
    step("types of the pages", || process::run(web::npm()?.args(["run", "check"])))?;
    count("tests of the pages", tally, vitest)?;
    step("clippy", || {
        process::run(process::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--features=tests/faults,server/faults",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    let services = step("services", SharedServices::start)?;
    let environment = [
        (Variant::Plain.variable(), step("server", || binary::build(Variant::Plain))?.into_os_string()),
        (
            Variant::Faulty.variable(),
            step("server with planted bugs", || binary::build(Variant::Faulty))?.into_os_string(),
        ),
        (POSTGRES_URL, services.url().into()),
    ];
    count("Rust tests", tally, || rust_tests(&["--workspace", FAULTS], &environment))?;
    count("examples in the documentation", tally, || examples(&environment))?;
    count("browser tests", tally, browser::run)
}

fn quick(tally: &mut Tally) -> Result<()> {
    step("tools", || install::ensure(&[install::NODE, install::POSTGRES]))?;
    step("pages", web::build)?;
    let services = step("services", SharedServices::start)?;
    let environment = [(POSTGRES_URL, services.url().into())];
    count("Rust tests below the server", tally, || {
        rust_tests(&["--workspace", "--exclude", "tests", "--exclude", "load"], &environment)
    })?;
    count("repository", tally, || rust_tests(&["--package", "tests", "--test", "architecture"], &environment))
}

/// With nextest where it is installed, else with `cargo test`: the same tests, the same count.
fn rust_tests(selection: &[&str], environment: &[(&str, OsString)]) -> Result<Tally> {
    let with_nextest = process::find("cargo-nextest").is_some();
    let mut cargo = process::cargo();
    if with_nextest {
        cargo.args(["nextest", "run", "--no-fail-fast", "--color=never", "--status-level=slow"]);
    } else {
        cargo.args(["test", "--no-fail-fast", "--color=never", "--lib", "--bins", "--tests"]);
    }
    let said = process::run_and_keep(cargo.args(selection).envs(environment.iter().cloned()))?;
    let mut tally = if with_nextest { Tally::of_nextest(&said.text) } else { Tally::of_cargo_test(&said.text) }?;
    tally.note_end(said.success);
    Ok(tally)
}

/// nextest does not run them.
fn examples(environment: &[(&str, OsString)]) -> Result<Tally> {
    let mut cargo = process::cargo();
    cargo.args(["test", "--doc", "--workspace", "--no-fail-fast", "--quiet"]).envs(environment.iter().cloned());
    let said = process::run_and_keep(&mut cargo)?;
    let mut tally = Tally::of_cargo_test(&said.text)?;
    tally.note_end(said.success);
    Ok(tally)
}

fn vitest() -> Result<Tally> {
    let report = tree::target().join("vitest.json");
    let said = process::run_and_keep(
        web::npm()?
            .args(["test", "--", "--reporter=default", "--reporter=json"])
            .arg(format!("--outputFile={}", report.display())),
    )?;
    let json = std::fs::read_to_string(&report).context("vitest wrote no report")?;
    let mut tally = Tally::of_vitest(&json)?;
    tally.note_end(said.success);
    Ok(tally)
}

/// Services that this run started are stopped at its end, however it ends; those that ran before stay.
#[derive(Debug)]
struct SharedServices {
    url: String,
    ours: bool,
}

impl SharedServices {
    fn start() -> Result<Self> {
        let services = services::start()?;
        let url = services.postgres_url().context("the services started and do not run")?.to_owned();
        Ok(Self { url, ours: matches!(services, Services::Started(_)) })
    }

    fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for SharedServices {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        if let Err(error) = services::stop() {
            eprintln!("xtask test: the services did not stop: {error:#}");
        }
    }
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n== {name}");
    let started = Instant::now();
    let outcome = work().with_context(|| name.to_owned());
    println!("== {name}: {} in {:.1?}", if outcome.is_ok() { "done" } else { "failed" }, started.elapsed());
    outcome
}

fn count(name: &str, tally: &mut Tally, work: impl FnOnce() -> Result<Tally>) -> Result<()> {
    let part = step(name, work)?;
    *tally += part;
    ensure!(
        part.failed == 0 && part.skipped == 0,
        "{name}: {} passed, {} failed, {} not run",
        part.passed,
        part.failed,
        part.skipped
    );
    Ok(())
}
