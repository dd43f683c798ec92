//! The history that epochs name: recognised, and renewed when it is another one.

use std::{collections::BTreeSet, time::Duration};

use chat::{LogCursor, LogFeed, LogRecord};
use store_seaorm::{History, recognise_history, renew_epochs};

use crate::{
    database::{Backend, Fresh},
    harness::TestStore,
};

async fn epochs(database: &Fresh) -> BTreeSet<uuid::Uuid> {
    let rows = database.all("SELECT epoch FROM organization").await;
    rows.iter().map(|row| row.try_get("", "epoch").unwrap()).collect()
}

async fn renewed_epochs_are_new_for_every_organisation(backend: Backend) {
    let store = TestStore::new(backend).await;
    store.fresh_organization().await;
    store.fresh_organization().await;
    let before = epochs(&store.database).await;
    assert_eq!(renew_epochs(&store.database.url).await.unwrap(), before.len());
    let after = epochs(&store.database).await;
    assert_eq!(after.len(), before.len(), "each has its own");
    assert!(before.len() >= 2 && before.is_disjoint(&after), "{before:?} {after:?}");
    assert_eq!(recognise_history(&store.database.url).await.unwrap(), History::Same);
}

#[tokio::test]
async fn renewed_epochs_are_new_for_every_organisation_on_sqlite() {
    renewed_epochs_are_new_for_every_organisation(Backend::Sqlite).await;
}

#[tokio::test]
async fn renewed_epochs_are_new_for_every_organisation_on_postgres() {
    renewed_epochs_are_new_for_every_organisation(Backend::Postgres).await;
}

#[tokio::test]
async fn a_database_that_came_to_another_cluster_is_recognised_until_its_epochs_are_renewed() {
    let database = Fresh::migrated(Backend::Postgres).await;
    assert_eq!(recognise_history(&database.url).await.unwrap(), History::Same, "the first time it is recorded");
    assert_eq!(recognise_history(&database.url).await.unwrap(), History::Same);
    database.run("UPDATE cluster SET system_identifier = system_identifier - 1").await;
    for _ in 0..2 {
        let found = recognise_history(&database.url).await.unwrap();
        assert!(matches!(found, History::Other { .. }), "asking again changes nothing: {found:?}");
    }
    renew_epochs(&database.url).await.unwrap();
    assert_eq!(recognise_history(&database.url).await.unwrap(), History::Same);
}

#[tokio::test]
async fn a_consumer_goes_on_where_it_stood_when_the_dump_came_from_a_cluster_far_ahead() {
    let store = TestStore::new(Backend::Postgres).await;
    let thread = store.fresh_thread(None).await;
    for name in ["a", "b", "c", "d"] {
        store.write(&thread, name, name).await;
    }
    store.database.run("UPDATE entry SET tx = (4000000000000 + seq)::text::xid8, tx_row = 1").await;
    store.database.run("INSERT INTO log_position VALUES ('reader', 4000000000002, 1)").await;
    let place = store.store.position("reader").await.unwrap();
    assert_eq!(store.store.next(place, 10).await.unwrap(), [], "the entries seem to lie in the future");

    renew_epochs(&store.database.url).await.unwrap();
    let place = store.store.position("reader").await.unwrap();
    let rest = told(&store, place, 2).await;
    assert_eq!(rest.iter().map(|record| record.entry.seq.get()).collect::<Vec<_>>(), [3, 4]);
    store.write(&thread, "e", "e").await;
    let after = told(&store, rest[1].cursor, 1).await;
    assert_eq!(after.iter().map(|record| record.entry.seq.get()).collect::<Vec<_>>(), [5]);
}

/// What the feed tells once it tells so many: transactions of other tests on the cluster hold it back.
async fn told(store: &TestStore, after: LogCursor, count: usize) -> Vec<LogRecord> {
    loop {
        let records = store.store.next(after, 10).await.unwrap();
        if records.len() >= count {
            return records;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
