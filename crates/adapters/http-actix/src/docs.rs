//! The OpenAPI document and its page.

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{self, Data, ServiceConfig},
};
use utoipa_swagger_ui::Config;

use crate::{Api, answer::Answer, failure::Failure};

/// The page styles its own elements.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn configure(config: &mut ServiceConfig) {
    // `none` keeps the page from sending the document to a validator on another site.
    let settings = Config::from("/api/v1/openapi.json").validator_url("none").try_it_out_enabled(true);
    config.app_data(Data::new(settings)).service(document).service(entrance).service(docs);
}

#[get("/api/v1/openapi.json")]
async fn document(api: Data<Api>) -> Answer {
    Ok(HttpResponse::Ok().content_type("application/json").body(api.document.clone()))
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
