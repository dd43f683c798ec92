//! Who is given what by itself, and the settings of that.

use std::{sync::Arc, time::Duration};

use kernel::{Availability, Caller, FieldError, Language, Once, PortErrorKind, Role, UserId};
use serde_json::json;

use super::scene::{Scene, id, names};
use crate::{
    Action, Automation, Category, Conditions, Decision, OpenRequest, Priority, RoutingRule, RoutingRules, RuleChange,
    SettingsChange, Status, SupportRequestError, TimelineKind,
};

fn category(word: &str) -> Category {
    Category::stored(word.to_owned())
}

fn rules(scene: &Scene) -> RoutingRules {
    RoutingRules::new(Arc::new(scene.store.clone()), scene.people.clone(), scene.env.clone())
}

async fn automatic() -> (Scene, Caller) {
    let scene = Scene::new();
    let admin = scene.user(Role::Admin, "Alix Roy");
    let change = SettingsChange { auto_assign: Some(true), ..SettingsChange::default() };
    Automation::new(Arc::new(scene.store.clone()), scene.env.clone()).change(&admin, change).await.unwrap();
    (scene, admin)
}

async fn add(scene: &Scene, admin: &Caller, name: &str, conditions: Conditions, then: Decision) -> RoutingRule {
    let (name, conditions, then) = (Some(name.to_owned()), Some(conditions), Some(then));
    let new = RuleChange { name, conditions, then, ..RuleChange::default() };
    match rules(scene).add(admin, new, None).await.unwrap() {
        Once::Done(rule) => rule,
        Once::Repeat(repeat) => unreachable!("{repeat:?}"),
    }
}

async fn open(scene: &Scene, order: OpenRequest) -> crate::Snapshot {
    scene.desk.open(&scene.customer, order).await.unwrap().view.request
}

fn order(scene: &Scene) -> OpenRequest {
    Scene::order_of(&scene.customer)
}

#[tokio::test]
async fn nothing_is_given_by_itself_unless_that_is_switched_on() {
    let scene = Scene::new();
    let request = open(&scene, order(&scene)).await;
    assert_eq!((request.status, request.assignee), (Status::Open, None));
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 0);
}

#[tokio::test]
async fn a_new_request_goes_to_the_agent_with_the_least_to_do_and_that_is_told() {
    let (scene, _) = automatic().await;
    let colleague = scene.user(Role::Agent, "Claude Blanc");
    let first = open(&scene, order(&scene)).await;
    let other = if first.assignee == Some(id(&scene.agent)) { &colleague } else { &scene.agent };
    scene.feed.take();
    let outbox = scene.store.outbox().len();
    let second = open(&scene, order(&scene)).await;
    assert_eq!((second.status, second.assignee, second.version), (Status::Assigned, Some(id(other)), 2));

    let timeline = scene.timeline(second.id);
    let kinds: Vec<_> = timeline.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [TimelineKind::Created, TimelineKind::AssigneeChanged, TimelineKind::StatusChanged]);
    let given = &timeline[1];
    assert_eq!((given.actor.id, given.actor.name.as_str()), (None, "Guichet"));
    assert_eq!(given.new, Some(id(other).to_string()));
    assert_eq!(given.metadata.get("new_name"), Some(&json!(other.name())));
    assert_eq!(given.metadata.get("rule"), None);
    let events = scene.events_after(outbox);
    assert_eq!(names(&events), ["ticket.created", "conversation.created", "ticket.assigned", "ticket.status_changed"]);
    let told: Vec<_> = scene.feed.take().iter().map(|change| change.event.to_string()).collect();
    assert_eq!(told, ["created", "assigned"]);
    let stored = scene.store.conversation(scene.organization, second.conversation).unwrap();
    assert_eq!(stored.state.assignee, Some(id(other)), "the log knows");
}

