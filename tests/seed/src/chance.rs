//! Chance that repeats itself: the same number gives the same data.

use kernel::Timestamp;
use uuid::{Builder, Uuid};

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and good enough for made-up data.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// A stream of its own for each place, whatever was drawn elsewhere.
    pub(crate) fn of(number: u64, place: &str, index: u64) -> Self {
        let start = place
            .bytes()
            .fold(number ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut chance = Self(start ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Neighbours begin alike.
        chance.next();
        chance
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is more than 0; each as likely as the others, but for a part in 2⁴⁰.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// From `from` up to and without `to`.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from))
    }

    /// True this many times in a hundred.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(of.len() as u64)).unwrap_or(0);
        &of[place]
    }

    /// One of them, each as often as its weight says.
    pub(crate) fn weighed<T: Copy>(&mut self, of: &[(T, u64)]) -> T {
        let mut left = self.below(of.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in of {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        of[of.len() - 1].0
    }

    /// Mostly small, seldom large, `mean` on average: as waiting times and lengths of conversations are.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a made-up length needs no last digit, and is never negative"
    )]
    pub(crate) fn spread(&mut self, mean: u64) -> u64 {
        let share = ((self.next() >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
        ((-share.ln()) * mean as f64).round() as u64
    }

    /// A `UUIDv7` of that moment.
    pub(crate) fn uuid(&mut self, at: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_le_bytes());
        bytes[8..].copy_from_slice(&self.next().to_le_bytes()[..2]);
        Builder::from_unix_timestamp_millis(u64::try_from(at.as_micros() / 1_000).unwrap_or(0), &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_gives_the_same_and_another_one_something_else() {
        let draw = |place, index| Chance::of(7, place, index).next();
        assert_eq!(draw("a", 1), draw("a", 1));
        assert_ne!(draw("a", 1), draw("a", 2));
        assert_ne!(draw("a", 1), draw("b", 1));
    }

    #[test]
    fn lengths_are_as_long_as_asked_for_on_average() {
        let mut chance = Chance::of(1, "mean", 0);
        let sum: u64 = (0..100_000).map(|_| chance.spread(9)).sum();
        assert!((880_000..920_000).contains(&sum), "{sum}");
    }

    #[test]
    fn weights_say_how_often() {
        let mut chance = Chance::of(1, "weights", 0);
        let often = (0..10_000).filter(|_| chance.weighed(&[(true, 3), (false, 1)])).count();
        assert!((7_300..7_700).contains(&often), "{often}");
    }
}
