//! Packets of the Socket.IO protocol, revision 5: a digit for the type, attachments, the namespace, the ack id, JSON.

use serde_json::Value;

/// What a client wrote; everything that is no packet of the protocol is `None` of [`Packet::parse`].
#[derive(Debug, PartialEq)]
pub(super) struct Packet<'a> {
    pub(super) namespace: &'a str,
    pub(super) what: What,
}

#[derive(Debug, PartialEq)]
pub(super) enum What {
    Connect(Option<Value>),
    Disconnect,
    Event {
        id: Option<u64>,
        name: String,
        arguments: Vec<Value>,
    },
    Ack,
    /// An event or an ack with bytes, of which so many messages follow.
    Binary {
        id: Option<u64>,
        attachments: usize,
    },
}

/// Names that clients keep for themselves, and one that no object of theirs may have.
const RESERVED: [&str; 7] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "__proto__"];

/// The most messages of bytes that one packet may announce.
const MOST_ATTACHMENTS: usize = 10;

/// The largest ack id that a JavaScript number carries without loss.
const LARGEST_ID: u64 = (1 << 53) - 1;

impl<'a> Packet<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let kind = *text.as_bytes().first()?;
        let (attachments, rest) = match kind {
            b'5' | b'6' => {
                let (count, rest) = text.get(1..)?.split_once('-')?;
                (Some(number(count).filter(|count| (1..=MOST_ATTACHMENTS as u64).contains(count))?), rest)
            }
            _ => (None, text.get(1..)?),
        };
        let (namespace, rest) =
            if rest.starts_with('/') { rest.split_once(',').unwrap_or((rest, "")) } else { ("/", rest) };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (id, data) = rest.split_at(digits);
        let id = if id.is_empty() { None } else { Some(number(id)?) };
        let data = if data.is_empty() { None } else { Some(serde_json::from_str::<Value>(data).ok()?) };
        let what = match (kind, id, data) {
            (b'0', None, data @ (None | Some(Value::Object(_)))) => What::Connect(data),
            (b'1', None, None) => What::Disconnect,
            (b'2', id, Some(Value::Array(data))) => event(id, data)?,
            (b'3', Some(_), Some(Value::Array(_))) => What::Ack,
            (b'5' | b'6', id, Some(Value::Array(data))) if kind == b'5' || id.is_some() => {
                if kind == b'5' {
                    event(id, data)?;
                }
                let answered = id.filter(|_| kind == b'5');
                What::Binary { id: answered, attachments: usize::try_from(attachments?).ok()? }
            }
            _ => return None,
        };
        Some(Self { namespace, what })
    }
}

fn event(id: Option<u64>, data: Vec<Value>) -> Option<What> {
    let mut data = data.into_iter();
    let Some(Value::String(name)) = data.next() else { return None };
    (!RESERVED.contains(&name.as_str())).then(|| What::Event { id, name, arguments: data.collect() })
}

fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if plain { digits.parse().ok().filter(|number| *number <= LARGEST_ID) } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Option<(&str, What)> {
        Packet::parse(text).map(|packet| (packet.namespace, packet.what))
    }

    #[test]
    fn packets_are_read() {
        let event = |id, name: &str, arguments| What::Event { id, name: name.to_owned(), arguments };
        for (text, expected) in [
            ("0", ("/", What::Connect(None))),
            (r#"0{"token":"t"}"#, ("/", What::Connect(Some(json!({ "token": "t" }))))),
            ("0/messaging", ("/messaging", What::Connect(None))),
            ("0/messaging,", ("/messaging", What::Connect(None))),
            (r#"0/messaging,{"token":"t"}"#, ("/messaging", What::Connect(Some(json!({ "token": "t" }))))),
            ("1", ("/", What::Disconnect)),
            ("1/messaging,", ("/messaging", What::Disconnect)),
            (r#"2["x"]"#, ("/", event(None, "x", vec![]))),
            (
                r#"2/messaging,12["x",1,{"a":[true]}]"#,
                ("/messaging", event(Some(12), "x", vec![json!(1), json!({"a":[true]})])),
            ),
            ("31[]", ("/", What::Ack)),
            (r#"52-["x",{"_placeholder":true,"num":0}]"#, ("/", What::Binary { id: None, attachments: 2 })),
            (r#"51-/messaging,7["x",1]"#, ("/messaging", What::Binary { id: Some(7), attachments: 1 })),
            ("61-7[1]", ("/", What::Binary { id: None, attachments: 1 })),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_packet_is_not_read() {
        for text in [
            "",
            "abc",
            "7",
            "9[]",
            "é",
            "2",
            "2{}",
            "2[]",
            "2[1]",
            "2[null]",
            r#"2abc["x"]"#,
            r#"2["x""#,
            "0[]",
            "0\"x\"",
            "01",
            "1[]",
            "11",
            "3[]",
            "31",
            "31{}",
            "4",
            r#"4{"message":"x"}"#,
            r#"218446744073709551616["x"]"#,
            r#"29007199254740992["x"]"#,
            r#"2["__proto__"]"#,
            r#"2["connect"]"#,
            r#"2["disconnect"]"#,
            r#"2["connect_error"]"#,
            r#"2["disconnecting"]"#,
            r#"2["newListener"]"#,
            r#"2["removeListener"]"#,
            r#"5["x"]"#,
            r#"50-["x"]"#,
            r#"511-["x"]"#,
            r#"5x-["x"]"#,
            r#"5+1-["x"]"#,
            "51-",
            "51-{}",
            "61-[1]",
            r#"51-["connect"]"#,
            r#"2-1["x"]"#,
            r#"2["x"]["y"]"#,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
