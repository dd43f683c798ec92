//! The log under trouble that the suite of the chat cannot make.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chat::{
    Append, AppendError, Appended, Committed, ConversationLog, Conversations, Hints, Mark, Marked, SenderKind, Seq,
    testing::{RecordedHints, Thread, side_by_side},
};
use identity::{IdentityViews, TokenHash};
use kernel::{ConversationId, Env, MessageId, PageRequest, PortErrorKind, Scope, SystemEnv};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store_seaorm::SeaStore;
use support_request::{ConversationState, RequestFilter, RequestStore, RequestViews};

use crate::{
    database::{Backend, Fresh, admin_url},
    harness::{TestStore, message, options},
    proxy::Proxy,
};

/// Sends until it is stored, as a client does: the same name and content, a new id each time.
async fn until_stored(store: &SeaStore, mut append: Append) -> Appended {
    loop {
        match store.append(append.clone()).await {
            Ok(done) => return done,
            Err(AppendError::Port(port)) if port.kind() != PortErrorKind::Corrupt => {}
            Err(AppendError::Overloaded) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
        append.id = MessageId::new(SystemEnv.uuid());
    }
}

async fn seqs(store: &SeaStore, thread: &Thread) -> Vec<(u64, MessageId)> {
    let mut all = Vec::new();
    loop {
        let after = Seq::new(all.last().map_or(0, |(seq, _)| *seq));
        let page = store.after(thread.organization, thread.id, after, 200).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page.iter().map(|entry| (entry.seq.get(), entry.message.id)));
    }
}

