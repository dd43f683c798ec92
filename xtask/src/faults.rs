//! `cargo xtask faults`: every row of the catalogue of faults, as often as a release needs.

use crate::binary::{self, Variant};
use crate::{install, process, tree};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

/// How many rounds a row does: `full`, or a number.
pub const ROUNDS: &str = "GUICHET_FAULT_ROUNDS";

/// The columns of the table of a whole run.
pub const COLUMNS: [&str; 22] = [
    "row",
    "store",
    "rounds",
    "acked",
    "I1",
    "I2",
    "I3",
    "I4",
    "I5",
    "I6",
    "I7",
    "I8",
    "I9",
    "I10",
    "I11",
    "I12",
    "I13",
    "I14",
    "95 % bound",
    "own figures",
    "seed",
    "verdict",
];

/// How the file of a row ends that holds its row of the table.
pub const ROW_FILE: &str = "row";

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
    let rows = rows_of(&reports)?;
    let table = table(&rows);
    let report = reports.join("report.md");
    fs::create_dir_all(&reports)?;
    fs::write(&report, &table).with_context(|| format!("cannot write {}", report.display()))?;
    println!("\n{table}\nalso in {}", report.display());
    ended?;
    ensure!(!rows.is_empty(), "no row has reported");
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
    cargo.args(rows.iter().map(|row| filter(row)));
    cargo
}

/// A row by its name in the catalogue, `F-06`, or a part of a test's name as it is.
fn filter(row: &str) -> String {
    match row.strip_prefix("F-").or_else(|| row.strip_prefix("f-")) {
        Some(number) => format!("f{number}_"),
        None => row.to_owned(),
    }
}

/// The rows that the reports left, sorted by their names.
fn rows_of(folder: &Path) -> Result<Vec<String>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let files = entries.flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == ROW_FILE));
    let mut rows: Vec<String> =
        files.map(|path| fs::read_to_string(&path)).collect::<Result<_, _>>().context("a report cannot be read")?;
    rows.sort();
    Ok(rows)
}

/// Markdown, with what the columns mean below.
fn table(rows: &[String]) -> String {
    let head = format!("| {} |\n|{}\n", COLUMNS.join(" | "), " --- |".repeat(COLUMNS.len()));
    format!("{head}{}\n{LEGEND}", rows.concat())
}

const LEGEND: &str = "Each I counts violations: I1 acked and not stored, I2 stored twice, I3 stored though nobody sent it \
or it was refused for good, I4 gaps in a log, I5 two observers disagree, I6 a stream left out or repeated an entry, \
I7 acked before another was sent and stored after it, I8 a sender's order, I9 a live subscriber never received an \
entry, I10 two answers to one message, I11 a change without its consequence or with two, I12 told to somebody who may not see it, I13 a send that was never settled, \
I14 panics, errors of the server, leaked connections or files. No violation in n rounds means at most 3/n a round, \
with 95 % confidence: the bound. A row is invalid when its fault was not met.\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_its_name_in_the_catalogue() {
        assert_eq!(["F-06", "f-06", "f06_postgres_is_killed"].map(filter), ["f06_", "f06_", "f06_postgres_is_killed"]);
    }

    #[test]
    fn the_table_has_its_head_its_rows_and_its_legend() {
        let table = table(&["| F-01 | postgres |\n".to_owned(), "| F-14 | sqlite |\n".to_owned()]);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("| row | store | rounds | acked | I1 |"));
        assert_eq!(lines[1].matches("---").count(), COLUMNS.len());
        assert_eq!(lines[2..4], ["| F-01 | postgres |", "| F-14 | sqlite |"]);
        assert!(table.ends_with("not met.\n"));
    }
}
