//! What an answer needs to find its way back: the namespace and the client's ack id, kept in the session as the
//! reference of the command.

use bytes::Bytes;
use serde_json::Value;

use super::Namespace;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) namespace: Namespace,
    /// Nothing when the client gave no callback.
    pub(super) id: Option<u64>,
}

impl Call {
    pub(super) fn reference(self) -> String {
        let space = self.namespace as u8;
        self.id.map_or_else(|| space.to_string(), |id| format!("{space}:{id}"))
    }

    pub(super) fn of(reference: Option<&str>) -> Option<Self> {
        let reference = reference?;
        let (space, id) = reference.split_once(':').map_or((reference, None), |(space, id)| (space, id.parse().ok()));
        let namespace = Namespace::ALL.into_iter().find(|namespace| (*namespace as u8).to_string() == space)?;
        Some(Self { namespace, id })
    }

    /// The answer; nothing when the client gave no callback.
    pub(super) fn answer(self, answer: &Value) -> Option<Bytes> {
        let id = self.id?;
        Some(format!("3{}{id}[{answer}]", self.namespace.prefix()).into())
    }
}
