//! What stores of categories, canned replies and saved views must do.

use std::collections::BTreeMap;

use kernel::{CannedReplyId, Claim, IdempotentCall, Language, OrganizationId, Repeat, SavedViewId, UserId};

use super::Scene;
use super::deadlines::audited;
use crate::{
    CannedReply, Category, CategoryName, ListedCategory, Removal, ReplyContent, ReplyDraft, ReplyTitle, SavedView,
    Shortcut, Stored, ViewDraft, ViewName,
    testing::{Harness, side_by_side},
};

fn category(id: &str, position: u32) -> ListedCategory {
    ListedCategory {
        id: Category::parse_id(id).unwrap(),
        name_fr: CategoryName::parse("Garantie légale").unwrap(),
        name_en: CategoryName::parse("Warranty").unwrap(),
        position,
        active: true,
    }
}

fn words(all: &[ListedCategory]) -> Vec<&str> {
    all.iter().map(|one| one.id.as_str()).collect()
}

async fn list(h: &impl Harness, organization: OrganizationId) -> Vec<ListedCategory> {
    h.categories().categories(organization).await.unwrap()
}

async fn insert(h: &impl Harness, organization: OrganizationId, category: &ListedCategory) -> Stored {
    h.categories().insert_category(organization, category, None, h.env().now(), &audited(organization)).await.unwrap()
}

async fn takes(h: &impl Harness, organization: OrganizationId, id: &str) -> bool {
    let mut tx = h.store().begin(organization).await.unwrap();
    tx.requests().takes_category(&Category::stored(id.to_owned())).await.unwrap()
}

/// As long as nobody has changed it.
pub async fn a_list_of_categories_begins_with_the_usual_ones(h: &impl Harness) {
    let organization = h.organization().await;
    let all = list(h, organization).await;
    assert_eq!(words(&all), ["general", "technical", "billing", "delivery", "product", "complaint", "suggestion"]);
    assert_eq!(all, ListedCategory::defaults());
    assert!(takes(h, organization, "billing").await);
    for other in ["other", "Billing", ""] {
        assert!(!takes(h, organization, other).await, "{other}");
    }
}

/// Added, changed, deactivated, taken off.
pub async fn a_list_of_categories_is_changed_one_by_one(h: &impl Harness) {
    let organization = h.organization().await;
    let (warranty, recall) = (category("warranty", 3), category("recall", 0));
    for new in [&warranty, &recall] {
        assert_eq!(insert(h, organization, new).await, Stored::Done);
        assert_eq!(insert(h, organization, new).await, Stored::Taken);
    }
    assert_eq!(insert(h, organization, &category("billing", 0)).await, Stored::Taken);
    let usual = "general recall technical billing delivery warranty product complaint suggestion";
    assert_eq!(words(&list(h, organization).await).join(" "), usual, "by position, then by word");
    assert!(takes(h, organization, "warranty").await);
    let mut changed = warranty.clone();
    (changed.active, changed.position) = (false, 90);
    changed.name_fr = CategoryName::parse("Garantie").unwrap();
    assert!(h.categories().update_category(organization, &changed, &audited(organization)).await.unwrap());
    assert_eq!(list(h, organization).await.last(), Some(&changed));
    assert!(!takes(h, organization, "warranty").await, "not while it is inactive");
    assert!(
        !h.categories().update_category(organization, &category("nothing", 0), &audited(organization)).await.unwrap()
    );
    let remove = |id: &str| {
        let (store, id) = (h.categories(), Category::stored(id.to_owned()));
        async move { store.remove_category(organization, &id, &audited(organization)).await.unwrap() }
    };
    assert_eq!(remove("warranty").await, Removal::Done);
    assert_eq!(remove("warranty").await, Removal::Missing);
    assert_eq!(remove("product").await, Removal::Done);
    let left = "general recall technical billing delivery complaint suggestion";
    assert_eq!(words(&list(h, organization).await).join(" "), left);
    assert!(!takes(h, organization, "product").await);
}

/// Also when the list was never changed.
pub async fn a_category_that_requests_carry_stays_on_the_list(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let request = scene.stored(h, 1).await;
    for _ in 0..2 {
        let used = h
            .categories()
            .remove_category(scene.organization, &request.category, &audited(scene.organization))
            .await
            .unwrap();
        assert_eq!(used, Removal::InUse);
        assert!(takes(h, scene.organization, request.category.as_str()).await);
        let other = Category::stored("suggestion".to_owned());
        h.categories().remove_category(scene.organization, &other, &audited(scene.organization)).await.unwrap();
    }
}

