//! Batches: which messages share a commit, and what becomes of each.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use async_trait::async_trait;
use chat::{Append, Right, Seq};
use kernel::{Audience, ConversationId, MessageId, ParticipantId, SupportRequestId, Timestamp};
use sea_orm::DbErr;

use super::queue::Item;

/// What became of one message of a batch that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stored {
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    },
    Duplicate {
        id: MessageId,
        seq: Seq,
        at: Timestamp,
        audience: Audience,
    },
    Mismatch,
    NotFound,
    ReplyNotFound,
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

/// A row of a batch: a message, and its exact repeats, which share its fate.
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

/// What makes a retry: the same person with the same name in the same conversation.
type Key = (ConversationId, ParticipantId, String);

/// Takes the next batch from the front of the waiting ones.
///
/// A repeat with the same right and the same content is decided exactly as its first, so it is
/// folded into it. Another one under the same key depends on what becomes of the first: it ends
/// the batch and is taken with the next.
pub(crate) fn take(waiting: &mut VecDeque<Item>, limits: Limits) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut seen: HashMap<Key, usize> = HashMap::new();
    let (mut bytes, mut items) = (0, 0);
    while let Some(next) = waiting.front() {
        if items >= limits.rows || (items > 0 && bytes + weight(&next.append) > limits.bytes) {
            break;
        }
        let key = (next.append.conversation, next.append.author.id, next.append.client_message_id.as_str().to_owned());
        match seen.get(&key).copied() {
            Some(at) if same(&rows[at].first.append, &next.append) => rows[at].repeats.extend(waiting.pop_front()),
            Some(_) => break,
            None => {
                bytes += weight(&next.append);
                seen.insert(key, rows.len());
                rows.extend(waiting.pop_front().map(|first| Row { first, repeats: Vec::new() }));
            }
        }
        items += 1;
    }
    rows
}

fn weight(append: &Append) -> usize {
    append.content.as_str().len() + append.author.name.len() + 200
}

fn same(a: &Append, b: &Append) -> bool {
    a.organization == b.organization && a.author.right == b.author.right && a.hash == b.hash
}

/// Whether the author may write, by what the conversation's row says under the lock.
pub(crate) fn may_write(right: Right, author: ParticipantId, audience: &Audience) -> bool {
    match right {
        Right::Requester => audience.requester == author,
        Right::Token(request) => audience.requester == author && audience.support_request == request,
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
            in_reply_to: None,
            origin: None,
        }
    }

    fn queue(appends: Vec<Append>) -> VecDeque<Item> {
        appends.into_iter().map(|append| super::super::queue::item(append, Duration::from_secs(1)).0).collect()
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
