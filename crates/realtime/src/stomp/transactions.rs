//! Transactions: what was said in each, until it is carried out or dropped.

use std::collections::{BTreeMap, VecDeque};

use super::{frame::ClientFrame, refusal::Refused};

/// The open ones.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    open: BTreeMap<String, VecDeque<ClientFrame>>,
    bytes: usize,
}

/// One that is being carried out.
#[derive(Debug)]
pub(super) struct Running {
    frames: VecDeque<ClientFrame>,
    pub(super) number: u64,
    pub(super) receipt: Option<String>,
    /// A part of it was refused.
    pub(super) failed: bool,
}

impl Transactions {
    /// The most that may be open.
    const MOST: usize = 16;
    /// The most that may wait in all of them, in bytes.
    const BYTES: usize = 256 * 1024;
    /// What a frame takes beside what it says.
    const FRAME: usize = 64;

    pub(super) fn begin(&mut self, name: &str) -> Result<(), Refused> {
        if self.open.contains_key(name) {
            return Err(Refused::malformed("that transaction has begun already"));
        }
        if self.open.len() == Self::MOST {
            return Err(Refused::malformed("more than 16 open transactions"));
        }
        self.open.insert(name.to_owned(), VecDeque::new());
        Ok(())
    }

    /// Keeps a frame for later.
    pub(super) fn add(&mut self, name: &str, frame: ClientFrame) -> Result<(), Refused> {
        let frames = self.open.get_mut(name).ok_or_else(unknown)?;
        self.bytes += Self::size(&frame);
        if self.bytes > Self::BYTES {
            return Err(Refused::malformed("more than 256 KiB in open transactions"));
        }
        frames.push_back(frame);
        Ok(())
    }

    /// Ends one: to be carried out, or dropped.
    pub(super) fn end(&mut self, name: &str) -> Result<VecDeque<ClientFrame>, Refused> {
        let frames = self.open.remove(name).ok_or_else(unknown)?;
        self.bytes -= frames.iter().map(Self::size).sum::<usize>();
        Ok(frames)
    }

    fn size(frame: &ClientFrame) -> usize {
        Self::FRAME + frame.size()
    }
}

impl Running {
    pub(super) fn new(frames: VecDeque<ClientFrame>, number: u64, receipt: Option<String>) -> Self {
        Self { frames, number, receipt, failed: false }
    }

    /// The next frame of it.
    pub(super) fn next(&mut self) -> Option<ClientFrame> {
        self.frames.pop_front()
    }
}

fn unknown() -> Refused {
    Refused::malformed("no such transaction has begun")
}
