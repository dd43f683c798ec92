use actix_web::http::StatusCode;
use kernel::Role;
use serde_json::json;

use super::world::World;

#[actix_web::test]
async fn one_changes_oneself_and_what_is_left_out_stays() {
    let world = World::new().await;
    let agent = world.token(Role::Agent).await;
    let before = world.get("/api/v1/auth/me", &agent).await.expect(StatusCode::OK);
    assert_eq!(before["availability"], "online");
    let change = |body| world.call("PATCH", "/api/v1/auth/me", Some(&agent), Some(body));
    let body = json!({"first_name": "Zoë", "phone": "01 23 45 67 89", "language": "en", "availability": "away"});
    let changed = change(body).await.expect(StatusCode::OK);
    let mut expected = before;
    for (field, value) in
        [("first_name", "Zoë"), ("phone", "01 23 45 67 89"), ("language", "en"), ("availability", "away")]
    {
        expected[field] = json!(value);
    }
    assert_eq!(changed, expected);
    assert_eq!(world.get("/api/v1/auth/me", &agent).await.expect(StatusCode::OK), expected);
    assert_eq!(change(json!({})).await.expect(StatusCode::OK), expected);
    assert_eq!(change(json!({"phone": null})).await.expect(StatusCode::OK)["phone"], json!(null));
}

#[actix_web::test]
async fn each_wrong_field_of_oneself_is_named() {
    let world = World::new().await;
    let agent = world.token(Role::Agent).await;
    let change = |body| world.call("PATCH", "/api/v1/auth/me", Some(&agent), Some(body));
    let wrong = change(json!({"language": "de", "availability": "asleep"})).await.wrong_fields();
    assert_eq!(wrong, ["language unknown", "availability unknown"]);
    let wrong = change(json!({"first_name": "", "phone": "x"})).await.wrong_fields();
    assert_eq!(wrong, ["first_name required", "phone invalid"]);
    let me = change(json!({"role": "admin", "email": "boss@demo.test", "active": false})).await.expect(StatusCode::OK);
    assert_eq!((&me["role"], &me["email"]), (&json!("agent"), &json!("agent@demo.test")), "rights are not one's own");
}

#[actix_web::test]
async fn customers_have_no_availability_and_guests_no_account() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    assert!(world.get("/api/v1/auth/me", &customer).await.expect(StatusCode::OK).get("availability").is_none());
    let change = |body, token: String| {
        let world = &world;
        async move { world.call("PATCH", "/api/v1/auth/me", Some(&token), Some(body)).await }
    };
    change(json!({"availability": "away"}), customer.clone()).await.problem(403, "forbidden");
    change(json!({"language": "en"}), customer).await.expect(StatusCode::OK);
    let opened = world
        .call("POST", "/api/v1/public/conversations", None, Some(json!({"name": "Léa", "content": "Bonjour"})))
        .await
        .expect(StatusCode::CREATED);
    let guest = opened["access_token"].as_str().unwrap().to_owned();
    change(json!({"language": "en"}), guest).await.problem(403, "forbidden");
}
