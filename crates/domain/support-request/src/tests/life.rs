//! The rest of a request's life, over fakes.

use std::{sync::Arc, time::Duration};

use kernel::{Caller, Env, PortErrorKind, Role, SupportRequestId, Timestamp};
use serde_json::json;

use super::scene::{Scene, id, names};
use crate::{
    Action, Changes, Command, Description, FollowUp, Priority, RATING_WINDOW, RESTORABLE, Reason, RequestFilter,
    RequestSettings, Score, Settings, SlaTold, Status, Subject, SupportRequestError, TimelineKind,
    testing::{FakeSettings, side_by_side},
};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

fn update(changes: Changes) -> Action {
    Action::Update(Box::new(changes))
}

fn priority(priority: Priority) -> Action {
    update(Changes { priority: Some(priority), ..Changes::default() })
}

fn rating(points: u8) -> Action {
    Action::Rate { score: Score::stored(points), comment: None }
}

fn kinds(scene: &Scene, request: SupportRequestId) -> Vec<TimelineKind> {
    scene.timeline(request).iter().map(|entry| entry.kind).collect()
}

fn now(scene: &Scene) -> Timestamp {
    scene.env.now()
}

fn is_not_found<T: std::fmt::Debug>(done: &Result<T, SupportRequestError>) -> bool {
    matches!(done, Err(SupportRequestError::NotFound))
}

fn is_forbidden<T: std::fmt::Debug>(done: &Result<T, SupportRequestError>) -> bool {
    matches!(done, Err(SupportRequestError::NotAllowed(_)))
}

impl Scene {
    async fn closed(&self) -> SupportRequestId {
        let request = self.opened().await;
        self.act(&self.agent, request, Action::Take).await.unwrap();
        self.act(&self.agent, request, Action::Close).await.unwrap();
        self.feed.take();
        request
    }

    fn admin(&self) -> Caller {
        self.user(Role::Admin, "Alix Roy")
    }

    fn settings(&self, settings: RequestSettings) -> FakeSettings {
        let fake = FakeSettings::default();
        fake.set(self.organization, settings);
        fake
    }
}

#[tokio::test]
async fn each_changed_field_is_told_by_itself_and_one_that_is_as_it_was_is_not() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let outbox = scene.store.outbox().len();
    let changes = Changes {
        subject: Some(Subject::stored("Colis perdu".to_owned())),
        description: Some(Description::stored("En détail.".to_owned())),
        priority: Some(Priority::High),
        category: Some(scene.stored(request).category),
        ..Changes::default()
    };
    let command = Command { reason: Some(Reason::stored("Précisé.".to_owned())), ..Command::default() };
    let done = scene.desk.act(&scene.agent, request, update(changes), command).await.unwrap();
    assert_eq!((done.view.request.version, done.view.request.subject.as_str()), (2, "Colis perdu"));
    let [_, subject, priority, details] = &scene.timeline(request)[..] else { panic!("{:?}", kinds(&scene, request)) };
    assert_eq!((subject.kind, subject.new.as_deref()), (TimelineKind::SubjectChanged, Some("Colis perdu")));
    assert_eq!((priority.kind, priority.old.as_deref()), (TimelineKind::PriorityChanged, Some("normal")));
    assert_eq!((details.kind, &details.metadata["fields"]), (TimelineKind::DetailsChanged, &json!(["description"])));
    assert_eq!(details.reason.as_deref(), Some("Précisé."));
    assert_eq!(scene.store.outbox().len(), outbox, "no event is published for it");
    assert_eq!(scene.feed.take()[0].event, "updated");

    let shown = scene.desk.timeline(&scene.customer, request).await.unwrap();
    assert!(shown.last().unwrap().metadata.is_empty(), "which details is for staff");
    scene
        .act(
            &scene.agent,
            request,
            update(Changes { tags: Some(crate::Tags::stored(vec!["vip".into()])), ..Changes::default() }),
        )
        .await
        .unwrap();
    assert_eq!(scene.desk.timeline(&scene.customer, request).await.unwrap().len(), shown.len(), "tags are for staff");
    assert!(!scene.feed.take()[0].is_for_customer());
    assert!(is_forbidden(&scene.act(&scene.customer, request, priority_of_nobody()).await));
}

