//! Every operation of the OpenAPI document × what is bad in general × what is bad for it.

use crate::stored::snapshot;
use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::over_both_stores;
use tests::people::{Person, Visitor};
use tests::rest::{Answer, Rest, send};
use tests::server::Server;
use tests::upload::{Form, PIXEL};
use uuid::Uuid;

/// Who may call an operation at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nobody,
    /// Somebody with a token, an account or a guest.
    Somebody,
    Staff,
    Admin,
}

/// One operation: who may call it, a body that would do, and bodies that must not.
struct Row {
    operation: &'static str,
    needs: Needs,
    good: Option<&'static str>,
    bad: &'static [(&'static str, u16)],
}

const fn read(operation: &'static str, needs: Needs) -> Row {
    Row { operation, needs, good: None, bad: &[] }
}

const fn write(operation: &'static str, needs: Needs, good: &'static str, bad: &'static [(&'static str, u16)]) -> Row {
    Row { operation, needs, good: Some(good), bad }
}

const ACTION: &[(&str, u16)] = &[(r#"{"reason":5}"#, 422), (r#"{"note":{}}"#, 422), (r#"{"agent_id":"nobody"}"#, 422)];

const RULE: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"name":"x"}"#, 422),
    (r#"{"name":"x","then":{}}"#, 422),
    (r#"{"name":"","then":{"priority":"low"}}"#, 422),
    (r#"{"name":"x","then":{"priority":"god"}}"#, 422),
    (r#"{"name":"x","then":{"agent_id":"nobody"}}"#, 422),
    (r#"{"name":"x","then":{"agent_id":"00000000-0000-7000-8000-000000000000"}}"#, 422),
    (r#"{"name":"x","then":{"skill":"a\u0000b"}}"#, 422),
    (r#"{"name":"x","then":{"priority":"low"},"conditions":{"kind":["spaceship"]}}"#, 422),
    (r#"{"name":"x","then":{"priority":"low"},"conditions":{"category":"delivery"}}"#, 422),
    (r#"{"name":"x","then":{"priority":"low"},"position":10001}"#, 422),
    (r#"{"name":"x","then":{"priority":"low"},"position":-1}"#, 422),
];

const RULE_CHANGE: &[(&str, u16)] = &[
    (r#"{"name":"a\u0000b"}"#, 422),
    (r#"{"then":{}}"#, 422),
    (r#"{"enabled":"yes"}"#, 422),
    (r#"{"conditions":{"language":["de"]}}"#, 422),
    (r#"{"position":1e300}"#, 422),
];

const LOGIN: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"organization":"demo","email":"agent@demo.test"}"#, 422),
    (r#"{"organization":"demo","email":"agent@demo.test","password":""}"#, 422),
    (r#"{"organization":"demo","email":"agent@demo.test","password":"wrong-password"}"#, 401),
    (r#"{"organization":"demo","email":"nobody@demo.test","password":"wrong-password"}"#, 401),
    (r#"{"organization":"demo","email":"agent@demo.test' or 1=1 --","password":"guichet-demo"}"#, 401),
    (r#"{"organization":"demo","email":["agent@demo.test"],"password":"guichet-demo"}"#, 422),
];

const MESSAGE: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"content":"no id"}"#, 422),
    (r#"{"client_message_id":"x"}"#, 422),
    (r#"{"client_message_id":"","content":"x"}"#, 422),
    (r#"{"client_message_id":"x","content":""}"#, 422),
    (r#"{"client_message_id":"x","content":"a\u0000b"}"#, 422),
    (r#"{"client_message_id":"a\u0000b","content":"x"}"#, 422),
    (r#"{"client_message_id":"x","content":5}"#, 422),
    (r#"{"client_message_id":"x","content":"\ud800"}"#, 400),
    (r#"{"client_message_id":"x","content":"x","in_reply_to":"not-an-id"}"#, 422),
    (
        r#"{"client_message_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","content":"x"}"#,
        422,
    ),
];

const CONVERSATION: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"subject":""}"#, 422),
    (r#"{"subject":5}"#, 422),
    (r#"{"subject":"a\u0000b c d"}"#, 422),
    (r#"{"subject":"Un sujet","priority":"enormous"}"#, 422),
    (r#"{"subject":"Un sujet","metadata":[]}"#, 422),
];

const REQUEST: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"subject":"ab","description":"trop court, le sujet"}"#, 422),
    (r#"{"subject":"Un sujet","description":"Assez long pour aller.","priority":"enormous"}"#, 422),
    (r#"{"subject":"Un sujet","description":"Assez long pour aller.","kind":"spaceship"}"#, 422),
    (r#"{"subject":"Un sujet","description":"a\u0000b assez long"}"#, 422),
    (r#"{"subject":"Un sujet","description":"Assez long pour aller.","metadata":"text"}"#, 422),
    // For somebody else, by staff.
    (r#"{"subject":"Un sujet","description":"Pour elle.","requester":5}"#, 422),
    (r#"{"subject":"Un sujet","description":"Pour elle.","requester":{}}"#, 422),
    (r#"{"subject":"Un sujet","description":"Pour elle.","requester":{"name":"A"}}"#, 422),
    (r#"{"subject":"Un sujet","description":"Pour elle.","requester":{"name":"A","email":"not an address"}}"#, 422),
    (r#"{"subject":"Un sujet","description":"Pour elle.","requester":{"user_id":"nobody"}}"#, 422),
    (
        r#"{"subject":"Un sujet","description":"Pour elle.","requester":{"user_id":"00000000-0000-0000-0000-000000000000"}}"#,
        422,
    ),
    (r#"{"subject":"Un sujet","description":"Pour elle.","source":"pigeon"}"#, 422),
    (r#"{"subject":"Un sujet","description":"Pour elle.","agent_id":"nobody"}"#, 422),
    (r#"{"subject":"Un sujet","description":"Pour elle.","agent_id":"00000000-0000-0000-0000-000000000000"}"#, 422),
];

const CHANGE: &[(&str, u16)] = &[
    (r#"{"subject":5}"#, 422),
    (r#"{"subject":"a"}"#, 422),
    (r#"{"description":"a\u0000b"}"#, 422),
    (r#"{"priority":"enormous"}"#, 422),
    (r#"{"category":""}"#, 422),
    (r#"{"tags":"vip"}"#, 422),
    (r#"{"tags":[""]}"#, 422),
    (r#"{"metadata":[]}"#, 422),
    (r#"{"metadata":{"a":"\u0000"}}"#, 422),
    (r#"{"context":{"order_id":5}}"#, 422),
    (r#"{"note":{}}"#, 422),
];

const FORM: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"organization":"demo","name":"A","email":"a@b.fr","subject":"Un sujet assez long"}"#, 422),
    (
        r#"{"organization":"demo","name":"A","email":"a@b.fr","subject":"court","description":"Une description assez longue."}"#,
        422,
    ),
    (
        r#"{"organization":"demo","name":"A","email":"a@b.fr","subject":"Un sujet assez long","description":"court"}"#,
        422,
    ),
    (
        r#"{"organization":"demo","name":"A","email":"not an address","subject":"Un sujet assez long","description":"Une description assez longue."}"#,
        422,
    ),
    (
        r#"{"organization":"demo","name":"A","email":"a@b.fr\r\nRCPT TO:<c@d.fr>","subject":"Un sujet assez long","description":"Une description assez longue."}"#,
        422,
    ),
    (
        r#"{"organization":"nowhere","name":"A","email":"a@b.fr","subject":"Un sujet assez long","description":"Une description assez longue."}"#,
        404,
    ),
];

const GUEST: &[(&str, u16)] = &[
    (r#"{"organization":"demo","name":5}"#, 422),
    (r#"{"organization":"demo","name":"A","email":"not an address"}"#, 422),
    (r#"{"organization":"demo","name":"A\u0000B"}"#, 422),
    (r#"{"organization":"demo","name":"A","content":"a\u0000b"}"#, 422),
    (r#"{"organization":"nowhere","name":"A"}"#, 404),
];

const NOTE: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"content":""}"#, 422),
    (r#"{"content":5}"#, 422),
    (r#"{"content":"a\u0000b"}"#, 422),
    (r#"{"content":"x","mentions":"me"}"#, 422),
    (r#"{"content":"x","mentions":["me"]}"#, 422),
    (r#"{"content":"x","mentions":["018d0e20-1234-7e22-9c11-6f7a8b9c0d05"]}"#, 422),
];

const CATEGORY: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"id":"x"}"#, 422),
    (r#"{"id":"A B","names":{"fr":"x","en":"x"}}"#, 422),
    (r#"{"id":"../etc","names":{"fr":"x","en":"x"}}"#, 422),
    (r#"{"id":"x","names":{"fr":"a\u0000b","en":"x"}}"#, 422),
    (r#"{"id":"x","names":["x"]}"#, 422),
    (r#"{"id":"general","names":{"fr":"x","en":"x"}}"#, 409),
];

const USER: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"email":"new@demo.test","password":"short","first_name":"A","last_name":"B","role":"agent"}"#, 422),
    (
        r#"{"email":"new@demo.test","password":"une-phrase-bien-longue","first_name":"A","last_name":"B","role":"god"}"#,
        422,
    ),
    (
        r#"{"email":"not an address","password":"une-phrase-bien-longue","first_name":"A","last_name":"B","role":"agent"}"#,
        422,
    ),
    (
        r#"{"email":"agent@demo.test","password":"une-phrase-bien-longue","first_name":"A","last_name":"B","role":"agent"}"#,
        409,
    ),
];

const REGISTRATION: &[(&str, u16)] = &[
    ("{}", 422),
    (
        r#"{"organization":"demo","email":"not an address","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#,
        422,
    ),
    (
        r#"{"organization":"demo","email":"a@b.fr\r\nRCPT TO:<c@d.fr>","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#,
        422,
    ),
    (r#"{"organization":"demo","email":"a@b.fr","password":"court","first_name":"A","last_name":"B"}"#, 422),
    (r#"{"organization":"demo","email":"a@b.fr","password":"motdepasse2024","first_name":"A","last_name":"B"}"#, 422),
    (
        r#"{"organization":"demo","email":"a@b.fr","password":"une-phrase\u0000-longue","first_name":"A","last_name":"B"}"#,
        422,
    ),
    (
        r#"{"organization":"demo","email":"a@b.fr","password":"une-phrase-bien-longue","first_name":"A\nB","last_name":"B"}"#,
        422,
    ),
    (
        r#"{"organization":"demo","email":"a@b.fr","password":"une-phrase-bien-longue","first_name":"A","last_name":"B","language":"de"}"#,
        422,
    ),
    (
        r#"{"organization":"nowhere","email":"a@b.fr","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#,
        404,
    ),
];

/// A link of another organisation's, of nobody's, and what is no link.
const LINKS: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"token":""}"#, 422),
    (r#"{"token":5}"#, 422),
    (r#"{"token":"act_","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#, 404),
    (
        r#"{"token":"act_00000000-0000-7000-8000-000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#,
        404,
    ),
    (r#"{"token":"' OR 1=1 --","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#, 404),
];

const LOST: &[(&str, u16)] = &[
    ("{}", 422),
    (r#"{"organization":"demo","number":"TICKET-20240115-001"}"#, 422),
    (r#"{"organization":"demo","email":"a@b.fr"}"#, 422),
    (r#"{"organization":"demo","number":5,"email":"a@b.fr"}"#, 422),
    (r#"{"organization":"demo","number":"TICKET-20240115-001","email":"a@b.fr\r\nBcc: c@d.fr"}"#, 422),
    (r#"{"organization":"nowhere","number":"TICKET-20240115-001","email":"a@b.fr"}"#, 404),
];

const ME: &[(&str, u16)] = &[
    (r#"{"password":"une-phrase-bien-longue"}"#, 422),
    (r#"{"password":"une-phrase-bien-longue","current_password":"wrong-password"}"#, 422),
    (r#"{"password":"court","current_password":"guichet-demo"}"#, 422),
    (r#"{"first_name":""}"#, 422),
    (r#"{"first_name":"a\u0000b"}"#, 422),
    (r#"{"last_name":5}"#, 422),
    (r#"{"phone":"x"}"#, 422),
    (r#"{"language":"de"}"#, 422),
    (r#"{"availability":"asleep"}"#, 422),
    (r#"{"availability":["away"]}"#, 422),
];

/// One row an operation, as the OpenAPI document names it.
const ROWS: &[Row] = &[
    write(
        "POST /api/v1/auth/login",
        Needs::Nobody,
        r#"{"organization":"demo","email":"agent@demo.test","password":"guichet-demo"}"#,
        LOGIN,
    ),
    write(
        "POST /api/v1/auth/register",
        Needs::Nobody,
        r#"{"organization":"demo","email":"new@demo.test","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#,
        REGISTRATION,
    ),
    write(
        "POST /api/v1/auth/email/verify",
        Needs::Nobody,
        r#"{"token":"x","password":"une-phrase-bien-longue"}"#,
        LINKS,
    ),
    write(
        "POST /api/v1/auth/password/forgot",
        Needs::Nobody,
        r#"{"organization":"demo","email":"nobody@demo.test"}"#,
        &[
            ("{}", 422),
            (r#"{"organization":"demo","email":"not an address"}"#, 422),
            (r#"{"organization":"demo","email":["agent@demo.test"]}"#, 422),
            (r#"{"organization":"nowhere","email":"agent@demo.test"}"#, 404),
        ],
    ),
    write(
        "POST /api/v1/auth/password/reset",
        Needs::Nobody,
        r#"{"token":"x","password":"une-phrase-bien-longue"}"#,
        LINKS,
    ),
    write(
        "POST /api/v1/auth/invitations",
        Needs::Admin,
        r#"{"email":"new@demo.test","role":"agent"}"#,
        &[
            ("{}", 422),
            (r#"{"email":"new@demo.test","role":"god"}"#, 422),
            (r#"{"email":"not an address","role":"agent"}"#, 422),
            (r#"{"email":"new@demo.test","role":"agent","language":"de"}"#, 422),
            (r#"{"email":"agent@demo.test","role":"agent"}"#, 409),
        ],
    ),
    write(
        "POST /api/v1/auth/invitations/accept",
        Needs::Nobody,
        r#"{"token":"x","password":"une-phrase-bien-longue","first_name":"A","last_name":"B"}"#,
        LINKS,
    ),
    write(
        "POST /api/v1/auth/refresh",
        Needs::Nobody,
        "{}",
        &[(r#"{"refresh_token":"nobody"}"#, 401), (r#"{"refresh_token":5}"#, 422)],
    ),
    write("POST /api/v1/auth/logout", Needs::Nobody, "{}", &[(r#"{"refresh_token":5}"#, 422)]),
    read("GET /api/v1/auth/me", Needs::Somebody),
    write("PATCH /api/v1/auth/me", Needs::Somebody, "{}", ME),
    read("GET /api/v1/auth/sessions", Needs::Somebody),
    read("DELETE /api/v1/auth/sessions/{id}", Needs::Somebody),
    read("GET /api/v1/presence", Needs::Staff),
    read("GET /api/v1/users", Needs::Staff),
    write(
        "POST /api/v1/users",
        Needs::Admin,
        r#"{"email":"new@demo.test","password":"une-phrase-bien-longue","first_name":"A","last_name":"B","role":"agent"}"#,
        USER,
    ),
    read("GET /api/v1/users/{id}", Needs::Staff),
    write(
        "PATCH /api/v1/users/{id}",
        Needs::Admin,
        r#"{"first_name":"A"}"#,
        &[
            (r#"{"role":"god"}"#, 422),
            (r#"{"password":"short"}"#, 422),
            (r#"{"capacity":1001}"#, 422),
            (r#"{"capacity":-1}"#, 422),
            (r#"{"skills":["delivery"]}"#, 422),
            (r#"{"skills":{"categories":["a\u0000b"]}}"#, 422),
            (r#"{"skills":{"languages":["de"]}}"#, 422),
        ],
    ),
    read("GET /api/v1/support-requests", Needs::Somebody),
    write(
        "POST /api/v1/support-requests",
        Needs::Somebody,
        r#"{"subject":"Un sujet","description":"Assez long pour aller."}"#,
        REQUEST,
    ),
    read("GET /api/v1/support-requests/statistics", Needs::Somebody),
    write(
        "POST /api/v1/support-requests/bulk",
        Needs::Staff,
        r#"{"ids":["00000000-0000-0000-0000-000000000000"],"action":"close"}"#,
        &[
            ("{}", 422),
            (r#"{"ids":[],"action":"close"}"#, 422),
            (r#"{"ids":"all","action":"close"}"#, 422),
            (r#"{"ids":["x"],"action":"close"}"#, 422),
            (r#"{"ids":["00000000-0000-0000-0000-000000000000"],"action":"explode"}"#, 422),
            (r#"{"ids":["00000000-0000-0000-0000-000000000000"],"action":"delete"}"#, 422),
            (r#"{"ids":["00000000-0000-0000-0000-000000000000"],"action":"assign"}"#, 422),
            (r#"{"ids":["00000000-0000-0000-0000-000000000000"],"action":"snooze"}"#, 422),
            (r#"{"ids":["00000000-0000-0000-0000-000000000000"],"action":"escalate"}"#, 422),
            (r#"{"ids":["00000000-0000-0000-0000-000000000000"],"action":"update","tags":"vip"}"#, 422),
        ],
    ),
    read("GET /api/v1/support-requests/{id}", Needs::Somebody),
    write("PATCH /api/v1/support-requests/{id}", Needs::Staff, r#"{"tags":["vip"]}"#, CHANGE),
    read("DELETE /api/v1/support-requests/{id}", Needs::Admin),
    write("POST /api/v1/support-requests/{id}/restore", Needs::Admin, "{}", ACTION),
    write(
        "POST /api/v1/support-requests/{id}/escalate",
        Needs::Staff,
        r#"{"reason":"Urgent."}"#,
        &[
            ("{}", 422),
            (r#"{"reason":""}"#, 422),
            (r#"{"reason":5}"#, 422),
            (r#"{"reason":"Urgent.","agent_id":"nobody"}"#, 422),
        ],
    ),
    write(
        "POST /api/v1/support-requests/{id}/rate",
        Needs::Somebody,
        r#"{"rating":5}"#,
        &[
            ("{}", 422),
            (r#"{"rating":0}"#, 422),
            (r#"{"rating":6}"#, 422),
            (r#"{"rating":1.5}"#, 422),
            (r#"{"rating":"5"}"#, 422),
            (r#"{"rating":9223372036854775808}"#, 422),
            (r#"{"rating":5,"comment":"a\u0000b"}"#, 422),
            // Whoever calls is staff, and the request a visitor's.
            (r#"{"rating":5}"#, 403),
        ],
    ),
    write(
        "POST /api/v1/support-requests/{id}/snooze",
        Needs::Staff,
        r#"{"until":null}"#,
        &[
            ("{}", 422),
            (r#"{"until":"tomorrow"}"#, 422),
            (r#"{"until":5}"#, 422),
            (r#"{"until":"2001-01-01T00:00:00Z"}"#, 422),
            (r#"{"until":"9999-01-01T00:00:00Z"}"#, 422),
        ],
    ),
    write(
        "POST /api/v1/support-requests/{id}/merge",
        Needs::Staff,
        r#"{"into":"00000000-0000-0000-0000-000000000000"}"#,
        &[
            ("{}", 422),
            (r#"{"into":"x"}"#, 422),
            (r#"{"into":null}"#, 422),
            (r#"{"into":"00000000-0000-0000-0000-000000000000"}"#, 422),
        ],
    ),
    write(
        "POST /api/v1/support-requests/{id}/follow-up",
        Needs::Somebody,
        "{}",
        &[
            (r#"{"subject":5}"#, 422),
            (r#"{"subject":"a"}"#, 422),
            (r#"{"description":"a\u0000b"}"#, 422),
            (r#"{"content":""}"#, 422),
            // It is not closed.
            ("{}", 409),
        ],
    ),
    read("GET /api/v1/support-requests/by-number/{number}", Needs::Somebody),
    read("GET /api/v1/support-requests/{id}/timeline", Needs::Somebody),
    write("POST /api/v1/support-requests/{id}/assign", Needs::Staff, r#"{"agent_id":null}"#, ACTION),
    write("POST /api/v1/support-requests/{id}/take", Needs::Staff, "{}", ACTION),
    write("POST /api/v1/support-requests/{id}/start", Needs::Staff, "{}", ACTION),
    write("POST /api/v1/support-requests/{id}/wait", Needs::Staff, "{}", ACTION),
    write("POST /api/v1/support-requests/{id}/resolve", Needs::Staff, "{}", ACTION),
    write("POST /api/v1/support-requests/{id}/reopen", Needs::Somebody, "{}", ACTION),
    write("POST /api/v1/support-requests/{id}/close", Needs::Staff, "{}", ACTION),
    read("GET /api/v1/support-requests/{id}/notes", Needs::Staff),
    write("POST /api/v1/support-requests/{id}/notes", Needs::Staff, r#"{"content":"x"}"#, NOTE),
    write("PATCH /api/v1/support-requests/{id}/notes/{note_id}", Needs::Staff, r#"{"content":"x"}"#, NOTE),
    read("DELETE /api/v1/support-requests/{id}/notes/{note_id}", Needs::Staff),
    read("GET /api/v1/support-requests/{id}/participants", Needs::Staff),
    write(
        "POST /api/v1/support-requests/{id}/participants",
        Needs::Staff,
        r#"{"user_id":"018d0e20-1234-7e22-9c11-6f7a8b9c0d05"}"#,
        &[
            ("{}", 422),
            (r#"{"user_id":"me"}"#, 422),
            (r#"{"user_id":5}"#, 422),
            (r#"{"user_id":"018d0e20-1234-7e22-9c11-6f7a8b9c0d05"}"#, 422),
        ],
    ),
    read("DELETE /api/v1/support-requests/{id}/participants", Needs::Staff),
    read("GET /api/v1/categories", Needs::Somebody),
    write("POST /api/v1/categories", Needs::Admin, r#"{"id":"x","names":{"fr":"x","en":"x"}}"#, CATEGORY),
    write(
        "PATCH /api/v1/categories/{id}",
        Needs::Admin,
        r#"{"position":1}"#,
        &[
            (r#"{"names":{"fr":""}}"#, 422),
            (r#"{"names":{"en":5}}"#, 422),
            (r#"{"names":"x"}"#, 422),
            (r#"{"position":-1}"#, 422),
            (r#"{"position":18446744073709551616}"#, 422),
            (r#"{"active":"yes"}"#, 422),
        ],
    ),
    read("DELETE /api/v1/categories/{id}", Needs::Admin),
    read("GET /api/v1/public/categories", Needs::Nobody),
    read("GET /api/v1/canned-replies", Needs::Staff),
    write(
        "POST /api/v1/canned-replies",
        Needs::Staff,
        r#"{"title":"x","shortcut":"x","content":"x"}"#,
        &[
            ("{}", 422),
            (r#"{"title":"","shortcut":"x","content":"x"}"#, 422),
            (r#"{"title":"x","shortcut":"a b","content":"x"}"#, 422),
            (r#"{"title":"x","shortcut":"x","content":"{{customer.password}}"}"#, 422),
            (r#"{"title":"x","shortcut":"x","content":"{{customer.name"}"#, 422),
            (r#"{"title":"x","shortcut":"x","content":"a\u0000b"}"#, 422),
            (r#"{"title":"x","shortcut":"x","content":"x","language":"de"}"#, 422),
            (r#"{"title":"x","shortcut":"x","content":"x","category":"spaceship"}"#, 422),
            (r#"{"title":"x","shortcut":"x","content":"x","shared":true}"#, 403),
        ],
    ),
    write(
        "PATCH /api/v1/canned-replies/{id}",
        Needs::Staff,
        r#"{"title":"x"}"#,
        &[
            (r#"{"title":""}"#, 422),
            (r#"{"shortcut":"/"}"#, 422),
            (r#"{"content":"{{x}}"}"#, 422),
            (r#"{"category":"spaceship"}"#, 422),
            (r#"{"shared":true}"#, 403),
        ],
    ),
    read("DELETE /api/v1/canned-replies/{id}", Needs::Staff),
    read("GET /api/v1/saved-views", Needs::Staff),
    write(
        "POST /api/v1/saved-views",
        Needs::Staff,
        r#"{"name":"x","filter":{"assignee":"me"}}"#,
        &[
            ("{}", 422),
            (r#"{"name":"a\u0000b"}"#, 422),
            (r#"{"name":"x","filter":[]}"#, 422),
            (r#"{"name":"x","filter":{"status":"gone"}}"#, 422),
            (r#"{"name":"x","filter":{"status":{"not":"open"}}}"#, 422),
            (r#"{"name":"x","filter":{"organization_id":"x"}}"#, 422),
            (r#"{"name":"x","sort":"id;--"}"#, 422),
            (r#"{"name":"x","position":-1}"#, 422),
            (r#"{"name":"x","shared":true}"#, 403),
        ],
    ),
    write(
        "PATCH /api/v1/saved-views/{id}",
        Needs::Staff,
        r#"{"name":"x"}"#,
        &[
            (r#"{"name":""}"#, 422),
            (r#"{"filter":{"page":"2"}}"#, 422),
            (r#"{"order":"sideways"}"#, 422),
            (r#"{"shared":true}"#, 403),
        ],
    ),
    read("DELETE /api/v1/saved-views/{id}", Needs::Staff),
    read("GET /api/v1/sla-policies", Needs::Staff),
    write(
        "PUT /api/v1/sla-policies",
        Needs::Admin,
        r#"{"items":[{"priority":"low","first_response_minutes":480,"resolution_minutes":2880}]}"#,
        &[
            ("{}", 422),
            (r#"{"items":[{"priority":"low","first_response_minutes":0,"resolution_minutes":2880}]}"#, 422),
            (r#"{"items":[{"priority":"low","first_response_minutes":-1,"resolution_minutes":2880}]}"#, 422),
            (r#"{"items":[{"priority":"low","first_response_minutes":1e300,"resolution_minutes":2880}]}"#, 422),
            (
                r#"{"items":[{"priority":"low","first_response_minutes":18446744073709551615,"resolution_minutes":1}]}"#,
                422,
            ),
            (r#"{"items":[{"priority":"god","first_response_minutes":1,"resolution_minutes":2}]}"#, 422),
        ],
    ),
    read("GET /api/v1/business-hours", Needs::Staff),
    write(
        "PUT /api/v1/business-hours",
        Needs::Admin,
        r#"{"enabled":false}"#,
        &[
            ("{}", 422),
            (r#"{"enabled":true}"#, 422),
            (
                r#"{"enabled":true,"time_zone":"../../etc/passwd","week":[{"day":"monday","from":"09:00","to":"10:00"}]}"#,
                422,
            ),
            (r#"{"enabled":true,"week":[{"day":"monday","from":"10:00","to":"09:00"}]}"#, 422),
            (
                r#"{"enabled":true,"week":[{"day":"monday","from":"09:00","to":"10:00"}],"holidays":["0000-00-00"]}"#,
                422,
            ),
        ],
    ),
    read("GET /api/v1/organization", Needs::Staff),
    write(
        "PATCH /api/v1/organization",
        Needs::Admin,
        "{}",
        &[
            (r#"{"name":""}"#, 422),
            (r#"{"name":"a\u0000b"}"#, 422),
            (r#"{"allowed_origins":["*"]}"#, 422),
            (r#"{"allowed_origins":["javascript:alert(1)"]}"#, 422),
            (r#"{"allowed_origins":"https://a.example"}"#, 422),
            (r#"{"time_zone":"../../etc/passwd"}"#, 422),
            (r#"{"time_zone":""}"#, 422),
            (r#"{"ticket_prefix":"' OR 1=1"}"#, 422),
            (r#"{"language":"de"}"#, 422),
            (r#"{"auto_close_days":0}"#, 422),
            (r#"{"archive_days":-1}"#, 422),
            (r#"{"retention_years":1e300}"#, 422),
            (r#"{"escalation_hours":721}"#, 422),
            (r#"{"auto_assign":"yes"}"#, 422),
        ],
    ),
    read("GET /api/v1/routing-rules", Needs::Admin),
    write("POST /api/v1/routing-rules", Needs::Admin, r#"{"name":"x","then":{"priority":"low"}}"#, RULE),
    write("PATCH /api/v1/routing-rules/{id}", Needs::Admin, r#"{"name":"x"}"#, RULE_CHANGE),
    read("DELETE /api/v1/routing-rules/{id}", Needs::Admin),
    read("GET /api/v1/conversations", Needs::Somebody),
    write("POST /api/v1/conversations", Needs::Somebody, r#"{"subject":"Un sujet"}"#, CONVERSATION),
    read("GET /api/v1/conversations/{id}", Needs::Somebody),
    write(
        "PATCH /api/v1/conversations/{id}",
        Needs::Staff,
        r#"{"tags":["vip"]}"#,
        &[(r#"{"subject":"a"}"#, 422), (r#"{"priority":"enormous"}"#, 422), (r#"{"tags":{}}"#, 422)],
    ),
    read("DELETE /api/v1/conversations/{id}", Needs::Admin),
    // Its request is neither resolved nor closed.
    write(
        "POST /api/v1/conversations/{id}/archive",
        Needs::Staff,
        "{}",
        &[(r#"{"reason":5}"#, 422), (r#"{"agent_id":"nobody"}"#, 422), ("{}", 409)],
    ),
    write(
        "POST /api/v1/conversations/{id}/unarchive",
        Needs::Staff,
        "{}",
        &[(r#"{"reason":5}"#, 422), (r#"{"agent_id":"nobody"}"#, 422)],
    ),
    read("GET /api/v1/conversations/{id}/messages", Needs::Somebody),
    write(
        "POST /api/v1/conversations/{id}/messages",
        Needs::Somebody,
        r#"{"client_message_id":"x","content":"x"}"#,
        MESSAGE,
    ),
    read("GET /api/v1/conversations/{id}/messages/{message_id}", Needs::Somebody),
    write(
        "PATCH /api/v1/conversations/{id}/messages/{message_id}",
        Needs::Somebody,
        r#"{"content":"x"}"#,
        &[
            ("{}", 422),
            (r#"{"content":""}"#, 422),
            (r#"{"content":"  "}"#, 422),
            (r#"{"content":"a\u0000b"}"#, 422),
            (r#"{"content":5}"#, 422),
            // Whoever calls is staff, and the message a visitor's.
            (r#"{"content":"x"}"#, 403),
        ],
    ),
    read("DELETE /api/v1/conversations/{id}/messages/{message_id}", Needs::Somebody),
    read("POST /api/v1/conversations/{id}/messages/{message_id}/read", Needs::Somebody),
    write(
        "POST /api/v1/conversations/{id}/read",
        Needs::Somebody,
        r#"{"seq":1}"#,
        &[("{}", 422), (r#"{"seq":-1}"#, 422), (r#"{"seq":"one"}"#, 422), (r#"{"seq":9223372036854775808}"#, 422)],
    ),
    read("GET /api/v1/conversations/{id}/unread-count", Needs::Somebody),
    read("GET /api/v1/conversations/{id}/sessions", Needs::Somebody),
    read("POST /api/v1/conversations/{id}/end", Needs::Somebody),
    // What is bad in a form has a table of its own, in `uploads.rs`.
    read("POST /api/v1/conversations/{id}/attachments", Needs::Somebody),
    read("GET /api/v1/conversations/{id}/attachments", Needs::Somebody),
    read("GET /api/v1/attachments/{id}", Needs::Somebody),
    read("DELETE /api/v1/attachments/{id}", Needs::Somebody),
    read("GET /api/v1/attachments/{id}/download", Needs::Somebody),
    read("GET /api/v1/attachments/{id}/link", Needs::Somebody),
    read("GET /api/v1/files/{id}", Needs::Nobody),
    write(
        "POST /api/v1/public/support-requests",
        Needs::Nobody,
        r#"{"organization":"demo","name":"A","email":"a@b.fr","subject":"Un sujet assez long","description":"Une description assez longue."}"#,
        FORM,
    ),
    write("POST /api/v1/public/conversations", Needs::Nobody, r#"{"organization":"demo","name":"A"}"#, GUEST),
    write(
        "POST /api/v1/public/support-requests/access-link",
        Needs::Nobody,
        r#"{"organization":"demo","number":"TICKET-20240115-001","email":"a@b.fr"}"#,
        LOST,
    ),
    read("GET /api/v1/public/support-requests/{number}", Needs::Somebody),
    write(
        "POST /api/v1/public/support-requests/{number}/rate",
        Needs::Somebody,
        r#"{"rating":5}"#,
        &[
            ("{}", 422),
            (r#"{"rating":0}"#, 422),
            (r#"{"rating":6}"#, 422),
            (r#"{"rating":"five"}"#, 422),
            (r#"{"rating":5,"comment":"a\u0000b"}"#, 422),
            // Whoever calls is staff, and the request a visitor's.
            (r#"{"rating":5}"#, 403),
        ],
    ),
    write(
        "POST /api/v1/public/support-requests/{number}/follow-up",
        Needs::Somebody,
        "{}",
        &[
            (r#"{"subject":"ab"}"#, 422),
            (r#"{"subject":5}"#, 422),
            (r#"{"content":"a\u0000b"}"#, 422),
            // The request is not closed.
            ("{}", 409),
        ],
    ),
    read("GET /api/v1/public/availability", Needs::Nobody),
    read("GET /api/v1/audit-log", Needs::Admin),
    read("GET /api/v1/customers", Needs::Staff),
    read("GET /api/v1/customers/{id}", Needs::Staff),
    read("GET /api/v1/privacy/export", Needs::Somebody),
    write(
        "POST /api/v1/privacy/erase",
        Needs::Somebody,
        "{}",
        &[
            (r#"{"user_id":5}"#, 422),
            (r#"{"user_id":"nobody"}"#, 422),
            (r#"{"email":"not an address"}"#, 422),
            (r#"{"email":["agent@demo.test"]}"#, 422),
            // Whoever calls is an agent.
            (r#"{"email":"customer@demo.test"}"#, 403),
        ],
    ),
    read("GET /.well-known/jwks.json", Needs::Nobody),
    read("GET /health", Needs::Nobody),
    read("GET /health/live", Needs::Nobody),
    read("GET /health/ready", Needs::Nobody),
    read("GET /status", Needs::Nobody),
];

#[test]
fn every_operation_of_the_document_has_a_row() {
    let text = std::fs::read_to_string(xtask::tree::root().join("api-spec/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| !["parameters", "summary", "description"].contains(&key.as_str()))
        {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.operation.to_owned()).collect();
    let without: Vec<_> = documented.difference(&rows).collect();
    let unknown: Vec<_> = rows.difference(&documented).collect();
    assert!(without.is_empty() && unknown.is_empty(), "without a row: {without:?}; rows of nothing: {unknown:?}");
}

over_both_stores!(
    every_operation_refuses_bad_input_and_stores_nothing,
    every_operation_hides_what_is_another_s,
    fields_that_are_the_server_s_own_are_not_taken,
    bad_pages_are_refused,
);

/// A server with somebody of every kind and something to attack.
struct Scene {
    server: Server,
    admin: Person,
    agent: Person,
    customer: Person,
    visitor: Visitor,
    message: String,
    /// A file of a message of the visitor.
    file: String,
    /// A session of the agent.
    session: String,
    rule: String,
    /// A note, a canned reply and a saved view of the agent.
    note: String,
    reply: String,
    view: String,
}

/// A category that no other organisation has.
const CATEGORY_OF_OURS: &str = "ours";

impl Scene {
    async fn over(store: Store) -> Self {
        let server = Server::over(store).await;
        let visitor = server.visitor("Ana", Some("Bonjour")).await;
        let message = visitor.rest.all_messages(&visitor.conversation).await[0]["id"].as_str().unwrap().to_owned();
        let photo = Form::default().text("client_message_id", "photo").file("photo.png", PIXEL);
        let photo = visitor.rest.upload(&visitor.conversation, "?send=true", photo).await.expect(201);
        let file = photo["items"][0]["id"].as_str().unwrap().to_owned();
        let (admin, agent) = (server.sign_in("admin").await, server.sign_in("agent").await);
        let customer = server.sign_in("customer").await;
        let sessions = agent.rest.get("/auth/sessions").await.expect(200);
        let sessions = sessions.get("items").unwrap_or(&sessions).clone();
        let session = sessions[0]["id"].as_str().unwrap().to_owned();
        let rule = json!({ "name": "Calme", "then": { "priority": "low" }, "enabled": false });
        let rule = admin.rest.post("/routing-rules", &rule).await.expect(201)["id"].as_str().unwrap().to_owned();
        let made = |answer: Answer| answer.expect(201)["id"].as_str().unwrap().to_owned();
        let notes = format!("/support-requests/{}/notes", visitor.support_request);
        let note = made(agent.rest.post(&notes, &json!({"content": "Pour nous"})).await);
        let reply = json!({"title": "Merci", "shortcut": "merci", "content": "Merci {{customer.name}}"});
        let reply = made(agent.rest.post("/canned-replies", &reply).await);
        let view = made(agent.rest.post("/saved-views", &json!({"name": "À moi"})).await);
        let category = json!({"id": CATEGORY_OF_OURS, "names": {"fr": "À nous", "en": "Ours"}});
        made(admin.rest.post("/categories", &category).await);
        Self { server, admin, agent, customer, visitor, message, file, session, rule, note, reply, view }
    }

    /// Somebody who may call this.
    fn allowed(&self, needs: Needs) -> Rest {
        match needs {
            Needs::Nobody => self.server.rest(),
            Needs::Somebody | Needs::Staff => self.agent.rest.clone(),
            Needs::Admin => self.admin.rest.clone(),
        }
    }

    /// The path of an operation on what exists.
    fn real(&self, row: &Row) -> String {
        let id = match row.path() {
            path if path.contains("/conversations/{id}") => &self.visitor.conversation,
            path if path.contains("/support-requests/{id}") => &self.visitor.support_request,
            path if path.contains("/attachments/{id}") || path.contains("/files/{id}") => &self.file,
            path if path.contains("/users/{id}") => &self.agent.id,
            path if path.contains("/customers/{id}") => &self.customer.id,
            path if path.contains("/sessions/{id}") => &self.session,
            path if path.contains("/routing-rules/{id}") => &self.rule,
            path if path.contains("/canned-replies/{id}") => &self.reply,
            path if path.contains("/saved-views/{id}") => &self.view,
            path if path.contains("/categories/{id}") => CATEGORY_OF_OURS,
            _ => "",
        };
        let inner = if row.path().contains("{note_id}") { &self.note } else { &self.message };
        fill(row.path(), id, &self.visitor.number, inner)
    }
}

impl Row {
    fn method(&self) -> Method {
        self.operation.split(' ').next().unwrap().parse().unwrap()
    }

    /// As [`Rest::request`] takes it.
    fn path(&self) -> &'static str {
        self.operation.split(' ').nth(1).unwrap()
    }

    fn has_place(&self) -> bool {
        self.path().contains('{')
    }

    async fn call(&self, rest: &Rest, path: &str, body: Option<&str>) -> Answer {
        let mut request = rest.request(self.method(), &format!("~{path}"));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let started = Instant::now();
        let answer = send(request).await;
        assert!(started.elapsed() < Duration::from_secs(2), "{} took {:?}", self.operation, started.elapsed());
        answer
    }
}

fn fill(path: &str, id: &str, number: &str, message: &str) -> String {
    path.replace("{id}", id).replace("{number}", number).replace("{message_id}", message).replace("{note_id}", message)
}

async fn every_operation_refuses_bad_input_and_stores_nothing(store: Store) {
    let scene = Scene::over(store).await;
    let before = snapshot(&scene.admin, &scene.visitor).await;
    for row in ROWS {
        refuses_strangers(&scene, row).await;
        refuses_bad_bodies(&scene, row).await;
        refuses_bad_keys(&scene, row).await;
        let after = snapshot(&scene.admin, &scene.visitor).await;
        assert_eq!(after, before, "{} left something behind", row.operation);
    }
}

/// No token, no token of ours, and a role that is too low.
async fn refuses_strangers(scene: &Scene, row: &Row) {
    if row.needs == Needs::Nobody {
        return;
    }
    let path = scene.real(row);
    let nobody = scene.server.rest();
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJyb2xlIjoiYWRtaW4ifQ.";
    let garbled = format!("{}x", scene.admin.rest.token());
    for rest in [nobody.clone(), nobody.with_token("x"), nobody.with_token(unsigned), nobody.with_token(&garbled)] {
        row.call(&rest, &path, row.good).await.problem(401);
    }
    if row.needs == Needs::Staff || row.needs == Needs::Admin {
        for low in [&scene.customer.rest, &scene.visitor.rest] {
            let answer = row.call(low, &path, row.good).await;
            assert!(matches!(answer.status, 403 | 404), "{}: {} {}", row.operation, answer.status, answer.text);
            answer.problem(answer.status);
        }
    }
    if row.needs == Needs::Admin {
        row.call(&scene.agent.rest, &path, row.good).await.problem(403);
    }
}

async fn refuses_bad_bodies(scene: &Scene, row: &Row) {
    let Some(good) = row.good else { return };
    let (rest, path) = (scene.allowed(row.needs), scene.real(row));
    let truncated = &good[..good.len() - 1];
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let twice = format!("{good}{good}");
    for unreadable in [truncated, "{", "nonsense", "\u{feff}{}", deep.as_str(), twice.as_str()] {
        let answer = row.call(&rest, &path, Some(unreadable)).await;
        assert!(matches!(answer.status, 400 | 422), "{}: {} for {:.40}", row.operation, answer.status, unreadable);
        answer.problem(answer.status);
    }
    row.call(&rest, &path, Some("[]")).await.problem(422);
    row.call(&rest, &path, Some(&format!("{{\"padding\":\"{}\"}}", "x".repeat(300_000)))).await.problem(413);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = rest.request(row.method(), &format!("~{path}")).header("content-type", kind);
        send(request.body(good.to_owned())).await.problem(415);
    }
    for (bad, status) in row.bad {
        let answer = row.call(&rest, &path, Some(bad)).await;
        assert_eq!(answer.status, *status, "{} with {bad}: {}", row.operation, answer.text);
        answer.problem(*status);
        if *status == 422 {
            let errors = answer.body["errors"].as_array().unwrap();
            let told = |error: &Value| ["field", "code", "message"].iter().all(|key| error[*key].is_string());
            assert!(!errors.is_empty() && errors.iter().all(told), "{} with {bad}: {}", row.operation, answer.text);
        }
    }
}

/// Whether the document says that the operation creates something, once for each key.
fn takes_a_key(row: &Row) -> bool {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        let text = std::fs::read_to_string(xtask::tree::root().join("api-spec/openapi.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    });
    let parameters = &DOCUMENT["paths"][row.path()][row.method().as_str().to_lowercase()]["parameters"];
    parameters.as_array().is_some_and(|all| all.iter().any(|parameter| parameter["name"] == "Idempotency-Key"))
}

/// Keys that are none, with a body that would do.
async fn refuses_bad_keys(scene: &Scene, row: &Row) {
    if !takes_a_key(row) {
        return;
    }
    let (rest, path) = (scene.allowed(row.needs), scene.real(row));
    let long = "x".repeat(256);
    let mut bad: Vec<&[u8]> = vec![b"", b" ", b"two words", b"a\tb", "clé".as_bytes(), b"\xff\xfe", long.as_bytes()];
    if row.needs == Needs::Nobody {
        bad.push(b"easily-guessed");
    }
    for key in bad {
        let request = rest.request(row.method(), &format!("~{path}")).header("content-type", "application/json");
        let request = request.header("Idempotency-Key", HeaderValue::from_bytes(key).unwrap());
        let answer = send(request.body(row.good.unwrap_or_default())).await;
        assert_eq!(answer.problem(400), "idempotency_key_invalid", "{} with {key:?}", row.operation);
    }
}

/// Another organisation's id, an id of nothing and no id at all look the same.
async fn every_operation_hides_what_is_another_s(store: Store) {
    let scene = Scene::over(store).await;
    let foreigner = scene.server.foreigner("admin").await;
    let other = scene.server.visitor("Bob", None).await;
    let before = snapshot(&scene.admin, &scene.visitor).await;
    for row in ROWS.iter().filter(|row| row.has_place()) {
        let nothing = Uuid::now_v7().to_string();
        let unknown = fill(row.path(), &nothing, "TICKET-20200101-999", &nothing);
        let mut outsiders = vec![&foreigner.rest];
        if row.needs == Needs::Somebody {
            outsiders.extend([&other.rest, &scene.customer.rest]);
        }
        for rest in outsiders {
            let absent = row.call(rest, &unknown, row.good).await;
            let another = row.call(rest, &scene.real(row), row.good).await;
            // 403 is for whom no such call is open at all, whatever it names.
            assert!(matches!(absent.status, 403 | 404), "{}: {}", row.operation, absent.text);
            let seen = (another.status, another.problem(another.status));
            let expected = (absent.status, absent.problem(absent.status));
            assert_eq!(seen, expected, "{} tells what exists", row.operation);
            assert_eq!(without_id(&another), without_id(&absent), "{}", row.operation);
        }
        for wrong in ["not-an-id", "%00", "..%2f..%2fetc", "'%20or%201=1", &"9".repeat(2_000)] {
            let path = fill(row.path(), wrong, wrong, wrong);
            let answer = row.call(&scene.allowed(row.needs), &path, row.good).await;
            assert!(matches!(answer.status, 400 | 404 | 414 | 422), "{}: {}", row.operation, answer.status);
        }
    }
    assert_eq!(snapshot(&scene.admin, &scene.visitor).await, before);
}

fn without_id(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    body
}

async fn fields_that_are_the_server_s_own_are_not_taken(store: Store) {
    let scene = Scene::over(store).await;
    let forged = json!({
        "client_message_id": "forged", "content": "Bonjour", "seq": 999, "entry_seq": 999, "id": Uuid::now_v7(),
        "sender": { "id": scene.agent.id, "type": "agent", "name": "Camille" }, "sender_id": scene.agent.id,
        "created_at": "2001-01-01T00:00:00Z", "type": "system", "organization_id": Uuid::now_v7(), "status": "read",
    });
    let path = format!("/conversations/{}/messages", scene.visitor.conversation);
    let answer = scene.visitor.rest.post(&path, &forged).await;
    if answer.status != 422 {
        let message = answer.expect(201)["message"].clone();
        assert_eq!((&message["seq"], &message["type"]), (&json!(3), &json!("text")));
        assert_eq!(
            (&message["sender"]["id"], &message["sender"]["type"]),
            (&json!(scene.visitor.id), &json!("customer"))
        );
        assert!(!message["created_at"].as_str().unwrap().starts_with("2001"));
    }
    let forged = json!({
        "subject": "Un sujet", "description": "Assez long pour aller.", "status": "closed", "number": "TICKET-1",
        "version": 99, "id": Uuid::now_v7(), "assignee": { "id": scene.agent.id }, "assignee_id": scene.agent.id,
        "created_at": "2001-01-01T00:00:00Z",
    });
    let answer = scene.customer.rest.post("/support-requests", &forged).await;
    if answer.status != 422 {
        let request = answer.expect(201);
        assert_eq!(
            (&request["status"], &request["version"], &request["assignee"]),
            (&json!("open"), &json!(1), &Value::Null)
        );
        assert_ne!(request["number"], "TICKET-1");
    }
}

async fn bad_pages_are_refused(store: Store) {
    let scene = Scene::over(store).await;
    for query in [
        "page=0",
        "page=-1",
        "page=x",
        "limit=0",
        "limit=-1",
        "limit=101",
        "limit=x",
        "order=sideways",
        "sort=id;--",
        "status=gone",
        "snoozed=perhaps",
        "archived=1",
        "deleted=yes",
        "assignee=somebody",
        "changed_since=yesterday",
        "page=99999999999999999999",
    ] {
        let answer = scene.agent.rest.get(&format!("/support-requests?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
        answer.problem(422);
    }
    let messages = format!("/conversations/{}/messages", scene.visitor.conversation);
    for query in ["after_seq=-1", "after_seq=x", "before_seq=-1", "limit=0", "limit=201", "wait_s=26", "wait_s=-1"] {
        let answer = scene.visitor.rest.get(&format!("{messages}?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
        answer.problem(422);
    }
    for (method, path) in
        [(Method::DELETE, "~/health"), (Method::PUT, "/support-requests"), (Method::GET, "/auth/login")]
    {
        let answer = send(scene.agent.rest.request(method.clone(), path)).await;
        assert!(matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.status);
        answer.problem(answer.status);
    }
    scene.agent.rest.get("/no-such-thing").await.problem(404);
}
