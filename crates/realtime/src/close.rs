//! Why a connection is closed, and what the client should do then.

/// The one table of close codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Close {
    /// 1000: the client closed, and is answered.
    Normal,
    /// 1002: the client broke the WebSocket protocol (RFC 6455).
    Protocol,
    /// 1007: a text message that is not UTF-8.
    InvalidText,
    /// 1012: the server restarts.
    Restart,
    /// 4000: what came is no message of the protocol at all: a binary one.
    Malformed,
    /// 4001: no token, a bad one, none in time, or another person's.
    NotAuthenticated,
    /// 4003: the token has ended or was revoked.
    TokenEnded,
    /// 4008: too many messages or connections.
    TooFast,
    /// 4009: a message larger than the limit.
    TooBig,
    /// 4010: the client did not read for too long.
    TooSlow,
    /// 4011: the client did not answer a ping.
    NoHeartbeat,
    /// 4040: what the connection was for is gone.
    Gone,
}

/// What a client should do after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Connect again, with a growing, spread-out delay, and subscribe from the last position.
    Reconnect,
    /// Get a fresh token, then connect again.
    Renew,
    /// Do not connect again by itself: the client has a defect, or there is nothing left to see.
    Stay,
}

impl Close {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 12] = [
        Self::Normal,
        Self::Protocol,
        Self::InvalidText,
        Self::Restart,
        Self::Malformed,
        Self::NotAuthenticated,
        Self::TokenEnded,
        Self::TooFast,
        Self::TooBig,
        Self::TooSlow,
        Self::NoHeartbeat,
        Self::Gone,
    ];

    /// The code in the close frame.
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Protocol => 1002,
            Self::InvalidText => 1007,
            Self::Restart => 1012,
            Self::Malformed => 4000,
            Self::NotAuthenticated => 4001,
            Self::TokenEnded => 4003,
            Self::TooFast => 4008,
            Self::TooBig => 4009,
            Self::TooSlow => 4010,
            Self::NoHeartbeat => 4011,
            Self::Gone => 4040,
        }
    }

    /// The reason in the close frame: for people who read logs, at most 123 bytes.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::Protocol => "protocol error",
            Self::InvalidText => "not UTF-8",
            Self::Restart => "the server restarts",
            Self::Malformed => "malformed",
            Self::NotAuthenticated => "not authenticated",
            Self::TokenEnded => "token expired or revoked",
            Self::TooFast => "too fast",
            Self::TooBig => "message too big",
            Self::TooSlow => "too slow",
            Self::NoHeartbeat => "no heartbeat",
            Self::Gone => "gone",
        }
    }

    /// What the client should do.
    pub const fn advice(self) -> Advice {
        match self {
            Self::Normal | Self::Protocol | Self::InvalidText | Self::Malformed | Self::TooBig | Self::Gone => {
                Advice::Stay
            }
            Self::NotAuthenticated | Self::TokenEnded => Advice::Renew,
            Self::Restart | Self::TooFast | Self::TooSlow | Self::NoHeartbeat => Advice::Reconnect,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../api-spec/asyncapi.yaml");

    #[test]
    fn the_document_has_the_table() {
        let rows: Vec<&str> = DOCUMENT.lines().filter(|line| line.starts_with("  - { code: ")).collect();
        let table = Close::ALL.map(|close| {
            let client = match close.advice() {
                Advice::Reconnect => "reconnect",
                Advice::Renew => "renew",
                Advice::Stay => "stay",
            };
            // A client that closes needs no reason.
            let reason = if close == Close::Normal { "the client closed" } else { close.reason() };
            format!("  - {{ code: {}, reason: '{reason}', client: {client} }}", close.code())
        });
        assert_eq!(rows, table);
    }
}
