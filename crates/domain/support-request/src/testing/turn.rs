//! A lock that is awaited: one writer at a time, in the order they asked.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, Waker},
};

/// Whose turn it is to write.
#[derive(Clone, Default)]
pub(super) struct Turn(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    next_ticket: u64,
    now_serving: u64,
    /// Those who left without being served.
    gone: Vec<u64>,
    waiting: Vec<(u64, Waker)>,
}

impl Turn {
    /// Waits until everybody who asked before is done.
    pub(super) async fn take(&self) -> Held {
        let held = self.enter();
        poll_fn(|context| {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.now_serving == held.ticket {
                return Poll::Ready(());
            }
            queue.waiting.retain(|(ticket, _)| *ticket != held.ticket);
            queue.waiting.push((held.ticket, context.waker().clone()));
            Poll::Pending
        })
        .await;
        held
    }

    fn enter(&self) -> Held {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.next_ticket += 1;
        Held { turn: self.clone(), ticket: queue.next_ticket - 1 }
    }
}

/// A place in the queue; dropped, it lets the next one in.
pub(super) struct Held {
    turn: Turn,
    ticket: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut queue = self.turn.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = self.ticket;
        queue.waiting.retain(|(waiting, _)| *waiting != ticket);
        queue.gone.push(ticket);
        loop {
            let now = queue.now_serving;
            let Some(at) = queue.gone.iter().position(|gone| *gone == now) else { break };
            queue.gone.swap_remove(at);
            queue.now_serving += 1;
        }
        let now = queue.now_serving;
        if let Some((_, waker)) = queue.waiting.iter().find(|(waiting, _)| *waiting == now) {
            waker.wake_by_ref();
        }
    }
}
