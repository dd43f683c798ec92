//! A private PostgreSQL cluster in a folder of its own, on a free port of the loopback address.

use crate::process::{self, find, is_root};
use anyhow::{Context, Result, bail};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether what the cluster has committed survives a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// `fsync=off`: ordinary tests, which start from an empty database each.
    Volatile,
    /// PostgreSQL's defaults: fault tests and measurements.
    Durable,
}

/// A cluster that was created; it runs until [`Cluster::stop`], also after this value is gone.
#[derive(Debug, Clone)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes a new cluster in `folder` and starts it. What was in `folder` is deleted.
    ///
    /// # Errors
    /// PostgreSQL's programs are missing, or refuse; the message has their words.
    pub fn create(folder: &Path, durability: Durability) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        if is_root() {
            process::read(Command::new("chown").arg(owner()?).arg(folder))?;
        }
        let mut initdb = postgres_command("initdb")?;
        initdb.arg("--pgdata").arg(folder.join("data")).args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]);
        if durability == Durability::Volatile {
            initdb.arg("--no-sync");
        }
        process::read(&mut initdb)?;
        let cluster = Self { folder: folder.to_path_buf(), port: free_port()? };
        std::fs::write(folder.join("port"), cluster.port.to_string())?;
        std::fs::write(folder.join("options"), options(cluster.port, durability))?;
        cluster.start()?;
        Ok(cluster)
    }

    /// The cluster that [`Cluster::create`] left in `folder`, running or not.
    pub fn open(folder: &Path) -> Option<Self> {
        let port = std::fs::read_to_string(folder.join("port")).ok()?.trim().parse().ok()?;
        Some(Self { folder: folder.to_path_buf(), port })
    }

    /// Starts the server and waits until it takes connections.
    ///
    /// # Errors
    /// `pg_ctl` refuses; the message has the end of the server's log.
    pub fn start(&self) -> Result<()> {
        let options = std::fs::read_to_string(self.folder.join("options"))?;
        let mut start = self.control("start")?;
        start.arg("--log").arg(self.folder.join("data/server.log")).args([
            "--wait",
            "--timeout=60",
            "--options",
            &options,
        ]);
        process::read(&mut start).with_context(|| self.last_words())?;
        Ok(())
    }

    /// Stops the server at once, without a checkpoint. A server that does not run is no error.
    ///
    /// # Errors
    /// `pg_ctl` refuses.
    pub fn stop(&self) -> Result<()> {
        if !self.is_running() {
            return Ok(());
        }
        process::read(self.control("stop")?.args(["--mode=immediate", "--wait"])).map(drop)
    }

    /// Stops the server and deletes its folder.
    ///
    /// # Errors
    /// As [`Cluster::stop`], or the folder cannot be deleted.
    pub fn remove(&self) -> Result<()> {
        self.stop()?;
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("cannot delete {}", self.folder.display()))
    }

    /// Whether the server's process lives and its port takes connections.
    pub fn is_running(&self) -> bool {
        let alive = self.control("status").and_then(|mut status| process::read(&mut status)).is_ok();
        alive && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
    }

    /// The superuser's URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The folder with its data, port and options.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn control(&self, action: &str) -> Result<Command> {
        let mut command = postgres_command("pg_ctl")?;
        command.arg(action).arg("--pgdata").arg(self.folder.join("data"));
        Ok(command)
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("data/server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// The newest PostgreSQL server program of that name: in `PATH`, or where Debian keeps them.
pub fn postgres_program(name: &str) -> Option<PathBuf> {
    find(name).or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut found: Vec<(u32, PathBuf)> = versions
            .flatten()
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name))))
            .filter(|(_, program)| program.is_file())
            .collect();
        found.sort();
        found.pop().map(|(_, program)| program)
    })
}

fn options(port: u16, durability: Durability) -> String {
    let mut words =
        format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200");
    if durability == Durability::Volatile {
        words.push_str(" -c fsync=off -c full_page_writes=off");
    }
    words
}

/// PostgreSQL refuses to run as root: then its programs run as the user that its package makes, or one of ours.
fn postgres_command(name: &str) -> Result<Command> {
    let program = postgres_program(name).with_context(|| format!("PostgreSQL's {name} is not installed"))?;
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", owner()?, "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    Ok(command)
}

fn owner() -> Result<&'static str> {
    for user in ["postgres", "guichet-services"] {
        if process::read(Command::new("id").args(["-u", user])).is_ok() {
            return Ok(user);
        }
    }
    process::read(Command::new("useradd").args(["--system", "--no-create-home", "guichet-services"]))?;
    Ok("guichet-services")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on the loopback address")?;
    match listener.local_addr()?.port() {
        0 => bail!("the system gave port 0"),
        port => Ok(port),
    }
}
