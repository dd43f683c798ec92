use std::{collections::BTreeMap, time::Duration};

use actix_web::{
    http::{Method, StatusCode},
    test::TestRequest,
};
use kernel::Role;
use serde_json::{Value, json};

use super::world::{Reply, World};

/// A POST that creates something: who may call it, two bodies that would do, and where its answer names
/// what was created.
struct Creating {
    operation: &'static str,
    by: Option<Role>,
    bodies: fn() -> [Value; 2],
    id: &'static str,
    again: StatusCode,
}

const CREATING: [Creating; 11] = [
    Creating {
        operation: "POST /api/v1/support-requests",
        by: Some(Role::Customer),
        bodies: || bodies(json!({"subject": "Retard de livraison", "description": "Bonjour"})),
        id: "/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/conversations",
        by: Some(Role::Customer),
        bodies: || bodies(json!({"subject": "Où est mon colis ?", "content": "Bonjour"})),
        id: "/conversation/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/conversations/{id}/messages",
        by: Some(Role::Customer),
        bodies: || [json!({"content": "Bonjour"}), json!({"content": "Bonsoir"})],
        id: "/message/id",
        // As every send that comes again.
        again: StatusCode::OK,
    },
    Creating {
        operation: "POST /api/v1/users",
        by: Some(Role::Admin),
        bodies: || {
            let user = json!({"email": "new@demo.test", "password": "quatre chevaux verts", "first_name": "Alex",
                "last_name": "Petit", "role": "agent"});
            let mut other = user.clone();
            other["password"] = json!("cinq chevaux verts");
            [user, other]
        },
        id: "/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/public/conversations",
        by: None,
        bodies: || bodies(json!({"organization": "demo", "name": "Léa", "content": "Bonjour"})),
        id: "/conversation/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/public/support-requests",
        by: None,
        bodies: || {
            bodies(json!({"organization": "demo", "name": "Léa", "email": "lea@example.com",
                "subject": "Commande jamais arrivée", "description": "Ma commande devait arriver lundi."}))
        },
        id: "/support_request/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/routing-rules",
        by: Some(Role::Admin),
        bodies: || {
            let rule = |name| json!({"name": name, "then": {"priority": "high"}});
            [rule("Pressé"), rule("Urgent")]
        },
        id: "/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/support-requests/{id}/notes",
        by: Some(Role::Agent),
        bodies: || [json!({"content": "Vu", "mentions": []}), json!({"content": "Entendu"})],
        id: "/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/canned-replies",
        by: Some(Role::Agent),
        bodies: || {
            let reply = |title| json!({"title": title, "shortcut": "merci", "content": "Merci"});
            [reply("Merci"), reply("Remerciement")]
        },
        id: "/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/saved-views",
        by: Some(Role::Agent),
        bodies: || [json!({"name": "Une", "filter": {"assignee": "me"}}), json!({"name": "Une"})],
        id: "/id",
        again: StatusCode::CREATED,
    },
    Creating {
        operation: "POST /api/v1/categories",
        by: Some(Role::Admin),
        bodies: || {
            let category = |fr| json!({"id": "warranty", "names": {"fr": fr, "en": "Warranty"}});
            [category("Garantie"), category("Garanties")]
        },
        id: "/id",
        again: StatusCode::CREATED,
    },
];

/// Creates something from a form; its cases are in `attachments.rs`.
const BY_FORM: &str = "POST /api/v1/conversations/{id}/attachments";

/// Creates something from what is closed; its cases are in `life.rs`.
const BY_CLOSED: &str = "POST /api/v1/support-requests/{id}/follow-up";

/// The same by number, for visitors; its cases are in `tracking.rs`.
const BY_NUMBER: &str = "POST /api/v1/public/support-requests/{number}/follow-up";

