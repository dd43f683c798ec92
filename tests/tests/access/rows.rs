//! The table: one row for each operation, or several where it is done to different things. How to write one stands at
//! the top of `main.rs`.

use crate::marks::On;

/// One operation on one kind of thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// As the OpenAPI document names it.
    pub(crate) operation: &'static str,
    pub(crate) on: On,
    pub(crate) marks: &'static str,
    pub(crate) body: &'static str,
    pub(crate) query: &'static str,
    /// Operation, and body, of calls by the admin.
    pub(crate) first: &'static [(&'static str, &'static str)],
    /// A form with a file instead of a body.
    pub(crate) form: bool,
    /// What `+` may be answered too, where the right was looked at first and the state is not one to have here.
    pub(crate) or: &'static str,
}

const fn row(operation: &'static str, on: On, marks: &'static str) -> Row {
    Row { operation, on, marks, body: "", query: "", first: &[], form: false, or: "" }
}

impl Row {
    const fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    const fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn first(self, first: &'static [(&'static str, &'static str)]) -> Self {
        Self { first, ..self }
    }

    const fn form(self) -> Self {
        Self { form: true, ..self }
    }

    const fn or(self, or: &'static str) -> Self {
        Self { or, ..self }
    }
}

/// Whoever sees a request.
const SEEN: &str = "! +-- +-- +++-- +- +-";
/// Staff who see it; its requester knows of it, and may not.
const BY_STAFF: &str = "! x-- x-- +++-- +- +-";
/// Anybody, without a word about who they are.
const BY_ALL: &str = "+ + + + + +";
/// Whoever has an account.
const BY_USERS: &str = "! x + + + +";
const BY_ALL_STAFF: &str = "! x x + + +";
const BY_ADMINS: &str = "! x x x x +";
/// As [`SEEN`], by a number: they are counted in each organisation by itself, so another's may well be one's own.
const SEEN_BY_NUMBER: &str = "! +-. +-. +++-. +. +.";
/// Admins, of what is there; others who see it know of it, and may not.
const SEEN_BY_ADMINS: &str = "! x-- x-- xxx-- x- +-";
/// What an organisation sets up: admins, of their own one; others are not told what there is.
const SET_BY_ADMINS: &str = "! xx xx xx xx +-";
/// Of links that nobody was sent: the link is the right.
const NO_LINK: &str = "- - - - - -";

const RESOLVED: &[(&str, &str)] = &[("POST /api/v1/support-requests/{id}/resolve", "{}")];
const CLOSED: &[(&str, &str)] = &[("POST /api/v1/support-requests/{id}/close", "{}")];
const DELETED: &[(&str, &str)] = &[("DELETE /api/v1/support-requests/{id}", "")];
const ARCHIVED: &[(&str, &str)] =
    &[("POST /api/v1/support-requests/{id}/close", "{}"), ("POST /api/v1/conversations/{id}/archive", "{}")];
