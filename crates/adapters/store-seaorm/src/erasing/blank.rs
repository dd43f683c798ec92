//! The statements that take away what a person left. Each does the same done twice.

use kernel::{Language, PortError, SupportRequestId, Timestamp};
use privacy::Erasure;
use uuid::Uuid;

use super::{Place, parts};
use crate::{db::Queries, error, row::Columns, sql::Sql, store::SeaStore, tx::SeaTx};

/// What stands in the place of what was taken away, and the names that are looked for in what others caused.
pub(super) struct Words {
    first_name: &'static str,
    last_name: &'static str,
    subject: &'static str,
    names: Vec<String>,
}

impl Words {
    /// In the organisation's language, with every name that the person goes by as far as it is known.
    pub(super) async fn of(store: &SeaStore, erasure: &Erasure) -> Result<Self, PortError> {
        let organization = erasure.organization.uuid();
        let mut db = store.app(erasure.organization).await;
        let language = Sql::new("SELECT language FROM organization WHERE id = $1").uuid(organization);
        let row = db.one(language).await?.ok_or_else(|| error::corrupt("no such organisation"))?;
        let (first_name, last_name, subject) = match row.word::<Language>("language")? {
            Language::Fr => ("Personne", "effacée", "Demande effacée"),
            Language::En => ("Erased", "person", "Erased request"),
        };
        let mut words = Self { first_name, last_name, subject, names: Vec::new() };
        if let (Some(person), _) = parts(erasure.extent) {
            let sql = "SELECT first_name || ' ' || last_name AS name FROM user_account
                         WHERE organization_id = $1 AND id = $2
                       UNION SELECT name FROM guest WHERE organization_id = $1 AND id = $2
                       UNION SELECT name FROM guest_token WHERE organization_id = $1 AND guest_id = $2
                       UNION SELECT requester_name FROM support_request WHERE organization_id = $1 AND requester_id = $2
                       UNION SELECT email FROM user_account WHERE organization_id = $1 AND id = $2
                       UNION SELECT requester_email FROM support_request WHERE organization_id = $1 AND requester_id = $2
                         AND requester_email IS NOT NULL
                       UNION SELECT email FROM guest WHERE organization_id = $1 AND id = $2 AND email IS NOT NULL";
            let rows = db.all(Sql::new(sql).uuid(organization).uuid(person.uuid())).await?;
            words.names = rows.iter().map(|row| row.text("name")).collect::<Result<_, _>>()?;
        }
        let (erased, account) = (words.name(), format!("{ERASED}%{DOMAIN}"));
        words.names.retain(|name| *name != erased && !is_like(name, &account));
        Ok(words)
    }

    fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// An address under which nobody can be reached: `.invalid` is reserved for that (RFC 2606).
const ERASED: &str = "erased-";
const DOMAIN: &str = "@erased.invalid";

fn is_like(name: &str, pattern: &str) -> bool {
    pattern.split_once('%').is_some_and(|(start, end)| name.starts_with(start) && name.ends_with(end))
}

/// Fields of the metadata of timelines, and of the data of events, that say what somebody wrote.
const WRITTEN: [&str; 11] = [
    "subject",
    "description",
    "reason",
    "note",
    "comment",
    "resolution",
    "content",
    "name",
    "email",
    "phone",
    "metadata",
];

/// One chunk of requests, in a transaction; those that changed.
pub(super) async fn places(
    store: &SeaStore,
    erasure: &Erasure,
    places: &[Place],
    words: &Words,
    now: Timestamp,
) -> Result<Vec<SupportRequestId>, PortError> {
    let mut tx = store.transaction(erasure.organization).await?;
    tx.as_eraser().await?;
    let chunk = Chunk {
        organization: erasure.organization.uuid(),
        person: parts(erasure.extent).0.map(kernel::ParticipantId::uuid),
        requests: places.iter().map(|place| place.request).collect(),
        conversations: places.iter().map(|place| place.conversation).collect(),
        own: places.iter().filter(|place| place.is_own).map(|place| place.request).collect(),
    };
    chunk.messages(&mut tx, words, now).await?;
    chunk.timelines(&mut tx, words).await?;
    chunk.notes(&mut tx, words, now).await?;
    let changed = chunk.own(&mut tx, places, words, now).await?;
    tx.commit_all().await?;
    Ok(changed)
}

struct Chunk {
    organization: Uuid,
    /// Whose; everybody's, when the requests are erased as a whole.
    person: Option<Uuid>,
    requests: Vec<Uuid>,
    conversations: Vec<Uuid>,
    own: Vec<Uuid>,
}

impl Chunk {
    async fn messages(&self, tx: &mut SeaTx, words: &Words, now: Timestamp) -> Result<(), PortError> {
        let sql = "UPDATE entry SET content = NULL, attachments = NULL, client_message_id = NULL, content_hash = 0,
                     deleted_at = CASE WHEN change = 0 THEN coalesce(deleted_at, $3) ELSE deleted_at END
                   WHERE organization_id = $1 AND conversation_id {in $2}";
        let sql = Sql::new(sql).uuid(self.organization).uuids(self.conversations.clone()).time(now);
        tx.run(self.by(sql, "sender_id")).await?;
        // Who asked for a request that is erased as a whole is forgotten with it; who answered is not.
        let whose = match self.person {
            Some(_) => "= $4",
            None => "IN (SELECT c.requester_id FROM conversation c WHERE c.organization_id = $1 AND c.id {in $2})",
        };
        for (table, column, person) in
            [("entry", "sender_name", "sender_id"), ("participant", "name", "participant_id")]
        {
            let sql = format!(
                "UPDATE {table} SET {column} = $3 WHERE organization_id = $1 AND conversation_id {{in $2}} AND {person} {whose}"
            );
            let sql = Sql::new(sql).uuid(self.organization).uuids(self.conversations.clone()).text(words.name());
            tx.run(match self.person {
                Some(person) => sql.uuid(person),
                None => sql,
            })
            .await?;
        }
        Ok(())
    }

