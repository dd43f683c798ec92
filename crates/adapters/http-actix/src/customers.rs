//! Those who ask.

use actix_web::{get, web::Data};
use kernel::{ParticipantId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::{
    Api,
    answer::{Answer, ok},
    checks::Checks,
    extract::{Id, Known, Query},
    lists::{self, CustomerPage},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_customers).service(get_customer);
}

/// Whether somebody has an account.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CustomerType {
    User,
    Guest,
}

/// How much somebody asked for.
#[derive(Debug, Serialize, ToSchema)]
struct CustomerRequests {
    /// All of them.
    total: u64,
    /// Those that are neither resolved nor closed.
    open: u64,
}

/// Somebody who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Customer {
    id: Uuid,
    #[serde(rename = "type")]
    kind: CustomerType,
    #[schema(example = "Léa Martin")]
    name: String,
    #[schema(required, example = "lea@example.com")]
    email: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    requests: CustomerRequests,
    /// When they last opened one.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_request_at: Option<Timestamp>,
}

impl From<support_request::Customer> for Customer {
    fn from(customer: support_request::Customer) -> Self {
        Self {
            id: customer.id.uuid(),
            kind: if customer.is_guest { CustomerType::Guest } else { CustomerType::User },
            name: customer.name,
            email: customer.email,
            phone: customer.phone,
            requests: CustomerRequests { total: customer.requests, open: customer.open_requests },
            last_request_at: customer.last_request_at,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CustomerQuery {
    /// A piece of a name, an e-mail or a telephone number.
    q: Option<String>,
    /// Which page, from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// How many a page holds.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// Customers with an account and visitors, the newest first, with how much they asked for. For staff.
#[utoipa::path(tag = "users", params(CustomerQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of them.", body = CustomerPage)))]
#[get("/customers")]
async fn list_customers(api: Data<Api>, Known(caller): Known, Query(query): Query<CustomerQuery>) -> Answer {
    let mut checks = Checks::default();
    let page = lists::page(&mut checks, query.page.as_deref(), query.limit.as_deref());
    checks.done()?;
    let found = api.customers.list(&caller, query.q.as_deref(), page).await?;
    ok(&CustomerPage::from(found.map(Customer::from)))
}

/// One of them. For staff.
#[utoipa::path(tag = "users", params(("id" = Uuid, Path, description = "A user or a visitor.")),
    security(("bearer" = [])), responses((status = 200, description = "The customer.", body = Customer)))]
#[get("/customers/{id}")]
async fn get_customer(api: Data<Api>, Known(caller): Known, Id(id): Id<ParticipantId>) -> Answer {
    ok(&Customer::from(api.customers.view(&caller, id).await?))
}
