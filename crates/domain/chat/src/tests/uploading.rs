//! Files that come in, over fakes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{AttachmentId, Caller, Env, PortError, PortErrorKind, Refusal, Role, SupportRequestId};
use uuid::Uuid;

use super::scene::{Scene, outgoing};
use crate::{
    AttachmentStatus, Attachments, ChatError, Checked, Content, FileKey, FileName, FileSource, Files, Incoming, Link,
    NewAttachment, Outgoing, Scanner, Upload, UploadCut, UploadLimits, Uploaded, Uploads, Verdict,
    testing::{CountedBudgets, FakeFiles, FakeIncoming, FakeLog, FakeScanner},
};

struct World {
    scene: Scene,
    files: Arc<FakeFiles>,
    scanner: Arc<FakeScanner>,
    budgets: Arc<CountedBudgets>,
    uploads: Uploads,
}

fn world() -> World {
    limited(UploadLimits { file_bytes: 10_000, person_files: 1_000, ..UploadLimits::default() })
}

fn limited(limits: UploadLimits) -> World {
    let scene = Scene::new();
    let files = Arc::new(FakeFiles::new(scene.env.clone()));
    let scanner = Arc::new(FakeScanner::default());
    let budgets = Arc::new(CountedBudgets::bounded());
    let uploads = Uploads::new(
        scene.log.clone(),
        files.clone(),
        Some(scanner.clone()),
        scene.log.clone(),
        budgets.clone(),
        scene.env.clone(),
        limits,
    );
    World { scene, files, scanner, budgets, uploads }
}

impl World {
    /// Another node, with a scanner of its own.
    fn another(&self, scanner: Arc<dyn Scanner>) -> Uploads {
        let (log, env) = (self.scene.log.clone(), self.scene.env.clone());
        let budgets = self.budgets.clone();
        Uploads::new(log.clone(), self.files.clone(), Some(scanner), log, budgets, env, UploadLimits::default())
    }

    async fn upload(&self, caller: &Caller, upload: Upload, bytes: &[u8]) -> Result<Uploaded, ChatError> {
        self.uploads.upload(caller, self.scene.thread.id, upload, &mut FakeIncoming::whole(bytes)).await
    }

    async fn take(&self, bytes: &[u8]) -> Result<Uploaded, ChatError> {
        self.upload(&self.scene.customer, named("a.txt"), bytes).await
    }

    /// The customer's upload whose server was killed.
    async fn begun(&self, key: Option<&str>) -> AttachmentId {
        let scene = &self.scene;
        let new = NewAttachment {
            organization: scene.organization,
            conversation: scene.thread.id,
            support_request: scene.thread.support_request,
            id: AttachmentId::new(scene.env.uuid()),
            file_name: FileName::clean("a.txt"),
            uploaded_by: scene.customer.participant(),
            key: key.map(ToOwned::to_owned),
            at: scene.env.now(),
        };
        scene.log.begin(&new).await.unwrap();
        new.id
    }

    async fn kept(&self) -> AttachmentId {
        self.take(b"words").await.unwrap().attachment.file.id
    }

    /// What is known of files, deleted ones included.
    async fn notes(&self) -> (usize, usize) {
        let (organization, thread) = (self.scene.organization, self.scene.thread.id);
        let known = self.scene.log.list(organization, thread).await.unwrap().len();
        (known, self.scene.log.deleted(None, 1_000).await.unwrap().len())
    }

    async fn assert_nothing_left(&self) {
        assert_eq!((self.notes().await, self.files.count()), ((0, 0), 0));
    }

    fn sending(name: &str, files: &[AttachmentId]) -> Outgoing {
        Outgoing { attachments: files.to_vec(), ..outgoing(name, "voici") }
    }
}

fn named(name: &str) -> Upload {
    Upload { file_name: name.to_owned(), ..Upload::default() }
}

fn orphan(n: u128) -> FileKey {
    // None of those that the scene gives out.
    let n = (1 << 64) + n;
    FileKey {
        support_request: SupportRequestId::new(Uuid::from_u128(n)),
        attachment: AttachmentId::new(Uuid::from_u128(n)),
        file_name: FileName::clean("left.txt"),
    }
}

