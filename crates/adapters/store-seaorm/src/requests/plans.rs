//! How the databases go about the lists, with 20 000 requests.

use std::sync::Arc;

use chat::testing::RecordedHints;
use kernel::{Order, OrganizationId, PageRequest, ParticipantId, Scope, Timestamp, UserId};
use support_request::{Asker, Category, Kind, RequestFilter, RequestSort, Status};
use uuid::Uuid;

use super::{promises, queue, routing, statistics, views};
use crate::{
    SeaStore, StoreOptions, conversations,
    database::{Backend, Fresh},
    db::{Db, Queries},
    row::Columns,
    sql::Sql,
};

const COUNT: i64 = 20_000;
const START: i64 = 1_700_000_000_000_000;

/// Two organisations, with most of the requests in the first.
struct Scene {
    store: Arc<SeaStore>,
    organization: OrganizationId,
    agent: UserId,
    database: Fresh,
}

impl Scene {
    async fn new(backend: Backend) -> Self {
        let database = Fresh::migrated(backend).await;
        let (large, small, agent) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        for id in [large, small] {
            let now = at(&database, "0");
            let sql = format!(
                "INSERT INTO organization (id, name, slug, widget_key, allowed_origins, language, time_zone, ticket_prefix,
                   epoch, created_at)
                 VALUES ({0}, 'x', '{id}', '{id}', '[]', 'fr', 'Europe/Paris', 'T', {0}, {now})",
                database.id(id)
            );
            database.run(&sql).await;
        }
        let person = format!(
            "INSERT INTO user_account (organization_id, id, email, first_name, last_name, sort_key, language, role, active,
               created_at, updated_at, version)
             VALUES ({}, {}, 'a@example.org', 'A', 'B', 'a b', 'fr', 'agent', {yes}, {now}, {now}, 1)",
            database.id(large),
            database.id(agent),
            yes = if backend == Backend::Postgres { "true" } else { "1" },
            now = at(&database, "0"),
        );
        database.run(&person).await;
        fill(&database, large, Some(agent), 0, COUNT).await;
        fill(&database, small, None, COUNT, COUNT / 10).await;
        take(&database, large).await;
        converse(&database).await;
        // As PostgreSQL does by itself after a while. SQLite has no statistics unless somebody asks.
        if backend == Backend::Postgres {
            database.run("VACUUM ANALYZE").await;
        }
        let options = StoreOptions::new(&database.url, Arc::new(RecordedHints::default()));
        let store = SeaStore::connect(options).await.unwrap();
        Self { store, organization: OrganizationId::new(large), agent: UserId::new(agent), database }
    }

    /// The steps of a statement.
    async fn plan(&self, sql: Sql) -> String {
        self.plan_on(self.store.app(self.organization).await, sql).await
    }

    async fn plan_on(&self, mut db: Db<'_>, sql: Sql) -> String {
        if self.store.is_postgres() {
            let rows = db.all(sql.explained("EXPLAIN (ANALYZE, TIMING off) ")).await.unwrap();
            rows.iter().map(|row| row.text("QUERY PLAN").unwrap() + "\n").collect()
        } else {
            let rows = db.all(sql.explained("EXPLAIN QUERY PLAN ")).await.unwrap();
            rows.iter().map(|row| row.text("detail").unwrap() + "\n").collect()
        }
    }
}

fn at(database: &Fresh, micros: &str) -> String {
    match database.backend {
        Backend::Sqlite => format!("({START} + {micros})"),
        Backend::Postgres => format!("(to_timestamp({}) + ({micros}) * interval '1 microsecond')", START / 1_000_000),
    }
}

