#![doc = include_str!("../README.md")]

mod agent_helps;
mod business_hours;
mod canned_replies;
mod categories;
mod desk;
mod error;
mod events;
mod members;
mod notes;
mod opening;
mod ports;
mod promises;
mod queue;
mod request;
mod saved_views;
mod sla;
mod timeline;
mod transitions;
mod values;
mod views;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use agent_helps::{AgentHelpError, Stored};
pub use business_hours::{BusinessHours, Stretch, WorkingTime};
pub use canned_replies::{
    CannedReplies, CannedReply, CannedReplyStore, ReplyChange, ReplyContent, ReplyDraft, ReplyTitle, Shortcut,
};
pub use categories::{Categories, CategoryChange, CategoryName, CategoryStore, ListedCategory, Removal};
pub use desk::{Desk, Done, Reply};
pub use error::SupportRequestError;
pub use events::{RequestEvent, Told};
pub use members::Member;
pub use notes::{InternalNote, NoteContent};
pub use opening::{FirstMessage, OpenRequest, Opened};
pub use ports::{
    Activity, ConversationState, Conversations, Inbox, Members, NewConversation, NewMessage, NoteChange, Notes, Outbox,
    People, Person, RequestChange, RequestFeed, RequestStore, RequestTx, RequestViews, Requests, Timeline,
};
pub use promises::{PromiseStore, Promises, Promising};
pub use queue::{Queue, QueueViews, Queues, Waiting};
pub use request::{Rating, Requester, Snapshot, Status, SupportRequest};
pub use saved_views::{SavedView, SavedViewStore, SavedViews, ViewChange, ViewDraft, ViewName};
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
