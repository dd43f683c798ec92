//! What lists have in common.

use kernel::{Order, Page, PageRequest};
use serde::Serialize;
use utoipa::ToSchema;
use wire::{ChatSession, Conversation, SupportRequest};

use crate::{audit::AuditLogEntry, checks::Checks, customers::Customer, users::User};

/// Which page, from the parameters `page` and `limit`.
pub(crate) fn page(checks: &mut Checks, page: Option<&str>, limit: Option<&str>) -> PageRequest {
    let number = |checks: &mut Checks, field, text: Option<&str>| checks.parse::<u32>(field, "invalid", text);
    let (page, limit) = (number(checks, "page", page), number(checks, "limit", limit));
    if PageRequest::parse(page, None).is_none() {
        checks.wrong("page", "invalid");
    }
    if PageRequest::parse(None, limit).is_none() {
        checks.wrong("limit", "invalid");
    }
    PageRequest::parse(page, limit).unwrap_or_default()
}

/// Which way, from the parameter `order`; newest first unless said otherwise.
pub(crate) fn order(checks: &mut Checks, order: Option<&str>) -> Order {
    match order {
        None | Some("desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(_) => {
            checks.wrong("order", "unknown");
            Order::default()
        }
    }
}

macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident of $item:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize, ToSchema)]
        pub(crate) struct $name {
            /// The items of this page.
            items: Vec<$item>,
            /// Which page it is, from 1.
            #[schema(example = 1)]
            page: u32,
            /// How many items a page holds.
            #[schema(example = 20)]
            limit: u32,
            /// How many items there are over all pages.
            #[schema(example = 1)]
            total: u64,
        }

        impl From<Page<$item>> for $name {
            fn from(page: Page<$item>) -> Self {
                let (number, limit) = (page.request.page(), page.request.limit());
                Self { items: page.items, page: number, limit, total: page.total }
            }
        }
    )+};
}

// Each has a name of its own, because that is what clients' types are called.
pages! {
    /// A page of requests.
    SupportRequestPage of SupportRequest;
    /// A page of conversations.
    ConversationPage of Conversation;
    /// A page of chat sessions.
    ChatSessionPage of ChatSession;
    /// A page of the audit log.
    AuditPage of AuditLogEntry;
    /// A page of customers.
    CustomerPage of Customer;
    /// A page of users.
    UserPage of User;
}