#[tokio::test]
async fn supervisors_and_whoever_is_not_online_are_given_nothing() {
    let (scene, _) = automatic().await;
    for availability in [Availability::Away, Availability::Offline] {
        scene.store.change_agent(scene.organization, id(&scene.agent), |agent| agent.availability = availability);
        assert_eq!(open(&scene, order(&scene)).await.assignee, None);
    }
    scene.store.change_agent(scene.organization, id(&scene.agent), |agent| agent.availability = Availability::Online);
    scene.feed.take();
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 2);
    let told = scene.feed.take();
    assert!(told.iter().all(|change| change.event == "assigned" && change.view.request.assignee.is_some()));
    assert!(told.iter().all(|change| change.before.is_some()), "those who saw it in the inbox hear that it is taken");
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_is_full_is_given_nothing_until_a_place_is_free() {
    let (scene, _) = automatic().await;
    scene.store.change_agent(scene.organization, id(&scene.agent), |agent| agent.capacity = 2);
    let (one, two) = (open(&scene, order(&scene)).await, open(&scene, order(&scene)).await);
    let urgent = open(&scene, OpenRequest { priority: Priority::Urgent, ..order(&scene) }).await;
    let calm = open(&scene, OpenRequest { priority: Priority::Low, ..order(&scene) }).await;
    assert!(one.assignee.is_some() && two.assignee.is_some() && urgent.assignee.is_none() && calm.assignee.is_none());
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 0);
    scene.act(&scene.agent, one.id, Action::Resolve { resolution: None }).await.unwrap();
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 1);
    assert_eq!(scene.stored(urgent.id).assignee, Some(id(&scene.agent)), "the most urgent first");
    assert_eq!(scene.stored(calm.id).assignee, None);
}

#[tokio::test]
async fn of_equals_whoever_was_given_nothing_for_longest_is_next() {
    let (scene, _) = automatic().await;
    let colleague = scene.user(Role::Agent, "Claude Blanc");
    let mut order_of_turns = Vec::new();
    for _ in 0..4 {
        let request = open(&scene, order(&scene)).await;
        order_of_turns.push(request.assignee.unwrap());
        scene.pass(60);
        scene.act(&scene.supervisor, request.id, Action::Close).await.unwrap();
    }
    assert_eq!(order_of_turns[..2], order_of_turns[2..], "they take turns");
    assert_ne!(order_of_turns[0], order_of_turns[1]);
    assert!(order_of_turns.contains(&id(&colleague)));
}

#[tokio::test]
async fn skills_decide_who_is_asked() {
    let (scene, admin) = automatic().await;
    let (english, payments) = (scene.user(Role::Agent, "Sam Smith"), scene.user(Role::Agent, "Claude Blanc"));
    let agent = |caller: &Caller, change: fn(&mut crate::RoutableAgent)| {
        scene.store.change_agent(scene.organization, id(caller), change);
    };
    agent(&scene.agent, |agent| agent.availability = Availability::Offline);
    agent(&english, |agent| agent.languages = vec![Language::En]);
    agent(&payments, |agent| agent.categories = vec![category("billing")]);
    assert_eq!(open(&scene, order(&scene)).await.assignee, None, "the one speaks English, the other knows payments");
    let payment = OpenRequest { category: category("billing"), ..order(&scene) };
    assert_eq!(open(&scene, payment).await.assignee, Some(id(&payments)));

    agent(&scene.agent, |agent| agent.availability = Availability::Online);
    let then = Decision { skill: Some(category("billing")), ..Decision::default() };
    add(&scene, &admin, "Tout au paiement", Conditions::default(), then).await;
    let request = open(&scene, order(&scene)).await;
    assert_eq!(
        request.assignee,
        Some(id(&payments)),
        "who knows nothing in particular has no skill that a rule asks for"
    );
    let entry = &scene.timeline(request.id)[1];
    assert_eq!(entry.metadata.get("rule"), Some(&json!("Tout au paiement")));
    let shown = scene.desk.timeline(&scene.customer, request.id).await.unwrap();
    assert!(shown.iter().all(|entry| !entry.metadata.contains_key("rule")), "not for customers");
}

#[tokio::test]
async fn the_first_rule_that_fits_decides() {
    let (scene, admin) = automatic().await;
    let returns = Conditions { category: vec![category("product")], ..Conditions::default() };
    let to = |caller: &Caller| Decision { agent_id: Some(id(caller)), ..Decision::default() };
    let off = add(&scene, &admin, "Éteinte", Conditions::default(), to(&admin)).await;
    let change = RuleChange { enabled: Some(false), ..RuleChange::default() };
    rules(&scene).change(&admin, off.id, change).await.unwrap();
    add(&scene, &admin, "Retours", returns, to(&scene.supervisor)).await;
    add(&scene, &admin, "Reste", Conditions::default(), to(&scene.agent)).await;
    let returned = open(&scene, OpenRequest { category: category("product"), ..order(&scene) }).await;
    assert_eq!(returned.assignee, Some(id(&scene.supervisor)), "by name anybody of staff");
    assert_eq!(open(&scene, order(&scene)).await.assignee, Some(id(&scene.agent)));
    scene.store.change_agent(scene.organization, id(&scene.agent), |agent| agent.capacity = 1);
    scene.user(Role::Agent, "Claude Blanc");
    assert_eq!(open(&scene, order(&scene)).await.assignee, None, "named means nobody else");
}

