//! The one rule of sight, as a condition of queries.

use kernel::Scope;

use crate::sql::Sql;

/// Restricts to what the scope covers. `row` is the alias of a row that has `requester_id`,
/// `assignee_id` and `organization_id`; `request` and `conversation` are its columns with those ids.
pub(crate) fn within(sql: Sql, scope: Scope, row: &str, request: &str, conversation: &str) -> Sql {
    match scope {
        Scope::All => sql,
        Scope::Agent(agent) => sql
            .and(&format!(
                " AND ({row}.assignee_id IS NULL OR {row}.assignee_id = $ OR {row}.requester_id = $ OR EXISTS (
                    SELECT 1 FROM participant own WHERE own.organization_id = {row}.organization_id
                    AND own.conversation_id = {row}.{conversation} AND own.participant_id = $ AND own.member))"
            ))
            .uuid(agent.uuid()),
        Scope::Requester(person) => sql.and(&format!(" AND {row}.requester_id = $")).uuid(person.uuid()),
        Scope::One(one, person) => sql
            .and(&format!(" AND ({row}.{request} = $"))
            .uuid(one.uuid())
            .and(&format!(
                " OR EXISTS (SELECT 1 FROM conversation taken WHERE taken.organization_id = {row}.organization_id
                    AND taken.support_request_id = $ AND taken.merged_into = {row}.{request}))"
            ))
            .uuid(one.uuid())
            .and(&format!(" AND {row}.requester_id = $"))
            .uuid(person.uuid()),
    }
}
