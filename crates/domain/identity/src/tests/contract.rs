//! The fakes keep the promises that the real ones keep.

use std::sync::Arc;

use crate::testing::{
    FakePasswords, FakeSecrets, FakeStore, FakeTokens,
    contract::{self, Stores},
};

fn fresh() -> std::future::Ready<Stores> {
    let store = Arc::new(FakeStore::new());
    std::future::ready(Stores {
        store: store.clone(),
        views: store.clone(),
        revocations: store.clone(),
        expired: store.clone(),
        letters: store.clone(),
        keys: store.clone(),
        outbox: store,
        keep: Box::new(()),
    })
}

crate::identity_store_contract!(fresh);

#[tokio::test]
async fn passwords() {
    contract::passwords_keep_their_promises(&FakePasswords::default()).await;
}

#[test]
fn secrets() {
    contract::secrets_keep_their_promises(&FakeSecrets::default());
}

#[test]
fn access_tokens() {
    contract::access_tokens_keep_their_promises(&FakeTokens::of_node("a"), &FakeTokens::of_node("b"));
}
