//! Group commit beside one transaction a message.

use crate::figures::{HEAD, Measured, count, line, percentile};
use crate::scene::{Place, Scene};
use anyhow::{Result, ensure};
use chat::{Append, Author, ClientMessageId, Content, ContentHash, ConversationLog, MessageKind, Right, SenderKind};
use kernel::{Env, MessageId, SystemEnv};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store_seaorm::{SeaStore, StoreOptions};
use tests::database::STORES;

const SENDERS: [usize; 3] = [1, 8, 64];
/// 100 bytes, about what people write.
const WORDS: &str = "Bonjour, je n'arrive pas à ouvrir le coffre depuis ce matin ; que dois-je essayer d'abord, svp ?";
/// Transactions side by side where each message has its own: what a pool of connections would do.
const OWN_TRANSACTIONS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Group,
    Single,
}

impl Mode {
    const ALL: [Self; 2] = [Self::Single, Self::Group];

    fn apply(self, options: &mut StoreOptions) {
        if self == Self::Single {
            options.batch_rows = 1;
            options.log_shards = OWN_TRANSACTIONS;
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Group => "shared",
            Self::Single => "one a message",
        }
    }
}

/// Prints the table.
pub(crate) async fn run(rounds: usize, seconds: u64) -> Result<()> {
    let mut messages = 0;
    println!("{HEAD}");
    for store in STORES {
        let scene = Scene::over(store).await?;
        for senders in SENDERS {
            let mut cells = Mode::ALL.map(|mode| (mode, Vec::new()));
            for _ in 0..rounds {
                for (mode, cell) in &mut cells {
                    let (measured, count) = measure(&scene, *mode, senders, Duration::from_secs(seconds)).await?;
                    cell.push(measured);
                    messages += count;
                }
            }
            let cells = cells.map(|(mode, rounds)| (mode, Measured::median(&rounds)));
            for (mode, cell) in &cells {
                println!("{}", line(scene.name(), senders, mode.name(), cell, &cells[0].1));
            }
        }
    }
    println!(
        "\n{messages} messages acked and found again; none lost, doubled or with a hole. × is beside one transaction a message."
    );
    Ok(())
}

/// One cell in one round, and how many messages it wrote.
async fn measure(scene: &Scene, mode: Mode, senders: usize, length: Duration) -> Result<(Measured, u64)> {
    let store = scene.open(|options| mode.apply(options)).await?;
    let heads = ends(&store, scene).await?;
    let warmed = drive(&store, scene, senders, Duration::from_secs(1)).await?;
    let before = store.log_stats();
    let started = Instant::now();
    let mut latencies = drive(&store, scene, senders, length).await?;
    let took = started.elapsed();
    let after = store.log_stats();
    let written = (warmed.len() + latencies.len()) as u64;
    let stored = ends(&store, scene).await? - heads;
    ensure!(stored == written, "{written} messages were acked and the logs grew by {stored}");
    store.close().await;
    latencies.sort_unstable();
    let figures = Measured {
        per_second: count(latencies.len()) / took.as_secs_f64(),
        per_commit: ratio(after.rows - before.rows, after.batches - before.batches),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
    };
    Ok((figures, written))
}

/// Every sender sends, waits for its ack and sends again; gives the time of each ack.
async fn drive(store: &Arc<SeaStore>, scene: &Scene, senders: usize, length: Duration) -> Result<Vec<Duration>> {
    let until = Instant::now() + length;
    let senders: Vec<_> = (0..senders)
        .map(|number| {
            let (store, place) = (Arc::clone(store), scene.places[number % scene.places.len()]);
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < until {
                    let started = Instant::now();
                    let appended = store.append(message(place)?).await?;
                    latencies.push(started.elapsed());
                    ensure!(!appended.duplicate, "a first send was taken for a repeat");
                }
                Ok(latencies)
            })
        })
        .collect();
    let mut all = Vec::new();
    for sender in senders {
        all.extend(sender.await??);
    }
    Ok(all)
}

fn message(place: Place) -> Result<Append> {
    let id = SystemEnv.uuid();
    let name = ClientMessageId::parse(id.to_string()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let content = Content::parse(WORDS).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let author =
        Author { id: place.sender, kind: SenderKind::Customer, name: "Visitor".to_owned(), right: Right::Requester };
    Ok(Append {
        organization: place.organization,
        conversation: place.conversation,
        author,
        id: MessageId::new(id),
        hash: ContentHash::of(&content, None),
        client_message_id: name,
        content,
        kind: MessageKind::Text,
        attachments: Vec::new(),
        in_reply_to: None,
        origin: None,
    })
}

/// How many entries all logs have together: `seq` is dense, so their ends say it.
async fn ends(store: &SeaStore, scene: &Scene) -> Result<u64> {
    let places: Vec<_> = scene.places.iter().map(|place| (place.organization, place.conversation)).collect();
    let heads = store.heads(&places).await?;
    Ok(heads.iter().map(|head| head.last_seq.get()).sum())
}

#[expect(clippy::cast_precision_loss, reason = "a count of messages is far below 2^52")]
fn ratio(rows: u64, batches: u64) -> f64 {
    rows as f64 / batches.max(1) as f64
}
