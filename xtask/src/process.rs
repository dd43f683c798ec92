//! Running other programs: seen by the reader, checked for their end, and read where a figure is needed.

use crate::tree;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `cargo` of the toolchain that runs us, in the workspace.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(tree::root());
    command
}

/// Runs `command` with its output on ours.
///
/// # Errors
/// The program cannot be started, or ends with another code than 0.
pub fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs `command` quietly and gives its standard output; its other output is in the error.
///
/// # Errors
/// The program cannot be started, or ends with another code than 0.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", line(command), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// How a program ended, and all that it said.
#[derive(Debug)]
pub struct Said {
    /// Whether the program ended with code 0.
    pub success: bool,
    /// Standard output and standard error, each in its own order.
    pub text: String,
}

/// Runs `command` with its output on ours, and keeps a copy of it.
///
/// # Errors
/// The program cannot be started or its output cannot be read; a bad end is in [`Said::success`].
pub fn run_and_keep(command: &mut Command) -> Result<Said> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", name(command)))?;
    let output = child.stdout.take().map(|pipe| std::thread::spawn(move || copy(pipe, std::io::stdout())));
    let errors = child.stderr.take().map(|pipe| std::thread::spawn(move || copy(pipe, std::io::stderr())));
    let mut text = String::new();
    for reader in [output, errors].into_iter().flatten() {
        match reader.join() {
            Ok(copied) => text.push_str(&copied?),
            Err(_) => bail!("the reader of {} panicked", name(command)),
        }
    }
    let success = child.wait()?.success();
    Ok(Said { success, text })
}

fn copy(mut from: impl Read, mut to: impl Write) -> std::io::Result<String> {
    let mut kept = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(String::from_utf8_lossy(&kept).into_owned());
        }
        to.write_all(&buffer[..count])?;
        to.flush()?;
        kept.extend_from_slice(&buffer[..count]);
    }
}

/// The first program of that name in `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn announce(command: &Command) {
    println!("\u{25b8} {}", line(command));
}

fn line(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(name(command)).chain(words).collect::<Vec<_>>().join(" ")
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_is_kept_from_both_pipes() {
        let said = run_and_keep(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert!(!said.success);
        assert!(said.text.contains("out\n") && said.text.contains("err\n"));
    }

    #[test]
    fn a_program_that_fails_is_an_error_that_names_it() {
        let error = read(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c") && error.contains("why"), "{error}");
    }
}
