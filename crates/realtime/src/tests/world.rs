//! A hub with a log in memory behind it, driven step by step.

use std::{
    collections::BTreeMap,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use chat::{
    Change, ChatError, ChatSession, Committed, Content, Conversation, ConversationStatus, Epoch, Head, Participant,
    Position, ReadMark, ResetReason, Revised, Sent, Seq, Subscription,
};
use kernel::{
    Audience, Availability, Caller, ConnectionId, ConversationId, MessageId, ParticipantId, PortError, Secret,
    SupportRequestId, Timestamp, testing::FixedEnv,
};

use super::people::{self, Codes};
use crate::{Admitted, Conn, Done, Hub, Inbound, Job, Limits, Out, PageAsked, PageRead, Protocol, ServerFrame};

/// How an append goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is stored.
    Refused,
    /// It is stored, and the answer says that nobody knows.
    Unknown,
}

pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) logs: BTreeMap<ConversationId, Vec<Committed>>,
    pub(crate) recent: usize,
    /// How far everybody has read.
    pub(crate) marks: u64,
    /// The last session of every conversation.
    pub(crate) session: Option<ChatSession>,
    pub(crate) now: Timestamp,
    /// Who may see which request.
    pub(crate) audiences: BTreeMap<SupportRequestId, Audience>,
    /// What staff said last about being asked, and how often they were changed.
    pub(crate) standings: BTreeMap<ParticipantId, (Availability, i64)>,
    connections: u128,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            hub: Hub::new(Arc::new(Codes), limits),
            logs: BTreeMap::new(),
            recent: 50,
            marks: 1,
            session: None,
            now: FixedEnv::START,
            audiences: (1..=60).map(|n| people::audience(n, None)).map(|one| (one.support_request, one)).collect(),
            standings: BTreeMap::new(),
            connections: 0,
        }
    }

    pub(crate) fn open(&mut self) -> Arc<Conn> {
        self.open_as(Protocol::Native)
    }

    pub(crate) fn open_as(&mut self, protocol: Protocol) -> Arc<Conn> {
        self.connections += 1;
        let id = ConnectionId::new(people::id(0xd000 + self.connections));
        self.hub.open(id, protocol, self.now).unwrap()
    }

    /// A connection that is authenticated, with its `welcome` read.
    pub(crate) fn connect(&mut self, caller: &Caller) -> Arc<Conn> {
        let conn = self.open();
        self.hub.receive(&conn, Inbound::Authenticate { token: Secret::new("t") }, self.now);
        assert!(matches!(job(&conn), Some(Job::Authenticate { .. })));
        self.admit(&conn, caller);
        let frames = self.read(&conn);
        assert!(matches!(frames.first(), Some(ServerFrame::Welcome { .. })), "{frames:?}");
        conn
    }

    pub(crate) fn admit(&self, conn: &Arc<Conn>, caller: &Caller) {
        let admitted = Admitted { caller: caller.clone(), epoch: epoch(), standing: self.standing(caller) };
        let revocations = self.hub.revocations();
        self.hub.done(conn, Done::Authenticated { revocations, result: Ok(admitted) });
    }

    fn standing(&self, caller: &Caller) -> Option<crate::Standing> {
        let known = self.standings.get(&caller.participant()).copied().unwrap_or((Availability::Online, 1));
        caller.is_staff().then_some(crate::Standing { availability: known.0, version: known.1 })
    }

    /// A connection that follows a conversation from its beginning, or afresh, and has read all of it.
    pub(crate) fn follow(&mut self, caller: &Caller, n: u128, after: Option<u64>) -> Arc<Conn> {
        let conn = self.connect(caller);
        self.subscribe(&conn, n, after);
        self.run(&conn);
        conn
    }

    pub(crate) fn subscribe(&self, conn: &Arc<Conn>, n: u128, after: Option<u64>) {
        let inbound = Inbound::Subscribe {
            reference: Some("s".to_owned()),
            conversation: people::conversation(n),
            epoch: None,
            after: after.map(Seq::new),
        };
        self.hub.receive(conn, inbound, self.now);
    }

    pub(crate) fn send(&self, conn: &Arc<Conn>, n: u128, name: &str) {
        let inbound = Inbound::Send {
            reference: Some(format!("r-{name}")),
            conversation: people::conversation(n),
            client_message_id: name.to_owned(),
            content: format!("says {name}"),
            in_reply_to: None,
            attachments: Vec::new(),
        };
        self.hub.receive(conn, inbound, self.now);
    }

    /// Edits a message, or without content deletes it.
    pub(crate) fn revise(&self, conn: &Arc<Conn>, n: u128, message: MessageId, content: Option<&str>, name: &str) {
        let (conversation, reference) = (people::conversation(n), Some(name.to_owned()));
        let inbound = match content {
            Some(content) => Inbound::Edit { reference, conversation, message, content: content.to_owned() },
            None => Inbound::Delete { reference, conversation, message },
        };
        self.hub.receive(conn, inbound, self.now);
    }

    /// A revision as the log does it: the next entry, and the message of now at every entry of it.
    pub(crate) fn revised(
        &mut self,
        conversation: ConversationId,
        id: MessageId,
        content: Option<&Content>,
        origin: Option<ConnectionId>,
    ) -> Result<(Revised, Option<Committed>), ChatError> {
        let log = self.logs.get_mut(&conversation).ok_or(ChatError::MessageNotFound)?;
        let found = log.iter().find(|one| one.entry.message.id == id).cloned();
        let mut committed = found.ok_or(ChatError::MessageNotFound)?;
        let content = content.map(|content| content.as_str().to_owned());
        let message = &mut committed.entry.message;
        if message.content == content {
            return Ok((Revised { message: message.clone(), duplicate: true }, None));
        }
        if message.deleted_at.is_some() {
            return Err(ChatError::MessageDeleted);
        }
        let seq = end(log).next();
        let change = if content.is_some() { Change::Edited } else { Change::Deleted };
        *(if content.is_some() { &mut message.edited_at } else { &mut message.deleted_at }) = Some(self.now);
        (message.content, message.entry_seq) = (content, seq);
        let message = message.clone();
        for one in log.iter_mut().filter(|one| one.entry.message.id == id) {
            one.entry.message = message.clone();
        }
        (committed.entry.seq, committed.entry.change, committed.origin) = (seq, change, origin);
        log.push(committed.clone());
        Ok((Revised { message, duplicate: false }, Some(committed)))
    }

    /// Runs all jobs and reads all frames until nothing moves. Hints of sends are told at once.
    pub(crate) fn run(&mut self, conn: &Arc<Conn>) -> Vec<ServerFrame> {
        let mut frames = Vec::new();
        loop {
            let mut moved = false;
            while let Some(job) = job(conn) {
                moved = true;
                let (done, hint) = self.perform(conn, job, None);
                if let Some(hint) = hint {
                    self.hub.publish(&[hint]);
                }
                self.hub.done(conn, done);
            }
            let read = self.read(conn);
            moved |= !read.is_empty();
            frames.extend(read);
            if !moved {
                return frames;
            }
        }
    }

    pub(crate) fn read(&self, conn: &Arc<Conn>) -> Vec<ServerFrame> {
        texts(&self.out(conn, usize::MAX))
    }

    pub(crate) fn out(&self, conn: &Arc<Conn>, max_bytes: usize) -> Vec<Out> {
        match self.hub.poll_out(conn, max_bytes, self.now, &Context::from_waker(Waker::noop())) {
            Poll::Ready(out) => out,
            Poll::Pending => Vec::new(),
        }
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now = self.now + std::time::Duration::from_secs(seconds);
        self.hub.tick(self.now);
    }

    pub(crate) fn heads(&self) -> Vec<Head> {
        let heads =
            self.logs.iter().map(|(conversation, log)| Head { conversation: *conversation, last_seq: end(log) });
        heads.collect()
    }

    /// An entry that comes from elsewhere; the hint is for the caller to tell.
    pub(crate) fn append(&mut self, n: u128, by: &Caller, name: &str, origin: Option<ConnectionId>) -> Committed {
        let conversation = people::conversation(n);
        let log = self.logs.entry(conversation).or_default();
        let entry = people::entry(end(log).get() + 1, by, name, &format!("says {name}"));
        let committed = people::committed(n, entry, origin);
        log.push(committed.clone());
        committed
    }

    /// Does what a job asks; a new entry's hint is for the caller to tell, or to lose.
    pub(crate) fn perform(&mut self, conn: &Arc<Conn>, job: Job, fault: Option<Fault>) -> (Done, Option<Committed>) {
        match job {
            Job::Authenticate { .. } => panic!("a test admits by itself"),
            Job::Subscribe { conversation, generation, position, .. } => {
                let result = Ok(Box::new(self.subscription(conversation, position)));
                (Done::Subscribed { conversation, generation, result }, None)
            }
            Job::Page { conversation, asked, .. } => {
                let PageAsked { after, limit, with_view, .. } = asked;
                let view = with_view.then(|| Box::new(self.view(conversation)));
                let log = self.logs.get(&conversation).map(Vec::as_slice).unwrap_or_default();
                let from = usize::try_from(after.get()).unwrap().min(log.len());
                let entries = log[from..].iter().take(limit as usize).map(|one| one.entry.clone()).collect();
                (Done::Page { conversation, asked, result: Ok(PageRead { view, entries }) }, None)
            }
            Job::Send { caller, conversation, ticket, outgoing } => {
                if fault == Some(Fault::Refused) {
                    return (Done::Sent { ticket, result: Err(PortError::unavailable("test").into()) }, None);
                }
                let known = self.logs.get(&conversation).and_then(|log| {
                    log.iter().find(|one| {
                        one.entry.message.sender.id == caller.participant()
                            && one.entry.message.client_message_id.as_ref() == Some(&outgoing.client_message_id)
                    })
                });
                if let Some(known) = known.map(|known| known.entry.clone()) {
                    return (Done::Sent { ticket, result: Ok(sent(&known, true)) }, None);
                }
                let n = conversation.uuid().as_u128() - 0xc000;
                let hint = self.append(n, &caller, outgoing.client_message_id.as_str(), Some(conn.id()));
                let result = match fault {
                    Some(Fault::Unknown) => {
                        Err(ChatError::Port(PortError::new(kernel::PortErrorKind::Unknown, "test")))
                    }
                    _ => Ok(sent(&hint.entry, false)),
                };
                (Done::Sent { ticket, result }, Some(hint))
            }
            Job::Revise { conversation, ticket, message, content, .. } => {
                if fault == Some(Fault::Refused) {
                    return (Done::Revised { ticket, result: Err(PortError::unavailable("test").into()) }, None);
                }
                let (result, hint) = match self.revised(conversation, message, content.as_ref(), Some(conn.id())) {
                    Ok((revised, hint)) => (Ok(Box::new(revised)), hint),
                    Err(error) => (Err(error), None),
                };
                let result = match fault {
                    Some(Fault::Unknown) if hint.is_some() => {
                        Err(ChatError::Port(PortError::new(kernel::PortErrorKind::Unknown, "test")))
                    }
                    _ => result,
                };
                (Done::Revised { ticket, result }, hint)
            }
            Job::Mark { conversation, kind, .. } => (Done::Marked { conversation, kind, result: Ok(()) }, None),
            Job::FollowOwn { caller, most, .. } => {
                let own = |id: &&ConversationId| self.view(**id).audience.requester == caller.participant();
                let own = self.logs.keys().filter(own).take(most).map(|id| self.view(*id)).collect();
                (Done::FollowsOwn { result: Ok(own) }, None)
            }
            Job::Follow { conversation, generation, .. } => {
                (Done::Follows { conversation, generation, result: Ok(Box::new(self.view(conversation))) }, None)
            }
            Job::Heads { conversations, .. } => {
                let heads = self.heads().into_iter().filter(|head| conversations.contains(&head.conversation));
                (Done::Heads { heads: heads.collect() }, None)
            }
            Job::MarkRead { reference, conversation, message, .. } => {
                let read = ReadMark { read_at: Some(self.now), ..ReadMark::default() };
                (Done::MarkedRead { reference, conversation, message, result: Ok(read) }, None)
            }
            Job::Find { number, .. } => {
                let found = self.logs.keys().find(|id| self.view(**id).number == number).copied();
                let result = found.ok_or_else(|| -> Box<dyn kernel::Refusal> {
                    Box::new(support_request::SupportRequestError::NotFound)
                });
                (Done::Found { result }, None)
            }
            Job::View { support_request, ticket, .. } => {
                let found = self.audiences.get(&support_request).cloned();
                let result = found.ok_or_else(|| -> Box<dyn kernel::Refusal> {
                    Box::new(support_request::SupportRequestError::NotFound)
                });
                (Done::Viewed { support_request, ticket, result }, None)
            }
            Job::Availability { caller, value } => {
                let standing = self.standings.entry(caller.participant()).or_insert((Availability::Online, 1));
                *standing = (value, standing.1 + 1);
                let (availability, version) = *standing;
                let user = caller.user().unwrap().id;
                self.hub.stands(caller.organization(), user, crate::Standing { availability, version });
                (Done::AvailabilitySaid { result: Ok(()) }, None)
            }
        }
    }

    /// Ends a job as if the database were down.
    pub(crate) fn fail(&self, conn: &Arc<Conn>, job: Job) {
        self.hub.done(conn, Self::failed(job));
    }

    /// How a job ends while the database is down.
    pub(crate) fn failed(job: Job) -> Done {
        let down = || ChatError::from(PortError::unavailable("test"));
        match job {
            Job::Page { conversation, asked, .. } => Done::Page { conversation, asked, result: Err(down()) },
            Job::Mark { conversation, kind, .. } => Done::Marked { conversation, kind, result: Err(down()) },
            Job::Send { ticket, .. } => Done::Sent { ticket, result: Err(down()) },
            Job::Revise { ticket, .. } => Done::Revised { ticket, result: Err(down()) },
            Job::View { support_request, ticket, .. } => {
                Done::Viewed { support_request, ticket, result: Err(Box::new(down())) }
            }
            Job::Availability { .. } => Done::AvailabilitySaid { result: Err(Box::new(down())) },
            Job::FollowOwn { .. } => Done::FollowsOwn { result: Err(down()) },
            Job::Follow { conversation, generation, .. } => {
                Done::Follows { conversation, generation, result: Err(down()) }
            }
            Job::Subscribe { conversation, generation, .. } => {
                Done::Subscribed { conversation, generation, result: Err(down()) }
            }
            Job::MarkRead { reference, conversation, message, .. } => {
                Done::MarkedRead { reference, conversation, message, result: Err(down()) }
            }
            Job::Find { .. } => Done::Found { result: Err(Box::new(down())) },
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn subscription(&self, conversation: ConversationId, position: Option<Position>) -> Subscription {
        let view = self.view(conversation);
        let reset = position.and_then(|position| {
            if position.epoch.is_some_and(|other| other != epoch()) {
                Some(ResetReason::EpochChanged)
            } else {
                (position.after > view.last_seq).then_some(ResetReason::Ahead)
            }
        });
        if let (Some(position), None) = (position, reset) {
            return Subscription { conversation: view, reset, from: position.after, recent: Vec::new() };
        }
        let log = self.logs.get(&conversation).map(Vec::as_slice).unwrap_or_default();
        let messages = log.iter().filter(|one| one.entry.change == Change::Created);
        let messages: Vec<_> = messages.map(|one| one.entry.message.clone()).collect();
        let recent = messages[messages.len().saturating_sub(self.recent)..].to_vec();
        Subscription { from: view.last_seq, recent, conversation: view, reset }
    }

    fn view(&self, conversation: ConversationId) -> Conversation {
        let n = conversation.uuid().as_u128() - 0xc000;
        let person = |caller: &Caller, kind| Participant {
            id: caller.participant(),
            kind,
            name: caller.name().to_owned(),
            mark: ReadMark {
                delivered_seq: Seq::new(self.marks),
                read_seq: Seq::new(self.marks),
                read_at: Some(FixedEnv::START),
            },
        };
        Conversation {
            id: conversation,
            organization: people::organization(),
            audience: people::audience(n, None),
            number: format!("TICKET-20240115-{n:03}"),
            status: ConversationStatus::Active,
            closed: false,
            epoch: epoch(),
            last_seq: self.logs.get(&conversation).map(|log| end(log)).unwrap_or_default(),
            last_message_at: None,
            last_message: None,
            unread_count: 0,
            unread_staff: 0,
            session: self.session.clone(),
            participants: vec![
                person(&people::customer(), chat::SenderKind::Customer),
                person(&people::agent(), chat::SenderKind::Agent),
            ],
        }
    }
}

pub(crate) fn epoch() -> Epoch {
    Epoch::new(people::id(2))
}

pub(crate) fn end(log: &[Committed]) -> Seq {
    log.last().map(|one| one.entry.seq).unwrap_or_default()
}

pub(crate) fn sent(entry: &chat::Entry, duplicate: bool) -> Sent {
    Sent { message_id: entry.message.id, seq: entry.seq, created_at: entry.message.created_at, duplicate }
}

pub(crate) fn job(conn: &Conn) -> Option<Job> {
    match conn.poll_job(&Context::from_waker(Waker::noop())) {
        Poll::Ready(job) => job,
        Poll::Pending => None,
    }
}

pub(crate) fn may_read(world: &World, conn: &Conn) -> bool {
    conn.may_read(world.hub.limits(), &Context::from_waker(Waker::noop()))
}

pub(crate) fn texts(out: &[Out]) -> Vec<ServerFrame> {
    let text = |out: &Out| match out {
        Out::Text(bytes) => Some(serde_json::from_slice(bytes).unwrap()),
        _ => None,
    };
    out.iter().filter_map(text).collect()
}
