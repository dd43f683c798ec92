use super::history::{Client, Entry, Event, History, Kind, Log};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

/// One broken promise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// Acked, and not stored.
    Lost(String),
    /// Stored twice.
    Doubled(String),
    /// Stored, and nobody sent it, or it was refused for good.
    Unexpected(String),
    /// The places of a log are not 1, 2, 3 …
    Gap(String),
    /// Two observers saw different entries in one place.
    Divergence(String),
    /// A stream left an entry out, repeated one or ran backwards.
    Skip(String),
    /// A was acked before B was sent, and stands after B.
    OutOfOrder(String),
    /// One client's sends are not stored in the order in which it sent them.
    SenderOrder(String),
    /// A subscriber that was there until the end never received a stored entry.
    Undelivered(String),
    /// One message was answered with two ids or two places.
    Contradiction(String),
    /// A send that was neither acked nor refused until the end.
    Unanswered(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// Every broken promise of a run, sorted; empty when all was kept.
pub fn check(history: &History) -> Vec<Finding> {
    let sends = Sends::of(history);
    let mut found = BTreeSet::new();
    for (conversation, log) in &history.logs {
        check_places(conversation, log, &mut found);
        check_origin(conversation, log, &sends, &mut found);
    }
    check_answers(history, &sends, &mut found);
    check_observers(history, &mut found);
    check_streams(history, &mut found);
    check_real_time_order(history, &sends, &mut found);
    check_sender_order(history, &sends, &mut found);
    check_delivery(history, &mut found);
    found.into_iter().collect()
}

/// What was sent, found by the client's id and by the content.
struct Sends<'a> {
    /// (conversation, content) of every id.
    by_id: HashMap<&'a str, (&'a str, &'a str)>,
    contents: HashSet<(&'a str, &'a str)>,
    refused: HashSet<(&'a str, &'a str)>,
    /// Where a content stands in the end.
    places: HashMap<(&'a str, &'a str), i64>,
}

impl<'a> Sends<'a> {
    fn of(history: &'a History) -> Self {
        let mut by_id = HashMap::new();
        let mut refused_ids = Vec::new();
        for event in &history.events {
            match &event.kind {
                Kind::Invoke { id, content } => {
                    by_id.insert(id.as_str(), (event.conversation.as_str(), content.as_str()));
                }
                Kind::Refuse { id } => refused_ids.push(id.as_str()),
                _ => {}
            }
        }
        let places = history.logs.iter().flat_map(|(conversation, log)| {
            log.iter().map(move |entry| ((conversation.as_str(), entry.content.as_str()), entry.seq))
        });
        Self {
            contents: by_id.values().copied().collect(),
            refused: refused_ids.iter().filter_map(|id| by_id.get(id).copied()).collect(),
            places: places.collect(),
            by_id,
        }
    }

    fn place(&self, id: &str) -> Option<i64> {
        self.places.get(self.by_id.get(id)?).copied()
    }
}

fn check_places(conversation: &str, log: &Log, found: &mut BTreeSet<Finding>) {
    for (expected, entry) in (1..).zip(log) {
        if entry.seq != expected {
            found.insert(Finding::Gap(format!("{conversation}: {} stands where {expected} belongs", entry.seq)));
            return;
        }
    }
}

fn check_origin(conversation: &str, log: &Log, sends: &Sends, found: &mut BTreeSet<Finding>) {
    let mut seen = HashSet::new();
    for entry in log.iter().filter(|entry| !entry.by_system) {
        let key = (conversation, entry.content.as_str());
        if !seen.insert(key) {
            found.insert(Finding::Doubled(format!("{conversation}: {} again at {}", entry.content, entry.seq)));
        }
        if !sends.contents.contains(&key) {
            found
                .insert(Finding::Unexpected(format!("{conversation}: nobody sent {} at {}", entry.content, entry.seq)));
        } else if sends.refused.contains(&key) {
            found.insert(Finding::Unexpected(format!("{conversation}: {} was refused for good", entry.content)));
        }
    }
}

/// Lost, contradicted, unanswered: what the acks said beside what is stored.
fn check_answers(history: &History, sends: &Sends, found: &mut BTreeSet<Finding>) {
    let mut answers: HashMap<&str, (&str, i64)> = HashMap::new();
    let mut refused = HashSet::new();
    for event in &history.events {
        match &event.kind {
            Kind::Ack { id, message_id, seq, .. } => {
                let answer = (message_id.as_str(), *seq);
                let first = *answers.entry(id).or_insert(answer);
                if first != answer {
                    found.insert(Finding::Contradiction(format!("{id}: answered {first:?}, then {answer:?}")));
                }
            }
            Kind::Refuse { id } => {
                refused.insert(id.as_str());
            }
            _ => {}
        }
    }
    for id in sends.by_id.keys() {
        match (answers.get(id), sends.place(id)) {
            (Some(_), None) => {
                found.insert(Finding::Lost((*id).to_owned()));
            }
            (Some((_, acked)), Some(stored)) if *acked != stored => {
                found.insert(Finding::Contradiction(format!("{id}: acked at {acked}, stored at {stored}")));
            }
            (None, _) if !refused.contains(id) => {
                found.insert(Finding::Unanswered((*id).to_owned()));
            }
            _ => {}
        }
    }
}

