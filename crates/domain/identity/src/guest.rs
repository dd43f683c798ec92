//! Guests: people without an account, known by tokens that open one request each.

use kernel::{FieldError, GuestId, GuestTokenId, Language, OrganizationId, Secret, SupportRequestId, Timestamp};

use crate::{Email, PersonName, Phone, TokenHash, values::Fields};

/// A guest as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The guest's id, which is also the participant's.
    pub id: GuestId,
    /// The organisation.
    pub organization: OrganizationId,
    /// The name given the first time.
    pub name: PersonName,
    /// Unique within the organisation where there is one.
    pub email: Option<Email>,
    /// Telephone.
    pub phone: Option<Phone>,
    /// The language the guest wrote in the first time.
    pub language: Language,
    /// When the guest was first seen.
    pub created_at: Timestamp,
}

/// One access token of a guest, as stored: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestToken {
    /// Its id, for revocation.
    pub id: GuestTokenId,
    /// The organisation.
    pub organization: OrganizationId,
    /// The guest.
    pub guest: GuestId,
    /// The one request it opens. It may be stored before the request itself is.
    pub support_request: SupportRequestId,
    /// Unique over all organisations.
    pub hash: TokenHash,
    /// The name given when this token was issued. It is kept with the token because anybody can
    /// name somebody's e-mail: they must not learn, nor change, the name given under it before.
    pub name: PersonName,
    /// The language of whoever the token was issued to.
    pub language: Language,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A guest who comes in, as written by the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGuest {
    /// Name.
    pub name: String,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// The language the guest writes in.
    pub language: Language,
}

/// A guest who has come in.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// The guest: the one known by this e-mail, or a new one.
    pub guest: GuestId,
    /// The name as parsed.
    pub name: PersonName,
    /// The e-mail as parsed.
    pub email: Option<Email>,
    /// The telephone as parsed.
    pub phone: Option<Phone>,
    /// The token in clear, shown this once.
    pub token: Secret,
    /// Its id.
    pub token_id: GuestTokenId,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl NewGuest {
    pub(crate) fn parse(
        &self,
        id: GuestId,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Guest, Vec<FieldError>> {
        let mut fields = Fields::default();
        let name = fields.take("name", PersonName::parse(&self.name));
        let email = fields.take("email", self.email.as_deref().map(Email::parse).transpose());
        let phone = fields.take("phone", self.phone.as_deref().map(Phone::parse).transpose());
        match (name, email, phone) {
            (Some(name), Some(email), Some(phone)) => {
                Ok(Guest { id, organization, name, email, phone, language: self.language, created_at: now })
            }
            _ => Err(fields.into_errors()),
        }
    }
}
