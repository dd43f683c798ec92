//! What is stored, so that a test can say that nothing was.

use serde_json::{Value, json};
use tests::people::{Person, Visitor};

/// Everything that an administrator can see and an attack could change.
pub(crate) async fn snapshot(admin: &Person, visitor: &Visitor) -> Value {
    let mut all = Vec::new();
    for path in [
        "/support-requests?limit=100&sort=created_at".to_owned(),
        "/users?limit=100".to_owned(),
        "/organization".to_owned(),
        "/routing-rules".to_owned(),
        format!("/support-requests/{}/timeline", visitor.support_request),
        format!("/support-requests/{}/notes", visitor.support_request),
        format!("/support-requests/{}/participants", visitor.support_request),
        "/categories".to_owned(),
        "/canned-replies".to_owned(),
        "/saved-views".to_owned(),
        format!("/conversations/{}", visitor.conversation),
    ] {
        let mut body = admin.rest.get(&path).await.expect(200);
        forget_presence(&mut body);
        all.push(body);
    }
    all.push(json!(admin.rest.all_messages(&visitor.conversation).await));
    json!(all)
}

/// Who happens to be connected is not stored.
fn forget_presence(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| name != "online");
            fields.values_mut().for_each(forget_presence);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_presence),
        _ => {}
    }
}
