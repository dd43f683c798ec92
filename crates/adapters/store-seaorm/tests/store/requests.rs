//! Requests beside what the suite of their domain asks.

use chat::{LogFeed, testing::Thread};
use kernel::{Claim, Env, IdempotentCall, OrganizationId, Repeat, SystemEnv};
use sqlx::{Connection, Executor, PgConnection};
use support_request::{RequestStore, RequestViews};

use crate::{database::Backend, harness::TestStore};

/// The consumer of the log asks for it once a message: the log and the people are not touched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_reads_the_request_and_nothing_else() {
    let test = TestStore::new(Backend::Postgres).await;
    let thread = test.fresh_thread(None).await;
    let mut holder = PgConnection::connect(&test.database.url).await.unwrap();
    holder.execute("BEGIN").await.unwrap();
    holder.execute("LOCK TABLE entry, conversation, participant, user_account IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let found = test.store.snapshot(thread.organization, thread.support_request).await.unwrap();
    assert_eq!(found.map(|request| request.id), Some(thread.support_request));
    holder.close().await.unwrap();
}

const CONSUMER: &str = "tests.consumer";

/// A consumer takes an event for each of these ages in days.
async fn taken(test: &TestStore, organization: OrganizationId, consumer: &str, ages: &[i64]) {
    for age in ages {
        let mut tx = RequestStore::begin(&*test.store, organization).await.unwrap();
        let event = kernel::EventId::new(SystemEnv.uuid());
        assert!(tx.inbox().take(consumer, event).await.unwrap());
        tx.commit().await.unwrap();
        let at = days_ago(test, *age);
        test.database
            .run(&format!("UPDATE inbox SET taken_at = {at} WHERE event_id = {}", test.database.id(event.uuid())))
            .await;
    }
}

fn days_ago(test: &TestStore, days: i64) -> String {
    let micros = SystemEnv.now().as_micros() - days * 86_400_000_000;
    match test.database.backend {
        Backend::Sqlite => micros.to_string(),
        Backend::Postgres => format!("to_timestamp({micros}::float8 / 1000000)"),
    }
}

