use crate::checker::{Event, Kind};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Takes down what all clients did, in one order.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    events: Vec<Event>,
    counters: Counters,
    moments: Vec<Moment>,
    /// When each message was first sent, by the client's id of it.
    sent: HashMap<String, Instant>,
}

/// Something whose time matters.
#[derive(Debug, Clone)]
pub struct Moment {
    /// When the client saw it.
    pub at: Instant,
    /// Which client.
    pub client: usize,
    /// What it saw.
    pub what: Happening,
}

/// What has a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A send was answered as durable, so long after it was last sent.
    Acked(Duration),
    /// A send was answered with this code, so long after it was last sent.
    Nacked(String, Duration),
    /// The client has all there is, on a new connection.
    Live,
    /// The server closed, with this code; 1006 when it went without a word.
    Closed(u16),
    /// A message of the load arrived, so long after that client first sent it.
    Delivered(Duration, usize),
    /// A frame of a conversation that the client does not follow.
    Leaked(String),
}

/// What happened how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages sent for the first time.
    pub sent: usize,
    /// Messages answered as durable.
    pub acked: usize,
    /// Sends of a message that had been sent before.
    pub resent: usize,
    /// Resends that the server had stored already.
    pub duplicates: usize,
    /// Sends that the server asked to repeat.
    pub asked_again: usize,
    /// Tries to connect after the first connection, most of them while the server is dead.
    pub reconnects: usize,
    /// Subscriptions made again because an entry was missing.
    pub gaps_repaired: usize,
    /// Positions that the server did not honour.
    pub resets: usize,
    /// Kills of the server.
    pub kills: usize,
    /// Sends whose outcome the server did not know.
    pub unknown: usize,
    /// Sends whose connection went before their answer came.
    pub unheard: usize,
    /// Sends made over REST, because or while the same was sent over the socket.
    pub over_rest: usize,
}

impl Recorder {
    /// Something happened now.
    pub fn event(&self, event: Event) {
        self.lock().events.push(event);
    }

    /// Counts.
    pub fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.lock().counters);
    }

    /// Something whose time matters happened now.
    pub fn moment(&self, client: usize, what: Happening) {
        let mut notes = self.lock();
        // Read under the lock, so that the list is in the order of time.
        notes.moments.push(Moment { at: Instant::now(), client, what });
    }

    /// A message is sent for the first time.
    pub fn sending(&self, id: &str) {
        self.lock().sent.insert(id.to_owned(), Instant::now());
    }

    /// A message with this content, which begins with its id, has arrived.
    pub fn delivered(&self, client: usize, content: &str) {
        let mut notes = self.lock();
        let id = content.split(' ').next().unwrap_or_default();
        let Some(sent) = notes.sent.get(id).copied() else { return };
        let from = id.trim_start_matches('c').split('-').next().and_then(|number| number.parse().ok());
        let (at, from) = (Instant::now(), from.unwrap_or(client));
        notes.moments.push(Moment { at, client, what: Happening::Delivered(at - sent, from) });
    }

    /// What happened since then, in order.
    pub fn since(&self, then: Instant) -> Vec<Moment> {
        let notes = self.lock();
        let from = notes.moments.partition_point(|moment| moment.at < then);
        notes.moments[from..].to_vec()
    }

    /// How the message of that id was acked, in order: whether each ack said that it was stored already.
    pub fn acks(&self, conversation: &str, id: &str) -> Vec<bool> {
        let notes = self.lock();
        let acks = notes.events.iter().filter(|event| event.conversation == conversation);
        let acks = acks.filter_map(|event| match &event.kind {
            Kind::Ack { id: of, duplicate, .. } if of == id => Some(*duplicate),
            _ => None,
        });
        acks.collect()
    }

    /// The frames that came to somebody whom they were not for.
    pub fn leaked(&self) -> Vec<String> {
        let leaked = |moment: &Moment| match &moment.what {
            Happening::Leaked(frame) => Some(format!("client {}: {frame}", moment.client)),
            _ => None,
        };
        self.lock().moments.iter().filter_map(leaked).collect()
    }

    /// What was counted until now.
    pub fn counters(&self) -> Counters {
        self.lock().counters
    }

    /// All that was taken down; the recorder is empty afterwards.
    pub fn take(&self) -> (Vec<Event>, Counters) {
        let notes = std::mem::take(&mut *self.lock());
        (notes.events, notes.counters)
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().expect("no client panics while it writes")
    }
}