    async fn timelines(&self, tx: &mut SeaTx, words: &Words) -> Result<(), PortError> {
        let metadata = without_written(tx.is_postgres(), "metadata", "");
        let sql = format!(
            "UPDATE timeline_entry SET reason = NULL, note = NULL, metadata = {metadata},
               old = CASE WHEN kind = 'subject_changed' THEN NULL ELSE old END,
               new = CASE WHEN kind = 'subject_changed' THEN NULL ELSE new END
             WHERE organization_id = $1 AND support_request_id {{in $2}}"
        );
        let sql = Sql::new(sql).uuid(self.organization).uuids(self.requests.clone());
        tx.run(self.by(sql, "actor_id")).await?;
        let whose = match self.person {
            Some(_) => "= $4",
            None => "IN (SELECT r.requester_id FROM support_request r WHERE r.organization_id = $1 AND r.id {in $2})",
        };
        let sql = format!(
            "UPDATE timeline_entry SET actor_name = $3
             WHERE organization_id = $1 AND support_request_id {{in $2}} AND actor_id {whose}"
        );
        let sql = Sql::new(sql).uuid(self.organization).uuids(self.requests.clone()).text(words.name());
        tx.run(match self.person {
            Some(person) => sql.uuid(person),
            None => sql,
        })
        .await?;
        for name in &words.names {
            self.name_in_timelines(tx, name, words).await?;
        }
        Ok(())
    }

    /// A name that others' actions have left: as a whole value, never as a part of a word, and not where the values
    /// are words of ours.
    async fn name_in_timelines(&self, tx: &mut SeaTx, name: &str, words: &Words) -> Result<(), PortError> {
        let [quoted, erased] = [name, &words.name()].map(|name| serde_json::Value::from(name).to_string());
        let cast = if tx.is_postgres() {
            "CAST(replace(CAST(metadata AS text), $5, $6) AS jsonb)"
        } else {
            "replace(metadata, $5, $6)"
        };
        let ours = "kind IN ('created', 'status_changed', 'priority_changed', 'category_changed', 'first_response',
                      'sla_warning', 'sla_breached', 'rated')";
        let sql = format!(
            "UPDATE timeline_entry SET metadata = {cast},
               old = CASE WHEN old = $3 AND NOT {ours} THEN $4 ELSE old END,
               new = CASE WHEN new = $3 AND NOT {ours} THEN $4 ELSE new END
             WHERE organization_id = $1 AND support_request_id {{in $2}}
               AND ({{strpos}}(CAST(metadata AS text), $5) > 0 OR ((old = $3 OR new = $3) AND NOT {ours}))"
        );
        let sql = Sql::new(sql)
            .uuid(self.organization)
            .uuids(self.requests.clone())
            .text(name)
            .text(words.name())
            .text(quoted)
            .text(erased);
        tx.run(sql).await.map(drop)
    }

