//! The log in memory: one state behind one lock, with the guarantees of the real ones.

mod files;
mod reading;
mod sessions;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use kernel::{
    AttachmentId, Audience, ConversationId, Env, MessageId, OrganizationId, ParticipantId, PortError, PortErrorKind,
    Scope, SupportRequestId, Timestamp,
};

use super::{Setup, Thread, ThreadState};
use crate::{
    Append, AppendError, Appended, AttachedFile, Author, Change, ChatSession, Committed, ContentHash, ConversationLog,
    Entry, Epoch, Head, Hints, LogCursor, Message, MessageKind, Participant, ReadMark, Revise, Revised, Revision,
    Right, Sender, SenderKind, Seq,
};

/// [`ConversationLog`], [`Conversations`](crate::Conversations) and [`LogFeed`](crate::LogFeed) over
/// one state in memory.
pub struct FakeLog {
    env: Arc<dyn Env>,
    hints: Arc<dyn Hints>,
    /// Held from the change of the state to the hint, so that hints come in order of `seq`.
    turn: Mutex<()>,
    state: Mutex<State>,
}

/// What goes wrong with the next append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is stored, and that is known.
    Refused(PortErrorKind),
    /// It is stored, but the answer gets lost.
    AnswerLost,
    /// The queue is full.
    Overloaded,
}

#[derive(Default)]
struct State {
    epochs: BTreeMap<OrganizationId, Epoch>,
    threads: BTreeMap<(OrganizationId, ConversationId), Conv>,
    /// Every entry in the order of its commit; its number is its row.
    feed: Vec<(OrganizationId, ConversationId, Seq)>,
    positions: BTreeMap<String, LogCursor>,
    faults: VecDeque<Fault>,
    files: BTreeMap<AttachmentId, files::Known>,
}

struct Conv {
    audience: Audience,
    state: ThreadState,
    created_at: Timestamp,
    participants: Vec<Participant>,
    /// Oldest first.
    sessions: Vec<ChatSession>,
    messages: Vec<Stored>,
    /// Entry n is at n - 1: what it did, and to which of the messages.
    entries: Vec<(Change, usize)>,
}

struct Stored {
    message: Message,
    hash: ContentHash,
}

impl FakeLog {
    /// An empty one.
    pub fn new(env: Arc<dyn Env>, hints: Arc<dyn Hints>) -> Self {
        Self { env, hints, turn: Mutex::default(), state: Mutex::default() }
    }

    /// A fresh organisation with its epoch.
    pub fn organization(&self) -> OrganizationId {
        let id = OrganizationId::new(self.env.uuid());
        let epoch = Epoch::new(self.env.uuid());
        self.state().epochs.insert(id, epoch);
        id
    }

    /// Gives an organisation another history, as a restore does.
    pub fn renew_epoch(&self, organization: OrganizationId) -> Epoch {
        let epoch = Epoch::new(self.env.uuid());
        self.state().epochs.insert(organization, epoch);
        epoch
    }

    /// A thread without messages.
    pub fn thread(&self, setup: Setup) -> Thread {
        let thread = Thread {
            organization: setup.organization,
            id: ConversationId::new(self.env.uuid()),
            support_request: SupportRequestId::new(self.env.uuid()),
            requester: setup.requester,
        };
        self.open(thread, setup);
        thread
    }

    /// A thread without messages, whose ids somebody else gave: the desk, where both run together.
    pub fn open(&self, thread: Thread, setup: Setup) {
        let requester = Participant {
            id: setup.requester,
            kind: SenderKind::Customer,
            name: "Camille Martin".to_owned(),
            mark: ReadMark::default(),
        };
        let conv = Conv {
            audience: Audience {
                support_request: thread.support_request,
                requester: setup.requester,
                assignee: setup.state.assignee,
                members: setup.members.into_iter().map(Into::into).collect(),
                took_in: setup.state.took_in.into_iter().collect(),
            },
            state: setup.state,
            created_at: self.env.now(),
            participants: vec![requester],
            sessions: Vec::new(),
            messages: Vec::new(),
            entries: Vec::new(),
        };
        self.state().threads.insert((thread.organization, thread.id), conv);
    }

    /// Changes what the log checks, as the desk would.
    pub fn set(&self, thread: &Thread, state: ThreadState) {
        if let Some(conv) = self.state().threads.get_mut(&(thread.organization, thread.id)) {
            conv.state = state;
            conv.audience.assignee = state.assignee;
            conv.audience.took_in = state.took_in.into_iter().collect();
        }
    }

