//! Replies in a conversation, as a consumer of its log tells them: they move the request's status
//! later, so that no message ever waits for a request.

use std::{collections::BTreeMap, time::Duration};

use kernel::{
    EventId, MessageId, OrganizationId, ParticipantId, PortError, Scope, SupportRequestId, Timestamp, UserId,
};

use super::{Desk, Result};
use crate::{Activity, Actor, By, Hand, Outcome, Person, SlaTerms, SupportRequest};

/// A message that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The organisation.
    pub organization: OrganizationId,
    /// The request whose conversation it is in.
    pub support_request: SupportRequestId,
    /// The message; taken once, however often it is told.
    pub message: MessageId,
    /// Who wrote it.
    pub sender: ParticipantId,
    /// Their name at that time.
    pub name: String,
    /// When it was stored.
    pub at: Timestamp,
}

impl Desk {
    /// The name under which replies are kept in the inbox, and the log's position, for this domain.
    pub const REPLIES: &'static str = "support-request.replies";

    /// Messages came in these requests, in this order: lists sort and filter by it from now on. For the
    /// consumer of the log, once for all that it took together, before it moves its position; so a
    /// message is in the lists of what changed at the latest when the position is past it.
    ///
    /// # Errors
    /// When a part is down; then the same again.
    pub async fn messages_came(
        &self,
        requests: impl IntoIterator<Item = (OrganizationId, SupportRequestId)>,
    ) -> std::result::Result<(), PortError> {
        // Of now, not of the message: whoever looked in between did not see it, and asks since that look.
        let now = self.env.now();
        let mut last: BTreeMap<_, Timestamp> = BTreeMap::new();
        for ((organization, support_request), n) in requests.into_iter().zip(0..) {
            last.insert((organization, support_request), now + Duration::from_micros(n));
        }
        let activity: Vec<_> = last
            .into_iter()
            .map(|((organization, support_request), at)| Activity { organization, support_request, at })
            .collect();
        if activity.is_empty() { Ok(()) } else { self.store.note_activity(&activity).await }
    }

    /// An agent wrote: the first answer is kept, and what was open or assigned is in progress.
    /// Says whether the request changed; a repeat, and a reply to a closed or unknown request, do nothing.
    pub async fn agent_replied(&self, reply: &Reply) -> Result<bool> {
        let agent = Person { id: UserId::new(reply.sender.uuid()), name: reply.name.clone() };
        self.replied(reply, |request, by| request.agent_replied(&agent, reply.at, by)).await
    }

    /// The customer wrote: what waited for them goes on, what was resolved is reopened.
    /// Says whether the request changed; a repeat, and a reply to a closed or unknown request, do nothing.
    pub async fn customer_replied(&self, reply: &Reply) -> Result<bool> {
        self.replied(reply, SupportRequest::customer_replied).await
    }

    /// Tells those who watch that the conversation moved: a message or a read mark, which are no change of
    /// the request itself but of its last line and its counts. Its version stays as it is.
    pub async fn tell_activity(&self, organization: OrganizationId, id: SupportRequestId) -> Result<()> {
        let nobody = ParticipantId::new(id.uuid());
        if let Some(view) = self.views.find(organization, Scope::All, nobody, id).await? {
            self.tell("message", None, &view, Outcome::default());
        }
        Ok(())
    }

    async fn replied(
        &self,
        reply: &Reply,
        change: impl Fn(&mut SupportRequest, &By<'_>) -> Outcome + Sync,
    ) -> Result<bool> {
        // Most messages move nothing, and those cost one read and no transaction. What was committed
        // up to now decides: a message that comes before a change is taken as if it were told before it.
        let Some(stored) = self.views.snapshot(reply.organization, reply.support_request).await? else {
            return Ok(false);
        };
        // Whether it moves something does not depend on what is promised.
        let any = SlaTerms::default();
        if !self.change_by(reply, &mut SupportRequest::restore(stored), &any, &change).changed {
            return Ok(false);
        }
        let Some((outcome, before)) = self.again(|| self.try_reply(reply, &change)).await? else { return Ok(false) };
        let event = match outcome.events.first().map(crate::RequestEvent::name) {
            None => "first_response",
            Some(_) => "status_changed",
        };
        let found = self.views.find(reply.organization, Scope::All, reply.sender, reply.support_request).await;
        match found {
            Ok(Some(view)) => self.tell(event, Some(before), &view, outcome),
            // The change is stored; who watches is told by the next one, or fetches.
            Ok(None) => tracing::debug!(request = %reply.support_request, "gone before it could be shown"),
            Err(error) => tracing::warn!(request = %reply.support_request, %error, "a change could not be shown"),
        }
        Ok(true)
    }

    async fn try_reply(
        &self,
        reply: &Reply,
        change: &(impl Fn(&mut SupportRequest, &By<'_>) -> Outcome + Sync),
    ) -> Result<Option<(Outcome, kernel::Audience)>> {
        let mut tx = self.store.begin(reply.organization).await?;
        if !tx.inbox().take(Self::REPLIES, EventId::new(reply.message.uuid())).await? {
            return Ok(None);
        }
        let found = tx.requests().get(reply.support_request).await?;
        let before = tx.requests().audience(reply.support_request).await?;
        let (Some(mut request), Some(before)) = (found, before) else {
            tx.commit().await?;
            return Ok(None);
        };
        let conversation = request.conversation_state();
        let terms = tx.requests().terms().await?;
        let outcome = self.change_by(reply, &mut request, &terms, change);
        if !outcome.changed {
            tx.commit().await?;
            return Ok(None);
        }
        tx.requests().save(&request).await?;
        if request.conversation_state() != conversation {
            tx.conversations().follow(request.snapshot().conversation, &request.conversation_state()).await?;
        }
        self.store_changes(tx, &request, &outcome).await?;
        Ok(Some((outcome, before)))
    }

    fn change_by(
        &self,
        reply: &Reply,
        request: &mut SupportRequest,
        terms: &SlaTerms,
        change: &(impl Fn(&mut SupportRequest, &By<'_>) -> Outcome + Sync),
    ) -> Outcome {
        let actor = Actor { id: Some(reply.sender), name: reply.name.clone() };
        change(request, &By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms })
    }
}
