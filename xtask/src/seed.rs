//! `cargo xtask seed`: a large data set in a database.

use crate::process;
use anyhow::Result;

/// Runs the program of that name with `arguments`; `--help` is among them.
///
/// # Errors
/// The build fails, or the database refuses.
pub fn run(arguments: &[&str]) -> Result<()> {
    process::run(process::cargo().args(["run", "--quiet", "--package", "seed", "--"]).args(arguments))
}
