//! Conversations, marks and the log as an outbox, over the same state.

use async_trait::async_trait;
use kernel::{
    Audience, ConversationId, OrganizationId, Page, PageRequest, ParticipantId, PortError, Scope, SupportRequestId,
};

use super::{Conv, FakeLog, State};
use crate::{
    Conversation, ConversationFilter, ConversationStatus, Conversations, Epoch, LogCursor, LogFeed, LogRecord, Mark,
    Marked, Participant, ReadMark, Receipt, SenderKind, Seq,
};

impl State {
    fn show(
        &self,
        organization: OrganizationId,
        id: ConversationId,
        conv: &Conv,
        viewer: ParticipantId,
    ) -> Conversation {
        let read = conv.mark_of(viewer).read_seq;
        let staff = conv.participants.iter().filter(|one| one.kind == SenderKind::Agent);
        let staff_read = staff.map(|one| one.mark.read_seq).max().unwrap_or_default();
        let messages = || conv.messages.iter().map(|stored| &stored.message);
        let unread = || messages().filter(|one| one.deleted_at.is_none());
        Conversation {
            id,
            organization,
            audience: conv.audience.clone(),
            number: format!("TICKET-{}", conv.audience.support_request),
            status: if conv.state.archived {
                ConversationStatus::Archived
            } else if conv.state.resolved || conv.state.closed {
                ConversationStatus::Resolved
            } else {
                ConversationStatus::Active
            },
            closed: conv.state.closed,
            epoch: self.epochs[&organization],
            last_seq: conv.head(),
            last_message_at: conv.last_at(),
            last_message: messages().next_back().cloned(),
            unread_count: unread().filter(|one| one.seq > read && one.sender.id != viewer).count() as u64,
            unread_staff: unread().filter(|one| one.seq > staff_read && one.sender.kind == SenderKind::Customer).count()
                as u64,
            session: conv.last_session(),
            participants: conv.participants.clone(),
        }
    }
}

impl Conv {
    /// Moves marks forward; nothing when nothing moved, or the mark is nobody's here.
    fn mark(&mut self, mark: &Mark) -> Option<ReadMark> {
        let head = self.head();
        let read = mark.read.min(head);
        let delivered = mark.delivered.max(mark.read).min(head);
        let known = self.participants.iter().position(|one| one.id == mark.participant);
        let at = match known {
            Some(at) => at,
            None if mark.kind == SenderKind::Agent && read > Seq::START => {
                self.participants.push(Participant {
                    id: mark.participant,
                    kind: mark.kind,
                    name: mark.name.clone(),
                    mark: ReadMark::default(),
                });
                self.participants.len() - 1
            }
            None => return None,
        };
        let now = &mut self.participants[at].mark;
        let before = *now;
        now.delivered_seq = now.delivered_seq.max(delivered);
        if read > now.read_seq {
            now.read_seq = read;
            now.read_at = Some(mark.at);
        }
        (*now != before).then_some(*now)
    }
}

fn wanted(filter: &ConversationFilter, one: &Conversation) -> bool {
    filter.status.is_none_or(|status| status == one.status)
        && filter.assignee.is_none_or(|assignee| assignee == one.audience.assignee)
        && filter.requester.is_none_or(|requester| requester == one.audience.requester)
        && filter.party.is_none_or(|who| {
            one.audience.requester == who
                || one.audience.assignee.is_some_and(|assignee| who == assignee.into())
                || one.participants.iter().any(|person| person.id == who)
        })
        && (!filter.unread || one.unread_count > 0)
}

