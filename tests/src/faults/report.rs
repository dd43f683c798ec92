//! What a row found: one line to read, and a verdict.

use super::run::{Run, SEED};
use crate::checker::{Finding, History};
use crate::faults::process::load_average;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use xtask::faults::ROW_FILE;

/// What must never happen, by the names that the catalogue of faults gives.
pub const INVARIANTS: [(&str, &str); 14] = [
    ("I1", "lost"),
    ("I2", "doubled"),
    ("I3", "unexpected"),
    ("I4", "gap"),
    ("I5", "divergence"),
    ("I6", "skip"),
    ("I7", "out of order"),
    ("I8", "sender's order"),
    ("I9", "never received"),
    ("I10", "contradicted"),
    ("I11", "no consequence, or two"),
    ("I12", "leaked"),
    ("I13", "unsettled"),
    ("I14", "panics, 5xx, leaks"),
];

/// A figure that a row gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// What it is called.
    pub name: &'static str,
    /// Its unit, as printed behind the value.
    pub unit: &'static str,
    /// Which of the values counts.
    pub statistic: Statistic,
    /// What passes.
    pub limit: Limit,
}

/// Which of many values counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The highest.
    Highest,
    /// The lowest.
    Lowest,
    /// The value below which 99 of 100 lie.
    P99,
}

/// What passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// At most so much.
    AtMost(f64),
    /// At least so much.
    AtLeast(f64),
    /// It is only told.
    None,
}

impl Measure {
    /// The highest value must not be above `limit`.
    pub const fn at_most(name: &'static str, unit: &'static str, limit: f64) -> Self {
        Self { name, unit, statistic: Statistic::Highest, limit: Limit::AtMost(limit) }
    }

    /// The 99th percentile must not be above `limit`.
    pub const fn p99(name: &'static str, unit: &'static str, limit: f64) -> Self {
        Self { name, unit, statistic: Statistic::P99, limit: Limit::AtMost(limit) }
    }

    /// The lowest value must not be below `limit`.
    pub const fn at_least(name: &'static str, unit: &'static str, limit: f64) -> Self {
        Self { name, unit, statistic: Statistic::Lowest, limit: Limit::AtLeast(limit) }
    }

    /// The highest value is told.
    pub const fn told(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, statistic: Statistic::Highest, limit: Limit::None }
    }
}

/// What the machine had to do meanwhile, by the one number that the system keeps.
const BUSY: Measure = Measure::told("load average", "");

/// What one run of one row found.
#[derive(Debug, Clone)]
pub struct Report {
    row: &'static str,
    over: String,
    seed: u64,
    rounds: usize,
    messages: usize,
    violations: BTreeMap<&'static str, Vec<String>>,
    figures: Vec<(Measure, Vec<f64>)>,
    void: BTreeMap<&'static str, Vec<f64>>,
    exercised: BTreeMap<&'static str, usize>,
    told: BTreeMap<&'static str, usize>,
    steps: Vec<String>,
}

impl Report {
    /// Nothing found yet.
    pub fn new(row: &'static str, run: &Run) -> Self {
        Self {
            row,
            over: format!("{:?}", run.store).to_lowercase(),
            seed: run.seed,
            rounds: 0,
            messages: 0,
            violations: BTreeMap::new(),
            figures: Vec::new(),
            void: BTreeMap::new(),
            exercised: BTreeMap::new(),
            told: BTreeMap::new(),
            steps: Vec::new(),
        }
    }

    /// The fault was done once more; `what` is printed when the run fails.
    pub fn round(&mut self, what: impl Into<String>) {
        self.rounds += 1;
        self.measured(BUSY, load_average());
        self.steps.push(format!("round {}: {}", self.rounds, what.into()));
    }

    /// So many messages more were answered as durable.
    pub fn messages(&mut self, count: usize) {
        self.messages += count;
    }

