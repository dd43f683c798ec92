//! What sessions ask of the world, run beside the connections' tasks.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

use chat::{ChatError, Content, Conversation, Position, ResetReason, Revised, Subscription};
use futures_util::{Stream, stream::FuturesUnordered};
use kernel::{Caller, ConversationId, MessageId, Refusal};
use realtime::{Close, Done, Job, MarkKind, PageAsked, PageRead};

use crate::link::Link;

/// The jobs of one connection. A task exists only while there are some.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    runs: bool,
    waker: Option<Waker>,
}

impl Jobs {
    /// Starts a job, after all that were started before.
    pub(crate) fn start(link: &Arc<Link>, job: Job) {
        let mut waiting = link.jobs.waiting();
        waiting.jobs.push_back(job);
        if !std::mem::replace(&mut waiting.runs, true) {
            let runtime = &link.realtime().parts.runtime;
            runtime.spawn(run(link.clone()));
        } else if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Jobs run side by side, but each is polled for the first time in the order in which it was asked for:
/// that is when a send enters the log's queue, and so one connection's sends keep their order.
async fn run(link: Arc<Link>) {
    let mut broken = CloseWhenBroken(Some(&link));
    let mut running = FuturesUnordered::new();
    poll_fn(|context| poll(&link, &mut running, context)).await;
    broken.0 = None;
}

type Running = Pin<Box<dyn Future<Output = Done> + Send>>;

fn poll(link: &Arc<Link>, running: &mut FuturesUnordered<Running>, context: &mut Context<'_>) -> Poll<()> {
    loop {
        let next = link.jobs.waiting().jobs.pop_front();
        if let Some(job) = next {
            let mut job: Running = Box::pin(perform(link.clone(), job));
            match job.as_mut().poll(context) {
                Poll::Ready(done) => link.hub().done(&link.conn, done),
                Poll::Pending => running.push(job),
            }
            continue;
        }
        match Pin::new(&mut *running).poll_next(context) {
            Poll::Ready(Some(done)) => link.hub().done(&link.conn, done),
            Poll::Ready(None) | Poll::Pending => {
                let mut waiting = link.jobs.waiting();
                if !waiting.jobs.is_empty() {
                    continue;
                }
                if running.is_empty() {
                    *waiting = Waiting::default();
                    return Poll::Ready(());
                }
                waiting.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
        }
    }
}

async fn perform(link: Arc<Link>, job: Job) -> Done {
    match job {
        Job::Authenticate { token } => {
            let revocations = link.hub().revocations();
            let admitted = link.realtime().parts.gate.admit(token.expose()).await;
            let result = admitted.and_then(|admitted| link.allows(&admitted.caller).map(|()| admitted));
            if let Err(refusal) = &result {
                log_if_ours(&link, "nobody could be let in", refusal.as_ref());
                tracing::info!(connection_id = %link.conn.id(), code = refusal.code(), "not authenticated");
            }
            Done::Authenticated { revocations, result }
        }
        Job::Subscribe { caller, conversation, generation, position } => {
            let result = subscribe(&link, &caller, conversation, position).await;
            Done::Subscribed { conversation, generation, result }
        }
        Job::Page { caller, conversation, asked } => {
            let result = page(&link, &caller, conversation, asked).await;
            Done::Page { conversation, asked, result }
        }
        Job::Send { caller, conversation, ticket, outgoing } => {
            let started = Instant::now();
            let result = link.chat().send(&caller, conversation, outgoing, Some(link.conn.id())).await;
            match &result {
                Ok(_) => {
                    let protocol = link.conn.protocol().as_str();
                    let seconds = started.elapsed().as_secs_f64();
                    metrics::histogram!("guichet_realtime_ack_seconds", "protocol" => protocol).record(seconds);
                }
                Err(error) => log_if_ours(&link, "a send was not stored", error),
            }
            Done::Sent { ticket, result }
        }
        Job::Revise { caller, conversation, ticket, message, content } => {
            let result = revise(&link, &caller, conversation, message, content).await;
            Done::Revised { ticket, result: result.map(Box::new) }
        }
        Job::Mark { caller, conversation, kind, seq } => {
            let moved = match kind {
                MarkKind::Delivered => link.chat().mark_delivered(&caller, conversation, seq).await,
                MarkKind::Read => link.chat().mark_read(&caller, conversation, seq).await,
            };
            if let Err(error) = &moved {
                log_if_ours(&link, "a mark was not moved", error);
            }
            Done::Marked { conversation, kind, result: moved.map(drop) }
        }
        Job::FollowOwn { caller, most, again } => {
            Done::FollowsOwn { result: follow_own(&link, &caller, most, again).await }
        }
        Job::Follow { caller, conversation, generation } => {
            let result = link.chat().conversation(&caller, conversation).await.map(Box::new);
            if let Err(error) = &result {
                log_if_ours(&link, "a conversation could not be followed", error);
            }
            Done::Follows { conversation, generation, result }
        }
        Job::Heads { caller, conversations } => {
            let heads = link.chat().heads(&caller, &conversations).await.unwrap_or_else(|error| {
                log_if_ours(&link, "heads could not be read", &error);
                Vec::new()
            });
            Done::Heads { heads }
        }
        Job::MarkRead { caller, reference, conversation, message } => {
            let result = link.chat().mark_message_read(&caller, conversation, message).await;
            if let Err(error) = &result {
                log_if_ours(&link, "a mark was not moved", error);
            }
            Done::MarkedRead { reference, conversation, message, result }
        }
        Job::Find { caller, number } => {
            let result = link.realtime().parts.sight.conversation(&caller, &number).await;
            if let Err(refusal) = &result {
                log_if_ours(&link, "a number could not be looked up", refusal.as_ref());
            }
            Done::Found { result }
        }
        Job::View { caller, support_request, ticket } => {
            let result = link.realtime().parts.sight.audience(&caller, support_request).await;
            if let Err(refusal) = &result {
                log_if_ours(&link, "it could not be found out who sees a request", refusal.as_ref());
            }
            Done::Viewed { support_request, ticket, result }
        }
        Job::Availability { caller, value } => {
            let result = link.realtime().parts.gate.say_availability(&caller, value).await;
            if let Err(refusal) = &result {
                log_if_ours(&link, "an availability was not stored", refusal.as_ref());
            }
            Done::AvailabilitySaid { result }
        }
    }
}

async fn subscribe(
    link: &Link,
    caller: &Caller,
    conversation: ConversationId,
    position: Option<Position>,
) -> Result<Box<Subscription>, ChatError> {
    let result = link.chat().subscribe(caller, conversation, position).await.map(Box::new);
    if let Err(error) = &result {
        log_if_ours(link, "a conversation could not be subscribed to", error);
    }
    if let Ok(subscription) = &result
        && subscription.reset == Some(ResetReason::Ahead)
    {
        tracing::error!(
            connection_id = %link.conn.id(), conversation_id = %conversation,
            client = position.map(|position| position.after.get()), server = subscription.from.get(),
            "a client knows more than the server: entries may have been lost",
        );
        metrics::counter!("guichet_realtime_client_ahead_total").increment(1);
    }
    result
}

async fn follow_own(link: &Link, caller: &Caller, most: usize, again: bool) -> Result<Vec<Conversation>, ChatError> {
    let _look = if again { link.realtime().looks.acquire().await.ok() } else { None };
    if again && link.conn.is_closed() {
        return Ok(Vec::new());
    }
    let result = link.chat().own(caller, most).await;
    if let Err(error) = &result {
        log_if_ours(link, "it could not be found out what is to be followed", error);
    }
    result
}

async fn page(
    link: &Link,
    caller: &Caller,
    conversation: ConversationId,
    asked: PageAsked,
) -> Result<PageRead, ChatError> {
    let PageAsked { after, limit, with_view, failures, .. } = asked;
    let read = async {
        let view = if with_view { Some(Box::new(link.chat().conversation(caller, conversation).await?)) } else { None };
        let entries = link.chat().entries(caller, conversation, after, limit).await?;
        Ok(PageRead { view, entries })
    };
    let result: Result<PageRead, ChatError> = read.await;
    // It is read again every second; the first failure says why.
    if let Some(error) = result.as_ref().err().filter(|_| failures == 0) {
        log_if_ours(link, "missed entries could not be read", error);
    }
    result
}

async fn revise(
    link: &Link,
    caller: &Caller,
    conversation: ConversationId,
    message: MessageId,
    content: Option<Content>,
) -> Result<Revised, ChatError> {
    let (chat, origin) = (link.chat(), Some(link.conn.id()));
    let result = match content {
        Some(content) => chat.edit(caller, conversation, message, content, origin).await,
        None => chat.delete(caller, conversation, message, origin).await,
    };
    if let Err(error) = &result {
        log_if_ours(link, "a message was not revised", error);
    }
    result
}

/// What went wrong behind a port is logged here, with its cause: the client is only told the code. What has
/// no cause is no failure of a part.
fn log_if_ours(link: &Link, what: &str, refusal: &dyn Refusal) {
    if let Some(cause) = refusal.source() {
        tracing::warn!(connection_id = %link.conn.id(), code = refusal.code(), %cause, "{what}: {refusal}");
    }
}

/// A job that panics takes its siblings with it, and their answers: the client is to ask again.
struct CloseWhenBroken<'a>(Option<&'a Arc<Link>>);

impl Drop for CloseWhenBroken<'_> {
    fn drop(&mut self) {
        if let Some(link) = self.0 {
            link.hub().close(&link.conn, Close::Restart);
        }
    }
}
