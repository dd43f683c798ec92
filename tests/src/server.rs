//! The real `guichet`, started as anybody starts it, black box.

use crate::database::{Database, Store};
use crate::rest::Rest;
use crate::seed;
use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;
use xtask::binary::{self, Variant};

/// How a server is started; the default is what most tests want.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which database.
    pub store: Store,
    /// Whether the database is one that survives a crash of the machine.
    pub durable: bool,
    /// Whether the rate budgets are on; most tests send faster than people do.
    pub limits: bool,
    /// The program with planted bugs, and which of them.
    pub fault: Option<&'static str>,
    /// Further variables.
    pub environment: Vec<(String, String)>,
}

impl Settings {
    /// The demo organisation over that store, without rate budgets.
    pub fn over(store: Store) -> Self {
        Self { store, durable: false, limits: false, fault: None, environment: Vec::new() }
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Starts it and waits until it is ready.
    pub async fn start(self) -> Server {
        Server::start(self).await
    }

    /// Starts it on that database of PostgreSQL, with a folder of its own, and waits until it is ready.
    pub async fn start_on(self, database: Database) -> Server {
        let home = tempfile::Builder::new().prefix("guichet-test-").tempdir().expect("a temporary folder");
        Server::run(self, database, home).await
    }
}

/// A running server with its database and its folder; all gone with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    base: String,
    port: u16,
    settings: Settings,
    database: Database,
    home: TempDir,
}

impl Server {
    /// The demo organisation over that store, ready.
    pub async fn over(store: Store) -> Self {
        Settings::over(store).start().await
    }

    async fn start(settings: Settings) -> Self {
        let home = tempfile::Builder::new().prefix("guichet-test-").tempdir().expect("a temporary folder");
        let database = match (settings.durable, settings.store) {
            (true, Store::Postgres) => Database::durable(Store::Postgres),
            (_, store) => seed::unpack(store, home.path()).await,
        };
        Self::run(settings, database, home).await
    }

    /// On an empty database, which the demo then fills.
    pub(crate) async fn on_empty(store: Store) -> Self {
        let home = tempfile::Builder::new().prefix("guichet-seed-").tempdir().expect("a temporary folder");
        Self::run(Settings::over(store), Database::empty(store), home).await
    }

    /// On a database and in a folder of the caller's choice.
    pub(crate) async fn run(settings: Settings, database: Database, home: TempDir) -> Self {
        let port = free_port();
        let child = spawn(&settings, &database, home.path(), port);
        let mut server = Self { child, base: String::new(), port, settings, database, home };
        server.wait_until_ready().await;
        server
    }

    /// Another node on the same PostgreSQL database, with the same secret key; it goes before this one.
    pub async fn beside(&self, settings: Settings) -> Self {
        let home = tempfile::Builder::new().prefix("guichet-node-").tempdir().expect("a temporary folder");
        let key = Path::new("demo/secret.key");
        std::fs::create_dir(home.path().join("demo")).expect("a folder");
        std::fs::copy(self.home().join(key), home.path().join(key)).expect("nodes share a key");
        let url = self.database.url().expect("nodes share a database of PostgreSQL");
        let has_files = settings.environment.iter().any(|(name, _)| name == STORAGE);
        let settings = if has_files { settings } else { settings.with(STORAGE, shared_files(self.home())) };
        Self::run(settings, Database::Shared(url), home).await
    }

    /// Its address with scheme and port, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The address of its native WebSocket protocol.
    pub fn socket_url(&self) -> String {
        format!("{}/api/v1/realtime", self.base.replacen("http", "ws", 1))
    }

    /// The same as a socket address.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// A caller that is not signed in.
    pub fn rest(&self) -> Rest {
        Rest::new(&self.base)
    }

