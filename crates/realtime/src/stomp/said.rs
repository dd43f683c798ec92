//! What the client says, as commands of the session.

use chat::{Epoch, Seq};
use kernel::{AttachmentId, MessageId, Secret};
use serde::Deserialize;

use super::{
    Phase, Stomp,
    acks::Which,
    destination::{Source, Target, Verb},
    follows::{AckMode, Follow},
    frame::{ClientFrame, Command, Version},
    open::{OpenSend, Settles},
    refusal::Refused,
    transactions::Running,
};
use crate::{Close, Inbound, Limits, Step};

/// The body of a `SEND` in JSON.
#[derive(Deserialize)]
struct Message {
    content: String,
    #[serde(default)]
    in_reply_to: Option<MessageId>,
    #[serde(default)]
    attachment_ids: Option<Vec<AttachmentId>>,
}

#[derive(Deserialize)]
struct Place {
    seq: Seq,
}

#[derive(Deserialize)]
struct Typing {
    #[serde(rename = "isTyping", alias = "is_typing")]
    is_typing: bool,
}

impl Stomp {
    pub(super) fn said(&mut self, frame: ClientFrame) -> Result<(), Refused> {
        let receipt = frame.header("receipt").map(str::to_owned);
        self.obey(frame).map_err(|refused| refused.with_receipt(receipt))
    }

    fn obey(&mut self, frame: ClientFrame) -> Result<(), Refused> {
        let is_connect = matches!(frame.command, Command::Connect | Command::Stomp);
        match self.phase {
            Phase::New if !is_connect => return Err(Refused::malformed("the first frame is CONNECT")),
            Phase::Connected if is_connect => return Err(Refused::malformed("CONNECT has come already")),
            _ => {}
        }
        if frame.command != Command::Send && !frame.body.is_empty() {
            return Err(Refused::malformed("a body where there is none"));
        }
        // What runs now was kept under this name before.
        if self.running.is_none()
            && matches!(frame.command, Command::Send | Command::Ack | Command::Nack)
            && let Some(name) = frame.header("transaction").map(str::to_owned)
        {
            return self.transactions.add(&name, frame);
        }
        match frame.command {
            Command::Connect | Command::Stomp => self.connect(&frame),
            Command::Send => self.send(&frame),
            Command::Subscribe => self.subscribe(&frame),
            Command::Unsubscribe => self.unsubscribe(&frame),
            Command::Ack => self.ack(&frame),
            Command::Nack => self.nack(&frame),
            Command::Begin => {
                self.transactions.begin(transaction(&frame)?)?;
                self.receipt(&frame, Settles::Done);
                Ok(())
            }
            Command::Commit => self.commit(&frame),
            Command::Abort => {
                self.transactions.end(transaction(&frame)?)?;
                self.receipt(&frame, Settles::Done);
                Ok(())
            }
            Command::Disconnect => {
                self.phase = Phase::Leaving;
                self.reader.give_up();
                self.settle(Settles::Disconnect, frame.header("receipt"));
                Ok(())
            }
        }
    }

    fn connect(&mut self, frame: &ClientFrame) -> Result<(), Refused> {
        let version = Version::best_of(frame.header("accept-version"));
        self.version = version.ok_or_else(|| Refused::malformed("none of the versions 1.2, 1.1, 1.0"))?;
        if self.version > Version::V10 {
            let agreed = self.heart_beat.agree(frame.header("heart-beat"));
            agreed.map_err(|_| Refused::malformed("heart-beat is not two numbers of milliseconds"))?;
        }
        self.phase = Phase::Connected;
        if let Some(token) = token(frame) {
            self.ask(Inbound::Authenticate { token });
        }
        self.settle(Settles::Connect, None);
        Ok(())
    }

