//! `cargo xtask spec`: the documents that are generated from the handlers.

use crate::{binary, process, tree};
use anyhow::{Context, Result};
use std::process::Command;

/// Writes `api-spec/openapi.json` as `guichet openapi` prints it.
///
/// # Errors
/// The server cannot be built, or refuses to print the document.
pub fn run() -> Result<()> {
    let document = process::read(Command::new(binary::build(binary::Variant::Plain)?).arg("openapi"))?;
    let path = tree::root().join("api-spec/openapi.json");
    std::fs::write(&path, document).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}
