#![doc = include_str!("../README.md")]

mod business_hours;
mod desk;
mod error;
mod events;
mod life;
mod merging;
mod opening;
mod ports;
mod promises;
mod queue;
mod request;
mod settings;
mod sla;
mod telling;
mod timeline;
mod transitions;
mod values;
mod views;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use business_hours::{BusinessHours, Stretch, WorkingTime};
pub use desk::{Desk, Done, FollowUp, Merged, Reply};
pub use error::SupportRequestError;
pub use events::{RequestEvent, Told};
pub use life::{Changes, LONGEST_SNOOZE, RATING_WINDOW, RESTORABLE, ReferenceChanges};
pub use opening::{FirstMessage, OpenRequest, Opened};
pub use ports::{
    Activity, ConversationState, Conversations, Due, Inbox, NewConversation, NewMessage, Outbox, People, Person,
    RequestChange, RequestFeed, RequestStore, RequestTx, RequestViews, Requests, Timeline,
};
pub use promises::{PromiseStore, Promises, Promising};
pub use queue::{Queue, QueueViews, Queues, Waiting};
pub use request::{Rating, Requester, Snapshot, Status, SupportRequest};
pub use settings::{RequestSettings, Settings};
pub use sla::{Sla, SlaGoal, SlaPolicy, SlaTerms, SlaTold};
pub use timeline::{Actor, TimelineEntry, TimelineKind};
pub use transitions::{Action, By, Command, Hand, Outcome};
pub use values::{
    Category, Comment, Description, Kind, Metadata, Note, Number, Priority, Reason, References, Resolution, Score,
    Source, Subject, Tags,
};
pub use views::{LastMessage, RequestFilter, RequestSort, RequestView};

/// The texts of this domain's refusals.
pub const TEXTS: kernel::TextCatalogue =
    kernel::TextCatalogue { fr: include_str!("../locales/fr.ftl"), en: include_str!("../locales/en.ftl") };
