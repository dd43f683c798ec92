//! What the session says, in words of the protocol.

use std::sync::Arc;

use bytes::Bytes;
use chat::{Epoch, Seq};
use kernel::{ConnectionId, ConversationId, MessageId};

use super::{
    Phase, Stomp,
    acks::Acks,
    follows::{AckMode, Follow},
    frame::Version,
    heart_beat::HeartBeat,
    open::{Settles, Settling},
    refusal::Refused,
};
use crate::{Close, Frame, ServerFrame, Way, WelcomeUser, Written, native};

/// Who the client is taken for, until it is told.
#[derive(Debug)]
pub(super) struct Welcome {
    connection: ConnectionId,
    user: WelcomeUser,
    epoch: Epoch,
}

impl Stomp {
    /// How the ids begin of what is no entry of a log.
    pub(super) const EVENT: &'static str = "e-";

    pub(super) fn tell(&mut self, frame: &Frame) -> Written {
        match frame.frame() {
            ServerFrame::Welcome { connection_id, user, epoch, .. } => {
                let welcome = Welcome { connection: *connection_id, user: user.clone(), epoch: *epoch };
                self.welcome = Some(Box::new(welcome));
                Written::default()
            }
            ServerFrame::Message { conversation_id, seq, .. } => self.entry(frame, "message", *conversation_id, *seq),
            ServerFrame::MessageEdited { conversation_id, seq, .. } => {
                self.entry(frame, "message_edited", *conversation_id, *seq)
            }
            ServerFrame::MessageDeleted { conversation_id, seq, .. } => {
                self.entry(frame, "message_deleted", *conversation_id, *seq)
            }
            ServerFrame::Ack { .. } => self.acked(frame.frame()),
            ServerFrame::Nack { .. } => self.nacked(frame.frame()),
            ServerFrame::Subscribed { conversation_id, reference, .. } => {
                if let Some(number) = reference.as_deref().and_then(|text| text.parse().ok()) {
                    self.follows.answered(number);
                }
                self.around(frame, "subscribed", *conversation_id)
            }
            ServerFrame::Live { conversation_id, seq } => {
                self.follows.caught_up(*conversation_id, *seq);
                self.around(frame, "live", *conversation_id)
            }
            ServerFrame::Reset { conversation_id, reason } if reason == "forbidden" => {
                let asked = self.follows.of(*conversation_id).find_map(|follow| follow.waits);
                self.follows.drop_all(*conversation_id);
                let receipt = asked.and_then(|asked| self.open.fail(Settles::Subscribe(asked)));
                self.end(&Refused::forbidden().with_receipt(receipt))
            }
            ServerFrame::Reset { conversation_id, .. } => {
                self.follows.reset(*conversation_id);
                self.on_topic(frame, "reset", *conversation_id, |follow| follow.all || follow.resumes)
            }
            ServerFrame::Unsubscribed { reason, .. } if reason == "requested" => Written::default(),
            ServerFrame::Unsubscribed { conversation_id, .. } => {
                self.follows.drop_all(*conversation_id);
                self.event_or_end(frame, "unsubscribed", None, &Refused::forbidden())
            }
            ServerFrame::Receipt { conversation_id, .. } => self.around(frame, "receipt", *conversation_id),
            ServerFrame::Conversation { conversation_id, .. } => self.around(frame, "conversation", *conversation_id),
            ServerFrame::Typing { conversation_id, .. } => self.around(frame, "typing", *conversation_id),
            ServerFrame::Presence { .. } => self.event(frame, "presence", None),
            ServerFrame::SupportRequest { .. } => self.event(frame, "support_request", None),
            ServerFrame::Timeline { .. } => self.event(frame, "timeline", None),
            ServerFrame::Note { .. } => self.event(frame, "note", None),
            ServerFrame::Viewers { .. } => self.event(frame, "viewers", None),
            ServerFrame::Resync => self.event(frame, "resync", None),
            ServerFrame::Bye { .. } => self.event(frame, "bye", None),
            ServerFrame::Error { reference, code, message } => {
                let refused = Refused::new(code, message, close_of(code));
                let receipt = match reference {
                    // Only what a subscription asks for has a name.
                    Some(name) => name.parse().ok().and_then(|name| self.open.fail(Settles::Subscribe(name))),
                    None => self.open.fail_next(),
                };
                // A subscription that is not there must not look as if it were.
                if reference.is_some() || self.phase == Phase::New || self.welcome.is_none() {
                    return self.end(&refused.with_receipt(receipt));
                }
                self.event_or_end(frame, "error", receipt.as_deref(), &refused)
            }
            ServerFrame::Pong => Written::default(),
        }
    }

