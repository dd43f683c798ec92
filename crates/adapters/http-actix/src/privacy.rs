//! What a person may ask of whoever keeps their data: to have it, and to be forgotten.

mod zip;

use actix_web::{HttpResponse, get, http::header, post, web::Bytes, web::Data};
use futures_util::stream;
use kernel::{Caller, Timestamp, UserId};
use privacy::{Erased, ErasureRequest, PersonalData, PrivacyError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    extract::{Known, OptionalJson, Query},
    failure::Failure,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(export_personal_data).service(erase_personal_data);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Somebody else, for administrators.
    #[param(value_type = Option<Uuid>)]
    user_id: Option<String>,
}

/// All that is stored of whoever asks, as a ZIP file: `data.json`, and the files they sent under `files/`. With a
/// visitor's token, what belongs to its request.
#[utoipa::path(tag = "privacy", params(ExportQuery), security(("bearer" = [])), responses(
    (status = 200, description = "The file.", content_type = "application/zip")))]
#[get("/privacy/export")]
async fn export_personal_data(api: Data<Api>, Known(caller): Known, Query(query): Query<ExportQuery>) -> Answer {
    let mut checks = Checks::default();
    let person: Option<UserId> = checks.parse("user_id", "invalid", query.user_id.as_deref());
    checks.done()?;
    let data = api.exporting.export(&caller, person).await?;
    let day = api.now().to_string();
    let name = format!("attachment; filename=\"guichet-export-{}.zip\"", &day[..day.len().min(10)]);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        // It is packed by piece, and compressing it again gains nothing.
        .insert_header(header::ContentEncoding::Identity)
        .content_type("application/zip")
        .streaming(Box::pin(packed(api, &caller, data)?)))
}

/// The files one after the other, so that no more than a piece of one is held at a time.
fn packed(
    api: Data<Api>,
    caller: &Caller,
    data: PersonalData,
) -> Result<impl stream::Stream<Item = Result<Bytes, kernel::PortError>> + use<>, Failure> {
    let organization = caller.organization();
    let at = api.now();
    let about = data.files.iter().map(|file| {
        let mut about = file.about.clone();
        about["path"] = json!(path_of(file.id.uuid(), &about["file_name"]));
        about
    });
    let document = json!({
        "exported_at": at, "organization_id": organization, "person": data.person, "sessions": data.sessions,
        "support_requests": data.support_requests, "messages": data.messages, "timeline": data.timeline,
        "files": about.collect::<Vec<_>>(),
    });
    let document = serde_json::to_vec_pretty(&document);
    let document = document.map_err(|error| PrivacyError::from(kernel::PortError::corrupt(error)))?;
    let files = data.files.into_iter().filter(|file| file.about["status"] == "ready");
    let files: Vec<_> = files.map(|file| (file.id, path_of(file.id.uuid(), &file.about["file_name"]))).collect();
    let packing = Packing {
        api,
        organization,
        archive: zip::Archive::default(),
        document: Some(document),
        files: files.into_iter(),
        open: None,
        is_over: false,
    };
    Ok(stream::try_unfold(packing, |mut packing| async move {
        let piece = packing.next().await.inspect_err(|error| tracing::error!(%error, "an export was cut off"))?;
        Ok(piece.map(|piece| (Bytes::from(piece), packing)))
    }))
}

/// Where a file is in the archive; its name was cleaned when it came in, and has no part of a path.
fn path_of(id: Uuid, name: &serde_json::Value) -> String {
    format!("files/{id}/{}", name.as_str().unwrap_or("file"))
}

struct Packing {
    api: Data<Api>,
    organization: kernel::OrganizationId,
    archive: zip::Archive,
    document: Option<Vec<u8>>,
    files: std::vec::IntoIter<(kernel::AttachmentId, String)>,
    open: Option<Box<dyn chat::FileSource>>,
    is_over: bool,
}

impl Packing {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, kernel::PortError> {
        if let Some(document) = self.document.take() {
            let mut piece = self.archive.begin("data.json");
            piece.extend(self.archive.content(&document));
            piece.extend(self.archive.end());
            return Ok(Some(piece));
        }
        if let Some(source) = &mut self.open {
            let piece = source.next().await?;
            return Ok(Some(if let Some(piece) = piece {
                self.archive.content(&piece)
            } else {
                self.open = None;
                self.archive.end()
            }));
        }
        for (id, path) in self.files.by_ref() {
            // One that was deleted in the meantime is not theirs any more.
            let Ok(found) = self.api.uploads.linked(self.organization, id).await else { continue };
            let size = found.file.size;
            let opened = self.api.uploads.open(found, 0, size).await;
            let opened = opened.map_err(|error| kernel::PortError::unavailable(error.to_string()))?;
            self.open = Some(opened.source);
            return Ok(Some(self.archive.begin(&path)));
        }
        if self.is_over {
            return Ok(None);
        }
        self.is_over = true;
        Ok(Some(self.archive.finish()))
    }
}

/// Who is to be erased; nobody named: whoever asks.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"email": "lea@example.com"}))]
struct Erase {
    /// A user or a visitor, for administrators.
    #[schema(value_type = Option<Uuid>)]
    user_id: Option<String>,
    /// Everybody who is known by this e-mail, for administrators.
    email: Option<String>,
}

/// An erasure that was carried out.
#[derive(Debug, Serialize, ToSchema)]
struct ErasedPerson {
    /// The erasure, as the log of erasures names it.
    id: Uuid,
    /// Who was erased.
    person_id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    erased_at: Timestamp,
}

/// What was carried out.
#[derive(Debug, Serialize, ToSchema)]
struct ErasedPeople {
    /// One for each person.
    items: Vec<ErasedPerson>,
}

impl From<Erased> for ErasedPerson {
    fn from(erased: Erased) -> Self {
        Self { id: erased.id, person_id: erased.person.uuid(), erased_at: erased.at }
    }
}

/// Erases whoever asks, for good: names, addresses, messages and files go, and the account is closed; counts stay.
/// With a visitor's token, what belongs to its request. Administrators may name somebody else.
#[utoipa::path(tag = "privacy", request_body = Erase, security(("bearer" = [])), responses(
    (status = 200, description = "All of it is done.", body = ErasedPeople)))]
#[post("/privacy/erase")]
async fn erase_personal_data(api: Data<Api>, Known(caller): Known, OptionalJson(body): OptionalJson<Erase>) -> Answer {
    let mut checks = Checks::default();
    let person: Option<UserId> = checks.parse("user_id", "invalid", body.user_id.as_deref());
    if body.email.as_deref().is_some_and(|email| identity::Email::parse(email).is_err()) {
        checks.wrong("email", "invalid");
    }
    checks.done()?;
    let erased = api.erasing.erase(&caller, &ErasureRequest { person, email: body.email }).await?;
    ok(&ErasedPeople { items: erased.into_iter().map(ErasedPerson::from).collect() })
}
