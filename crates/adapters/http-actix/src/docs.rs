//! The documents of the interfaces: OpenAPI with its page, AsyncAPI with its samples.

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{self, Data, ServiceConfig},
};
use rust_embed::RustEmbed;
use utoipa_swagger_ui::Config;

use crate::{Api, answer::Answer, failure::Failure};

/// The page styles its own elements.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The AsyncAPI document of the realtime protocols, in YAML. It is written by hand; its references lead to the OpenAPI
/// document and to `frames/`, which stand beside it, here as in the repository.
pub const ASYNCAPI: &str = include_str!("../../../../api-spec/asyncapi.yaml");

/// A sample of every frame.
#[derive(RustEmbed)]
#[folder = "../../../api-spec/frames"]
struct Frames;

pub(crate) fn configure(config: &mut ServiceConfig) {
    // `none` keeps the page from sending the document to a validator on another site.
    let settings = Config::from("/api/v1/openapi.json").validator_url("none").try_it_out_enabled(true);
    config
        .app_data(Data::new(settings))
        .service(document)
        .service(asyncapi)
        .service(frame)
        .service(entrance)
        .service(docs);
}

#[get("/api/v1/openapi.json")]
async fn document(api: Data<Api>) -> Answer {
    Ok(HttpResponse::Ok().content_type("application/json").body(api.document.clone()))
}

#[get("/api/v1/asyncapi.yaml")]
async fn asyncapi() -> Answer {
    Ok(HttpResponse::Ok().content_type("application/yaml").body(ASYNCAPI))
}

#[get("/api/v1/frames/{name:.*}")]
async fn frame(name: web::Path<String>) -> Answer {
    let found = Frames::get(&name).ok_or_else(Failure::not_found)?;
    let content_type = if name.ends_with(".json") { "application/json" } else { "text/plain; charset=utf-8" };
    Ok(HttpResponse::Ok().content_type(content_type).body(found.data.into_owned()))
}

#[get("/api/docs")]
async fn entrance() -> Answer {
    Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/api/docs/")).finish())
}

#[get("/api/docs/{file:.*}")]
async fn docs(file: web::Path<String>, settings: Data<Config<'static>>) -> Answer {
    let found = utoipa_swagger_ui::serve(&file, settings.into_inner());
    let found = found.map_err(|error| Failure::not_found().caused_by(error.to_string()))?;
    let file = found.ok_or_else(Failure::not_found)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .content_type(file.content_type)
        .body(file.bytes.into_owned()))
}
