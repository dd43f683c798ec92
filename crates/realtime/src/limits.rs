//! The bounds of a connection.

use std::time::Duration;

use kernel::Caller;

/// Bounds with the contract's defaults; the server may set others.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most frames waiting to be written.
    pub queue_frames: usize,
    /// The most bytes waiting to be written.
    pub queue_bytes: usize,
    /// A connection with fewer frames waiting takes on more reading from the log.
    pub queue_low: usize,
    /// The most entries of one page of a replay.
    pub page_entries: u32,
    /// The most bytes of one page of a replay.
    pub page_bytes: usize,
    /// The most pages that are read for a connection at a time.
    pub pages: usize,
    /// The most inbound frames that wait for their answer; above it the socket is not read.
    pub waiting: usize,
    /// The largest inbound message, in bytes.
    pub frame_bytes: usize,
    /// The time a connection has to authenticate.
    pub authenticate_within: Duration,
    /// The time between two pings.
    pub ping_every: Duration,
    /// The time a client has to answer a ping.
    pub pong_within: Duration,
    /// The time a client may leave its frames unread.
    pub writable_within: Duration,
    /// The time after which a client that was not heard at all is given up, even if something between it and
    /// us still takes what is sent.
    pub heard_within: Duration,
    /// The least time between two signs that the same person types in the same conversation.
    pub typing_every: Duration,
    /// The most conversations that a connection of a guest or a customer follows.
    pub subscriptions: usize,
    /// The most conversations that a connection of staff follows.
    pub staff_subscriptions: usize,
    /// The most requests that a connection looks at.
    pub views: usize,
    /// The time after which an answer counts as not being written any more, if the client does not say it again.
    pub replying_for: Duration,
    /// The time after which a request counts as not being looked at any more, if the client does not say it again.
    pub viewing_for: Duration,
    /// The most connections of one guest token.
    pub guest_connections: usize,
    /// The most connections of one user.
    pub user_connections: usize,
    /// So many sends above the person's budget within `over_within` close the connection.
    pub over_budget: usize,
    /// The time in which they are counted.
    pub over_within: Duration,
    /// So many frames of the transport a client may send at once, whatever they are: pings, pongs, fragments
    /// and empty ones too. One that sends more is closed.
    pub frame_burst: u32,
    /// So many more come free a second.
    pub frames_per_second: u32,
    /// So often a connection may ask for the same conversation at once; then once in `subscribe_every`.
    pub subscribe_burst: u32,
    /// The time between two further subscriptions of a connection to the same conversation. One that comes
    /// earlier waits, and what the client says after it waits with it: nothing is refused.
    pub subscribe_every: Duration,
    /// The most connections from one address on a node (for IPv6: of one /64), before anybody is known.
    pub address_connections: usize,
    /// A bug, for tests that must find it.
    #[cfg(feature = "faults")]
    pub planted: Option<Planted>,
}

/// A bug that fault tests must find.
#[cfg(feature = "faults")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// What a full queue gives up is not read again: the position moves on.
    OverflowDrops,
    /// A replay starts one entry late.
    ResumeOffByOne,
}

impl Limits {
    /// The longest `ref` a client may use, in bytes.
    pub const REFERENCE_BYTES: usize = 128;

    /// The same without the budgets that count connections and frames, for tests and benchmarks.
    #[must_use]
    pub fn without_budgets(self) -> Self {
        Self {
            guest_connections: usize::MAX,
            user_connections: usize::MAX,
            address_connections: usize::MAX,
            frame_burst: u32::MAX,
            ..self
        }
    }

    /// How many conversations this caller's connection may follow.
    pub fn subscriptions_of(&self, caller: &Caller) -> usize {
        if caller.is_staff() { self.staff_subscriptions } else { self.subscriptions }
    }

    /// How many connections this caller may have on a node.
    pub fn connections_of(&self, caller: &Caller) -> usize {
        if caller.user().is_some() { self.user_connections } else { self.guest_connections }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_frames: 256,
            queue_bytes: 512 * 1024,
            queue_low: 64,
            page_entries: 200,
            page_bytes: 256 * 1024,
            pages: 4,
            waiting: 32,
            frame_bytes: 64 * 1024,
            authenticate_within: Duration::from_secs(10),
            ping_every: Duration::from_secs(25),
            pong_within: Duration::from_secs(10),
            writable_within: Duration::from_secs(30),
            heard_within: Duration::from_mins(2),
            typing_every: Duration::from_secs(1),
            subscriptions: 128,
            staff_subscriptions: 1_000,
            views: 50,
            replying_for: Duration::from_secs(30),
            viewing_for: Duration::from_mins(5),
            guest_connections: 5,
            user_connections: 20,
            over_budget: 3,
            over_within: Duration::from_secs(10),
            frame_burst: 2_000,
            frames_per_second: 100,
            subscribe_burst: 4,
            subscribe_every: Duration::from_secs(2),
            address_connections: 5_000,
            #[cfg(feature = "faults")]
            planted: None,
        }
    }
}
