//! What privacy needs from outside.

use async_trait::async_trait;
use kernel::{
    ConversationId, MessageId, OrganizationId, ParticipantId, PortError, SupportRequestId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::PersonalData;

/// How far an erasure, or an export, reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// All that a user or a guest has left in the organisation.
    Person(ParticipantId),
    /// What somebody has left in one request: all that a guest's token speaks for, because anybody can open a request
    /// under an e-mail that is not theirs.
    PersonIn(ParticipantId, SupportRequestId),
    /// One request with all that was said in it, by whomever: its time is over.
    Request(SupportRequestId),
}

/// An erasure that was asked for. Ids only, so that it can be kept for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Its id.
    pub id: Uuid,
    /// The organisation.
    pub organization: OrganizationId,
    /// Of what.
    pub extent: Extent,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

/// What is stored of people, to be taken away. Whatever is here MUST be the same done twice.
#[async_trait]
pub trait ErasureStore: Send + Sync {
    /// The users and guests of an organisation with this e-mail, and the one who has this id.
    async fn people(
        &self,
        organization: OrganizationId,
        id: Option<UserId>,
        email: Option<&str>,
    ) -> Result<Vec<ParticipantId>, PortError>;

    /// Notes that it was asked for, durably. An id that is noted already stays as it is.
    async fn note(&self, erasure: &Erasure) -> Result<(), PortError>;

    /// The messages that are to be deleted and are not.
    async fn messages(&self, erasure: &Erasure) -> Result<Vec<(ConversationId, MessageId)>, PortError>;

    /// Marks the files as deleted that were uploaded and never sent, and those that lost their message. Their bytes go
    /// by [`FilesLeft::remove_deleted`].
    async fn mark_files(&self, erasure: &Erasure) -> Result<(), PortError>;

    /// The e-mail addresses, in small letters, at which nobody is to be reached any more, and of which nothing else is
    /// known: those of a person; of a request that of its requester, unless another request or an account has it.
    async fn addresses(&self, erasure: &Erasure) -> Result<Vec<String>, PortError>;

    /// Takes away all that is left: names, addresses, words, in whatever place. Counts, states and times stay. Notes
    /// that it is done, and tells the world (`contact.erased`), where it was not done before. The requests that
    /// changed.
    async fn blank(&self, erasure: &Erasure, now: Timestamp) -> Result<Vec<SupportRequestId>, PortError>;

    /// What was asked for, of all organisations, the oldest first: what is not done, or all of it.
    async fn erasures(&self, only_open: bool) -> Result<Vec<Erasure>, PortError>;

    /// Requests of the organisation that were closed before this moment and are not erased, at most `limit`.
    async fn closed_before(
        &self,
        organization: OrganizationId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SupportRequestId>, PortError>;
}

/// What becomes of the right to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Whoever it was can no longer come in, on any node.
    Closed,
    /// It would leave the organisation without an administrator: nothing was done.
    LastAdmin,
}

/// Accounts and tokens, of the identity domain.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Deactivates an account or revokes a guest's tokens, those of one request where it is named, and ends what they
    /// opened. Once more is as good as once.
    async fn close(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        support_request: Option<SupportRequestId>,
    ) -> Result<Closing, PortError>;
}

/// The log of conversations, of the chat domain.
#[async_trait]
pub trait Messages: Send + Sync {
    /// Deletes messages as Guichet itself, so that everybody who looks sees them go. One that is gone is passed over.
    async fn delete(
        &self,
        organization: OrganizationId,
        messages: Vec<(ConversationId, MessageId)>,
    ) -> Result<(), PortError>;
}

/// The bytes of files.
#[async_trait]
pub trait FilesLeft: Send + Sync {
    /// Removes the bytes of all files that are marked as deleted. MUST fail when one is still there.
    async fn remove_deleted(&self) -> Result<(), PortError>;
}

/// Mails that were kept.
#[async_trait]
pub trait MailsLeft: Send + Sync {
    /// Removes what was written to these addresses, which are in small letters.
    async fn remove(&self, addresses: &[String]) -> Result<(), PortError>;
}

/// Those who look at requests at this moment.
#[async_trait]
pub trait Live: Send + Sync {
    /// These requests are not what they were. A hint: what fails is seen by whoever fetches.
    async fn erased(&self, organization: OrganizationId, requests: &[SupportRequestId]);
}

/// What is stored of people, to be handed out to them.
#[async_trait]
pub trait PersonalDataStore: Send + Sync {
    /// All that is stored of a person, or of what they have in one request.
    async fn personal_data(
        &self,
        organization: OrganizationId,
        person: ParticipantId,
        support_request: Option<SupportRequestId>,
    ) -> Result<PersonalData, PortError>;
}
