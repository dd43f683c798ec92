//! The words that an organisation sorts its requests by.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{AuditAction, AuditEntry, Caller, Env, FieldError, IdempotentCall, Once, OrganizationId, PortError, Role};

use crate::{AgentHelpError, Category, Stored, values::texts};

type Result<T> = std::result::Result<T, AgentHelpError>;

texts! {
    /// What people call a category, in one language: 1 to 60 characters.
    CategoryName("name", 1, 60, false),
}

impl Category {
    /// The category of a request that names none: always on the list, and active.
    pub const GENERAL: &'static str = "general";

    /// The word of a category on the list: 1 to 50 lower-case letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// `required`, `too_long` or `invalid` for the field `id`.
    pub fn parse_id(text: &str) -> std::result::Result<Self, FieldError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        let wrong = |code| Err(FieldError::new("id", code));
        match text.trim() {
            "" => wrong("required"),
            text if text.chars().count() > Self::MAX_CHARS => wrong("too_long"),
            text if text.chars().all(fits) => Ok(Self::stored(text.to_owned())),
            _ => wrong("invalid"),
        }
    }
}

/// A category of an organisation's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCategory {
    /// Its word, which requests carry.
    pub id: Category,
    /// What French-speaking people call it.
    pub name_fr: CategoryName,
    /// What English-speaking people call it.
    pub name_en: CategoryName,
    /// Its place on the list; equals go by their word.
    pub position: u32,
    /// Whether new requests may carry it.
    pub active: bool,
}

impl ListedCategory {
    /// The most categories of a list.
    pub const MOST: usize = 200;

    /// The list of an organisation that has never changed it.
    pub fn defaults() -> Vec<Self> {
        let words = [
            (Category::GENERAL, "Général", "General"),
            ("technical", "Technique", "Technical"),
            ("billing", "Facturation", "Billing"),
            ("delivery", "Livraison", "Delivery"),
            ("product", "Produit", "Product"),
            ("complaint", "Réclamation", "Complaint"),
            ("suggestion", "Suggestion", "Suggestion"),
        ];
        let one = |(position, (id, fr, en)): (u32, (&str, &str, &str))| Self {
            id: Category::stored(id.to_owned()),
            name_fr: CategoryName::stored(fr.to_owned()),
            name_en: CategoryName::stored(en.to_owned()),
            position,
            active: true,
        };
        (0..).zip(words).map(one).collect()
    }
}

/// Where the lists are kept. An organisation that has never changed its list has [`ListedCategory::defaults`]; the
/// first change MUST find those. Each change is stored with the entry of the audit log; what changes nothing has none.
#[async_trait]
pub trait CategoryStore: Send + Sync {
    /// The list, by position, then by word.
    async fn categories(&self, organization: OrganizationId) -> std::result::Result<Vec<ListedCategory>, PortError>;

    /// Adds a category; for a call with a name, once ([`kernel::IdempotentCalls`], with the organisation as the
    /// resource). MUST answer [`Stored::Taken`] when the list has the word.
    async fn insert_category(
        &self,
        organization: OrganizationId,
        category: &ListedCategory,
        call: Option<&IdempotentCall>,
        now: kernel::Timestamp,
        audit: &AuditEntry,
    ) -> std::result::Result<Stored, PortError>;

    /// Puts a category in the place of the one with its word; `false` when there is none.
    async fn update_category(
        &self,
        organization: OrganizationId,
        category: &ListedCategory,
        audit: &AuditEntry,
    ) -> std::result::Result<bool, PortError>;

    /// Takes a category off the list, unless a request carries it.
    async fn remove_category(
        &self,
        organization: OrganizationId,
        category: &Category,
        audit: &AuditEntry,
    ) -> std::result::Result<Removal, PortError>;
}

/// What became of a category that was to be taken off the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is off the list.
    Done,
    /// Requests carry it.
    InUse,
    /// The list has no such word.
    Missing,
}

/// What is to change of a category; what is not given stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CategoryChange {
    /// What French-speaking people call it.
    pub name_fr: Option<CategoryName>,
    /// What English-speaking people call it.
    pub name_en: Option<CategoryName>,
    /// Its place.
    pub position: Option<u32>,
    /// Whether new requests may carry it.
    pub active: Option<bool>,
}

/// The lists of categories. Requests keep the word they carry, whatever becomes of the list.
pub struct Categories {
    store: Arc<dyn CategoryStore>,
    env: Arc<dyn Env>,
}

impl Categories {
    /// Puts it together.
    pub fn new(store: Arc<dyn CategoryStore>, env: Arc<dyn Env>) -> Self {
        Self { store, env }
    }

