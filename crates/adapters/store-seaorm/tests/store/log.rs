//! The log under trouble that the suite of the chat cannot make.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chat::{
    Append, AppendError, Appended, ConversationLog, Seq,
    testing::{RecordedHints, Thread, side_by_side},
};
use kernel::{Env, MessageId, PortErrorKind, SystemEnv};
use sqlx::{Connection, Executor, PgConnection};
use store_seaorm::SeaStore;
use support_request::{ConversationState, RequestStore};

use crate::{
    database::{Backend, Fresh},
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
    let test = TestStore::with(Backend::Postgres, |options| options.patience = Duration::from_millis(600)).await;
    let thread = test.fresh_thread(None).await;
    let holder = held(&test, &thread).await;
    let asked = Instant::now();
    let sends = (0..3).map(|n| test.store.append(message(&thread, &n.to_string(), "x")));
    for answer in side_by_side(sends.collect::<Vec<_>>()).await {
        let Err(AppendError::Port(port)) = answer else { panic!("{answer:?}") };
        assert!(matches!(port.kind(), PortErrorKind::Conflict | PortErrorKind::Unavailable), "{port:?}");
    }
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
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
    let closed = ConversationState { assignee: None, resolved: true, closed: true, merged_into: None };
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
