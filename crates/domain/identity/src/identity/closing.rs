//! Accounts and tokens of somebody who is to be forgotten.

use kernel::{GuestId, OrganizationId, ParticipantId, SupportRequestId, UserId};

use super::{Identity, persist};
use crate::{IdentityError, Revocation, Revoked, user::Amendment};

impl Identity {
    /// Lets nobody in as this person any more: a user is deactivated and signed out, a guest's tokens are revoked,
    /// those of one request where it is named. Somebody who is unknown, or is out already, is out.
    ///
    /// # Errors
    /// [`IdentityError::LastAdmin`]; a port error.
    pub async fn close(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        support_request: Option<SupportRequestId>,
    ) -> Result<(), IdentityError> {
        let guest = GuestId::new(person.uuid());
        persist(|| self.try_revoke_tokens_of(organization, guest, support_request)).await?;
        if support_request.is_some() {
            return Ok(());
        }
        let user = UserId::new(person.uuid());
        let inactive = Amendment { active: Some(false), ..Amendment::default() };
        match persist(|| self.try_amend(organization, user, &inactive, None, None)).await {
            Ok(_) | Err(IdentityError::UserNotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn try_revoke_tokens_of(
        &self,
        organization: OrganizationId,
        guest: GuestId,
        support_request: Option<SupportRequestId>,
    ) -> Result<(), IdentityError> {
        let mut tx = self.parts.store.begin(organization).await?;
        let at = self.now();
        let mut revocations = Vec::new();
        for mut token in tx.guest_tokens().lock_of(guest).await? {
            if support_request.is_some_and(|request| request != token.support_request) {
                continue;
            }
            token.revoked_at = Some(at);
            tx.guest_tokens().save(&token).await?;
            let what = Revoked::GuestToken { token: token.id, guest };
            let revocation = Revocation { organization, what, at };
            tx.revoke(&revocation).await?;
            revocations.push(revocation);
        }
        tx.commit().await?;
        self.watch.learn(&revocations);
        Ok(())
    }
}
