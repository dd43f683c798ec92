mod memory;
mod twin;

use super::{Random, entry, recorder::Happening, recorder::Recorder};
use crate::checker::{Event, Kind};
use crate::people::{number, text};
use crate::rest::Rest;
use crate::socket::{Read, Socket, send_frame};
use anyhow::{Context, Result, bail};
use memory::{Memory, Pending};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// What the storm asks of a client. The end of the channel asks it to leave.
#[derive(Debug, Clone, Copy)]
pub enum Order {
    /// Send one message.
    Send,
    /// Go without a word, and come back.
    Reconnect,
    /// Send one message, go without a word before its answer can come, send it again over REST, and come back.
    FailOver,
}

/// No answer for so long: the connection is taken for dead.
const ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// No frame of a replay for so long: the same.
const REPLAY_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two tries to connect.
const PAUSE: Duration = Duration::from_millis(50);

/// How a client lives; the default is a plain client of the contract.
#[derive(Debug, Clone, Default)]
pub struct Habits {
    /// Asks for a sign of life after half of this silence, and takes the connection for dead after all of it.
    pub silence: Option<Duration>,
    /// How many in a hundred sends go out more than once.
    pub copied_percent: u64,
    /// Those go out 2 to so many times.
    pub copies: u64,
    /// Each send is made over REST too, at the same time.
    pub twice_over_rest: bool,
    /// Contents have up to so many bytes; 0 is a few words.
    pub bytes: u64,
    /// Takes down how long each message of the load took from its sender to here.
    pub timed: bool,
    /// Decides what is at random.
    pub seed: u64,
}

/// One connection's owner: it comes back after each cut, with its position and its unanswered sends.
#[derive(Debug)]
pub(crate) struct Client {
    number: usize,
    url: String,
    rest: Rest,
    conversation: String,
    habits: Habits,
    recorder: Arc<Recorder>,
    random: Mutex<Random>,
    live: AtomicBool,
    /// Orders that were given and not carried out yet.
    ordered: AtomicUsize,
    unanswered: AtomicUsize,
    position: AtomicI64,
}

impl Client {
    /// `rest` is the person, `url` the way to the native protocol.
    pub(crate) fn new(
        number: usize,
        url: &str,
        rest: &Rest,
        conversation: &str,
        habits: Habits,
        recorder: &Arc<Recorder>,
    ) -> Self {
        Self {
            number,
            url: url.to_owned(),
            rest: rest.clone(),
            conversation: conversation.to_owned(),
            random: Mutex::new(Random::from_seed(habits.seed ^ number as u64)),
            habits,
            recorder: Arc::clone(recorder),
            live: AtomicBool::new(false),
            ordered: AtomicUsize::new(0),
            unanswered: AtomicUsize::new(0),
            position: AtomicI64::new(0),
        }
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live.load(Ordering::Relaxed)
    }