const JOINED: &[(&str, &str)] = &[("POST /api/v1/support-requests/{id}/participants", r#"{"user_id":"{colleague}"}"#)];

const RULE: On =
    On::Thing("/routing-rules", r#"{"name":"{key}","then":{"priority":"low"},"enabled":false,"position":9}"#);
const CATEGORY: On = On::Thing("/categories", r#"{"id":"{key}","names":{"fr":"Un mot","en":"A word"}}"#);
const SHARED_REPLY: On =
    On::Thing("/canned-replies", r#"{"title":"Merci","shortcut":"{key}","content":"Merci","shared":true}"#);
const OWN_REPLY: On = On::OwnThing("/canned-replies", r#"{"title":"Merci","shortcut":"{key}","content":"Merci"}"#);
const SHARED_VIEW: On = On::Thing("/saved-views", r#"{"name":"Tout","shared":true}"#);
const OWN_VIEW: On = On::OwnThing("/saved-views", r#"{"name":"À moi"}"#);
/// What staff share: all of them see it, and supervisors change it.
const SHARED: &str = "! xx xx x- +- +-";
/// What is for its maker only.
const PRIVATE: &str = "! xx xx +-- +-- +--";

pub(crate) const ROWS: &[Row] = &[
    row("GET /.well-known/jwks.json", On::Nothing, BY_ALL),
    row("GET /health", On::Nothing, BY_ALL),
    row("GET /health/live", On::Nothing, BY_ALL),
    row("GET /health/ready", On::Nothing, BY_ALL),
    row("GET /status", On::Nothing, BY_ALL),
    row("POST /api/v1/auth/login", On::Nothing, BY_ALL)
        .body(r#"{"organization":"demo","email":"agent@demo.test","password":"guichet-demo"}"#),
    row("POST /api/v1/auth/refresh", On::Nothing, "! ! ! ! ! !").body(r#"{"refresh_token":"of-nobody"}"#),
    // There is nothing to end, and nothing to learn.
    row("POST /api/v1/auth/logout", On::Nothing, BY_ALL).body(r#"{"refresh_token":"of-nobody"}"#),
    row("POST /api/v1/auth/register", On::Nothing, BY_ALL).body(
        r#"{"organization":"demo","email":"{key}@b.fr","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#,
    ),
    row("POST /api/v1/auth/email/verify", On::Nothing, NO_LINK)
        .body(r#"{"token":"of-nobody","password":"une-phrase-bien-longue"}"#),
    row("POST /api/v1/auth/password/forgot", On::Nothing, BY_ALL)
        .body(r#"{"organization":"demo","email":"{key}@b.fr"}"#),
    row("POST /api/v1/auth/password/reset", On::Nothing, NO_LINK)
        .body(r#"{"token":"of-nobody","password":"une-phrase-bien-longue"}"#),
    row("POST /api/v1/auth/invitations", On::Nothing, BY_ADMINS).body(r#"{"email":"{key}@b.fr","role":"agent"}"#),
    row("POST /api/v1/auth/invitations/accept", On::Nothing, NO_LINK)
        .body(r#"{"token":"of-nobody","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#),
    row("GET /api/v1/auth/me", On::Nothing, BY_USERS),
    row("PATCH /api/v1/auth/me", On::Nothing, BY_USERS).body(r#"{"phone":"+33 1 23 45 67 89"}"#),
    row("GET /api/v1/auth/sessions", On::Nothing, BY_USERS),
    row("DELETE /api/v1/auth/sessions/{id}", On::Session, "! x +-- +-- +-- +--"),
    row("GET /api/v1/presence", On::Nothing, BY_ALL_STAFF),
    row("GET /api/v1/users", On::Nothing, BY_ALL_STAFF),
    row("POST /api/v1/users", On::Nothing, BY_ADMINS).body(
        r#"{"email":"{key}@demo.test","password":"une-phrase-bien-longue","first_name":"A","last_name":"B","role":"agent"}"#,
    ),
    row("GET /api/v1/users/{id}", On::User, "! -- +-- ++-- ++-- +++-"),
    row("PATCH /api/v1/users/{id}", On::User, "! xx xxx xxxx xxxx +++-").body(r#"{"phone":"+33 1 98 76 54 32"}"#),
    row("GET /api/v1/support-requests", On::List, SEEN),
    row("GET /api/v1/support-requests", On::List, "! xxx xxx xxxxx xx +-").query("?deleted=true").first(DELETED),
    row("POST /api/v1/support-requests", On::Nothing, "! x + + + +")
        .body(r#"{"subject":"Un sujet","description":"Assez long pour aller."}"#),
    // Whoever is no staff has no such field.
    row("POST /api/v1/support-requests", On::Nothing, "! ? ? + + +").body(
        r#"{"subject":"Un sujet","description":"Assez long pour aller.","requester":{"user_id":"{customer}"}}"#,
    ),
    row("POST /api/v1/support-requests/bulk", On::Request, "! xxx xxx +++-- +- +-")
        .body(r#"{"ids":["{this}"],"action":"update","tags":["vip"]}"#),
    row("GET /api/v1/support-requests/statistics", On::Nothing, "! + + + + +"),
    row("GET /api/v1/support-requests/{id}", On::Request, SEEN),
    // What was deleted is hidden from everybody; admins see it in the list of what was.
    row("GET /api/v1/support-requests/{id}", On::Request, "! --- --- ----- -- --").first(DELETED),
    row("PATCH /api/v1/support-requests/{id}", On::Request, BY_STAFF).body(r#"{"tags":["vip"]}"#),
    row("DELETE /api/v1/support-requests/{id}", On::Request, SEEN_BY_ADMINS),
    row("POST /api/v1/support-requests/{id}/restore", On::Request, SEEN_BY_ADMINS).body("{}"),
    row("POST /api/v1/support-requests/{id}/restore", On::Request, "! --- --- ----- -- +-").body("{}").first(DELETED),
    row("GET /api/v1/support-requests/by-number/{number}", On::Request, SEEN_BY_NUMBER),
    row("GET /api/v1/support-requests/{id}/timeline", On::Request, SEEN),
    row("POST /api/v1/support-requests/{id}/assign", On::Request, BY_STAFF).body(r#"{"agent_id":"{agent}"}"#),
    row("POST /api/v1/support-requests/{id}/take", On::Request, BY_STAFF).body("{}"),
    row("POST /api/v1/support-requests/{id}/start", On::Request, BY_STAFF)
        .body(r#"{"agent_id":"{agent}"}"#),
    row("POST /api/v1/support-requests/{id}/wait", On::Request, BY_STAFF).body(r#"{"agent_id":"{agent}"}"#),
    row("POST /api/v1/support-requests/{id}/resolve", On::Request, BY_STAFF).body("{}"),
    row("POST /api/v1/support-requests/{id}/reopen", On::Request, SEEN).body("{}").first(RESOLVED),
    row("POST /api/v1/support-requests/{id}/close", On::Request, BY_STAFF).body("{}"),
    row("POST /api/v1/support-requests/{id}/escalate", On::Request, BY_STAFF).body(r#"{"reason":"Urgent."}"#),
    row("POST /api/v1/support-requests/{id}/rate", On::Request, "! +-- +-- xxx-- x- x-")
        .body(r#"{"rating":5}"#)
        .first(RESOLVED),
    row("POST /api/v1/support-requests/{id}/snooze", On::Request, BY_STAFF).body(r#"{"until":"{tomorrow}"}"#),
    row("POST /api/v1/support-requests/{id}/merge", On::Twin, BY_STAFF).body(r#"{"into":"{twin}"}"#),
    row("POST /api/v1/support-requests/{id}/follow-up", On::Request, SEEN).body("{}").first(CLOSED),
    row("GET /api/v1/support-requests/{id}/notes", On::Request, BY_STAFF),
    row("POST /api/v1/support-requests/{id}/notes", On::Request, BY_STAFF).body(r#"{"content":"Pour nous"}"#),
    row("PATCH /api/v1/support-requests/{id}/notes/{note_id}", On::Note, "! x-- x-- xxx-- x- x-")
        .body(r#"{"content":"Corrigé"}"#),
    row("PATCH /api/v1/support-requests/{id}/notes/{note_id}", On::OwnNote, BY_STAFF)
        .body(r#"{"content":"Corrigé"}"#),
    row("DELETE /api/v1/support-requests/{id}/notes/{note_id}", On::Note, SEEN_BY_ADMINS),
    row("DELETE /api/v1/support-requests/{id}/notes/{note_id}", On::OwnNote, BY_STAFF),
    row("GET /api/v1/support-requests/{id}/participants", On::Request, BY_STAFF),
    row("POST /api/v1/support-requests/{id}/participants", On::Request, BY_STAFF)
        .body(r#"{"user_id":"{colleague}"}"#),
    row("DELETE /api/v1/support-requests/{id}/participants", On::Request, BY_STAFF)
        .query("?user_id={colleague}")
        .first(JOINED),
    row("GET /api/v1/organization", On::Nothing, BY_ALL_STAFF),
    row("PATCH /api/v1/organization", On::Nothing, BY_ADMINS).body(r#"{"archive_days":3000}"#),
    row("GET /api/v1/categories", On::Nothing, "! + + + + +"),
    row("POST /api/v1/categories", On::Nothing, BY_ADMINS)
        .body(r#"{"id":"{key}","names":{"fr":"Un mot","en":"A word"}}"#),
    row("PATCH /api/v1/categories/{id}", CATEGORY, SET_BY_ADMINS).body(r#"{"position":7}"#),
    row("DELETE /api/v1/categories/{id}", CATEGORY, SET_BY_ADMINS),
    row("GET /api/v1/routing-rules", On::Nothing, BY_ADMINS),
    row("POST /api/v1/routing-rules", On::Nothing, BY_ADMINS)
        .body(r#"{"name":"{key}","then":{"priority":"low"},"enabled":false}"#),
    row("PATCH /api/v1/routing-rules/{id}", RULE, SET_BY_ADMINS).body(r#"{"position":7}"#),
    row("DELETE /api/v1/routing-rules/{id}", RULE, SET_BY_ADMINS),
    row("GET /api/v1/canned-replies", On::Nothing, BY_ALL_STAFF),
    row("POST /api/v1/canned-replies", On::Nothing, BY_ALL_STAFF)
        .body(r#"{"title":"Merci","shortcut":"{key}","content":"Merci"}"#),
    row("POST /api/v1/canned-replies", On::Nothing, "! x x x + +")
        .body(r#"{"title":"Merci","shortcut":"{key}","content":"Merci","shared":true}"#),
    row("PATCH /api/v1/canned-replies/{id}", SHARED_REPLY, SHARED).body(r#"{"title":"Merci à vous"}"#),
    row("PATCH /api/v1/canned-replies/{id}", OWN_REPLY, PRIVATE).body(r#"{"title":"Merci à vous"}"#),
    row("DELETE /api/v1/canned-replies/{id}", SHARED_REPLY, SHARED),
    row("DELETE /api/v1/canned-replies/{id}", OWN_REPLY, PRIVATE),
    row("GET /api/v1/saved-views", On::Nothing, BY_ALL_STAFF),
    row("POST /api/v1/saved-views", On::Nothing, BY_ALL_STAFF).body(r#"{"name":"À moi"}"#),
    row("POST /api/v1/saved-views", On::Nothing, "! x x x + +").body(r#"{"name":"À tous","shared":true}"#),
    row("PATCH /api/v1/saved-views/{id}", SHARED_VIEW, SHARED).body(r#"{"name":"Autrement"}"#),
    row("PATCH /api/v1/saved-views/{id}", OWN_VIEW, PRIVATE).body(r#"{"name":"Autrement"}"#),
    row("DELETE /api/v1/saved-views/{id}", SHARED_VIEW, SHARED),
    row("DELETE /api/v1/saved-views/{id}", OWN_VIEW, PRIVATE),
    row("GET /api/v1/sla-policies", On::Nothing, BY_ALL_STAFF),
    row("PUT /api/v1/sla-policies", On::Nothing, BY_ADMINS)
        .body(r#"{"items":[{"priority":"low","first_response_minutes":480,"resolution_minutes":2880}]}"#),
    row("GET /api/v1/business-hours", On::Nothing, BY_ALL_STAFF),
    row("PUT /api/v1/business-hours", On::Nothing, BY_ADMINS).body(r#"{"enabled":false}"#),
    row("GET /api/v1/conversations", On::List, SEEN),
    row("POST /api/v1/conversations", On::Nothing, BY_USERS).body(r#"{"subject":"Un sujet"}"#),
    row("GET /api/v1/conversations/{id}", On::Request, SEEN),
    row("PATCH /api/v1/conversations/{id}", On::Request, BY_STAFF).body(r#"{"tags":["vip"]}"#),
    row("DELETE /api/v1/conversations/{id}", On::Request, SEEN_BY_ADMINS),
    row("POST /api/v1/conversations/{id}/archive", On::Request, BY_STAFF).body("{}").first(CLOSED),
    row("POST /api/v1/conversations/{id}/unarchive", On::Request, BY_STAFF).body("{}").first(ARCHIVED),
    row("GET /api/v1/conversations/{id}/messages", On::Request, SEEN),
    row("POST /api/v1/conversations/{id}/messages", On::Request, SEEN)
        .body(r#"{"client_message_id":"{key}","content":"Bonjour"}"#),
    row("GET /api/v1/conversations/{id}/messages/{message_id}", On::Request, SEEN),
    row("PATCH /api/v1/conversations/{id}/messages/{message_id}", On::Request, "! +-- +-- xxx-- x- +-")
        .body(r#"{"content":"Corrigé"}"#),
    row("PATCH /api/v1/conversations/{id}/messages/{message_id}", On::OwnMessage, SEEN).body(r#"{"content":"Corrigé"}"#),
    row("DELETE /api/v1/conversations/{id}/messages/{message_id}", On::Request, "! +-- +-- xxx-- x- +-"),
    row("DELETE /api/v1/conversations/{id}/messages/{message_id}", On::OwnMessage, SEEN),
    row("POST /api/v1/conversations/{id}/messages/{message_id}/read", On::Request, SEEN),
    row("POST /api/v1/conversations/{id}/read", On::Request, SEEN).body(r#"{"seq":1}"#),
    row("GET /api/v1/conversations/{id}/unread-count", On::Request, SEEN),
    row("GET /api/v1/conversations/{id}/sessions", On::Request, SEEN),
    // A chat begins with a connection of the customer, and none is here.
    row("POST /api/v1/conversations/{id}/end", On::Request, SEEN).or("chat.no_active_session"),
    row("POST /api/v1/conversations/{id}/attachments", On::Request, SEEN).form(),
    row("GET /api/v1/conversations/{id}/attachments", On::Request, SEEN),
    row("GET /api/v1/attachments/{id}", On::Request, SEEN),
    row("GET /api/v1/attachments/{id}", On::OwnFile, SEEN),
    row("DELETE /api/v1/attachments/{id}", On::OwnFile, SEEN),
    row("GET /api/v1/attachments/{id}/download", On::Request, SEEN),
    row("GET /api/v1/attachments/{id}/link", On::Request, SEEN),
    // The signature is the right: a link opens for whoever holds it, and nothing opens without.
    row("GET /api/v1/files/{id}", On::Link, "+ +++ +++ +++++ ++ ++"),
    row("GET /api/v1/files/{id}", On::Request, "- --- --- ----- -- --")
        .query("?organization=00000000-0000-7000-8000-000000000000&expires=4102444800&signature=none"),
    row("POST /api/v1/public/support-requests", On::Nothing, BY_ALL).body(
        r#"{"organization":"demo","name":"A","email":"{key}@b.fr","subject":"Un sujet assez long","description":"Une description assez longue."}"#,
    ),
    row("POST /api/v1/public/conversations", On::Nothing, BY_ALL).body(r#"{"organization":"demo","name":"A"}"#),
    row("GET /api/v1/public/support-requests/{number}", On::Request, SEEN_BY_NUMBER),
    row("POST /api/v1/public/support-requests/{number}/rate", On::Request, "! +-. +-. xxx-. x. x.")
        .body(r#"{"rating":5}"#)
        .first(RESOLVED),
    row("POST /api/v1/public/support-requests/{number}/follow-up", On::Request, SEEN_BY_NUMBER).body("{}").first(CLOSED),
    row("POST /api/v1/public/support-requests/access-link", On::Nothing, BY_ALL)
        .body(r#"{"organization":"demo","number":"TICKET-20240115-001","email":"{key}@b.fr"}"#),
    row("GET /api/v1/public/categories", On::Nothing, BY_ALL).query("?organization=demo"),
    row("GET /api/v1/public/availability", On::Nothing, BY_ALL).query("?organization=demo"),
    row("GET /api/v1/audit-log", On::Nothing, BY_ADMINS),
    row("GET /api/v1/customers", On::Nothing, BY_ALL_STAFF),
    row("GET /api/v1/customers/{id}", On::Customer, "! xx xx +- +- +-"),
    row("GET /api/v1/privacy/export", On::Nothing, "! + + + + +"),
    row("GET /api/v1/privacy/export", On::Nothing, BY_ADMINS).query("?user_id={customer}"),
    // The last two: whoever is erased calls nothing any more.
    row("POST /api/v1/privacy/erase", On::Nothing, BY_ADMINS).body(r#"{"user_id":"{customer}"}"#),
    row("POST /api/v1/privacy/erase", On::Nothing, "! + + + + +").body("{}").or("identity.last_admin"),
];
