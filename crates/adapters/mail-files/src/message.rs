//! A letter as a mail (RFC 5322).

use std::time::{Duration, SystemTime};

use identity::{LetterContent, OpenLetter};
use kernel::PortError;
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use url::{Host, Url};

use crate::template::{self, Written};

/// Makes the bytes of a mail. The same letter makes the same mail, but for the boundary between its parts.
pub(crate) fn build(letter: &OpenLetter, base: &Url) -> Result<Vec<u8>, PortError> {
    let link = link(&letter.content, base)?;
    let Written { subject, text, html } =
        template::write(&letter.content, letter.language, &letter.organization, link.as_str());
    let host = host(base);
    let from = Address::new("no-reply", &host).map_err(PortError::corrupt)?;
    let to: Address = letter.to.as_str().parse().map_err(PortError::corrupt)?;
    let written = SystemTime::UNIX_EPOCH + Duration::from_micros(letter.created_at.as_micros().max(0).unsigned_abs());
    // RFC 3834: nothing answers by itself to what was written by itself.
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let message = Message::builder()
        .message_id(Some(format!("<{}@{host}>", letter.id)))
        .date(written)
        .from(Mailbox::new(Some(one_line(&letter.organization)), from))
        .to(Mailbox::new(None, to))
        .subject(subject)
        .raw_header(automatic)
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(PortError::corrupt)?;
    Ok(message.formatted())
}

/// Where the letter's link leads. A token stands behind `#`, which browsers send to no server.
fn link(content: &LetterContent, base: &Url) -> Result<Url, PortError> {
    let (path, token) = match content {
        LetterContent::AccessLink { number, token, .. } => (format!("r/{number}"), Some(token)),
        LetterContent::EmailVerification { token, .. } => ("account/verify".to_owned(), Some(token)),
        LetterContent::AlreadyRegistered { .. } => ("account/forgotten".to_owned(), None),
        LetterContent::PasswordReset { token, .. } => ("account/reset".to_owned(), Some(token)),
        LetterContent::Invitation { token, .. } => ("account/invitation".to_owned(), Some(token)),
    };
    let mut link = base.join(&path).map_err(PortError::corrupt)?;
    link.set_fragment(token.map(String::as_str));
    Ok(link)
}

/// The host that mails come from. An address in numbers is no domain of a mail: mails from there stay on this machine.
fn host(base: &Url) -> String {
    match base.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => "localhost".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
