//! The product runs on a data set that was made for it, and says of it what was made.

#![expect(clippy::expect_used, clippy::panic, reason = "what cannot be done fails the test")]
#![expect(clippy::cast_precision_loss, reason = "counts of a small data set")]

use chat::SenderKind;
use kernel::{Env, SystemEnv};
use seed::{PASSWORD, Plan, Story, fill};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use support_request::{Priority, Status};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{number, text};
use tests::rest::Rest;
use tests::server::{Server, Settings};
use tokio::time::sleep;

const SLUG: &str = "atelier";

/// A server on a small data set, and what was made.
async fn scene(store: Store) -> (Server, Vec<Story>, Plan) {
    let mut server = Settings::over(store).start().await;
    server.terminate();
    server.ended(Duration::from_secs(30)).await;
    let file = || format!("sqlite://{}", server.home().join("demo/guichet.sqlite").display());
    let url = server.database().url().unwrap_or_else(file);
    let plan = Plan::of(SLUG, 600, 4_000, 3, SystemEnv.now());
    let made = fill(&url, &plan, |_| ()).await.expect("the data set is made");
    let people = plan.people();
    let stories: Vec<Story> = plan.stories(&people).collect();
    assert_eq!(made.requests, 600);
    assert_eq!(made.messages, stories.iter().map(|story| story.messages.len() as u64).sum::<u64>());
    assert!(fill(&url, &plan, |_| ()).await.is_err(), "it is not made twice");
    server.restart().await;
    (server, stories, plan)
}

async fn sign_in(server: &Server, name: &str) -> Rest {
    let email = format!("{name}@{SLUG}.test");
    let login = json!({"organization": SLUG, "email": email, "password": PASSWORD});
    let answer = server.rest().post("/auth/login", &login).await.expect(200);
    server.rest().with_token(text(&answer["access_token"]))
}

fn hours(times: impl Iterator<Item = Duration>) -> Option<f64> {
    let times: Vec<f64> = times.map(|time| time.as_secs_f64() / 3_600.0).collect();
    (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64)
}

#[track_caller]
fn assert_near(found: &Value, wanted: Option<f64>) {
    match wanted {
        None => assert_eq!(*found, Value::Null),
        Some(wanted) => {
            let found = found.as_f64().unwrap_or_else(|| panic!("{found} is no number; {wanted} was wanted"));
            assert!((found - wanted).abs() < 1e-6 * wanted.max(1.0), "{found} is not {wanted}");
        }
    }
}

/// The same numbers, counted here.
#[track_caller]
fn assert_counted(found: &Value, seen: &[&Story], unread: impl Fn(&Story) -> u64) {
    let requests = || seen.iter().map(|story| &story.request);
    let count = |wanted: Status| requests().filter(|one| one.status == wanted).count();
    assert_eq!(found["total"], seen.len());
    assert_eq!((&found["open"], &found["closed"]), (&json!(count(Status::Open)), &json!(count(Status::Closed))));
    assert_eq!(found["pending"], requests().filter(|one| !one.status.is_settled()).count());
    let waiting = seen.iter().filter(|story| story.request.status != Status::Closed);
    assert_eq!(found["unread"], waiting.map(|story| unread(story)).sum::<u64>());
    let first = requests().filter_map(|one| Some(one.first_response_at?.since(one.created_at)));
    assert_near(&found["avg_first_response_hours"], hours(first));
    let settled = requests().filter_map(|one| Some(one.resolved_at.or(one.closed_at)?.since(one.created_at)));
    assert_near(&found["avg_resolution_hours"], hours(settled));
    for status in Status::ALL {
        assert_eq!(found["by_status"][status.as_str()], count(*status), "{status:?}");
    }
    for priority in Priority::ALL {
        let count = requests().filter(|one| one.priority == *priority).count();
        assert_eq!(found["by_priority"][priority.as_str()], count, "{priority:?}");
    }
    let mut categories = BTreeMap::<&str, u64>::new();
    for one in requests() {
        *categories.entry(one.category.as_str()).or_default() += 1;
    }
    assert_eq!(found["by_category"], json!(categories));
    let points: Vec<f64> = requests().filter_map(|one| one.rating.as_ref()).map(|one| one.score.get().into()).collect();
    assert_eq!(found["satisfaction"]["responses"], points.len());
    let score = (!points.is_empty()).then(|| points.iter().sum::<f64>() / points.len() as f64);
    assert_near(&found["satisfaction"]["score"], score);
    let escalated = requests().filter(|one| one.escalated_at.is_some()).count();
    assert_near(&found["escalation_rate"], Some(escalated as f64 / seen.len().max(1) as f64));
}