    fn send(&mut self, frame: &ClientFrame) -> Result<(), Refused> {
        let target = Target::parse(required(frame, "destination")?).ok_or_else(Refused::forbidden)?;
        let (conversation, verb) = match target {
            Target::Conversation(conversation, verb) => (conversation, verb),
            Target::Authenticate => {
                let token = token(frame).ok_or_else(|| Refused::malformed("no token"))?;
                self.ask(Inbound::Authenticate { token });
                self.receipt(frame, Settles::Asked);
                return Ok(());
            }
        };
        let (inbound, settles) = match verb {
            Verb::Send => {
                let Message { content, in_reply_to, attachment_ids } = message(frame)?;
                let (name, client_message_id) = self.name_of(frame);
                let commit = self.running.as_ref().map(|running| running.number);
                let receipt = frame.header("receipt").map(str::to_owned);
                self.open.send(name, OpenSend { receipt, commit });
                let attachments = attachment_ids.unwrap_or_default();
                let reference = Some(name.to_string());
                self.ask(Inbound::Send {
                    reference,
                    conversation,
                    client_message_id,
                    content,
                    in_reply_to,
                    attachments,
                });
                return Ok(());
            }
            Verb::Abandon => {
                let client_message_id = required(frame, "client-message-id")?.to_owned();
                (Inbound::Abandon { conversation, client_message_id }, Settles::Done)
            }
            Verb::Read => {
                let seq = place(json::<Place>(frame)?.seq)?;
                (Inbound::Read { conversation, seq }, Settles::Asked)
            }
            Verb::Typing => {
                let is_typing = json::<Typing>(frame)?.is_typing;
                (Inbound::Typing { conversation, is_typing }, Settles::Asked)
            }
        };
        self.ask(inbound);
        self.receipt(frame, settles);
        Ok(())
    }

    /// What a send goes by: for us, and in the log. Without a name of the client's own, its receipt is one, within
    /// this connection; without that, each time a new one.
    fn name_of(&mut self, frame: &ClientFrame) -> (u64, String) {
        let name = self.name();
        let connection = self.id.uuid().simple();
        let given = match (frame.header("client-message-id"), frame.header("receipt")) {
            (Some(given), _) => given.to_owned(),
            (None, Some(receipt)) if receipt.len() <= 31 && !receipt.contains(char::is_control) => {
                format!("{connection}:{receipt}")
            }
            // Too long to stand there: 30 digits of its hash, with a sign that no short one is told apart by.
            (None, Some(receipt)) => format!("{connection}#{:030x}", fnv1a(receipt) >> 8),
            (None, None) => format!("{connection}/{name}"),
        };
        (name, given)
    }

    fn subscribe(&mut self, frame: &ClientFrame) -> Result<(), Refused> {
        let source = Source::parse(required(frame, "destination")?).ok_or_else(Refused::forbidden)?;
        let id = self.id_of(frame)?.map(str::to_owned);
        if self.follows.find(id.as_deref(), Some(source)).is_some() {
            return Err(Refused::malformed("there is a subscription with that id"));
        }
        if !self.follows.has_room_for(source) {
            return Err(Refused::too_many("more than 1000 subscriptions, or 8 to one destination"));
        }
        let ack = match frame.header("ack") {
            None | Some("auto") => AckMode::Auto,
            Some("client") => AckMode::Client,
            Some("client-individual") if self.version > Version::V10 => AckMode::ClientIndividual,
            Some(_) => return Err(Refused::malformed("an unknown ack mode")),
        };
        let mut follow = Follow::new(id, source, ack);
        follow.all = match frame.header("events") {
            None | Some("entries") => false,
            Some("all") => true,
            Some(_) => return Err(Refused::malformed("events are entries or all")),
        };
        follow.position = frame.header("after-seq").map(seq).transpose()?;
        follow.resumes = follow.position.is_some();
        let epoch = frame.header("epoch").map(epoch).transpose()?.filter(|_| follow.resumes);
        if let (Some(ask), Source::Conversation(conversation)) = (self.follows.add(follow, epoch), source) {
            let reference = Some(ask.number.to_string());
            self.ask(Inbound::Subscribe { reference, conversation, epoch: ask.epoch, after: ask.after });
        }
        let waits = self.follows.last().and_then(|follow| follow.waits);
        self.receipt(frame, waits.map_or(Settles::Done, Settles::Subscribe));
        Ok(())
    }

