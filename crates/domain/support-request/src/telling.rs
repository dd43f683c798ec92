//! What a change tells: the entries of the timeline and the events, from what is different.

use kernel::{TimelineEntryId, Timestamp, UserId};
use serde_json::{Map, Value, json};

use crate::{
    Action, By, Command, Hand, Note, Outcome, Reason, RequestEvent, Snapshot, Status, SupportRequest, TimelineEntry,
    TimelineKind, Told,
};

/// What a command says beside what it does.
pub(crate) struct Remarks<'a> {
    reason: Option<&'a Reason>,
    note: Option<&'a Note>,
    customer: bool,
    /// The entry they belong to; the first where there is none of that kind.
    main: TimelineKind,
}

impl<'a> Remarks<'a> {
    pub(crate) const NONE: Remarks<'static> =
        Remarks { reason: None, note: None, customer: false, main: TimelineKind::StatusChanged };

    pub(crate) fn of(command: &'a Command, main: TimelineKind) -> Self {
        let (reason, note) = (command.reason.as_ref(), command.note.as_ref());
        Self { reason, note, customer: command.notify_customer, main }
    }

    /// Puts reason and note on the one entry they belong to, and on each whether the customer is to be told.
    pub(crate) fn put_on(&self, entries: &mut [TimelineEntry]) {
        let at = entries.iter().position(|entry| entry.kind == self.main).unwrap_or(0);
        if let Some(entry) = entries.get_mut(at) {
            entry.reason = self.reason.map(|reason| reason.as_str().to_owned());
            entry.note = self.note.map(|note| note.as_str().to_owned());
        }
        for entry in entries {
            entry.customer_told = self.customer && entry.is_for_customer();
        }
    }
}

impl SupportRequest {
    /// Takes on the next state, and tells what is different.
    pub(crate) fn become_next(&mut self, mut next: Snapshot, by: &By<'_>, remarks: &Remarks<'_>) -> Outcome {
        next.version += 1;
        next.updated_at = next.updated_at.max(by.env.now());
        let before = std::mem::replace(&mut self.state, next);
        let next = &self.state;
        let mut timeline = entries(&before, next, by);
        if timeline.is_empty() {
            timeline.push(unchanged(next, by, remarks.main));
        }
        remarks.put_on(&mut timeline);
        let told = Told { reason: remarks.reason.cloned(), customer: remarks.customer };
        Outcome { changed: true, timeline, events: events(&before, next), told }
    }
}

fn events(before: &Snapshot, next: &Snapshot) -> Vec<RequestEvent> {
    let mut events = Vec::new();
    if before.assignee != next.assignee {
        events.push(RequestEvent::Assigned { from: before.assignee });
    }
    if before.status != next.status {
        events.push(RequestEvent::StatusChanged { from: before.status });
        match next.status {
            Status::Resolved => events.push(RequestEvent::Resolved),
            Status::Closed => events.push(RequestEvent::Closed),
            Status::Open | Status::Assigned | Status::InProgress | Status::WaitingCustomer => {}
        }
    }
    if before.escalated_at != next.escalated_at {
        events.push(RequestEvent::Escalated);
    }
    if before.rating != next.rating {
        events.push(RequestEvent::Rated);
    }
    if before.archived_at.is_none() && next.archived_at.is_some() {
        events.push(RequestEvent::ConversationArchived(next.conversation));
    }
    events
}

