//! Files of conversations.

mod form;
mod serving;
mod uploading;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, post, web};
use chat::{Attachment, AttachmentStatus, Link};
use kernel::{AttachmentId, Caller, ConversationId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Api,
    answer::{Answer, nothing, ok, replayed},
    checks::Checks,
    extract::{Id, Key, Known, Query},
    failure::Failure,
    problem::Problem,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(upload_attachments).service(list_attachments).service(get_attachment).service(delete_attachment);
    config.service(download_attachment).service(link_attachment).service(serving::read_file);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// Sends the files at once, as one message.
    #[param(value_type = Option<bool>)]
    send: Option<String>,
}

/// The parts of a form. Texts may stand anywhere among the files; `sha256` is of the next file.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a form, which is read part by part")]
struct UploadForm {
    /// One to five of them.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
    /// What the SHA-256 of the next file is, in hexadecimal; another one is refused.
    #[schema(nullable = false)]
    sha256: Option<String>,
    /// With `send`: what the message says; it may be left out.
    #[schema(nullable = false, max_length = 5_000)]
    content: Option<String>,
    /// With `send`: the message's name. Without one, it is the `Idempotency-Key`.
    #[schema(nullable = false, max_length = 64)]
    client_message_id: Option<String>,
}

/// Files that came in.
#[derive(Debug, Serialize, ToSchema)]
struct UploadedAttachments {
    /// In the order of the form.
    items: Vec<wire::Attachment>,
    /// With `send`: the message that has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<wire::Message>,
}

/// Takes files in, all or none: each is kept whole and was checked when the answer comes. One that is still
/// `pending` waits for the virus check, and cannot be sent yet.
#[utoipa::path(tag = "attachments", params(("id" = Uuid, Path, description = "The conversation."), UploadQuery,
    ("Idempotency-Key" = Option<String>, Header, description = "The caller's own name for this upload, 1 to 255 \
        visible ASCII characters, the same for each attempt: as long as the files exist, the same again keeps nothing \
        new.")),
    request_body(content = UploadForm, content_type = "multipart/form-data"), security(("bearer" = [])), responses(
    (status = 201, description = "Kept.", body = UploadedAttachments),
    (status = 200, description = "They had come in before.", body = UploadedAttachments),
    (status = 400, description = "The form cannot be read, or was cut off, or the `Idempotency-Key` is none.", body = Problem,
        content_type = "application/problem+json"),
    (status = 409, description = "The request is closed, or was merged into another.", body = Problem,
        content_type = "application/problem+json"),
    (status = 413, description = "A file is larger than the limit, or the conversation keeps too many.",
        body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "This is no form, or files of this kind are not taken.", body = Problem,
        content_type = "application/problem+json"),
    (status = 429, description = "Too many uploads: try again after `Retry-After` seconds.", body = Problem,
        content_type = "application/problem+json"),
    (status = 507, description = "No room is left.", body = Problem, content_type = "application/problem+json"),
))]
#[post("/conversations/{id}/attachments")]
async fn upload_attachments(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    key: Key,
    Query(query): Query<UploadQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    let mut checks = Checks::default();
    let send = checks.parse("send", "invalid", query.send.as_deref()).unwrap_or(false);
    checks.done()?;
    let taken = uploading::run(api, caller, id, key, send, &request, payload).await?;
    let has_key = taken.has_key;
    let body = UploadedAttachments { items: taken.items, message: taken.message };
    let mut answer = if taken.duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
    let answer = Ok(answer.json(body));
    if taken.duplicate && has_key { replayed(answer) } else { answer }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AttachmentQuery {
    /// Those of this message only.
    #[param(value_type = Option<Uuid>)]
    message_id: Option<String>,
}

/// Files of a conversation.
#[derive(Debug, Serialize, ToSchema)]
struct AttachmentList {
    /// The oldest first.
    items: Vec<wire::Attachment>,
}

/// The files of a conversation: those of its messages, and the caller's own that no message has.
#[utoipa::path(tag = "attachments", params(("id" = Uuid, Path, description = "The conversation."), AttachmentQuery),
    security(("bearer" = [])), responses((status = 200, description = "All of them.", body = AttachmentList)))]
