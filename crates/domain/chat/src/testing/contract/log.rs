//! What [`ConversationLog`](crate::ConversationLog) must do.

use std::collections::BTreeSet;

use kernel::{ConnectionId, ConversationId, MessageId, Scope, SupportRequestId};

use super::{Scene, append, assert_empty, assert_not_found, author, replying};
use crate::{
    AppendError, Appended, Change, ConversationFilter, Entry, Head, Marked, Revise, Revision, Right, SenderKind, Seq,
    testing::{Harness, Setup, Thread, ThreadState, side_by_side},
};

async fn entries(h: &impl Harness, thread: &Thread) -> Vec<Entry> {
    h.log().after(thread.organization, thread.id, Seq::START, 1_000).await.unwrap()
}

fn seqs(range: std::ops::RangeInclusive<u64>) -> Vec<Seq> {
    range.map(Seq::new).collect()
}

/// 1, 2, 3 … in the order the sends were answered, whoever sends.
pub async fn entries_are_numbered_densely_from_one(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let places =
        [scene.asked(h, "a").await, scene.answered(h, "b").await, scene.asked(h, "c").await].map(|done| done.seq);
    assert_eq!(places.to_vec(), seqs(1..=3));
    let stored = entries(h, &scene.thread).await;
    assert_eq!(stored.iter().map(|entry| entry.seq).collect::<Vec<_>>(), seqs(1..=3));
    let contents: Vec<_> = stored.iter().map(|entry| entry.message.content.as_deref()).collect();
    assert_eq!(contents, [Some("a"), Some("b"), Some("c")]);
}

/// Every field, and any text.
pub async fn a_message_reads_back_as_it_was_sent(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.asked(h, "a").await;
    let text = " l’été 🏖\u{202e} \\ \" ' {\"a\":null}\n\tet \u{1}\r\n ";
    let sent = replying(scene.answers(h, "nom-é-🏷", text), first.message_id);
    let done = h.log().append(sent.clone()).await.unwrap();
    assert_eq!((done.message_id, done.duplicate), (sent.id, false));

    let message = h.log().message(scene.organization, scene.thread.id, sent.id).await.unwrap().unwrap();
    assert_eq!(message.content.as_deref(), Some(text));
    assert_eq!((message.seq, message.entry_seq), (done.seq, done.seq));
    assert_eq!(message.sender.id, scene.agent.into());
    assert_eq!((message.sender.kind, message.sender.name.as_str()), (SenderKind::Agent, "Dominique Leroy"));
    assert_eq!(message.kind, sent.kind);
    assert_eq!(message.in_reply_to, Some(first.message_id));
    assert_eq!(message.client_message_id, Some(sent.client_message_id));
    assert_eq!(message.created_at, done.created_at);
    assert!(message.created_at >= first.created_at, "time never runs backwards within a conversation");
    assert_eq!((message.edited_at, message.deleted_at), (None, None));

    let entry = entries(h, &scene.thread).await.pop().unwrap();
    assert_eq!(entry, Entry { seq: done.seq, change: Change::Created, message });
}

/// Called in order, numbered in order, although they end up in one batch.
pub async fn sends_that_wait_together_keep_their_order(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let log = h.log();
    let sends = (1..=100).map(|n| log.append(scene.asks(h, &format!("n{n}"), "x")));
    let places: Vec<_> = side_by_side(sends).await.into_iter().map(|done| done.unwrap().seq).collect();
    assert_eq!(places, seqs(1..=100));
}

/// Many senders in many threads at once: each thread is dense, each answer true.
pub async fn fifty_parallel_sends_of_many_are_dense(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let open = ThreadState { assignee: Some(scene.agent), ..ThreadState::default() };
    let threads = [scene.thread, scene.another(h, open).await, scene.another(h, open).await];
    let (one, two) = (h.log(), h.other_log());
    let sends = (0..150_usize).map(|n| {
        let author = if n % 2 == 0 {
            author(scene.customer, SenderKind::Customer, Right::Requester)
        } else {
            author(scene.agent.into(), SenderKind::Agent, Right::Agent(scene.agent))
        };
        let log = if n % 5 == 0 { &two } else { &one };
        let thread = threads[n % 3];
        let sent = append(h, &thread, author, &format!("n{n}"), &format!("content {n}"));
        async move { (thread, sent.clone(), log.append(sent).await.unwrap()) }
    });
    let done = side_by_side(sends).await;
    for thread in threads {
        let stored = entries(h, &thread).await;
        assert_eq!(stored.iter().map(|entry| entry.seq).collect::<Vec<_>>(), seqs(1..=50));
        for (_, sent, answer) in done.iter().filter(|(of, ..)| *of == thread) {
            let entry = stored.iter().find(|entry| entry.seq == answer.seq).unwrap();
            assert_eq!(entry.message.id, sent.id, "an answer names the place of another message");
            assert_eq!(entry.message.content.as_deref(), Some(sent.content.as_str()));
        }
    }
}

