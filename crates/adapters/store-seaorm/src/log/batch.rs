//! Batches: which writes share a commit, and what becomes of each.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use async_trait::async_trait;
use chat::{Append, AttachedFile, Message, Revise, Revision, Right, Seq};
use kernel::{AttachmentId, Audience, ConversationId, MessageId, ParticipantId, SupportRequestId, Timestamp};
use sea_orm::DbErr;

use super::queue::{Item, Write};

/// What became of one row of a batch that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stored {
        seq: Seq,
        at: Timestamp,
        audience: Audience,
        /// The files that were bound to it.
        files: Vec<AttachedFile>,
    },
    Duplicate {
        id: MessageId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
        /// The files that it has.
        files: Vec<AttachedFile>,
    },
    /// The message of now: it was edited or deleted.
    Revised {
        message: Box<Message>,
        audience: Audience,
    },
    /// The message of now: it was so before.
    Unchanged {
        message: Box<Message>,
        audience: Audience,
    },
    Mismatch,
    NotFound,
    MessageNotFound,
    NotTheAuthor,
    Deleted,
    TooLate,
    ReplyNotFound,
    FileUnusable,
    Closed,
    Merged(SupportRequestId),
    /// Its conversation is locked by somebody else: nothing was decided.
    Locked,
}

/// Where batches are committed, one after the other.
#[async_trait]
pub(crate) trait Shard: Send {
    /// Makes sure of a connection and of the right to write, for a commit that has to be over
    /// within a time: what fails here was never sent.
    async fn ready(&mut self, within: Duration) -> Result<(), DbErr>;

    /// Stores a batch in one transaction and gives the outcome of each row. No two rows have the
    /// same key. When it fails nothing is stored, except when the connection broke. A conversation
    /// that somebody else has locked is waited for, and fails the batch when that takes long; or it
    /// is passed over.
    async fn commit(&mut self, rows: &[&Append], locks: Locks) -> Result<Vec<Outcome>, DbErr>;

    /// The same for edits and deletions. No two rows are of the same message.
    async fn revise(&mut self, rows: &[&Revision], locks: Locks) -> Result<Vec<Outcome>, DbErr>;

    /// Nothing is to be written after all: gives back what [`Self::ready`] took.
    fn cancel(&mut self);

    /// Drops the connection, which may be half-way through something.
    fn reset(&mut self);

    /// Runs the next batch up to its commit only.
    #[cfg(feature = "faults")]
    fn hold(&mut self);
    /// Commits what was held.
    #[cfg(feature = "faults")]
    async fn release(&mut self) -> Result<(), DbErr>;
}

/// What a batch does with a conversation that somebody else has locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locks {
    /// Waits for it, for a while: whoever comes first is served first.
    Wait,
    /// Leaves its rows as [`Outcome::Locked`].
    PassOver,
}

/// A row of a batch: a write, and its exact repeats, which share its fate.
pub(crate) struct Row {
    pub(crate) first: Item,
    pub(crate) repeats: Vec<Item>,
}

impl Row {
    /// The row is about to be sent. Items whose callers have given up are dropped; `false` when
    /// that leaves nobody.
    pub(crate) fn send(&mut self) -> bool {
        self.repeats.retain(Item::send);
        if self.first.send() {
            return true;
        }
        if self.repeats.is_empty() {
            return false;
        }
        self.first = self.repeats.remove(0);
        true
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        std::iter::once(&self.first).chain(&self.repeats)
    }

    pub(crate) fn items_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        std::iter::once(&mut self.first).chain(&mut self.repeats)
    }

    pub(crate) fn into_items(self) -> impl Iterator<Item = Item> {
        std::iter::once(self.first).chain(self.repeats)
    }
}

/// How much shares a commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

/// What one row of a batch is decided by: no two of a batch have the same.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    /// What makes a retry: the same person with the same name in the same conversation.
    Name(ConversationId, ParticipantId, String),
    /// What is revised.
    Message(ConversationId, MessageId),
    /// A file that a message takes along: only one may have it.
    File(AttachmentId),
}

impl Key {
    fn of(write: &Write) -> Self {
        match write {
            Write::Append(append) => {
                Self::Name(append.conversation, append.author.id, append.client_message_id.as_str().to_owned())
            }
            Write::Revise(revision) => Self::Message(revision.conversation, revision.message),
        }
    }