fn priority_of_nobody() -> Action {
    priority(Priority::Low)
}

#[tokio::test]
async fn another_priority_promises_the_deadlines_anew() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let opened = scene.stored(request).created_at;
    scene.pass(5 * HOUR);
    scene.desk.watch_deadlines().await.unwrap();
    assert_eq!(scene.stored(request).sla.first_response_told, SlaTold::Breached, "normal: 4 h");
    scene.act(&scene.agent, request, priority(Priority::Low)).await.unwrap();
    let sla = scene.stored(request).sla;
    assert_eq!(sla.first_response_due_at, opened + Duration::from_hours(8));
    assert_eq!(sla.resolution_due_at, opened + Duration::from_hours(48));
    assert_eq!(sla.first_response_told, SlaTold::Nothing, "it is to be met still");
    scene.pass(3 * HOUR);
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1);
    scene.act(&scene.agent, request, priority(Priority::Urgent)).await.unwrap();
    let sla = scene.stored(request).sla;
    assert_eq!((sla.first_response_told, sla.resolution_due_at), (SlaTold::Breached, opened + Duration::from_hours(4)));
    assert_eq!(scene.desk.watch_deadlines().await.unwrap(), 1, "the resolution is late now; the answer was told of");

    // The time in which the customer was waited for is kept.
    let other = scene.opened().await;
    let opened = scene.stored(other).created_at;
    scene.act(&scene.agent, other, Action::Take).await.unwrap();
    scene.act(&scene.agent, other, Action::Wait).await.unwrap();
    scene.pass(2 * HOUR);
    scene.act(&scene.agent, other, Action::Start).await.unwrap();
    scene.act(&scene.agent, other, priority(Priority::High)).await.unwrap();
    assert_eq!(scene.stored(other).sla.resolution_due_at, opened + Duration::from_hours(10));
}

#[tokio::test]
async fn what_is_escalated_is_urgent_and_somebodys() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let before = scene.store.outbox().len();
    let reason = Some(Reason::stored("Troisième relance.".to_owned()));
    let command = Command { reason, agent_id: Some(id(&scene.supervisor)), ..Command::default() };
    let done = scene.desk.act(&scene.agent, request, Action::Escalate, command.clone()).await.unwrap();
    let now = done.view.request;
    assert_eq!((now.priority, now.assignee, now.status), (Priority::Urgent, command.agent_id, Status::Assigned));
    assert_eq!(now.escalated_at, Some(scene.env.now()));
    let events = scene.events_after(before);
    assert_eq!(names(&events), ["ticket.assigned", "ticket.status_changed", "ticket.escalated"]);
    assert_eq!(
        (&events[2].data["priority"], &events[2].data["reason"]),
        (&json!("urgent"), &json!("Troisième relance."))
    );
    let escalated = scene.timeline(request).into_iter().find(|entry| entry.kind == TimelineKind::Escalated).unwrap();
    assert_eq!(escalated.reason.as_deref(), Some("Troisième relance."));
    assert_eq!(scene.feed.take()[0].event, "escalated");
    assert!(is_forbidden(&scene.act(&scene.customer, request, Action::Escalate).await));
}