/// The usual categories are stored once, and each change is there.
pub async fn of_many_first_changes_of_a_list_none_is_lost(h: &impl Harness) {
    let organization = h.organization().await;
    let new: Vec<ListedCategory> = (0..6).map(|n| category(&format!("new-{n}"), 10 + n)).collect();
    let done = side_by_side(new.iter().map(|new| insert(h, organization, new))).await;
    assert!(done.iter().all(|done| *done == Stored::Done), "{done:?}");
    let all = list(h, organization).await;
    assert_eq!(all.len(), ListedCategory::defaults().len() + new.len());
    assert_eq!(all[7..], new);
}

/// Neither what is added nor what is taken off.
pub async fn lists_of_categories_are_apart_from_each_other(h: &impl Harness) {
    let (one, other) = (h.organization().await, h.organization().await);
    assert_eq!(insert(h, one, &category("warranty", 3)).await, Stored::Done);
    h.categories().remove_category(one, &Category::stored("billing".to_owned()), &audited(one)).await.unwrap();
    assert_eq!(list(h, other).await, ListedCategory::defaults());
    assert!(takes(h, other, "billing").await && !takes(h, other, "warranty").await);
}

fn reply(h: &impl Harness, owner: UserId, shortcut: &str, shared: bool) -> CannedReply {
    let now = h.env().now();
    CannedReply {
        id: CannedReplyId::new(h.env().uuid()),
        owner,
        draft: ReplyDraft {
            title: ReplyTitle::parse("Délai de remboursement").unwrap(),
            shortcut: Shortcut::parse(shortcut).unwrap(),
            content: ReplyContent::parse("Bonjour {{customer.first_name}},\n…").unwrap(),
            language: None,
            category: None,
            shared,
        },
        created_at: now,
        updated_at: now,
    }
}

/// By shortcut; changed and removed; not across organisations.
pub async fn a_canned_reply_reads_back_for_its_owner_and_a_shared_one_for_all(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let (organization, store) = (scene.organization, h.canned_replies());
    let colleague = h.agent(organization, "Claude", "Blanc").await;
    let mut own = reply(h, scene.agent, "zèbre", false);
    let shared = reply(h, colleague, "delai", true);
    for new in [&own, &shared] {
        assert_eq!(store.insert_canned_reply(organization, new, None).await.unwrap(), Stored::Done);
    }
    let seen = |organization, agent| {
        let store = h.canned_replies();
        async move { store.canned_replies(organization, agent).await.unwrap() }
    };
    assert_eq!(seen(organization, scene.agent).await, [shared.clone(), own.clone()]);
    assert_eq!(seen(organization, colleague).await, std::slice::from_ref(&shared));
    assert_eq!(seen(abroad.organization, scene.agent).await, []);
    (own.draft.language, own.draft.category) = (Some(Language::En), Some(Category::stored("billing".to_owned())));
    (own.draft.shared, own.updated_at) = (true, h.env().now());
    assert_eq!(store.update_canned_reply(organization, &own).await.unwrap(), Stored::Done);
    assert_eq!(seen(organization, colleague).await, [shared.clone(), own.clone()]);
    store.remove_canned_reply(abroad.organization, own.id).await.unwrap();
    store.remove_canned_reply(organization, shared.id).await.unwrap();
    store.remove_canned_reply(organization, shared.id).await.unwrap();
    assert_eq!(seen(organization, colleague).await, [own]);
}

/// When added and when changed.
pub async fn a_shortcut_is_taken_once_by_each_agent_and_once_by_all(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (organization, store) = (scene.organization, h.canned_replies());
    let colleague = h.agent(organization, "Claude", "Blanc").await;
    for (owner, shared, expected) in [
        (scene.agent, false, Stored::Done),
        (scene.agent, false, Stored::Taken),
        (colleague, false, Stored::Done),
        (colleague, true, Stored::Done),
        (scene.agent, true, Stored::Taken),
    ] {
        let new = reply(h, owner, "merci", shared);
        assert_eq!(store.insert_canned_reply(organization, &new, None).await.unwrap(), expected, "{owner} {shared}");
    }
    let mut other = reply(h, scene.agent, "autre", false);
    assert_eq!(store.insert_canned_reply(organization, &other, None).await.unwrap(), Stored::Done);
    other.draft.shortcut = Shortcut::parse("merci").unwrap();
    assert_eq!(store.update_canned_reply(organization, &other).await.unwrap(), Stored::Taken);
    other.draft.shortcut = Shortcut::parse("autre").unwrap();
    assert_eq!(store.update_canned_reply(organization, &other).await.unwrap(), Stored::Done, "its own is no other's");
    assert_eq!(store.canned_replies(organization, scene.agent).await.unwrap().len(), 3);
}

