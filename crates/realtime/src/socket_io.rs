//! To be written.

use bytes::Bytes;
use kernel::{ConnectionId, Timestamp};

use crate::{Codec, Frame, Heard, Step, Written};

#[derive(Debug)]
pub(crate) struct SocketIo;

impl SocketIo {
    pub(crate) fn new(_id: ConnectionId) -> Self {
        Self
    }
}

impl Codec for SocketIo {
    fn feed(&mut self, _heard: Heard<'_>, _now: Timestamp) {}
    fn next(&mut self) -> Option<Step> {
        None
    }
    fn has_next(&self) -> bool {
        false
    }
    fn write(&mut self, frame: &Frame, _now: Timestamp) -> Written {
        Written::one(Bytes::clone(frame.native()))
    }
}
