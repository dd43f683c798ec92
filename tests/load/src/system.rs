//! What the operating system says of a process, and what it lets this one do.

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process, and those it starts, open as many files as it may.
///
/// # Errors
/// Even that is too few for `sockets`, with some for the rest.
pub(crate) fn allow_sockets(sockets: usize) -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("the limit of open files stays")?;
    let needed = sockets as u64 + 500;
    let most = maximum.unwrap_or(u64::MAX);
    ensure!(most >= needed, "{sockets} connections need {needed} open files a process, and {most} are allowed");
    Ok(())
}

/// The resident memory of a process, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the process's status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    line.trim().trim_end_matches(" kB").parse().context("VmRSS is no number")
}

/// The load average of the last minute: how quiet the machine was.
pub(crate) fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
