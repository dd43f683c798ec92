//! How an organisation is named, found and set.

use std::fmt;

use uuid::Uuid;

use super::InvalidValue;

/// An organisation's short name in addresses and calls: 2 to 63 of a–z, 0–9 and inner hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slug(String);

impl Slug {
    /// Parses a short name; capitals are refused, not folded.
    ///
    /// # Errors
    /// `required`, `too_short`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        match text.len() {
            0 => return Err(InvalidValue::REQUIRED),
            1 => return Err(InvalidValue::TOO_SHORT),
            2..=63 => {}
            _ => return Err(InvalidValue::TOO_LONG),
        }
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::INVALID)
        }
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key by which a widget on a site names its organisation: public, `pk_` and random. It cannot
/// be a [`Slug`], which has no underscore, so that one field can hold either.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WidgetKey(String);

impl WidgetKey {
    pub(crate) const PREFIX: &'static str = "pk_";

    /// Wraps a key that was minted here or kept by a store.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The origin of a site (`https://www.example.com:8443`), in lower case, without a default port,
/// as a browser writes it in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Parses an origin.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`: also for `*`, `null`, a path, a wildcard or a user.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.is_empty() {
            return Err(InvalidValue::REQUIRED);
        }
        if text.len() > 255 {
            return Err(InvalidValue::TOO_LONG);
        }
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(InvalidValue::INVALID)?;
        let default_port = match scheme {
            "https" => ":443",
            "http" => ":80",
            _ => return Err(InvalidValue::INVALID),
        };
        if !is_authority(authority) {
            return Err(InvalidValue::INVALID);
        }
        let authority = authority.strip_suffix(default_port).unwrap_or(authority);
        Ok(Self(format!("{scheme}://{authority}")))
    }

    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host_fits = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.split('.').all(|label| !label.is_empty())
                && host.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'.')
        }
    };
    host_fits && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == port))
}

/// The name of a time zone, e.g. `Europe/Paris`. Only its form is checked here: whether it is in the
/// time zone database is for the crate that computes with it, and for the edge that sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(String);

impl TimeZone {
    /// Parses a name of the IANA form.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.is_empty() {
            return Err(InvalidValue::REQUIRED);
        }
        if text.len() > 64 {
            return Err(InvalidValue::TOO_LONG);
        }
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b"_+-".contains(&c);
        if text.split('/').all(|part| !part.is_empty() && part.bytes().all(allowed)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::INVALID)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an organisation's request numbers begin with, e.g. `TICKET`: a capital, then up to 11
/// capitals or digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketPrefix(String);

impl TicketPrefix {
    /// The prefix of an organisation that chose none.
    pub const DEFAULT: &'static str = "TICKET";

    /// Parses a prefix.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.len() > 12 {
            return Err(InvalidValue::TOO_LONG);
        }
        let first = text.bytes().next().ok_or(InvalidValue::REQUIRED)?;
        let allowed = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
        if first.is_ascii_uppercase() && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::INVALID)
        }
    }

    /// The prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names the history that the places in an organisation's conversations belong to; an import or a
/// restore mints a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(Uuid);

impl Epoch {
    /// Wraps a UUID.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The bare UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_small_letters_digits_and_inner_hyphens() {
        for text in ["demo", "a1", "my-shop"] {
            assert!(Slug::parse(text).is_ok(), "{text}");
        }
        for text in ["Demo", "-a", "a-", "a_b", "a.b", "é1"] {
            assert_eq!(Slug::parse(text), Err(InvalidValue::INVALID), "{text}");
        }
        assert_eq!(Slug::parse(""), Err(InvalidValue::REQUIRED));
        assert_eq!(Slug::parse("a"), Err(InvalidValue::TOO_SHORT));
        assert_eq!(Slug::parse(&"a".repeat(64)), Err(InvalidValue::TOO_LONG));
    }

    #[test]
    fn an_origin_is_written_as_a_browser_writes_it() {
        let written = |text| Origin::parse(text).map(|origin| origin.as_str().to_owned());
        assert_eq!(written("HTTPS://Shop.Example:443"), Ok("https://shop.example".into()));
        assert_eq!(written("http://localhost:5173"), Ok("http://localhost:5173".into()));
        assert_eq!(written("http://[::1]:80"), Ok("http://[::1]".into()));
        for text in [
            "*",
            "null",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://*.example",
            "https://a@b",
            "https://a:0",
            "https://a:65536",
            "https://a:080",
            "ftp://a",
            "https://a..b",
            "https://[::g]",
        ] {
            assert_eq!(written(text), Err(InvalidValue::INVALID), "{text}");
        }
    }

    #[test]
    fn a_time_zone_and_a_prefix_have_a_form() {
        assert!(TimeZone::parse("Europe/Paris").is_ok());
        assert!(TimeZone::parse("Etc/GMT+1").is_ok());
        assert_eq!(TimeZone::parse("../etc/passwd"), Err(InvalidValue::INVALID));
        assert_eq!(TimeZone::parse("a//b"), Err(InvalidValue::INVALID));
        assert!(TicketPrefix::parse("TICKET").is_ok());
        assert_eq!(TicketPrefix::parse("1A"), Err(InvalidValue::INVALID));
        assert_eq!(TicketPrefix::parse("a"), Err(InvalidValue::INVALID));
        assert_eq!(TicketPrefix::parse("TICKETTICKETT"), Err(InvalidValue::TOO_LONG));
    }
}
