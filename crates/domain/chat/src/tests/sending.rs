//! Sending, from the caller to the hint.

use kernel::{Caller, ConnectionId, Env, FieldError, MessageId, PortErrorKind, Refusal, RefusalKind, Role};

use super::scene::{Scene, outgoing};
use crate::{
    ChatError, MessageKind, SenderKind, Seq,
    testing::{CountedBudgets, Fault, Setup, ThreadState},
};

#[tokio::test]
async fn a_send_is_stored_told_and_acked() {
    let scene = Scene::new();
    let origin = ConnectionId::new(scene.env.uuid());
    let sent = scene.chat.send(&scene.customer, scene.thread.id, outgoing("a", "Bonjour"), Some(origin)).await.unwrap();
    assert_eq!((sent.seq, sent.duplicate, sent.created_at), (Seq::new(1), false, scene.env.now()));

    let (conversation, message) = scene.chat.message(&scene.agent, scene.thread.id, sent.message_id).await.unwrap();
    assert_eq!(message.content.as_deref(), Some("Bonjour"));
    assert_eq!((message.sender.kind, message.sender.name.as_str()), (SenderKind::Customer, "Camille Martin"));
    assert_eq!((message.sender.id, message.kind), (scene.customer.participant(), MessageKind::Text));
    assert_eq!(conversation.last_seq, Seq::new(1));

    let told = scene.hints.of(scene.thread.id);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].entry.message.id, told[0].origin), (sent.message_id, Some(origin)));
}

#[tokio::test]
async fn a_retry_by_another_session_of_the_same_person_is_a_duplicate() {
    let scene = Scene::new();
    let first = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    let Caller::User(mut other_device) = scene.customer.clone() else { panic!("a user") };
    other_device.session = kernel::SessionId::new(scene.env.uuid());
    let again = scene.send(&Caller::User(other_device), "a", "Bonjour").await.unwrap();
    assert_eq!((again.message_id, again.seq, again.duplicate), (first.message_id, first.seq, true));
}

#[tokio::test]
async fn another_content_or_answer_under_the_same_name_is_a_mismatch() {
    let scene = Scene::new();
    let first = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    let other = scene.send(&scene.customer, "a", "Bonsoir").await.unwrap_err();
    assert_eq!((other.kind(), other.code()), (RefusalKind::Invalid, "idempotency_mismatch"));
    let mut answer = outgoing("a", "Bonjour");
    answer.in_reply_to = Some(first.message_id);
    let other = scene.chat.send(&scene.customer, scene.thread.id, answer, None).await.unwrap_err();
    assert_eq!(other.code(), "idempotency_mismatch");
}

#[tokio::test]
async fn an_answer_to_an_unknown_message_is_an_invalid_field() {
    let scene = Scene::new();
    let mut answer = outgoing("a", "Bonjour");
    answer.in_reply_to = Some(MessageId::new(scene.env.uuid()));
    let refused = scene.chat.send(&scene.customer, scene.thread.id, answer, None).await.unwrap_err();
    assert_eq!(refused.fields(), [FieldError::new("in_reply_to", "unknown")]);
}

