//! Categories, canned replies and saved views: who sees and changes them.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{Caller, IdempotentCall, Once, Role};

use super::scene::{Scene, id};
use crate::{
    AgentHelpError, CannedReplies, Categories, Category, CategoryChange, CategoryName, ListedCategory, ReplyChange,
    ReplyContent, ReplyDraft, ReplyTitle, SavedView, SavedViews, Shortcut, SupportRequestError, ViewChange, ViewDraft,
    ViewName,
};

fn done<T: std::fmt::Debug>(once: Once<T>) -> T {
    match once {
        Once::Done(done) => done,
        Once::Repeat(repeat) => panic!("{repeat:?}"),
    }
}

fn word(text: &str) -> Category {
    Category::parse_id(text).unwrap()
}

fn category(id: &str) -> ListedCategory {
    let name = CategoryName::parse("Garantie").unwrap();
    ListedCategory { id: word(id), name_fr: name.clone(), name_en: name, position: 0, active: true }
}

fn wrong<T: std::fmt::Debug>(refused: Result<T, AgentHelpError>) -> String {
    match refused {
        Err(AgentHelpError::Invalid(fields)) => format!("{} {}", fields[0].field, fields[0].code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_category_has_a_plain_word() {
    for good in ["a", "warranty_2", "sav-auto", &"x".repeat(50)] {
        assert_eq!(Category::parse_id(good).unwrap().as_str(), good);
    }
    for (bad, code) in
        [("", "required"), (" ", "required"), (&"x".repeat(51), "too_long"), ("Été", "invalid"), ("a b", "invalid")]
    {
        assert_eq!(Category::parse_id(bad), Err(kernel::FieldError::new("id", code)), "{bad}");
    }
}

#[tokio::test]
async fn a_request_with_a_word_outside_the_active_list_is_refused_and_takes_no_number() {
    let scene = Scene::new();
    let admin = scene.user(Role::Admin, "Ange Morel");
    let categories = Categories::new(Arc::new(scene.store.clone()), scene.env.clone());
    let open = |word: &str| {
        let mut order = Scene::order_of(&scene.customer);
        order.category = Category::stored(word.to_owned());
        scene.desk.open(&scene.customer, order)
    };
    for unknown in ["spaceship", "Delivery"] {
        let refused = open(unknown).await;
        let Err(SupportRequestError::Invalid(fields)) = refused else { panic!("{refused:?}") };
        assert_eq!(fields, [kernel::FieldError::new("category", "unknown")]);
    }
    let first = open("delivery").await.unwrap().view.request;
    assert!(first.number.as_str().ends_with("-001"), "what was refused took no number: {}", first.number.as_str());
    done(categories.add(&admin, category("spaceship"), None, None).await.unwrap());
    open("spaceship").await.unwrap();
    let off = CategoryChange { active: Some(false), ..CategoryChange::default() };
    categories.change(&admin, &word("spaceship"), off).await.unwrap();
    assert!(open("spaceship").await.is_err());
    let audited: Vec<_> = scene.store.audit().iter().map(|one| (one.action, one.details["category"].clone())).collect();
    assert_eq!(audited, [("category.added", "spaceship".into()), ("category.changed", "spaceship".into())]);
}

#[tokio::test]
async fn a_request_is_not_moved_to_a_word_outside_the_active_list_and_keeps_the_one_it_has() {
    let scene = Scene::new();
    let admin = scene.user(Role::Admin, "Ange Morel");
    let categories = Categories::new(Arc::new(scene.store.clone()), scene.env.clone());
    let request = scene.desk.open(&scene.customer, Scene::order_of(&scene.customer)).await.unwrap().view.request;
    let update = |category: &str, priority| {
        let category = Some(Category::stored(category.to_owned()));
        let changes = crate::Changes { category, priority: Some(priority), ..crate::Changes::default() };
        scene.desk.act(&scene.agent, request.id, crate::Action::Update(Box::new(changes)), crate::Command::default())
    };
    let refused = update("spaceship", crate::Priority::High).await;
    let Err(SupportRequestError::Invalid(fields)) = refused else { panic!("{refused:?}") };
    assert_eq!(fields, [kernel::FieldError::new("category", "unknown")]);
    assert_eq!(update("billing", crate::Priority::High).await.unwrap().view.request.category.as_str(), "billing");
    let off = CategoryChange { active: Some(false), ..CategoryChange::default() };
    categories.change(&admin, &word("billing"), off).await.unwrap();
    let kept = update("billing", crate::Priority::Low).await.unwrap().view.request;
    assert_eq!((kept.category.as_str(), kept.priority), ("billing", crate::Priority::Low));
}

#[tokio::test]
async fn administrators_change_the_list_and_everybody_reads_what_is_active() {
    let scene = Scene::new();
    let admin = scene.user(Role::Admin, "Ange Morel");
    let categories = Categories::new(Arc::new(scene.store.clone()), scene.env.clone());
    for caller in [&scene.customer, &scene.agent, &scene.supervisor] {
        let refused = [
            categories.add(caller, category("warranty"), None, None).await.map(drop).unwrap_err(),
            categories.change(caller, &word("billing"), CategoryChange::default()).await.map(drop).unwrap_err(),
            categories.remove(caller, &word("billing")).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|error| matches!(error, AgentHelpError::NotAllowed(_))), "{refused:?}");
        assert_eq!(categories.list(caller).await.unwrap().len(), 7);
    }
    let added = done(categories.add(&admin, category("warranty"), None, None).await.unwrap());
    assert_eq!(added.position, 7, "as the last one");
    let taken = categories.add(&admin, category("warranty"), Some(1), None).await;
    assert!(matches!(taken, Err(AgentHelpError::CategoryTaken)), "{taken:?}");
    let change = CategoryChange {
        name_en: Some(CategoryName::parse("Warranty").unwrap()),
        position: Some(0),
        active: Some(false),
        ..CategoryChange::default()
    };
    let changed = categories.change(&admin, &word("warranty"), change).await.unwrap();
    assert_eq!((changed.name_fr.as_str(), changed.name_en.as_str()), ("Garantie", "Warranty"));
    assert_eq!(categories.list(&scene.agent).await.unwrap().len(), 8);
    for offered in
        [categories.list(&scene.customer).await.unwrap(), categories.offered(scene.organization).await.unwrap()]
    {
        assert!(offered.len() == 7 && offered.iter().all(|one| one.active));
    }
    categories.remove(&admin, &word("warranty")).await.unwrap();
    let gone = categories.remove(&admin, &word("warranty")).await;
    assert!(matches!(gone, Err(AgentHelpError::CategoryNotFound)), "{gone:?}");
    let gone = categories.change(&admin, &word("warranty"), CategoryChange::default()).await;
    assert!(matches!(gone, Err(AgentHelpError::CategoryNotFound)), "{gone:?}");
    let audited: Vec<_> = scene.store.audit().iter().map(|one| one.action).collect();
    assert_eq!(audited, ["category.added", "category.changed", "category.removed"], "what was refused is not there");
}

#[tokio::test]
async fn what_requests_carry_and_the_general_category_stay() {
    let scene = Scene::new();
    let admin = scene.user(Role::Admin, "Ange Morel");
    let categories = Categories::new(Arc::new(scene.store.clone()), scene.env.clone());
    scene.opened().await;
    for stays in ["delivery", Category::GENERAL] {
        let refused = categories.remove(&admin, &word(stays)).await;
        assert!(matches!(refused, Err(AgentHelpError::CategoryInUse)), "{stays}: {refused:?}");
    }
    let off = || CategoryChange { active: Some(false), ..CategoryChange::default() };
    assert_eq!(wrong(categories.change(&admin, &word(Category::GENERAL), off()).await), "active invalid");
    assert!(!categories.change(&admin, &word("delivery"), off()).await.unwrap().active);
}

#[tokio::test]
async fn a_list_of_categories_does_not_grow_without_end() {
    let scene = Scene::new();
    let admin = scene.user(Role::Admin, "Ange Morel");
    let categories = Categories::new(Arc::new(scene.store.clone()), scene.env.clone());
    for n in 7..ListedCategory::MOST {
        done(categories.add(&admin, category(&format!("c{n}")), None, None).await.unwrap());
    }
    assert_eq!(wrong(categories.add(&admin, category("more"), None, None).await), "id too_many");
}

#[test]
fn a_placeholder_is_one_that_somebody_fills_in() {
    for good in ["Merci.", "{{customer.name}}{{ request.number }}", "a { b } c }} d", "{{organization.name}}"] {
        assert!(ReplyContent::parse(good).is_ok(), "{good}");
    }
    for (bad, code) in [
        ("Bonjour {{customer}}", "unknown"),
        ("{{customer.email}}", "unknown"),
        ("{{}}", "unknown"),
        ("{{{customer.name}}}", "unknown"),
        ("{{customer.name", "invalid"),
        ("{{customer.name}} et {{", "invalid"),
        ("", "required"),
    ] {
        assert_eq!(ReplyContent::parse(bad), Err(kernel::FieldError::new("content", code)), "{bad}");
    }
    assert_eq!(Shortcut::parse(" /Délai-2 ").unwrap().as_str(), "délai-2");
    for (bad, code) in [("/", "required"), ("a b", "invalid"), ("a/b", "invalid"), (&"x".repeat(31), "too_long")] {
        assert_eq!(Shortcut::parse(bad), Err(kernel::FieldError::new("shortcut", code)), "{bad}");
    }
}

fn draft(shortcut: &str, content: &str, shared: bool) -> ReplyDraft {
    ReplyDraft {
        title: ReplyTitle::parse("Remboursement").unwrap(),
        shortcut: Shortcut::parse(shortcut).unwrap(),
        content: ReplyContent::parse(content).unwrap(),
        language: None,
        category: None,
        shared,
    }
}

fn replies(scene: &Scene) -> CannedReplies {
    CannedReplies::new(Arc::new(scene.store.clone()), Arc::new(scene.store.clone()), scene.env.clone())
}

async fn titles(replies: &CannedReplies, caller: &Caller, wanted: Option<&str>, of: Option<&str>) -> Vec<String> {
    let found = replies.list(caller, wanted, of.map(word).as_ref()).await.unwrap();
    found.iter().map(|reply| reply.draft.shortcut.as_str().to_owned()).collect()
}

#[tokio::test]
async fn own_replies_are_ones_own_and_shared_ones_are_kept_by_supervisors() {
    let scene = Scene::new();
    let replies = replies(&scene);
    let refused = replies.add(&scene.agent, draft("a", "x", true), None).await;
    assert!(matches!(refused, Err(AgentHelpError::NotAllowed(_))), "{refused:?}");
    let own = done(replies.add(&scene.agent, draft("own", "x", false), None).await.unwrap());
    let shared = done(replies.add(&scene.supervisor, draft("all", "x", true), None).await.unwrap());
    assert_eq!(own.owner, id(&scene.agent));
    assert_eq!(titles(&replies, &scene.agent, None, None).await, ["all", "own"]);
    assert_eq!(titles(&replies, &scene.supervisor, None, None).await, ["all"]);
    let change = |title: &str| ReplyChange { title: ReplyTitle::parse(title).ok(), ..ReplyChange::default() };
    for hidden in [
        replies.find(&scene.supervisor, own.id).await.map(drop),
        replies.change(&scene.supervisor, own.id, change("x")).await.map(drop),
        replies.remove(&scene.supervisor, own.id).await,
    ] {
        assert!(matches!(hidden, Err(AgentHelpError::CannedReplyNotFound)), "{hidden:?}");
    }
    for refused in [
        replies.change(&scene.agent, shared.id, change("x")).await.map(drop),
        replies.remove(&scene.agent, shared.id).await,
        replies.change(&scene.agent, own.id, ReplyChange { shared: Some(true), ..change("x") }).await.map(drop),
        replies.list(&scene.customer, None, None).await.map(drop),
    ] {
        assert!(matches!(refused, Err(AgentHelpError::NotAllowed(_))), "{refused:?}");
    }
    scene.pass(60);
    let changed = replies.change(&scene.agent, own.id, change("Délai")).await.unwrap();
    assert_eq!((changed.draft.title.as_str(), changed.updated_at > own.updated_at), ("Délai", true));
    let other = scene.user(Role::Admin, "Ange Morel");
    let private = ReplyChange { shared: Some(false), ..ReplyChange::default() };
    replies.change(&other, shared.id, private).await.unwrap();
    assert_eq!(titles(&replies, &other, None, None).await, [""; 0], "it is its maker's own again");
    assert_eq!(titles(&replies, &scene.supervisor, None, None).await, ["all"]);
    replies.remove(&scene.agent, own.id).await.unwrap();
    assert_eq!(titles(&replies, &scene.agent, None, None).await, [""; 0]);
}

#[tokio::test]
async fn replies_are_found_by_what_they_say_and_by_category() {
    let scene = Scene::new();
    let replies = replies(&scene);
    let billing = ReplyDraft { category: Some(word("billing")), ..draft("avoir", "Un AVOIR été émis", false) };
    for new in [billing, draft("delai", "Sous 5 jours", false)] {
        done(replies.add(&scene.agent, new, None).await.unwrap());
    }
    for (wanted, of, found) in [
        (Some("Été"), None, vec!["avoir"]),
        (Some("DELAI"), None, vec!["delai"]),
        (Some("remboursement"), None, vec!["avoir", "delai"]),
        (Some("rien"), None, vec![]),
        (None, Some("billing"), vec!["avoir", "delai"]),
        (None, Some("technical"), vec!["delai"]),
    ] {
        assert_eq!(titles(&replies, &scene.agent, wanted, of).await, found, "{wanted:?} {of:?}");
    }
    let unknown = ReplyDraft { category: Some(word("spaceship")), ..draft("x", "x", false) };
    assert_eq!(wrong(replies.add(&scene.agent, unknown, None).await), "category unknown");
    let taken = replies.add(&scene.agent, draft("delai", "x", false), None).await;
    assert!(matches!(taken, Err(AgentHelpError::ShortcutTaken)), "{taken:?}");
}

#[tokio::test]
async fn a_call_with_a_name_adds_one_reply_and_one_view() {
    let scene = Scene::new();
    let call = |operation| IdempotentCall {
        principal: id(&scene.agent).uuid(),
        operation,
        key: "k".to_owned(),
        body: "b".to_owned(),
        kept: None,
    };
    let (replies, views) = (replies(&scene), SavedViews::new(Arc::new(scene.store.clone()), scene.env.clone()));
    let first = done(replies.add(&scene.agent, draft("un", "x", false), Some(&call("reply"))).await.unwrap());
    let again = replies.add(&scene.agent, draft("un", "x", false), Some(&call("reply"))).await.unwrap();
    assert!(matches!(again, Once::Repeat(repeat) if repeat.resource == first.id.uuid()));
    let first = done(views.add(&scene.agent, view("Une", false), None, Some(&call("view"))).await.unwrap());
    let again = views.add(&scene.agent, view("Une", false), None, Some(&call("view"))).await.unwrap();
    assert!(matches!(again, Once::Repeat(repeat) if repeat.resource == first.id.uuid()));
}

fn view(name: &str, shared: bool) -> ViewDraft {
    let filter = BTreeMap::from([("assignee".to_owned(), "me".to_owned())]);
    ViewDraft { name: ViewName::parse(name).unwrap(), filter, sort: None, order: None, shared, position: 0 }
}

#[tokio::test]
async fn own_views_are_ones_own_and_shared_ones_are_kept_by_supervisors() {
    let scene = Scene::new();
    let views = SavedViews::new(Arc::new(scene.store.clone()), scene.env.clone());
    let refused = views.add(&scene.agent, view("Toutes", true), None, None).await;
    assert!(matches!(refused, Err(AgentHelpError::NotAllowed(_))), "{refused:?}");
    let own = done(views.add(&scene.agent, view("À moi", false), None, None).await.unwrap());
    let shared = done(views.add(&scene.supervisor, view("Toutes", true), None, None).await.unwrap());
    let names = |found: Vec<SavedView>| -> Vec<String> {
        found.iter().map(|view| view.draft.name.as_str().to_owned()).collect()
    };
    assert_eq!(names(views.list(&scene.agent).await.unwrap()), ["Toutes", "À moi"]);
    assert_eq!(names(views.list(&scene.supervisor).await.unwrap()), ["Toutes"]);
    let last = done(views.add(&scene.agent, view("Dernière", false), None, None).await.unwrap());
    assert_eq!(last.draft.position, 1, "behind those in sight");
    let change = || ViewChange { position: Some(9), ..ViewChange::default() };
    for hidden in [
        views.change(&scene.supervisor, own.id, change()).await.map(drop),
        views.remove(&scene.supervisor, own.id).await,
    ] {
        assert!(matches!(hidden, Err(AgentHelpError::SavedViewNotFound)), "{hidden:?}");
    }
    for refused in [
        views.change(&scene.agent, shared.id, change()).await.map(drop),
        views.remove(&scene.agent, shared.id).await,
        views.change(&scene.agent, own.id, ViewChange { shared: Some(true), ..change() }).await.map(drop),
        views.list(&scene.customer).await.map(drop),
    ] {
        assert!(matches!(refused, Err(AgentHelpError::NotAllowed(_))), "{refused:?}");
    }
    let wanted = ViewChange {
        filter: Some(BTreeMap::new()),
        sort: Some(Some("number".to_owned())),
        order: Some(Some("asc".to_owned())),
        ..change()
    };
    let changed = views.change(&scene.agent, own.id, wanted).await.unwrap();
    assert_eq!(views.find(&scene.agent, own.id).await.unwrap(), changed);
    assert_eq!((changed.draft.filter.len(), changed.draft.sort.as_deref()), (0, Some("number")));
    views.remove(&scene.supervisor, shared.id).await.unwrap();
    assert_eq!(names(views.list(&scene.agent).await.unwrap()), ["Dernière", "À moi"]);
}
