use actix_web::http::StatusCode;
use kernel::Role;
use serde_json::{Value, json};

use super::world::World;

#[actix_web::test]
async fn an_administrator_sets_policies_and_staff_read_them() {
    let world = World::new().await;
    let (admin, agent) = (world.token(Role::Admin).await, world.token(Role::Agent).await);
    let path = "/api/v1/sla-policies";
    let defaults = world.get(path, &agent).await.expect(StatusCode::OK);
    let minutes = |policies: &Value| -> Vec<(String, u64, u64)> {
        let one = |item: &Value| {
            let number = |field: &str| item[field].as_u64().unwrap();
            (
                item["priority"].as_str().unwrap().to_owned(),
                number("first_response_minutes"),
                number("resolution_minutes"),
            )
        };
        policies["items"].as_array().unwrap().iter().map(one).collect()
    };
    let policy = |priority: &str, first, whole| (priority.to_owned(), first, whole);
    let known =
        [policy("low", 480, 2_880), policy("normal", 240, 1_440), policy("high", 120, 480), policy("urgent", 60, 240)];
    assert_eq!(minutes(&defaults), known);
    let wanted = json!({"items": [{"priority": "urgent", "first_response_minutes": 5, "resolution_minutes": 30}]});
    let set = world.call("PUT", path, Some(&admin), Some(wanted.clone())).await.expect(StatusCode::OK);
    assert_eq!(minutes(&set)[3], policy("urgent", 5, 30));
    assert_eq!(minutes(&set)[..3], known[..3]);
    assert_eq!(world.get(path, &agent).await.expect(StatusCode::OK), set);
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        let token = world.token(role).await;
        world.call("PUT", path, Some(&token), Some(wanted.clone())).await.problem(403, "forbidden");
    }
    world.get(path, &world.token(Role::Customer).await).await.problem(403, "forbidden");

    let request = json!({"subject": "Un sujet", "description": "Assez long pour aller.", "priority": "urgent"});
    let opened = world.post("/api/v1/support-requests", &agent, request).await.expect(StatusCode::CREATED);
    let due = |field: &str| opened["sla"][field].as_str().unwrap().parse::<kernel::Timestamp>().unwrap();
    assert_eq!(due("resolution_due_at").since(due("first_response_due_at")).as_secs(), 25 * 60);
}

#[actix_web::test]
async fn an_administrator_sets_business_hours_and_staff_read_them() {
    let world = World::new().await;
    let (admin, agent) = (world.token(Role::Admin).await, world.token(Role::Agent).await);
    let path = "/api/v1/business-hours";
    let always = json!({"enabled": false, "time_zone": "Europe/Paris", "week": [], "holidays": []});
    assert_eq!(world.get(path, &agent).await.expect(StatusCode::OK), always);
    let week =
        json!([{"day": "monday", "from": "09:00", "to": "12:00"}, {"day": "sunday", "from": "22:00", "to": "24:00"}]);
    let wanted = json!({"enabled": true, "time_zone": "America/New_York", "week": week, "holidays": ["2026-12-25"]});
    let set = world.call("PUT", path, Some(&admin), Some(wanted.clone())).await.expect(StatusCode::OK);
    assert_eq!(set, wanted);
    assert_eq!(world.get(path, &agent).await.expect(StatusCode::OK), wanted);
    let without_zone = json!({"enabled": true, "week": week});
    let set = world.call("PUT", path, Some(&admin), Some(without_zone)).await.expect(StatusCode::OK);
    assert_eq!((&set["time_zone"], &set["holidays"]), (&json!("Europe/Paris"), &json!([])));
    let off = json!({"enabled": false});
    assert_eq!(world.call("PUT", path, Some(&admin), Some(off)).await.expect(StatusCode::OK), always);
    let agent_sets = world.call("PUT", path, Some(&agent), Some(wanted)).await;
    agent_sets.problem(403, "forbidden");
}

#[actix_web::test]
async fn what_is_wrong_with_a_setting_is_told_all_at_once_and_nothing_is_set() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let put = |path: &'static str, body: Value| world.call("PUT", path, Some(&admin), Some(body));
    let policy = |priority: &str, first: u64, whole: u64| json!({"priority": priority, "first_response_minutes": first, "resolution_minutes": whole});
    let policies =
        json!({"items": [policy("low", 0, 10), policy("low", 5, 10), policy("soon", 1, 2), policy("high", 10, 9)]});
    let wrong = put("/api/v1/sla-policies", policies).await.problem(422, "invalid");
    assert_eq!(
        wrong_fields(&wrong),
        [
            "items.0.first_response_minutes out_of_range",
            "items.1.priority invalid",
            "items.2.priority unknown",
            "items.3.resolution_minutes out_of_range"
        ]
    );
    let defaults = world.get("/api/v1/sla-policies", &admin).await.expect(StatusCode::OK);
    assert_eq!(defaults["items"][0]["first_response_minutes"], 480);

    let hours = json!({"enabled": true, "time_zone": "Mars/Olympus", "holidays": ["2026-02-30"], "week": [
        {"day": "monday", "from": "9:00", "to": "12:00"}, {"day": "someday", "from": "12:00", "to": "11:00"},
        {"day": "monday", "from": "12:00", "to": "11:00"}, {"day": "monday", "from": "23:00", "to": "24:01"}]});
    let wrong = put("/api/v1/business-hours", hours).await.problem(422, "invalid");
    assert_eq!(
        wrong_fields(&wrong),
        [
            "time_zone unknown",
            "week.0.from invalid",
            "week.1.day invalid",
            "week.2.to invalid",
            "week.3.to invalid",
            "holidays.0 invalid"
        ]
    );
    let none = put("/api/v1/business-hours", json!({"enabled": true})).await.problem(422, "invalid");
    assert_eq!(wrong_fields(&none), ["week required"]);
    assert_eq!(world.get("/api/v1/business-hours", &admin).await.expect(StatusCode::OK)["enabled"], false);
}

fn wrong_fields(problem: &Value) -> Vec<String> {
    let one = |error: &Value| format!("{} {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap());
    problem["errors"].as_array().unwrap().iter().map(one).collect()
}
