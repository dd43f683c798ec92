//! Saved views: lists that agents look at again and again.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use kernel::{
    Caller, Env, FieldError, IdempotentCall, Once, OrganizationId, PortError, SavedViewId, Timestamp, UserId,
};

use crate::{AgentHelpError, Stored, agent_helps::may_change, values::texts};

type Result<T> = std::result::Result<T, AgentHelpError>;

texts! {
    /// What a saved view is called: 1 to 60 characters.
    ViewName("name", 1, 60, false),
}

/// What an agent says of a saved view. Its words are those that the list of requests takes, as they were written:
/// `me` stays whoever looks. Whoever saves one has read them as the list does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewDraft {
    /// What it is called.
    pub name: ViewName,
    /// The list's parameters by name.
    pub filter: BTreeMap<String, String>,
    /// What the list is sorted by; as usual when not given.
    pub sort: Option<String>,
    /// Which way; as usual when not given.
    pub order: Option<String>,
    /// Whether it is there for all agents.
    pub shared: bool,
    /// Its place among others; equals go by name.
    pub position: u32,
}

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: SavedViewId,
    /// Who made it.
    pub owner: UserId,
    /// What it is.
    pub draft: ViewDraft,
    /// When it was made.
    pub created_at: Timestamp,
}

impl SavedView {
    /// The most that an agent has in sight.
    pub const MOST: usize = 200;
}

/// What is to change of a saved view; what is not given stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewChange {
    /// What it is called.
    pub name: Option<ViewName>,
    /// The list's parameters, all of them.
    pub filter: Option<BTreeMap<String, String>>,
    /// What the list is sorted by, or as usual.
    pub sort: Option<Option<String>>,
    /// Which way, or as usual.
    pub order: Option<Option<String>>,
    /// Whether it is there for all agents.
    pub shared: Option<bool>,
    /// Its place.
    pub position: Option<u32>,
}

/// Where saved views are kept.
#[async_trait]
pub trait SavedViewStore: Send + Sync {
    /// The shared ones and the agent's own, by position, then by name, then by id.
    async fn saved_views(
        &self,
        organization: OrganizationId,
        agent: UserId,
    ) -> std::result::Result<Vec<SavedView>, PortError>;

    /// Adds one; for a call with a name, once ([`kernel::IdempotentCalls`]). Never [`Stored::Taken`].
    async fn insert_saved_view(
        &self,
        organization: OrganizationId,
        view: &SavedView,
        call: Option<&IdempotentCall>,
    ) -> std::result::Result<Stored, PortError>;

    /// Puts one in the place of the one with its id, if that is there.
    async fn update_saved_view(
        &self,
        organization: OrganizationId,
        view: &SavedView,
    ) -> std::result::Result<(), PortError>;

    /// Removes one, if it is there.
    async fn remove_saved_view(
        &self,
        organization: OrganizationId,
        id: SavedViewId,
    ) -> std::result::Result<(), PortError>;
}

/// The saved views of organisations and their agents.
pub struct SavedViews {
    store: Arc<dyn SavedViewStore>,
    env: Arc<dyn Env>,
}

impl SavedViews {
    /// Puts it together.
    pub fn new(store: Arc<dyn SavedViewStore>, env: Arc<dyn Env>) -> Self {
        Self { store, env }
    }

    /// The shared ones and the caller's own, by position.
    ///
    /// # Errors
    /// `NotAllowed` but for staff.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<SavedView>> {
        let agent = caller.agent()?;
        Ok(self.store.saved_views(agent.organization(), agent.id()).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotAllowed` but for staff; `SavedViewNotFound`, also for somebody else's own.
    pub async fn find(&self, caller: &Caller, id: SavedViewId) -> Result<SavedView> {
        let all = self.list(caller).await?;
        all.into_iter().find(|view| view.id == id).ok_or(AgentHelpError::SavedViewNotFound)
    }

    /// Adds one, once for each call that has a name; without a position, as the last one.
    ///
    /// # Errors
    /// `NotAllowed` but for staff, and but for supervisors when it is shared; `Invalid` when there are too many;
    /// `Key`.
    pub async fn add(
        &self,
        caller: &Caller,
        mut draft: ViewDraft,
        position: Option<u32>,
        call: Option<&IdempotentCall>,
    ) -> Result<Once<SavedView>> {
        let agent = caller.agent()?;
        may_change(caller, agent.id(), draft.shared)?;
        let all = self.list(caller).await?;
        if all.len() >= SavedView::MOST {
            return Err(FieldError::new("name", "too_many").into());
        }
        let last = all.iter().map(|view| view.draft.position.saturating_add(1)).max().unwrap_or_default();
        draft.position = position.unwrap_or(last);
        let id = SavedViewId::new(self.env.uuid());
        let view = SavedView { id, owner: agent.id(), draft, created_at: self.env.now() };
        match self.store.insert_saved_view(agent.organization(), &view, call).await? {
            Stored::Done | Stored::Taken => Ok(Once::Done(view)),
            Stored::Before(claim) => AgentHelpError::repeat(claim),
        }
    }

    /// Changes one: one's own, or, for supervisors, a shared one. One that is no longer shared is its maker's own.
    ///
    /// # Errors
    /// As [`Self::add`]; `SavedViewNotFound`.
    pub async fn change(&self, caller: &Caller, id: SavedViewId, change: ViewChange) -> Result<SavedView> {
        let mut view = self.find(caller, id).await?;
        may_change(caller, view.owner, view.draft.shared)?;
        if change.shared == Some(true) {
            may_change(caller, view.owner, true)?;
        }
        let draft = &mut view.draft;
        draft.shared = change.shared.unwrap_or(draft.shared);
        draft.position = change.position.unwrap_or(draft.position);
        if let Some(name) = change.name {
            draft.name = name;
        }
        if let Some(filter) = change.filter {
            draft.filter = filter;
        }
        if let Some(sort) = change.sort {
            draft.sort = sort;
        }
        if let Some(order) = change.order {
            draft.order = order;
        }
        self.store.update_saved_view(caller.organization(), &view).await?;
        Ok(view)
    }

    /// Removes one: one's own, or, for supervisors, a shared one.
    ///
    /// # Errors
    /// `NotAllowed`; `SavedViewNotFound`.
    pub async fn remove(&self, caller: &Caller, id: SavedViewId) -> Result<()> {
        let view = self.find(caller, id).await?;
        may_change(caller, view.owner, view.draft.shared)?;
        Ok(self.store.remove_saved_view(caller.organization(), id).await?)
    }
}
