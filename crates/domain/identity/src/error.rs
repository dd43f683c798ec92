//! What this domain refuses.

use std::time::Duration;

use kernel::{FieldError, KeyRefused, NotAllowed, PortError, Refusal, RefusalKind};

/// A refusal of identity, with a stable code each.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Unknown e-mail, wrong password or deactivated account: the three are not told apart.
    #[error("wrong e-mail or password")]
    BadCredentials,
    /// No token, or one that is not ours.
    #[error("not signed in")]
    NotAuthenticated,
    /// The token was ours, and has ended.
    #[error("the token has ended")]
    TokenExpired,
    /// The token was ours, and was revoked.
    #[error("the token was revoked")]
    TokenRevoked,
    /// A refresh token came again after its successor was out: the whole session has been ended.
    #[error("the refresh token was used before")]
    TokenReused,
    /// The refresh token is unknown, or its session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// No such organisation, or several to choose from and none was named.
    #[error("no such organisation")]
    OrganizationNotFound,
    /// No such user, or not in sight of this caller.
    #[error("no such user")]
    UserNotFound,
    /// No such session, or another person's.
    #[error("no such session")]
    SessionNotFound,
    /// No such guest token, or another's.
    #[error("no such guest token")]
    GuestTokenNotFound,
    /// A link from a letter that is unknown, used or ended: the three are not told apart.
    #[error("the link is good no more")]
    LinkInvalid,
    /// Another user of the organisation has this e-mail.
    #[error("the e-mail is taken")]
    EmailTaken,
    /// Another organisation has this short name.
    #[error("the short name is taken")]
    SlugTaken,
    /// Without this user nobody could administer the organisation any more.
    #[error("the last administrator has to stay")]
    LastAdmin,
    /// Some fields are wrong.
    #[error("some fields are wrong")]
    Invalid(Vec<FieldError>),
    /// Known, but not allowed.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The call's key keeps it from being carried out.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// A part is down.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl IdentityError {
    /// Every code that belongs to this domain; each has a text in every language. The codes
    /// `invalid`, `forbidden` and those of ports are shared by all domains.
    pub const CODES: [&'static str; 14] = [
        "identity.bad_credentials",
        "identity.not_authenticated",
        "identity.token_expired",
        "identity.token_revoked",
        "identity.token_reused",
        "identity.session_ended",
        "identity.organization_not_found",
        "identity.user_not_found",
        "identity.session_not_found",
        "identity.guest_token_not_found",
        "identity.link_invalid",
        "identity.email_taken",
        "identity.slug_taken",
        "identity.last_admin",
    ];
}

impl From<FieldError> for IdentityError {
    fn from(field: FieldError) -> Self {
        Self::Invalid(vec![field])
    }
}

impl Refusal for IdentityError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::BadCredentials
            | Self::NotAuthenticated
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::TokenReused
            | Self::SessionEnded => RefusalKind::Unauthenticated,
            Self::OrganizationNotFound
            | Self::UserNotFound
            | Self::SessionNotFound
            | Self::GuestTokenNotFound
            | Self::LinkInvalid => RefusalKind::NotFound,
            Self::EmailTaken | Self::SlugTaken | Self::LastAdmin => RefusalKind::Conflict,
            Self::Invalid(_) => RefusalKind::Invalid,
            Self::NotAllowed(_) => RefusalKind::Forbidden,
            Self::Key(refused) => refused.kind(),
            Self::Port(port) => port.refusal_kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadCredentials => "identity.bad_credentials",
            Self::NotAuthenticated => "identity.not_authenticated",
            Self::TokenExpired => "identity.token_expired",
            Self::TokenRevoked => "identity.token_revoked",
            Self::TokenReused => "identity.token_reused",
            Self::SessionEnded => "identity.session_ended",
            Self::OrganizationNotFound => "identity.organization_not_found",
            Self::UserNotFound => "identity.user_not_found",
            Self::SessionNotFound => "identity.session_not_found",
            Self::GuestTokenNotFound => "identity.guest_token_not_found",
            Self::LinkInvalid => "identity.link_invalid",
            Self::EmailTaken => "identity.email_taken",
            Self::SlugTaken => "identity.slug_taken",
            Self::LastAdmin => "identity.last_admin",
            Self::Invalid(_) => "invalid",
            Self::NotAllowed(_) => "forbidden",
            Self::Key(refused) => refused.code(),
            Self::Port(port) => port.refusal_code(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Key(refused) => refused.retry_after(),
            _ => None,
        }
    }
}
