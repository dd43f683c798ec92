//! Internal notes. There is no shape of one for anybody but staff.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use support_request::{InternalNote, NoteContent, Person};
use utoipa::ToSchema;
use uuid::Uuid;

/// What staff write to each other about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// Its id; notes of a request sort by it.
    pub id: Uuid,
    /// The request it belongs to.
    pub support_request_id: Uuid,
    /// Who wrote it.
    pub author: NamedAgent,
    /// What it says; `null` once it was deleted.
    #[schema(required, example = "Vu avec le transporteur.")]
    pub content: Option<String>,
    /// The agents it mentions.
    pub mentions: Vec<NamedAgent>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last came to say something else.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub edited_at: Option<Timestamp>,
    /// When it was deleted.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub deleted_at: Option<Timestamp>,
}

impl Note {
    /// A note, for staff.
    pub fn of(note: &InternalNote) -> Self {
        Self {
            id: note.id.uuid(),
            support_request_id: note.support_request.uuid(),
            author: NamedAgent::of(&note.author),
            content: note.content.as_ref().map(NoteContent::as_str).map(str::to_owned),
            mentions: note.mentions.iter().map(NamedAgent::of).collect(),
            created_at: note.created_at,
            edited_at: note.edited_at,
            deleted_at: note.deleted_at,
        }
    }
}

/// An agent, with the name of the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedAgent {
    /// The user's id.
    pub id: Uuid,
    /// First and last name.
    #[schema(example = "Camille Durand")]
    pub name: String,
}

impl NamedAgent {
    fn of(person: &Person) -> Self {
        Self { id: person.id.uuid(), name: person.name.clone() }
    }
}
