use super::client::{Client, Habits, Order};
use super::recorder::{Counters, Recorder};
use super::{Random, entry};
use crate::checker::{History, Log};
use crate::people::{Person, Visitor};
use crate::rest::Rest;
use crate::server::Server;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

/// How much of what.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Conversations, each between a visitor and a member of the staff.
    pub conversations: usize,
    /// Connections of each of the two people in a conversation.
    pub connections_each: usize,
    /// How many of these send; the others only watch.
    pub writers_each: usize,
    /// Sends go out in clumps, so that a fault that follows one always finds some under way.
    pub tick: Duration,
    /// Sends in a clump.
    pub sends_a_tick: usize,
    /// Decides who sends when; the processes' own timing stays their own.
    pub seed: u64,
}

/// A client's place in a load.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    /// Its number, from 0 over the whole load.
    pub client: usize,
    /// Its number among those of its conversation, from 0.
    pub place: usize,
    /// Whether it sends.
    pub writes: bool,
}

/// How a client reaches the server, and lives.
#[derive(Debug, Clone)]
pub struct Way {
    /// The server's address as the client knows it: its own, or a proxy's.
    pub base: String,
    /// How the client lives.
    pub habits: Habits,
}

/// Many clients under way, and what they have seen.
#[derive(Debug)]
pub struct Load {
    recorder: Arc<Recorder>,
    rooms: Vec<Room>,
    clients: Vec<Started>,
    ticker: Option<JoinHandle<()>>,
    ticks: watch::Receiver<u64>,
    tick: watch::Sender<u64>,
}

/// What a load left, for the checker.
#[derive(Debug)]
pub struct Remains {
    /// What the clients did and saw, and what is stored.
    pub history: History,
    /// What happened how often.
    pub counters: Counters,
}

#[derive(Debug)]
struct Room {
    visitor: Visitor,
    staff: Person,
}

#[derive(Debug)]
struct Started {
    client: Arc<Client>,
    writes: bool,
    conversation: String,
    orders: UnboundedSender<Order>,
    task: JoinHandle<()>,
}

impl Load {
    /// Opens the conversations and waits until every client is live; nobody sends yet.
    pub async fn start(server: &Server, volume: &Volume, way: impl Fn(Seat) -> Way) -> Self {
        let recorder = Arc::new(Recorder::default());
        let rooms = rooms(server, volume).await;
        let clients = start_clients(volume, &rooms, &recorder, way);
        let (tick, ticks) = watch::channel(0);
        let load = Self { recorder, rooms, clients, ticker: None, ticks, tick };
        assert!(load.live_within(Duration::from_mins(1)).await, "only {} clients came live in 60 s", load.live());
        load
    }

    /// A server's own clients: as they come, with these habits.
    pub async fn plain(server: &Server, volume: &Volume, habits: Habits) -> Self {
        let base = server.base().to_owned();
        Self::start(server, volume, |_| Way { base: base.clone(), habits: habits.clone() }).await
    }

    /// From now on somebody sends at each tick, instead of what was sent before; `order` says what a chosen client is
    /// to do.
    pub async fn send(&mut self, volume: &Volume, order: impl Fn(&mut Random) -> Order + Send + 'static) {
        self.hush().await;
        let writers = self.clients.iter().filter(|one| one.writes);
        let writers: Vec<_> = writers.map(|one| (Arc::clone(&one.client), one.orders.clone())).collect();
        let (period, sends, tick) = (volume.tick, volume.sends_a_tick, self.tick.clone());
        let mut random = Random::from_seed(volume.seed);
        self.ticker = Some(tokio::spawn(async move {
            let mut clock = interval(period);
            loop {
                clock.tick().await;
                for _ in 0..sends {
                    let (client, orders) = &writers[random.below(writers.len())];
                    client.order(orders, order(&mut random));
                }
                tick.send_modify(|count| *count += 1);
            }
        }));
    }

    /// Waits for so many clumps of sends from now.
    pub async fn ticks(&mut self, count: u64) {
        self.ticks.borrow_and_update();
        for _ in 0..count {
            self.ticks.changed().await.expect("the load holds the other end");
        }
    }

    /// Nobody sends any more.
    pub async fn hush(&mut self) {
        if let Some(ticker) = self.ticker.take() {
            ticker.abort();
            // Its end by our own hand is no error.
            let _ = ticker.await;
        }
    }

    /// One client is to do something.
    pub fn order(&self, client: usize, order: Order) {
        let one = &self.clients[client];
        one.client.order(&one.orders, order);
    }

    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// How many clients have all there is, on a connection that they take for sound.
    pub fn live(&self) -> usize {
        self.clients.iter().filter(|one| one.client.is_live()).count()
    }

    /// Waits until every client is live; whether they were in time.
    pub async fn live_within(&self, within: Duration) -> bool {
        self.reached(within, || self.live() == self.len()).await
    }

