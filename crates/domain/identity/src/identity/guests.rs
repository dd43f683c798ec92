//! Guests: let in by a token for one request.

use kernel::{
    Caller, FieldError, GuestCaller, GuestId, GuestTokenId, OrganizationId, ParticipantId, Role, Secret,
    SupportRequestId,
};

use super::{Identity, persist};
use crate::{
    Admitted, Email, Guest, GuestToken, IdentityError, LetterContent, NewGuest, Organization, PersonName, Revocation,
    Revoked, Sealed,
};

/// What a guest's token is sealed for: to be told once more to whoever repeats the call that made it.
const REPEATED: &str = "guest token of a repeated call";

/// A request that somebody has lost the way to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRequest {
    /// The request.
    pub id: SupportRequestId,
    /// Who opened it.
    pub requester: ParticipantId,
    /// The name they gave with it.
    pub name: String,
    /// The address they gave with it.
    pub email: Option<String>,
    /// Its number.
    pub number: String,
    /// What it is about.
    pub subject: String,
}

impl Identity {
    /// Sends a link to a request, with a fresh token, to the address that was given with it, if that is the one named
    /// here. The answer is the same if it is another, or there is no such request, and whoever asks is to be kept
    /// waiting alike.
    ///
    /// # Errors
    /// `Invalid` for what is no address; a port error.
    pub async fn send_access_link(
        &self,
        organization: &Organization,
        email: &str,
        found: Option<&LostRequest>,
    ) -> Result<(), IdentityError> {
        let email = Email::parse(email).map_err(|invalid| -> FieldError { invalid.at("email") })?;
        let is_theirs = |lost: &&LostRequest| lost.email.as_deref().map(Email::parse) == Some(Ok(email.clone()));
        let Some(lost) = found.filter(is_theirs) else { return Ok(()) };
        // Members of staff who opened a request are no guests: they sign in.
        let Some(guest) = self.parts.views.guest(organization.id, GuestId::new(lost.requester.uuid())).await? else {
            return Ok(());
        };
        let name = PersonName::parse(&lost.name).unwrap_or_else(|_| guest.name.clone());
        let (token, clear) = self.guest_token(Guest { name, ..guest }, lost.id)?;
        let content = LetterContent::AccessLink {
            name: token.name.as_str().to_owned(),
            number: lost.number.clone(),
            subject: lost.subject.clone(),
            token: clear.expose().to_owned(),
        };
        let letter = self.letter(organization, &email, token.language, content)?;
        persist(|| async {
            let mut tx = self.parts.store.begin(organization.id).await?;
            tx.guest_tokens().insert(&token).await?;
            tx.letters().insert(&letter).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Lets a guest in: known again by e-mail within the organisation, else new. The token opens the one
    /// request, which may be stored afterwards, and lives 90 days.
    pub async fn admit_guest(
        &self,
        organization: OrganizationId,
        new: &NewGuest,
        support_request: SupportRequestId,
    ) -> Result<Admitted, IdentityError> {
        let now = self.now();
        let guest =
            new.parse(GuestId::new(self.parts.env.uuid()), organization, now).map_err(IdentityError::Invalid)?;
        let (token, clear) = self.guest_token(guest.clone(), support_request)?;
        let id = persist(|| self.try_admit(&guest, token.clone())).await?;
        Ok(Admitted {
            guest: id,
            name: guest.name,
            email: guest.email,
            phone: guest.phone,
            token: clear,
            token_id: token.id,
            expires_at: token.expires_at,
        })
    }

    /// Lets a guest in to one more request, by a token of its own: it lives as long as any.
    pub async fn admit_again(
        &self,
        guest: &GuestCaller,
        support_request: SupportRequestId,
    ) -> Result<Secret, IdentityError> {
        let now = self.now();
        let clear = Secret::new(format!("{}{}", Self::GUEST_TOKEN_PREFIX, self.parts.secrets.token()?.expose()));
        let token = GuestToken {
            id: GuestTokenId::new(self.parts.env.uuid()),
            organization: guest.organization,
            guest: guest.id,
            support_request,
            hash: self.parts.secrets.hash(clear.expose()),
            name: PersonName::parse(&guest.name).map_err(|wrong| IdentityError::Invalid(vec![wrong.at("name")]))?,
            language: guest.language,
            created_at: now,
            expires_at: now + Self::GUEST_TOKEN_LIFE,
            revoked_at: None,
        };
        persist(|| self.try_admit_again(token.clone())).await?;
        Ok(clear)
    }

    /// Somebody without an account, for whom staff speak: known again by e-mail within the organisation, else new.
    /// They get no token by it. The name and the phone are those that staff give; nothing that was known is changed.
    ///
    /// # Errors
    /// `NotAllowed` but for staff; `Invalid` for what cannot be a name, an e-mail or a phone.
    pub async fn know_guest(&self, caller: &Caller, new: &NewGuest) -> Result<Guest, IdentityError> {
        let organization = caller.agent()?.organization();
        let (id, now) = (GuestId::new(self.parts.env.uuid()), self.now());
        let guest = new.parse(id, organization, now).map_err(IdentityError::Invalid)?;
        let id = persist(|| self.try_know(&guest)).await?;
        Ok(Guest { id, ..guest })
    }

    /// A guest's token as it may be kept beside the request it opens, for whoever asks for both once more.
    pub fn seal_guest_token(&self, token: &Secret) -> Result<Sealed, IdentityError> {
        Ok(self.parts.secrets.seal(REPEATED, token)?)
    }

    /// The token that was sealed, and the guest behind it: as for every other token, only as long as it
    /// is good.
    pub async fn unseal_guest_token(&self, sealed: &Sealed) -> Result<(Secret, Caller), IdentityError> {
        let token = self.parts.secrets.unseal(REPEATED, sealed)?;
        let caller = self.authenticate(token.expose()).await?;
        Ok((token, caller))
    }

    /// Knows a text again without keeping it: see [`Secrets::fingerprint`](crate::Secrets::fingerprint).
    pub fn fingerprint(&self, text: &str) -> String {
        self.parts.secrets.fingerprint(text)
    }

    /// Whether that is the fingerprint of a text; the answer takes as long wherever they differ.
    pub fn is_fingerprint(&self, text: &str, said: &str) -> bool {
        self.parts.secrets.same(&self.fingerprint(text), said)
    }

    /// Revokes a guest's token: an administrator any, a guest the one it comes with.
    pub async fn revoke_guest_token(&self, caller: &Caller, id: GuestTokenId) -> Result<(), IdentityError> {
        match caller {
            Caller::Guest(guest) if guest.token == id => {}
            Caller::Guest(_) => return Err(IdentityError::GuestTokenNotFound),
            Caller::User(_) => drop(caller.at_least(Role::Admin)?),
        }
        persist(|| self.try_revoke_guest_token(caller.organization(), id)).await
    }

    /// A guest of the organisation, for those who have to reach them.
    pub async fn guest(&self, organization: OrganizationId, id: GuestId) -> Result<Option<Guest>, IdentityError> {
        Ok(self.parts.views.guest(organization, id).await?)
    }

    /// A fresh token for one request, and what is kept of it.
    fn guest_token(
        &self,
        guest: Guest,
        support_request: SupportRequestId,
    ) -> Result<(GuestToken, Secret), IdentityError> {
        let now = self.now();
        let clear = Secret::new(format!("{}{}", Self::GUEST_TOKEN_PREFIX, self.parts.secrets.token()?.expose()));
        let token = GuestToken {
            id: GuestTokenId::new(self.parts.env.uuid()),
            organization: guest.organization,
            guest: guest.id,
            support_request,
            hash: self.parts.secrets.hash(clear.expose()),
            name: guest.name,
            language: guest.language,
            created_at: now,
            expires_at: now + Self::GUEST_TOKEN_LIFE,
            revoked_at: None,
        };
        Ok((token, clear))
    }

    async fn try_admit(&self, guest: &Guest, mut token: GuestToken) -> Result<GuestId, IdentityError> {
        let mut tx = self.parts.store.begin(guest.organization).await?;
        let id = tx.guests().find_or_insert(guest).await?.id;
        token.guest = id;
        tx.guest_tokens().insert(&token).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn try_admit_again(&self, token: GuestToken) -> Result<(), IdentityError> {
        let mut tx = self.parts.store.begin(token.organization).await?;
        tx.guest_tokens().insert(&token).await?;
        Ok(tx.commit().await?)
    }

    async fn try_know(&self, guest: &Guest) -> Result<GuestId, IdentityError> {
        let mut tx = self.parts.store.begin(guest.organization).await?;
        let id = tx.guests().find_or_insert(guest).await?.id;
        tx.commit().await?;
        Ok(id)
    }

    async fn try_revoke_guest_token(
        &self,
        organization: OrganizationId,
        id: GuestTokenId,
    ) -> Result<(), IdentityError> {
        let mut tx = self.parts.store.begin(organization).await?;
        let mut token = tx.guest_tokens().lock(id).await?.ok_or(IdentityError::GuestTokenNotFound)?;
        if token.revoked_at.is_some() {
            return Ok(());
        }
        let at = self.now();
        token.revoked_at = Some(at);
        tx.guest_tokens().save(&token).await?;
        let what = Revoked::GuestToken { token: id, guest: token.guest };
        let revocation = Revocation { organization, what, at };
        tx.revoke(&revocation).await?;
        tx.commit().await?;
        self.watch.learn(&[revocation]);
        Ok(())
    }
}