    fn files(write: &Write) -> impl Iterator<Item = Self> {
        write.append().into_iter().flat_map(|append| &append.attachments).map(|file| Self::File(*file))
    }
}

/// Takes the next batch from the front of the waiting ones: either messages or revisions. Those of the
/// other kind are left where they are, and with each what comes after it in its conversation.
///
/// A repeat with the same right and the same content is decided exactly as its first, so it is
/// folded into it. Another one under the same key depends on what becomes of the first: it ends
/// the batch and is taken with the next. So does another revision of the same message.
pub(crate) fn take(waiting: &mut VecDeque<Item>, limits: Limits) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut seen: HashMap<Key, usize> = HashMap::new();
    let (mut left, mut behind) = (VecDeque::new(), HashSet::new());
    let (mut bytes, mut items) = (0, 0);
    let revisions = waiting.front().is_some_and(|first| first.write.revision().is_some());
    while let Some(next) = waiting.pop_front() {
        if items >= limits.rows || (items > 0 && bytes + weight(&next.write) > limits.bytes) {
            waiting.push_front(next);
            break;
        }
        let conversation = next.write.conversation();
        if next.write.revision().is_some() != revisions || behind.contains(&conversation) {
            behind.insert(conversation);
            left.push_back(next);
            continue;
        }
        let key = Key::of(&next.write);
        match seen.get(&key).copied() {
            Some(at) if same(&rows[at].first.write, &next.write) => rows[at].repeats.push(next),
            Some(_) => {
                waiting.push_front(next);
                break;
            }
            None if Key::files(&next.write).any(|file| seen.contains_key(&file)) => {
                waiting.push_front(next);
                break;
            }
            None => {
                bytes += weight(&next.write);
                seen.extend(Key::files(&next.write).map(|file| (file, rows.len())));
                seen.insert(key, rows.len());
                rows.push(Row { first: next, repeats: Vec::new() });
            }
        }
        items += 1;
    }
    if !left.is_empty() {
        left.append(waiting);
        *waiting = left;
    }
    rows
}

fn weight(write: &Write) -> usize {
    let (content, author) = match write {
        Write::Append(append) => (Some(&append.content), &append.author),
        Write::Revise(revision) => (revision.revise.content(), &revision.author),
    };
    content.map_or(0, |content| content.as_str().len()) + author.name.len() + 200
}

fn same(a: &Write, b: &Write) -> bool {
    let (Write::Append(a), Write::Append(b)) = (a, b) else { return false };
    a.organization == b.organization && a.author.right == b.author.right && a.hash == b.hash
}

/// The message as a revision leaves it.
pub(crate) fn revised(mut message: Message, revise: &Revise, seq: Seq, at: Timestamp) -> Message {
    match revise {
        Revise::Edit { content, .. } => {
            message.content = Some(content.as_str().to_owned());
            message.edited_at = Some(at);
        }
        Revise::Delete => {
            message.content = None;
            message.attachments = Vec::new();
            message.deleted_at = Some(at);
        }
    }
    message.entry_seq = seq;
    message
}

/// Whether the author may write, by what the conversation's row says under the lock.
pub(crate) fn may_write(right: Right, author: ParticipantId, audience: &Audience) -> bool {
    match right {
        Right::Requester => audience.requester == author,
        Right::Token(request) => kernel::Scope::One(request, author).covers(audience),
        Right::Agent(agent) => kernel::Scope::Agent(agent).covers(audience),
        Right::Always => true,
    }
}

#[cfg(test)]
mod tests {
    use chat::{Author, ClientMessageId, Content, ContentHash, MessageKind, SenderKind};
    use kernel::OrganizationId;
    use uuid::Uuid;

    use super::*;

    fn append(name: &str, text: &str, right: Right) -> Append {
        let content = Content::parse(text).unwrap();
        Append {
            organization: OrganizationId::new(Uuid::from_u128(1)),
            conversation: ConversationId::new(Uuid::from_u128(2)),
            author: Author {
                id: ParticipantId::new(Uuid::from_u128(3)),
                kind: SenderKind::Customer,
                name: "Zoé".into(),
                right,
            },
            id: MessageId::new(Uuid::from_u128(4)),
            client_message_id: ClientMessageId::parse(name).unwrap(),
            hash: ContentHash::of(&content, None),
            content,
            kind: MessageKind::Text,
            attachments: Vec::new(),
            in_reply_to: None,
            origin: None,
        }
    }

