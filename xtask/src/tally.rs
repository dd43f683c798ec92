//! How many tests passed, read from what each test runner says at its end.

use anyhow::{Context, Result, ensure};
use std::ops::AddAssign;

/// The sum over test runners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that ran and held.
    pub passed: u64,
    /// Tests that ran and did not hold, and runners that ended badly without naming one.
    pub failed: u64,
    /// Tests that did not run. One is enough to fail the whole run.
    pub skipped: u64,
}

impl Tally {
    /// Whether everything ran and held.
    pub const fn is_green(self) -> bool {
        self.passed > 0 && self.failed == 0 && self.skipped == 0
    }

    /// A runner that ended badly counts as a failure even when it named no test.
    pub const fn note_end(&mut self, success: bool) {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
    }

    /// nextest: `Summary [ 1.2s] 34 tests run: 33 passed (1 slow), 1 failed, 0 skipped`.
    ///
    /// # Errors
    /// There is no such line.
    pub fn of_nextest(text: &str) -> Result<Self> {
        let line = text.lines().rev().find(|line| line.trim_start().starts_with("Summary ["));
        let line = line.context("cargo nextest said no summary")?;
        let counts = line.split_once("run:").map_or("", |(_, counts)| counts);
        Ok(Self {
            passed: before(counts, " passed"),
            failed: before(counts, " failed") + before(counts, " timed out") + before(counts, " exec failed"),
            skipped: before(counts, " skipped"),
        })
    }

    /// cargo test, once a test program: `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
    ///
    /// # Errors
    /// There is no such line.
    pub fn of_cargo_test(text: &str) -> Result<Self> {
        let mut sum = Self::default();
        let mut programs = 0;
        for line in text.lines().filter(|line| line.starts_with("test result:")) {
            programs += 1;
            sum += Self {
                passed: before(line, " passed"),
                failed: before(line, " failed"),
                skipped: before(line, " ignored") + before(line, " filtered out"),
            };
        }
        ensure!(programs > 0, "cargo test said no result");
        Ok(sum)
    }

    /// vitest's JSON report.
    ///
    /// # Errors
    /// The report has no counts.
    pub fn of_vitest(json: &str) -> Result<Self> {
        let field =
            |name: &str| after(json, &format!("\"{name}\":")).with_context(|| format!("vitest wrote no {name}"));
        Ok(Self {
            passed: field("numPassedTests")?,
            failed: field("numFailedTests")?,
            skipped: field("numPendingTests")? + field("numTodoTests")?,
        })
    }

    /// The report of `node --test` in TAP form: `# pass 5`.
    ///
    /// # Errors
    /// The report has no counts.
    pub fn of_node(tap: &str) -> Result<Self> {
        let field =
            |name: &str| after(tap, &format!("\n# {name} ")).with_context(|| format!("node --test wrote no {name}"));
        Ok(Self {
            passed: field("pass")?,
            failed: field("fail")? + field("cancelled")?,
            skipped: field("skipped")? + field("todo")?,
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The number that stands before `word`, 0 when `word` is not there.
fn before(text: &str, word: &str) -> u64 {
    let Some((head, _)) = text.split_once(word) else { return 0 };
    let digits = head.rsplit(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// The number that stands after `word`.
fn after(text: &str, word: &str) -> Option<u64> {
    let tail = text.split_once(word)?.1.trim_start();
    tail.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_is_read() {
        let green = "   Summary [   0.005s] 12 tests run: 12 passed (2 slow), 0 skipped";
        assert_eq!(Tally::of_nextest(green).unwrap(), Tally { passed: 12, failed: 0, skipped: 0 });
        let red = "  Summary [ 1.1s] 9/12 tests run: 5 passed, 3 failed, 1 timed out, 2 skipped\n FAIL x";
        assert_eq!(Tally::of_nextest(red).unwrap(), Tally { passed: 5, failed: 4, skipped: 2 });
        assert!(Tally::of_nextest("error: could not compile").is_err());
    }

    #[test]
    fn cargo_test_is_summed_over_its_programs() {
        let text = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(Tally::of_cargo_test(text).unwrap(), Tally { passed: 4, failed: 2, skipped: 1 });
        assert!(Tally::of_cargo_test("").is_err());
    }

    #[test]
    fn vitest_and_node_are_read() {
        let json = r#"{"numTotalTests":9,"numPassedTests":7,"numFailedTests":1,"numPendingTests":1,"numTodoTests":0}"#;
        assert_eq!(Tally::of_vitest(json).unwrap(), Tally { passed: 7, failed: 1, skipped: 1 });
        let tap = "TAP version 13\n# tests 6\n# pass 5\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0\n";
        assert_eq!(Tally::of_node(tap).unwrap(), Tally { passed: 5, failed: 1, skipped: 0 });
        assert!(Tally::of_node("").is_err());
    }

    #[test]
    fn nothing_run_or_something_skipped_is_not_green() {
        assert!(!Tally::default().is_green());
        assert!(!Tally { passed: 5, failed: 0, skipped: 1 }.is_green());
        let mut ended_badly = Tally { passed: 5, failed: 0, skipped: 0 };
        assert!(ended_badly.is_green());
        ended_badly.note_end(false);
        assert!(!ended_badly.is_green());
    }
}
