//! Which support requests, and so which conversations, a caller may see.

use serde::{Deserialize, Serialize};

use crate::{Caller, ParticipantId, Role, SupportRequestId, UserId};

/// What a caller may see. The one rule for requests and conversations alike; stores turn it
/// into a condition of their queries, [`Scope::covers`] decides it for one request at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every request of the organisation: supervisors and admins.
    All,
    /// Requests assigned to this agent, assigned to nobody, opened by them, or where they take part.
    Agent(UserId),
    /// Requests that this participant opened.
    Requester(ParticipantId),
    /// One request only, opened by this participant, and the one that took it in: a guest's token.
    One(SupportRequestId, ParticipantId),
}

/// What the rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// The request.
    pub support_request: SupportRequestId,
    /// Who opened it.
    pub requester: ParticipantId,
    /// Who answers it.
    pub assignee: Option<UserId>,
    /// Agents who were added or mentioned.
    pub members: Vec<ParticipantId>,
    /// Requests of the same person that it took in: a token that is good for one of them is good for it.
    #[serde(default)]
    pub took_in: Vec<SupportRequestId>,
}

impl Scope {
    /// Whether a request with this audience is in sight.
    pub fn covers(self, audience: &Audience) -> bool {
        match self {
            Self::All => true,
            Self::Agent(agent) => {
                audience.assignee.is_none_or(|assignee| assignee == agent)
                    || audience.requester == agent.into()
                    || audience.members.contains(&agent.into())
            }
            Self::Requester(person) => audience.requester == person,
            Self::One(request, person) => {
                let is_good = audience.support_request == request || audience.took_in.contains(&request);
                is_good && audience.requester == person
            }
        }
    }
}

impl Caller {
    /// What this caller may see.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Guest(guest) => Scope::One(guest.support_request, guest.id.into()),
            Self::User(user) => match user.role {
                Role::Customer => Scope::Requester(user.id.into()),
                Role::Agent => Scope::Agent(user.id),
                Role::Supervisor | Role::Admin => Scope::All,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn audience(assignee: Option<u128>) -> Audience {
        Audience {
            support_request: SupportRequestId::new(Uuid::from_u128(100)),
            requester: user(1).into(),
            assignee: assignee.map(user),
            members: vec![user(3).into()],
            took_in: vec![SupportRequestId::new(Uuid::from_u128(99))],
        }
    }

    #[test]
    fn an_agent_sees_what_is_theirs_nobodys_or_shared_with_them() {
        let sees = |agent, assignee| Scope::Agent(user(agent)).covers(&audience(assignee));
        assert!(sees(2, None));
        assert!(sees(2, Some(2)));
        assert!(!sees(2, Some(4)));
        assert!(sees(3, Some(4)), "a member keeps sight");
        assert!(sees(1, Some(4)), "so does the requester");
    }

    #[test]
    fn a_guest_sees_the_one_request_of_the_token() {
        let own = audience(None);
        assert!(Scope::One(own.support_request, user(1).into()).covers(&own));
        assert!(!Scope::One(SupportRequestId::new(Uuid::from_u128(101)), user(1).into()).covers(&own));
        assert!(!Scope::One(own.support_request, user(2).into()).covers(&own));
        let taken_in = SupportRequestId::new(Uuid::from_u128(99));
        assert!(Scope::One(taken_in, user(1).into()).covers(&own), "what took theirs in is theirs too");
        assert!(!Scope::One(taken_in, user(2).into()).covers(&own));
        assert!(!Scope::Requester(user(2).into()).covers(&own));
    }
}