    /// The list; for those who are not staff, what is active of it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<ListedCategory>> {
        let mut all = self.store.categories(caller.organization()).await?;
        all.retain(|one| one.active || caller.is_staff());
        Ok(all)
    }

    /// What is active of an organisation's list, for somebody who is not known.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn offered(&self, organization: OrganizationId) -> Result<Vec<ListedCategory>> {
        let mut all = self.store.categories(organization).await?;
        all.retain(|one| one.active);
        Ok(all)
    }

    /// Whether a new request may carry a word, for whoever has to know before they open one.
    ///
    /// # Errors
    /// `Invalid` when it may not.
    pub async fn check(&self, organization: OrganizationId, category: &Category) -> Result<()> {
        let all = self.offered(organization).await?;
        let is_known = all.iter().any(|one| one.id == *category);
        if is_known { Ok(()) } else { Err(FieldError::new("category", "unknown").into()) }
    }

    /// One category of the list.
    ///
    /// # Errors
    /// `CategoryNotFound`.
    pub async fn find(&self, caller: &Caller, id: &Category) -> Result<ListedCategory> {
        let all = self.list(caller).await?;
        all.into_iter().find(|one| one.id == *id).ok_or(AgentHelpError::CategoryNotFound)
    }

    /// Adds a category, once for each call that has a name; without a position, as the last one.
    ///
    /// # Errors
    /// `NotAllowed` but for administrators; `CategoryTaken`; `Invalid` when there are too many; `Key`.
    pub async fn add(
        &self,
        caller: &Caller,
        mut category: ListedCategory,
        position: Option<u32>,
        call: Option<&IdempotentCall>,
    ) -> Result<Once<ListedCategory>> {
        caller.at_least(Role::Admin)?;
        let organization = caller.organization();
        let all = self.store.categories(organization).await?;
        let last = all.iter().map(|one| one.position.saturating_add(1)).max().unwrap_or_default();
        category.position = position.unwrap_or(last);
        // A repeat finds the word taken, and is told as one before anything else.
        let is_known = all.iter().any(|one| one.id == category.id);
        if !is_known && all.len() >= ListedCategory::MOST {
            return Err(FieldError::new("id", "too_many").into());
        }
        let audit = self.audit(caller, "category.added", &category.id);
        match self.store.insert_category(organization, &category, call, self.env.now(), &audit).await? {
            Stored::Done => Ok(Once::Done(category)),
            Stored::Taken => Err(AgentHelpError::CategoryTaken),
            Stored::Before(claim) => AgentHelpError::repeat(claim),
        }
    }

    /// Changes a category.
    ///
    /// # Errors
    /// `NotAllowed` but for administrators; `CategoryNotFound`; `Invalid` for the general one when it is to be
    /// inactive.
    pub async fn change(&self, caller: &Caller, id: &Category, change: CategoryChange) -> Result<ListedCategory> {
        caller.at_least(Role::Admin)?;
        let mut one = self.find(caller, id).await?;
        one.name_fr = change.name_fr.unwrap_or(one.name_fr);
        one.name_en = change.name_en.unwrap_or(one.name_en);
        one.position = change.position.unwrap_or(one.position);
        one.active = change.active.unwrap_or(one.active);
        if !one.active && one.id.as_str() == Category::GENERAL {
            return Err(FieldError::new("active", "invalid").into());
        }
        let audit = self.audit(caller, "category.changed", id);
        if self.store.update_category(caller.organization(), &one, &audit).await? {
            Ok(one)
        } else {
            Err(AgentHelpError::CategoryNotFound)
        }
    }

    /// Takes a category off the list. A request that is opened with it at the same moment may still carry it.
    ///
    /// # Errors
    /// `NotAllowed` but for administrators; `CategoryNotFound`; `CategoryInUse` when requests carry it, and for the
    /// general one.
    pub async fn remove(&self, caller: &Caller, id: &Category) -> Result<()> {
        caller.at_least(Role::Admin)?;
        if id.as_str() == Category::GENERAL {
            return Err(AgentHelpError::CategoryInUse);
        }
        let audit = self.audit(caller, "category.removed", id);
        match self.store.remove_category(caller.organization(), id, &audit).await? {
            Removal::Done => Ok(()),
            Removal::InUse => Err(AgentHelpError::CategoryInUse),
            Removal::Missing => Err(AgentHelpError::CategoryNotFound),
        }
    }

    fn audit(&self, caller: &Caller, action: AuditAction, category: &Category) -> AuditEntry {
        let entry = AuditEntry::by(caller, action, &*self.env).on("organization", caller.organization().uuid());
        entry.with("category", category.as_str())
    }
}
