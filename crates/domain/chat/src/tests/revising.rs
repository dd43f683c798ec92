//! Editing and deleting, from the caller to the hint.

use std::time::Duration;

use kernel::{Caller, ConnectionId, Env, MessageId, RefusalKind, Role};

use super::scene::Scene;
use crate::{
    Change, Chat, ChatError, Content, Revised, Seq,
    testing::{CountedBudgets, Fault},
};

impl Scene {
    async fn edit(&self, caller: &Caller, message: MessageId, content: &str) -> Result<Revised, ChatError> {
        self.chat.edit(caller, self.thread.id, message, Content::parse(content).unwrap(), None).await
    }

    async fn delete(&self, caller: &Caller, message: MessageId) -> Result<Revised, ChatError> {
        self.chat.delete(caller, self.thread.id, message, None).await
    }
}

#[tokio::test]
async fn a_revision_is_stored_told_and_answered_with_the_message() {
    let scene = Scene::new();
    let sent = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    scene.env.pass(Duration::from_secs(1));
    let origin = Some(ConnectionId::new(scene.env.uuid()));
    let content = Content::parse("Bonsoir").unwrap();
    let edited = scene.chat.edit(&scene.customer, scene.thread.id, sent.message_id, content, origin).await.unwrap();
    assert_eq!((edited.duplicate, edited.message.entry_seq, edited.message.seq), (false, Seq::new(2), sent.seq));
    assert_eq!(edited.message.edited_at, Some(scene.env.now()));
    let deleted = scene.delete(&scene.customer, sent.message_id).await.unwrap();
    assert_eq!((deleted.duplicate, deleted.message.entry_seq, &deleted.message.content), (false, Seq::new(3), &None));
    let told = scene.hints.of(scene.thread.id);
    let told: Vec<_> = told.iter().map(|one| (one.entry.change, one.origin)).collect();
    assert_eq!(told, [(Change::Created, None), (Change::Edited, origin), (Change::Deleted, None)]);
}

/// 403 for who sees the message, 404 for who does not.
#[tokio::test]
async fn authors_and_admins_revise_and_others_who_see_it_may_not() {
    for kind in [RefusalKind::Forbidden, RefusalKind::NotFound] {
        let scene = Scene::new();
        let callers = match kind {
            RefusalKind::Forbidden => vec![scene.agent.clone(), scene.user(Role::Supervisor, "Andrea Faure")],
            _ => vec![
                scene.user(Role::Customer, "Alix Roux"),
                scene.user(Role::Agent, "Claude Blanc"),
                Caller::Guest(scene.guest(scene.thread.support_request)),
            ],
        };
        let id = scene.send(&scene.customer, "a", "Bonjour").await.unwrap().message_id;
        for caller in callers {
            let answers = [scene.edit(&caller, id, "x").await, scene.delete(&caller, id).await];
            for answer in answers {
                use kernel::Refusal as _;
                assert_eq!(answer.unwrap_err().kind(), kind, "{caller:?}");
            }
        }
    }
    let scene = Scene::new();
    let id = scene.send(&scene.customer, "a", "Bonjour").await.unwrap().message_id;
    let admin = scene.user(Role::Admin, "Ange Morel");
    let edited = scene.edit(&admin, id, "Bonsoir").await.unwrap();
    assert_eq!(edited.message.sender.id, scene.customer.participant());
    assert!(!scene.delete(&admin, id).await.unwrap().duplicate);
}

#[tokio::test]
async fn an_edit_comes_within_a_day_and_a_deletion_at_any_time() {
    let scene = Scene::new();
    let id = scene.send(&scene.customer, "a", "Bonjour").await.unwrap().message_id;
    scene.env.pass(Chat::EDITABLE_FOR);
    scene.edit(&scene.customer, id, "Bonsoir").await.unwrap();
    scene.env.pass(Duration::from_millis(1));
    for caller in [scene.customer.clone(), scene.user(Role::Admin, "Ange Morel")] {
        let late = scene.edit(&caller, id, "Bonne nuit").await.unwrap_err();
        assert!(matches!(late, ChatError::EditWindowOver), "{late:?}");
    }
    scene.delete(&scene.customer, id).await.unwrap();
    assert!(matches!(scene.edit(&scene.customer, id, "x").await, Err(ChatError::MessageDeleted)));
}

#[tokio::test]
async fn revisions_and_sends_share_one_budget() {
    let scene = Scene::with(CountedBudgets::bounded());
    let id = scene.send(&scene.customer, "a", "Bonjour").await.unwrap().message_id;
    for n in 1..Chat::BUDGET.count {
        scene.edit(&scene.customer, id, &format!("{n}")).await.unwrap();
    }
    assert!(matches!(scene.edit(&scene.customer, id, "x").await, Err(ChatError::RateLimited(_))));
    assert!(matches!(scene.delete(&scene.customer, id).await, Err(ChatError::RateLimited(_))));
    assert!(matches!(scene.send(&scene.customer, "b", "x").await, Err(ChatError::RateLimited(_))));
    assert_eq!(scene.hints.of(scene.thread.id).len(), 20, "nothing was stored");
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_the_same_call() {
    let scene = Scene::new();
    let id = scene.send(&scene.customer, "a", "Bonjour").await.unwrap().message_id;
    for content in [Some("Bonsoir"), None] {
        let revise = async || match content {
            Some(content) => scene.edit(&scene.customer, id, content).await,
            None => scene.delete(&scene.customer, id).await,
        };
        scene.log.fail(Fault::AnswerLost);
        let unknown = revise().await.unwrap_err();
        assert!(unknown.may_retry(), "{unknown:?}");
        let stood = scene.hints.of(scene.thread.id).pop().unwrap().entry.seq;
        let again = revise().await.unwrap();
        assert_eq!((again.duplicate, again.message.entry_seq), (true, stood));
    }
}