    /// The internal notes that the person wrote, or all of them. Where others mention the person, the id alone is left.
    async fn notes(&self, tx: &mut SeaTx, words: &Words, now: Timestamp) -> Result<(), PortError> {
        let sql = "UPDATE internal_note SET content = NULL, mentions = '[]', deleted_at = coalesce(deleted_at, $3)
                   WHERE organization_id = $1 AND support_request_id {in $2}";
        let sql = Sql::new(sql).uuid(self.organization).uuids(self.requests.clone()).time(now);
        tx.run(self.by(sql, "author_id")).await?;
        let Some(person) = self.person else { return Ok(()) };
        let sql = "UPDATE internal_note SET author_name = $3
                   WHERE organization_id = $1 AND support_request_id {in $2} AND author_id = $4";
        let sql = Sql::new(sql).uuid(self.organization).uuids(self.requests.clone()).text(words.name()).uuid(person);
        tx.run(sql).await?;
        let sql = "SELECT support_request_id, id, mentions FROM internal_note
                   WHERE organization_id = $1 AND support_request_id {in $2}
                     AND {strpos}(CAST(mentions AS text), $3) > 0";
        let sql = Sql::new(sql).uuid(self.organization).uuids(self.requests.clone()).text(person.to_string());
        for row in tx.all(sql).await? {
            let mut mentions = row.json("mentions")?;
            for one in mentions.as_array_mut().into_iter().flatten() {
                if one["id"] == person.to_string() {
                    one["name"] = words.name().into();
                }
            }
            let sql = "UPDATE internal_note SET mentions = $4
                       WHERE organization_id = $1 AND support_request_id = $2 AND id = $3";
            let sql = Sql::new(sql).uuid(self.organization).uuid(row.uuid("support_request_id")?);
            tx.run(sql.uuid(row.uuid("id")?).json(mentions)).await?;
        }
        Ok(())
    }

    /// What the person asked for.
    async fn own(
        &self,
        tx: &mut SeaTx,
        places: &[Place],
        words: &Words,
        now: Timestamp,
    ) -> Result<Vec<SupportRequestId>, PortError> {
        if self.own.is_empty() {
            return Ok(Vec::new());
        }
        let sql = "UPDATE timeline_entry SET old = NULL, new = NULL
                   WHERE organization_id = $1 AND support_request_id {in $2} AND kind = 'subject_changed'";
        tx.run(Sql::new(sql).uuid(self.organization).uuids(self.own.clone())).await?;
        let payload = without_written(tx.is_postgres(), "payload", "data");
        let left = format!("UPDATE outbox SET payload = {payload} WHERE organization_id = $1 AND key {{in $2}}");
        tx.run(Sql::new(left).uuid(self.organization).uuids(self.own.clone())).await?;
        let sent = "DELETE FROM outbox WHERE organization_id = $1 AND key {in $2}
                      AND (done_at IS NOT NULL OR dead_at IS NOT NULL)";
        tx.run(Sql::new(sent).uuid(self.organization).uuids(self.own.clone())).await?;
        let own = places.iter().filter(|place| place.is_own);
        let made = own.flat_map(|place| [place.request, place.conversation]).collect();
        let calls = "DELETE FROM idempotent_call WHERE organization_id = $1 AND resource_id {in $2}";
        tx.run(Sql::new(calls).uuid(self.organization).uuids(made)).await?;
        let sql = "UPDATE support_request SET subject = $3, description = '', tags = '[]', metadata = '{}',
                     order_id = NULL, appointment_id = NULL, warranty_id = NULL, claim_id = NULL, requester_name = $4,
                     requester_email = NULL, requester_phone = NULL, rating_comment = NULL, last_command = NULL,
                     version = version + 1, updated_at = $5, active_at = {greatest}(active_at, $5), erased_at = $5
                   WHERE organization_id = $1 AND id {in $2} AND erased_at IS NULL RETURNING id";
        let sql = Sql::new(sql)
            .uuid(self.organization)
            .uuids(self.own.clone())
            .text(words.subject)
            .text(words.name())
            .time(now);
        let changed = tx.rows(sql).await?;
        changed.iter().map(|row| row.uuid("id").map(SupportRequestId::new)).collect()
    }

    /// Bounds a statement to the person, where there is one.
    fn by(&self, sql: Sql, column: &str) -> Sql {
        match self.person {
            Some(person) => sql.and(&format!(" AND {column} = $")).uuid(person),
            None => sql,
        }
    }
}

/// Letters to these addresses, in small letters, and the tokens of their links.
pub(super) async fn letters(store: &SeaStore, erasure: &Erasure, addresses: &[String]) -> Result<(), PortError> {
    let mut tx = store.transaction(erasure.organization).await?;
    tx.as_eraser().await?;
    for address in addresses {
        for sql in [
            "DELETE FROM letter WHERE organization_id = $1 AND email = $2",
            "DELETE FROM account_token WHERE organization_id = $1 AND email = $2",
        ] {
            tx.run(Sql::new(sql).uuid(erasure.organization.uuid()).text(address)).await?;
        }
    }
    tx.commit_all().await
}

