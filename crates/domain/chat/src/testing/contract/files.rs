//! What is known of files, and messages that take them along.

use std::{sync::Arc, time::Duration};

use kernel::{AttachmentId, Timestamp};

use super::{Harness, Scene, ThreadState, author};
use crate::{
    Append, AppendError, AttachedFile, Attachment, AttachmentStatus, Begun, Change, Checked, Content, ContentHash,
    FileName, MessageKind, NewAttachment, Revise, Revision, Right, SenderKind, Seq, Usage,
};

/// A file of the customer whose upload begins.
fn new(scene: &Scene, h: &impl Harness, name: &str, key: Option<&str>) -> NewAttachment {
    NewAttachment {
        organization: scene.organization,
        conversation: scene.thread.id,
        support_request: scene.thread.support_request,
        id: AttachmentId::new(h.env().uuid()),
        file_name: FileName::clean(name),
        uploaded_by: scene.customer,
        key: key.map(ToOwned::to_owned),
        at: h.env().now(),
    }
}

fn checked(mime_type: &str, status: AttachmentStatus) -> Checked {
    Checked { mime_type: mime_type.to_owned(), size: 7, sha256: "ab".repeat(32), status }
}

/// A file of the customer that came in and was checked.
async fn kept(scene: &Scene, h: &impl Harness, name: &str, mime_type: &str) -> Attachment {
    let new = new(scene, h, name, None);
    assert_eq!(h.attachments().begin(&new).await.unwrap(), Begun::New);
    let checked = checked(mime_type, AttachmentStatus::Ready);
    h.attachments().finish(scene.organization, new.id, &checked).await.unwrap().unwrap()
}

fn with_files(mut append: Append, files: &[AttachmentId]) -> Append {
    append.hash = ContentHash::with_files(&append.content, append.in_reply_to, files);
    append.attachments = files.to_vec();
    append
}

fn ids(files: &[AttachedFile]) -> Vec<AttachmentId> {
    files.iter().map(|file| file.id).collect()
}

/// A file is noted, finished once, and found in its organisation only.
pub async fn a_file_is_noted_and_finished_once(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let new = new(&scene, h, "reçu n° 4.pdf", None);
    let attachments = h.attachments();
    assert_eq!(attachments.begin(&new).await.unwrap(), Begun::New);
    let noted = attachments.find(scene.organization, new.id).await.unwrap().unwrap();
    assert_eq!((noted.status, noted.stored, noted.message), (AttachmentStatus::Pending, false, None));
    assert_eq!(noted.file.file_name, new.file_name);
    let held = checked("application/pdf", AttachmentStatus::Pending);
    let held = attachments.finish(scene.organization, new.id, &held).await.unwrap().unwrap();
    assert_eq!((held.status, held.stored), (AttachmentStatus::Pending, true));
    let ready = checked("application/pdf", AttachmentStatus::Ready);
    let ready = attachments.finish(scene.organization, new.id, &ready).await.unwrap().unwrap();
    assert_eq!(ready.file.mime_type, "application/pdf");
    assert_eq!((ready.file.size, ready.file.sha256.len()), (7, 64));
    let refused = checked("text/plain", AttachmentStatus::Refused);
    assert_eq!(attachments.finish(scene.organization, new.id, &refused).await.unwrap(), None, "it is finished");
    assert_eq!(attachments.find(scene.organization, new.id).await.unwrap(), Some(ready.clone()));
    assert_eq!(attachments.list(scene.organization, scene.thread.id).await.unwrap(), [ready]);
    let other = h.organization().await;
    assert_eq!(attachments.find(other, new.id).await.unwrap(), None);
    assert_eq!(attachments.list(other, scene.thread.id).await.unwrap(), []);
    assert!(!attachments.discard(other, new.id).await.unwrap());
    let ready = checked("text/plain", AttachmentStatus::Ready);
    assert_eq!(attachments.finish(other, new.id, &ready).await.unwrap(), None);
}

