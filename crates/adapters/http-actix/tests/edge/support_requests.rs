use actix_web::{http::StatusCode, test::TestRequest};
use kernel::Role;
use serde_json::{Value, json};

use super::world::World;

async fn open(world: &World, token: &str) -> Value {
    let body = json!({"subject": "Retard de livraison", "description": "Ma commande 1234.", "priority": "high",
        "category": "delivery", "metadata": {"order": {"id": "1234"}}, "context": {"order_id": "1234"}});
    world.post("/api/v1/support-requests", token, body).await.expect(StatusCode::CREATED)
}

fn path(request: &Value, rest: &str) -> String {
    format!("/api/v1/support-requests/{}{rest}", request["id"].as_str().unwrap())
}

#[actix_web::test]
async fn a_customer_opens_a_request_in_their_own_name() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let body = json!({"subject": "  Retard  ", "description": ""});
    let reply = world.post("/api/v1/support-requests", &customer, body).await;
    assert_eq!(reply.header("etag"), Some("\"1\""));
    let request = reply.expect(StatusCode::CREATED);
    assert_eq!(request["number"], "TICKET-20240115-001");
    assert_eq!(
        (&request["kind"], &request["source"], &request["status"]),
        (&json!("contact_form"), &json!("web"), &json!("open"))
    );
    assert_eq!(
        (&request["subject"], &request["priority"], &request["category"]),
        (&json!("Retard"), &json!("normal"), &json!("general"))
    );
    assert_eq!(request["requester"]["email"], "customer@demo.test");
    assert_eq!(request["assignee"], Value::Null);
    assert!(request.get("tags").is_none(), "tags are for staff");
    let id = path(&request, "");
    assert_eq!(world.get(&id, &customer).await.expect(StatusCode::OK), request);
    let by_number = world.get("/api/v1/support-requests/by-number/TICKET-20240115-001", &customer).await;
    assert_eq!(by_number.expect(StatusCode::OK), request);
    let staff = world.get(&id, &world.token(Role::Agent).await).await.expect(StatusCode::OK);
    assert_eq!(staff["tags"], json!([]));
}

#[actix_web::test]
async fn anothers_request_looks_like_none_at_all() {
    let world = World::new().await;
    let request = open(&world, &world.token(Role::Agent).await).await;
    let customer = world.token(Role::Customer).await;
    let absent = "/api/v1/support-requests/00000000-0000-0000-0000-0000000fffff";
    let mut there = world.get(&path(&request, ""), &customer).await.problem(404, "support_request.not_found");
    let mut absent = world.get(absent, &customer).await.problem(404, "support_request.not_found");
    assert_ne!(there["request_id"].take(), absent["request_id"].take());
    assert_eq!(there, absent);
    for rest in ["/timeline", "/take", "/close", "/assign"] {
        let method = if rest == "/timeline" { "GET" } else { "POST" };
        let body = (method == "POST").then(|| json!({"agent_id": null}));
        world
            .call(method, &path(&request, rest), Some(&customer), body)
            .await
            .problem(404, "support_request.not_found");
    }
    let number = request["number"].as_str().unwrap();
    world
        .get(&format!("/api/v1/support-requests/by-number/{number}"), &customer)
        .await
        .problem(404, "support_request.not_found");
}

