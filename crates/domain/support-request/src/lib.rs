#![doc = include_str!("../README.md")]

mod agent_helps;
mod business_hours;
mod canned_replies;
mod categories;
mod customers;
mod desk;
mod error;
mod events;
mod life;
mod members;
mod merging;
mod notes;
mod opening;
mod ports;
mod promises;
mod queue;
mod request;
mod routing;
mod saved_views;
mod settings;
mod sla;
mod statistics;
mod telling;
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
pub use customers::{Customer, CustomerViews, Customers};
pub use desk::{Desk, Done, FollowUp, Merged, Reply};
pub use error::SupportRequestError;
pub use events::{RequestEvent, Told};
pub use life::{Changes, LONGEST_SNOOZE, RATING_WINDOW, RESTORABLE, ReferenceChanges};
pub use members::Member;
pub use notes::{InternalNote, NoteContent};
pub use opening::{FirstMessage, OpenRequest, Opened};
pub use ports::{
    Activity, ConversationState, Conversations, Due, Inbox, Members, NewConversation, NewMessage, NoteChange, Notes,
    Outbox, People, Person, RequestChange, RequestFeed, RequestStore, RequestTx, RequestViews, Requests, Routing,
    Timeline,
};
pub use promises::{PromiseStore, Promises, Promising};
pub use queue::{Queue, QueueViews, Queues, Waiting};
pub use request::{Rating, Requester, Snapshot, Status, SupportRequest};
pub use routing::{
    Conditions, Decision, RoutableAgent, RoutingPlan, RoutingRule, RoutingRules, RoutingStore, RuleChange, Traits,
    Unanswered,
};
pub use saved_views::{SavedView, SavedViewStore, SavedViews, ViewChange, ViewDraft, ViewName};
pub use settings::{Automation, RequestSettings, Settings, SettingsChange};
pub use sla::{Sla, SlaGoal, SlaPolicy, SlaTerms, SlaTold};
pub use statistics::{Asker, Statistics, Tally};
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