fn entries(before: &Snapshot, next: &Snapshot, by: &By<'_>) -> Vec<TimelineEntry> {
    let mut entries = Vec::new();
    let mut add = |kind, old: Option<String>, new: Option<String>, more: &[(&str, Value)]| {
        let mut entry = entry(kind, by);
        (entry.old, entry.new) = (old, new);
        entry.metadata = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        entries.push(entry);
    };
    let words = |old: &str, new: &str| (old != new).then(|| (Some(old.to_owned()), Some(new.to_owned())));
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    if before.assignee != next.assignee {
        let id = |assignee: Option<UserId>| assignee.map(|id| id.to_string());
        add(TimelineKind::AssigneeChanged, id(before.assignee), id(next.assignee), &new_name(by));
    }
    if let Some((old, new)) = words(before.status.as_str(), next.status.as_str()) {
        let resolution = next.resolution.as_ref().filter(|_| next.status == Status::Resolved);
        let resolution: Vec<_> = resolution.map(|text| ("resolution", json!(text))).into_iter().collect();
        add(TimelineKind::StatusChanged, old, new, &resolution);
    }
    if before.escalated_at != next.escalated_at {
        let automatic: &[_] = if by.actor.id.is_none() { &[("automatic", json!(true))] } else { &[] };
        add(TimelineKind::Escalated, None, None, automatic);
    }
    if let Some((old, new)) = words(before.subject.as_str(), next.subject.as_str()) {
        add(TimelineKind::SubjectChanged, old, new, &[]);
    }
    if let Some((old, new)) = words(before.priority.as_str(), next.priority.as_str()) {
        add(TimelineKind::PriorityChanged, old, new, &[]);
    }
    if let Some((old, new)) = words(before.category.as_str(), next.category.as_str()) {
        add(TimelineKind::CategoryChanged, old, new, &[]);
    }
    let fields = other_fields(before, next);
    if !fields.is_empty() {
        add(TimelineKind::DetailsChanged, None, None, &[("fields", json!(fields))]);
    }
    if before.rating != next.rating {
        let points = |one: &Snapshot| one.rating.as_ref().map(|rating| rating.score.get().to_string());
        add(TimelineKind::Rated, points(before), points(next), &[]);
    }
    if before.snoozed_until != next.snoozed_until {
        let kind = if next.snoozed_until.is_some() { TimelineKind::Snoozed } else { TimelineKind::Woken };
        add(kind, time(before.snoozed_until), time(next.snoozed_until), &[]);
    }
    for (was, is, set, gone) in [
        (before.archived_at, next.archived_at, TimelineKind::Archived, TimelineKind::Unarchived),
        (before.deleted_at, next.deleted_at, TimelineKind::Deleted, TimelineKind::Restored),
    ] {
        if was.is_some() != is.is_some() {
            add(if is.is_some() { set } else { gone }, None, None, &[]);
        }
    }
    if before.surveyed_at != next.surveyed_at {
        add(TimelineKind::Surveyed, None, None, &[]);
    }
    entries
}

/// The names of what is different and has no entry of its own.
fn other_fields(before: &Snapshot, next: &Snapshot) -> Vec<&'static str> {
    let all = [
        ("description", before.description != next.description),
        ("tags", before.tags != next.tags),
        ("metadata", before.metadata != next.metadata),
        ("context", before.references != next.references),
    ];
    all.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

/// The entry of a command that changed nothing but says something.
fn unchanged(now: &Snapshot, by: &By<'_>, main: TimelineKind) -> TimelineEntry {
    let mut entry = entry(main, by);
    if main == TimelineKind::AssigneeChanged {
        let assignee = now.assignee.map(|id| id.to_string());
        (entry.old, entry.new) = (assignee.clone(), assignee);
        entry.metadata = new_name(by).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    }
    entry
}

fn new_name(by: &By<'_>) -> Vec<(&'static str, Value)> {
    match by.hand {
        Hand::To(agent) => vec![("new_name", json!(agent.name))],
        Hand::Stays | Hand::Nobody => Vec::new(),
    }
}

/// An entry of now that says nothing yet.
pub(crate) fn entry(kind: TimelineKind, by: &By<'_>) -> TimelineEntry {
    TimelineEntry {
        id: TimelineEntryId::new(by.env.uuid()),
        kind,
        old: None,
        new: None,
        actor: by.actor.clone(),
        reason: None,
        note: None,
        metadata: Map::<String, Value>::new(),
        customer_told: false,
        customer_told_at: None,
        created_at: by.env.now(),
    }
}

/// Tells a repeat of the last command from another one: FNV-1a over 64 bits of all it says. It
/// guards against honest repeats, it is no defence; whoever may act can change the request anyway.
pub(crate) fn fingerprint(action: &Action, command: &Command, hand: Hand<UserId>) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(action.name());
    match action {
        Action::Resolve { resolution: Some(resolution) } => eat(resolution.as_str()),
        Action::Update(_) | Action::Rate { .. } | Action::Snooze { .. } => eat(&format!("{action:?}")),
        _ => {}
    }
    for (mark, text) in [
        ("reason", command.reason.as_ref().map(Reason::as_str)),
        ("note", command.note.as_ref().map(Note::as_str)),
        ("quiet", (!command.notify_customer).then_some("")),
    ] {
        if let Some(text) = text {
            eat(mark);
            eat(text);
        }
    }
    match hand {
        Hand::Stays => {}
        Hand::Nobody => eat("nobody"),
        Hand::To(agent) => {
            eat("agent");
            eat(&agent.to_string());
        }
    }
    hash.cast_signed()
}
