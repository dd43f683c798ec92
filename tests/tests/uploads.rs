//! Files that come in: what is bad in them, how they are cut, and parts that are down.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use futures_util::future::join_all;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::database::Store;
use tests::faults::process::resident_kib;
use tests::faults::rows::disk::SmallDisk;
use tests::people::{Visitor, text};
use tests::rest::{Answer, send};
use tests::scanner::{Clamd, eicar};
use tests::server::{Server, Settings};
use tests::storage::{Middleman, S3, Spoilt, files_below};
use tests::upload::{Form, PIXEL};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const MIB: usize = 1 << 20;

/// Bytes that are text, and no two files the same.
fn bytes(seed: usize, length: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b'a' + u8::try_from((state >> 33) % 26).unwrap()
    };
    (0..length).map(letter).collect()
}

async fn visitor(server: &Server) -> Visitor {
    server.visitor("Ana Diaz", Some("Bonjour")).await
}

async fn upload(visitor: &Visitor, name: &str, content: &[u8]) -> Answer {
    visitor.rest.upload(&visitor.conversation, "", Form::default().file(name, content)).await
}

/// What of a server's own folder belongs to uploads.
fn kept(server: &Server) -> Vec<String> {
    let files = files_below(&server.home().join("demo/files"));
    files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

async fn listed(visitor: &Visitor) -> usize {
    let path = format!("/conversations/{}/attachments", visitor.conversation);
    visitor.rest.get(&path).await.expect(200)["items"].as_array().unwrap().len()
}

/// The bytes of a file, as whoever follows its address gets them.
async fn download(visitor: &Visitor, server: &Server, id: &str) -> Vec<u8> {
    let link = visitor.rest.get(&format!("/attachments/{id}/link")).await.expect(200);
    let answer = reqwest::get(reachable(server, text(&link["url"]))).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

/// The same address on the port of this test.
fn reachable(server: &Server, url: &str) -> String {
    match url.find("/api/v1/files/") {
        Some(at) => format!("{}{}", server.base(), &url[at..]),
        None => url.to_owned(),
    }
}

/// Sends the head of an upload, and what comes of it.
async fn begin(server: &Server, visitor: &Visitor, lines: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /api/v1/conversations/{}/attachments HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: {}\r\n{lines}\r\n\r\n",
        visitor.conversation,
        server.address(),
        visitor.rest.token(),
        Form::content_type(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The status of the answer.
async fn status(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 12];
    timeout(Duration::from_secs(10), stream.read_exact(&mut head)).await.unwrap().unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_file_has_at_most_ten_mebibytes_and_not_one_byte_more() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    assert_eq!(upload(&visitor, "empty.txt", b"").await.problem(422), "invalid");
    let most = bytes(1, 10 * MIB);
    let answer = upload(&visitor, "most.txt", &most).await.expect(201);
    assert_eq!(answer["items"][0]["size"], 10 * MIB);
    assert!(download(&visitor, &server, text(&answer["items"][0]["id"])).await == most);
    assert_eq!(upload(&visitor, "more.txt", &bytes(2, 10 * MIB + 1)).await.problem(413), "chat.attachment_too_large");

    let mut announced = begin(&server, &visitor, "Content-Length: 5368709120").await;
    let asked = Instant::now();
    assert_eq!(status(&mut announced).await, 413);
    assert!(asked.elapsed() < Duration::from_secs(2), "it is refused before it comes");

    let mut chunked = begin(&server, &visitor, "Transfer-Encoding: chunked").await;
    let body = Form::default().file("chunked.txt", &bytes(3, 11 * MIB)).body();
    // The server may hang up before all of it is written: that is the refusal.
    for piece in body.chunks(64 * 1024) {
        let head = format!("{:x}\r\n", piece.len());
        let chunk = [head.as_bytes(), piece, b"\r\n"].concat();
        if chunked.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let told = timeout(Duration::from_secs(10), async {
        let mut head = [0; 12];
        chunked.read_exact(&mut head).await.map(|_| head)
    });
    if let Ok(head) = told.await.unwrap() {
        assert_eq!(&head[9..], b"413");
    }
    assert_eq!((kept(&server), listed(&visitor).await), (vec!["most.txt".to_owned()], 1), "nothing else is left");
}

#[tokio::test]
async fn a_file_is_what_its_content_says() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    let wide = [&PIXEL[..16], &50_000_u32.to_be_bytes(), &50_000_u32.to_be_bytes(), &PIXEL[24..]].concat();
    let many_frames =
        [&b"GIF89a\x0a\0\x0a\0\x80\0\0"[..], &b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0".repeat(10_000)].concat();
    let zip = |names: &[&str]| {
        let entry = |name: &&str| {
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            [b"PK\x03\x04", &[0; 22][..], &length, &[0, 0], name.as_bytes(), &[7; 64]].concat()
        };
        names.iter().flat_map(entry).collect::<Vec<u8>>()
    };
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="http://x/"/></svg>"#;
    let laughs = br#"<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "&b;&b;"><!ENTITY b "&c;&c;">]><l>&a;</l>"#;
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("photo.png", b"MZ\x90\0\x03\0\0\0".to_vec(), 415),
        ("photo.jpg", b"<!doctype html><script>alert(1)</script>".to_vec(), 415),
        ("facture.pdf", b"MZ\x90\0\x03\0\0\0".to_vec(), 415),
        ("image.svg", svg.to_vec(), 415),
        ("image.png", svg.to_vec(), 415),
        ("laughs.txt", laughs.to_vec(), 415),
        ("42.zip", zip(&["lib 0.zip"]), 415),
        ("slip.docx", zip(&["../../../etc/passwd"]), 415),
        ("many.zip", zip(&["a"].repeat(10_000)), 415),
        ("script.sh", b"#!/bin/sh\nid\n".to_vec(), 415),
        ("flood.png", wide, 422),
        ("cut.png", PIXEL[..20].to_vec(), 422),
        ("cut.jpg", vec![0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J'], 422),
    ];
    for (name, content, expected) in &cases {
        let answer = upload(&visitor, name, content).await;
        assert_eq!(answer.status, *expected, "{name}: {}", answer.text);
        answer.problem(*expected);
    }
    assert_eq!((kept(&server), listed(&visitor).await), (Vec::new(), 0));
    let taken = [
        ("photo.html", PIXEL.to_vec(), "image/png"),
        ("many.gif", many_frames, "image/gif"),
        (
            "bomb.docx",
            zip(&["[Content_Types].xml", "word/document.xml"]),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("facture.exe", b"%PDF-1.7\n%\xe2\xe3\n".to_vec(), "application/pdf"),
    ];
    for (name, content, expected) in taken {
        let answer = upload(&visitor, name, &content).await.expect(201);
        assert_eq!(answer["items"][0]["mime_type"], expected, "{name}");
    }
}

#[tokio::test]
async fn names_lose_their_paths_and_what_deceives() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    for (said, name) in [
        ("../../../../etc/passwd", "passwd"),
        // Written as such a header escapes it.
        ("C:\\\\Windows\\\\win.ini", "win.ini"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("a\u{202e}txt.exe.txt", "atxt.exe.txt"),
        ("nom\u{200b} caché.txt", "nom caché.txt"),
        ("CON", "CON"),
    ] {
        let answer = upload(&visitor, said, b"words").await.expect(201);
        assert_eq!(answer["items"][0]["file_name"], name, "{said:?}");
    }
    let long = upload(&visitor, &format!("{}.txt", "x".repeat(2_000)), b"words").await.expect(201);
    assert!(text(&long["items"][0]["file_name"]).len() <= 180);
    let root = server.home().join("demo/files");
    assert!(
        files_below(server.home()).iter().filter(|path| path.ends_with("passwd")).all(|path| path.starts_with(&root))
    );
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    let path = format!("/conversations/{}/attachments", visitor.conversation);
    let post = |kind: String, body: Vec<u8>| {
        let request = visitor.rest.request(Method::POST, &path).header(CONTENT_TYPE, kind);
        async move { send(request.body(body)).await }
    };
    let good = || Form::default().file("a.txt", b"words").body();
    for kind in ["text/plain", "application/json", "multipart/mixed; boundary=boundary-of-the-tests", "multipart"] {
        post(kind.to_owned(), good()).await.problem(415);
    }
    for kind in [
        "multipart/form-data".to_owned(),
        "multipart/form-data; boundary=".to_owned(),
        format!("multipart/form-data; boundary={}", "b".repeat(1_000)),
        "multipart/form-data; boundary=another".to_owned(),
    ] {
        post(kind, good()).await.problem(400);
    }
    let boundary = "--boundary-of-the-tests";
    let raw = |head: &str| format!("{boundary}\r\n{head}\r\n\r\nwords\r\n{boundary}--\r\n").into_bytes();
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
    let bad = [
        raw("X: y"),
        raw("Content-Disposition: form-data; filename=\"a.txt\""),
        raw("Content-Disposition: form-data; name=\"\"; filename=\"a.txt\""),
        raw("Content-Disposition: attachment; name=\"file\"; filename=\"a.txt\""),
        raw(&format!("{file}\r\n{file}")),
        raw(&format!("{file}\r\nContent-Type: multipart/mixed; boundary=x")),
        raw(&format!("{file}\r\nX-Long: {}", "x".repeat(70_000))),
        raw(&format!("{file}\r\n{}", "X-Many: y\r\n".repeat(100).trim_end())),
        format!("{boundary}\r\n{file}\r\n\r\nwords").into_bytes(),
        b"nonsense".to_vec(),
        (0..10_000).fold(Form::default(), |form, _| form.text("x", "y")).body(),
    ];
    for body in bad {
        let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        let answer = post(Form::content_type(), body).await;
        assert_eq!(answer.status, 400, "{shown}: {}", answer.text);
        answer.problem(400);
    }
    let six = (0..6).fold(Form::default(), |form, n| form.file(&format!("{n}.txt"), b"words"));
    assert_eq!(post(Form::content_type(), six.body()).await.problem(422), "invalid");
    assert_eq!(post(Form::content_type(), Form::default().text("content", "x").body()).await.problem(422), "invalid");
    let one_is_bad = Form::default().file("a.txt", b"words").file("b.exe", b"MZ\0").body();
    post(Form::content_type(), one_is_bad).await.problem(415);
    assert_eq!((kept(&server), listed(&visitor).await), (Vec::new(), 0), "all or none");
    post(Form::content_type(), Form::default().file("a.txt", b"words").file("b.txt", b"words").body())
        .await
        .expect(201);
}

#[tokio::test]
async fn the_same_upload_again_keeps_nothing_new() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    let path = format!("/conversations/{}/attachments", visitor.conversation);
    let post = |key: &'static str, form: Form| {
        let request = visitor.rest.request(Method::POST, &path).header(CONTENT_TYPE, Form::content_type());
        async move { send(request.header("Idempotency-Key", key).body(form.body())).await }
    };
    let form = || Form::default().file("a.txt", b"words").file("b.png", PIXEL);
    let first = post("one", form()).await;
    assert!(first.headers.get("idempotency-replayed").is_none());
    let again = post("one", form()).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.expect(200), first.expect(201));
    assert_eq!(post("one", Form::default().file("a.txt", b"other")).await.problem(422), "idempotency_mismatch");
    assert_eq!((kept(&server).len(), listed(&visitor).await), (2, 2));
    let many = join_all((0..8).map(|_| post("two", Form::default().file("c.txt", b"words")))).await;
    let made = many.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1, "{:?}", many.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for answer in many.iter().filter(|answer| answer.status != 201 && answer.status != 200) {
        assert_eq!(answer.problem(409), "idempotency_running");
    }
    assert_eq!((kept(&server).len(), listed(&visitor).await), (3, 3));
    let hash = "00".repeat(32);
    let wrong = Form::default().text("sha256", &hash).file("d.txt", b"words");
    assert_eq!(post("three", wrong).await.problem(422), "invalid");
    assert_eq!(listed(&visitor).await, 3);
    let right = "dba36bffa5cab0f922d087a3aeb179f9d4e745df40b323e1b1471402848c8a3e";
    let kept = post("three", Form::default().text("sha256", right).file("d.txt", b"words")).await.expect(201);
    assert_eq!(kept["items"][0]["sha256"], right);
}

#[tokio::test]
async fn a_person_uploads_so_much_and_no_more() {
    let server = Settings { limits: true, ..Settings::over(Store::Sqlite) }.start().await;
    let visitor = visitor(&server).await;
    let mut answers = Vec::new();
    for n in 0..101 {
        answers.push(upload(&visitor, &format!("{n}.txt"), b"words").await);
    }
    let last = answers.pop().unwrap();
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!(last.problem(429), "rate_limited");
    assert!(last.headers.contains_key("retry-after"));
    assert_eq!(kept(&server).len(), 100);
    visitor.rest.send_message(&visitor.conversation, "words", "still go").await.expect(201);
}

#[tokio::test]
async fn a_download_gives_one_range_at_most() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    let content = bytes(4, 1_000);
    let id = visitor.rest.uploaded(&visitor.conversation, "a.txt", &content).await;
    let link = visitor.rest.get(&format!("/attachments/{id}/link")).await.expect(200);
    let url = reachable(&server, text(&link["url"]));
    let client = reqwest::Client::new();
    let get = |range: String, condition: Option<String>| {
        let mut request = client.get(&url).header("Range", range);
        if let Some(tag) = condition {
            request = request.header("If-Range", tag);
        }
        async { request.send().await.unwrap() }
    };
    for (range, from, to) in
        [("bytes=0-0", 0, 0), ("bytes=10-", 10, 999), ("bytes=-5", 995, 999), ("bytes=990-5000", 990, 999)]
    {
        let answer = get(range.to_owned(), None).await;
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(answer.headers()["content-range"], format!("bytes {from}-{to}/1000"));
        assert_eq!(answer.bytes().await.unwrap(), content[from..=to]);
    }
    let thousand = format!("bytes={}", ["0-0"; 1_000].join(","));
    for range in ["bytes=1000-", "bytes=5-4", "bytes=-0", "bytes=--5", "bytes=0-1,5-6", "bytes=x", &thousand] {
        let answer = get(range.to_owned(), None).await;
        assert_eq!(answer.status(), 416, "{range:.40}");
        assert_eq!(answer.headers()["content-range"], "bytes */1000");
    }
    let whole = get("seconds=1-2".to_owned(), None).await;
    assert_eq!((whole.status(), whole.content_length()), (reqwest::StatusCode::OK, Some(1_000)));
    let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(get("bytes=0-0".to_owned(), Some(tag)).await.status(), 206);
    let other = get("bytes=0-0".to_owned(), Some("\"another\"".to_owned())).await;
    assert_eq!((other.status(), other.bytes().await.unwrap().len()), (reqwest::StatusCode::OK, 1_000));
}

#[tokio::test]
async fn a_scanner_finds_what_it_knows_and_holds_what_it_cannot_see() {
    let mut clamd = Clamd::prepare();
    let server = Settings::over(Store::Sqlite).with("GUICHET_CLAMD", clamd.setting()).start().await;
    let visitor = visitor(&server).await;
    let health = server.rest().get("~/health/ready").await.expect(200);
    assert_eq!(health["status"], "degraded", "{health}");
    let held = upload(&visitor, "held.txt", b"words").await.expect(201)["items"][0].clone();
    let bad = upload(&visitor, "bad.txt", &eicar()).await.expect(201)["items"][0].clone();
    assert_eq!((&held["status"], &bad["status"]), (&json!("pending"), &json!("pending")));
    let body = |id: &Value| json!({"client_message_id": "m", "content": "x", "attachment_ids": [id]});
    let messages = format!("/conversations/{}/messages", visitor.conversation);
    assert_eq!(visitor.rest.post(&messages, &body(&held["id"])).await.problem(422), "chat.attachment_unusable");
    let link = |id: &Value| format!("/attachments/{}/link", text(id));
    assert_eq!(visitor.rest.get(&link(&held["id"])).await.problem(409), "chat.attachment_not_ready");

    clamd.start().await;
    assert_eq!(upload(&visitor, "found.txt", &eicar()).await.problem(422), "chat.attachment_infected");
    assert_eq!(upload(&visitor, "clean.txt", b"words").await.expect(201)["items"][0]["status"], "ready");
    let deadline = Instant::now() + Duration::from_secs(40);
    let state = |id: String| {
        let rest = visitor.rest.clone();
        async move { rest.get(&format!("/attachments/{id}")).await.expect(200)["status"].clone() }
    };
    while state(text(&bad["id"]).to_owned()).await != "refused" || state(text(&held["id"]).to_owned()).await != "ready"
    {
        assert!(Instant::now() < deadline, "what was held is not looked at again");
        sleep(Duration::from_millis(200)).await;
    }
    visitor.rest.post(&messages, &body(&held["id"])).await.expect(201);
    let mut names = kept(&server);
    names.sort();
    assert_eq!(names, ["clean.txt", "held.txt"], "no bytes of the others are left");
}

#[tokio::test]
async fn a_bucket_keeps_files_and_text_goes_while_it_is_down() {
    let mut s3 = S3::start().await;
    let server = Settings::over(Store::Postgres).with("GUICHET_STORAGE_URL", s3.setting()).start().await;
    let visitor = visitor(&server).await;
    let content = bytes(5, 3 * MIB);
    let id = visitor.rest.uploaded(&visitor.conversation, "reçu n° 4.txt", &content).await;
    assert_eq!(s3.objects(), [format!("tickets/{}/{id}/reçu n° 4.txt", visitor.support_request)]);
    let link = visitor.rest.get(&format!("/attachments/{id}/link")).await.expect(200);
    assert!(text(&link["url"]).starts_with(&format!("http://{}/", s3.address())), "{link}");
    let answer = reqwest::get(text(&link["url"])).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let named = answer.headers().get("content-disposition").map(|value| value.to_str().unwrap().to_owned());
    assert!(named.is_none_or(|named| named.starts_with("attachment")));
    assert!(answer.bytes().await.unwrap() == content);
    let shown = visitor.rest.get(&format!("/attachments/{id}/link?inline=true")).await.expect(200);
    let shown = reqwest::get(reachable(&server, text(&shown["url"]))).await.unwrap();
    assert!(shown.bytes().await.unwrap() == content, "the server passes on what a page shows");

    s3.stop();
    assert_eq!(upload(&visitor, "b.txt", b"words").await.problem(503), "unavailable");
    visitor.rest.send_message(&visitor.conversation, "words", "still go").await.expect(201);
    visitor.rest.get(&format!("/attachments/{id}/download")).await.problem(503);
    assert_eq!(server.rest().get("~/health/ready").await.expect(200)["status"], "degraded");
    s3.restart().await;
    assert_eq!(listed(&visitor).await, 1, "nothing half-done");
    let body = json!({"client_message_id": "m", "content": "", "attachment_ids": [id]});
    let sent = visitor.rest.post(&format!("/conversations/{}/messages", visitor.conversation), &body).await.expect(201);
    let message = format!("/conversations/{}/messages/{}", visitor.conversation, text(&sent["message"]["id"]));
    visitor.rest.delete(&message).await.expect(200);
    let deadline = Instant::now() + Duration::from_secs(10);
    while !s3.objects().is_empty() {
        assert!(Instant::now() < deadline, "the bytes of a deleted message are still there");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn no_message_points_at_missing_or_other_bytes_whatever_happens_to_the_storage() {
    let s3 = S3::start().await;
    let middle = Middleman::before(s3.address()).await;
    let settings = Settings::over(Store::Sqlite).with("GUICHET_STORAGE_URL", S3::setting_at(middle.address()));
    let server = settings.start().await;
    let visitor = visitor(&server).await;
    let mut expected = Vec::new();
    let once = [
        Spoilt::Refused(500),
        Spoilt::Refused(503),
        Spoilt::Cut,
        Spoilt::AnswerLost,
        Spoilt::Late(Duration::from_secs(1)),
        Spoilt::Changed,
        Spoilt::OtherTag,
    ];
    for (n, spoilt) in once.into_iter().enumerate() {
        middle.plan(&[spoilt]);
        let content = bytes(n, 300_000);
        let form = Form::default().text("client_message_id", &format!("m{n}")).file(&format!("{n}.txt"), &content);
        let sent = visitor.rest.upload(&visitor.conversation, "?send=true", form).await;
        assert_eq!(middle.left(), 0, "{spoilt:?} happened");
        assert_eq!(sent.status, 201, "{spoilt:?} is made good: {}", sent.text);
        expected.push((text(&sent.body["items"][0]["id"]).to_owned(), content));
    }
    for spoilt in [Spoilt::Refused(500), Spoilt::Cut, Spoilt::AnswerLost, Spoilt::Changed] {
        middle.plan(&[spoilt; 3]);
        let answer = upload(&visitor, "never.txt", &bytes(99, 300_000)).await;
        assert_eq!(answer.problem(503), "unavailable", "{spoilt:?} each time");
        assert_eq!(middle.left(), 0);
    }
    assert_eq!(s3.objects().len(), expected.len(), "nothing is left of what failed: {:?}", s3.objects());
    assert_eq!(listed(&visitor).await, expected.len());
    for (id, content) in &expected {
        assert!(download(&visitor, &server, id).await == *content, "{id} has other bytes");
    }
}

#[tokio::test]
async fn nothing_is_left_of_an_upload_that_is_cut_off() {
    let server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    let body = Form::default().file("half.txt", &bytes(6, 2 * MIB)).body();
    for sent in [0, 50, 200, MIB, body.len() - 5] {
        let mut stream = begin(&server, &visitor, &format!("Content-Length: {}", body.len())).await;
        stream.write_all(&body[..sent]).await.unwrap();
        stream.flush().await.unwrap();
        drop(stream);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while listed(&visitor).await > 0 || !kept(&server).is_empty() {
        assert!(Instant::now() < deadline, "left: {:?}", kept(&server));
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_an_upload_shows_no_part_of_it() {
    let mut server = Server::over(Store::Sqlite).await;
    let visitor = visitor(&server).await;
    let mut whole: Vec<(String, Vec<u8>)> = Vec::new();
    for round in 0..8_usize {
        let content = bytes(round, 4 * MIB);
        let form = Form::default().text("client_message_id", &format!("m{round}")).file("a.txt", &content);
        let upload = {
            let (rest, room) = (visitor.rest.clone(), visitor.conversation.clone());
            tokio::spawn(async move {
                let path = format!("/conversations/{room}/attachments?send=true");
                let request = rest.request(Method::POST, &path).header(CONTENT_TYPE, Form::content_type());
                request.body(form.body()).send().await
            })
        };
        sleep(Duration::from_millis(5 + 17 * round as u64)).await;
        server.kill();
        let answered = upload.await.unwrap();
        server.restart().await;
        if let Ok(answer) = answered
            && answer.status() == 201
            && let Ok(body) = answer.json::<Value>().await
        {
            whole.push((text(&body["items"][0]["id"]).to_owned(), content));
        }
    }
    let messages = visitor.rest.all_messages(&visitor.conversation).await;
    let mut named = Vec::new();
    for message in &messages {
        for file in message["attachments"].as_array().unwrap() {
            let got = download(&visitor, &server, text(&file["id"])).await;
            assert_eq!((got.len(), &file["size"]), (4 * MIB, &json!(4 * MIB)));
            named.push((text(&file["id"]).to_owned(), got));
        }
    }
    assert!(whole.iter().all(|one| named.contains(one)), "what was answered is there, with its bytes");
    for path in files_below(&server.home().join("demo/files/tickets")) {
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 4 << 20, "{} is a part", path.display());
    }
    println!("{} of 8 uploads were stored before their server was killed, {} answered", named.len(), whole.len());
}

#[tokio::test]
async fn a_full_disk_refuses_files_and_takes_messages() {
    let disk = SmallDisk::mount(8);
    let url = format!("file://{}", disk.path().join("files").display());
    let settings = Settings::over(Store::Sqlite).with("GUICHET_STORAGE_URL", url);
    // What is kept free elsewhere is more than this disk holds.
    let server = settings.with("GUICHET_DISK_RESERVE_MIB", "1").start().await;
    let visitor = visitor(&server).await;
    assert_eq!(upload(&visitor, "large.txt", &bytes(7, 9 * MIB)).await.problem(507), "storage_full");
    visitor.rest.send_message(&visitor.conversation, "words", "still go").await.expect(201);
    assert_eq!((files_below(disk.path()).len(), listed(&visitor).await), (0, 0), "nothing half-done");
    let ballast = disk.fill();
    assert_eq!(upload(&visitor, "small.txt", b"words").await.problem(507), "storage_full");
    std::fs::remove_file(ballast).unwrap();
    visitor.rest.uploaded(&visitor.conversation, "small.txt", b"words").await;
}

/// The most that it grew while ten files of ten mebibytes came in at once, in KiB.
async fn grows_by(server: &Server) -> u64 {
    let visitor = visitor(server).await;
    let warm = bytes(0, 10 * MIB);
    for _ in 0..2 {
        upload(&visitor, "warm.txt", &warm).await.expect(201);
    }
    let before = resident_kib(server.pid());
    let uploads = (0..10).map(|n| {
        let (rest, room) = (visitor.rest.clone(), visitor.conversation.clone());
        let form = Form::default().file(&format!("{n}.txt"), &warm);
        tokio::spawn(async move { rest.upload(&room, "", form).await.expect(201) })
    });
    let mut uploads = join_all(uploads.collect::<Vec<_>>());
    let mut most = before;
    loop {
        most = most.max(resident_kib(server.pid()));
        if let Ok(done) = timeout(Duration::from_millis(5), &mut uploads).await {
            for one in done {
                one.unwrap();
            }
            return most.saturating_sub(before);
        }
    }
}

#[tokio::test]
async fn ten_files_at_once_take_little_memory() {
    let folder = Server::over(Store::Sqlite).await;
    let in_folder = grows_by(&folder).await;
    let s3 = S3::start().await;
    let bucket = Settings::over(Store::Sqlite).with("GUICHET_STORAGE_URL", s3.setting()).start().await;
    let in_bucket = grows_by(&bucket).await;
    println!("ten files of 10 MiB at once took {in_folder} KiB with a folder, {in_bucket} KiB with a bucket");
    assert!(in_folder.max(in_bucket) <= 16 * 1024, "folder {in_folder} KiB, bucket {in_bucket} KiB");
}