async fn the_product_says_of_a_data_set_what_was_made(store: Store) {
    let (server, stories, plan) = scene(store).await;
    let people = plan.people();
    let (agent, customer) = (&people.agents()[0], &people.customers[0]);
    let admin = sign_in(&server, "admin").await;
    let statistics = "/support-requests/statistics";
    let all: Vec<&Story> = stories.iter().collect();
    assert_counted(&admin.get(statistics).await.expect(200), &all, Story::unread_by_staff);
    let seen = |story: &&Story| {
        let member = story.participants.iter().any(|one| one.member && one.id == agent.id.into());
        story.request.assignee.is_none_or(|one| one == agent.id) || member
    };
    let theirs: Vec<&Story> = stories.iter().filter(seen).collect();
    assert!(!theirs.is_empty() && theirs.len() < all.len());
    let rest = sign_in(&server, "agent0").await;
    assert_counted(&rest.get(statistics).await.expect(200), &theirs, Story::unread_by_staff);
    assert_eq!(listed(&rest, "").await, theirs.len());
    let own = |story: &&Story| story.request.requester.id == customer.id.into();
    let own: Vec<&Story> = stories.iter().filter(own).collect();
    assert!(!own.is_empty());
    let rest = sign_in(&server, "customer0").await;
    assert_counted(&rest.get(statistics).await.expect(200), &own, Story::unread_by_requester);
    let asked = format!("{statistics}?requester={}", customer.email.to_uppercase());
    assert_counted(&admin.get(&asked).await.expect(200), &own, Story::unread_by_staff);
    let tagged = stories.iter().filter(|story| story.request.tags.as_slice().contains(&"vip".to_owned())).count();
    assert_eq!(listed(&admin, "tag=vip&").await, tagged);
}

/// How many match, with those that are put away.
async fn listed(rest: &Rest, filter: &str) -> usize {
    let mut total = 0;
    for archived in [false, true] {
        let path = format!("/support-requests?{filter}archived={archived}&limit=1");
        total += usize::try_from(number(&rest.get(&path).await.expect(200)["total"])).expect("a count");
    }
    total
}

async fn a_request_of_a_data_set_is_opened_answered_and_moved(store: Store) {
    let (server, stories, _) = scene(store).await;
    let admin = sign_in(&server, "admin").await;
    let longest = stories.iter().max_by_key(|story| story.messages.len()).expect("a story");
    let number = longest.request.number.as_str();
    let found = admin.get(&format!("/support-requests/by-number/{number}")).await.expect(200);
    assert_eq!(
        (text(&found["id"]), &found["version"]),
        (longest.request.id.to_string().as_str(), &json!(longest.request.version))
    );
    assert_eq!(found["unread_count"], longest.unread_by_staff());
    let messages = admin.all_messages(text(&found["conversation_id"])).await;
    let said = |message: &Value| (message["seq"].as_u64(), text(&message["content"]).to_owned());
    let wanted = longest.messages.iter().zip(1..).map(|(message, seq)| (Some(seq), message.content.clone()));
    assert!(messages.iter().map(said).eq(wanted), "the log is whole");
    let timeline = admin.get(&format!("/support-requests/{}/timeline", longest.request.id)).await.expect(200);
    assert_eq!(timeline["items"].as_array().map(Vec::len), Some(longest.timeline.len()));

    // An agent answers what nobody has answered yet: the next place in the log, and the status follows.
    let open =
        stories.iter().find(|story| story.request.status == Status::Assigned || story.request.status == Status::Open);
    let open = open.expect("a request that waits for its first answer");
    let conversation = open.request.conversation.to_string();
    let path = format!("/support-requests/{}", open.request.id);
    let sent = admin.send_message(&conversation, "first", "Bonjour").await.expect(201);
    assert_eq!(sent["message"]["seq"], open.messages.len() as u64 + 1);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let now = admin.get(&path).await.expect(200);
        if now["status"] == "in_progress" {
            assert!(now["first_response_at"].is_string(), "{now}");
            break;
        }
        assert!(Instant::now() < deadline, "the status does not follow: {now}");
        sleep(Duration::from_millis(20)).await;
    }
    // What was written long ago is not told again.
    let others = stories.iter().filter(|story| story.request.id != open.request.id);
    for story in others.filter(|story| story.messages.iter().any(|one| one.kind == SenderKind::Customer)).take(20) {
        let now = admin.get(&format!("/support-requests/{}", story.request.id)).await.expect(200);
        assert_eq!(now["status"], story.request.status.as_str());
    }
    // A new request gets a number that none of these has.
    let body = json!({"subject": "Encore une question", "description": "Ma commande n’est pas arrivée."});
    let opened = sign_in(&server, "customer0").await.post("/support-requests", &body).await.expect(201);
    assert!(stories.iter().all(|story| story.request.number.as_str() != text(&opened["number"])));
}

over_both_stores!(the_product_says_of_a_data_set_what_was_made, a_request_of_a_data_set_is_opened_answered_and_moved,);
