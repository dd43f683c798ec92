//! The estimate is measured, or there is none.

use std::{sync::Arc, time::Duration};

use super::scene::Scene;
use crate::{Action, Command, Queues};

#[tokio::test]
async fn the_estimate_is_the_median_of_the_latest_waits() {
    let scene = Scene::new();
    let queues = Queues::new(Arc::new(scene.store.clone()), scene.env.clone());
    let now = queues.of(scene.organization).await.unwrap();
    assert_eq!((now.waiting.len(), now.estimated_wait), (0, None));
    for waited in [30, 600, 60] {
        let chat = scene.opened().await;
        assert_eq!(
            queues.of(scene.organization).await.unwrap().waiting[0].conversation,
            scene.stored(chat).conversation
        );
        scene.env.pass(Duration::from_secs(waited));
        scene.desk.act(&scene.agent, chat, Action::Take, Command::default()).await.unwrap();
    }
    let now = queues.of(scene.organization).await.unwrap();
    assert_eq!((now.waiting.len(), now.estimated_wait), (0, Some(Duration::from_mins(1))));
    scene.env.pass(Queues::RECENT);
    assert_eq!(
        queues.of(scene.organization).await.unwrap().estimated_wait,
        Some(Duration::from_mins(1)),
        "the last one"
    );
    scene.env.pass(Duration::from_secs(1));
    assert_eq!(queues.of(scene.organization).await.unwrap().estimated_wait, None, "unknown is said so");
}
