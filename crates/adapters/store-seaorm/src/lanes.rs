//! Connections to PostgreSQL that we hold ourselves: one lane each, and one call at a time in it.
//!
//! A pool would ping before and after each use, and could not tell which organisation a connection
//! last served. A lane knows, so a read within the same organisation is one round trip.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use kernel::PortError;
use sea_orm::{DbBackend, QueryResult};
use sqlx::{AssertSqlSafe, Executor, PgConnection, postgres::PgConnectOptions};
use tokio::sync::{MutexGuard, Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::{
    connect::{self, Role},
    error::{self, Trouble},
    sql::Sql,
};

/// With less time left than this a statement is not sent any more.
const SHORTEST: Duration = Duration::from_millis(20);

/// A connection that is opened when it is needed and opened again when it broke.
pub(crate) struct Line {
    options: PgConnectOptions,
    role: Role,
    patience: Duration,
    connection: Option<PgConnection>,
    /// The organisation that the connection's setting is known to hold.
    organization: Option<Uuid>,
    /// How often the organisation was set.
    #[cfg(test)]
    settings: u64,
    /// After how long the server gives a statement up, where that is not the usual time.
    limit: Option<Duration>,
    /// A call is under way. Found set at the start of a call, it was abandoned half-way, and
    /// nothing is known of the connection any more.
    busy: bool,
}

impl Line {
    pub(crate) fn new(options: PgConnectOptions, role: Role, patience: Duration) -> Self {
        Self {
            options,
            role,
            patience,
            connection: None,
            organization: None,
            #[cfg(test)]
            settings: 0,
            limit: None,
            busy: false,
        }
    }

    /// The connection, open, set to the organisation, and marked as in use until [`Self::settle`].
    pub(crate) async fn ready(&mut self, organization: Option<Uuid>) -> Result<&mut PgConnection, sqlx::Error> {
        if self.busy {
            self.reset();
        }
        self.busy = true;
        let mut connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            (self.organization, self.limit) = (None, None);
            // A failed attempt leaves nothing behind that could be half-way through something.
            connect::postgres(&self.options, self.role, self.patience).await.inspect_err(|_| self.busy = false)?
        };
        if organization.is_some() && self.organization != organization {
            // Forgotten first: if this fails or is abandoned, nothing is known of the setting.
            self.organization = None;
            let set = sqlx::query("SELECT set_config('guichet.organization', $1, false)");
            let text = organization.map(|id| id.to_string());
            set.bind(text).execute(&mut connection).await.inspect_err(|_| self.busy = false)?;
            self.organization = organization;
            #[cfg(test)]
            {
                self.settings += 1;
            }
        }
        Ok(self.connection.insert(connection))
    }

    /// The connection, open, where the server gives up before `within` has gone by: so that a call
    /// that has little time left is answered by the server, and not left with an unknown outcome.
    pub(crate) async fn ready_within(&mut self, within: Duration) -> Result<(), sqlx::Error> {
        let usual = connect::server_patience(self.patience);
        let limit = connect::server_patience(within);
        // The usual time will do where it is over before `within` is, with some room for the way.
        let limit = (within < usual.mul_f32(1.1)).then_some(limit);
        let (known, role) = (self.limit, self.role);
        let connection = self.ready(None).await?;
        let done = if limit == known {
            Ok(())
        } else {
            let limits = role.server_gives_up_after(limit.unwrap_or(usual));
            connection.execute(AssertSqlSafe(limits)).await.map(drop)
        };
        if done.is_ok() {
            self.limit = limit;
        }
        self.settle(&done);
        done
    }

    /// The call came to its end; a connection that broke is dropped.
    pub(crate) fn settle<T>(&mut self, done: &Result<T, sqlx::Error>) {
        self.busy = false;
        if let Err(error) = done
            && error::of_sqlx(error) == Trouble::Lost
        {
            self.reset();
        }
    }

    /// Drops the connection; the next call opens another.
    pub(crate) fn reset(&mut self) {
        self.connection = None;
        self.organization = None;
        self.busy = false;
    }

    /// Runs a statement that may be run again: when the connection turns out to be broken, once
    /// more on a new one.
    async fn rows(
        &mut self,
        organization: Option<Uuid>,
        sql: &Sql,
        deadline: Instant,
    ) -> Result<Vec<QueryResult>, PortError> {
        // So late that it could only fail, and take a good connection with it.
        if deadline.saturating_duration_since(Instant::now()) < SHORTEST {
            return Err(error::too_slow());
        }
        if let Ok(done) = tokio::time::timeout_at(deadline.into(), self.rows_twice(organization, sql)).await {
            return done.map_err(|error| error::port(error::from_sqlx(error)));
        }
        self.reset();
        Err(error::too_slow())
    }

    async fn rows_twice(&mut self, organization: Option<Uuid>, sql: &Sql) -> Result<Vec<QueryResult>, sqlx::Error> {
        match self.rows_once(organization, sql).await {
            Err(error) if error::of_sqlx(&error) == Trouble::Lost => self.rows_once(organization, sql).await,
            done => done,
        }
    }

    async fn rows_once(&mut self, organization: Option<Uuid>, sql: &Sql) -> Result<Vec<QueryResult>, sqlx::Error> {
        let text = AssertSqlSafe(sql.text_for(DbBackend::Postgres));
        let connection = self.ready(organization).await?;
        let done = match sql.arguments() {
            Ok(arguments) => sqlx::query_with(text, arguments).fetch_all(connection).await,
            Err(error) => Err(error),
        };
        self.settle(&done);
        Ok(done?.into_iter().map(QueryResult::from).collect())
    }
}

