//! The comparison with what is stored, which repairs what was not heard of other nodes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chat::{ConversationLog, Conversations};
use kernel::OrganizationId;
use realtime::Hub;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    jobs::How,
    nodes::{Nodes, Why},
};

/// How often the ends of the watched conversations are compared, so that a swallowed hint is repaired.
pub(crate) const HEADS: Duration = Duration::from_secs(10);
/// The same while other nodes cannot be heard: what they commit is found by nothing else.
pub(crate) const HEADS_ALONE: Duration = Duration::from_secs(2);
/// How often what other nodes tell besides entries is read again at most, after messages were lost.
const MAKE_GOOD: Duration = Duration::from_secs(5);
/// The same while other nodes cannot be heard at all: it may last, and costs a read for each subscription.
const MAKE_GOOD_ALONE: Duration = Duration::from_mins(1);
/// How soon after a comparison that failed the next one comes at the earliest.
const AGAIN: Duration = Duration::from_secs(1);
/// How many conversations are compared in one query.
const BATCH: usize = 1_000;

/// Compares the ends of the watched conversations, and makes good what was lost besides entries.
pub(crate) async fn keep(
    hub: Arc<Hub>,
    log: Arc<dyn ConversationLog>,
    conversations: Arc<dyn Conversations>,
    nodes: Option<Arc<Nodes>>,
) {
    let mut how = How::of("heads");
    let mut made_good = Instant::now();
    let (mut lost, mut alone) = (false, false);
    let (mut looked, mut look) = (Instant::now(), None);
    loop {
        let wait = if lost { MAKE_GOOD } else { MAKE_GOOD_ALONE };
        let why = if let Some(nodes) = &nodes {
            tokio::select! {
                why = nodes.next_heads() => why,
                () = sleep_until(made_good + wait), if lost || alone => Why::Routine,
            }
        } else {
            sleep(HEADS).await;
            Why::Routine
        };
        lost |= why == Why::Lost;
        alone |= why == Why::Alone;
        look = match why {
            Why::Lost | Why::Alone => Some(HEADS_ALONE),
            Why::Wary => look.or(Some(HEADS)),
            Why::Routine => look,
        };
        // A change that was not heard may have taken a conversation out of somebody's sight.
        let sights = lost || nodes.as_ref().is_some_and(|nodes| !nodes.hears_all());
        let compared = compare(&hub, log.as_ref(), conversations.as_ref(), sights).await;
        let answers = compared.is_ok();
        how.went(compared);
        let since = made_good.elapsed();
        // Not while the database is down: acks would wait for reads that fail.
        if !answers {
            sleep(AGAIN).await;
            continue;
        }
        if look.is_some_and(|every| looked.elapsed() >= every) {
            hub.look_for_own();
            (looked, look) = (Instant::now(), None);
        }
        if lost && since >= MAKE_GOOD || alone && since >= MAKE_GOOD_ALONE {
            hub.make_good();
            (made_good, lost, alone) = (Instant::now(), false, false);
        }
    }
}

async fn compare(
    hub: &Hub,
    log: &dyn ConversationLog,
    conversations: &dyn Conversations,
    sights: bool,
) -> anyhow::Result<()> {
    // First, so that nobody is told what is out of their sight.
    if sights {
        compare_sights(hub, conversations).await?;
    }
    for watched in hub.watched().chunks(BATCH) {
        hub.heads(&log.heads(watched).await?);
    }
    Ok(())
}

async fn compare_sights(hub: &Hub, conversations: &dyn Conversations) -> anyhow::Result<()> {
    let mut by_organization: BTreeMap<OrganizationId, Vec<_>> = BTreeMap::new();
    for (organization, conversation) in hub.watched_by_agents() {
        by_organization.entry(organization).or_default().push(conversation);
    }
    for (organization, watched) in by_organization {
        for watched in watched.chunks(BATCH) {
            hub.sights(organization, &conversations.audiences(organization, watched).await?);
        }
    }
    Ok(())
}
