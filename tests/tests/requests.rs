//! The life of a support request from one end to the other, over both stores: from the contact form to the rating, and
//! through all six states.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{number, text};
use tests::rest::{Answer, Rest, send};
use tests::server::Server;
use tests::socket::Socket;
use tokio::time::sleep;

over_both_stores!(
    a_ticket_lives_from_the_form_to_the_rating,
    a_ticket_goes_through_all_six_states,
    what_one_acts_on_late_is_refused_and_nothing_is_changed,
    two_requests_of_one_customer_become_one,
);

/// Somebody writes by the form; it is handed out, talked over among colleagues, escalated, resolved in one call with a
/// note and another agent, rated, closed, and goes on as another request.
async fn a_ticket_lives_from_the_form_to_the_rating(store: Store) {
    let server = Server::over(store).await;
    let (supervisor, agent) = (server.sign_in("supervisor").await, server.sign_in("agent").await);
    let form = json!({
        "organization": "demo", "name": "Léa Petit", "email": "lea@exemple.fr", "phone": "+33 6 12 34 56 78",
        "subject": "Plaquettes de frein jamais reçues",
        "description": "Commande passée le 3 mai pour ma Clio, rien depuis deux semaines.", "priority": "high",
        "category": "delivery", "context": { "order_id": "4521" },
        "metadata": { "vehicle": { "brand": "Renault", "model": "Clio", "year": 2019, "license_plate": "AB-123-CD" } },
    });
    let before = supervisor.rest.get("/support-requests/statistics").await.expect(200);
    let mut console = Socket::connect(&server.socket_url(), supervisor.rest.token()).await.unwrap();
    let opened = server.rest().post("/public/support-requests", &form).await.expect(201);
    let guest = server.rest().with_token(text(&opened["access_token"]));
    let (id, room) =
        (text(&opened["support_request"]["id"]), text(&opened["support_request"]["conversation_id"]).to_owned());
    let path = format!("/support-requests/{id}");
    changed(&mut console, id, "created").await;

    let found =
        supervisor.rest.get("/support-requests?category=delivery&priority=high&order_id=4521").await.expect(200);
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(found["items"][0]["metadata"]["vehicle"]["model"], "Clio");

    let told = json!({ "agent_id": agent.id, "reason": "Votre dossier est suivi.", "note": "Cliente fidèle." });
    let assigned = supervisor.rest.post(&format!("{path}/assign"), &told).await.expect(200);
    assert_eq!((&assigned["status"], &assigned["assignee"]["id"]), (&json!("assigned"), &json!(agent.id)));

    let note = json!({ "content": "Le transporteur dit l’avoir livrée.", "mentions": [supervisor.id] });
    agent.rest.post(&format!("{path}/notes"), &note).await.expect(201);
    let shown = console.expect_where("the note", |frame| frame["type"] == "note").await;
    assert_eq!(shown["note"]["content"], "Le transporteur dit l’avoir livrée.");

    agent.rest.send_message(&room, "a1", "Bonjour, je me renseigne.").await.expect(201);
    let answered = until(&agent.rest, &path, |one| one["status"] == "in_progress").await;
    assert!(answered["first_response_at"].is_string());

    let why = json!({ "reason": "Colis perdu par le transporteur", "agent_id": supervisor.id });
    let escalated = agent.rest.post(&format!("{path}/escalate"), &why).await.expect(200);
    assert_eq!((&escalated["priority"], &escalated["assignee"]["id"]), (&json!("urgent"), &json!(supervisor.id)));
    assert!(escalated["escalated_at"].is_string());
    changed(&mut console, id, "escalated").await;

    let end = json!({
        "resolution": "Nouvel envoi offert, livraison demain.", "note": "Avoir demandé au transporteur.",
        "agent_id": agent.id,
    });
    let resolved = supervisor.rest.post(&format!("{path}/resolve"), &end).await.expect(200);
    assert_eq!((&resolved["status"], &resolved["assignee"]["id"]), (&json!("resolved"), &json!(agent.id)));

    let public = format!("/public/support-requests/{}", text(&resolved["number"]));
    let rated = guest.post(&format!("{public}/rate"), &json!({ "rating": 3 })).await;
    assert!(matches!(rated.status, 200 | 201), "{}", rated.text);
    let better = json!({ "rating": 5, "comment": "Merci, reçu ce matin." });
    let rated = guest.post(&format!("{public}/rate"), &better).await;
    assert!(matches!(rated.status, 200 | 201), "{}", rated.text);
    let seen = agent.rest.get(&path).await.expect(200);
    assert_eq!((&seen["rating"]["score"], &seen["rating"]["comment"]), (&json!(5), &better["comment"]));

    agent.rest.post(&format!("{path}/close"), &json!({})).await.expect(200);
    guest.send_message(&room, "g2", "Encore une chose").await.problem(409);
    let again = json!({ "subject": "Plaquettes trop petites", "content": "Elles ne vont pas sur ma Clio." });
    let next = guest.post(&format!("{public}/follow-up"), &again).await.expect(201);
    let next = next.get("support_request").unwrap_or(&next);
    assert_eq!((&next["follow_up_of"], &next["status"]), (&json!(id), &json!("open")));
    assert_ne!(next["conversation_id"], json!(room));

    // What the customer reads of it: reasons, never notes, never what was promised among staff.
    let shown = guest.get(&public).await.expect(200).to_string();
    for word in ["Votre dossier est suivi.", "Colis perdu par le transporteur", "Nouvel envoi offert"] {
        assert!(shown.contains(word), "no {word} in {shown}");
    }
    for word in ["Cliente fidèle", "l’avoir livrée", "Avoir demandé", "sla_"] {
        assert!(!shown.contains(word), "{word} is for staff only");
    }
    let figures = supervisor.rest.get("/support-requests/statistics").await.expect(200);
    let counted = |name: &str| number(&figures[name]) - number(&before[name]);
    assert_eq!((&figures["satisfaction"]["score"], &figures["satisfaction"]["responses"]), (&json!(5.0), &json!(1)));
    assert_eq!((counted("total"), counted("closed")), (2, 1));
}