/// Another id, another day: the same name is the same message.
pub async fn a_retry_gets_the_first_answer(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.asked(h, "a").await;
    scene.answered(h, "b").await;
    let again = scene.asked(h, "a").await;
    assert_eq!(again, Appended { duplicate: true, ..first });
    assert_eq!(entries(h, &scene.thread).await.len(), 2, "a retry stores nothing");
    assert_eq!(scene.asked(h, "c").await.seq, Seq::new(3), "a retry takes no place");
}

fn assert_one_message(answers: &[Appended], stored: &[Entry]) {
    let places: BTreeSet<_> = answers.iter().map(|done| (done.seq, done.message_id.uuid())).collect();
    assert_eq!(places.len(), 1, "one message, one place");
    assert_eq!(answers.iter().filter(|done| !done.duplicate).count(), 1, "one of them is the first");
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].message.id, answers[0].message_id);
}

/// Within a batch and across batches.
pub async fn fifty_parallel_retries_are_one_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let log = h.log();
    let answers = side_by_side((0..50).map(|_| log.append(scene.asks(h, "a", "x")))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_one_message(&answers, &entries(h, &scene.thread).await);
}

/// Across nodes: two committers on one database.
pub async fn fifty_parallel_retries_on_two_nodes_are_one_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let logs = [h.log(), h.other_log()];
    let answers = side_by_side((0..50).map(|n| logs[n % 2].append(scene.asks(h, "a", "x")))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_one_message(&answers, &entries(h, &scene.thread).await);
}

/// A name belongs to one person in one thread.
pub async fn the_same_name_of_another_sender_or_thread_is_another_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let other = scene.another(h, ThreadState::default()).await;
    let elsewhere = append(h, &other, author(scene.customer, SenderKind::Customer, Right::Requester), "a", "x");
    let log = h.log();
    let sends = [scene.asks(h, "a", "x"), scene.answers(h, "a", "x"), elsewhere];
    let answers = side_by_side(sends.map(|sent| log.append(sent))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|done| !done.duplicate), "{answers:?}");
    assert_eq!(entries(h, &scene.thread).await.len(), 2);
    assert_eq!(entries(h, &other).await.len(), 1);
}

/// Another content, or another message that it answers; within a batch, too.
pub async fn the_same_name_with_another_content_is_refused(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let log = h.log();
    let both = side_by_side([log.append(scene.asks(h, "a", "one")), log.append(scene.asks(h, "a", "two"))]).await;
    assert!(both[0].is_ok(), "{both:?}");
    assert!(matches!(both[1], Err(AppendError::Mismatch)), "{both:?}");
    let other = log.append(scene.asks(h, "a", "three")).await;
    assert!(matches!(other, Err(AppendError::Mismatch)), "{other:?}");
    let first = both[0].as_ref().unwrap();
    let other = log.append(replying(scene.asks(h, "a", "one"), first.message_id)).await;
    assert!(matches!(other, Err(AppendError::Mismatch)), "{other:?}");
    assert_eq!(entries(h, &scene.thread).await.len(), 1);
    assert!(scene.asked(h, "b").await.seq == Seq::new(2), "a refusal takes no place");
}

/// Whoever has no right, and whatever does not exist, get the same answer.
pub async fn a_stranger_is_told_that_nothing_is_there(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let stranger = h.customer(scene.organization).await;
    let colleague = h.agent(scene.organization).await;
    let abroad = Scene::new(h).await;
    let other_request = scene.another(h, ThreadState::default()).await.support_request;
    let log = h.log();
    for author in [
        author(stranger, SenderKind::Customer, Right::Requester),
        author(stranger, SenderKind::Customer, Right::Token(scene.thread.support_request)),
        author(scene.customer, SenderKind::Customer, Right::Token(other_request)),
        author(colleague.into(), SenderKind::Agent, Right::Agent(colleague)),
    ] {
        assert_not_found(&log.append(append(h, &scene.thread, author, "a", "x")).await);
    }
    let mut unknown = scene.asks(h, "a", "x");
    unknown.conversation = ConversationId::new(h.env().uuid());
    assert_not_found(&log.append(unknown).await);
    let mut foreign = scene.asks(h, "a", "x");
    foreign.organization = abroad.organization;
    assert_not_found(&log.append(foreign).await);
    let mut foreign = abroad.answers(h, "a", "x");
    foreign.author.right = Right::Always;
    foreign.conversation = scene.thread.id;
    assert_not_found(&log.append(foreign).await);
    assert_empty(h, &scene.thread).await;
}

