//! The agents who were added to a request: by hand, or by a mention in a note. They see it, whoever answers it.

use kernel::{Role, Timestamp, UserId};
use serde_json::json;

use crate::{By, Outcome, Person, SupportRequest, TimelineEntry, TimelineKind, telling};

/// An agent who was added to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: UserId,
    /// First and last name, as of now.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub added_at: Timestamp,
}

impl SupportRequest {
    /// These agents, who did not before, take part from now on. It is a change like any other, with a version of its
    /// own, as it changes who sees the request.
    pub(crate) fn members_added(&mut self, agents: &[Person], by: &By<'_>) -> Outcome {
        let entry = |agent: &Person| {
            let mut entry = telling::entry(TimelineKind::ParticipantAdded, by);
            entry.new = Some(agent.id.to_string());
            entry.metadata.insert("new_name".to_owned(), json!(agent.name));
            entry
        };
        self.members_changed(agents.iter().map(entry).collect(), by)
    }

    /// This agent takes part no longer.
    pub(crate) fn member_removed(&mut self, agent: &Person, by: &By<'_>) -> Outcome {
        let mut entry = telling::entry(TimelineKind::ParticipantRemoved, by);
        entry.old = Some(agent.id.to_string());
        entry.metadata.insert("old_name".to_owned(), json!(agent.name));
        self.members_changed(vec![entry], by)
    }

    fn members_changed(&mut self, timeline: Vec<TimelineEntry>, by: &By<'_>) -> Outcome {
        if timeline.is_empty() {
            return Outcome::default();
        }
        self.state.version += 1;
        self.state.updated_at = self.state.updated_at.max(by.env.now());
        self.state.last_command = None;
        Outcome { changed: true, timeline, ..Outcome::default() }
    }
}
