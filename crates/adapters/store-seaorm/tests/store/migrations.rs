//! The schema, up and down, on both databases.

use std::sync::Arc;

use chat::{ConversationLog, testing::RecordedHints};
use identity::IdentityViews;
use sea_orm::ConnectionTrait;
use store_seaorm::{SeaStore, migrate_down, migrate_status, migrate_up};
use uuid::Uuid;

use crate::{
    database::{Backend, Fresh, admin_url, with_database},
    harness::{TestStore, message, options},
};

async fn names(url: &str, applied: bool) -> Vec<String> {
    let steps = migrate_status(url).await.unwrap();
    steps.into_iter().filter(|step| step.applied == applied).map(|step| step.name).collect()
}

async fn tables(database: &Fresh) -> usize {
    let sql = match database.backend {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Backend::Postgres => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    };
    database.all(sql).await.len()
}

async fn goes_up_and_down_and_up_again(backend: Backend) {
    let database = Fresh::empty(backend).await;
    let all = names(&database.url, false).await;
    assert!(all.len() >= 4 && all[0].contains("m0001_identity"), "{all:?}");
    assert_eq!(tables(&database).await, 0, "asking for the status makes nothing");
    assert_eq!(migrate_up(&database.url).await.unwrap(), all);
    assert_eq!(migrate_up(&database.url).await.unwrap(), Vec::<String>::new(), "the second time nothing is missing");
    let full = tables(&database).await;
    migrate_down(&database.url, 1).await.unwrap();
    assert_eq!(names(&database.url, false).await, all[all.len() - 1..]);
    migrate_down(&database.url, u32::try_from(all.len()).unwrap() - 1).await.unwrap();
    assert_eq!(tables(&database).await, 1, "only the list of steps is left");
    assert_eq!(migrate_up(&database.url).await.unwrap(), all);
    assert_eq!((names(&database.url, true).await, tables(&database).await), (all, full));
}

#[tokio::test]
async fn the_schema_goes_up_and_down_and_up_again_on_sqlite() {
    goes_up_and_down_and_up_again(Backend::Sqlite).await;
}

#[tokio::test]
async fn the_schema_goes_up_and_down_and_up_again_on_postgres() {
    goes_up_and_down_and_up_again(Backend::Postgres).await;
}

async fn many_at_once_end_with_one_schema(backend: Backend) {
    let database = Fresh::empty(backend).await;
    let nodes = (0..4).map(|_| {
        let url = database.url.clone();
        tokio::spawn(async move { migrate_up(&url).await })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap().unwrap();
    }
    assert_eq!(names(&database.url, false).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_nodes_that_migrate_at_once_end_with_one_schema_on_sqlite() {
    many_at_once_end_with_one_schema(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_nodes_that_migrate_at_once_end_with_one_schema_on_postgres() {
    many_at_once_end_with_one_schema(Backend::Postgres).await;
}

async fn whoever_was_there_before_availability_was_known_is_online(backend: Backend) {
    let database = Fresh::migrated(backend).await;
    let steps = names(&database.url, true).await;
    let at = steps.iter().position(|step| step.contains("m0007_availability")).unwrap();
    migrate_down(&database.url, u32::try_from(steps.len() - at).unwrap()).await.unwrap();
    let id = database.id(Uuid::from_u128(1));
    let (now, yes) = match backend {
        Backend::Sqlite => ("0", "1"),
        Backend::Postgres => ("now()", "true"),
    };
    let organization = format!(
        "INSERT INTO organization (id, name, slug, widget_key, allowed_origins, language, time_zone, ticket_prefix,
           epoch, created_at)
         VALUES ({id}, 'x', 'x', 'x', '[]', 'fr', 'Europe/Paris', 'T', {id}, {now})"
    );
    let user = |n: u128| {
        format!(
            "INSERT INTO user_account (organization_id, id, email, first_name, last_name, sort_key, language, role,
               active, created_at, updated_at, version)
             VALUES ({id}, {}, '{n}@example.org', 'A', 'B', 'a b', 'fr', 'agent', {yes}, {now}, {now}, 1)",
            database.id(Uuid::from_u128(n))
        )
    };
    database.run(&organization).await;
    database.run(&user(1)).await;
    migrate_up(&database.url).await.unwrap();
    // A program that does not know the column yet still adds users.
    database.run(&user(2)).await;
    let rows = database.all("SELECT availability FROM user_account").await;
    let found: Vec<String> = rows.iter().map(|row| row.try_get("", "availability").unwrap()).collect();
    assert_eq!(found, ["online", "online"]);
}

#[tokio::test]
async fn whoever_was_there_before_availability_was_known_is_online_on_sqlite() {
    whoever_was_there_before_availability_was_known_is_online(Backend::Sqlite).await;
}

#[tokio::test]
async fn whoever_was_there_before_availability_was_known_is_online_on_postgres() {
    whoever_was_there_before_availability_was_known_is_online(Backend::Postgres).await;
}

#[tokio::test]
async fn a_store_does_not_open_on_a_schema_that_lacks_a_step() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let database = Fresh::migrated(backend).await;
        let last = names(&database.url, true).await.pop().unwrap();
        migrate_down(&database.url, 1).await.unwrap();
        let hints = Arc::new(RecordedHints::default());
        let Err(refused) = SeaStore::connect(options(&database.url, hints)).await else { panic!("it opened") };
        let text = std::error::Error::source(&refused).unwrap().to_string();
        assert!(text.contains(&last) && text.contains("guichet migrate up"), "{text}");
    }
}

#[tokio::test]
async fn every_row_of_an_organisation_is_behind_the_wall() {
    let database = Fresh::migrated(Backend::Postgres).await;
    let open = database
        .all(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relkind = 'r' AND a.attname = 'organization_id' AND NOT c.relrowsecurity",
        )
        .await;
    let open: Vec<String> = open.iter().map(|row| row.try_get("", "relname").unwrap()).collect();
    assert_eq!(open, Vec::<String>::new());
    let without = database
        .all(
            "SELECT tablename FROM pg_tables t WHERE schemaname = 'public' AND NOT EXISTS (
               SELECT 1 FROM information_schema.columns c
               WHERE c.table_name = t.tablename AND c.column_name = 'organization_id')
             ORDER BY tablename",
        )
        .await;
    let without: Vec<String> = without.iter().map(|row| row.try_get("", "tablename").unwrap()).collect();
    assert_eq!(without, ["cluster", "job_run", "log_position", "organization", "seaql_migrations", "signing_key"]);
}

