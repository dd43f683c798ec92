//! Who may see which user.

use kernel::{Caller, NotAllowed, Page, PageRequest, Role, UserId};

use crate::{Identity, IdentityError, Standing, UserFilter, UserView};

/// The roles of the people who answer.
const STAFF: [Role; 3] = [Role::Agent, Role::Supervisor, Role::Admin];

impl Identity {
    /// A page of users. Staff may list staff, to assign requests; customers are listed here for
    /// administrators only.
    pub async fn list_users(
        &self,
        caller: &Caller,
        mut filter: UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserView>, IdentityError> {
        let agent = caller.agent()?;
        if agent.role() < Role::Admin {
            if filter.roles.is_empty() {
                filter.roles = STAFF.to_vec();
            } else if !filter.roles.iter().all(|role| role.is_staff()) {
                return Err(NotAllowed.into());
            }
        }
        Ok(self.parts.views.users(agent.organization(), &filter, page).await?)
    }

    /// What the caller said last about being asked; nothing of somebody who is not staff. For staff it takes a
    /// query.
    ///
    /// # Errors
    /// `UserNotFound`; a port error.
    pub async fn standing(&self, caller: &Caller) -> Result<Option<Standing>, IdentityError> {
        let Ok(agent) = caller.agent() else { return Ok(None) };
        let found = self.parts.views.user(agent.organization(), agent.id()).await?;
        Ok(Some(found.ok_or(IdentityError::UserNotFound)?.standing()))
    }

    /// One user: oneself; for staff, staff; for administrators, anybody of the organisation.
    pub async fn user(&self, caller: &Caller, id: UserId) -> Result<UserView, IdentityError> {
        let me = caller.user().ok_or(IdentityError::UserNotFound)?;
        let found = self.parts.views.user(me.organization, id).await?;
        let in_sight = |user: &UserView| {
            user.id == me.id || me.role == Role::Admin || (me.role.is_staff() && user.role.is_staff())
        };
        found.filter(in_sight).ok_or(IdentityError::UserNotFound)
    }
}