/// Every name stored once, at the place that was answered, without a gap.
async fn assert_dense(store: &SeaStore, thread: &Thread, answers: &[Appended]) {
    let stored = seqs(store, thread).await;
    assert_eq!(stored.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=answers.len() as u64).collect::<Vec<_>>());
    for answer in answers {
        assert_eq!(stored[usize::try_from(answer.seq.get()).unwrap() - 1].1, answer.message_id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections_lose_nothing_and_double_nothing() {
    const COUNT: usize = 1_000;
    let test = TestStore::new(Backend::Postgres).await;
    let thread = test.fresh_thread(None).await;
    let (enough, mut stopped) = tokio::sync::watch::channel(false);
    let database = test.database.clone();
    let reaper = tokio::spawn(async move {
        let mut admin = PgConnection::connect(&database.url).await.unwrap();
        let mut killed = 0;
        while !*stopped.borrow() {
            let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'guichet'";
            killed += sqlx::query_scalar::<_, i64>(kill).fetch_one(&mut admin).await.unwrap();
            let pause = tokio::time::sleep(Duration::from_millis(40));
            tokio::select! { () = pause => {}, _ = stopped.changed() => {} }
        }
        killed
    });
    let mut answers = Vec::new();
    for part in 0..COUNT / 50 {
        let sends = (0..50).map(|n| {
            let append = message(&thread, &format!("{part}-{n}"), "x");
            let store = if n % 2 == 0 { test.store.clone() } else { test.other.clone() };
            async move { until_stored(&store, append).await }
        });
        answers.extend(side_by_side(sends).await);
    }
    enough.send_replace(true);
    let killed = reaper.await.unwrap();
    let stats = (test.store.log_stats(), test.other.log_stats());
    assert!(killed > 5 && stats.0.retries > 0, "{killed} connections were killed, {stats:?}");
    assert_dense(&test.store, &thread, &answers).await;
    let told = test.hints.seqs(thread.id);
    assert_eq!(told.len(), COUNT, "also what was recognised after a broken connection is told, once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_share_a_conversation_without_gap_or_double() {
    let test = TestStore::new(Backend::Postgres).await;
    let thread = test.fresh_thread(None).await;
    let sends = (0..300).map(|n| {
        let mut append = message(&thread, &format!("{}", n / 3), "x");
        append.id = MessageId::new(SystemEnv.uuid());
        let store = if n % 2 == 0 { test.store.clone() } else { test.other.clone() };
        async move { store.append(append).await.unwrap() }
    });
    let answers = side_by_side(sends).await;
    let fresh: Vec<_> = answers.iter().filter(|answer| !answer.duplicate).copied().collect();
    assert_eq!(fresh.len(), 100, "each name was stored for one of its senders");
    assert_dense(&test.store, &thread, &fresh).await;
    assert_eq!(test.hints.seqs(thread.id).len(), 100);
}

async fn messages_share_commits(backend: Backend) {
    let test = TestStore::new(backend).await;
    let thread = test.fresh_thread(None).await;
    let sends = (0..200).map(|n| test.store.append(message(&thread, &n.to_string(), "x")));
    side_by_side(sends.collect::<Vec<_>>()).await.into_iter().for_each(|done| assert!(!done.unwrap().duplicate));
    let stats = test.store.log_stats();
    assert_eq!((stats.rows, stats.stored), (200, 200));
    assert!(stats.batches < 50, "{stats:?}");

    let alone = TestStore::with(backend, |options| options.batch_rows = 1).await;
    let thread = alone.fresh_thread(None).await;
    let sends = (0..20).map(|n| alone.store.append(message(&thread, &n.to_string(), "x")));
    side_by_side(sends.collect::<Vec<_>>()).await.into_iter().for_each(|done| assert!(!done.unwrap().duplicate));
    assert_eq!(alone.store.log_stats().batches, 20, "with batches of one each has its own commit");
}

#[tokio::test]
async fn messages_that_wait_share_a_commit_on_sqlite() {
    messages_share_commits(Backend::Sqlite).await;
}

#[tokio::test]
async fn messages_that_wait_share_a_commit_on_postgres() {
    messages_share_commits(Backend::Postgres).await;
}

/// Its id is taken, which no retry can mend: a defect of whoever mints ids, but of that one only.
async fn a_row_that_cannot_be_stored_fails_alone(backend: Backend) {
    let test = TestStore::new(backend).await;
    let thread = test.fresh_thread(None).await;
    let first = test.write(&thread, "first", "x").await;
    let sends = (0..20).map(|n| {
        let mut append = message(&thread, &n.to_string(), "x");
        if n == 7 {
            append.id = first.message_id;
        }
        test.store.append(append)
    });
    let answers = side_by_side(sends.collect::<Vec<_>>()).await;
    let refused: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.is_err()).map(|(n, _)| n).collect();
    assert_eq!(refused, [7]);
    let stored: Vec<_> = std::iter::once(first).chain(answers.into_iter().filter_map(Result::ok)).collect();
    assert_dense(&test.store, &thread, &stored).await;
}

#[tokio::test]
async fn a_row_that_cannot_be_stored_fails_alone_on_sqlite() {
    a_row_that_cannot_be_stored_fails_alone(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_row_that_cannot_be_stored_fails_alone_on_postgres() {
    a_row_that_cannot_be_stored_fails_alone(Backend::Postgres).await;
}

/// The lock that the batch needs is held by somebody else.
async fn held(test: &TestStore, thread: &Thread) -> PgConnection {
    let mut holder = PgConnection::connect(&test.database.url).await.unwrap();
    holder.execute("BEGIN").await.unwrap();
    let lock = sqlx::query("SELECT 1 FROM conversation WHERE id = $1 FOR UPDATE").bind(thread.id.uuid());
    lock.execute(&mut holder).await.unwrap();
    holder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once() {
    let test = TestStore::with(Backend::Postgres, |options| (options.queue, options.batch_rows) = (4, 4)).await;
    let thread = test.fresh_thread(None).await;
    let holder = held(&test, &thread).await;
    let sends = (0..100).map(|n| {
        let (store, append) = (test.store.clone(), message(&thread, &n.to_string(), "x"));
        async move {
            let asked = Instant::now();
            (store.append(append).await, asked.elapsed())
        }
    });
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        holder.close().await.unwrap();
    };
    let (answers, ()) = tokio::join!(side_by_side(sends.collect::<Vec<_>>()), release);
    let overloaded = answers.iter().filter(|(answer, _)| matches!(answer, Err(AppendError::Overloaded)));
    assert!(overloaded.clone().count() >= 90, "at most the queue and a batch were taken");
    assert!(overloaded.clone().all(|(_, after)| *after < Duration::from_millis(200)));
    let stored: Vec<_> = answers.into_iter().filter_map(|(answer, _)| answer.ok()).collect();
    assert!(!stored.is_empty(), "what was taken is stored");
    assert_dense(&test.store, &thread, &stored).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_who_was_told_that_nothing_is_stored_can_rely_on_it() {
    let test = TestStore::with(Backend::Postgres, |options| options.patience = Duration::from_secs(2)).await;
    let thread = test.fresh_thread(None).await;
    let holder = held(&test, &thread).await;
    let asked = Instant::now();
    let sends = (0..3).map(|n| test.store.append(message(&thread, &n.to_string(), "x")));
    for answer in side_by_side(sends.collect::<Vec<_>>()).await {
        let Err(AppendError::Port(port)) = answer else { panic!("{answer:?}") };
        assert!(matches!(port.kind(), PortErrorKind::Conflict | PortErrorKind::Unavailable), "{port:?}");
    }
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    holder.close().await.unwrap();
    let later = until_stored(&test.store, message(&thread, "later", "x")).await;
    assert_eq!(seqs(&test.store, &thread).await, [(1, later.message_id)], "nothing came afterwards");
}

/// Two stores on one database: one near, one behind a network that can be disturbed.
async fn far() -> (TestStore, Arc<SeaStore>, Proxy) {
    let database = Fresh::migrated(Backend::Postgres).await;
    let (_, rest) = database.url.split_once('@').expect("an address with a user");
    let (server, name) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(server.to_owned()).await;
    let url = database.url.replace(&format!("{server}/{name}"), &format!("{}/{name}", proxy.address));
    let hints = Arc::new(RecordedHints::default());
    let near = TestStore::over(database, hints.clone()).await;
    let far = SeaStore::connect(options(&url, hints)).await.unwrap();
    (near, far, proxy)
}

async fn until<F: Future<Output = bool>>(mut condition: impl FnMut() -> F) {
    let asked = Instant::now();
    while !condition().await {
        assert!(asked.elapsed() < Duration::from_secs(10), "it does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_not_heard_of_is_answered_as_the_first_and_told_once() {
    let (near, store, proxy) = far().await;
    let thread = near.fresh_thread(None).await;
    store.append(message(&thread, "first", "x")).await.unwrap();
    proxy.hold_answers();
    let sent = message(&thread, "second", "x");
    let answer = tokio::spawn({
        let (store, sent) = (store.clone(), sent.clone());
        async move { store.append(sent).await }
    });
    until(async || seqs(&near.store, &thread).await.len() == 2).await;
    assert_eq!(near.hints.seqs(thread.id), [Seq::new(1)], "stored, and nobody knows");
    proxy.cut();
    let answer = answer.await.unwrap().unwrap();
    assert_eq!((answer.message_id, answer.seq, answer.duplicate), (sent.id, Seq::new(2), false));
    assert_eq!(near.hints.seqs(thread.id), [Seq::new(1), Seq::new(2)]);
    assert_eq!(seqs(&near.store, &thread).await.len(), 2);
    assert!(store.append(message(&thread, "second", "x")).await.unwrap().duplicate);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_waits_for_whoever_is_closing_the_request() {
    let test = TestStore::new(Backend::Postgres).await;
    let thread = test.fresh_thread(None).await;
    let closed = ConversationState {
        assignee: None,
        resolved: true,
        closed: true,
        merged_into: None,
        ..ConversationState::default()
    };
    let mut closing = RequestStore::begin(&*test.store, thread.organization).await.unwrap();
    closing.conversations().follow(thread.id, &closed).await.unwrap();
    let answer = tokio::spawn({
        let (store, sent) = (test.store.clone(), message(&thread, "late", "x"));
        async move { store.append(sent).await }
    });
    let waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until(async || !test.database.all(waiting).await.is_empty()).await;
    closing.commit().await.unwrap();
    assert!(matches!(answer.await.unwrap(), Err(AppendError::Closed)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_network_refuses_within_five_seconds_and_is_left_behind() {
    let (near, store, proxy) = far().await;
    let thread = near.fresh_thread(None).await;
    let first = store.append(message(&thread, "first", "x")).await.unwrap();

    proxy.freeze();
    let asked = Instant::now();
    let sends = (0..10).map(|n| store.append(message(&thread, &n.to_string(), "x")));
    let (answers, ping, read, begun) = tokio::join!(
        side_by_side(sends.collect::<Vec<_>>()),
        store.ping(),
        store.after(thread.organization, thread.id, Seq::START, 10),
        RequestStore::begin(&*store, thread.organization)
    );
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(ping.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(read.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(begun.err().unwrap().kind(), PortErrorKind::Unavailable);
    for answer in answers {
        let Err(AppendError::Port(port)) = answer else { panic!("{answer:?}") };
        assert!(matches!(port.kind(), PortErrorKind::Unknown | PortErrorKind::Unavailable), "{port:?}");
    }
    proxy.thaw();
    let mut stored = vec![first];
    for n in 0..10 {
        stored.push(until_stored(&store, message(&thread, &n.to_string(), "x")).await);
    }
    assert_dense(&near.store, &thread, &stored).await;
    store.ping().await.unwrap();
    RequestStore::begin(&*store, thread.organization).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_one_of_many_calls_is_answered_within_five_seconds_by_a_database_that_hangs() {
    let (near, store, proxy) = far().await;
    let thread = near.fresh_thread(None).await;
    let (organization, id) = (thread.organization, thread.id);
    store.ping().await.unwrap();
    proxy.freeze();
    // Ten times as many of each as there are connections.
    let asked = Instant::now();
    let calls = (0..30).map(|n| {
        let store = store.clone();
        async move {
            let kind = match n % 6 {
                0 => store.guest_token(&TokenHash::new("0".repeat(64))).await.unwrap_err().kind(),
                1 => store.after(organization, id, Seq::START, 10).await.unwrap_err().kind(),
                2 => {
                    let filter = RequestFilter::default();
                    let list = RequestViews::list(
                        &*store,
                        organization,
                        Scope::All,
                        thread.requester,
                        &filter,
                        PageRequest::default(),
                    );
                    list.await.unwrap_err().kind()
                }
                3 => Conversations::audience(&*store, organization, id).await.unwrap_err().kind(),
                4 => store.mark(Scope::All, mark(&thread, 1)).await.unwrap_err().kind(),
                _ => RequestStore::begin(&*store, organization).await.err().unwrap().kind(),
            };
            (kind, asked.elapsed())
        }
    });
    for (kind, after) in side_by_side(calls.collect::<Vec<_>>()).await {
        assert!(kind == PortErrorKind::Unavailable && after < Duration::from_secs(5), "{kind:?} after {after:?}");
    }
    proxy.thaw();
    until(async || store.guest_token(&TokenHash::new("0".repeat(64))).await.is_ok()).await;
}

fn mark(thread: &Thread, read: u64) -> Mark {
    Mark {
        organization: thread.organization,
        conversation: thread.id,
        participant: thread.requester,
        kind: SenderKind::Customer,
        name: "Camille Martin".to_owned(),
        delivered: Seq::new(read),
        read: Seq::new(read),
        at: SystemEnv.now(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_conversation_delays_nobody_else_and_keeps_its_own_order() {
    let test = TestStore::with(Backend::Postgres, |options| options.log_shards = 1).await;
    let locked = test.fresh_thread(None).await;
    let others = [test.fresh_thread(None).await, test.fresh_thread(None).await];
    let unknown = Thread { id: ConversationId::new(SystemEnv.uuid()), ..locked };
    let holder = held(&test, &locked).await;
    // Together in one batch, the locked one between the others, and one that is not there.
    let waiting: Vec<_> = (0..20)
        .map(|n| {
            let (store, append) = (test.store.clone(), message(&locked, &format!("first-{n}"), "x"));
            tokio::spawn(async move { store.append(append).await })
        })
        .collect();
    until(async || test.store.log_stats().held >= 20).await;
    let mut slowest = Duration::ZERO;
    for n in 0..50 {
        let asked = Instant::now();
        test.write(&others[n % 2], &n.to_string(), "x").await;
        slowest = slowest.max(asked.elapsed());
    }
    assert!(slowest < Duration::from_millis(400), "nobody waits for a lock again: {slowest:?}");
    let refused = test.store.append(message(&unknown, "a", "x")).await;
    assert!(matches!(refused, Err(AppendError::NotFound)), "{refused:?}");
    // What comes later comes behind what waits.
    let later = tokio::spawn({
        let (store, append) = (test.store.clone(), message(&locked, "later", "x"));
        async move { store.append(append).await }
    });
    until(async || test.store.log_stats().held >= 21).await;
    assert!(waiting.iter().all(|answer| !answer.is_finished()), "they wait");
    holder.close().await.unwrap();
    let mut stored = Vec::new();
    for answer in waiting {
        stored.push(answer.await.unwrap().unwrap());
    }
    let later = later.await.unwrap().unwrap();
    assert_eq!(later.seq, Seq::new(21));
    stored.push(later);
    assert_dense(&test.store, &locked, &stored).await;
    assert_eq!(test.hints.seqs(locked.id), (1..=21).map(Seq::new).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_with_a_locked_conversation_stores_the_rest_of_it() {
    let test = TestStore::with(Backend::Postgres, |options| options.log_shards = 1).await;
    let locked = test.fresh_thread(None).await;
    let mut threads = Vec::new();
    for _ in 0..10 {
        threads.push(test.fresh_thread(Some(locked.organization)).await);
    }
    let holder = held(&test, &locked).await;
    let asked = Instant::now();
    let sends = threads.iter().map(|thread| test.store.append(message(thread, "a", "x")));
    let late = test.store.append(message(&locked, "a", "x"));
    let rest = async {
        for answer in side_by_side(sends.collect::<Vec<_>>()).await {
            answer.unwrap();
        }
        asked.elapsed()
    };
    // The locked one is first, so that it is in the first batch whatever else is.
    let (late, rest) = tokio::join!(late, rest);
    assert!(rest < Duration::from_secs(2), "they waited once, and not for the end: {rest:?}");
    let Err(AppendError::Port(port)) = late else { panic!("{late:?}") };
    assert_eq!(port.kind(), PortErrorKind::Unavailable, "it was not stored, and it is known");
    assert!(asked.elapsed() < Duration::from_secs(5));
    holder.close().await.unwrap();
    assert_eq!(seqs(&test.store, &locked).await, []);
}

/// Told of everything, and panics at the first.
struct Panics(AtomicBool, Arc<RecordedHints>);

impl Hints for Panics {
    fn committed(&self, entries: &[Committed]) {
        assert!(self.0.swap(true, Ordering::Relaxed), "as the test wants it");
        self.1.committed(entries);
    }
}

async fn a_panic_of_who_is_told_ends_nothing(backend: Backend) {
    let test = TestStore::new(backend).await;
    let thread = test.fresh_thread(None).await;
    let told = Arc::<RecordedHints>::default();
    let hints = Arc::new(Panics(AtomicBool::new(false), told.clone()));
    let mut options = options(&test.database.url, hints);
    options.log_shards = 1;
    let store = SeaStore::connect(options).await.unwrap();
    let first = store.append(message(&thread, "a", "x")).await.unwrap();
    let second = store.append(message(&thread, "b", "x")).await.unwrap();
    assert_eq!((first.seq, second.seq), (Seq::new(1), Seq::new(2)));
    assert_eq!((told.seqs(thread.id), store.log_stats().untold), (vec![Seq::new(2)], 1));
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_panic_of_who_is_told_ends_nothing_on_sqlite() {
    a_panic_of_who_is_told_ends_nothing(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_panic_of_who_is_told_ends_nothing_on_postgres() {
    a_panic_of_who_is_told_ends_nothing(Backend::Postgres).await;
}

/// Whatever it answers: that no connection could be made says nothing against the messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_not_taken_apart_because_there_is_no_connection() {
    let (near, store, proxy) = far().await;
    let thread = near.fresh_thread(None).await;
    let name = near.database.url.rsplit('/').next().unwrap().to_owned();
    // An answer that is none of those for a database that is down.
    let mut admin = PgConnection::connect(&admin_url()).await.unwrap();
    let close = AssertSqlSafe(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
    admin.execute(close).await.unwrap();
    let before = proxy.accepted();
    let sends = (0..200).map(|n| store.append(message(&thread, &n.to_string(), "x")));
    for answer in side_by_side(sends.collect::<Vec<_>>()).await {
        let Err(AppendError::Port(port)) = answer else { panic!("{answer:?}") };
        assert_eq!(port.kind(), PortErrorKind::Unavailable, "{port:?}");
    }
    let tries = proxy.accepted() - before;
    assert!(tries < 100, "{tries} connections were made for 200 messages");
}

async fn marks_share_commits(backend: Backend) {
    let test = TestStore::new(backend).await;
    let mut threads = Vec::new();
    for _ in 0..20 {
        let thread = test.fresh_thread(None).await;
        test.write(&thread, "a", "x").await;
        threads.push(thread);
    }
    let marks = (0..400).map(|n| {
        let (store, thread) = (test.store.clone(), threads[n % 20]);
        async move { store.mark(Scope::Requester(thread.requester), mark(&thread, 1)).await.unwrap() }
    });
    let send = async {
        let asked = Instant::now();
        test.write(&threads[0], "b", "x").await;
        asked.elapsed()
    };
    let (answers, waited) = tokio::join!(side_by_side(marks.collect::<Vec<_>>()), send);
    let moved = answers.iter().filter(|answer| matches!(answer, Marked::Moved(_))).count();
    let stats = test.store.log_stats();
    assert_eq!((moved, stats.marks), (20, 400), "each moved once: {stats:?}");
    assert!(stats.mark_commits <= 10, "{stats:?}");
    assert!(waited < Duration::from_secs(1), "a message waits for one batch of marks at most: {waited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_that_wait_share_a_commit_on_sqlite() {
    marks_share_commits(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_that_wait_share_a_commit_on_postgres() {
    marks_share_commits(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_whose_row_is_locked_delays_others_for_a_moment_and_fails_alone() {
    let test = TestStore::with(Backend::Postgres, |options| options.patience = Duration::from_secs(4)).await;
    let (locked, other) = (test.fresh_thread(None).await, test.fresh_thread(None).await);
    for thread in [&locked, &other] {
        test.write(thread, "a", "x").await;
    }
    let mut holder = PgConnection::connect(&test.database.url).await.unwrap();
    holder.execute("BEGIN").await.unwrap();
    let lock = sqlx::query("SELECT 1 FROM participant WHERE conversation_id = $1 FOR UPDATE");
    lock.bind(locked.id.uuid()).execute(&mut holder).await.unwrap();
    let asked = Instant::now();
    let of = |thread: Thread| test.store.mark(Scope::All, mark(&thread, 1));
    let (first, second) = tokio::join!(of(locked), of(other));
    assert_eq!(first.unwrap_err().kind(), PortErrorKind::Conflict);
    assert!(matches!(second.unwrap(), Marked::Moved(_)));
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    holder.close().await.unwrap();
    assert!(matches!(of(locked).await.unwrap(), Marked::Moved(_)));
}
