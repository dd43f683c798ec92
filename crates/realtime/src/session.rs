//! The state machine of one connection: who it is, where it stands, what waits. One type for all protocols.

mod availability;
mod bounds;
mod clock;
mod done;
mod entries;
mod following;
mod receive;
mod told;
mod viewing;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use chat::{Epoch, Seq};
use kernel::{
    Availability, Caller, ConnectionId, ConversationId, OrganizationId, ParticipantId, Refusal, SupportRequestId,
    Texts, Timestamp,
};

use self::{availability::Saying, clock::Clock};
use crate::{
    Close, Inbound, Job, Limits, Out, Protocol, QueuePosition, ServerFrame, Standing, Told, ViewState, Viewer,
    asking::Asking,
    marks::Marks,
    queue::{Kind, Queue},
    sends::Sends,
    subscription::Sub,
    views::Views,
};

/// What a session needs of its surroundings.
pub struct Context<'a> {
    /// The texts behind codes.
    pub texts: &'a dyn Texts,
    /// The bounds.
    pub limits: &'a Limits,
    /// Who is there.
    pub presence: &'a dyn Presence,
    /// Who waits.
    pub places: &'a dyn Places,
}

/// Who has a connection.
pub trait Presence {
    /// Whether somebody has one.
    fn is_online(&self, who: ParticipantId) -> bool;
    /// Who looks at a request at this moment.
    fn viewers(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<Viewer>;
    /// Whether somebody wants to be asked, when that is what was read of it: something later may be known.
    fn availability(&self, who: ParticipantId, read: Standing) -> Availability;
}

/// Who waits for an agent.
pub trait Places {
    /// Where a conversation stands in the queue, as far as that is known, if it is this person who waits.
    fn place_of(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        who: ParticipantId,
    ) -> Option<QueuePosition>;
}

/// What a session's step means for the others of this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It is known who the connection is, for the first time or anew.
    Known {
        /// Who.
        caller: Arc<Caller>,
        /// How much had been revoked on this node before the token was looked at.
        revocations: u64,
        /// What the caller said last about being asked; of staff only.
        standing: Option<Standing>,
    },
    /// It follows a conversation; from the moment on at which this is carried out, it is told of every entry.
    Join(ConversationId),
    /// It follows it no more.
    Leave(ConversationId),
    /// These people take part in a conversation that is followed.
    TakePart(ConversationId, Vec<ParticipantId>),
    /// It has begun to follow a conversation by the client's own wish, and may.
    Came(ConversationId),
    /// Somebody's first connection has appeared, or they want to be asked, or do not any more. Added by the hub,
    /// which alone knows.
    Online(Arc<Caller>),
    /// The caller looks at a request, or asks to.
    Looks {
        /// Which one.
        request: SupportRequestId,
        /// How; nothing before it is known that it is in sight.
        state: Option<ViewState>,
    },
    /// The caller does not look at it any more.
    LooksAway(SupportRequestId),
    /// Others look at a request than before. Added by the hub, which alone knows.
    Viewers(SupportRequestId),
    /// The caller writes in a conversation, or has stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Writing, or not any more.
        is_typing: bool,
    },
}

/// One connection. Pure: no I/O, no clock; every step is a method, what it asks of the world is in
/// [`Session::take_job`], what it tells the client in [`Session::take_out`], what it means for others in
/// the [`Effect`]s it returns.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub struct Session {
    id: ConnectionId,
    protocol: Protocol,
    caller: Option<Arc<Caller>>,
    epoch: Option<Epoch>,
    authenticating: bool,
    /// How it ends if nobody gets known: the client's fault until it is ours.
    unknown: Close,
    starting: bool,
    running: usize,
    /// Pages that were asked for and have not come.
    pages: usize,
    backlog: VecDeque<Inbound>,
    /// Boxed: a node of the map has room for eleven, and most connections follow one conversation.
    subs: BTreeMap<ConversationId, Box<Sub>>,
    due: VecDeque<ConversationId>,
    sends: Sends,
    marks: Marks,
    views: Views,
    saying: Saying,
    queue: Queue,
    jobs: VecDeque<Job>,
    resync: bool,
    draining: bool,
    generations: u64,
    asking: Asking,
    /// Held back until it is known what the caller's conversations are.
    welcome: Option<Box<ServerFrame>>,
    /// Conversations that are to be followed and could not be looked at.
    unfollowed: Vec<ConversationId>,
    /// Where conversations stood that gave way to others: there they go on when they show themselves again.
    gave_way: BTreeMap<ConversationId, Seq>,
    /// What is to be followed is being looked for again.
    looking: bool,
    /// All conversations of the caller were known when they were last looked for.
    knows_all: bool,
    /// A number is being looked up, and what waits for it.
    finding: Option<Box<Inbound>>,
    /// When sends were refused for being above the budget, as far back as that counts.
    over_budget: Vec<Timestamp>,
    /// How often what waited was given up, since that was last asked.
    overflows: u64,
    clock: Clock,
}

impl Session {
    /// A connection that has just been opened.
    pub fn new(id: ConnectionId, protocol: Protocol, now: Timestamp) -> Self {
        Self {
            id,
            protocol,
            caller: None,
            epoch: None,
            authenticating: false,
            unknown: Close::NotAuthenticated,
            starting: false,
            running: 0,
            pages: 0,
            backlog: VecDeque::new(),
            subs: BTreeMap::new(),
            due: VecDeque::new(),
            sends: Sends::new(protocol),
            marks: Marks::default(),
            views: Views::default(),
            saying: Saying::default(),
            queue: Queue::default(),
            jobs: VecDeque::new(),
            resync: false,
            draining: false,
            generations: 0,
            asking: Asking::default(),
            welcome: None,
            unfollowed: Vec::new(),
            gave_way: BTreeMap::new(),
            looking: false,
            knows_all: false,
            finding: None,
            over_budget: Vec::new(),
            overflows: 0,
            clock: Clock::new(now),
        }
    }