    fn unsubscribe(&mut self, frame: &ClientFrame) -> Result<(), Refused> {
        let id = self.id_of(frame)?;
        let source = frame.header("destination").and_then(Source::parse);
        let at = self.follows.find(id, source).ok_or_else(|| Refused::malformed("no such subscription"))?;
        if let Some(conversation) = self.follows.remove(at) {
            self.ask(Inbound::Unsubscribe { conversation });
        }
        self.receipt(frame, Settles::Done);
        Ok(())
    }

    /// The id of a subscription; only 1.0 does without.
    fn id_of<'a>(&self, frame: &'a ClientFrame) -> Result<Option<&'a str>, Refused> {
        match frame.header("id") {
            None if self.version > Version::V10 => Err(missing("id")),
            Some(id) if id.len() > Limits::REFERENCE_BYTES => Err(Refused::malformed("an id longer than 128 bytes")),
            id => Ok(id),
        }
    }

    /// A message has arrived. What waits for no `ACK`, or not any more, or came by a subscription that is gone, changes
    /// nothing; what was never told is an error where that can be seen.
    fn ack(&mut self, frame: &ClientFrame) -> Result<(), Refused> {
        let (follow, which) = self.acknowledged(frame)?;
        if let (Some(at), Some(which)) = (follow, which)
            && let Some(follow) = self.follows.get_mut(at)
            && let Source::Conversation(conversation) = follow.source
            && let Some(seq) = follow.acks.acked(follow.ack, which)
        {
            self.ask(Inbound::Delivered { conversation, seq });
        }
        self.receipt(frame, Settles::Asked);
        Ok(())
    }

    /// A message has not been taken: it is not counted as delivered, and comes again when the client subscribes from
    /// before it.
    fn nack(&mut self, frame: &ClientFrame) -> Result<(), Refused> {
        if self.version == Version::V10 {
            return Err(Refused::malformed("NACK is not in 1.0"));
        }
        self.acknowledged(frame)?;
        self.receipt(frame, Settles::Done);
        Ok(())
    }

    /// Which subscription, and which of its messages; nothing of what is no entry of a log.
    fn acknowledged(&self, frame: &ClientFrame) -> Result<(Option<usize>, Option<Which>), Refused> {
        if self.version == Version::V12 {
            let id = required(frame, "id")?;
            if id.starts_with(Self::EVENT) {
                return Ok((None, None));
            }
            let (number, seq) = ack_id(id).ok_or_else(|| Refused::malformed("an unknown ack id"))?;
            if !self.follows.knows(number) {
                return Err(Refused::malformed("an unknown ack id"));
            }
            return Ok((self.follows.numbered(number), Some(Which::Place(seq))));
        }
        let id = required(frame, "message-id")?;
        if id.starts_with(Self::EVENT) {
            return Ok((None, None));
        }
        let which = match id.split_once('@') {
            Some((_, place)) => Which::Place(seq(place)?),
            None => Which::Message(id.parse().map_err(|_| Refused::malformed("an unknown message-id"))?),
        };
        let at = match frame.header("subscription") {
            None if self.version > Version::V10 => return Err(missing("subscription")),
            None => self.follows.that_waits_for(which),
            id => self.follows.find(id, None),
        };
        Ok((at, Some(which)))
    }

    fn commit(&mut self, frame: &ClientFrame) -> Result<(), Refused> {
        let frames = self.transactions.end(transaction(frame)?)?;
        let number = self.name();
        self.running = Some(Running::new(frames, number, frame.header("receipt").map(str::to_owned)));
        Ok(())
    }

    /// All of a transaction was given to the session.
    pub(super) fn committed(&mut self) {
        let Some(running) = self.running.take() else { return };
        if let Some(receipt) = running.receipt.filter(|_| !running.failed) {
            self.settle(Settles::Commit(running.number), Some(&receipt));
        }
    }

    fn ask(&mut self, inbound: Inbound) {
        self.steps.push_back(Step::Do(inbound));
    }

    /// Owes a receipt, if the frame wants one, until all up to it is done.
    fn receipt(&mut self, frame: &ClientFrame, what: Settles) {
        if let Some(receipt) = frame.header("receipt") {
            self.settle(what, Some(receipt));
        }
    }

    fn settle(&mut self, what: Settles, receipt: Option<&str>) {
        self.open.settle(what, receipt.map(str::to_owned));
        self.ask(Inbound::Settle);
    }
}

