//! Frames as they stand on the wire: command, headers, body.

use std::fmt::Write as _;

use bytes::Bytes;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Version {
    /// 1.0, also before a version is agreed on: nothing is escaped.
    #[default]
    V10,
    /// 1.1.
    V11,
    /// 1.2.
    V12,
}

/// What a client may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Connect,
    Stomp,
    Send,
    Subscribe,
    Unsubscribe,
    Ack,
    Nack,
    Begin,
    Commit,
    Abort,
    Disconnect,
}

/// A frame of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientFrame {
    pub(super) command: Command,
    /// In the order in which they came, repeated ones too.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// A frame of the server while it is written.
#[derive(Debug)]
pub(super) struct Words {
    version: Version,
    text: String,
    is_escaped: bool,
}

impl Version {
    /// All of them, as `accept-version` names them.
    pub(super) const ALL: [Self; 3] = [Self::V12, Self::V11, Self::V10];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::V10 => "1.0",
            Self::V11 => "1.1",
            Self::V12 => "1.2",
        }
    }

    /// The best of those that a client accepts; without a word from it, 1.0 (STOMP 1.2, "Protocol Negotiation").
    pub(super) fn best_of(accepted: Option<&str>) -> Option<Self> {
        let Some(accepted) = accepted else { return Some(Self::V10) };
        Self::ALL.into_iter().find(|version| accepted.split(',').any(|one| one.trim() == version.as_str()))
    }

    /// What stands behind a backslash, in this version; an unknown escape is fatal.
    pub(super) fn unescaped(self, escape: char) -> Option<char> {
        match escape {
            'n' => Some('\n'),
            'c' => Some(':'),
            '\\' => Some('\\'),
            'r' if self >= Self::V12 => Some('\r'),
            _ => None,
        }
    }
}

impl Command {
    const ALL: [(&'static str, Self); 11] = [
        ("CONNECT", Self::Connect),
        ("STOMP", Self::Stomp),
        ("SEND", Self::Send),
        ("SUBSCRIBE", Self::Subscribe),
        ("UNSUBSCRIBE", Self::Unsubscribe),
        ("ACK", Self::Ack),
        ("NACK", Self::Nack),
        ("BEGIN", Self::Begin),
        ("COMMIT", Self::Commit),
        ("ABORT", Self::Abort),
        ("DISCONNECT", Self::Disconnect),
    ];

    /// By its name, which is written in capitals.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, command)| command)
    }

    /// Whether its headers are escaped: `CONNECT` is not, so that 1.0 servers understand it.
    pub(super) fn is_escaped(self) -> bool {
        self != Self::Connect
    }
}

impl ClientFrame {
    /// A header; of repeated ones the first counts.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// About how many bytes it holds.
    pub(super) fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        headers + self.body.len()
    }
}

impl Words {
    /// Begins a frame.
    pub(super) fn new(command: &str, version: Version) -> Self {
        Self { version, text: format!("{command}\n"), is_escaped: command != "CONNECTED" }
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.escape(name);
        self.text.push(':');
        self.escape(value);
        self.text.push('\n');
        self
    }

    /// Adds a header, when there is something to say.
    pub(super) fn header_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Ends the frame without a body.
    pub(super) fn end(mut self) -> Bytes {
        self.text.push_str("\n\0");
        Bytes::from(self.text)
    }

    /// Ends the frame with a body of this type.
    pub(super) fn body(self, kind: &str, body: &[u8]) -> Bytes {
        let mut head = self.header("content-type", kind).text;
        // It cannot fail: the writer is memory.
        let _ = write!(head, "content-length:{}\n\n", body.len());
        let mut bytes = head.into_bytes();
        bytes.reserve(body.len() + 1);
        bytes.extend_from_slice(body);
        bytes.push(0);
        Bytes::from(bytes)
    }

    /// What a version has no escape for and would break the frame becomes a space.
    fn escape(&mut self, text: &str) {
        for one in text.chars() {
            let escaped = self.is_escaped && self.version > Version::V10;
            match one {
                '\n' if escaped => self.text.push_str("\\n"),
                '\\' if escaped => self.text.push_str("\\\\"),
                ':' if escaped => self.text.push_str("\\c"),
                '\r' if escaped && self.version == Version::V12 => self.text.push_str("\\r"),
                '\n' | '\r' | '\0' => self.text.push(' '),
                one => self.text.push(one),
            }
        }
    }
}
