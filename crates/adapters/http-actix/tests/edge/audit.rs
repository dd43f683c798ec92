//! The audit log.

use actix_web::http::StatusCode;
use kernel::Role;
use serde_json::json;

use super::world::World;

#[actix_web::test]
async fn an_administrator_reads_who_did_what() {
    let world = World::new().await;
    let admin = world.identity.caller(Role::Admin).await;
    let (token, agent) = (world.token(Role::Admin).await, world.token(Role::Agent).await);
    let user = json!({"email": "new@demo.test", "password": "quatre chevaux verts", "first_name": "A", "last_name": "B",
        "role": "agent"});
    let made = world.post("/api/v1/users", &token, user).await.expect(StatusCode::CREATED);
    let path = "/api/v1/audit-log";
    let found = world.get(&format!("{path}?action=user.created&target={}", made["id"].as_str().unwrap()), &token).await;
    let found = found.expect(StatusCode::OK);
    let entry = &found["items"][0];
    assert_eq!(found["total"], 1);
    assert_eq!((&entry["actor"]["id"], &entry["action"]), (&json!(admin.participant()), &json!("user.created")));
    assert_eq!((&entry["target"]["type"], &entry["target"]["id"]), (&json!("user"), &made["id"]));
    assert_eq!(entry["details"], json!({"role": "agent"}));
    world.get(path, &agent).await.problem(403, "forbidden");
    for wrong in ["actor=x", "target=x", "from=yesterday", "to=x", "page=0", "limit=101"] {
        world.get(&format!("{path}?{wrong}"), &token).await.problem(422, "invalid");
    }
}
