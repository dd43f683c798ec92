//! Internal notes of requests, for staff.

use actix_web::{delete, get, patch, post, web::Data};
use kernel::{Caller, FieldError, Once, SupportRequestId, UserId};
use serde::{Deserialize, Serialize};
use support_request::NoteContent;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Api,
    answer::{Answer, created, nothing, ok, replayed},
    checks::Checks,
    extract::{Id, Json, Key, Known, Note},
    failure::Failure,
};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_notes).service(write_note).service(edit_note).service(delete_note);
}

/// The internal notes of a request.
#[derive(Debug, Serialize, ToSchema)]
struct Notes {
    /// Oldest first.
    items: Vec<wire::Note>,
}

/// What a note is to say.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"content": "Vu avec le transporteur.", "mentions": ["01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e"]}))]
struct WriteNote {
    /// 1 to 10 000 characters.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 10_000)]
    content: String,
    /// The agents it mentions, at most 20: they take part in the request from then on. An edit without them leaves
    /// them as they are.
    #[schema(value_type = Option<Vec<Uuid>>)]
    mentions: Option<Vec<String>>,
}

impl WriteNote {
    fn parse(&self) -> Result<(NoteContent, Option<Vec<UserId>>), Failure> {
        let mut checks = Checks::default();
        let content = checks.take(NoteContent::parse(&self.content));
        let wrong = |_| FieldError::new("mentions", "invalid");
        let ids = self.mentions.as_ref().map(|ids| ids.iter().map(|id| id.parse().map_err(wrong)).collect());
        let mentions = checks.take(ids.transpose());
        match (content, mentions) {
            (Some(content), Some(mentions)) => Ok((content, mentions)),
            _ => Err(checks.failure()),
        }
    }
}

/// The internal notes of a request. For staff.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request.")),
    security(("bearer" = [])), responses((status = 200, description = "All of them; deleted ones without what they \
    said.", body = Notes)))]
#[get("/support-requests/{id}/notes")]
async fn list_notes(api: Data<Api>, Known(caller): Known, Id(id): Id<SupportRequestId>) -> Answer {
    let notes = api.desk.notes(&caller, id).await?;
    ok(&Notes { items: notes.iter().map(wire::Note::of).collect() })
}

/// Writes an internal note. For staff.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request."),
    ("Idempotency-Key" = Option<String>, Header)), request_body = WriteNote, security(("bearer" = [])),
    responses((status = 201, description = "The note.", body = wire::Note)))]
#[post("/support-requests/{id}/notes")]
async fn write_note(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    key: Key,
    Json(body): Json<WriteNote>,
) -> Answer {
    let call = key.call(&api, &caller, "write_note", &(id, &body))?;
    sees(&api, &caller, id).await?;
    let (content, mentions) = body.parse()?;
    match api.desk.write_note(&caller, id, content, &mentions.unwrap_or_default(), call.as_ref()).await? {
        Once::Done(note) => created(&wire::Note::of(&note)),
        Once::Repeat(repeat) => {
            let note = api.desk.note(&caller, id, kernel::InternalNoteId::new(repeat.resource)).await?;
            replayed(created(&wire::Note::of(&note)))
        }
    }
}

/// Lets one's own note say something else. For staff.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request."),
    ("note_id" = Uuid, Path, description = "The note.")), request_body = WriteNote, security(("bearer" = [])),
    responses((status = 200, description = "The note of now.", body = wire::Note)))]
#[patch("/support-requests/{id}/notes/{note_id}")]
async fn edit_note(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<SupportRequestId>,
    Note(note): Note,
    Json(body): Json<WriteNote>,
) -> Answer {
    sees(&api, &caller, id).await?;
    let (content, mentions) = body.parse()?;
    let note = api.desk.edit_note(&caller, id, note, content, mentions.as_deref()).await?;
    ok(&wire::Note::of(&note))
}

/// Deletes one's own note; administrators, anybody's. That there was one still shows. For staff.
#[utoipa::path(tag = "support requests", params(("id" = Uuid, Path, description = "The request."),
    ("note_id" = Uuid, Path, description = "The note.")), security(("bearer" = [])),
    responses((status = 204, description = "It says nothing any more.")))]
#[delete("/support-requests/{id}/notes/{note_id}")]
async fn delete_note(api: Data<Api>, Known(caller): Known, Id(id): Id<SupportRequestId>, Note(note): Note) -> Answer {
    api.desk.delete_note(&caller, id, note).await?;
    nothing()
}

/// Whoever does not see the request, or may not write here, is told so before what is wrong with the body.
async fn sees(api: &Api, caller: &Caller, id: SupportRequestId) -> Result<(), Failure> {
    api.desk.view(caller, id).await?;
    caller.agent().map(drop).map_err(crate::failure::not_allowed)
}
