//! The page about the native protocol: what it shows runs, and what it says is so.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what cannot be done fails the test")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tests::database::Store;
use tests::faults::proxy::{End, Flow, Proxy, Weather};
use tests::over_both_stores;
use tests::page::blocks;
use tests::people::{number, text};
use tests::server::Server;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{sleep, timeout};

const PAGE: &str = "docs/protocols/websocket.md";
/// How long the client may take to do what it must; it waits up to some seconds before it connects again.
const PATIENCE: Duration = Duration::from_mins(1);

over_both_stores!(
    the_commands_of_the_page_give_tokens_and_store_messages,
    the_client_of_the_page_keeps_its_side_of_the_contract,
    the_client_of_the_page_gives_up_where_it_should,
);

#[test]
fn the_frames_on_the_page_are_samples() {
    let folder = xtask::tree::root().join("api-spec/frames");
    let files = std::fs::read_dir(folder).unwrap().flatten().filter(|file| file.file_type().unwrap().is_file());
    let samples: Vec<Value> =
        files.map(|file| serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap()).collect();
    let shown = blocks(PAGE, "json");
    assert!(!shown.is_empty());
    for block in shown {
        let frame: Value = serde_json::from_str(&block).unwrap();
        assert!(samples.contains(&frame), "no sample is {frame}");
    }
    let page = std::fs::read_to_string(xtask::tree::root().join(PAGE)).unwrap();
    for sample in samples {
        let kind = text(&sample["type"]);
        assert!(page.contains(&format!("`{kind}`")), "the page does not name the frame {kind}");
    }
}

#[test]
fn the_page_has_the_table_of_close_codes() {
    let read = |file: &str| std::fs::read_to_string(xtask::tree::root().join(file)).unwrap();
    let (page, document) = (read(PAGE), read("api-spec/asyncapi.yaml"));
    let mut codes = 0;
    for row in document.lines().filter_map(|line| line.strip_prefix("  - { code: ")) {
        let (code, rest) = row.split_once(", reason: '").unwrap();
        let (reason, rest) = rest.split_once("', client: ").unwrap();
        let does = match rest.trim_end_matches(" }") {
            "stay" => "stays away",
            "renew" => "gets a token, comes back",
            "reconnect" => "comes back",
            other => panic!("{other}"),
        };
        assert!(page.contains(&format!("\n| {code} | {reason} | {does}")), "{code} | {reason} | {does}");
        codes += 1;
    }
    assert_eq!(codes, 12);
}

