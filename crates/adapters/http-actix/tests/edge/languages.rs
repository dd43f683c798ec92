use actix_web::test::TestRequest;
use kernel::Role;
use serde_json::json;

use super::world::World;

#[actix_web::test]
async fn a_problem_speaks_the_language_that_was_asked_for_else_the_callers() {
    let world = World::new().await;
    let admin = world.token(Role::Admin).await;
    let customer = world.user_id(Role::Customer).await;
    let path = format!("/api/v1/users/{customer}");
    let english = json!({"language": "en"});
    world.call("PATCH", &path, Some(&admin), Some(english)).await.expect(actix_web::http::StatusCode::OK);
    let token = world.token(Role::Customer).await;
    let ask = |accept: Option<&'static str>| {
        let mut request = TestRequest::post().uri("/api/v1/support-requests").set_json(json!({"description": ""}));
        request = request.insert_header(("authorization", format!("Bearer {token}")));
        if let Some(accept) = accept {
            request = request.insert_header(("accept-language", accept));
        }
        world.send(request)
    };
    for (accept, language) in [(None, "en"), (Some("fr"), "fr"), (Some("en;q=0.2, fr;q=0.1"), "en"), (Some("de"), "en")]
    {
        let reply = ask(accept).await;
        assert_eq!(reply.header("content-language"), Some(language));
        let problem = reply.problem(422, "invalid");
        assert_eq!(problem["title"], format!("{language} title.invalid"));
        assert_eq!(problem["detail"], format!("{language} invalid"));
        assert_eq!(problem["errors"][0]["message"], format!("{language} field.required"));
    }
    let nobody = world.call("GET", "/api/v1/auth/me", None, None).await.problem(401, "unauthenticated");
    assert_eq!(nobody["detail"], "fr unauthenticated");
}
