//! Who works there, and who asks.

use kernel::{Language, OrganizationId, ParticipantId, Timestamp, UserId};
use support_request::{Person, Requester};

use crate::{chance::Chance, words};

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Account {
    /// The id.
    pub id: UserId,
    /// As people are addressed.
    pub first_name: String,
    /// The family's.
    pub last_name: String,
    /// To sign in with.
    pub email: String,
    /// `customer`, `agent`, `supervisor` or `admin`.
    pub role: &'static str,
    /// The language they are answered in.
    pub language: Language,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// Somebody without one.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The id.
    pub id: ParticipantId,
    /// First and last name.
    pub name: String,
    /// Found again by it.
    pub email: String,
    /// The language they are answered in.
    pub language: Language,
    /// When they first came.
    pub created_at: Timestamp,
}

/// All of an organisation.
#[derive(Debug, Clone)]
pub struct People {
    /// The organisation.
    pub organization: OrganizationId,
    /// One admin, two supervisors, and the agents.
    pub staff: Vec<Account>,
    /// Half of those who ask.
    pub customers: Vec<Account>,
    /// The other half.
    pub visitors: Vec<Visitor>,
}

/// How many supervisors there are.
const SUPERVISORS: u64 = 2;

impl Account {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// As who answers.
    pub fn person(&self) -> Person {
        Person { id: self.id, name: self.name() }
    }
}

impl People {
    pub(crate) fn of(random: u64, slug: &str, agents: u64, askers: u64, since: Timestamp) -> Self {
        let organization = OrganizationId::new(Chance::of(random, slug, 0).uuid(since));
        let account = |kind: &'static str, role: &'static str, index: u64| {
            let mut chance = Chance::of(random, &format!("{slug}/{kind}"), index);
            let language = if chance.percent(70) { Language::Fr } else { Language::En };
            Account {
                id: UserId::new(chance.uuid(since)),
                first_name: (*chance.pick(words::FIRST)).to_owned(),
                last_name: (*chance.pick(words::LAST)).to_owned(),
                email: if kind == "admin" {
                    format!("admin@{slug}.test")
                } else {
                    format!("{kind}{index}@{slug}.test")
                },
                role,
                language,
                created_at: since,
            }
        };
        let mut staff = vec![account("admin", "admin", 0)];
        staff.extend((0..SUPERVISORS).map(|index| account("supervisor", "supervisor", index)));
        staff.extend((0..agents).map(|index| account("agent", "agent", index)));
        let visitor = |index: u64| {
            let mut chance = Chance::of(random, &format!("{slug}/visitor"), index);
            let language = if chance.percent(70) { Language::Fr } else { Language::En };
            Visitor {
                id: ParticipantId::new(chance.uuid(since)),
                name: format!("{} {}", chance.pick(words::FIRST), chance.pick(words::LAST)),
                email: format!("visiteur{index}@exemple.test"),
                language,
                created_at: since,
            }
        };
        Self {
            organization,
            staff,
            customers: (0..askers.div_ceil(2)).map(|index| account("customer", "customer", index)).collect(),
            visitors: (0..askers / 2).map(visitor).collect(),
        }
    }

    /// The agents alone.
    pub fn agents(&self) -> &[Account] {
        let others = self.staff.iter().take_while(|one| one.role != "agent").count();
        &self.staff[others..]
    }

    /// Somebody who asks, with their language. A tenth of them asks for half of all.
    pub(crate) fn asker(&self, chance: &mut Chance) -> (Requester, Language) {
        let all = (self.customers.len() + self.visitors.len()) as u64;
        let few = (all / 10).max(1);
        let place = if chance.percent(50) { chance.below(few) } else { chance.below(all) };
        let place = usize::try_from(place).unwrap_or(0);
        // One of each kind in turn, so that both are among those who ask much.
        if let (0, Some(one)) = (place % 2, self.customers.get(place / 2)) {
            let requester =
                Requester { id: one.id.into(), name: one.name(), email: Some(one.email.clone()), phone: None };
            return (requester, one.language);
        }
        let one = &self.visitors[(place / 2).min(self.visitors.len() - 1)];
        let requester = Requester { id: one.id, name: one.name.clone(), email: Some(one.email.clone()), phone: None };
        (requester, one.language)
    }
}