#[tokio::test]
async fn each_role_writes_where_it_may_and_elsewhere_finds_nothing() {
    let scene = Scene::new();
    let owner = scene.guest(scene.thread.support_request);
    let guests_thread = scene.log.thread(Setup {
        organization: scene.organization,
        requester: owner.id.into(),
        members: Vec::new(),
        state: ThreadState { assignee: Some(super::scene::id(&scene.agent)), ..ThreadState::default() },
    });
    let mut with_token = owner.clone();
    with_token.support_request = guests_thread.support_request;
    let other_guest = scene.guest(guests_thread.support_request);
    for (caller, kind) in [
        (Caller::Guest(with_token), Some(SenderKind::Customer)),
        (Caller::Guest(owner), None),
        (Caller::Guest(other_guest), None),
        (scene.customer.clone(), None),
        (scene.user(Role::Customer, "Alix Roux"), None),
        (scene.agent.clone(), Some(SenderKind::Agent)),
        (scene.user(Role::Agent, "Claude Blanc"), None),
        (scene.user(Role::Supervisor, "Andrea Faure"), Some(SenderKind::Agent)),
        (scene.user(Role::Admin, "Ange Morel"), Some(SenderKind::Agent)),
    ] {
        let sent = scene.chat.send(&caller, guests_thread.id, outgoing("a", "x"), None).await;
        match (sent, kind) {
            (Ok(sent), Some(kind)) => {
                let stored = scene.chat.message(&scene.agent, guests_thread.id, sent.message_id).await.unwrap().1;
                assert_eq!((stored.sender.kind, stored.sender.id), (kind, caller.participant()));
            }
            (Err(ChatError::ConversationNotFound), None) => {}
            (other, _) => panic!("{caller:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_agent_is_of_no_other_organization() {
    let scene = Scene::new();
    let Caller::User(mut foreign) = scene.user(Role::Admin, "Ange Morel") else { panic!("a user") };
    foreign.organization = scene.log.organization();
    let foreign = Caller::User(foreign);
    let not_found = |error: ChatError| assert!(matches!(error, ChatError::ConversationNotFound), "{error:?}");
    not_found(scene.send(&foreign, "a", "x").await.unwrap_err());
    not_found(scene.chat.conversation(&foreign, scene.thread.id).await.unwrap_err());
    not_found(scene.chat.entries(&foreign, scene.thread.id, Seq::START, 10).await.unwrap_err());
    not_found(scene.chat.mark_read(&foreign, scene.thread.id, Seq::new(1)).await.unwrap_err());
}

#[tokio::test]
async fn a_closed_request_takes_no_message_but_answers_a_retry() {
    let scene = Scene::new();
    let first = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    scene.close();
    let refused = scene.send(&scene.customer, "b", "Encore").await.unwrap_err();
    assert_eq!((refused.kind(), refused.code(), refused.may_retry()), (RefusalKind::Conflict, "closed", false));
    let again = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
}

#[tokio::test]
async fn a_person_has_one_budget_for_all_sends_and_retries_count() {
    let scene = Scene::with(CountedBudgets::bounded());
    for (caller, bound) in [(&scene.customer, 20), (&scene.agent, 60)] {
        for n in 0..bound / 2 {
            scene.send(caller, &format!("m{n}"), "x").await.unwrap();
            assert!(scene.send(caller, &format!("m{n}"), "x").await.unwrap().duplicate);
        }
        let before = scene.hints.of(scene.thread.id).len();
        let refused = scene.send(caller, "over", "x").await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (RefusalKind::TooMany(CountedBudgets::WAIT), "rate_limited"));
        assert!(refused.may_retry());
        assert_eq!(scene.hints.of(scene.thread.id).len(), before, "nothing was stored");
    }
    // Another session is the same person; another person is not.
    let Caller::User(mut other_device) = scene.customer.clone() else { panic!("a user") };
    other_device.session = kernel::SessionId::new(scene.env.uuid());
    assert_eq!(scene.send(&Caller::User(other_device), "b", "x").await.unwrap_err().code(), "rate_limited");
    scene.send(&scene.user(Role::Supervisor, "Andrea Faure"), "b", "x").await.unwrap();
    // Who has no right to the conversation is told no more than anybody above the budget.
    let stranger = scene.user(Role::Customer, "Alix Roux");
    for _ in 0..20 {
        assert_eq!(scene.send(&stranger, "b", "x").await.unwrap_err().code(), "chat.conversation_not_found");
    }
    assert_eq!(scene.send(&stranger, "b", "x").await.unwrap_err().code(), "rate_limited");
    scene.budgets.refill();
    scene.send(&scene.customer, "over", "x").await.unwrap();
}

#[tokio::test]
async fn a_merged_request_names_the_other_one() {
    let scene = Scene::new();
    let into = scene.thread.support_request;
    let merged = ThreadState { resolved: true, closed: true, merged_into: Some(into), ..ThreadState::default() };
    scene.log.set(&scene.thread, merged);
    let refused = scene.send(&scene.customer, "a", "x").await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::Conflict, "merged"));
    assert_eq!(refused.arguments(), [("into", into.to_string())]);
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_sending_again() {
    let scene = Scene::new();
    scene.log.fail(Fault::AnswerLost);
    let unknown = scene.send(&scene.customer, "a", "Bonjour").await.unwrap_err();
    assert_eq!((unknown.code(), unknown.may_retry()), ("unknown", true));
    let again = scene.send(&scene.customer, "a", "Bonjour").await.unwrap();
    assert_eq!((again.seq, again.duplicate), (Seq::new(1), true));
}

#[tokio::test]
async fn what_may_go_through_later_says_so() {
    let scene = Scene::new();
    for (fault, code, kind) in [
        (Fault::Overloaded, "overloaded", RefusalKind::Unavailable),
        (Fault::Refused(PortErrorKind::Unavailable), "unavailable", RefusalKind::Unavailable),
        (Fault::Refused(PortErrorKind::Conflict), "busy", RefusalKind::Unavailable),
        (Fault::Refused(PortErrorKind::Full), "storage_full", RefusalKind::StorageFull),
        (Fault::Refused(PortErrorKind::Corrupt), "internal", RefusalKind::Internal),
    ] {
        scene.log.fail(fault);
        let refused = scene.send(&scene.customer, "a", "Bonjour").await.unwrap_err();
        assert_eq!((refused.code(), refused.kind(), refused.may_retry()), (code, kind, true));
    }
    assert_eq!(scene.send(&scene.customer, "a", "Bonjour").await.unwrap().seq, Seq::new(1), "nothing was stored");
}
