//! The subscriptions of a connection by their ids. The session knows each conversation once; here may be several
//! to the same one, each with what it was told.

use chat::{Epoch, Seq};
use kernel::{ConversationId, MessageId};

use super::{
    acks::{Acks, Which},
    destination::Source,
};

/// How a subscription says that messages came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum AckMode {
    #[default]
    Auto,
    /// One for all up to it.
    Client,
    /// Each by itself.
    ClientIndividual,
}

/// One subscription.
#[derive(Debug)]
pub(super) struct Follow {
    /// The client's own name for it; in 1.0 there may be none, and then the destination is one.
    pub(super) id: Option<String>,
    /// Ours; never used twice on a connection.
    pub(super) number: u64,
    pub(super) source: Source,
    pub(super) ack: AckMode,
    /// Whether it is told all that happens in the conversation, and not the entries only.
    pub(super) all: bool,
    /// Whether it began with a position, and so has to know when that cannot be honoured.
    pub(super) resumes: bool,
    /// The `subscribe` that it waits for: what comes before its answer is not for it.
    pub(super) waits: Option<u64>,
    /// The last place that it was told of, or that it began with.
    pub(super) position: Option<Seq>,
    pub(super) acks: Acks,
}

/// What is to be asked of the session for a further subscription to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ask {
    /// Names it.
    pub(super) number: u64,
    pub(super) epoch: Option<Epoch>,
    pub(super) after: Option<Seq>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Follows {
    all: Vec<Follow>,
    numbers: u64,
}

impl Follows {
    /// The most subscriptions of a connection, whatever they are to.
    const MOST: usize = 1_000;
    /// The most subscriptions to one destination: each is told in words of its own.
    const MOST_OF_ONE: usize = 8;
    /// How much of the past a subscription without a position gets when the connection follows the conversation
    /// already, in entries.
    const RECENT: u64 = 50;

    /// Whether there may be one more.
    pub(super) fn has_room_for(&self, source: Source) -> bool {
        let of_one = self.all.iter().filter(|one| one.source == source).count();
        self.all.len() < Self::MOST && of_one < Self::MOST_OF_ONE
    }

    /// The subscription of that name; one without an id goes by its destination.
    pub(super) fn find(&self, id: Option<&str>, source: Option<Source>) -> Option<usize> {
        self.all.iter().position(|one| match (id, &one.id) {
            (Some(id), Some(known)) => known == id,
            (None, None) => Some(one.source) == source,
            _ => false,
        })
    }

    /// Adds one. The answer says what the session is to be asked, if anything.
    ///
    /// A conversation that the connection follows already is asked for again only if the newcomer needs something
    /// that the others had before: then from the lowest place that any of them needs, so that nobody misses anything,
    /// and each is told only what lies behind its own position. A position above all that this connection was told is
    /// lowered to that: to be told twice is better than to miss something.
    pub(super) fn add(&mut self, mut follow: Follow, epoch: Option<Epoch>) -> Option<Ask> {
        self.numbers += 1;
        follow.number = self.numbers;
        let Source::Conversation(conversation) = follow.source else {
            self.all.push(follow);
            return None;
        };
        let others: Vec<&Follow> = self.of(conversation).collect();
        let places = || others.iter().filter_map(|one| one.position);
        let (lowest, highest) = (places().min(), places().max());
        let fresh = others.iter().find(|one| one.position.is_none());
        let ask = match (fresh.or(others.first()), follow.position) {
            (None, after) => Some(after),
            // That one is about to be told what the newcomer wants too.
            (Some(fresh), None) if fresh.position.is_none() => {
                follow.waits = fresh.waits;
                None
            }
            (Some(_), None) => {
                follow.position = highest.map(|seq| Seq::new(seq.get().saturating_sub(Self::RECENT)));
                Some(lowest.min(follow.position))
            }
            (Some(_), Some(after)) => {
                let after = highest.map_or(after, |highest| after.min(highest));
                follow.position = Some(after);
                let mut lowest = lowest.map_or(after, |lowest| after.min(lowest));
                // What one that has just begun was to be told of the past may not have left, and is not told again
                // when the session is asked anew: it gets that from before the newcomer's place.
                let past = Seq::new(after.get().saturating_sub(Self::RECENT));
                for other in self.of_mut(conversation).filter(|other| other.position.is_none()) {
                    other.position = Some(past);
                    lowest = lowest.min(past);
                }
                Some(Some(lowest))
            }
        };
        let number = follow.number;
        if ask.is_some() {
            follow.waits = Some(number);
        }
        self.all.push(follow);
        ask.map(|after| Ask { number, epoch, after })
    }