    /// Whether it has done all it was told to, and every send has its answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.ordered.load(Ordering::SeqCst) == 0 && self.unanswered.load(Ordering::SeqCst) == 0
    }

    /// Gives it an order by way of `orders`.
    pub(crate) fn order(&self, orders: &UnboundedSender<Order>, order: Order) {
        self.ordered.fetch_add(1, Ordering::SeqCst);
        // A client that has ended is noticed when it is joined.
        let _ = orders.send(order);
    }

    /// The place up to which it has all there is.
    pub(crate) fn position(&self) -> i64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Lives until the orders end.
    pub(crate) async fn run(self: Arc<Self>, mut orders: UnboundedReceiver<Order>) {
        let mut memory = Memory::default();
        loop {
            let ended = self.connection(&mut memory, &mut orders).await;
            let unheard = memory.cut();
            self.recorder.count(|counters| counters.unheard += unheard);
            if self.live.swap(false, Ordering::Relaxed) {
                self.event(Kind::Disconnect);
            }
            match ended {
                Ok(()) => return,
                // A server that was killed is the point of the storm; what it broke is the checker's to find.
                Err(_) if orders.is_closed() && orders.is_empty() => return,
                Err(_) => sleep(PAUSE).await,
            }
            self.recorder.count(|counters| counters.reconnects += 1);
        }
    }

    /// One connection: back to the position, then the unanswered sends, then whatever comes.
    async fn connection(&self, memory: &mut Memory, orders: &mut UnboundedReceiver<Order>) -> Result<()> {
        let mut socket = timeout(ACK_TIMEOUT, Socket::connect(&self.url, self.rest.token())).await??;
        memory.epoch = socket.welcome["epoch"].clone();
        self.resume(&mut socket, memory).await?;
        self.live.store(true, Ordering::Relaxed);
        self.recorder.moment(self.number, Happening::Live);
        let mut again: Option<Instant> = None;
        self.send_all(&mut socket, memory).await?;
        let mut deadline = Instant::now() + ACK_TIMEOUT;
        let (mut heard, mut asked) = (Instant::now(), false);
        loop {
            if memory.pending.is_empty() {
                deadline = Instant::now() + ACK_TIMEOUT;
            }
            tokio::select! {
                order = orders.recv() => {
                    let Some(order) = order else {
                        socket.close().await;
                        return Ok(());
                    };
                    let invoked = match order {
                        Order::Send | Order::FailOver => self.invoke(&mut socket, memory).await,
                        Order::Reconnect => Ok(()),
                    };
                    self.ordered.fetch_sub(1, Ordering::SeqCst);
                    invoked?;
                    if !matches!(order, Order::Send) {
                        socket.reset();
                        if matches!(order, Order::FailOver) {
                            self.settle_over_rest(memory, &self.rest).await?;
                        }
                        bail!("gone as ordered");
                    }
                }
                read = socket.next_frame() => {
                    (heard, asked) = (Instant::now(), false);
                    let answers = self.take(&mut socket, memory, read?).await?;
                    if let Some(pause) = answers.again {
                        again.get_or_insert(Instant::now() + pause);
                    }
                    if answers.any {
                        deadline = Instant::now() + ACK_TIMEOUT;
                    }
                }
                () = sleep_until(again.unwrap_or(deadline)), if again.is_some() => {
                    again = None;
                    self.send_all(&mut socket, memory).await?;
                }
                () = sleep_until(deadline), if !memory.pending.is_empty() => bail!("no answer for {ACK_TIMEOUT:?}"),
                () = silent(heard, self.habits.silence, asked) => {
                    if asked {
                        bail!("not a word for {:?}", self.habits.silence);
                    }
                    asked = true;
                    socket.try_send(&json!({ "type": "ping" })).await?;
                }
            }
        }
    }

    /// Subscribes from the position and takes the replay up to `live`.
    async fn resume(&self, socket: &mut Socket, memory: &mut Memory) -> Result<()> {
        socket
            .try_send(&json!({
                "type": "subscribe",
                "conversation_id": self.conversation,
                "epoch": memory.epoch,
                "after_seq": memory.position,
            }))
            .await?;
        loop {
            let frame = self.expect_frame(timeout(REPLAY_TIMEOUT, socket.next_frame()).await??)?;
            match text(&frame["type"]) {
                "subscribed" => self.event(Kind::Subscribe { after: memory.position }),
                "live" => return Ok(()),
                // The server cannot answer at this moment.
                "error" => bail!("not subscribed: {frame}"),
                _ => {
                    self.take(socket, memory, Read::Frame(frame)).await?;
                }
            }
        }
    }

    /// A new message; it goes out at once, unless an earlier one has to go out again first.
    async fn invoke(&self, socket: &mut Socket, memory: &mut Memory) -> Result<()> {
        memory.sends += 1;
        let id = format!("c{}-{}", self.number, memory.sends);
        let words = match self.habits.bytes {
            0 => memory.sends % 40,
            most => usize::try_from(self.draw(0, most / 4)).unwrap_or(0),
        };
        let content = format!("{id} {}", "mot ".repeat(words)).trim_end().to_owned();
        self.recorder.sending(&id);
        self.event(Kind::Invoke { id: id.clone(), content: content.clone() });
        self.recorder.count(|counters| counters.sent += 1);
        // What was refused for now goes first: a later send that overtakes it would break the client's own order.
        let blocked = memory.pending.iter().any(|pending| pending.in_flight.is_none());
        memory.pending.push_back(Pending { id, content, tried: false, in_flight: None });
        self.unanswered.store(memory.pending.len(), Ordering::SeqCst);
        let last = memory.pending.back_mut().context("just pushed")?;
        let sent = if blocked { Ok(()) } else { self.send(socket, last).await };
        if self.habits.twice_over_rest {
            self.send_over_rest(&self.rest, &last.id, &last.content).await?;
        }
        sent
    }

    /// Everything that is not under way once more, oldest first, with the same ids.
    async fn send_all(&self, socket: &mut Socket, memory: &mut Memory) -> Result<()> {
        for pending in memory.pending.iter_mut().filter(|pending| pending.in_flight.is_none()) {
            self.send(socket, pending).await?;
        }
        Ok(())
    }

    async fn send(&self, socket: &mut Socket, pending: &mut Pending) -> Result<()> {
        if std::mem::replace(&mut pending.tried, true) {
            self.recorder.count(|counters| counters.resent += 1);
        }
        pending.in_flight = Some(std::time::Instant::now());
        let copied = self.habits.copies > 1 && self.draw(1, 100) <= self.habits.copied_percent;
        for _ in 0..if copied { self.draw(2, self.habits.copies) } else { 1 } {
            socket.try_send(&send_frame(&self.conversation, &pending.id, &pending.content)).await?;
        }
        Ok(())
    }

    /// Takes one frame.
    async fn take(&self, socket: &mut Socket, memory: &mut Memory, read: Read) -> Result<Answers> {
        let frame = self.expect_frame(read)?;
        match text(&frame["type"]) {
            "message" if frame["conversation_id"] == self.conversation.as_str() => {
                let entry = entry(&frame["message"]);
                let seq = number(&frame["seq"]);
                if self.habits.timed {
                    self.recorder.delivered(self.number, &entry.content);
                }
                self.event(Kind::Receive(entry));
                self.advance(socket, memory, seq).await?;
            }
            "message" | "message_edited" | "message_deleted" => {
                self.recorder.moment(self.number, Happening::Leaked(frame.to_string()));
            }
            "ack" => {
                let (id, seq) = (text(&frame["client_message_id"]).to_owned(), number(&frame["seq"]));
                let duplicate = frame["duplicate"] == json!(true);
                if let Some(sent) = memory.find(&id).and_then(|pending| pending.in_flight) {
                    self.recorder.moment(self.number, Happening::Acked(sent.elapsed()));
                }
                self.answered(memory, &id);
                self.recorder.count(|counters| {
                    counters.acked += 1;
                    counters.duplicates += usize::from(duplicate);
                });
                let message_id = text(&frame["message_id"]).to_owned();
                self.event(Kind::Ack { id, message_id, seq, duplicate });
                self.advance(socket, memory, seq).await?;
                return Ok(Answers { any: true, again: None });
            }
            "nack" if memory.find(text(&frame["client_message_id"])).is_none() => {
                // A copy's refusal after the answer that settled it says nothing new, but the server now waits for the
                // copy to come again before it takes later sends.
                let (conversation, id) = (&self.conversation, &frame["client_message_id"]);
                let abandon = json!({ "type": "abandon", "conversation_id": conversation, "client_message_id": id });
                socket.try_send(&abandon).await?;
            }
            "nack" => return Ok(self.nacked(memory, &frame)),
            "reset" => {
                self.recorder.count(|counters| counters.resets += 1);
                memory.position = 0;
                bail!("the position was not honoured: {frame}");
            }
            _ => {}
        }
        Ok(Answers::default())
    }

    fn nacked(&self, memory: &mut Memory, frame: &Value) -> Answers {
        let (id, code) = (text(&frame["client_message_id"]).to_owned(), text(&frame["code"]).to_owned());
        let Some(pending) = memory.find(&id) else { return Answers::default() };
        let after = pending.in_flight.take().map(|sent| sent.elapsed());
        let unknown = usize::from(code == "unknown");
        if let Some(after) = after {
            self.recorder.moment(self.number, Happening::Nacked(code, after));
        }
        if frame["retry"] == json!(true) {
            self.recorder.count(|counters| {
                counters.asked_again += 1;
                counters.unknown += unknown;
            });
            let pause = frame["retry_after_ms"].as_u64().unwrap_or(100);
            return Answers { any: true, again: Some(Duration::from_millis(pause)) };
        }
        self.answered(memory, &id);
        self.event(Kind::Refuse { id });
        Answers { any: true, again: None }
    }

    /// Dense: the next one is applied, an earlier one dropped, a later one makes the client ask again.
    async fn advance(&self, socket: &mut Socket, memory: &mut Memory, seq: i64) -> Result<()> {
        if seq == memory.position + 1 {
            memory.position = seq;
            self.position.store(seq, Ordering::Relaxed);
        } else if seq > memory.position {
            self.recorder.count(|counters| counters.gaps_repaired += 1);
            let frame = json!({
                "type": "subscribe",
                "conversation_id": self.conversation,
                "epoch": memory.epoch,
                "after_seq": memory.position,
            });
            socket.try_send(&frame).await?;
            self.event(Kind::Subscribe { after: memory.position });
        }
        Ok(())
    }

    fn draw(&self, low: u64, high: u64) -> u64 {
        self.random.lock().expect("no draw panics").between(low, high)
    }

    fn answered(&self, memory: &mut Memory, id: &str) {
        memory.pending.retain(|pending| pending.id != id);
        self.unanswered.store(memory.pending.len(), Ordering::SeqCst);
    }

    fn event(&self, kind: Kind) {
        self.recorder.event(Event { client: self.number, conversation: self.conversation.clone(), kind });
    }

    fn expect_frame(&self, read: Read) -> Result<Value> {
        match read {
            Read::Frame(frame) => Ok(frame),
            Read::Closed(code) => {
                self.recorder.moment(self.number, Happening::Closed(code));
                bail!("closed with {code}")
            }
        }
    }
}

/// What a frame settled.
#[derive(Debug, Default)]
struct Answers {
    /// Whether it was the answer to a send.
    any: bool,
    /// The pause after which unanswered sends go out again, when the server asks for that.
    again: Option<Duration>,
}

/// Ends when it is time to ask for a sign of life, or, once asked, to give up.
async fn silent(heard: Instant, silence: Option<Duration>, asked: bool) {
    match silence {
        Some(silence) if asked => sleep_until(heard + silence).await,
        Some(silence) => sleep_until(heard + silence / 2).await,
        None => std::future::pending().await,
    }
}