struct Lane {
    /// Which organisation the line was last used for: a hint for choosing one.
    last: Mutex<Option<Uuid>>,
    line: tokio::sync::Mutex<Line>,
}

/// Some lanes of one role.
pub(crate) struct Lanes {
    all: Vec<Lane>,
    /// As many as lanes: whoever has one finds a lane that is free, first come, first served.
    permits: Semaphore,
    patience: Duration,
}

impl Lanes {
    pub(crate) fn new(options: &PgConnectOptions, role: Role, count: usize, patience: Duration) -> Self {
        let lane = || Lane {
            last: Mutex::new(None),
            line: tokio::sync::Mutex::new(Line::new(options.clone(), role, patience)),
        };
        let count = count.max(1);
        Self { all: (0..count).map(|_| lane()).collect(), permits: Semaphore::new(count), patience }
    }

    /// A lane that is free, and of those one that last served the organisation. The time that all
    /// reads in it may take together, the wait for it included, starts here; when it is over before a
    /// lane is free, every read in what is returned fails.
    pub(crate) async fn enter(&self, organization: Option<Uuid>) -> InLane<'_> {
        let deadline = Instant::now() + self.patience;
        let permit = tokio::time::timeout_at(deadline.into(), self.permits.acquire()).await;
        let lane = permit.ok().and_then(Result::ok).and_then(|permit| self.free(organization, permit));
        InLane { lane, organization, deadline }
    }

    fn free<'a>(
        &'a self,
        organization: Option<Uuid>,
        permit: SemaphorePermit<'a>,
    ) -> Option<(MutexGuard<'a, Line>, SemaphorePermit<'a>)> {
        let last = |lane: &Lane| *lane.last.lock().unwrap_or_else(PoisonError::into_inner);
        let serving = self.all.iter().filter(|lane| last(lane) == organization);
        let mut choice = serving.chain(&self.all);
        let (chosen, line) = choice.find_map(|lane| Some((lane, lane.line.try_lock().ok()?)))?;
        *chosen.last.lock().unwrap_or_else(PoisonError::into_inner) = organization;
        Some((line, permit))
    }
}

/// A lane that is held for some reads.
pub(crate) struct InLane<'a> {
    /// Given back in this order: the line, then the right to one.
    lane: Option<(MutexGuard<'a, Line>, SemaphorePermit<'a>)>,
    organization: Option<Uuid>,
    deadline: Instant,
}

