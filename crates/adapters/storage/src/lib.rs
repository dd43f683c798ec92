#![doc = include_str!("../README.md")]

mod bucket;
mod folder;
mod incoming;
mod key;
mod room;
mod settings;
mod source;

pub use bucket::Bucket;
pub use folder::Folder;
pub use room::Room;
pub use settings::{BucketSettings, StorageError, StorageSettings};
