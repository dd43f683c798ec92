//! Processes seen from outside: signals, and what the system counts of them.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// The kernel's unit of processor time in `/proc/PID/stat`: Linux gives 100 a second on all its architectures.
const TICKS_A_SECOND: f64 = 100.0;

/// Sends a signal by its name, e.g. `STOP`; a process that is gone is no error.
pub fn signal(name: &str, pids: &[u32]) {
    let pids = pids.iter().map(ToString::to_string);
    // One of them may have ended since it was listed; the others get it all the same.
    let _ = xtask::process::read(Command::new("kill").arg(format!("-{name}")).args(pids));
}

/// A process and all that it started, itself first.
pub fn family(pid: u32) -> Vec<u32> {
    let mut family = vec![pid];
    let parents: Vec<(u32, u32)> = all().into_iter().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut next = 0;
    while next < family.len() {
        let of = family[next];
        family.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
        next += 1;
    }
    family
}

/// Whether it lives; one that ended and was not waited for does not.
pub fn lives(pid: u32) -> bool {
    stat(pid).is_some_and(|fields| !matches!(fields.first().map(String::as_str), Some("Z" | "X") | None))
}

/// Memory that it holds in RAM, in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// Files and sockets that it holds open.
pub fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Processor time that it has used.
pub fn processor_time(pid: u32) -> Duration {
    let fields = stat(pid).unwrap_or_default();
    // utime and stime, the fields 14 and 15 of proc(5); the first one here is field 3.
    let ticks = [11, 12].into_iter().filter_map(|at| fields.get(at)?.parse::<f64>().ok()).sum::<f64>();
    Duration::from_secs_f64(ticks / TICKS_A_SECOND)
}

/// How many processes wanted to run, on average over the last minute: what a slow figure is to be read beside.
pub fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0)
}

fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    entries.iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.get(1)?.parse().ok()
}

/// The fields of proc(5) from the third on; the second is a name that may hold anything.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_process_stays_and_a_killed_one_goes() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        assert!(family(std::process::id()).contains(&pid));
        signal("STOP", &[pid]);
        while stat(pid).unwrap()[0] != "T" {}
        assert!(lives(pid));
        signal("CONT", &[pid]);
        signal("KILL", &[pid]);
        child.wait().unwrap();
        assert!(!lives(pid));
    }

    #[test]
    fn our_own_figures_are_read() {
        let me = std::process::id();
        assert!(resident_kib(me) > 1_000 && open_files(me) >= 3 && load_average() >= 0.0);
        let started = std::time::Instant::now();
        while processor_time(me) == Duration::ZERO {
            assert!(started.elapsed() < Duration::from_secs(10), "no processor time is counted");
        }
    }
}
