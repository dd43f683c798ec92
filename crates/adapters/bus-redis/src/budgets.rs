//! What each person may still send, as all nodes know it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chat::{Allowance, Budgets};
use kernel::{OrganizationId, ParticipantId};
use redis::Script;
use tokio::time::timeout;

use crate::{RedisBus, connection::Current};

/// Budgets in Redis, by Redis's clock; while it cannot be reached, those of this node.
pub struct RedisBudgets {
    current: Current,
    installation: String,
    own: Arc<dyn Budgets>,
    take: Script,
}

/// The generic cell rate algorithm over one moment a person, in microseconds: when the budget is full again. Answers
/// 0, or how long to wait; what is refused writes nothing. A clock that was set back makes nobody wait longer than
/// the whole allowance takes. The number is written out, because Lua would round it.
const TAKE: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local each, within = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at < now then full_at = now end
if full_at > now + within then full_at = now + within end
local over = full_at - now + each - within
if over > 0 then return over end
full_at = full_at + each
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
return 0
";

impl RedisBudgets {
    /// How long Redis is waited for, before this node decides by itself.
    pub const PATIENCE: Duration = Duration::from_millis(50);

    /// Budgets over the connection of a bus; `own` counts too, and decides when Redis does not answer.
    pub fn new(bus: &RedisBus, installation: &str, own: Arc<dyn Budgets>) -> Self {
        Self { current: bus.current(), installation: installation.to_owned(), own, take: Script::new(TAKE) }
    }

    /// What Redis says; nothing when it says nothing in time.
    async fn ask(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        allowance: Allowance,
    ) -> Option<Result<(), Duration>> {
        let mut connection = self.current.borrow().clone()?;
        let each = allowance.within / allowance.count.max(1);
        let mut call = self.take.key(format!("guichet:{}:budget:{organization}:{person}", self.installation));
        call.arg(micros(each)).arg(micros(allowance.within));
        let over: u64 = timeout(Self::PATIENCE, call.invoke_async(&mut connection)).await.ok()?.ok()?;
        Some(if over == 0 { Ok(()) } else { Err(Duration::from_micros(over)) })
    }
}

#[async_trait]
impl Budgets for RedisBudgets {
    async fn take(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        allowance: Allowance,
    ) -> Result<(), Duration> {
        match self.ask(organization, person, allowance).await {
            Some(Ok(())) => {
                // Counted here too, so that nobody starts afresh when Redis goes; what this node would say is not
                // asked now.
                let _ = self.own.take(organization, person, allowance).await;
                Ok(())
            }
            Some(Err(wait)) => Err(wait),
            None => {
                metrics::counter!("guichet_budgets_alone_total").increment(1);
                self.own.take(organization, person, allowance).await
            }
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
