//! For visitors without an account.

use actix_web::{HttpMessage, HttpRequest, get, http::header, post, web::Data};
use identity::{
    Admitted, Email, IdentityError, InvalidValue, NewGuest, Organization, OrganizationRef, PersonName, Phone, Sealed,
};
use kernel::{
    Caller, FieldError, GuestCaller, IdempotentCall, Language, Once, PortError, Repeat, Secret, SupportRequestId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{Category, Description, Kind, OpenRequest, RequestView, Requester, Source, Subject};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use wire::{Eyes, SupportRequest, TimelineEntry};

use crate::{
    Api,
    answer::{Answer, created, ok, replayed},
    checks::Checks,
    conversations::{OpenedConversation, opened_conversation},
    extract::{Asking, Json, Key, Known, Number, Query},
    failure::Failure,
    language,
    opening::{About, Context, Words, chat_words, open, refused, subject_from},
    pace,
    problem::Problem,
    support_requests::timeline,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(open_public_conversation).service(open_public_support_request);
    config.service(get_public_support_request).service(get_availability);
}

/// A visitor's conversation to be opened.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"organization": "demo", "name": "Léa Martin", "email": "lea@example.com",
    "content": "Bonjour, ma commande n’est pas arrivée."}))]
struct OpenPublicConversation {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
    /// 1 to 100 characters.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 100)]
    name: String,
    email: Option<String>,
    phone: Option<String>,
    /// 3 to 200 characters; the first line of the message when not given.
    subject: Option<String>,
    /// The first message: 1 to 5 000 characters.
    content: Option<String>,
    /// The visitor's own name for the first message.
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
}

/// Opens a conversation for a visitor.
#[utoipa::path(tag = "public", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = OpenPublicConversation, responses(
    (status = 201, description = "The conversation, its request, and the visitor's token.", body = OpenedConversation),
    (status = 404, description = "No such organisation.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many for now.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The appointment has a request already.", body = Problem,
        content_type = "application/problem+json"),
))]
#[post("/public/conversations")]
async fn open_public_conversation(
    request: HttpRequest,
    api: Data<Api>,
    key: Key,
    Json(body): Json<OpenPublicConversation>,
) -> Answer {
    let visit = Visit::of(&request, &api, body.organization.clone()).await?;
    let call = key.call_of_nobody(&api, visit.organization.id, "open_public_conversation", &body)?;
    let mut checks = Checks::default();
    let guest = visit.guest(&mut checks, body.name, body.email, body.phone, false);
    let subject = body.subject.or_else(|| subject_from(body.content.as_deref()?));
    let subject = subject.unwrap_or_else(|| default_subject(&api, visit.language));
    let words = chat_words(&mut checks, &subject, body.content, body.client_message_id);
    let (priority, category) = (body.priority, body.category);
    let about = About { priority, category, tags: Vec::new(), metadata: body.metadata, context: body.context };
    let (Some(words), Some(about)) = (words, about.parse(&mut checks)) else { return Err(refused(checks)) };
    checks.done()?;
    let category = about.category().clone();
    let order = |requester, id| about.order(Some(id), requester, Kind::Chat, Source::Chat, words);
    let opened = visit.open(&api, guest, call, &category, order).await?;
    let token = Some(opened.token.expose().to_owned());
    opened.answer(created(&opened_conversation(&api, &opened.caller, &opened.view, token).await?))
}

/// The contact form.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(example = json!({"organization": "demo", "name": "Léa Martin", "email": "lea@example.com",
    "subject": "Commande jamais arrivée", "description": "Ma commande 1234 devait arriver lundi."}))]
struct OpenPublicSupportRequest {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
    /// 1 to 100 characters.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 100)]
    name: String,
    #[serde(default)]
    #[schema(required, value_type = String)]
    email: Option<String>,
    phone: Option<String>,
    /// 10 to 200 characters.
    #[serde(default)]
    #[schema(required, min_length = 10, max_length = 200)]
    subject: String,
    /// 20 to 10 000 characters.
    #[serde(default)]
    #[schema(required, min_length = 20, max_length = 10_000)]
    description: String,
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
}

/// A visitor's request that was opened.
#[derive(Debug, Serialize, ToSchema)]
struct OpenedSupportRequest {
    support_request: SupportRequest,
    /// The visitor's: good for this one request and its conversation.
    access_token: String,
}

