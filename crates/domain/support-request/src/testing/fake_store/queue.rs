//! The queue, over the committed state.

use std::time::Duration;

use async_trait::async_trait;
use kernel::{OrganizationId, PortError, Timestamp};

use super::FakeStore;
use crate::{Kind, QueueViews, Status, TimelineEntry, TimelineKind, Waiting};

#[async_trait]
impl QueueViews for FakeStore {
    async fn waiting(&self, organization: OrganizationId) -> Result<Vec<Waiting>, PortError> {
        let state = self.state();
        let own = state.requests.iter().filter(|((of, _), _)| *of == organization).map(|(_, request)| request);
        let mut waiting: Vec<_> = own
            .filter(|one| one.kind == Kind::Chat && one.status == Status::Open && one.assignee.is_none())
            .filter(|one| one.deleted_at.is_none())
            .collect();
        waiting.sort_by_key(|one| (one.created_at, one.id));
        let one = |one: &&crate::Snapshot| Waiting { conversation: one.conversation, requester: one.requester.id };
        Ok(waiting.iter().map(one).collect())
    }

    async fn waits(
        &self,
        organization: OrganizationId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Duration>, PortError> {
        let state = self.state();
        let is_taking = |entry: &TimelineEntry| {
            entry.kind == TimelineKind::AssigneeChanged && entry.old.is_none() && entry.new.is_some()
        };
        let mut taken = Vec::new();
        for ((of, id), request) in &state.requests {
            if *of != organization || request.kind != Kind::Chat {
                continue;
            }
            let mut entries = state.timeline.iter().filter(|(of, on, _)| of == &organization && on == id);
            let first = entries.find(|(_, _, entry)| is_taking(entry)).map(|(_, _, entry)| entry.created_at);
            taken.extend(first.filter(|at| *at >= since).map(|at| (at, at.since(request.created_at))));
        }
        taken.sort_unstable_by(|a, b| b.cmp(a));
        Ok(taken.into_iter().take(limit as usize).map(|(_, wait)| wait).collect())
    }
}
