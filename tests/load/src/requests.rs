//! Lists, numbers and conversations among many requests.

use crate::figures::{ms, percentile};
use crate::system::{load_average, resident_kib};
use ::tests::database::{Database, Store};
use ::tests::rest::Rest;
use ::tests::server::{Server, Settings};
use anyhow::{Context, Result, ensure};
use kernel::{Env, SystemEnv};
use seed::{PASSWORD, Plan, fill};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ORGANIZATION: &str = "atelier";
/// What each 95th percentile has to stay below.
const LIMIT: Duration = Duration::from_millis(100);
/// How much the server may grow over all rounds: what its caches and its allocator keep back.
const GROWTH_KIB: f64 = 32.0 * 1024.0;
/// Different ones that calls choose from, so that no answer is at hand from the call before.
const DIFFERENT: u64 = 40;

/// A line of the table: calls of which each round makes one, in turn.
struct Line {
    who: &'static str,
    what: String,
    rest: Rest,
    /// Paths that are asked for one after the other; the time is that of all of them.
    calls: Vec<Vec<String>>,
    times: Vec<Duration>,
}

/// Makes the data unless `url` names it, and prints the table.
pub(crate) async fn run(requests: u64, messages: u64, url: Option<String>, rounds: usize) -> Result<()> {
    let database = match url {
        Some(url) => Database::Shared(url),
        None => filled(requests, messages).await?,
    };
    // Always the same key, so that a database can be measured again.
    let settings =
        Settings { durable: true, ..Settings::over(Store::Postgres) }.with("GUICHET_SECRET_KEY", "a75c".repeat(16));
    let server = settings.start_on(database).await;
    let base = server.rest();
    let mut lines = lines(&server).await?;
    let mut floor = Line::new("", "one round trip to the database", base.clone(), vec![vec!["~/status".to_owned()]]);
    for line in lines.iter_mut().chain([&mut floor]) {
        for round in 0..3 {
            line.call(round).await?;
        }
        line.times.clear();
    }
    let before = resident_kib(server.pid())?;
    for round in 0..rounds {
        for line in lines.iter_mut().chain([&mut floor]) {
            line.call(round).await?;
        }
    }
    let after = resident_kib(server.pid())?;
    let slow = print(&mut lines, &mut floor);
    println!(
        "\nMemory of the server: {:.1} MiB before, {:.1} MiB after {} calls. Load average {}.",
        before / 1024.0,
        after / 1024.0,
        rounds * (lines.len() + 1),
        load_average()
    );
    ensure!(after - before < GROWTH_KIB, "the server's memory is not flat");
    ensure!(slow.is_empty(), "over {} ms: {}", LIMIT.as_millis(), slow.join("; "));
    Ok(())
}

async fn filled(requests: u64, messages: u64) -> Result<Database> {
    let database = Database::durable(Store::Postgres);
    let url = database.url().context("PostgreSQL has an address")?;
    let until = SystemEnv.now();
    for (slug, share) in [(ORGANIZATION, 1), ("voisin", 50)] {
        let started = Instant::now();
        let plan = Plan::of(slug, requests / share, messages / share, 1, until);
        let made = fill(&url, &plan, |_| ()).await?;
        println!("{slug}: {} requests, {} messages in {:.0?}", made.requests, made.messages, started.elapsed());
    }
    Ok(database)
}

fn print(lines: &mut [Line], floor: &mut Line) -> Vec<String> {
    floor.times.sort_unstable();
    let beside = percentile(&floor.times, 50);
    println!("| who | what | p50 ms | p95 ms | × |\n|---|---|---|---|---|");
    let mut slow = Vec::new();
    for line in [floor].into_iter().chain(lines) {
        line.times.sort_unstable();
        let (p50, p95) = (percentile(&line.times, 50), percentile(&line.times, 95));
        let ratio = p50.as_secs_f64() / beside.as_secs_f64();
        println!("| {} | {} | {:.1} | {:.1} | {ratio:.0} |", line.who, line.what, ms(p50), ms(p95));
        if p95 > LIMIT {
            slow.push(format!("{} {}: {:.0}", line.who, line.what, ms(p95)));
        }
    }
    slow
}

async fn sign_in(server: &Server, name: &str) -> Result<Rest> {
    let email = format!("{name}@{ORGANIZATION}.test");
    let login = json!({"organization": ORGANIZATION, "email": email, "password": PASSWORD});
    let answer = server.rest().post("/auth/login", &login).await;
    ensure!(answer.status == 200, "{email} cannot sign in: {}", answer.text);
    Ok(server.rest().with_token(answer.body["access_token"].as_str().context("no token")?))
}

