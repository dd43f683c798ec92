//! What happens to a request beside the table of transitions: its fields, escalation, rating, and being put aside,
//! put away or deleted.

use std::time::Duration;

use kernel::{FieldError, Timestamp};

use crate::{
    Action, By, Category, Comment, Description, Metadata, Outcome, Priority, Rating, References, Score, Snapshot,
    Status, Subject, SupportRequest, SupportRequestError, Tags, telling::Remarks,
};

/// For how long a rating may be changed, from when it was first given.
pub const RATING_WINDOW: Duration = Duration::from_hours(24 * 7);
/// For how long a deleted request may be restored.
pub const RESTORABLE: Duration = Duration::from_hours(24 * 30);
/// For how long a request may be put aside at most.
pub const LONGEST_SNOOZE: Duration = Duration::from_hours(24 * 366);

/// The fields that staff change; what is nothing stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// In one line.
    pub subject: Option<Subject>,
    /// In full.
    pub description: Option<Description>,
    /// How urgent; another one promises the deadlines anew.
    pub priority: Option<Priority>,
    /// The organisation's word for it.
    pub category: Option<Category>,
    /// Labels, all of them.
    pub tags: Option<Tags>,
    /// What it carries along, all of it.
    pub metadata: Option<Metadata>,
    /// What it is about.
    pub references: ReferenceChanges,
}

/// References to be set, or with `Some(None)` to be taken away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReferenceChanges {
    /// An order.
    pub order_id: Option<Option<String>>,
    /// An appointment; one request an appointment.
    pub appointment_id: Option<Option<String>>,
    /// A warranty.
    pub warranty_id: Option<Option<String>>,
    /// A claim.
    pub claim_id: Option<Option<String>>,
}

impl ReferenceChanges {
    /// Parses the four, each as [`References::parse`] does.
    ///
    /// # Errors
    /// As [`References::parse`].
    pub fn parse(given: Self) -> Result<Self, FieldError> {
        let Self { order_id, appointment_id, warranty_id, claim_id } = given;
        let flat = |one: &Option<Option<String>>| one.clone().flatten();
        let parsed = References::parse(flat(&order_id), flat(&appointment_id), flat(&warranty_id), flat(&claim_id))?;
        Ok(Self {
            order_id: order_id.map(|_| parsed.order_id),
            appointment_id: appointment_id.map(|_| parsed.appointment_id),
            warranty_id: warranty_id.map(|_| parsed.warranty_id),
            claim_id: claim_id.map(|_| parsed.claim_id),
        })
    }

    fn apply(&self, to: &mut References) {
        for (change, place) in [
            (&self.order_id, &mut to.order_id),
            (&self.appointment_id, &mut to.appointment_id),
            (&self.warranty_id, &mut to.warranty_id),
            (&self.claim_id, &mut to.claim_id),
        ] {
            if let Some(value) = change {
                place.clone_from(value);
            }
        }
    }
}

impl Changes {
    fn apply(&self, next: &mut Snapshot, by: &By<'_>) {
        fn set<T: Clone>(place: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        set(&mut next.subject, self.subject.as_ref());
        set(&mut next.description, self.description.as_ref());
        set(&mut next.category, self.category.as_ref());
        set(&mut next.tags, self.tags.as_ref());
        set(&mut next.metadata, self.metadata.as_ref());
        self.references.apply(&mut next.references);
        if let Some(priority) = self.priority {
            prioritize(next, priority, by);
        }
    }
}

impl SupportRequest {
    /// An urgent request has waited too long for its first answer: it is escalated, once.
    pub fn escalate_unanswered(&mut self, by: &By<'_>) -> Outcome {
        let state = &self.state;
        let is_ours = matches!(state.status, Status::Open | Status::Assigned | Status::InProgress);
        let is_unanswered = state.first_response_at.is_none() && state.escalated_at.is_none();
        if state.priority != Priority::Urgent || !is_ours || !is_unanswered || state.deleted_at.is_some() {
            return Outcome::default();
        }
        let escalated_at = Some(by.env.now());
        self.by_itself(Snapshot { escalated_at, ..self.state.clone() }, by)
    }