    /// Removes one. The conversation that nobody follows any more, if that was the last.
    pub(super) fn remove(&mut self, at: usize) -> Option<ConversationId> {
        let Source::Conversation(conversation) = self.all.remove(at).source else { return None };
        self.of(conversation).next().is_none().then_some(conversation)
    }

    /// The conversation is followed no more by anybody.
    pub(super) fn drop_all(&mut self, conversation: ConversationId) {
        self.all.retain(|one| one.source != Source::Conversation(conversation));
    }

    /// The session answers a `subscribe`.
    pub(super) fn answered(&mut self, number: u64) {
        for one in self.all.iter_mut().filter(|one| one.waits == Some(number)) {
            one.waits = None;
        }
    }

    /// Positions in a conversation cannot be honoured.
    pub(super) fn reset(&mut self, conversation: ConversationId) {
        for one in self.of_mut(conversation) {
            one.position = None;
            one.acks = Acks::default();
        }
    }

    /// All up to a place has been told.
    pub(super) fn caught_up(&mut self, conversation: ConversationId, seq: Seq) {
        for one in self.of_mut(conversation).filter(|one| one.waits.is_none()) {
            one.position = one.position.max(Some(seq));
        }
    }

    /// Those that are to be told of an entry; from now on they were.
    pub(super) fn take(&mut self, conversation: ConversationId, seq: Seq, message: MessageId) -> Vec<&Follow> {
        let mut told = Vec::with_capacity(1);
        for one in self.of_mut(conversation) {
            if one.waits.is_none() && one.position.is_none_or(|position| position < seq) {
                one.position = Some(seq);
                one.acks.told(one.ack, seq, message);
                told.push(&*one);
            }
        }
        told
    }

    /// The newest one.
    pub(super) fn last(&self) -> Option<&Follow> {
        self.all.last()
    }

    pub(super) fn of(&self, conversation: ConversationId) -> impl Iterator<Item = &Follow> {
        self.all.iter().filter(move |one| one.source == Source::Conversation(conversation))
    }

    pub(super) fn of_events(&self) -> impl Iterator<Item = &Follow> {
        self.all.iter().filter(|one| one.source == Source::Events)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Follow> {
        self.all.get_mut(at)
    }

    /// The one of that number, if it is still there.
    pub(super) fn numbered(&self, number: u64) -> Option<usize> {
        self.all.iter().position(|one| one.number == number)
    }

    /// One that waits for the `ACK` of that message; in 1.0 the client need not say which it means.
    pub(super) fn that_waits_for(&self, which: Which) -> Option<usize> {
        self.all.iter().position(|one| one.acks.waits_for(which))
    }

    /// Whether a number was given to a subscription, even if it is gone.
    pub(super) fn knows(&self, number: u64) -> bool {
        number <= self.numbers
    }

    fn of_mut(&mut self, conversation: ConversationId) -> impl Iterator<Item = &mut Follow> {
        self.all.iter_mut().filter(move |one| one.source == Source::Conversation(conversation))
    }
}

impl Follow {
    /// A subscription that was told nothing yet.
    pub(super) fn new(id: Option<String>, source: Source, ack: AckMode) -> Self {
        Self {
            id,
            number: 0,
            source,
            ack,
            all: false,
            resumes: false,
            waits: None,
            position: None,
            acks: Acks::default(),
        }
    }
}