    /// What waited longest is done.
    pub(super) fn all_settled(&mut self) -> Written {
        let Some(Settling { what, receipt, failed }) = self.open.settled() else { return Written::default() };
        let receipt = receipt.filter(|_| !failed);
        let mut written = Written::default();
        if what == Settles::Connect {
            written.texts.extend(self.connected());
        }
        if let Some(receipt) = receipt {
            written.texts.push(self.words("RECEIPT").header("receipt-id", &receipt).end());
        }
        if what == Settles::Disconnect {
            self.phase = Phase::Over;
            written.close = Some(Close::Normal);
        }
        written
    }

    fn connected(&self) -> Option<Bytes> {
        let welcome = self.welcome.as_deref()?;
        let words = self.words("CONNECTED").header("version", self.version.as_str());
        let words = if self.version > Version::V10 { words.header("heart-beat", &HeartBeat::header()) } else { words };
        let words = words
            .header("server", concat!("guichet/", env!("CARGO_PKG_VERSION")))
            .header("session", &welcome.connection.to_string())
            .header("user-id", &welcome.user.id.to_string())
            .header("user-name", &welcome.user.name)
            .header("user-role", &welcome.user.role);
        Some(words.header("epoch", &welcome.epoch.to_string()).end())
    }

    /// An entry of a log, to each subscription that has not been told of it.
    fn entry(&mut self, frame: &Frame, event: &str, conversation: ConversationId, seq: Seq) -> Written {
        let (ServerFrame::Message { message, .. }
        | ServerFrame::MessageEdited { message, .. }
        | ServerFrame::MessageDeleted { message, .. }) = frame.frame()
        else {
            return Written::default();
        };
        // A message goes by its id; what became of it later, by its id and place.
        let name = if event == "message" { message.id.to_string() } else { format!("{}@{seq}", message.id) };
        let version = self.version;
        let told = self.follows.take(conversation, seq, MessageId::new(message.id));
        let too_many = told.iter().any(|follow| follow.acks.are_too_many());
        let texts = told.iter().map(|follow| {
            let ack = format!("{}-{seq}", follow.number);
            let words = follow.words(version, event, &name, &ack).header("seq", &seq.to_string());
            words.body(JSON, &body(frame))
        });
        let written = Written { texts: texts.collect(), close: None };
        if too_many {
            let many = format!("more than {} messages wait for their ACK", Acks::MOST);
            return self.end(&Refused::new("realtime.malformed", &many, Close::TooSlow));
        }
        written
    }

    /// Something that happens around a conversation, for those who want to know.
    fn around(&mut self, frame: &Frame, event: &str, conversation: ConversationId) -> Written {
        self.on_topic(frame, event, conversation, |follow| follow.all)
    }

    fn on_topic(
        &mut self,
        frame: &Frame,
        event: &str,
        conversation: ConversationId,
        which: impl Fn(&Follow) -> bool,
    ) -> Written {
        if !self.follows.of(conversation).any(&which) {
            return Written::default();
        }
        let name = format!("{}{}", Self::EVENT, self.name());
        let follows = self.follows.of(conversation).filter(|follow| which(follow));
        let texts = follows.map(|follow| follow.words(self.version, event, &name, &name).body(JSON, &body(frame)));
        Written { texts: texts.collect(), close: None }
    }

    /// Something for the person, if there is a subscription for that.
    fn event(&mut self, frame: &Frame, event: &str, receipt: Option<&str>) -> Written {
        if self.follows.of_events().next().is_none() {
            return Written::default();
        }
        let name = format!("{}{}", Self::EVENT, self.name());
        let texts = self.follows.of_events().map(|follow| {
            let words = follow.words(self.version, event, &name, &name);
            words.header_if("receipt-id", receipt).body(JSON, &body(frame))
        });
        Written { texts: texts.collect(), close: None }
    }

