//! Connections whose protocol is not the native one: what is heard and told goes through their codec.

use std::sync::Arc;

use kernel::Timestamp;

use super::Hub;
use crate::{Close, Conn, Heard, Out, Step, Told, Written, native};

impl Hub {
    /// A message of the transport has come. What it says is given to the session at once in the native protocol; with
    /// another one by [`Self::pursue`], as long as [`Conn::has_heard`].
    pub fn hear(&self, conn: &Arc<Conn>, heard: Heard<'_>, now: Timestamp) {
        if conn.with_codec(|codec| codec.feed(heard, now)).is_some() {
            // Whatever it says, the client is there.
            return self.heard(conn, None);
        }
        match heard {
            Heard::Text(text) => self.receive(conn, native::parse(text), now),
            Heard::Binary(_) => self.close(conn, Close::Malformed),
        }
    }

    /// Gives the session the next thing that its client said. To be called only while [`Conn::may_read`], so that no
    /// more waits than may.
    pub fn pursue(&self, conn: &Arc<Conn>, now: Timestamp) {
        match conn.with_codec(|codec| codec.next()).flatten() {
            Some(Step::Do(inbound)) => self.receive(conn, inbound, now),
            Some(Step::Tell(words)) => conn.step(&self.limits, |session| session.tell_own(words)),
            Some(Step::Close(close)) => self.close(conn, close),
            None => {}
        }
    }

    /// What a codec has to say by the clock. A node that stops reads nothing, and so gives nobody up for being silent.
    pub(super) fn tick_codec(&self, conn: &Arc<Conn>, now: Timestamp) {
        if let Some(close) = conn.with_codec(|codec| codec.overdue(now)).flatten().filter(|_| !self.is_draining()) {
            return self.close(conn, close);
        }
        if let Some(words) = conn.with_codec(|codec| codec.tick(now)).flatten() {
            conn.step(&self.limits, |session| session.tell_own(words));
        }
    }

    /// Writes what was taken from a queue, in the words of the connection's protocol.
    pub(super) fn write(&self, conn: &Arc<Conn>, taken: Vec<Out<Told>>, now: Timestamp) -> Vec<Out> {
        let mut out = Vec::with_capacity(taken.len());
        let mut end = None;
        for one in taken {
            let told = match one {
                Out::Text(_) if end.is_some() => continue,
                Out::Text(Told::Text(text)) => Written::one(text),
                Out::Text(Told::Frame(frame)) => conn.with_codec(|codec| codec.write(&frame, now)).unwrap_or_default(),
                Out::Text(Told::Settled) => conn.with_codec(|codec| codec.settled(now)).unwrap_or_default(),
                Out::Ping => {
                    out.push(conn.with_codec(|codec| codec.ping()).flatten().map_or(Out::Ping, Out::Text));
                    continue;
                }
                Out::Pong(payload) => {
                    out.push(Out::Pong(payload));
                    continue;
                }
                Out::Close(close) => {
                    let words = conn.with_codec(|codec| codec.farewell(close)).flatten();
                    out.extend(words.map(Out::Text));
                    out.push(Out::Close(close));
                    continue;
                }
            };
            out.extend(told.texts.into_iter().map(Out::Text));
            end = told.close;
        }
        if let Some(close) = end {
            conn.step(&self.limits, |session| session.break_off(close));
        }
        out
    }
}