    /// The clients that wait for an answer.
    pub fn waiting(&self) -> Vec<usize> {
        let waiting = self.clients.iter().filter(|one| !one.client.is_answered());
        waiting.map(|one| one.client.number()).collect()
    }

    /// Where each conversation ends, as far as any client has come.
    pub fn ends(&self) -> BTreeMap<String, i64> {
        let mut ends = BTreeMap::new();
        for one in &self.clients {
            let end = ends.entry(one.conversation.clone()).or_default();
            *end = one.client.position().max(*end);
        }
        ends
    }

    /// The clients that have not come so far.
    pub fn behind(&self, ends: &BTreeMap<String, i64>) -> Vec<usize> {
        let behind = self.clients.iter().filter(|one| one.client.position() < ends[&one.conversation]);
        behind.map(|one| one.client.number()).collect()
    }

    /// Waits for something; whether it came in time.
    pub async fn reached(&self, within: Duration, reached: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + within;
        while !reached() {
            if Instant::now() > deadline || self.clients.iter().any(|one| one.task.is_finished()) {
                return reached();
            }
            sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// What the clients take down.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// A conversation of the load, as its visitor.
    pub fn visitor(&self, conversation: usize) -> &Visitor {
        &self.rooms[conversation].visitor
    }

    /// The ids of its conversations.
    pub fn conversations(&self) -> impl Iterator<Item = &str> {
        self.rooms.iter().map(|room| room.visitor.conversation.as_str())
    }

    /// How long everybody may take to get what is missing: a swallowed hint is repaired after 10 s.
    pub const PATIENCE: Duration = Duration::from_secs(45);

    /// Nobody sends any more; everybody gets what is missing, in a time that is given twice: for answers, and for
    /// entries. Then what is stored is read, and the clients leave. What is missing then is the checker's to name.
    pub async fn finish(mut self, patience: Duration) -> Remains {
        self.hush().await;
        self.reached(patience, || self.live() == self.len() && self.waiting().is_empty()).await;
        let logs = self.read_logs().await;
        let ends = logs.iter().map(|(conversation, log)| (conversation.clone(), i64::try_from(log.len()).unwrap_or(0)));
        let ends = ends.collect();
        self.reached(patience, || self.behind(&ends).is_empty()).await;
        let subscribed = self.clients.iter().map(|one| (one.client.number(), one.conversation.clone())).collect();
        for one in self.clients {
            drop(one.orders);
            one.task.await.expect("a client of the storm panicked");
        }
        let (events, counters) = self.recorder.take();
        Remains { history: History { events, logs, subscribed }, counters }
    }

    async fn read_logs(&self) -> BTreeMap<String, Log> {
        let mut logs = BTreeMap::new();
        for room in &self.rooms {
            let conversation = &room.visitor.conversation;
            let log = room.staff.rest.all_messages(conversation).await.iter().map(entry).collect();
            logs.insert(conversation.clone(), log);
        }
        logs
    }
}

/// A member of the staff answers in every fourth conversation, so that nobody has more connections than one may.
async fn rooms(server: &Server, volume: &Volume) -> Vec<Room> {
    let mut staff = Vec::new();
    for name in ["agent", "agent2", "supervisor", "admin"] {
        staff.push(server.sign_in(name).await);
    }
    let mut rooms = Vec::new();
    for index in 0..volume.conversations {
        let visitor = server.visitor(&format!("Visitor {index}"), None).await;
        rooms.push(Room { visitor, staff: staff[index % staff.len()].clone() });
    }
    rooms
}

fn start_clients(volume: &Volume, rooms: &[Room], recorder: &Arc<Recorder>, way: impl Fn(Seat) -> Way) -> Vec<Started> {
    let mut callers: HashMap<String, Rest> = HashMap::new();
    let mut clients = Vec::new();
    for room in rooms {
        let conversation = &room.visitor.conversation;
        let people = [&room.visitor.rest, &room.staff.rest];
        for place in 0..2 * volume.connections_each {
            let (rest, of_person) = (people[place / volume.connections_each], place % volume.connections_each);
            let seat = Seat { client: clients.len(), place, writes: of_person < volume.writers_each };
            let Way { base, habits } = way(seat);
            // A caller is costly to make, and a thousand clients may share one.
            let rest = callers.entry(base.clone()).or_insert_with(|| Rest::new(&base)).with_token(rest.token());
            let url = format!("{}/api/v1/realtime", base.replacen("http", "ws", 1));
            let client = Arc::new(Client::new(seat.client, &url, &rest, conversation, habits, recorder));
            let (orders, receiver) = unbounded_channel();
            let task = tokio::spawn(Arc::clone(&client).run(receiver));
            clients.push(Started { client, writes: seat.writes, conversation: conversation.clone(), orders, task });
        }
    }
    clients
}
