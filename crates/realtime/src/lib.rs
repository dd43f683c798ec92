#![doc = include_str!("../README.md")]

mod asking;
mod close;
mod codec;
mod conn;
mod frame;
mod hub;
mod inbound;
mod job;
mod limits;
mod marks;
pub mod native;
mod protocol;
mod queue;
mod sends;
mod session;
mod socket_io;
mod stomp;
mod subscription;
#[cfg(test)]
mod tests;
mod told;
mod views;

pub use close::{Advice, Close};
pub use codec::{Codec, Heard, Step, Written};
pub use conn::Conn;
pub use frame::{ConversationEvent, QueuePosition, ServerFrame, Viewer, WelcomeUser};
pub use hub::{Colleague, Hub, Refused, Revoked, Watch};
pub use inbound::Inbound;
pub use job::{Admitted, Done, Job, MarkKind, PageAsked, PageRead, Standing};
pub use limits::Limits;
#[cfg(feature = "faults")]
pub use limits::Planted;
pub use protocol::Protocol;
pub use queue::Out;
pub use session::{Context, Effect, Places, Presence, Session};
pub use told::{Frame, Shared, Told, Way};
pub use views::ViewState;

/// The texts of the codes that are told over a connection only.
pub const TEXTS: kernel::TextCatalogue =
    kernel::TextCatalogue { fr: include_str!("../locales/fr.ftl"), en: include_str!("../locales/en.ftl") };

/// Every code that belongs to this crate; each has a text in every language.
pub const CODES: [&str; 8] = [
    "realtime.malformed",
    "realtime.unknown_type",
    "realtime.not_supported",
    "realtime.already_authenticated",
    "realtime.not_subscribed",
    "realtime.too_many_subscriptions",
    "realtime.too_many_views",
    "prior_failed",
];
