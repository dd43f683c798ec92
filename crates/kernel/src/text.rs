//! Languages, and the texts behind codes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language that Guichet speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// French, the first one.
    #[default]
    Fr,
    /// English.
    En,
}

impl Language {
    /// Both, French first.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// The two letters on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;
    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        match text {
            "fr" => Ok(Self::Fr),
            "en" => Ok(Self::En),
            _ => Err(UnknownLanguage),
        }
    }
}

/// A text that names no language we speak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a language we speak")]
pub struct UnknownLanguage;

/// A crate's texts in Fluent syntax, one file a language. The message for the code
/// `chat.closed` has the id `chat-closed`: a dot becomes a hyphen, because Fluent's ids take no dot.
#[derive(Debug, Clone, Copy)]
pub struct TextCatalogue {
    /// The French file.
    pub fr: &'static str,
    /// The English file.
    pub en: &'static str,
}

/// Texts for codes.
pub trait Texts: Send + Sync {
    /// The text of a code in a language, or nothing when there is none.
    fn text(&self, language: Language, code: &str, arguments: &[(&'static str, String)]) -> Option<String>;
}
