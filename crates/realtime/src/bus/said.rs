use chat::{ChatSession, Committed, Receipt, Seq};
use kernel::{
    Audience, Caller, ConversationId, InternalNoteId, NodeId, OrganizationId, ParticipantId, Role, SupportRequestId,
    UserId,
};
use serde::{Deserialize, Serialize};
use support_request::{NoteChange, RequestChange, TimelineEntry};

use super::About;
use crate::{Standing, Viewer};

/// Something that one node says to the others. What concerns an organisation names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// It is there, and who is there with it has changed so often.
    Beat {
        /// The number of its last [`Said::Moved`].
        roster: u64,
        /// What it tells of itself.
        #[serde(default)]
        about: About,
    },
    /// It stops in good order: nobody is there with it any more.
    Gone,
    /// A node is to say who is there with it.
    Ask {
        /// Which one.
        of: NodeId,
    },
    /// Who is there with it, in parts.
    Roster(Roster),
    /// Who is there with it has changed.
    Moved {
        /// 1, 2, 3 … without a hole.
        version: u64,
        /// How.
        moved: Moved,
    },
    /// An entry was committed.
    Entry(Box<Committed>),
    /// An entry was committed that is too large to be told: it is to be read.
    Place {
        /// The organisation.
        organization: OrganizationId,
        /// The conversation.
        conversation: ConversationId,
        /// Its place.
        seq: Seq,
    },
    /// A mark moved.
    Receipt(Receipt),
    /// A live period began or ended.
    Session(ChatSession),
    /// A request changed.
    Request(Box<RequestChange>),
    /// A request changed, in a way that is too large to be told: it is to be read.
    RequestPlace {
        /// The organisation.
        organization: OrganizationId,
        /// The request.
        support_request: SupportRequestId,
        /// What happened.
        event: String,
        /// Who could see it before, where that changed.
        before: Option<Audience>,
        /// What it added to the timeline; nothing where that is too large too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeline: Option<Vec<TimelineEntry>>,
    },
    /// An internal note was written, edited or deleted.
    Note(Box<NoteChange>),
    /// The same with a note that is too large to be told: it is to be read.
    NotePlace {
        /// The organisation.
        organization: OrganizationId,
        /// Its request.
        support_request: SupportRequestId,
        /// Which note.
        note: InternalNoteId,
    },
    /// Somebody writes, or has stopped.
    Typing {
        /// The organisation.
        organization: OrganizationId,
        /// The conversation.
        conversation: ConversationId,
        /// Who.
        participant: ParticipantId,
        /// Their name.
        name: String,
        /// Whether they still do.
        is_typing: bool,
    },
    /// A member of staff has said whether they want to be asked.
    Standing {
        /// The organisation.
        organization: OrganizationId,
        /// Who.
        user: UserId,
        /// What.
        standing: Standing,
    },
    /// Something was revoked, in whatever organisation: what, is to be read.
    Revoked,
    /// Something that this version has no word for.
    #[serde(other)]
    Unknown,
}

/// Who is there with a node, as of a version; one of several parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// How many changes it knows.
    pub version: u64,
    /// Which part: 0, 1, 2 …
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// Those who have a connection.
    pub people: Vec<Here>,
    /// The requests that somebody looks at.
    pub looks: Vec<Looked>,
}

/// A change of who is there with a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// Somebody has a connection.
    Came(Here),
    /// Somebody has none any more.
    Went(Here),
    /// Others look at a request than before.
    Looks(Looked),
}

/// Somebody who has a connection to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// The organisation.
    pub organization: OrganizationId,
    /// Who.
    pub id: ParticipantId,
    /// More, of a member of staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffHere>,
}

/// What the others show of a member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffHere {
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// What they said last about being asked.
    pub standing: Option<Standing>,
}

/// Who looks at a request by way of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The organisation.
    pub organization: OrganizationId,
    /// The request.
    pub support_request: SupportRequestId,
    /// All of them.
    pub viewers: Vec<Viewer>,
}

impl Here {
    /// A caller; of a member of staff it is not known yet what they said last.
    pub(crate) fn of(caller: &Caller) -> Self {
        let staff = caller.user().filter(|user| user.role.is_staff());
        Self {
            organization: caller.organization(),
            id: caller.participant(),
            staff: staff.map(|user| StaffHere { name: user.name.clone(), role: user.role, standing: None }),
        }
    }
}

impl Said {
    /// As JSON; nothing when it has no such form, which no value of this type is.
    pub(crate) fn words(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// What is left to say of something that is too large: the first of these that is not.
    pub(crate) fn places(&self) -> Vec<Self> {
        match self {
            Self::Entry(committed) => vec![Self::Place {
                organization: committed.organization,
                conversation: committed.conversation,
                seq: committed.entry.seq,
            }],
            Self::Request(change) => {
                let place = |timeline| Self::RequestPlace {
                    organization: change.organization,
                    support_request: change.audience.support_request,
                    event: change.event.clone().into_owned(),
                    before: change.before.clone(),
                    timeline,
                };
                vec![place(Some(change.timeline.clone())), place(None)]
            }
            Self::Note(change) => vec![Self::NotePlace {
                organization: change.organization,
                support_request: change.note.support_request,
                note: change.note.id,
            }],
            _ => Vec::new(),
        }
    }
}

impl Roster {
    /// In as many parts as it takes for none to have more than `room` bytes, the frame around it included.
    pub(crate) fn in_parts(version: u64, people: Vec<Here>, looks: Vec<Looked>, room: usize) -> Vec<Self> {
        /// More than the names of the fields and the numbers take.
        const FRAME: usize = 160;
        let room = room.saturating_sub(FRAME);
        let empty = Self { version, part: 0, parts: 0, people: Vec::new(), looks: Vec::new() };
        let mut parts = vec![empty.clone()];
        let mut used = 0;
        let mut place = |size: usize, parts: &mut Vec<Self>| {
            if used > 0 && used + size > room {
                parts.push(empty.clone());
                used = 0;
            }
            used += size;
        };
        for person in people {
            place(size(&person), &mut parts);
            parts.iter_mut().last().into_iter().for_each(|part| part.people.push(person.clone()));
        }
        for looked in looks {
            place(size(&looked), &mut parts);
            parts.iter_mut().last().into_iter().for_each(|part| part.looks.push(looked.clone()));
        }
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        for (number, part) in (0..).zip(&mut parts) {
            (part.part, part.parts) = (number, count);
        }
        parts
    }
}

/// As JSON, with the comma behind it.
fn size(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len() + 1)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn no_part_of_a_roster_is_larger_than_the_bus_takes_and_none_is_left_out() {
        let here = |n| Here {
            organization: OrganizationId::new(Uuid::from_u128(1)),
            id: ParticipantId::new(Uuid::from_u128(n)),
            staff: (n % 3 == 0).then(|| StaffHere { name: "Zoé \"Z\"".repeat(9), role: Role::Agent, standing: None }),
        };
        let people: Vec<Here> = (0..500).map(here).collect();
        for room in [700, 7_000, 64 * 1024, 10 << 20] {
            let parts = Roster::in_parts(9, people.clone(), Vec::new(), room);
            assert!(parts.iter().all(|part| size(&Said::Roster(part.clone())) <= room), "{room}");
            let told: Vec<Here> = parts.iter().flat_map(|part| part.people.clone()).collect();
            assert_eq!(told, people);
            assert!(parts.iter().all(|part| part.parts as usize == parts.len()));
        }
        assert_eq!(Roster::in_parts(9, Vec::new(), Vec::new(), 700).len(), 1, "nobody is an answer too");
    }
}
