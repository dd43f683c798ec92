//! How much room a disk has.

use std::{io, path::Path};

use rustix::fs::statvfs;

/// A disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What this server may still use.
    pub free: u64,
    /// All of it.
    pub size: u64,
}

impl Room {
    /// That of the disk where a folder is.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let disk = statvfs(folder)?;
        Ok(Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            size: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    /// At least the reserve, in bytes, and at least a twentieth of the disk: what messages need is not taken by
    /// files.
    pub fn is_enough(self, reserve: u64) -> bool {
        self.free >= reserve.max(self.size / 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_large_disk_keeps_a_twentieth_free_and_a_small_one_the_reserve() {
        let enough = |free, size| Room { free, size }.is_enough(GIB / 2);
        assert!(enough(6 * GIB, 100 * GIB));
        assert!(!enough(4 * GIB, 100 * GIB), "more than the reserve, less than a twentieth");
        assert!(enough(GIB / 2, 2 * GIB));
        assert!(!enough(GIB / 2 - 1, 2 * GIB), "more than a twentieth, less than the reserve");
    }
}
