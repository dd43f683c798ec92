//! Internal notes: who writes, edits, deletes and reads them, and who is told.

use kernel::{Caller, IdempotentCall, InternalNoteId, Once, PortErrorKind, Role, SupportRequestId, UserId};

use super::scene::{Scene, id};
use crate::{Action, InternalNote, NoteContent, SupportRequestError, TimelineKind};

fn content(text: &str) -> NoteContent {
    NoteContent::parse(text).unwrap()
}

async fn write(
    scene: &Scene,
    caller: &Caller,
    request: SupportRequestId,
    mentions: &[UserId],
) -> Result<InternalNote, SupportRequestError> {
    match scene.desk.write_note(caller, request, content("Vu avec le transporteur."), mentions, None).await? {
        Once::Done(note) => Ok(note),
        Once::Repeat(repeat) => panic!("{repeat:?}"),
    }
}

#[test]
fn a_note_says_something_and_not_too_much() {
    for (text, code) in [(String::new(), "required"), (" \n".into(), "required"), ("x".repeat(10_001), "too_long")] {
        assert_eq!(NoteContent::parse(&text).unwrap_err().code, code);
    }
    assert!(NoteContent::parse(&"é".repeat(10_000)).is_ok());
}

#[tokio::test]
async fn staff_write_notes_and_nobody_else_reads_them() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let written = write(&scene, &scene.agent, request, &[]).await.unwrap();
    assert_eq!((written.author.id, written.author.name.as_str()), (id(&scene.agent), "Dominique Leroy"));
    for caller in [&scene.agent, &scene.supervisor] {
        assert_eq!(scene.desk.notes(caller, request).await.unwrap(), std::slice::from_ref(&written));
        assert_eq!(scene.desk.note(caller, request, written.id).await.unwrap(), written);
    }
    let refused = [
        write(&scene, &scene.customer, request, &[]).await.unwrap_err(),
        scene.desk.notes(&scene.customer, request).await.unwrap_err(),
        scene.desk.note(&scene.customer, request, written.id).await.unwrap_err(),
        scene.desk.edit_note(&scene.customer, request, written.id, content("x"), None).await.unwrap_err(),
        scene.desk.delete_note(&scene.customer, request, written.id).await.unwrap_err(),
    ];
    assert!(refused.iter().all(|error| matches!(error, SupportRequestError::NotAllowed(_))), "{refused:?}");
    let guest = scene.guest(request);
    let unseen = [
        write(&scene, &guest, request, &[]).await.unwrap_err(),
        scene.desk.notes(&guest, request).await.unwrap_err(),
        write(&scene, &scene.user(Role::Customer, "Alix Roux"), request, &[]).await.unwrap_err(),
    ];
    assert!(unseen.iter().all(|error| matches!(error, SupportRequestError::NotFound)), "{unseen:?}");
    let state = scene.stored(request);
    assert_eq!(state.version, 1, "a note is no change of the request");
    assert!(scene.timeline(request).len() == 1 && scene.feed.take().is_empty());
}

#[tokio::test]
async fn a_note_of_a_request_out_of_sight_is_not_there() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.supervisor, request, Action::Take).await.unwrap();
    let note = write(&scene, &scene.supervisor, request, &[]).await.unwrap();
    for found in [
        scene.desk.notes(&scene.agent, request).await.map(drop),
        scene.desk.note(&scene.agent, request, note.id).await.map(drop),
        write(&scene, &scene.agent, request, &[]).await.map(drop),
        scene.desk.delete_note(&scene.agent, request, note.id).await,
    ] {
        assert!(matches!(found, Err(SupportRequestError::NotFound)), "{found:?}");
    }
    let other = scene.opened().await;
    let found = scene.desk.note(&scene.supervisor, other, note.id).await;
    assert!(matches!(found, Err(SupportRequestError::NoteNotFound)), "another request's: {found:?}");
}

#[tokio::test]
async fn whoever_a_note_mentions_takes_part_and_is_told() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.act(&scene.supervisor, request, Action::Take).await.unwrap();
    scene.feed.take();
    let events = scene.store.outbox().len();
    assert!(scene.desk.view(&scene.agent, request).await.is_err());
    let mentioned = id(&scene.agent);
    let note = write(&scene, &scene.supervisor, request, &[mentioned, mentioned]).await.unwrap();
    assert_eq!(note.mentions.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Dominique Leroy"]);
    scene.desk.view(&scene.agent, request).await.unwrap();
    let told = scene.feed.take();
    assert_eq!((told.len(), told[0].event.as_ref()), (1, "participant_added"));
    assert_eq!(told[0].audience.members, [mentioned.into()]);
    assert_eq!(told[0].before.as_ref().unwrap().members, []);
    assert!(!told[0].is_for_customer(), "who was asked for help is not told to the customer");
    let entry = scene.timeline(request).pop().unwrap();
    assert_eq!((entry.kind, entry.new.as_deref()), (TimelineKind::ParticipantAdded, Some(&*mentioned.to_string())));
    assert_eq!(scene.events_after(events), [], "no event leaves with it");
    let noted = scene.feed.take_notes();
    assert_eq!((noted.len(), &noted[0].note), (1, &note));
    assert_eq!(noted[0].audience.members, [mentioned.into()], "whom it mentions is told the note too");
    // Again: they take part already.
    write(&scene, &scene.supervisor, request, &[mentioned]).await.unwrap();
    assert!(scene.feed.take().is_empty());
    assert_eq!(scene.stored(request).version, 3);
}

