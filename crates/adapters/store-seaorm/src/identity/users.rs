//! Users as rows.

use async_trait::async_trait;
use identity::{Capacity, Email, Inserted, PasswordHash, PersonName, Phone, Skills, User, UserRecord, Users};
use kernel::{Language, OrganizationId, PortError, PortErrorKind, UserId};
use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::json;

use crate::{db::Queries, error, row::Columns, sql::Sql, tx::SeaTx};

/// The columns of a user, from the row `u`.
pub(super) const USER: &str = "u.organization_id, u.id, u.email, u.password_hash, u.first_name, u.last_name, u.phone,
  u.language, u.role, u.active, u.availability, u.capacity, u.skills, u.created_at, u.updated_at,
  u.version";

#[async_trait]
impl Users for SeaTx {
    async fn insert(&mut self, user: &User) -> Result<Inserted, PortError> {
        let user = user.record();
        self.own(user.organization)?;
        let sql =
            "INSERT INTO user_account (organization_id, id, email, password_hash, first_name, last_name, sort_key,
                     phone, language, role, active, availability, updated_at, capacity, skills, created_at, version)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1)
                   ON CONFLICT (organization_id, email) DO NOTHING";
        let sql = written(Sql::new(sql), user).time(user.created_at);
        Ok(if self.run(sql).await? == 1 { Inserted::Done } else { Inserted::Taken })
    }

    async fn find(&mut self, id: UserId) -> Result<Option<User>, PortError> {
        self.read(id, "").await
    }

    async fn lock(&mut self, id: UserId) -> Result<Option<User>, PortError> {
        self.read(id, "{lock}").await
    }

    /// Whoever waits for the lock sees the rows as they are afterwards, and only those that still match.
    async fn lock_admins(&mut self) -> Result<Vec<UserId>, PortError> {
        let sql = "SELECT id FROM user_account WHERE organization_id = $1 AND role = 'admin' AND active
                   ORDER BY id {lock}";
        let rows = self.all(Sql::new(sql).uuid(self.organization.uuid())).await?;
        rows.iter().map(|row| row.uuid("id").map(UserId::new)).collect()
    }

    async fn save(&mut self, user: &User) -> Result<Inserted, PortError> {
        let user = user.record();
        self.own(user.organization)?;
        let sql =
            "UPDATE user_account SET email = $3, password_hash = $4, first_name = $5, last_name = $6, sort_key = $7,
                     phone = $8, language = $9, role = $10, active = $11, availability = $12, updated_at = $13,
                     capacity = $14, skills = $15, version = version + 1
                   WHERE organization_id = $1 AND id = $2 AND version = $16";
        match self.run_unless_taken(written(Sql::new(sql), user).int(user.version)).await? {
            None => Ok(Inserted::Taken),
            Some(1) => Ok(Inserted::Done),
            Some(_) => Err(self.fail(PortErrorKind::Conflict, "somebody else changed the user first")),
        }
    }
}

impl SeaTx {
    async fn read(&mut self, id: UserId, lock: &str) -> Result<Option<User>, PortError> {
        let sql = format!("SELECT {USER} FROM user_account u WHERE u.organization_id = $1 AND u.id = $2 {lock}");
        let row = self.one(Sql::new(sql).uuid(self.organization.uuid()).uuid(id.uuid())).await?;
        row.map(|row| user(&row).map(User::from_record)).transpose()
    }
}

/// The values `$1` to `$15`.
fn written(sql: Sql, user: &UserRecord) -> Sql {
    sql.uuid(user.organization.uuid())
        .uuid(user.id.uuid())
        .text(user.email.as_str())
        .maybe_text(user.password_hash.as_ref().map(PasswordHash::as_str))
        .text(user.first_name.as_str())
        .text(user.last_name.as_str())
        .text(sort_key(user))
        .maybe_text(user.phone.as_ref().map(Phone::as_str))
        .text(user.language.as_str())
        .text(user.role.as_str())
        .bool(user.active)
        .text(user.availability.as_str())
        .time(user.updated_at)
        .int(user.capacity.get().into())
        .json(json!({ "categories": user.skills.categories(), "languages": user.skills.languages() }))
}

/// Last and first name as lists are sorted, and searched, by them. They are parted by a character
/// that is in no name and sorts before all others.
fn sort_key(user: &UserRecord) -> String {
    format!("{}\u{1}{}", user.last_name.as_str(), user.first_name.as_str()).to_lowercase()
}

/// Reads the columns of [`USER`].
pub(super) fn user(row: &QueryResult) -> Result<UserRecord, PortError> {
    let wrong = |_| error::corrupt("a user cannot be read");
    let phone = row.maybe_text("phone")?;
    Ok(UserRecord {
        id: UserId::new(row.uuid("id")?),
        organization: OrganizationId::new(row.uuid("organization_id")?),
        email: Email::parse(&row.text("email")?).map_err(wrong)?,
        password_hash: row.maybe_text("password_hash")?.map(PasswordHash::new),
        first_name: PersonName::parse(&row.text("first_name")?).map_err(wrong)?,
        last_name: PersonName::parse(&row.text("last_name")?).map_err(wrong)?,
        phone: phone.map(|text| Phone::parse(&text)).transpose().map_err(wrong)?,
        language: row.word("language")?,
        role: row.word("role")?,
        active: row.get("active")?,
        availability: row.word("availability")?,
        capacity: Capacity::parse(u32::try_from(row.int("capacity")?).map_err(PortError::corrupt)?).map_err(wrong)?,
        skills: skills(row)?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.int("version")?,
    })
}

/// What is stored of skills.
#[derive(Deserialize)]
struct StoredSkills {
    categories: Vec<String>,
    languages: Vec<Language>,
}

/// Reads the column `skills`.
pub(crate) fn skills(row: &QueryResult) -> Result<Skills, PortError> {
    let stored: StoredSkills = serde_json::from_value(row.json("skills")?).map_err(PortError::corrupt)?;
    let skills = Skills::parse(&stored.categories, &stored.languages);
    skills.map_err(|_| error::corrupt("the skills of a user cannot be read"))
}
