//! A client that writes STOMP by hand, to a hub with a log in memory behind it.

use std::sync::Arc;

use kernel::Caller;

use crate::{
    Close, Conn, Done, Heard, Job, Limits, Out, Protocol,
    tests::{
        people,
        world::{Fault, World, job, may_read},
    },
};

/// A frame of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) command: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

pub(super) struct Talk {
    pub(super) world: World,
    pub(super) conn: Arc<Conn>,
    /// Texts that were no frames: heart-beats.
    pub(super) beats: usize,
    pub(super) closed: Option<Close>,
}

impl Told {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Reads a frame as a client of 1.2 does.
    pub(super) fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or_else(|| panic!("no frame: {text:?}"));
        let mut lines = head.split('\n');
        let command = lines.next().unwrap().to_owned();
        let plain =
            |text: &str| text.replace("\\n", "\n").replace("\\r", "\r").replace("\\c", ":").replace("\\\\", "\\");
        let headers = lines.map(|line| line.split_once(':').unwrap()).map(|(name, value)| (plain(name), plain(value)));
        let told = Self { command, headers: headers.collect(), body: body.strip_suffix('\0').unwrap().to_owned() };
        let length = told.header("content-length");
        assert!(length.is_empty() || length == told.body.len().to_string(), "{told:?}");
        told
    }
}

impl Talk {
    pub(super) fn open() -> Self {
        Self::with(Limits::default())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let mut world = World::new(limits);
        let conn = world.open_as(Protocol::Stomp);
        Self { world, conn, beats: 0, closed: None }
    }

    /// A connection of 1.2 that is let in as this caller.
    pub(super) fn of(caller: &Caller) -> Self {
        Self::of_version(caller, "1.2")
    }

    pub(super) fn of_version(caller: &Caller, version: &str) -> Self {
        let mut talk = Self::open();
        talk.connect(caller, &format!("accept-version:{version}\n"));
        talk
    }

    pub(super) fn connect(&mut self, caller: &Caller, headers: &str) -> Told {
        self.says(&format!("CONNECT\nAuthorization:Bearer t\n{headers}\n\0"));
        self.admit(caller);
        let told = self.run();
        let [connected] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(connected.command, "CONNECTED", "{connected:?}");
        connected.clone()
    }

    pub(super) fn admit(&mut self, caller: &Caller) {
        assert!(matches!(job(&self.conn), Some(Job::Authenticate { .. })));
        self.world.admit(&self.conn, caller);
    }

    pub(super) fn says(&mut self, text: &str) {
        self.hears(Heard::Text(text));
    }

    pub(super) fn hears(&mut self, heard: Heard<'_>) {
        self.world.hub.hear(&self.conn, heard, self.world.now);
        self.pursue();
    }

    /// Gives the session what it may have, as the reader does.
    pub(super) fn pursue(&mut self) -> bool {
        let mut moved = false;
        while self.conn.has_heard() && !self.conn.is_closed() && may_read(&self.world, &self.conn) {
            self.world.hub.pursue(&self.conn, self.world.now);
            moved = true;
        }
        moved
    }

    /// Runs all jobs and reads all frames until nothing moves.
    pub(super) fn run(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        loop {
            let mut moved = self.pursue();
            while self.step(None) {
                moved = true;
            }
            let read = self.read();
            moved |= !read.is_empty();
            told.extend(read);
            if !moved {
                return told;
            }
        }
    }

    /// Runs one job.
    pub(super) fn step(&mut self, fault: Option<Fault>) -> bool {
        let Some(job) = job(&self.conn) else { return false };
        let (done, hint) = self.world.perform(&self.conn, job, fault);
        if let Some(hint) = hint {
            self.world.hub.publish(&[hint]);
        }
        self.world.hub.done(&self.conn, done);
        true
    }

    pub(super) fn done(&self, done: Done) {
        self.world.hub.done(&self.conn, done);
    }

    pub(super) fn read(&mut self) -> Vec<Told> {
        self.read_some(usize::MAX)
    }

    pub(super) fn read_some(&mut self, bytes: usize) -> Vec<Told> {
        let mut told = Vec::new();
        for out in self.world.out(&self.conn, bytes) {
            match out {
                Out::Text(text) if text.as_ref() == b"\n" => self.beats += 1,
                Out::Text(text) => told.push(Told::read(std::str::from_utf8(&text).unwrap())),
                Out::Close(close) => self.closed = Some(close),
                Out::Ping | Out::Pong(_) => {}
            }
        }
        told
    }

    /// Says something, and gives what it leads to.
    pub(super) fn asks(&mut self, text: &str) -> Vec<Told> {
        self.says(text);
        self.run()
    }

    /// A subscription to conversation `n`, with further headers.
    pub(super) fn follows(&mut self, n: u128, headers: &str) -> Vec<Told> {
        self.asks(&format!("SUBSCRIBE\ndestination:{}\n{headers}\n\0", topic(n)))
    }

    pub(super) fn sends(&mut self, n: u128, headers: &str, body: &str) {
        self.says(&format!("SEND\ndestination:{}\n{headers}\n{body}\0", app(n, "send")));
    }

    /// Somebody else writes, and all who follow hear of it.
    pub(super) fn others_say(&mut self, n: u128, name: &str) {
        let hint = self.world.append(n, &people::agent(), name, None);
        self.world.hub.publish(&[hint]);
    }
}

pub(super) fn topic(n: u128) -> String {
    format!("/topic/conversations/{}", people::conversation(n))
}

pub(super) fn app(n: u128, verb: &str) -> String {
    format!("/app/conversations/{}/{verb}", people::conversation(n))
}

/// The places of the entries among these that came by a subscription.
pub(super) fn seqs(told: &[Told], subscription: &str) -> Vec<u64> {
    let entries = told.iter().filter(|one| one.command == "MESSAGE" && one.header("subscription") == subscription);
    entries.filter(|one| !one.header("seq").is_empty()).map(|one| one.header("seq").parse().unwrap()).collect()
}

/// The commands and the event or receipt of each.
pub(super) fn names(told: &[Told]) -> Vec<String> {
    let name = |one: &Told| match one.command.as_str() {
        "MESSAGE" => format!("{} {}", one.header("event"), one.header("seq")).trim_end().to_owned(),
        "RECEIPT" => format!("RECEIPT {}", one.header("receipt-id")),
        "ERROR" => format!("ERROR {}", one.header("code")),
        other => other.to_owned(),
    };
    told.iter().map(name).collect()
}