/// POSTs that create nothing: the same again has the same effect by itself, or is another act on purpose,
/// as signing in twice is.
const NOT_CREATING: [&str; 31] = [
    // A link that is followed twice is used up, and a letter that is asked for twice is two.
    "POST /api/v1/auth/email/verify",
    "POST /api/v1/auth/invitations",
    "POST /api/v1/auth/invitations/accept",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/register",
    "POST /api/v1/public/support-requests/access-link",
    "POST /api/v1/public/support-requests/{number}/rate",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/conversations/{id}/archive",
    "POST /api/v1/conversations/{id}/end",
    "POST /api/v1/conversations/{id}/messages/{message_id}/read",
    "POST /api/v1/conversations/{id}/read",
    "POST /api/v1/conversations/{id}/unarchive",
    "POST /api/v1/support-requests/bulk",
    "POST /api/v1/privacy/erase",
    "POST /api/v1/support-requests/{id}/assign",
    "POST /api/v1/support-requests/{id}/close",
    "POST /api/v1/support-requests/{id}/escalate",
    "POST /api/v1/support-requests/{id}/merge",
    "POST /api/v1/support-requests/{id}/rate",
    "POST /api/v1/support-requests/{id}/participants",
    "POST /api/v1/support-requests/{id}/reopen",
    "POST /api/v1/support-requests/{id}/resolve",
    "POST /api/v1/support-requests/{id}/restore",
    "POST /api/v1/support-requests/{id}/snooze",
    "POST /api/v1/support-requests/{id}/start",
    "POST /api/v1/support-requests/{id}/take",
    "POST /api/v1/support-requests/{id}/wait",
];

fn bodies(body: Value) -> [Value; 2] {
    let mut other = body.clone();
    other["priority"] = json!("high");
    [body, other]
}

/// A world with a conversation of the customer.
struct Scene {
    world: World,
    conversation: String,
    support_request: String,
}

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (conversation, support_request) = world.opened(&world.token(Role::Customer).await).await;
        Self { world, conversation, support_request }
    }

    async fn call(&self, row: &Creating, key: &str, body: &str) -> Reply {
        self.call_as(row, self.token(row).await.as_deref(), &[key], body).await
    }

    async fn token(&self, row: &Creating) -> Option<String> {
        match row.by {
            Some(role) => Some(self.world.token(role).await),
            None => None,
        }
    }

    async fn call_as(&self, row: &Creating, token: Option<&str>, keys: &[&str], body: &str) -> Reply {
        let of_request = row.operation.contains("/support-requests/{id}");
        let id = if of_request { &self.support_request } else { &self.conversation };
        let path = row.operation.trim_start_matches("POST ").replace("{id}", id);
        let mut request = TestRequest::with_uri(&path).method(Method::POST).set_payload(body.to_owned());
        request = request.insert_header(("content-type", "application/json"));
        for key in keys {
            request = request.append_header(("idempotency-key", *key));
        }
        if let Some(token) = token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        self.world.send(request).await
    }
}

fn id(row: &Creating, body: &Value) -> String {
    body.pointer(row.id).and_then(Value::as_str).unwrap_or_else(|| panic!("{}: {body}", row.operation)).to_owned()
}

#[test]
fn every_post_is_known_to_create_something_or_not() {
    let document = serde_json::to_value(http_actix::document()).unwrap();
    let mut posts = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if let Some(operation) = item.get("post") {
            posts.insert(format!("POST {path}"), operation.clone());
        }
    }
    for (name, operation) in &posts {
        let creates = [BY_FORM, BY_CLOSED, BY_NUMBER].contains(&name.as_str())
            || CREATING.iter().any(|row| row.operation == name);
        assert!(creates != NOT_CREATING.contains(&name.as_str()), "{name}: does it create something?");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let takes_a_key = parameters.iter().any(|parameter| {
            parameter["name"] == "Idempotency-Key"
                && parameter["in"] == "header"
                && parameter["description"].is_string()
        });
        assert_eq!(takes_a_key, creates, "{name} and its document differ");
        if creates {
            assert!(operation["responses"]["201"]["headers"]["Idempotency-Replayed"].is_object(), "{name}");
            for status in ["400", "409", "422"] {
                let about = operation["responses"][status]["description"].as_str().unwrap();
                assert!(about.contains("Idempotency-Key"), "{name} {status}: {about}");
            }
        }
    }
    let known = CREATING.iter().map(|row| row.operation).chain(NOT_CREATING).chain([BY_FORM, BY_CLOSED, BY_NUMBER]);
    assert!(known.clone().all(|name| posts.contains_key(name)), "a row for no operation");
    assert_eq!(known.count(), posts.len());
}

