//! Subscribing, reading, and what happens to positions that do not hold.

use kernel::{Caller, PageRequest, Role};

use super::scene::Scene;
use crate::{
    Chat, ChatError, ConversationFilter, Position, ResetReason, Seq,
    testing::{Setup, ThreadState},
};

async fn thread_of(count: u64) -> Scene {
    let scene = Scene::new();
    for n in 1..=count {
        scene.send(&scene.customer, &format!("n{n}"), &format!("message {n}")).await.unwrap();
    }
    scene
}

fn seqs<'a>(messages: impl IntoIterator<Item = &'a crate::Message>) -> Vec<u64> {
    messages.into_iter().map(|message| message.seq.get()).collect()
}

#[tokio::test]
async fn a_fresh_subscription_starts_with_the_last_fifty() {
    let scene = thread_of(60).await;
    let start = scene.chat.subscribe(&scene.customer, scene.thread.id, None).await.unwrap();
    assert_eq!((start.reset, start.from), (None, Seq::new(60)));
    assert_eq!(seqs(&start.recent), (11..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_known_position_is_resumed_right_after_it() {
    let scene = thread_of(5).await;
    let epoch = scene.chat.conversation(&scene.customer, scene.thread.id).await.unwrap().epoch;
    for epoch in [Some(epoch), None] {
        for after in [0, 3, 5] {
            let position = Position { epoch, after: Seq::new(after) };
            let start = scene.chat.subscribe(&scene.customer, scene.thread.id, Some(position)).await.unwrap();
            assert_eq!((start.reset, start.from, start.recent.len()), (None, Seq::new(after), 0));
            let missed = scene.chat.entries(&scene.customer, scene.thread.id, start.from, 200).await.unwrap();
            assert_eq!(
                missed.iter().map(|entry| entry.seq.get()).collect::<Vec<_>>(),
                (after + 1..=5).collect::<Vec<_>>()
            );
        }
    }
}

#[tokio::test]
async fn another_history_and_a_place_past_the_end_start_afresh() {
    let scene = thread_of(5).await;
    let old = scene.chat.conversation(&scene.customer, scene.thread.id).await.unwrap().epoch;
    let subscribe = async |epoch, after| {
        let position = Position { epoch, after: Seq::new(after) };
        scene.chat.subscribe(&scene.customer, scene.thread.id, Some(position)).await.unwrap()
    };
    let ahead = subscribe(Some(old), 6).await;
    assert_eq!((ahead.reset, ahead.from), (Some(ResetReason::Ahead), Seq::new(5)));
    assert_eq!(seqs(&ahead.recent), [1, 2, 3, 4, 5]);
    let new = scene.log.renew_epoch(scene.organization);
    let changed = subscribe(Some(old), 2).await;
    assert_eq!((changed.reset, changed.conversation.epoch), (Some(ResetReason::EpochChanged), new));
    assert_eq!(changed.recent.len(), 5);
}

#[tokio::test]
async fn a_stranger_reads_nothing_and_learns_nothing() {
    let scene = thread_of(3).await;
    let message = scene.log_message_id().await;
    let guest = Caller::Guest(scene.guest(scene.thread.support_request));
    for stranger in [scene.user(Role::Customer, "Alix Roux"), scene.user(Role::Agent, "Claude Blanc"), guest] {
        let (chat, id) = (&scene.chat, scene.thread.id);
        let refusals = [
            chat.conversation(&stranger, id).await.unwrap_err(),
            chat.conversation_of(&stranger, scene.thread.support_request).await.unwrap_err(),
            chat.subscribe(&stranger, id, None).await.unwrap_err(),
            chat.history(&stranger, id, None, 10).await.unwrap_err(),
            chat.changes(&stranger, id, Seq::START, 10).await.unwrap_err(),
            chat.entries(&stranger, id, Seq::START, 10).await.unwrap_err(),
            chat.message(&stranger, id, message).await.unwrap_err(),
            chat.mark_read(&stranger, id, Seq::new(1)).await.unwrap_err(),
            chat.mark_delivered(&stranger, id, Seq::new(1)).await.unwrap_err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, ChatError::ConversationNotFound), "{refusal:?}");
        }
        let list = chat.conversations(&stranger, &ConversationFilter::default(), PageRequest::default()).await.unwrap();
        assert_eq!(list.total, 0);
    }
}

impl Scene {
    async fn log_message_id(&self) -> kernel::MessageId {
        self.chat.history(&self.customer, self.thread.id, None, 1).await.unwrap().messages[0].id
    }
}

#[tokio::test]
async fn history_goes_back_page_by_page() {
    let scene = thread_of(7).await;
    let page = async |before: Option<u64>| {
        let page = scene.chat.history(&scene.agent, scene.thread.id, before.map(Seq::new), 3).await.unwrap();
        (seqs(&page.messages), page.has_more)
    };
    assert_eq!(page(None).await, (vec![5, 6, 7], true));
    assert_eq!(page(Some(5)).await, (vec![2, 3, 4], true));
    assert_eq!(page(Some(2)).await, (vec![1], false));
    assert_eq!(page(Some(4)).await, (vec![1, 2, 3], false));
}

#[tokio::test]
async fn changes_go_on_page_by_page() {
    let scene = thread_of(7).await;
    let page = async |after| {
        let page = scene.chat.changes(&scene.agent, scene.thread.id, Seq::new(after), 3).await.unwrap();
        (seqs(&page.messages), page.has_more)
    };
    assert_eq!(page(0).await, (vec![1, 2, 3], true));
    assert_eq!(page(3).await, (vec![4, 5, 6], true));
    assert_eq!(page(4).await, (vec![5, 6, 7], false));
    assert_eq!(page(7).await, (vec![], false));
}

#[tokio::test]
async fn a_page_holds_one_to_two_hundred() {
    let scene = thread_of(u64::from(Chat::MAX_PAGE) + 1).await;
    for (limit, count) in [(0, 1), (1_000, 200)] {
        let page = scene.chat.history(&scene.agent, scene.thread.id, None, limit).await.unwrap();
        assert_eq!((page.messages.len(), page.has_more), (count, true));
        let page = scene.chat.changes(&scene.agent, scene.thread.id, Seq::START, limit).await.unwrap();
        assert_eq!((page.messages.len(), page.has_more), (count, true));
        let entries = scene.chat.entries(&scene.agent, scene.thread.id, Seq::START, limit).await.unwrap();
        assert_eq!(entries.len(), count);
    }
}

#[tokio::test]
async fn a_message_of_another_conversation_is_not_found() {
    let scene = thread_of(1).await;
    let unknown = kernel::MessageId::new(kernel::Env::uuid(&*scene.env));
    let refused = scene.chat.message(&scene.customer, scene.thread.id, unknown).await.unwrap_err();
    assert!(matches!(refused, ChatError::MessageNotFound), "{refused:?}");
}

#[tokio::test]
async fn ones_own_conversations_are_those_one_has_a_part_in() {
    let scene = Scene::new();
    let own = async |caller: &Caller, most| {
        let own = scene.chat.own(caller, most).await.unwrap();
        own.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(own(&scene.customer, 10).await, [scene.thread.id]);
    assert_eq!(own(&scene.agent, 10).await, [scene.thread.id], "assigned");
    let supervisor = scene.user(Role::Supervisor, "Sam Roux");
    assert_eq!(own(&supervisor, 10).await, [], "in sight, but not theirs");
    let mut all = vec![scene.thread.id];
    for _ in 0..130 {
        let setup = Setup {
            organization: scene.organization,
            requester: scene.customer.participant(),
            members: Vec::new(),
            state: ThreadState::default(),
        };
        all.push(scene.log.thread(setup).id);
    }
    assert_eq!(own(&scene.customer, 128).await.len(), 128);
    let mut found = own(&scene.customer, 1_000).await;
    found.sort();
    all.sort();
    assert_eq!(found, all);
    let heads = scene.chat.heads(&scene.customer, &all).await.unwrap();
    assert_eq!(heads.len(), 131);
}
