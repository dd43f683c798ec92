//! `cargo xtask faults`: every row of the catalogue of faults, as often as a release needs.

use crate::binary::{self, Variant};
use crate::{install, process, tree};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::process::Command;

/// How many rounds a row does: `full`, or a number.
pub const ROUNDS: &str = "GUICHET_FAULT_ROUNDS";

/// Runs the rows whose names contain one of `rows`, or all of them, and prints the table of their reports.
///
/// # Errors
/// A tool is missing, the build fails, or a row is red or shows nothing.
pub fn run(rows: &[&str]) -> Result<()> {
    install::ensure(&[install::POSTGRES, install::SQLITE])?;
    let reports = tree::target().join("faults");
    if reports.exists() {
        fs::remove_dir_all(&reports).with_context(|| format!("cannot empty {}", reports.display()))?;
    }
    let mut runner = runner(rows);
    for variant in [Variant::Plain, Variant::Faulty] {
        runner.env(variant.variable(), binary::build(variant)?);
    }
    if std::env::var_os(ROUNDS).is_none() {
        runner.env(ROUNDS, "full");
    }
    let ended = process::run(&mut runner);
    let table = table()?;
    println!("\n{}", table.join("\n"));
    ended?;
    ensure!(!table.is_empty(), "no row has reported");
    Ok(())
}

/// One row at a time: a row that shares the processor with another measures nothing.
fn runner(rows: &[&str]) -> Command {
    let mut cargo = process::cargo();
    if process::find("cargo-nextest").is_some() {
        cargo.args([
            "nextest",
            "run",
            "--profile=faults",
            "--package=tests",
            "--features=faults",
            "--test=faults",
            "--no-capture",
        ]);
    } else {
        cargo.args([
            "test",
            "--package=tests",
            "--features=faults",
            "--test=faults",
            "--",
            "--nocapture",
            "--test-threads=1",
        ]);
    }
    cargo.args(rows);
    cargo
}

/// The reports that the rows left, sorted by their names.
fn table() -> Result<Vec<String>> {
    let folder = tree::target().join("faults");
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let reports =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "txt"));
    let lines = reports.map(|path| fs::read_to_string(&path).map(|text| text.trim().to_owned()));
    let mut lines: Vec<String> = lines.collect::<Result<_, _>>().context("a report cannot be read")?;
    lines.sort();
    Ok(lines)
}
