//! The browser tests: Playwright drives Chromium against the real server.

use crate::{binary, install, process, tally::Tally, tree, web};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Runs every test in `tests/browser/` and counts them.
///
/// # Errors
/// Chromium or a package is missing, or the run ends without a count.
pub fn run() -> Result<Tally> {
    let folder = tree::root().join("tests/browser");
    web::packages(&folder)?;
    let Some(chromium) = install::chromium() else { bail!("Chromium is not installed") };
    let report = tree::target().join("browser.tap");
    let mut node = install::node();
    node.current_dir(&folder)
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec", "--test-reporter-destination=stdout"])
        .args(["--test-reporter=tap", "--test-reporter-destination"])
        .arg(&report)
        .args(tests(&folder)?)
        .env("GUICHET_BIN", binary::build(binary::Variant::Plain)?)
        .env("GUICHET_SCREENS", tree::target().join("screens"))
        .env("GUICHET_CHROMIUM", chromium);
    let said = process::run_and_keep(&mut node)?;
    let text = std::fs::read_to_string(&report).context("the browser tests wrote no report")?;
    let mut tally = Tally::of_node(&text)?;
    tally.note_end(said.success);
    Ok(tally)
}

fn tests(folder: &std::path::Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