#[tokio::test]
async fn a_rating_is_the_requesters_and_may_be_changed_for_seven_days() {
    let scene = Scene::new();
    let request = scene.closed().await;
    let before = scene.store.outbox().len();
    for other in [&scene.agent, &scene.admin()] {
        assert!(is_forbidden(&scene.act(other, request, rating(5)).await));
    }
    let stranger = scene.user(Role::Customer, "Noa Simon");
    assert!(is_not_found(&scene.act(&stranger, request, rating(5)).await));
    assert!(is_not_found(&scene.act(&scene.guest(request), request, rating(5)).await), "another person's token");
    let noted = Command { note: Some(crate::Note::stored("x".to_owned())), ..Command::default() };
    assert!(is_forbidden(&scene.desk.act(&scene.customer, request, rating(5), noted).await));

    scene.act(&scene.customer, request, rating(2)).await.unwrap();
    let first = now(&scene);
    scene.env.pass(RATING_WINDOW);
    scene.act(&scene.customer, request, rating(4)).await.unwrap();
    let stored = scene.stored(request).rating.unwrap();
    assert_eq!((stored.score.get(), stored.at), (4, first), "the time is that of the first");
    let events = scene.events_after(before);
    assert_eq!(names(&events), ["ticket.satisfaction.received"; 2]);
    assert_eq!(events[1].data["rating"], 4);
    scene.pass(1);
    let late = scene.act(&scene.customer, request, rating(5)).await;
    assert!(matches!(late, Err(SupportRequestError::RatingWindowOver)), "{late:?}");
    assert!(!scene.act(&scene.customer, request, rating(4)).await.unwrap().changed, "it is so already");
    let last = scene.timeline(request).pop().unwrap();
    assert_eq!((last.kind, last.old.as_deref(), last.new.as_deref()), (TimelineKind::Rated, Some("2"), Some("4")));
}

#[tokio::test]
async fn what_is_put_aside_wakes_in_time_by_hand_or_when_the_customer_writes() {
    let scene = Scene::new();
    let settings = scene.settings(RequestSettings::default());
    let request = scene.opened().await;
    let until = |hours: u64| Action::Snooze { until: Some(now(&scene) + Duration::from_hours(hours)) };
    for wrong in [Action::Snooze { until: Some(now(&scene)) }, until(24 * 400)] {
        let refused = scene.act(&scene.agent, request, wrong).await;
        assert!(matches!(refused, Err(SupportRequestError::Invalid(_))), "{refused:?}");
    }
    scene.act(&scene.agent, request, until(2)).await.unwrap();
    let told = scene.feed.take();
    assert_eq!((told[0].event.as_ref(), told[0].is_for_customer()), ("snoozed", false));
    scene.pass(2 * HOUR - 1);
    assert_eq!(scene.desk.wake_snoozed(&settings).await.unwrap(), 0);
    scene.pass(1);
    assert_eq!(scene.desk.wake_snoozed(&settings).await.unwrap(), 1);
    assert_eq!(scene.desk.wake_snoozed(&settings).await.unwrap(), 0);
    assert_eq!(scene.stored(request).snoozed_until, None);
    assert_eq!(scene.feed.take()[0].event, "woken");

    scene.act(&scene.agent, request, until(2)).await.unwrap();
    scene.act(&scene.agent, request, Action::Snooze { until: None }).await.unwrap();
    scene.act(&scene.agent, request, until(3)).await.unwrap();
    let reply = crate::Reply {
        organization: scene.organization,
        support_request: request,
        message: kernel::MessageId::new(scene.env.uuid()),
        sender: scene.customer.participant(),
        name: "Camille Martin".to_owned(),
        at: now(&scene),
    };
    assert!(scene.desk.customer_replied(&reply).await.unwrap());
    let stored = scene.stored(request);
    assert_eq!((stored.snoozed_until, stored.status), (None, Status::Open));
    assert_eq!(kinds(&scene, request).last(), Some(&TimelineKind::Woken));

    scene.act(&scene.agent, request, until(4)).await.unwrap();
    scene.act(&scene.agent, request, Action::Close).await.unwrap();
    assert_eq!(scene.stored(request).snoozed_until, None, "what is over is not put aside");
}