/// The right hangs on the request as it is now: unassigned, assigned, taken part in, opened.
pub async fn a_right_is_checked_as_it_stands_now(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (colleague, member) = (h.agent(scene.organization).await, h.agent(scene.organization).await);
    let setup = Setup {
        organization: scene.organization,
        requester: scene.customer,
        members: vec![member],
        state: ThreadState::default(),
    };
    let thread = h.thread(setup).await;
    let log = h.log();
    let says = |agent: kernel::UserId, name: &str| {
        append(h, &thread, author(agent.into(), SenderKind::Agent, Right::Agent(agent)), name, "x")
    };
    log.append(says(colleague, "nobody's")).await.unwrap();
    h.set(&thread, ThreadState { assignee: Some(scene.agent), ..ThreadState::default() }).await;
    assert_not_found(&log.append(says(colleague, "another's")).await);
    log.append(says(scene.agent, "assigned")).await.unwrap();
    log.append(says(member, "a member's")).await.unwrap();
    let supervisor = author(colleague.into(), SenderKind::Agent, Right::Always);
    log.append(append(h, &thread, supervisor, "a supervisor's", "x")).await.unwrap();
    let guest = author(scene.customer, SenderKind::Customer, Right::Token(thread.support_request));
    log.append(append(h, &thread, guest, "a token's", "x")).await.unwrap();
    let opened = Setup {
        organization: scene.organization,
        requester: colleague.into(),
        members: Vec::new(),
        state: ThreadState { assignee: Some(scene.agent), ..ThreadState::default() },
    };
    let own = h.thread(opened).await;
    let asks = author(colleague.into(), SenderKind::Agent, Right::Agent(colleague));
    log.append(append(h, &own, asks, "their own", "x")).await.unwrap();
}

/// A stranger does not learn that a request is closed.
pub async fn the_right_is_checked_before_the_state(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let stranger = h.customer(scene.organization).await;
    h.set(&scene.thread, ThreadState { resolved: true, closed: true, ..ThreadState::default() }).await;
    let who = author(stranger, SenderKind::Customer, Right::Requester);
    assert_not_found(&h.log().append(append(h, &scene.thread, who, "a", "x")).await);
}

/// From anybody.
pub async fn a_closed_request_takes_no_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "before").await;
    let closed = ThreadState {
        assignee: Some(scene.agent),
        resolved: true,
        closed: true,
        merged_into: None,
        ..ThreadState::default()
    };
    h.set(&scene.thread, closed).await;
    for sent in [scene.asks(h, "a", "x"), scene.answers(h, "a", "x")] {
        let answer = h.log().append(sent).await;
        assert!(matches!(answer, Err(AppendError::Closed)), "{answer:?}");
    }
    assert_eq!(entries(h, &scene.thread).await.len(), 1);
}

/// What was acked stays acked, whatever happened since.
pub async fn a_retry_succeeds_on_a_closed_request(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.asked(h, "a").await;
    let closed = ThreadState {
        assignee: Some(scene.agent),
        resolved: true,
        closed: true,
        merged_into: None,
        ..ThreadState::default()
    };
    h.set(&scene.thread, closed).await;
    assert_eq!(scene.asked(h, "a").await, Appended { duplicate: true, ..first });
    let merged = ThreadState { merged_into: Some(scene.thread.support_request), ..closed };
    h.set(&scene.thread, merged).await;
    assert_eq!(scene.asked(h, "a").await, Appended { duplicate: true, ..first });
}

/// A merged request is closed, too; the other one is the better answer.
pub async fn a_merged_request_names_the_other(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let into: SupportRequestId = scene.another(h, ThreadState::default()).await.support_request;
    let merged = ThreadState {
        assignee: Some(scene.agent),
        resolved: true,
        closed: true,
        merged_into: Some(into),
        ..ThreadState::default()
    };
    h.set(&scene.thread, merged).await;
    let answer = h.log().append(scene.asks(h, "a", "x")).await;
    assert!(matches!(answer, Err(AppendError::Merged(other)) if other == into), "{answer:?}");
    assert_empty(h, &scene.thread).await;
}

