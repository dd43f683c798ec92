//! The thread of each request, and how far each has read.

use actix_web::{get, post, web::Data};
use chat::{ConversationFilter, ConversationStatus, Seq};
use kernel::{Caller, ConversationId, Once, SupportRequestId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{Kind, RequestView, Source};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use wire::{Conversation, Eyes, SupportRequest};

use crate::{
    Api,
    answer::{Answer, created, ok, replayed},
    checks::Checks,
    extract::{Id, Json, Key, Known, Query},
    failure::Failure,
    lists::{self, ConversationPage},
    opening::{About, Context, chat_words, open, refused},
    problem::Problem,
    support_requests::Answering,
};

mod keeping;

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_conversations).service(open_conversation).service(get_conversation);
    config.service(read_conversation).service(get_unread_count);
    keeping::configure(config);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ConversationQuery {
    /// `active`, `resolved` or `archived`.
    status: Option<String>,
    /// `me`, `none`, or an agent's id.
    assignee: Option<String>,
    /// A participant's id.
    #[param(value_type = Option<Uuid>)]
    requester: Option<String>,
    /// `true`: with messages that the caller has not read.
    #[param(value_type = Option<bool>)]
    unread: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// How many a page holds.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    #[param(ignore)]
    q: Option<String>,
}

/// The conversations in the caller's sight, newest activity first.
#[utoipa::path(tag = "conversations", params(ConversationQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of them.", body = ConversationPage)))]
#[get("/conversations")]
async fn list_conversations(api: Data<Api>, Known(caller): Known, Query(query): Query<ConversationQuery>) -> Answer {
    let mut checks = Checks::default();
    checks.refuse("q", query.q.is_some());
    let page = lists::page(&mut checks, query.page.as_deref(), query.limit.as_deref());
    let filter = ConversationFilter {
        status: status(&mut checks, query.status.as_deref()),
        assignee: Answering::parse(&mut checks, &caller, query.assignee.as_deref()).map(Answering::agent),
        requester: checks.parse("requester", "invalid", query.requester.as_deref()),
        unread: checks.parse("unread", "invalid", query.unread.as_deref()).unwrap_or(false),
        party: None,
    };
    checks.done()?;
    let found = api.chat.conversations(&caller, &filter, page).await?;
    ok(&ConversationPage::from(found.map(|conversation| shown(&api, &conversation))))
}

fn status(checks: &mut Checks, text: Option<&str>) -> Option<ConversationStatus> {
    let all = [ConversationStatus::Active, ConversationStatus::Resolved, ConversationStatus::Archived];
    let found = all.into_iter().find(|status| Some(status.as_str()) == text);
    checks.refuse("status", text.is_some() && found.is_none());
    found
}

/// A conversation to be opened.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"subject": "Où est ma commande ?", "content": "Bonjour, elle devait arriver lundi.",
    "client_message_id": "0d8f0c0e-1f5a-4a55-8f0f-6f1a0b1c2d3e"}))]
struct OpenConversation {
    /// 3 to 200 characters.
    #[serde(default)]
    #[schema(required, min_length = 3, max_length = 200)]
    subject: String,
    /// The first message: 1 to 5 000 characters.
    content: Option<String>,
    /// The sender's own name for the first message.
    client_message_id: Option<String>,
    #[schema(value_type = Option<wire::RequestPriority>)]
    priority: Option<String>,
    /// A word of the organisation's list; `general` when not given.
    category: Option<String>,
    #[serde(default)]
    context: Context,
    /// At most 16 KiB.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    metadata: Map<String, Value>,
    /// Opening for somebody else is not possible yet, and refused.
    #[schema(ignore)]
    requester: Option<Value>,
}

/// A conversation that was opened, and its request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenedConversation {
    conversation: Conversation,
    support_request: SupportRequest,
    /// A guest's: good for REST and realtime, for this one conversation. Left out for accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    access_token: Option<String>,
}

