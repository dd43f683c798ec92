//! Where one domain asks another, and where what was committed is told to those who watch.

use std::sync::Arc;

use async_trait::async_trait;
use chat::{Change, ChatSession, Committed, Hints, MessageKind, Receipt, ReceiptFeed};
use http_actix::Arrivals;
use identity::IdentityViews;
use kernel::{OrganizationId, PortError, UserId};
use realtime::Hub;
use support_request::{People, Person, RequestChange, RequestFeed, Requester};
use tokio::sync::Notify;

use crate::{activity::Activity, around::Around};

/// The desk's people are identity's users.
pub(crate) struct Staff {
    pub(crate) users: Arc<dyn IdentityViews>,
}

#[async_trait]
impl People for Staff {
    async fn agent(&self, organization: OrganizationId, id: UserId) -> Result<Option<Person>, PortError> {
        let user = self.users.user(organization, id).await?;
        Ok(user
            .filter(|user| user.active && user.role.is_staff())
            .map(|user| Person { id, name: full_name(&user.first_name, &user.last_name, user.email.as_str()) }))
    }

    async fn requester(&self, organization: OrganizationId, id: UserId) -> Result<Option<Requester>, PortError> {
        let user = self.users.user(organization, id).await?;
        Ok(user.filter(|user| user.active).map(|user| Requester {
            id: id.into(),
            name: full_name(&user.first_name, &user.last_name, user.email.as_str()),
            email: Some(user.email.as_str().to_owned()),
            phone: user.phone,
        }))
    }
}

/// First and last name; the e-mail for somebody who gave neither.
fn full_name(first: &str, last: &str, email: &str) -> String {
    match (first.trim(), last.trim()) {
        ("", "") => email.to_owned(),
        (name, "") | ("", name) => name.to_owned(),
        (first, last) => format!("{first} {last}"),
    }
}

/// After a commit: the hub of this node first, then whoever waits or follows.
pub(crate) struct AfterCommit {
    pub(crate) hub: Arc<Hub>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) around: Arc<Around>,
    pub(crate) wake: Arc<Notify>,
    pub(crate) deleted: Arc<Notify>,
}

/// What other nodes say was committed: told to the connections of this node, as if it had been committed here. What
/// follows from it is the other node's to do, unless it hangs on who has a connection here.
impl AfterCommit {
    pub(crate) fn heard_entry(&self, entry: &Committed) {
        let entries = std::slice::from_ref(entry);
        self.hub.publish(entries);
        self.arrivals.committed(entries);
        self.around.committed(&self.hub, entry);
    }

    pub(crate) fn heard_session(&self, session: &ChatSession) {
        self.hub.tell_session(session);
        self.around.queue_moved(session.organization);
    }

    pub(crate) fn heard_change(&self, change: &RequestChange) {
        self.hub.tell_change(change);
        self.around.heard(change);
    }
}

impl Hints for AfterCommit {
    fn committed(&self, entries: &[Committed]) {
        #[cfg(not(feature = "faults"))]
        self.hub.committed(entries);
        #[cfg(feature = "faults")]
        self.hub.committed(&crate::faults::not_swallowed(entries));
        self.arrivals.committed(entries);
        for entry in entries {
            self.activity.moved(entry.organization, entry.audience.support_request);
            self.around.committed(&self.hub, entry);
            let files = matches!(entry.entry.message.kind, MessageKind::Image | MessageKind::File);
            if entry.entry.change == Change::Deleted && files {
                self.deleted.notify_one();
            }
        }
        self.wake.notify_one();
    }
}

impl ReceiptFeed for AfterCommit {
    fn moved(&self, receipt: &Receipt) {
        self.hub.moved(receipt);
        self.activity.moved(receipt.organization, receipt.support_request);
    }
}

impl RequestFeed for AfterCommit {
    fn changed(&self, change: &RequestChange) {
        self.hub.changed(change);
        self.around.changed(change);
        if change.view.request.deleted_at.is_some() {
            // It may have been purged: then its files are to go.
            self.deleted.notify_one();
        }
    }
}
