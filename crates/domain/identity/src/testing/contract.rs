//! Every MUST of the ports, as tests that an implementation calls.
//!
//! For a store, `identity::identity_store_contract!(fresh)` makes one test of each, where `fresh` is an
//! `async fn() -> Stores` that gives an empty store. The suites for cryptography are single functions.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a contract is a test: it panics when it is broken"
)]

mod accounts;
mod cryptography;
mod listing;
mod locking;
mod samples;
mod storing;
mod tokens;

use std::{any::Any, sync::Arc};

use async_trait::async_trait;
use kernel::EventId;

use crate::{
    ExpiredTokens, IdentityStore, IdentityViews, LetterQueue, Revocations, SigningKeyStore, testing::FakeStore,
};

pub use accounts::{
    a_guest_follows_its_account, a_letter_is_claimed_by_one_and_forgotten_once_it_is_out,
    a_letter_leaves_with_its_transaction, a_link_is_used_up_once, letters_are_purged_once_they_are_over,
    the_newest_good_link_of_an_address_is_found,
};
pub use cryptography::{access_tokens_keep_their_promises, passwords_keep_their_promises, secrets_keep_their_promises};
pub use listing::{
    a_page_of_users_is_filtered_sorted_and_counted, live_sessions_are_listed_newest_first,
    the_only_organization_is_the_only_one,
};
pub use locking::{
    a_failed_transaction_is_dead, a_stale_user_is_a_conflict, changes_of_one_session_wait_for_each_other,
    one_of_two_administrators_who_demote_each_other_stays, two_guests_with_one_email_are_one,
};
pub use storing::{
    a_call_is_remembered_with_what_it_made, a_dropped_transaction_leaves_nothing,
    an_email_is_unique_within_its_organization, events_are_stored_in_order, nothing_crosses_organizations,
    short_names_and_widget_keys_are_unique, what_is_committed_is_found_again,
};
pub use tokens::{
    a_guest_token_is_found_by_its_hash, only_what_has_ended_is_purged, revocations_of_all_organizations_are_found,
    signing_keys_are_made_once,
};

/// A fresh, empty store by all its ports.
pub struct Stores {
    /// Transactions.
    pub store: Arc<dyn IdentityStore>,
    /// Reads.
    pub views: Arc<dyn IdentityViews>,
    /// Revocations.
    pub revocations: Arc<dyn Revocations>,
    /// Removal of what has ended.
    pub expired: Arc<dyn ExpiredTokens>,
    /// Letters that wait.
    pub letters: Arc<dyn LetterQueue>,
    /// Signing keys.
    pub keys: Arc<dyn SigningKeyStore>,
    /// What was told.
    pub outbox: Arc<dyn OutboxProbe>,
    /// What has to live as long as the store: a folder, a database.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Looks into the outbox, where no port of this domain does.
#[async_trait]
pub trait OutboxProbe: Send + Sync {
    /// The id, name and data of every event stored, oldest first.
    async fn stored(&self) -> Vec<(EventId, String, serde_json::Value)>;
}

#[async_trait]
impl OutboxProbe for FakeStore {
    async fn stored(&self) -> Vec<(EventId, String, serde_json::Value)> {
        self.events().into_iter().map(|event| (event.id, event.name.to_owned(), event.data)).collect()
    }
}

/// One `#[tokio::test]` for each promise of a store.
#[macro_export]
macro_rules! identity_store_contract {
    ($fresh:expr) => {
        $crate::identity_store_contract! { $fresh =>
            what_is_committed_is_found_again
            a_dropped_transaction_leaves_nothing
            short_names_and_widget_keys_are_unique
            an_email_is_unique_within_its_organization
            nothing_crosses_organizations
            events_are_stored_in_order
            a_call_is_remembered_with_what_it_made
            a_stale_user_is_a_conflict
            a_failed_transaction_is_dead
            changes_of_one_session_wait_for_each_other
            one_of_two_administrators_who_demote_each_other_stays
            two_guests_with_one_email_are_one
            a_page_of_users_is_filtered_sorted_and_counted
            live_sessions_are_listed_newest_first
            the_only_organization_is_the_only_one
            a_guest_token_is_found_by_its_hash
            revocations_of_all_organizations_are_found
            only_what_has_ended_is_purged
            signing_keys_are_made_once
            a_link_is_used_up_once
            the_newest_good_link_of_an_address_is_found
            a_guest_follows_its_account
            a_letter_leaves_with_its_transaction
            a_letter_is_claimed_by_one_and_forgotten_once_it_is_out
            letters_are_purged_once_they_are_over
        }
    };
    ($fresh:expr => $($name:ident)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let stores = $fresh().await;
                $crate::testing::contract::$name(&stores).await;
            }
        )+
    };
}