/// Of many uploads with one key, one is new.
pub async fn many_uploads_with_one_key_are_one(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let attachments = h.attachments();
    let many: Vec<_> = (0..8).map(|_| new(&scene, h, "a.txt", Some("key"))).collect();
    let begin = |new: NewAttachment| {
        let attachments = Arc::clone(&attachments);
        async move { attachments.begin(&new).await.unwrap() }
    };
    let answers = super::super::side_by_side(many.iter().cloned().map(begin)).await;
    let fresh: Vec<_> =
        answers.iter().zip(&many).filter(|(answer, _)| **answer == Begun::New).map(|(_, new)| new.id).collect();
    assert_eq!(fresh.len(), 1);
    let same = |begun: &&Begun| matches!(begun, Begun::Before(before) if before.file.id == fresh[0]);
    assert_eq!(answers.iter().filter(same).count(), 7);
    let another = new(&scene, h, "a.txt", Some("another key"));
    assert_eq!(attachments.begin(&another).await.unwrap(), Begun::New);
    let somebody = NewAttachment { uploaded_by: scene.agent.into(), ..new(&scene, h, "a.txt", Some("key")) };
    assert_eq!(attachments.begin(&somebody).await.unwrap(), Begun::New, "a key is its person's");
    assert!(attachments.discard(scene.organization, fresh[0]).await.unwrap());
    assert_eq!(attachments.begin(&new(&scene, h, "a.txt", Some("key"))).await.unwrap(), Begun::New, "it is free again");
    // One that is not all there can be given up, once, and then never becomes one.
    let given_up = new(&scene, h, "a.txt", None);
    attachments.begin(&given_up).await.unwrap();
    assert!(!attachments.abandon(h.organization().await, given_up.id).await.unwrap());
    assert!(attachments.abandon(scene.organization, given_up.id).await.unwrap());
    assert!(!attachments.abandon(scene.organization, given_up.id).await.unwrap());
    let ready = checked("text/plain", AttachmentStatus::Ready);
    assert_eq!(attachments.finish(scene.organization, given_up.id, &ready).await.unwrap(), None);
    let whole = kept(&scene, h, "b.txt", "text/plain").await.file.id;
    assert!(!attachments.abandon(scene.organization, whole).await.unwrap());
}

/// A message takes files along, in every way it is read, in the sender's order.
pub async fn a_message_takes_its_files_along(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (one, two) = (kept(&scene, h, "a.png", "image/png").await, kept(&scene, h, "b.jpg", "image/jpeg").await);
    let files = [two.file.id, one.file.id];
    let mut photo = with_files(scene.asks(h, "photo", "x"), &files);
    photo.content = Content::beside_files("").unwrap();
    let done = h.log().append(photo.clone()).await.unwrap();
    let (organization, thread) = (scene.organization, scene.thread.id);
    let message = h.log().message(organization, thread, done.message_id).await.unwrap().unwrap();
    assert_eq!(message.attachments, [two.file.clone(), one.file.clone()]);
    assert_eq!((message.kind, message.content.as_deref()), (MessageKind::Image, Some("")));
    let mixed = kept(&scene, h, "c.pdf", "application/pdf").await;
    let picture = kept(&scene, h, "d.gif", "image/gif").await;
    let mixed = with_files(scene.asks(h, "mixed", "voici"), &[mixed.file.id, picture.file.id]);
    h.log().append(mixed).await.unwrap();
    h.log().append(scene.asks(h, "text", "words")).await.unwrap();
    let before = h.log().before(organization, thread, None, 10).await.unwrap();
    assert_eq!(before[0], message);
    let kinds: Vec<_> = before.iter().map(|message| (message.kind, message.attachments.len())).collect();
    assert_eq!(kinds, [(MessageKind::Image, 2), (MessageKind::File, 2), (MessageKind::Text, 0)]);
    assert_eq!(h.log().changed(organization, thread, Seq::START, 10).await.unwrap(), before);
    let after = h.log().after(organization, thread, Seq::START, 10).await.unwrap();
    assert_eq!(after.iter().map(|entry| entry.message.clone()).collect::<Vec<_>>(), before);
    let told: Vec<_> = h.hints().of(thread).iter().map(|told| told.entry.message.clone()).collect();
    assert_eq!(told, before);
    let bound = h.attachments().list(organization, thread).await.unwrap();
    assert_eq!(bound.iter().filter(|one| one.message == Some(done.message_id)).count(), 2);
    assert_eq!(bound.len(), 4);
    // A retry is the message; the same name with other files is not.
    let again = h.log().append(photo.clone()).await.unwrap();
    assert!(again.duplicate);
    assert_eq!(again.message_id, done.message_id);
    let other = with_files(photo, &files[..1]);
    assert!(matches!(h.log().append(other).await, Err(AppendError::Mismatch)));
}

