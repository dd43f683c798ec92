//! How people are named and reached.

use std::fmt;

use super::InvalidValue;

/// An e-mail address in lower case, so that two spellings of one address are one account.
///
/// ASCII only, with the characters that mail servers agree on: no quotes, comments, spaces or control
/// characters, so that it can stand in an SMTP command and in a header as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

impl Email {
    /// RFC 5321, section 4.5.3.1.3, without the angle brackets.
    pub const MAX_BYTES: usize = 254;
    /// RFC 5321, section 4.5.3.1.1.
    const MAX_LOCAL_BYTES: usize = 64;

    /// Parses an address; spaces around it are dropped.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err(InvalidValue::REQUIRED);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidValue::TOO_LONG);
        }
        let (local, domain) = text.split_once('@').ok_or(InvalidValue::INVALID)?;
        if is_local_part(local) && is_domain(domain) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidValue::INVALID)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The dot-atom of RFC 5322; a leading hyphen is refused because mail programs take it for an option.
fn is_local_part(text: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
    text.len() <= Email::MAX_LOCAL_BYTES
        && !text.starts_with('-')
        && text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(allowed))
}

fn is_domain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// A label of a host name: letters, digits and inner hyphens, 63 at most (RFC 1123).
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

/// A part of a person's name, or a whole one: 1 to 100 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// The most characters (Unicode scalar values).
    pub const MAX_CHARS: usize = 100;

    /// Parses a name; white space around it is dropped.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidValue::REQUIRED);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(InvalidValue::TOO_LONG);
        }
        if text.chars().any(|c| c.is_control() || changes_direction(c)) {
            return Err(InvalidValue::INVALID);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that turn the direction of what follows: in a name they could make a line read as
/// if somebody else had written it.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// A telephone number as written: 6 to 15 digits (E.164 has 15 at most), with the usual separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The most characters, separators included.
    pub const MAX_CHARS: usize = 32;

    /// Parses a number; spaces around it are dropped.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid`.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err(InvalidValue::REQUIRED);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(InvalidValue::TOO_LONG);
        }
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let rest = text.strip_prefix('+').unwrap_or(text);
        if (6..=15).contains(&digits) && rest.bytes().all(|c| c.is_ascii_digit() || b" .-()/".contains(&c)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::INVALID)
        }
    }

    /// The number as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_compared_in_lower_case() {
        assert_eq!(Email::parse(" Agent@Demo.TEST ").unwrap().as_str(), "agent@demo.test");
    }

    #[test]
    fn what_could_break_out_of_an_smtp_line_is_no_email() {
        let long = format!("a@{}", "b".repeat(260));
        for text in [
            "a",
            "@b",
            "a@",
            "a@@b",
            "a@b@c",
            "a b@c",
            "a@b\r\nRCPT TO:<x@y>",
            "a@b\n",
            "\"a\"@b",
            "a(x)@b",
            "<a@b>",
            "a@b\0",
            "-oQ@b",
            "a..b@c",
            ".a@b",
            "a.@b",
            "a@-b",
            "a@b-",
            "a@b..c",
            "é@b",
            "a@é.fr",
            "a@[127.0.0.1]",
            "a,b@c",
            "a;b@c",
            "a\t@b",
        ] {
            assert_eq!(Email::parse(text), Err(InvalidValue::INVALID), "{text:?}");
        }
        assert_eq!(Email::parse(&long), Err(InvalidValue::TOO_LONG));
        assert_eq!(Email::parse(&format!("{}@b", "a".repeat(65))), Err(InvalidValue::INVALID));
        assert_eq!(Email::parse("  "), Err(InvalidValue::REQUIRED));
        for text in ["a@b", "a.b+c@d-e.fr", "o'hara@x.ie", "x@xn--bcher-kva.example"] {
            assert!(Email::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_a_line_of_text() {
        assert_eq!(PersonName::parse(" Zoë ").unwrap().as_str(), "Zoë");
        assert_eq!(PersonName::parse("\u{3000}"), Err(InvalidValue::REQUIRED));
        assert_eq!(PersonName::parse(&"é".repeat(101)), Err(InvalidValue::TOO_LONG));
        assert!(PersonName::parse(&"é".repeat(100)).is_ok());
        for text in ["a\nb", "a\0", "a\u{202e}b", "a\u{2066}b"] {
            assert_eq!(PersonName::parse(text), Err(InvalidValue::INVALID), "{text:?}");
        }
    }

    #[test]
    fn a_phone_number_has_six_to_fifteen_digits() {
        for text in ["+33 1 23 45 67 89", "01.23.45.67.89", "(020) 7946-0958"] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), text);
        }
        for text in ["12345", "1234567890123456", "+33 1 23 x", "33+123456", "tel:0123456"] {
            assert_eq!(Phone::parse(text), Err(InvalidValue::INVALID), "{text:?}");
        }
    }
}
