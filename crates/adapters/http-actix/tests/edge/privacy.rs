//! Export and erasure, as they are asked for.

use actix_web::http::StatusCode;
use kernel::{Role, UserId};
use privacy::{Extent, testing::FakePrivacy};
use serde_json::json;
use uuid::Uuid;

use super::world::World;

#[actix_web::test]
async fn everybody_erases_themselves_and_an_administrator_others() {
    let world = World::new().await;
    let customer = world.identity.caller(Role::Customer).await;
    let (token, admin) = (world.token(Role::Customer).await, world.token(Role::Admin).await);
    let path = "/api/v1/privacy/erase";
    let erased = world.post(path, &token, json!({})).await.expect(StatusCode::OK);
    assert_eq!(erased["items"][0]["person_id"], json!(customer.participant()));
    let noted = world.privacy.noted.lock().unwrap()[0];
    assert_eq!(
        (noted.extent, json!(noted.id)),
        (Extent::Person(customer.participant()), erased["items"][0]["id"].clone())
    );

    let other = Uuid::from_u128(40);
    world.post(path, &token, json!({ "user_id": other })).await.problem(403, "forbidden");
    world.post(path, &token, json!({ "email": "lea@example.com" })).await.problem(403, "forbidden");
    world.post(path, &admin, json!({ "user_id": other })).await.expect(StatusCode::OK);
    let both = world.post(path, &admin, json!({ "email": "lea@example.com" })).await.expect(StatusCode::OK);
    assert_eq!(both["items"].as_array().unwrap().len(), 2, "everybody who is known by it");
    world.post(path, &admin, json!({ "email": "nobody@example.com" })).await.problem(404, "privacy.person_not_found");
    world.post(path, &admin, json!({ "email": "no address" })).await.problem(422, "invalid");
    world.post(path, &admin, json!({ "user_id": "somebody" })).await.problem(422, "invalid");
    *world.privacy.last_admin.lock().unwrap() = true;
    world.post(path, &admin, json!({})).await.problem(409, "identity.last_admin");
    *world.privacy.last_admin.lock().unwrap() = false;
    *world.privacy.storage_is_down.lock().unwrap() = true;
    world.post(path, &admin, json!({ "user_id": other })).await.problem(503, "unavailable");
}

#[actix_web::test]
async fn an_export_is_a_file_to_keep() {
    let world = World::new().await;
    let (token, admin) = (world.token(Role::Customer).await, world.token(Role::Admin).await);
    let path = "/api/v1/privacy/export";
    let answer = world.get(path, &token).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment; filename=\"guichet-export-"));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert!(answer.bytes.starts_with(b"PK\x03\x04"));
    let other = UserId::new(Uuid::from_u128(40));
    world.get(&format!("{path}?user_id={other}"), &token).await.problem(403, "forbidden");
    assert_eq!(world.get(&format!("{path}?user_id={other}"), &admin).await.status, StatusCode::OK);
    let nobody = FakePrivacy::NOBODY;
    world.get(&format!("{path}?user_id={nobody}"), &admin).await.problem(404, "privacy.person_not_found");
    world.get(&format!("{path}?user_id=x"), &admin).await.problem(422, "invalid");
}
