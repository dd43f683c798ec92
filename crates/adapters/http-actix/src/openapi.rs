//! The OpenAPI document, made from the handlers.

use actix_web::App;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, Info, License, Object, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
        Server, Type,
        path::{Operation, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
        tag::TagBuilder,
    },
};
use utoipa_actix_web::AppExt;

use crate::{extract, problem::Problem, routes};

const TAGS: [(&str, &str); 10] = [
    ("auth", "Signing in and out, and one's sessions."),
    ("users", "People with an account."),
    ("settings", "What an organisation sets for itself."),
    ("support requests", "Requests, and what is done with them."),
    ("conversations", "The thread of each request: messages and read state."),
    ("attachments", "Files of conversations."),
    ("public", "For visitors without an account."),
    ("privacy", "What is known of people, and who did what."),
    ("operations", "For whoever runs the server."),
    ("keys", "The public keys behind our tokens."),
];

/// Beside whatever rule an operation may break.
const RUNNING: &str =
    "Or a call with this `Idempotency-Key` is being carried out: try again after `Retry-After` seconds.";

const OTHER_BODY: &str =
    "Readable, but some fields are wrong: see `errors`. Or the `Idempotency-Key` came with another body before.";

const DESCRIPTION: &str = "Support requests and their conversations. Errors are problem details (RFC 9457) with a \
    stable `code`; texts follow `Accept-Language` (`fr`, `en`). Every answer carries `X-Request-Id`. Times are \
    RFC 3339 in UTC. Real time is spoken at `GET /api/v1/realtime` (subprotocol `guichet.v1`); its frames are in the \
    AsyncAPI document, [`/api/v1/asyncapi.yaml`](/api/v1/asyncapi.yaml).";

/// The document of every operation, without a server.
pub fn document() -> OpenApi {
    let bare = OpenApiBuilder::new().info(info()).servers(Some([Server::new("/")])).build();
    let app = App::new().into_utoipa_app().openapi(bare).configure(routes::documented);
    let mut document = app.split_for_parts().1;
    document.tags =
        Some(TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build()).into());
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let mut nested = Vec::new();
    Problem::schemas(&mut nested);
    components.schemas.extend(nested);
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "An access token from sign-in (a JWT of 15 minutes), or a guest's token, good for one request.",
    ));
    components.add_security_scheme("bearer", SecurityScheme::Http(token.build()));
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let counts_once = explain_key(operation);
            add_problems(operation, counts_once);
        }
    }
    document
}

/// The document as it is kept in `api-spec/openapi.json`.
///
/// # Errors
/// None that a build which passed its tests can give.
pub fn document_json() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}

fn info() -> Info {
    let mut info = Info::new("Guichet", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    info.license = Some(License::new("MIT OR Apache-2.0"));
    info
}

/// Says what the key of a call does, where it may have one; whether it may.
fn explain_key(operation: &mut Operation) -> bool {
    let is_public = operation.security.is_none();
    let parameters = operation.parameters.iter_mut().flatten();
    let keys = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.name == extract::IDEMPOTENCY_KEY => Some(parameter),
        _ => None,
    });
    let mut counts_once = false;
    for key in keys {
        counts_once = true;
        let least = if is_public { 16 } else { 1 };
        key.description.get_or_insert_with(|| format!(
            "The caller's own name for this call, {least} to 255 visible ASCII characters, the same for each attempt: \
             for 24 hours the same call again creates nothing and is answered as the first time, with what was \
             created as it is then.{}",
            if is_public { " It has to be hard to guess, as a random UUID is: the answer holds a token." } else { "" }
        ));
    }
    let answers = operation.responses.responses.iter_mut().filter(|(status, _)| counts_once && status.starts_with('2'));
    for (_, answer) in answers {
        if let RefOr::T(answer) = answer {
            let about = "`true` when the call had been carried out before, and only its answer was given again.";
            let header =
                HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some(about)).build();
            answer.headers.insert("Idempotency-Replayed".to_owned(), header.into());
        }
    }
    counts_once
}

/// What every operation of a kind may be refused with, said once here instead of on each.
fn add_problems(operation: &mut Operation, counts_once: bool) {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let has = |place: &ParameterIn| {
        parameters.iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == *place))
    };
    let (in_path, in_query) = (has(&ParameterIn::Path), has(&ParameterIn::Query));
    let says_browser = has(&ParameterIn::Header) && !counts_once;
    let has_body = operation.request_body.is_some();
    let is_known = operation.security.is_some();
    let stored =
        operation.tags.as_ref().is_none_or(|tags| !tags.iter().any(|tag| tag == "operations" || tag == "keys"));
    let problems = [
        (has_body && counts_once, "400", "Unreadable: no JSON, cut off, or with an `Idempotency-Key` that is none."),
        (has_body, "400", "Unreadable: no JSON, or cut off."),
        (is_known, "401", "No token, or one that is not good any more."),
        (is_known, "403", "Known, but not allowed."),
        (says_browser, "403", "A page of another site made the browser do this."),
        (counts_once, "409", RUNNING),
        (in_path, "404", "Not there, or not for this caller: the two are not told apart."),
        (has_body, "413", "The body is larger than 256 KiB."),
        (has_body, "415", "The body is not plain JSON."),
        (counts_once, "422", OTHER_BODY),
        (has_body || in_query, "422", "Readable, but some fields or parameters are wrong: see `errors`."),
        (stored, "500", "A defect of the server."),
        (stored, "503", "A part of the server is down; try again after `Retry-After` seconds."),
    ];
    for (applies, status, about) in problems {
        let stated = operation.responses.responses.get_mut(status);
        if applies
            && about == RUNNING
            && let Some(RefOr::T(stated)) = stated
        {
            stated.description = format!("{} {RUNNING}", stated.description);
        } else if applies && !operation.responses.responses.contains_key(status) {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
            let response = ResponseBuilder::new().description(about).content(Problem::MEDIA_TYPE, content).build();
            operation.responses.responses.insert(status.to_owned(), response.into());
        }
    }
}