fn check_observers(history: &History, found: &mut BTreeSet<Finding>) {
    let mut seen: HashMap<(&str, i64), &Entry> = HashMap::new();
    let stored =
        history.logs.iter().flat_map(|(conversation, log)| log.iter().map(move |entry| (conversation.as_str(), entry)));
    let received = history.events.iter().filter_map(|event| match &event.kind {
        Kind::Receive(entry) => Some((event.conversation.as_str(), entry)),
        _ => None,
    });
    for (conversation, entry) in stored.chain(received) {
        let first = *seen.entry((conversation, entry.seq)).or_insert(entry);
        if (&first.message_id, &first.content) != (&entry.message_id, &entry.content) {
            found.insert(Finding::Divergence(format!(
                "{conversation} at {}: {} and {}",
                entry.seq, first.content, entry.content
            )));
        }
    }
}

/// From the position it began with, a stream gives every entry once, in order; an own send's ack stands for it.
fn check_streams(history: &History, found: &mut BTreeSet<Finding>) {
    let mut streams: HashMap<(Client, &str), Stream> = HashMap::new();
    for event in &history.events {
        let key = (event.client, event.conversation.as_str());
        match &event.kind {
            Kind::Subscribe { after } => {
                streams.insert(key, Stream { position: *after, retried: BTreeSet::new() });
            }
            Kind::Disconnect => streams.retain(|(client, _), _| *client != event.client),
            Kind::Receive(Entry { seq, .. }) | Kind::Ack { seq, duplicate: false, .. } => {
                let Some(stream) = streams.get_mut(&key) else { continue };
                if let Err(position) = stream.advance(*seq) {
                    let place = format!("client {} in {}", event.client, event.conversation);
                    found.insert(Finding::Skip(format!("{place}: {seq} after {position}")));
                }
            }
            Kind::Ack { seq, duplicate: true, .. } => {
                if let Some(stream) = streams.get_mut(&key) {
                    stream.retried.insert(*seq);
                }
            }
            Kind::Invoke { .. } | Kind::Refuse { .. } => {}
        }
    }
}

struct Stream {
    position: i64,
    /// Places that a retry's ack named. The entry itself may still come, when the first try was stored unseen
    /// (its connection died), or the ack may stand for it.
    retried: BTreeSet<i64>,
}

impl Stream {
    fn advance(&mut self, seq: i64) -> Result<(), i64> {
        let mut expected = self.position + 1;
        while expected < seq && self.retried.contains(&expected) {
            expected += 1;
        }
        let position = std::mem::replace(&mut self.position, seq);
        if seq == expected { Ok(()) } else { Err(position) }
    }
}

/// What was acked before a send began stands before it.
fn check_real_time_order(history: &History, sends: &Sends, found: &mut BTreeSet<Finding>) {
    let mut highest: HashMap<&str, (i64, &str)> = HashMap::new();
    for event in &history.events {
        let conversation = event.conversation.as_str();
        match &event.kind {
            Kind::Invoke { id, .. } => {
                if let (Some((before, by)), Some(place)) = (highest.get(conversation), sends.place(id))
                    && place <= *before
                {
                    let sentence =
                        format!("{conversation}: {by} was acked at {before}, then {id} was sent and stands at {place}");
                    found.insert(Finding::OutOfOrder(sentence));
                }
            }
            Kind::Ack { id, seq, .. } => {
                let top = highest.entry(conversation).or_insert((*seq, id));
                if *seq > top.0 {
                    *top = (*seq, id);
                }
            }
            _ => {}
        }
    }
}

fn check_sender_order(history: &History, sends: &Sends, found: &mut BTreeSet<Finding>) {
    let mut last: HashMap<(Client, &str), (i64, &str)> = HashMap::new();
    for Event { client, conversation, kind } in &history.events {
        let Kind::Invoke { id, .. } = kind else { continue };
        let Some(place) = sends.place(id) else { continue };
        if let Some((before, by)) = last.insert((*client, conversation), (place, id))
            && place <= before
        {
            found.insert(Finding::SenderOrder(format!("client {client}: {by} at {before}, then {id} at {place}")));
        }
    }
}

fn check_delivery(history: &History, found: &mut BTreeSet<Finding>) {
    let mut received: BTreeMap<(Client, &str), HashSet<i64>> = BTreeMap::new();
    for event in &history.events {
        if let Kind::Receive(Entry { seq, .. }) | Kind::Ack { seq, .. } = &event.kind {
            received.entry((event.client, &event.conversation)).or_default().insert(*seq);
        }
    }
    for (client, conversation) in &history.subscribed {
        let got = received.get(&(*client, conversation.as_str()));
        let missing = history.logs.get(conversation).into_iter().flatten().map(|entry| entry.seq);
        let missing: Vec<i64> = missing.filter(|seq| !got.is_some_and(|got| got.contains(seq))).collect();
        if !missing.is_empty() {
            found.insert(Finding::Undelivered(format!("client {client} in {conversation}: {missing:?}")));
        }
    }
}