#[tokio::test]
async fn a_merged_request_is_closed_and_what_opens_it_opens_the_other() {
    let scene = Scene::new();
    let [one, two, three] = [scene.opened().await, scene.opened().await, scene.opened().await];
    let merge = |id, into| scene.desk.merge(&scene.agent, id, into, Command::default());
    let before = scene.store.outbox().len();
    let merged = merge(one, two).await.unwrap();
    assert!(merged.changed);
    assert_eq!((merged.view.request.status, merged.view.request.merged_into), (Status::Closed, Some(two)));
    assert_eq!(names(&scene.events_after(before)), ["ticket.status_changed", "ticket.closed"]);
    let told = scene.feed.take();
    assert_eq!(
        told.iter().map(|change| (change.audience.support_request, change.event.as_ref())).collect::<Vec<_>>(),
        [(one, "merged"), (two, "merged")]
    );
    let (closed, other) = (scene.timeline(one), scene.timeline(two));
    assert_eq!(closed[1].metadata["other_number"], json!(scene.stored(two).number));
    assert_eq!(other[1].metadata["other_id"], json!(one));
    assert!(!merge(one, two).await.unwrap().changed, "the same again");
    let log = scene.store.conversation(scene.organization, scene.stored(one).conversation).unwrap().state;
    assert_eq!((log.closed, log.merged_into), (true, Some(two)));

    // A token for the first opens the second, and then the third that takes the second in.
    let audience = |id| scene.stored(id).audience(Vec::new());
    let token = kernel::Scope::One(one, scene.customer.participant());
    assert!(token.covers(&audience(one)) && token.covers(&audience(two)) && !token.covers(&audience(three)));
    merge(two, three).await.unwrap();
    assert!(token.covers(&audience(three)));
    assert_eq!(scene.stored(one).merged_into, Some(three), "nobody has to go the way of both");
    let log = scene.store.conversation(scene.organization, scene.stored(one).conversation).unwrap().state;
    assert_eq!(log.merged_into, Some(three));
    assert!(merge(one, two).await.is_err(), "it is closed, and somewhere else");
}

#[tokio::test]
async fn only_open_requests_of_one_person_that_the_caller_sees_are_merged() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let merge = |caller, into| scene.desk.merge(caller, request, into, Command::default());
    let stranger = scene.user(Role::Customer, "Noa Simon");
    let foreign = scene.desk.open(&stranger, Scene::order_of(&stranger)).await.unwrap().view.request.id;
    let wanted = scene.stored(request);
    assert!(matches!(merge(&scene.agent, foreign).await, Err(SupportRequestError::OtherRequester)));
    for (into, code) in [(request, "invalid"), (SupportRequestId::new(scene.env.uuid()), "unknown")] {
        let Err(SupportRequestError::Invalid(fields)) = merge(&scene.agent, into).await else { panic!("{code}") };
        assert_eq!(fields, [kernel::FieldError::new("into", code)]);
    }
    let theirs = scene.opened().await;
    scene.act(&scene.supervisor, theirs, Action::Take).await.unwrap();
    assert!(matches!(merge(&scene.agent, theirs).await, Err(SupportRequestError::Invalid(_))), "not in sight");
    assert!(is_forbidden(&merge(&scene.customer, theirs).await));
    assert!(is_not_found(&merge(&stranger, theirs).await));
    let closed = scene.closed().await;
    assert!(matches!(merge(&scene.agent, closed).await, Err(SupportRequestError::IllegalTransition { .. })));
    let stale = Command { if_match: Some(7), ..Command::default() };
    let refused = scene.desk.merge(&scene.supervisor, request, theirs, stale).await;
    assert!(matches!(refused, Err(SupportRequestError::Stale { version: 1 })));
    assert_eq!(scene.stored(request), wanted, "nothing changed");
}

#[tokio::test]
async fn two_merges_of_each_other_at_once_close_one_of_them() {
    let scene = Scene::new();
    let (one, two) = (scene.opened().await, scene.opened().await);
    let merge = |id, into| scene.desk.merge(&scene.agent, id, into, Command::default());
    let done = side_by_side([merge(one, two), merge(two, one)]).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    let closed = [one, two].map(|id| scene.stored(id).status == Status::Closed);
    assert_eq!(closed.iter().filter(|closed| **closed).count(), 1);
}

