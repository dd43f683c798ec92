//! What the nodes of one installation say to each other, and what carries it.
//!
//! All of it is a hint: it may come late, twice, in another order, or not at all. The log, the store and the
//! comparison of heads are the truth. Only who is there is known from nowhere else; there each change has a
//! number, so that a receiver that missed one asks for all of it again, and a node that is silent is forgotten.

mod envelope;
mod said;

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use kernel::NodeId;

pub use self::{
    envelope::Envelope,
    said::{Here, Looked, Moved, Roster, Said, StaffHere},
};

/// What a node tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct About {
    /// What people call it.
    pub name: String,
    /// Whether it keeps files where no other node can read them.
    pub local_files: bool,
}

/// Carries messages to every node of the installation, the one that sent them included.
pub trait Bus: Send + Sync {
    /// Hands a message over, to be carried as soon as may be.
    ///
    /// - MUST NOT block and cannot fail: it is called within the step that commits or tells.
    /// - MUST carry the messages of one node in the order in which they were handed over.
    /// - MAY drop any of them: when nothing can be reached, when too many wait. A dropped one MUST be counted.
    /// - MUST deliver a message to this node too while it reaches the others: a node that does not hear itself
    ///   takes the bus for broken.
    fn send(&self, message: Bytes);

    /// The most bytes a message may have.
    fn largest(&self) -> usize;
}

/// What a bus tells the node that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// It is connected, and this node hears from now on.
    Up,
    /// It has lost its connection. What is sent meanwhile is lost.
    Down,
    /// A message, of this node or another.
    Message(Bytes),
}

/// One node's voice: its messages are numbered without a hole, so that whoever hears them knows what is missing.
pub(crate) struct Voice {
    node: NodeId,
    about: About,
    bus: Arc<dyn Bus>,
    /// How many messages; nothing once it has said goodbye.
    sent: Mutex<Option<u64>>,
}

impl Voice {
    pub(crate) fn new(node: NodeId, about: About, bus: Arc<dyn Bus>) -> Self {
        Self { node, about, bus, sent: Mutex::new(Some(0)) }
    }

    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    /// Says it, or what is left of it where it is too large. After [`Said::Gone`] it says nothing any more.
    pub(crate) fn say(&self, said: &Said) {
        let fits = |words: &String| words.len() + Envelope::HEADER <= self.bus.largest();
        let words = said.words().filter(fits);
        let words = words.or_else(|| said.places().iter().find_map(|place| place.words().filter(fits)));
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(number) = sent.map(|sent| sent + 1) else { return };
        *sent = (*said != Said::Gone).then_some(number);
        // What cannot be said leaves a hole in the numbers, which the others see.
        let Some(words) = words else { return };
        // Within the lock, so that the order of the numbers is the order of the bus.
        self.bus.send(Envelope::write(self.node, number, &words));
    }

    /// How many bytes the words of one message may have.
    pub(crate) fn room(&self) -> usize {
        self.bus.largest().saturating_sub(Envelope::HEADER)
    }
}
