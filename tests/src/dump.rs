//! All that a server's database holds, as text.

use crate::server::Server;
use std::process::Command;
use xtask::cluster::postgres_program;
use xtask::process::read;

/// Every row of every table, with the statements that would make it again: what `pg_dump` and `sqlite3` give.
pub fn dump(server: &Server) -> String {
    match server.database().url() {
        Some(url) => {
            let program = postgres_program("pg_dump").expect("pg_dump: `cargo xtask install` says where it comes from");
            let mut command = Command::new(program);
            read(command.args(["--data-only", "--inserts", "--no-owner", "--no-privileges", &url]))
        }
        None => read(Command::new("sqlite3").arg(server.home().join("demo/guichet.sqlite")).arg(".dump")),
    }
    .expect("the database can be dumped")
}

/// The rows of a dump in an order of their own, without those of the tables whose names begin so: a row that was
/// written again is not a row that changed.
pub fn rows(dump: &str, without: &[&str]) -> Vec<String> {
    let table = |line: &str| {
        let name = line.strip_prefix("INSERT INTO ")?.trim_start_matches("public.").trim_start_matches('"');
        Some(name.to_owned())
    };
    let kept = dump
        .lines()
        .filter(|line| table(line).is_some_and(|name| !without.iter().any(|prefix| name.starts_with(prefix))));
    let mut rows: Vec<String> = kept.map(str::to_owned).collect();
    rows.sort_unstable();
    rows
}
