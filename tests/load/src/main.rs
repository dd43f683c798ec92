#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

mod commit;
mod connections;
mod dialect;
mod figures;
mod floor;
mod ledger;
mod receiver;
mod requests;
mod scene;
mod sender;
mod slow_reader;
mod socket;
mod storm;
mod subject;
mod system;

use clap::{Parser, ValueEnum};
use dialect::Protocol;
use tests::database::{STORES, Store};

/// Prints measured tables.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure.
    #[arg(value_enum, default_value = "commit")]
    scenario: Scenario,
    /// Interleaved rounds, of which the table shows the medians [default: 3 of `connections` and `storm`, 40 of
    /// `requests`, else 5].
    #[arg(long)]
    rounds: Option<usize>,
    /// Seconds that each cell of the table is measured in each round [default: 5 of `connections` and `slow-reader`,
    /// else 2].
    #[arg(long)]
    seconds: Option<u64>,
    /// Connections [default: 10000 of `connections`, 1000 of `storm`].
    #[arg(long)]
    clients: Option<usize>,
    /// Only this store.
    #[arg(long, value_enum)]
    store: Option<Only>,
    /// What those who follow speak, in `connections`; may be given several times.
    #[arg(long, value_enum, default_values_t = [Protocol::Native])]
    protocol: Vec<Protocol>,
    /// Support requests, in `requests`.
    #[arg(long, default_value_t = 200_000)]
    requests: u64,
    /// Messages, in `requests`.
    #[arg(long, default_value_t = 2_000_000)]
    messages: u64,
    /// A database of PostgreSQL that `cargo xtask seed` has filled, in `requests`; else one is made.
    #[arg(long)]
    url: Option<String>,
    /// The port of the floor.
    #[arg(long, default_value_t = 0, hide = true)]
    port: u16,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scenario {
    /// Group commit beside one transaction a message.
    Commit,
    /// Ten thousand idle connections with a few messages.
    Connections,
    /// Everybody comes back after a kill.
    Storm,
    /// One who does not read among a hundred who do.
    SlowReader,
    /// Lists, numbers and conversations among 200 000 requests.
    Requests,
    /// The server that stores nothing, which the others are compared with.
    #[value(hide = true)]
    Floor,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Only {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { scenario, rounds, seconds, clients, store, protocol, requests, messages, url, port } =
        Arguments::parse();
    let stores = match store {
        None => STORES.to_vec(),
        Some(Only::Sqlite) => vec![Store::Sqlite],
        Some(Only::Postgres) => vec![Store::Postgres],
    };
    let clients = clients.unwrap_or(match scenario {
        Scenario::Connections => 10_000,
        Scenario::Storm => 1_000,
        Scenario::Commit | Scenario::SlowReader | Scenario::Requests | Scenario::Floor => 200,
    });
    // At either end: the servers inherit it.
    system::allow_sockets(clients)?;
    match scenario {
        Scenario::Commit => commit::run(rounds.unwrap_or(5), seconds.unwrap_or(2)).await,
        Scenario::Connections => {
            connections::run(&stores, &protocol, clients, rounds.unwrap_or(3), seconds.unwrap_or(5)).await
        }
        Scenario::Storm => storm::run(&stores, clients, rounds.unwrap_or(3)).await,
        Scenario::SlowReader => slow_reader::run(&stores, rounds.unwrap_or(5), seconds.unwrap_or(5)).await,
        Scenario::Requests => requests::run(requests, messages, url, rounds.unwrap_or(40)).await,
        Scenario::Floor => floor::serve(port).await,
    }
}
