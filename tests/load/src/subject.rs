//! What is measured: the product over a store, or the floor below it; and the people who use it.

use crate::floor::Floor;
use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tests::database::Store;
use tests::people::ORGANIZATION;
use tests::rest::Rest;
use tests::server::{Server, Settings};

/// Calls that make people, side by side.
const SIDE_BY_SIDE: usize = 16;

/// A place from which a conversation is followed.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) conversation: String,
    /// Of the visitor whose conversation it is.
    pub(crate) token: String,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Seats {
    pub(crate) all: Vec<Seat>,
    /// The token of somebody who may write in each.
    pub(crate) staff: String,
}

/// A server, as it is measured.
pub(crate) enum Subject {
    Floor(Floor),
    Guichet(Box<Server>, Store),
}

impl Subject {
    /// The floor, with conversations that need not exist.
    pub(crate) fn floor(seats: usize) -> Result<(Self, Arc<Seats>)> {
        let seat = |number| Seat {
            conversation: format!("00000000-0000-7000-8000-{number:012x}"),
            // As long as one of a guest.
            token: "x".repeat(64),
        };
        let seats = Seats { all: (0..seats).map(seat).collect(), staff: "x".repeat(256) };
        Ok((Self::Floor(Floor::start(0)?), Arc::new(seats)))
    }

    /// The product over that store, durable as in production, with so many visitors and their conversations.
    pub(crate) async fn guichet(store: Store, seats: usize) -> Result<(Self, Arc<Seats>)> {
        let server = Settings { durable: true, ..Settings::over(store) }.start().await;
        let staff = server.sign_in("admin").await.rest.token().to_owned();
        let rest = server.rest();
        let all = stream::iter(0..seats)
            .map(|number| visitor(rest.clone(), number))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        Ok((Self::Guichet(Box::new(server), store), Arc::new(Seats { all, staff })))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Floor(_) => "floor",
            Self::Guichet(_, Store::Sqlite) => "Guichet, SQLite",
            Self::Guichet(_, Store::Postgres) => "Guichet, PostgreSQL",
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Floor(floor) => floor.address,
            Self::Guichet(server, _) => server.address(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        match self {
            Self::Floor(floor) => floor.pid(),
            Self::Guichet(server, _) => server.pid(),
        }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<()> {
        match self {
            Self::Floor(floor) => floor.kill()?,
            Self::Guichet(server, _) => server.kill(),
        }
        Ok(())
    }

    /// Starts it again after [`Self::kill`], on the same port, and waits until it is ready.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        match self {
            Self::Floor(floor) => *floor = Floor::start(floor.address.port())?,
            Self::Guichet(server, _) => server.restart().await,
        }
        Ok(())
    }

    /// A process whose memory says nothing of what was done before.
    pub(crate) async fn begin_afresh(&mut self) -> Result<()> {
        if let Self::Guichet(server, _) = self {
            server.terminate();
            server.ended(Duration::from_secs(30)).await;
        } else {
            self.kill()?;
        }
        self.restart().await
    }
}

async fn visitor(rest: Rest, number: usize) -> Result<Seat> {
    let body = json!({ "organization": ORGANIZATION, "name": format!("Visitor {number}") });
    let answer = rest.post("/public/conversations", &body).await.expect(201);
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
    Ok(Seat { conversation: text(&answer["conversation"]["id"])?, token: text(&answer["access_token"])? })
}
