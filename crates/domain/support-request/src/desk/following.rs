//! A new request that follows a closed one.

use kernel::{Audience, Caller, IdempotentCall, Once, SupportRequestId};

use super::{Desk, Result, actor, sighted};
use crate::{
    By, Description, FirstMessage, Hand, OpenRequest, Opened, Outcome, References, Source, Subject, SupportRequest,
    SupportRequestError, merging,
};

/// What a follow-up says; what is nothing is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FollowUp {
    /// In one line.
    pub subject: Option<Subject>,
    /// In full; empty when not said.
    pub description: Option<Description>,
    /// The first message of its conversation; the requester's own.
    pub first: Option<FirstMessage>,
}

/// What was opened, and what was told of the closed one.
type Followed = (SupportRequest, Outcome, Outcome, Audience);

impl Desk {
    /// Opens a new request that follows a closed one: of the same requester, in the same category, with the same
    /// priority and references (but for the appointment, which has one request), with a conversation of its own. For
    /// its requester, and for staff who see it. With a call that counts once, as [`Self::open_once`].
    ///
    /// # Errors
    /// `NotFound`, `IllegalTransition` when it is not closed, `NotAllowed` when staff speak in the requester's place,
    /// `Key`.
    pub async fn follow_up(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        said: FollowUp,
        call: Option<&IdempotentCall>,
    ) -> Result<Once<Opened>> {
        let (request, created, followed, before) =
            match self.again(|| self.try_follow_up(caller, id, &said, call)).await? {
                Once::Done(done) => done,
                Once::Repeat(repeat) => return Ok(Once::Repeat(repeat)),
            };
        let mut view = self.seen(caller, request.snapshot().id).await?;
        self.tell("created", None, &view, created);
        let closed = self.seen(caller, id).await?;
        self.tell("follow_up", Some(before), &closed, followed);
        if !caller.is_staff() {
            // Who has just opened it has read it.
            view.unread_count = 0;
        }
        Ok(Once::Done(Opened { view }))
    }

    async fn try_follow_up(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        said: &FollowUp,
        call: Option<&IdempotentCall>,
    ) -> Result<Once<Followed>> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let new = SupportRequestId::new(self.env.uuid());
        if let Some(call) = call
            && let Some(repeat) = tx.calls().claim(call, new.uuid(), self.env.now()).await?.repeat()?
        {
            return Ok(Once::Repeat(repeat));
        }
        let (mut closed, before) = sighted(&mut *tx, caller, id).await?;
        let is_own = closed.snapshot().requester.id == caller.participant();
        if !is_own {
            caller.agent()?;
        }
        if said.first.is_some() && !is_own {
            return Err(kernel::NotAllowed.into());
        }
        closed.may_be_followed()?;
        let order = order_after(&closed, said);
        let mut birth = self.birth(&mut *tx, caller, new).await?;
        birth.follow_up_of = Some(id);
        birth.language = closed.snapshot().language;
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let (request, mut created) = SupportRequest::open(order.clone(), birth, &by);
        created.timeline.push(merging::followed(closed.snapshot(), &by));
        let conversation = closed.conversation_state();
        let followed = closed.followed_by(request.snapshot(), &by)?;
        tx.requests().insert(&request).await?;
        tx.conversations().open(&self.conversation_of(&request, &order)).await?;
        self.keep(&mut *tx, &closed, &conversation, &followed).await?;
        self.store_changes(tx, &request, &created).await?;
        Ok(Once::Done((request, created, followed, before)))
    }

    /// A request of this id, for whoever repeats the call that opened it as what follows another: it was theirs to
    /// open, whatever else they see.
    ///
    /// # Errors
    /// `NotFound` when it is not there, or is neither the caller's own nor in their sight.
    pub async fn opened_as_follow_up(&self, caller: &Caller, id: SupportRequestId) -> Result<Opened> {
        let view = self.seen(caller, id).await?;
        let is_own = view.request.requester.id == caller.participant() && view.request.follow_up_of.is_some();
        if is_own || caller.scope().covers(&view.audience) {
            Ok(Opened { view })
        } else {
            Err(SupportRequestError::NotFound)
        }
    }
}

fn order_after(closed: &SupportRequest, said: &FollowUp) -> OpenRequest {
    let before = closed.snapshot();
    OpenRequest {
        id: None,
        requester: before.requester.clone(),
        kind: before.kind,
        source: Source::Web,
        subject: said.subject.clone().unwrap_or_else(|| before.subject.clone()),
        description: said.description.clone().unwrap_or_else(|| Description::stored(String::new())),
        priority: before.priority,
        category: before.category.clone(),
        tags: before.tags.clone(),
        metadata: before.metadata.clone(),
        references: References { appointment_id: None, ..before.references.clone() },
        first: said.first.clone(),
        agent: None,
    }
}
