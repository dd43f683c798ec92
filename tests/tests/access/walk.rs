//! The walk over REST.

use crate::marks::{Mark, On, Role, Whose};
use crate::rows::{ROWS, Row};
use crate::stage::{Stage, Subject, With, document};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::collections::BTreeSet;
use tests::database::Store;
use tests::dump::{dump, rows};
use tests::over_both_stores;
use tests::rest::{Answer, Rest, send};
use tests::server::Server;
use tests::upload::{Form, PIXEL};

over_both_stores!(everybody_gets_what_the_table_says_and_what_is_refused_changes_nothing);

#[test]
fn every_operation_of_the_document_has_a_row() {
    let document = document();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = ["get", "put", "post", "delete", "patch"];
        let of_path = methods.iter().filter(|method| item[**method].is_object());
        documented.extend(of_path.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.operation.to_owned()).collect();
    let without: Vec<_> = documented.difference(&rows).collect();
    let unknown: Vec<_> = rows.difference(&documented).collect();
    assert!(without.is_empty() && unknown.is_empty(), "without a row: {without:?}; rows of nothing: {unknown:?}");
}

/// One call that is to be made.
struct Call {
    row: &'static Row,
    role: Role,
    whose: Whose,
    mark: Mark,
    subject: Subject,
}

async fn everybody_gets_what_the_table_says_and_what_is_refused_changes_nothing(store: Store) {
    let stage = Stage::over(store).await;
    let mut wrong = Vec::new();
    let mut calls = Vec::new();
    for row in ROWS {
        for (role, whose, mark) in row.on.read(row.marks).into_iter().filter(|(_, whose, _)| Stage::has(*whose)) {
            let subject = stage.subject(row.on, role, whose, row.with(mark)).await;
            calls.push(Call { row, role, whose, mark, subject });
        }
    }
    // A message that is noticed later would reopen what was resolved here.
    settled(&stage.server).await;
    for call in &calls {
        call.prepare(&stage).await;
    }
    let before = settled(&stage.server).await;
    // Those that change nothing come first, so that they can be shown to.
    for call in calls.iter().filter(|call| call.mark != Mark::Done) {
        call.check(&stage, &mut wrong).await;
    }
    let after = settled(&stage.server).await;
    let changed: Vec<_> = after.iter().filter(|row| before.binary_search(row).is_err()).collect();
    let gone: Vec<_> = before.iter().filter(|row| after.binary_search(row).is_err()).collect();
    assert!(wrong.is_empty(), "{} answers are not as the table says:\n{}", wrong.len(), wrong.join("\n"));
    assert!(changed.is_empty() && gone.is_empty(), "refused calls left {changed:#?} in place of {gone:#?}");
    for call in calls.iter().filter(|call| call.mark == Mark::Done) {
        call.check(&stage, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "{} answers are not as the table says:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is stored, once what follows from earlier calls has followed: where the consumers of the log stand, and that
/// tasks ran by the clock, does not belong to it. What those tasks did does.
pub(crate) async fn settled(server: &Server) -> Vec<String> {
    let volatile = ["log_position", "inbox", "job_run"];
    let mut last = rows(&dump(server), &volatile);
    for _ in 0..50 {
        // What follows from a message comes at most a second after it.
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        let now = rows(&dump(server), &volatile);
        if now == last {
            return now;
        }
        last = now;
    }
    panic!("the database does not come to rest");
}

impl Row {
    fn with(&self, mark: Mark) -> With {
        let on_file = self.operation.contains("/attachments/{id}") || self.operation.contains("/files/{id}");
        match self.on {
            On::OwnMessage if mark == Mark::Done => With::OwnMessage,
            On::OwnFile if mark == Mark::Done => With::OwnFile,
            On::Link => With::Link,
            On::OwnNote if mark == Mark::Done => With::OwnNote,
            On::OwnNote | On::Note => With::Note,
            _ if on_file => With::File,
            _ => With::Nothing,
        }
    }
}

/// Where many are named and each is answered by itself, what was answered to the first that could not be done.
fn answered_to_the_first(text: &str) -> Option<u16> {
    let answer: Value = serde_json::from_str(text).ok()?;
    let first = answer["items"].get(0).filter(|first| first["done"] == false)?;
    first["problem"]["status"].as_u64()?.try_into().ok()
}

impl Call {
    /// Brings the request into the state that the operation needs.
    async fn prepare(&self, stage: &Stage) {
        let is_foreign = self.whose == Whose::Foreign;
        let admin = stage.admin_of(is_foreign);
        for (operation, body) in self.row.first {
            let (method, path) = operation.split_once(' ').unwrap();
            let path = format!("~{}", stage.fill(path, &self.subject));
            let mut request = admin.request(method.parse::<Method>().unwrap(), &path);
            if !body.is_empty() {
                // Another organisation's admins have colleagues of their own.
                let body =
                    if is_foreign { body.replace("{colleague}", &stage.foreign_agent.id) } else { (*body).into() };
                let body = stage.fill(&body, &self.subject);
                request = request.header(CONTENT_TYPE, "application/json").body(body);
            }
            let done = send(request).await;
            assert!(matches!(done.status, 200..300), "{}: {operation}: {}", self.row.operation, done.text);
        }
    }

    async fn check(&self, stage: &Stage, wrong: &mut Vec<String>) {
        let Self { row, role, whose, mark, subject } = self;
        let rest = stage.caller(*role, *whose, subject);
        let answer = if row.on == On::List { self.look(stage, &rest).await } else { self.answer(stage, &rest).await };
        let (status, text) = answer;
        let as_said = match mark {
            Mark::Done => (200..300).contains(&status) || (!row.or.is_empty() && text.contains(row.or)),
            Mark::Absent => status == 404,
            Mark::Refused => status == 403,
            Mark::Stranger => status == 401,
            Mark::Unknown => status == 422,
        };
        if !as_said {
            wrong.push(format!(
                "{} by {role:?} on {whose:?} of {:?}: {status}, not {mark:?}: {text:.200}",
                row.operation, row.on
            ));
        }
    }

    async fn answer(&self, stage: &Stage, rest: &Rest) -> (u16, String) {
        let (method, path) = self.row.operation.split_once(' ').unwrap();
        let path = match self.row.on {
            On::Link => self.subject.link.clone(),
            _ => format!("{}{}", stage.fill(path, &self.subject), stage.fill(self.row.query, &self.subject)),
        };
        let mut request = rest.request(method.parse::<Method>().unwrap(), &format!("~{path}"));
        if self.row.form {
            let form = Form::default().file("photo.png", PIXEL);
            request = request.header(CONTENT_TYPE, Form::content_type()).body(form.body());
        } else if !self.row.body.is_empty() {
            let body = stage.fill(self.row.body, &self.subject);
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        // A picture is no text, and its content is of no interest here.
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        let text = String::from_utf8_lossy(&response.bytes().await.expect("a body")).into_owned();
        (answered_to_the_first(&text).unwrap_or(status), text)
    }

    /// Whether the request of this case is in a list, over all its pages: 200 when it is, 404 when it is not.
    async fn look(&self, stage: &Stage, rest: &Rest) -> (u16, String) {
        let (_, path) = self.row.operation.split_once(' ').unwrap();
        let mut page = 1;
        loop {
            let query = stage.fill(self.row.query, &self.subject);
            let mark = if query.is_empty() { '?' } else { '&' };
            let answer: Answer =
                send(rest.request(Method::GET, &format!("~{path}{query}{mark}limit=100&page={page}"))).await;
            if answer.status != 200 {
                return (answer.status, answer.text);
            }
            let items = answer.body["items"].as_array().expect("items").clone();
            let (request, conversation) = (&self.subject.request, &self.subject.conversation);
            if items.iter().any(|item| item["id"] == **request || item["id"] == **conversation) {
                return (200, String::new());
            }
            if items.len() < 100 {
                return (404, "it is not in the list".to_owned());
            }
            page += 1;
        }
    }
}
