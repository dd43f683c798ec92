use actix_web::http::StatusCode;
use kernel::Role;
use serde_json::{Value, json};

use super::world::World;

const PATH: &str = "/api/v1/routing-rules";

async fn add(world: &World, token: &str, rule: Value) -> Value {
    world.post(PATH, token, rule).await.expect(StatusCode::CREATED)
}

#[actix_web::test]
async fn an_administrator_adds_changes_and_removes_rules() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let agent = world.user_id(Role::Agent).await;
    let first = add(&world, &admin, json!({"name": "Tout presse", "then": {"priority": "urgent"}})).await;
    let conditions = json!({"category": [], "kind": [], "priority": [], "language": []});
    let then = json!({"skill": null, "agent_id": null, "priority": "urgent"});
    assert_eq!((&first["conditions"], &first["then"]), (&conditions, &then));
    assert_eq!((&first["enabled"], &first["position"]), (&json!(true), &json!(0)));
    let wanted = json!({"name": "Retours", "enabled": false,
        "conditions": {"category": ["returns"], "kind": ["chat"], "priority": ["low", "normal"], "language": ["en"]},
        "then": {"skill": "english", "agent_id": agent, "priority": "high"}});
    let second = add(&world, &admin, wanted.clone()).await;
    for field in ["name", "enabled", "conditions", "then"] {
        assert_eq!(second[field], wanted[field], "{field}");
    }
    let list = world.get(PATH, &admin).await.expect(StatusCode::OK);
    assert_eq!(list, json!({"items": [first, second]}));

    let path = format!("{PATH}/{}", second["id"].as_str().unwrap());
    let changed = world.call("PATCH", &path, Some(&admin), Some(json!({"position": 0, "name": "Anglais"}))).await;
    let changed = changed.expect(StatusCode::OK);
    assert_eq!((&changed["position"], &changed["then"]), (&json!(0), &second["then"]));
    let path = format!("{PATH}/{}", first["id"].as_str().unwrap());
    assert_eq!(world.call("DELETE", &path, Some(&admin), None).await.status, StatusCode::NO_CONTENT);
    world.call("DELETE", &path, Some(&admin), None).await.problem(404, "support_request.not_found");
    let gone = world.call("PATCH", &path, Some(&admin), Some(json!({"name": "x"}))).await;
    gone.problem(404, "support_request.not_found");
    assert_eq!(world.get(PATH, &admin).await.expect(StatusCode::OK), json!({"items": [changed]}));
}

#[actix_web::test]
async fn rules_are_for_administrators() {
    let world = World::new().await;
    let rule = add(&world, &world.token(Role::Admin).await, json!({"name": "x", "then": {"priority": "low"}})).await;
    let path = format!("{PATH}/{}", rule["id"].as_str().unwrap());
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        let token = world.token(role).await;
        world.get(PATH, &token).await.problem(403, "forbidden");
        world.post(PATH, &token, json!({"name": "y", "then": {"priority": "low"}})).await.problem(403, "forbidden");
        world.call("PATCH", &path, Some(&token), Some(json!({"name": "y"}))).await.problem(403, "forbidden");
        world.call("DELETE", &path, Some(&token), None).await.problem(403, "forbidden");
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_rule_is_told() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let customer = world.user_id(Role::Customer).await;
    let wrong = json!({"name": "x", "position": 10_001,
        "conditions": {"category": ["ok", ""], "kind": ["fax"], "priority": ["god"], "language": ["fr", "de"]},
        "then": {"skill": "", "agent_id": "x", "priority": "soon"}});
    assert_eq!(
        world.post(PATH, &admin, wrong).await.wrong_fields(),
        [
            "position out_of_range",
            "conditions.category.1 required",
            "conditions.kind.0 unknown",
            "conditions.priority.0 unknown",
            "conditions.language.1 unknown",
            "then.skill required",
            "then.agent_id unknown",
            "then.priority unknown",
        ]
    );
    for (body, wrong) in [
        (json!({}), "name required"),
        (json!({"name": "x"}), "then required"),
        (json!({"name": "x", "then": {"agent_id": customer}}), "then.agent_id unknown"),
        (json!({"name": "x", "conditions": {"category": vec!["x"; 51]}}), "conditions.category too_many"),
    ] {
        assert_eq!(world.post(PATH, &admin, body).await.wrong_fields(), [wrong]);
    }
    assert_eq!(world.get(PATH, &admin).await.expect(StatusCode::OK), json!({"items": []}));
}

#[actix_web::test]
async fn a_request_is_given_to_an_agent_where_that_is_switched_on() {
    let world = World::new().await;
    let (admin, agent) = (world.token(Role::Admin).await, world.user_id(Role::Agent).await);
    let on = json!({"auto_assign": true});
    world.call("PATCH", "/api/v1/organization", Some(&admin), Some(on)).await.expect(StatusCode::OK);
    add(&world, &admin, json!({"name": "Presse", "then": {"priority": "urgent"}})).await;
    let (_, request) = world.opened(&world.token(Role::Customer).await).await;
    let request = world.get(&format!("/api/v1/support-requests/{request}"), &admin).await.expect(StatusCode::OK);
    assert_eq!(request["status"], "assigned");
    assert_eq!(request["assignee"]["id"], json!(agent));
    assert_eq!(request["priority"], "urgent");
}
