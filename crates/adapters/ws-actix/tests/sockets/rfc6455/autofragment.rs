//! Section 10: what libraries do that fragment by themselves.

use super::{Case, echo, fragments, padded, pongs, says};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (n, size) in (1..).zip([1_300, 1_000, 500, 97, 65_535]) {
        let sends = fragments(&padded(65_536), size);
        cases.push(Case::new(format!("10.1.{n}"), format!("64 KiB in fragments of {size}"), sends.clone(), pongs(1)));
        let what = format!("64 KiB in fragments of {size}, in pieces of 1 300");
        cases.push(Case::new(format!("10.1.{n}.chopped"), what, sends, pongs(1)).chopped(1_300));
    }
    let text = "Dès Noël, où un zéphyr haï me vêt de glaçons würmiens";
    for size in 1..=16 {
        let sends = fragments(&says(text.as_bytes()), size);
        cases.push(Case::new(format!("10.2.{size}"), format!("a text in fragments of {size}"), sends, echo(text)));
    }
    cases
}
