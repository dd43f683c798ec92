//! What an erasure asks of the other domains.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use chat::{Author, ChatError, ConversationLog, Revise, Revision, Right, SenderKind, Uploads};
use identity::{Identity, IdentityError};
use kernel::{ConversationId, MessageId, OrganizationId, ParticipantId, PortError, SupportRequestId};
use mail_files::MailFiles;
use privacy::{Accounts, FilesLeft, Live, MailsLeft, Messages};
use support_request::{Desk, SupportRequestError};
use tokio::task::JoinSet;

/// So many deletions are on their way at a time: the log takes them together.
const AT_A_TIME: usize = 64;

/// Accounts and tokens.
pub(crate) struct Closing(pub(crate) Arc<Identity>);

#[async_trait]
impl Accounts for Closing {
    async fn close(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        support_request: Option<SupportRequestId>,
    ) -> Result<privacy::Closing, PortError> {
        match self.0.close(organization, person, support_request).await {
            Ok(()) => Ok(privacy::Closing::Closed),
            Err(IdentityError::LastAdmin) => Ok(privacy::Closing::LastAdmin),
            Err(IdentityError::Port(error)) => Err(error),
            Err(error) => Err(PortError::corrupt(error)),
        }
    }
}

/// Messages, deleted by Guichet itself.
pub(crate) struct Deleting {
    pub(crate) log: Arc<dyn ConversationLog>,
}

#[async_trait]
impl Messages for Deleting {
    async fn delete(
        &self,
        organization: OrganizationId,
        messages: Vec<(ConversationId, MessageId)>,
    ) -> Result<(), PortError> {
        let mut under_way = JoinSet::new();
        for (conversation, message) in messages {
            if under_way.len() >= AT_A_TIME
                && let Some(done) = under_way.join_next().await
            {
                done.map_err(PortError::corrupt)??;
            }
            let revision = Revision {
                organization,
                conversation,
                author: Author {
                    id: ParticipantId::new(organization.uuid()),
                    kind: SenderKind::System,
                    name: "Guichet".to_owned(),
                    right: Right::Always,
                },
                message,
                of_others: true,
                revise: Revise::Delete,
                origin: None,
            };
            let log = Arc::clone(&self.log);
            under_way.spawn(async move { log.revise(revision).await.map(drop).or_else(gone) });
        }
        while let Some(done) = under_way.join_next().await {
            done.map_err(PortError::corrupt)??;
        }
        Ok(())
    }
}

/// What is not there need not be deleted.
fn gone(error: chat::AppendError) -> Result<(), PortError> {
    match ChatError::from(error) {
        ChatError::ConversationNotFound | ChatError::MessageNotFound => Ok(()),
        ChatError::Port(error) => Err(error),
        error => Err(PortError::corrupt(error)),
    }
}

/// The bytes of files.
pub(crate) struct Removing(pub(crate) Arc<Uploads>);

#[async_trait]
impl FilesLeft for Removing {
    async fn remove_deleted(&self) -> Result<(), PortError> {
        match self.0.remove_deleted().await {
            Ok(_) => Ok(()),
            Err(ChatError::Port(error)) => Err(error),
            Err(error) => Err(PortError::corrupt(error)),
        }
    }
}

/// The mails in the folder of this node.
pub(crate) struct Unsending(pub(crate) PathBuf);

#[async_trait]
impl MailsLeft for Unsending {
    async fn remove(&self, addresses: &[String]) -> Result<(), PortError> {
        MailFiles::remove_to(&self.0, addresses).await.map(drop)
    }
}

/// Those who look at requests.
pub(crate) struct Telling(pub(crate) Arc<Desk>);

#[async_trait]
impl Live for Telling {
    async fn erased(&self, organization: OrganizationId, requests: &[SupportRequestId]) {
        if let Err(error) = self.0.tell_erased(organization, requests).await {
            let error: SupportRequestError = error;
            tracing::warn!(%error, "those who look at erased requests were not told");
        }
    }
}
