//! What stores of settings and routing must do.

use kernel::{
    Availability, Claim, IdempotentCall, Language, OrganizationId, Repeat, Role, RoutingRuleId, SupportRequestId,
    UserId,
};

use super::{Scene, save_after, store};
use crate::{
    Action, Category, Conditions, Decision, Kind, Priority, RequestSettings, RoutableAgent, RoutingPlan, RoutingRule,
    Snapshot, SupportRequest,
    testing::{AgentTerms, Harness, side_by_side},
};

/// On, off, and other values.
pub async fn settings_read_back_and_begin_with_the_defaults(h: &impl Harness) {
    let organization = h.organization().await;
    assert_eq!(h.settings().of(organization).await.unwrap(), RequestSettings::default());
    let wanted = RequestSettings {
        auto_assign: true,
        escalation_hours: None,
        auto_close_days: Some(30),
        archive_days: None,
        retention_years: Some(10),
        surveys: false,
    };
    h.settings().set(organization, &wanted).await.unwrap();
    assert_eq!(h.settings().of(organization).await.unwrap(), wanted);
    let unknown = OrganizationId::new(h.env().uuid());
    assert!(h.settings().of(unknown).await.is_err());
    assert!(h.settings().set(unknown, &wanted).await.is_err());
}

/// And those who look after all find each.
pub async fn settings_are_those_of_their_organization(h: &impl Harness) {
    let (one, other) = (h.organization().await, h.organization().await);
    let wanted = RequestSettings { auto_assign: true, ..RequestSettings::default() };
    h.settings().set(one, &wanted).await.unwrap();
    let all = h.settings().all().await.unwrap();
    let of = |organization| all.iter().find(|(id, _)| *id == organization).map(|(_, settings)| *settings);
    assert_eq!((of(one), of(other)), (Some(wanted), Some(RequestSettings::default())));
    assert_eq!((plan(h, one).await.auto_assign, plan(h, other).await.auto_assign), (true, false));
}

fn rule(h: &impl Harness, name: &str, position: u32) -> RoutingRule {
    let category = |word: &str| Category::stored(word.to_owned());
    RoutingRule {
        id: RoutingRuleId::new(h.env().uuid()),
        name: name.to_owned(),
        position,
        enabled: true,
        conditions: Conditions {
            category: vec![category("delivery"), category("returns")],
            kind: vec![Kind::Chat, Kind::ContactForm],
            priority: vec![Priority::Low],
            language: vec![Language::En],
        },
        then: Decision {
            skill: Some(category("english")),
            agent_id: Some(UserId::new(h.env().uuid())),
            priority: Some(Priority::Urgent),
        },
    }
}

async fn plan(h: &impl Harness, organization: OrganizationId) -> RoutingPlan {
    h.store().begin(organization).await.unwrap().routing().plan().await.unwrap()
}

/// Stored anew, replaced, removed; also as the transaction sees them.
pub async fn rules_read_back_in_their_order(h: &impl Harness) {
    let organization = h.organization().await;
    assert_eq!(h.routing().rules(organization).await.unwrap(), []);
    assert_eq!(plan(h, organization).await, RoutingPlan::default());
    let (late, mut early) = (rule(h, "Retours", 7), rule(h, "Anglais", 3));
    let same = RoutingRule { conditions: Conditions::default(), then: Decision::default(), ..rule(h, "Reste", 3) };
    for rule in [&late, &early, &same] {
        h.routing().put(organization, rule).await.unwrap();
    }
    let all = [early.clone(), same.clone(), late.clone()];
    assert_eq!(h.routing().rules(organization).await.unwrap(), all);
    assert_eq!(plan(h, organization).await.rules, all);
    early.enabled = false;
    early.position = 9;
    h.routing().put(organization, &early).await.unwrap();
    assert_eq!(h.routing().rules(organization).await.unwrap(), [same.clone(), late.clone(), early.clone()]);
    assert!(h.routing().remove(organization, late.id).await.unwrap());
    assert!(!h.routing().remove(organization, late.id).await.unwrap());
    assert_eq!(plan(h, organization).await.rules, [same], "those that are looked at");
}