    /// The data folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9: no drain, no flush, no goodbye.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server has ended");
    }

    /// SIGTERM, without waiting.
    pub fn terminate(&self) {
        xtask::process::read(Command::new("kill").args(["-TERM", &self.pid().to_string()])).expect("SIGTERM is sent");
    }

    /// Waits for the end of the process.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server did not end within {within:?}\n{}", self.log());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Starts it again on the same data and the same port, after [`Server::kill`] or [`Server::ended`].
    pub async fn restart(&mut self) {
        self.child = spawn(&self.settings, &self.database, self.home.path(), self.port);
        self.wait_until_ready().await;
    }

    /// Another value of a variable, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.environment.retain(|(other, _)| other != name);
        self.settings.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts it again as [`Server::restart`] does, where it MUST refuse; what it said.
    pub async fn refuses_to_restart(&mut self) -> String {
        let before = self.log().len();
        self.child = spawn(&self.settings, &self.database, self.home.path(), self.port);
        let status = self.ended(Duration::from_secs(30)).await;
        assert!(!status.success(), "it ended with {status}");
        self.log().split_off(before)
    }

    /// Runs another command of `guichet` on its database, with `input` as a line on standard input.
    ///
    /// # Errors
    /// The command refuses; the message has its words.
    pub fn command(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut command = Command::new(program(Variant::Plain));
        // `serve --demo` keeps to a folder of its own inside the data folder.
        clean(&mut command, &self.home.path().join("demo"), &self.database);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        writeln!(child.stdin.take().expect("a pipe"), "{input}").expect("the command reads");
        let output = child.wait_with_output().expect("the command ends");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
    }

    /// All that it has logged since its first start.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log_path(self.home.path())).unwrap_or_default()
    }

    async fn wait_until_ready(&mut self) {
        let scheme =
            if self.settings.environment.iter().any(|(name, _)| name == "GUICHET_TLS_CERT") { "https" } else { "http" };
        self.base = format!("{scheme}://127.0.0.1:{}", self.port);
        let rest = Rest::new(&self.base);
        let deadline = Instant::now() + Duration::from_mins(1);
        while !rest.is_ready().await {
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                panic!("the server ended with {status} before it was ready\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "the server is not ready after 60 s\n{}", self.log());
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            eprintln!("--- the end of the server's log\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

fn spawn(settings: &Settings, database: &Database, home: &Path, port: u16) -> Child {
    let log = File::options().create(true).append(true).open(log_path(home)).expect("a log file");
    let variant = if settings.fault.is_some() { Variant::Faulty } else { Variant::Plain };
    let mut command = Command::new(program(variant));
    clean(&mut command, home, database);
    command.args(["serve", "--demo"]).env("GUICHET_LISTEN", format!("127.0.0.1:{port}"));
    if !settings.limits {
        command.env("GUICHET_LIMITS_ENABLED", "false");
    }
    if let Some(fault) = settings.fault {
        command.env("GUICHET_FAULT", fault);
    }
    if database.url().is_some() {
        // Another node may come beside it.
        command.env(STORAGE, shared_files(home));
    }
    command.envs(settings.environment.iter().cloned());
    command.stdout(log.try_clone().expect("a second handle")).stderr(log).stdin(Stdio::null());
    command.spawn().expect("the server starts")
}

const STORAGE: &str = "GUICHET_STORAGE_URL";

/// The folder in which a server keeps files when nothing is said, as one that all nodes have.
fn shared_files(home: &Path) -> String {
    format!("file://{}?shared=true", home.join("demo/files").display())
}

/// What the tester's own shell has set must not reach the server.
fn clean(command: &mut Command, home: &Path, database: &Database) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GUICHET_")) {
        command.env_remove(name);
    }
    command.env("GUICHET_DATA_DIR", home);
    if let Some(url) = database.url() {
        command.env("GUICHET_DATABASE_URL", url);
    }
}

/// Built once in this process: a restart in the middle of a test must not wait for cargo.
fn program(variant: Variant) -> &'static Path {
    static PLAIN: OnceLock<PathBuf> = OnceLock::new();
    static FAULTY: OnceLock<PathBuf> = OnceLock::new();
    let built = match variant {
        Variant::Plain => &PLAIN,
        Variant::Faulty => &FAULTY,
    };
    built.get_or_init(|| binary::build(variant).expect("the server's program is built"))
}

fn log_path(home: &Path) -> PathBuf {
    home.join("guichet-test.log")
}

/// Below the range that the system gives to outgoing connections: else a client that retries while the server
/// is down may be given the server's port as its own, and talk to itself.
fn free_port() -> u16 {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 1_000).unwrap_or(0) * 11;
    loop {
        let port = 20_000 + (start + COUNT.fetch_add(1, Ordering::Relaxed)) % 11_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