async fn the_commands_of_the_page_give_tokens_and_store_messages(store: Store) {
    let server = Server::over(store).await;
    let commands = blocks(PAGE, "sh");
    let [open, sign_in, refresh, send] = &commands[..] else { panic!("{} commands", commands.len()) };
    let opened = shell(open, &[("GUICHET", server.base())]).await;
    let (conversation, token) = (text(&opened["conversation"]["id"]), text(&opened["access_token"]));
    let signed_in = shell(sign_in, &[("GUICHET", server.base())]).await;
    assert_eq!(signed_in["user"]["role"], "customer");
    let refresh_token = text(&signed_in["refresh_token"]);
    let renewed = shell(refresh, &[("GUICHET", server.base()), ("REFRESH_TOKEN", refresh_token)]).await;
    assert_eq!(renewed["user"]["id"], signed_in["user"]["id"]);
    assert_ne!(text(&renewed["refresh_token"]), refresh_token, "it is good once");
    let environment = [("GUICHET", server.base()), ("CONVERSATION", conversation), ("TOKEN", token)];
    let first = shell(send, &environment).await;
    let again = shell(send, &environment).await;
    assert_eq!((&first["duplicate"], &again["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(first["message"]["id"], again["message"]["id"]);
}

async fn the_client_of_the_page_keeps_its_side_of_the_contract(store: Store) {
    let mut server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("un")).await;
    let agent = server.sign_in("agent").await;
    let room = &visitor.conversation;
    let line = Proxy::before(server.address(), 1).await;
    let mut client = Client::start(&line.base(), room, visitor.rest.token());
    client.until(|said| said["content"] == "un").await;
    client.until(|said| said["type"] == "live").await;
    client.write("deux");
    client.until(|said| said["type"] == "stored").await;
    agent.rest.send_message(room, "a", "trois").await.expect(201);
    client.until(|said| said["content"] == "trois").await;

    // The line is cut, and no new one works for a while; both sides go on.
    line.set(Weather { up: Flow::Frozen, down: Flow::Frozen, ..Weather::default() });
    line.end_all(End::Reset);
    client.until(|said| said["type"] == "lost").await;
    agent.rest.send_message(room, "b", "quatre").await.expect(201);
    agent.rest.send_message(room, "c", "cinq").await.expect(201);
    client.write("six");
    client.write("sept");
    line.set(Weather::default());
    client.until(|said| said["content"] == "sept").await;

    // The answer to a send is lost after it was stored.
    line.set(Weather { down: Flow::Swallowed, ..Weather::default() });
    client.write("huit");
    let deadline = Instant::now() + PATIENCE;
    while !agent.rest.all_messages(room).await.iter().any(|message| message["content"] == "huit") {
        assert!(Instant::now() < deadline, "the message was not stored");
        sleep(Duration::from_millis(20)).await;
    }
    line.set(Weather::default());
    line.end_all(End::Reset);
    client.until(|said| said["content"] == "huit").await;

    // The node is killed; then one stops in good order.
    server.kill();
    client.write("neuf");
    server.restart().await;
    client.until(|said| said["content"] == "neuf").await;
    server.terminate();
    client.until(|said| said["type"] == "lost" && said["code"] == 1012).await;
    server.ended(Duration::from_secs(30)).await;
    server.restart().await;
    agent.rest.send_message(room, "d", "dix").await.expect(201);
    client.until(|said| said["content"] == "dix").await;

    let kept: Vec<Value> = agent.rest.all_messages(room).await;
    let kept: Vec<(i64, &str)> = kept.iter().map(|one| (number(&one["seq"]), text(&one["content"]))).collect();
    let words = ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"];
    assert_eq!(kept, (1..).zip(words).collect::<Vec<_>>());
    let shown = client.said.iter().filter(|said| said["type"] == "message");
    let shown: Vec<(i64, &str)> = shown.map(|one| (number(&one["seq"]), text(&one["content"]))).collect();
    assert_eq!(shown, kept, "each once, in order");
    assert!(!client.said.iter().any(|said| said["type"] == "forget" || said["type"] == "refused"));
    // Its marks came along: the other side is told so.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let conversation = agent.rest.get(&format!("/conversations/{room}")).await.expect(200);
        let people = conversation["participants"].as_array().unwrap();
        if people.iter().any(|one| one["id"] == visitor.id.as_str() && one["read_seq"] == 10) {
            break;
        }
        assert!(Instant::now() < deadline, "{conversation}");
        sleep(Duration::from_millis(20)).await;
    }
    assert!(client.leave().await.success());
}

async fn the_client_of_the_page_gives_up_where_it_should(store: Store) {
    let server = Server::over(store).await;
    let visitor = server.visitor("Ana", Some("secret")).await;
    let stranger = server.visitor("Bob", None).await;
    let mut client = Client::start(server.base(), &visitor.conversation, stranger.rest.token());
    client.until(|said| said["type"] == "gone" && said["reason"] == "forbidden").await;
    assert!(!client.said.iter().any(|said| said["type"] == "message"));
    // What will never be stored is given up; what comes after it is not held up.
    let mut client = Client::start(server.base(), &visitor.conversation, visitor.rest.token());
    client.write("   ");
    client.write("encore");
    client.until(|said| said["type"] == "refused" && said["code"] == "invalid").await;
    client.until(|said| said["content"] == "encore").await;
    // A token that is none is looked at again and again, at most a few times a second.
    let mut client = Client::start(server.base(), &visitor.conversation, "gst_nobody");
    client.until(|said| said["type"] == "lost" && said["code"] == 4001).await;
}

/// Runs a command of the page; the JSON that it prints.
async fn shell(command: &str, environment: &[(&str, &str)]) -> Value {
    let mut shell = Command::new("sh");
    shell.args(["-euc", command]).envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{command}\n{said}\n{error}"))
}

/// The program of the page, in Node.
struct Client {
    child: Child,
    typed: Option<ChildStdin>,
    lines: UnboundedReceiver<Value>,
    /// All that it has said so far.
    said: Vec<Value>,
    /// How much of it was looked at.
    seen: usize,
    _folder: TempDir,
}

impl Client {
    fn start(base: &str, conversation: &str, token: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("guichet-page-").tempdir().unwrap();
        let blocks = blocks(PAGE, "javascript");
        let [chat, main] = &blocks[..] else { panic!("{} blocks", blocks.len()) };
        std::fs::write(folder.path().join("chat.mjs"), chat).unwrap();
        std::fs::write(folder.path().join("main.mjs"), main).unwrap();
        let packages = xtask::tree::root().join("tests/clients/node_modules");
        assert!(packages.join("ws").is_dir(), "`npm ci` in tests/clients brings what the client needs");
        link(&packages, &folder.path().join("node_modules"));
        let mut command = Command::new("node");
        command.arg(folder.path().join("main.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.envs([("GUICHET", base), ("CONVERSATION", conversation), ("TOKEN", token)]);
        let mut child = command.spawn().expect("node starts");
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the client says {line}"));
                // The test may have ended.
                let _ = sender.send(said);
            }
        });
        let typed = child.stdin.take();
        Self { child, typed, lines, said: Vec::new(), seen: 0, _folder: folder }
    }

    fn write(&mut self, line: &str) {
        writeln!(self.typed.as_mut().unwrap(), "{line}").expect("the client reads");
    }

    /// Waits until it says that, after what was waited for before.
    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) {
        loop {
            if let Some(at) = self.said[self.seen..].iter().position(&wanted) {
                self.seen += at + 1;
                return;
            }
            match timeout(PATIENCE, self.lines.recv()).await {
                Ok(Some(said)) => self.said.push(said),
                other => panic!("{other:?}; it has said {:#?}", self.said),
            }
        }
    }

    /// Lets it come to its end by itself.
    async fn leave(mut self) -> ExitStatus {
        self.typed = None;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the client does not end");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn link(target: &Path, link: &Path) {
    std::os::unix::fs::symlink(target, link).expect("a link");
}
