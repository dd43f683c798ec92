#![doc = include_str!("../README.md")]

mod erasing;
mod error;
mod exporting;
mod ports;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use erasing::{Erased, Erasing, ErasureRequest};
pub use error::PrivacyError;
pub use exporting::{Exporting, OwnFile, PersonalData};
pub use ports::{
    Accounts, Closing, Erasure, ErasureStore, Extent, FilesLeft, Live, MailsLeft, Messages, PersonalDataStore,
};

/// The texts of this domain's refusals.
pub const TEXTS: kernel::TextCatalogue =
    kernel::TextCatalogue { fr: include_str!("../locales/fr.ftl"), en: include_str!("../locales/en.ftl") };
