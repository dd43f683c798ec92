//! The `guichet` binary: reads the command line, and hands over.

use std::process::ExitCode;

use clap::Parser;

/// After a storm of connections the system's allocator keeps twice what is in use; this one gives it back.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    server::cli::run(server::cli::Arguments::parse())
}
