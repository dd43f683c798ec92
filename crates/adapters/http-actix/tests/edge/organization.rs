use actix_web::http::StatusCode;
use kernel::Role;
use serde_json::json;

use super::world::World;

const PATH: &str = "/api/v1/organization";

#[actix_web::test]
async fn staff_read_the_organization_and_administrators_change_it() {
    let world = World::new().await;
    let (admin, agent) = (world.token(Role::Admin).await, world.token(Role::Agent).await);
    let before = world.get(PATH, &agent).await.expect(StatusCode::OK);
    assert_eq!((&before["slug"], &before["ticket_prefix"]), (&json!("demo"), &json!("TICKET")));
    assert_eq!(before["widget_key"].as_str().unwrap().get(..3), Some("pk_"));
    for (field, value) in [
        ("auto_assign", json!(false)),
        ("escalation_hours", json!(2)),
        ("auto_close_days", json!(7)),
        ("archive_days", json!(90)),
        ("retention_years", json!(3)),
        ("surveys", json!(true)),
    ] {
        assert_eq!(before[field], value, "{field} as long as nobody has set it");
    }
    let change = json!({"name": " Maison Dupont ", "allowed_origins": ["https://WWW.exemple.fr:443"], "language": "en",
        "time_zone": "America/Montreal", "ticket_prefix": "SAV", "auto_assign": true, "archive_days": null,
        "auto_close_days": 30, "slug": "other", "widget_key": "pk_other"});
    let patch = async |token: String, body| world.call("PATCH", PATH, Some(&token), Some(body)).await;
    for role in [Role::Customer, Role::Agent, Role::Supervisor] {
        patch(world.token(role).await, change.clone()).await.problem(403, "forbidden");
    }
    world.get(PATH, &world.token(Role::Customer).await).await.problem(403, "forbidden");
    assert_eq!(world.get(PATH, &agent).await.expect(StatusCode::OK), before);
    let after = patch(admin.clone(), change).await.expect(StatusCode::OK);
    let mut wanted = before;
    for (field, value) in [
        ("name", json!("Maison Dupont")),
        ("allowed_origins", json!(["https://www.exemple.fr"])),
        ("language", json!("en")),
        ("time_zone", json!("America/Montreal")),
        ("ticket_prefix", json!("SAV")),
        ("auto_assign", json!(true)),
        ("archive_days", json!(null)),
        ("auto_close_days", json!(30)),
    ] {
        wanted[field] = value;
    }
    assert_eq!(after, wanted, "and nothing else");
    assert_eq!(world.get(PATH, &agent).await.expect(StatusCode::OK), wanted);
    let untouched = patch(admin, json!({})).await.expect(StatusCode::OK);
    assert_eq!(untouched, wanted, "what is left out stays, switched off or not");
}

#[actix_web::test]
async fn what_is_wrong_with_an_organization_is_told_all_at_once_and_nothing_is_set() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let before = world.get(PATH, &admin).await.expect(StatusCode::OK);
    let wrong = json!({"name": "", "allowed_origins": ["*"], "language": "de", "time_zone": "Mars/Olympus",
        "ticket_prefix": "sav", "auto_assign": true, "escalation_hours": 0, "auto_close_days": 366,
        "archive_days": 3651, "retention_years": 101});
    let fields = world.call("PATCH", PATH, Some(&admin), Some(wrong)).await.wrong_fields();
    assert_eq!(
        fields,
        [
            "language unknown",
            "time_zone unknown",
            "name required",
            "allowed_origins invalid",
            "ticket_prefix invalid",
            "escalation_hours out_of_range",
            "auto_close_days out_of_range",
            "archive_days out_of_range",
            "retention_years out_of_range",
        ]
    );
    let half = json!({"name": "Autre", "archive_days": 0});
    world.call("PATCH", PATH, Some(&admin), Some(half)).await.problem(422, "invalid");
    let origins: Vec<_> = (0..101).map(|n| format!("https://s{n}.example")).collect();
    let many = world.call("PATCH", PATH, Some(&admin), Some(json!({"allowed_origins": origins}))).await.wrong_fields();
    assert_eq!(many, ["allowed_origins too_many"]);
    assert_eq!(world.get(PATH, &admin).await.expect(StatusCode::OK), before);
}
