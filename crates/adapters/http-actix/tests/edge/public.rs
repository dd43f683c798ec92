use actix_web::{http::StatusCode, test::TestRequest};
use http_actix::StaffMember;
use kernel::{Availability, Role, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, guest_of, stranger};

fn chat() -> Value {
    json!({"organization": "demo", "name": "Léa Martin", "email": "Lea@Example.com", "content": "Bonjour, où est ma commande ?"})
}

#[actix_web::test]
async fn a_visitor_opens_a_conversation_and_goes_on_with_its_token() {
    let world = World::new().await;
    let opened =
        world.call("POST", "/api/v1/public/conversations", None, Some(chat())).await.expect(StatusCode::CREATED);
    let (conversation, request) = (&opened["conversation"], &opened["support_request"]);
    assert_eq!(request["subject"], "Bonjour, où est ma commande ?");
    assert_eq!(request["requester"]["email"], "lea@example.com");
    assert_eq!((&request["kind"], &conversation["last_seq"]), (&json!("chat"), &json!(1)));
    assert!(request.get("tags").is_none());
    let token = opened["access_token"].as_str().unwrap();
    let caller = world.identity.identity.authenticate(token).await.unwrap();
    assert_eq!(guest_of(&caller).support_request.to_string(), request["id"].as_str().unwrap());

    let path = format!("/api/v1/conversations/{}/messages", conversation["id"].as_str().unwrap());
    world
        .post(&path, token, json!({"client_message_id": "m2", "content": "C’est urgent."}))
        .await
        .expect(StatusCode::CREATED);
    let number = request["number"].as_str().unwrap();
    let tracked = world.get(&format!("/api/v1/public/support-requests/{number}"), token).await.expect(StatusCode::OK);
    assert_eq!(tracked["support_request"]["id"], request["id"]);
    assert_eq!(tracked["timeline"][0]["kind"], "created");
    assert_eq!(world.get("/api/v1/conversations", token).await.expect(StatusCode::OK)["total"], 1);
}

#[actix_web::test]
async fn a_visitors_token_opens_one_request_only() {
    let world = World::new().await;
    let open = || world.call("POST", "/api/v1/public/conversations", None, Some(chat()));
    let (first, second) = (open().await.expect(StatusCode::CREATED), open().await.expect(StatusCode::CREATED));
    assert_eq!(
        first["support_request"]["requester"]["id"], second["support_request"]["requester"]["id"],
        "found again by e-mail"
    );
    let token = first["access_token"].as_str().unwrap();
    let other = second["conversation"]["id"].as_str().unwrap();
    world.get(&format!("/api/v1/conversations/{other}"), token).await.problem(404, "chat.conversation_not_found");
    let number = second["support_request"]["number"].as_str().unwrap();
    world
        .get(&format!("/api/v1/public/support-requests/{number}"), token)
        .await
        .problem(404, "support_request.not_found");
    world.get("/api/v1/auth/me", token).await.problem(403, "forbidden");
    world
        .post("/api/v1/conversations", token, json!({"subject": "Encore une", "content": "x"}))
        .await
        .problem(403, "forbidden");
    world.get(&format!("/api/v1/conversations/{other}"), stranger()).await.problem(401, "identity.not_authenticated");
}

#[actix_web::test]
async fn a_conversation_without_a_word_gets_a_subject_in_the_visitors_language() {
    let world = World::new().await;
    let open = |language: &'static str| {
        let request = TestRequest::post().uri("/api/v1/public/conversations").set_json(json!({"name": "Léa"}));
        world.send(request.insert_header(("accept-language", language)))
    };
    let english = open("en").await.expect(StatusCode::CREATED);
    assert_eq!(english["support_request"]["subject"], "en default_subject");
    assert_eq!(english["conversation"]["last_seq"], 0);
    assert_eq!(open("de").await.expect(StatusCode::CREATED)["support_request"]["subject"], "fr default_subject");
}