#[async_trait]
impl Conversations for FakeLog {
    async fn audience(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Audience>, PortError> {
        Ok(self.state().conv(organization, id).map(|conv| conv.audience.clone()))
    }

    async fn audiences(
        &self,
        organization: OrganizationId,
        ids: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Audience)>, PortError> {
        let state = self.state();
        Ok(ids.iter().filter_map(|id| Some((*id, state.conv(organization, *id)?.audience.clone()))).collect())
    }

    async fn find(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, PortError> {
        let state = self.state();
        let conv = state.conv(organization, id).filter(|conv| scope.covers(&conv.audience));
        Ok(conv.map(|conv| state.show(organization, id, conv, viewer)))
    }

    async fn of_request(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        request: SupportRequestId,
    ) -> Result<Option<Conversation>, PortError> {
        let state = self.state();
        let found = state.threads.iter().find(|((of, _), conv)| {
            let is_there = *of == organization && !conv.state.deleted;
            is_there && conv.audience.support_request == request && scope.covers(&conv.audience)
        });
        Ok(found.map(|((_, id), conv)| state.show(organization, *id, conv, viewer)))
    }

    async fn list(
        &self,
        organization: OrganizationId,
        scope: Scope,
        viewer: ParticipantId,
        filter: &ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<Conversation>, PortError> {
        let state = self.state();
        let mut found: Vec<_> = state
            .threads
            .iter()
            .filter(|((of, _), conv)| *of == organization && !conv.state.deleted && scope.covers(&conv.audience))
            .map(|((_, id), conv)| (conv.created_at, state.show(organization, *id, conv, viewer)))
            .filter(|(_, one)| wanted(filter, one))
            .collect();
        found.sort_by_key(|(created_at, one)| std::cmp::Reverse((one.last_message_at.unwrap_or(*created_at), one.id)));
        let total = found.len() as u64;
        let from = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let items = found.into_iter().skip(from).take(page.limit() as usize).map(|(_, one)| one).collect();
        Ok(Page { items, request: page, total })
    }

    async fn mark(&self, scope: Scope, mark: Mark) -> Result<Marked, PortError> {
        let mut state = self.state();
        let found = state.threads.get_mut(&(mark.organization, mark.conversation));
        let seen = |conv: &&mut Conv| !conv.state.deleted && scope.covers(&conv.audience);
        let Some(conv) = found.filter(seen) else { return Ok(Marked::NotFound) };
        let support_request = conv.audience.support_request;
        let receipt = |now| Receipt {
            organization: mark.organization,
            conversation: mark.conversation,
            support_request,
            participant: mark.participant,
            kind: mark.kind,
            mark: now,
        };
        Ok(conv.mark(&mark).map_or(Marked::Stands, |now| Marked::Moved(receipt(now))))
    }

    async fn epoch(&self, organization: OrganizationId) -> Result<Option<Epoch>, PortError> {
        Ok(self.state().epochs.get(&organization).copied())
    }
}

#[async_trait]
impl LogFeed for FakeLog {
    async fn next(&self, after: LogCursor, limit: u32) -> Result<Vec<LogRecord>, PortError> {
        let state = self.state();
        let rows = state.feed.iter().zip(1_u64..).skip_while(|(_, row)| *row <= after.row).take(limit as usize);
        let record = |(&(organization, conversation, seq), row): (&(_, _, Seq), u64)| {
            let conv = &state.threads[&(organization, conversation)];
            Some(LogRecord {
                cursor: LogCursor { transaction: 0, row },
                organization,
                conversation,
                support_request: conv.audience.support_request,
                entry: conv.entry(seq)?,
            })
        };
        Ok(rows.filter_map(record).collect())
    }

    async fn position(&self, consumer: &str) -> Result<LogCursor, PortError> {
        Ok(self.state().positions.get(consumer).copied().unwrap_or_default())
    }

    async fn advance(&self, consumer: &str, to: LogCursor) -> Result<(), PortError> {
        let mut state = self.state();
        let now = state.positions.entry(consumer.to_owned()).or_default();
        *now = (*now).max(to);
        Ok(())
    }

    async fn lag_seconds(&self, consumer: &str) -> Result<f64, PortError> {
        let at = self.position(consumer).await?;
        let oldest = self.next(at, 1).await?;
        Ok(oldest.first().map_or(0.0, |record| self.env.now().since(record.entry.message.created_at).as_secs_f64()))
    }
}