#[tokio::test]
async fn every_table_on_sqlite_is_strict() {
    let database = Fresh::migrated(Backend::Sqlite).await;
    let loose = database
        .all("SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'")
        .await;
    let loose: Vec<String> = loose.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    assert_eq!(loose, ["seaql_migrations"]);
}

/// A login as an operator makes one: it owns the database and may make no roles.
#[tokio::test]
async fn a_login_without_rights_is_told_what_a_superuser_has_to_run() {
    let database = Fresh::empty(Backend::Postgres).await;
    // So that the roles are there, as after another installation on the same cluster.
    Fresh::migrated(Backend::Postgres).await;
    let login = format!("guichet_login_{}", Uuid::now_v7().simple());
    let name = database.url.rsplit('/').next().unwrap().to_owned();
    database.run(&format!("CREATE ROLE {login} LOGIN; ALTER DATABASE {name} OWNER TO {login}")).await;
    let (scheme, rest) = admin_url().split_once("://").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let host = rest.split_once('@').map_or(rest.clone(), |(_, host)| host.to_owned());
    let url = with_database(&format!("{scheme}://{login}@{host}"), &name);

    let refused = migrate_up(&url).await.unwrap_err();
    let text = std::error::Error::source(&refused).unwrap().to_string();
    for role in ["guichet_app", "guichet_log", "guichet_gate", "guichet_eraser"] {
        assert!(text.contains(&format!("GRANT {role} TO LOGIN")), "{text}");
        database.run(&format!("GRANT {role} TO {login}")).await;
    }
    migrate_up(&url).await.unwrap();
    let store = SeaStore::connect(options(&url, Arc::new(RecordedHints::default()))).await.unwrap();
    assert_eq!(store.organizations().await.unwrap(), []);
    store.close().await;
    let owner = database.owner().await;
    owner.execute_unprepared(&format!("REASSIGN OWNED BY {login} TO CURRENT_USER")).await.unwrap();
    owner.execute_unprepared(&format!("DROP OWNED BY {login}; DROP ROLE {login}")).await.unwrap();
}

#[tokio::test]
async fn a_store_answers_a_ping_and_closes() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let test = TestStore::new(backend).await;
        test.store.ping().await.unwrap();
        let thread = test.fresh_thread(None).await;
        test.write(&thread, "a", "x").await;
        test.store.close().await;
        assert!(test.store.append(message(&thread, "b", "x")).await.is_err(), "it takes nothing more");
        assert!(test.store.ping().await.is_err());
    }
}
