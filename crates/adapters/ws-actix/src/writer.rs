//! The sending half: the response's body. It is polled only when the socket takes more, and takes then what
//! waits in the connection's queue.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_http::ws::{CloseCode, CloseReason, OpCode, Parser};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use realtime::{Close, Out};

use crate::link::Link;

pub(crate) struct Writer {
    link: Arc<Link>,
    closed: bool,
}

impl Writer {
    /// What is handed to the dispatcher at a time; it holds that and no more for a client that does not read.
    const CHUNK: usize = 64 * 1024;

    pub(crate) fn new(link: Arc<Link>) -> Self {
        Self { link, closed: false }
    }

    fn write(&mut self, out: Vec<Out>) -> Bytes {
        let protocol = self.link.conn.protocol().as_str();
        metrics::counter!("guichet_realtime_frames_out_total", "protocol" => protocol).increment(out.len() as u64);
        let mut bytes = BytesMut::new();
        for frame in out {
            match frame {
                Out::Text(text) => Parser::write_message(&mut bytes, text, OpCode::Text, true, false),
                Out::Ping => Parser::write_message(&mut bytes, b"", OpCode::Ping, true, false),
                Out::Pong(payload) => Parser::write_message(&mut bytes, payload, OpCode::Pong, true, false),
                Out::Close(close) => {
                    self.closed = true;
                    Parser::write_close(&mut bytes, Some(reason(close)), false);
                }
            }
        }
        bytes.freeze()
    }
}

fn reason(close: Close) -> CloseReason {
    let description = Some(close.reason().to_owned()).filter(|reason| !reason.is_empty());
    CloseReason { code: CloseCode::from(close.code()), description }
}

impl Stream for Writer {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.closed {
            match self.link.hub().poll_out(&self.link.conn, Self::CHUNK, self.link.now(), context) {
                Poll::Ready(out) if out.is_empty() => {}
                Poll::Ready(out) => {
                    metrics::counter!("guichet_realtime_overflows_total").increment(self.link.conn.take_overflows());
                    return Poll::Ready(Some(Ok(self.write(out))));
                }
                Poll::Pending => break,
            }
        }
        // After the close frame the client is waited for, so that it can read it before the socket goes.
        if self.link.poll_finished(context) { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The socket is gone, whoever let it go; only now its person may open another in its place.
        self.link.hub().gone(&self.link.conn);
        self.link.finish();
    }
}
