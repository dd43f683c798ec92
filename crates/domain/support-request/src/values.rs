//! Values that are parsed once and right from then on.

use kernel::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = kernel::FieldError;
            fn from_str(text: &str) -> Result<Self, kernel::FieldError> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(kernel::FieldError::new($field, "unknown")) }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a request is about, by where it began.
    Kind, "kind" {
        /// A chat.
        Chat = "chat",
        /// A form.
        ContactForm = "contact_form",
        /// A warranty claim.
        Claim = "claim",
        /// Trouble with an order.
        OrderIssue = "order_issue",
        /// Trouble with a product.
        ProductIssue = "product_issue",
        /// An appointment.
        Appointment = "appointment",
    }
}

words! {
    /// The way a request came in.
    Source, "source" {
        /// A page or the widget's form.
        Web = "web",
        /// A mail.
        Email = "email",
        /// A call, noted by an agent.
        Phone = "phone",
        /// A live chat.
        Chat = "chat",
        /// Another system.
        Integration = "integration",
    }
}

words! {
    /// How urgent it is; sets the deadlines.
    Priority, "priority" {
        /// First response within 8 h.
        Low = "low",
        /// First response within 4 h.
        Normal = "normal",
        /// First response within 2 h.
        High = "high",
        /// First response within 1 h.
        Urgent = "urgent",
    }
}

pub(crate) fn text(field: &'static str, text: &str, min: usize, max: usize, lines: bool) -> Result<String, FieldError> {
    let trimmed = text.trim();
    let count = trimmed.chars().count();
    let control = |c: char| c == '\0' || (c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t')));
    if trimmed.is_empty() && min > 0 {
        Err(FieldError::new(field, "required"))
    } else if count < min {
        Err(FieldError::new(field, "too_short"))
    } else if count > max {
        Err(FieldError::new(field, "too_long"))
    } else if trimmed.chars().any(control) {
        Err(FieldError::new(field, "invalid"))
    } else {
        Ok(trimmed.to_owned())
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($field:literal, $min:literal, $max:literal, $lines:literal)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The most characters.
            pub const MAX_CHARS: usize = $max;

            /// Parses what somebody wrote; white space at both ends is dropped.
            ///
            /// # Errors
            #[doc = concat!("`required`, `too_short`, `too_long` or `invalid` for the field `", $field, "`.")]
            pub fn parse(input: &str) -> ::std::result::Result<Self, kernel::FieldError> {
                $crate::values::text($field, input, $min, $max, $lines).map(Self)
            }

            /// As stored, without another look.
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )+};
}
pub(crate) use texts;

texts! {
    /// What a request is about in one line: 3 to 200 characters.
    Subject("subject", 3, 200, false),
    /// What a request is about in full: up to 10 000 characters, may be empty.
    Description("description", 0, 10_000, true),
    /// Why something was done, for the customer's eyes too: up to 1 000 characters.
    Reason("reason", 1, 1_000, true),
    /// Why something was done, for staff only: up to 5 000 characters.
    Note("note", 1, 5_000, true),
    /// How a request was resolved, for the customer's eyes too: up to 5 000 characters.
    Resolution("resolution", 1, 5_000, true),
    /// What a requester says of the help: up to 2 000 characters.
    Comment("comment", 1, 2_000, true),
    /// A word of the organisation's own list: up to 50 characters.
    Category("category", 1, 50, false),
}

impl Subject {
    /// As [`Self::parse`], with the 10 characters that the public contact form asks for.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_public(input: &str) -> Result<Self, FieldError> {
        text("subject", input, 10, 200, false).map(Self)
    }
}

impl Description {
    /// As [`Self::parse`], with the 20 characters that the public contact form asks for.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_public(input: &str) -> Result<Self, FieldError> {
        text("description", input, 20, 10_000, true).map(Self)
    }
}

/// How good the help was: 1, poor, to 5, excellent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(u8);