/// What is left beside requests: the account, or what a guest said of themselves.
pub(super) async fn person(store: &SeaStore, erasure: &Erasure, words: &Words) -> Result<(), PortError> {
    let organization = erasure.organization.uuid();
    let mut tx = store.transaction(erasure.organization).await?;
    tx.as_eraser().await?;
    let on = |sql: &'static str| Sql::new(sql).uuid(organization);
    match parts(erasure.extent) {
        (Some(person), None) => {
            let person = person.uuid();
            let email = format!("{ERASED}{}{DOMAIN}", person.simple());
            let sql = "UPDATE user_account SET email = $3, password_hash = NULL, first_name = $4, last_name = $5,
                         sort_key = $6, phone = NULL, active = {false}, version = version + 1,
                         skills = $7
                       WHERE organization_id = $1 AND id = $2 AND email <> $3";
            let sort_key = format!("{}\u{1}{}", words.last_name, words.first_name).to_lowercase();
            let sql = on(sql).uuid(person).text(email).text(words.first_name).text(words.last_name).text(sort_key);
            let sql = sql.json(serde_json::json!({ "categories": [], "languages": [] }));
            tx.run(sql).await?;
            // What they share with others stays, as the organisation's own.
            for sql in [
                "DELETE FROM user_session WHERE organization_id = $1 AND user_id = $2",
                "DELETE FROM account_token WHERE organization_id = $1 AND user_id = $2",
                "DELETE FROM canned_reply WHERE organization_id = $1 AND owner_id = $2 AND NOT shared",
                "DELETE FROM saved_view WHERE organization_id = $1 AND owner_id = $2 AND NOT shared",
            ] {
                tx.run(on(sql).uuid(person)).await?;
            }
            views_of(&mut tx, &words.names).await?;
            let sql = "UPDATE guest_token SET name = $3 WHERE organization_id = $1 AND guest_id = $2";
            tx.run(on(sql).uuid(person).text(words.name())).await?;
            let sql = "UPDATE guest SET name = $3, email = NULL, phone = NULL WHERE organization_id = $1 AND id = $2";
            tx.run(on(sql).uuid(person).text(words.name())).await?;
            let sql =
                "DELETE FROM idempotent_call WHERE organization_id = $1 AND (principal_id = $2 OR resource_id = $2)";
            tx.run(on(sql).uuid(person)).await?;
            // Where they were, and where somebody was who tried to sign in as them.
            let sql = "UPDATE audit_log SET address = NULL
                       WHERE organization_id = $1 AND (actor_id = $2 OR (actor_id IS NULL AND target_id = $2))";
            tx.run(on(sql).uuid(person)).await?;
            let sql = "DELETE FROM outbox WHERE organization_id = $1 AND key = $2
                         AND (done_at IS NOT NULL OR dead_at IS NOT NULL)";
            tx.run(on(sql).uuid(person)).await?;
        }
        (_, Some(request)) => {
            let request = request.uuid();
            let sql = "UPDATE guest_token SET name = $3 WHERE organization_id = $1 AND support_request_id = $2";
            tx.run(on(sql).uuid(request).text(words.name())).await?;
            // Who has nothing left here is nobody any more.
            let sql = "UPDATE guest SET name = $3, email = NULL, phone = NULL
                       WHERE organization_id = $1 AND id IN (SELECT r.requester_id FROM support_request r
                           WHERE r.organization_id = $1 AND r.id = $2)
                         AND NOT EXISTS (SELECT 1 FROM support_request r WHERE r.organization_id = $1
                           AND r.requester_id = guest.id AND r.erased_at IS NULL)
                         AND NOT EXISTS (SELECT 1 FROM user_account u WHERE u.organization_id = $1 AND u.id = guest.id)";
            tx.run(on(sql).uuid(request).text(words.name())).await?;
        }
        (None, None) => {}
    }
    tx.commit_all().await
}

/// Removes the views of what was asked for under one of these e-mail addresses: they show nothing any more.
async fn views_of(tx: &mut SeaTx, names: &[String]) -> Result<(), PortError> {
    let organization = tx.organization.uuid();
    let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let views = Sql::new("SELECT id, filter FROM saved_view WHERE organization_id = $1").uuid(organization);
    for row in tx.all(views).await? {
        let filter = row.json("filter")?;
        if filter["requester"].as_str().is_some_and(|asker| names.contains(&asker.to_lowercase())) {
            let sql = Sql::new("DELETE FROM saved_view WHERE organization_id = $1 AND id = $2");
            tx.run(sql.uuid(organization).uuid(row.uuid("id")?)).await?;
        }
    }
    Ok(())
}

/// A JSON column without what somebody wrote; of the object `within` it, where that is named.
fn without_written(postgres: bool, column: &str, within: &str) -> String {
    if postgres {
        let keys = format!(" - '{}'", WRITTEN.join("' - '"));
        return match within {
            "" => format!("({column}{keys})"),
            within => format!("jsonb_set({column}, ARRAY['{within}'], ({column} -> '{within}'){keys})"),
        };
    }
    let dot = if within.is_empty() { String::new() } else { format!("{within}.") };
    let paths = format!(", '$.{dot}{}'", WRITTEN.join(&format!("', '$.{dot}")));
    format!("json_remove({column}{paths})")
}
