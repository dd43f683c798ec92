//! From a form to files that are kept, and the message that has them.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::{StatusCode, header::CONTENT_LENGTH},
    web::{Data, Payload},
};
use chat::{AttachedFile, ChatError, ClientMessageId, Content, Outgoing, Upload, Uploaded};
use kernel::{AttachmentId, Caller, ConversationId, Refusal};

use super::{count, form::Form};
use crate::{Api, checks::Checks, extract::Key, failure::Failure, messages};

/// How long all of a form may take to come in.
const WHOLE: Duration = Duration::from_mins(10);
/// What a form has beside its files, in bytes.
const AROUND: u64 = 64 * 1024;

/// What became of a form.
pub(super) struct Taken {
    pub(super) items: Vec<wire::Attachment>,
    pub(super) message: Option<wire::Message>,
    /// Nothing new was kept or sent.
    pub(super) duplicate: bool,
    pub(super) has_key: bool,
}

/// Reads the form to its end. Whoever goes away in the middle ends it, but not the removal of what had come in
/// by then: it runs in a task of its own.
pub(super) async fn run(
    api: Data<Api>,
    caller: Caller,
    conversation: ConversationId,
    key: Key,
    send: bool,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Taken, Failure> {
    // Nothing is read from who may not.
    api.chat.conversation(&caller, conversation).await?;
    let limit = api.uploads.file_bytes();
    let most = limit * AttachedFile::MAX_PER_MESSAGE as u64 + AROUND;
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most) {
        metrics::counter!("guichet_uploads_total", "outcome" => "chat.attachment_too_large").increment(1);
        return Err(ChatError::AttachmentTooLarge { limit }.into());
    }
    let form = Form::new(request, payload, WHOLE)?;
    let call = Call { api, caller, conversation, key, send };
    let work = actix_web::rt::spawn(async move { call.carry_out(form).await });
    work.await.map_err(|error| Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR).caused_by(error))?
}

struct Call {
    api: Data<Api>,
    caller: Caller,
    conversation: ConversationId,
    key: Key,
    send: bool,
}

/// What the texts of the form say.
#[derive(Default)]
struct Said {
    client_message_id: Option<String>,
    content: String,
    sha256: Option<String>,
}

impl Call {
    async fn carry_out(self, form: Form) -> Result<Taken, Failure> {
        let mut files = Vec::new();
        let done = match self.take_all(form, &mut files).await {
            Ok(said) if self.send => self.send(&files, said).await.map(Some),
            Ok(_) => Ok(None),
            Err(failure) => Err(failure),
        };
        let (message, sent_before) = match done {
            Ok(Some((message, duplicate))) => (Some(message), duplicate),
            Ok(None) => (None, true),
            Err(failure) => {
                self.remove(&files).await;
                return Err(failure);
            }
        };
        let duplicate = sent_before && files.iter().all(|file| file.duplicate);
        files.iter().filter(|file| !file.duplicate).for_each(|file| count(&file.attachment));
        let mut items: Vec<_> = files.iter().map(|file| wire::Attachment::of(&file.attachment)).collect();
        for item in &mut items {
            item.message_id = item.message_id.or(message.as_ref().map(|message| message.id));
        }
        Ok(Taken { items, message, duplicate, has_key: self.key.as_str().is_some() })
    }

    async fn take_all(&self, mut form: Form, files: &mut Vec<Uploaded>) -> Result<Said, Failure> {
        let mut said = Said::default();
        while let Some(mut part) = form.next().await? {
            if part.name() == "file" || part.file_name().is_some() {
                if files.len() == AttachedFile::MAX_PER_MESSAGE {
                    return Err(Failure::field("file", "too_many"));
                }
                let upload = Upload {
                    file_name: part.file_name().unwrap_or_default().to_owned(),
                    sha256: said.sha256.take(),
                    key: self.upload_key(files.len(), &said),
                };
                let uploaded = self.api.uploads.upload(&self.caller, self.conversation, upload, &mut part).await;
                files.push(uploaded.inspect_err(|error| {
                    metrics::counter!("guichet_uploads_total", "outcome" => error.code()).increment(1);
                })?);
                continue;
            }
            match part.name().to_owned().as_str() {
                "content" => said.content = part.text().await?,
                "client_message_id" => said.client_message_id = Some(part.text().await?),
                "sha256" => said.sha256 = Some(part.text().await?),
                _ => drop(part.text().await?),
            }
        }
        if files.is_empty() {
            return Err(Failure::field("file", "required"));
        }
        Ok(said)
    }

    /// What makes one file of the form the same in each attempt: the call's name, or that of the message it goes
    /// with where that came before it.
    fn upload_key(&self, place: usize, said: &Said) -> Option<String> {
        let name = match (self.key.as_str(), &said.client_message_id) {
            (Some(key), _) => format!("key\n{key}"),
            (None, Some(name)) if self.send => format!("message\n{name}"),
            (None, _) => return None,
        };
        let (organization, person) = (self.caller.organization(), self.caller.participant());
        let whose = format!("upload\n{organization}\n{person}\n{}", self.conversation);
        Some(self.api.identity.fingerprint(&format!("{whose}\n{place}\n{name}")))
    }

    async fn send(&self, files: &[Uploaded], said: Said) -> Result<(wire::Message, bool), Failure> {
        let name = said.client_message_id.or_else(|| messages::name_of(&self.api, &self.key));
        let name = name.unwrap_or_else(|| self.api.env.uuid().to_string());
        let mut checks = Checks::default();
        let name = checks.take(ClientMessageId::parse(name));
        let content = checks.take(Content::beside_files(said.content));
        let (Some(client_message_id), Some(content)) = (name, content) else { return Err(checks.failure()) };
        let attachments: Vec<AttachmentId> = files.iter().map(|file| file.attachment.file.id).collect();
        let outgoing = Outgoing { client_message_id, content, in_reply_to: None, attachments };
        let sent = self.api.chat.send(&self.caller, self.conversation, outgoing, None).await?;
        let (conversation, message) = self.api.chat.message(&self.caller, self.conversation, sent.message_id).await?;
        Ok((messages::shown(&self.caller, &conversation, &message), sent.duplicate))
    }

    /// All or none: what had come in of a form that failed goes. What cannot be removed now is by the sweep.
    async fn remove(&self, files: &[Uploaded]) {
        for file in files.iter().filter(|file| !file.duplicate) {
            let id = file.attachment.file.id;
            if let Err(error) = self.api.uploads.delete(&self.caller, id).await {
                tracing::warn!(attachment = %id, %error, "a file of a form that failed is still there");
            }
        }
    }
}
