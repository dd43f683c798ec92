use actix_web::http::StatusCode;
use uuid::Uuid;

use super::world::World;

#[actix_web::test]
async fn mails_of_a_demonstration_are_shown_as_text() {
    let world = World::new().await;
    let list = world.call("GET", "/dev/mailbox", None, None).await;
    assert_eq!(list.status, StatusCode::OK);
    let policy = list.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let text = list.text();
    let id = Uuid::from_u128(7);
    assert!(text.contains(&format!("<a href=\"/dev/mailbox/{id}\">Demande &lt;b&gt;1&lt;/b&gt;</a>")), "{text}");

    let one = world.call("GET", &format!("/dev/mailbox/{id}"), None, None).await;
    assert_eq!((one.status, one.header("cache-control")), (StatusCode::OK, Some("no-store")));
    let text = one.text();
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !text.contains("<script"), "{text}");
    let link = "https://help.example/r/T-1#gst_x";
    assert!(text.contains(&format!("<a href=\"{link}\">{link}</a>")), "{text}");
    assert!(!text.contains("href=\"https://help.example.evil"), "only our own addresses: {text}");
    assert_eq!(world.call("GET", &format!("/dev/mailbox/{}", Uuid::from_u128(8)), None, None).await.status, 404);
    assert_eq!(world.call("GET", "/dev/mailbox/..%2fsecret", None, None).await.status, 404);
}

#[actix_web::test]
async fn a_server_that_is_no_demonstration_shows_no_mails() {
    let world = World::without_mailbox().await;
    for path in ["/dev/mailbox", "/dev/mailbox/00000000-0000-0000-0000-000000000007"] {
        assert_eq!(world.call("GET", path, None, None).await.status, StatusCode::NOT_FOUND);
    }
}
