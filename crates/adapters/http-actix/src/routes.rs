//! Every route, and what answers where there is none.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest,
    web::{Data, ServiceConfig},
};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::{scope, service_config};

use crate::{
    Api, accounts, answer::Answer, attachments, audit, auth, canned_replies, categories, chat_sessions, conversations,
    customers, docs, failure::Failure, mailbox, me, messages, operations, organization, pages, presence, privacy,
    promises, public, routing_rules, saved_views, support_requests, tracking, users,
};

/// All of it.
pub(crate) fn configure(config: &mut ServiceConfig, api: &Api) {
    // Before the scope of the API, which answers everything below its base.
    if api.settings.docs {
        docs::configure(config);
    }
    documented(&mut service_config::ServiceConfig::new(config));
    if api.metrics.is_some() {
        config.service(operations::metrics);
    }
    if api.mailbox.is_some() {
        config.service(mailbox::list).service(mailbox::one);
    }
    config.service(pages::browser_page);
}

/// What the OpenAPI document describes. Each handler is a `.service(…)`, which is what puts it there.
pub(crate) fn documented(config: &mut service_config::ServiceConfig<'_>) {
    config.service(scope::scope("/api/v1").configure(|api| {
        auth::configure(api);
        accounts::configure(api);
        me::configure(api);
        users::configure(api);
        presence::configure(api);
        support_requests::configure(api);
        conversations::configure(api);
        chat_sessions::configure(api);
        messages::configure(api);
        attachments::configure(api);
        // Before what has a number in the same place.
        tracking::configure(api);
        public::configure(api);
        promises::configure(api);
        canned_replies::configure(api);
        categories::configure(api);
        organization::configure(api);
        privacy::configure(api);
        audit::configure(api);
        customers::configure(api);
        routing_rules::configure(api);
        saved_views::configure(api);
    }));
    operations::configure(config);
}

/// No route: another method's address, or nothing at all.
pub(crate) async fn nothing_here(request: HttpRequest, api: Data<Api>) -> Answer {
    match api.routes.methods(request.path()) {
        Some(methods) => Err(Failure::method_not_allowed(&methods)),
        None => Err(Failure::not_found()),
    }
}

/// Which methods each path of the document knows.
pub(crate) struct RouteTable(Vec<(Vec<Segment>, String)>);

enum Segment {
    Word(String),
    Any,
}

impl RouteTable {
    pub(crate) fn of(document: &OpenApi) -> Self {
        let segment = |word: &str| if word.starts_with('{') { Segment::Any } else { Segment::Word(word.to_owned()) };
        let row = |(path, item): (&String, &utoipa::openapi::PathItem)| {
            let known = BTreeMap::from([
                ("DELETE", item.delete.is_some()),
                ("GET", item.get.is_some()),
                ("HEAD", item.get.is_some()),
                ("PATCH", item.patch.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
            ]);
            let known: Vec<_> = known.into_iter().filter_map(|(method, is)| is.then_some(method)).collect();
            (path.split('/').map(segment).collect(), known.join(", "))
        };
        Self(document.paths.paths.iter().map(row).collect())
    }

    /// The methods of a path, when it is one of ours.
    fn methods(&self, path: &str) -> Option<String> {
        let words: Vec<_> = path.split('/').collect();
        let fits = |pattern: &[Segment]| {
            pattern.len() == words.len()
                && pattern.iter().zip(&words).all(|(segment, word)| match segment {
                    Segment::Word(known) => known == word,
                    Segment::Any => !word.is_empty(),
                })
        };
        self.0.iter().find(|(pattern, _)| fits(pattern)).map(|(_, methods)| methods.clone())
    }
}
