//! Opening requests, each together with its conversation.

use jiff::tz::TimeZone;
use kernel::{
    Caller, ConversationId, IdempotentCall, MessageId, Once, OrganizationId, PortError, Repeat, SupportRequestId,
    Timestamp,
};

use super::{Desk, Result, actor, check_category};
use crate::{
    Action, By, Command, Hand, NewConversation, NewMessage, Number, OpenRequest, Opened, Outcome, Person, RequestEvent,
    RequestTx, SupportRequest, SupportRequestError, opening::Birth,
};

impl Desk {
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
    pub(super) async fn birth(&self, tx: &mut dyn RequestTx, caller: &Caller, id: SupportRequestId) -> Result<Birth> {
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

    /// Who is to answer a request from its opening on.
    async fn first_hand(&self, caller: &Caller, order: &OpenRequest) -> Result<Hand<Person>> {
        let Some(agent) = order.agent else { return Ok(Hand::Stays) };
        caller.agent()?;
        let person = self.people.agent(caller.organization(), agent).await?;
        person.map(Hand::To).ok_or_else(|| kernel::FieldError::new("agent_id", "unknown").into())
    }

    /// The conversation that is born with a request.
    pub(super) fn conversation_of(&self, request: &SupportRequest, order: &OpenRequest) -> NewConversation {
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
}

fn may_open(caller: &Caller, order: &OpenRequest) -> Result<()> {
    let own = order.requester.id == caller.participant();
    let allowed = match caller {
        Caller::Guest(guest) => own && order.id == Some(guest.support_request),
        Caller::User(_) => own || caller.is_staff(),
    };
    if allowed { Ok(()) } else { Err(kernel::NotAllowed.into()) }
}

/// The day in a time zone, as the number `YYYYMMDD`.
fn day_in(zone: &str, at: Timestamp) -> Result<u32> {
    let zone = TimeZone::get(zone).map_err(PortError::corrupt)?;
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).map_err(PortError::corrupt)?;
    let date = at.to_zoned(zone).date();
    let number = i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day());
    Ok(u32::try_from(number).map_err(PortError::corrupt)?)
}
