//! The use cases of the desk: opening requests, and steering them.

mod acting;
mod clock;
mod deadlines;
mod following;
mod members;
mod merging;
mod notes;
mod opening;
mod purging;
mod reading;
mod replies;
mod routing;

use std::sync::Arc;

use kernel::{Audience, Caller, Env, OrganizationId, Scope, SupportRequestId};

use crate::{
    Actor, Category, Command, ConversationState, Outcome, People, RequestChange, RequestFeed, RequestStore, RequestTx,
    RequestView, RequestViews, SupportRequest, SupportRequestError,
};
pub use following::FollowUp;
pub use merging::Merged;
pub use replies::Reply;

type Result<T> = std::result::Result<T, SupportRequestError>;

/// The desk: one struct, one method a use case.
pub struct Desk {
    store: Arc<dyn RequestStore>,
    views: Arc<dyn RequestViews>,
    people: Arc<dyn People>,
    feed: Arc<dyn RequestFeed>,
    env: Arc<dyn Env>,
}

/// An action that was taken, or had been.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The request of now.
    pub view: RequestView,
    /// Whether it changed by this call; not, when it was a repeat.
    pub changed: bool,
}

impl Desk {
    /// How often a change that met another one is tried again.
    pub const RETRIES: u32 = 3;

    /// Puts the desk together.
    pub fn new(
        store: Arc<dyn RequestStore>,
        views: Arc<dyn RequestViews>,
        people: Arc<dyn People>,
        feed: Arc<dyn RequestFeed>,
        env: Arc<dyn Env>,
    ) -> Self {
        Self { store, views, people, feed, env }
    }

    /// Tells those who look at requests that what was said in them is gone. One that is not there is passed over.
    ///
    /// # Errors
    /// A port error of the first that cannot be read.
    pub async fn tell_erased(&self, organization: OrganizationId, ids: &[SupportRequestId]) -> Result<()> {
        for id in ids {
            let nobody = kernel::ParticipantId::new(id.uuid());
            let found = self.views.find(organization, Scope::All, nobody, *id).await?;
            if let Some(view) = found {
                self.feed.changed(&RequestChange {
                    event: "erased".into(),
                    organization,
                    audience: view.audience.clone(),
                    before: None,
                    view,
                    timeline: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// Stores a changed request, with what its conversation must know of it, its timeline and its events.
    async fn keep(
        &self,
        tx: &mut dyn RequestTx,
        request: &SupportRequest,
        conversation: &ConversationState,
        outcome: &Outcome,
    ) -> Result<()> {
        tx.requests().save(request).await?;
        if request.conversation_state() != *conversation {
            tx.conversations().follow(request.snapshot().conversation, &request.conversation_state()).await?;
        }
        self.write_changes(tx, request, outcome).await
    }

    /// The last part of every change: its timeline, its events, and the commit.
    async fn store_changes(
        &self,
        mut tx: Box<dyn RequestTx>,
        request: &SupportRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        self.write_changes(&mut *tx, request, outcome).await?;
        Ok(tx.commit().await?)
    }

    async fn write_changes(&self, tx: &mut dyn RequestTx, request: &SupportRequest, outcome: &Outcome) -> Result<()> {
        for entry in &outcome.timeline {
            tx.timeline().append(request.snapshot().id, entry).await?;
        }
        for event in &outcome.events {
            let event = event.stored(request.snapshot(), &outcome.told, &*self.env);
            tx.outbox().append(&event).await?;
        }
        Ok(())
    }

    /// The request as staff see it, whatever this call changed in the caller's sight.
    async fn seen(&self, caller: &Caller, id: SupportRequestId) -> Result<RequestView> {
        let found = self.views.find(caller.organization(), Scope::All, caller.participant(), id).await?;
        found.ok_or(SupportRequestError::NotFound)
    }

    /// The same with the caller's own count of unread messages.
    async fn own(&self, caller: &Caller, seen: RequestView) -> Result<RequestView> {
        if caller.is_staff() { Ok(seen) } else { self.view(caller, seen.request.id).await }
    }

    fn tell(&self, event: &'static str, before: Option<Audience>, view: &RequestView, outcome: Outcome) {
        self.feed.changed(&RequestChange {
            event: event.into(),
            organization: view.request.organization,
            audience: view.audience.clone(),
            before: before.filter(|before| *before != view.audience),
            view: view.clone(),
            timeline: outcome.timeline,
        });
    }

    /// Tries a change again that met another one.
    async fn again<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        for round in 1..=Self::RETRIES {
            match attempt().await {
                Err(error) if error.is_conflict() => tracing::debug!(round, "a change met another one"),
                done => return done,
            }
        }
        attempt().await
    }
}

/// A request and who may see it, if the caller does. What is deleted is there for nobody but an admin.
async fn sighted(tx: &mut dyn RequestTx, caller: &Caller, id: SupportRequestId) -> Result<(SupportRequest, Audience)> {
    let found = tx.requests().get(id).await?;
    let audience = tx.requests().audience(id).await?.filter(|audience| caller.scope().covers(audience));
    let is_there = |request: &SupportRequest| {
        request.snapshot().deleted_at.is_none() || caller.at_least(kernel::Role::Admin).is_ok()
    };
    found.filter(is_there).zip(audience).ok_or(SupportRequestError::NotFound)
}

fn expect_version(request: &SupportRequest, command: &Command) -> Result<()> {
    let version = request.read_version();
    match command.if_match {
        Some(wanted) if wanted != version => Err(SupportRequestError::Stale { version }),
        _ => Ok(()),
    }
}

/// Refuses a word that is not on the organisation's list, or not for new requests any more.
async fn check_category(tx: &mut dyn RequestTx, category: &Category) -> Result<()> {
    let is_taken = tx.requests().takes_category(category).await?;
    if is_taken { Ok(()) } else { Err(kernel::FieldError::new("category", "unknown").into()) }
}

fn actor(caller: &Caller) -> Actor {
    Actor { id: Some(caller.participant()), name: caller.name().to_owned() }
}
