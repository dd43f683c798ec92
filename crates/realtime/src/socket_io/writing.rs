//! What a client is told.

use bytes::Bytes;
use chat::Seq;
use kernel::{ConversationId, MessageId, ParticipantId, SupportRequestId};
use serde_json::{Value, json};

use super::{Answer, Call, Join, Namespace, Socket, SocketIo, shapes, threads::Known};
use crate::{Aside, Frame, ServerFrame, Way};

/// What an answer to `joinConversation` holds at most; what is behind it follows as events.
const MOST_MESSAGES: usize = 200;
const MOST_BYTES: usize = 256 * 1024;

impl SocketIo {
    pub(super) fn words(&mut self, frame: &Frame) -> Vec<Bytes> {
        match frame.frame() {
            ServerFrame::Welcome { user, epoch, .. } => {
                (self.me, self.epoch) = (Some(user.id), Some(*epoch));
                self.connected(user.id)
            }
            ServerFrame::Error { reference, code, message } => self.failed(reference.as_deref(), code, message),
            ServerFrame::Ack { reference, message_id, seq, duplicate, .. } => {
                let answer = json!({ "messageId": message_id, "seq": seq, "duplicate": duplicate });
                Call::of(reference.as_deref()).and_then(|call| call.answer(&answer)).into_iter().collect()
            }
            ServerFrame::Nack { reference, code, message, retry, retry_after_ms, client_message_id, .. } => {
                let mut error = json!({ "code": code, "message": message, "retry": retry });
                if let Some(ms) = retry_after_ms {
                    error["retryAfterMs"] = json!(ms);
                }
                self.refusal(Call::of(reference.as_deref()), error, client_message_id.as_deref())
            }
            ServerFrame::Subscribed { reference, conversation_id, last_seq, .. } => {
                self.subscribed(reference.as_deref(), *conversation_id, *last_seq)
            }
            ServerFrame::Live { conversation_id, .. } => self.joined(*conversation_id),
            ServerFrame::Reset { conversation_id, reason } => {
                // It comes before the answer that it is about, and only one is asked for at a time.
                let join = self.joins.iter_mut().find(|join| join.answer.is_none());
                if let Some(join) = join {
                    (join.conversation, join.reset) = (*conversation_id, Some(reason.clone()));
                }
                Vec::new()
            }
            ServerFrame::Unsubscribed { conversation_id, reason } => {
                let mut words = self.joined(*conversation_id);
                if reason != "requested" {
                    self.threads.forget(*conversation_id);
                    let gone = json!({ "code": reason, "conversationId": conversation_id });
                    words.extend(self.event(("error", "error"), &gone));
                }
                words
            }
            ServerFrame::Message { conversation_id, seq, message } => {
                self.message(frame, *conversation_id, *seq, message, Change::New)
            }
            ServerFrame::MessageEdited { conversation_id, seq, message } => {
                self.message(frame, *conversation_id, *seq, message, Change::Edited)
            }
            ServerFrame::MessageDeleted { conversation_id, seq, message } => {
                self.message(frame, *conversation_id, *seq, message, Change::Deleted)
            }
            ServerFrame::Receipt { conversation_id, participant_id, read_seq, .. } => {
                self.receipt(*conversation_id, *participant_id, *read_seq)
            }
            ServerFrame::Typing { conversation_id, participant_id, is_typing, .. } => {
                let typing = json!({
                    "userId": participant_id, "userEmail": null, "isTyping": is_typing,
                    "conversationId": conversation_id, "type": "user_typing",
                });
                let name = if *is_typing { "user-typing" } else { "user-stopped-typing" };
                self.event(("userTyping", name), &typing)
            }
            ServerFrame::Presence { participant_id, online, .. } => {
                let (names, kind) = match online {
                    true => (("userOnline", "user-online"), "user_online"),
                    false => (("userOffline", "user-offline"), "user_offline"),
                };
                self.event(names, &json!({ "userId": participant_id, "type": kind }))
            }
            ServerFrame::SupportRequest { event, support_request } => self.ticket(event, support_request),
            ServerFrame::Timeline { support_request_id, entry } => self.timeline(*support_request_id, entry),
            // The protocol has no words for these: clients of it show no queue, no notes, no viewers, no lists.
            ServerFrame::Conversation { .. }
            | ServerFrame::Note { .. }
            | ServerFrame::Viewers { .. }
            | ServerFrame::Resync
            | ServerFrame::Bye { .. }
            | ServerFrame::Pong => Vec::new(),
        }
    }

    pub(super) fn words_aside(&mut self, aside: &Aside) -> Vec<Bytes> {
        match aside {
            Aside::Thread(thread) => {
                self.threads.learn(thread);
                Vec::new()
            }
            Aside::Marked { reference, conversation, message, read_at } => {
                let Some(call) = Call::of(reference.as_deref()) else { return Vec::new() };
                let known = self.threads.get(*conversation);
                let message = message.or_else(|| known.and_then(Known::last));
                let confirmed = json!({ "messageId": message, "readAt": read_at });
                let mut words = vec![packet(call.namespace, "readConfirmation", &confirmed.to_string())];
                words.extend(call.answer(&confirmed));
                words
            }
        }
    }