#[actix_web::test]
async fn a_request_goes_from_open_to_closed() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let agent = world.token(Role::Agent).await;
    let request = open(&world, &customer).await;
    let act = |name: &'static str, body: Value| {
        let (world, path, agent) = (&world, path(&request, name), &agent);
        async move { world.post(&path, agent, body).await }
    };
    let taken = act("/take", json!({})).await;
    assert_eq!(taken.header("etag"), Some("\"2\""));
    let taken = taken.expect(StatusCode::OK);
    assert_eq!((&taken["status"], &taken["assignee"]["name"]), (&json!("assigned"), &json!("Ada agent")));
    assert_eq!(act("/take", json!({})).await.expect(StatusCode::OK)["version"], 2, "the same again changes nothing");
    assert_eq!(act("/start", json!({})).await.expect(StatusCode::OK)["status"], "in_progress");
    assert_eq!(
        act("/wait", json!({"reason": "Une photo, s’il vous plaît."})).await.expect(StatusCode::OK)["status"],
        "waiting_customer"
    );
    let resolved =
        act("/resolve", json!({"resolution": "Renvoyé.", "note": "Transporteur prévenu.", "reason": ""})).await;
    assert_eq!(resolved.expect(StatusCode::OK)["resolution"], "Renvoyé.");
    assert_eq!(
        act("/start", json!({})).await.problem(409, "support_request.illegal_transition")["title"],
        "fr title.conflict"
    );
    let reopened = world.post(&path(&request, "/reopen"), &customer, json!({})).await.expect(StatusCode::OK);
    assert_eq!(reopened["status"], "in_progress");
    assert_eq!(act("/close", json!({})).await.expect(StatusCode::OK)["status"], "closed");

    let staff = world.get(&path(&request, "/timeline"), &agent).await.expect(StatusCode::OK);
    let notes = |timeline: &Value| {
        timeline["items"].as_array().unwrap().iter().filter(|entry| entry.get("note").is_some()).count()
    };
    assert_eq!(notes(&staff), 1);
    let own = world.get(&path(&request, "/timeline"), &customer).await;
    assert!(!own.text().contains("Transporteur"));
    assert_eq!(notes(&own.expect(StatusCode::OK)), 0);
}

#[actix_web::test]
async fn an_action_may_come_without_a_body() {
    let world = World::new().await;
    let request = open(&world, &world.token(Role::Customer).await).await;
    let agent = world.token(Role::Agent).await;
    world.call("POST", &path(&request, "/take"), Some(&agent), None).await.expect(StatusCode::OK);
    let fields = world.call("POST", &path(&request, "/assign"), Some(&agent), Some(json!({}))).await.wrong_fields();
    assert_eq!(fields, ["agent_id required"]);
    let given_back =
        world.post(&path(&request, "/assign"), &agent, json!({"agent_id": null})).await.expect(StatusCode::OK);
    assert_eq!((&given_back["status"], &given_back["assignee"]), (&json!("open"), &Value::Null));
    let fields = world.post(&path(&request, "/assign"), &agent, json!({"agent_id": "x"})).await.wrong_fields();
    assert_eq!(fields, ["agent_id invalid"]);
    let nobody = json!({"agent_id": world.user_id(Role::Customer).await.to_string()});
    let fields = world.post(&path(&request, "/assign"), &agent, nobody).await.wrong_fields();
    assert_eq!(fields, ["agent_id unknown"]);
}

#[actix_web::test]
async fn customers_may_reopen_and_no_more() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let request = open(&world, &customer).await;
    for name in ["/take", "/start", "/wait", "/resolve", "/close"] {
        world.post(&path(&request, name), &customer, json!({})).await.problem(403, "forbidden");
    }
    let body = json!({"agent_id": world.user_id(Role::Agent).await.to_string()});
    world.post(&path(&request, "/assign"), &customer, body).await.problem(403, "forbidden");
    world
        .post(&path(&request, "/reopen"), &customer, json!({}))
        .await
        .problem(409, "support_request.illegal_transition");
}

#[actix_web::test]
async fn an_action_on_an_older_version_is_refused() {
    let world = World::new().await;
    let request = open(&world, &world.token(Role::Customer).await).await;
    let agent = world.token(Role::Agent).await;
    let take = |tag: &'static str| {
        let request = TestRequest::post().uri(&path(&request, "/take")).insert_header(("if-match", tag));
        let request = request.insert_header(("authorization", format!("Bearer {agent}")));
        world.send(request)
    };
    take("\"2\"").await.problem(412, "support_request.stale");
    for tag in ["2", "W/\"1\"", "\"x\"", ""] {
        take(tag).await.problem(412, "stale");
    }
    assert_eq!(take("\"1\"").await.expect(StatusCode::OK)["version"], 2);
    assert_eq!(take("*").await.expect(StatusCode::OK)["version"], 2);
}

