use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How often we look.
const PERIOD: Duration = Duration::from_millis(20);

/// How late this process itself is: on a busy machine a slow harness must not be read as a slow server.
#[derive(Debug)]
pub(super) struct Lag {
    late: Arc<Mutex<Vec<(Instant, Duration)>>>,
    task: JoinHandle<()>,
}

impl Lag {
    pub(super) fn start() -> Self {
        let late = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&late);
        let task = tokio::spawn(async move {
            loop {
                let started = Instant::now();
                sleep(PERIOD).await;
                let lag = started.elapsed().saturating_sub(PERIOD);
                if lag > PERIOD {
                    notes.lock().expect("nobody panics here").push((Instant::now(), lag));
                }
            }
        });
        Self { late, task }
    }

    /// The longest we were held up since then.
    pub(super) fn worst_since(&self, since: Instant) -> Duration {
        let late = self.late.lock().expect("nobody panics here");
        late.iter().rev().take_while(|(at, _)| *at >= since).map(|(_, lag)| *lag).max().unwrap_or_default()
    }
}

impl Drop for Lag {
    fn drop(&mut self) {
        self.task.abort();
    }
}
