//! The live periods of conversations.

use actix_web::{get, post, web::Data};
use kernel::ConversationId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use wire::ChatSession;

use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    extract::{Id, Known, Query},
    lists::{self, ChatSessionPage},
    problem::Problem,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_chat_sessions).service(end_chat_session);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChatSessionQuery {
    /// Which page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// How many a page holds.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// The chat sessions of a conversation, newest first. Of an active one, activity and last place are those of now.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation."), ChatSessionQuery),
    security(("bearer" = [])), responses((status = 200, description = "A page of them.", body = ChatSessionPage)))]
#[get("/conversations/{id}/sessions")]
async fn list_chat_sessions(
    api: Data<Api>,
    Known(caller): Known,
    Id(id): Id<ConversationId>,
    Query(query): Query<ChatSessionQuery>,
) -> Answer {
    let mut checks = Checks::default();
    let page = lists::page(&mut checks, query.page.as_deref(), query.limit.as_deref());
    checks.done()?;
    let found = api.sessions.list(&caller, id, page).await?;
    ok(&ChatSessionPage::from(found.map(|session| ChatSession::of(&session))))
}

/// Ends the chat, for whoever sees it. Ending it again gives the same session.
#[utoipa::path(tag = "conversations", params(("id" = Uuid, Path, description = "The conversation.")),
    security(("bearer" = [])), responses(
        (status = 200, description = "The session that has ended.", body = ChatSession),
        (status = 409, description = "There is no live chat.", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/conversations/{id}/end")]
async fn end_chat_session(api: Data<Api>, Known(caller): Known, Id(id): Id<ConversationId>) -> Answer {
    ok(&ChatSession::of(&api.sessions.end(&caller, id).await?))
}
