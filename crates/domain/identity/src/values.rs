//! The words of this domain that are parsed once: what is wrong is refused at the door.

mod contact;
mod password;
mod place;
mod skills;
mod token;

pub use contact::{Email, PersonName, Phone};
pub use password::{Password, PasswordHash};
pub use place::{Epoch, Origin, Slug, TicketPrefix, TimeZone, WidgetKey};
pub use skills::{Capacity, Skills};
pub use token::{Sealed, TokenHash};

use kernel::FieldError;

/// Why a text is no value of a kind, before it is known which field it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(&'static str);

impl InvalidValue {
    /// Every code that [`Self::code`] may give; each has a text under `field.<code>`.
    pub const CODES: [&'static str; 9] = [
        "required",
        "too_short",
        "too_long",
        "invalid",
        "too_many",
        "out_of_range",
        "password_too_common",
        "password_names_organization",
        "password_wrong",
    ];

    pub(crate) const REQUIRED: Self = Self("required");
    pub(crate) const TOO_SHORT: Self = Self("too_short");
    pub(crate) const TOO_LONG: Self = Self("too_long");
    pub(crate) const INVALID: Self = Self("invalid");
    pub(crate) const TOO_MANY: Self = Self("too_many");
    pub(crate) const OUT_OF_RANGE: Self = Self("out_of_range");
    pub(crate) const TOO_COMMON: Self = Self("password_too_common");
    pub(crate) const NAMES_ORGANIZATION: Self = Self("password_names_organization");
    pub(crate) const WRONG_PASSWORD: Self = Self("password_wrong");

    /// The stable code.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// The same, once the field is known.
    pub fn at(self, field: &'static str) -> FieldError {
        FieldError::new(field, self.0)
    }
}

/// Gathers what is wrong with several fields, so that a caller hears of all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// The value, or nothing after having noted what is wrong with the field.
    pub(crate) fn take<T>(&mut self, field: &'static str, parsed: Result<T, InvalidValue>) -> Option<T> {
        parsed.map_err(|invalid| self.0.push(invalid.at(field))).ok()
    }

    /// Notes that something is wrong, if anything is; what was wrong with the fields otherwise.
    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.0
    }
}