#[actix_web::test]
async fn the_contact_form_opens_a_request_whose_description_is_no_message() {
    let world = World::new().await;
    let body = json!({"organization": "demo", "name": "Léa", "email": "lea@example.com", "phone": "01 23 45 67 89",
        "subject": "Commande jamais arrivée", "description": "Ma commande 1234 devait arriver lundi."});
    let opened =
        world.call("POST", "/api/v1/public/support-requests", None, Some(body)).await.expect(StatusCode::CREATED);
    let request = &opened["support_request"];
    assert_eq!(
        (&request["kind"], &request["source"], &request["last_message"]),
        (&json!("contact_form"), &json!("web"), &Value::Null)
    );
    assert_eq!(request["requester"]["phone"], "01 23 45 67 89");
    let token = opened["access_token"].as_str().unwrap();
    let path = format!("/api/v1/conversations/{}", request["conversation_id"].as_str().unwrap());
    assert_eq!(world.get(&path, token).await.expect(StatusCode::OK)["last_seq"], 0);
}

#[actix_web::test]
async fn all_wrong_fields_of_a_visitor_are_named_and_nobody_is_let_in() {
    let world = World::new().await;
    let body = json!({"organization": "demo", "name": "", "email": "a@b\r\nBCC: c@d", "phone": "x", "subject": "court",
        "description": "court", "priority": "x"});
    let mut fields = world.call("POST", "/api/v1/public/support-requests", None, Some(body)).await.wrong_fields();
    fields.sort();
    let expected = [
        "description too_short",
        "email invalid",
        "name required",
        "phone invalid",
        "priority unknown",
        "subject too_short",
    ];
    assert_eq!(fields, expected);
    let body = json!({"name": "Léa", "subject": "Commande jamais arrivée", "description": "Ma commande devait arriver lundi."});
    let fields = world.call("POST", "/api/v1/public/support-requests", None, Some(body)).await.wrong_fields();
    assert_eq!(fields, ["email required"]);
    let body = json!({"name": "Léa", "subject": "a", "content": "x".repeat(5_001), "client_message_id": "y"});
    let fields = world.call("POST", "/api/v1/public/conversations", None, Some(body)).await.wrong_fields();
    assert_eq!(fields, ["subject too_short", "content too_long"]);
    let unknown = json!({"organization": "elsewhere", "name": "Léa"});
    world
        .call("POST", "/api/v1/public/conversations", None, Some(unknown))
        .await
        .problem(404, "identity.organization_not_found");
    let agent = world.token(Role::Supervisor).await;
    assert_eq!(world.get("/api/v1/support-requests", &agent).await.expect(StatusCode::OK)["total"], 0);
}

#[actix_web::test]
async fn availability_tells_who_is_there() {
    let world = World::new().await;
    let look = || world.call("GET", "/api/v1/public/availability?organization=demo", None, None);
    let empty = json!({"organization": {"name": "Maison demo", "locale": "fr"}, "online": false, "agents": [],
        "usual_response_minutes": null, "queue": {"waiting": 0, "estimated_wait_s": null}});
    assert_eq!(look().await.expect(StatusCode::OK), empty);
    let member = |n: u128, name: &str, availability| StaffMember {
        id: UserId::new(Uuid::from_u128(n)),
        name: name.to_owned(),
        role: Role::Agent,
        availability,
    };
    let busy = vec![member(4, "Zoé Roux", Availability::Away), member(5, "Luc Blanc", Availability::Offline)];
    world.switches.staff.lock().unwrap().clone_from(&busy);
    assert_eq!(look().await.expect(StatusCode::OK), empty, "who does not want to be asked is not there for visitors");
    let free = [(1, "Noé Petit"), (2, "Ada agent"), (3, "Ada agent")];
    let free = free.map(|(n, name)| member(n, name, Availability::Online));
    *world.switches.staff.lock().unwrap() = free.into_iter().chain(busy).collect();
    let there = look().await.expect(StatusCode::OK);
    assert_eq!(
        (&there["online"], &there["agents"]),
        (&json!(true), &json!([{"name": "Ada agent"}, {"name": "Noé Petit"}]))
    );
    world
        .call("GET", "/api/v1/public/availability?organization=x", None, None)
        .await
        .problem(404, "identity.organization_not_found");
}
