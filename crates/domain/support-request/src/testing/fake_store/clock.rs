//! What is due by the clock, and what is purged, in memory.

use kernel::{OrganizationId, SupportRequestId, Timestamp};

use super::State;
use crate::{Due, Priority, Snapshot, Status};

impl State {
    pub(super) fn due(&self, organization: OrganizationId, due: Due, limit: u32) -> Vec<SupportRequestId> {
        let own = self.requests.iter().filter(|((of, _), _)| *of == organization).map(|(_, request)| request);
        let mut found: Vec<_> = own.filter_map(|one| Some((self.due_at(one, due)?, one.id))).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).take(limit as usize).collect()
    }

    /// Since when it is due, if it is.
    fn due_at(&self, one: &Snapshot, due: Due) -> Option<Timestamp> {
        if let Due::Purging { deleted_before } = due {
            return one.deleted_at.filter(|at| *at < deleted_before);
        }
        if one.deleted_at.is_some() {
            return None;
        }
        let quiet = |since| self.last_activity(one).filter(|at| *at < since);
        match due {
            Due::Escalation { opened_before } => {
                let is_ours = matches!(one.status, Status::Open | Status::Assigned | Status::InProgress);
                let is_unanswered = one.first_response_at.is_none() && one.escalated_at.is_none();
                let is_due = one.priority == Priority::Urgent && is_ours && is_unanswered;
                Some(one.created_at).filter(|at| is_due && *at < opened_before)
            }
            Due::Closing { quiet_since } if one.status == Status::Resolved => quiet(quiet_since),
            Due::Archiving { quiet_since } if one.status == Status::Closed && one.archived_at.is_none() => {
                quiet(quiet_since)
            }
            Due::Waking { until } => one.snoozed_until.filter(|at| *at <= until),
            Due::Survey { closed_after } if one.status == Status::Closed => {
                let is_open = one.rating.is_none() && one.surveyed_at.is_none() && one.merged_into.is_none();
                one.closed_at.filter(|at| is_open && *at >= closed_after)
            }
            _ => None,
        }
    }

    pub(super) fn last_activity(&self, one: &Snapshot) -> Option<Timestamp> {
        let noted = self.active.get(&(one.organization, one.id)).copied();
        let messages = self.messages.get(&(one.organization, one.conversation));
        let written = messages.and_then(|messages| messages.last()).map(|(_, at)| *at);
        [Some(one.updated_at), noted, written].into_iter().flatten().max()
    }

    pub(super) fn purge(&mut self, organization: OrganizationId, id: SupportRequestId) -> bool {
        let Some(gone) = self.requests.get(&(organization, id)).filter(|one| one.deleted_at.is_some()).cloned() else {
            return false;
        };
        self.requests.remove(&(organization, id));
        self.members.remove(&(organization, id));
        self.active.remove(&(organization, id));
        self.timeline.retain(|(of, request, _)| (*of, *request) != (organization, id));
        self.notes.retain(|(of, note)| (*of, note.support_request) != (organization, id));
        self.conversations.remove(&(organization, gone.conversation));
        self.messages.remove(&(organization, gone.conversation));
        for one in self.requests.values_mut() {
            one.merged_into = one.merged_into.filter(|into| *into != id);
            one.follow_up_of = one.follow_up_of.filter(|of| *of != id);
        }
        true
    }
}