#[tokio::test]
async fn a_follow_up_is_a_request_of_its_own_linked_both_ways() {
    let scene = Scene::new();
    let request = scene.closed().await;
    let follow = |caller, said| scene.desk.follow_up(caller, request, said, None);
    let said = FollowUp { subject: Some(Subject::stored("Encore cassé".to_owned())), ..FollowUp::default() };
    let kernel::Once::Done(opened) = follow(&scene.customer, said).await.unwrap() else { unreachable!() };
    let new = opened.view.request;
    assert_eq!((new.follow_up_of, new.status, new.subject.as_str()), (Some(request), Status::Open, "Encore cassé"));
    assert_eq!(new.requester, scene.stored(request).requester);
    assert_ne!(new.conversation, scene.stored(request).conversation);
    assert_eq!(scene.timeline(new.id)[1].metadata["other_number"], json!(scene.stored(request).number));
    let last = scene.timeline(request).pop().unwrap();
    assert_eq!((last.kind, &last.metadata["other_id"]), (TimelineKind::FollowUp, &json!(new.id)));
    let told: Vec<_> = scene.feed.take().iter().map(|change| change.event.clone()).collect();
    assert_eq!(told, ["created", "follow_up"]);

    let words = || crate::FirstMessage { client_message_id: "a".into(), content: "x".into(), content_hash: 1 };
    let spoken = FollowUp { first: Some(words()), ..FollowUp::default() };
    assert!(is_forbidden(&follow(&scene.agent, spoken).await), "nobody speaks in the customer's place");
    let stranger = scene.user(Role::Customer, "Noa Simon");
    assert!(is_not_found(&follow(&stranger, FollowUp::default()).await));
    assert!(follow(&scene.agent, FollowUp::default()).await.is_ok());
}

#[tokio::test]
async fn a_deleted_request_is_there_for_nobody_until_an_admin_restores_it() {
    let scene = Scene::new();
    let (request, admin) = (scene.opened().await, scene.admin());
    for caller in [&scene.customer, &scene.agent, &scene.supervisor] {
        assert!(is_forbidden(&scene.act(caller, request, Action::Delete).await));
    }
    assert!(scene.act(&admin, request, Action::Delete).await.unwrap().changed);
    let told = scene.feed.take();
    assert_eq!((told[0].event.as_ref(), told[0].is_for_customer()), ("deleted", true));
    assert!(told[0].view.request.deleted_at.is_some());
    let state = scene.store.conversation(scene.organization, scene.stored(request).conversation).unwrap().state;
    assert!(state.deleted_at.is_some(), "the log takes nothing");
    for caller in [&scene.customer, &scene.agent, &scene.supervisor, &admin] {
        assert!(is_not_found(&scene.desk.view(caller, request).await));
        assert!(is_not_found(&scene.desk.timeline(caller, request).await));
        assert!(is_not_found(&scene.act(caller, request, Action::Close).await));
        assert!(is_not_found(&scene.desk.view_by_number(caller, scene.stored(request).number.as_str()).await));
        let list = scene.desk.list(caller, &RequestFilter::default(), kernel::PageRequest::default()).await;
        assert_eq!(list.unwrap().total, 0);
    }
    assert!(is_not_found(&scene.act(&scene.supervisor, request, Action::Restore).await));
    let deleted = RequestFilter { deleted: true, ..RequestFilter::default() };
    assert!(is_forbidden(&scene.desk.list(&scene.supervisor, &deleted, kernel::PageRequest::default()).await));
    assert_eq!(scene.desk.list(&admin, &deleted, kernel::PageRequest::default()).await.unwrap().total, 1);

    scene.env.pass(RESTORABLE);
    let restored = scene.act(&admin, request, Action::Restore).await.unwrap();
    assert_eq!(restored.view.request.deleted_at, None);
    assert!(scene.desk.view(&scene.customer, request).await.is_ok());
    scene.act(&admin, request, Action::Delete).await.unwrap();
    scene.env.pass(RESTORABLE + Duration::from_micros(1));
    assert!(is_not_found(&scene.act(&admin, request, Action::Restore).await), "its time is over");
}

