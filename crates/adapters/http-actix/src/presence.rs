//! Who is there.

use actix_web::{get, web::Data};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api, StaffMember,
    answer::{Answer, ok},
    extract::Known,
    users::UserRole,
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_presence);
}

/// Whether a member of staff wants to be asked. Visitors are shown those who are connected and `online`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StaffAvailability {
    Online,
    Away,
    Offline,
}

impl From<kernel::Availability> for StaffAvailability {
    fn from(availability: kernel::Availability) -> Self {
        match availability {
            kernel::Availability::Online => Self::Online,
            kernel::Availability::Away => Self::Away,
            kernel::Availability::Offline => Self::Offline,
        }
    }
}

/// A member of staff with at least one open connection.
#[derive(Debug, Serialize, ToSchema)]
struct PresentMember {
    id: Uuid,
    #[schema(example = "Camille Durand")]
    name: String,
    role: UserRole,
    availability: StaffAvailability,
}

impl From<StaffMember> for PresentMember {
    fn from(member: StaffMember) -> Self {
        let StaffMember { id, name, role, availability } = member;
        Self { id: id.uuid(), name, role: role.into(), availability: availability.into() }
    }
}

/// Who is there of the staff.
#[derive(Debug, Serialize, ToSchema)]
struct StaffPresence {
    /// By name.
    items: Vec<PresentMember>,
}

/// The members of staff who are connected, with whether they want to be asked. For staff.
#[utoipa::path(tag = "users", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = StaffPresence)))]
#[get("/presence")]
async fn get_presence(api: Data<Api>, Known(caller): Known) -> Answer {
    let agent = caller.agent().map_err(crate::failure::not_allowed)?;
    let mut members = api.presence.staff_online(agent.organization());
    members.sort_unstable_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    ok(&StaffPresence { items: members.into_iter().map(PresentMember::from).collect() })
}
