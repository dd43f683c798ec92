//! What each person may still send, as one node knows it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chat::{Allowance, Budgets};
use kernel::{Env, OrganizationId, ParticipantId, Timestamp};

/// Budgets in memory.
pub struct LocalBudgets {
    env: Arc<dyn Env>,
    people: Mutex<People>,
}

/// No budgets at all.
pub struct Unlimited;

type Person = (OrganizationId, ParticipantId);

/// For each person the moment at which the budget is full again; who is not in it has a full one.
struct People {
    full_at: HashMap<Person, Timestamp>,
    /// With so many remembered, those with a full budget are forgotten.
    sweep_at: usize,
    swept: Option<Timestamp>,
    most: usize,
}

impl LocalBudgets {
    /// The most people that are remembered.
    const MOST: usize = 100_000;

    /// Full budgets for everybody.
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self::with_most(env, Self::MOST)
    }

    fn with_most(env: Arc<dyn Env>, most: usize) -> Self {
        let people = People { full_at: HashMap::new(), sweep_at: People::FEW.min(most), swept: None, most };
        Self { env, people: Mutex::new(people) }
    }
}

#[async_trait]
impl Budgets for LocalBudgets {
    async fn take(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        allowance: Allowance,
    ) -> Result<(), Duration> {
        let now = self.env.now();
        self.people.lock().unwrap_or_else(PoisonError::into_inner).take((organization, person), allowance, now)
    }
}

#[async_trait]
impl Budgets for Unlimited {
    async fn take(&self, _: OrganizationId, _: ParticipantId, _: Allowance) -> Result<(), Duration> {
        Ok(())
    }
}

impl People {
    /// So few are not worth looking through.
    const FEW: usize = 1_024;
    /// Nor again so soon, when nobody could be forgotten.
    const REST: Duration = Duration::from_millis(100);

    fn take(&mut self, person: Person, allowance: Allowance, now: Timestamp) -> Result<(), Duration> {
        let each = allowance.within / allowance.count.max(1);
        let mut full_at = now;
        if let Some(known) = self.full_at.get_mut(&person) {
            // A clock that was set back must not make somebody wait for the time that it lost.
            *known = (*known).min(now + allowance.within);
            full_at = now.max(*known);
        }
        let over = (full_at.since(now) + each).saturating_sub(allowance.within);
        if !over.is_zero() {
            return Err(over);
        }
        self.make_room(&person, now).map_err(|()| each)?;
        self.full_at.insert(person, full_at + each);
        Ok(())
    }

    /// Forgets those whose budget is full, each time that twice as many have come.
    fn make_room(&mut self, person: &Person, now: Timestamp) -> Result<(), ()> {
        if self.full_at.len() < self.sweep_at || self.full_at.contains_key(person) {
            return Ok(());
        }
        if self.full_at.len() >= self.most && self.swept.is_some_and(|at| at <= now && now.since(at) < Self::REST) {
            return Err(());
        }
        self.swept = Some(now);
        self.full_at.retain(|_, at| *at > now);
        self.sweep_at = (self.full_at.len() * 2).max(Self::FEW).min(self.most);
        self.full_at.shrink_to(self.sweep_at);
        if self.full_at.len() < self.most { Ok(()) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{UserId, testing::FixedEnv};
    use uuid::Uuid;

    use super::*;

    const TWENTY: Allowance = Allowance { count: 20, within: Duration::from_secs(10) };

    fn budgets() -> (LocalBudgets, Arc<FixedEnv>) {
        let env = Arc::new(FixedEnv::new());
        (LocalBudgets::new(env.clone()), env)
    }

    fn here() -> OrganizationId {
        OrganizationId::new(Uuid::from_u128(1))
    }

    fn person(n: u128) -> ParticipantId {
        UserId::new(Uuid::from_u128(n)).into()
    }

    #[tokio::test]
    async fn a_burst_of_all_is_let_through_and_then_one_at_a_time() {
        let (budgets, env) = budgets();
        for _ in 0..20 {
            budgets.take(here(), person(1), TWENTY).await.unwrap();
        }
        assert_eq!(budgets.take(here(), person(1), TWENTY).await, Err(Duration::from_millis(500)));
        env.pass(Duration::from_millis(499));
        assert_eq!(budgets.take(here(), person(1), TWENTY).await, Err(Duration::from_millis(1)), "no time was added");
        env.pass(Duration::from_millis(1));
        budgets.take(here(), person(1), TWENTY).await.unwrap();
        assert!(budgets.take(here(), person(1), TWENTY).await.is_err());
        env.pass(Duration::from_secs(10));
        for _ in 0..20 {
            budgets.take(here(), person(1), TWENTY).await.unwrap();
        }
        assert!(budgets.take(here(), person(1), TWENTY).await.is_err(), "rest does not add up to more than all");
    }

    #[tokio::test]
    async fn each_person_of_each_organisation_has_a_budget() {
        let (budgets, _) = budgets();
        let one = Allowance { count: 1, within: Duration::from_secs(10) };
        budgets.take(here(), person(1), one).await.unwrap();
        assert!(budgets.take(here(), person(1), one).await.is_err());
        budgets.take(here(), person(2), one).await.unwrap();
        budgets.take(OrganizationId::new(Uuid::from_u128(2)), person(1), one).await.unwrap();
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_makes_nobody_wait_for_the_time_it_lost() {
        let env = Arc::new(FixedEnv::new());
        let mut people = LocalBudgets::new(env.clone()).people.into_inner().unwrap();
        let (who, now) = ((here(), person(1)), env.now());
        people.take(who, TWENTY, now + Duration::from_hours(1)).unwrap();
        let wait = people.take(who, TWENTY, now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(500));
        people.take(who, TWENTY, now + wait).unwrap();
    }

    #[tokio::test]
    async fn no_more_people_are_remembered_than_the_bound_and_nobody_goes_uncounted() {
        let env = Arc::new(FixedEnv::new());
        let budgets = LocalBudgets::with_most(env.clone(), 2_000);
        for n in 0..2_000 {
            budgets.take(here(), person(n), TWENTY).await.unwrap();
        }
        assert!(budgets.take(here(), person(5_000), TWENTY).await.is_err());
        budgets.take(here(), person(7), TWENTY).await.unwrap();
        env.pass(Duration::from_secs(1));
        budgets.take(here(), person(5_000), TWENTY).await.unwrap();
        let people = budgets.people.lock().unwrap();
        assert_eq!(people.full_at.len(), 1, "who has a full budget is forgotten");
        assert!(people.full_at.capacity() < 4_000);
    }
}