/// Every state, with what people do in it; deleted and restored at the end.
async fn a_ticket_goes_through_all_six_states(store: Store) {
    let server = Server::over(store).await;
    let (admin, agent) = (server.sign_in("admin").await, server.sign_in("agent").await);
    let customer = server.sign_in("customer").await;
    let new = json!({
        "subject": "Lave-linge en panne", "description": "Il ne vidange plus.", "kind": "product_issue",
        "priority": "low", "category": "technical", "context": { "warranty_id": "W-77" },
    });
    let opened = customer.rest.post("/support-requests", &new).await.expect(201);
    let (id, room) = (text(&opened["id"]), text(&opened["conversation_id"]));
    let path = format!("/support-requests/{id}");
    let act = async |action: &str, body: Value| agent.rest.post(&format!("{path}/{action}"), &body).await;

    let labelled = json!({ "tags": ["Vidange", "garantie"], "priority": "normal", "category": "product" });
    let labelled = patch(&agent.rest, &path, &labelled, Some(&opened["version"])).await.expect(200);
    assert_eq!((&labelled["tags"], &labelled["priority"]), (&json!(["garantie", "vidange"]), &json!("normal")));
    assert!(text(&labelled["sla"]["resolution_due_at"]) < text(&opened["sla"]["resolution_due_at"]));

    assert_eq!(act("start", json!({})).await.problem(409), "support_request.illegal_transition");
    assert_eq!(act("take", json!({})).await.expect(200)["status"], "assigned");
    assert_eq!(act("start", json!({})).await.expect(200)["status"], "in_progress");
    let waiting = act("wait", json!({ "reason": "Quel est le code affiché ?" })).await.expect(200);
    assert_eq!(waiting["status"], "waiting_customer");

    customer.rest.send_message(room, "c1", "Le code E20.").await.expect(201);
    let back = until(&agent.rest, &path, |one| one["status"] == "in_progress").await;
    assert!(
        text(&back["sla"]["resolution_due_at"]) > text(&waiting["sla"]["resolution_due_at"]),
        "the clock stood still while the customer was waited for"
    );
    let unread = customer.rest.get(&format!("/conversations/{room}/unread-count")).await.expect(200);
    assert_eq!(number(unread.get("unread_count").or_else(|| unread.get("count")).unwrap()), 0, "their own");

    act("resolve", json!({ "resolution": "Filtre nettoyé." })).await.expect(200);
    customer.rest.send_message(room, "c2", "La panne est revenue.").await.expect(201);
    let woken = until(&agent.rest, &path, |one| one["status"] == "in_progress").await;
    assert!(woken["resolved_at"].is_null() && woken["resolution"].is_null());
    act("resolve", json!({ "resolution": "Pompe changée." })).await.expect(200);
    assert_eq!(customer.rest.post(&format!("{path}/reopen"), &json!({})).await.expect(200)["status"], "in_progress");
    act("resolve", json!({ "resolution": "Pompe et carte changées." })).await.expect(200);
    assert_eq!(act("close", json!({})).await.expect(200)["status"], "closed");
    for action in ["take", "start", "wait", "resolve", "reopen", "escalate"] {
        assert_eq!(
            act(action, json!({ "reason": "trop tard" })).await.problem(409),
            "support_request.illegal_transition",
            "{action}"
        );
    }
    let moves: Vec<String> = timeline(&agent.rest, &path)
        .await
        .iter()
        .filter(|entry| entry["kind"] == "status_changed")
        .map(|entry| text(&entry["new"]).to_owned())
        .collect();
    let expected = [
        "assigned",
        "in_progress",
        "waiting_customer",
        "in_progress",
        "resolved",
        "in_progress",
        "resolved",
        "in_progress",
        "resolved",
        "closed",
    ];
    assert_eq!(moves, expected);

    let version = agent.rest.get(&path).await.expect(200)["version"].clone();
    agent.rest.delete(&path).await.problem(403);
    assert_eq!(admin.rest.delete(&path).await.status, 204);
    for rest in [&admin.rest, &agent.rest, &customer.rest] {
        rest.get(&path).await.problem(404);
        rest.get(&format!("/conversations/{room}/messages")).await.problem(404);
        assert_eq!(rest.get("/support-requests?warranty_id=W-77&archived=true").await.expect(200)["total"], 0);
    }
    let restored = admin.rest.post(&format!("{path}/restore"), &json!({})).await.expect(200);
    assert_eq!(restored["status"], "closed");
    assert!(number(&restored["version"]) > number(&version));
    assert_eq!(customer.rest.all_messages(room).await.len(), 2);
}