    /// Who it is, once known.
    pub fn caller(&self) -> Option<&Arc<Caller>> {
        self.caller.as_ref()
    }

    /// The next thing to ask of the world.
    pub fn take_job(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front();
        if self.jobs.is_empty() {
            // Gives the memory back; most connections are idle most of the time.
            self.jobs = VecDeque::new();
        }
        job
    }

    /// Whether there is something for [`Self::take_job`].
    pub fn has_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// What waits to be written, up to about so many bytes. Called when the client can take it, which is
    /// also when entries that were given up are read again.
    pub fn take_out(&mut self, max_bytes: usize, context: &Context<'_>) -> (Vec<Out<Told>>, Vec<Effect>) {
        let mut effects = Vec::new();
        self.tell_resync(context.limits);
        self.tell_viewers(context);
        let out = self.queue.take(max_bytes);
        self.clock.taken(&out);
        if !self.is_closed() {
            self.tell_resync(context.limits);
            self.ask_pages(context);
            self.pump(context, &mut effects);
            self.close_when_drained();
        }
        (out, effects)
    }

    /// Whether something waits to be written.
    pub fn has_out(&self) -> bool {
        !self.queue.is_empty() || ((self.resync || self.views.is_due()) && !self.is_closed())
    }

    /// Whether another frame may be read from the client: too many waiting, too much unread, a first token
    /// that is still looked at, or the end of the server hold it back.
    pub fn may_read(&self, limits: &Limits) -> bool {
        let stranger = self.authenticating && self.caller.is_none();
        self.is_closed()
            || (!self.draining
                && !stranger
                && self.waiting() < limits.waiting
                && self.queue.frames() <= limits.queue_frames)
    }

    /// Frames of the client that have no answer yet.
    pub fn waiting(&self) -> usize {
        self.backlog.len() + self.running + self.sends.waiting()
    }

    /// Whether the end has been decided.
    pub fn is_closed(&self) -> bool {
        self.closing().is_some()
    }

    /// The end that has been decided.
    pub fn closing(&self) -> Option<Close> {
        self.queue.closing()
    }

    /// How often more waited than may, since this was last asked: that was given up, to be read again from the log.
    pub fn take_overflows(&mut self) -> u64 {
        std::mem::take(&mut self.overflows)
    }

    /// Decides the end: what waits is still written, nothing more is taken or told.
    pub fn close(&mut self, close: Close) {
        if close == Close::TooSlow {
            self.queue.clear();
        }
        self.queue.close(close);
        self.backlog.clear();
        self.sends.forget_waiting();
        self.jobs.clear();
    }

    /// Decides the end after words that are the last ones: nothing that waits is written.
    pub fn break_off(&mut self, close: Close) {
        self.queue.clear();
        self.close(close);
    }

    /// The server stops: `bye`, then what was accepted is answered, then the end.
    pub fn drain(&mut self, retry_after_ms: u64) {
        if !self.draining && !self.is_closed() {
            self.draining = true;
            self.reply(&ServerFrame::Bye { reason: "restart".to_owned(), retry_after_ms });
            self.close_when_drained();
        }
    }

    /// The conversations it follows.
    pub fn followed(&self) -> impl Iterator<Item = ConversationId> {
        self.subs.keys().copied()
    }

    /// The codec has words of its own for the client; they are written behind what waits.
    pub fn tell_own(&mut self, words: Bytes) {
        self.tell(Told::Text(words), Kind::Reply);
    }

    /// The client pings at the level of the transport.
    pub fn pinged(&mut self, payload: Bytes) {
        if !self.is_closed() {
            self.queue.pong(payload);
        }
    }

    fn close_when_drained(&mut self) {
        if self.draining && self.waiting() == 0 {
            self.close(Close::Restart);
        }
    }

    /// Tells the client something that is never given up.
    fn reply(&mut self, frame: &ServerFrame) {
        self.tell(self.protocol.told(frame), Kind::Reply);
    }

    fn tell(&mut self, told: Told, kind: Kind) {
        if !self.is_closed() {
            self.queue.push(told, kind);
        }
    }

    fn text(&self, context: &Context<'_>, refusal: &dyn Refusal) -> String {
        self.text_of(context, refusal.code(), &refusal.arguments())
    }

    fn text_of(&self, context: &Context<'_>, code: &str, arguments: &[(&'static str, String)]) -> String {
        let language = self.caller.as_ref().map(|caller| caller.language()).unwrap_or_default();
        context.texts.text(language, code, arguments).unwrap_or_else(|| code.to_owned())
    }

    fn refuse(&mut self, context: &Context<'_>, reference: Option<String>, code: &str) {
        let message = self.text_of(context, code, &[]);
        self.reply(&ServerFrame::Error { reference, code: code.to_owned(), message });
    }

    fn refuse_with(&mut self, context: &Context<'_>, reference: Option<String>, refusal: &dyn Refusal) {
        let message = self.text(context, refusal);
        self.reply(&ServerFrame::Error { reference, code: refusal.code().to_owned(), message });
    }
}
