//! The use cases of the desk: opening requests, and steering them.

mod clock;
mod deadlines;
mod following;
mod members;
mod merging;
mod notes;
mod purging;
mod reading;
mod replies;
mod routing;

use std::sync::Arc;

use jiff::tz::TimeZone;
use kernel::{
    Audience, AuditAction, AuditEntry, Caller, ConversationId, Env, IdempotentCall, MessageId, Once, OrganizationId,
    PortError, Repeat, Scope, SupportRequestId, Timestamp,
};

use crate::{
    Action, Actor, By, Category, Command, ConversationState, Hand, NewConversation, NewMessage, Number, OpenRequest,
    Opened, Outcome, People, Person, RequestChange, RequestEvent, RequestFeed, RequestStore, RequestTx, RequestView,
    RequestViews, Snapshot, SupportRequest, SupportRequestError, opening::Birth,
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

    /// Opens a request together with its conversation. Customers and guests open their own only;
    /// a guest, the one its token is good for. Staff open for anybody, and hand it to somebody at once if they like.
    ///
    /// # Errors
    /// `NotAllowed` for somebody else's; `AppointmentTaken`; `Invalid` when the agent it is handed to is unknown.
    pub async fn open(&self, caller: &Caller, order: OpenRequest) -> Result<Opened> {
        may_open(caller, &order)?;
        let hand = self.first_hand(caller, &order).await?;
        let opened = self.again(|| self.try_open(caller, &order, &hand)).await?;
        self.opened(caller, opened).await
    }

    /// Opens a request as [`Self::open`] does, unless this very call was carried out before: then nothing
    /// happens, and what it opened then is named. A call that is refused or fails is not remembered.
    ///
    /// # Errors
    /// Those of [`Self::open`]; `Key` when the key came with another body, or the call is running.
    pub async fn open_once(&self, caller: &Caller, order: OpenRequest, call: &IdempotentCall) -> Result<Once<Opened>> {
        may_open(caller, &order)?;
        let hand = self.first_hand(caller, &order).await?;
        match self.again(|| self.try_open_once(caller, &order, &hand, call)).await? {
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

    /// Does what a caller wants with a request they see. Customers and guests may reopen and rate their own, admins
    /// delete and restore; all else is for staff, and rating for nobody else than who asked. The same again succeeds
    /// and changes nothing.
    ///
    /// # Errors
    /// `NotFound` for what the caller does not see, deleted ones too (but for an admin who restores one),
    /// `NotAllowed`, `Stale`, `IllegalTransition`, `RatingWindowOver`, `AppointmentTaken`, `Invalid` when the agent
    /// it is handed to is unknown, another category than it has is not on the list, or a time to put it aside until is
    /// none.
    pub async fn act(&self, caller: &Caller, id: SupportRequestId, action: Action, command: Command) -> Result<Done> {
        let hand = self.hand(caller, id, &action, &command).await?;
        // Once it is deleted it is not shown any more, and its readers are to hear of that.
        let shown = if action == Action::Delete { Some(self.seen(caller, id).await?) } else { None };
        let acted = self.again(|| self.try_act(caller, id, &action, &command, &hand)).await;
        let (outcome, before, now) = match acted {
            Err(error) => return Err(self.explain_update(caller, &action, error).await?),
            Ok(acted) => acted,
        };
        let view = match shown {
            Some(shown) => RequestView { request: now, ..shown },
            None => self.seen(caller, id).await?,
        };
        let changed = outcome.changed;
        if changed {
            self.tell(action.event(), Some(before), &view, outcome);
        }
        let view = if action == Action::Delete { view } else { self.own(caller, view).await? };
        Ok(Done { view, changed })
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

    async fn try_open(
        &self,
        caller: &Caller,
        order: &OpenRequest,
        hand: &Hand<Person>,
    ) -> Result<(SupportRequest, Outcome)> {
        let tx = self.store.begin(caller.organization()).await?;
        let id = order.id.unwrap_or_else(|| SupportRequestId::new(self.env.uuid()));
        self.open_in(tx, caller, order, hand, id).await
    }

    /// The call is claimed first: whoever comes second must neither take a number nor wait for one.
    async fn try_open_once(
        &self,
        caller: &Caller,
        order: &OpenRequest,
        hand: &Hand<Person>,
        call: &IdempotentCall,
    ) -> Result<Once<(SupportRequest, Outcome)>> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let id = order.id.unwrap_or_else(|| SupportRequestId::new(self.env.uuid()));
        match tx.calls().claim(call, id.uuid(), self.env.now()).await?.repeat()? {
            Some(repeat) => Ok(Once::Repeat(repeat)),
            None => Ok(Once::Done(self.open_in(tx, caller, order, hand, id).await?)),
        }
    }

    async fn open_in(
        &self,
        mut tx: Box<dyn RequestTx>,
        caller: &Caller,
        order: &OpenRequest,
        hand: &Hand<Person>,
        id: SupportRequestId,
    ) -> Result<(SupportRequest, Outcome)> {
        check_category(&mut *tx, &order.category).await?;
        let birth = self.birth(&mut *tx, caller, id).await?;
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: Hand::Stays, env: &*self.env, terms: &terms };
        let plan = tx.routing().plan().await?;
        let mut order = order.clone();
        let traits = order.traits(birth.language);
        let prioritised = self.prioritise(&plan, &mut order, &traits);
        let (mut request, mut outcome) = SupportRequest::open(order.clone(), birth, &by);
        outcome.timeline.extend(prioritised.timeline);
        // Whom staff have named answers it; else the rules say who.
        let handed = if let Hand::To(agent) = hand {
            let assign = Action::Assign { agent: Some(agent.id) };
            Some(request.act(&assign, &Command::default(), &By { hand: Hand::To(agent), ..by })?)
        } else {
            self.route_new(tx.as_mut(), &mut request, &plan, &traits, &terms).await?
        };
        if let Some(handed) = handed {
            outcome.timeline.extend(handed.timeline);
            outcome.events.extend(handed.events);
        }
        let order = &order;
        if let Err(error) = tx.requests().insert(&request).await {
            drop(tx);
            return Err(self.explain_insert(caller, order, error).await?);
        }
        tx.conversations().open(&self.conversation_of(&request, order)).await?;
        self.store_changes(tx, &request, &outcome).await?;
        Ok((request, outcome))
    }

    /// What a request opened now gets.
    async fn birth(&self, tx: &mut dyn RequestTx, caller: &Caller, id: SupportRequestId) -> Result<Birth> {
        let (prefix, zone) = tx.requests().numbering().await?;
        let day = day_in(&zone, self.env.now())?;
        let counter = tx.requests().next_number(day).await?;
        Ok(Birth {
            id,
            organization: caller.organization(),
            number: Number::new(&prefix, day, counter),
            conversation: ConversationId::new(self.env.uuid()),
            language: caller.language(),
            follow_up_of: None,
        })
    }

    /// Tells of a request that was opened.
    async fn opened(&self, caller: &Caller, (request, outcome): (SupportRequest, Outcome)) -> Result<Opened> {
        let view = self.seen(caller, request.snapshot().id).await?;
        let is_assigned = outcome.events.iter().any(|event| matches!(event, RequestEvent::Assigned { .. }));
        self.tell("created", None, &view, outcome);
        if is_assigned {
            // As with any other assignment, for those who look out for that alone.
            self.tell("assigned", None, &view, Outcome::default());
        }
        Ok(Opened { view: self.own(caller, view).await? })
    }

    async fn try_act(
        &self,
        caller: &Caller,
        id: SupportRequestId,
        action: &Action,
        command: &Command,
        hand: &Hand<Person>,
    ) -> Result<(Outcome, Audience, Snapshot)> {
        let mut tx = self.store.begin(caller.organization()).await?;
        let (mut request, before) = sighted(&mut *tx, caller, id).await?;
        may_act(caller, request.snapshot(), action, command)?;
        expect_version(&request, command)?;
        if let Action::Update(changes) = action
            && let Some(category) = &changes.category
            && *category != request.snapshot().category
        {
            check_category(&mut *tx, category).await?;
        }
        let conversation = request.conversation_state();
        let actor = actor(caller);
        let terms = tx.requests().terms().await?;
        let by = By { actor: &actor, hand: hand.as_ref(), env: &*self.env, terms: &terms };
        let outcome = request.act(action, command, &by)?;
        if outcome.changed {
            self.keep(&mut *tx, &request, &conversation, &outcome).await?;
            let audited = match action {
                Action::Delete => Some("support_request.deleted"),
                Action::Restore => Some("support_request.restored"),
                _ => None,
            };
            if let Some(audited) = audited {
                tx.audit().record(&self.audited(caller, audited, request.snapshot())).await?;
            }
            tx.commit().await?;
        }
        Ok((outcome, before, request.snapshot().clone()))
    }

    /// What the audit log is told of a request. Its number stays when nothing else of it does.
    fn audited(&self, caller: &Caller, action: AuditAction, request: &Snapshot) -> AuditEntry {
        let entry = AuditEntry::by(caller, action, &*self.env).on("support_request", request.id.uuid());
        entry.with("number", request.number.as_str())
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

    /// Who is to answer a request from its opening on.
    async fn first_hand(&self, caller: &Caller, order: &OpenRequest) -> Result<Hand<Person>> {
        let Some(agent) = order.agent else { return Ok(Hand::Stays) };
        caller.agent()?;
        let person = self.people.agent(caller.organization(), agent).await?;
        person.map(Hand::To).ok_or_else(|| kernel::FieldError::new("agent_id", "unknown").into())
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

    /// Tells an appointment that another request has from a mere collision.
    async fn explain_update(
        &self,
        caller: &Caller,
        action: &Action,
        error: SupportRequestError,
    ) -> Result<SupportRequestError> {
        let taken = match action {
            Action::Update(changes) if error.is_conflict() => match &changes.references.appointment_id {
                Some(Some(appointment)) => self.has_appointment(caller, appointment).await?,
                _ => false,
            },
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

/// The table of `access`: what is one's own may be reopened and rated; the rest, and notes, are for staff, deleting
/// for admins.
fn may_act(caller: &Caller, request: &Snapshot, action: &Action, command: &Command) -> Result<()> {
    let says_more = command.note.is_some() || command.agent_id.is_some();
    match action {
        Action::Rate { .. } if request.requester.id != caller.participant() || says_more => {
            return Err(kernel::NotAllowed.into());
        }
        Action::Rate { .. } => {}
        Action::Delete | Action::Restore => drop(caller.at_least(kernel::Role::Admin)?),
        Action::Reopen if !says_more => {}
        _ => drop(caller.agent()?),
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
