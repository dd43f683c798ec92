//! The sends, edits and deletions of one connection, from the frame to its one answer.

use std::collections::{BTreeMap, VecDeque};

use chat::{Change, Content, ContentHash, Entry, Outgoing, Sent, Seq};
use kernel::{ConversationId, MessageId, ParticipantId};

use crate::{Protocol, ServerFrame, Told};

/// What an answer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A send, by the sender's own name for the message.
    Send(String),
    /// An edit or a deletion, by the message.
    Revision(MessageId),
}

/// What a client wants the log to hold.
#[derive(Debug)]
pub(crate) enum Asked {
    Send(Outgoing),
    /// Without content it deletes the message.
    Revise {
        message: MessageId,
        content: Option<Content>,
    },
}

impl Asked {
    pub(crate) fn named(&self) -> Named {
        match self {
            Self::Send(outgoing) => Named::Send(outgoing.client_message_id.as_str().to_owned()),
            Self::Revise { message, .. } => Named::Revision(*message),
        }
    }
}

/// One that has no answer yet, or a send whose answer came by the hint before the log's own.
#[derive(Debug)]
pub(crate) struct Flying {
    ticket: u64,
    pub(crate) conversation: ConversationId,
    pub(crate) named: Named,
    /// Of a send.
    hash: Option<ContentHash>,
    pub(crate) reference: Option<String>,
    answered: bool,
}

/// One that may not go before the one before it has its answer.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) conversation: ConversationId,
    pub(crate) reference: Option<String>,
    pub(crate) asked: Asked,
}

/// An ack that waits for its place in the order.
#[derive(Debug)]
struct Held {
    conversation: ConversationId,
    seq: Seq,
    told: Told,
}

/// What the log's answer means for a send.
#[derive(Debug)]
pub(crate) enum Settled {
    /// The hint has answered it already.
    Before,
    /// Its ack now waits for its place in this conversation.
    Acked(ConversationId),
    /// It is to be nacked.
    Refused(Flying),
}

/// All of them, in the order of the frames.
///
/// In each conversation one flies at a time: the log may refuse one and store the next, and then what
/// comes again would come after what was sent after it.
#[derive(Debug, Default)]
pub(crate) struct Sends {
    flying: Vec<Flying>,
    waiting: VecDeque<Waiting>,
    held: Vec<Held>,
    /// By conversation the send that failed and may be retried: until it is, or is given up, no other goes.
    failed: BTreeMap<ConversationId, String>,
    next: u64,
    protocol: Protocol,
}

