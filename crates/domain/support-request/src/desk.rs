//! The use cases of the desk: opening requests, and steering them.

mod deadlines;
mod members;
mod notes;
mod reading;
mod replies;

use std::sync::Arc;

use jiff::tz::TimeZone;
use kernel::{
    Audience, Caller, ConversationId, Env, IdempotentCall, MessageId, Once, OrganizationId, PortError, Repeat, Scope,
    SupportRequestId, Timestamp,
};

use crate::{
    Action, Actor, By, Category, Command, Hand, NewConversation, NewMessage, Number, OpenRequest, Opened, Outcome,
    People, Person, RequestChange, RequestFeed, RequestStore, RequestTx, RequestView, RequestViews, SupportRequest,
    SupportRequestError, opening::Birth,
};
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

    /// Opens a request together with its conversation. Customers and guests open their own only;
    /// a guest, the one its token is good for. Staff open for anybody.
    ///
    /// # Errors
    /// `NotAllowed` for somebody else's; `AppointmentTaken`.
    pub async fn open(&self, caller: &Caller, order: OpenRequest) -> Result<Opened> {
        may_open(caller, &order)?;
        let opened = self.again(|| self.try_open(caller, &order)).await?;
        self.opened(caller, opened).await
    }

    /// Opens a request as [`Self::open`] does, unless this very call was carried out before: then nothing
    /// happens, and what it opened then is named. A call that is refused or fails is not remembered.
    ///
    /// # Errors
    /// Those of [`Self::open`]; `Key` when the key came with another body, or the call is running.
    pub async fn open_once(&self, caller: &Caller, order: OpenRequest, call: &IdempotentCall) -> Result<Once<Opened>> {
        may_open(caller, &order)?;
        match self.again(|| self.try_open_once(caller, &order, call)).await? {
            Once::Done(opened) => Ok(Once::Done(self.opened(caller, opened).await?)),
            Once::Repeat(repeat) => Ok(Once::Repeat(repeat)),
        }
    }

    /// What this call opened, if it was carried out before: for calls that need something done ahead of
    /// the opening, which a repeat should not do again. [`Self::open_once`] has the last word.
    ///
    /// # Errors
    /// `Key` when the key came with another body.
    pub async fn opened_before(&self, organization: OrganizationId, call: &IdempotentCall) -> Result<Option<Repeat>> {
        let mut tx = self.store.begin(organization).await?;
        Ok(tx.calls().find(call, self.env.now()).await?.repeat()?)
    }

    /// Does what a caller wants with a request they see. Customers and guests may reopen their own;
    /// all else is for staff. The same again succeeds and changes nothing.
    ///
    /// # Errors
    /// `NotFound` for what the caller does not see, `NotAllowed`, `Stale`, `IllegalTransition`,
    /// `Invalid` when the agent it is handed to is unknown.
    pub async fn act(&self, caller: &Caller, id: SupportRequestId, action: Action, command: Command) -> Result<Done> {
        let hand = self.hand(caller, id, &action, &command).await?;
        let (outcome, before) = self.again(|| self.try_act(caller, id, &action, &command, &hand)).await?;
        let view = self.seen(caller, id).await?;
        let changed = outcome.changed;
        if changed {
            let event = match action {
                Action::Assign { .. } | Action::Take => "assigned",
                _ => "status_changed",
            };
            self.tell(event, Some(before), &view, outcome);
        }
        Ok(Done { view: self.own(caller, view).await?, changed })
    }

    async fn try_open(&self, caller: &Caller, order: &OpenRequest) -> Result<(SupportRequest, Outcome)> {
        let tx = self.store.begin(caller.organization()).await?;
        let id = order.id.unwrap_or_else(|| SupportRequestId::new(self.env.uuid()));
        self.open_in(tx, caller, order, id).await
    }

    /// The call is claimed first: whoever comes second must neither take a number nor wait for one.
    async fn try_open_once(
        &self,
        caller: &Caller,
        order: &OpenRequest,
        call: &IdempotentCall,
    ) -> Result<Once<(SupportRequest, Outcome)>> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let id = order.id.unwrap_or_else(|| SupportRequestId::new(self.env.uuid()));
        match tx.calls().claim(call, id.uuid(), self.env.now()).await?.repeat()? {
            Some(repeat) => Ok(Once::Repeat(repeat)),
            None => Ok(Once::Done(self.open_in(tx, caller, order, id).await?)),
        }
    }

    async fn open_in(
        &self,
        mut tx: Box<dyn RequestTx>,
        caller: &Caller,
        order: &OpenRequest,
        id: SupportRequestId,
    ) -> Result<(SupportRequest, Outcome)> {
        check_category(&mut *tx, &order.category).await?;
        let (prefix, zone) = tx.requests().numbering().await?;
        let day = day_in(&zone, self.env.now())?;
        let counter = tx.requests().next_number(day).await?;
        let birth = Birth {
            id,
            organization: caller.organization(),
            number: Number::new(&prefix, day, counter),
            conversation: ConversationId::new(self.env.uuid()),
            language: caller.language(),
        };
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let (request, outcome) = SupportRequest::open(order.clone(), birth, &by);
        if let Err(error) = tx.requests().insert(&request).await {
            drop(tx);
            return Err(self.explain_insert(caller, order, error).await?);
        }
        tx.conversations().open(&self.conversation_of(&request, order)).await?;
        self.store_changes(tx, &request, &outcome).await?;
        Ok((request, outcome))
    }

    /// Tells of a request that was opened.
    async fn opened(&self, caller: &Caller, (request, outcome): (SupportRequest, Outcome)) -> Result<Opened> {
        let view = self.seen(caller, request.snapshot().id).await?;
        self.tell("created", None, &view, outcome);
        Ok(Opened { view: self.own(caller, view).await? })
    }

    async fn try_act(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        action: &Action,
        command: &Command,
        hand: &Hand<Person>,
    ) -> Result<(Outcome, Audience)> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let found = tx.requests().get(id).await?;
        let before = tx.requests().audience(id).await?.filter(|audience| caller.scope().covers(audience));
        let (Some(mut request), Some(before)) = (found, before) else { return Err(SupportRequestError::NotFound) };
        may_act(caller, action, command)?;
        let version = request.read_version();
        if command.if_match.is_some_and(|wanted| wanted != version) {
            return Err(SupportRequestError::Stale { version });
        }
        let conversation = request.conversation_state();
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: hand.as_ref(), env: &*self.env, terms: &terms };
        let outcome = request.act(action, command, &by)?;
        if outcome.changed {
            tx.requests().save(&request).await?;
            if request.conversation_state() != conversation {
                let id = request.snapshot().conversation;
                tx.conversations().follow(id, &request.conversation_state()).await?;
            }
            self.store_changes(tx, &request, &outcome).await?;
        }
        Ok((outcome, before))
    }

    /// The last part of every change: its timeline, its events, and the commit.
    async fn store_changes(
        &self,
        mut tx: Box<dyn RequestTx>,
        request: &SupportRequest,
        outcome: &Outcome,
    ) -> Result<()> {
        for entry in &outcome.timeline {
            tx.timeline().append(request.snapshot().id, entry).await?;
        }
        for event in &outcome.events {
            let event = event.stored(request.snapshot(), &outcome.told, &*self.env);
            tx.outbox().append(&event).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Who the command hands the request to, looked up before the transaction begins.
    async fn hand(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        action: &Action,
        command: &Command,
    ) -> Result<Hand<Person>> {
        let wanted = match action {
            Action::Assign { agent: None } => Hand::Nobody,
            Action::Assign { agent: Some(agent) } => Hand::To(*agent),
            Action::Take => caller.user().map_or(Hand::Nobody, |user| Hand::To(user.id)),
            _ => command.agent_id.map_or(Hand::Stays, Hand::To),
        };
        let wrong = |code| SupportRequestError::from(kernel::FieldError::new("agent_id", code));
        if command.agent_id.is_some_and(|agent| wanted != Hand::To(agent)) {
            return Err(wrong("invalid"));
        }
        if wanted != Hand::Stays {
            // Who sees nothing here, or may hand over nothing, is not told which agents there are.
            self.view(caller, id).await?;
            caller.agent()?;
        }
        match wanted {
            Hand::Stays => Ok(Hand::Stays),
            Hand::Nobody => Ok(Hand::Nobody),
            Hand::To(agent) => {
                let person = self.people.agent(caller.organization(), agent).await?;
                person.map(Hand::To).ok_or_else(|| wrong("unknown"))
            }
        }
    }

    /// The conversation that is born with a request.
    fn conversation_of(&self, request: &SupportRequest, order: &OpenRequest) -> NewConversation {
        let state = request.snapshot();
        let first = order.first.as_ref().map(|first| NewMessage {
            id: MessageId::new(self.env.uuid()),
            client_message_id: first.client_message_id.clone(),
            content: first.content.clone(),
            content_hash: first.content_hash,
        });
        NewConversation {
            id: state.conversation,
            support_request: state.id,
            requester: state.requester.clone(),
            state: request.conversation_state(),
            first,
            at: state.created_at,
        }
    }

    /// Tells a taken appointment from a mere collision.
    async fn explain_insert(
        &self,
        caller: &Caller,
        order: &OpenRequest,
        error: PortError,
    ) -> Result<SupportRequestError> {
        let error = SupportRequestError::from(error);
        let taken = match &order.references.appointment_id {
            Some(appointment) if error.is_conflict() => self.has_appointment(caller, appointment).await?,
            _ => false,
        };
        Ok(if taken { SupportRequestError::AppointmentTaken } else { error })
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

fn may_open(caller: &Caller, order: &OpenRequest) -> Result<()> {
    let own = order.requester.id == caller.participant();
    let allowed = match caller {
        Caller::Guest(guest) => own && order.id == Some(guest.support_request),
        Caller::User(_) => own || caller.is_staff(),
    };
    if allowed { Ok(()) } else { Err(kernel::NotAllowed.into()) }
}

/// The table of `access`: what is one's own may be reopened; the rest, and notes, are for staff.
fn may_act(caller: &Caller, action: &Action, command: &Command) -> Result<()> {
    if *action != Action::Reopen || command.note.is_some() || command.agent_id.is_some() {
        caller.agent()?;
    }
    Ok(())
}

/// Refuses a word that is not on the organisation's list, or not for new requests any more.
async fn check_category(tx: &mut dyn RequestTx, category: &Category) -> Result<()> {
    let is_taken = tx.requests().takes_category(category).await?;
    if is_taken { Ok(()) } else { Err(kernel::FieldError::new("category", "unknown").into()) }
}

fn actor(caller: &Caller) -> Actor {
    Actor { id: Some(caller.participant()), name: caller.name().to_owned() }
}

/// The day in a time zone, as the number `YYYYMMDD`.
fn day_in(zone: &str, at: Timestamp) -> Result<u32> {
    let zone = TimeZone::get(zone).map_err(PortError::corrupt)?;
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).map_err(PortError::corrupt)?;
    let date = at.to_zoned(zone).date();
    let number = i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day());
    Ok(u32::try_from(number).map_err(PortError::corrupt)?)
}
