//! Sends the letters that wait: each once, on whatever node.

use std::{sync::Arc, time::Duration};

use kernel::{Env, PortError};

use crate::{LetterQueue, Mailer, Secrets, WaitingLetter};

/// Takes letters out of the queue and has them delivered. Any number of nodes may do so at once: a letter that one
/// has claimed is left alone by the others, until [`Self::LEASE`] is over.
pub struct Dispatch {
    queue: Arc<dyn LetterQueue>,
    mailer: Arc<dyn Mailer>,
    secrets: Arc<dyn Secrets>,
    env: Arc<dyn Env>,
}

impl Dispatch {
    /// How long whoever claimed a letter has for it; should that node die, another takes the letter then.
    pub const LEASE: Duration = Duration::from_mins(1);
    /// How often a letter is tried before it is given up: over about six hours.
    pub const ATTEMPTS: u32 = 12;
    /// How many letters are claimed at once.
    const BATCH: u32 = 20;
    /// The longest wait between two attempts.
    const LONGEST_WAIT: Duration = Duration::from_hours(1);

    /// Puts the parts together.
    pub fn new(
        queue: Arc<dyn LetterQueue>,
        mailer: Arc<dyn Mailer>,
        secrets: Arc<dyn Secrets>,
        env: Arc<dyn Env>,
    ) -> Self {
        Self { queue, mailer, secrets, env }
    }

    /// Sends what is due by now; gives how many letters went out. A letter that cannot be delivered is tried again
    /// later, and keeps no other from going.
    ///
    /// # Errors
    /// When the queue is down; what went out until then is out.
    pub async fn send_waiting(&self) -> Result<usize, PortError> {
        let mut sent = 0;
        loop {
            let now = self.env.now();
            let claimed = self.queue.claim(now, now + Self::LEASE, Self::BATCH).await?;
            if claimed.is_empty() {
                return Ok(sent);
            }
            for waiting in &claimed {
                sent += usize::from(self.send(waiting).await?);
            }
        }
    }

    /// Whether it went out.
    async fn send(&self, waiting: &WaitingLetter) -> Result<bool, PortError> {
        let letter = &waiting.letter;
        let delivered = match letter.open(self.secrets.as_ref()) {
            Ok(open) => self.mailer.deliver(&open).await,
            Err(error) => Err(error),
        };
        let Err(error) = delivered else {
            self.queue.sent(letter.organization, letter.id, self.env.now()).await?;
            return Ok(true);
        };
        let given_up = waiting.attempts >= Self::ATTEMPTS;
        let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let attempts = waiting.attempts;
        tracing::warn!(letter = %letter.id, attempts, given_up, error = %error, why, "a letter did not go out");
        let again = self.env.now() + Self::wait(waiting.attempts);
        self.queue.failed(letter.organization, letter.id, (!given_up).then_some(again), self.env.now()).await?;
        Ok(false)
    }

    /// One minute after the first attempt, twice as long after each other one, an hour at most.
    fn wait(attempts: u32) -> Duration {
        let minutes = 1_u64 << attempts.saturating_sub(1).min(6);
        Duration::from_mins(minutes).min(Self::LONGEST_WAIT)
    }
}