    /// An invariant was broken.
    pub fn violated(&mut self, invariant: &'static str, what: impl Into<String>) {
        self.violations.entry(invariant).or_default().push(what.into());
    }

    /// Takes what the checker found.
    pub fn findings(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.violated(invariant(&finding), finding.to_string());
        }
    }

    /// The run is worth something only when this happened at least once.
    pub fn exercised(&mut self, what: &'static str, times: usize) {
        *self.exercised.entry(what).or_default() += times;
    }

    /// How often something happened that a run may do without.
    pub fn told(&mut self, what: &'static str, times: usize) {
        *self.told.entry(what).or_default() += times;
    }

    /// One value of a figure.
    pub fn measured(&mut self, measure: Measure, value: f64) {
        match self.figures.iter_mut().find(|(other, _)| other.name == measure.name) {
            Some((_, values)) => values.push(value),
            None => self.figures.push((measure, vec![value])),
        }
    }

    /// A value that says nothing about the server, because this process itself was held up. A figure that has no
    /// other makes the run invalid.
    pub fn voided(&mut self, measure: Measure, value: f64) {
        self.void.entry(measure.name).or_default().push(value);
        if !self.figures.iter().any(|(other, _)| other.name == measure.name) {
            self.figures.push((measure, Vec::new()));
        }
    }

    /// How often an invariant was broken.
    pub fn violations(&self, invariant: &str) -> usize {
        self.violations.get(invariant).map_or(0, Vec::len)
    }

    /// What the fault broke, in words: invariants and figures.
    pub fn broken(&self) -> Vec<String> {
        let violations = self.violations.iter().flat_map(|(invariant, found)| {
            let shown = found.iter().take(5).map(move |what| format!("{invariant}: {what}"));
            shown.chain((found.len() > 5).then(|| format!("{invariant}: … {} in all", found.len())))
        });
        let figures = self.figures.iter().filter(|(measure, values)| !passes(measure, values));
        violations.chain(figures.map(|(measure, values)| said(measure, values))).collect()
    }

    /// Why the run shows nothing, in words.
    pub fn invalid(&self) -> Vec<String> {
        let missed = self.exercised.iter().filter(|(_, times)| **times == 0).map(|(what, _)| format!("never: {what}"));
        let unmeasured = self.figures.iter().filter(|(_, values)| values.is_empty());
        let unmeasured = unmeasured.map(|(measure, _)| format!("no sound value of {}", measure.name));
        let idle = (self.rounds == 0).then(|| "no round was run".to_owned());
        missed.chain(unmeasured).chain(idle).collect()
    }

    /// Prints the line, and fails the test when anything broke or the run shows nothing.
    #[expect(clippy::print_stdout, reason = "the line is what the run is for")]
    pub fn judge(&self) {
        println!("{self}");
        self.keep();
        let (broken, invalid) = (self.broken(), self.invalid());
        assert!(
            broken.is_empty() && invalid.is_empty(),
            "{} failed; {SEED}={} repeats its schedule\nbroken: {broken:#?}\ninvalid: {invalid:#?}\n{}",
            self.row,
            self.seed,
            self.steps.join("\n"),
        );
    }

    /// What the clients of a load did and saw, and what was stored, a line each, to find out what went wrong.
    pub fn keep_history(&self, history: &History) {
        let events = history.events.iter().map(|event| format!("{event:?}\n"));
        let logs = history.logs.iter().flat_map(|(conversation, log)| {
            log.iter().map(move |entry| format!("stored in {conversation}: {entry:?}\n"))
        });
        self.write("history", &events.chain(logs).collect::<String>());
    }

    /// What the server said, to find out what went wrong.
    pub fn keep_log(&self, log: &str) {
        self.write("log", log);
    }

    /// Two files a row: the line, and the row of the table of a whole run.
    fn keep(&self) {
        self.write("txt", &format!("{self}\n"));
        self.write(ROW_FILE, &self.row());
    }

    /// A row of the table whose columns are [`xtask::faults::COLUMNS`].
    fn row(&self) -> String {
        let verdict = match (self.broken().is_empty(), self.invalid().is_empty()) {
            (false, _) => "red",
            (true, false) => "invalid",
            (true, true) => "green",
        };
        let cells = [self.row.to_owned(), self.over.clone(), self.rounds.to_string(), self.messages.to_string()];
        let counts = INVARIANTS.iter().map(|(invariant, _)| self.violations(invariant).to_string());
        let bound = format!("{:.1} %", self.bound());
        let figures = self.figures.iter().map(|(measure, values)| said(measure, values));
        let times = self.exercised.iter().chain(&self.told).map(|(what, times)| format!("{times} × {what}"));
        let own = figures.chain(times).chain(self.void()).collect::<Vec<_>>().join("; ");
        let rest = [bound, own, self.seed.to_string(), verdict.to_owned()];
        let cells: Vec<String> = cells.into_iter().chain(counts).chain(rest).collect();
        format!("| {} |\n", cells.join(" | "))
    }

    /// What was left out of the figures, in words.
    fn void(&self) -> impl Iterator<Item = String> {
        self.void.iter().map(|(name, values)| {
            let highest = values.iter().copied().fold(0.0, f64::max);
            format!("{} × {name} void, up to {}", values.len(), short(highest))
        })
    }

    /// The rule of three: nothing in n rounds leaves at most 3/n a round, with 95 % confidence; in percent.
    fn bound(&self) -> f64 {
        (300.0 / count(self.rounds.max(1))).min(100.0)
    }

    fn write(&self, kind: &str, text: &str) {
        let folder = xtask::tree::target().join("faults");
        let name = format!("{} {}.{kind}", self.row, self.over).replace([' ', '/'], "_");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(name), text));
        written.expect("the report can be kept in target/faults");
    }
}

