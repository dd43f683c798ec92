//! Those who follow a conversation: what each got, in order, and how long it took.

use crate::dialect::{Frame, Protocol};
use crate::ledger::{Ledger, Placed};
use crate::socket::{Line, Socket};
use crate::subject::Seat;
use anyhow::{Context, Result, bail, ensure};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// One receiver's account.
#[derive(Default)]
pub(crate) struct Receiver(Mutex<Account>);

#[derive(Default)]
pub(crate) struct Account {
    /// Where the client stands, once it has followed.
    pub(crate) position: Option<u64>,
    epoch: String,
    /// Whether all that was missed has come.
    pub(crate) live: bool,
    pub(crate) got: Vec<Placed>,
    /// Of each message, in the order of `got`.
    pub(crate) took: Vec<Duration>,
    /// Why the connection ended.
    pub(crate) trouble: Option<String>,
    /// What came and must not have come; never forgotten.
    pub(crate) broken: Option<String>,
}

impl Receiver {
    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects, follows the seat's conversation from where this receiver stands, and reads until it is live.
    ///
    /// # Errors
    /// The server is not there or says something else.
    pub(crate) async fn follow(
        &self,
        address: SocketAddr,
        seat: &Seat,
        (protocol, line): (Protocol, Line),
        ledger: &Ledger,
    ) -> Result<Socket> {
        let mut socket = Socket::open(address, &seat.token, protocol, line).await?;
        let (epoch, position) = {
            let mut account = self.account();
            account.live = false;
            if account.epoch.is_empty() {
                account.epoch.clone_from(&socket.epoch);
            }
            account.position = account.position.or(socket.begins());
            (account.epoch.clone(), account.position)
        };
        socket.subscribe(&seat.conversation, position.map(|seq| (epoch.as_str(), seq))).await?;
        while !self.account().live {
            let frame = socket.next().await?;
            self.account().take(frame, position.is_none(), ledger)?;
        }
        Ok(socket)
    }

    /// Reads until the connection ends, and notes why. Reads nothing while `stalled` says so.
    pub(crate) async fn listen(&self, socket: Socket, ledger: &Ledger, stalled: Option<watch::Receiver<bool>>) {
        if let Err(error) = self.try_listen(socket, ledger, stalled).await {
            self.account().trouble = Some(format!("{error:#}"));
        }
    }

    async fn try_listen(
        &self,
        mut socket: Socket,
        ledger: &Ledger,
        mut stalled: Option<watch::Receiver<bool>>,
    ) -> Result<()> {
        loop {
            let frame = match &mut stalled {
                None => socket.next().await?,
                Some(stalled) => {
                    stalled.wait_for(|stalled| !stalled).await.context("the scenario is over")?;
                    tokio::select! {
                        frame = socket.next() => frame?,
                        _ = stalled.changed() => continue,
                    }
                }
            };
            self.account().take(frame, false, ledger)?;
        }
    }
}

impl Account {
    /// Takes a frame. `afresh`: what stands before the place where the subscription starts is history, shown to
    /// whoever comes for the first time.
    fn take(&mut self, frame: Frame, afresh: bool, ledger: &Ledger) -> Result<()> {
        if let Frame::Error { code } = frame {
            bail!("the server refused a frame: {code}");
        }
        let applied = self.apply(frame, afresh, ledger);
        if let Err(error) = &applied {
            self.broken = Some(format!("{error:#}"));
        }
        applied
    }

    /// As a client must: each entry is the next one.
    fn apply(&mut self, frame: Frame, afresh: bool, ledger: &Ledger) -> Result<()> {
        match frame {
            Frame::Subscribed { last_seq } if afresh => self.position = Some(last_seq),
            Frame::Message { seq, .. } if afresh && self.position.is_some_and(|position| seq <= position) => {}
            Frame::Message { seq, content } => {
                let position = self.position.context("an entry before the subscription")?;
                ensure!(seq == position + 1, "entry {seq} came after {position}");
                self.position = Some(seq);
                let content = content.context("a message without content")?;
                // What was sent for another ledger is history too.
                if let Some((number, took)) = ledger.read(&content)? {
                    self.got.push((seq, number));
                    self.took.push(took);
                }
            }
            Frame::Live { seq } => {
                ensure!(seq.is_none() || self.position == seq, "live at {seq:?} when {:?} was reached", self.position);
                self.live = true;
            }
            Frame::Reset { reason } => bail!("the position was refused: {reason}"),
            _ => {}
        }
        Ok(())
    }
}

/// All receivers of a scenario, by seat.
pub(crate) fn receivers(count: usize) -> Vec<Arc<Receiver>> {
    (0..count).map(|_| Arc::default()).collect()
}

/// Compares each with the ledger: the receiver at `n` sits at `seat(n)`.
///
/// # Errors
/// One got other messages than were acked.
pub(crate) fn check(receivers: &[Arc<Receiver>], ledger: &Ledger, seat: impl Fn(usize) -> usize) -> Result<()> {
    for (number, receiver) in receivers.iter().enumerate() {
        ledger.check(seat(number), &receiver.account().got)?;
    }
    Ok(())
}

/// So that a scenario ends when a receiver was cut off.
///
/// # Errors
/// One was.
pub(crate) fn undisturbed(receivers: &[Arc<Receiver>]) -> Result<()> {
    for (number, receiver) in receivers.iter().enumerate() {
        let account = receiver.account();
        ensure!(account.trouble.is_none(), "receiver {number} was cut off: {:?}", account.trouble);
    }
    Ok(())
}
