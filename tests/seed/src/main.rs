//! `cargo xtask seed`: a large data set in a database.
#![expect(clippy::print_stdout, reason = "this is a command line: its output is its purpose")]

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use kernel::{Env, SystemEnv, Timestamp};
use seed::{PASSWORD, Plan, fill};

/// Makes an organisation with people, requests and conversations of two years, and a small second one beside it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask seed")]
struct Arguments {
    /// Support requests.
    #[arg(long, default_value_t = 200_000)]
    requests: u64,
    /// Messages, about so many.
    #[arg(long, default_value_t = 2_000_000)]
    messages: u64,
    /// The same number gives the same data, as long as `--until` is the same.
    #[arg(long, default_value_t = 1)]
    random: u64,
    /// The end of the two years (RFC 3339); now, when not given.
    #[arg(long)]
    until: Option<Timestamp>,
    /// Which database; `--url` and `--data` say it by themselves.
    #[arg(long, value_enum)]
    store: Option<Store>,
    /// The database: `postgres://…` or `sqlite://…`.
    #[arg(long, conflicts_with = "data")]
    url: Option<String>,
    /// The data folder of a server that keeps SQLite in it.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The short name of the organisation; the second one's has `-voisin` behind it.
    #[arg(long, default_value = "atelier")]
    organization: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let url = arguments.database()?;
    let until = arguments.until.unwrap_or_else(|| SystemEnv.now());
    let Arguments { requests, messages, random, organization, .. } = arguments;
    let beside = format!("{organization}-voisin");
    for (slug, share) in [(organization, 1), (beside, 50)] {
        let plan = Plan::of(&slug, requests / share, messages / share, random, until);
        let started = Instant::now();
        let mut told = 0;
        let made = fill(&url, &plan, |so_far| {
            if so_far >= told + requests / 10 {
                told = so_far;
                println!("{slug}: {so_far} requests after {:.0?}", started.elapsed());
            }
        })
        .await?;
        println!(
            "{slug}: {} people, {} requests, {} messages, {} timeline entries in {:.1?}; sign in as admin@{slug}.test, \
             agent0@{slug}.test or customer0@{slug}.test with {PASSWORD}",
            made.people,
            made.requests,
            made.messages,
            made.timeline,
            started.elapsed()
        );
    }
    Ok(())
}

impl Arguments {
    fn database(&self) -> Result<String> {
        let url = match (&self.url, &self.data, self.store) {
            (Some(url), _, _) => url.clone(),
            (None, _, Some(Store::Postgres)) => bail!("PostgreSQL is named by --url postgres://…"),
            (None, Some(folder), _) => {
                std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
                format!("sqlite://{}?mode=rwc", folder.join("guichet.sqlite").display())
            }
            (None, None, _) => bail!("name a database by --url, or a data folder by --data"),
        };
        let given = if store_seaorm::is_postgres(&url) { Store::Postgres } else { Store::Sqlite };
        if self.store.is_some_and(|wanted| wanted != given) {
            bail!("--store names another database than --url");
        }
        Ok(url)
    }
}
