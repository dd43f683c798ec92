//! Whether each part works: what `/health/ready` and `/status` tell.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chat::{Files, Uploads};
use clamd::Clamd;
use http_actix::{Health, Part};
use kernel::PortError;
use storage::Room;
use store_seaorm::SeaStore;

use crate::{config::Config, nodes::Nodes, wire::Parts};

/// How long a part is given to say that it works.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a part is given that is not needed; all together have to answer within 5 s.
const BESIDE: Duration = Duration::from_millis(900);

/// The parts of this process.
pub(crate) struct HowItIs {
    store: Arc<SeaStore>,
    files: Arc<dyn Files>,
    uploads: Arc<Uploads>,
    clamd: Option<Arc<Clamd>>,
    data_dir: PathBuf,
    reserve: u64,
    nodes: Option<Arc<Nodes>>,
}

impl HowItIs {
    pub(crate) fn new(parts: &Parts, config: &Config) -> Self {
        Self {
            store: Arc::clone(&parts.store),
            files: Arc::clone(&parts.files),
            uploads: Arc::clone(&parts.uploads),
            clamd: parts.clamd.clone(),
            nodes: parts.nodes.clone(),
            data_dir: config.data_dir.clone(),
            reserve: config.disk_reserve(),
        }
    }

    async fn database(&self) -> bool {
        match tokio::time::timeout(PATIENCE, self.store.ping()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = %error, cause = ?std::error::Error::source(&error), "the database does not answer");
                false
            }
            Err(_) => false,
        }
    }

    /// Files can be kept and read, and are those of this installation.
    async fn storage(&self) -> Result<(), PortError> {
        self.files.ping().await?;
        let is_own = self.uploads.has_own_files();
        if is_own { Ok(()) } else { Err(PortError::unavailable("the files are those of another installation")) }
    }

    fn disk(&self) -> bool {
        match Room::of(&self.data_dir) {
            Ok(room) => {
                let enough = room.is_enough(self.reserve);
                if !enough {
                    tracing::warn!(
                        free_mib = room.free >> 20,
                        size_mib = room.size >> 20,
                        "the disk of the data folder is nearly full"
                    );
                }
                enough
            }
            Err(error) => {
                tracing::warn!(%error, "the data folder cannot be looked at");
                false
            }
        }
    }
}

#[async_trait]
impl Health for HowItIs {
    async fn look(&self) -> Vec<Part> {
        let began = Instant::now();
        let works = self.database().await;
        let database = Part { name: "database", works, needed: true, took_ms: since(began) };
        let began = Instant::now();
        let works = self.disk();
        let disk = Part { name: "disk", works, needed: true, took_ms: since(began) };
        let mut parts = vec![database, disk, beside("storage", self.storage()).await];
        if let Some(clamd) = &self.clamd {
            parts.push(beside("scanner", clamd.ping()).await);
        }
        // Without it messages of other nodes come late, and nothing is lost.
        let bus = |nodes: &Arc<Nodes>| Part { name: "bus", works: nodes.works(), needed: false, took_ms: 0 };
        parts.extend(self.nodes.as_ref().map(bus));
        parts
    }
}

/// A part without which messages still go.
async fn beside(name: &'static str, ping: impl Future<Output = Result<(), PortError>>) -> Part {
    let began = Instant::now();
    let works = match tokio::time::timeout(BESIDE, ping).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(part = name, cause = ?std::error::Error::source(&error), "a part does not answer");
            false
        }
        Err(_) => false,
    };
    Part { name, works, needed: false, took_ms: since(began) }
}

fn since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
