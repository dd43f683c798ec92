//! `cargo xtask bench`: the measured tables, from a release build.

use crate::binary::Variant;
use crate::{install, process, tree};
use anyhow::Result;
use std::process::Command;

/// Runs the load crate with `arguments`, on a server that is built alike; it starts what it measures by itself.
///
/// # Errors
/// PostgreSQL is missing, the build fails, or a message was lost, doubled or out of order.
pub fn run(arguments: &[&str]) -> Result<()> {
    install::ensure(&[install::POSTGRES])?;
    // Both in one call: their dependencies are built once, with the same features.
    let build = ["build", "--release", "--quiet", "--package", "server", "--package", "load"];
    process::run(process::cargo().args(build))?;
    let folder = tree::target().join("release");
    let mut load = Command::new(folder.join("load"));
    let server = Variant::Plain.variable();
    if std::env::var_os(server).is_none() {
        load.env(server, folder.join("guichet"));
    }
    process::run(load.args(arguments))
}