#[get("/conversations/{id}/attachments")]
async fn list_attachments(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Query(query): Query<AttachmentQuery>,
) -> Answer {
    let mut checks = Checks::default();
    let message = checks.parse("message_id", "invalid", query.message_id.as_deref());
    checks.done()?;
    let all = api.uploads.list(&caller, id, message).await?;
    ok(&AttachmentList { items: all.iter().map(wire::Attachment::of).collect() })
}

/// What is known of a file.
#[utoipa::path(tag = "attachments", params(("id" = Uuid, Path, description = "The file.")), security(("bearer" = [])),
    responses((status = 200, description = "The file.", body = wire::Attachment)))]
#[get("/attachments/{id}")]
async fn get_attachment(api: Data<Api>, Known(caller): Known, Id(id): Id<AttachmentId>) -> Answer {
    ok(&wire::Attachment::of(&api.uploads.get(&caller, id).await?))
}

/// Removes a file that no message has, for who uploaded it. Others go with their message.
#[utoipa::path(tag = "attachments", params(("id" = Uuid, Path, description = "The file.")), security(("bearer" = [])),
    responses((status = 204, description = "Removed."),
    (status = 409, description = "A message has it.", body = Problem, content_type = "application/problem+json")))]
#[delete("/attachments/{id}")]
async fn delete_attachment(api: Data<Api>, Known(caller): Known, Id(id): Id<AttachmentId>) -> Answer {
    api.uploads.delete(&caller, id).await?;
    nothing()
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LinkQuery {
    /// For a page that shows it: `true` gives an address that an `<img>` takes. Only of PNG, JPEG, GIF and WebP.
    #[param(value_type = Option<bool>)]
    inline: Option<String>,
}

impl LinkQuery {
    fn inline(&self) -> Result<bool, Failure> {
        let mut checks = Checks::default();
        let inline = checks.parse("inline", "invalid", self.inline.as_deref()).unwrap_or(false);
        checks.done()?;
        Ok(inline)
    }
}

/// An address of a file.
#[derive(Debug, Serialize, ToSchema)]
struct AttachmentLink {
    /// Good for whoever has it.
    url: String,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Leads to the file.
#[utoipa::path(tag = "attachments", params(("id" = Uuid, Path, description = "The file."), LinkQuery),
    security(("bearer" = [])), responses((status = 302, description = "Where it is, for an hour."),
    (status = 409, description = "It was not checked yet, or was refused.", body = Problem,
        content_type = "application/problem+json")))]
#[get("/attachments/{id}/download")]
async fn download_attachment(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<AttachmentId>,
    Query(query): Query<LinkQuery>,
) -> Answer {
    let link = link(&api, &caller, id, query.inline()?).await?;
    Ok(HttpResponse::Found().insert_header((header::LOCATION, link.url)).finish())
}

/// An address of the file that is good for an hour, for whoever has it.
#[utoipa::path(tag = "attachments", params(("id" = Uuid, Path, description = "The file."), LinkQuery),
    security(("bearer" = [])), responses((status = 200, description = "The address.", body = AttachmentLink),
    (status = 409, description = "It was not checked yet, or was refused.", body = Problem,
        content_type = "application/problem+json")))]
#[get("/attachments/{id}/link")]
async fn link_attachment(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<AttachmentId>,
    Query(query): Query<LinkQuery>,
) -> Answer {
    ok(&link(&api, &caller, id, query.inline()?).await?)
}

async fn link(api: &Api, caller: &Caller, id: AttachmentId, inline: bool) -> Result<AttachmentLink, Failure> {
    let (attachment, link, expires_at) = api.uploads.link(caller, id, inline).await?;
    let url = match link {
        Link::Elsewhere(url) => url,
        Link::Here => serving::address(api, &attachment, expires_at, inline && attachment.file.may_be_shown()),
    };
    Ok(AttachmentLink { url, expires_at })
}

/// What figures say of an upload.
fn count(attachment: &Attachment) {
    let held = attachment.status == AttachmentStatus::Pending;
    let outcome = if held { "held" } else { "kept" };
    metrics::counter!("guichet_uploads_total", "outcome" => outcome).increment(1);
    metrics::counter!("guichet_upload_bytes_total").increment(attachment.file.size);
}