    fn connected(&mut self, me: ParticipantId) -> Vec<Bytes> {
        let mut words = Vec::new();
        let asking = |socket| matches!(socket, Socket::Asking | Socket::Connected { again: true, .. });
        for namespace in self.all(asking).collect::<Vec<_>>() {
            let socket = self.socket(namespace);
            let hyphens = matches!(socket, Socket::Connected { hyphens: true, .. });
            *socket = Socket::Connected { hyphens, again: false };
            self.connected += 1;
            let socket = format!("{}-{}", self.id, self.connected);
            words.push(format!("0{}{}", namespace.prefix(), json!({ "sid": socket })).into());
            let connected = json!({ "userId": me, "socketId": socket });
            words.push(packet(namespace, "connected", &connected.to_string()));
        }
        words
    }

    fn failed(&mut self, reference: Option<&str>, code: &str, message: &str) -> Vec<Bytes> {
        let call = Call::of(reference);
        let mut words = Vec::new();
        if let Some(call) = call
            && let Some(at) = self.joins.iter().position(|join| join.call == call && join.answer.is_none())
        {
            // It was a join, and has its answer. What it was to replace ends here too: nothing says so any more.
            self.joins.remove(at);
            let gathering = self.joins.iter().filter(|join| join.answer.is_some());
            for conversation in gathering.map(|join| join.conversation).collect::<Vec<_>>() {
                words.extend(self.joined(conversation));
            }
        }
        let asking: Vec<_> = self.all(|socket| socket == Socket::Asking).collect();
        if call.is_none() && !asking.is_empty() && (self.is_nowhere() || is_of_connecting(code)) {
            let refused = json!({ "message": message, "data": { "code": code } });
            let refused = |namespace: Namespace| Bytes::from(format!("4{}{refused}", namespace.prefix()));
            for namespace in &asking {
                *self.socket(*namespace) = Socket::None;
            }
            return asking.into_iter().map(refused).collect();
        }
        words.extend(self.refusal(call, json!({ "code": code, "message": message }), None));
        words
    }

    /// Whether no socket is connected that an event could be told to.
    fn is_nowhere(&self) -> bool {
        self.all(|socket| matches!(socket, Socket::Connected { .. })).next().is_none()
    }

    /// Tells what was refused to the callback, else as an event.
    fn refusal(&self, call: Option<Call>, error: Value, client_message_id: Option<&str>) -> Vec<Bytes> {
        match call {
            Some(call) if call.id.is_some() => call.answer(&json!({ "error": error })).into_iter().collect(),
            call => {
                let mut error = error;
                if let Some(name) = client_message_id {
                    error["clientMessageId"] = json!(name);
                }
                match call {
                    Some(call) => vec![packet(call.namespace, "error", &error.to_string())],
                    None => self.event(("error", "error"), &error),
                }
            }
        }
    }

    fn subscribed(&mut self, reference: Option<&str>, conversation: ConversationId, last_seq: Seq) -> Vec<Bytes> {
        // An earlier one to the same conversation has been replaced.
        let words = self.joined(conversation);
        let call = Call::of(reference);
        let join = self.joins.iter_mut().find(|join| Some(join.call) == call && join.answer.is_none());
        if let Some(join) = join {
            join.conversation = conversation;
            join.answer = Some(Answer { last_seq, messages: Vec::new(), bytes: 0 });
        }
        words
    }

    /// What was gathered for those who join is all of it, or enough.
    fn joined(&mut self, conversation: ConversationId) -> Vec<Bytes> {
        let joined = |join: &mut Join| join.conversation == conversation && join.answer.is_some();
        let done: Vec<Join> = self.joins.extract_if(.., joined).collect();
        let answers = done.into_iter().filter_map(|join| {
            let Answer { last_seq, messages, .. } = join.answer?;
            let mut answer = json!({
                "conversationId": conversation, "epoch": self.epoch, "lastSeq": last_seq, "messages": messages,
            });
            if let Some(reason) = join.reset {
                answer["reset"] = json!(reason);
            }
            join.call.answer(&answer)
        });
        answers.collect()
    }