#[actix_web::test]
async fn lists_filter_sort_and_page() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let first = open(&world, &customer).await;
    world.identity.env.pass(std::time::Duration::from_mins(1));
    open(&world, &agent).await;
    world.post(&path(&first, "/take"), &agent, json!({})).await.expect(StatusCode::OK);
    let count = |query: &'static str, token: &str| {
        let (world, token) = (&world, token.to_owned());
        async move {
            let page = world.get(&format!("/api/v1/support-requests?{query}"), &token).await.expect(StatusCode::OK);
            page["total"].as_u64().unwrap()
        }
    };
    assert_eq!(count("", &customer).await, 1, "one's own only");
    assert_eq!(count("", &agent).await, 2);
    for (query, expected) in [
        ("assignee=me", 1),
        ("assignee=none", 1),
        ("status=open", 1),
        ("status=open,assigned", 2),
        ("priority=high", 2),
        ("priority=low,normal", 0),
        ("category=delivery", 2),
        ("category=other", 0),
        ("kind=contact_form", 2),
        ("source=chat", 0),
        ("order_id=1234", 2),
        ("order_id=x", 0),
        ("requester=customer@demo.test", 1),
        ("overdue=true", 0),
        ("tag=vip", 0),
        ("changed_since=2024-01-15T10:31:00Z", 2),
        ("created_from=2024-01-15T10:30:30Z", 1),
        ("created_to=2024-01-15T10:30:30Z", 1),
    ] {
        assert_eq!(count(query, &agent).await, expected, "{query}");
    }
    let sorted =
        world.get("/api/v1/support-requests?sort=number&order=asc&limit=1", &agent).await.expect(StatusCode::OK);
    assert_eq!(sorted["items"][0]["number"], "TICKET-20240115-001");
    assert_eq!((&sorted["page"], &sorted["limit"], &sorted["total"]), (&json!(1), &json!(1), &json!(2)));
}

#[actix_web::test]
async fn what_a_list_cannot_honour_is_refused() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    for (query, expected) in [
        ("page=0", "page invalid"),
        ("page=x", "page invalid"),
        ("page=10001", "page invalid"),
        ("limit=0", "limit invalid"),
        ("limit=101", "limit invalid"),
        ("limit=-1", "limit invalid"),
        ("limit=1e9", "limit invalid"),
        ("status=gone", "status unknown"),
        ("status=open,", "status unknown"),
        ("priority=9", "priority unknown"),
        ("sort=id;--", "sort unknown"),
        ("order=up", "order unknown"),
        ("assignee=x", "assignee invalid"),
        ("overdue=yes", "overdue invalid"),
        ("changed_since=yesterday", "changed_since invalid"),
        ("created_from=2024-01-15T10:30:00%2B24:00", "created_from invalid"),
        ("created_to=10000-01-01T00:00:00Z", "created_to invalid"),
        ("q=colis", "q unknown"),
        ("archived=perhaps", "archived invalid"),
        ("snoozed=1", "snoozed invalid"),
        ("deleted=yes", "deleted invalid"),
        ("page=1&page=2", "query invalid"),
    ] {
        let fields = world.get(&format!("/api/v1/support-requests?{query}"), &agent).await.wrong_fields();
        assert_eq!(fields, [expected], "{query}");
    }
    assert_eq!(world.get("/api/v1/support-requests?tag=vip", &customer).await.wrong_fields(), ["tag unknown"]);
    let snoozed = world.get("/api/v1/support-requests?snoozed=true", &customer).await;
    assert_eq!(snoozed.wrong_fields(), ["snoozed unknown"]);
    world.get("/api/v1/support-requests?deleted=true", &agent).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn all_wrong_fields_of_a_request_are_named() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let body = json!({"subject": "a\u{0}bc", "priority": "extreme", "kind": "x", "tags": ["a"], "requester": {"name": "x"},
        "metadata": {"a": "b".repeat(17_000)}, "context": {"order_id": "x".repeat(101)}});
    let mut fields = world.post("/api/v1/support-requests", &customer, body).await.wrong_fields();
    fields.sort();
    let expected = [
        "context.order_id too_long",
        "description required",
        "kind unknown",
        "metadata too_long",
        "priority unknown",
        "requester unknown",
        "subject invalid",
        "tags unknown",
    ];
    assert_eq!(fields, expected);
    let fields = world.post("/api/v1/support-requests", &customer, json!({"subject": 7})).await.wrong_fields();
    assert_eq!(fields, ["subject invalid"]);
    let listed = world.get("/api/v1/support-requests", &customer).await.expect(StatusCode::OK);
    assert_eq!(listed["total"], 0, "nothing was stored");
}

