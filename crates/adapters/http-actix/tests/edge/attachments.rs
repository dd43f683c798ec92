//! Files over fakes: what a call is answered, whatever the parts behind it do.

use actix_web::{
    http::{Method, StatusCode},
    test::TestRequest,
};
use kernel::{PortErrorKind, Role};
use serde_json::Value;

use super::world::{Reply, World};

struct Scene {
    world: World,
    token: String,
    conversation: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let token = world.token(Role::Customer).await;
        let (conversation, _) = world.opened(&token).await;
        Self { world, token, conversation }
    }

    async fn upload(&self, key: Option<&str>, content: &str) -> Reply {
        let path = format!("/api/v1/conversations/{}/attachments", self.conversation);
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{content}\r\n--b--\r\n"
        );
        let mut request = TestRequest::with_uri(&path).method(Method::POST).set_payload(body);
        request = request.insert_header(("content-type", "multipart/form-data; boundary=b"));
        request = request.insert_header(("authorization", format!("Bearer {}", self.token)));
        if let Some(key) = key {
            request = request.insert_header(("idempotency-key", key));
        }
        self.world.send(request).await
    }

    async fn kept(&self) -> Value {
        self.upload(None, "words").await.expect(StatusCode::CREATED)["items"][0].clone()
    }
}

#[actix_web::test]
async fn an_upload_is_answered_as_the_parts_behind_it_do() {
    let scene = Scene::new().await;
    let kept = scene.kept().await;
    assert_eq!(
        (&kept["status"], &kept["mime_type"], &kept["size"]),
        (&"ready".into(), &"text/plain".into(), &5.into())
    );
    for (kind, status, code) in
        [(PortErrorKind::Unavailable, 503, "unavailable"), (PortErrorKind::Full, 507, "storage_full")]
    {
        scene.world.files.fail(Some(kind));
        scene.upload(None, "words").await.problem(status, code);
    }
    scene.world.files.fail(None);
    scene.upload(None, "EICAR").await.problem(422, "chat.attachment_infected");
    scene.upload(None, "MZ\0").await.problem(415, "chat.attachment_kind");
    scene.upload(None, &"x".repeat((1 << 20) + 1)).await.problem(413, "chat.attachment_too_large");
    scene.upload(None, "").await.problem(422, "invalid");
    scene.world.scanner.down(true);
    let held = scene.upload(None, "words").await.expect(StatusCode::CREATED)["items"][0].clone();
    assert_eq!(held["status"], "pending");
    let link = format!("/api/v1/attachments/{}/link", held["id"].as_str().unwrap());
    scene.world.get(&link, &scene.token).await.problem(409, "chat.attachment_not_ready");
}

#[actix_web::test]
async fn an_upload_with_a_key_counts_once() {
    let scene = Scene::new().await;
    let first = scene.upload(Some("key"), "words").await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(StatusCode::CREATED);
    let again = scene.upload(Some("key"), "words").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(StatusCode::OK), first);
    scene.upload(Some("key"), "other words").await.problem(422, "idempotency_mismatch");
    scene.upload(Some("two words"), "words").await.problem(400, "idempotency_key_invalid");
    assert_eq!(scene.world.files.count(), 1);
}

#[actix_web::test]
async fn a_file_is_given_to_whoever_has_its_address_and_to_nobody_else() {
    let scene = Scene::new().await;
    let id = scene.kept().await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/attachments/{id}/download");
    let answer = scene.world.get(&path, &scene.token).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let address = answer.header("location").unwrap().strip_prefix("https://help.example").unwrap().to_owned();
    let file = scene.world.call("GET", &address, None, None).await;
    assert_eq!((file.status, file.bytes.as_slice()), (StatusCode::OK, &b"words"[..]));
    assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"));
    let last = address.chars().last().unwrap();
    let forged = format!("{}{}", &address[..address.len() - 1], if last == 'A' { 'B' } else { 'A' });
    for bad in [forged, address.replace("expires=", "expires=9"), format!("{address}&inline=true"), path.clone() + "?x"]
    {
        let answer = scene.world.call("GET", &bad, None, None).await;
        assert!(matches!(answer.status.as_u16(), 401 | 404 | 422), "{bad}: {}", answer.status);
    }
    scene.world.identity.env.pass(chat::Uploads::LINK_LIFE);
    scene.world.call("GET", &address, None, None).await.problem(404, "not_found");
}