impl InLane<'_> {
    pub(crate) async fn rows(&mut self, sql: &Sql) -> Result<Vec<QueryResult>, PortError> {
        match &mut self.lane {
            Some((line, _)) => line.rows(self.organization, sql, self.deadline).await,
            None => Err(error::too_slow()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel::{Env, SystemEnv};

    use super::*;
    use crate::{
        connect::postgres_options,
        database::{Backend, Fresh},
        row::Columns,
    };

    const PATIENCE: Duration = Duration::from_secs(4);

    /// Two organisations, and lanes to them.
    async fn scene(count: usize) -> (Fresh, Arc<Lanes>, [Uuid; 2]) {
        let fresh = Fresh::migrated(Backend::Postgres).await;
        let ids = [SystemEnv.uuid(), SystemEnv.uuid()];
        for (id, name) in ids.iter().zip(["one", "two"]) {
            let sql = format!(
                "INSERT INTO organization (id, name, slug, widget_key, allowed_origins, language, time_zone, ticket_prefix,
                   epoch, created_at)
                 VALUES ('{id}', '{name}', '{name}', '{name}', '[]', 'fr', 'Europe/Paris', 'T', '{id}', now())"
            );
            fresh.run(&sql).await;
        }
        let lanes = Lanes::new(&postgres_options(&fresh.url).unwrap(), Role::App, count, PATIENCE);
        (fresh, Arc::new(lanes), ids)
    }

    /// Without a condition on the organisation: only the wall tells them apart.
    async fn seen(lanes: &Lanes, id: Uuid) -> Vec<Uuid> {
        let rows = lanes.enter(Some(id)).await.rows(&Sql::new("SELECT id FROM organization")).await.unwrap();
        rows.iter().map(|row| row.uuid("id").unwrap()).collect()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn interleaved_reads_of_two_organisations_never_see_the_other() {
        let reads: usize = std::env::var("GUICHET_WALL_READS").map_or(10_000, |text| text.parse().unwrap());
        let (_fresh, lanes, ids) = scene(2).await;
        let readers = (0..4).map(|reader| {
            let lanes = lanes.clone();
            tokio::spawn(async move {
                let mut leaks = 0;
                for n in 0..reads / 4 {
                    let id = ids[(n + reader) % 2];
                    leaks += usize::from(seen(&lanes, id).await != [id]);
                }
                leaks
            })
        });
        let mut leaks = 0;
        for reader in readers.collect::<Vec<_>>() {
            leaks += reader.await.unwrap();
        }
        assert_eq!(leaks, 0);
    }

    #[tokio::test]
    async fn a_read_within_the_same_organisation_is_one_round_trip() {
        let (_fresh, lanes, [one, two]) = scene(1).await;
        let mut settings = Vec::new();
        for id in [one, one, two] {
            assert_eq!(seen(&lanes, id).await, [id]);
            settings.push(lanes.all[0].line.lock().await.settings);
        }
        assert_eq!(settings, [1, 1, 2], "the organisation is set when it is another one");
    }

    #[tokio::test]
    async fn a_lane_that_was_cut_or_abandoned_serves_the_right_organisation_again() {
        let (fresh, lanes, [one, two]) = scene(1).await;
        assert_eq!(seen(&lanes, one).await, [one]);
        fresh
            .run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'guichet'
                   AND datname = current_database()",
            )
            .await;
        assert_eq!(seen(&lanes, one).await, [one], "a read whose connection is gone is done on a new one");

        let slow = Sql::new("SELECT pg_sleep(1)");
        let mut lane = lanes.enter(Some(two)).await;
        assert!(tokio::time::timeout(Duration::from_millis(50), lane.rows(&slow)).await.is_err());
        drop(lane);
        assert_eq!(seen(&lanes, two).await, [two]);
        assert_eq!(seen(&lanes, one).await, [one]);
    }

    #[tokio::test]
    async fn without_an_organisation_nothing_is_seen_and_nothing_is_written() {
        let (_fresh, lanes, _) = scene(1).await;
        let mut lane = lanes.enter(None).await;
        assert!(lane.rows(&Sql::new("SELECT id FROM organization")).await.unwrap().is_empty());
        let foreign = "UPDATE organization SET name = 'x' RETURNING id";
        assert!(lane.rows(&Sql::new(foreign)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn each_role_may_do_what_it_is_for_and_no_more() {
        let (fresh, _, _) = scene(1).await;
        let options = postgres_options(&fresh.url).unwrap();
        for (role, statement) in [
            (Role::App, "SELECT * FROM signing_key"),
            (Role::App, "SELECT * FROM log_position"),
            (Role::App, "UPDATE timeline_entry SET note = 'x'"),
            (Role::App, "UPDATE entry SET content = 'x'"),
            (Role::Log, "SELECT * FROM user_account"),
            (Role::Log, "SELECT * FROM guest_token"),
            (Role::Log, "SELECT subject FROM support_request"),
            (Role::Log, "UPDATE support_request SET updated_at = now()"),
            (Role::Log, "DELETE FROM inbox"),
            (Role::App, "DELETE FROM inbox"),
            (Role::Log, "SELECT * FROM signing_key"),
            (Role::Gate, "SELECT * FROM user_account"),
            (Role::Gate, "SELECT * FROM entry"),
            (Role::Gate, "SELECT * FROM support_request"),
        ] {
            let lanes = Lanes::new(&options, role, 1, PATIENCE);
            let refused = lanes.enter(None).await.rows(&Sql::new(statement)).await.unwrap_err();
            let text = std::error::Error::source(&refused).unwrap().to_string();
            assert!(text.contains("permission denied"), "{statement}: {text}");
        }
    }

    #[tokio::test]
    async fn a_commit_waits_for_the_disk_whatever_the_cluster_says() {
        let (fresh, _, _) = scene(1).await;
        let name = fresh.url.rsplit('/').next().unwrap().to_owned();
        fresh.run(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
        let options = postgres_options(&fresh.url).unwrap();
        for role in [Role::App, Role::Log, Role::Gate] {
            let lanes = Lanes::new(&options, role, 1, PATIENCE);
            let sql = Sql::new("SELECT current_setting('synchronous_commit') AS setting, current_user::text AS role");
            let row = lanes.enter(None).await.rows(&sql).await.unwrap().remove(0);
            assert_eq!(
                (row.text("setting").unwrap().as_str(), row.text("role").unwrap().as_str()),
                ("on", role.name())
            );
        }
    }
}
