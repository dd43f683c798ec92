//! What a client knows of its conversations, as far as the words of the protocol need it.

use std::collections::VecDeque;

use chat::Seq;
use kernel::{ConversationId, MessageId, ParticipantId, SupportRequestId};

use crate::Thread;

/// The conversations of one connection, the one that was heard of last at the end.
#[derive(Debug, Default)]
pub(super) struct Threads(Vec<Known>);

/// A conversation.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) thread: Thread,
    /// The last messages that were shown, ascending.
    recent: VecDeque<(Seq, MessageId, ParticipantId)>,
}

impl Threads {
    /// As many messages of a conversation are remembered, to name them when they are read.
    const RECENT: usize = 50;

    pub(super) fn learn(&mut self, thread: &Thread) {
        match self.get_mut(thread.conversation) {
            Some(known) => known.thread = thread.clone(),
            None => self.0.push(Known { thread: thread.clone(), recent: VecDeque::new() }),
        }
        if let Some((seq, message, sender)) = thread.last {
            self.shown(thread.conversation, seq, message, sender);
        }
    }

    pub(super) fn forget(&mut self, conversation: ConversationId) {
        self.0.retain(|known| known.thread.conversation != conversation);
    }

    pub(super) fn shown(&mut self, conversation: ConversationId, seq: Seq, message: MessageId, sender: ParticipantId) {
        let Some(known) = self.get_mut(conversation) else { return };
        let at = known.recent.partition_point(|(other, ..)| *other < seq);
        if known.recent.get(at).is_some_and(|(other, ..)| *other == seq) {
            return;
        }
        known.recent.insert(at, (seq, message, sender));
        if known.recent.len() > Self::RECENT {
            known.recent.pop_front();
        }
    }

    pub(super) fn get(&self, conversation: ConversationId) -> Option<&Known> {
        self.0.iter().find(|known| known.thread.conversation == conversation)
    }

    pub(super) fn of_request(&self, request: SupportRequestId) -> Option<&Known> {
        self.0.iter().find(|known| known.thread.support_request == request)
    }

    pub(super) fn numbered(&self, number: &str) -> Option<ConversationId> {
        self.0.iter().find(|known| known.thread.number == number).map(|known| known.thread.conversation)
    }

    /// The conversation with somebody of the other side: the one that was heard of last.
    pub(super) fn with(&self, person: ParticipantId) -> Option<ConversationId> {
        let with = |known: &&Known| {
            known.thread.requester == person
                || known.thread.assignee == Some(person)
                || known.thread.read.iter().any(|(other, _)| *other == person)
                || known.recent.iter().any(|(.., sender)| *sender == person)
        };
        self.0.iter().rev().find(with).map(|known| known.thread.conversation)
    }

    /// The conversation of a message that was shown lately.
    pub(super) fn holding(&self, message: MessageId) -> Option<ConversationId> {
        let holds = |known: &&Known| known.recent.iter().any(|(_, id, _)| *id == message);
        self.0.iter().find(holds).map(|known| known.thread.conversation)
    }

    pub(super) fn assigned(&mut self, conversation: ConversationId, assignee: Option<ParticipantId>) {
        if let Some(known) = self.get_mut(conversation) {
            known.thread.assignee = assignee;
        }
    }

    /// Somebody has read up to a place: the messages of others, as far as they are remembered, that this reads.
    pub(super) fn read(&mut self, conversation: ConversationId, reader: ParticipantId, seq: Seq) -> Vec<MessageId> {
        let Some(known) = self.get_mut(conversation) else { return Vec::new() };
        let marks = &mut known.thread.read;
        let mark = marks.iter_mut().find(|(person, _)| *person == reader).map(|(_, mark)| mark);
        let before = if let Some(mark) = mark {
            std::mem::replace(mark, seq.max(*mark))
        } else {
            marks.push((reader, seq));
            Seq::START
        };
        let read = known.recent.iter().filter(|(at, _, sender)| *at > before && *at <= seq && *sender != reader);
        read.map(|(_, message, _)| *message).collect()
    }

    fn get_mut(&mut self, conversation: ConversationId) -> Option<&mut Known> {
        self.0.iter_mut().find(|known| known.thread.conversation == conversation)
    }
}

impl Known {
    pub(super) fn last(&self) -> Option<MessageId> {
        self.recent.back().map(|(_, message, _)| *message)
    }
}