impl Sends {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self { protocol, ..Self::default() }
    }

    /// One waits for its turn.
    pub(crate) fn wait(&mut self, one: Waiting) {
        self.waiting.push_back(one);
    }

    /// The next one whose turn it is in a conversation.
    pub(crate) fn next(&mut self, conversation: ConversationId) -> Option<Waiting> {
        if self.flying.iter().any(|one| one.conversation == conversation && !one.answered) {
            return None;
        }
        let at = self.waiting.iter().position(|one| one.conversation == conversation)?;
        self.waiting.remove(at)
    }

    /// Starts one; gives the ticket of its answer.
    pub(crate) fn start(&mut self, conversation: ConversationId, asked: &Asked, reference: Option<String>) -> u64 {
        self.next += 1;
        let (ticket, named) = (self.next, asked.named());
        let hash = match asked {
            Asked::Send(outgoing) => Some(ContentHash::of(&outgoing.content, outgoing.in_reply_to)),
            Asked::Revise { .. } => None,
        };
        self.flying.push(Flying { ticket, conversation, named, hash, reference, answered: false });
        ticket
    }

    /// How many have no answer that was told, apart from those that fly: what waits for its turn, and
    /// the acks that wait for their place.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len() + self.held.len()
    }

    /// Drops what has not started.
    pub(crate) fn forget_waiting(&mut self) {
        self.waiting = VecDeque::new();
    }

    /// A send may be retried: those after it are held up until it is. How many conversations are held up.
    pub(crate) fn fail(&mut self, conversation: ConversationId, client_message_id: &str) -> usize {
        if self.protocol.holds_order() {
            self.failed.insert(conversation, client_message_id.to_owned());
        }
        self.failed.len()
    }

    /// Whether one may go as far as the send that failed before it is concerned; the failed one itself may.
    pub(crate) fn may_go(&mut self, conversation: ConversationId, named: &Named) -> bool {
        if let Named::Send(name) = named {
            self.give_up(conversation, name);
        }
        !self.failed.contains_key(&conversation)
    }

    /// If this is the send that holds up the others, it does so no more.
    pub(crate) fn give_up(&mut self, conversation: ConversationId, client_message_id: &str) {
        if self.failed.get(&conversation).is_some_and(|failed| failed == client_message_id) {
            self.failed.remove(&conversation);
        }
    }

    /// An entry was committed that came by this connection: the first send of that name and content
    /// is answered by it, whatever the log will still say. `false` when there is none, because the
    /// client was told otherwise before.
    pub(crate) fn committed(&mut self, conversation: ConversationId, entry: &Entry) -> bool {
        let mine = self.flying.iter_mut().find(|one| entry.change == Change::Created && one.is(conversation, entry));
        let Some(flying) = mine else { return false };
        flying.answered = true;
        let Named::Send(name) = flying.named.clone() else { return false };
        let reference = flying.reference.take();
        let (message_id, created_at) = (entry.message.id, entry.message.created_at);
        let stored = Sent { message_id, seq: entry.seq, created_at, duplicate: false };
        self.hold(conversation, reference, name, &stored);
        true
    }

    /// Whether an entry read from the log is a send of this connection whose outcome is not told yet.
    pub(crate) fn awaits(&self, me: ParticipantId, conversation: ConversationId, entry: &Entry) -> bool {
        entry.change == Change::Created
            && entry.message.sender.id == me
            && self.flying.iter().any(|one| one.is(conversation, entry))
    }

    /// The log's answer.
    pub(crate) fn done(&mut self, ticket: u64, result: Option<&Sent>) -> Settled {
        let Some(at) = self.flying.iter().position(|one| one.ticket == ticket) else { return Settled::Before };
        let flying = self.flying.remove(at);
        match result {
            _ if flying.answered => Settled::Before,
            None => Settled::Refused(flying),
            Some(stored) => {
                let conversation = flying.conversation;
                if let Named::Send(name) = flying.named {
                    self.hold(conversation, flying.reference, name, stored);
                }
                Settled::Acked(conversation)
            }
        }
    }

    /// The log's answer to an edit or a deletion, which has no place to wait for: its entry is told like
    /// anybody's.
    pub(crate) fn landed(&mut self, ticket: u64) -> Option<Flying> {
        let at = self.flying.iter().position(|one| one.ticket == ticket)?;
        Some(self.flying.remove(at))
    }

    /// The acks of exactly this place.
    pub(crate) fn take_at(&mut self, conversation: ConversationId, seq: Seq) -> Vec<(Seq, Told)> {
        self.take(|held| held.conversation == conversation && held.seq == seq)
    }

    /// The acks of places up to this one, or all of the conversation, in the order of their places.
    pub(crate) fn take_up_to(&mut self, conversation: ConversationId, seq: Option<Seq>) -> Vec<(Seq, Told)> {
        let mut acks = self.take(|held| held.conversation == conversation && seq.is_none_or(|seq| held.seq <= seq));
        acks.sort_by_key(|(seq, _)| *seq);
        acks
    }

    /// The highest place that an ack waits for.
    pub(crate) fn highest(&self, conversation: ConversationId) -> Option<Seq> {
        self.held.iter().filter(|held| held.conversation == conversation).map(|held| held.seq).max()
    }

    /// Whether an ack waits for exactly this place.
    pub(crate) fn holds(&self, conversation: ConversationId, seq: Seq) -> bool {
        self.held.iter().any(|held| held.conversation == conversation && held.seq == seq)
    }

    /// Puts an ack back that had its place, because the entries before it have to be read again.
    pub(crate) fn put_back(&mut self, conversation: ConversationId, seq: Seq, told: Told) {
        self.held.push(Held { conversation, seq, told });
    }

    fn hold(&mut self, conversation: ConversationId, reference: Option<String>, name: String, sent: &Sent) {
        let told = self.protocol.told(&ServerFrame::ack(reference, conversation, name, sent));
        self.held.push(Held { conversation, seq: sent.seq, told });
    }

    fn take(&mut self, which: impl Fn(&Held) -> bool) -> Vec<(Seq, Told)> {
        self.held.extract_if(.., |held| which(held)).map(|held| (held.seq, held.told)).collect()
    }
}

impl Flying {
    /// Whether this send is the one that made the message. One that was revised since does not tell any more
    /// what was sent; its name does.
    fn is(&self, conversation: ConversationId, entry: &Entry) -> bool {
        let (Named::Send(mine), message) = (&self.named, &entry.message) else { return false };
        let revised = message.edited_at.is_some() || message.deleted_at.is_some();
        let hash = || {
            let content = message.content.as_deref().and_then(|text| Content::parse(text).ok());
            content.map(|content| ContentHash::of(&content, message.in_reply_to))
        };
        !self.answered
            && self.conversation == conversation
            && message.client_message_id.as_ref().is_some_and(|name| name.as_str() == mine)
            && (revised || hash() == self.hash)
    }
}
