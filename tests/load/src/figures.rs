//! Medians, percentiles and tables.

use std::time::Duration;

/// What one cell gave in one round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// Durable messages a second.
    pub(crate) per_second: f64,
    /// Messages that shared a commit, on average.
    pub(crate) per_commit: f64,
    /// Half of the acks came sooner.
    pub(crate) p50: Duration,
    /// One ack in a hundred came later.
    pub(crate) p99: Duration,
}

impl Measured {
    /// The median of each figure by itself.
    pub(crate) fn median(rounds: &[Self]) -> Self {
        Self {
            per_second: middle(rounds, |round| round.per_second),
            per_commit: middle(rounds, |round| round.per_commit),
            p50: Duration::from_secs_f64(middle(rounds, |round| round.p50.as_secs_f64())),
            p99: Duration::from_secs_f64(middle(rounds, |round| round.p99.as_secs_f64())),
        }
    }
}

/// The value below which this share of the sorted values lies; the nearest rank.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// In milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts of messages and of bytes are far below 2^52")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// The head of the table of commits.
pub(crate) const HEAD: &str = "\
| store | senders | commit | messages a commit | durable messages/s | ack p50 ms | ack p99 ms | × |
|---|---|---|---|---|---|---|---|";

/// One line of the table; `beside` is what the ratio compares with.
pub(crate) fn line(store: &str, senders: usize, mode: &str, cell: &Measured, beside: &Measured) -> String {
    let (p50, p99) = (ms(cell.p50), ms(cell.p99));
    let ratio = cell.per_second / beside.per_second;
    let (each, rate) = (cell.per_commit, cell.per_second);
    format!("| {store} | {senders} | {mode} | {each:.1} | {rate:.0} | {p50:.2} | {p99:.2} | {ratio:.1} |")
}

/// The middle one of a figure's values; of an even number, the upper of the two.
pub(crate) fn middle<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&values, 50), Duration::from_millis(50));
        assert_eq!(percentile(&values, 99), Duration::from_millis(99));
        assert_eq!(percentile(&values[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn the_median_is_of_each_figure_by_itself() {
        let round = |per_second, per_commit, p50| Measured {
            per_second,
            per_commit,
            p50: Duration::from_millis(p50),
            p99: Duration::from_millis(9),
        };
        let median = Measured::median(&[round(3.0, 10.0, 5), round(1.0, 30.0, 4), round(2.0, 20.0, 6)]);
        assert_eq!(median, round(2.0, 20.0, 5));
    }

    #[test]
    fn a_line_has_a_cell_for_each_column() {
        let cell = Measured { per_second: 1e4, per_commit: 8.0, p50: Duration::ZERO, p99: Duration::ZERO };
        let columns = |text: &str| text.matches('|').count();
        assert_eq!(columns(&line("SQLite", 8, "group", &cell, &cell)), columns(HEAD.lines().next().unwrap()));
    }
}
