//! Every message that was sent, and every one that came: the two must be the same, in order, for each receiver.

use anyhow::{Context, Result, ensure};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What no two messages of this process have in common.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// Which message, and at which place of its conversation.
pub(crate) type Placed = (u64, u64);

/// What one scenario sends.
pub(crate) struct Ledger {
    origin: Instant,
    /// Messages with a lower number are another ledger's.
    first: u64,
    received: AtomicU64,
    /// By seat: the place and the number of each message that was acked.
    acked: Vec<Mutex<Vec<Placed>>>,
}

impl Ledger {
    /// For so many seats.
    pub(crate) fn new(seats: usize) -> Self {
        let acked = (0..seats).map(|_| Mutex::default()).collect();
        let first = NUMBERS.load(Ordering::Relaxed);
        Self { origin: Instant::now(), first, received: AtomicU64::new(0), acked }
    }

    /// A new message of about so many bytes: its number, by which it is known again and which no other message of
    /// this process has, and its content, which says when it was made.
    pub(crate) fn message(&self, bytes: usize) -> (u64, String) {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let mut content = format!("{number} {}", self.origin.elapsed().as_nanos());
        content.extend(std::iter::repeat_n('.', bytes.saturating_sub(content.len())));
        (number, content)
    }

    /// The number of a message that came, and how long it took; nothing for one that was sent before this ledger
    /// was begun.
    pub(crate) fn read(&self, content: &str) -> Result<Option<(u64, Duration)>> {
        let words = content.trim_end_matches('.').split_once(' ');
        let (number, made) = words.context("a message that nobody here has sent")?;
        let took = self.origin.elapsed().saturating_sub(Duration::from_nanos(made.parse()?));
        let number = number.parse()?;
        if number < self.first {
            return Ok(None);
        }
        self.received.fetch_add(1, Ordering::Relaxed);
        Ok(Some((number, took)))
    }

    pub(crate) fn ack(&self, seat: usize, seq: u64, number: u64) {
        self.acked[seat].lock().unwrap_or_else(PoisonError::into_inner).push((seq, number));
    }

    /// How many messages were received, by all receivers together.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// How many have been acked.
    pub(crate) fn acked(&self) -> u64 {
        self.acked.iter().map(|seat| seat.lock().unwrap_or_else(PoisonError::into_inner).len() as u64).sum()
    }

    /// Compares what a receiver got, in the order in which it came, with what was acked for its seat.
    ///
    /// # Errors
    /// A message was lost, doubled, out of order, or never sent.
    pub(crate) fn check(&self, seat: usize, got: &[Placed]) -> Result<()> {
        let mut acked = self.acked[seat].lock().unwrap_or_else(PoisonError::into_inner).clone();
        acked.sort_unstable();
        let differs = acked.iter().zip(got).position(|(acked, got)| acked != got);
        let at = differs.unwrap_or(acked.len().min(got.len()));
        ensure!(
            acked == got,
            "seat {seat}: of {} acked messages {} came; from place {at} on {:?} was acked and {:?} came",
            acked.len(),
            got.len(),
            acked.get(at),
            got.get(at),
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_again_by_its_content() {
        let ledger = Ledger::new(1);
        let (first, _) = ledger.message(0);
        let (number, content) = Ledger::new(1).message(100);
        assert!(number > first, "no ledger gives a number again");
        assert_eq!(content.len(), 100);
        assert_eq!(ledger.read(&content).unwrap().unwrap().0, number);
        assert_eq!(ledger.received(), 1);
        let later = Ledger::new(1);
        assert!(later.read(&content).unwrap().is_none() && later.received() == 0, "that was before");
        assert!(ledger.read("Bonjour").is_err());
    }

    #[test]
    fn what_is_lost_doubled_or_out_of_order_is_found() {
        let ledger = Ledger::new(2);
        // Acks of two senders may come in another order than the places.
        for (seq, number) in [(2, 11), (1, 10), (3, 12)] {
            ledger.ack(1, seq, number);
        }
        ledger.check(1, &[(1, 10), (2, 11), (3, 12)]).unwrap();
        ledger.check(0, &[]).unwrap();
        for got in [&[(1, 10), (2, 11)][..], &[(1, 10), (2, 11), (3, 12), (3, 12)], &[(2, 11), (1, 10), (3, 12)]] {
            assert!(ledger.check(1, got).is_err(), "{got:?}");
        }
        assert!(ledger.check(0, &[(1, 10)]).is_err(), "what nobody sent");
    }
}