#[tokio::test]
async fn what_was_deleted_is_purged_after_thirty_days_or_at_once() {
    let scene = Scene::new();
    let (settings, admin) = (scene.settings(RequestSettings::default()), scene.admin());
    let (first, second, kept) = (scene.opened().await, scene.opened().await, scene.opened().await);
    scene.act(&admin, first, Action::Delete).await.unwrap();
    scene.env.pass(RESTORABLE);
    assert_eq!(scene.desk.purge_deleted(&settings, RESTORABLE).await.unwrap(), 0);
    scene.pass(1);
    assert_eq!(scene.desk.purge_deleted(&settings, RESTORABLE).await.unwrap(), 1);
    assert_eq!(scene.store.stored(scene.organization, first), None);
    assert_eq!(scene.timeline(first), []);

    scene.feed.take();
    assert!(is_forbidden(&scene.desk.purge(&scene.supervisor, second).await));
    scene.desk.purge(&admin, second).await.unwrap();
    assert_eq!(scene.store.stored(scene.organization, second), None);
    assert_eq!(scene.feed.take()[0].event, "deleted");
    assert!(is_not_found(&scene.desk.purge(&admin, second).await));
    assert!(scene.store.stored(scene.organization, kept).is_some());
}

#[tokio::test]
async fn an_archived_request_is_told_of_and_comes_back_when_it_is_reopened() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.agent, request, Action::Resolve { resolution: None }).await.unwrap();
    let before = scene.store.outbox().len();
    scene.act(&scene.agent, request, Action::Archive).await.unwrap();
    let events = scene.events_after(before);
    assert_eq!(names(&events), ["conversation.archived"]);
    assert_eq!(events[0].data["conversation_id"], json!(scene.stored(request).conversation));
    let state = scene.store.conversation(scene.organization, scene.stored(request).conversation).unwrap().state;
    assert!(state.archived_at.is_some());
    scene.act(&scene.customer, request, Action::Reopen).await.unwrap();
    assert_eq!(scene.stored(request).archived_at, None);
    assert_eq!(kinds(&scene, request).last(), Some(&TimelineKind::Unarchived));
}

#[tokio::test]
async fn an_urgent_request_without_an_answer_is_escalated_once() {
    let scene = Scene::new();
    let settings = scene.settings(RequestSettings::default());
    let request = scene.opened().await;
    scene.act(&scene.agent, request, priority(Priority::Urgent)).await.unwrap();
    let before = scene.store.outbox().len();
    scene.pass(2 * HOUR);
    assert_eq!(scene.desk.escalate_urgent(&settings).await.unwrap(), 0);
    scene.pass(1);
    let off = scene.settings(RequestSettings { escalation_hours: None, ..RequestSettings::default() });
    assert_eq!(scene.desk.escalate_urgent(&off).await.unwrap(), 0, "switched off");
    scene.feed.take();
    // As on two nodes.
    let done = side_by_side([scene.desk.escalate_urgent(&settings), scene.desk.escalate_urgent(&settings)]).await;
    assert_eq!(done.into_iter().map(Result::unwrap).sum::<usize>(), 1);
    assert_eq!(names(&scene.events_after(before)), ["ticket.escalated"]);
    let last = scene.timeline(request).pop().unwrap();
    assert_eq!((last.kind, last.actor.id, &last.metadata["automatic"]), (TimelineKind::Escalated, None, &json!(true)));
    assert_eq!(scene.feed.take().len(), 1);
    assert_eq!(scene.desk.escalate_urgent(&settings).await.unwrap(), 0);
}