/// As wide as real ones are; every tenth is the agent's, a third nobody's.
async fn fill(database: &Fresh, organization: Uuid, agent: Option<Uuid>, from: i64, count: i64) {
    let (numbers, id, json) = match database.backend {
        Backend::Sqlite => (
            format!(
                "WITH RECURSIVE g(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM g WHERE n + 1 < {})",
                from + count
            ),
            "unhex(printf('%032x', n + {}))",
            "CASE WHEN n % 50 = 0 THEN '[\"vip\"]' ELSE '[\"plain\"]' END, '{}'",
        ),
        Backend::Postgres => (
            format!("WITH g AS (SELECT n FROM generate_series({from}::bigint, {}) AS g(n))", from + count - 1),
            "lpad(to_hex(n + {}), 32, '0')::uuid",
            "CASE WHEN n % 50 = 0 THEN '[\"vip\"]'::jsonb ELSE '[\"plain\"]'::jsonb END, '{}'::jsonb",
        ),
    };
    let id = |base: i64| id.replace("{}", &base.to_string());
    let now = at(database, "n * 1000000");
    let agent =
        agent.map_or("NULL".to_owned(), |agent| format!("CASE WHEN n % 10 = 0 THEN {} END", database.id(agent)));
    let organization = database.id(organization);
    let requests = format!(
        "INSERT INTO support_request (organization_id, id, number, number_day, number_count, kind, source, status,
           priority, category, subject, description, tags, metadata, requester_id, requester_name, assignee_id,
           conversation_id, first_response_due_at, resolution_due_at, language, version, created_at, updated_at, active_at)
         {numbers}
         SELECT {organization}, {request}, 'T-' || n, 20240115, n, 'chat', 'web',
           CASE WHEN n % 5 = 0 THEN 'open' WHEN n % 5 = 1 THEN 'assigned' ELSE 'closed' END, 'normal', 'x',
           'What somebody asks for, in one line', '{words}', {json}, {person}, 'Camille Martin', {agent},
           {conversation}, {now}, {now}, 'fr', 1, {now}, {now}, {now} FROM g",
        request = id(1_000_000),
        conversation = id(2_000_000),
        person = id(3_000_000),
        words = "and in full, which is longer. ".repeat(10),
    );
    database.run(&requests).await;
    let conversations = format!(
        "INSERT INTO conversation (organization_id, id, support_request_id, requester_id, resolved, closed, created_at)
         {numbers} SELECT {organization}, {}, {}, {}, {no}, {no}, {now} FROM g",
        id(2_000_000),
        id(1_000_000),
        id(3_000_000),
        no = if database.backend == Backend::Postgres { "false" } else { "0" },
    );
    database.run(&conversations).await;
    // Something was said in each.
    let (column, value) = if database.backend == Backend::Postgres { (", tx_row", ", n") } else { ("", "") };
    let entries = format!(
        "INSERT INTO entry (organization_id, conversation_id, seq, entry_seq, id, change, sender_id, sender_kind,
           sender_name, message_kind, created_at, content_hash, client_message_id, content{column})
         {numbers} SELECT {organization}, {}, 1, 1, {}, 0, {}, 0, 'x', 0, {now}, 0, 'x', 'x'{value} FROM g",
        id(2_000_000),
        id(5_000_000),
        id(3_000_000),
    );
    database.run(&entries).await;
    // Who asks takes part in each, and somebody who was added in every hundredth.
    let (no, yes) = if database.backend == Backend::Postgres { ("false", "true") } else { ("0", "1") };
    for (every, member, kind, who) in [(1, no, 0, id(3_000_000)), (100, yes, 1, id(4_000_000))] {
        let participants = format!(
            "INSERT INTO participant (organization_id, conversation_id, participant_id, kind, name, member, joined_at)
             {numbers} SELECT {organization}, {}, {who}, {kind}, 'x', {member}, {now} FROM g WHERE n % {every} = 0",
            id(2_000_000),
        );
        database.run(&participants).await;
    }
}

/// A chat that somebody was assigned to, for each second one.
async fn take(database: &Fresh, organization: Uuid) {
    let (id, now, json) = match database.backend {
        Backend::Sqlite => ("randomblob(16)", "r.created_at + 60000000", "'{}'"),
        Backend::Postgres => ("gen_random_uuid()", "r.created_at + interval '1 minute'", "'{}'::jsonb"),
    };
    for (position, kind, old, new) in [(1, "created", "NULL", "'open'"), (2, "assignee_changed", "NULL", "'somebody'")]
    {
        let entries = format!(
            "INSERT INTO timeline_entry (organization_id, support_request_id, position, id, kind, old, new, actor_name,
               metadata, customer_told, created_at)
             SELECT r.organization_id, r.id, {position}, {id}, '{kind}', {old}, {new}, 'x', {json}, {no}, {now}
             FROM support_request r WHERE r.organization_id = {} AND r.number_count % 2 = 0",
            database.id(organization),
            no = if database.backend == Backend::Postgres { "false" } else { "0" },
        );
        database.run(&entries).await;
    }
}

