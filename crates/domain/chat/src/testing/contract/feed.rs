//! What [`LogFeed`](crate::LogFeed) must do.

use kernel::OrganizationId;

use super::Scene;
use crate::{
    LogCursor, LogRecord,
    testing::{Harness, ThreadState, side_by_side},
};

/// Everything of one organisation after a cursor, in pages, and where that ends.
async fn read(h: &impl Harness, from: LogCursor, of: OrganizationId) -> (Vec<LogRecord>, LogCursor) {
    let (mut at, mut found) = (from, Vec::new());
    loop {
        let page = h.feed().next(at, 7).await.unwrap();
        let Some(last) = page.last() else { return (found, at) };
        assert!(page.len() <= 7);
        assert!(page.windows(2).all(|two| two[0].cursor < two[1].cursor) && page[0].cursor > at, "cursors ascend");
        at = last.cursor;
        found.extend(page.into_iter().filter(|record| record.organization == of));
    }
}

/// Reads until so many records of an organisation have come. A store shared with other tests may
/// hold back what is committed while one of theirs is still writing.
pub(super) async fn read_until(h: &impl Harness, from: LogCursor, of: OrganizationId, count: usize) -> Vec<LogRecord> {
    let (mut found, mut at) = read(h, from, of).await;
    for _ in 0..1_000 {
        if found.len() >= count {
            break;
        }
        h.time_goes_by().await;
        let (more, to) = read(h, at, of).await;
        found.extend(more);
        at = to;
    }
    found
}

/// Each entry with its request, in order of its thread, repeats and refusals left out.
pub async fn the_feed_tells_every_entry_once(h: &impl Harness) {
    let scene = Scene::new(h).await;
    for n in 1..=10 {
        scene.asked(h, &format!("n{n}")).await;
        scene.asked(h, &format!("n{n}")).await;
        scene.answered(h, &format!("n{n}")).await;
    }
    let told = read_until(h, LogCursor::default(), scene.organization, 20).await;
    let stored = h.log().after(scene.organization, scene.thread.id, crate::Seq::START, 100).await.unwrap();
    let entries: Vec<_> = told.iter().map(|record| record.entry.clone()).collect();
    assert_eq!(entries, stored);
    assert!(told.iter().all(|record| record.conversation == scene.thread.id));
    assert!(told.iter().all(|record| record.support_request == scene.thread.support_request));
    let after_third = read_until(h, told[2].cursor, scene.organization, 17).await;
    assert_eq!(after_third, told[3..], "a cursor goes on right after its record");
}

/// A consumer that reads on while senders commit has each entry once, in order of its thread.
pub async fn the_feed_skips_nothing_while_many_write(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let state = ThreadState { assignee: Some(scene.agent), ..ThreadState::default() };
    let other = scene.another(h, state).await;
    let (one, two) = (h.log(), h.other_log());
    let start = read(h, LogCursor::default(), scene.organization).await.1;
    let write = async {
        let sends = (0..60).map(|n| {
            let mut sent = scene.asks(h, &format!("n{n}"), "x");
            if n % 2 == 0 {
                sent.conversation = other.id;
            }
            let log = if n % 3 == 0 { &two } else { &one };
            async move { log.append(sent).await.unwrap() }
        });
        side_by_side(sends).await;
        Vec::new()
    };
    let consume = read_until(h, start, scene.organization, 60);
    let both: [std::pin::Pin<Box<dyn Future<Output = Vec<LogRecord>> + '_>>; 2] = [Box::pin(write), Box::pin(consume)];
    let told = side_by_side(both).await.pop().unwrap();
    for thread in [scene.thread, other] {
        let of = told.iter().filter(|record| record.conversation == thread.id);
        let seqs: Vec<_> = of.map(|record| record.entry.seq.get()).collect();
        assert_eq!(seqs, (1..=30).collect::<Vec<_>>());
    }
}

/// Also when two nodes run the same consumer.
pub async fn a_position_never_moves_back(h: &impl Harness) {
    let scene = Scene::new(h).await;
    for n in 1..=3 {
        scene.asked(h, &format!("n{n}")).await;
    }
    let told = read_until(h, LogCursor::default(), scene.organization, 3).await;
    let (feed, consumer) = (h.feed(), format!("test-{}", h.env().uuid()));
    assert_eq!(feed.position(&consumer).await.unwrap(), LogCursor::default());
    feed.advance(&consumer, told[1].cursor).await.unwrap();
    assert_eq!(feed.position(&consumer).await.unwrap(), told[1].cursor);
    feed.advance(&consumer, told[0].cursor).await.unwrap();
    assert_eq!(feed.position(&consumer).await.unwrap(), told[1].cursor);
    feed.advance(&consumer, told[2].cursor).await.unwrap();
    assert_eq!(feed.position(&consumer).await.unwrap(), told[2].cursor);
    let other = format!("test-{}", h.env().uuid());
    assert_eq!(feed.position(&other).await.unwrap(), LogCursor::default(), "each consumer has its own");
}

/// What alarms when a consumer falls behind.
pub async fn the_lag_ends_when_all_is_taken(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "a").await;
    let last = read_until(h, LogCursor::default(), scene.organization, 1).await.pop().unwrap();
    h.time_goes_by().await;
    let (feed, consumer) = (h.feed(), format!("test-{}", h.env().uuid()));
    assert!(feed.lag_seconds(&consumer).await.unwrap() > 0.0);
    feed.advance(&consumer, last.cursor).await.unwrap();
    // Other tests on the same store may have written since; on a store of its own nothing is left.
    if feed.next(last.cursor, 1).await.unwrap().is_empty() {
        let lag = feed.lag_seconds(&consumer).await.unwrap();
        assert!(lag.abs() < f64::EPSILON || !feed.next(last.cursor, 1).await.unwrap().is_empty(), "{lag}");
    }
}
