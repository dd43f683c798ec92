//! Callers, messages and texts for tests.

use chat::{Change, ClientMessageId, Committed, Entry, Message, MessageKind, Sender, SenderKind, Seq};
use kernel::{
    Audience, Caller, ConnectionId, ConversationId, GuestCaller, GuestId, GuestTokenId, Language, MessageId,
    OrganizationId, Role, SessionId, SupportRequestId, Texts, Timestamp, UserCaller, UserId, testing::FixedEnv,
};
use uuid::Uuid;

pub(crate) struct Codes;

impl Texts for Codes {
    fn text(&self, language: Language, code: &str, _: &[(&'static str, String)]) -> Option<String> {
        Some(format!("{language}:{code}"))
    }
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn conversation(n: u128) -> ConversationId {
    ConversationId::new(id(0xc000 + n))
}

pub(crate) fn organization() -> OrganizationId {
    OrganizationId::new(id(1))
}

pub(crate) fn later() -> Timestamp {
    FixedEnv::START + std::time::Duration::from_mins(15)
}

pub(crate) fn user(n: u128, role: Role) -> Caller {
    Caller::User(UserCaller {
        organization: organization(),
        id: UserId::new(id(n)),
        role,
        name: format!("user {n}"),
        session: SessionId::new(id(n + 1_000)),
        language: Language::En,
        expires_at: later(),
    })
}

pub(crate) fn customer() -> Caller {
    user(10, Role::Customer)
}

pub(crate) fn agent() -> Caller {
    user(20, Role::Agent)
}

pub(crate) fn supervisor() -> Caller {
    user(30, Role::Supervisor)
}

/// The guest, by the token of a conversation's request.
pub(crate) fn guest(conversation: u128) -> Caller {
    Caller::Guest(GuestCaller {
        organization: organization(),
        id: GuestId::new(id(40)),
        support_request: SupportRequestId::new(id(0xf000 + conversation)),
        name: "guest".to_owned(),
        token: GuestTokenId::new(id(40 + conversation)),
        language: Language::Fr,
        expires_at: later(),
    })
}

/// The request of a conversation, opened by the customer.
pub(crate) fn audience(n: u128, assignee: Option<UserId>) -> Audience {
    Audience {
        support_request: SupportRequestId::new(id(0xf000 + n)),
        requester: customer().participant(),
        assignee,
        members: Vec::new(),
        took_in: Vec::new(),
    }
}

pub(crate) fn entry(seq: u64, by: &Caller, name: &str, content: &str) -> Entry {
    let message = Message {
        id: MessageId::new(id(0xa000 + u128::from(seq))),
        seq: Seq::new(seq),
        entry_seq: Seq::new(seq),
        sender: Sender {
            id: by.participant(),
            kind: if by.is_staff() { SenderKind::Agent } else { SenderKind::Customer },
            name: by.name().to_owned(),
        },
        kind: MessageKind::Text,
        content: Some(content.to_owned()),
        attachments: Vec::new(),
        in_reply_to: None,
        client_message_id: ClientMessageId::parse(name).ok(),
        created_at: FixedEnv::START,
        edited_at: None,
        deleted_at: None,
    };
    Entry { seq: Seq::new(seq), change: Change::Created, message }
}

pub(crate) fn committed(n: u128, entry: Entry, origin: Option<ConnectionId>) -> Committed {
    Committed {
        organization: organization(),
        conversation: conversation(n),
        audience: audience(n, None),
        entry,
        origin,
    }
}
