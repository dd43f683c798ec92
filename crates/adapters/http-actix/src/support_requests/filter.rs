//! Which requests to list.

use kernel::{Caller, PageRequest, ParticipantId, Timestamp, UserId};
use serde::Deserialize;
use support_request::{Category, RequestFilter, RequestSort};
use utoipa::IntoParams;

use crate::{checks::Checks, failure::Failure, lists};

/// Lists are separated by commas; what is left out does not restrict.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RequestQuery {
    /// Any of these.
    #[param(example = "open,assigned")]
    status: Option<String>,
    /// Any of these.
    #[param(example = "high,urgent")]
    priority: Option<String>,
    /// This one.
    category: Option<String>,
    /// Any of these.
    kind: Option<String>,
    /// Any of these.
    source: Option<String>,
    /// `me`, `none`, or an agent's id.
    #[param(example = "me")]
    assignee: Option<String>,
    /// A participant's id, or an e-mail.
    requester: Option<String>,
    /// With this tag; for staff.
    tag: Option<String>,
    /// `true`: a deadline is missed and still to be met.
    #[param(value_type = Option<bool>)]
    overdue: Option<String>,
    /// About this order.
    order_id: Option<String>,
    /// About this appointment.
    appointment_id: Option<String>,
    /// About this warranty.
    warranty_id: Option<String>,
    /// About this claim.
    claim_id: Option<String>,
    /// Opened at or after.
    #[param(value_type = Option<String>, format = DateTime)]
    created_from: Option<String>,
    /// Opened before.
    #[param(value_type = Option<String>, format = DateTime)]
    created_to: Option<String>,
    /// Changed, or having taken a message, at or after: for live lists.
    #[param(value_type = Option<String>, format = DateTime)]
    changed_since: Option<String>,
    /// `updated_at` (when not given), `created_at`, `priority`, `due_at` or `number`.
    sort: Option<String>,
    /// `desc` (when not given) or `asc`.
    order: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// How many a page holds.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    #[param(ignore)]
    q: Option<String>,
    /// `true`: only what staff have put aside; else none of that, but for `changed_since`, which tells of it unless
    /// this says otherwise. For staff; for others it makes no difference.
    #[param(value_type = Option<bool>)]
    snoozed: Option<String>,
    /// `true`: only what is archived; else none of that, but for `changed_since`, which tells of it unless this says
    /// otherwise.
    #[param(value_type = Option<bool>)]
    archived: Option<String>,
    /// `true`: only what is deleted and can be restored; for admins.
    #[param(value_type = Option<bool>)]
    deleted: Option<String>,
}

impl RequestQuery {
    /// The filter and the page; `now` decides what is overdue.
    pub(super) fn parse(self, caller: &Caller, now: Timestamp) -> Result<(RequestFilter, PageRequest), Failure> {
        let mut checks = Checks::default();
        checks.refuse("q", self.q.is_some());
        checks.refuse("snoozed", self.snoozed.is_some() && !caller.is_staff());
        let flag = |checks: &mut Checks, field, text: Option<&str>| checks.parse::<bool>(field, "invalid", text);
        let (snoozed, archived) = (
            flag(&mut checks, "snoozed", self.snoozed.as_deref()),
            flag(&mut checks, "archived", self.archived.as_deref()),
        );
        let deleted = flag(&mut checks, "deleted", self.deleted.as_deref()).unwrap_or(false);
        // Whoever asks for what has changed is to hear of what was put aside or away since.
        let usual = (self.changed_since.is_none() && !deleted).then_some(false);
        checks.refuse("tag", self.tag.is_some() && !caller.is_staff());
        let page = lists::page(&mut checks, self.page.as_deref(), self.limit.as_deref());
        let (requester, requester_email) = requester(self.requester);
        let overdue = checks.parse::<bool>("overdue", "invalid", self.overdue.as_deref());
        let category = self.category.as_deref().map(Category::parse).transpose();
        let filter = RequestFilter {
            status: checks.list("status", self.status.as_deref()),
            priority: checks.list("priority", self.priority.as_deref()),
            category: checks.take(category).flatten(),
            kind: checks.list("kind", self.kind.as_deref()),
            source: checks.list("source", self.source.as_deref()),
            assignee: Answering::parse(&mut checks, caller, self.assignee.as_deref()).map(Answering::agent),
            requester,
            requester_email,
            tag: self.tag.map(|tag| tag.trim().to_lowercase()),
            overdue_at: overdue.filter(|overdue| *overdue).map(|_| now),
            order_id: self.order_id,
            appointment_id: self.appointment_id,
            warranty_id: self.warranty_id,
            claim_id: self.claim_id,
            created_from: checks.moment("created_from", self.created_from.as_deref()),
            created_to: checks.moment("created_to", self.created_to.as_deref()),
            changed_since: checks.moment("changed_since", self.changed_since.as_deref()),
            snoozed: snoozed.or(usual.filter(|_| caller.is_staff())),
            archived: archived.or(usual),
            deleted,
            sort: sort(&mut checks, self.sort.as_deref()),
            order: lists::order(&mut checks, self.order.as_deref()),
        };
        checks.done()?;
        Ok((filter, page))
    }
}

/// Who answers, as a filter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answering {
    Nobody,
    One(UserId),
}

impl Answering {
    /// From `me`, `none` or an id; nothing when not asked for.
    pub(crate) fn parse(checks: &mut Checks, caller: &Caller, text: Option<&str>) -> Option<Self> {
        match (text?, caller.user()) {
            ("none", _) => Some(Self::Nobody),
            ("me", Some(user)) => Some(Self::One(user.id)),
            (text, _) => checks.parse("assignee", "invalid", Some(text)).map(Self::One),
        }
    }

    /// The agent.
    pub(crate) fn agent(self) -> Option<UserId> {
        match self {
            Self::Nobody => None,
            Self::One(agent) => Some(agent),
        }
    }
}

fn requester(text: Option<String>) -> (Option<ParticipantId>, Option<String>) {
    match text {
        Some(text) => match text.parse() {
            Ok(id) => (Some(id), None),
            Err(_) => (None, Some(text.trim().to_lowercase())),
        },
        None => (None, None),
    }
}

fn sort(checks: &mut Checks, text: Option<&str>) -> RequestSort {
    match text {
        None | Some("updated_at") => RequestSort::UpdatedAt,
        Some("created_at") => RequestSort::CreatedAt,
        Some("priority") => RequestSort::Priority,
        Some("due_at") => RequestSort::DueAt,
        Some("number") => RequestSort::Number,
        Some(_) => {
            checks.wrong("sort", "unknown");
            RequestSort::default()
        }
    }
}
