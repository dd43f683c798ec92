//! The text of a refresh token: `grt_<organisation>_<session>_<generation>_<proof>`. The proof is
//! derived from the session's seed, so the rest need not be secret.

use kernel::{OrganizationId, Secret, SessionId};

use crate::{IdentityError, Secrets, SessionRecord};

const PREFIX: &str = "grt_";

/// A refresh token taken apart, not yet known to be genuine.
#[derive(Debug)]
pub(super) struct RefreshToken {
    pub(super) organization: OrganizationId,
    pub(super) session: SessionId,
    pub(super) generation: i64,
    proof: Secret,
}

impl RefreshToken {
    pub(super) fn parse(text: &Secret) -> Option<Self> {
        let mut parts = text.expose().strip_prefix(PREFIX)?.splitn(4, '_');
        Some(Self {
            organization: parts.next()?.parse().ok()?,
            session: parts.next()?.parse().ok()?,
            generation: parts.next()?.parse().ok()?,
            proof: Secret::new(parts.next()?),
        })
    }

    /// Whether this session issued it, or will.
    pub(super) fn is_of(&self, session: &SessionRecord, secrets: &dyn Secrets) -> Result<bool, IdentityError> {
        let expected = proof(session, self.generation, secrets)?;
        Ok(secrets.same(expected.expose(), self.proof.expose()))
    }

    /// The one that is good now for a session.
    pub(super) fn of(session: &SessionRecord, secrets: &dyn Secrets) -> Result<Secret, IdentityError> {
        let proof = proof(session, session.generation, secrets)?;
        let (organization, id, generation) = (session.organization, session.id, session.generation);
        Ok(Secret::new(format!("{PREFIX}{organization}_{id}_{generation}_{}", proof.expose())))
    }
}

/// What the seeds of sessions are sealed for, one purpose a session, so that no seed can be moved to
/// another session in the database.
pub(super) fn seed_purpose(session: SessionId) -> String {
    format!("session-seed:{session}")
}

fn proof(session: &SessionRecord, generation: i64, secrets: &dyn Secrets) -> Result<Secret, IdentityError> {
    let seed = secrets.unseal(&seed_purpose(session.id), &session.seed)?;
    Ok(secrets.derive(&seed, &format!("refresh:{generation}")))
}