    fn message(
        &mut self,
        frame: &Frame,
        conversation: ConversationId,
        seq: Seq,
        message: &wire::Message,
        change: Change,
    ) -> Vec<Bytes> {
        let (id, sender) = (MessageId::new(message.id), ParticipantId::new(message.sender.id));
        self.threads.shown(conversation, Seq::new(message.seq), id, sender);
        let known = self.threads.get(conversation);
        let shape = || shapes::message(message, conversation, known);
        // Without a callback nobody waits for an answer: the messages are told one by one.
        let gathering = self
            .joins
            .iter_mut()
            .find(|join| join.conversation == conversation && join.answer.is_some() && join.call.id.is_some());
        if let Some(answer) = gathering.and_then(|join| join.answer.as_mut()) {
            let shown = shape();
            answer.bytes += frame.native().len();
            // A message that was edited since is in the answer once, at its place and as it is now.
            match answer.messages.iter_mut().find(|other| other["id"] == shown["id"]) {
                Some(other) => *other = shown,
                None => answer.messages.push(shown),
            }
            let full = answer.messages.len() >= MOST_MESSAGES || answer.bytes >= MOST_BYTES;
            return if full { self.joined(conversation) } else { Vec::new() };
        }
        let own = self.me == Some(sender);
        let (names, kind) = match change {
            Change::New if own => (("messageSent", "messageSent"), "message_sent"),
            Change::New => (("newMessage", "new-message"), "new_message"),
            Change::Edited => (("messageEdited", "message-edited"), "message_edited"),
            Change::Deleted => (("messageDeleted", "message-deleted"), "message_deleted"),
        };
        let payload = || match change {
            Change::New => json!({ "message": shape(), "type": kind }),
            Change::Edited | Change::Deleted => json!({ "message": shape(), "seq": seq, "type": kind }),
        };
        // The same for all who are told, once it is known what belongs in it.
        let payload = if known.is_some() {
            frame.shared(Way::SocketIo, |_| payload().to_string().into())
        } else {
            payload().to_string().into()
        };
        self.event_of(names, &payload)
    }

    fn receipt(&mut self, conversation: ConversationId, reader: ParticipantId, seq: Seq) -> Vec<Bytes> {
        let read = self.threads.read(conversation, reader, seq);
        if self.me == Some(reader) {
            return Vec::new();
        }
        let told = read.into_iter().flat_map(|message| {
            let read = json!({
                "messageId": message, "readerId": reader, "conversationId": conversation, "type": "message_read",
            });
            self.event(("messageRead", "message-read"), &read)
        });
        told.collect()
    }

    fn ticket(&mut self, event: &str, request: &wire::SupportRequest) -> Vec<Bytes> {
        let assignee = request.assignee.as_ref().map(|assignee| ParticipantId::new(assignee.id));
        self.threads.assigned(ConversationId::new(request.conversation_id), assignee);
        if event == "created" {
            let created = json!({ "ticket": shapes::ticket(request), "type": "ticket_created" });
            return self.event(("ticket.created", "ticket.created"), &created);
        }
        // Whether its status changed, and by whose hand, is in the timeline, which comes next.
        self.changed =
            (event != "message").then(|| Box::new((SupportRequestId::new(request.id), shapes::ticket(request))));
        Vec::new()
    }

    fn timeline(&mut self, request: SupportRequestId, entry: &wire::TimelineEntry) -> Vec<Bytes> {
        if entry.kind != wire::TimelineKind::StatusChanged {
            return Vec::new();
        }
        let mut words = Vec::new();
        if let Some(changed) = self.changed.take_if(|changed| changed.0 == request) {
            let changed = json!({ "ticket": changed.1, "type": "ticket_status_changed" });
            words = self.event(("ticket.status_changed", "ticket.status_changed"), &changed);
        }
        let closed = self.threads.of_request(request).filter(|_| entry.new.as_deref() == Some("closed"));
        if let Some(known) = closed {
            let closed = json!({
                "messageId": known.last(), "closerId": entry.actor.id,
                "conversationId": known.thread.conversation, "type": "message_closed",
            });
            words.extend(self.event(("messageClosed", "messageClosed"), &closed));
        }
        words
    }

    /// An event to each of the client's sockets, by the name that it goes by.
    fn event(&self, names: (&str, &str), payload: &Value) -> Vec<Bytes> {
        self.event_of(names, payload.to_string().as_bytes())
    }

    fn event_of(&self, (name, hyphenated): (&str, &str), payload: &[u8]) -> Vec<Bytes> {
        let payload = std::str::from_utf8(payload).unwrap_or("null");
        let to = |namespace: Namespace| match self.sockets[namespace as usize] {
            Socket::Connected { hyphens: true, .. } => Some(packet(namespace, hyphenated, payload)),
            Socket::Connected { hyphens: false, .. } => Some(packet(namespace, name, payload)),
            Socket::None | Socket::Asking => None,
        };
        Namespace::ALL.into_iter().filter_map(to).collect()
    }
}

/// What happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    New,
    Edited,
    Deleted,
}

/// Whether that code is an answer to a token: it is none, or cannot be looked at now.
fn is_of_connecting(code: &str) -> bool {
    code.starts_with("identity.")
        || matches!(
            code,
            "realtime.already_authenticated"
                | "rate_limited"
                | "overloaded"
                | "unavailable"
                | "storage_full"
                | "unknown"
                | "internal"
        )
}

fn packet(namespace: Namespace, event: &str, payload: &str) -> Bytes {
    format!("2{}[\"{event}\",{payload}]", namespace.prefix()).into()
}
