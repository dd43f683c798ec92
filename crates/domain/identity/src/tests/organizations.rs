//! Which organisation is meant.

use kernel::Refusal;

use crate::{IdentityError, OrganizationRef, testing::Fixture};

fn code<T>(outcome: Result<T, IdentityError>) -> &'static str {
    outcome.err().map_or("none", |error| error.code())
}

#[tokio::test]
async fn an_organization_is_found_by_short_name_widget_key_or_being_the_only_one() {
    let fixture = Fixture::new().await;
    let find = async |given: Option<&str>| {
        let host = Some("help.example".to_owned());
        fixture.identity.organization(&OrganizationRef { given: given.map(Into::into), host }).await
    };
    let key = fixture.organization.widget_key.as_str();
    assert!(key.starts_with("pk_"));
    for given in [Some("demo"), Some(key), None] {
        assert_eq!(find(given).await.unwrap(), fixture.organization, "{given:?}");
    }
    for given in ["Demo", "", "other", "' OR 1=1 --"] {
        assert_eq!(code(find(Some(given)).await), "identity.organization_not_found", "{given:?}");
    }
    fixture.identity.create_organization(crate::testing::new_organization("other")).await.unwrap();
    assert_eq!(code(find(None).await), "identity.organization_not_found", "there are two");
    assert_eq!(fixture.identity.organizations().await.unwrap().len(), 2);
    assert_eq!(fixture.identity.organization_by_id(fixture.organization.id).await.unwrap(), fixture.organization);
}

#[tokio::test]
async fn a_short_name_is_taken_once() {
    let fixture = Fixture::new().await;
    let again = fixture.identity.create_organization(crate::testing::new_organization("demo")).await;
    assert_eq!(code(again), "identity.slug_taken");
    let wrong = crate::NewOrganization {
        name: " ".into(),
        slug: "Démo".into(),
        allowed_origins: vec!["*".into()],
        time_zone: "../x".into(),
        ticket_prefix: Some("ticket".into()),
        ..crate::testing::new_organization("x")
    };
    let refused = fixture.identity.create_organization(wrong).await.unwrap_err();
    let fields: Vec<_> = refused.fields().iter().map(|field| field.field).collect();
    assert_eq!(fields, ["name", "slug", "allowed_origins", "time_zone", "ticket_prefix"]);
}
