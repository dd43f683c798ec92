use actix_web::http::StatusCode;
use kernel::Role;
use serde_json::{Value, json};

use super::world::World;

fn ids(list: &Value, field: &str) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn administrators_keep_the_list_of_categories_and_everybody_reads_it() {
    let world = World::new().await;
    let (admin, agent) = (world.token(Role::Admin).await, world.token(Role::Agent).await);
    let customer = world.token(Role::Customer).await;
    let path = "/api/v1/categories";
    let usual = world.get(path, &customer).await.expect(StatusCode::OK);
    let words = ["general", "technical", "billing", "delivery", "product", "complaint", "suggestion"];
    assert_eq!(ids(&usual, "id"), words);
    let first = json!({"id": "general", "names": {"fr": "Général", "en": "General"}, "position": 0, "active": true});
    assert_eq!(usual["items"][0], first);
    let new = json!({"id": "warranty", "names": {"fr": "Garantie", "en": "Warranty"}});
    let added = world.post(path, &admin, new.clone()).await.expect(StatusCode::CREATED);
    assert_eq!((&added["position"], &added["active"]), (&json!(7), &json!(true)));
    world.post(path, &admin, new.clone()).await.problem(409, "category.taken");
    let one = format!("{path}/warranty");
    let change = json!({"names": {"fr": "Garanties"}, "active": false, "position": 1});
    let changed = world.call("PATCH", &one, Some(&admin), Some(change.clone())).await.expect(StatusCode::OK);
    assert_eq!(changed["names"], json!({"fr": "Garanties", "en": "Warranty"}));
    assert_eq!(ids(&world.get(path, &agent).await.expect(StatusCode::OK), "id")[2], "warranty");
    assert_eq!(ids(&world.get(path, &customer).await.expect(StatusCode::OK), "id"), words, "what is active");
    let public = world.call("GET", "/api/v1/public/categories?organization=demo", None, None).await;
    assert_eq!(ids(&public.expect(StatusCode::OK), "id"), words);
    let nowhere = world.call("GET", "/api/v1/public/categories?organization=nowhere", None, None).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    for (method, path, body) in [("POST", path, Some(new)), ("PATCH", &one, Some(change)), ("DELETE", &one, None)] {
        for low in [&agent, &customer] {
            world.call(method, path, Some(low), body.clone()).await.problem(403, "forbidden");
        }
    }
    assert_eq!(world.call("DELETE", &one, Some(&admin), None).await.status, StatusCode::NO_CONTENT);
    world.call("DELETE", &one, Some(&admin), None).await.problem(404, "category.not_found");
    world.call("DELETE", &format!("{path}/general"), Some(&admin), None).await.problem(409, "category.in_use");
}

#[actix_web::test]
async fn a_request_carries_a_word_of_the_list() {
    let world = World::new().await;
    let (admin, customer) = (world.token(Role::Admin).await, world.token(Role::Customer).await);
    let open = |path: &'static str, category: &'static str| {
        let body = json!({"subject": "Un sujet assez long", "description": "Une description assez longue.",
            "category": category, "organization": "demo", "name": "Ana", "email": "ana@example.org"});
        let token = (!path.contains("public")).then_some(&*customer);
        world.call("POST", path, token, Some(body))
    };
    for path in [
        "/api/v1/support-requests",
        "/api/v1/conversations",
        "/api/v1/public/support-requests",
        "/api/v1/public/conversations",
    ] {
        let people = world.identity.store.dump();
        assert_eq!(open(path, "spaceship").await.wrong_fields(), ["category unknown"], "{path}");
        assert_eq!(world.identity.store.dump(), people, "nobody is let in for it");
        open(path, "technical").await.expect(StatusCode::CREATED);
    }
    world.call("DELETE", "/api/v1/categories/technical", Some(&admin), None).await.problem(409, "category.in_use");
    let off = Some(json!({"active": false}));
    world.call("PATCH", "/api/v1/categories/technical", Some(&admin), off).await.expect(StatusCode::OK);
    assert_eq!(open("/api/v1/support-requests", "technical").await.wrong_fields(), ["category unknown"]);
    let list = world.get("/api/v1/support-requests?category=technical", &admin).await.expect(StatusCode::OK);
    assert_eq!(list["total"], 4, "what carries it keeps it, and is found by it");
}