/// Opens a request for a visitor, by the contact form.
#[utoipa::path(tag = "public", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = OpenPublicSupportRequest, responses(
    (status = 201, description = "The request, and the visitor's token.", body = OpenedSupportRequest),
    (status = 404, description = "No such organisation.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many for now.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The appointment has a request already.", body = Problem,
        content_type = "application/problem+json"),
))]
#[post("/public/support-requests")]
async fn open_public_support_request(
    request: HttpRequest,
    api: Data<Api>,
    key: Key,
    Json(body): Json<OpenPublicSupportRequest>,
) -> Answer {
    let visit = Visit::of(&request, &api, body.organization.clone()).await?;
    let call = key.call_of_nobody(&api, visit.organization.id, "open_public_support_request", &body)?;
    let mut checks = Checks::default();
    let guest = visit.guest(&mut checks, body.name, body.email, body.phone, true);
    let subject = checks.take(Subject::parse_public(&body.subject));
    let description = checks.take(Description::parse_public(&body.description));
    let (priority, category) = (body.priority, body.category);
    let about = About { priority, category, tags: Vec::new(), metadata: body.metadata, context: body.context };
    let (Some(subject), Some(description), Some(about)) = (subject, description, about.parse(&mut checks)) else {
        return Err(refused(checks));
    };
    checks.done()?;
    let words = Words { subject, description, first: None };
    let category = about.category().clone();
    let order = |requester, id| about.order(Some(id), requester, Kind::ContactForm, Source::Web, words);
    let opened = visit.open(&api, guest, call, &category, order).await?;
    let support_request = SupportRequest::of(&opened.view, Eyes::Requester, api.now());
    let access_token = opened.token.expose().to_owned();
    opened.answer(created(&OpenedSupportRequest { support_request, access_token }))
}

/// A request with what happened to it.
#[derive(Debug, Serialize, ToSchema)]
struct TrackedSupportRequest {
    support_request: SupportRequest,
    /// Oldest first.
    timeline: Vec<TimelineEntry>,
}

/// The visitor's request, with its timeline.
#[utoipa::path(tag = "public",
    params(("number" = String, Path, description = "The number.", example = "TICKET-20240115-001")),
    security(("bearer" = [])),
    responses((status = 200, description = "Both.", body = TrackedSupportRequest)))]
#[get("/public/support-requests/{number}")]
async fn get_public_support_request(api: Data<Api>, Known(caller): Known, Number(number): Number) -> Answer {
    let view = api.desk.view_by_number(&caller, &number).await?;
    let timeline = timeline(&api, &caller, view.request.id).await?;
    ok(&TrackedSupportRequest { support_request: SupportRequest::of(&view, Eyes::of(&caller), api.now()), timeline })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AvailabilityQuery {
    /// Short name or widget key; else the organisation of the host name, else the only one there is.
    organization: Option<String>,
}

/// Who is there.
#[derive(Debug, Serialize, ToSchema)]
struct Availability {
    organization: AvailableOrganization,
    /// Whether at least one agent is there and wants to be asked.
    online: bool,
    /// Those who are and do, by name.
    agents: Vec<AvailableAgent>,
    /// How long a first answer usually takes; `null` while that is not known.
    #[schema(required)]
    usual_response_minutes: Option<u32>,
    queue: QueueState,
}

/// Who waits already.
#[derive(Debug, Serialize, ToSchema)]
struct QueueState {
    /// How many chats nobody has taken yet.
    waiting: u64,
    /// How long waiting has taken lately, in seconds; `null` when nobody was taken lately.
    #[schema(required)]
    estimated_wait_s: Option<u64>,
}

/// Whom a visitor is about to talk to.
#[derive(Debug, Serialize, ToSchema)]
struct AvailableOrganization {
    #[schema(example = "Guichet Démo")]
    name: String,
    /// The language of those who name none.
    #[schema(value_type = crate::users::UserLanguage)]
    locale: Language,
}

/// An agent who is there.
#[derive(Debug, Serialize, ToSchema)]
struct AvailableAgent {
    #[schema(example = "Camille Durand")]
    name: String,
}

/// Who is there to answer.
#[utoipa::path(tag = "public", params(AvailabilityQuery), responses(
    (status = 200, description = "Who is there.", body = Availability),
    (status = 404, description = "No such organisation.", body = Problem, content_type = "application/problem+json"),
))]
#[get("/public/availability")]
async fn get_availability(request: HttpRequest, api: Data<Api>, Query(query): Query<AvailabilityQuery>) -> Answer {
    let visit = Visit::of(&request, &api, query.organization).await?;
    let staff = api.presence.staff_online(visit.organization.id).into_iter();
    let available = staff.filter(|member| member.availability == kernel::Availability::Online);
    let mut names: Vec<String> = available.map(|member| member.name).collect();
    names.sort_unstable();
    names.dedup();
    let queue = api.queues.of(visit.organization.id).await?;
    ok(&Availability {
        organization: AvailableOrganization { name: visit.organization.name, locale: visit.organization.language },
        online: !names.is_empty(),
        agents: names.into_iter().map(|name| AvailableAgent { name }).collect(),
        usual_response_minutes: None,
        queue: QueueState {
            waiting: queue.waiting.len() as u64,
            estimated_wait_s: queue.estimated_wait.map(|wait| wait.as_secs()),
        },
    })
}

/// The organisation of a visitor's call.
pub(crate) async fn organization_of(
    request: &HttpRequest,
    api: &Api,
    named: Option<String>,
) -> Result<kernel::OrganizationId, Failure> {
    Ok(Visit::of(request, api, named).await?.organization.id)
}

/// A visitor's call, whose organisation is known.
pub(crate) struct Visit {
    pub(crate) organization: Organization,
    language: Language,
    /// Where the call comes from, as far as it counts.
    client: String,
    /// The request to be opened: a guest's token names it before it is there.
    support_request: SupportRequestId,
}

