//! One run of one row: how often, from which seed, over what.

use crate::database::Store;
use crate::storm::Random;
use std::ops::Range;

/// What a row is told.
#[derive(Debug, Clone)]
pub struct Run {
    /// Over which database, where the row works over both.
    pub store: Store,
    /// How often the fault is done.
    pub rounds: usize,
    /// Decides the schedule of faults and who sends when; the processes' own timing stays their own.
    pub seed: u64,
    /// How much is taken.
    pub size: Size,
    /// A planted bug, which the row must find.
    pub planted: Option<&'static str>,
}

/// How long a row may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Part of every test run: few rounds, short harm, half the load.
    Smoke,
    /// Before a release: all of it.
    Full,
}

/// Sets how much is run: `full`, or a number of rounds for every row at full size.
pub use xtask::faults::ROUNDS;

/// Repeats the schedule of an earlier run.
pub const SEED: &str = "GUICHET_FAULT_SEED";

/// Access tokens live for 15 minutes, and a history has to fit into memory: a load ends after so many rounds, and
/// the next begins on the same server.
const ROUNDS_A_LOAD: usize = 20;

impl Run {
    /// As the environment says; with nothing said, the smoke run from a seed of its own.
    pub fn of(store: Store, smoke: usize, full: usize) -> Self {
        let seed = std::env::var(SEED).map_or_else(|_| u64::from(std::process::id()), |text| parse(SEED, &text));
        let (rounds, size) = match std::env::var(ROUNDS) {
            Err(_) => (smoke, Size::Smoke),
            Ok(text) if text == "full" => (full, Size::Full),
            Ok(text) => (usize::try_from(parse(ROUNDS, &text)).expect("a number of rounds"), Size::Full),
        };
        Self { store, rounds, seed, size, planted: None }
    }

    /// The smoke run with a planted bug.
    pub fn planted(store: Store, rounds: usize, fault: &'static str) -> Self {
        Self { rounds, size: Size::Smoke, planted: Some(fault), ..Self::of(store, rounds, rounds) }
    }

    /// Its source of chance.
    pub fn random(&self) -> Random {
        Random::from_seed(self.seed)
    }

    /// One of two values by its size.
    pub fn pick<T>(&self, smoke: T, full: T) -> T {
        match self.size {
            Size::Smoke => smoke,
            Size::Full => full,
        }
    }

    /// The rounds, in as many parts as there are loads.
    pub fn loads(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let rounds = self.rounds;
        (0..rounds).step_by(ROUNDS_A_LOAD).map(move |from| from..rounds.min(from + ROUNDS_A_LOAD))
    }
}

fn parse(name: &str, text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_belongs_to_one_load() {
        let run = Run { store: Store::Sqlite, rounds: 45, seed: 1, size: Size::Full, planted: None };
        assert_eq!(run.loads().collect::<Vec<_>>(), [0..20, 20..40, 40..45]);
        assert_eq!(Run { rounds: 0, ..run }.loads().count(), 0);
    }
}