/// A session of each conversation; one in two hundred goes on, and of those most are lively.
async fn converse(database: &Fresh) {
    let (minute, id) = match database.backend {
        Backend::Sqlite => ("60000000", "randomblob(16)"),
        Backend::Postgres => ("interval '1 minute'", "gen_random_uuid()"),
    };
    let active = "r.number_count % 200 = 0";
    let sessions = format!(
        "INSERT INTO chat_session (organization_id, id, conversation_id, status, started_at, last_activity_at, ended_at,
           first_seq, last_seq)
         SELECT r.organization_id, {id}, r.conversation_id, CASE WHEN {active} THEN 'active' ELSE 'closed' END,
           r.created_at, r.created_at, CASE WHEN {active} THEN NULL ELSE r.created_at + {minute} END,
           1, CASE WHEN {active} THEN NULL ELSE 3 END FROM support_request r"
    );
    database.run(&sessions).await;
}

/// What an inbox asks for, under each rule of sight.
fn asked(scene: &Scene) -> Vec<(Scope, RequestFilter)> {
    let any = RequestFilter { order: Order::Descending, ..RequestFilter::default() };
    let late = Timestamp::from_micros(START + (COUNT - 100) * 1_000_000);
    let staff = [Scope::All, Scope::Agent(scene.agent)];
    let filters = [
        any.clone(),
        RequestFilter { assignee: Some(Some(scene.agent)), ..any.clone() },
        RequestFilter { assignee: Some(None), ..any.clone() },
        RequestFilter { status: vec![Status::Open, Status::Assigned], ..any.clone() },
        RequestFilter { changed_since: Some(late), order: Order::Ascending, ..any.clone() },
    ];
    let mut asked: Vec<_> = staff.into_iter().flat_map(|scope| filters.clone().map(|filter| (scope, filter))).collect();
    let person = ParticipantId::new(Uuid::from_u128(3_000_007));
    asked.push((Scope::Requester(person), any));
    asked
}

async fn lists_are_read_from_indexes(backend: Backend) {
    let scene = Scene::new(backend).await;
    let page = PageRequest::default();
    for (scope, filter) in asked(&scene) {
        for sql in
            [views::ids(scene.organization, scope, &filter, page), views::count(scene.organization, scope, &filter)]
        {
            let plan = scene.plan(sql).await;
            assert!(!scans(backend, &plan), "{scope:?} {filter:?}\n{plan}");
        }
        assert_eq!(filter.sort, RequestSort::UpdatedAt, "as a list is sorted when nothing is said");
        if !matches!(scope, Scope::Requester(_)) && filter.assignee.flatten().is_none() {
            let plan = scene.plan(views::ids(scene.organization, scope, &filter, page)).await;
            let in_order =
                ["support_request_inbox", "support_request_unsettled"].iter().any(|index| plan.contains(index));
            assert!(in_order && !sorts(&plan), "the page ends where it is full\n{plan}");
        }
    }
}

/// What lists are asked for besides: each finds its rows by an index, and those of an order of their own come in it.
async fn other_lists_are_read_from_indexes(backend: Backend) {
    let scene = Scene::new(backend).await;
    let any = RequestFilter::default();
    let text = |text: &str| Some(text.to_owned());
    let moment = |seconds: i64| Some(Timestamp::from_micros(START + seconds * 1_000_000));
    let filters = [
        RequestFilter { requester_email: text("Nobody@example.org"), ..any.clone() },
        RequestFilter { tag: text("vip"), ..any.clone() },
        RequestFilter { order_id: text("o-1"), ..any.clone() },
        RequestFilter { category: Some(Category::stored("other".to_owned())), ..any.clone() },
        RequestFilter { kind: vec![Kind::Claim], ..any.clone() },
        RequestFilter { status: vec![Status::Closed], ..any.clone() },
        RequestFilter { created_from: moment(10), created_to: moment(100), ..any.clone() },
        RequestFilter { sort: RequestSort::CreatedAt, ..any.clone() },
        RequestFilter { sort: RequestSort::DueAt, ..any.clone() },
        RequestFilter { sort: RequestSort::Number, ..any.clone() },
        RequestFilter { sort: RequestSort::Priority, ..any.clone() },
    ];
    for filter in filters {
        let page = views::ids(scene.organization, Scope::All, &filter, PageRequest::default());
        let (page, count) =
            (scene.plan(page).await, scene.plan(views::count(scene.organization, Scope::All, &filter)).await);
        assert!(!scans(backend, &page) && !scans(backend, &count), "{filter:?}\n{page}\n{count}");
        assert!(filter.sort == RequestSort::default() || !sorts(&page), "{filter:?}\n{page}");
    }
}

