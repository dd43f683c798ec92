//! The comparison with what is stored, which repairs what was not heard of other nodes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chat::{ConversationLog, Conversations};
use kernel::OrganizationId;
use realtime::Hub;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

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
/// How long losses are gathered: they come in clusters.
const TOGETHER: Duration = Duration::from_millis(100);
/// Between two comparisons at the least; twice that while losses go on.
const GAP: Duration = Duration::from_secs(1);
const GAP_AT_MOST: Duration = Duration::from_secs(2);
/// In how many parts connections make good what was lost, and how long after each other: 2 s for all.
const PART: Duration = Duration::from_millis(100);
const PARTS: usize = 20;
/// So many connections may at once.
const AT_ONCE: usize = 10;
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
    let mut pace = Pace { last: Instant::now(), gap: GAP };
    let mut making_good = JoinSet::new();
    let mut made_good = Instant::now();
    let (mut lost, mut alone) = (false, false);
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
        if why == Why::Lost {
            sleep(TOGETHER).await;
        }
        sleep_until(pace.next()).await;
        pace.compared(why, Instant::now());
        lost |= why == Why::Lost || nodes.as_ref().is_some_and(|nodes| nodes.more_lost());
        alone |= why == Why::Alone;
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
        if lost && since >= MAKE_GOOD || alone && since >= MAKE_GOOD_ALONE {
            while making_good.try_join_next().is_some() {}
            // Beside, because it takes a while, and the next comparison is not to wait for it.
            making_good.spawn(make_good(Arc::clone(&hub)));
            (made_good, lost, alone) = (Instant::now(), false, false);
        }
    }
}

/// When heads are compared.
struct Pace {
    last: Instant,
    gap: Duration,
}

impl Pace {
    /// The next time at the earliest.
    fn next(&self) -> Instant {
        self.last + self.gap
    }

    fn compared(&mut self, why: Why, now: Instant) {
        if now - self.last > 2 * GAP_AT_MOST {
            self.gap = GAP;
        } else if why == Why::Lost {
            self.gap = (2 * self.gap).min(GAP_AT_MOST);
        }
        self.last = now;
    }
}

/// Lets all connections read again what may have been lost besides entries, a part after the other.
async fn make_good(hub: Arc<Hub>) {
    let connections = hub.connections();
    for (number, part) in parts(&connections).enumerate() {
        if number > 0 {
            sleep(PART).await;
        }
        for conn in part {
            hub.make_good(conn);
        }
    }
}

fn parts<T>(all: &[T]) -> impl Iterator<Item = &[T]> {
    all.chunks(all.len().div_ceil(PARTS).max(AT_ONCE))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_that_go_on_are_no_storm_of_readings_and_a_first_one_does_not_wait() {
        let start = Instant::now();
        let mut pace = Pace { last: start, gap: GAP };
        // After a quiet time at once.
        let mut now = start + HEADS;
        assert!(pace.next() <= now);
        let mut compared = Vec::new();
        let end = now + Duration::from_secs(20);
        while now < end {
            // Something is lost all the time.
            now = pace.next().max(now + TOGETHER);
            pace.compared(Why::Lost, now);
            compared.push(now);
        }
        assert!(compared.len() <= 12, "{}", compared.len());
        let gaps: Vec<Duration> = compared.windows(2).map(|two| two[1] - two[0]).collect();
        assert_eq!(gaps[0], GAP);
        assert!(gaps[1..].iter().all(|gap| *gap == GAP_AT_MOST), "{gaps:?}");
        // After a routine one that was quiet, the next loss is looked at soon again.
        pace.compared(Why::Routine, now + HEADS);
        assert_eq!(pace.next(), now + HEADS + GAP);
    }

    #[test]
    fn not_all_connections_make_good_at_once_and_none_is_left_out() {
        let all: Vec<usize> = (0..1_007).collect();
        let parts: Vec<&[usize]> = parts(&all).collect();
        assert!(parts.len() <= PARTS && parts.iter().all(|part| part.len() <= 51), "{}", parts.len());
        assert_eq!(parts.concat(), all);
        assert_eq!(super::parts(&all[..AT_ONCE]).count(), 1);
        assert_eq!(super::parts(&all[..0]).count(), 0);
    }
}