/// Only what is ready, unbound, of this conversation and the sender's own goes with a message.
pub async fn a_file_that_cannot_be_used_refuses_the_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let good = kept(&scene, h, "good.txt", "text/plain").await.file.id;
    let pending = new(&scene, h, "pending.txt", None);
    h.attachments().begin(&pending).await.unwrap();
    let refused = new(&scene, h, "refused.txt", None);
    h.attachments().begin(&refused).await.unwrap();
    let verdict = checked("text/plain", AttachmentStatus::Refused);
    h.attachments().finish(scene.organization, refused.id, &verdict).await.unwrap();
    let gone = kept(&scene, h, "gone.txt", "text/plain").await.file.id;
    assert!(h.attachments().discard(scene.organization, gone).await.unwrap());
    let elsewhere = Scene { thread: scene.another(h, ThreadState::default()).await, ..scene };
    let of_another_thread = kept(&elsewhere, h, "elsewhere.txt", "text/plain").await.file.id;
    let stranger = Scene::new(h).await;
    let of_another_organization = kept(&stranger, h, "stranger.txt", "text/plain").await.file.id;
    let taken = kept(&scene, h, "taken.txt", "text/plain").await.file.id;
    h.log().append(with_files(scene.asks(h, "first", "x"), &[taken])).await.unwrap();
    let unknown = AttachmentId::new(h.env().uuid());
    for bad in [pending.id, refused.id, gone, of_another_thread, of_another_organization, taken, unknown] {
        let send = with_files(scene.asks(h, "second", "x"), &[good, bad]);
        let answer = h.log().append(send).await;
        assert!(matches!(answer, Err(AppendError::FileUnusable)), "{answer:?}");
    }
    let send = with_files(scene.answers(h, "theirs", "x"), &[good]);
    assert!(matches!(h.log().append(send).await, Err(AppendError::FileUnusable)), "it is the customer's");
    let found = h.attachments().find(scene.organization, good).await.unwrap().unwrap();
    assert_eq!(found.message, None, "nothing was bound by what was refused");
    assert_eq!(h.log().before(scene.organization, scene.thread.id, None, 10).await.unwrap().len(), 1);
    // Of both, the state is told first, and a neighbour in the same batch is not harmed.
    let log = h.log();
    let (fine, bad) = (scene.asks(h, "neighbour", "x"), with_files(scene.asks(h, "bad", "x"), &[unknown]));
    let send = |append: Append| {
        let log = Arc::clone(&log);
        async move { log.append(append).await }
    };
    let answers = super::super::side_by_side(vec![send(bad), send(fine)]).await;
    assert!(answers[0].is_err() && answers[1].is_ok(), "{answers:?}");
    h.set(&scene.thread, ThreadState { closed: true, ..ThreadState::default() }).await;
    let send = with_files(scene.asks(h, "late", "x"), &[unknown]);
    assert!(matches!(h.log().append(send).await, Err(AppendError::Closed)));
}

/// Of many messages that name one file at once, one gets it.
pub async fn a_file_goes_with_one_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let file = kept(&scene, h, "a.txt", "text/plain").await.file.id;
    let logs = [h.log(), h.other_log()];
    let send = |n: usize| {
        let (log, append) = (Arc::clone(&logs[n % 2]), with_files(scene.asks(h, &format!("m{n}"), "x"), &[file]));
        async move { log.append(append).await }
    };
    let answers = super::super::side_by_side((0..12).map(send)).await;
    let stored: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(stored.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(AppendError::FileUnusable))));
    let bound = h.attachments().find(scene.organization, file).await.unwrap().unwrap();
    assert_eq!(bound.message, Some(stored[0].message_id));
    assert!(!h.attachments().discard(scene.organization, file).await.unwrap(), "a message has it");
}

