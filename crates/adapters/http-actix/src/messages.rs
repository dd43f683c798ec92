//! Messages.

use std::{pin::pin, time::Duration};

use actix_web::{HttpResponse, delete, get, patch, post, web::Data};
use chat::{Chat, ClientMessageId, Content, Conversation, History, Outgoing, Revised, Seq};
use kernel::{AttachmentId, Caller, ConversationId, FieldError};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api, Arrivals,
    answer::{Answer, ok, replayed},
    checks::Checks,
    conversations::{ReadState, mark_read},
    extract::{Id, Json, Key, Known, Message, Query},
    failure::Failure,
    problem::Problem,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_messages).service(send_message).service(get_message).service(edit_message);
    config.service(delete_message).service(read_message);
}

/// The longest that a call waits for something new.
const MAX_WAIT_S: u64 = 25;

/// At most one of `before_seq` and `after_seq`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MessageQuery {
    /// The messages before this place, back from it; of all, when neither is given.
    #[param(value_type = Option<u64>)]
    before_seq: Option<String>,
    /// What has changed since this place, by `entry_seq`.
    #[param(value_type = Option<u64>)]
    after_seq: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// With `after_seq`: how many seconds to wait when nothing has changed.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 25)]
    wait_s: Option<String>,
}

/// What a query asks for.
#[derive(Debug)]
enum Range {
    Before(Option<Seq>),
    After(Seq, Duration),
}

impl MessageQuery {
    fn parse(&self) -> Result<(Range, u32), Failure> {
        let mut checks = Checks::default();
        let place = |checks: &mut Checks, field, text: Option<&str>| {
            // The stores keep places as signed numbers.
            let seq = checks.parse::<i64>(field, "invalid", text)?;
            let seq = u64::try_from(seq).map_err(|_| FieldError::new(field, "invalid"));
            checks.take(seq).map(Seq::new)
        };
        let before = place(&mut checks, "before_seq", self.before_seq.as_deref());
        let after = place(&mut checks, "after_seq", self.after_seq.as_deref());
        let limit = checks.parse::<u32>("limit", "invalid", self.limit.as_deref()).unwrap_or(Chat::RECENT);
        let wait = checks.parse::<u64>("wait_s", "invalid", self.wait_s.as_deref()).unwrap_or(0);
        if !(1..=Chat::MAX_PAGE).contains(&limit) {
            checks.wrong("limit", "invalid");
        }
        if wait > MAX_WAIT_S || (self.wait_s.is_some() && self.after_seq.is_none()) {
            checks.wrong("wait_s", "invalid");
        }
        if self.before_seq.is_some() && self.after_seq.is_some() {
            checks.wrong("before_seq", "invalid");
        }
        checks.done()?;
        let range = after.map_or(Range::Before(before), |after| Range::After(after, Duration::from_secs(wait)));
        Ok((range, limit))
    }
}

/// Messages in the order of their places.
#[derive(Debug, Serialize, ToSchema)]
struct MessagePage {
    /// With `after_seq` by `entry_seq`, else by `seq`; ascending.
    items: Vec<wire::Message>,
    /// Whether there is more in the direction that was asked for.
    has_more: bool,
    /// The place of the conversation's last entry.
    #[schema(example = 7)]
    last_seq: u64,
    /// The history the places belong to; when it changes, everything is to be read again.
    epoch: Uuid,
}

/// The messages of a conversation.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation."), MessageQuery),
    security(("bearer" = [])), responses((status = 200, description = "Some of them.", body = MessagePage)))]
#[get("/conversations/{id}/messages")]
async fn list_messages(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Query(query): Query<MessageQuery>,
) -> Answer {
    let (range, limit) = query.parse()?;
    let history = match range {
        Range::Before(before) => api.chat.history(&caller, id, before, limit).await?,
        Range::After(after, wait) => changes(&api, &caller, id, after, limit, wait).await?,
    };
    ok(&MessagePage {
        items: history.messages.iter().map(|message| shown(&caller, &history.conversation, message)).collect(),
        has_more: history.has_more,
        last_seq: history.conversation.last_seq.get(),
        epoch: history.conversation.epoch.uuid(),
    })
}