impl Display for Report {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: rounds {}, messages {}", self.row, self.over, self.rounds, self.messages)?;
        for (invariant, _) in INVARIANTS {
            write!(formatter, " {invariant}={}", self.violations(invariant))?;
        }
        write!(formatter, "; at most {:.1} % a round fail (95 %)", self.bound())?;
        for (measure, values) in &self.figures {
            write!(formatter, "; {}", said(measure, values))?;
        }
        for (what, times) in self.exercised.iter().chain(&self.told) {
            write!(formatter, "; {times} × {what}")?;
        }
        self.void().try_for_each(|void| write!(formatter, "; {void}"))?;
        write!(formatter, "; seed {}", self.seed)
    }
}

/// A count as the value of a figure.
pub fn count(value: impl TryInto<u32>) -> f64 {
    f64::from(value.try_into().unwrap_or(u32::MAX))
}

fn invariant(finding: &Finding) -> &'static str {
    match finding {
        Finding::Lost(_) => "I1",
        Finding::Doubled(_) => "I2",
        Finding::Unexpected(_) => "I3",
        Finding::Gap(_) => "I4",
        Finding::Divergence(_) => "I5",
        Finding::Skip(_) => "I6",
        Finding::OutOfOrder(_) => "I7",
        Finding::SenderOrder(_) => "I8",
        Finding::Undelivered(_) => "I9",
        Finding::Contradiction(_) => "I10",
        Finding::Unanswered(_) => "I13",
    }
}

fn value(measure: &Measure, values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match measure.statistic {
        Statistic::Highest => sorted.last().copied(),
        Statistic::Lowest => sorted.first().copied(),
        Statistic::P99 => sorted.get((sorted.len() * 99).div_ceil(100).max(1) - 1).copied(),
    }
}

fn passes(measure: &Measure, values: &[f64]) -> bool {
    match (value(measure, values), measure.limit) {
        (Some(value), Limit::AtMost(limit)) => value <= limit,
        (Some(value), Limit::AtLeast(limit)) => value >= limit,
        _ => true,
    }
}

