//! What waits to be written to one client, and what is given up when it reads too slowly.

use std::{collections::VecDeque, mem};

use bytes::Bytes;
use chat::Seq;
use kernel::{ConversationId, SupportRequestId};

use crate::{Close, Limits, Told};

/// Something to write: to a transport texts, before the codec of the connection frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out<T = Bytes> {
    /// A text frame.
    Text(T),
    /// A ping.
    Ping,
    /// The answer to a ping.
    Pong(Bytes),
    /// The end; nothing follows it.
    Close(Close),
}

/// What a frame is to the queue: whether it may be given up, and how it is made good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An answer; never given up.
    Reply,
    /// An entry of a log; read again from the log.
    Entry(ConversationId, Seq),
    /// An ack that stands in the place of an entry; never given up, but put back to wait for its place.
    AckInPlace(ConversationId, Seq),
    /// One of the messages that a fresh subscription starts with: never given up while it lasts.
    Recent(ConversationId),
    /// `live`: said again once it is true again.
    Caught(ConversationId),
    /// Marks that moved; read again.
    Receipt(ConversationId),
    /// Who looks at a request; said again, as it is then.
    Viewers(SupportRequestId),
    /// Something around a conversation; what is so now is told again.
    Notice(ConversationId),
    /// A change of a live list; made good by `resync`.
    List,
    /// Typing and presence; given up first and not made good.
    Volatile,
}

#[derive(Debug)]
struct Item {
    told: Told,
    kind: Kind,
}

/// Frames in order, bounded.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    ping: bool,
    pong: Option<Bytes>,
    close: Option<Close>,
    told_close: bool,
    /// How often the writer came by, to see whether it still does.
    takes: u64,
}

/// What was given up, to be made good.
#[derive(Debug, Default)]
pub(crate) struct Shed {
    /// Conversations, each with the place after which entries have to be read again.
    pub(crate) positions: Vec<(ConversationId, Seq)>,
    /// Acks to be held for their place.
    pub(crate) acks: Vec<(ConversationId, Seq, Told)>,
    /// How often it was said, behind one of these acks, that all is answered: that is to be said again.
    pub(crate) settled: usize,
    /// Conversations whose `live` was given up.
    pub(crate) caught: Vec<ConversationId>,
    /// Conversations whose receipts were given up.
    pub(crate) receipts: Vec<ConversationId>,
    /// Conversations of which something around them was given up.
    pub(crate) notices: Vec<ConversationId>,
    /// Whether live lists were.
    pub(crate) lists: bool,
    /// Requests of which it was left out who looks at them.
    pub(crate) viewers: Vec<SupportRequestId>,
}

impl Shed {
    /// Whether only what needs no making good was given up.
    pub(crate) fn is_nothing(&self) -> bool {
        self.positions.is_empty() && self.receipts.is_empty() && !self.lists
    }
}

impl Queue {
    pub(crate) fn push(&mut self, told: Told, kind: Kind) {
        self.bytes += told.len();
        self.items.push_back(Item { told, kind });
    }

    pub(crate) fn ping(&mut self) {
        self.ping = true;
    }

    /// Only the last ping is answered, as RFC 6455 (5.5.3) allows, so that a flood of pings costs nothing.
    pub(crate) fn pong(&mut self, payload: Bytes) {
        self.pong = Some(payload);
    }

    /// The first close counts. What waits is still written before it.
    pub(crate) fn close(&mut self, close: Close) {
        self.close.get_or_insert(close);
    }

    pub(crate) fn closing(&self) -> Option<Close> {
        self.close
    }

