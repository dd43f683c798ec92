//! Internal notes: what staff write to each other about a request. They belong to the request and never to its
//! conversation, so that no way of reading a conversation leads to one.

use kernel::{InternalNoteId, SupportRequestId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Person, values::texts};

texts! {
    /// What an internal note says: 1 to 10 000 characters.
    NoteContent("content", 1, 10_000, true),
}

/// An internal note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalNote {
    /// Its id; notes of a request sort by it.
    pub id: InternalNoteId,
    /// The request it belongs to.
    pub support_request: SupportRequestId,
    /// Who wrote it, with the name of that time.
    pub author: Person,
    /// What it says; nothing once it was deleted.
    pub content: Option<NoteContent>,
    /// The agents it mentions, each once; nobody once it was deleted.
    pub mentions: Vec<Person>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it last came to say something else.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

impl InternalNote {
    /// The most agents that one note mentions.
    pub const MOST_MENTIONS: usize = 20;

    /// Lets it say something else; without `mentions` it mentions whom it did. Whether that is any different.
    pub(crate) fn edit(&mut self, content: &NoteContent, mentions: Option<&[Person]>, at: Timestamp) -> bool {
        let mentions = mentions.unwrap_or(&self.mentions).to_vec();
        if self.content.as_ref() == Some(content) && self.mentions == mentions {
            return false;
        }
        (self.content, self.mentions, self.edited_at) = (Some(content.clone()), mentions, Some(at));
        true
    }

    /// Leaves nothing of it but that it was there. Whether it still said something.
    pub(crate) fn delete(&mut self, at: Timestamp) -> bool {
        if self.deleted_at.is_some() {
            return false;
        }
        (self.content, self.deleted_at) = (None, Some(at));
        self.mentions.clear();
        true
    }
}
