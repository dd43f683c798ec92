use serde_json::Value;
use std::collections::VecDeque;
use std::time::Instant;

/// What a client keeps over a cut.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) epoch: Value,
    pub(super) position: i64,
    /// Not answered yet, in the order of sending.
    pub(super) pending: VecDeque<Pending>,
    pub(super) sends: usize,
}

/// A send without an answer that settles it.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: String,
    pub(super) content: String,
    /// Whether it went out before, on this connection or an earlier one.
    pub(super) tried: bool,
    /// When it went out on this connection and has no answer there yet.
    pub(super) in_flight: Option<Instant>,
}

impl Memory {
    /// The connection is gone, and with it the answers that were under way; gives how many.
    pub(super) fn cut(&mut self) -> usize {
        self.pending.iter_mut().filter_map(|pending| pending.in_flight.take()).count()
    }

    pub(super) fn find(&mut self, id: &str) -> Option<&mut Pending> {
        self.pending.iter_mut().find(|pending| pending.id == id)
    }
}
