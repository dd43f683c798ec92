use actix_web::http::StatusCode;
use http_actix::StaffMember;
use kernel::{Availability, Role, UserId};
use serde_json::json;
use uuid::Uuid;

use super::world::World;

#[actix_web::test]
async fn staff_see_who_of_the_staff_is_there_and_who_wants_to_be_asked() {
    let world = World::new().await;
    let member = |n: u128, name: &str, role, availability| StaffMember {
        id: UserId::new(Uuid::from_u128(n)),
        name: name.to_owned(),
        role,
        availability,
    };
    *world.switches.staff.lock().unwrap() = vec![
        member(2, "Noé Petit", Role::Supervisor, Availability::Online),
        member(1, "Ada Blanc", Role::Agent, Availability::Away),
    ];
    let agent = world.token(Role::Agent).await;
    let there = world.get("/api/v1/presence", &agent).await.expect(StatusCode::OK);
    let expected = json!({"items": [
        {"id": Uuid::from_u128(1), "name": "Ada Blanc", "role": "agent", "availability": "away"},
        {"id": Uuid::from_u128(2), "name": "Noé Petit", "role": "supervisor", "availability": "online"},
    ]});
    assert_eq!(there, expected);
    let customer = world.token(Role::Customer).await;
    world.get("/api/v1/presence", &customer).await.problem(403, "forbidden");
}
