//! The comparison that repairs hints that were swallowed.

use std::{collections::HashMap, sync::Arc};

use chat::Head;
use kernel::{ConversationId, OrganizationId};

use super::Hub;
use crate::Conn;

impl Hub {
    /// The conversations that somebody here follows; their heads are to be read every 10 s (every 2 s
    /// while the bus is down) and given to [`Self::heads`].
    pub fn watched(&self) -> Vec<(OrganizationId, ConversationId)> {
        self.index().watched()
    }

    /// The conversations that an agent here follows, who may lose sight of them: who may see them is to be read when
    /// changes of other nodes are not heard, and given to [`Self::sights`]. Supervisors see all, and what somebody
    /// asked stays theirs.
    pub fn watched_by_agents(&self) -> Vec<(OrganizationId, ConversationId)> {
        self.index().watched_by_agents()
    }

    /// Hints of other nodes were lost: what they told besides entries is read again, for one of
    /// [`Self::connections`]. To be called for each at most every few seconds, and not for all at once: it costs a
    /// read for each subscription. [`Self::heads`] repairs the entries.
    pub fn make_good(&self, conn: &Arc<Conn>) {
        let context = self.context();
        conn.step(&self.limits, |session| session.make_good(&context));
    }

    /// Hints of other nodes were lost, or none come: connections that follow what is their caller's look for
    /// conversations that they do not follow yet. To be called at most every few seconds.
    pub fn look_for_own(&self) {
        for conn in self.index().all().into_iter().filter(|conn| conn.protocol().follows_own()) {
            let context = self.context();
            conn.step(&self.limits, |session| session.look_for_own(&context));
        }
    }

    /// An entry exists that this node was not told: who follows the conversation reads what is missing.
    pub fn head(&self, organization: OrganizationId, head: Head) {
        let followers = self.index().followers((organization, head.conversation));
        for conn in followers {
            let context = self.context();
            conn.step(&self.limits, |session| session.head(head.conversation, head.last_seq, &context));
        }
    }

    /// Where these logs end: whoever is behind reads what is missing.
    pub fn heads(&self, heads: &[Head]) {
        let ends: HashMap<_, _> = heads.iter().map(|head| (head.conversation, head.last_seq)).collect();
        for room in self.watched() {
            let Some(end) = ends.get(&room.1) else { continue };
            let followers = self.index().followers(room);
            for conn in followers {
                let context = self.context();
                conn.step(&self.limits, |session| session.head(room.1, *end, &context));
            }
        }
    }
}
