//! Who did what to what, from where: of every change of rights and settings, deletion, export, erasure and sign-in.

use async_trait::async_trait;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Caller, Env, OrganizationId, ParticipantId, PortError, SessionId, Timestamp};

/// What was done, as the log names it, e.g. `user.changed`.
pub type AuditAction = &'static str;

/// Where somebody was who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whence {
    /// Where this session was opened.
    Session(SessionId),
    /// At this address, as far as it is known; the operator of the server has none.
    Address(Option<String>),
}

/// An entry of the audit log. Names are not part of it: they are looked up when it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: Uuid,
    /// The organisation.
    pub organization: OrganizationId,
    /// Who; nobody for the operator of the server, and for somebody who was not known.
    pub actor: Option<ParticipantId>,
    /// From where.
    pub whence: Whence,
    /// What was done.
    pub action: AuditAction,
    /// To what: a kind of thing (`user`, `support_request` …) and its id.
    pub target: Option<(&'static str, Uuid)>,
    /// More, never what somebody wrote: old and new words of ours, names of fields.
    pub details: Map<String, Value>,
    /// When.
    pub at: Timestamp,
}

impl AuditEntry {
    /// Something that a caller does now.
    pub fn by(caller: &Caller, action: AuditAction, env: &dyn Env) -> Self {
        let whence = caller.user().map_or(Whence::Address(None), |user| Whence::Session(user.session));
        let actor = Some(caller.participant());
        Self { actor, whence, ..Self::by_operator(caller.organization(), action, env) }
    }

    /// Something that the operator of the server does now, or somebody who is not known.
    pub fn by_operator(organization: OrganizationId, action: AuditAction, env: &dyn Env) -> Self {
        Self {
            id: env.uuid(),
            organization,
            actor: None,
            whence: Whence::Address(None),
            action,
            target: None,
            details: Map::new(),
            at: env.now(),
        }
    }

    /// What it is done to.
    #[must_use]
    pub fn on(self, kind: &'static str, id: Uuid) -> Self {
        Self { target: Some((kind, id)), ..self }
    }

    /// More to know of it.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// The audit log within the transaction of what it tells of. Append only.
#[async_trait]
pub trait AuditLog: Send {
    /// Adds an entry, durable with the rest of the transaction.
    async fn record(&mut self, entry: &AuditEntry) -> Result<(), PortError>;
}

/// The audit log by itself, for what changes nothing or is no one transaction.
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Adds an entry, durable when this returns.
    async fn record_alone(&self, entry: &AuditEntry) -> Result<(), PortError>;
}
