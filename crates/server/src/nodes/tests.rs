//! What is done here of changes that were too large for the bus.

use kernel::{OrganizationId, PageRequest, ParticipantId, Scope, SupportRequestId};
use support_request::{RequestFilter, RequestViews};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::{demo, wire::Parts};

/// A node whose bus says nothing by itself, and what it hears with.
async fn node() -> (Arc<Nodes>, Arc<Ear>, Parts, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("guichet.toml"), folder.path().display().to_string());
    std::fs::write(&file, "").unwrap();
    let settings = [("GUICHET_DATA_DIR", data), ("GUICHET_PASSWORD_COST", "4".to_owned())];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let parts = Parts::assemble(&Config::from_parts(Some(&file), settings.into_iter()).unwrap()).await.unwrap();
    let (_, ear) = mpsc::channel(1);
    let nodes = Arc::new(Nodes::new("redis", "here".to_owned(), ear, None));
    let ear = Arc::new(parts.ear());
    (nodes, ear, parts, folder)
}

async fn request(parts: &Parts) -> (OrganizationId, SupportRequestId) {
    demo::seed(parts).await.unwrap();
    let organization = parts.identity.organization(&identity::OrganizationRef::named("demo")).await.unwrap().id;
    let views: &dyn RequestViews = parts.store.as_ref();
    let nobody = ParticipantId::new(organization.uuid());
    let page = PageRequest::parse(None, None).unwrap();
    let page = views.list(organization, Scope::All, nobody, &RequestFilter::default(), page).await.unwrap();
    (organization, page.items[0].request.id)
}

fn place((organization, support_request): (OrganizationId, SupportRequestId), is_whole: bool) -> Said {
    let timeline = is_whole.then(Vec::new);
    Said::RequestPlace { organization, support_request, event: "updated".to_owned(), before: None, timeline }
}

/// Until all reads are over: whether something is to be made good.
async fn is_lost(nodes: &Nodes, reads: &Arc<Semaphore>, all: usize) -> bool {
    let _all = reads.acquire_many(u32::try_from(all).unwrap()).await.unwrap();
    nodes.more_lost()
}

#[tokio::test]
async fn a_change_that_is_not_read_or_not_wholly_is_made_good() {
    let (nodes, ear, parts, _folder) = node().await;
    let id = request(&parts).await;
    let reads = Arc::new(Semaphore::new(READS));
    nodes.take(&ear, place(id, true), &reads);
    assert!(!is_lost(&nodes, &reads, READS).await, "it was read and told");
    nodes.take(&ear, place(id, false), &reads);
    assert!(is_lost(&nodes, &reads, READS).await, "its timeline was too large");
    assert!(!nodes.more_lost(), "that is known once");
    nodes.take(&ear, place(id, true), &Arc::new(Semaphore::new(0)));
    assert_eq!(nodes.next_heads().await, Why::Lost, "too many at a time");
    parts.store.close().await;
    nodes.take(&ear, place(id, true), &reads);
    assert!(is_lost(&nodes, &reads, READS).await, "the database does not answer");
}

#[tokio::test]
async fn a_goodbye_is_followed_by_a_comparison() {
    let (nodes, ear, _parts, _folder) = node().await;
    nodes.take(&ear, Said::Gone, &Arc::new(Semaphore::new(READS)));
    assert!(nodes.more_lost());
}

#[tokio::test]
async fn a_note_that_is_not_read_is_made_good() {
    let (nodes, ear, parts, _folder) = node().await;
    let (organization, support_request) = request(&parts).await;
    let note = kernel::InternalNoteId::new(Uuid::now_v7());
    let place = || Said::NotePlace { organization, support_request, note };
    let reads = Arc::new(Semaphore::new(READS));
    nodes.take(&ear, place(), &reads);
    assert!(!is_lost(&nodes, &reads, READS).await, "there is no such note any more");
    nodes.take(&ear, place(), &Arc::new(Semaphore::new(0)));
    assert!(nodes.more_lost(), "too many at a time");
    parts.store.close().await;
    nodes.take(&ear, place(), &reads);
    assert!(is_lost(&nodes, &reads, READS).await, "the database does not answer");
}