#[tokio::test]
async fn resolved_requests_close_closed_ones_are_asked_about_and_put_away() {
    let scene = Scene::new();
    let settings = scene.settings(RequestSettings::default());
    let (quiet, lively) = (scene.opened().await, scene.opened().await);
    for request in [quiet, lively] {
        scene.act(&scene.agent, request, Action::Resolve { resolution: None }).await.unwrap();
    }
    scene.pass(6 * DAY);
    scene.store.customer_writes(scene.organization, lively, "Merci", now(&scene));
    scene.pass(DAY + 1);
    assert_eq!(scene.desk.close_resolved(&settings).await.unwrap(), 1);
    assert_eq!((scene.stored(quiet).status, scene.stored(lively).status), (Status::Closed, Status::Resolved));
    let before = scene.store.outbox().len();
    assert_eq!(scene.desk.survey_closed(&settings).await.unwrap(), 1);
    assert_eq!(scene.desk.survey_closed(&settings).await.unwrap(), 0);
    assert_eq!(scene.stored(quiet).surveyed_at, Some(now(&scene)));
    assert_eq!(scene.store.outbox().len(), before, "who reads `ticket.closed` asks");
    scene.pass(90 * DAY);
    assert_eq!(scene.desk.archive_closed(&settings).await.unwrap(), 0, "it changed when it was asked about");
    scene.pass(1);
    assert_eq!(scene.desk.archive_closed(&settings).await.unwrap(), 1);
    assert!(scene.stored(quiet).archived_at.is_some());
    assert_eq!(scene.desk.close_resolved(&settings).await.unwrap(), 1, "it is quiet now");
}

#[tokio::test]
async fn a_request_that_fails_does_not_hold_up_the_clock() {
    let scene = Scene::new();
    let settings = scene.settings(RequestSettings::default());
    let requests = [scene.opened().await, scene.opened().await];
    for request in requests {
        scene.act(&scene.agent, request, Action::Resolve { resolution: None }).await.unwrap();
    }
    scene.pass(8 * DAY);
    scene.store.fail("requests.save", PortErrorKind::Unavailable);
    assert_eq!(scene.desk.close_resolved(&settings).await.unwrap(), 1);
    assert_eq!(scene.desk.close_resolved(&settings).await.unwrap(), 1, "the next run makes it good");
    scene.store.fail("due", PortErrorKind::Unavailable);
    assert!(scene.desk.close_resolved(&settings).await.is_err());
}

#[tokio::test]
async fn a_request_opened_by_staff_can_be_somebodys_from_the_beginning() {
    let scene = Scene::new();
    let mut order = Scene::order_of(&scene.customer);
    order.agent = Some(id(&scene.supervisor));
    assert!(is_forbidden(&scene.desk.open(&scene.customer, order.clone()).await));
    let before = scene.store.outbox().len();
    let opened = scene.desk.open(&scene.agent, order.clone()).await.unwrap().view.request;
    assert_eq!((opened.status, opened.assignee), (Status::Assigned, order.agent));
    let told = ["ticket.created", "conversation.created", "ticket.assigned", "ticket.status_changed"];
    assert_eq!(names(&scene.events_after(before)), told);
    let thread = scene.store.conversation(scene.organization, opened.conversation).unwrap();
    assert_eq!(thread.state.assignee, order.agent);
    order.agent = Some(id(&scene.customer));
    assert!(matches!(scene.desk.open(&scene.agent, order).await, Err(SupportRequestError::Invalid(_))));
}

#[tokio::test]
async fn settings_are_the_specifications_until_they_are_set() {
    let scene = Scene::new();
    let own = RequestSettings { surveys: false, auto_close_days: None, ..RequestSettings::default() };
    let settings = Arc::new(scene.settings(own));
    assert_eq!(settings.of(scene.organization).await.unwrap(), own);
    assert!(settings.of(kernel::OrganizationId::new(scene.env.uuid())).await.is_err());
    let usual = RequestSettings::default();
    let periods = (usual.escalation_hours, usual.auto_close_days, usual.archive_days, usual.retention_years);
    assert_eq!(periods, (Some(2), Some(7), Some(90), Some(3)));
    assert!(usual.surveys && !usual.auto_assign, "nothing is given by itself unless that is switched on");
}
