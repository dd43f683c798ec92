//! Requests in numbers.

use std::time::Duration;

use kernel::{OrganizationId, ParticipantId, PortError, Scope};
use sea_orm::QueryResult;
use support_request::{Asker, Category, Tally};

use super::views;
use crate::{row::Columns, scope, sql::Sql};

/// One row for each status, priority and category. Sums of times are in microseconds.
pub(super) fn tallies(organization: OrganizationId, scope: Scope, asker: Option<&Asker>, postgres: bool) -> Sql {
    let sum = |end: &str| {
        if postgres {
            format!("coalesce((extract(epoch FROM sum({end} - r.created_at)) * 1000000)::bigint, 0)")
        } else {
            format!("coalesce(sum({end} - r.created_at), 0)")
        }
    };
    let settled = "coalesce(r.resolved_at, r.closed_at)";
    let text = format!(
        "SELECT r.status, r.priority, r.category, count(*) AS requests, count(r.first_response_at) AS answered,
                {} AS first_response, count({settled}) AS settled, {} AS resolution, count(r.rating) AS rated,
                {} AS points, count(r.escalated_at) AS escalated
         FROM support_request r WHERE r.organization_id = $1 AND r.deleted_at IS NULL",
        sum("r.first_response_at"),
        sum(settled),
        if postgres { "coalesce(sum(r.rating), 0)::bigint" } else { "coalesce(sum(r.rating), 0)" },
    );
    let sql = scope::within(Sql::new(text).uuid(organization.uuid()), scope, "r", "id", "conversation_id");
    asked(sql, asker).and(" GROUP BY r.status, r.priority, r.category")
}

/// Reads a row of [`tallies`].
pub(super) fn tally(row: &QueryResult) -> Result<Tally, PortError> {
    let sum = |column| row.count(column).map(Duration::from_micros);
    Ok(Tally {
        status: row.word("status")?,
        priority: row.word("priority")?,
        category: Category::stored(row.text("category")?),
        requests: row.count("requests")?,
        answered: row.count("answered")?,
        first_response: sum("first_response")?,
        settled: row.count("settled")?,
        resolution: sum("resolution")?,
        rated: row.count("rated")?,
        points: row.count("points")?,
        escalated: row.count("escalated")?,
    })
}

/// How many messages wait to be read. Up to where a conversation is read is found first and for each by itself: a
/// join of so few with all there are would be planned as if they were many, and a sub-select in the condition on
/// messages could not be looked up in their index behind row-level security.
pub(super) fn unread(organization: OrganizationId, scope: Scope, viewer: ParticipantId, asker: Option<&Asker>) -> Sql {
    let text = format!(
        "WITH found AS MATERIALIZED (
           SELECT r.conversation_id AS id, {} AS read_seq FROM support_request r
           WHERE r.organization_id = $1 AND r.deleted_at IS NULL AND r.status <> 'closed'",
        views::read_seq(scope, "r.organization_id", "r.conversation_id", 2)
    );
    let sql = Sql::new(text).uuid(organization.uuid()).uuid(viewer.uuid());
    asked(scope::within(sql, scope, "r", "id", "conversation_id"), asker).and(&format!(
        ")
         SELECT CAST(coalesce(sum((
           SELECT count(*) FROM entry e WHERE e.conversation_id = found.id AND e.seq > found.read_seq AND e.change = 0
             AND e.deleted_at IS NULL AND {})), 0) AS bigint) AS unread FROM found",
        views::of_others(scope, 2)
    ))
}

fn asked(sql: Sql, asker: Option<&Asker>) -> Sql {
    match asker {
        None => sql,
        Some(Asker::Id(id)) => sql.and(" AND r.requester_id = $").uuid(id.uuid()),
        Some(Asker::Email(email)) => sql.and(" AND r.requester_email_folded = lower($)").text(email),
    }
}