#[actix_web::test]
async fn the_same_call_again_creates_nothing_and_is_answered_as_the_first_time() {
    let scene = Scene::new().await;
    for row in &CREATING {
        let [body, _] = (row.bodies)();
        let first = scene.call(row, KEY, &body.to_string()).await;
        assert_eq!(first.header("idempotency-replayed"), None, "{}", row.operation);
        let first = first.expect(StatusCode::CREATED);
        // Spelt otherwise: blanks, and the members the other way round.
        let members: Vec<_> =
            body.as_object().unwrap().iter().map(|(name, value)| format!("{name:?} :\n{value}")).collect();
        let spelt = format!("{{ {} }}", members.into_iter().rev().collect::<Vec<_>>().join(" , "));
        for body in [body.to_string(), spelt] {
            let again = scene.call(row, KEY, &body).await;
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}: {}", row.operation, again.text());
            let again = again.expect(row.again);
            assert_eq!(id(row, &again), id(row, &first), "{}", row.operation);
            if row.again == StatusCode::CREATED {
                assert_eq!(again, first, "{}: nothing has happened to it since", row.operation);
            }
        }
        let without = scene.call_as(row, scene.token(row).await.as_deref(), &[], &body.to_string()).await;
        assert_eq!(without.header("idempotency-replayed"), None, "{}", row.operation);
    }
}

#[actix_web::test]
async fn another_body_under_the_key_is_refused() {
    let scene = Scene::new().await;
    for row in &CREATING {
        let [body, other] = (row.bodies)();
        let first = scene.call(row, KEY, &body.to_string()).await.expect(StatusCode::CREATED);
        scene.call(row, KEY, &other.to_string()).await.problem(422, "idempotency_mismatch");
        let again = scene.call(row, KEY, &body.to_string()).await.expect(row.again);
        assert_eq!(id(row, &again), id(row, &first), "{}: the key is still good for its own call", row.operation);
    }
}

#[actix_web::test]
async fn a_key_that_is_none_is_unreadable() {
    let scene = Scene::new().await;
    let long = "x".repeat(256);
    for row in &CREATING {
        let [body, _] = (row.bodies)();
        let token = scene.token(row).await;
        let mut bad = vec![vec![""], vec![long.as_str()], vec!["two words"], vec!["a\tb"], vec!["clé"], vec![KEY, KEY]];
        if row.by.is_none() {
            bad.push(vec!["fifteen-letters"]);
        }
        for keys in bad {
            let reply = scene.call_as(row, token.as_deref(), &keys, &body.to_string()).await;
            reply.problem(400, "idempotency_key_invalid");
        }
        let longest = "x".repeat(255);
        let reply = scene.call_as(row, token.as_deref(), &[&longest], &body.to_string()).await;
        reply.expect(StatusCode::CREATED);
    }
}

#[actix_web::test]
async fn a_call_that_was_refused_leaves_its_key_free() {
    let scene = Scene::new().await;
    for row in &CREATING {
        let [body, _] = (row.bodies)();
        scene.call(row, KEY, "{}").await.problem(422, "invalid");
        let reply = scene.call(row, KEY, &body.to_string()).await;
        assert_eq!(reply.header("idempotency-replayed"), None, "{}", row.operation);
        reply.expect(StatusCode::CREATED);
    }
}

