#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

mod commit;
mod figures;
mod scene;

use clap::{Parser, ValueEnum};

/// Prints measured tables.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure.
    #[arg(value_enum, default_value = "commit")]
    scenario: Scenario,
    /// Interleaved rounds, of which the table shows the medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds that each cell of the table is measured in each round, after one to warm up.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scenario {
    /// Group commit beside one transaction a message.
    Commit,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.scenario {
        Scenario::Commit => commit::run(arguments.rounds, arguments.seconds).await,
    }
}