impl Score {
    /// Parses a number of points.
    ///
    /// # Errors
    /// `out_of_range` for the field `rating`.
    pub fn parse(points: i64) -> Result<Self, FieldError> {
        match u8::try_from(points) {
            Ok(points @ 1..=5) => Ok(Self(points)),
            _ => Err(FieldError::new("rating", "out_of_range")),
        }
    }
    /// As stored.
    pub fn stored(points: u8) -> Self {
        Self(points)
    }
    /// The points.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// A request's number: the organisation's prefix, the day in its time zone, the day's counter,
/// e.g. `TICKET-20240115-001`. Never reused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(String);

impl Number {
    /// From its parts; the counter has three digits or more.
    pub fn new(prefix: &str, day: u32, counter: u32) -> Self {
        Self(format!("{prefix}-{day:08}-{counter:03}"))
    }
    /// As stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// At most 20 different tags of 1 to 50 characters, lower case, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Parses a list of tags; repeats are dropped.
    ///
    /// # Errors
    /// `too_many`, or a tag's own error, for the field `tags`.
    pub fn parse(tags: &[String]) -> Result<Self, FieldError> {
        let mut tags =
            tags.iter().map(|tag| text("tags", &tag.to_lowercase(), 1, 50, false)).collect::<Result<Vec<_>, _>>()?;
        tags.sort();
        tags.dedup();
        if tags.len() > 20 { Err(FieldError::new("tags", "too_many")) } else { Ok(Self(tags)) }
    }
    /// As stored.
    pub fn stored(tags: Vec<String>) -> Self {
        Self(tags)
    }
    /// The tags.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// What a request carries along: a JSON object of at most 16 KiB, with known keys `vehicle` and `order`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The most bytes it may take as JSON.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Parses an object.
    ///
    /// # Errors
    /// `too_long`, or `invalid` when a text holds NUL, for the field `metadata`.
    pub fn parse(object: Map<String, Value>) -> Result<Self, FieldError> {
        let metadata = Self(object);
        let json = serde_json::to_string(&metadata).map_err(|_| FieldError::new("metadata", "invalid"))?;
        if json.len() > Self::MAX_BYTES {
            return Err(FieldError::new("metadata", "too_long"));
        }
        if metadata.0.iter().any(|(key, value)| key.contains('\0') || has_nul(value)) {
            return Err(FieldError::new("metadata", "invalid"));
        }
        Ok(metadata)
    }
    /// As stored.
    pub fn stored(object: Map<String, Value>) -> Self {
        Self(object)
    }
    /// The object.
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// Whether a text or a key anywhere in it holds NUL, which PostgreSQL cannot keep.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Other systems' ids that a request is about: each up to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct References {
    /// An order.
    pub order_id: Option<String>,
    /// An appointment; one request an appointment.
    pub appointment_id: Option<String>,
    /// A warranty.
    pub warranty_id: Option<String>,
    /// A claim.
    pub claim_id: Option<String>,
}

impl References {
    /// Parses the four; empty ones count as absent.
    ///
    /// # Errors
    /// `too_long` or `invalid` for `context.<name>`.
    pub fn parse(
        order_id: Option<String>,
        appointment_id: Option<String>,
        warranty_id: Option<String>,
        claim_id: Option<String>,
    ) -> Result<Self, FieldError> {
        let one = |field, value: Option<String>| match value.filter(|value| !value.trim().is_empty()) {
            None => Ok(None),
            Some(value) => text(field, &value, 1, 100, false).map(Some),
        };
        Ok(Self {
            order_id: one("context.order_id", order_id)?,
            appointment_id: one("context.appointment_id", appointment_id)?,
            warranty_id: one("context.warranty_id", warranty_id)?,
            claim_id: one("context.claim_id", claim_id)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code<T: std::fmt::Debug>(parsed: Result<T, FieldError>) -> &'static str {
        parsed.unwrap_err().code
    }

    #[test]
    fn texts_are_trimmed_and_counted_in_characters() {
        assert_eq!(Subject::parse("  été  ").unwrap().as_str(), "été");
        assert!(Subject::parse(&"é".repeat(200)).is_ok());
        assert_eq!(code(Subject::parse(&"é".repeat(201))), "too_long");
        assert_eq!(code(Subject::parse(" ab ")), "too_short");
        assert_eq!(code(Subject::parse(" \t ")), "required");
        assert_eq!(code(Subject::parse("deux\nlignes")), "invalid");
        assert_eq!(Description::parse(" une\n\tdeux ").unwrap().as_str(), "une\n\tdeux");
        assert_eq!(Description::parse("").unwrap().as_str(), "");
        assert_eq!(code(Description::parse("a\0b")), "invalid");
        assert_eq!(code(Description::parse(&"a".repeat(10_001))), "too_long");
        for wrong in ["", "  "] {
            assert_eq!(code(Note::parse(wrong)), "required");
            assert_eq!(code(Reason::parse(wrong)), "required");
            assert_eq!(code(Resolution::parse(wrong)), "required");
        }
    }

    #[test]
    fn the_public_form_asks_for_more() {
        assert_eq!(code(Subject::parse_public("123456789")), "too_short");
        assert!(Subject::parse_public("1234567890").is_ok());
        assert_eq!(code(Description::parse_public("1234567890123456789")), "too_short");
        assert!(Description::parse_public("12345678901234567890").is_ok());
    }

    #[test]
    fn a_score_has_one_to_five_points() {
        for points in 1..=5 {
            assert_eq!(i64::from(Score::parse(points).unwrap().get()), points);
        }
        for points in [i64::MIN, -1, 0, 6, 257, i64::MAX] {
            assert_eq!(code(Score::parse(points)), "out_of_range");
        }
    }

    #[test]
    fn a_number_has_three_digits_or_more() {
        assert_eq!(Number::new("TICKET", 20_240_115, 7).as_str(), "TICKET-20240115-007");
        assert_eq!(Number::new("SAV", 20_240_115, 1_000).as_str(), "SAV-20240115-1000");
    }

    #[test]
    fn tags_are_lower_case_sorted_and_different() {
        let parse = |tags: &[&str]| Tags::parse(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&["VIP", " a ", "vip"]).unwrap().as_slice(), ["a", "vip"]);
        assert_eq!(code(parse(&[""])), "required");
        let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(code(Tags::parse(&many)), "too_many");
        assert!(Tags::parse(&many[..20]).is_ok());
    }

    #[test]
    fn metadata_is_small_and_holds_no_nul() {
        let parse = |value: Value| Metadata::parse(value.as_object().unwrap().clone());
        assert!(parse(json!({"order": {"id": 7}})).is_ok());
        assert_eq!(code(parse(json!({"a": {"b": ["x\0"]}}))), "invalid");
        assert_eq!(code(parse(json!({"a\0": 1}))), "invalid");
        assert_eq!(code(parse(json!({"a": "x".repeat(Metadata::MAX_BYTES)}))), "too_long");
        // `{"a":"…"}` takes eight bytes beside the text.
        assert!(parse(json!({"a": "x".repeat(Metadata::MAX_BYTES - 8)})).is_ok());
        assert!(parse(json!({"a": "\\u0000"})).is_ok(), "the text of an escape is no NUL");
    }

    #[test]
    fn references_that_are_blank_are_absent() {
        let parse = |order: &str| References::parse(Some(order.to_owned()), None, None, None);
        assert_eq!(parse("  ").unwrap(), References::default());
        assert_eq!(parse(" o-1 ").unwrap().order_id.as_deref(), Some("o-1"));
        assert_eq!(parse(&"x".repeat(101)).unwrap_err(), FieldError::new("context.order_id", "too_long"));
    }

    #[test]
    fn words_read_back_and_others_are_unknown() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.as_str()));
        }
        assert_eq!("Chat".parse::<Kind>(), Err(FieldError::new("kind", "unknown")));
        assert!(Priority::Urgent > Priority::High && Priority::Normal > Priority::Low);
    }
}
