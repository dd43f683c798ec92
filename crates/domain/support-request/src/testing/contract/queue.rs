//! What [`QueueViews`](crate::QueueViews) must do.

use std::time::Duration;

use kernel::Timestamp;

use super::{Scene, act, store};
use crate::{Action, Kind, Snapshot, Status, Waiting, testing::Harness};

/// A chat that was opened so long after the others, in microseconds.
async fn chat(h: &impl Harness, scene: &Scene, counter: u32, later: i64) -> Snapshot {
    let mut request = scene.request(h, counter);
    request.created_at = Timestamp::from_micros(1_705_314_600_000_000 + later);
    store(h, request, None).await
}

/// Takes an action as the agent, with its timeline.
async fn does(h: &impl Harness, scene: &Scene, request: &Snapshot, action: Action, at: Timestamp) {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let mut now = tx.requests().get(request.id).await.unwrap().unwrap();
    let entries = act(h, &mut now, scene.agent, &action);
    tx.requests().save(&now).await.unwrap();
    for mut entry in entries {
        entry.created_at = at;
        tx.timeline().append(request.id, &entry).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn waits(request: &Snapshot) -> Waiting {
    Waiting { conversation: request.conversation, requester: request.requester.id }
}

/// By when they were opened, then by id; nothing else is in the queue.
pub async fn chats_that_nobody_has_taken_wait_in_their_order(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let last = chat(h, &scene, 1, 2).await;
    let first = chat(h, &scene, 2, 0).await;
    let (second, third) = (chat(h, &scene, 3, 1).await, chat(h, &scene, 4, 1).await);
    let (second, third) = if second.id < third.id { (second, third) } else { (third, second) };
    let taken = chat(h, &scene, 5, 0).await;
    does(h, &scene, &taken, Action::Take, h.env().now()).await;
    for (counter, kind, status) in [(6, Kind::ContactForm, Status::Open), (7, Kind::Chat, Status::Resolved)] {
        let mut other = scene.request(h, counter);
        (other.kind, other.status) = (kind, status);
        store(h, other, None).await;
    }
    let waiting = h.queue().waiting(scene.organization).await.unwrap();
    assert_eq!(waiting, [&first, &second, &third, &last].map(waits));
    does(h, &scene, &taken, Action::Assign { agent: None }, h.env().now()).await;
    let waiting = h.queue().waiting(scene.organization).await.unwrap();
    assert_eq!(waiting.len(), 5, "what was given back waits again");
}

/// Only the first time counts, only chats, and only lately.
pub async fn a_wait_ends_when_somebody_is_first_assigned(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let start = chat(h, &scene, 1, 0).await.created_at;
    let after = |seconds| start + Duration::from_secs(seconds);
    for (counter, waited) in [(2, 100), (3, 200), (4, 300)] {
        let chat = chat(h, &scene, counter, 0).await;
        does(h, &scene, &chat, Action::Take, after(waited)).await;
        does(h, &scene, &chat, Action::Assign { agent: None }, after(1_000)).await;
        does(h, &scene, &chat, Action::Take, after(2_000)).await;
    }
    let mut form = scene.request(h, 5);
    (form.kind, form.created_at) = (Kind::ContactForm, start);
    let form = store(h, form, None).await;
    does(h, &scene, &form, Action::Take, after(250)).await;
    let waits = |since, limit| {
        let queue = h.queue();
        async move {
            let mut waits = queue.waits(scene.organization, since, limit).await.unwrap();
            waits.sort_unstable();
            waits.into_iter().map(|wait| wait.as_secs()).collect::<Vec<_>>()
        }
    };
    assert_eq!(waits(start, 10).await, [100, 200, 300]);
    assert_eq!(waits(after(200), 10).await, [200, 300]);
    assert_eq!(waits(start, 2).await, [200, 300], "the latest");
    assert_eq!(waits(after(301), 10).await, [0_u64; 0], "nothing lately");
}

/// Not even their number.
pub async fn no_queue_is_read_across_organizations(h: &impl Harness) {
    let (scene, other) = (Scene::new(h).await, Scene::new(h).await);
    let taken = chat(h, &scene, 1, 0).await;
    chat(h, &scene, 2, 0).await;
    does(h, &scene, &taken, Action::Take, taken.created_at).await;
    assert_eq!(h.queue().waiting(other.organization).await.unwrap(), []);
    assert_eq!(h.queue().waits(other.organization, taken.created_at, 10).await.unwrap(), [Duration::ZERO; 0]);
    assert_eq!(h.queue().waits(scene.organization, taken.created_at, 10).await.unwrap(), [Duration::ZERO]);
}
