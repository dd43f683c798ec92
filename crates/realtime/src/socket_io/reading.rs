//! What a client says.

use std::str::FromStr;

use chat::{Epoch, Seq};
use kernel::{AttachmentId, ConnectionId, ConversationId, MessageId, ParticipantId, Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, Join, Namespace, Socket, SocketIo,
    packet::{Packet, What},
};
use crate::{Close, Inbound, Step};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Joining {
    conversation_id: String,
    epoch: Option<Epoch>,
    after_seq: Option<Seq>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leaving {
    conversation_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sending {
    conversation_id: String,
    content: String,
    client_message_id: Option<String>,
    attachment_ids: Option<Vec<AttachmentId>>,
    in_reply_to: Option<MessageId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Writing {
    conversation_id: Option<String>,
    recipient_id: Option<ParticipantId>,
    is_typing: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marking {
    conversation_id: Option<String>,
    message_id: MessageId,
}

/// A conversation, by its id or by the number of its request.
enum Where {
    Id(ConversationId),
    Number(String),
}

/// The longest number of a request.
const NUMBER_BYTES: usize = 64;

/// The largest place that a JSON number carries without loss in every client.
const MAX_SEQ: Seq = Seq::new((1 << 53) - 1);

impl SocketIo {
    pub(super) fn read(&mut self, text: &str) {
        let Some(Packet { namespace: name, what }) = Packet::parse(text) else {
            return self.malformed();
        };
        let Some(namespace) = Namespace::named(name) else {
            return match what {
                What::Connect(_) => self.tell(format!("4{name},{}", json!({ "message": "Invalid namespace" }))),
                _ => self.malformed(),
            };
        };
        let connected = matches!(self.socket(namespace), Socket::Connected { .. });
        match what {
            // Some clients ask twice at once; the one answer is for both.
            What::Connect(_) if *self.socket(namespace) == Socket::Asking => {}
            What::Connect(auth) => self.connect(namespace, auth.as_ref()),
            What::Disconnect if *self.socket(namespace) != Socket::Asking => *self.socket(namespace) = Socket::None,
            What::Event { id, name, arguments } if connected => {
                self.called(Call { namespace, id }, &name, arguments.into_iter().next().unwrap_or_default());
            }
            // Nothing is asked of clients, so there is nothing to be answered.
            What::Ack if connected => {}
            What::Binary { id, attachments } if connected => {
                self.attachments = attachments;
                let reference = Some(Call { namespace, id }.reference());
                self.steps.push_back(Step::Do(Inbound::Unsupported { reference }));
            }
            _ => self.malformed(),
        }
    }

    fn connect(&mut self, namespace: Namespace, auth: Option<&Value>) {
        let own = auth.and_then(|auth| auth.get("token")).and_then(Value::as_str);
        // Some clients write the scheme, as in the header.
        let own = own.map(|token| Secret::new(token.strip_prefix("Bearer ").unwrap_or(token)));
        let Some(token) = own.or_else(|| self.token.clone()) else {
            let refused = json!({
                "message": "a token is needed: auth.token, query.token or the Authorization header",
                "data": { "code": "identity.not_authenticated" },
            });
            return self.tell(format!("4{}{refused}", namespace.prefix()));
        };
        let socket = self.socket(namespace);
        if let Socket::Connected { again, .. } = socket {
            *again = true;
        } else {
            *socket = Socket::Asking;
        }
        self.steps.push_back(Step::Do(Inbound::Authenticate { token }));
    }

    fn called(&mut self, call: Call, name: &str, argument: Value) {
        let done = match name {
            "joinConversation" => self.join(call, argument),
            "join-conversation" => {
                *self.socket(call.namespace) = Socket::Connected { hyphens: true, again: false };
                self.join(call, argument)
            }
            "leaveConversation" | "leave-conversation" => self.leave(call, argument),
            "sendMessage" | "send-message" => self.send(call, argument),
            "typing" => self.typing(call, argument, None),
            "user-typing" => self.typing(call, argument, Some(true)),
            "user-stopped-typing" => self.typing(call, argument, Some(false)),
            "markAsRead" | "mark-as-read" => self.mark(call, argument),
            "markConversationAsRead" | "mark-conversation-as-read" => self.mark_all(call, argument),
            _ => return self.refuse(call, "realtime.unknown_type"),
        };
        if done.is_none() {
            self.refuse(call, "realtime.malformed");
        }
    }

    fn join(&mut self, call: Call, argument: Value) -> Option<()> {
        let argument = if argument.is_string() { json!({ "conversationId": argument }) } else { argument };
        let Joining { conversation_id, epoch, after_seq } = serde_json::from_value(argument).ok()?;
        if after_seq.is_some_and(|seq| seq > MAX_SEQ) {
            return None;
        }
        let to = self.find(conversation_id)?;
        let subscribe = |conversation| Inbound::Subscribe {
            reference: Some(call.reference()),
            conversation,
            epoch,
            after: after_seq,
        };
        self.joins.push(Join { conversation: to.id(self.id), call, answer: None, reset: None });
        self.command(to, subscribe);
        Some(())
    }

    fn leave(&mut self, call: Call, argument: Value) -> Option<()> {
        let argument = if argument.is_string() { json!({ "conversationId": argument }) } else { argument };
        let Leaving { conversation_id } = serde_json::from_value(argument).ok()?;
        let to = self.find(conversation_id)?;
        let answer = json!({ "conversationId": to.shown() });
        self.command(to, |conversation| Inbound::Unsubscribe { conversation });
        self.steps.extend(call.answer(&answer).map(Step::Tell));
        Some(())
    }

    fn send(&mut self, call: Call, argument: Value) -> Option<()> {
        let said: Sending = serde_json::from_value(argument).ok()?;
        let to = self.find(said.conversation_id)?;
        let client_message_id = said.client_message_id.unwrap_or_else(|| {
            self.unnamed += 1;
            format!("{}-{}", self.id, self.unnamed)
        });
        let (content, in_reply_to) = (said.content, said.in_reply_to);
        let attachments = said.attachment_ids.unwrap_or_default();
        self.command(to, |conversation| Inbound::Send {
            reference: Some(call.reference()),
            conversation,
            client_message_id,
            content,
            in_reply_to,
            attachments,
        });
        Some(())
    }

    fn typing(&mut self, call: Call, argument: Value, is_typing: Option<bool>) -> Option<()> {
        let said: Writing = serde_json::from_value(argument).ok()?;
        let is_typing = is_typing.or(said.is_typing)?;
        let to = match (said.conversation_id, said.recipient_id) {
            (Some(conversation), _) => self.find(conversation)?,
            (None, Some(person)) => self.threads.with(person).map_or(Where::Number(String::new()), Where::Id),
            (None, None) => return None,
        };
        match to {
            Where::Id(conversation) => self.steps.push_back(Step::Do(Inbound::Typing { conversation, is_typing })),
            // One that is followed is known by its number, and by those who take part.
            Where::Number(_) => self.refuse(call, "realtime.not_subscribed"),
        }
        Some(())
    }

    fn mark(&mut self, call: Call, argument: Value) -> Option<()> {
        let argument = if argument.is_string() { json!({ "messageId": argument }) } else { argument };
        let Marking { conversation_id, message_id } = serde_json::from_value(argument).ok()?;
        let to = match conversation_id {
            Some(conversation) => Some(self.find(conversation)?),
            None => self.threads.holding(message_id).map(Where::Id),
        };
        let Some(to) = to else {
            self.refuse(call, "chat.message_not_found");
            return Some(());
        };
        let reference = Some(call.reference());
        self.command(to, |conversation| Inbound::MarkRead { reference, conversation, message: Some(message_id) });
        Some(())
    }

    fn mark_all(&mut self, call: Call, argument: Value) -> Option<()> {
        let argument = if argument.is_string() { json!({ "conversationId": argument }) } else { argument };
        let Leaving { conversation_id } = serde_json::from_value(argument).ok()?;
        let to = self.find(conversation_id)?;
        let reference = Some(call.reference());
        self.command(to, |conversation| Inbound::MarkRead { reference, conversation, message: None });
        Some(())
    }

    fn find(&self, text: String) -> Option<Where> {
        if let Ok(id) = ConversationId::from_str(&text) {
            return Some(Where::Id(id));
        }
        if let Some(id) = self.threads.numbered(&text) {
            return Some(Where::Id(id));
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && !text.is_empty() && text.len() <= NUMBER_BYTES).then_some(Where::Number(text))
    }

    fn command(&mut self, to: Where, command: impl FnOnce(ConversationId) -> Inbound) {
        let inbound = command(to.id(self.id));
        self.steps.push_back(Step::Do(match to {
            Where::Id(_) => inbound,
            Where::Number(number) => Inbound::ByNumber { number, inbound: Box::new(inbound) },
        }));
    }

    /// The session says it, in the caller's language.
    fn refuse(&mut self, call: Call, code: &'static str) {
        self.steps.push_back(Step::Do(Inbound::Unreadable { reference: Some(call.reference()), code }));
    }

    fn malformed(&mut self) {
        self.steps.push_back(Step::Close(Close::Malformed));
    }

    fn tell(&mut self, words: String) {
        self.steps.push_back(Step::Tell(words.into()));
    }
}

impl Where {
    /// Of one that is only known by its number, an id that no conversation has, that of the connection: the session
    /// puts the right one in its place.
    fn id(&self, connection: ConnectionId) -> ConversationId {
        match self {
            Self::Id(id) => *id,
            Self::Number(_) => ConversationId::new(connection.uuid()),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Number(number) => number.clone(),
        }
    }
}