    pub(crate) fn frames(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn takes(&self) -> u64 {
        self.takes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && !self.ping && self.pong.is_none() && (self.close.is_none() || self.told_close)
    }

    pub(crate) fn is_over(&self, limits: &Limits) -> bool {
        self.items.len() > limits.queue_frames || self.bytes > limits.queue_bytes
    }

    /// Whether so little waits that more may be read from the log.
    pub(crate) fn is_low(&self, limits: &Limits) -> bool {
        self.items.len() <= limits.queue_low && self.bytes <= limits.queue_bytes / 4
    }

    /// Whether one more frame of this size fits.
    pub(crate) fn has_room(&self, limits: &Limits, bytes: usize) -> bool {
        self.items.len() < limits.queue_frames && (self.items.is_empty() || self.bytes + bytes <= limits.queue_bytes)
    }

    /// Whether some small frames more fit.
    pub(crate) fn has_room_for(&self, limits: &Limits, frames: usize) -> bool {
        self.items.len() + frames <= limits.queue_frames && self.bytes < limits.queue_bytes
    }

    /// Takes what waits, from the front, up to about so many bytes; an empty queue holds no memory.
    pub(crate) fn take(&mut self, max_bytes: usize) -> Vec<Out<Told>> {
        self.takes += 1;
        let mut out = Vec::with_capacity(self.items.len().min(8));
        let mut bytes = 0;
        while let Some(item) = self.items.pop_front_if(|item| bytes == 0 || bytes + item.told.len() <= max_bytes) {
            bytes += item.told.len();
            out.push(Out::Text(item.told));
        }
        self.bytes -= bytes;
        out.extend(self.pong.take().map(Out::Pong));
        out.extend(mem::take(&mut self.ping).then_some(Out::Ping));
        if self.items.is_empty() {
            self.items = VecDeque::new();
            out.extend(self.close.filter(|_| !mem::replace(&mut self.told_close, true)).map(Out::Close));
        }
        out
    }

    /// Drops all that waits but a close: nobody is going to read it.
    pub(crate) fn clear(&mut self) {
        self.items = VecDeque::new();
        self.bytes = 0;
        self.pong = None;
    }

    /// A subscription ends or starts anew: what it had queued is not to be made good any more. Acks stay. The place
    /// before the first entry that the client is now not told.
    pub(crate) fn forget(&mut self, conversation: ConversationId) -> Option<Seq> {
        let mut before: Option<Seq> = None;
        self.retain(|item| match item.kind {
            Kind::Entry(of, seq) if of == conversation => {
                let place = Seq::new(seq.get().saturating_sub(1));
                before = Some(before.map_or(place, |before| before.min(place)));
                false
            }
            Kind::Recent(of) | Kind::Caught(of) | Kind::Receipt(of) | Kind::Notice(of) => of != conversation,
            _ => true,
        });
        for item in &mut self.items {
            if matches!(item.kind, Kind::AckInPlace(of, _) if of == conversation) {
                item.kind = Kind::Reply;
            }
        }
        before
    }

    /// What waits of who looks at a request is out of date.
    pub(crate) fn forget_viewers(&mut self, request: SupportRequestId) {
        self.retain(|item| item.kind != Kind::Viewers(request));
    }

    /// Gives up what may be given up: first typing and presence, then, if that is not enough, all
    /// entries, receipts, notices, live lists and who looks at what.
    pub(crate) fn shed(&mut self, limits: &Limits) -> Shed {
        self.retain(|item| item.kind != Kind::Volatile);
        let mut shed = Shed::default();
        if !self.is_over(limits) {
            return shed;
        }
        for item in &self.items {
            if let Kind::Entry(conversation, seq) = item.kind
                && !shed.positions.iter().any(|(other, _)| *other == conversation)
            {
                shed.positions.push((conversation, Seq::new(seq.get().saturating_sub(1))));
            }
        }
        let positions = shed.positions.clone();
        let before = |conversation, seq| positions.iter().any(|(other, after)| *other == conversation && seq > *after);
        self.retain(|item| match item.kind {
            Kind::AckInPlace(conversation, seq) if before(conversation, seq) => {
                shed.acks.push((conversation, seq, item.told.clone()));
                false
            }
            Kind::Reply if item.told == Told::Settled && !shed.acks.is_empty() => {
                shed.settled += 1;
                false
            }
            Kind::Caught(conversation) if positions.iter().any(|(other, _)| *other == conversation) => {
                shed.caught.push(conversation);
                false
            }
            Kind::Reply | Kind::Recent(_) | Kind::AckInPlace(..) | Kind::Caught(_) => true,
            Kind::Entry(..) | Kind::Volatile => false,
            Kind::Receipt(conversation) => {
                if !shed.receipts.contains(&conversation) {
                    shed.receipts.push(conversation);
                }
                false
            }
            Kind::Notice(conversation) => {
                if !shed.notices.contains(&conversation) {
                    shed.notices.push(conversation);
                }
                false
            }
            Kind::List => {
                shed.lists = true;
                false
            }
            Kind::Viewers(request) => {
                shed.viewers.push(request);
                false
            }
        });
        shed
    }

    fn retain(&mut self, mut keep: impl FnMut(&Item) -> bool) {
        self.items.retain(|item| keep(item));
        self.bytes = self.items.iter().map(|item| item.told.len()).sum();
    }
}
