//! Records to store.

use std::time::Duration;

use kernel::{
    GuestId, GuestTokenId, Language, OrganizationId, Role, SessionId, SupportRequestId, Timestamp, UserId,
    testing::FixedEnv,
};
use uuid::Uuid;

use super::Stores;
use crate::{
    ClientInfo, Email, Epoch, Guest, GuestToken, Inserted, Organization, Origin, PasswordHash, PersonName, Phone,
    Revocation, Revoked, Sealed, Session, SessionRecord, Slug, TicketPrefix, TimeZone, TokenHash, User, UserRecord,
    WidgetKey,
};

/// A moment that has microseconds, so that a store which cuts them is found out.
pub(super) fn moment(seconds: u64) -> Timestamp {
    FixedEnv::START + Duration::from_micros(seconds * 1_000_000 + 123_457)
}

/// An id as they are made: the numbers stand for the time, so that greater ones are later.
pub(super) fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

pub(super) fn organization(n: u128, slug: &str) -> Organization {
    Organization {
        id: OrganizationId::new(uuid(n)),
        name: format!("Maison « {slug} »"),
        slug: Slug::parse(slug).unwrap(),
        widget_key: WidgetKey::new(format!("pk_{slug}")),
        allowed_origins: vec![
            Origin::parse("https://b.example").unwrap(),
            Origin::parse("http://a.example:8080").unwrap(),
        ],
        language: Language::En,
        time_zone: TimeZone::parse("Europe/Paris").unwrap(),
        ticket_prefix: TicketPrefix::parse("SAV").unwrap(),
        epoch: Epoch::new(uuid(n + 1_000_000)),
        created_at: moment(u64::try_from(n).unwrap()),
    }
}

pub(super) fn user(organization: OrganizationId, n: u128, email: &str) -> UserRecord {
    UserRecord {
        id: UserId::new(uuid(n)),
        organization,
        email: Email::parse(email).unwrap(),
        password_hash: Some(PasswordHash::new("$2b$04$hash")),
        first_name: PersonName::parse("Zoë").unwrap(),
        last_name: PersonName::parse("O'Hara").unwrap(),
        phone: Some(Phone::parse("+33 1 23 45 67 89").unwrap()),
        language: Language::En,
        role: Role::Agent,
        active: true,
        availability: kernel::Availability::Online,
        capacity: crate::Capacity::default(),
        skills: crate::Skills::default(),
        created_at: moment(1),
        updated_at: moment(2),
        version: 1,
    }
}

pub(super) fn session(user: &UserRecord, n: u128) -> SessionRecord {
    SessionRecord {
        id: SessionId::new(uuid(n)),
        organization: user.organization,
        user: user.id,
        seed: Sealed::new("sealed seed"),
        generation: 1,
        rotated_at: moment(4),
        expires_at: moment(1_000),
        created_at: moment(3),
        client: ClientInfo {
            address: Some("2001:db8::1".into()),
            user_agent: Some("Mozilla/5.0 « é »".into()),
            browser: true,
        },
        ended: None,
    }
}

pub(super) fn guest(organization: OrganizationId, n: u128, email: Option<&str>) -> Guest {
    Guest {
        id: GuestId::new(uuid(n)),
        organization,
        name: PersonName::parse("Élodie").unwrap(),
        email: email.map(|email| Email::parse(email).unwrap()),
        phone: Some(Phone::parse("01 23 45 67 89").unwrap()),
        language: Language::En,
        created_at: moment(5),
    }
}

pub(super) fn guest_token(guest: &Guest, n: u128) -> GuestToken {
    GuestToken {
        id: GuestTokenId::new(uuid(n)),
        organization: guest.organization,
        guest: guest.id,
        support_request: SupportRequestId::new(uuid(n + 2_000_000)),
        hash: TokenHash::new(format!("{n:064x}")),
        name: PersonName::parse("E. Martin").unwrap(),
        language: Language::Fr,
        created_at: moment(6),
        expires_at: moment(1_000),
        revoked_at: None,
    }
}

pub(super) fn revocation(session: &SessionRecord, at: Timestamp) -> Revocation {
    let what = Revoked::Session { session: session.id, user: session.user };
    Revocation { organization: session.organization, what, at }
}

/// Stores an organisation with users.
pub(super) async fn given(stores: &Stores, organization: &Organization, users: &[UserRecord]) {
    let mut tx = stores.store.begin(organization.id).await.unwrap();
    assert_eq!(tx.organizations().insert(organization).await.unwrap(), Inserted::Done);
    for user in users {
        assert_eq!(tx.users().insert(&User::from_record(user.clone())).await.unwrap(), Inserted::Done);
    }
    tx.commit().await.unwrap();
}

/// Stores sessions of one organisation.
pub(super) async fn given_sessions(stores: &Stores, sessions: &[SessionRecord]) {
    let mut tx = stores.store.begin(sessions[0].organization).await.unwrap();
    for session in sessions {
        tx.sessions().insert(&Session::from_record(session.clone())).await.unwrap();
    }
    tx.commit().await.unwrap();
}