fn said(measure: &Measure, values: &[f64]) -> String {
    let Measure { name, unit, statistic, limit } = *measure;
    let name = if statistic == Statistic::P99 { format!("{name} p99") } else { name.to_owned() };
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let value = value(measure, values).map_or("none".to_owned(), |value| format!("{}{unit}", short(value)));
    match limit {
        Limit::AtMost(limit) => format!("{name} {value} (≤ {}{unit})", short(limit)),
        Limit::AtLeast(limit) => format!("{name} {value} (≥ {}{unit})", short(limit)),
        Limit::None => format!("{name} {value}"),
    }
}

fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Store;
    use crate::faults::run::Size;
    use xtask::faults::COLUMNS;

    const READY: Measure = Measure::at_most("ready", "s", 3.0);

    fn report() -> Report {
        let run = Run { store: Store::Sqlite, rounds: 1, seed: 7, size: Size::Smoke, planted: None };
        let mut report = Report::new("F-01", &run);
        report.round("killed");
        report.messages(40);
        report.exercised("sends under way", 3);
        report.measured(READY, 1.25);
        report
    }

    #[test]
    fn a_sound_run_says_so_in_one_line() {
        let report = report();
        assert_eq!((report.broken().len(), report.invalid().len()), (0, 0));
        let line = report.to_string();
        for part in ["F-01 sqlite: rounds 1, messages 40", "I1=0", "I14=0", "ready 1.25 s (≤ 3 s)", "seed 7"] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }

    #[test]
    fn a_row_of_the_table_has_a_cell_for_each_column_and_a_verdict() {
        let mut report = report();
        assert_eq!(report.row().matches('|').count(), COLUMNS.len() + 1);
        assert!(INVARIANTS.iter().all(|(invariant, _)| COLUMNS.contains(invariant)));
        assert!(report.row().starts_with("| F-01 | sqlite | 1 | 40 | 0 |"), "{}", report.row());
        assert!(report.row().ends_with("| 7 | green |\n"), "{}", report.row());
        report.exercised("slow clients closed", 0);
        assert!(report.row().ends_with("| invalid |\n"));
        report.violated("I1", "gone");
        assert!(report.row().ends_with("| red |\n"));
    }

    #[test]
    fn a_finding_counts_for_its_invariant() {
        let mut report = report();
        report.findings(vec![Finding::Lost("a".into()), Finding::SenderOrder("b".into())]);
        assert_eq!((report.violations("I1"), report.violations("I8"), report.violations("I2")), (1, 1, 0));
        assert_eq!(report.broken().len(), 2);
    }

    #[test]
    fn a_figure_beyond_its_limit_is_broken() {
        let mut late = report();
        late.measured(READY, 3.01);
        assert_eq!(late.broken(), ["ready 3.01 s (≤ 3 s)"]);
        let mut few = report();
        few.measured(Measure::at_least("told", "%", 95.0), 94.0);
        assert_eq!(few.broken(), ["told 94 % (≥ 95 %)"]);
    }

    #[test]
    fn one_value_in_a_hundred_may_lie_above_a_99th_percentile() {
        let mut report = report();
        let live = Measure::p99("live", "s", 10.0);
        (0..99).for_each(|_| report.measured(live, 1.0));
        report.measured(live, 50.0);
        assert!(report.broken().is_empty());
        report.measured(live, 50.0);
        assert_eq!(report.broken(), ["live p99 50 s (≤ 10 s)"]);
    }

    #[test]
    fn a_run_that_did_not_meet_its_fault_is_invalid() {
        let mut report = report();
        report.exercised("slow clients closed", 0);
        assert_eq!(report.invalid(), ["never: slow clients closed"]);
        report.exercised("slow clients closed", 1);
        report.voided(Measure::at_most("gone", "s", 1.0), 2.5);
        assert_eq!(report.invalid(), ["no sound value of gone"]);
        assert!(report.to_string().contains("1 × gone void, up to 2.5"));
    }
}
