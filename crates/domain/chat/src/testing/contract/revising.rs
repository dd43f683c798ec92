//! What [`ConversationLog::revise`](crate::ConversationLog::revise) must do.

use std::time::Duration;

use kernel::{ConnectionId, ConversationId, MessageId, PageRequest, Scope};

use super::{Scene, append, author};
use crate::{
    AppendError, Appended, Author, Change, Content, ConversationFilter, Entry, LogCursor, Message, Revise, Revised,
    Revision, Right, SenderKind, Seq,
    testing::{Harness, Thread, ThreadState, side_by_side},
};

const DAY: Duration = Duration::from_hours(24);

fn revision(thread: &Thread, author: Author, message: MessageId, content: Option<&str>) -> Revision {
    let revise = content
        .map_or(Revise::Delete, |content| Revise::Edit { content: Content::parse(content).unwrap(), within: DAY });
    let (organization, conversation) = (thread.organization, thread.id);
    Revision { organization, conversation, author, message, of_others: false, revise, origin: None }
}

impl Scene {
    fn customer(&self) -> Author {
        author(self.customer, SenderKind::Customer, Right::Requester)
    }

    fn agent(&self) -> Author {
        author(self.agent.into(), SenderKind::Agent, Right::Agent(self.agent))
    }

    fn edits(&self, message: MessageId, content: &str) -> Revision {
        revision(&self.thread, self.customer(), message, Some(content))
    }

    fn deletes(&self, message: MessageId) -> Revision {
        revision(&self.thread, self.customer(), message, None)
    }

    async fn edited(&self, h: &impl Harness, message: MessageId, content: &str) -> Revised {
        h.log().revise(self.edits(message, content)).await.unwrap()
    }

    async fn deleted(&self, h: &impl Harness, message: MessageId) -> Revised {
        h.log().revise(self.deletes(message)).await.unwrap()
    }

    async fn entries(&self, h: &impl Harness) -> Vec<Entry> {
        h.log().after(self.organization, self.thread.id, Seq::START, 1_000).await.unwrap()
    }

    async fn message(&self, h: &impl Harness, id: MessageId) -> Message {
        h.log().message(self.organization, self.thread.id, id).await.unwrap().unwrap()
    }
}

fn told(answer: &Result<Revised, AppendError>) -> String {
    match answer {
        Ok(done) => format!("{}{}", done.message.entry_seq, if done.duplicate { " again" } else { "" }),
        Err(error) => error.to_string(),
    }
}

/// The message keeps its place; the edit has the next one.
pub async fn an_edit_is_an_entry_and_the_content_of_now(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.asked(h, "a").await;
    let before = scene.message(h, first.message_id).await;
    scene.asked(h, "b").await;
    let text = " l’été 🏖 \\ \" ' {\"a\":null}\n\tet \u{1}\r\n ";
    let done = scene.edited(h, first.message_id, text).await;
    assert!(!done.duplicate);
    let edited_at = done.message.edited_at;
    assert!(edited_at.is_some_and(|at| at >= before.created_at));
    let wanted = Message { content: Some(text.into()), entry_seq: Seq::new(3), edited_at, ..before };
    assert_eq!(done.message, wanted);
    assert_eq!(scene.message(h, first.message_id).await, wanted);
    let entry = scene.entries(h).await.pop().unwrap();
    assert_eq!(entry, Entry { seq: Seq::new(3), change: Change::Edited, message: wanted });
}

/// Who it was and when stays; what it said is gone.
pub async fn a_deletion_leaves_a_tombstone_without_content(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.asked(h, "a").await;
    scene.edited(h, first.message_id, "b").await;
    let before = scene.message(h, first.message_id).await;
    let done = scene.deleted(h, first.message_id).await;
    let deleted_at = done.message.deleted_at;
    assert!(!done.duplicate && deleted_at.is_some());
    let wanted = Message { content: None, entry_seq: Seq::new(3), deleted_at, ..before };
    assert_eq!(done.message, wanted);
    assert_eq!(scene.message(h, first.message_id).await, wanted);
    let entry = scene.entries(h).await.pop().unwrap();
    assert_eq!(entry, Entry { seq: Seq::new(3), change: Change::Deleted, message: wanted });
}

