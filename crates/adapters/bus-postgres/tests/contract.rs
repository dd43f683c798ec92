//! What a bus must do, over a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be done fails the test")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bus_postgres::PostgresBus;
use bytes::Bytes;
use realtime::{
    bus::{Bus, Carried},
    testing::{Ear, bus_contract, message},
};
use sqlx::Connection;
use tokio::{sync::mpsc::Receiver, time::timeout};

/// What a node hears.
struct Listening(Receiver<Carried>);

impl Ear for Listening {
    async fn next(&mut self) -> Carried {
        timeout(Duration::from_secs(10), self.0.recv()).await.expect("nothing came in 10 s").expect("the bus has ended")
    }
}

fn join(url: &str) -> (Arc<dyn Bus>, Listening) {
    let (bus, ear) = PostgresBus::join(url).unwrap();
    (bus, Listening(ear))
}

/// As the harness says, or as `cargo xtask services start` wrote it down.
fn url() -> String {
    std::env::var("GUICHET_TEST_POSTGRES_URL").ok().or_else(written).expect("cargo xtask services start")
}

fn written() -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/services.env");
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix("GUICHET_TEST_POSTGRES_URL=")).map(str::to_owned)
}

async fn run(statement: &str) {
    let mut connection = sqlx::PgConnection::connect(&url()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
}

/// A database of one test's own: notifications stay in it.
async fn database(name: &str) -> String {
    let name = format!("guichet_bus_{name}_{}", std::process::id());
    run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    run(&format!("CREATE DATABASE {name}")).await;
    let address = url();
    format!("{}/{name}", address.rsplit_once('/').unwrap().0)
}

async fn drop_database(url: &str) {
    run(&format!("DROP DATABASE {} WITH (FORCE)", url.rsplit_once('/').unwrap().1)).await;
}

#[tokio::test]
async fn the_bus_over_postgres_does_what_a_bus_must() {
    let url = database("contract").await;
    bus_contract(join(&url), join(&url)).await;
    drop_database(&url).await;
}

#[tokio::test]
async fn a_connection_that_is_lost_is_told_and_made_again() {
    let url = database("lost").await;
    let (bus, mut ear) = join(&url);
    assert_eq!(ear.next().await, Carried::Up);
    let name = url.rsplit_once('/').unwrap().1.to_owned();
    run(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = '{name}' AND application_name = 'guichet-bus'"
    ))
    .await;
    assert_eq!(ear.next().await, Carried::Down);
    assert_eq!(ear.next().await, Carried::Up);
    bus.send(Bytes::from_static(b"again"));
    assert_eq!(message(&mut ear).await, &b"again"[..]);
    drop(bus);
    drop_database(&url).await;
}

#[tokio::test]
async fn a_database_that_is_not_there_holds_up_nobody() {
    let (bus, _ear) = PostgresBus::join("postgres://nobody@127.0.0.1:1/none").unwrap();
    let began = Instant::now();
    for _ in 0..20_000 {
        bus.send(Bytes::from_static(b"nobody hears"));
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(PostgresBus::join("nonsense").is_err());
}
