//! Signing keys over several nodes.

use std::time::Duration;

use kernel::Refusal;

use crate::{Identity, testing::Fixture};

fn key_of(token: &kernel::Secret) -> String {
    token.expose().split('.').next().unwrap().to_owned()
}

#[tokio::test]
async fn nodes_share_the_first_key() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    assert_eq!(fixture.identity.jwks(), other_node.jwks());
    let token = fixture.login("agent@demo.test").await.unwrap().access_token;
    assert!(other_node.authenticate(token.expose()).await.is_ok());
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_outlives_its_tokens() {
    let fixture = Fixture::new().await;
    let by_old = fixture.login("agent@demo.test").await.unwrap().access_token;
    fixture.identity.rotate_signing_key().await.unwrap();
    assert_eq!(fixture.identity.jwks()["keys"].as_array().unwrap().len(), 2);
    fixture.env.pass(Duration::from_secs(119));
    let last_by_old = fixture.login("agent@demo.test").await.unwrap().access_token;
    assert_eq!(key_of(&last_by_old), key_of(&by_old));
    fixture.env.pass(Duration::from_secs(1));
    let by_new = fixture.login("agent@demo.test").await.unwrap().access_token;
    assert_ne!(key_of(&by_new), key_of(&by_old));
    fixture.env.pass(Duration::from_secs(898));
    assert!(fixture.identity.authenticate(last_by_old.expose()).await.is_ok());
    fixture.env.pass(Identity::KEY_SLACK + Duration::from_secs(2));
    let refused = fixture.identity.authenticate(last_by_old.expose()).await.unwrap_err();
    assert_eq!(refused.code(), "identity.not_authenticated");
    assert_eq!(fixture.identity.jwks()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_node_learns_of_a_new_key_in_time() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    fixture.identity.rotate_signing_key().await.unwrap();
    fixture.env.pass(Duration::from_secs(30));
    other_node.catch_up().await.unwrap();
    assert_eq!(other_node.jwks(), fixture.identity.jwks());
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_a_minute() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    fixture.env.pass(Duration::from_secs(59));
    fixture.identity.rotate_signing_key().await.unwrap();
    fixture.env.pass(Duration::from_secs(1));
    assert!(other_node.authenticate("unknown.[].x").await.is_err(), "this one causes the look");
    fixture.identity.rotate_signing_key().await.unwrap();
    fixture.env.pass(Identity::KEY_LEAD);
    let by_third = fixture.login("agent@demo.test").await.unwrap().access_token;
    assert!(other_node.authenticate(by_third.expose()).await.is_ok(), "a minute later it looks again");
    let keys = other_node.jwks()["keys"].as_array().unwrap().len();
    fixture.identity.rotate_signing_key().await.unwrap();
    fixture.env.pass(Duration::from_secs(59));
    for _ in 0..100 {
        assert!(other_node.authenticate("unknown.[].x").await.is_err());
    }
    assert_eq!(other_node.jwks()["keys"].as_array().unwrap().len(), keys, "not within the minute");
}

#[tokio::test]
async fn two_nodes_that_rotate_at_once_make_one_key() {
    let fixture = Fixture::new().await;
    let other_node = fixture.another_node().await;
    let (here, there) = tokio::join!(fixture.identity.rotate_signing_key(), other_node.rotate_signing_key());
    here.unwrap();
    there.unwrap();
    let stored = crate::SigningKeyStore::list(&fixture.store).await.unwrap();
    assert_eq!(stored.iter().filter(|key| key.verifies_until.is_none()).count(), 1);
}