fn view(h: &impl Harness, owner: UserId, name: &str, position: u32, shared: bool) -> SavedView {
    let filter = BTreeMap::from([("status".to_owned(), "open,assigned".to_owned())]);
    let name = ViewName::parse(name).unwrap();
    let draft = ViewDraft { name, filter, sort: None, order: None, shared, position };
    SavedView { id: SavedViewId::new(h.env().uuid()), owner, draft, created_at: h.env().now() }
}

/// By position, then by name; changed and removed; not across organisations.
pub async fn a_saved_view_reads_back_for_its_owner_and_a_shared_one_for_all(h: &impl Harness) {
    let (scene, abroad) = (Scene::new(h).await, Scene::new(h).await);
    let (organization, store) = (scene.organization, h.saved_views());
    let colleague = h.agent(organization, "Claude", "Blanc").await;
    let mut own = view(h, scene.agent, "À moi", 1, false);
    let (early, late) = (view(h, colleague, "Urgentes", 0, true), view(h, colleague, "Anciennes", 1, true));
    for new in [&own, &late, &early] {
        assert_eq!(store.insert_saved_view(organization, new, None).await.unwrap(), Stored::Done);
    }
    let seen = |organization, agent| {
        let store = h.saved_views();
        async move { store.saved_views(organization, agent).await.unwrap() }
    };
    assert_eq!(seen(organization, scene.agent).await, [early.clone(), late.clone(), own.clone()]);
    assert_eq!(seen(organization, colleague).await, [early.clone(), late.clone()]);
    assert_eq!(seen(abroad.organization, scene.agent).await, []);
    own.draft.filter.insert("assignee".to_owned(), "me".to_owned());
    (own.draft.sort, own.draft.order) = (Some("priority".to_owned()), Some("asc".to_owned()));
    (own.draft.position, own.draft.shared) = (7, true);
    store.update_saved_view(organization, &own).await.unwrap();
    assert_eq!(seen(organization, colleague).await, [early.clone(), late.clone(), own.clone()]);
    store.remove_saved_view(abroad.organization, own.id).await.unwrap();
    store.remove_saved_view(organization, late.id).await.unwrap();
    store.remove_saved_view(organization, late.id).await.unwrap();
    assert_eq!(seen(organization, colleague).await, [early, own]);
}

/// The same again names what the first one added; what was refused is forgotten.
pub async fn what_is_added_by_a_call_with_a_name_is_added_once(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (organization, principal) = (scene.organization, scene.agent.uuid());
    let call =
        |operation| IdempotentCall { principal, operation, key: "k".to_owned(), body: "b".to_owned(), kept: None };
    let repeat = |resource| Stored::Before(Claim::Repeat(Repeat { resource, kept: None }));
    let (categories, now) = (h.categories(), h.env().now());
    let add = |new: ListedCategory| {
        let (categories, call) = (categories.clone(), call("category"));
        async move {
            categories.insert_category(organization, &new, Some(&call), now, &audited(organization)).await.unwrap()
        }
    };
    assert_eq!(add(category("billing", 0)).await, Stored::Taken);
    assert_eq!(add(category("warranty", 0)).await, Stored::Done);
    assert_eq!(add(category("warranty", 0)).await, repeat(organization.uuid()));

    let (first, second) = (reply(h, scene.agent, "un", false), reply(h, scene.agent, "deux", false));
    let store = h.canned_replies();
    let insert = |new: CannedReply| {
        let (store, call) = (store.clone(), call("reply"));
        async move { store.insert_canned_reply(organization, &new, Some(&call)).await.unwrap() }
    };
    assert_eq!(insert(first.clone()).await, Stored::Done);
    assert_eq!(insert(second).await, repeat(first.id.uuid()));
    assert_eq!(store.canned_replies(organization, scene.agent).await.unwrap(), [first]);

    let (first, second) = (view(h, scene.agent, "Une", 0, false), view(h, scene.agent, "Deux", 0, false));
    let (store, named) = (h.saved_views(), call("view"));
    assert_eq!(store.insert_saved_view(organization, &first, Some(&named)).await.unwrap(), Stored::Done);
    let again = store.insert_saved_view(organization, &second, Some(&named)).await.unwrap();
    assert_eq!(again, repeat(first.id.uuid()));
    assert_eq!(store.saved_views(organization, scene.agent).await.unwrap(), [first]);
}
