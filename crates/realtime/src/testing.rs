//! What a bus must do, to be run over each of them, and one that stays within the process.

#![expect(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "a suite of tests")]

use std::sync::{
    Arc, Mutex, PoisonError,
    mpsc::{Receiver, Sender, channel},
};

use bytes::Bytes;

use crate::bus::{Bus, Carried};

/// What a node of the suite hears.
pub trait Ear {
    /// What comes next; it MUST fail the test when that takes long.
    fn next(&mut self) -> impl Future<Output = Carried>;
}

/// A bus between the hubs of one process.
#[derive(Debug, Clone, Default)]
pub struct ProcessBus(Arc<Mutex<Vec<Sender<Carried>>>>);

/// What one of them hears.
#[derive(Debug)]
pub struct ProcessEar(Receiver<Carried>);

impl ProcessBus {
    /// One more node.
    pub fn join(&self) -> (Arc<dyn Bus>, ProcessEar) {
        let (heard, ear) = channel();
        heard.send(Carried::Up).unwrap();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
        (Arc::new(self.clone()), ProcessEar(ear))
    }
}

impl Bus for ProcessBus {
    fn send(&self, message: Bytes) {
        let mut ears = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A node that has gone hears nothing.
        ears.retain(|ear| ear.send(Carried::Message(message.clone())).is_ok());
    }

    fn largest(&self) -> usize {
        64 * 1024
    }
}

impl Ear for ProcessEar {
    async fn next(&mut self) -> Carried {
        self.0.try_recv().unwrap_or_else(|error| panic!("nothing came: {error}"))
    }
}

/// What every bus must do, between two nodes of one installation.
pub async fn bus_contract<E: Ear>(mut one: (Arc<dyn Bus>, E), mut other: (Arc<dyn Bus>, E)) {
    for (_, ear) in [&mut one, &mut other] {
        assert_eq!(ear.next().await, Carried::Up, "it says when it carries");
    }
    let messages = |of: &str| (0..1_000).map(|n| Bytes::from(format!("{of} {n} é"))).collect::<Vec<_>>();
    let (ones, others) = (messages("one"), messages("other"));
    for (left, right) in ones.iter().zip(&others) {
        one.0.send(left.clone());
        other.0.send(right.clone());
    }
    for (_, ear) in [&mut one, &mut other] {
        let mut heard = Vec::new();
        for _ in 0..2_000 {
            heard.push(message(ear).await);
        }
        let of = |who: &[u8]| heard.iter().filter(|it| it.starts_with(who)).cloned().collect::<Vec<_>>();
        assert_eq!(of(b"one "), ones, "in the order of its node, and nothing lost without a reason");
        assert_eq!(of(b"other "), others);
    }
    let largest = Bytes::from("x".repeat(one.0.largest()));
    one.0.send(largest.clone());
    assert_eq!(message(&mut other.1).await, largest, "a message may be as large as it says");
    assert_eq!(message(&mut one.1).await, largest, "and comes to its own node too");
    drop(other);
    one.0.send(Bytes::from_static(b"still"));
    assert_eq!(message(&mut one.1).await, &b"still"[..], "a node that has gone is missed by nobody");
}

/// The next message; a loss and a return of the connection may come between.
pub async fn message(ear: &mut impl Ear) -> Bytes {
    loop {
        if let Carried::Message(message) = ear.next().await {
            return message;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_bus_of_one_process_does_what_a_bus_must() {
        let bus = ProcessBus::default();
        bus_contract(bus.join(), bus.join()).await;
    }
}
