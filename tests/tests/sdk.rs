//! The browser's own SDK against the real server, through a line that is cut, delayed and sliced: nothing is lost,
//! nothing doubled, nothing out of order.
//!
//! A run is a visitor and an agent who write to each other for a second or two, each at a page of the SDK, while the
//! line between them and the server suffers what the run's seed says. Then the line is whole again, and what both
//! pages hold and what the server keeps must be what was written. `GUICHET_SDK_RUNS` says how many runs each store
//! has, `GUICHET_SDK_SEED` the first seed; a failing one is named and repeats the same orders and faults, though not
//! the machine's own timing.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test")]

use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::faults::proxy::{Connection, End, Flow, Proxy, Weather};
use tests::over_both_stores;
use tests::people::{ORGANIZATION, Person, number, text};
use tests::rest::Rest;
use tests::server::Server;
use tests::storm::Random;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

/// Runs that go on side by side.
const AT_ONCE: usize = 30;

/// More than a run ever takes: its pages give up earlier and say why.
const PATIENCE: Duration = Duration::from_mins(2);

over_both_stores!(the_sdk_loses_doubles_and_disorders_nothing_on_a_bad_line);

async fn the_sdk_loses_doubles_and_disorders_nothing_on_a_bad_line(store: Store) {
    let (runs, first) = (setting("GUICHET_SDK_RUNS", 50), setting("GUICHET_SDK_SEED", 1));
    let server = Server::over(store).await;
    let mut agents = Vec::new();
    for name in ["agent", "agent2", "supervisor", "admin"] {
        agents.push(server.sign_in(name).await);
    }
    // One client for all: making one reads the machine's certificates, and holds up those that run.
    let (sdk, public, started) = (Sdk::start(), server.rest(), Instant::now());
    let all = futures_util::stream::iter(first..first + runs).map(|seed| {
        let agent = &agents[usize::try_from(seed).unwrap_or(0) % agents.len()];
        let run = run((&server, &public), agent, &sdk, seed);
        async move { (seed, run.await) }
    });
    let all: Vec<(u64, Result<Figures, String>)> = all.buffer_unordered(AT_ONCE).collect().await;
    let mut total = Figures::default();
    let mut wrong = Vec::new();
    for (seed, outcome) in all {
        match outcome {
            Ok(figures) => total.add(&figures),
            Err(what) => wrong.push(format!("GUICHET_SDK_SEED={seed} GUICHET_SDK_RUNS=1: {what}")),
        }
    }
    eprintln!("{store:?}: {runs} runs from seed {first} in {:?}: {total:?}", started.elapsed());
    assert!(wrong.is_empty(), "{} of {runs} runs\n{}", wrong.len(), wrong.join("\n"));
    // What was drawn must also have happened, over a few dozen runs in each of its forms.
    if runs >= 50 {
        for (what, count) in total.faults() {
            assert!(count > 0, "no line was {what}");
        }
    }
}

/// What happened, over all runs.
#[derive(Debug, Default)]
struct Figures {
    runs: u64,
    messages: u64,
    /// Lines that were reset or closed, at once or after so many bytes.
    cut: u64,
    /// Lines that carried something byte by byte.
    sliced: u64,
    /// Lines that carried something late.
    late: u64,
    /// Lines on which nothing moved for a while.
    frozen: u64,
    /// Sockets that ended without the SDK's wish, as it saw them.
    sockets_lost: u64,
    /// Pages that were loaded anew.
    reloads: u64,
    /// Times at which a page went on without sockets.
    rest: u64,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.runs += 1;
        self.messages += other.messages;
        self.cut += other.cut;
        self.sliced += other.sliced;
        self.late += other.late;
        self.frozen += other.frozen;
        self.sockets_lost += other.sockets_lost;
        self.reloads += other.reloads;
        self.rest += other.rest;
    }

    fn faults(&self) -> [(&'static str, u64); 4] {
        [("cut", self.cut), ("sliced", self.sliced), ("late", self.late), ("frozen", self.frozen)]
    }
}