/// Opens a conversation in one's own name, together with its request.
#[utoipa::path(tag = "conversations", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = OpenConversation, security(("bearer" = [])), responses(
    (status = 201, description = "Both.", body = OpenedConversation),
    (status = 409, description = "The appointment has a request already.", body = Problem,
        content_type = "application/problem+json"),
))]
#[post("/conversations")]
async fn open_conversation(
    api: Data<Api>,
    Known(caller): Known,
    key: Key,
    Json(body): Json<OpenConversation>,
) -> Answer {
    let call = key.call(&api, &caller, "open_conversation", &body)?;
    let mut checks = Checks::default();
    checks.refuse("requester", body.requester.is_some());
    let words = chat_words(&mut checks, &body.subject, body.content, body.client_message_id);
    let (priority, category) = (body.priority, body.category);
    let about = About { priority, category, tags: Vec::new(), metadata: body.metadata, context: body.context };
    let (Some(words), Some(about)) = (words, about.parse(&mut checks)) else { return Err(refused(checks)) };
    checks.done()?;
    let requester = api.desk.requester(&caller, None).await?;
    let order = about.order(None, requester, Kind::Chat, Source::Chat, words);
    match open(&api, &caller, order, call).await? {
        Once::Done(opened) => created(&opened_conversation(&api, &caller, &opened.view, None).await?),
        Once::Repeat(repeat) => {
            let view = api.desk.view(&caller, SupportRequestId::new(repeat.resource)).await?;
            replayed(created(&opened_conversation(&api, &caller, &view, None).await?))
        }
    }
}

/// What whoever opened a conversation gets.
pub(crate) async fn opened_conversation(
    api: &Api,
    caller: &Caller,
    view: &RequestView,
    access_token: Option<String>,
) -> Result<OpenedConversation, Failure> {
    let conversation = api.chat.conversation(caller, view.request.conversation).await?;
    Ok(OpenedConversation {
        conversation: shown(api, &conversation),
        support_request: SupportRequest::of(view, Eyes::of(caller), api.now()),
        access_token,
    })
}

/// One conversation.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation.")),
    security(("bearer" = [])), responses((status = 200, description = "The conversation.", body = Conversation)))]
#[get("/conversations/{id}")]
async fn get_conversation(api: Data<Api>, Known(caller): Known, Id(id): Id<ConversationId>) -> Answer {
    ok(&shown(&api, &api.chat.conversation(&caller, id).await?))
}

/// How far the caller has read.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"seq": 7}))]
struct Read {
    /// All up to this place.
    #[schema(required, value_type = u64)]
    seq: Option<u64>,
}

/// How far the caller has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadState {
    participant_id: Uuid,
    delivered_seq: u64,
    read_seq: u64,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    read_at: Option<Timestamp>,
    /// Messages of others that are still unread.
    unread_count: u64,
}

/// Has read all up to a place. Marks never move back, nor past the end.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation.")),
    request_body = Read, security(("bearer" = [])),
    responses((status = 200, description = "How far the caller has come now.", body = ReadState)))]
#[post("/conversations/{id}/read")]
async fn read_conversation(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Json(body): Json<Read>,
) -> Answer {
    let seq = body.seq.ok_or_else(|| Failure::field("seq", "required"))?;
    // What no log can reach is no place, and the stores keep places as signed numbers.
    let seq = i64::try_from(seq).map_err(|_| Failure::field("seq", "invalid"))?.unsigned_abs();
    mark_read(&api, &caller, id, Seq::new(seq)).await
}

/// Moves the caller's mark, and says where it stands.
pub(crate) async fn mark_read(api: &Api, caller: &Caller, id: ConversationId, seq: Seq) -> Answer {
    api.chat.mark_read(caller, id, seq).await?;
    let conversation = api.chat.conversation(caller, id).await?;
    let own = conversation.participants.iter().find(|person| person.id == caller.participant());
    let mark = own.map(|person| person.mark).unwrap_or_default();
    ok(&ReadState {
        participant_id: caller.participant().uuid(),
        delivered_seq: mark.delivered_seq.get(),
        read_seq: mark.read_seq.get(),
        read_at: mark.read_at,
        unread_count: conversation.unread_count,
    })
}

/// How much is unread.
#[derive(Debug, Serialize, ToSchema)]
struct UnreadCount {
    /// Messages of others that the caller has not read.
    unread_count: u64,
}

/// How many messages of others the caller has not read.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation.")),
    security(("bearer" = [])), responses((status = 200, description = "The number.", body = UnreadCount)))]
#[get("/conversations/{id}/unread-count")]
async fn get_unread_count(api: Data<Api>, Known(caller): Known, Id(id): Id<ConversationId>) -> Answer {
    ok(&UnreadCount { unread_count: api.chat.conversation(&caller, id).await?.unread_count })
}

/// A conversation with who is there.
fn shown(api: &Api, conversation: &chat::Conversation) -> Conversation {
    Conversation::of(conversation, |person| api.presence.is_online(conversation.organization, person))
}
