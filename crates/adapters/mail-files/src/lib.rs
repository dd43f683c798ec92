#![doc = include_str!("../README.md")]

mod folder;
mod message;
mod template;

pub use folder::{MailFiles, StoredMail};
