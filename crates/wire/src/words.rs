//! Enumerations: lower snake case, as everywhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! mirrors {
    ($($(#[$doc:meta])* $name:ident of $domain:ty { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl From<$domain> for $name {
            fn from(word: $domain) -> Self {
                match word { $(<$domain>::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $domain {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant),+ }
            }
        }
    )+};
}

mirrors! {
    /// On which side of the counter somebody stands.
    SenderType of chat::SenderKind {
        /// Who asks: a customer or a guest.
        Customer,
        /// Who answers.
        Agent,
        /// Guichet itself.
        System,
    }
    /// What a message is.
    MessageType of chat::MessageKind {
        /// Words.
        Text,
        /// Words with pictures.
        Image,
        /// Words with files.
        File,
        /// A change of the request, told in the thread.
        StatusUpdate,
        /// A line by Guichet.
        System,
    }
    /// How far a message has come on the other side.
    MessageStatus of chat::MessageStatus {
        /// Stored.
        Sent,
        /// Somebody of the other side has received it.
        Delivered,
        /// Somebody of the other side has read it.
        Read,
    }
    /// Whether a chat is live.
    ChatSessionStatus of chat::SessionStatus {
        /// It goes on.
        Active,
        /// Somebody ended it.
        Closed,
        /// Nobody wrote for too long.
        Timeout,
    }
    /// Whether a thread is still going on.
    ConversationStatus of chat::ConversationStatus {
        /// Its request is neither resolved nor closed.
        Active,
        /// Its request is resolved or closed.
        Resolved,
        /// Put away.
        Archived,
    }
    /// Where a request stands.
    RequestStatus of support_request::Status {
        /// Nobody answers yet.
        Open,
        /// An agent has it.
        Assigned,
        /// It is being worked on.
        InProgress,
        /// The customer has the next word.
        WaitingCustomer,
        /// Done, unless the customer disagrees.
        Resolved,
        /// Done for good.
        Closed,
    }
    /// How urgent a request is; sets its deadlines.
    RequestPriority of support_request::Priority {
        /// First response within 8 h.
        Low,
        /// First response within 4 h.
        Normal,
        /// First response within 2 h.
        High,
        /// First response within 1 h.
        Urgent,
    }
    /// What a request is about, by where it began.
    RequestKind of support_request::Kind {
        /// A chat.
        Chat,
        /// A form.
        ContactForm,
        /// A warranty claim.
        Claim,
        /// Trouble with an order.
        OrderIssue,
        /// Trouble with a product.
        ProductIssue,
        /// An appointment.
        Appointment,
    }
    /// The way a request came in.
    RequestSource of support_request::Source {
        /// A page or the widget's form.
        Web,
        /// A mail.
        Email,
        /// A call, noted by an agent.
        Phone,
        /// A live chat.
        Chat,
        /// Another system.
        Integration,
    }
    /// What an entry of a timeline tells.
    TimelineKind of support_request::TimelineKind {
        /// The request was opened.
        Created,
        /// Its status changed.
        StatusChanged,
        /// Another agent answers, or nobody.
        AssigneeChanged,
        /// Its priority changed.
        PriorityChanged,
        /// It is called something else.
        SubjectChanged,
        /// The organisation's word for it is another one.
        CategoryChanged,
        /// Other fields changed; for staff, `metadata.fields` names them. For others only with a reason.
        DetailsChanged,
        /// It was escalated; by Guichet itself, where `metadata.automatic` is `true`.
        Escalated,
        /// Its requester said what they think of the help; `new` has the points.
        Rated,
        /// It was put aside; `new` says until when. For staff only.
        Snoozed,
        /// It is not put aside any more. For staff only.
        Woken,
        /// One request took the other in; `metadata` has `other_id` and `other_number`.
        Merged,
        /// One request follows the other; `metadata` has `other_id` and `other_number`.
        FollowUp,
        /// It was put away. For staff only.
        Archived,
        /// It is back. For staff only.
        Unarchived,
        /// It was deleted. For staff only.
        Deleted,
        /// It is there again. For staff only.
        Restored,
        /// Its requester is asked what they think of the help. For staff only.
        Surveyed,
        /// The first public answer of an agent.
        FirstResponse,
        /// Most of the time for something promised is over; `new` says for what. For staff only.
        SlaWarning,
        /// Something was not done in the time that was promised; `new` says what. For staff only.
        SlaBreached,
    }
}