#[tokio::test]
async fn a_rule_whose_agent_has_gone_leaves_the_choice() {
    let (scene, admin) = automatic().await;
    let gone = scene.user(Role::Agent, "Sam Smith");
    let then = Decision { agent_id: Some(id(&gone)), ..Decision::default() };
    add(&scene, &admin, "Tout à Sam", Conditions::default(), then).await;
    scene.store.remove_agent(scene.organization, id(&gone));
    let request = open(&scene, order(&scene)).await;
    assert_eq!(request.assignee, Some(id(&scene.agent)));
    assert_eq!(scene.timeline(request.id)[1].metadata.get("rule"), None, "the rule had no say");
}

#[tokio::test]
async fn a_rule_sets_the_priority_before_deadlines_are_promised() {
    let scene = Scene::new();
    let admin = scene.user(Role::Admin, "Alix Roy");
    let then = Decision { priority: Some(Priority::Urgent), ..Decision::default() };
    let conditions = Conditions { priority: vec![Priority::Normal], ..Conditions::default() };
    add(&scene, &admin, "Tout presse", conditions, then).await;
    let request = open(&scene, order(&scene)).await;
    assert_eq!(
        (request.priority, request.assignee),
        (Priority::Urgent, None),
        "whether or not assignment is automatic"
    );
    assert_eq!(request.sla.first_response_due_at, request.created_at + Duration::from_hours(1));
    let [_, changed] = &scene.timeline(request.id)[..] else { unreachable!("opened, and made urgent") };
    assert_eq!((changed.kind, changed.actor.id), (TimelineKind::PriorityChanged, None));
    assert_eq!((changed.old.as_deref(), changed.new.as_deref()), (Some("normal"), Some("urgent")));
    assert_eq!(changed.metadata.get("rule"), Some(&json!("Tout presse")));
    let low = open(&scene, OpenRequest { priority: Priority::Low, ..order(&scene) }).await;
    assert_eq!(low.priority, Priority::Low);
}

#[tokio::test]
async fn a_request_that_cannot_be_given_does_not_hold_up_the_others() {
    let (scene, _) = automatic().await;
    scene.store.change_agent(scene.organization, id(&scene.agent), |agent| agent.capacity = 0);
    let (first, second) = (open(&scene, order(&scene)).await, open(&scene, order(&scene)).await);
    scene.store.change_agent(scene.organization, id(&scene.agent), |agent| agent.capacity = 10);
    scene.store.fail("requests.save", PortErrorKind::Corrupt);
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 1);
    assert_eq!((scene.stored(first.id).assignee, scene.stored(second.id).assignee), (None, Some(id(&scene.agent))));
    scene.store.fail("requests.save", PortErrorKind::Conflict);
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 1, "the next look makes it good");
}

#[tokio::test]
async fn what_somebody_gave_back_goes_to_another() {
    let (scene, _) = automatic().await;
    let request = open(&scene, order(&scene)).await;
    assert_eq!(request.assignee, Some(id(&scene.agent)));
    scene.act(&scene.agent, request.id, Action::Assign { agent: None }).await.unwrap();
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 0, "nobody else is there");
    let colleague = scene.user(Role::Agent, "Claude Blanc");
    assert_eq!(scene.desk.assign_waiting(scene.organization).await.unwrap(), 1);
    assert_eq!(scene.stored(request.id).assignee, Some(id(&colleague)));
}