/// To read, to write, to revise and to mark; for its own requester only.
pub async fn a_token_opens_what_took_its_request_in(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (token, other) = (Right::Token(scene.thread.support_request), scene.another(h, ThreadState::default()).await);
    let guest = author(scene.customer, SenderKind::Customer, token);
    assert_not_found(&h.log().append(append(h, &other, guest.clone(), "a", "x")).await);

    let into = Some(other.support_request);
    let merged = ThreadState { resolved: true, closed: true, merged_into: into, ..ThreadState::default() };
    h.set(&scene.thread, merged).await;
    let took = ThreadState { took_in: Some(scene.thread.support_request), ..ThreadState::default() };
    h.set(&other, took).await;
    let sent = append(h, &other, guest.clone(), "a", "x");
    assert_eq!(h.log().append(sent.clone()).await.unwrap().seq, Seq::new(1));
    let hint = h.hints().of(other.id).pop().unwrap();
    assert_eq!(hint.audience.took_in, [scene.thread.support_request], "whoever watches by that token is told");
    let revision = |author| Revision {
        organization: scene.organization,
        conversation: other.id,
        author,
        message: sent.id,
        revise: Revise::Delete,
        of_others: false,
        origin: None,
    };
    h.log().revise(revision(guest.clone())).await.unwrap();
    let (conversations, scope) = (h.conversations(), Scope::One(scene.thread.support_request, scene.customer));
    let audience = conversations.audience(scene.organization, other.id).await.unwrap().unwrap();
    assert!(scope.covers(&audience));
    for thread in [&scene.thread, &other] {
        let found = conversations.find(scene.organization, scope, scene.customer, thread.id).await.unwrap();
        assert_eq!(found.map(|one| one.id), Some(thread.id));
    }
    let filter = ConversationFilter::default();
    let listed = conversations
        .list(scene.organization, scope, scene.customer, &filter, kernel::PageRequest::default())
        .await
        .unwrap();
    assert_eq!(listed.total, 2);
    let mark = super::conversations::mark(h, &other, scene.customer, SenderKind::Customer, 1, 1);
    assert!(!matches!(conversations.mark(scope, mark).await.unwrap(), Marked::NotFound));

    let stranger = h.customer(scene.organization).await;
    let strange = author(stranger, SenderKind::Customer, token);
    assert_not_found(&h.log().append(append(h, &other, strange, "b", "x")).await);
    let scope = Scope::One(scene.thread.support_request, stranger);
    assert_eq!(conversations.find(scene.organization, scope, stranger, other.id).await.unwrap(), None);
}

/// Neither to write nor to read, to mark or to open a session; and all of it is there again when it is restored.
pub async fn a_deleted_conversation_is_there_for_nobody(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let first = scene.asked(h, "a").await;
    let there = ThreadState { assignee: Some(scene.agent), ..ThreadState::default() };
    h.set(&scene.thread, ThreadState { deleted: true, ..there }).await;
    for sent in [scene.asks(h, "a", "a"), scene.asks(h, "b", "b"), scene.answers(h, "c", "c")] {
        assert_not_found(&h.log().append(sent).await);
    }
    let always = author(scene.agent.into(), SenderKind::Agent, Right::Always);
    assert_not_found(&h.log().append(append(h, &scene.thread, always.clone(), "d", "d")).await);
    let revision = Revision {
        organization: scene.organization,
        conversation: scene.thread.id,
        author: always,
        message: first.message_id,
        revise: Revise::Delete,
        of_others: true,
        origin: None,
    };
    assert!(matches!(h.log().revise(revision).await, Err(AppendError::NotFound)));
    let (conversations, organization, id) = (h.conversations(), scene.organization, scene.thread.id);
    assert_eq!(conversations.audience(organization, id).await.unwrap(), None);
    assert_eq!(conversations.audiences(organization, &[id]).await.unwrap(), []);
    assert_eq!(conversations.find(organization, Scope::All, scene.agent.into(), id).await.unwrap(), None);
    let request = scene.thread.support_request;
    let found = conversations.of_request(organization, Scope::All, scene.agent.into(), request).await.unwrap();
    assert_eq!(found, None);
    let (filter, page) = (ConversationFilter::default(), kernel::PageRequest::default());
    let listed = conversations.list(organization, Scope::All, scene.agent.into(), &filter, page).await.unwrap();
    assert_eq!(listed.total, 0);
    let mark = super::conversations::mark(h, &scene.thread, scene.customer, SenderKind::Customer, 1, 1);
    assert_eq!(conversations.mark(Scope::All, mark).await.unwrap(), Marked::NotFound);
    assert_eq!(h.log().heads(&[(organization, id)]).await.unwrap(), []);

    h.set(&scene.thread, there).await;
    assert_eq!(scene.asked(h, "a").await, Appended { duplicate: true, ..first });
    assert_eq!(scene.asked(h, "b").await.seq, Seq::new(2));
}