    fn queue(appends: Vec<Append>) -> VecDeque<Item> {
        writes(appends.into_iter().map(|append| Write::Append(Box::new(append))).collect())
    }

    fn writes(writes: Vec<Write>) -> VecDeque<Item> {
        writes.into_iter().map(|write| super::super::queue::item(write, Duration::from_secs(1)).0).collect()
    }

    fn deletes(conversation: u128, message: u128) -> Write {
        let append = append("a", "x", Right::Always);
        Write::Revise(Box::new(Revision {
            organization: append.organization,
            conversation: ConversationId::new(Uuid::from_u128(conversation)),
            author: append.author,
            message: MessageId::new(Uuid::from_u128(message)),
            of_others: false,
            revise: Revise::Delete,
            origin: None,
        }))
    }

    fn sends(conversation: u128, name: &str) -> Write {
        let conversation = ConversationId::new(Uuid::from_u128(conversation));
        Write::Append(Box::new(Append { conversation, ..append(name, "x", Right::Always) }))
    }

    /// What is told of a write: where, and whether it revises.
    fn told(item: &Item) -> (u128, bool) {
        (item.write.conversation().uuid().as_u128(), item.write.revision().is_some())
    }

    #[test]
    fn messages_and_revisions_take_turns_without_changing_the_order_of_a_conversation() {
        let mut waiting = writes(vec![
            sends(1, "a"),
            deletes(2, 1),
            sends(2, "b"),
            sends(3, "c"),
            deletes(1, 2),
            sends(1, "d"),
            deletes(2, 3),
        ]);
        let mut turns = Vec::new();
        while !waiting.is_empty() {
            let rows = take(&mut waiting, LIMITS);
            turns.push(rows.iter().map(|row| told(&row.first)).collect::<Vec<_>>());
        }
        assert_eq!(
            turns,
            [vec![(1, false), (3, false)], vec![(2, true), (1, true)], vec![(2, false), (1, false)], vec![(2, true)],]
        );
    }

    #[test]
    fn another_revision_of_a_message_waits_for_what_becomes_of_the_first() {
        let mut waiting = writes(vec![deletes(1, 1), deletes(1, 2), deletes(1, 1), deletes(1, 3)]);
        assert_eq!(take(&mut waiting, LIMITS).len(), 2);
        assert_eq!(take(&mut waiting, LIMITS).len(), 2);
    }

    const LIMITS: Limits = Limits { rows: 512, bytes: 1 << 20 };

    #[test]
    fn exact_repeats_are_folded_into_their_first() {
        let mut waiting = queue(vec![
            append("a", "hello", Right::Always),
            append("b", "world", Right::Always),
            append("a", "hello", Right::Always),
        ]);
        let rows = take(&mut waiting, LIMITS);
        assert_eq!(rows.iter().map(|row| row.repeats.len()).collect::<Vec<_>>(), [1, 0]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn a_repeat_that_differs_waits_for_what_becomes_of_the_first() {
        for other in [append("a", "other", Right::Always), append("a", "hello", Right::Requester)] {
            let mut waiting = queue(vec![append("a", "hello", Right::Always), other, append("b", "x", Right::Always)]);
            assert_eq!(take(&mut waiting, LIMITS).len(), 1);
            assert_eq!(waiting.len(), 2, "and what comes after it keeps its place behind it");
        }
    }

    #[test]
    fn a_batch_is_bounded_in_rows_and_bytes_but_takes_at_least_one() {
        let many = || (0..10).map(|n| append(&n.to_string(), &"x".repeat(1_000), Right::Always)).collect();
        assert_eq!(take(&mut queue(many()), Limits { rows: 3, bytes: 1 << 20 }).len(), 3);
        assert_eq!(take(&mut queue(many()), Limits { rows: 512, bytes: 3_000 }).len(), 2);
        assert_eq!(take(&mut queue(many()), Limits { rows: 512, bytes: 1 }).len(), 1);
        let repeats = (0..10).map(|_| append("a", "x", Right::Always)).collect();
        let rows = take(&mut queue(repeats), Limits { rows: 4, bytes: 1 << 20 });
        assert_eq!(rows[0].repeats.len(), 3, "repeats count as rows");
    }
}