#[tokio::test]
async fn rules_are_set_by_administrators() {
    let scene = Scene::new();
    let (admin, rules) = (scene.user(Role::Admin, "Alix Roy"), rules(&scene));
    for caller in [&scene.customer, &scene.agent, &scene.supervisor] {
        assert!(matches!(rules.list(caller).await, Err(SupportRequestError::NotAllowed(_))));
        assert!(matches!(
            rules.add(caller, RuleChange::default(), None).await,
            Err(SupportRequestError::NotAllowed(_))
        ));
    }
    let wrong = |name: &str, then: Decision| {
        let change = RuleChange { name: Some(name.to_owned()), then: Some(then), ..RuleChange::default() };
        async { rules.add(&admin, change, None).await.unwrap_err() }
    };
    let urgent = Decision { priority: Some(Priority::Urgent), ..Decision::default() };
    let nobody = Decision { agent_id: Some(UserId::new(kernel::Env::uuid(&*scene.env))), ..Decision::default() };
    let long = "x".repeat(101);
    for (name, then, field, code) in [
        (" ", &urgent, "name", "required"),
        (long.as_str(), &urgent, "name", "too_long"),
        ("a\nb", &urgent, "name", "invalid"),
        ("Rien", &Decision::default(), "then", "required"),
        ("Personne", &nobody, "then.agent_id", "unknown"),
    ] {
        let SupportRequestError::Invalid(errors) = wrong(name, then.clone()).await else { unreachable!("{name}") };
        assert_eq!(errors, [FieldError::new(field, code)], "{name}");
    }
    assert_eq!(rules.list(&admin).await.unwrap(), []);
    let first = add(&scene, &admin, " Un ", Conditions::default(), urgent.clone()).await;
    let second = add(&scene, &admin, "Deux", Conditions::default(), urgent).await;
    assert_eq!((first.name.as_str(), first.position, second.position, first.enabled), ("Un", 0, 1, true));
    let change = RuleChange { position: Some(5), ..RuleChange::default() };
    let moved = rules.change(&admin, first.id, change.clone()).await.unwrap();
    assert_eq!(moved, RoutingRule { position: 5, ..first.clone() });
    assert_eq!(rules.list(&admin).await.unwrap(), [second, moved]);
    rules.remove(&admin, first.id).await.unwrap();
    assert!(matches!(rules.remove(&admin, first.id).await, Err(SupportRequestError::NotFound)));
    assert!(matches!(rules.change(&admin, first.id, change).await, Err(SupportRequestError::NotFound)));
    let audit = scene.store.audit();
    let of_first = audit.iter().filter(|one| one.target == Some(("routing_rule", first.id.uuid())));
    let actions: Vec<_> = of_first.map(|one| one.action).collect();
    assert_eq!((actions.first(), actions.last()), (Some(&"routing_rule.added"), Some(&"routing_rule.removed")));
    assert!(audit.iter().any(|one| one.action == "routing_rule.changed"));
}

#[tokio::test]
async fn settings_are_read_by_staff_and_set_by_administrators() {
    let scene = Scene::new();
    let automation = Automation::new(Arc::new(scene.store.clone()), scene.env.clone());
    let admin = scene.user(Role::Admin, "Alix Roy");
    assert!(automation.read(&scene.customer).await.is_err());
    let before = automation.read(&scene.agent).await.unwrap();
    assert!(!before.auto_assign);
    let change =
        SettingsChange { archive_days: Some(None), auto_close_days: Some(Some(1)), ..SettingsChange::default() };
    assert!(matches!(automation.change(&scene.supervisor, change).await, Err(SupportRequestError::NotAllowed(_))));
    let after = automation.change(&admin, change).await.unwrap();
    assert_eq!(after, crate::RequestSettings { archive_days: None, auto_close_days: Some(1), ..before });
    assert_eq!(automation.read(&scene.agent).await.unwrap(), after);
    automation.change(&admin, change).await.unwrap();
    let audited: Vec<_> = scene.store.audit().iter().map(|one| (one.action, one.details["fields"].clone())).collect();
    let fields = serde_json::json!(["auto_close_days", "archive_days"]);
    assert_eq!(audited, [("organization.changed", fields)], "what changes nothing, and what was refused, is not there");
    let wrong = SettingsChange {
        escalation_hours: Some(Some(0)),
        auto_close_days: Some(Some(366)),
        archive_days: Some(Some(0)),
        retention_years: Some(Some(101)),
        ..SettingsChange::default()
    };
    let Err(SupportRequestError::Invalid(errors)) = automation.change(&admin, wrong).await else {
        unreachable!("out of range")
    };
    let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
    assert_eq!(fields, ["escalation_hours", "auto_close_days", "archive_days", "retention_years"]);
    assert_eq!(automation.read(&admin).await.unwrap(), after);
}