/// The customer's next message reopens it, so it must come in.
pub async fn a_resolved_request_takes_messages(h: &impl Harness) {
    let scene = Scene::new(h).await;
    h.set(&scene.thread, ThreadState { resolved: true, ..ThreadState::default() }).await;
    assert_eq!(scene.asked(h, "a").await.seq, Seq::new(1));
}

/// Nor to one of another conversation.
pub async fn an_answer_to_an_unknown_message_is_refused(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let other = scene.another(h, ThreadState::default()).await;
    let elsewhere = append(h, &other, author(scene.customer, SenderKind::Customer, Right::Requester), "a", "x");
    let elsewhere = h.log().append(elsewhere).await.unwrap().message_id;
    for to in [elsewhere, MessageId::new(h.env().uuid())] {
        let answer = h.log().append(replying(scene.asks(h, "a", "x"), to)).await;
        assert!(matches!(answer, Err(AppendError::ReplyNotFound)), "{answer:?}");
    }
    assert_empty(h, &scene.thread).await;
}

/// Good and bad ones of several threads in one batch: each is answered by itself.
pub async fn a_refused_send_does_not_fail_its_neighbours(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let closed = scene.another(h, ThreadState { resolved: true, closed: true, ..ThreadState::default() }).await;
    let stranger = h.customer(scene.organization).await;
    let customer = || author(scene.customer, SenderKind::Customer, Right::Requester);
    let mut unknown = scene.asks(h, "unknown", "x");
    unknown.conversation = ConversationId::new(h.env().uuid());
    let log = h.log();
    let sends = [
        scene.asks(h, "1", "x"),
        append(h, &closed, customer(), "closed", "x"),
        scene.asks(h, "2", "x"),
        append(h, &scene.thread, author(stranger, SenderKind::Customer, Right::Requester), "stranger", "x"),
        scene.asks(h, "1", "other"),
        unknown,
        replying(scene.asks(h, "reply", "x"), MessageId::new(h.env().uuid())),
        scene.asks(h, "2", "x"),
        scene.asks(h, "3", "x"),
    ];
    let answers = side_by_side(sends.map(|sent| log.append(sent))).await;
    let told: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Ok(done) => format!("{}{}", done.seq, if done.duplicate { " again" } else { "" }),
            Err(error) => error.to_string(),
        })
        .collect();
    let wanted = [
        "1",
        "the request is closed",
        "2",
        "no such conversation",
        "used for another content",
        "no such conversation",
        "no such message to answer",
        "2 again",
        "3",
    ];
    assert_eq!(told, wanted);
    assert_eq!(entries(h, &scene.thread).await.len(), 3);
}

/// When an append answers, its entry has been told, and all before it.
pub async fn hints_come_in_order_before_the_answer(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let log = h.log();
    let origin = ConnectionId::new(h.env().uuid());
    let sends = (1..=40_u64).map(|n| {
        let mut sent = scene.asks(h, &format!("n{n}"), &format!("content {n}"));
        sent.origin = (n == 1).then_some(origin);
        let answer = log.append(sent);
        async move {
            let done = answer.await.unwrap();
            let told = h.hints().seqs(scene.thread.id);
            assert!(told.contains(&done.seq), "{} was answered before it was told", done.seq);
        }
    });
    side_by_side(sends).await;
    let told = h.hints().of(scene.thread.id);
    assert_eq!(told.iter().map(|one| one.entry.seq).collect::<Vec<_>>(), seqs(1..=40));
    let told_entries: Vec<_> = told.iter().map(|one| one.entry.clone()).collect();
    assert_eq!(told_entries, entries(h, &scene.thread).await, "a hint carries the entry as it is read");
    assert_eq!(told.iter().filter(|one| one.origin == Some(origin)).count(), 1);
    let audience = &told[0].audience;
    assert_eq!(audience.support_request, scene.thread.support_request);
    assert_eq!((audience.requester, audience.assignee), (scene.customer, Some(scene.agent)));
}

