//! The OpenAPI document, made from the handlers.

use actix_web::App;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, Info, License, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder, Server,
        path::{Operation, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
        tag::TagBuilder,
    },
};
use utoipa_actix_web::AppExt;

use crate::{problem::Problem, routes};

const TAGS: [(&str, &str); 7] = [
    ("auth", "Signing in and out, and one's sessions."),
    ("users", "People with an account."),
    ("support requests", "Requests, and what is done with them."),
    ("conversations", "The thread of each request: messages and read state."),
    ("public", "For visitors without an account."),
    ("operations", "For whoever runs the server."),
    ("keys", "The public keys behind our tokens."),
];

const DESCRIPTION: &str = "Support requests and their conversations. Errors are problem details (RFC 9457) with a \
    stable `code`; texts follow `Accept-Language` (`fr`, `en`). Every answer carries `X-Request-Id`. Times are \
    RFC 3339 in UTC. Real time is spoken at `GET /api/v1/realtime` (subprotocol `guichet.v1`).";

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
        operations.into_iter().flatten().for_each(add_problems);
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

/// What every operation of a kind may be refused with, said once here instead of on each.
fn add_problems(operation: &mut Operation) {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let has = |place: &ParameterIn| {
        parameters.iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == *place))
    };
    let (in_path, in_query) = (has(&ParameterIn::Path), has(&ParameterIn::Query));
    let says_browser = has(&ParameterIn::Header) && !in_path;
    let has_body = operation.request_body.is_some();
    let is_known = operation.security.is_some();
    let stored =
        operation.tags.as_ref().is_none_or(|tags| !tags.iter().any(|tag| tag == "operations" || tag == "keys"));
    let problems = [
        (has_body, "400", "Unreadable: no JSON, or cut off."),
        (is_known, "401", "No token, or one that is not good any more."),
        (is_known, "403", "Known, but not allowed."),
        (says_browser, "403", "A page of another site made the browser do this."),
        (in_path, "404", "Not there, or not for this caller: the two are not told apart."),
        (has_body, "413", "The body is larger than 256 KiB."),
        (has_body, "415", "The body is not plain JSON."),
        (has_body || in_query, "422", "Readable, but some fields or parameters are wrong: see `errors`."),
        (stored, "500", "A defect of the server."),
        (stored, "503", "A part of the server is down; try again after `Retry-After` seconds."),
    ];
    for (applies, status, about) in problems {
        if applies && !operation.responses.responses.contains_key(status) {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
            let response = ResponseBuilder::new().description(about).content(Problem::MEDIA_TYPE, content).build();
            operation.responses.responses.insert(status.to_owned(), response.into());
        }
    }
}
