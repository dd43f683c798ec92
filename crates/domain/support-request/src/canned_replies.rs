//! Canned replies: what agents write often, with places for what differs.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    Caller, CannedReplyId, Env, FieldError, IdempotentCall, Language, Once, OrganizationId, PortError, Timestamp,
    UserId,
};

use crate::{
    AgentHelpError, Category, CategoryStore, Stored,
    agent_helps::may_change,
    values::{text, texts},
};

type Result<T> = std::result::Result<T, AgentHelpError>;

texts! {
    /// What a canned reply is called: 1 to 100 characters.
    ReplyTitle("title", 1, 100, false),
}

/// What a canned reply is found by while writing: 1 to 30 letters, digits, `-` and `_`, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcut(String);

impl Shortcut {
    /// Parses what somebody wrote; a slash before it is dropped.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid` for the field `shortcut`.
    pub fn parse(input: &str) -> std::result::Result<Self, FieldError> {
        let input = input.trim();
        let word = text("shortcut", input.strip_prefix('/').unwrap_or(input), 1, 30, false)?.to_lowercase();
        if word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
            return Ok(Self(word));
        }
        Err(FieldError::new("shortcut", "invalid"))
    }

    /// As stored.
    pub fn stored(word: String) -> Self {
        Self(word)
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a canned reply says: 1 to 10 000 characters, with placeholders in two braces that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyContent(String);

impl ReplyContent {
    /// What a placeholder may name. Whoever writes the answer sees it filled in before it is sent.
    pub const PLACEHOLDERS: [&'static str; 6] = [
        "customer.name",
        "customer.first_name",
        "agent.name",
        "request.number",
        "request.subject",
        "organization.name",
    ];

    /// Parses what somebody wrote.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid` for the field `content`; `unknown` for a placeholder that nobody fills in.
    pub fn parse(input: &str) -> std::result::Result<Self, FieldError> {
        let content = text("content", input, 1, 10_000, true)?;
        let mut rest = content.as_str();
        while let Some((_, after)) = rest.split_once("{{") {
            // Open to the end, it would be sent to a customer as it stands.
            let (name, after) = after.split_once("}}").ok_or_else(|| FieldError::new("content", "invalid"))?;
            if !Self::PLACEHOLDERS.contains(&name.trim()) {
                return Err(FieldError::new("content", "unknown"));
            }
            rest = after;
        }
        Ok(Self(content))
    }

    /// As stored.
    pub fn stored(content: String) -> Self {
        Self(content)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an agent says of a canned reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyDraft {
    /// What it is called.
    pub title: ReplyTitle,
    /// What it is found by.
    pub shortcut: Shortcut,
    /// What it says.
    pub content: ReplyContent,
    /// The language it is written in, where that matters.
    pub language: Option<Language>,
    /// The category it is for, where it is for one.
    pub category: Option<Category>,
    /// Whether it is there for all agents.
    pub shared: bool,
}

/// A canned reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannedReply {
    /// Its id.
    pub id: CannedReplyId,
    /// Who made it.
    pub owner: UserId,
    /// What it is.
    pub draft: ReplyDraft,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl CannedReply {
    /// The most that an agent has in sight.
    pub const MOST: usize = 1_000;

    fn says(&self, wanted: &str) -> bool {
        let draft = &self.draft;
        [draft.title.as_str(), draft.shortcut.as_str(), draft.content.as_str()]
            .iter()
            .any(|text| text.to_lowercase().contains(wanted))
    }
}

/// What is to change of a canned reply; what is not given stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplyChange {
    /// What it is called.
    pub title: Option<ReplyTitle>,
    /// What it is found by.
    pub shortcut: Option<Shortcut>,
    /// What it says.
    pub content: Option<ReplyContent>,
    /// Its language, or none.
    pub language: Option<Option<Language>>,
    /// Its category, or none.
    pub category: Option<Option<Category>>,
    /// Whether it is there for all agents.
    pub shared: Option<bool>,
}

/// Where canned replies are kept. Of one agent's own replies, and of the shared ones, no two MUST have one shortcut.
#[async_trait]
pub trait CannedReplyStore: Send + Sync {
    /// The shared ones and the agent's own, by shortcut, then by id.
    async fn canned_replies(
        &self,
        organization: OrganizationId,
        agent: UserId,
    ) -> std::result::Result<Vec<CannedReply>, PortError>;

    /// Adds one; for a call with a name, once ([`kernel::IdempotentCalls`]). MUST answer [`Stored::Taken`] when
    /// another has the shortcut.
    async fn insert_canned_reply(
        &self,
        organization: OrganizationId,
        reply: &CannedReply,
        call: Option<&IdempotentCall>,
    ) -> std::result::Result<Stored, PortError>;

    /// Puts one in the place of the one with its id, if that is there. MUST answer [`Stored::Taken`], and change
    /// nothing, when another has the shortcut.
    async fn update_canned_reply(
        &self,
        organization: OrganizationId,
        reply: &CannedReply,
    ) -> std::result::Result<Stored, PortError>;

    /// Removes one, if it is there.
    async fn remove_canned_reply(
        &self,
        organization: OrganizationId,
        id: CannedReplyId,
    ) -> std::result::Result<(), PortError>;
}

/// The canned replies of organisations and their agents.
pub struct CannedReplies {
    store: Arc<dyn CannedReplyStore>,
    categories: Arc<dyn CategoryStore>,
    env: Arc<dyn Env>,
}

impl CannedReplies {
    /// Puts it together.
    pub fn new(store: Arc<dyn CannedReplyStore>, categories: Arc<dyn CategoryStore>, env: Arc<dyn Env>) -> Self {
        Self { store, categories, env }
    }

    /// The shared ones and the caller's own, by shortcut: those that say `wanted` somewhere, whatever the case, and,
    /// with a category, those that are for it or for any.
    ///
    /// # Errors
    /// `NotAllowed` but for staff.
    pub async fn list(
        &self,
        caller: &Caller,
        wanted: Option<&str>,
        category: Option<&Category>,
    ) -> Result<Vec<CannedReply>> {
        let agent = caller.agent()?;
        let mut all = self.store.canned_replies(agent.organization(), agent.id()).await?;
        if let Some(wanted) = wanted.map(|wanted| wanted.trim().to_lowercase()) {
            all.retain(|reply| reply.says(&wanted));
        }
        if let Some(category) = category {
            all.retain(|reply| reply.draft.category.as_ref().is_none_or(|one| one == category));
        }
        Ok(all)
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotAllowed` but for staff; `CannedReplyNotFound`, also for somebody else's own.
    pub async fn find(&self, caller: &Caller, id: CannedReplyId) -> Result<CannedReply> {
        let all = self.list(caller, None, None).await?;
        all.into_iter().find(|reply| reply.id == id).ok_or(AgentHelpError::CannedReplyNotFound)
    }

    /// Adds one, once for each call that has a name.
    ///
    /// # Errors
    /// `NotAllowed` but for staff, and but for supervisors when it is shared; `ShortcutTaken`; `Invalid` for a
    /// category that is not on the list, and when there are too many; `Key`.
    pub async fn add(
        &self,
        caller: &Caller,
        draft: ReplyDraft,
        call: Option<&IdempotentCall>,
    ) -> Result<Once<CannedReply>> {
        let agent = caller.agent()?;
        may_change(caller, agent.id(), draft.shared)?;
        self.check_category(caller, draft.category.as_ref()).await?;
        if self.list(caller, None, None).await?.len() >= CannedReply::MOST {
            return Err(FieldError::new("title", "too_many").into());
        }
        let now = self.env.now();
        let id = CannedReplyId::new(self.env.uuid());
        let reply = CannedReply { id, owner: agent.id(), draft, created_at: now, updated_at: now };
        match self.store.insert_canned_reply(agent.organization(), &reply, call).await? {
            Stored::Done => Ok(Once::Done(reply)),
            Stored::Taken => Err(AgentHelpError::ShortcutTaken),
            Stored::Before(claim) => AgentHelpError::repeat(claim),
        }
    }

    /// Changes one: one's own, or, for supervisors, a shared one. One that is no longer shared is its maker's own.
    ///
    /// # Errors
    /// As [`Self::add`]; `CannedReplyNotFound`.
    pub async fn change(&self, caller: &Caller, id: CannedReplyId, change: ReplyChange) -> Result<CannedReply> {
        let mut reply = self.find(caller, id).await?;
        may_change(caller, reply.owner, reply.draft.shared)?;
        let draft = &mut reply.draft;
        if change.shared == Some(true) {
            may_change(caller, reply.owner, true)?;
        }
        draft.shared = change.shared.unwrap_or(draft.shared);
        if let Some(title) = change.title {
            draft.title = title;
        }
        if let Some(shortcut) = change.shortcut {
            draft.shortcut = shortcut;
        }
        if let Some(content) = change.content {
            draft.content = content;
        }
        draft.language = change.language.unwrap_or(draft.language);
        if let Some(category) = change.category {
            self.check_category(caller, category.as_ref()).await?;
            draft.category = category;
        }
        reply.updated_at = self.env.now();
        match self.store.update_canned_reply(caller.organization(), &reply).await? {
            Stored::Taken => Err(AgentHelpError::ShortcutTaken),
            Stored::Done | Stored::Before(_) => Ok(reply),
        }
    }

    /// Removes one: one's own, or, for supervisors, a shared one.
    ///
    /// # Errors
    /// `NotAllowed`; `CannedReplyNotFound`.
    pub async fn remove(&self, caller: &Caller, id: CannedReplyId) -> Result<()> {
        let reply = self.find(caller, id).await?;
        may_change(caller, reply.owner, reply.draft.shared)?;
        Ok(self.store.remove_canned_reply(caller.organization(), id).await?)
    }

    async fn check_category(&self, caller: &Caller, category: Option<&Category>) -> Result<()> {
        let Some(category) = category else { return Ok(()) };
        let all = self.categories.categories(caller.organization()).await?;
        let is_known = all.iter().any(|one| one.id == *category);
        if is_known { Ok(()) } else { Err(FieldError::new("category", "unknown").into()) }
    }
}
