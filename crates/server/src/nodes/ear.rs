//! What was too large for the bus, read where it is stored.

use std::sync::Arc;

use chat::{Committed, ConversationLog, Conversations, Head, Seq};
use kernel::{
    Audience, ConversationId, InternalNoteId, OrganizationId, ParticipantId, PortError, Scope, SupportRequestId,
};
use store_seaorm::SeaStore;
use support_request::{NoteChange, RequestChange, RequestViews, TimelineEntry};

use crate::bridges::AfterCommit;

/// What hearing others needs.
pub(crate) struct Ear {
    pub(crate) after: Arc<AfterCommit>,
    pub(crate) store: Arc<SeaStore>,
}

impl Ear {
    /// An entry that was too large for the bus.
    pub(super) async fn read_entry(&self, organization: OrganizationId, conversation: ConversationId, seq: Seq) {
        match self.try_read_entry(organization, conversation, seq).await {
            Ok(Some(committed)) => self.after.heard_entry(&committed),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "an entry of another node was not read; who follows reads it");
                self.after.hub.head(organization, Head { conversation, last_seq: seq });
            }
        }
    }

    /// A change that was too large for the bus; `false` when some of it is still to be made good.
    pub(super) async fn read_change(
        &self,
        place: (OrganizationId, SupportRequestId),
        event: String,
        before: Option<Audience>,
        timeline: Option<Vec<TimelineEntry>>,
    ) -> bool {
        let (organization, support_request) = place;
        let nobody = ParticipantId::new(support_request.uuid());
        let views: &dyn RequestViews = self.store.as_ref();
        match views.find(organization, Scope::All, nobody, support_request).await {
            Ok(Some(view)) => {
                let is_whole = timeline.is_some();
                self.after.heard_change(&RequestChange {
                    event: event.into(),
                    organization,
                    audience: view.audience.clone(),
                    before,
                    view,
                    timeline: timeline.unwrap_or_default(),
                });
                is_whole
            }
            Ok(None) => true,
            Err(error) => {
                tracing::debug!(%error, "a change of another node was not read; it is made good");
                false
            }
        }
    }

    /// A note that was too large for the bus; `false` when it is still to be made good.
    pub(super) async fn read_note(
        &self,
        organization: OrganizationId,
        support_request: SupportRequestId,
        note: InternalNoteId,
    ) -> bool {
        match self.try_read_note(organization, support_request, note).await {
            Ok(Some(change)) => self.after.heard_note(&change),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "a note of another node was not read; lists are fetched again");
                return false;
            }
        }
        true
    }

    async fn try_read_note(
        &self,
        organization: OrganizationId,
        support_request: SupportRequestId,
        note: InternalNoteId,
    ) -> Result<Option<NoteChange>, PortError> {
        let views: &dyn RequestViews = self.store.as_ref();
        let Some(note) = views.note(organization, support_request, note).await? else { return Ok(None) };
        let nobody = ParticipantId::new(support_request.uuid());
        let view = views.find(organization, Scope::All, nobody, support_request).await?;
        Ok(view.map(|view| NoteChange { organization, audience: view.audience, note }))
    }

    async fn try_read_entry(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Option<Committed>, PortError> {
        let before = Seq::new(seq.get().saturating_sub(1));
        let log: &dyn ConversationLog = self.store.as_ref();
        let entry = log.after(organization, conversation, before, 1).await?.into_iter().next();
        let people: &dyn Conversations = self.store.as_ref();
        let audience = people.audience(organization, conversation).await?;
        let committed = |entry, audience| Committed { organization, conversation, audience, entry, origin: None };
        Ok(entry.zip(audience).map(|(entry, audience)| committed(entry, audience)))
    }
}