/// A message of this age, up to which the consumer has come.
async fn consumed(test: &TestStore, thread: &Thread, name: &str, days: i64) {
    let stored = test.write(thread, name, "x").await;
    let at = days_ago(test, days);
    let id = test.database.id(stored.message_id.uuid());
    test.database.run(&format!("UPDATE entry SET created_at = {at} WHERE id = {id}")).await;
    let last = loop {
        let after = test.store.position(CONSUMER).await.unwrap();
        let records = test.store.next(after, 100).await.unwrap();
        if let Some(last) = records.last() {
            break last.cursor;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    test.store.advance(CONSUMER, last).await.unwrap();
}

async fn ages_left(test: &TestStore, consumer: &str) -> usize {
    test.database.all(&format!("SELECT 1 FROM inbox WHERE consumer = '{consumer}'")).await.len()
}

async fn events_are_forgotten_a_week_behind_their_consumer(backend: Backend) {
    let test = TestStore::new(backend).await;
    let (thread, other) = (test.fresh_thread(None).await, test.fresh_thread(None).await);
    taken(&test, thread.organization, CONSUMER, &[40, 31, 8, 6, 0]).await;
    taken(&test, other.organization, CONSUMER, &[40, 0]).await;
    taken(&test, thread.organization, "tests.another", &[40]).await;
    assert_eq!(test.store.purge_inbox().await.unwrap(), 0, "nobody knows how far they are");
    consumed(&test, &thread, "a", 30).await;
    assert_eq!(test.store.purge_inbox().await.unwrap(), 2, "it lags by 30 days, and may meet what is younger than 37");
    assert_eq!(ages_left(&test, CONSUMER).await, 5);
    consumed(&test, &thread, "b", 0).await;
    assert_eq!(test.store.purge_inbox().await.unwrap(), 2);
    assert_eq!(test.store.purge_inbox().await.unwrap(), 0);
    assert_eq!((ages_left(&test, CONSUMER).await, ages_left(&test, "tests.another").await), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_forgotten_a_week_behind_their_consumer_on_sqlite() {
    events_are_forgotten_a_week_behind_their_consumer(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_forgotten_a_week_behind_their_consumer_on_postgres() {
    events_are_forgotten_a_week_behind_their_consumer(Backend::Postgres).await;
}

fn call(key: &str) -> IdempotentCall {
    let principal = uuid::Uuid::from_u128(7);
    IdempotentCall { principal, operation: "test", key: key.to_owned(), body: "b".to_owned(), kept: None }
}

async fn calls_are_forgotten_when_their_time_is_over(backend: Backend) {
    let test = TestStore::new(backend).await;
    let (one, two) = (test.fresh_thread(None).await.organization, test.fresh_thread(None).await.organization);
    let now = SystemEnv.now();
    let yesterday = now - IdempotentCall::LIFE;
    for (organization, key, at) in [(one, "old", yesterday), (two, "old", yesterday), (one, "young", now)] {
        let mut tx = RequestStore::begin(&*test.store, organization).await.unwrap();
        assert_eq!(tx.calls().claim(&call(key), SystemEnv.uuid(), at).await.unwrap(), Claim::New);
        tx.commit().await.unwrap();
    }
    assert_eq!(test.store.purge_calls(now).await.unwrap(), 2);
    assert_eq!(test.store.purge_calls(now).await.unwrap(), 0);
    let left = test.database.all("SELECT key FROM idempotent_call").await;
    assert_eq!(left.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_forgotten_when_their_time_is_over_on_sqlite() {
    calls_are_forgotten_when_their_time_is_over(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_forgotten_when_their_time_is_over_on_postgres() {
    calls_are_forgotten_when_their_time_is_over(Backend::Postgres).await;
}

/// Waiting would hold a connection, of which there are few, for every impatient retry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_while_a_call_is_carried_out_is_told_soon() {
    let test = TestStore::new(Backend::Postgres).await;
    let organization = test.fresh_thread(None).await.organization;
    let begin = || RequestStore::begin(&*test.store, organization);
    let (now, resource) = (SystemEnv.now(), SystemEnv.uuid());
    let mut first = begin().await.unwrap();
    assert_eq!(first.calls().claim(&call("k"), resource, now).await.unwrap(), Claim::New);
    let mut second = begin().await.unwrap();
    assert_eq!(second.calls().claim(&call("k"), SystemEnv.uuid(), now).await.unwrap(), Claim::Running);
    assert_eq!(second.calls().find(&call("k"), now).await.unwrap(), Claim::New, "nothing is there yet");
    assert_eq!(second.calls().claim(&call("other"), SystemEnv.uuid(), now).await.unwrap(), Claim::New);
    first.commit().await.unwrap();
    let told = Claim::Repeat(Repeat { resource, kept: None });
    assert_eq!(second.calls().claim(&call("k"), SystemEnv.uuid(), now).await.unwrap(), told);
    let mut third = begin().await.unwrap();
    assert_eq!(third.calls().claim(&call("k"), SystemEnv.uuid(), now).await.unwrap(), told);
}

/// Whoever works for an organisation removes nothing of it but what is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_deleted_can_be_removed() {
    let test = TestStore::new(Backend::Postgres).await;
    let thread = test.fresh_thread(None).await;
    test.write(&thread, "a", "Bonjour").await;
    let mut app = PgConnection::connect(&test.database.url).await.unwrap();
    let organization = thread.organization;
    app.execute("SET ROLE guichet_app").await.unwrap();
    let set = format!("SELECT set_config('guichet.organization', '{organization}', false)");
    app.execute(sqlx::AssertSqlSafe(set)).await.unwrap();
    let tables = ["timeline_entry", "guest_token", "entry", "chat_session", "participant", "conversation"];
    for table in tables.into_iter().chain(["support_request"]) {
        let removed = app.execute(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).await.unwrap();
        assert_eq!(removed.rows_affected(), 0, "{table}");
    }
    test.database.run("UPDATE conversation SET deleted_at = now()").await;
    let removed = app.execute("DELETE FROM entry").await.unwrap();
    assert_eq!(removed.rows_affected(), 1);
    app.close().await.unwrap();
}