fn code(result: Result<Uploaded, ChatError>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_file_is_kept_whole_and_checked() {
    let world = world();
    let Uploaded { attachment, duplicate } =
        world.upload(&world.scene.customer, named("../notes.txt"), &b"x".repeat(10_000)).await.unwrap();
    assert_eq!((attachment.status, attachment.stored, duplicate), (AttachmentStatus::Ready, true, false));
    assert_eq!((attachment.file.file_name.as_str(), attachment.file.size), ("notes.txt", 10_000));
    assert_eq!(attachment.file.sha256, FakeFiles::digest(&b"x".repeat(10_000)));
    let opened = world.uploads.open(attachment, 9_998, 5).await;
    assert_eq!(opened.unwrap().source.next().await.unwrap().unwrap(), b"xx");
}

#[tokio::test]
async fn nothing_is_left_of_what_is_refused() {
    let world = world();
    assert_eq!(code(world.take(&b"x".repeat(10_001)).await), "chat.attachment_too_large");
    assert_eq!(code(world.take(b"").await), "invalid");
    assert_eq!(code(world.take(b"MZ\0").await), "chat.attachment_kind");
    let upload = Upload { sha256: Some("00".to_owned()), ..named("a.txt") };
    assert_eq!(code(world.upload(&world.scene.customer, upload, b"words").await), "invalid");
    let mut cut = FakeIncoming::cut(b"wor");
    let cut = world.uploads.upload(&world.scene.customer, world.scene.thread.id, named("a.txt"), &mut cut).await;
    assert_eq!(code(cut), "malformed");
    world.assert_nothing_left().await;
    let upload = Upload { sha256: Some(FakeFiles::digest(b"words").to_uppercase()), ..named("a.txt") };
    world.upload(&world.scene.customer, upload, b"words").await.unwrap();
}

#[tokio::test]
async fn nothing_is_left_when_the_storage_is_down_or_full() {
    let world = world();
    for (kind, expected) in [(PortErrorKind::Unavailable, "unavailable"), (PortErrorKind::Full, "storage_full")] {
        world.files.fail(Some(kind));
        assert_eq!(code(world.take(b"words").await), expected);
    }
    world.files.fail(None);
    // What could not be removed then is by the sweep.
    world.uploads.sweep().await.unwrap();
    world.assert_nothing_left().await;
    world.kept().await;
}

#[tokio::test]
async fn an_infected_file_is_refused_and_its_bytes_are_gone() {
    let world = world();
    assert_eq!(code(world.take(b"EICAR").await), "chat.attachment_infected");
    assert_eq!(world.files.count(), 0);
    let again = || Upload { key: Some("key".to_owned()), ..named("b.txt") };
    for _ in 0..2 {
        let refused = world.upload(&world.scene.customer, again(), b"EICAR").await;
        assert_eq!(code(refused), "chat.attachment_infected", "also when it comes again");
    }
    let noted = world.uploads.list(&world.scene.customer, world.scene.thread.id, None).await.unwrap();
    assert_eq!(noted[0].status, AttachmentStatus::Refused);
    let id = noted[0].file.id;
    let link = world.uploads.link(&world.scene.customer, id, false).await;
    assert_eq!(link.unwrap_err().code(), "chat.attachment_not_ready");
    let sent =
        world.scene.chat.send(&world.scene.customer, world.scene.thread.id, World::sending("m", &[id]), None).await;
    assert_eq!(sent.unwrap_err().code(), "chat.attachment_unusable");
}

#[tokio::test]
async fn a_file_is_held_while_the_scanner_is_down_and_checked_when_it_is_back() {
    let world = world();
    world.scanner.down(true);
    let held = world.take(b"words").await.unwrap().attachment;
    let bad = world.take(b"EICAR").await.unwrap().attachment;
    assert_eq!((held.status, held.stored), (AttachmentStatus::Pending, true));
    assert_eq!(world.uploads.check_held().await.unwrap(), 0);
    let customer = &world.scene.customer;
    let send = |name: &str| {
        let outgoing = World::sending(name, &[held.file.id]);
        world.scene.chat.send(customer, world.scene.thread.id, outgoing, None)
    };
    assert_eq!(send("m").await.unwrap_err().code(), "chat.attachment_unusable");
    assert_eq!(
        world.uploads.link(customer, held.file.id, false).await.unwrap_err().code(),
        "chat.attachment_not_ready"
    );
    assert_eq!(
        world.uploads.linked(world.scene.organization, held.file.id).await.unwrap_err().code(),
        "chat.attachment_not_found"
    );
    world.scanner.down(false);
    assert_eq!(world.uploads.check_held().await.unwrap(), 2);
    assert_eq!(world.files.count(), 1, "the bytes of the other one are gone");
    assert_eq!(world.uploads.get(customer, bad.file.id).await.unwrap().status, AttachmentStatus::Refused);
    send("m").await.unwrap();
    assert_eq!(world.uploads.check_held().await.unwrap(), 0);
}

/// A scanner that finds something, and is so slow that another node has found the file clean before.
struct Overtaken(Arc<FakeLog>);

#[async_trait]
impl Scanner for Overtaken {
    async fn scan(&self, _: &mut dyn FileSource) -> Result<Verdict, PortError> {
        for held in self.0.unchecked(10).await? {
            let file = held.file.clone();
            let (mime_type, size, sha256) = (file.mime_type, file.size, file.sha256);
            let checked = Checked { mime_type, size, sha256, status: AttachmentStatus::Ready };
            self.0.finish(held.organization, file.id, &checked).await?.unwrap();
        }
        Ok(Verdict::Found("Late.Find".to_owned()))
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[tokio::test]
async fn the_bytes_of_a_file_that_another_node_found_clean_stay() {
    let world = world();
    world.scanner.down(true);
    let held = world.kept().await;
    let overtaken = world.another(Arc::new(Overtaken(world.scene.log.clone())));
    overtaken.check_held().await.unwrap();
    let file = world.uploads.get(&world.scene.customer, held).await.unwrap();
    assert_eq!((file.status, world.files.count()), (AttachmentStatus::Ready, 1));
    world.uploads.open(file, 0, 5).await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_checked_keeps_no_other_waiting() {
    let world = world();
    world.scanner.down(true);
    for n in 0..4 {
        world.take(b"MUTE").await.unwrap();
        let id = world.kept().await;
        if n == 0 {
            world.files.hold_fast(id);
        }
    }
    let large = world.take(b"LARGE").await.unwrap().attachment.file.id;
    assert_eq!(world.uploads.check_held().await.unwrap(), 0);
    world.scanner.down(false);
    let mut checked = 0;
    for _ in 0..3 {
        checked += world.uploads.check_held().await.unwrap();
    }
    assert_eq!(checked, 4, "all that can be checked, however many others come before them");
    let large = world.uploads.get(&world.scene.customer, large).await.unwrap();
    assert_eq!(large.status, AttachmentStatus::Refused, "it would wait for ever");
    assert_eq!(world.files.count(), 8, "and its bytes are gone");
}

#[tokio::test]
async fn what_the_scanner_never_looks_at_is_refused_at_once() {
    let world = world();
    assert_eq!(code(world.take(b"LARGE").await), "chat.attachment_unscannable");
    world.assert_nothing_left().await;
}

#[tokio::test]
async fn a_file_without_a_message_is_its_uploaders_alone() {
    let world = world();
    let (customer, agent) = (&world.scene.customer, &world.scene.agent);
    let id = world.kept().await;
    assert_eq!(world.uploads.get(agent, id).await.unwrap_err().code(), "chat.attachment_not_found");
    assert_eq!(world.uploads.delete(agent, id).await.unwrap_err().code(), "chat.attachment_not_found");
    assert!(world.uploads.list(agent, world.scene.thread.id, None).await.unwrap().is_empty());
    let sent = world.scene.chat.send(customer, world.scene.thread.id, World::sending("m", &[id]), None).await.unwrap();
    assert_eq!(world.uploads.get(agent, id).await.unwrap().message, Some(sent.message_id));
    assert_eq!(world.uploads.link(agent, id, false).await.unwrap().1, Link::Here);
    assert_eq!(world.uploads.list(agent, world.scene.thread.id, Some(sent.message_id)).await.unwrap().len(), 1);
    assert_eq!(world.uploads.delete(customer, id).await.unwrap_err().code(), "chat.attachment_bound");
    let stranger = world.scene.user(Role::Customer, "Alix Noir");
    assert_eq!(world.uploads.get(&stranger, id).await.unwrap_err().code(), "chat.attachment_not_found");
    assert_eq!(code(world.upload(&stranger, named("a.txt"), b"words").await), "chat.conversation_not_found");
    let listed = world.uploads.list(&stranger, world.scene.thread.id, None).await;
    assert_eq!(listed.unwrap_err().code(), "chat.conversation_not_found");
}

#[tokio::test]
async fn the_same_upload_again_is_the_first_one() {
    let world = world();
    let upload = || Upload { key: Some("key".to_owned()), ..named("a.txt") };
    let customer = &world.scene.customer;
    let first = world.upload(customer, upload(), b"words").await.unwrap();
    let again = world.upload(customer, upload(), b"words").await.unwrap();
    assert!(again.duplicate && !first.duplicate);
    assert_eq!(again.attachment, first.attachment);
    assert_eq!(code(world.upload(customer, upload(), b"other words").await), "idempotency_mismatch");
    assert_eq!((world.files.count(), world.notes().await), (1, (1, 0)));
    world.uploads.delete(customer, first.attachment.file.id).await.unwrap();
    assert!(!world.upload(customer, upload(), b"other words").await.unwrap().duplicate);
}

/// Bytes of an upload that is overtaken by its next attempt while they come in.
struct Slow<'a> {
    world: &'a World,
    pieces: u32,
}

#[async_trait(?Send)]
impl Incoming for Slow<'_> {
    async fn next(&mut self) -> Result<Option<&[u8]>, UploadCut> {
        self.pieces += 1;
        if self.pieces > 1 {
            return Ok(None);
        }
        let next = || self.world.upload(&self.world.scene.customer, keyed(), b"words");
        assert_eq!(code(next().await), "idempotency_running");
        self.world.scene.env.pass(Uploads::ATTEMPT);
        assert!(!next().await.unwrap().duplicate);
        Ok(Some(b"words"))
    }
}

fn keyed() -> Upload {
    Upload { key: Some("key".to_owned()), ..named("a.txt") }
}

#[tokio::test]
async fn the_next_attempt_takes_over_from_one_whose_server_was_killed() {
    let world = world();
    let customer = &world.scene.customer;
    world.begun(Some("key")).await;
    assert_eq!(code(world.upload(customer, keyed(), b"words").await), "idempotency_running");
    world.scene.env.pass(Uploads::ATTEMPT);
    assert!(!world.upload(customer, keyed(), b"words").await.unwrap().duplicate);
    assert_eq!((world.files.count(), world.notes().await), (1, (1, 0)));
}

#[tokio::test]
async fn an_attempt_that_was_taken_over_leaves_nothing() {
    let world = world();
    let mut slow = Slow { world: &world, pieces: 0 };
    let first = world.uploads.upload(&world.scene.customer, world.scene.thread.id, keyed(), &mut slow).await;
    assert_eq!(code(first), "idempotency_running");
    assert_eq!((world.files.count(), world.notes().await), (1, (1, 0)), "the file of the next attempt");
    assert!(world.upload(&world.scene.customer, keyed(), b"words").await.unwrap().duplicate);
}

#[tokio::test]
async fn what_did_not_come_in_whole_is_given_up() {
    let world = world();
    world.begun(None).await;
    let whole = world.kept().await;
    assert_eq!(world.uploads.sweep_unfinished().await.unwrap(), 0, "it may still run");
    world.scene.env.pass(Uploads::UNFINISHED_LIFE + Duration::from_secs(1));
    assert_eq!(world.uploads.sweep_unfinished().await.unwrap(), 1);
    assert_eq!(world.notes().await, (1, 0));
    world.uploads.get(&world.scene.customer, whole).await.unwrap();
}

#[tokio::test]
async fn a_closed_request_takes_no_file() {
    let world = world();
    world.scene.close();
    assert_eq!(code(world.take(b"words").await), "closed");
}

#[tokio::test]
async fn a_person_and_a_conversation_have_their_share() {
    let world = limited(UploadLimits { person_files: 2, ..UploadLimits::default() });
    world.kept().await;
    world.kept().await;
    assert_eq!(code(world.take(b"words").await), "rate_limited");
    world.budgets.refill();
    world.kept().await;
    let world = limited(UploadLimits { conversation_files: 1, ..UploadLimits::default() });
    world.kept().await;
    assert_eq!(code(world.take(b"words").await), "chat.attachment_quota");
    let world = limited(UploadLimits { conversation_bytes: 5, ..UploadLimits::default() });
    world.kept().await;
    assert_eq!(code(world.take(b"words").await), "chat.attachment_quota");
}

#[tokio::test]
async fn what_is_removed_refused_or_repeated_counts_as_an_upload() {
    let world = limited(UploadLimits { person_files: 5, ..UploadLimits::default() });
    let customer = &world.scene.customer;
    let upload = || Upload { key: Some("key".to_owned()), ..named("a.txt") };
    let id = world.upload(customer, upload(), b"words").await.unwrap().attachment.file.id;
    assert!(world.upload(customer, upload(), b"words").await.unwrap().duplicate);
    world.uploads.delete(customer, id).await.unwrap();
    assert_eq!(code(world.take(b"EICAR").await), "chat.attachment_infected");
    assert_eq!(code(world.take(b"MZ\0").await), "chat.attachment_kind");
    world.kept().await;
    assert_eq!(code(world.take(b"words").await), "rate_limited");
    world.scene.send(customer, "m", "words still go").await.unwrap();
}

#[tokio::test]
async fn what_is_not_all_there_counts_as_large_as_it_may_become() {
    let world = limited(UploadLimits { file_bytes: 10, conversation_bytes: 20, ..UploadLimits::default() });
    world.begun(None).await;
    world.kept().await;
    world.begun(None).await;
    assert_eq!(code(world.take(b"words").await), "chat.attachment_quota");
}

#[tokio::test]
async fn the_sweep_removes_what_nobody_has_and_nothing_else() {
    let world = world();
    let customer = &world.scene.customer;
    let (bound, deleted, unbound) = (world.kept().await, world.kept().await, world.kept().await);
    let thread = world.scene.thread.id;
    world.scene.chat.send(customer, thread, World::sending("bound", &[bound]), None).await.unwrap();
    let gone = world.scene.chat.send(customer, thread, World::sending("gone", &[deleted]), None).await.unwrap();
    world.scene.chat.delete(customer, thread, gone.message_id, None).await.unwrap();
    assert_eq!(world.uploads.remove_deleted().await.unwrap(), 1);
    assert_eq!(world.files.count(), 2);
    assert_eq!(world.uploads.sweep().await.unwrap().expired, 0, "it is young");
    world.scene.env.pass(Uploads::UNBOUND_LIFE + Duration::from_secs(1));
    assert_eq!(world.uploads.sweep().await.unwrap().forgotten, 1);
    assert_eq!(world.uploads.get(customer, unbound).await.unwrap_err().code(), "chat.attachment_not_found");
    assert_eq!(world.files.count(), 1);
    world.uploads.get(customer, bound).await.unwrap();
}

#[tokio::test]
async fn bytes_that_belong_to_nothing_are_removed_once_they_are_old() {
    let world = world();
    let bound = world.kept().await;
    let sending = World::sending("bound", &[bound]);
    world.scene.chat.send(&world.scene.customer, world.scene.thread.id, sending, None).await.unwrap();
    for n in 0..5 {
        world.files.leave(&orphan(n), b"left");
    }
    assert_eq!(world.uploads.remove_orphans("ours").await.unwrap(), 0, "an upload may still run");
    world.scene.env.pass(3 * Uploads::UNFINISHED_LIFE);
    assert_eq!(world.uploads.remove_orphans("ours").await.unwrap(), 5);
    assert_eq!(world.files.count(), 1);
}

#[tokio::test]
async fn files_of_another_installation_are_left_alone() {
    let world = world();
    for n in 0..5 {
        world.files.leave(&orphan(n), b"theirs");
    }
    world.scene.env.pass(3 * Uploads::UNFINISHED_LIFE);
    assert_eq!(world.uploads.remove_orphans("ours").await.unwrap(), 0, "nobody says whose they are");
    assert!(!world.uploads.has_own_files() && world.files.owner().await.unwrap().is_none());
    world.files.claim("theirs").await.unwrap();
    assert_eq!(world.uploads.remove_orphans("ours").await.unwrap(), 0);
    assert_eq!((world.files.count(), world.uploads.has_own_files()), (5, false));
    assert_eq!(world.uploads.remove_orphans("theirs").await.unwrap(), 5);
    assert!(world.uploads.has_own_files());
}

#[tokio::test]
async fn a_storage_is_claimed_where_it_is_empty_or_known() {
    let world = world();
    assert!(world.uploads.claim_files("ours").await.unwrap(), "it is empty");
    assert_eq!(world.files.owner().await.unwrap().as_deref(), Some("ours"));
    assert!(!world.uploads.claim_files("theirs").await.unwrap());
    let world = self::world();
    for n in 0..5 {
        world.files.leave(&orphan(n), b"left");
    }
    world.kept().await;
    assert!(world.uploads.claim_files("ours").await.unwrap(), "one of them is known");
}

#[tokio::test]
async fn files_are_left_alone_when_most_of_them_are_unknown() {
    let mut world = world();
    world.files = Arc::new(FakeFiles::new(world.scene.env.clone()).in_pages_of(500));
    world.uploads = world.another(world.scanner.clone());
    world.uploads.claim_files("ours").await.unwrap();
    for _ in 0..10 {
        world.kept().await;
    }
    for n in 0..11 {
        world.files.leave(&orphan(n), b"theirs");
    }
    world.scene.env.pass(3 * Uploads::UNFINISHED_LIFE);
    assert_eq!(world.uploads.remove_orphans("ours").await.unwrap(), 0, "the database is not theirs");
    assert!(!world.uploads.has_own_files());
    world.kept().await;
    world.scene.env.pass(3 * Uploads::UNFINISHED_LIFE);
    assert_eq!(world.uploads.remove_orphans("ours").await.unwrap(), 11);
}

#[tokio::test]
async fn a_file_that_cannot_be_removed_stops_no_other() {
    let world = world();
    // More than a sweep looks at in one go.
    for n in 0..120 {
        let id = world.kept().await;
        world.scene.log.discard(world.scene.organization, id).await.unwrap();
        if n < 110 {
            world.files.hold_fast(id);
        }
    }
    assert_eq!(world.uploads.remove_deleted().await.unwrap(), 10);
    assert_eq!((world.files.count(), world.notes().await.1), (110, 110), "they are tried again");
    let world = self::world();
    world.uploads.claim_files("ours").await.unwrap();
    for n in 0..4 {
        world.files.leave(&orphan(n), b"left");
    }
    world.files.hold_fast(orphan(0).attachment);
    world.scene.env.pass(3 * Uploads::UNFINISHED_LIFE);
    assert_eq!(world.uploads.remove_orphans("ours").await.unwrap(), 3);
}

#[tokio::test]
async fn a_message_takes_at_most_five_files_each_once() {
    let world = world();
    let id = |n| AttachmentId::new(Uuid::from_u128(n));
    for files in [(0..6).map(id).collect::<Vec<_>>(), vec![id(1), id(1)]] {
        let sent =
            world.scene.chat.send(&world.scene.customer, world.scene.thread.id, World::sending("m", &files), None);
        assert_eq!(sent.await.unwrap_err().fields()[0].field, "attachment_ids");
    }
    assert!(Content::parse("").is_err() && Content::with_files(" ", 1).unwrap().as_str().is_empty());
}
