//! A clock that stands still and ids that count.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::{Claim, Env, IdempotentCall, OrganizationId, Repeat, Timestamp};

/// 2024-01-15T10:30:00Z, until it is moved; ids 1, 2, 3 …
#[derive(Debug)]
pub struct FixedEnv {
    now: AtomicI64,
    next: AtomicU64,
}

impl FixedEnv {
    /// The moment at which it starts.
    pub const START: Timestamp = Timestamp::from_micros(1_705_314_600_000_000);

    /// Stands at [`Self::START`].
    pub fn new() -> Self {
        Self { now: AtomicI64::new(Self::START.as_micros()), next: AtomicU64::new(1) }
    }

    /// Lets time go by.
    pub fn pass(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.now.fetch_add(by, Ordering::SeqCst);
    }
}

impl Default for FixedEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl Env for FixedEnv {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.next.fetch_add(1, Ordering::SeqCst)))
    }
}

/// The calls that were carried out, for the stores in memory of the domains.
#[derive(Debug, Clone, Default)]
pub struct CallsInMemory(BTreeMap<CallKey, KnownCall>);

type CallKey = (OrganizationId, Uuid, &'static str, String);

#[derive(Debug, Clone)]
struct KnownCall {
    body: String,
    repeat: Repeat,
    until: Timestamp,
}

impl CallsInMemory {
    /// As [`IdempotentCalls::claim`](crate::IdempotentCalls::claim), where one transaction runs at a time.
    pub fn claim(
        &mut self,
        organization: OrganizationId,
        call: &IdempotentCall,
        resource: Uuid,
        now: Timestamp,
    ) -> Claim {
        let found = self.find(organization, call, now);
        if found == Claim::New {
            let repeat = Repeat { resource, kept: call.kept.clone() };
            let known = KnownCall { body: call.body.clone(), repeat, until: now + IdempotentCall::LIFE };
            self.0.insert(key_of(organization, call), known);
        }
        found
    }

    /// As [`IdempotentCalls::find`](crate::IdempotentCalls::find).
    pub fn find(&self, organization: OrganizationId, call: &IdempotentCall, now: Timestamp) -> Claim {
        match self.0.get(&key_of(organization, call)).filter(|known| known.until > now) {
            None => Claim::New,
            Some(known) if known.body == call.body => Claim::Repeat(known.repeat.clone()),
            Some(_) => Claim::OtherBody,
        }
    }
}

fn key_of(organization: OrganizationId, call: &IdempotentCall) -> CallKey {
    (organization, call.principal, call.operation, call.key.clone())
}
