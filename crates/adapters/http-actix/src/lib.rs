#![doc = include_str!("../README.md")]

mod accounts;
mod answer;
mod api;
mod arrivals;
mod attachments;
mod audit;
mod auth;
mod canned_replies;
mod categories;
mod chat_sessions;
mod checks;
mod conversations;
mod customers;
mod docs;
mod edge;
mod extract;
mod failure;
mod language;
mod lists;
mod mailbox;
mod me;
mod messages;
mod openapi;
mod opening;
mod operations;
mod organization;
mod pace;
mod pages;
mod presence;
mod privacy;
mod problem;
mod promises;
mod public;
mod routes;
mod routing_rules;
mod saved_views;
mod support_requests;
mod tracking;
mod users;

use actix_web::{
    App,
    body::{BoxBody, MessageBody},
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::{Compress, from_fn},
    web::{self, Data, ServiceConfig},
};

pub use api::{Api, Health, MetricsPage, Origins, Part, Parts, Presence, Settings, StaffMember};
pub use arrivals::Arrivals;
pub use docs::ASYNCAPI;
pub use mailbox::{Mail, Mailbox};
pub use openapi::{document, document_json};
pub use pace::Pace;
pub use pages::{Page, PageSource};

/// The whole HTTP side as an actix application. `more` adds what else is served (the sockets); it
/// comes first, because everything below `/api/v1` that is not known there answers 404.
pub fn app<F: FnOnce(&mut ServiceConfig)>(
    api: Data<Api>,
    more: F,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<F>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<F>,
> {
    App::new()
        .configure(more)
        .configure(|config| routes::configure(config, &api))
        .app_data(api)
        .default_service(web::to(routes::nothing_here))
        .wrap(from_fn(edge::serve::<BoxBody>))
        .wrap(Compress::default())
}
