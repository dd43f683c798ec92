#![doc = include_str!("../README.md")]

mod chance;
mod life;
mod opening;
mod people;
mod plan;
mod rows;
mod story;
mod words;
mod writer;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use crypto_aws_lc::Bcrypt;
use identity::Passwords;
use kernel::Secret;

pub use people::{Account, People, Visitor};
pub use plan::Plan;
pub use story::{Participant, Story, Written};
use writer::Writer;

/// The password of everybody.
pub const PASSWORD: &str = "guichet-demo";

/// A password that everybody knows needs no slow hash.
const COST: u32 = 4;

/// How many requests are stored together.
const TOGETHER: usize = 2_000;

/// The consumer of the log that moves the status of requests: what is made here has moved them already.
const CONSUMER: &str = support_request::Desk::REPLIES;

/// How much was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Accounts and guests.
    pub people: u64,
    /// Requests.
    pub requests: u64,
    /// Messages.
    pub messages: u64,
    /// Entries of timelines.
    pub timeline: u64,
}

/// Makes the data of a plan in a database, which is migrated first. `report` is told now and then how many requests
/// there are.
///
/// # Errors
/// The database has this organisation already, or refuses.
pub async fn fill(url: &str, plan: &Plan, mut report: impl FnMut(u64)) -> Result<Made> {
    ensure!(plan.agents > 0 && plan.askers > 1, "there is nobody to ask, or to answer");
    store_seaorm::migrate_up(url).await?;
    let mut writer = Writer::open(url).await?;
    let found = format!("SELECT 1 FROM organization WHERE slug = '{}'", plan.slug.replace('\'', "''"));
    ensure!(!writer.finds(&found).await?, "the database has an organisation {:?} already", plan.slug);
    let postgres = writer.is_postgres();
    let people = plan.people();
    let password = identity::Password::parse(&Secret::new(PASSWORD), &[])
        .map_err(|wrong| anyhow::anyhow!("the password is refused: {}", wrong.code()))?;
    let password = Bcrypt::new(COST, 1)?.hash(&password).await?;
    writer.store(rows::people(plan, &people, password.as_str())).await?;
    let mut made = Made {
        people: (people.staff.len() + people.customers.len() + people.visitors.len()) as u64,
        ..Made::default()
    };
    let mut counters = BTreeMap::new();
    let mut stories = plan.stories(&people);
    loop {
        let some: Vec<Story> = stories.by_ref().take(TOGETHER).collect();
        if some.is_empty() {
            break;
        }
        for story in &some {
            let (day, counter) = rows::parts_of(story.request.number.as_str());
            counters.insert(day, counter);
            made.requests += 1;
            made.messages += story.messages.len() as u64;
            made.timeline += story.timeline.len() as u64;
        }
        writer.store(rows::stories(&some, postgres)).await?;
        report(made.requests);
    }
    writer.store([rows::counters(&people, counters.into_iter())]).await?;
    finish(&mut writer).await?;
    Ok(made)
}

/// Whoever follows the log begins behind what was made, and the planner knows what is there.
async fn finish(writer: &mut Writer) -> Result<()> {
    let place = if writer.is_postgres() {
        "pg_current_xact_id()::text::bigint, 0"
    } else {
        "0, coalesce((SELECT max(position) FROM entry), 0)"
    };
    let follow = format!(
        "INSERT INTO log_position (consumer, tx, tx_row) SELECT '{CONSUMER}', {place} WHERE true
         ON CONFLICT (consumer) DO UPDATE SET tx = excluded.tx, tx_row = excluded.tx_row"
    );
    writer.run(follow).await?;
    if writer.is_postgres() {
        // As it does by itself after a while.
        writer.run("VACUUM ANALYZE").await?;
    } else {
        writer.run("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    }
    Ok(())
}
