//! What can be wrong with catalogues.

use kernel::Language;

/// Why catalogues cannot be used. All are defects of a build, found at its start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextsError {
    /// A language has no locale, by which numbers and plurals are written.
    #[error("there is no locale for {0}")]
    UnknownLocale(Language),
    /// A file is no Fluent.
    #[error("a catalogue in {language} cannot be read: {reason}")]
    Unreadable {
        /// The language of the file.
        language: Language,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// An id has two texts.
    #[error("the text {id} is there twice in {language}")]
    Twice {
        /// The id.
        id: String,
        /// The language of the files.
        language: Language,
    },
    /// An id has no text in one language.
    #[error("the text {id} is missing in {language}")]
    Missing {
        /// The id.
        id: String,
        /// The language that lacks it.
        language: Language,
    },
}
