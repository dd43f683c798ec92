//! Those who ask.

use actix_web::http::StatusCode;
use kernel::Role;
use serde_json::json;

use super::world::World;

#[actix_web::test]
async fn staff_see_who_asked_and_how_often() {
    let world = World::new().await;
    let customer = world.identity.caller(Role::Customer).await;
    let (token, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let request = json!({"subject": "Un sujet", "description": "Assez long pour aller."});
    let opened = world.post("/api/v1/support-requests", &token, request).await.expect(StatusCode::CREATED);
    let path = "/api/v1/customers";
    let found = world.get(&format!("{path}?q=CUSTOMER@"), &agent).await.expect(StatusCode::OK);
    assert_eq!(found["total"], 1);
    let one = &found["items"][0];
    assert_eq!(one["id"], json!(customer.participant()));
    assert_eq!(one["requests"], json!({"total": 1, "open": 1}));
    assert_eq!(one["last_request_at"], opened["created_at"]);
    assert_eq!(world.get(&format!("{path}?q=nobody"), &agent).await.expect(StatusCode::OK)["total"], 0);
    let own = format!("{path}/{}", customer.participant());
    assert_eq!(&world.get(&own, &agent).await.expect(StatusCode::OK), one);
    world.get(&own, &token).await.problem(403, "forbidden");
    world.get(path, &token).await.problem(403, "forbidden");
    let nobody = format!("{path}/{}", uuid::Uuid::from_u128(1));
    world.get(&nobody, &agent).await.problem(404, "support_request.customer_not_found");
    world.get(&format!("{path}?page=0"), &agent).await.problem(422, "invalid");
}
