//! Sessions: what happened is told once, to those whose conversation it is.

use std::{sync::Arc, time::Duration};

use kernel::{PageRequest, Role};

use super::scene::Scene;
use crate::{ChatError, SessionStatus, Sessions, testing::RecordedSessions};

fn sessions(scene: &Scene) -> (Sessions, Arc<RecordedSessions>) {
    let told = Arc::new(RecordedSessions::default());
    let log = scene.log.clone();
    (Sessions::new(log.clone(), log, told.clone(), scene.env.clone(), Sessions::TIMEOUT), told)
}

#[tokio::test]
async fn a_session_is_told_when_it_opens_and_when_it_ends_and_not_again() {
    let scene = Scene::new();
    let (sessions, told) = sessions(&scene);
    let room = [(scene.organization, scene.thread.id)];
    scene.send(&scene.customer, "c1", "Bonjour").await.unwrap();
    for _ in 0..3 {
        sessions.came_live(&room).await.unwrap();
    }
    scene.env.pass(Duration::from_secs(5));
    let ended = sessions.end(&scene.customer, scene.thread.id).await.unwrap();
    assert_eq!(sessions.end(&scene.agent, scene.thread.id).await.unwrap(), ended, "the same again");
    sessions.end_with_request(scene.organization, scene.thread.id).await.unwrap();
    let statuses: Vec<_> = told.all().iter().map(|session| session.status).collect();
    assert_eq!(statuses, [SessionStatus::Active, SessionStatus::Closed]);
    assert_eq!(told.all()[1], ended);
    let page = sessions.list(&scene.agent, scene.thread.id, PageRequest::default()).await.unwrap();
    assert_eq!((page.items, page.total), (vec![ended], 1));
}

#[tokio::test]
async fn nothing_is_ended_where_nobody_is_live() {
    let scene = Scene::new();
    let (sessions, told) = sessions(&scene);
    let end = || sessions.end(&scene.customer, scene.thread.id);
    assert!(matches!(end().await, Err(ChatError::NoActiveSession)));
    sessions.came_live(&[(scene.organization, scene.thread.id)]).await.unwrap();
    scene.env.pass(Sessions::TIMEOUT);
    assert_eq!(sessions.time_out().await.unwrap(), 0, "thirty minutes are allowed");
    scene.env.pass(Duration::from_micros(1));
    assert_eq!(sessions.time_out().await.unwrap(), 1);
    assert_eq!(sessions.time_out().await.unwrap(), 0);
    assert!(matches!(end().await, Err(ChatError::NoActiveSession)), "it timed out");
    let statuses: Vec<_> = told.all().iter().map(|session| session.status).collect();
    assert_eq!(statuses, [SessionStatus::Active, SessionStatus::Timeout]);
}

#[tokio::test]
async fn a_request_that_is_closed_ends_its_session_in_nobodys_name() {
    let scene = Scene::new();
    let (sessions, told) = sessions(&scene);
    sessions.came_live(&[(scene.organization, scene.thread.id)]).await.unwrap();
    sessions.end_with_request(scene.organization, scene.thread.id).await.unwrap();
    let last = told.all().pop().unwrap();
    assert_eq!((last.status, last.ended_by), (SessionStatus::Closed, None));
}

#[tokio::test]
async fn whoever_does_not_see_the_conversation_sees_no_session() {
    let scene = Scene::new();
    let (sessions, told) = sessions(&scene);
    sessions.came_live(&[(scene.organization, scene.thread.id)]).await.unwrap();
    let stranger = scene.user(Role::Customer, "Sacha Petit");
    let other_agent = scene.user(Role::Agent, "Claude Blanc");
    for caller in [&stranger, &other_agent] {
        let ended = sessions.end(caller, scene.thread.id).await;
        assert!(matches!(ended, Err(ChatError::ConversationNotFound)));
        let listed = sessions.list(caller, scene.thread.id, PageRequest::default()).await;
        assert!(matches!(listed, Err(ChatError::ConversationNotFound)));
    }
    assert_eq!(told.all().len(), 1);
    sessions.end(&scene.user(Role::Supervisor, "Andrea Faure"), scene.thread.id).await.unwrap();
}
