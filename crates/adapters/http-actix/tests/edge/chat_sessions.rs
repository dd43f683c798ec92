use actix_web::http::StatusCode;
use kernel::{ConversationId, Role};
use serde_json::{Value, json};

use super::world::{World, stranger};

async fn goes_live(world: &World, conversation: &str) {
    let id: ConversationId = conversation.parse().unwrap();
    world.sessions.came_live(&[(world.identity.organization.id, id)]).await.unwrap();
}

#[actix_web::test]
async fn a_chat_is_ended_once_by_whoever_sees_it() {
    let world = World::new().await;
    let (customer, supervisor) = (world.token(Role::Customer).await, world.token(Role::Supervisor).await);
    let (conversation, _) = world.opened(&customer).await;
    let (path, end) =
        (format!("/api/v1/conversations/{conversation}/sessions"), format!("/api/v1/conversations/{conversation}/end"));
    let none = world.get(&path, &customer).await.expect(StatusCode::OK);
    assert_eq!(none, json!({"items": [], "page": 1, "limit": 20, "total": 0}));
    world.post(&end, &customer, json!({})).await.problem(409, "chat.no_active_session");

    goes_live(&world, &conversation).await;
    let page = world.get(&path, &customer).await.expect(StatusCode::OK);
    let session = &page["items"][0];
    assert_eq!(
        (&session["status"], &session["first_seq"], &session["last_seq"]),
        (&json!("active"), &json!(1), &json!(1))
    );
    assert_eq!((&session["ended_at"], &session["ended_by"]), (&Value::Null, &Value::Null));

    let ended = world.call("POST", &end, Some(&supervisor), None).await.expect(StatusCode::OK);
    assert_eq!((&ended["id"], &ended["status"]), (&session["id"], &json!("closed")));
    assert_eq!(ended["ended_by"], world.user_id(Role::Supervisor).await.to_string());
    assert_eq!(world.post(&end, &customer, json!({})).await.expect(StatusCode::OK), ended, "the same again");
    assert_eq!(world.get(&path, &supervisor).await.expect(StatusCode::OK)["items"], json!([ended]));
}

#[actix_web::test]
async fn the_sessions_of_others_are_not_there() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let (conversation, _) = world.opened(&customer).await;
    goes_live(&world, &conversation).await;
    let path = |what: &str| format!("/api/v1/conversations/{conversation}/{what}");
    let visitor = json!({"organization": "demo", "name": "Léa"});
    let opened = world.call("POST", "/api/v1/public/conversations", None, Some(visitor)).await;
    let guest = opened.expect(StatusCode::CREATED)["access_token"].as_str().unwrap().to_owned();
    world.get(&path("sessions"), &guest).await.problem(404, "chat.conversation_not_found");
    world.post(&path("end"), &guest, json!({})).await.problem(404, "chat.conversation_not_found");
    world.post(&path("end"), stranger(), json!({})).await.problem(401, "identity.not_authenticated");
    let wrong = world.get(&path("sessions?page=0&limit=101"), &customer).await.wrong_fields();
    assert_eq!(wrong, ["page invalid", "limit invalid"]);
    assert_eq!(world.get(&path("sessions"), &customer).await.expect(StatusCode::OK)["items"][0]["status"], "active");
}

#[actix_web::test]
async fn the_queue_is_measured_or_unknown() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let queue = || async {
        let path = "/api/v1/public/availability?organization=demo";
        world.call("GET", path, None, None).await.expect(StatusCode::OK)["queue"].clone()
    };
    assert_eq!(queue().await, json!({"waiting": 0, "estimated_wait_s": null}));
    let (_, request) = world.opened(&customer).await;
    assert_eq!(queue().await, json!({"waiting": 1, "estimated_wait_s": null}));
    world.identity.env.pass(std::time::Duration::from_secs(42));
    world.post(&format!("/api/v1/support-requests/{request}/take"), &agent, json!({})).await.expect(StatusCode::OK);
    assert_eq!(queue().await, json!({"waiting": 0, "estimated_wait_s": 42}));
}