/// Only what was stored is told.
pub async fn a_repeat_or_a_refusal_gives_no_hint(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "a").await;
    scene.asked(h, "a").await;
    h.log().append(scene.asks(h, "a", "other")).await.unwrap_err();
    assert_eq!(h.hints().seqs(scene.thread.id), seqs(1..=1));
}

/// Forwards from a place, dense.
pub async fn entries_are_read_in_pages(h: &impl Harness) {
    let scene = Scene::new(h).await;
    for n in 1..=7 {
        scene.asked(h, &format!("n{n}")).await;
    }
    let (log, organization, id) = (h.log(), scene.organization, scene.thread.id);
    for (after, limit, wanted) in [(0, 3, 1..=3), (3, 3, 4..=6), (6, 3, 7..=7), (0, 100, 1..=7)] {
        let page = log.after(organization, id, Seq::new(after), limit).await.unwrap();
        assert_eq!(page.iter().map(|entry| entry.seq).collect::<Vec<_>>(), seqs(wanted.clone()));
        let changed = log.changed(organization, id, Seq::new(after), limit).await.unwrap();
        assert_eq!(changed.iter().map(|message| message.entry_seq).collect::<Vec<_>>(), seqs(wanted));
    }
    for after in [7, 8, u64::from(u32::MAX)] {
        assert_eq!(log.after(organization, id, Seq::new(after), 3).await.unwrap(), []);
        assert_eq!(log.changed(organization, id, Seq::new(after), 3).await.unwrap(), []);
    }
}

/// The last ones before a place, but oldest first.
pub async fn messages_are_read_backwards_in_pages(h: &impl Harness) {
    let scene = Scene::new(h).await;
    for n in 1..=7 {
        scene.asked(h, &format!("n{n}")).await;
    }
    for (before, limit, wanted) in
        [(None, 3, 5..=7), (Some(5), 3, 2..=4), (Some(2), 3, 1..=1), (Some(99), 2, 6..=7), (None, 100, 1..=7)]
    {
        let page = h.log().before(scene.organization, scene.thread.id, before.map(Seq::new), limit).await.unwrap();
        assert_eq!(page.iter().map(|message| message.seq).collect::<Vec<_>>(), seqs(wanted));
    }
    let none = h.log().before(scene.organization, scene.thread.id, Some(Seq::new(1)), 3).await.unwrap();
    assert_eq!(none, []);
}

/// An id alone opens nothing.
pub async fn one_message_is_found_in_its_own_conversation_only(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let other = scene.another(h, ThreadState::default()).await;
    let id = scene.asked(h, "a").await.message_id;
    let found = h.log().message(scene.organization, scene.thread.id, id).await.unwrap();
    assert_eq!(found.unwrap().id, id);
    assert_eq!(h.log().message(scene.organization, other.id, id).await.unwrap(), None);
    let unknown = MessageId::new(h.env().uuid());
    assert_eq!(h.log().message(scene.organization, scene.thread.id, unknown).await.unwrap(), None);
}

/// Where logs end, also those without entries.
pub async fn heads_leave_out_what_is_unknown(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let empty = scene.another(h, ThreadState::default()).await;
    scene.asked(h, "a").await;
    scene.asked(h, "b").await;
    let (organization, abroad) = (scene.organization, Scene::new(h).await);
    let asked = [
        (organization, scene.thread.id),
        (organization, ConversationId::new(h.env().uuid())),
        (organization, empty.id),
        (organization, abroad.thread.id),
    ];
    let mut heads = h.log().heads(&asked).await.unwrap();
    heads.sort_by_key(|head| std::cmp::Reverse(head.last_seq));
    let head = |conversation, last_seq| Head { conversation, last_seq: Seq::new(last_seq) };
    assert_eq!(heads, [head(scene.thread.id, 2), head(empty.id, 0)]);
    assert_eq!(h.log().heads(&[]).await.unwrap(), []);
}

/// Every read takes the organisation by construction.
pub async fn no_log_is_read_across_organizations(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let abroad = h.organization().await;
    let message = scene.asked(h, "a").await.message_id;
    let (log, id) = (h.log(), scene.thread.id);
    assert_eq!(log.after(abroad, id, Seq::START, 10).await.unwrap(), []);
    assert_eq!(log.before(abroad, id, None, 10).await.unwrap(), []);
    assert_eq!(log.changed(abroad, id, Seq::START, 10).await.unwrap(), []);
    assert_eq!(log.message(abroad, id, message).await.unwrap(), None);
}
