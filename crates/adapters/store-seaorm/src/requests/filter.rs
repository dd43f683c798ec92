//! Filters and orders of lists, as conditions.

use kernel::Order;
use support_request::{RequestFilter, RequestSort};

use crate::sql::Sql;

/// Restricts rows `r` of requests.
pub(crate) fn restrict(mut sql: Sql, filter: &RequestFilter) -> Sql {
    sql = any(sql, "r.status", filter.status.iter().map(|word| word.as_str()));
    sql = any(sql, "r.priority", filter.priority.iter().map(|word| word.as_str()));
    sql = any(sql, "r.kind", filter.kind.iter().map(|word| word.as_str()));
    sql = any(sql, "r.source", filter.source.iter().map(|word| word.as_str()));
    sql = any(sql, "r.category", filter.category.as_ref().map(support_request::Category::as_str));
    sql = match filter.assignee {
        None => sql,
        Some(None) => sql.and(" AND r.assignee_id IS NULL"),
        Some(Some(agent)) => sql.and(" AND r.assignee_id = $").uuid(agent.uuid()),
    };
    if let Some(requester) = filter.requester {
        sql = sql.and(" AND r.requester_id = $").uuid(requester.uuid());
    }
    if let Some(email) = &filter.requester_email {
        sql = sql.and(" AND lower(r.requester_email) = lower($)").text(email);
    }
    if let Some(tag) = &filter.tag {
        sql = sql.and(" AND {has_tag $}").text(tag);
    }
    for (column, wanted) in [
        ("r.order_id", &filter.order_id),
        ("r.appointment_id", &filter.appointment_id),
        ("r.warranty_id", &filter.warranty_id),
        ("r.claim_id", &filter.claim_id),
    ] {
        sql = any(sql, column, wanted.as_deref());
    }
    for (column, wanted) in
        [("snoozed_until", filter.snoozed), ("archived_at", filter.archived), ("deleted_at", Some(filter.deleted))]
    {
        sql = match wanted {
            None => sql,
            Some(true) => sql.and(&format!(" AND r.{column} IS NOT NULL")),
            Some(false) => sql.and(&format!(" AND r.{column} IS NULL")),
        };
    }
    restrict_times(sql, filter)
}

fn restrict_times(mut sql: Sql, filter: &RequestFilter) -> Sql {
    if let Some(at) = filter.overdue_at {
        sql = sql
            .and(
                " AND r.status NOT IN ('resolved', 'closed') AND (
                    (r.first_response_at IS NULL AND coalesce(r.resolved_at, r.closed_at, $) > r.first_response_due_at)
                    OR coalesce(r.resolved_at, r.closed_at, r.waiting_since, $) > r.resolution_due_at)",
            )
            .time(at);
    }
    if let Some(from) = filter.created_from {
        sql = sql.and(" AND r.created_at >= $").time(from);
    }
    if let Some(to) = filter.created_to {
        sql = sql.and(" AND r.created_at < $").time(to);
    }
    if let Some(since) = filter.changed_since {
        sql = sql.and(" AND r.active_at >= $").time(since);
    }
    sql
}

fn any<'a>(mut sql: Sql, column: &str, words: impl IntoIterator<Item = &'a str>) -> Sql {
    let mut open = false;
    for word in words {
        sql = sql.and(&if open { ", $".to_owned() } else { format!(" AND {column} IN ($") }).text(word);
        open = true;
    }
    if open { sql.and(")") } else { sql }
}

/// What to sort by; the id decides between equals, so that pages never overlap.
pub(crate) fn order(filter: &RequestFilter) -> String {
    let way = match filter.order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    let keys: &[&str] = match filter.sort {
        RequestSort::CreatedAt => &["r.created_at", "r.id"],
        RequestSort::UpdatedAt => &["r.active_at", "r.id"],
        RequestSort::Priority => {
            &["CASE r.priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END", "r.id"]
        }
        RequestSort::DueAt => &["r.resolution_due_at", "r.id"],
        RequestSort::Number => &["r.number_day", "r.number_count", "r.id"],
    };
    let keys: Vec<String> = keys.iter().map(|key| format!("{key} {way}")).collect();
    format!(" ORDER BY {}", keys.join(", "))
}
