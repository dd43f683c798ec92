use bytes::Bytes;
use kernel::NodeId;

use super::Said;

/// A message as it travels: the version of this form, the node, the number of the message, the words as JSON,
/// with spaces between. Text without a control character, as PostgreSQL's notifications need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Who says it.
    pub from: NodeId,
    /// 1, 2, 3 … without a hole: a jump shows what was lost.
    pub number: u64,
    /// What is said.
    pub said: Said,
}

impl Envelope {
    /// A node that does not know the version of a message leaves it alone.
    const VERSION: &'static str = "1";
    /// The most bytes before the words: version, node, number, and the spaces.
    pub(crate) const HEADER: usize = 1 + 1 + 36 + 1 + 20 + 1;

    pub(crate) fn write(from: NodeId, number: u64, words: &str) -> Bytes {
        Bytes::from(format!("{} {from} {number} {words}", Self::VERSION))
    }

    /// Reads a message; nothing when it is of another version or none at all. What a node of a later version says
    /// that this one has no word for is [`Said::Unknown`].
    pub fn read(message: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(message).ok()?;
        let mut parts = text.splitn(4, ' ');
        if parts.next()? != Self::VERSION {
            return None;
        }
        let from: NodeId = parts.next()?.parse().ok()?;
        let number = parts.next()?.parse().ok()?;
        let words = parts.next()?;
        // Words of a known kind in an unknown shape: the number still counts, so that nothing seems to be missing.
        let said = serde_json::from_str(words).unwrap_or(Said::Unknown);
        Some(Self { from, number, said })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::bus::About;

    fn node() -> NodeId {
        NodeId::new(Uuid::from_u128(7))
    }

    #[test]
    fn a_message_reads_back() {
        let said = Said::Beat { roster: 3, about: About { name: "zoé \"1\"".to_owned(), local_files: true } };
        let message = Envelope::write(node(), u64::MAX, &said.words().unwrap());
        assert_eq!(message.len(), Envelope::HEADER + said.words().unwrap().len(), "the header is as long as it gets");
        assert_eq!(Envelope::read(&message), Some(Envelope { from: node(), number: u64::MAX, said }));
    }

    #[test]
    fn what_a_later_version_says_harms_nobody() {
        let read = |words: &str| Envelope::read(&Envelope::write(node(), 1, words)).map(|envelope| envelope.said);
        assert_eq!(read(r#"{"said":"sung","louder":true}"#), Some(Said::Unknown));
        assert_eq!(read(r#"{"said":"beat","roster":"many"}"#), Some(Said::Unknown), "a known word in another shape");
        assert_eq!(
            read(r#"{"said":"beat","roster":1,"mood":"good"}"#),
            Some(Said::Beat { roster: 1, about: About::default() })
        );
        assert_eq!(Envelope::read(b"2 something else entirely"), None);
        for nonsense in [&b""[..], b"1", b"1 x", b"\xff\xfe", b"1 00000000-0000-0000-0000-000000000007 -1 {}"] {
            assert_eq!(Envelope::read(nonsense), None);
        }
    }
}