/// A page that shows an old state cannot overwrite a newer one, whatever it asks for.
async fn what_one_acts_on_late_is_refused_and_nothing_is_changed(store: Store) {
    let server = Server::over(store).await;
    let (agent, supervisor) = (server.sign_in("agent").await, server.sign_in("supervisor").await);
    let visitor = server.visitor("Ana", Some("Bonjour")).await;
    let path = format!("/support-requests/{}", visitor.support_request);
    let seen = agent.rest.get(&path).await.expect(200)["version"].clone();
    supervisor.rest.post(&format!("{path}/take"), &json!({})).await.expect(200);
    let before = supervisor.rest.get(&path).await.expect(200);
    for (method, at, body) in [
        (Method::PATCH, path.clone(), json!({ "priority": "urgent" })),
        (Method::POST, format!("{path}/resolve"), json!({})),
        (Method::POST, format!("{path}/close"), json!({})),
        (Method::POST, format!("{path}/escalate"), json!({ "reason": "vite" })),
    ] {
        let request = supervisor.rest.request(method, &at).header("If-Match", format!("\"{seen}\""));
        assert_eq!(send(request.json(&body)).await.problem(412), "support_request.stale", "{at}");
    }
    assert_eq!(supervisor.rest.get(&path).await.expect(200), before);
}

/// Written twice by the same person: one request goes on, the other's log stays readable, and the token leads to both.
async fn two_requests_of_one_customer_become_one(store: Store) {
    let server = Server::over(store).await;
    let (agent, customer) = (server.sign_in("agent").await, server.sign_in("customer").await);
    let open = async |words: &str| {
        let new = json!({ "subject": "Facture", "content": words, "client_message_id": words });
        let opened = customer.rest.post("/conversations", &new).await.expect(201);
        (text(&opened["support_request"]["id"]).to_owned(), text(&opened["conversation"]["id"]).to_owned())
    };
    let ((first, _), (second, room)) = (open("première").await, open("seconde").await);
    let stranger = server.visitor("Ana", Some("autre chose")).await;
    let merge = |into: &str| json!({ "into": into, "reason": "Même facture." });
    let path = format!("/support-requests/{second}");
    let foreign = agent.rest.post(&format!("{path}/merge"), &merge(&stranger.support_request)).await;
    assert_eq!(foreign.status, 409, "another requester's: {}", foreign.text);
    let merged = agent.rest.post(&format!("{path}/merge"), &merge(&first)).await.expect(200);
    assert_eq!((&merged["status"], &merged["merged_into"]), (&json!("closed"), &json!(first)));
    let refused = customer.rest.send_message(&room, "c9", "et ici ?").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains(&first), "the refusal names where it goes on: {}", refused.text);
    assert_eq!(customer.rest.all_messages(&room).await.len(), 1, "what was said stays readable");
    for id in [&first, &second] {
        let kinds = timeline(&agent.rest, &format!("/support-requests/{id}")).await;
        assert!(kinds.iter().any(|entry| entry["kind"] == "merged"), "{kinds:?}");
    }
}

async fn patch(rest: &Rest, path: &str, body: &Value, version: Option<&Value>) -> Answer {
    let request = rest.request(Method::PATCH, path).json(body);
    send(match version {
        Some(version) => request.header("If-Match", format!("\"{version}\"")),
        None => request,
    })
    .await
}

async fn timeline(rest: &Rest, path: &str) -> Vec<Value> {
    rest.get(&format!("{path}/timeline")).await.expect(200)["items"].as_array().unwrap().clone()
}

/// The next frame of that event on that request.
async fn changed(socket: &mut Socket, id: &str, event: &str) {
    let wanted = |frame: &Value| {
        frame["type"] == "support_request" && frame["event"] == event && frame["support_request"]["id"] == id
    };
    socket.expect_where(event, wanted).await;
}

/// The request, once it is as wanted: a message moves it as a consumer of the log, shortly after its ack.
async fn until(rest: &Rest, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let one = rest.get(path).await.expect(200);
        if wanted(&one) {
            return one;
        }
        assert!(Instant::now() < deadline, "still {one}");
        sleep(Duration::from_millis(50)).await;
    }
}
