//! Chat sessions over the same state.

use std::time::Duration;

use async_trait::async_trait;
use kernel::{ChatSessionId, ConversationId, OrganizationId, Page, PageRequest, ParticipantId, PortError, Timestamp};

use super::{Conv, FakeLog};
use crate::{ChatSession, ChatSessions, SenderKind, Seq, SessionFeed, SessionStatus};

impl Conv {
    /// The last session, as far as the log has come.
    pub(super) fn last_session(&self) -> Option<ChatSession> {
        self.sessions.last().map(|session| self.shown(session))
    }

    fn shown(&self, session: &ChatSession) -> ChatSession {
        let mut shown = session.clone();
        if shown.status == SessionStatus::Active {
            shown.last_activity_at = self.last_at().map_or(shown.started_at, |last| last.max(shown.started_at));
            shown.last_seq = Some(self.head());
        }
        if shown.first_seq > shown.last_seq {
            (shown.first_seq, shown.last_seq) = (None, None);
        }
        shown
    }

    fn opens(&self, since: Timestamp) -> Option<Seq> {
        if self.state.closed || self.sessions.last().is_some_and(|last| last.status == SessionStatus::Active) {
            return None;
        }
        let before = self.sessions.last().and_then(|last| last.last_seq).unwrap_or_default();
        let mut written = self.messages.iter().map(|stored| &stored.message).filter(|message| {
            message.sender.kind == SenderKind::Customer && message.seq > before && message.created_at > since
        });
        let opened_now = self.sessions.is_empty() && self.created_at > since;
        written.next().map(|message| message.seq).or_else(|| opened_now.then(|| self.head().next()))
    }

    fn end(&mut self, status: SessionStatus, by: Option<ParticipantId>, at: Timestamp) -> Option<ChatSession> {
        let now = self.last_session().filter(|last| last.status == SessionStatus::Active)?;
        let head = self.head();
        let stored = self.sessions.last_mut()?;
        (stored.status, stored.ended_at, stored.ended_by) = (status, Some(at), by);
        (stored.last_activity_at, stored.last_seq) = (now.last_activity_at, Some(head));
        self.last_session()
    }
}

#[async_trait]
impl ChatSessions for FakeLog {
    async fn open(
        &self,
        conversations: &[(OrganizationId, ConversationId)],
        at: Timestamp,
        timeout: Duration,
        feed: &dyn SessionFeed,
    ) -> Result<Vec<ChatSession>, PortError> {
        let mut state = self.state();
        let mut opened = Vec::new();
        for key in conversations {
            let Some(conv) = state.threads.get_mut(key) else { continue };
            let Some(first) = conv.opens(at - timeout) else { continue };
            conv.sessions.push(ChatSession {
                id: ChatSessionId::new(self.env.uuid()),
                organization: key.0,
                conversation: key.1,
                status: SessionStatus::Active,
                started_at: at,
                last_activity_at: at,
                ended_at: None,
                ended_by: None,
                first_seq: Some(first),
                last_seq: None,
            });
            opened.extend(conv.last_session());
        }
        drop(state);
        for session in &opened {
            feed.session(session);
        }
        Ok(opened)
    }

    async fn end(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        by: Option<ParticipantId>,
        at: Timestamp,
    ) -> Result<Option<ChatSession>, PortError> {
        let mut state = self.state();
        let conv = state.threads.get_mut(&(organization, conversation));
        Ok(conv.and_then(|conv| conv.end(SessionStatus::Closed, by, at)))
    }

    async fn time_out(&self, before: Timestamp, at: Timestamp, limit: u32) -> Result<Vec<ChatSession>, PortError> {
        let mut state = self.state();
        let idle = state.threads.values_mut().filter(|conv| {
            let active = conv.last_session().filter(|last| last.status == SessionStatus::Active);
            active.is_some_and(|session| session.last_activity_at < before)
        });
        Ok(idle.take(limit as usize).filter_map(|conv| conv.end(SessionStatus::Timeout, None, at)).collect())
    }

    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<ChatSession>, PortError> {
        let state = self.state();
        let conv = state.conv(organization, conversation);
        let all: Vec<_> =
            conv.map_or_else(Vec::new, |conv| conv.sessions.iter().rev().map(|one| conv.shown(one)).collect());
        let from = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let total = all.len() as u64;
        Ok(Page { items: all.into_iter().skip(from).take(page.limit() as usize).collect(), request: page, total })
    }
}