/// Every entry of a message shows it as it is now, and each message changed once, at its last entry.
pub async fn replay_shows_the_content_of_now_at_every_entry(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (a, b) = (scene.asked(h, "a").await.message_id, scene.asked(h, "b").await.message_id);
    scene.edited(h, a, "a2").await;
    let c = scene.asked(h, "c").await.message_id;
    scene.deleted(h, b).await;
    scene.edited(h, a, "a3").await;
    let shown: Vec<_> = scene
        .entries(h)
        .await
        .into_iter()
        .map(|entry| (entry.seq.get(), entry.change, entry.message.id, entry.message.content))
        .collect();
    let now = |text: &str| Some(text.to_owned());
    assert_eq!(
        shown,
        [
            (1, Change::Created, a, now("a3")),
            (2, Change::Created, b, None),
            (3, Change::Edited, a, now("a3")),
            (4, Change::Created, c, now("c")),
            (5, Change::Deleted, b, None),
            (6, Change::Edited, a, now("a3")),
        ]
    );
    let page = h.log().after(scene.organization, scene.thread.id, Seq::new(2), 2).await.unwrap();
    assert_eq!(page.iter().map(|entry| entry.seq.get()).collect::<Vec<_>>(), [3, 4]);
    for (after, limit, wanted) in [(0, 9, vec![(c, 4), (b, 5), (a, 6)]), (4, 1, vec![(b, 5)]), (6, 9, vec![])] {
        let changed = h.log().changed(scene.organization, scene.thread.id, Seq::new(after), limit).await.unwrap();
        let changed: Vec<_> = changed.iter().map(|message| (message.id, message.entry_seq.get())).collect();
        assert_eq!(changed, wanted);
    }
    let before = h.log().before(scene.organization, scene.thread.id, None, 9).await.unwrap();
    assert_eq!(before.iter().map(|message| message.seq.get()).collect::<Vec<_>>(), [1, 2, 4]);
    let heads = h.log().heads(&[(scene.organization, scene.thread.id)]).await.unwrap();
    assert_eq!(heads[0].last_seq, Seq::new(6));
}

type Answer<'a> = std::pin::Pin<Box<dyn Future<Output = u64> + 'a>>;

/// Called in order, numbered in order, whatever each of them does.
pub async fn sends_edits_and_deletions_that_wait_together_keep_their_order(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let other = scene.another(h, ThreadState::default()).await;
    let (a, b) = (scene.asked(h, "a").await.message_id, scene.asked(h, "b").await.message_id);
    let log = h.log();
    let send = |name: &str| -> Answer<'_> {
        let answer = log.append(scene.asks(h, name, name));
        Box::pin(async { answer.await.unwrap().seq.get() })
    };
    let elsewhere = |name: &str| -> Answer<'_> {
        let answer = log.append(append(h, &other, scene.customer(), name, name));
        Box::pin(async { answer.await.unwrap().seq.get() })
    };
    let revise = |revision: Revision| -> Answer<'_> {
        let answer = log.revise(revision);
        Box::pin(async { answer.await.unwrap().message.entry_seq.get() })
    };
    let places = side_by_side([
        send("c"),
        revise(scene.edits(a, "a2")),
        elsewhere("x"),
        send("d"),
        revise(scene.edits(b, "b2")),
        revise(scene.edits(a, "a3")),
        send("e"),
        elsewhere("y"),
        revise(scene.deletes(a)),
        send("f"),
    ])
    .await;
    assert_eq!(places, [3, 4, 1, 5, 6, 7, 8, 2, 9, 10]);
    let changes: Vec<_> = scene.entries(h).await.into_iter().map(|entry| entry.change).collect();
    let (made, edited, deleted) = (Change::Created, Change::Edited, Change::Deleted);
    assert_eq!(changes, [made, made, made, edited, made, edited, edited, made, deleted, made]);
    assert_eq!(h.hints().seqs(scene.thread.id), (1..=10).map(Seq::new).collect::<Vec<_>>());
}

/// Each has its own place; the one with the last place has the last word, on every node.
pub async fn parallel_edits_of_one_message_end_in_one_content(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.asked(h, "a").await.message_id;
    let (one, two) = (h.log(), h.other_log());
    let edits = (0..30).map(|n| {
        let log = if n % 2 == 0 { &one } else { &two };
        let text = format!("edit {n}");
        async { (log.revise(scene.edits(id, &text)).await.unwrap(), text) }
    });
    let mut answers = side_by_side(edits).await;
    answers.sort_by_key(|(done, _)| done.message.entry_seq);
    assert!(answers.iter().all(|(done, text)| !done.duplicate && done.message.content.as_ref() == Some(text)));
    let places: Vec<_> = answers.iter().map(|(done, _)| done.message.entry_seq.get()).collect();
    assert_eq!(places, (2..=31).collect::<Vec<_>>());
    let last = answers.pop().unwrap().0.message;
    assert_eq!(scene.message(h, id).await, last);
    assert!(scene.entries(h).await.iter().all(|entry| entry.message == last));
}