/// The numbers of everybody come from one index alone.
async fn statistics_are_read_from_indexes(backend: Backend) {
    let scene = Scene::new(backend).await;
    let postgres = scene.store.is_postgres();
    let email = Asker::Email("nobody@example.org".to_owned());
    // In this scene an agent sees nearly all there is, of which reading the table is quickest.
    for asker in [None, Some(&email)] {
        let tallies = scene.plan(statistics::tallies(scene.organization, Scope::All, asker, postgres)).await;
        let nobody = ParticipantId::new(Uuid::from_u128(9));
        let unread = scene.plan(statistics::unread(scene.organization, Scope::All, nobody, asker)).await;
        assert!(!scans(backend, &tallies) && !scans(backend, &unread), "{asker:?}\n{tallies}\n{unread}");
        if asker.is_none() {
            let alone = ["Index Only Scan using support_request_tally", "COVERING INDEX support_request_tally"];
            assert!(alone.iter().any(|alone| tallies.contains(alone)), "{tallies}");
        }
    }
}

async fn the_last_session_is_read_from_its_index(backend: Backend) {
    let scene = Scene::new(backend).await;
    let some = (0..20).map(|n| Uuid::from_u128(2_000_000 + n)).collect();
    let plan = scene.plan(conversations::last_sessions(scene.organization, some)).await;
    assert!(!scans(backend, &plan), "{plan}");
}

async fn the_queue_is_read_from_indexes(backend: Backend) {
    let scene = Scene::new(backend).await;
    let plan = scene.plan(queue::waiting(scene.organization)).await;
    // Of the two thousand that wait here PostgreSQL reads the rows by page, and sorts them then.
    let sorted = backend == Backend::Sqlite && sorts(&plan);
    assert!(plan.contains("support_request_queue") && !scans(backend, &plan) && !sorted, "{plan}");
    let lately = Timestamp::from_micros(START + (COUNT - 3_600) * 1_000_000);
    let plan = scene.plan(queue::waits(scene.organization, lately, 20)).await;
    assert!(plan.contains("timeline_entry_taken") && !scans(backend, &plan) && !sorts(&plan), "{plan}");
}

async fn idle_sessions_are_read_from_their_index(backend: Backend) {
    let scene = Scene::new(backend).await;
    let before = Timestamp::from_micros(START + 1_000 * 1_000_000);
    let sweep = [conversations::moved_on(before), conversations::idle(before, before, 500)];
    for sql in sweep {
        let plan = scene.plan_on(scene.store.log_writes().await, sql).await;
        assert!(plan.contains("chat_session_idle") && !scans(backend, &plan), "{plan}");
    }
}

async fn deadlines_are_read_from_their_index(backend: Backend) {
    let scene = Scene::new(backend).await;
    // As if ten of them had news, and the others none for a long time.
    let (soon, late) = (at(&scene.database, "10000000"), at(&scene.database, "10000000000000"));
    let moved =
        format!("UPDATE support_request SET sla_next_at = CASE WHEN number_count < 10 THEN {soon} ELSE {late} END");
    scene.database.run(&moved).await;
    if backend == Backend::Postgres {
        scene.database.run("VACUUM ANALYZE").await;
    }
    let soon = Timestamp::from_micros(START + 10_000_000);
    let plan = scene.plan_on(scene.store.log_reads().await, promises::passed_sql(soon, 200)).await;
    assert!(plan.contains("support_request_deadline") && !scans(backend, &plan) && !sorts(&plan), "{plan}");
}

