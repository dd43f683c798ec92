//! Editing and deleting messages.

use kernel::{Caller, ConnectionId, ConversationId, MessageId, Role};

use super::{Chat, author};
use crate::{ChatError, Content, Revise, Revised, Revision};

impl Chat {
    /// Gives a message another content: its author within 24 hours, or an admin within the same time. The
    /// content that it has already is answered with `duplicate`. Costs as much of the budget as a send.
    ///
    /// # Errors
    /// As [`Self::send`]; [`ChatError::MessageNotFound`]; [`ChatError::NotAllowed`] for somebody else's;
    /// [`ChatError::MessageDeleted`]; [`ChatError::EditWindowOver`]. After a port error of kind `Unknown`,
    /// the same again resolves it.
    pub async fn edit(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        message: MessageId,
        content: Content,
        origin: Option<ConnectionId>,
    ) -> Result<Revised, ChatError> {
        let revise = Revise::Edit { content, within: Self::EDITABLE_FOR };
        self.revise(caller, conversation, message, revise, origin).await
    }

    /// Takes a message's content away, for its author or an admin, whatever became of the request; a
    /// tombstone stays. One that is deleted already is answered with `duplicate`. Costs as much of the
    /// budget as a send.
    ///
    /// # Errors
    /// As [`Self::edit`], without those that only an edit has.
    pub async fn delete(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        message: MessageId,
        origin: Option<ConnectionId>,
    ) -> Result<Revised, ChatError> {
        self.revise(caller, conversation, message, Revise::Delete, origin).await
    }

    async fn revise(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        message: MessageId,
        revise: Revise,
        origin: Option<ConnectionId>,
    ) -> Result<Revised, ChatError> {
        self.take_budget(caller).await?;
        let revision = Revision {
            organization: caller.organization(),
            conversation,
            author: author(caller),
            message,
            of_others: caller.user().is_some_and(|user| user.role == Role::Admin),
            revise,
            origin,
        };
        Ok(self.log.revise(revision).await?)
    }
}
