//! The mails of a demonstration, which go nowhere else.

use actix_web::{HttpResponse, get, http::header, web::Data};
use async_trait::async_trait;
use kernel::{LetterId, PortError, Timestamp};
use uuid::Uuid;

use crate::{Api, answer::Answer, extract::Id, failure::Failure};

/// Where the mails of a demonstration are kept.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// The newest, newest first.
    async fn list(&self) -> Result<Vec<Mail>, PortError>;
    /// One of them.
    async fn mail(&self, id: Uuid) -> Result<Option<Mail>, PortError>;
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The letter's id.
    pub id: Uuid,
    /// Whom it is to.
    pub to: String,
    /// What it says it is about.
    pub subject: String,
    /// When it was written.
    pub at: Timestamp,
    /// The plain text.
    pub text: String,
}

/// Nothing runs and nothing is loaded: what a mail says is text.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[get("/dev/mailbox")]
pub(crate) async fn list(api: Data<Api>) -> Answer {
    let mailbox = api.mailbox.as_ref().ok_or_else(Failure::not_found)?;
    let mails = mailbox.list().await.map_err(unreadable)?;
    let row = |Mail { id, to, subject, at, .. }: &Mail| {
        format!("<li><a href=\"/dev/mailbox/{id}\">{}</a><br>{}, {at}</li>\n", escape(subject), escape(to))
    };
    let rows: String = mails.iter().map(row).collect();
    let empty = if mails.is_empty() { "<p>Aucun message pour le moment. No mail yet.</p>\n" } else { "" };
    Ok(page("Messages", &format!("<h1>Messages</h1>\n{empty}<ol reversed>\n{rows}</ol>\n")))
}

#[get("/dev/mailbox/{id}")]
pub(crate) async fn one(api: Data<Api>, Id(id): Id<LetterId>) -> Answer {
    let mailbox = api.mailbox.as_ref().ok_or_else(Failure::not_found)?;
    let mail = mailbox.mail(id.uuid()).await.map_err(unreadable)?.ok_or_else(Failure::not_found)?;
    let (to, subject, at) = (escape(&mail.to), escape(&mail.subject), mail.at);
    let text: String = mail.text.lines().map(|line| linked(line, &api.settings.public_origin) + "\n").collect();
    let body = format!(
        "<p><a href=\"/dev/mailbox\">Messages</a></p>\n<h1>{subject}</h1>\n<p>{to}, {at}</p>\n<pre>{text}</pre>\n"
    );
    Ok(page(&subject, &body))
}

/// A line that is an address of ours can be followed.
fn linked(line: &str, origin: &str) -> String {
    let escaped = escape(line.trim_end());
    let is_ours = line.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/'));
    if is_ours && !line.contains(' ') { format!("<a href=\"{escaped}\">{escaped}</a>") } else { escaped }
}

fn page(title: &str, body: &str) -> HttpResponse {
    let html = format!(
        "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n</head>\n<body>\n{body}\
         </body>\n</html>\n"
    );
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_SECURITY_POLICY, POLICY)).insert_header((header::CACHE_CONTROL, "no-store"));
    answer.content_type("text/html; charset=utf-8").body(html)
}

fn unreadable(error: PortError) -> Failure {
    Failure::from(identity::IdentityError::from(error))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
