//! What the store takes away and tells, on both databases. That nothing is left at all is shown on the whole product.

use identity::{AuditFilter, AuditViews};
use kernel::{
    AuditEntry, AuditTrail, Caller, Env, Language, PageRequest, ParticipantId, Role, SessionId, SupportRequestId,
    SystemEnv, UserCaller, UserId,
};
use privacy::{Erasure, ErasureStore, Extent};
use support_request::CustomerViews;

use crate::{database::Backend, harness::TestStore};

const BACKENDS: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_time_is_over_loses_all_that_was_said_in_it_and_counts_on() {
    for backend in BACKENDS {
        let test = TestStore::new(backend).await;
        let (old, kept) = (test.fresh_thread(None).await, test.fresh_thread(None).await);
        let young = test.fresh_thread(Some(old.organization)).await;
        for thread in [&old, &young, &kept] {
            test.write(thread, "a", "ce qui a été dit").await;
            let id = test.database.id(thread.support_request.uuid());
            let past = match backend {
                Backend::Sqlite => "1000000",
                Backend::Postgres => "'2001-01-01'",
            };
            let closed = format!("UPDATE support_request SET status = 'closed', closed_at = {past} WHERE id = {id}");
            if thread.id != young.id {
                test.database.run(&closed).await;
            }
        }
        let now = SystemEnv.now();
        let expired = test.store.closed_before(old.organization, now, 10).await.unwrap();
        assert_eq!(expired, [old.support_request], "{backend:?}: neither an open one nor another organisation's");
        assert_eq!(
            test.store.closed_before(old.organization, kernel::Timestamp::from_micros(1), 10).await.unwrap(),
            []
        );

        let extent = Extent::Request(old.support_request);
        let erasure = Erasure { id: SystemEnv.uuid(), organization: old.organization, extent, requested_at: now };
        test.store.note(&erasure).await.unwrap();
        test.store.note(&erasure).await.unwrap();
        assert_eq!(test.store.erasures(true).await.unwrap(), [erasure]);
        assert_eq!(test.store.messages(&erasure).await.unwrap().len(), 1);
        assert_eq!(test.store.blank(&erasure, now).await.unwrap(), [old.support_request]);
        assert_eq!(test.store.blank(&erasure, now).await.unwrap(), Vec::<SupportRequestId>::new(), "once is enough");
        assert_eq!(test.store.erasures(true).await.unwrap(), []);
        assert_eq!(test.store.erasures(false).await.unwrap(), [erasure]);
        assert_eq!(test.store.closed_before(old.organization, now, 10).await.unwrap(), []);
        let said = test.database.all("SELECT content FROM entry WHERE content IS NOT NULL").await;
        assert_eq!(said.len(), 2, "{backend:?}: only its own words are gone");
        let counted = test.database.all("SELECT 1 AS one FROM support_request WHERE status = 'closed'").await;
        assert_eq!(counted.len(), 2, "{backend:?}: it is still counted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_by_id_and_by_e_mail_within_their_organisation() {
    for backend in BACKENDS {
        let test = TestStore::new(backend).await;
        let thread = test.fresh_thread(None).await;
        let id = UserId::new(thread.requester.uuid());
        let email = format!("U{}@DEMO.test", id.uuid().simple());
        let other = test.fresh_organization().await;
        let found = async |organization, id, email| test.store.people(organization, id, email).await.unwrap();
        assert_eq!(found(thread.organization, Some(id), None).await, [thread.requester]);
        assert_eq!(found(thread.organization, None, Some(email.as_str())).await, [thread.requester]);
        assert_eq!(found(other, Some(id), Some(email.as_str())).await, Vec::<ParticipantId>::new(), "{backend:?}");
        assert_eq!(found(thread.organization, None, None).await, Vec::<ParticipantId>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_are_found_by_a_piece_and_counted() {
    for backend in BACKENDS {
        let test = TestStore::new(backend).await;
        let thread = test.fresh_thread(None).await;
        let page = PageRequest::default();
        let list = async |text| test.store.customers(thread.organization, text, page).await.unwrap();
        let all = list(None).await;
        assert_eq!((all.total, all.items.len()), (1, 1), "{backend:?}");
        let one = &all.items[0];
        assert_eq!((one.id, one.is_guest, one.name.as_str()), (thread.requester, false, "Camille Martin"));
        assert_eq!((one.requests, one.open_requests, one.last_request_at.is_some()), (1, 1, true));
        for (text, total) in [("MARTIN", 1), ("lle m", 1), ("@demo.test", 1), ("nobody", 0), ("%", 0)] {
            assert_eq!(list(Some(text)).await.total, total, "{backend:?}: {text}");
        }
        let found = test.store.customer(thread.organization, thread.requester).await.unwrap();
        assert_eq!(found.as_ref(), Some(one));
        let [organization, person] =
            [thread.organization.uuid(), thread.requester.uuid()].map(|id| test.database.id(id));
        let account = format!(
            "INSERT INTO guest (organization_id, id, name, language, created_at)
             SELECT organization_id, id, 'Camille M.', language, created_at FROM user_account
             WHERE organization_id = {organization} AND id = {person} ON CONFLICT DO NOTHING"
        );
        test.database.run(&account).await;
        assert_eq!(
            (list(None).await.total, list(Some("martin")).await.total),
            (1, 1),
            "a guest with an account is one"
        );
        let elsewhere = test.fresh_organization().await;
        assert_eq!(test.store.customer(elsewhere, thread.requester).await.unwrap(), None);
        assert_eq!(test.store.customers(elsewhere, None, page).await.unwrap().total, 0);
    }
}

/// Whoever came as a guest and has an account since has one id as both, and letters at one address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_goes_with_its_guest_and_a_guests_token_leaves_the_account_its_address() {
    for backend in BACKENDS {
        let test = TestStore::new(backend).await;
        let thread = test.fresh_thread(None).await;
        let organization = thread.organization;
        let (o, person) = (test.database.id(organization.uuid()), test.database.id(thread.requester.uuid()));
        let own = format!("WHERE organization_id = {o} AND id = {person}");
        for sql in [
            format!("DELETE FROM guest {own}"),
            format!(
                "INSERT INTO guest (organization_id, id, name, email, language, created_at)
                 SELECT organization_id, id, 'Camille M.', email, language, created_at FROM user_account {own}"
            ),
            format!(
                "INSERT INTO letter (organization_id, id, email, language, content, attempts, created_at)
                 SELECT organization_id, id, email, language, 'sealed', 0, created_at FROM user_account {own}"
            ),
            format!(
                "INSERT INTO account_token (organization_id, id, kind, hash, email, created_at, expires_at)
                 SELECT organization_id, id, 'password_reset', 'h', email, created_at, created_at
                 FROM user_account {own}"
            ),
        ] {
            test.database.run(&sql).await;
        }
        let count = async |from: &str| test.database.all(&format!("SELECT 1 AS one FROM {from}")).await.len();
        let erase = async |extent| {
            let erasure = Erasure { id: SystemEnv.uuid(), organization, extent, requested_at: SystemEnv.now() };
            test.store.note(&erasure).await.unwrap();
            let addresses = test.store.addresses(&erasure).await.unwrap();
            test.store.blank(&erasure, SystemEnv.now()).await.unwrap();
            addresses
        };
        let reachable = format!("guest {own} AND email IS NOT NULL");
        let none = Vec::<String>::new();
        assert_eq!(erase(Extent::PersonIn(thread.requester, thread.support_request)).await, none, "{backend:?}");
        assert_eq!((count(&reachable).await, count("letter").await, count("account_token").await), (1, 1, 1));
        let addresses = erase(Extent::Person(thread.requester)).await;
        assert!(addresses.len() == 1 && addresses[0].contains('@'), "{backend:?}: {addresses:?}");
        assert_eq!((count(&reachable).await, count("letter").await, count("account_token").await), (0, 0, 0));
        assert_eq!(count("guest WHERE name = 'Camille M.'").await, 0, "{backend:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_is_read_with_the_names_of_now_and_never_across_organisations() {
    for backend in BACKENDS {
        let test = TestStore::new(backend).await;
        let thread = test.fresh_thread(None).await;
        let caller = Caller::User(UserCaller {
            organization: thread.organization,
            id: UserId::new(thread.requester.uuid()),
            role: Role::Customer,
            name: "Camille Martin".to_owned(),
            session: SessionId::new(SystemEnv.uuid()),
            language: Language::Fr,
            expires_at: SystemEnv.now(),
        });
        let first = AuditEntry::by(&caller, "user.changed", &SystemEnv).on("user", thread.requester.uuid());
        let first = first.with("role", "agent");
        let second = AuditEntry::by_operator(thread.organization, "user.created", &SystemEnv);
        let second = second.on("support_request", thread.support_request.uuid());
        for entry in [&first, &second] {
            test.store.record_alone(entry).await.unwrap();
        }
        let page = PageRequest::default();
        let read = async |filter: AuditFilter| test.store.audit_log(thread.organization, &filter, page).await.unwrap();
        let all = read(AuditFilter::default()).await;
        assert_eq!(all.items.iter().map(|one| one.id).collect::<Vec<_>>(), [second.id, first.id], "{backend:?}");
        let [operator, person] = all.items.as_slice() else { panic!("{all:?}") };
        assert_eq!((&operator.actor, operator.at), (&None, second.at));
        let target = operator.target.as_ref().unwrap();
        assert!(target.0 == "support_request" && target.2.as_ref().unwrap().starts_with('T'), "{target:?}");
        let name = Some("Camille Martin".to_owned());
        assert_eq!(person.actor, Some((thread.requester.uuid(), name.clone())));
        assert_eq!(person.target, Some(("user".to_owned(), thread.requester.uuid(), name)));
        assert_eq!(person.details, serde_json::json!({ "role": "agent" }));
        for (filter, total) in [
            (AuditFilter { action: Some("user".into()), ..AuditFilter::default() }, 2),
            (AuditFilter { action: Some("use".into()), ..AuditFilter::default() }, 0),
            (AuditFilter { action: Some("user.created".into()), ..AuditFilter::default() }, 1),
            (AuditFilter { actor: Some(thread.requester.uuid()), ..AuditFilter::default() }, 1),
            (AuditFilter { target: Some(thread.requester.uuid()), ..AuditFilter::default() }, 1),
            (AuditFilter { to: Some(first.at), ..AuditFilter::default() }, 0),
            (AuditFilter { from: Some(first.at), ..AuditFilter::default() }, 2),
        ] {
            assert_eq!(read(filter.clone()).await.total, total, "{backend:?}: {filter:?}");
        }
        let elsewhere = test.fresh_organization().await;
        assert_eq!(test.store.audit_log(elsewhere, &AuditFilter::default(), page).await.unwrap().total, 0);
    }
}