async fn run((server, public): (&Server, &Rest), agent: &Person, sdk: &Sdk, seed: u64) -> Result<Figures, String> {
    let opened = open(public).await;
    let conversation = text(&opened["conversation"]["id"]);
    let people = opened["conversation"]["participants"].as_array().expect("participants");
    let visitor = people.iter().find(|one| one["type"] == "customer").expect("the visitor takes part");
    let visitor = text(&visitor["id"]);
    let proxy = Proxy::before(server.address(), seed).await;
    let mut told = sdk.order(
        seed,
        &json!({
            "seed": seed,
            "origin": proxy.base(),
            "conversation": conversation,
            "visitor": { "token": opened["access_token"], "id": visitor },
            "agent": { "token": agent.rest.token(), "id": agent.id },
        }),
    );
    let mut harm = Harm::new(&proxy, seed);
    let written = tokio::select! {
        told = next(&mut told) => told?,
        never = harm.rage() => match never {},
    };
    if written["written"] != true {
        return Err(format!("before all was written: {written}"));
    }
    proxy.set(Weather::default());
    let outcome = next(&mut told).await?;
    if outcome.get("wrote").is_none() {
        return Err(outcome.to_string());
    }
    let wrong = outcome["wrong"].as_array().expect("a list");
    if !wrong.is_empty() {
        return Err(json!(wrong).to_string());
    }
    let kept = agent.rest.all_messages(conversation).await;
    compare(&outcome, &kept, (visitor, &agent.id))?;
    let mut figures = harm.figures();
    figures.messages = kept.len() as u64;
    figures.sockets_lost = outcome["cuts"].as_u64().expect("a count");
    figures.reloads = outcome["reloads"].as_u64().expect("a count");
    figures.rest = outcome["rest"].as_u64().expect("a count");
    if figures.cut == 0 || figures.sockets_lost == 0 {
        return Err(format!("invalid: nothing was cut: {figures:?}"));
    }
    Ok(figures)
}