#[tokio::test]
async fn a_mention_of_somebody_who_is_no_agent_is_refused_and_nothing_is_written() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let stranger = UserId::new(kernel::Env::uuid(&*scene.env));
    let many: Vec<Caller> = (0..21).map(|n| scene.user(Role::Agent, &format!("Agent {n}"))).collect();
    let many: Vec<UserId> = many.iter().map(id).collect();
    for (mentions, code) in
        [(vec![id(&scene.customer)], "unknown"), (vec![id(&scene.agent), stranger], "unknown"), (many, "too_many")]
    {
        let refused = write(&scene, &scene.agent, request, &mentions).await;
        let Err(SupportRequestError::Invalid(fields)) = refused else { panic!("{refused:?}") };
        assert_eq!(fields, [kernel::FieldError::new("mentions", code)]);
    }
    assert_eq!(scene.desk.notes(&scene.agent, request).await.unwrap(), []);
    assert_eq!(scene.desk.members(&scene.agent, request).await.unwrap(), []);
}

#[tokio::test]
async fn a_note_is_edited_by_its_author_and_deleted_by_them_or_an_administrator() {
    let scene = Scene::new();
    let (request, admin) = (scene.opened().await, scene.user(Role::Admin, "Ange Morel"));
    let note = write(&scene, &scene.agent, request, &[id(&scene.supervisor)]).await.unwrap();
    for other in [&scene.supervisor, &admin] {
        let refused = scene.desk.edit_note(other, request, note.id, content("x"), None).await;
        assert!(matches!(refused, Err(SupportRequestError::NotAllowed(_))), "{refused:?}");
    }
    let refused = scene.desk.delete_note(&scene.supervisor, request, note.id).await;
    assert!(matches!(refused, Err(SupportRequestError::NotAllowed(_))), "{refused:?}");
    scene.feed.take_notes();
    scene.pass(60);
    let edit = |text: &'static str, mentions: Option<Vec<UserId>>| {
        let (desk, agent) = (&scene.desk, &scene.agent);
        async move { desk.edit_note(agent, request, note.id, content(text), mentions.as_deref()).await }
    };
    let edited = edit("Autrement dit.", None).await.unwrap();
    assert_eq!((edited.mentions.len(), edited.edited_at), (1, Some(kernel::Env::now(&*scene.env))));
    assert_eq!(scene.feed.take_notes().len(), 1);
    assert_eq!(edit("Autrement dit.", None).await.unwrap(), edited, "the same again is no change");
    assert!(scene.feed.take_notes().is_empty());
    let edited = edit("Autrement dit.", Some(vec![id(&admin)])).await.unwrap();
    assert_eq!(edited.mentions[0].name, "Ange Morel");
    let members = scene.desk.members(&scene.agent, request).await.unwrap();
    assert_eq!(members.len(), 2, "whom it mentions no longer still takes part");

    scene.desk.delete_note(&admin, request, note.id).await.unwrap();
    let told = scene.feed.take_notes().pop().unwrap().note;
    assert_eq!((told.id, told.content.as_ref(), told.mentions.len()), (note.id, None, 0));
    assert!(told.deleted_at.is_some());
    scene.desk.delete_note(&scene.agent, request, note.id).await.unwrap();
    assert!(scene.feed.take_notes().is_empty(), "the same again is no change");
    let refused = edit("Après coup", None).await;
    assert!(matches!(refused, Err(SupportRequestError::NoteNotFound)), "{refused:?}");
    let unknown = InternalNoteId::new(kernel::Env::uuid(&*scene.env));
    let refused = scene.desk.delete_note(&scene.agent, request, unknown).await;
    assert!(matches!(refused, Err(SupportRequestError::NoteNotFound)), "{refused:?}");
}

#[tokio::test]
async fn a_call_with_a_name_writes_one_note() {
    let scene = Scene::new();
    let request = scene.opened().await;
    let call = IdempotentCall {
        principal: id(&scene.agent).uuid(),
        operation: "write_note",
        key: "k".to_owned(),
        body: "b".to_owned(),
        kept: None,
    };
    let write = || scene.desk.write_note(&scene.agent, request, content("Une fois"), &[], Some(&call));
    scene.store.fail("notes.insert", PortErrorKind::Unavailable);
    write().await.unwrap_err();
    let Once::Done(note) = write().await.unwrap() else { panic!("what failed was remembered") };
    let Once::Repeat(repeat) = write().await.unwrap() else { panic!("written twice") };
    assert_eq!(repeat.resource, note.id.uuid());
    assert_eq!(scene.desk.notes(&scene.agent, request).await.unwrap().len(), 1);
    assert_eq!(scene.feed.take_notes().len(), 1);
}

#[tokio::test]
async fn a_note_that_meets_another_change_is_written_all_the_same() {
    let scene = Scene::new();
    let request = scene.opened().await;
    scene.store.fail("requests.save", PortErrorKind::Conflict);
    let note = write(&scene, &scene.agent, request, &[id(&scene.supervisor)]).await.unwrap();
    assert_eq!(scene.desk.notes(&scene.agent, request).await.unwrap(), [note]);
    assert_eq!(scene.desk.members(&scene.agent, request).await.unwrap().len(), 1);
}
