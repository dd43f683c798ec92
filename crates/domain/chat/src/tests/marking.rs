//! Marks: what moved is told, what did not is not.

use std::time::Duration;

use kernel::Env;

use super::scene::Scene;
use crate::{MessageStatus, SenderKind, Seq};

#[tokio::test]
async fn a_mark_that_moved_is_told_once() {
    let scene = Scene::new();
    scene.send(&scene.agent, "a", "Bonjour").await.unwrap();
    scene.send(&scene.agent, "b", "Je regarde").await.unwrap();
    scene.env.pass(Duration::from_secs(3));
    let (chat, id) = (&scene.chat, scene.thread.id);
    let delivered = chat.mark_delivered(&scene.customer, id, Seq::new(2)).await.unwrap().unwrap();
    assert_eq!((delivered.mark.delivered_seq, delivered.mark.read_seq), (Seq::new(2), Seq::START));
    let read = chat.mark_read(&scene.customer, id, Seq::new(1)).await.unwrap().unwrap();
    assert_eq!((read.mark.delivered_seq, read.mark.read_seq), (Seq::new(2), Seq::new(1)));
    assert_eq!(read.mark.read_at, Some(scene.env.now()));
    assert_eq!((read.participant, read.kind), (scene.customer.participant(), SenderKind::Customer));
    assert_eq!(chat.mark_read(&scene.customer, id, Seq::new(1)).await.unwrap(), None);
    assert_eq!(scene.receipts.all(), [delivered, read]);
}

#[tokio::test]
async fn a_message_is_sent_delivered_and_read_by_the_other_side_only() {
    let scene = Scene::new();
    let sent = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    let (chat, id) = (&scene.chat, scene.thread.id);
    let status = async || {
        let (conversation, message) = chat.message(&scene.customer, id, sent.message_id).await.unwrap();
        conversation.status_of(&message)
    };
    chat.mark_read(&scene.customer, id, sent.seq).await.unwrap();
    assert_eq!(status().await, MessageStatus::Sent, "one's own mark says nothing");
    let answer = scene.send(&scene.agent, "b", "Bonjour").await.unwrap();
    chat.mark_read(&scene.agent, id, sent.seq).await.unwrap();
    assert_eq!(status().await, MessageStatus::Read);
    let later = scene.send(&scene.customer, "c", "Encore").await.unwrap();
    chat.mark_delivered(&scene.agent, id, later.seq).await.unwrap();
    let (conversation, message) = chat.message(&scene.customer, id, later.message_id).await.unwrap();
    assert_eq!(conversation.status_of(&message), MessageStatus::Delivered);
    let (conversation, message) = chat.message(&scene.agent, id, answer.message_id).await.unwrap();
    assert_eq!(conversation.status_of(&message), MessageStatus::Sent);
}

#[tokio::test]
async fn reading_empties_the_counts() {
    let scene = Scene::new();
    scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    scene.send(&scene.customer, "b", "Encore").await.unwrap();
    let (chat, id) = (&scene.chat, scene.thread.id);
    let counts = async || {
        let seen = chat.conversation(&scene.agent, id).await.unwrap();
        (seen.unread_count, seen.unread_staff)
    };
    assert_eq!(counts().await, (2, 2));
    chat.mark_read(&scene.agent, id, Seq::new(1)).await.unwrap();
    assert_eq!(counts().await, (1, 1));
    chat.mark_read(&scene.agent, id, Seq::new(99)).await.unwrap();
    assert_eq!(counts().await, (0, 0));
}