#[actix_web::test]
async fn what_is_wrong_with_a_category_is_told() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    for (body, wrong) in [
        (json!({}), vec!["names.fr required", "names.en required", "id required"]),
        (json!({"id": "Été", "names": {"fr": "a", "en": "b"}}), vec!["id invalid"]),
        (json!({"id": "x", "names": {"fr": "", "en": "x".repeat(61)}}), vec!["names.fr required", "names.en too_long"]),
    ] {
        assert_eq!(world.post("/api/v1/categories", &admin, body).await.wrong_fields(), wrong);
    }
    let general = "/api/v1/categories/general";
    let refused = world.call("PATCH", general, Some(&admin), Some(json!({"active": false}))).await;
    assert_eq!(refused.wrong_fields(), ["active invalid"]);
    let refused = world.call("PATCH", general, Some(&admin), Some(json!({"names": {"en": " "}}))).await;
    assert_eq!(refused.wrong_fields(), ["names.en required"]);
}

#[actix_web::test]
async fn an_agent_keeps_canned_replies_and_supervisors_those_of_all() {
    let world = World::new().await;
    let (agent, chief) = (world.token(Role::Agent).await, world.token(Role::Supervisor).await);
    let path = "/api/v1/canned-replies";
    let body =
        json!({"title": "Délai", "shortcut": "/Delai", "content": "Bonjour {{customer.name}}", "language": "fr"});
    let own = world.post(path, &agent, body.clone()).await.expect(StatusCode::CREATED);
    assert_eq!((&own["shortcut"], &own["shared"], &own["category"]), (&json!("delai"), &json!(false), &Value::Null));
    assert_eq!(own["owner_id"], json!(world.user_id(Role::Agent).await));
    world.post(path, &agent, body.clone()).await.problem(409, "canned_reply.shortcut_taken");
    let mut for_all = body.clone();
    (for_all["shared"], for_all["category"]) = (json!(true), json!("billing"));
    world.post(path, &agent, for_all.clone()).await.problem(403, "forbidden");
    let shared = world.post(path, &chief, for_all).await.expect(StatusCode::CREATED);
    let list = |query: &'static str| {
        let (world, agent, path) = (&world, &agent, format!("{path}{query}"));
        async move { world.get(&path, agent).await.expect(StatusCode::OK)["items"].as_array().unwrap().len() }
    };
    assert_eq!((list("").await, list("?q=BONJOUR").await, list("?q=nothing").await), (2, 2, 0));
    assert_eq!((list("?category=billing").await, list("?category=technical").await), (2, 1));
    let (of_agent, of_all) =
        (format!("{path}/{}", own["id"].as_str().unwrap()), format!("{path}/{}", shared["id"].as_str().unwrap()));
    let change = json!({"language": null, "category": "billing", "title": "Délais"});
    let changed = world.call("PATCH", &of_agent, Some(&agent), Some(change.clone())).await.expect(StatusCode::OK);
    assert_eq!((&changed["language"], &changed["category"]), (&Value::Null, &json!("billing")));
    world.call("PATCH", &of_agent, Some(&chief), Some(change.clone())).await.problem(404, "canned_reply.not_found");
    world.call("PATCH", &of_all, Some(&agent), Some(change)).await.problem(403, "forbidden");
    world.call("DELETE", &of_all, Some(&agent), None).await.problem(403, "forbidden");
    world.get(path, &world.token(Role::Customer).await).await.problem(403, "forbidden");
    assert_eq!(world.call("DELETE", &of_agent, Some(&agent), None).await.status, StatusCode::NO_CONTENT);
    world.call("DELETE", &of_agent, Some(&agent), None).await.problem(404, "canned_reply.not_found");
    let all = world.post(path, &agent, json!({"shortcut": "a b", "content": "{{x}}", "language": "de"})).await;
    let wrong = ["title required", "shortcut invalid", "content unknown", "language unknown"];
    assert_eq!(all.wrong_fields(), wrong);
    let unknown = json!({"title": "x", "shortcut": "x", "content": "x", "category": "spaceship"});
    assert_eq!(world.post(path, &agent, unknown).await.wrong_fields(), ["category unknown"]);
}