#[actix_web::test]
async fn a_key_is_its_owner_s_and_its_operation_s_alone() {
    let scene = Scene::new().await;
    let requests = &CREATING[0];
    let [body, _] = (requests.bodies)();
    let (customer, agent) = (scene.world.token(Role::Customer).await, scene.world.token(Role::Agent).await);
    let mut seen = Vec::new();
    for token in [&customer, &agent] {
        let reply = scene.call_as(requests, Some(token), &[KEY], &body.to_string()).await;
        assert_eq!(reply.header("idempotency-replayed"), None);
        seen.push(id(requests, &reply.expect(StatusCode::CREATED)));
    }
    assert_ne!(seen[0], seen[1]);
    let conversations = &CREATING[1];
    let [body, _] = (conversations.bodies)();
    let reply = scene.call(conversations, KEY, &body.to_string()).await;
    assert_eq!(reply.header("idempotency-replayed"), None);
    reply.expect(StatusCode::CREATED);
}

#[actix_web::test]
async fn a_repeat_shows_what_was_created_as_it_is_now() {
    let scene = Scene::new().await;
    let row = &CREATING[0];
    let [body, _] = (row.bodies)();
    let first = scene.call(row, KEY, &body.to_string()).await.expect(StatusCode::CREATED);
    let agent = scene.world.token(Role::Agent).await;
    scene.world.post(&format!("/api/v1/support-requests/{}/take", id(row, &first)), &agent, json!({})).await;
    let again = scene.call(row, KEY, &body.to_string()).await;
    assert_eq!((again.status, again.header("etag")), (StatusCode::CREATED, Some("\"2\"")));
    assert_eq!(again.json()["status"], "assigned");
}

#[actix_web::test]
async fn a_visitor_s_repeat_gets_a_token_that_works_until_it_is_revoked() {
    let scene = Scene::new().await;
    let row = &CREATING[4];
    let [body, _] = (row.bodies)();
    let first = scene.call(row, KEY, &body.to_string()).await.expect(StatusCode::CREATED);
    let guests = scene.world.identity.store.dump();
    let again = scene.call(row, KEY, &body.to_string()).await.expect(StatusCode::CREATED);
    assert_eq!(scene.world.identity.store.dump(), guests, "nobody was let in for it");
    let token = again["access_token"].as_str().unwrap();
    let path = format!("/api/v1/conversations/{}", id(row, &first));
    scene.world.get(&path, token).await.expect(StatusCode::OK);
    let caller = scene.world.identity.identity.authenticate(token).await.unwrap();
    let guest = super::world::guest_of(&caller).token;
    scene.world.identity.identity.revoke_guest_token(&caller, guest).await.unwrap();
    scene.call(row, KEY, &body.to_string()).await.problem(401, "identity.token_revoked");
}

#[actix_web::test]
async fn a_key_is_free_again_after_a_day() {
    let scene = Scene::new().await;
    let row = &CREATING[4];
    let [body, other] = (row.bodies)();
    let first = scene.call(row, KEY, &body.to_string()).await.expect(StatusCode::CREATED);
    scene.world.identity.env.pass(Duration::from_hours(24));
    let reply = scene.call(row, KEY, &other.to_string()).await;
    assert_eq!(reply.header("idempotency-replayed"), None);
    assert_ne!(id(row, &reply.expect(StatusCode::CREATED)), id(row, &first));
}

#[actix_web::test]
async fn a_message_s_own_name_comes_before_the_call_s() {
    let scene = Scene::new().await;
    let row = &CREATING[2];
    let token = scene.token(row).await;
    let call = |key: &'static str, body: &'static str| {
        let (scene, token) = (&scene, &token);
        async move { scene.call_as(row, token.as_deref(), &[key], body).await }
    };
    let named = r#"{"client_message_id": "m-1", "content": "Bonjour"}"#;
    let first = call("key-1", named).await.expect(StatusCode::CREATED);
    assert_eq!(first["message"]["client_message_id"], "m-1");
    let again = call("key-1", named).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(id(row, &again.expect(StatusCode::OK)), id(row, &first));
    let other = r#"{"client_message_id": "m-1", "content": "Bonsoir"}"#;
    call("key-2", other).await.problem(422, "idempotency_mismatch");
    // A message without a name has the call's, which a send over a socket can repeat.
    let unnamed = call("key-3", r#"{"content": "Merci"}"#).await.expect(StatusCode::CREATED);
    assert_eq!(unnamed["message"]["client_message_id"], "key-3");
}