    /// A refusal: told where the client listens for it, else the end.
    fn event_or_end(&mut self, frame: &Frame, event: &str, receipt: Option<&str>, refused: &Refused) -> Written {
        if self.follows.of_events().next().is_some() {
            return self.event(frame, event, receipt);
        }
        self.end(&refused.clone().with_receipt(receipt.map(str::to_owned)))
    }

    fn end(&mut self, refused: &Refused) -> Written {
        Written { texts: vec![self.last_words(refused)], close: Some(refused.close) }
    }

    fn acked(&mut self, frame: &ServerFrame) -> Written {
        let ServerFrame::Ack { reference, message_id, seq, duplicate, .. } = frame else { return Written::default() };
        let Some(receipt) = self.open.answered(reference.as_deref()).and_then(|send| send.receipt) else {
            return Written::default();
        };
        let words = self.words("RECEIPT").header("receipt-id", &receipt);
        let words = words.header("message-id", &message_id.to_string()).header("seq", &seq.to_string());
        Written::one(words.header("duplicate", if *duplicate { "true" } else { "false" }).end())
    }

    fn nacked(&mut self, frame: &ServerFrame) -> Written {
        let ServerFrame::Nack { reference, code, message, retry, .. } = frame else { return Written::default() };
        let send = self.open.answered(reference.as_deref());
        let (receipt, commit) = send.map(|send| (send.receipt, send.commit)).unwrap_or_default();
        let owed = commit.and_then(|commit| match &mut self.running {
            Some(running) if running.number == commit => {
                running.failed = true;
                running.receipt.clone()
            }
            _ => self.open.fail(Settles::Commit(commit)),
        });
        let close = match close_of(code) {
            Close::Malformed if *retry => Close::Restart,
            close => close,
        };
        let refused = Refused::new(code, message, close);
        let mut told = frame.clone();
        if let ServerFrame::Nack { reference, .. } = &mut told {
            *reference = None;
        }
        let frame = Arc::new(Frame::new(told));
        self.event_or_end(&frame, "nack", receipt.or(owed).as_deref(), &refused)
    }
}

const JSON: &str = "application/json";

impl Follow {
    /// The head of a `MESSAGE` to this subscription.
    fn words(&self, version: Version, event: &str, name: &str, ack: &str) -> super::Words {
        let ack = (version == Version::V12 && self.ack != AckMode::Auto).then_some(ack);
        super::Words::new("MESSAGE", version)
            .header_if("subscription", self.id.as_deref())
            .header("message-id", name)
            .header("destination", &self.source.name())
            .header("event", event)
            .header_if("ack", ack)
    }
}

/// Of an entry the message, as REST has it; of all else what the native protocol says, without the names that this
/// codec gave.
fn body(frame: &Frame) -> Bytes {
    frame.shared(Way::Stomp, |told| match told {
        ServerFrame::Message { message, .. }
        | ServerFrame::MessageEdited { message, .. }
        | ServerFrame::MessageDeleted { message, .. } => {
            // It cannot fail: a message has no map with other keys than texts, and the writer is memory.
            serde_json::to_vec(message).map(Bytes::from).unwrap_or_default()
        }
        ServerFrame::Subscribed { conversation_id, last_seq, participants, .. } => {
            native::encode(&ServerFrame::Subscribed {
                reference: None,
                conversation_id: *conversation_id,
                last_seq: *last_seq,
                participants: participants.clone(),
            })
        }
        _ => frame.native().clone(),
    })
}

/// How a connection ends after that code.
fn close_of(code: &str) -> Close {
    match code {
        "identity.token_expired" | "identity.token_revoked" => Close::TokenEnded,
        "identity.not_authenticated" | "realtime.already_authenticated" => Close::NotAuthenticated,
        "forbidden" | "chat.conversation_not_found" => Close::Gone,
        "rate_limited" | "realtime.too_many_subscriptions" => Close::TooFast,
        "unavailable" | "storage_full" | "unknown" | "internal" | "overloaded" => Close::Restart,
        _ => Close::Malformed,
    }
}
