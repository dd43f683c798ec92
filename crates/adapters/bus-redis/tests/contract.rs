//! What a bus and shared budgets must do, over a real Redis.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be done fails the test")]

mod server;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bus_redis::{RedisBudgets, RedisBus};
use bytes::Bytes;
use chat::{Allowance, Budgets};
use kernel::{OrganizationId, ParticipantId};
use realtime::{
    bus::{Bus, Carried},
    testing::{Ear, bus_contract, message},
};
use server::RedisServer;
use tokio::{sync::mpsc::Receiver, time::timeout};
use uuid::Uuid;

const TWENTY: Allowance = Allowance { count: 20, within: Duration::from_secs(10) };

/// What a node hears.
struct Listening(Receiver<Carried>);

impl Ear for Listening {
    async fn next(&mut self) -> Carried {
        timeout(Duration::from_secs(10), self.0.recv()).await.expect("nothing came in 10 s").expect("the bus has ended")
    }
}

fn join(redis: &RedisServer, installation: &str) -> (Arc<RedisBus>, Listening) {
    let (bus, ear) = RedisBus::join(&redis.url(), installation).unwrap();
    (bus, Listening(ear))
}

/// A node's own budgets: so many each, and none comes back while a test lasts.
#[derive(Default)]
struct Own(Mutex<HashMap<(OrganizationId, ParticipantId), u32>>);

#[async_trait]
impl Budgets for Own {
    async fn take(&self, of: OrganizationId, person: ParticipantId, allowance: Allowance) -> Result<(), Duration> {
        let mut taken = self.0.lock().unwrap();
        let taken = taken.entry((of, person)).or_default();
        if *taken >= allowance.count {
            return Err(allowance.within);
        }
        *taken += 1;
        Ok(())
    }
}

fn organization(n: u128) -> OrganizationId {
    OrganizationId::new(Uuid::from_u128(n))
}

fn person(n: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(n))
}

/// A node's budgets, once it is connected.
async fn budgets(redis: &RedisServer, installation: &str) -> (RedisBudgets, Arc<RedisBus>) {
    let (bus, mut ear) = join(redis, installation);
    assert_eq!(ear.next().await, Carried::Up);
    // The bus lives as long as somebody listens.
    tokio::spawn(async move { while ear.0.recv().await.is_some() {} });
    (RedisBudgets::new(&bus, installation, Arc::new(Own::default())), bus)
}

#[tokio::test]
async fn the_bus_over_redis_does_what_a_bus_must() {
    let redis = RedisServer::start();
    let ((one, one_ear), (other, other_ear)) = (join(&redis, "here"), join(&redis, "here"));
    bus_contract((one as Arc<dyn Bus>, one_ear), (other as Arc<dyn Bus>, other_ear)).await;
}

#[tokio::test]
async fn installations_that_share_a_redis_hear_nothing_of_each_other() {
    let redis = RedisServer::start();
    let (here, mut here_ear) = join(&redis, "here");
    let (there, mut there_ear) = join(&redis, "there");
    for ear in [&mut here_ear, &mut there_ear] {
        assert_eq!(ear.next().await, Carried::Up);
    }
    here.send(Bytes::from_static(b"of here"));
    assert_eq!(message(&mut here_ear).await, &b"of here"[..]);
    there.send(Bytes::from_static(b"of there"));
    assert_eq!(message(&mut there_ear).await, &b"of there"[..], "the first that comes is its own");
}

#[tokio::test]
async fn a_redis_that_is_down_at_first_or_later_is_no_error_and_what_was_said_meanwhile_does_not_come() {
    let mut redis = RedisServer::start();
    redis.kill();
    let (bus, mut ear) = join(&redis, "here");
    let began = Instant::now();
    for _ in 0..20_000 {
        bus.send(Bytes::from_static(b"nobody hears"));
    }
    assert!(began.elapsed() < Duration::from_secs(1), "nobody waits: {:?}", began.elapsed());
    redis.restart();
    assert_eq!(ear.next().await, Carried::Up);
    bus.send(Bytes::from_static(b"now"));
    assert_eq!(message(&mut ear).await, &b"now"[..]);
    redis.kill();
    assert_eq!(ear.next().await, Carried::Down);
    bus.send(Bytes::from_static(b"nobody hears this either"));
    redis.restart();
    assert_eq!(ear.next().await, Carried::Up);
    bus.send(Bytes::from_static(b"again"));
    assert_eq!(message(&mut ear).await, &b"again"[..]);
    assert!(RedisBus::join("http://nonsense", "here").is_err());
}

#[tokio::test]
async fn one_budget_counts_on_all_nodes_and_a_refusal_takes_nothing() {
    let redis = RedisServer::start();
    let ((one, _one_bus), (other, _other_bus)) = (budgets(&redis, "here").await, budgets(&redis, "here").await);
    for n in 0..20 {
        let node = if n % 2 == 0 { &one } else { &other };
        node.take(organization(1), person(1), TWENTY).await.unwrap();
    }
    for node in [&one, &other, &one] {
        let wait = node.take(organization(1), person(1), TWENTY).await.unwrap_err();
        assert!(wait <= Duration::from_millis(500), "knocking does not prolong it: {wait:?}");
    }
    other.take(organization(2), person(1), TWENTY).await.expect("the same id elsewhere is somebody else");
    one.take(organization(1), person(2), TWENTY).await.expect("somebody else");
    let (there, _there_bus) = budgets(&redis, "there").await;
    there.take(organization(1), person(1), TWENTY).await.expect("another installation");
    let short = Allowance { count: 2, within: Duration::from_millis(200) };
    for _ in 0..2 {
        one.take(organization(1), person(3), short).await.unwrap();
    }
    let wait = other.take(organization(1), person(3), short).await.unwrap_err();
    tokio::time::sleep(wait).await;
    other.take(organization(1), person(3), short).await.expect("it waited as long as it was told");
}

#[tokio::test]
async fn without_redis_a_node_counts_for_itself_at_once_and_lets_nobody_start_afresh() {
    let mut redis = RedisServer::start();
    let (node, _bus) = budgets(&redis, "here").await;
    for _ in 0..15 {
        node.take(organization(1), person(1), TWENTY).await.unwrap();
    }
    redis.kill();
    let mut taken = 0;
    let mut slowest = Duration::ZERO;
    loop {
        let began = Instant::now();
        let answer = node.take(organization(1), person(1), TWENTY).await;
        slowest = slowest.max(began.elapsed());
        if answer.is_err() {
            break;
        }
        taken += 1;
        assert!(taken <= 10, "a budget without an end");
    }
    println!("without Redis: {taken} more, the slowest after {slowest:?}");
    assert_eq!(taken, 5, "what was taken before counts");
    assert!(slowest < RedisBudgets::PATIENCE * 3, "{slowest:?}");
}

#[tokio::test]
async fn an_emptied_redis_gives_at_most_one_fresh_budget_and_one_without_memory_the_nodes_own() {
    let redis = RedisServer::start();
    let (node, _bus) = budgets(&redis, "here").await;
    let mut taken = 0;
    for _ in 0..2 {
        while node.take(organization(1), person(1), TWENTY).await.is_ok() {
            taken += 1;
        }
        redis.command(&["FLUSHALL"]);
    }
    assert!((40..=42).contains(&taken), "{taken}");
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let mut taken = 0;
    while node.take(organization(1), person(2), TWENTY).await.is_ok() {
        taken += 1;
        assert!(taken <= 40, "a full Redis is no open door");
    }
    assert!(taken >= 20, "{taken}");
}
