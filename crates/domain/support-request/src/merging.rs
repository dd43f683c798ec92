//! Requests that have to do with each other: one that another took in, and one that follows another.

use kernel::FieldError;
use serde_json::json;

use crate::{
    By, Command, Outcome, Snapshot, Status, SupportRequest, SupportRequestError, TimelineEntry, TimelineKind,
    telling::{Remarks, entry},
    transitions::move_to,
};

impl SupportRequest {
    /// Closes this request as one that another of the same requester has taken in; what each of them tells, this one
    /// first. Merged into the same one already, it changes nothing.
    ///
    /// # Errors
    /// `Invalid` for itself, `OtherRequester`, `IllegalTransition` when one of them is closed, `NotFound` when one is
    /// deleted. Neither is changed then.
    pub fn merge_into(
        &mut self,
        other: &mut Self,
        command: &Command,
        by: &By<'_>,
    ) -> Result<(Outcome, Outcome), SupportRequestError> {
        if self.state.deleted_at.is_some() || other.state.deleted_at.is_some() {
            return Err(SupportRequestError::NotFound);
        }
        if self.state.id == other.state.id {
            return Err(FieldError::new("into", "invalid").into());
        }
        if self.state.merged_into == Some(other.state.id) {
            return Ok((Outcome::default(), Outcome::default()));
        }
        if self.state.requester.id != other.state.requester.id {
            return Err(SupportRequestError::OtherRequester);
        }
        if self.state.status == Status::Closed || other.state.status == Status::Closed {
            return Err(SupportRequestError::IllegalTransition { action: "merge", status: Status::Closed });
        }
        let mut next = self.state.clone();
        move_to(&mut next, Status::Closed, by.env.now(), by.terms);
        next.merged_into = Some(other.state.id);
        next.last_command = None;
        let mut took = other.state.clone();
        took.took_in.extend(next.took_in.iter().copied().chain([next.id]));
        took.last_command = None;

        let (of_this, of_other) = (pointing_to(&other.state, by), pointing_to(&self.state, by));
        let remarks = Remarks::of(command, TimelineKind::Merged);
        let mut closed = self.become_next(next, by, &remarks);
        closed.timeline.insert(0, of_this);
        for entry in &mut closed.timeline {
            (entry.reason, entry.note) = (None, None);
        }
        remarks.put_on(&mut closed.timeline);
        Ok((closed, other.tell_alone(took, vec![of_other], by, &remarks)))
    }

    /// The request that took this one in was itself taken in: it points to the last of them.
    pub(crate) fn point_to(&mut self, other: &Snapshot, by: &By<'_>) -> Outcome {
        let next = Snapshot { merged_into: Some(other.id), ..self.state.clone() };
        let entries = vec![pointing_to(other, by)];
        self.tell_alone(next, entries, by, &Remarks::NONE)
    }

    /// Notes that a new request follows this closed one.
    ///
    /// # Errors
    /// `IllegalTransition` when it is not closed, `NotFound` when it is deleted.
    pub(crate) fn followed_by(&mut self, new: &Snapshot, by: &By<'_>) -> Result<Outcome, SupportRequestError> {
        self.may_be_followed()?;
        let entries = vec![followed(new, by)];
        Ok(self.tell_alone(self.state.clone(), entries, by, &Remarks::of(&Command::default(), TimelineKind::FollowUp)))
    }

    /// Whether a new request may follow it.
    pub(crate) fn may_be_followed(&self) -> Result<(), SupportRequestError> {
        match self.state.status {
            _ if self.state.deleted_at.is_some() => Err(SupportRequestError::NotFound),
            Status::Closed => Ok(()),
            status => Err(SupportRequestError::IllegalTransition { action: "follow_up", status }),
        }
    }

    /// A new version whose entries are told from outside.
    fn tell_alone(
        &mut self,
        mut next: Snapshot,
        mut timeline: Vec<TimelineEntry>,
        by: &By<'_>,
        remarks: &Remarks<'_>,
    ) -> Outcome {
        next.version += 1;
        next.updated_at = next.updated_at.max(by.env.now());
        self.state = next;
        remarks.put_on(&mut timeline);
        Outcome { changed: true, timeline, ..Outcome::default() }
    }
}

/// An entry of a new request that follows this one; or of the one that it follows.
pub(crate) fn followed(other: &Snapshot, by: &By<'_>) -> TimelineEntry {
    linked(TimelineKind::FollowUp, other, by)
}

fn pointing_to(other: &Snapshot, by: &By<'_>) -> TimelineEntry {
    linked(TimelineKind::Merged, other, by)
}

fn linked(kind: TimelineKind, other: &Snapshot, by: &By<'_>) -> TimelineEntry {
    let mut entry = entry(kind, by);
    entry.metadata.insert("other_id".to_owned(), json!(other.id));
    entry.metadata.insert("other_number".to_owned(), json!(other.number));
    entry
}