/// A deleted message's files go with it, an edited one keeps its own, and a retry of the send is still known.
pub async fn files_go_with_their_message(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let file = kept(&scene, h, "a.png", "image/png").await.file;
    let send = with_files(scene.asks(h, "photo", "before"), &[file.id]);
    let done = h.log().append(send.clone()).await.unwrap();
    let revise = |revise: Revise| Revision {
        organization: scene.organization,
        conversation: scene.thread.id,
        author: author(scene.customer, SenderKind::Customer, Right::Requester),
        message: done.message_id,
        of_others: false,
        revise,
        origin: None,
    };
    let within = Duration::from_hours(1);
    let edit = Revise::Edit { content: Content::parse("after").unwrap(), within };
    let edited = h.log().revise(revise(edit)).await.unwrap().message;
    assert_eq!((ids(&edited.attachments), edited.kind), (vec![file.id], MessageKind::Image));
    let deleted = h.log().revise(revise(Revise::Delete)).await.unwrap().message;
    assert_eq!((deleted.content.clone(), deleted.attachments.clone()), (None, Vec::new()));
    let read = h.log().message(scene.organization, scene.thread.id, done.message_id).await.unwrap().unwrap();
    assert_eq!(read, deleted);
    let told = h.hints().of(scene.thread.id);
    assert_eq!(
        told.last().map(|told| (told.entry.change, told.entry.message.clone())),
        Some((Change::Deleted, deleted))
    );
    assert_eq!(h.attachments().find(scene.organization, file.id).await.unwrap(), None);
    assert_eq!(h.attachments().list(scene.organization, scene.thread.id).await.unwrap(), []);
    let waiting = of(h.attachments().deleted(None, 10_000).await.unwrap(), &scene);
    assert_eq!(waiting.iter().map(|one| one.file.id).collect::<Vec<_>>(), [file.id]);
    let again = h.log().append(send).await.unwrap();
    assert!(again.duplicate && again.message_id == done.message_id);
    assert_eq!(h.attachments().known(&[file.id, AttachmentId::new(h.env().uuid())]).await.unwrap(), [file.id]);
    h.attachments().forget(scene.organization, file.id).await.unwrap();
    assert_eq!(h.attachments().known(&[file.id]).await.unwrap(), []);
}

/// What no message has ends after its time, what is not all there sooner, and what a message has never.
pub async fn files_without_a_message_expire(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let attachments = h.attachments();
    let bound = kept(&scene, h, "bound.txt", "text/plain").await.file.id;
    h.log().append(with_files(scene.asks(h, "m", "x"), &[bound])).await.unwrap();
    let unbound = kept(&scene, h, "unbound.txt", "text/plain").await.file.id;
    let unfinished = new(&scene, h, "unfinished.txt", None);
    attachments.begin(&unfinished).await.unwrap();
    let usage = async || attachments.usage(scene.organization, scene.thread.id).await.unwrap();
    let expected = Usage { bytes_of_conversation: 14, files_of_conversation: 3, unfinished_of_conversation: 1 };
    assert_eq!(usage().await, expected);
    h.time_goes_by().await;
    let now = h.env().now();
    attachments.expire(Timestamp::from_micros(0), now).await.unwrap();
    let deleted = |all: Vec<Attachment>| of(all, &scene).iter().map(|one| one.file.id).collect::<Vec<_>>();
    assert_eq!(deleted(attachments.deleted(None, 10_000).await.unwrap()), [unfinished.id]);
    assert!(attachments.find(scene.organization, unbound).await.unwrap().is_some());
    attachments.expire(now, now).await.unwrap();
    let mut gone = deleted(attachments.deleted(None, 10_000).await.unwrap());
    gone.sort_unstable();
    let mut expected = vec![unbound, unfinished.id];
    expected.sort_unstable();
    assert_eq!(gone, expected);
    // Page by page, in the order of their ids.
    let later = deleted(attachments.deleted(Some(expected[0]), 10_000).await.unwrap());
    assert_eq!(later, expected[1..]);
    assert!(deleted(attachments.deleted(Some(expected[1]), 10_000).await.unwrap()).is_empty());
    assert!(attachments.find(scene.organization, bound).await.unwrap().is_some());
    attachments.forget(scene.organization, bound).await.unwrap();
    assert_eq!(attachments.known(&[bound]).await.unwrap(), [bound], "only what is marked is forgotten");
    let expected = Usage { bytes_of_conversation: 7, files_of_conversation: 1, unfinished_of_conversation: 0 };
    assert_eq!(usage().await, expected);
}

/// What is kept and waits for its check is found, the oldest first.
pub async fn held_files_wait_for_their_check(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let mut held = Vec::new();
    for name in ["a.txt", "b.txt"] {
        let new = new(&scene, h, name, None);
        h.attachments().begin(&new).await.unwrap();
        let checked = checked("text/plain", AttachmentStatus::Pending);
        held.push(h.attachments().finish(scene.organization, new.id, &checked).await.unwrap().unwrap());
        h.time_goes_by().await;
    }
    let unfinished = new(&scene, h, "c.txt", None);
    h.attachments().begin(&unfinished).await.unwrap();
    kept(&scene, h, "d.txt", "text/plain").await;
    assert_eq!(of(h.attachments().unchecked(10_000).await.unwrap(), &scene), held);
}

/// Those of one organisation: other tests may share the store.
fn of(all: Vec<Attachment>, scene: &Scene) -> Vec<Attachment> {
    all.into_iter().filter(|one| one.organization == scene.organization).collect()
}