/// Whatever else was on its way, what was deleted stays so.
pub async fn nothing_revives_a_message_that_is_deleted_meanwhile(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (one, two) = (h.log(), h.other_log());
    for round in 0..5 {
        let id = scene.asked(h, &format!("a{round}")).await.message_id;
        let revisions = (0..12).map(|n| {
            let log = if n % 2 == 0 { &one } else { &two };
            let revision = if n == 5 { scene.deletes(id) } else { scene.edits(id, &format!("edit {n}")) };
            async move { (n == 5, log.revise(revision).await) }
        });
        let answers = side_by_side(revisions).await;
        let at = answers.iter().find(|(deletion, _)| *deletion).map(|(_, answer)| answer.as_ref().unwrap());
        let at = at.unwrap().message.entry_seq;
        for (deletion, answer) in answers {
            match answer {
                Ok(done) => assert!(deletion || done.message.entry_seq < at, "an edit came after the deletion"),
                Err(error) => assert!(matches!(error, AppendError::Deleted), "{error:?}"),
            }
        }
        let now = scene.message(h, id).await;
        assert_eq!((now.content, now.entry_seq), (None, at));
    }
    let seqs: Vec<_> = scene.entries(h).await.iter().map(|entry| entry.seq.get()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

/// What a client does that heard nothing. The answer is the entry that stands.
pub async fn the_same_revision_again_stores_nothing(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.asked(h, "a").await.message_id;
    let again = scene.edited(h, id, "a").await;
    assert_eq!((again.duplicate, again.message.entry_seq, again.message.edited_at), (true, Seq::new(1), None));
    let edited = scene.edited(h, id, "b").await;
    let again = Revised { duplicate: true, ..edited };
    assert_eq!(scene.edited(h, id, "b").await, again);
    let deleted = scene.deleted(h, id).await;
    let again = Revised { duplicate: true, ..deleted };
    assert_eq!(scene.deleted(h, id).await, again);
    let log = h.log();
    let parallel = side_by_side((0..10).map(|_| log.revise(scene.deletes(id)))).await;
    assert!(parallel.iter().all(|answer| told(answer) == "3 again"));
    assert_eq!(h.hints().seqs(scene.thread.id), (1..=3).map(Seq::new).collect::<Vec<_>>());
}

/// The right to the conversation first, then the message, then whose it is.
pub async fn a_message_is_revised_by_its_author_or_by_who_may(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.asked(h, "a").await.message_id;
    let answered = scene.answered(h, "b").await.message_id;
    let other = scene.another(h, ThreadState::default()).await;
    let elsewhere = append(h, &other, scene.customer(), "a", "x");
    let elsewhere = h.log().append(elsewhere).await.unwrap().message_id;
    let stranger = h.customer(scene.organization).await;
    let stranger = author(stranger, SenderKind::Customer, Right::Requester);
    let abroad = Scene::new(h).await;
    let admin = author(h.agent(scene.organization).await.into(), SenderKind::Agent, Right::Always);
    let mut foreign = scene.edits(id, "x");
    foreign.organization = abroad.organization;
    let mut unknown = scene.edits(id, "x");
    unknown.conversation = ConversationId::new(h.env().uuid());
    let of_others = |mut revision: Revision| {
        revision.of_others = true;
        revision
    };
    let thread = &scene.thread;
    let (no_message, not_found) = ("no such message", "no such conversation");
    for (content, first, second) in [(Some("x"), "4", "5"), (None, "6", "7")] {
        let with = |author, message| revision(thread, author, message, content);
        foreign.revise = with(scene.customer(), id).revise;
        unknown.revise = foreign.revise.clone();
        for (revision, wanted) in [
            (with(stranger.clone(), id), not_found),
            (of_others(with(stranger.clone(), id)), not_found),
            (with(stranger.clone(), elsewhere), not_found),
            (foreign.clone(), not_found),
            (unknown.clone(), not_found),
            (with(scene.customer(), elsewhere), no_message),
            (with(scene.customer(), MessageId::new(h.env().uuid())), no_message),
            (with(scene.customer(), answered), "not the author of the message"),
            (with(scene.agent(), id), "not the author of the message"),
            (with(admin.clone(), id), "not the author of the message"),
        ] {
            assert_eq!(told(&h.log().revise(revision.clone()).await), wanted, "{revision:?}");
        }
        if content.is_some() {
            // Takes the third place, so that the first revision takes the fourth.
            scene.answered(h, "c").await;
        }
        assert_eq!(told(&h.log().revise(with(scene.agent(), answered)).await), first);
        let done = h.log().revise(of_others(with(admin.clone(), id))).await.unwrap();
        assert_eq!(told(&Ok(done.clone())), second);
        assert_eq!(done.message.sender.id, scene.customer, "it stays whose it was");
    }
}

/// The right is that of now, of a revision as of a send.
pub async fn a_revision_needs_the_right_of_now(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.answered(h, "a").await.message_id;
    let other = h.agent(scene.organization).await;
    h.set(&scene.thread, ThreadState { assignee: Some(other), ..ThreadState::default() }).await;
    for content in [Some("x"), None] {
        let answer = h.log().revise(revision(&scene.thread, scene.agent(), id, content)).await;
        assert_eq!(told(&answer), "no such conversation");
    }
}

/// Former contents stay away for good; the place and the name do not become free.
pub async fn a_deleted_message_is_not_edited(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.asked(h, "a").await.message_id;
    scene.deleted(h, id).await;
    for content in ["a", "b"] {
        assert_eq!(told(&h.log().revise(scene.edits(id, content)).await), "the message was deleted");
    }
    assert_eq!(scene.entries(h).await.len(), 2);
}

/// By the store's own clock. A deletion has no time limit.
pub async fn an_edit_comes_within_its_time(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.asked(h, "a").await.message_id;
    h.time_goes_by().await;
    let mut late = scene.edits(id, "b");
    late.revise = Revise::Edit { content: Content::parse("b").unwrap(), within: Duration::ZERO };
    late.of_others = true;
    assert_eq!(told(&h.log().revise(late.clone()).await), "the message is too old to be edited");
    assert_eq!(scene.message(h, id).await.content.as_deref(), Some("a"));
    late.revise = Revise::Edit { content: Content::parse("a").unwrap(), within: Duration::ZERO };
    assert_eq!(told(&h.log().revise(late).await), "1 again", "a repeat is recognised before");
    assert_eq!(told(&h.log().revise(scene.deletes(id)).await), "2");
}

/// Nothing new is said there; but what somebody takes back goes.
pub async fn a_closed_or_merged_request_takes_deletions_but_no_edits(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let ids = [scene.asked(h, "a").await.message_id, scene.asked(h, "b").await.message_id];
    let closed = ThreadState {
        assignee: Some(scene.agent),
        resolved: true,
        closed: true,
        merged_into: None,
        ..ThreadState::default()
    };
    let into = scene.another(h, ThreadState::default()).await.support_request;
    let merged = ThreadState { merged_into: Some(into), ..closed };
    for (n, (state, id)) in (3..).zip([closed, merged].into_iter().zip(ids)) {
        h.set(&scene.thread, state).await;
        let refused = h.log().revise(scene.edits(id, "c")).await;
        match state.merged_into {
            Some(into) => assert!(matches!(refused, Err(AppendError::Merged(other)) if other == into), "{refused:?}"),
            None => assert!(matches!(refused, Err(AppendError::Closed)), "{refused:?}"),
        }
        assert_eq!(told(&h.log().revise(scene.deletes(id)).await), n.to_string());
        assert_eq!(told(&h.log().revise(scene.edits(id, "c")).await), "the message was deleted");
    }
}

/// For the life of the message, and after.
pub async fn a_retry_of_a_send_finds_what_was_edited_or_deleted_since(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.asked(h, "a").await;
    let again = Appended { duplicate: true, ..first };
    scene.edited(h, first.message_id, "b").await;
    assert_eq!(scene.asked(h, "a").await, again);
    scene.deleted(h, first.message_id).await;
    assert_eq!(scene.asked(h, "a").await, again);
    let other = h.log().append(scene.asks(h, "a", "b")).await;
    assert!(matches!(other, Err(AppendError::Mismatch)), "{other:?}");
    assert_eq!(scene.entries(h).await.len(), 3);
}

/// Good and bad ones of several threads in one batch: each is answered by itself.
pub async fn a_refused_revision_does_not_fail_its_neighbours(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let ids = [scene.asked(h, "a").await.message_id, scene.asked(h, "b").await.message_id];
    let answered = scene.answered(h, "c").await.message_id;
    let stranger = author(h.customer(scene.organization).await, SenderKind::Customer, Right::Requester);
    let log = h.log();
    let answers = side_by_side(
        [
            scene.edits(ids[0], "a2"),
            scene.edits(answered, "x"),
            scene.edits(MessageId::new(h.env().uuid()), "x"),
            revision(&scene.thread, stranger, ids[0], None),
            scene.edits(ids[1], "b"),
            scene.edits(ids[1], "b2"),
            scene.deletes(ids[0]),
        ]
        .map(|revision| log.revise(revision)),
    )
    .await;
    let wanted = ["4", "not the author of the message", "no such message", "no such conversation", "2 again", "5", "6"];
    assert_eq!(answers.iter().map(told).collect::<Vec<_>>(), wanted);
}

/// With the message of then, before the answer; only for what was stored.
pub async fn hints_tell_revisions_with_their_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.asked(h, "a").await.message_id;
    let origin = ConnectionId::new(h.env().uuid());
    let mut edit = scene.edits(id, "b");
    edit.origin = Some(origin);
    let edited = h.log().revise(edit).await.unwrap().message;
    scene.edited(h, id, "b").await;
    let deleted = scene.deleted(h, id).await.message;
    let told = h.hints().of(scene.thread.id);
    let told: Vec<_> = told.into_iter().skip(1).map(|one| (one.entry, one.origin, one.audience)).collect();
    let entry = |change, message: Message| Entry { seq: message.entry_seq, change, message };
    assert_eq!((&told[0].0, told[0].1), (&entry(Change::Edited, edited), Some(origin)));
    assert_eq!((&told[1].0, told[1].1), (&entry(Change::Deleted, deleted), None));
    assert_eq!(told.len(), 2);
    let audience = &told[1].2;
    assert_eq!(audience.support_request, scene.thread.support_request);
    assert_eq!((audience.requester, audience.assignee), (scene.customer, Some(scene.agent)));
}

/// Unread are messages that are there, not what was done to them; lists show no former content.
pub async fn lists_show_revised_messages_as_they_are(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (a, b) = (scene.asked(h, "a").await.message_id, scene.asked(h, "b").await.message_id);
    let viewer = scene.agent.into();
    let look = async || {
        let found = h.conversations().find(scene.organization, Scope::All, viewer, scene.thread.id).await;
        found.unwrap().unwrap()
    };
    let before = look().await;
    h.time_goes_by().await;
    scene.edited(h, a, "a2").await;
    scene.edited(h, b, "b2").await;
    let edited = look().await;
    assert_eq!((edited.unread_count, edited.unread_staff), (2, 2));
    assert_eq!(edited.last_message.unwrap().content.as_deref(), Some("b2"));
    assert_eq!(edited.last_seq, Seq::new(4));
    scene.deleted(h, b).await;
    let deleted = look().await;
    assert_eq!((deleted.unread_count, deleted.unread_staff), (1, 1));
    assert_eq!(deleted.last_message_at, before.last_message_at, "nobody wrote");
    let last = deleted.last_message.unwrap();
    assert_eq!((last.id, last.content), (b, None));
    scene.deleted(h, a).await;
    let unread = ConversationFilter { unread: true, ..ConversationFilter::default() };
    let page = PageRequest::parse(None, None).unwrap();
    let listed = h.conversations().list(scene.organization, Scope::All, viewer, &unread, page).await.unwrap();
    assert_eq!(listed.items, []);
}

/// So that a consumer can tell a revision from a message.
pub async fn the_feed_tells_what_each_entry_did(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let id = scene.asked(h, "a").await.message_id;
    scene.edited(h, id, "b").await;
    scene.deleted(h, id).await;
    let mut told = super::feed::read_until(h, LogCursor::default(), scene.organization, 3).await;
    told.sort_by_key(|record| record.entry.seq);
    let entries: Vec<_> = told.into_iter().map(|record| record.entry).collect();
    assert_eq!(entries, scene.entries(h).await);
    let changes: Vec<_> = entries.iter().map(|entry| entry.change).collect();
    assert_eq!(changes, [Change::Created, Change::Edited, Change::Deleted]);
}