    /// Lets the next append fail; several faults hit one append each.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// One write with its hint, or what a fault makes of it.
    fn write<T>(
        &self,
        write: impl FnOnce(&mut State, Timestamp) -> Result<(T, Option<Committed>), AppendError>,
    ) -> Result<T, AppendError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = self.state().faults.pop_front();
        match fault {
            Some(Fault::Overloaded) => return Err(AppendError::Overloaded),
            Some(Fault::Refused(kind)) => return Err(PortError::new(kind, "as the test wants it").into()),
            Some(Fault::AnswerLost) | None => {}
        }
        let (done, hint) = write(&mut self.state(), self.env.now())?;
        if let Some(hint) = hint {
            self.hints.committed(&[hint]);
        }
        if fault == Some(Fault::AnswerLost) {
            return Err(PortError::new(PortErrorKind::Unknown, "as the test wants it").into());
        }
        Ok(done)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn conv(&self, organization: OrganizationId, id: ConversationId) -> Option<&Conv> {
        self.threads.get(&(organization, id)).filter(|conv| !conv.state.deleted)
    }

    /// What is stored, with the hint to give; no hint for a repeat.
    fn append(&mut self, append: Append, now: Timestamp) -> Result<(Appended, Option<Committed>), AppendError> {
        let key = (append.organization, append.conversation);
        let conv = self.threads.get_mut(&key).filter(|conv| conv.lets(&append.author)).ok_or(AppendError::NotFound)?;
        if let Some(earlier) = conv.earlier(&append) {
            return if earlier.hash == append.hash {
                Ok((appended(&earlier.message, true), None))
            } else {
                Err(AppendError::Mismatch)
            };
        }
        if let Some(into) = conv.state.merged_into {
            return Err(AppendError::Merged(into));
        }
        if conv.state.closed {
            return Err(AppendError::Closed);
        }
        if append.in_reply_to.is_some_and(|id| conv.message(id).is_none()) {
            return Err(AppendError::ReplyNotFound);
        }
        let attachments = files::take(&mut self.files, &append).ok_or(AppendError::FileUnusable)?;
        let origin = append.origin;
        let message = conv.store(append, attachments, now);
        let entry = Entry { seq: message.seq, change: Change::Created, message };
        let done = appended(&entry.message, false);
        Ok((done, Some(self.committed(key, entry, origin))))
    }

    /// What the message is now, with the hint to give; no hint when it was so already.
    fn revise(&mut self, revision: &Revision, now: Timestamp) -> Result<(Revised, Option<Committed>), AppendError> {
        let key = (revision.organization, revision.conversation);
        let conv =
            self.threads.get_mut(&key).filter(|conv| conv.lets(&revision.author)).ok_or(AppendError::NotFound)?;
        let at = conv.messages.iter().position(|stored| stored.message.id == revision.message);
        let at = at.ok_or(AppendError::MessageNotFound)?;
        let message = &conv.messages[at].message;
        if !revision.of_others && message.sender.id != revision.author.id {
            return Err(AppendError::NotTheAuthor);
        }
        let content = revision.revise.content().map(|content| content.as_str().to_owned());
        if message.content == content {
            return Ok((Revised { message: message.clone(), duplicate: true }, None));
        }
        if let Revise::Edit { within, .. } = &revision.revise {
            if message.deleted_at.is_some() {
                return Err(AppendError::Deleted);
            }
            if let Some(into) = conv.state.merged_into {
                return Err(AppendError::Merged(into));
            }
            if conv.state.closed {
                return Err(AppendError::Closed);
            }
            if now.since(message.created_at) > *within {
                return Err(AppendError::TooLate);
            }
        }
        let (seq, now) = (conv.head().next(), now.max(message.created_at));
        let message = &mut conv.messages[at].message;
        let change = if content.is_some() { Change::Edited } else { Change::Deleted };
        *(if content.is_some() { &mut message.edited_at } else { &mut message.deleted_at }) = Some(now);
        message.content = content;
        message.entry_seq = seq;
        if change == Change::Deleted {
            for file in std::mem::take(&mut message.attachments) {
                self.files.entry(file.id).and_modify(|known| known.deleted = true);
            }
        }
        let message = message.clone();
        conv.entries.push((change, at));
        let entry = Entry { seq, change, message: message.clone() };
        Ok((Revised { message, duplicate: false }, Some(self.committed(key, entry, revision.origin))))
    }

    fn committed(
        &mut self,
        (organization, conversation): (OrganizationId, ConversationId),
        entry: Entry,
        origin: Option<kernel::ConnectionId>,
    ) -> Committed {
        self.feed.push((organization, conversation, entry.seq));
        let audience = self.threads[&(organization, conversation)].audience.clone();
        Committed { organization, conversation, audience, entry, origin }
    }
}

