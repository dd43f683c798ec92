//! The suite that every store of conversations must pass: one function for each thing that a port
//! says with MUST. [`chat_contract!`](crate::chat_contract) makes a test of each.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a suite of tests fails by panicking"
)]

mod conversations;
mod feed;
mod files;
mod log;
mod revising;
mod sessions;

pub use conversations::*;
pub use feed::*;
pub use files::*;
pub use log::*;
pub use revising::*;
pub use sessions::*;

use kernel::{MessageId, OrganizationId, ParticipantId, UserId};

use super::{Harness, Setup, Thread, ThreadState};
use crate::{
    Append, AppendError, Appended, Author, ClientMessageId, Content, ContentHash, MessageKind, Right, SenderKind,
};

/// Makes a test of each function of the suite. Takes an expression that is awaited for a fresh
/// [`Harness`], and optionally the attribute of a test, `#[tokio::test]` if none is given.
#[macro_export]
macro_rules! chat_contract {
    ($harness:expr) => { $crate::chat_contract!($harness, #[tokio::test]); };
    ($harness:expr, #[$test:meta]) => {
        $crate::chat_contract!(@each $harness, #[$test];
            entries_are_numbered_densely_from_one
            a_message_reads_back_as_it_was_sent
            sends_that_wait_together_keep_their_order
            fifty_parallel_sends_of_many_are_dense
            a_retry_gets_the_first_answer
            fifty_parallel_retries_are_one_message
            fifty_parallel_retries_on_two_nodes_are_one_message
            the_same_name_of_another_sender_or_thread_is_another_message
            the_same_name_with_another_content_is_refused
            a_stranger_is_told_that_nothing_is_there
            a_right_is_checked_as_it_stands_now
            the_right_is_checked_before_the_state
            a_closed_request_takes_no_message
            a_retry_succeeds_on_a_closed_request
            a_merged_request_names_the_other
            a_token_opens_what_took_its_request_in
            a_deleted_conversation_is_there_for_nobody
            a_resolved_request_takes_messages
            an_answer_to_an_unknown_message_is_refused
            a_refused_send_does_not_fail_its_neighbours
            hints_come_in_order_before_the_answer
            a_repeat_or_a_refusal_gives_no_hint
            entries_are_read_in_pages
            messages_are_read_backwards_in_pages
            one_message_is_found_in_its_own_conversation_only
            heads_leave_out_what_is_unknown
            no_log_is_read_across_organizations
            an_edit_is_an_entry_and_the_content_of_now
            a_deletion_leaves_a_tombstone_without_content
            replay_shows_the_content_of_now_at_every_entry
            sends_edits_and_deletions_that_wait_together_keep_their_order
            parallel_edits_of_one_message_end_in_one_content
            nothing_revives_a_message_that_is_deleted_meanwhile
            the_same_revision_again_stores_nothing
            a_message_is_revised_by_its_author_or_by_who_may
            a_revision_needs_the_right_of_now
            a_deleted_message_is_not_edited
            an_edit_comes_within_its_time
            a_closed_or_merged_request_takes_deletions_but_no_edits
            a_retry_of_a_send_finds_what_was_edited_or_deleted_since
            a_refused_revision_does_not_fail_its_neighbours
            hints_tell_revisions_with_their_message
            lists_show_revised_messages_as_they_are
            the_feed_tells_what_each_entry_did
            marks_only_move_forward
            marks_end_at_the_head
            reading_also_delivers
            staff_who_read_take_part
            audiences_are_those_of_each_and_leave_out_what_is_unknown
            reading_makes_no_member
            marks_of_many_at_once_end_at_the_furthest
            marks_that_wait_together_are_each_answered
            a_mark_is_within_the_scope
            unread_counts_what_others_wrote
            a_conversation_shows_its_state
            a_scope_decides_who_finds_a_conversation
            lists_are_within_the_scope_and_newest_first
            lists_are_filtered_and_paged
            no_conversation_is_found_across_organizations
            every_organization_has_its_own_epoch
            the_feed_tells_every_entry_once
            the_feed_skips_nothing_while_many_write
            a_position_never_moves_back
            the_lag_ends_when_all_is_taken
            a_session_opens_where_the_customer_has_written
            a_conversation_just_opened_gets_its_first_session
            an_ended_session_is_followed_only_by_a_new_message
            many_who_open_at_once_open_one_session
            many_who_end_at_once_end_it_once
            a_session_without_messages_for_too_long_times_out
            a_closed_conversation_opens_no_session
            no_session_is_reached_across_organizations
            a_conversation_shows_its_last_session
            sessions_are_listed_in_pages
            a_file_is_noted_and_finished_once
            many_uploads_with_one_key_are_one
            a_message_takes_its_files_along
            a_file_that_cannot_be_used_refuses_the_message
            a_file_goes_with_one_message
            files_go_with_their_message
            files_without_a_message_expire
            held_files_wait_for_their_check
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

/// What most tests begin with: an organisation, its customer, an agent, and a thread of the two.
struct Scene {
    organization: OrganizationId,
    customer: ParticipantId,
    agent: UserId,
    thread: Thread,
}

impl Scene {
    async fn new(h: &impl Harness) -> Self {
        let organization = h.organization().await;
        let customer = h.customer(organization).await;
        let agent = h.agent(organization).await;
        let state = ThreadState { assignee: Some(agent), ..ThreadState::default() };
        let thread = h.thread(Setup { organization, requester: customer, members: Vec::new(), state }).await;
        Self { organization, customer, agent, thread }
    }

    /// Another thread of the same customer.
    async fn another(&self, h: &impl Harness, state: ThreadState) -> Thread {
        let (organization, requester) = (self.organization, self.customer);
        h.thread(Setup { organization, requester, members: Vec::new(), state }).await
    }

    fn asks(&self, h: &impl Harness, name: &str, content: &str) -> Append {
        append(h, &self.thread, author(self.customer, SenderKind::Customer, Right::Requester), name, content)
    }

    fn answers(&self, h: &impl Harness, name: &str, content: &str) -> Append {
        let right = Right::Agent(self.agent);
        append(h, &self.thread, author(self.agent.into(), SenderKind::Agent, right), name, content)
    }

    async fn asked(&self, h: &impl Harness, name: &str) -> Appended {
        h.log().append(self.asks(h, name, name)).await.unwrap()
    }

    async fn answered(&self, h: &impl Harness, name: &str) -> Appended {
        h.log().append(self.answers(h, name, name)).await.unwrap()
    }
}

fn author(id: ParticipantId, kind: SenderKind, right: Right) -> Author {
    let name = if kind == SenderKind::Customer { "Camille Martin" } else { "Dominique Leroy" };
    Author { id, kind, name: name.to_owned(), right }
}

fn append(h: &impl Harness, thread: &Thread, author: Author, name: &str, content: &str) -> Append {
    let content = Content::parse(content).unwrap();
    Append {
        organization: thread.organization,
        conversation: thread.id,
        author,
        id: MessageId::new(h.env().uuid()),
        client_message_id: ClientMessageId::parse(name).unwrap(),
        hash: ContentHash::of(&content, None),
        content,
        kind: MessageKind::Text,
        attachments: Vec::new(),
        in_reply_to: None,
        origin: None,
    }
}

/// The same, as an answer to a message.
fn replying(mut append: Append, to: MessageId) -> Append {
    append.hash = ContentHash::of(&append.content, Some(to));
    append.in_reply_to = Some(to);
    append
}

/// That nothing of a thread is stored.
async fn assert_empty(h: &impl Harness, thread: &Thread) {
    assert_eq!(h.log().after(thread.organization, thread.id, crate::Seq::START, 10).await.unwrap(), []);
    assert_eq!(h.hints().seqs(thread.id), []);
}

fn assert_not_found(answer: &Result<Appended, AppendError>) {
    assert!(matches!(answer, Err(AppendError::NotFound)), "{answer:?}");
}
