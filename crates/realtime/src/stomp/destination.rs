//! What a client may send to and subscribe to.

use kernel::ConversationId;

/// A destination that can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// `/topic/conversations/{id}`.
    Conversation(ConversationId),
    /// `/user/queue/events`: all that belongs to the person and to no conversation.
    Events,
}

/// A destination that can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// `/app/authenticate`: a fresh token.
    Authenticate,
    /// `/app/conversations/{id}/…`.
    Conversation(ConversationId, Verb),
}

/// What is done in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Send,
    Abandon,
    Read,
    Typing,
}

impl Source {
    /// The name of [`Self::Events`].
    pub(super) const EVENTS: &'static str = "/user/queue/events";
    const TOPIC: &'static str = "/topic/conversations/";

    /// Nothing for a destination that is not there. No pattern is one.
    pub(super) fn parse(destination: &str) -> Option<Self> {
        if destination == Self::EVENTS {
            return Some(Self::Events);
        }
        destination.strip_prefix(Self::TOPIC).and_then(conversation).map(Self::Conversation)
    }

    /// Its name.
    pub(super) fn name(self) -> String {
        match self {
            Self::Conversation(id) => format!("{}{id}", Self::TOPIC),
            Self::Events => Self::EVENTS.to_owned(),
        }
    }
}

impl Target {
    /// Nothing for a destination that is not there.
    pub(super) fn parse(destination: &str) -> Option<Self> {
        if destination == "/app/authenticate" {
            return Some(Self::Authenticate);
        }
        let (id, verb) = destination.strip_prefix("/app/conversations/")?.split_once('/')?;
        let verb = match verb {
            "send" => Verb::Send,
            "abandon" => Verb::Abandon,
            "read" => Verb::Read,
            "typing" => Verb::Typing,
            _ => return None,
        };
        Some(Self::Conversation(conversation(id)?, verb))
    }
}

/// Written as the server writes ids, so that a conversation has one destination.
fn conversation(text: &str) -> Option<ConversationId> {
    text.parse::<ConversationId>().ok().filter(|id| id.to_string() == text)
}
