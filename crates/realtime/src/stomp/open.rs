//! What the client is still owed: receipts of sends, by their acks, and of all else, once it is done.

use std::collections::{BTreeMap, VecDeque};

/// A send that was given to the session.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenSend {
    pub(super) receipt: Option<String>,
    /// The transaction it belongs to.
    pub(super) commit: Option<u64>,
}

/// What waits until all that was said before it is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settling {
    pub(super) what: Settles,
    pub(super) receipt: Option<String>,
    /// Something of it was refused: there is no receipt.
    pub(super) failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settles {
    /// `CONNECT`.
    Connect,
    /// `COMMIT` of that transaction.
    Commit(u64),
    /// `DISCONNECT`.
    Disconnect,
    /// `SUBSCRIBE`, by the name of what is asked of the session for it, which a refusal bears.
    Subscribe(u64),
    /// Something that the session may refuse without a name.
    Asked,
    /// Something that is done without the session, or that it does not refuse.
    Done,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Open {
    sends: BTreeMap<u64, OpenSend>,
    settling: VecDeque<Settling>,
}

impl Open {
    /// A send was given to the session under that name.
    pub(super) fn send(&mut self, name: u64, send: OpenSend) {
        self.sends.insert(name, send);
    }

    /// The send that the session answers.
    pub(super) fn answered(&mut self, reference: Option<&str>) -> Option<OpenSend> {
        self.sends.remove(&reference?.parse().ok()?)
    }

    /// Something waits until all before it is answered.
    pub(super) fn settle(&mut self, what: Settles, receipt: Option<String>) {
        self.settling.push_back(Settling { what, receipt, failed: false });
    }

    /// What has waited longest is done.
    pub(super) fn settled(&mut self) -> Option<Settling> {
        self.settling.pop_front()
    }

    /// Something without a name of its own was refused: what is next to be done counts as not done, if that could be
    /// it; its receipt's name.
    pub(super) fn fail_next(&mut self) -> Option<String> {
        let next = self.settling.front_mut()?;
        match next.what {
            Settles::Connect | Settles::Asked => {
                next.failed = true;
                next.receipt.clone()
            }
            Settles::Commit(_) | Settles::Disconnect | Settles::Subscribe(_) | Settles::Done => None,
        }
    }

    /// What bears a name of its own, or a part of it, was refused; the name of its receipt, if it is still to be told.
    pub(super) fn fail(&mut self, what: Settles) -> Option<String> {
        let one = self.settling.iter_mut().find(|one| one.what == what)?;
        one.failed = true;
        one.receipt.clone()
    }
}
