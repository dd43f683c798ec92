//! The shape of the workspace: the rules hold for it, and the fence of the lints bites.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use std::path::Path;
use std::process::Command;
use tests::architecture::{Graph, RULES, Technologies, technologies_stay_in_their_adapter};

#[test]
fn the_workspace_keeps_every_dependency_rule() {
    let graph = Graph::read(&xtask::tree::root()).unwrap();
    assert!(graph.find("kernel").is_some(), "the graph is empty");
    let wrong: Vec<String> = RULES
        .iter()
        .flat_map(|(name, rule)| rule(&graph).into_iter().map(move |sentence| format!("{name}: {sentence}")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_technology_stays_in_its_adapter() {
    let root = xtask::tree::root();
    let technologies = Technologies::read(&root.join(".deny.toml")).unwrap();
    assert!(technologies.0.contains_key("sea-orm") && technologies.0.contains_key("actix-web"));
    let wrong = technologies_stay_in_their_adapter(&Graph::read(&root).unwrap(), &technologies);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_domain_that_reads_a_clock_a_file_or_prints_is_refused_by_clippy() {
    let pure = "pub fn answer() -> u32 { 42 }";
    assert_eq!(clippy_on(pure), "", "a pure crate must pass, else this test shows nothing");
    for (violation, named) in [
        ("pub fn now() -> std::time::SystemTime { std::time::SystemTime::now() }", "SystemTime::now"),
        ("pub fn wait() { std::thread::spawn(|| ()); }", "thread::spawn"),
        ("pub fn home() -> Option<std::ffi::OsString> { std::env::var_os(\"HOME\") }", "env::var_os"),
        ("pub fn read() -> std::io::Result<String> { std::fs::read_to_string(\"x\") }", "fs::read_to_string"),
        ("pub fn hasher() -> std::hash::RandomState { std::hash::RandomState::new() }", "RandomState::new"),
        ("pub fn say() { println!(\"x\"); }", "println"),
    ] {
        let said = clippy_on(violation);
        assert!(said.contains("disallowed") && said.contains(named), "{violation} was not refused:\n{said}");
    }
}

/// What clippy says of a crate with that source, which stands under `crates/domain` of a made-up workspace.
fn clippy_on(source: &str) -> String {
    let workspace = tempfile::tempdir().unwrap();
    let domain = workspace.path().join("crates/domain");
    let package = domain.join("probe");
    std::fs::create_dir_all(package.join("src")).unwrap();
    std::fs::copy(xtask::tree::root().join("crates/domain/.clippy.toml"), domain.join(".clippy.toml")).unwrap();
    let manifest = "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(package.join("src/lib.rs"), source).unwrap();
    let said = xtask::process::cargo()
        .args(["clippy", "--quiet", "--offline", "--color=never"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", Path::new(workspace.path()).join("target"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&said.stderr).into_owned()
}

#[test]
fn the_domain_fence_stands_around_realtime_too() {
    let root = xtask::tree::root();
    let text = |folder: &str| std::fs::read_to_string(root.join(folder).join(".clippy.toml")).unwrap();
    assert_eq!(text("crates/realtime"), text("crates/domain"));
}

#[test]
fn continuous_integration_runs_the_command_of_the_readme() {
    let script = std::fs::read_to_string(xtask::tree::root().join(".ci/run")).unwrap();
    let commands: Vec<&str> = script.lines().filter(|line| line.starts_with("exec ")).collect();
    assert_eq!(commands, ["exec cargo xtask test"]);
    assert!(Command::new("sh").arg("-n").arg(xtask::tree::root().join(".ci/run")).status().unwrap().success());
}