/// What changed after a place; when that is nothing, what changes within the time given.
async fn changes(
    api: &Api,
    caller: &Caller,
    id: ConversationId,
    after: Seq,
    limit: u32,
    wait: Duration,
) -> Result<History, Failure> {
    let end = Instant::now() + wait;
    loop {
        let bell = api.arrivals.bell(id);
        let mut ring = pin!(bell.notified());
        // From here on nothing is missed: what is stored before the look is seen, after it, heard.
        ring.as_mut().enable();
        let changes = api.chat.changes(caller, id, after, limit).await?;
        if !changes.messages.is_empty() || Instant::now() >= end {
            return Ok(changes);
        }
        // Heard or not, the log is looked at again: a hint may be lost, and is never the truth.
        let _ = timeout_at(end.min(Instant::now() + Arrivals::LOOK), ring).await;
    }
}

/// A message to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"client_message_id": "0d8f0c0e-1f5a-4a55-8f0f-6f1a0b1c2d3e", "content": "Bonjour"}))]
struct SendMessage {
    /// The sender's own name for it, 1 to 64 characters: the same again stores nothing. It may be left out
    /// of a call with an `Idempotency-Key`, which is then the message's name.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 64)]
    client_message_id: String,
    /// 1 to 5 000 characters; beside files it may be empty.
    #[serde(default)]
    #[schema(required, max_length = 5_000)]
    content: String,
    /// The files it takes along, at most five: the caller's own, `ready`, and of no other message.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, required = false)]
    attachment_ids: Vec<String>,
    /// The message it answers.
    #[schema(value_type = Option<Uuid>)]
    in_reply_to: Option<String>,
}

impl SendMessage {
    /// The same under the call's name, when the message has none of its own: what keeps a message from
    /// being stored twice then keeps the call from being carried out twice, for as long as it exists.
    fn named(mut self, api: &Api, key: &Key) -> Self {
        if self.client_message_id.is_empty() {
            self.client_message_id = name_of(api, key).unwrap_or_default();
        }
        self
    }

    fn parse(self) -> Result<Outgoing, Failure> {
        let mut checks = Checks::default();
        let named: Result<Vec<AttachmentId>, _> = self.attachment_ids.iter().map(|id| id.parse()).collect();
        let attachments = checks.take(named.map_err(|_| FieldError::new("attachment_ids", "invalid")));
        let name = checks.take(ClientMessageId::parse(self.client_message_id));
        let content = checks.take(Content::with_files(self.content, self.attachment_ids.len()));
        let answered = self.in_reply_to.map(|id| id.parse().map_err(|_| FieldError::new("in_reply_to", "invalid")));
        let answered = checks.take(answered.transpose());
        match (name, content, answered, attachments) {
            (Some(client_message_id), Some(content), Some(in_reply_to), Some(attachments)) => {
                checks.done()?;
                Ok(Outgoing { client_message_id, content, in_reply_to, attachments })
            }
            _ => Err(checks.failure()),
        }
    }
}

/// A message that is stored.
#[derive(Debug, Serialize, ToSchema)]
struct SentMessage {
    message: wire::Message,
    /// Whether it had been stored before, by an earlier send.
    duplicate: bool,
}

/// What a message is to say from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"content": "Bonjour, où en est ma commande 4521 ?"}))]
struct EditMessage {
    /// 1 to 5 000 characters.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 5_000)]
    content: String,
}

/// A message that was edited or deleted.
#[derive(Debug, Serialize, ToSchema)]
struct RevisedMessage {
    /// As it is now; a deleted one has no content.
    message: wire::Message,
    /// Whether it was so already; nothing was stored then.
    duplicate: bool,
}