/// What the usual lists ask for; a number in braces stands for the moment so many days from now.
const LISTS: &[(&str, &str)] = &[
    ("list", ""),
    ("list, page 5", "page=5"),
    ("what is not over", "status=open,assigned,in_progress,waiting_customer"),
    ("what is not over, page 5", "status=open,assigned,in_progress,waiting_customer&page=5"),
    ("closed", "status=closed"),
    ("urgent", "priority=urgent"),
    ("urgent or high, not over", "priority=urgent,high&status=open,assigned,in_progress,waiting_customer"),
    ("a category", "category=complaint"),
    ("a kind", "kind=claim"),
    ("a source", "source=phone"),
    ("overdue", "overdue=true"),
    ("an order", "order_id=CMD-4711"),
    ("of one month", "created_from={-240}&created_to={-210}"),
    ("changed lately", "changed_since={-5}&order=asc"),
    ("newest", "sort=created_at"),
    ("newest, page 5", "sort=created_at&page=5"),
    ("oldest", "sort=created_at&order=asc"),
    ("most urgent", "sort=priority"),
    ("most urgent, not over", "sort=priority&status=open,assigned,in_progress,waiting_customer"),
    ("due first", "sort=due_at&order=asc"),
    ("due first, not over", "sort=due_at&order=asc&status=open,assigned,in_progress,waiting_customer"),
    ("by number", "sort=number"),
    ("by number, page 5", "sort=number&page=5"),
];

/// Further ones of staff.
const STAFF_LISTS: &[(&str, &str)] = &[
    ("nobody's", "assignee=none"),
    ("one's own", "assignee=me"),
    ("one's own, not over", "assignee=me&status=open,assigned,in_progress,waiting_customer"),
    ("a tag", "tag=vip"),
    ("of somebody", "requester=customer0@atelier.test"),
    ("of a guest", "requester=visiteur7@exemple.test"),
];

async fn lines(server: &Server) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (who, name) in [("admin", "admin"), ("agent", "agent0"), ("customer", "customer0")] {
        let rest = sign_in(server, name).await?;
        let staff = if who == "customer" { &[][..] } else { STAFF_LISTS };
        for (what, query) in LISTS.iter().chain(staff) {
            let path = format!("/support-requests?{}", with_moments(query));
            lines.push(Line::new(who, what, rest.clone(), vec![vec![path]]));
        }
        let statistics = "/support-requests/statistics";
        lines.push(Line::new(who, "statistics", rest.clone(), vec![vec![statistics.to_owned()]]));
        if who != "customer" {
            let path = format!("{statistics}?requester=customer0@atelier.test");
            lines.push(Line::new(who, "statistics of somebody", rest.clone(), vec![vec![path]]));
        }
        let seen = some(&rest).await?;
        let by_number = |one: &Value| vec![format!("/support-requests/by-number/{}", word(&one["number"]))];
        lines.push(Line::new(who, "a request by its number", rest.clone(), seen.iter().map(by_number).collect()));
        let opened = |one: &Value| {
            let (request, conversation) = (word(&one["id"]), word(&one["conversation_id"]));
            vec![
                format!("/support-requests/{request}"),
                format!("/conversations/{conversation}"),
                format!("/conversations/{conversation}/messages?limit=50"),
            ]
        };
        lines.push(Line::new(who, "opening a conversation", rest, seen.iter().map(opened).collect()));
    }
    Ok(lines)
}

/// Requests from all over what somebody sees.
async fn some(rest: &Rest) -> Result<Vec<Value>> {
    let total = rest.get("/support-requests?limit=1").await.body["total"].as_u64().context("no total")?;
    let wanted = total.min(DIFFERENT);
    let mut found = Vec::new();
    for place in 0..wanted {
        // Pages of one go as far as 10 000 requests.
        let page = 1 + place * total.min(10_000) / wanted;
        let answer = rest.get(&format!("/support-requests?limit=1&page={page}&sort=created_at")).await;
        found.push(answer.body["items"][0].clone());
    }
    ensure!(!found.is_empty(), "somebody sees no request at all");
    Ok(found)
}

/// Puts moments in the place of numbers of days.
fn with_moments(query: &str) -> String {
    let mut parts = query.split('{');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (days, rest) = part.split_once('}').unwrap_or((part, ""));
        let days: u64 = days.trim_start_matches('-').parse().unwrap_or(0);
        whole.push_str(&(SystemEnv.now() - Duration::from_hours(24 * days)).to_string());
        whole.push_str(rest);
    }
    whole
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Line {
    fn new(who: &'static str, what: &str, rest: Rest, calls: Vec<Vec<String>>) -> Self {
        Self { who, what: what.to_owned(), rest, calls, times: Vec::new() }
    }

    async fn call(&mut self, round: usize) -> Result<()> {
        let paths = &self.calls[round % self.calls.len()];
        let started = Instant::now();
        for path in paths {
            let answer = self.rest.get(path).await;
            ensure!(answer.status == 200, "{path} was answered {}: {}", answer.status, answer.text);
        }
        self.times.push(started.elapsed());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_braces_becomes_a_moment() {
        assert_eq!(with_moments("sort=number&page=5"), "sort=number&page=5");
        let query = with_moments("created_from={-2}&created_to={-1}");
        let moments: Vec<&str> = query.split(['=', '&']).skip(1).step_by(2).collect();
        assert!(moments.iter().all(|moment| moment.parse::<kernel::Timestamp>().is_ok()), "{query}");
        assert!(moments[0] < moments[1]);
    }
}