#[actix_web::test]
async fn a_view_is_saved_with_words_that_the_list_takes() {
    let world = World::new().await;
    let (agent, chief) = (world.token(Role::Agent).await, world.token(Role::Supervisor).await);
    let path = "/api/v1/saved-views";
    let body = json!({"name": "Mes urgentes", "filter": {"assignee": "me", "priority": "high,urgent", "overdue": true},
        "sort": "due_at"});
    let own = world.post(path, &agent, body).await.expect(StatusCode::CREATED);
    assert_eq!(own["filter"], json!({"assignee": "me", "priority": "high,urgent", "overdue": "true"}));
    assert_eq!((&own["sort"], &own["order"], &own["position"]), (&json!("due_at"), &Value::Null, &json!(0)));
    let query: String = own["filter"]
        .as_object()
        .unwrap()
        .iter()
        .fold(String::new(), |query, (name, word)| format!("{query}&{name}={}", word.as_str().unwrap()));
    world.get(&format!("/api/v1/support-requests?sort=due_at{query}"), &agent).await.expect(StatusCode::OK);
    for (body, wrong) in [
        (json!({}), vec!["name required"]),
        (json!({"name": "x", "filter": {"status": "gone"}}), vec!["filter.status unknown"]),
        (json!({"name": "x", "filter": {"colour": "red"}}), vec!["filter.colour unknown"]),
        (
            json!({"name": "x", "filter": {"page": "2", "sort": "number"}}),
            vec!["filter.page unknown", "filter.sort unknown"],
        ),
        (json!({"name": "x", "filter": {"status": ["open"]}}), vec!["filter.status invalid"]),
        (json!({"name": "x", "filter": {"tag": "t".repeat(1_001)}}), vec!["filter.tag too_long"]),
        (json!({"name": "x", "sort": "id;--", "order": "sideways"}), vec!["sort unknown", "order unknown"]),
    ] {
        assert_eq!(world.post(path, &agent, body.clone()).await.wrong_fields(), wrong, "{body}");
    }
    let for_all = json!({"name": "Non attribuées", "filter": {"assignee": "none"}, "shared": true});
    world.post(path, &agent, for_all.clone()).await.problem(403, "forbidden");
    let shared = world.post(path, &chief, for_all).await.expect(StatusCode::CREATED);
    let all = world.get(path, &agent).await.expect(StatusCode::OK);
    assert_eq!(ids(&all, "name"), ["Mes urgentes", "Non attribuées"]);
    let at = |view: &Value| format!("{path}/{}", view["id"].as_str().unwrap());
    let change = json!({"filter": {}, "sort": null, "order": "asc", "position": 5});
    let changed = world.call("PATCH", &at(&own), Some(&agent), Some(change)).await.expect(StatusCode::OK);
    assert_eq!((&changed["filter"], &changed["sort"], &changed["order"]), (&json!({}), &Value::Null, &json!("asc")));
    let refused = world.call("PATCH", &at(&own), Some(&agent), Some(json!({"filter": {"x": "y"}}))).await;
    assert_eq!(refused.wrong_fields(), ["filter.x unknown"]);
    world.call("PATCH", &at(&own), Some(&chief), Some(json!({}))).await.problem(404, "saved_view.not_found");
    world.call("PATCH", &at(&shared), Some(&agent), Some(json!({}))).await.problem(403, "forbidden");
    world.call("DELETE", &at(&shared), Some(&agent), None).await.problem(403, "forbidden");
    world.get(path, &world.token(Role::Customer).await).await.problem(403, "forbidden");
    assert_eq!(world.call("DELETE", &at(&shared), Some(&chief), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ids(&world.get(path, &agent).await.expect(StatusCode::OK), "name"), ["Mes urgentes"]);
}
