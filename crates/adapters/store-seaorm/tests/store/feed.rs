//! The order in which the log is told to its consumers.

use std::time::Duration;

use chat::{ConversationLog, LogCursor, LogFeed};
use sqlx::{Connection, Executor, PgConnection};

use crate::{
    database::Backend,
    harness::{TestStore, message},
};

/// Another node had the conversation before, in a transaction that began after ours: its id is the greater one.
#[tokio::test]
async fn an_entry_whose_transaction_is_older_than_that_of_the_one_before_it_is_told_after_it() {
    let test = TestStore::new(Backend::Postgres).await;
    let thread = test.fresh_thread(None).await;
    test.write(&thread, "a", "x").await;
    let later = "UPDATE entry SET tx = (pg_current_xact_id()::text::bigint + 1000)::text::xid8";
    test.database.run(later).await;
    test.database.run("UPDATE conversation c SET last_tx = e.tx, last_tx_row = e.tx_row FROM entry e").await;
    test.write(&thread, "b", "x").await;
    test.other.append(message(&thread, "c", "x")).await.unwrap();

    let mut admin = PgConnection::connect(&test.database.url).await.unwrap();
    let all = "SELECT tx::text::bigint, tx_row FROM entry ORDER BY seq";
    let places: Vec<(i64, i64)> = sqlx::query_as(all).fetch_all(&mut admin).await.unwrap();
    assert!(places.iter().all(|place| place.0 == places[0].0), "they stand in the place of the first: {places:?}");
    assert!(places.is_sorted() && places[1].1 > 1 << 40 && places[2].1 > 2 << 40, "{places:?}");

    for _ in 0..1_100 {
        admin.execute("SELECT pg_current_xact_id()").await.unwrap();
    }
    test.write(&thread, "d", "x").await;
    let last: (i64, i64) = sqlx::query_as(all).fetch_all(&mut admin).await.unwrap().pop().unwrap();
    assert!(last.0 > places[0].0 && last.1 < 1 << 12, "in the place of its own transaction: {last:?}");

    let (mut told, mut at) = (Vec::new(), LogCursor::default());
    while told.len() < 4 {
        // One by one, so that the place of each has to be its own; other tests on the cluster may hold it back.
        match test.store.next(at, 1).await.unwrap().pop() {
            Some(record) => {
                assert!(record.cursor > at);
                at = record.cursor;
                told.push(record.entry.seq.get());
            }
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    assert_eq!(told, [1, 2, 3, 4]);
}
