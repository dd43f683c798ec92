//! Requests are given to agents as soon as there is a request without an agent, or an agent with a place: a moment
//! later and together. What is missed here is found by the task `assign` every minute.

use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use identity::{OnAvailability, Standing};
use kernel::{Availability, OrganizationId};
use support_request::{Desk, RequestChange};
use tokio::{sync::Notify, time::sleep};

/// How long is gathered, so that many changes at once cost one look.
const GATHER: Duration = Duration::from_millis(100);

/// The organisations in which somebody may have a place now, or a request nobody.
#[derive(Debug, Default)]
pub(crate) struct Assigning {
    moved: Mutex<BTreeSet<OrganizationId>>,
    wake: Notify,
}

impl Assigning {
    /// A request changed on this node.
    pub(crate) fn changed(&self, change: &RequestChange) {
        let is_open = change.view.request.waits_for_an_agent(change.view.request.updated_at);
        let frees = change.view.request.status.is_settled() || change.event == "assigned";
        if change.event != "message" && (is_open || frees) {
            self.note(change.organization);
        }
    }

    /// Looks wherever something moved, for as long as the server runs.
    pub(crate) async fn run(self: Arc<Self>, desk: Arc<Desk>) {
        loop {
            self.wake.notified().await;
            sleep(GATHER).await;
            let moved = mem::take(&mut *self.moved.lock().unwrap_or_else(PoisonError::into_inner));
            for organization in moved {
                match desk.assign_waiting(organization).await {
                    Ok(0) => {}
                    Ok(given) => {
                        tracing::info!(organization_id = %organization, given, "requests were given to agents");
                    }
                    Err(error) => tracing::warn!(%error, "requests could not be given to agents; the task will"),
                }
            }
        }
    }

    fn note(&self, organization: OrganizationId) {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).insert(organization);
        self.wake.notify_one();
    }
}

impl OnAvailability for Assigning {
    fn changed(&self, standing: Standing) {
        if standing.availability == Availability::Online {
            self.note(standing.organization);
        }
    }
}
