//! Heart-beats: what was agreed on, and who was heard when.

use std::time::Duration;

use kernel::Timestamp;

/// What both sides promised each other (STOMP 1.2, "Heart-beating").
#[derive(Debug, Default)]
pub(super) struct HeartBeat {
    /// The server says something at least so often.
    tell_every: Option<Duration>,
    /// The client does.
    hear_every: Option<Duration>,
    told: Option<Timestamp>,
    heard: Option<Timestamp>,
}

/// The header is not two numbers of milliseconds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoHeartBeat;

impl HeartBeat {
    /// The least time between two heart-beats in either direction.
    pub(super) const FLOOR: Duration = Duration::from_secs(10);
    /// A tick of the server's clock: a heart-beat that would be late at the next one goes out at this one.
    const TICK: Duration = Duration::from_secs(1);

    /// Agrees with a client that says so much of itself.
    pub(super) fn agree(&mut self, header: Option<&str>) -> Result<(), NoHeartBeat> {
        let (sends, wants) = header.unwrap_or("0,0").split_once(',').ok_or(NoHeartBeat)?;
        let every = |text: &str| match milliseconds(text)? {
            0 => Ok(None),
            wanted => Ok(Some(Duration::from_millis(wanted).max(Self::FLOOR))),
        };
        (self.hear_every, self.tell_every) = (every(sends)?, every(wants)?);
        Ok(())
    }

    /// What the server says of itself.
    pub(super) fn header() -> String {
        let floor = Self::FLOOR.as_millis();
        format!("{floor},{floor}")
    }

    /// Something came from the client.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.heard = Some(now);
    }

    /// Something went to the client.
    pub(super) fn told(&mut self, now: Timestamp) {
        self.told = Some(now);
    }

    /// Whether the server has to say something now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let (Some(every), Some(told)) = (self.tell_every, self.told) else { return false };
        now.since(told) + Self::TICK >= every
    }

    /// Whether the client has been silent for twice the time it promised; lines are not on time to the second.
    pub(super) fn is_silent(&self, now: Timestamp) -> bool {
        let (Some(every), Some(heard)) = (self.hear_every, self.heard) else { return false };
        now.since(heard) > every * 2
    }
}

fn milliseconds(text: &str) -> Result<u64, NoHeartBeat> {
    let text = text.trim();
    if text.is_empty() || text.len() > 15 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoHeartBeat);
    }
    text.parse().map_err(|_| NoHeartBeat)
}
