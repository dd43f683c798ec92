//! `cargo xtask bench`: the measured tables, from a release build.

use crate::{install, process};
use anyhow::Result;

/// Runs the load crate with `arguments`; it starts what it measures by itself.
///
/// # Errors
/// PostgreSQL is missing, the build fails, or a message was lost, doubled or out of order.
pub fn run(arguments: &[&str]) -> Result<()> {
    install::ensure(&[install::POSTGRES])?;
    process::run(process::cargo().args(["run", "--release", "--quiet", "--package", "load", "--"]).args(arguments))
}
