//! The two things concurrent tests need, for any executor: a lock that is waited for, and a join.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, Waker},
};

/// A lock that one transaction holds at a time, as SQLite's one writer does.
#[derive(Debug, Clone, Default)]
pub(super) struct Turnstile(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    held: bool,
    wakers: VecDeque<Waker>,
}

/// Opens the turnstile when dropped.
#[derive(Debug)]
pub(super) struct Turn(Turnstile);

impl Turnstile {
    /// Waits for its turn.
    pub(super) async fn enter(&self) -> Turn {
        poll_fn(|context| {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.held {
                waiting.wakers.push_back(context.waker().clone());
                return Poll::Pending;
            }
            waiting.held = true;
            Poll::Ready(())
        })
        .await;
        Turn(self.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.held = false;
        // All are woken: one of them may have been given up meanwhile.
        waiting.wakers.drain(..).for_each(Waker::wake);
    }
}

/// A future that a test runs beside others.
pub(super) type Job<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs all of them at once, and gives their results in order.
pub(super) async fn join_all<T>(mut jobs: Vec<Job<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = jobs.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (job, slot) in jobs.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let Poll::Ready(result) = job.as_mut().poll(context)
            {
                *slot = Some(result);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
