//! Which requests to list.

use std::collections::BTreeMap;

use kernel::{Caller, PageRequest, ParticipantId, Timestamp, UserId};
use serde::Deserialize;
use serde_json::{Map, Value};
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
    #[param(ignore)]
    snoozed: Option<String>,
    #[param(ignore)]
    archived: Option<String>,
}

impl RequestQuery {
    /// The filter and the page; `now` decides what is overdue.
    pub(super) fn parse(self, caller: &Caller, now: Timestamp) -> Result<(RequestFilter, PageRequest), Failure> {
        let mut checks = Checks::default();
        checks.refuse("q", self.q.is_some());
        checks.refuse("snoozed", self.snoozed.is_some());
        checks.refuse("archived", self.archived.is_some());
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
            sort: sort(&mut checks, self.sort.as_deref()),
            order: lists::order(&mut checks, self.order.as_deref()),
        };
        checks.done()?;
        Ok((filter, page))
    }
}

/// The parameters of a list that a saved view keeps, read as the list reads them: `me` stays whoever looks.
pub(crate) fn saved_words(
    checks: &mut Checks,
    caller: &Caller,
    now: Timestamp,
    filter: &Map<String, Value>,
    (sort, order): (Option<&str>, Option<&str>),
) -> BTreeMap<String, String> {
    let known: Vec<String> = RequestQuery::into_params(|| None).into_iter().map(|parameter| parameter.name).collect();
    let of_view =
        |name: &str| !["page", "limit", "sort", "order"].contains(&name) && known.iter().any(|one| one == name);
    let mut words = BTreeMap::new();
    for (name, value) in filter {
        let word = match value {
            Value::String(word) => word.clone(),
            Value::Bool(word) => word.to_string(),
            _ => String::new(),
        };
        match &*word {
            _ if !of_view(name) => checks.wrong(format!("filter.{}", shown(name)), "unknown"),
            "" => checks.wrong(format!("filter.{name}"), "invalid"),
            word if word.chars().count() > LONGEST_WORD => checks.wrong(format!("filter.{name}"), "too_long"),
            _ => drop(words.insert(name.clone(), word)),
        }
    }
    let ways = [("sort", sort), ("order", order)];
    let ways = ways.into_iter().filter_map(|(name, word)| Some((name.to_owned(), word?.to_owned())));
    let query: Map<String, Value> =
        words.clone().into_iter().chain(ways).map(|(name, word)| (name, Value::from(word))).collect();
    let Ok(query) = serde_json::from_value::<RequestQuery>(Value::Object(query)) else {
        checks.wrong("filter", "invalid");
        return words;
    };
    if let Err(failure) = query.parse(caller, now) {
        for wrong in failure.fields() {
            let is_way = matches!(&*wrong.field, "sort" | "order");
            let field = if is_way { wrong.field.clone() } else { format!("filter.{}", wrong.field).into() };
            checks.wrong(field, wrong.code);
        }
    }
    words
}

/// How long a word of a saved view may be, in characters.
const LONGEST_WORD: usize = 1_000;

/// The beginning of a name that nobody knows, for the refusal.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(50).collect()
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