    /// The time for which a request was put aside is over.
    pub fn wake(&mut self, by: &By<'_>) -> Outcome {
        if self.state.deleted_at.is_some() || self.state.snoozed_until.is_none_or(|until| until > by.env.now()) {
            return Outcome::default();
        }
        self.by_itself(Snapshot { snoozed_until: None, ..self.state.clone() }, by)
    }

    /// The requester is to be asked what they think of it, once; not of what was merged, and not who has said so.
    pub fn survey(&mut self, by: &By<'_>) -> Outcome {
        let state = &self.state;
        let is_asked = state.surveyed_at.is_some() || state.rating.is_some();
        if state.status != Status::Closed || is_asked || state.merged_into.is_some() || state.deleted_at.is_some() {
            return Outcome::default();
        }
        let surveyed_at = Some(by.env.now());
        self.by_itself(Snapshot { surveyed_at, ..self.state.clone() }, by)
    }

    fn by_itself(&mut self, mut next: Snapshot, by: &By<'_>) -> Outcome {
        next.last_command = None;
        self.become_next(next, by, &Remarks::NONE)
    }
}

/// Does what is not in the table of transitions, or refuses it.
pub(crate) fn live(next: &mut Snapshot, action: &Action, by: &By<'_>) -> Result<(), SupportRequestError> {
    let now = by.env.now();
    let allowed = match action {
        Action::Update(_) => next.status != Status::Closed,
        Action::Escalate | Action::Snooze { .. } => !next.status.is_settled(),
        Action::Rate { .. } | Action::Archive => next.status.is_settled(),
        _ => true,
    };
    if !allowed {
        return Err(SupportRequestError::IllegalTransition { action: action.name(), status: next.status });
    }
    match action {
        Action::Update(changes) => changes.apply(next, by),
        Action::Escalate => {
            next.escalated_at = Some(now);
            prioritize(next, Priority::Urgent, by);
        }
        Action::Rate { score, comment } => next.rating = Some(rated(next, *score, comment.clone(), now)?),
        Action::Snooze { until } => {
            let fits = |until: Timestamp| until > now && until.since(now) <= LONGEST_SNOOZE;
            if *until != next.snoozed_until && until.is_some_and(|until| !fits(until)) {
                return Err(FieldError::new("until", "out_of_range").into());
            }
            next.snoozed_until = *until;
        }
        Action::Archive => next.archived_at = next.archived_at.or(Some(now)),
        Action::Unarchive => next.archived_at = None,
        Action::Delete => next.deleted_at = next.deleted_at.or(Some(now)),
        Action::Restore => {
            if next.deleted_at.is_some_and(|at| now.since(at) > RESTORABLE) {
                return Err(SupportRequestError::NotFound);
            }
            next.deleted_at = None;
        }
        Action::Assign { .. }
        | Action::Take
        | Action::Start
        | Action::Wait
        | Action::Resolve { .. }
        | Action::Reopen
        | Action::Close => {}
    }
    Ok(())
}

fn rated(
    now_is: &Snapshot,
    score: Score,
    comment: Option<Comment>,
    now: Timestamp,
) -> Result<Rating, SupportRequestError> {
    let Some(before) = &now_is.rating else { return Ok(Rating { score, comment, at: now }) };
    let rating = Rating { score, comment, at: before.at };
    if rating != *before && now.since(before.at) > RATING_WINDOW {
        return Err(SupportRequestError::RatingWindowOver);
    }
    Ok(rating)
}

/// Another priority promises the deadlines anew.
fn prioritize(next: &mut Snapshot, priority: Priority, by: &By<'_>) {
    if next.priority != priority {
        next.priority = priority;
        let stood = next.waiting_since.unwrap_or(by.env.now());
        next.sla.promise_anew(next.created_at, priority, by.terms, (by.env.now(), stood));
    }
}
