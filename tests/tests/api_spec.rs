//! Documents of the interfaces equal what the program does: the OpenAPI one is generated, the AsyncAPI one is held
//! against the samples of the frames, which the codec's own tests read and write.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be done fails the test")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tests::database::Store;
use tests::over_both_stores;
use tests::server::Server;
use xtask::binary::{self, Variant};
use xtask::{process, tree};

over_both_stores!(the_asyncapi_document_is_served_whole);

#[test]
fn the_openapi_document_is_the_one_that_the_handlers_give() {
    let generated = process::read(Command::new(binary::build(Variant::Plain).unwrap()).arg("openapi")).unwrap();
    let committed = std::fs::read_to_string(tree::root().join("api-spec/openapi.json")).unwrap();
    assert!(generated.trim() == committed.trim(), "api-spec/openapi.json is stale: `cargo xtask spec` writes it");
}

#[test]
fn the_asyncapi_document_is_valid_and_has_every_frame_with_its_samples() {
    let told = check(&tree::root().join("api-spec"), None).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"), "the document's version is the program's");
    // Which frames there are, the samples say; that each type of the codec has one, the codec's tests.
    assert!(told["client"].as_array().unwrap().len() >= 13 && told["server"].as_array().unwrap().len() >= 21);
}

#[test]
fn the_program_prints_the_asyncapi_document() {
    let printed = process::read(Command::new(binary::build(Variant::Plain).unwrap()).arg("asyncapi")).unwrap();
    let committed = std::fs::read_to_string(tree::root().join("api-spec/asyncapi.yaml")).unwrap();
    assert!(printed.trim() == committed.trim());
}

#[test]
fn what_is_wrong_with_the_asyncapi_document_is_found() {
    let changes: [(&str, &str, &str, &str); 5] = [
        ("asyncapi.yaml", "channels:", "chanels:", "chanels"),
        ("asyncapi.yaml", "name: typing", "name: typewriting", "no frame typing"),
        ("asyncapi.yaml", "./frames/server-bye.json", "./frames/server-pong.json", "server-bye.json is not among"),
        (
            "asyncapi.yaml",
            "          retry_after_ms: { type: integer",
            "          later: { type: integer",
            "no sample has later",
        ),
        ("frames/server-live.json", "\"seq\": 8", "\"seq\": 8, \"speed\": 3", "additional properties"),
    ];
    for (file, from, to, said) in changes {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&tree::root().join("api-spec"), copy.path());
        let path = copy.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let wrong = check(copy.path(), None).expect_err(&format!("{from} → {to} is not found"));
        assert!(wrong.contains(said), "{from} → {to}: {wrong}");
    }
}

async fn the_asyncapi_document_is_served_whole(store: Store) {
    let server = Server::over(store).await;
    let address = format!("{}/api/v1/asyncapi.yaml", server.base());
    let folder = tree::root().join("api-spec");
    let check = tokio::task::spawn_blocking(move || check(&folder, Some(&address)));
    let told = check.await.unwrap().unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(told["close_codes"].is_array());
}

/// What the document names, or what is wrong with it.
fn check(folder: &Path, address: Option<&str>) -> Result<Value, String> {
    let clients = tree::root().join("tests/clients");
    assert!(
        clients.join("node_modules/@asyncapi/parser").is_dir(),
        "the parser is missing: `npm ci` in {} (and Node 20 or later)",
        clients.display()
    );
    let mut node = Command::new("node");
    node.arg(clients.join("asyncapi.mjs")).arg(folder).args(address);
    let output = node.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(serde_json::from_str(&said(&output.stdout)).unwrap())
    } else {
        Err(said(&output.stderr))
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
