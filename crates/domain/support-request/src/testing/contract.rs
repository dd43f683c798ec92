//! The suite that every store of requests must pass: one function for each thing that a port says
//! with MUST. [`support_request_contract!`](crate::support_request_contract) makes a test of each.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite of tests fails by panicking")]

mod calls;
mod deadlines;
mod life;
mod queue;
mod transactions;
mod views;

pub use calls::*;
pub use deadlines::*;
pub use life::*;
pub use queue::*;
pub use transactions::*;
pub use views::*;

use kernel::{OrganizationId, UserId};

use super::{Harness, builders};
use crate::{
    Action, Actor, By, Command, Hand, NewConversation, NewMessage, Person, Requester, SlaTerms, Snapshot,
    SupportRequest, TimelineEntry,
};

/// Makes a test of each function of the suite. Takes an expression that is awaited for a fresh
/// [`Harness`], and optionally the attribute of a test, `#[tokio::test]` if none is given.
#[macro_export]
macro_rules! support_request_contract {
    ($harness:expr) => { $crate::support_request_contract!($harness, #[tokio::test]); };
    ($harness:expr, #[$test:meta]) => {
        $crate::support_request_contract!(@each $harness, #[$test];
            a_request_reads_back_as_it_was_stored
            every_word_reads_back
            a_saved_request_reads_back_with_all_its_changes
            nothing_is_stored_without_a_commit
            a_stale_save_is_a_conflict
            a_save_without_a_new_version_is_stored
            after_a_port_error_the_transaction_is_dead
            a_request_that_is_read_is_locked
            numbers_are_never_given_twice
            numbers_count_by_day_and_organization
            numbering_tells_prefix_and_time_zone
            an_appointment_has_one_request
            an_id_and_a_number_are_taken_once
            the_audience_names_the_members
            a_timeline_reads_back_in_its_order
            a_conversation_is_born_with_its_request
            a_conversation_follows_its_request
            the_outbox_keeps_events_in_their_order
            an_event_is_taken_once_by_each_consumer
            of_many_who_take_an_event_one_does
            a_call_is_claimed_once
            calls_of_others_are_others
            a_call_that_is_not_committed_is_not_remembered
            a_call_is_forgotten_after_a_day
            of_many_calls_at_once_one_is_carried_out
            nothing_is_written_across_organizations
            a_view_shows_all_that_is_stored
            a_snapshot_is_what_is_stored
            a_scope_decides_who_finds_a_request
            a_number_finds_its_request
            the_last_message_and_the_unread_ones_are_shown
            lists_are_filtered
            lists_are_filtered_by_time
            activity_never_moves_back_and_is_no_change_of_the_request
            activity_is_noted_for_many_at_once
            lists_are_sorted
            lists_are_paged
            overdue_means_a_missed_deadline_still_to_be_met
            nothing_is_read_across_organizations
            chats_that_nobody_has_taken_wait_in_their_order
            a_wait_ends_when_somebody_is_first_assigned
            no_queue_is_read_across_organizations
            what_is_promised_reads_back_and_counts_from_then_on
            promises_are_not_read_across_organizations
            a_deadline_is_found_once_it_has_news_and_while_its_clock_runs
            deadlines_of_all_organizations_are_found_the_longest_due_first
            what_is_put_aside_away_or_deleted_is_listed_as_asked
            a_deleted_request_is_found_by_nobody
            what_is_due_by_the_clock_is_found
            a_purged_request_leaves_nothing
            an_appointment_is_not_taken_over_by_a_change
        );
    };
    (@each $harness:expr, #[$test:meta]; $($name:ident)+) => {$(
        #[$test]
        async fn $name() {
            let harness = $harness.await;
            $crate::testing::contract::$name(&harness).await;
        }
    )+};
}

/// What most tests begin with: an organisation, its customer, an agent.
struct Scene {
    organization: OrganizationId,
    customer: Requester,
    agent: UserId,
}

impl Scene {
    async fn new(h: &impl Harness) -> Self {
        let organization = h.organization().await;
        let customer = h.customer(organization).await;
        let agent = h.agent(organization, "Dominique", "Leroy").await;
        Self { organization, customer, agent }
    }

    /// A request with ordinary values, not stored yet; `counter` goes into its number.
    fn request(&self, h: &impl Harness, counter: u32) -> Snapshot {
        builders::request(&*h.env(), self.organization, &self.customer, counter)
    }

    /// The same, stored with its conversation.
    async fn stored(&self, h: &impl Harness, counter: u32) -> Snapshot {
        store(h, self.request(h, counter), None).await
    }
}

/// Stores a request with its conversation, as the desk does.
async fn store(h: &impl Harness, request: Snapshot, first: Option<NewMessage>) -> Snapshot {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let aggregate = SupportRequest::restore(request.clone());
    tx.requests().insert(&aggregate).await.unwrap();
    tx.conversations().open(&conversation_of(&aggregate, first)).await.unwrap();
    tx.commit().await.unwrap();
    request
}

fn conversation_of(request: &SupportRequest, first: Option<NewMessage>) -> NewConversation {
    let state = request.snapshot();
    NewConversation {
        id: state.conversation,
        support_request: state.id,
        requester: state.requester.clone(),
        state: request.conversation_state(),
        first,
        at: state.created_at,
    }
}

/// What is stored of a request now.
async fn read(h: &impl Harness, request: &Snapshot) -> Option<Snapshot> {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let found = tx.requests().get(request.id).await.unwrap();
    drop(tx);
    found.map(|request| request.snapshot().clone())
}

/// Takes an action as this agent; gives the entries it makes.
fn act(h: &impl Harness, request: &mut SupportRequest, agent: UserId, action: &Action) -> Vec<TimelineEntry> {
    let person = Person { id: agent, name: "Dominique Leroy".to_owned() };
    let actor = Actor { id: Some(agent.into()), name: person.name.clone() };
    let hand = match action {
        Action::Take | Action::Assign { agent: Some(_) } => Hand::To(&person),
        Action::Assign { agent: None } => Hand::Nobody,
        _ => Hand::Stays,
    };
    let by = By { actor: &actor, hand, env: &*h.env(), terms: &SlaTerms::default() };
    request.act(action, &Command::default(), &by).unwrap().timeline
}

/// Stores the request after this action, and gives what was stored.
async fn save_after(h: &impl Harness, request: &Snapshot, agent: UserId, action: Action) -> Snapshot {
    let mut tx = h.store().begin(request.organization).await.unwrap();
    let mut now = tx.requests().get(request.id).await.unwrap().unwrap();
    act(h, &mut now, agent, &action);
    tx.requests().save(&now).await.unwrap();
    tx.conversations().follow(request.conversation, &now.conversation_state()).await.unwrap();
    tx.commit().await.unwrap();
    now.snapshot().clone()
}