/// The same again names the first one.
pub async fn a_rule_is_added_once_for_each_call(h: &impl Harness) {
    let (organization, now) = (h.organization().await, h.env().now());
    let call = IdempotentCall {
        principal: h.env().uuid(),
        operation: "test",
        key: "k".to_owned(),
        body: "b".to_owned(),
        kept: None,
    };
    let (first, second) = (rule(h, "Un", 1), rule(h, "Deux", 2));
    let add = async |rule: &RoutingRule, call| h.routing().add(organization, rule, call, now).await.unwrap();
    assert_eq!(add(&first, Some(&call)).await, Claim::New);
    let repeat = Claim::Repeat(Repeat { resource: first.id.uuid(), kept: None });
    assert_eq!(add(&second, Some(&call)).await, repeat);
    assert_eq!(h.routing().rules(organization).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(add(&second, None).await, Claim::New);
    assert_eq!(h.routing().rules(organization).await.unwrap(), [first, second]);
}

/// Neither read nor removed by others.
pub async fn rules_are_those_of_their_organization(h: &impl Harness) {
    let (one, other) = (h.organization().await, h.organization().await);
    let own = rule(h, "Retours", 1);
    h.routing().put(one, &own).await.unwrap();
    assert_eq!(h.routing().rules(other).await.unwrap(), []);
    assert!(!h.routing().remove(other, own.id).await.unwrap());
    assert_eq!(plan(h, other).await.rules, []);
    assert_eq!(h.routing().rules(one).await.unwrap(), [own]);
}

async fn agents(h: &impl Harness, organization: OrganizationId) -> Vec<RoutableAgent> {
    let mut agents = h.store().begin(organization).await.unwrap().routing().lock_agents().await.unwrap();
    agents.sort_by_key(|agent| agent.person.id);
    agents
}

/// What is settled or deleted does not count, nor what others have; who asks is no agent.
pub async fn agents_are_counted_by_what_they_have_to_do(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let colleague = h.agent(scene.organization, "Claude", "Blanc").await;
    let wanted = AgentTerms {
        availability: Availability::Away,
        capacity: 3,
        categories: vec!["delivery", "english"],
        languages: vec![Language::En],
    };
    h.describe_agent(scene.organization, colleague, wanted).await;
    let mut requests = Vec::new();
    for counter in 1..=6 {
        let request = scene.stored(h, counter).await;
        save_after(h, &request, scene.agent, Action::Take).await;
        requests.push(request);
    }
    save_after(h, &requests[0], scene.agent, Action::Wait).await;
    save_after(h, &requests[1], scene.agent, Action::Resolve { resolution: None }).await;
    save_after(h, &requests[2], scene.agent, Action::Close).await;
    change(h, &requests[3], |request| request.deleted_at = Some(request.created_at)).await;
    let others = Scene::new(h).await;
    let theirs = others.stored(h, 1).await;
    save_after(h, &theirs, others.agent, Action::Take).await;

    let [first, second] = &agents(h, scene.organization).await[..] else { unreachable!("two members of staff") };
    assert_eq!((first.person.id, first.person.name.as_str()), (scene.agent, "Dominique Leroy"));
    assert_eq!((first.role, first.availability), (Role::Agent, Availability::Online));
    assert_eq!((first.load, first.capacity, first.routed_at), (3, 10, None));
    assert_eq!((first.categories.len(), first.languages.len()), (0, 0));
    assert_eq!((second.person.id, second.availability, second.load), (colleague, Availability::Away, 0));
    let words: Vec<_> = second.categories.iter().map(Category::as_str).collect();
    assert_eq!((second.capacity, words, &second.languages[..]), (3, vec!["delivery", "english"], &[Language::En][..]));

    let at = h.env().now();
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    tx.routing().note_routed(scene.agent, at).await.unwrap();
    tx.commit().await.unwrap();
    let told: Vec<_> = agents(h, scene.organization).await.iter().map(|agent| agent.routed_at).collect();
    assert_eq!(told, [Some(at), None]);
}

async fn change(h: &impl Harness, request: &Snapshot, change: impl FnOnce(&mut Snapshot)) {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let mut read = tx.requests().get(request.id).await.unwrap().unwrap();
    change(&mut read.state);
    read.state.version += 1;
    tx.requests().save(&read).await.unwrap();
    tx.commit().await.unwrap();
}

async fn waiting(h: &impl Harness, organization: OrganizationId, limit: u32) -> Vec<SupportRequestId> {
    let mut tx = h.store().begin(organization).await.unwrap();
    let waiting = tx.routing().waiting(h.env().now(), limit).await.unwrap();
    drop(tx);
    waiting.into_iter().map(|one| one.id).collect()
}

/// Then the oldest; not what is taken, snoozed or deleted.
pub async fn what_waits_for_an_agent_comes_the_most_urgent_first(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let mut made = Vec::new();
    for (counter, priority) in
        (1..).zip([Priority::Low, Priority::Normal, Priority::Urgent, Priority::High, Priority::Normal])
    {
        let request = Snapshot { priority, ..scene.request(h, counter) };
        made.push(store(h, request, None).await);
        h.time_goes_by().await;
    }
    let [low, normal, urgent, high, later] = [0, 1, 2, 3, 4].map(|n: usize| made[n].id);
    assert_eq!(waiting(h, scene.organization, 100).await, [urgent, high, normal, later, low]);
    assert_eq!(waiting(h, scene.organization, 2).await, [urgent, high]);
    let traits = {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        tx.routing().waiting(h.env().now(), 1).await.unwrap().remove(0).traits
    };
    assert_eq!(traits, made[2].traits());

    save_after(h, &made[2], scene.agent, Action::Take).await;
    let now = h.env().now();
    change(h, &made[3], |request| request.snoozed_until = Some(now + std::time::Duration::from_hours(1))).await;
    change(h, &made[4], |request| request.deleted_at = Some(now)).await;
    assert_eq!(waiting(h, scene.organization, 100).await, [normal, low]);
    change(h, &made[3], |request| request.snoozed_until = Some(now)).await;
    assert_eq!(waiting(h, scene.organization, 100).await, [high, normal, low], "its time is over");
    assert_eq!(waiting(h, Scene::new(h).await.organization, 100).await, []);
}

/// Of many transactions that each give a request to whoever has a place, none goes over it.
pub async fn agents_are_decided_over_by_one_transaction_at_a_time(h: &impl Harness) {
    let scene = Scene::new(h).await;
    h.describe_agent(scene.organization, scene.agent, AgentTerms { capacity: 3, ..AgentTerms::default() }).await;
    let mut requests = Vec::new();
    for counter in 1..=8 {
        requests.push(scene.stored(h, counter).await);
    }
    let give = async |request: &Snapshot| {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        let agents = tx.routing().lock_agents().await.unwrap();
        h.time_goes_by().await;
        if !agents[0].has_a_place() {
            return false;
        }
        let mut read = tx.requests().get(request.id).await.unwrap().unwrap();
        super::act(h, &mut read, scene.agent, &Action::Take);
        tx.requests().save(&SupportRequest::clone(&read)).await.unwrap();
        tx.commit().await.unwrap();
        true
    };
    let given = side_by_side(requests.iter().map(give)).await;
    assert_eq!(given.into_iter().filter(|given| *given).count(), 3);
    assert_eq!(agents(h, scene.organization).await[0].load, 3);
}

/// Until somebody else has had it.
pub async fn whoever_gave_a_request_back_is_named(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let given_back_by = async || {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        tx.routing().waiting(h.env().now(), 1).await.unwrap().remove(0).given_back_by
    };
    assert_eq!(given_back_by().await, None);
    told_after(h, &request, scene.agent, Action::Take).await;
    told_after(h, &request, scene.agent, Action::Assign { agent: None }).await;
    assert_eq!(given_back_by().await, Some(scene.agent));
    let colleague = h.agent(scene.organization, "Claude", "Blanc").await;
    told_after(h, &request, colleague, Action::Take).await;
    told_after(h, &request, scene.agent, Action::Assign { agent: None }).await;
    assert_eq!(given_back_by().await, Some(colleague), "taken from them, by whomever");
}

/// As the desk stores it: with its timeline.
async fn told_after(h: &impl Harness, request: &Snapshot, agent: UserId, action: Action) {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let mut now = tx.requests().get(request.id).await.unwrap().unwrap();
    let entries = super::act(h, &mut now, agent, &action);
    tx.requests().save(&now).await.unwrap();
    for entry in &entries {
        tx.timeline().append(request.id, entry).await.unwrap();
    }
    tx.commit().await.unwrap();
}
