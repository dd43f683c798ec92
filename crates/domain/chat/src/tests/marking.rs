//! Marks: what moved is told, what did not is not.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{
    Audience, ConversationId, Env, OrganizationId, Page, PageRequest, ParticipantId, PortError, Role, Scope,
    SupportRequestId,
};

use super::scene::Scene;
use crate::{
    ChatError, Conversation, ConversationFilter, Conversations, Epoch, Mark, Marked, MessageStatus, SenderKind, Seq,
    testing::FakeLog,
};

/// Conversations that can be marked, and asked for nothing else.
struct OnlyMarks(Arc<FakeLog>);

#[async_trait]
impl Conversations for OnlyMarks {
    async fn mark(&self, scope: Scope, mark: Mark) -> Result<Marked, PortError> {
        self.0.mark(scope, mark).await
    }
    async fn audience(&self, _: OrganizationId, _: ConversationId) -> Result<Option<Audience>, PortError> {
        panic!("a mark costs one call")
    }
    async fn audiences(
        &self,
        _: OrganizationId,
        _: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Audience)>, PortError> {
        panic!("a mark costs one call")
    }
    async fn find(
        &self,
        _: OrganizationId,
        _: Scope,
        _: ParticipantId,
        _: ConversationId,
    ) -> Result<Option<Conversation>, PortError> {
        panic!("a mark costs one call")
    }
    async fn of_request(
        &self,
        _: OrganizationId,
        _: Scope,
        _: ParticipantId,
        _: SupportRequestId,
    ) -> Result<Option<Conversation>, PortError> {
        panic!("a mark costs one call")
    }
    async fn list(
        &self,
        _: OrganizationId,
        _: Scope,
        _: ParticipantId,
        _: &ConversationFilter,
        _: PageRequest,
    ) -> Result<Page<Conversation>, PortError> {
        panic!("a mark costs one call")
    }
    async fn epoch(&self, _: OrganizationId) -> Result<Option<Epoch>, PortError> {
        panic!("a mark costs one call")
    }
}

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

#[tokio::test]
async fn a_mark_costs_one_call() {
    let scene = Scene::new();
    let sent = scene.send(&scene.agent, "a", "Bonjour").await.unwrap();
    let only = Arc::new(OnlyMarks(scene.log.clone()));
    let chat = scene.chat_over(only);
    assert!(chat.mark_read(&scene.customer, scene.thread.id, sent.seq).await.unwrap().is_some());
    assert_eq!(chat.mark_delivered(&scene.customer, scene.thread.id, sent.seq).await.unwrap(), None);
}

#[tokio::test]
async fn who_does_not_see_a_conversation_marks_nothing_in_it() {
    let scene = Scene::new();
    let sent = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    let (stranger, colleague) = (scene.user(Role::Customer, "Sacha Petit"), scene.user(Role::Agent, "Alix Roux"));
    for caller in [&stranger, &colleague] {
        let refused = scene.chat.mark_read(caller, scene.thread.id, sent.seq).await;
        assert!(matches!(refused, Err(ChatError::ConversationNotFound)), "{refused:?}");
    }
    let unknown = ConversationId::new(scene.env.uuid());
    let refused = scene.chat.mark_read(&scene.agent, unknown, sent.seq).await;
    assert!(matches!(refused, Err(ChatError::ConversationNotFound)), "{refused:?}");
    assert_eq!(scene.receipts.all(), []);
}

#[tokio::test]
async fn reading_up_to_a_message_or_to_the_end_says_where_the_mark_stands() {
    let scene = Scene::new();
    let first = scene.send(&scene.agent, "a", "un").await.unwrap();
    scene.send(&scene.agent, "b", "deux").await.unwrap();
    let read = |message| scene.chat.mark_message_read(&scene.customer, scene.thread.id, message);
    let mark = read(Some(first.message_id)).await.unwrap();
    assert_eq!((mark.read_seq, mark.read_at), (Seq::new(1), Some(scene.env.now())));
    assert_eq!(read(None).await.unwrap().read_seq, Seq::new(2));
    scene.env.pass(Duration::from_secs(1));
    let again = read(Some(first.message_id)).await.unwrap();
    assert_eq!(again.read_seq, Seq::new(2), "a mark that stands further stays there");
    assert!(again.read_at < Some(scene.env.now()));
    let unknown = kernel::MessageId::new(scene.env.uuid());
    assert!(matches!(read(Some(unknown)).await, Err(ChatError::MessageNotFound)));
    let stranger = scene.user(Role::Customer, "Somebody Else");
    let theirs = scene.chat.mark_message_read(&stranger, scene.thread.id, None).await;
    assert!(matches!(theirs, Err(ChatError::ConversationNotFound)));
}
