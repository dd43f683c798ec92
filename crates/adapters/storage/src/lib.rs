#![doc = include_str!("../README.md")]

mod folder;
mod incoming;
mod key;
mod source;

pub use folder::Folder;
