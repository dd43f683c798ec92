use actix_web::http::StatusCode;
use identity::testing::PASSWORD;
use kernel::Role;
use serde_json::json;

use super::world::World;

#[actix_web::test]
async fn staff_see_staff_and_administrators_see_everybody() {
    let world = World::new().await;
    let (agent, admin) = (world.token(Role::Agent).await, world.token(Role::Admin).await);
    let total = |query: &'static str, token: String| {
        let world = &world;
        async move { world.get(&format!("/api/v1/users{query}"), &token).await.expect(StatusCode::OK)["total"].clone() }
    };
    assert_eq!(total("", agent.clone()).await, 3);
    assert_eq!(total("", admin.clone()).await, 4);
    assert_eq!(total("?role=customer,agent", admin.clone()).await, 2);
    assert_eq!(total("?active=false", admin).await, 0);
    world.get("/api/v1/users?role=customer", &agent).await.problem(403, "forbidden");
    world.get("/api/v1/users", &world.token(Role::Customer).await).await.problem(403, "forbidden");
    let page = world.get("/api/v1/users?limit=1&page=2", &agent).await.expect(StatusCode::OK);
    assert_eq!((&page["page"], &page["limit"], &page["total"]), (&json!(2), &json!(1), &json!(3)));
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn an_administrator_makes_and_changes_users() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let new = json!({"email": "new@demo.test", "password": PASSWORD, "first_name": "Noé", "last_name": "Petit",
        "role": "agent", "phone": "01 23 45 67 89"});
    let made = world.post("/api/v1/users", &admin, new.clone()).await.expect(StatusCode::CREATED);
    assert_eq!(
        (&made["role"], &made["active"], &made["phone"]),
        (&json!("agent"), &json!(true), &json!("01 23 45 67 89"))
    );
    world.post("/api/v1/users", &admin, new).await.problem(409, "identity.email_taken");
    let path = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
    let change = |body| world.call("PATCH", &path, Some(&admin), Some(body));
    assert_eq!(change(json!({"role": "supervisor"})).await.expect(StatusCode::OK)["phone"], "01 23 45 67 89");
    let changed = change(json!({"phone": null, "active": false})).await.expect(StatusCode::OK);
    assert_eq!(
        (&changed["phone"], &changed["active"], &changed["role"]),
        (&json!(null), &json!(false), &json!("supervisor"))
    );
    assert_eq!(world.get(&path, &admin).await.expect(StatusCode::OK), changed);
}

#[actix_web::test]
async fn an_administrator_says_what_a_member_of_staff_takes() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let path = format!("/api/v1/users/{}", world.user_id(Role::Agent).await);
    let agent = world.get(&path, &admin).await.expect(StatusCode::OK);
    assert_eq!((&agent["capacity"], &agent["skills"]), (&json!(10), &json!({"categories": [], "languages": []})));
    let change = |body| world.call("PATCH", &path, Some(&admin), Some(body));
    let skills = json!({"categories": ["delivery", "vip"], "languages": ["en"]});
    let changed = change(json!({"capacity": 3, "skills": skills})).await.expect(StatusCode::OK);
    assert_eq!((&changed["capacity"], &changed["skills"]), (&json!(3), &skills));
    let changed = change(json!({"capacity": 0})).await.expect(StatusCode::OK);
    assert_eq!((&changed["capacity"], &changed["skills"]), (&json!(0), &skills), "what is left out stays");
    let wrong = change(json!({"capacity": 1001, "skills": {"categories": [""], "languages": []}})).await.wrong_fields();
    assert_eq!(wrong, ["capacity out_of_range", "skills required"]);
    let wrong = change(json!({"skills": {"categories": [], "languages": ["fr", "de"]}})).await.wrong_fields();
    assert_eq!(wrong, ["skills.languages.1 unknown"]);
    let customer = format!("/api/v1/users/{}", world.user_id(Role::Customer).await);
    let customer = world.get(&customer, &admin).await.expect(StatusCode::OK);
    assert!(customer.get("capacity").is_none() && customer.get("skills").is_none());
}

#[actix_web::test]
async fn only_administrators_make_and_change_users() {
    let world = World::new().await;
    let id = world.user_id(Role::Customer).await;
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        let token = world.token(role).await;
        world.post("/api/v1/users", &token, json!({})).await.problem(403, "forbidden");
        let path = format!("/api/v1/users/{id}");
        world.call("PATCH", &path, Some(&token), Some(json!({"role": "admin"}))).await.problem(403, "forbidden");
    }
    let customer = world.token(Role::Customer).await;
    let agent_id = world.user_id(Role::Agent).await;
    world.get(&format!("/api/v1/users/{agent_id}"), &customer).await.problem(404, "identity.user_not_found");
}

#[actix_web::test]
async fn the_last_administrator_stays() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let path = format!("/api/v1/users/{}", world.user_id(Role::Admin).await);
    for change in [json!({"role": "agent"}), json!({"active": false})] {
        world.call("PATCH", &path, Some(&admin), Some(change)).await.problem(409, "identity.last_admin");
    }
}

#[actix_web::test]
async fn all_wrong_fields_of_a_user_are_named() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let fields = world.post("/api/v1/users", &admin, json!({"role": "boss", "language": "de"})).await.wrong_fields();
    assert_eq!(fields, ["language unknown", "role unknown"]);
    let body = json!({"email": "a@b\r\nRCPT TO:<c@d>", "password": "short", "first_name": "", "last_name": "a\u{0}", "role": "agent"});
    let fields = world.post("/api/v1/users", &admin, body).await.wrong_fields();
    assert_eq!(fields, ["email invalid", "password too_short", "first_name required", "last_name invalid"]);
}