/// A visitor's conversation; a machine that has too much to do may have to be asked again.
async fn open(public: &Rest) -> Value {
    let visitor = json!({ "organization": ORGANIZATION, "name": "Ana" });
    let since = Instant::now();
    loop {
        let opened = public.post("/public/conversations", &visitor).await;
        if opened.status != 503 || since.elapsed() > PATIENCE {
            return opened.expect(201);
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn next(told: &mut UnboundedReceiver<Value>) -> Result<Value, String> {
    match timeout(PATIENCE, told.recv()).await {
        Ok(Some(line)) => Ok(line),
        Ok(None) => Err("the SDK's process has ended".to_owned()),
        Err(_) => Err(format!("no word from the SDK within {PATIENCE:?}")),
    }
}

/// What was written is kept once and in its order, and both pages show just that.
fn compare(outcome: &Value, kept: &[Value], (visitor, agent): (&str, &str)) -> Result<(), String> {
    let seqs: Vec<i64> = kept.iter().map(|message| number(&message["seq"])).collect();
    let dense: Vec<i64> = (1..).take(kept.len()).collect();
    if seqs != dense {
        return Err(format!("the server's places are not dense: {seqs:?}"));
    }
    for (who, id) in [("visitor", visitor), ("agent", agent)] {
        let of_theirs = kept.iter().filter(|message| message["sender"]["id"] == id);
        let stored: Vec<&Value> = of_theirs.map(|message| &message["content"]).collect();
        let wrote: Vec<&Value> = outcome["wrote"][who].as_array().expect("a list").iter().collect();
        if stored != wrote {
            return Err(format!("the {who} wrote {wrote:?}, and kept is {stored:?}"));
        }
    }
    let truth: Vec<Value> = kept.iter().map(|message| json!([message["seq"], message["content"]])).collect();
    for who in ["visitor", "agent"] {
        if outcome["held"][who] != json!(truth) {
            return Err(format!("the {who} sees {}, and kept is {}", outcome["held"][who], json!(truth)));
        }
    }
    Ok(())
}

/// What a line suffers, by a seed, and what truly came of it.
struct Harm<'a> {
    proxy: &'a Proxy,
    random: Random,
    cut: u64,
    frozen: u64,
    /// Lines that are to be cut once they have carried so much.
    to_be_cut: Vec<(Arc<Connection>, u64)>,
    /// Lines with another weather, and what they had carried before it.
    sliced: Vec<(Arc<Connection>, u64)>,
    late: Vec<(Arc<Connection>, u64)>,
}

enum Never {}

impl<'a> Harm<'a> {
    fn new(proxy: &'a Proxy, seed: u64) -> Self {
        let random = Random::from_seed(seed);
        Self { proxy, random, cut: 0, frozen: 0, to_be_cut: vec![], sliced: vec![], late: vec![] }
    }

    /// Goes on until it is dropped.
    async fn rage(&mut self) -> Never {
        // New lines may be bad from their first byte.
        match self.random.below(4) {
            0 => self.proxy.set(Weather { slice: Some(1), ..Weather::default() }),
            1 => self.proxy.set(late(&mut self.random)),
            _ => {}
        }
        // Both pages have a line; then the first thing that happens is that both lose it.
        while self.proxy.connections().len() < 2 {
            sleep(Duration::from_millis(1)).await;
        }
        self.pause(10, 250).await;
        self.end(&self.proxy.connections(), End::Reset);
        loop {
            self.pause(20, 160).await;
            let lines = self.proxy.connections();
            if lines.is_empty() {
                continue;
            }
            let line = Arc::clone(&lines[self.random.below(lines.len())]);
            match self.random.below(8) {
                0 => self.end(&[line], End::Reset),
                1 => self.end(&[line], End::Close),
                2 => self.end(&lines, End::Reset),
                3 | 4 => {
                    let bytes = self.random.between(1, 2_500);
                    self.to_be_cut.push((Arc::clone(&line), line.carried() + bytes));
                    line.cut_after(bytes);
                }
                5 => {
                    line.set(Weather { slice: Some(1), ..Weather::default() });
                    let carried = line.carried();
                    self.sliced.push((line, carried));
                }
                6 => {
                    line.set(late(&mut self.random));
                    let carried = line.carried();
                    self.late.push((line, carried));
                }
                _ => {
                    let before = line.weather();
                    line.set(Weather { up: Flow::Frozen, down: Flow::Frozen, ..before });
                    self.frozen += 1;
                    self.pause(50, 300).await;
                    line.set(before);
                }
            }
        }
    }

    async fn pause(&mut self, least: u64, most: u64) {
        sleep(Duration::from_millis(self.random.between(least, most))).await;
    }

    fn end(&mut self, lines: &[Arc<Connection>], end: End) {
        for line in lines {
            line.end(end);
            self.cut += 1;
        }
    }

    fn figures(&self) -> Figures {
        let open = self.proxy.connections();
        let is_open = |line: &Arc<Connection>| open.iter().any(|other| Arc::ptr_eq(other, line));
        let cut_later = self.to_be_cut.iter().filter(|(line, at)| line.carried() >= *at && !is_open(line)).count();
        let met = |lines: &[(Arc<Connection>, u64)]| {
            lines.iter().filter(|(line, before)| line.carried() > *before).count() as u64
        };
        Figures {
            cut: self.cut + cut_later as u64,
            sliced: met(&self.sliced),
            late: met(&self.late),
            frozen: self.frozen,
            ..Figures::default()
        }
    }
}

fn late(random: &mut Random) -> Weather {
    let ms = Duration::from_millis;
    Weather { latency: ms(random.between(2, 60)), jitter: ms(random.between(0, 60)), ..Weather::default() }
}

/// The process that runs the SDK, for all runs of a test.
struct Sdk {
    child: Child,
    orders: Mutex<ChildStdin>,
    runs: Arc<Mutex<HashMap<u64, UnboundedSender<Value>>>>,
}

impl Sdk {
    fn start() -> Self {
        let web = xtask::tree::root().join("web");
        assert!(
            web.join("node_modules/vite").is_dir(),
            "the SDK needs its tools: `npm ci` in {} (and Node 20 or later)",
            web.display()
        );
        let mut command = Command::new("node");
        // Node 20 has sockets only when asked; later ones have them anyway.
        command.args(["--experimental-websocket", "--no-warnings", "sdk/test/live/start.mjs"]).current_dir(web);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node starts");
        let orders = Mutex::new(child.stdin.take().expect("a pipe"));
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let runs: Arc<Mutex<HashMap<u64, UnboundedSender<Value>>>> = Arc::default();
        let waiting = Arc::clone(&runs);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the SDK says {line}"));
                let seed = line["seed"].as_u64().expect("a seed");
                if let Some(run) = waiting.lock().unwrap().get(&seed) {
                    // Nobody may be listening any more.
                    let _ = run.send(line);
                }
            }
            waiting.lock().unwrap().clear();
        });
        Self { child, orders, runs }
    }

    fn order(&self, seed: u64, order: &Value) -> UnboundedReceiver<Value> {
        let (sender, receiver) = unbounded_channel();
        self.runs.lock().unwrap().insert(seed, sender);
        writeln!(self.orders.lock().unwrap(), "{order}").expect("the SDK reads");
        receiver
    }
}

impl Drop for Sdk {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name}={value}")))
}
