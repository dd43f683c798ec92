//! A mailer that keeps what it is given.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use kernel::PortError;

use crate::{Mailer, OpenLetter};

/// Keeps the letters; or refuses them, when a test says so.
#[derive(Debug, Default)]
pub struct FakeMailer {
    delivered: Mutex<Vec<OpenLetter>>,
    down: AtomicBool,
}

impl FakeMailer {
    /// What was delivered, each letter once, in the order it first came.
    pub fn delivered(&self) -> Vec<OpenLetter> {
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses all letters from now on, or takes them again.
    pub fn break_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn deliver(&self, letter: &OpenLetter) -> Result<(), PortError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("no way to deliver a letter"));
        }
        let mut delivered = self.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        if delivered.iter().all(|one| one.id != letter.id) {
            delivered.push(letter.clone());
        }
        Ok(())
    }
}