/// A guest who was let in.
struct Guest {
    caller: Caller,
    requester: Requester,
    token: Secret,
}

/// What a visitor's call opened, now or when it came before.
struct OpenedForGuest {
    caller: Caller,
    token: Secret,
    view: RequestView,
    before: bool,
}

impl OpenedForGuest {
    /// The answer, which says whether it was given before.
    fn answer(&self, answer: Answer) -> Answer {
        if self.before { replayed(answer) } else { answer }
    }

    /// What a call opened that came before: the same request as it is now, and the same token as long as
    /// it is good. Without the token nobody could use what the first answer would have told.
    async fn again(api: &Api, repeat: Repeat) -> Result<Self, Failure> {
        let sealed = repeat.kept.ok_or_else(|| PortError::corrupt("a visitor's call was kept without its token"));
        let sealed = Sealed::new(sealed.map_err(IdentityError::from)?);
        let (token, caller) = api.identity.unseal_guest_token(&sealed).await?;
        let view = api.desk.view(&caller, SupportRequestId::new(repeat.resource)).await?;
        Ok(Self { caller, token, view, before: true })
    }
}

impl Visit {
    pub(crate) async fn of(request: &HttpRequest, api: &Api, given: Option<String>) -> Result<Self, Failure> {
        let meant = OrganizationRef { given, host: host(request) };
        let organization = api.identity.organization(&meant).await?;
        let asking = Asking { organization: organization.id, language: organization.language };
        request.extensions_mut().insert(asking);
        let language = language::accepted(request.headers()).unwrap_or(organization.language);
        let client = pace::client(request);
        Ok(Self { organization, language, client, support_request: SupportRequestId::new(api.env.uuid()) })
    }

    /// The guest as written, after having noted what is wrong. An empty field of a form says nothing.
    fn guest(
        &self,
        checks: &mut Checks,
        name: String,
        email: Option<String>,
        phone: Option<String>,
        email_needed: bool,
    ) -> NewGuest {
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let (email, phone) = (said(email), said(phone));
        let at = |field| move |invalid: InvalidValue| -> FieldError { invalid.at(field) };
        checks.take(PersonName::parse(&name).map_err(at("name")));
        checks.take(email.as_deref().map(Email::parse).transpose().map_err(at("email")));
        checks.take(phone.as_deref().map(Phone::parse).transpose().map_err(at("phone")));
        if email_needed && email.is_none() {
            checks.wrong("email", "required");
        }
        NewGuest { name, email, phone, language: self.language }
    }

    /// Lets the guest in and opens the request, once for each call that has a name.
    async fn open(
        &self,
        api: &Api,
        guest: NewGuest,
        call: Option<IdempotentCall>,
        category: &Category,
        order: impl FnOnce(Requester, SupportRequestId) -> OpenRequest,
    ) -> Result<OpenedForGuest, Failure> {
        if let Some(call) = &call
            && let Some(repeat) = api.desk.opened_before(self.organization.id, call).await?
        {
            // Nobody is let in for it: the guest and the token of then are good still.
            return OpenedForGuest::again(api, repeat).await;
        }
        api.pace.creation(&api.identity, self.organization.id, &self.client).await?;
        // Nobody is let in for a request that would be refused.
        api.categories.check(self.organization.id, category).await?;
        let Guest { caller, requester, token } = self.admit(api, guest).await?;
        let seal = |call| -> Result<IdempotentCall, Failure> {
            let sealed = api.identity.seal_guest_token(&token)?;
            Ok(IdempotentCall { kept: Some(sealed.as_str().to_owned()), ..call })
        };
        let call = call.map(seal).transpose()?;
        match open(api, &caller, order(requester, self.support_request), call).await? {
            Once::Done(opened) => Ok(OpenedForGuest { caller, token, view: opened.view, before: false }),
            Once::Repeat(repeat) => OpenedForGuest::again(api, repeat).await,
        }
    }

    async fn admit(&self, api: &Api, guest: NewGuest) -> Result<Guest, Failure> {
        let organization = self.organization.id;
        let admitted = api.identity.admit_guest(organization, &guest, self.support_request).await?;
        let Admitted { guest, name, email, phone, token, token_id, expires_at } = admitted;
        let requester = Requester {
            id: guest.into(),
            name: name.as_str().to_owned(),
            email: email.map(|email| email.as_str().to_owned()),
            phone: phone.map(|phone| phone.as_str().to_owned()),
        };
        let caller = Caller::Guest(GuestCaller {
            organization,
            id: guest,
            support_request: self.support_request,
            name: requester.name.clone(),
            token: token_id,
            language: self.language,
            expires_at,
        });
        Ok(Guest { caller, requester, token })
    }
}

fn default_subject(api: &Api, language: Language) -> String {
    api.texts.text(language, "default_subject", &[]).unwrap_or_else(|| "Chat".to_owned())
}

/// The host name that was called, without its port.
pub(crate) fn host(request: &HttpRequest) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    Some(name.to_ascii_lowercase())
}
