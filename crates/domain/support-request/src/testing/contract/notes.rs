//! What stores of internal notes and of members must do.

use kernel::{InternalNoteId, OrganizationId, PortErrorKind, SupportRequestId, UserId};

use super::Scene;
use crate::{InternalNote, NoteContent, Person, Snapshot, testing::Harness};

fn person(id: UserId, name: &str) -> Person {
    Person { id, name: name.to_owned() }
}

pub(super) fn note(h: &impl Harness, request: &Snapshot, author: UserId, content: &str) -> InternalNote {
    InternalNote {
        id: InternalNoteId::new(h.env().uuid()),
        support_request: request.id,
        author: person(author, "Dominique Leroy"),
        content: Some(NoteContent::parse(content).unwrap()),
        mentions: Vec::new(),
        created_at: h.env().now(),
        edited_at: None,
        deleted_at: None,
    }
}

pub(super) async fn write(h: &impl Harness, organization: OrganizationId, notes: &[&InternalNote]) {
    let mut tx = h.store().begin(organization).await.unwrap();
    for note in notes {
        tx.notes().insert(note).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Oldest first; changed; deleted, with nothing left of what they said; not without a commit.
pub async fn notes_read_back_as_they_were_written_and_changed(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let colleague = h.agent(scene.organization, "Claude", "Blanc").await;
    let mut first = note(h, &request, scene.agent, "Vu avec le transporteur.\n\tÀ suivre : l’été 🙂");
    first.mentions = vec![person(colleague, "Claude \"Blanc\"")];
    let second = note(h, &request, colleague, "Entendu.");
    write(h, scene.organization, &[&first, &second]).await;
    let all = || async { h.views().notes(scene.organization, request.id).await.unwrap() };
    assert_eq!(all().await, [first.clone(), second.clone()]);

    let mut tx = h.store().begin(scene.organization).await.unwrap();
    assert_eq!(tx.notes().get(request.id, first.id).await.unwrap().as_ref(), Some(&first));
    first.edit(&NoteContent::parse("Autrement dit.").unwrap(), Some(&[]), h.env().now());
    tx.notes().save(&first).await.unwrap();
    tx.commit().await.unwrap();
    let found = h.views().note(scene.organization, request.id, first.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&first));

    let mut gone = second.clone();
    gone.delete(h.env().now());
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    tx.notes().save(&gone).await.unwrap();
    drop(tx);
    assert_eq!(all().await, [first.clone(), second], "not without a commit");
    let mut tx = h.store().begin(scene.organization).await.unwrap();
    tx.notes().save(&gone).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all().await, [first, gone.clone()]);
    assert_eq!((gone.content, gone.mentions.len()), (None, 0));
}

/// Not of another request, not across organisations, and none of nothing.
pub async fn a_note_belongs_to_one_request_of_one_organization(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let (request, other) = (scene.stored(h, 1).await, scene.stored(h, 2).await);
    let written = note(h, &request, scene.agent, "Pour nous");
    write(h, scene.organization, &[&written]).await;
    let views = h.views();
    assert_eq!(views.notes(scene.organization, other.id).await.unwrap(), []);
    assert_eq!(views.note(scene.organization, other.id, written.id).await.unwrap(), None);
    assert_eq!(views.notes(abroad.organization, request.id).await.unwrap(), []);
    assert_eq!(views.note(abroad.organization, request.id, written.id).await.unwrap(), None);
    for (organization, of) in [(scene.organization, other.id), (abroad.organization, request.id)] {
        let mut tx = h.store().begin(organization).await.unwrap();
        assert_eq!(tx.notes().get(of, written.id).await.unwrap(), None);
    }
    let mut tx = h.store().begin(abroad.organization).await.unwrap();
    let refused = tx.notes().save(&written).await.unwrap_err();
    assert_eq!(refused.kind(), PortErrorKind::Conflict);
    drop(tx);
    let mut tx = h.store().begin(abroad.organization).await.unwrap();
    tx.notes().insert(&note(h, &request, abroad.agent, "Une autre maison")).await.unwrap_err();
}

async fn add(h: &impl Harness, organization: OrganizationId, request: SupportRequestId, agent: &Person) {
    let mut tx = h.store().begin(organization).await.unwrap();
    tx.members().add(request, agent, h.env().now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Added twice, removed twice, added again.
pub async fn a_member_stays_one_since_when_they_were_added(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    let colleague = h.agent(scene.organization, "Claude", "Blanc").await;
    let (one, other) = (person(scene.agent, "Dominique Leroy"), person(colleague, "Claude Blanc"));
    add(h, scene.organization, request.id, &other).await;
    let views = h.views();
    let since = views.members(scene.organization, request.id).await.unwrap()[0].added_at;
    h.time_goes_by().await;
    add(h, scene.organization, request.id, &one).await;
    add(h, scene.organization, request.id, &other).await;
    let members = views.members(scene.organization, request.id).await.unwrap();
    let shown: Vec<_> = members.iter().map(|member| (member.id, member.name.as_str(), member.role)).collect();
    let agent = kernel::Role::Agent;
    assert_eq!(shown, [(colleague, "Claude Blanc", agent), (scene.agent, "Dominique Leroy", agent)]);
    assert_eq!(members[0].added_at, since);
    let audience = || async {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        tx.requests().audience(request.id).await.unwrap().unwrap().members
    };
    assert_eq!(audience().await.len(), 2);
    for _ in 0..2 {
        let mut tx = h.store().begin(scene.organization).await.unwrap();
        tx.members().remove(request.id, colleague).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(audience().await, [scene.agent.into()]);
    h.time_goes_by().await;
    add(h, scene.organization, request.id, &other).await;
    let members = views.members(scene.organization, request.id).await.unwrap();
    assert_eq!((members[1].id, members[1].added_at > since), (colleague, true), "since when they were added again");
}

/// Who was only asked for help is not shown to those who read the conversation.
pub async fn a_member_who_has_read_nothing_takes_part_in_no_conversation(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    add(h, scene.organization, request.id, &person(scene.agent, "Dominique Leroy")).await;
    assert_eq!(h.shown_to_customer(scene.organization, request.id).await, [scene.customer.id]);
}