fn required<'a>(frame: &'a ClientFrame, name: &str) -> Result<&'a str, Refused> {
    frame.header(name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Refused {
    Refused::malformed(&format!("the header {name} is missing"))
}

fn transaction(frame: &ClientFrame) -> Result<&str, Refused> {
    let name = required(frame, "transaction")?;
    if name.len() > Limits::REFERENCE_BYTES {
        return Err(Refused::malformed("a transaction's name longer than 128 bytes"));
    }
    Ok(name)
}

/// A bearer token, or the passcode of a client that knows nothing else.
fn token(frame: &ClientFrame) -> Option<Secret> {
    let header = frame.header("Authorization").or_else(|| frame.header("authorization"));
    let bearer = header.and_then(|value| value.trim().split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    bearer.or_else(|| frame.header("passcode")).map(Secret::new)
}

/// JSON if the frame says so, or if it says nothing and it is JSON with a `content`; else the text as it is.
fn message(frame: &ClientFrame) -> Result<Message, Refused> {
    let plain = || Message { content: frame.body.clone(), in_reply_to: None, attachment_ids: None };
    let kind = frame.header("content-type").map(|kind| kind.split(';').next().unwrap_or_default().trim());
    match kind {
        None => Ok(serde_json::from_str(&frame.body).unwrap_or_else(|_| plain())),
        Some(kind) if kind.eq_ignore_ascii_case("application/json") => json(frame),
        Some(kind) if kind.eq_ignore_ascii_case("text/plain") => Ok(plain()),
        Some(_) => Err(Refused::malformed("content-type is neither application/json nor text/plain")),
    }
}

fn json<'a, T: Deserialize<'a>>(frame: &'a ClientFrame) -> Result<T, Refused> {
    serde_json::from_str(&frame.body).map_err(|_| Refused::malformed("the body is not the JSON of this destination"))
}

fn seq(text: &str) -> Result<Seq, Refused> {
    let wrong = || Refused::malformed("a seq is a whole number");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    place(Seq::new(text.parse().map_err(|_| wrong())?))
}

/// Up to the largest place that a JSON number carries without loss in every client.
fn place(seq: Seq) -> Result<Seq, Refused> {
    if seq.get() < 1 << 53 { Ok(seq) } else { Err(Refused::malformed("a seq is below 2^53")) }
}

fn epoch(text: &str) -> Result<Epoch, Refused> {
    let parsed = serde_json::from_value(serde_json::Value::from(text));
    parsed.map_err(|_| Refused::new("realtime.malformed", "an epoch is a UUID", Close::Malformed))
}

fn ack_id(text: &str) -> Option<(u64, Seq)> {
    let (number, place) = text.split_once('-')?;
    Some((number.parse().ok()?, seq(place).ok()?))
}

/// FNV-1a over 128 bits. It keeps a client's own receipts apart from each other, and guards against nobody.
fn fnv1a(text: &str) -> u128 {
    let (offset, prime) = (0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, 0x0000_0000_0100_0000_0000_0000_0000_013b);
    text.bytes().fold(offset, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(prime))
}
