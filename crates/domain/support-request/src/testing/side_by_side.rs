//! Running futures at once, without a runtime.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

/// Runs futures side by side, polled first in the order given, and answers in that order.
pub async fn side_by_side<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Running<F>> = futures.into_iter().map(|future| Running::Still(Box::pin(future))).collect();
    poll_fn(|context| {
        let pending = running.iter_mut().filter_map(|one| one.poll(context).is_pending().then_some(())).count();
        if pending == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(Running::into_output).collect()
}

enum Running<F: Future> {
    Still(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> Running<F> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Still(future) = self {
            match future.as_mut().poll(context) {
                Poll::Ready(output) => *self = Self::Done(output),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }

    fn into_output(self) -> Option<F::Output> {
        match self {
            Self::Done(output) => Some(output),
            Self::Still(_) => None,
        }
    }
}
