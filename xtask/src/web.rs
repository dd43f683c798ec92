//! The browser pages: installed and built only when something changed.

use crate::{install, process, tree};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds `web/dist/`, unless its sources are those of the last build.
///
/// # Errors
/// npm fails; its words are on the terminal.
pub fn build() -> Result<()> {
    packages(&folder())?;
    let stamp = folder().join("node_modules/.guichet-build");
    let sources = sources_hash(&folder())?;
    if folder().join("dist").is_dir() && is_stamped(&stamp, &sources) {
        return Ok(());
    }
    process::run(npm()?.args(["run", "build"]))?;
    ensure!(folder().join("dist").is_dir(), "`npm run build` wrote no web/dist");
    std::fs::write(stamp, sources).context("cannot write the stamp of the build")
}

/// `npm` in `web/`.
///
/// # Errors
/// There is no npm.
pub fn npm() -> Result<Command> {
    let mut npm = install::npm()?;
    npm.current_dir(folder());
    Ok(npm)
}

/// Installs what the `package-lock.json` of `folder` names, unless that is done.
///
/// # Errors
/// npm fails; its words are on the terminal.
pub fn packages(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let wanted = format!("{:016x}", tree::hash(&wanted));
    let stamp = folder.join("node_modules/.guichet-packages");
    if is_stamped(&stamp, &wanted) {
        return Ok(());
    }
    process::run(install::npm()?.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))?;
    std::fs::write(stamp, wanted).context("cannot write the stamp of the packages")
}

/// The folder of the npm workspace.
pub fn folder() -> PathBuf {
    tree::root().join("web")
}

fn is_stamped(stamp: &Path, wanted: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|found| found == wanted)
}

/// A hash over the names and contents of all that the build reads; what it writes is left out.
fn sources_hash(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend_from_slice(file.as_os_str().as_encoded_bytes());
        all.extend_from_slice(&tree::hash(&std::fs::read(&file)?).to_le_bytes());
    }
    Ok(format!("{:016x}", tree::hash(&all)))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "node_modules" || name == "dist" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_changes_with_a_source_and_not_with_the_output() {
        let folder = std::env::temp_dir().join(format!("guichet-web-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("src")).unwrap();
        std::fs::create_dir_all(folder.join("dist")).unwrap();
        std::fs::write(folder.join("src/a.ts"), "1").unwrap();
        let before = sources_hash(&folder).unwrap();
        std::fs::write(folder.join("dist/a.js"), "1").unwrap();
        assert_eq!(sources_hash(&folder).unwrap(), before);
        std::fs::write(folder.join("src/a.ts"), "2").unwrap();
        assert_ne!(sources_hash(&folder).unwrap(), before);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
