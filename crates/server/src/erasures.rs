//! The log of erasures on the command line: to be kept beside copies of the database, and carried out after a restore.

use std::io::{BufRead, IsTerminal};

use anyhow::Context;
use privacy::Erasure;

use crate::{config::Config, wire::Parts};

/// Prints the log.
#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
pub(crate) async fn list(config: &Config) -> anyhow::Result<()> {
    for erasure in Parts::assemble(config).await?.erasing.log().await? {
        println!("{}", serde_json::to_string(&erasure)?);
    }
    Ok(())
}

/// Carries everything out again, with what standard input adds.
#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
pub(crate) async fn repeat(config: &Config) -> anyhow::Result<()> {
    let parts = Parts::assemble(config).await?;
    let input = std::io::stdin();
    let mut more: Vec<Erasure> = Vec::new();
    if !input.is_terminal() {
        for (at, line) in input.lock().lines().enumerate() {
            let line = line?;
            if !line.trim().is_empty() {
                let erasure = serde_json::from_str(&line);
                more.push(erasure.with_context(|| format!("line {} is no erasure as `list` prints it", at + 1))?);
            }
        }
    }
    let done = parts.erasing.repeat(&more).await?;
    println!("{done} erasures carried out again");
    Ok(())
}