async fn what_is_given_out_is_read_from_indexes(backend: Backend) {
    let scene = Scene::new(backend).await;
    let now = Timestamp::from_micros(START + COUNT * 1_000_000);
    let plan = scene.plan(routing::waiting(scene.organization, now, 100)).await;
    assert!(plan.contains("support_request_unassigned") && !scans(backend, &plan) && !sorts(&plan), "{plan}");
    let plan = scene.plan(routing::agents(scene.organization)).await;
    assert!(plan.contains("support_request_load") && !plan.contains("Seq Scan on support_request"), "{plan}");
}

/// Whether a table is read from one end to the other.
fn scans(backend: Backend, plan: &str) -> bool {
    match backend {
        Backend::Postgres => plan.contains("Seq Scan"),
        Backend::Sqlite => plan.lines().any(|line| {
            line.starts_with("SCAN")
                && !line.contains("USING")
                && !line.contains("VIRTUAL TABLE")
                && line != "SCAN found"
        }),
    }
}

fn sorts(plan: &str) -> bool {
    plan.contains("Sort") || plan.contains("TEMP B-TREE")
}

#[tokio::test]
async fn lists_of_many_requests_are_read_from_indexes_on_sqlite() {
    lists_are_read_from_indexes(Backend::Sqlite).await;
}

#[tokio::test]
async fn lists_of_many_requests_are_read_from_indexes_on_postgres() {
    lists_are_read_from_indexes(Backend::Postgres).await;
}

#[tokio::test]
async fn lists_of_any_kind_are_read_from_indexes_on_sqlite() {
    other_lists_are_read_from_indexes(Backend::Sqlite).await;
}

#[tokio::test]
async fn lists_of_any_kind_are_read_from_indexes_on_postgres() {
    other_lists_are_read_from_indexes(Backend::Postgres).await;
}

#[tokio::test]
async fn statistics_of_many_requests_are_read_from_indexes_on_sqlite() {
    statistics_are_read_from_indexes(Backend::Sqlite).await;
}

#[tokio::test]
async fn statistics_of_many_requests_are_read_from_indexes_on_postgres() {
    statistics_are_read_from_indexes(Backend::Postgres).await;
}

#[tokio::test]
async fn the_last_session_among_many_is_read_from_its_index_on_sqlite() {
    the_last_session_is_read_from_its_index(Backend::Sqlite).await;
}

#[tokio::test]
async fn the_last_session_among_many_is_read_from_its_index_on_postgres() {
    the_last_session_is_read_from_its_index(Backend::Postgres).await;
}

#[tokio::test]
async fn the_queue_among_many_requests_is_read_from_indexes_on_sqlite() {
    the_queue_is_read_from_indexes(Backend::Sqlite).await;
}

#[tokio::test]
async fn the_queue_among_many_requests_is_read_from_indexes_on_postgres() {
    the_queue_is_read_from_indexes(Backend::Postgres).await;
}

#[tokio::test]
async fn deadlines_among_many_are_read_from_their_index_on_sqlite() {
    deadlines_are_read_from_their_index(Backend::Sqlite).await;
}

#[tokio::test]
async fn deadlines_among_many_are_read_from_their_index_on_postgres() {
    deadlines_are_read_from_their_index(Backend::Postgres).await;
}

#[tokio::test]
async fn what_is_given_out_among_many_is_read_from_indexes_on_sqlite() {
    what_is_given_out_is_read_from_indexes(Backend::Sqlite).await;
}

#[tokio::test]
async fn what_is_given_out_among_many_is_read_from_indexes_on_postgres() {
    what_is_given_out_is_read_from_indexes(Backend::Postgres).await;
}

#[tokio::test]
async fn idle_sessions_among_many_are_read_from_their_index_on_sqlite() {
    idle_sessions_are_read_from_their_index(Backend::Sqlite).await;
}

#[tokio::test]
async fn idle_sessions_among_many_are_read_from_their_index_on_postgres() {
    idle_sessions_are_read_from_their_index(Backend::Postgres).await;
}
