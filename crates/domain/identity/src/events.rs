//! What this domain tells the world: past tense, ids only, never a name or an address.

use kernel::{Availability, Env, Event, EventId, OrganizationId, Role, SessionId, UserId};
use serde::Serialize;
use uuid::Uuid;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    OrganizationCreated,
    UserCreated {
        user: UserId,
        role: Role,
    },
    UserChanged(UserChanged),
    /// An old refresh token came again: it may have been stolen.
    RefreshTokenReused {
        user: UserId,
        session: SessionId,
    },
}

/// What became of a user. Absent parts did not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UserChanged {
    #[serde(rename = "user_id")]
    pub(crate) user: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) old_role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) availability: Option<Availability>,
    /// Whether the password is another one now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) password_changed: bool,
}

impl Happened {
    /// The event to store; those of one user keep their order.
    pub(crate) fn event(self, organization: OrganizationId, env: &dyn Env) -> Event {
        let (name, key, data) = self.parts(organization);
        Event { id: EventId::new(env.uuid()), name, organization, at: env.now(), key, data }
    }

    fn parts(self, organization: OrganizationId) -> (&'static str, Uuid, serde_json::Value) {
        match self {
            Self::OrganizationCreated => ("organization.created", organization.uuid(), serde_json::json!({})),
            Self::UserCreated { user, role } => {
                ("user.created", user.uuid(), serde_json::json!({ "user_id": user, "role": role }))
            }
            Self::UserChanged(changed) => {
                let data = serde_json::json!(&changed);
                ("user.changed", changed.user.uuid(), data)
            }
            Self::RefreshTokenReused { user, session } => {
                ("session.token_reused", user.uuid(), serde_json::json!({ "user_id": user, "session_id": session }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::testing::FixedEnv;
    use serde_json::json;

    use super::*;

    const ORGANIZATION: OrganizationId = OrganizationId::new(Uuid::from_u128(10));
    const USER: UserId = UserId::new(Uuid::from_u128(11));

    fn told(happened: Happened) -> (&'static str, serde_json::Value) {
        let event = happened.event(ORGANIZATION, &FixedEnv::new());
        (event.name, event.data)
    }

    #[test]
    fn the_form_of_each_event_stays() {
        let user = "00000000-0000-0000-0000-00000000000b";
        assert_eq!(told(Happened::OrganizationCreated), ("organization.created", json!({})));
        assert_eq!(
            told(Happened::UserCreated { user: USER, role: Role::Agent }),
            ("user.created", json!({ "user_id": user, "role": "agent" }))
        );
        let nothing = UserChanged {
            user: USER,
            old_role: None,
            role: None,
            active: None,
            availability: None,
            password_changed: false,
        };
        assert_eq!(told(Happened::UserChanged(nothing.clone())), ("user.changed", json!({ "user_id": user })));
        assert_eq!(
            told(Happened::UserChanged(UserChanged {
                old_role: Some(Role::Admin),
                role: Some(Role::Agent),
                active: Some(false),
                availability: Some(Availability::Away),
                password_changed: true,
                ..nothing
            })),
            (
                "user.changed",
                json!({
                    "user_id": user, "old_role": "admin", "role": "agent", "active": false, "availability": "away",
                    "password_changed": true
                })
            )
        );
        assert_eq!(
            told(Happened::RefreshTokenReused { user: USER, session: SessionId::new(Uuid::from_u128(12)) }),
            ("session.token_reused", json!({ "user_id": user, "session_id": "00000000-0000-0000-0000-00000000000c" }))
        );
    }
}
