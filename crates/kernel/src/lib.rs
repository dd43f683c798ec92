#![doc = include_str!("../README.md")]

mod actor;
mod audit;
mod availability;
mod env;
mod error;
mod event;
mod id;
mod idempotency;
mod page;
mod scope;
mod secret;
mod text;
mod time;

#[cfg(feature = "testing")]
pub mod testing;

pub use actor::{Agent, Caller, GuestCaller, Role, UserCaller};
pub use audit::{AuditAction, AuditEntry, AuditLog, AuditTrail, Whence};
pub use availability::{Availability, UnknownAvailability};
pub use env::{Env, SystemEnv};
pub use error::{FieldError, NotAllowed, PortError, PortErrorKind, Refusal, RefusalKind};
pub use event::{Event, EventName};
pub use id::{
    AccountTokenId, AttachmentId, CannedReplyId, ChatSessionId, ConnectionId, ConversationId, EventId, GuestId,
    GuestTokenId, InternalNoteId, InvalidId, LetterId, MessageId, NodeId, OrganizationId, ParticipantId, RoutingRuleId,
    SavedViewId, SessionId, SupportRequestId, TimelineEntryId, UserId,
};
pub use idempotency::{
    Claim, IdempotencyKey, IdempotentCall, IdempotentCalls, InvalidIdempotencyKey, KeyRefused, Once, Repeat,
};
pub use page::{Order, Page, PageRequest};
pub use scope::{Audience, Scope};
pub use secret::Secret;
pub use text::{Language, TextCatalogue, Texts};
pub use time::{Timestamp, TimestampError};
