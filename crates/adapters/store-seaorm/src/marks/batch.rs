//! Which marks share a commit, and who is told what became of them.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use async_trait::async_trait;
use chat::{Mark, Marked};
use kernel::{ConversationId, OrganizationId, ParticipantId, PortError, Scope};
use sea_orm::DbErr;
use tokio::sync::oneshot;

/// Where marks are moved.
#[async_trait]
pub(super) trait Marker: Send {
    /// Moves them in one transaction; what became of each. No two are of the same participant in the
    /// same conversation.
    async fn commit(&mut self, rows: &[Row]) -> Result<Vec<Marked>, DbErr>;

    /// Drops the connection, which may be half-way through something.
    fn reset(&mut self);
}

/// A caller who waits for a mark.
pub(super) struct Waiting {
    pub(super) scope: Scope,
    pub(super) mark: Mark,
    pub(super) deadline: Instant,
    pub(super) answer: oneshot::Sender<Result<Marked, PortError>>,
}

/// A participant's move in a conversation: as far as the furthest of those who asked for it.
pub(super) struct Row {
    pub(super) scope: Scope,
    pub(super) mark: Mark,
    waiting: Vec<Waiting>,
}

type Key = (OrganizationId, ConversationId, ParticipantId);

/// Takes the next batch from the front of the waiting ones. A move of the same participant joins the one
/// before it; one that differs in anything but the places ends the batch.
pub(super) fn take(waiting: &mut VecDeque<Waiting>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut seen: HashMap<Key, usize> = HashMap::new();
    let mut count = 0;
    while count < super::MOST
        && let Some(next) = waiting.pop_front()
    {
        let key = (next.mark.organization, next.mark.conversation, next.mark.participant);
        match seen.get(&key).map(|at| &mut rows[*at]) {
            None => {
                seen.insert(key, rows.len());
                rows.push(Row { scope: next.scope, mark: next.mark.clone(), waiting: vec![next] });
            }
            Some(row) if row.scope == next.scope && row.mark.kind == next.mark.kind => row.join(next),
            Some(_) => {
                waiting.push_front(next);
                break;
            }
        }
        count += 1;
    }
    rows
}

impl Row {
    fn join(&mut self, next: Waiting) {
        let (mark, other) = (&mut self.mark, &next.mark);
        mark.delivered = mark.delivered.max(other.delivered);
        if other.read > mark.read {
            (mark.read, mark.at) = (other.read, other.at);
        }
        self.waiting.push(next);
    }

    /// Whether anybody still waits for it.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting.iter().any(|waiting| !waiting.answer.is_closed())
    }

    pub(super) fn deadline(&self) -> Instant {
        self.waiting.iter().map(|waiting| waiting.deadline).max().unwrap_or_else(Instant::now)
    }

    pub(super) fn callers(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn into_waiting(self) -> impl Iterator<Item = Waiting> {
        self.waiting.into_iter()
    }

    /// The last of the callers who still waits is told that it moved, so that it is told on once; for
    /// the others it stands there already.
    pub(super) fn answer(self, marked: Marked) {
        let mut marked = Ok(marked);
        for waiting in self.waiting.into_iter().rev() {
            let next = match &marked {
                Ok(Marked::Moved(_) | Marked::Stands) => Ok(Marked::Stands),
                _ => Ok(Marked::NotFound),
            };
            // An answer that comes back was not taken: it is for the next.
            marked = waiting.answer.send(marked).err().unwrap_or(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use chat::{ReadMark, Receipt, SenderKind, Seq};
    use kernel::{SupportRequestId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn asked(who: u128, delivered: u64, read: u64) -> (Waiting, oneshot::Receiver<Result<Marked, PortError>>) {
        let (answer, receiver) = oneshot::channel();
        let mark = Mark {
            organization: OrganizationId::new(Uuid::from_u128(1)),
            conversation: ConversationId::new(Uuid::from_u128(2)),
            participant: ParticipantId::new(Uuid::from_u128(who)),
            kind: SenderKind::Customer,
            name: String::new(),
            delivered: Seq::new(delivered),
            read: Seq::new(read),
            at: Timestamp::from_micros(i64::try_from(read).unwrap()),
        };
        (Waiting { scope: Scope::All, mark, deadline: Instant::now(), answer }, receiver)
    }

    fn moved(row: &Row) -> Marked {
        Marked::Moved(Receipt {
            organization: row.mark.organization,
            conversation: row.mark.conversation,
            support_request: SupportRequestId::new(Uuid::from_u128(3)),
            participant: row.mark.participant,
            kind: row.mark.kind,
            mark: ReadMark { delivered_seq: row.mark.delivered, read_seq: row.mark.read, read_at: Some(row.mark.at) },
        })
    }

    #[test]
    fn moves_of_one_participant_join_and_one_of_its_callers_is_told() {
        let (one, mut first) = asked(7, 5, 2);
        let (two, mut second) = asked(7, 3, 3);
        let (three, third) = asked(7, 1, 1);
        let (other, mut stranger) = asked(8, 9, 9);
        drop(third);
        let mut rows = take(&mut VecDeque::from([one, other, two, three]));
        assert_eq!(rows.len(), 2);
        let places = (rows[0].mark.delivered.get(), rows[0].mark.read.get(), rows[0].mark.at.as_micros());
        assert_eq!(places, (5, 3, 3), "the furthest of each, at the time of the reading");
        let row = rows.remove(0);
        let told = moved(&row);
        row.answer(told.clone());
        assert_eq!(second.try_recv().unwrap().unwrap(), told, "the last who still waits");
        assert_eq!(first.try_recv().unwrap().unwrap(), Marked::Stands);
        rows.remove(0).answer(Marked::NotFound);
        assert_eq!(stranger.try_recv().unwrap().unwrap(), Marked::NotFound);
    }

    #[test]
    fn a_move_under_another_right_waits_for_the_next_batch() {
        let (one, _first) = asked(7, 5, 2);
        let (mut two, _second) = asked(7, 6, 6);
        two.scope = Scope::Requester(two.mark.participant);
        let mut waiting = VecDeque::from([one, two]);
        assert_eq!((take(&mut waiting).len(), waiting.len()), (1, 1));
        assert_eq!((take(&mut waiting).len(), waiting.len()), (1, 0));
    }
}