impl Conv {
    fn lets(&self, author: &Author) -> bool {
        let opened = self.audience.requester == author.id;
        if self.state.deleted {
            return false;
        }
        match author.right {
            Right::Requester => opened,
            Right::Token(request) => Scope::One(request, author.id).covers(&self.audience),
            Right::Agent(agent) => Scope::Agent(agent).covers(&self.audience),
            Right::Always => true,
        }
    }

    fn earlier(&self, append: &Append) -> Option<&Stored> {
        self.messages.iter().find(|stored| {
            stored.message.sender.id == append.author.id
                && stored.message.client_message_id.as_ref() == Some(&append.client_message_id)
        })
    }

    fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().map(|stored| &stored.message).find(|message| message.id == id)
    }

    fn head(&self) -> Seq {
        Seq::new(self.entries.len() as u64)
    }

    /// An entry with its message of now.
    fn entry(&self, seq: Seq) -> Option<Entry> {
        let at = usize::try_from(seq.get()).ok()?.checked_sub(1)?;
        let (change, message) = *self.entries.get(at)?;
        Some(Entry { seq, change, message: self.messages[message].message.clone() })
    }

    fn last_at(&self) -> Option<Timestamp> {
        self.messages.last().map(|stored| stored.message.created_at)
    }

    fn store(&mut self, append: Append, attachments: Vec<AttachedFile>, now: Timestamp) -> Message {
        let seq = self.head().next();
        let message = Message {
            id: append.id,
            seq,
            entry_seq: seq,
            sender: Sender { id: append.author.id, kind: append.author.kind, name: append.author.name },
            kind: if attachments.is_empty() { append.kind } else { MessageKind::with(&attachments) },
            content: Some(append.content.into_string()),
            attachments,
            in_reply_to: append.in_reply_to,
            client_message_id: Some(append.client_message_id),
            created_at: self.last_at().map_or(now, |last| last.max(now)),
            edited_at: None,
            deleted_at: None,
        };
        self.entries.push((Change::Created, self.messages.len()));
        self.messages.push(Stored { message: message.clone(), hash: append.hash });
        message
    }

    fn mark_of(&self, id: ParticipantId) -> ReadMark {
        self.participants.iter().find(|one| one.id == id).map(|one| one.mark).unwrap_or_default()
    }
}

fn appended(message: &Message, duplicate: bool) -> Appended {
    Appended { message_id: message.id, seq: message.seq, created_at: message.created_at, duplicate }
}

#[async_trait]
impl ConversationLog for FakeLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.write(|state, now| state.append(append, now))
    }

    async fn revise(&self, revision: Revision) -> Result<Revised, AppendError> {
        self.write(|state, now| state.revise(&revision, now))
    }

    async fn after(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Entry>, PortError> {
        let state = self.state();
        let Some(conv) = state.conv(organization, conversation) else { return Ok(Vec::new()) };
        let later = (after.get() + 1..=conv.head().get()).take(limit as usize);
        Ok(later.filter_map(|seq| conv.entry(Seq::new(seq))).collect())
    }

    async fn before(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<Message>, PortError> {
        let state = self.state();
        let all = state.conv(organization, conversation).map_or(&[][..], |conv| &conv.messages);
        let earlier = all.iter().rev().filter(|stored| before.is_none_or(|before| stored.message.seq < before));
        let mut messages: Vec<_> = earlier.take(limit as usize).map(|stored| stored.message.clone()).collect();
        messages.reverse();
        Ok(messages)
    }

    async fn changed(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<Message>, PortError> {
        let state = self.state();
        let all = state.conv(organization, conversation).map_or(&[][..], |conv| &conv.messages);
        let later = all.iter().map(|stored| &stored.message).filter(|message| message.entry_seq > after);
        let mut later: Vec<_> = later.cloned().collect();
        later.sort_by_key(|message| message.entry_seq);
        later.truncate(limit as usize);
        Ok(later)
    }

    async fn message(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, PortError> {
        Ok(self.state().conv(organization, conversation).and_then(|conv| conv.message(id)).cloned())
    }

    async fn heads(&self, conversations: &[(OrganizationId, ConversationId)]) -> Result<Vec<Head>, PortError> {
        let state = self.state();
        let head = |(organization, id): &(OrganizationId, ConversationId)| {
            state.conv(*organization, *id).map(|conv| Head { conversation: *id, last_seq: conv.head() })
        };
        Ok(conversations.iter().filter_map(head).collect())
    }
}
