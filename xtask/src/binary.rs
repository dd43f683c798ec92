//! The server's program, built for those who start it: tests, the demo, the documents.

use crate::{process, tree};
use anyhow::{Context, Result};
use std::fs::File;
use std::path::PathBuf;

/// Which `guichet` is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// As it is delivered.
    Plain,
    /// With the cargo feature `faults`, whose planted bugs show that a test can fail. Never delivered.
    Faulty,
}

impl Variant {
    /// The variable that names a program which is built already; it is used as it is.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Plain => "GUICHET_BIN",
            Self::Faulty => "GUICHET_FAULTY_BIN",
        }
    }

    const fn file_name(self) -> &'static str {
        match self {
            Self::Plain => "guichet",
            Self::Faulty => "guichet-faults",
        }
    }

    const fn features(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Faulty => &["--features", "faults"],
        }
    }
}

/// The path of that program, built from the sources of now unless its variable names one.
///
/// Cargo writes both variants to one path, so each is kept under a name of its own; a lock keeps two
/// callers from taking each other's.
///
/// # Errors
/// The build fails; the compiler's words are on the terminal.
pub fn build(variant: Variant) -> Result<PathBuf> {
    if let Some(given) = std::env::var_os(variant.variable()) {
        return Ok(PathBuf::from(given));
    }
    let folder = tree::target().join("servers");
    std::fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    process::run(
        process::cargo().args(["build", "--quiet", "--package", "server", "--bin", "guichet"]).args(variant.features()),
    )?;
    let built = tree::target().join("debug/guichet");
    let kept = folder.join(variant.file_name());
    let fresh = folder.join(format!("{}.new", variant.file_name()));
    if fresh.exists() {
        std::fs::remove_file(&fresh)?;
    }
    std::fs::hard_link(&built, &fresh).with_context(|| format!("cannot link {}", built.display()))?;
    // A rename never shows a reader half a program, and a running one keeps its own.
    std::fs::rename(&fresh, &kept)?;
    if fresh.exists() {
        // Two names of one file: then rename does nothing, and both stay.
        std::fs::remove_file(&fresh)?;
    }
    Ok(kept)
}
