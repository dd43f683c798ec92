//! What calls that open a request have in common.

use chat::{ClientMessageId, Content, ContentHash};
use kernel::{Caller, FieldError, IdempotentCall, Once, SupportRequestId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support_request::{
    Category, Description, FirstMessage, Kind, Metadata, OpenRequest, Opened, Priority, References, Requester, Source,
    Subject, SupportRequestError, Tags,
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Api, checks::Checks, failure::Failure};

/// The category of what names none.
const GENERAL: &str = "general";

/// Other systems' ids that a request is about, each up to 100 characters.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "these are the names on the wire")]
pub(crate) struct Context {
    order_id: Option<String>,
    /// One request an appointment.
    appointment_id: Option<String>,
    warranty_id: Option<String>,
    claim_id: Option<String>,
}

/// What a request is about, as it comes in.
#[derive(Debug, Default)]
pub(crate) struct About {
    pub(crate) priority: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) context: Context,
}

/// The same, parsed.
#[derive(Debug)]
pub(crate) struct ParsedAbout {
    priority: Priority,
    category: Category,
    tags: Tags,
    metadata: Metadata,
    references: References,
}

impl About {
    /// Nothing after having noted what is wrong.
    pub(crate) fn parse(self, checks: &mut Checks) -> Option<ParsedAbout> {
        let priority = self.priority.map_or(Ok(Priority::Normal), |word| word.parse());
        let priority = checks.take(priority);
        let category = checks.take(Category::parse(self.category.as_deref().unwrap_or(GENERAL)));
        let tags = checks.take(Tags::parse(&self.tags));
        let metadata = checks.take(Metadata::parse(self.metadata));
        let Context { order_id, appointment_id, warranty_id, claim_id } = self.context;
        let references = checks.take(References::parse(order_id, appointment_id, warranty_id, claim_id));
        Some(ParsedAbout {
            priority: priority?,
            category: category?,
            tags: tags?,
            metadata: metadata?,
            references: references?,
        })
    }
}

/// A request's own texts, parsed.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) subject: Subject,
    pub(crate) description: Description,
    pub(crate) first: Option<FirstMessage>,
}

impl ParsedAbout {
    /// The request to open.
    pub(crate) fn order(
        self,
        id: Option<SupportRequestId>,
        requester: Requester,
        kind: Kind,
        source: Source,
        words: Words,
    ) -> OpenRequest {
        OpenRequest {
            id,
            requester,
            kind,
            source,
            subject: words.subject,
            description: words.description,
            priority: self.priority,
            category: self.category,
            tags: self.tags,
            metadata: self.metadata,
            references: self.references,
            first: words.first,
            agent: None,
        }
    }
}

/// Opens a request, once for each call that has a name.
pub(crate) async fn open(
    api: &Api,
    caller: &Caller,
    order: OpenRequest,
    call: Option<IdempotentCall>,
) -> Result<Once<Opened>, SupportRequestError> {
    match call {
        Some(call) => api.desk.open_once(caller, order, &call).await,
        None => api.desk.open(caller, order).await.map(Once::Done),
    }
}

/// The texts of a chat: a subject and, if the person has written already, the first message. A chat
/// has no description, its messages are.
pub(crate) fn chat_words(
    checks: &mut Checks,
    subject: &str,
    content: Option<String>,
    client_message_id: Option<String>,
) -> Option<Words> {
    let subject = checks.take(Subject::parse(subject));
    let description = checks.take(Description::parse(""));
    let first = checks.take(first_message(content, client_message_id));
    Some(Words { subject: subject?, description: description?, first: first? })
}

pub(crate) fn first_message(content: Option<String>, name: Option<String>) -> Result<Option<FirstMessage>, FieldError> {
    let Some(content) = content else { return Ok(None) };
    let content = Content::parse(content)?;
    let name = ClientMessageId::parse(name.unwrap_or_else(|| Uuid::now_v7().to_string()))?;
    Ok(Some(FirstMessage {
        client_message_id: name.as_str().to_owned(),
        content_hash: ContentHash::of(&content, None).as_i64(),
        content: content.into_string(),
    }))
}

/// The first line of what somebody wrote, as a subject; nothing when that is too short for one.
pub(crate) fn subject_from(content: &str) -> Option<String> {
    const MOST: usize = 80;
    let line = content.trim().lines().next().unwrap_or_default();
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    let line = line.trim();
    let cut = match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    };
    (cut.chars().count() >= 3).then_some(cut)
}

/// The refusal for what is wrong; there is always something when a part is missing.
pub(crate) fn refused(checks: Checks) -> Failure {
    checks.failure()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_becomes_the_subject() {
        assert_eq!(
            subject_from("  Bonjour, où est ma commande ?\nMerci"),
            Some("Bonjour, où est ma commande ?".into())
        );
        assert_eq!(subject_from("ok"), None);
        let long = subject_from(&"é".repeat(200)).unwrap();
        assert_eq!(long.chars().count(), 81);
        assert!(Subject::parse(&long).is_ok());
        assert_eq!(subject_from("a\u{7}bc"), Some("abc".into()));
    }
}
