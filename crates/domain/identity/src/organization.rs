//! Organisations: the tenants that everything belongs to.

use kernel::{Language, OrganizationId, Timestamp};

use crate::{Epoch, InvalidValue, Origin, Slug, TicketPrefix, TimeZone, WidgetKey, values::Fields};

/// An organisation and its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name as people write it: 1 to 100 characters.
    pub name: String,
    /// Its short name, unique over all organisations.
    pub slug: Slug,
    /// The public key of its widget, unique over all organisations.
    pub widget_key: WidgetKey,
    /// The sites whose pages may call it; our own origin is always allowed and not listed.
    pub allowed_origins: Vec<Origin>,
    /// The language of those who name none.
    pub language: Language,
    /// The time zone of its days and hours.
    pub time_zone: TimeZone,
    /// What its request numbers begin with.
    pub ticket_prefix: TicketPrefix,
    /// The history its conversations' positions belong to.
    pub epoch: Epoch,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Organization {
    /// What no password of its users may contain.
    pub(crate) fn password_taboos(&self) -> [&str; 2] {
        [&self.name, self.slug.as_str()]
    }
}

/// Which organisation a call without an account means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationRef {
    /// The short name or widget key that the call gives; an unknown one is refused.
    pub given: Option<String>,
    /// The host name the call came to. No organisation has a host name of its own yet, so without
    /// `given` it is the only organisation there is, and none when there are several.
    pub host: Option<String>,
}

impl OrganizationRef {
    /// By short name or widget key.
    pub fn named(name: impl Into<String>) -> Self {
        Self { given: Some(name.into()), host: None }
    }
}

/// What makes an organisation, as written by whoever makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganization {
    /// Its name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// The sites whose pages may call it.
    pub allowed_origins: Vec<String>,
    /// Its language.
    pub language: Language,
    /// Its time zone.
    pub time_zone: String,
    /// What its request numbers begin with; `TICKET` when not given.
    pub ticket_prefix: Option<String>,
}

/// What an administrator changes of an organisation; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationChange {
    /// Another name.
    pub name: Option<String>,
    /// Other sites whose pages may call it: all of them, at most 100.
    pub allowed_origins: Option<Vec<String>>,
    /// Another language.
    pub language: Option<Language>,
    /// Another time zone. Whether there is such a zone is to be checked before.
    pub time_zone: Option<String>,
    /// What the numbers of later requests begin with.
    pub ticket_prefix: Option<String>,
}

/// The most sites of an organisation.
const MAX_ORIGINS: usize = 100;

impl OrganizationChange {
    /// What is wrong with it.
    pub fn check(&self) -> Vec<kernel::FieldError> {
        self.parse().err().unwrap_or_default()
    }

    pub(crate) fn parse(&self) -> Result<ParsedChange, Vec<kernel::FieldError>> {
        let mut fields = Fields::default();
        let name = fields.take("name", self.name.as_deref().map(parse_name).transpose());
        let origins = fields.take("allowed_origins", self.allowed_origins.as_deref().map(parse_origins).transpose());
        let time_zone = fields.take("time_zone", self.time_zone.as_deref().map(TimeZone::parse).transpose());
        let prefix = self.ticket_prefix.as_deref().map(TicketPrefix::parse).transpose();
        let ticket_prefix = fields.take("ticket_prefix", prefix);
        match (name, origins, time_zone, ticket_prefix) {
            (Some(name), Some(origins), Some(time_zone), Some(ticket_prefix)) => {
                Ok(ParsedChange { name, origins, language: self.language, time_zone, ticket_prefix })
            }
            _ => Err(fields.into_errors()),
        }
    }
}

/// A change that fits.
#[derive(Debug, Clone)]
pub(crate) struct ParsedChange {
    name: Option<String>,
    origins: Option<Vec<Origin>>,
    language: Option<Language>,
    time_zone: Option<TimeZone>,
    ticket_prefix: Option<TicketPrefix>,
}

impl ParsedChange {
    pub(crate) fn apply(self, to: &mut Organization) {
        if let Some(name) = self.name {
            to.name = name;
        }
        if let Some(origins) = self.origins {
            to.allowed_origins = origins;
        }
        to.language = self.language.unwrap_or(to.language);
        if let Some(time_zone) = self.time_zone {
            to.time_zone = time_zone;
        }
        if let Some(ticket_prefix) = self.ticket_prefix {
            to.ticket_prefix = ticket_prefix;
        }
    }
}

fn parse_origins(texts: &[String]) -> Result<Vec<Origin>, InvalidValue> {
    if texts.len() > MAX_ORIGINS {
        return Err(InvalidValue::TOO_MANY);
    }
    texts.iter().map(|text| Origin::parse(text)).collect()
}

/// The most characters of an organisation's name.
const MAX_NAME_CHARS: usize = 100;

impl NewOrganization {
    pub(crate) fn parse(
        self,
        id: OrganizationId,
        widget_key: WidgetKey,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<Organization, Vec<kernel::FieldError>> {
        let mut fields = Fields::default();
        let name = fields.take("name", parse_name(&self.name));
        let slug = fields.take("slug", Slug::parse(&self.slug));
        let origins: Result<Vec<_>, _> = self.allowed_origins.iter().map(|text| Origin::parse(text)).collect();
        let origins = fields.take("allowed_origins", origins);
        let time_zone = fields.take("time_zone", TimeZone::parse(&self.time_zone));
        let prefix = self.ticket_prefix.as_deref().unwrap_or(TicketPrefix::DEFAULT);
        let ticket_prefix = fields.take("ticket_prefix", TicketPrefix::parse(prefix));
        match (name, slug, origins, time_zone, ticket_prefix) {
            (Some(name), Some(slug), Some(allowed_origins), Some(time_zone), Some(ticket_prefix)) => Ok(Organization {
                id,
                name,
                slug,
                widget_key,
                allowed_origins,
                language: self.language,
                time_zone,
                ticket_prefix,
                epoch,
                created_at: now,
            }),
            _ => Err(fields.into_errors()),
        }
    }
}

fn parse_name(text: &str) -> Result<String, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        Err(InvalidValue::REQUIRED)
    } else if text.chars().count() > MAX_NAME_CHARS {
        Err(InvalidValue::TOO_LONG)
    } else if text.chars().any(char::is_control) {
        Err(InvalidValue::INVALID)
    } else {
        Ok(text.to_owned())
    }
}