#[actix_web::test]
async fn what_only_the_server_sets_is_not_taken_from_a_body() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    let body = json!({"subject": "Retard", "description": "x", "id": "00000000-0000-0000-0000-000000000001", "status": "closed",
        "number": "TICKET-1", "organization_id": "x", "assignee": "me", "version": 9, "created_at": "2000-01-01T00:00:00Z"});
    let request = world.post("/api/v1/support-requests", &customer, body).await.expect(StatusCode::CREATED);
    assert_eq!(
        (&request["status"], &request["version"], &request["assignee"]),
        (&json!("open"), &json!(1), &Value::Null)
    );
    assert_ne!(request["id"], "00000000-0000-0000-0000-000000000001");
    assert_eq!(request["created_at"], "2024-01-15T10:30:00.000000Z");
}

#[actix_web::test]
async fn a_store_that_is_down_is_said_without_a_word_of_the_inside() {
    let world = World::new().await;
    let customer = world.token(Role::Customer).await;
    world.requests.fail("begin", kernel::PortErrorKind::Unavailable);
    let reply =
        world.post("/api/v1/support-requests", &customer, json!({"subject": "Retard", "description": ""})).await;
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(!reply.text().contains("as the test wants it"));
    reply.problem(503, "unavailable");
    world.requests.fail("begin", kernel::PortErrorKind::Full);
    world
        .post("/api/v1/support-requests", &customer, json!({"subject": "Retard", "description": ""}))
        .await
        .problem(507, "storage_full");
    world.requests.fail("begin", kernel::PortErrorKind::Corrupt);
    let reply =
        world.post("/api/v1/support-requests", &customer, json!({"subject": "Retard", "description": ""})).await;
    assert!(reply.header("retry-after").is_none());
    reply.problem(500, "internal");
}

#[actix_web::test]
async fn statistics_count_what_the_caller_sees() {
    let world = World::new().await;
    let (customer, agent) = (world.token(Role::Customer).await, world.token(Role::Agent).await);
    let statistics = async |token: &str, query: &str| {
        let path = format!("/api/v1/support-requests/statistics{query}");
        world.get(&path, token).await.expect(StatusCode::OK)
    };
    let nothing = statistics(&customer, "").await;
    assert_eq!((&nothing["total"], &nothing["pending"], &nothing["unread"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(nothing["avg_first_response_hours"], Value::Null);
    assert_eq!(nothing["satisfaction"], json!({"score": null, "responses": 0}));
    assert_eq!((&nothing["by_status"]["waiting_customer"], &nothing["by_category"]), (&json!(0), &json!({})));
    open(&world, &customer).await;
    let closed = open(&world, &agent).await;
    world.post(&path(&closed, "/close"), &agent, json!({})).await.expect(StatusCode::OK);
    let all = statistics(&agent, "").await;
    let [total, open, closed, pending] = ["total", "open", "closed", "pending"].map(|field| all[field].as_u64());
    assert_eq!((total, open, closed, pending), (Some(2), Some(1), Some(1), Some(1)));
    assert_eq!((&all["by_priority"]["high"], &all["by_category"]["delivery"]), (&json!(2), &json!(2)));
    assert!(all["avg_resolution_hours"].is_number() && all["avg_first_response_hours"].is_null());
    assert!(all["escalation_rate"].is_number());
    let own = statistics(&customer, "").await;
    assert_eq!(own["total"], 1);
    assert_eq!(statistics(&agent, "?requester=CUSTOMER@demo.test").await["total"], own["total"]);
    assert_eq!(statistics(&agent, "?requester=nobody@demo.test").await["total"], 0);
    world.call("GET", "/api/v1/support-requests/statistics", None, None).await.problem(401, "unauthenticated");
}
