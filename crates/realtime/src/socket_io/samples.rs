//! The samples of `api-spec/frames/socketio`: what clients send is read, what servers send is written again from the
//! samples of the native protocol. `UPDATE_SPEC=1` writes those of the server anew.

#![expect(clippy::disallowed_methods, reason = "a test may read and write the samples")]

use chat::{Epoch, Seq};
use kernel::{ConnectionId, MessageId, ParticipantId, SupportRequestId, testing::FixedEnv};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{Inbound, ServerFrame, Thread, WelcomeUser};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../api-spec/frames");

const CLIENT: [&str; 12] = [
    "join-conversation",
    "leave-conversation",
    "mark-as-read",
    "mark-conversation-as-read",
    "send-message",
    "typing",
    "typing-recipient",
    "join-conversation-hyphens",
    "send-message-hyphens",
    "user-typing",
    "user-stopped-typing",
    "connect",
];

fn native(name: &str) -> ServerFrame {
    serde_json::from_str(&std::fs::read_to_string(format!("{FOLDER}/server-{name}.json")).unwrap()).unwrap()
}

fn sample(name: &str) -> Value {
    let path = format!("{FOLDER}/socketio/{name}.json");
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("there is no {path}"))).unwrap()
}

fn codec(me: ParticipantId) -> SocketIo {
    let mut codec = SocketIo::new(ConnectionId::new(Uuid::from_u128(0x018d_0e2a_6b1c_7a10_8d2e_5b3c_9f1e_7a02)));
    codec.read(r#"0/messaging,{"token":"t"}"#);
    codec.steps.clear();
    let welcome = ServerFrame::Welcome {
        connection_id: codec.id,
        user: WelcomeUser { id: me, name: String::new(), role: String::new(), availability: None },
        epoch: Epoch::new(Uuid::from_u128(0x018d_0e20_0000_7000_8000_0000_0000_0001)),
        heartbeat_ms: 25_000,
        max_frame_bytes: 65_536,
    };
    codec.words(&Frame::new(welcome));
    codec
}

/// Of a packet of the namespace: its data.
fn data(packet: &Bytes) -> Value {
    let text = std::str::from_utf8(packet).unwrap();
    let at = text.find(['[', '{']).unwrap();
    serde_json::from_str(&text[at..]).unwrap()
}

fn thread() -> Thread {
    let ServerFrame::Message { conversation_id, message, .. } = native("message") else { panic!() };
    let ServerFrame::SupportRequest { support_request, .. } = native("support-request") else { panic!() };
    Thread {
        conversation: conversation_id,
        support_request: SupportRequestId::new(support_request.id),
        number: support_request.number.clone(),
        requester: ParticipantId::new(message.sender.id),
        assignee: support_request.assignee.as_ref().map(|assignee| ParticipantId::new(assignee.id)),
        last: Some((Seq::new(message.seq), MessageId::new(message.id), ParticipantId::new(message.sender.id))),
        read: Vec::new(),
    }
}

/// All that the server says, by the name of its sample.
fn written() -> Vec<(&'static str, Value)> {
    let (thread, somebody) = (thread(), ParticipantId::new(Uuid::from_u128(7)));
    let told = |me: ParticipantId, frame: &ServerFrame| {
        let mut codec = codec(me);
        codec.words_aside(&Aside::Thread(thread.clone()));
        let words = codec.words(&Frame::new(frame.clone()));
        words.first().map_or_else(|| panic!("nothing is said of {frame:?}"), data)
    };
    let mut all = vec![
        ("server-new-message", told(somebody, &native("message"))),
        ("server-message-sent", told(thread.requester, &native("message"))),
        ("server-message-edited", told(somebody, &native("message-edited"))),
        ("server-message-deleted", told(somebody, &native("message-deleted"))),
        ("server-user-typing", told(somebody, &native("typing"))),
        ("server-error", told(somebody, &native("error"))),
    ];
    for (name, online) in [("server-user-online", true), ("server-user-offline", false)] {
        let frame = ServerFrame::Presence { participant_id: thread.requester, online, availability: None };
        all.push((name, told(somebody, &frame)));
    }
    let receipt = ServerFrame::Receipt {
        conversation_id: thread.conversation,
        participant_id: thread.assignee.unwrap_or(somebody),
        delivered_seq: Seq::new(8),
        read_seq: Seq::new(8),
        read_at: None,
    };
    all.push(("server-message-read", told(thread.requester, &receipt)));
    let ServerFrame::SupportRequest { mut support_request, .. } = native("support-request") else { panic!() };
    let created = ServerFrame::SupportRequest { event: "created".to_owned(), support_request: support_request.clone() };
    all.push(("server-ticket-created", told(somebody, &created)));
    let ServerFrame::Timeline { entry, .. } = native("timeline") else { panic!() };
    let closing = wire::TimelineEntry {
        kind: wire::TimelineKind::StatusChanged,
        old: Some("resolved".to_owned()),
        new: Some("closed".to_owned()),
        ..*entry
    };
    support_request.status = wire::RequestStatus::Closed;
    let mut codec_of_a_customer = codec(somebody);
    codec_of_a_customer.words_aside(&Aside::Thread(thread.clone()));
    let changed = ServerFrame::SupportRequest { event: "status_changed".to_owned(), support_request };
    codec_of_a_customer.words(&Frame::new(changed));
    let closed = ServerFrame::Timeline { support_request_id: thread.support_request, entry: Box::new(closing) };
    let words = codec_of_a_customer.words(&Frame::new(closed));
    all.push(("server-ticket-status-changed", data(&words[0])));
    all.push(("server-message-closed", data(&words[1])));

    let mut asking = SocketIo::new(ConnectionId::new(Uuid::from_u128(0x018d_0e2a_6b1c_7a10_8d2e_5b3c_9f1e_7a02)));
    asking.read(r#"0/messaging,{"token":"t"}"#);
    let words = asking.words(&Frame::new(native("welcome")));
    all.push(("server-connect", data(&words[0])));
    all.push(("server-connected", data(&words[1])));
    asking.read("0");
    asking.words(&Frame::new(native("welcome")));
    let mut refused = SocketIo::new(asking.id);
    refused.read(r#"0/messaging,{"token":"t"}"#);
    let words = refused.words(&Frame::new(ServerFrame::Error {
        reference: None,
        code: "identity.token_expired".to_owned(),
        message: "Votre session a expiré.".to_owned(),
    }));
    all.push(("server-connect-error", data(&words[0])));
    all.extend(answered());
    all
}

/// The answers to what a client calls.
fn answered() -> Vec<(&'static str, Value)> {
    let (thread, somebody) = (thread(), ParticipantId::new(Uuid::from_u128(7)));
    let mut all = Vec::new();
    let call = Call { namespace: Namespace::Messaging, id: Some(1) };
    let mut codec = codec(somebody);
    codec.words_aside(&Aside::Thread(thread.clone()));
    let ServerFrame::Ack { conversation_id, client_message_id, message_id, seq, created_at, duplicate, .. } =
        native("ack")
    else {
        panic!()
    };
    let reference = Some(call.reference());
    let ack = ServerFrame::Ack {
        reference: reference.clone(),
        conversation_id,
        client_message_id: client_message_id.clone(),
        message_id,
        seq,
        created_at,
        duplicate,
    };
    all.push(("answer-send-message", data(&codec.words(&Frame::new(ack))[0])));
    let nack = ServerFrame::Nack {
        reference: reference.clone(),
        conversation_id,
        client_message_id,
        message_id: None,
        code: "rate_limited".to_owned(),
        message: "Vous envoyez trop vite.".to_owned(),
        retry: true,
        retry_after_ms: Some(1_500),
    };
    all.push(("answer-error", data(&codec.words(&Frame::new(nack))[0])));
    let read_at = Some(FixedEnv::START);
    let marked = Aside::Marked {
        reference: reference.clone(),
        conversation: thread.conversation,
        message: Some(message_id),
        read_at,
    };
    let words = codec.words_aside(&marked);
    all.push(("server-read-confirmation", data(&words[0])));
    all.push(("answer-mark-as-read", data(&words[1])));
    codec.read(&format!(r#"2/messaging,1["joinConversation",{{"conversationId":"{}"}}]"#, thread.conversation));
    codec.words(&Frame::new(ServerFrame::Subscribed {
        reference,
        conversation_id: thread.conversation,
        last_seq: Seq::new(8),
        participants: Vec::new(),
    }));
    codec.words(&Frame::new(native("message")));
    let words = codec.words(&Frame::new(ServerFrame::Live { conversation_id: thread.conversation, seq: Seq::new(8) }));
    all.push(("answer-join-conversation", data(&words[0])));
    all.push(("answer-leave-conversation", json!([{ "conversationId": thread.conversation }])));
    all
}

#[test]
fn what_the_server_says_is_what_the_samples_say() {
    for (name, value) in written() {
        if std::env::var_os("UPDATE_SPEC").is_some() {
            let text = serde_json::to_string_pretty(&value).unwrap() + "\n";
            std::fs::write(format!("{FOLDER}/socketio/{name}.json"), text).unwrap();
        }
        assert_eq!(sample(name), value, "{name}");
    }
}

#[test]
fn what_the_samples_of_clients_say_is_read() {
    for name in CLIENT {
        let value = sample(&format!("client-{name}"));
        let mut codec = codec(thread().requester);
        codec.words_aside(&Aside::Thread(thread()));
        if name == "connect" {
            codec.read(&format!("0{value}"));
            let step = codec.next();
            assert!(
                matches!(&step, Some(Step::Do(Inbound::Authenticate { token })) if token.expose() == value["token"])
            );
            continue;
        }
        codec.read(&format!("2/messaging,1{value}"));
        let Some(Step::Do(inbound)) = codec.next() else { panic!("{name}") };
        let conversation = thread().conversation;
        let expected = match value[0].as_str().unwrap() {
            "joinConversation" | "join-conversation" => {
                matches!(&inbound, Inbound::Subscribe { conversation: to, .. } if *to == conversation)
            }
            "leaveConversation" => inbound == Inbound::Unsubscribe { conversation },
            "sendMessage" | "send-message" => {
                matches!(&inbound, Inbound::Send { content, .. } if *content == value[1]["content"])
            }
            "typing" => inbound == Inbound::Typing { conversation, is_typing: value[1]["isTyping"] == true },
            "user-typing" => inbound == Inbound::Typing { conversation, is_typing: true },
            "user-stopped-typing" => inbound == Inbound::Typing { conversation, is_typing: false },
            "markAsRead" => matches!(&inbound, Inbound::MarkRead { message: Some(_), .. }),
            "markConversationAsRead" => matches!(&inbound, Inbound::MarkRead { message: None, .. }),
            other => panic!("{other}"),
        };
        assert!(expected, "{name}: {inbound:?}");
    }
}

#[test]
fn no_sample_is_left_out_or_left_over() {
    let files = std::fs::read_dir(format!("{FOLDER}/socketio")).unwrap();
    let mut found: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut known: Vec<_> = CLIENT.iter().map(|name| format!("client-{name}.json")).collect();
    known.extend(written().iter().map(|(name, _)| format!("{name}.json")));
    found.sort();
    known.sort();
    assert_eq!(found, known);
}