/// Sends a message: it is durable and has its place when the answer comes.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation."),
    ("Idempotency-Key" = Option<String>, Header, description = "The name of a message that has no \
        `client_message_id`: 1 to 255 visible ASCII characters, the same for each attempt. Where both are given, \
        the message's own name says whether it is a repeat.")),
    request_body = SendMessage, security(("bearer" = [])), responses(
    (status = 201, description = "Stored.", body = SentMessage),
    (status = 200, description = "It was stored before: the same message, the same place.", body = SentMessage),
    (status = 409, description = "The request is closed, or was merged into another.", body = Problem,
        content_type = "application/problem+json"),
))]
#[post("/conversations/{id}/messages")]
async fn send_message(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    key: Key,
    Json(body): Json<SendMessage>,
) -> Answer {
    let sent = api.chat.send(&caller, id, body.named(&api, &key).parse()?, None).await?;
    let (conversation, message) = api.chat.message(&caller, id, sent.message_id).await?;
    let body = SentMessage { message: shown(&caller, &conversation, &message), duplicate: sent.duplicate };
    let mut answer = if sent.duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
    let answer = Ok(answer.json(body));
    if sent.duplicate && key.as_str().is_some() { replayed(answer) } else { answer }
}

/// One message.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation."),
    ("message_id" = Uuid, Path, description = "The message.")), security(("bearer" = [])),
    responses((status = 200, description = "The message.", body = wire::Message)))]
#[get("/conversations/{id}/messages/{message_id}")]
async fn get_message(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Message(message): Message,
) -> Answer {
    let (conversation, message) = api.chat.message(&caller, id, message).await?;
    ok(&shown(&caller, &conversation, &message))
}

/// Gives a message another content: its author, or an administrator, within 24 hours.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation."),
    ("message_id" = Uuid, Path, description = "The message.")), request_body = EditMessage,
    security(("bearer" = [])), responses(
    (status = 200, description = "The message as it is now.", body = RevisedMessage),
    (status = 409, description = "The message was deleted or is more than 24 hours old, or the request is closed or \
        was merged into another.", body = Problem, content_type = "application/problem+json"),
))]
#[patch("/conversations/{id}/messages/{message_id}")]
async fn edit_message(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Message(message): Message,
    Json(body): Json<EditMessage>,
) -> Answer {
    let mut checks = Checks::default();
    let Some(content) = checks.take(Content::parse(body.content)) else { return Err(checks.failure()) };
    let revised = api.chat.edit(&caller, id, message, content, None).await?;
    revised_message(&api, &caller, id, revised).await
}

/// Deletes a message, for its author or an administrator: its content goes for good, a tombstone stays.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation."),
    ("message_id" = Uuid, Path, description = "The message.")), security(("bearer" = [])),
    responses((status = 200, description = "The message without its content.", body = RevisedMessage)))]
#[delete("/conversations/{id}/messages/{message_id}")]
async fn delete_message(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Message(message): Message,
) -> Answer {
    let revised = api.chat.delete(&caller, id, message, None).await?;
    revised_message(&api, &caller, id, revised).await
}

async fn revised_message(api: &Api, caller: &Caller, id: ConversationId, revised: Revised) -> Answer {
    let conversation = api.chat.conversation(caller, id).await?;
    let message = shown(caller, &conversation, &revised.message);
    ok(&RevisedMessage { message, duplicate: revised.duplicate })
}

/// Has read a message, and so all before it.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation."),
    ("message_id" = Uuid, Path, description = "The message.")), security(("bearer" = [])),
    responses((status = 200, description = "How far the caller has come now.", body = ReadState)))]
#[post("/conversations/{id}/messages/{message_id}/read")]
async fn read_message(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Message(message): Message,
) -> Answer {
    let (_, message) = api.chat.message(&caller, id, message).await?;
    mark_read(&api, &caller, id, message.seq).await
}

/// The name of a message that has none of its own: that of the call.
pub(crate) fn name_of(api: &Api, key: &Key) -> Option<String> {
    let key = key.as_str()?;
    let fits = key.len() <= ClientMessageId::MAX_CHARS;
    Some(if fits { key.to_owned() } else { api.identity.fingerprint(key) })
}

/// A message as the caller sees it.
pub(crate) fn shown(caller: &Caller, conversation: &Conversation, message: &chat::Message) -> wire::Message {
    let to_sender = message.sender.id == caller.participant();
    wire::Message::of(message, conversation.status_of(message), to_sender)
}
