//! What a domain tells the world, by way of the outbox.

use serde_json::Value;

use crate::{EventId, OrganizationId, Timestamp};

/// The name of an event on the wire, e.g. `ticket.created`.
pub type EventName = &'static str;

/// An event as it is stored with the change that caused it. The envelope that leaves the
/// process is `{id, event, timestamp, organization_id, data}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Consumers drop repeats by it.
    pub id: EventId,
    /// The name, which is also the routing key.
    pub name: EventName,
    /// The organisation it happened in.
    pub organization: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// Events of one key reach each sink in the order they were stored: the request's or the user's id.
    pub key: uuid::Uuid,
    /// Ids, the number, and what a reader needs to act; never whole objects.
    pub data: Value,
}
