#![doc = include_str!("../README.md")]

mod account;
mod audit;
mod availability;
mod dispatch;
mod error;
mod events;
mod guest;
mod identity;
mod letter;
mod organization;
mod ports;
mod revocation;
mod session;
mod user;
mod values;
mod views;
mod watch;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use account::{AccountToken, AccountTokenKind, UnknownKind};
pub use audit::{AuditFilter, AuditRecord, AuditViews, Auditing};
pub use availability::{OnAvailability, Standing};
pub use dispatch::Dispatch;
pub use error::IdentityError;
pub use guest::{Admitted, Guest, GuestToken, NewGuest};
pub use identity::{
    Acceptance, Authority, Identity, IdentityParts, Invitation, LostRequest, NewUser, OwnChange, PasswordChange,
    Registration, SignedIn, UserChange,
};
pub use letter::{Letter, LetterContent, OpenLetter, WaitingLetter};
pub use organization::{NewOrganization, Organization, OrganizationChange, OrganizationRef};
pub use ports::{
    AccessTokens, AccountTokens, Claims, ExpiredTokens, GuestTokens, Guests, IdentityStore, IdentityTx, IdentityViews,
    Inserted, KeyMaterial, LetterQueue, Letters, Mailer, Organizations, Outbox, Passwords, Revocations, Secrets,
    Sessions, SigningKey, SigningKeyStore, TokenRejection, Users, Verdict,
};
pub use revocation::{Revocation, Revoked};
pub use session::{ClientInfo, Session, SessionEnd, SessionRecord};
pub use user::{User, UserRecord};
pub use values::{
    Capacity, Email, Epoch, InvalidValue, Origin, Password, PasswordHash, PersonName, Phone, Sealed, Skills, Slug,
    TicketPrefix, TimeZone, TokenHash, WidgetKey,
};
pub use views::{Credentials, SessionView, UserFilter, UserView};
pub use watch::{OnRevoked, RevocationWatch};

/// The texts of this domain's codes.
pub const TEXTS: kernel::TextCatalogue =
    kernel::TextCatalogue { fr: include_str!("../locales/fr.ftl"), en: include_str!("../locales/en.ftl") };
