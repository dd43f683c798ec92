//! A form, read part by part as it comes in.

use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING},
    web::{Bytes, Payload},
};
use async_trait::async_trait;
use chat::{Incoming, UploadCut};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;

/// How long the next bytes may take to come in.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most parts of a form.
const MOST_PARTS: usize = 16;
/// The longest boundary (RFC 2046, section 5.1.1).
const LONGEST_BOUNDARY: usize = 70;
/// The longest text, in bytes: the content of a message.
const LONGEST_TEXT: usize = 20_000;

pub(super) struct Form {
    parts: Multipart,
    read: usize,
    until: Instant,
}

impl Form {
    /// One that has to have come in whole within a time; what comes in later counts as cut off.
    pub(super) fn new(request: &HttpRequest, payload: Payload, within: Duration) -> Result<Self, Failure> {
        if !request.content_type().eq_ignore_ascii_case("multipart/form-data")
            || request.headers().contains_key(CONTENT_ENCODING)
        {
            return Err(Failure::unsupported_media_type());
        }
        let kind = request.mime_type().ok().flatten();
        let boundary = kind.as_ref().and_then(|kind| kind.get_param("boundary"));
        let fits = |length: usize| (1..=LONGEST_BOUNDARY).contains(&length);
        if !boundary.is_some_and(|boundary| fits(boundary.as_str().len())) {
            return Err(Failure::malformed());
        }
        Ok(Self { parts: Multipart::new(request.headers(), payload), read: 0, until: Instant::now() + within })
    }

    /// The next part; the one before it MUST have been dropped.
    pub(super) async fn next(&mut self) -> Result<Option<Part>, Failure> {
        let field = match timeout_at(patience(self.until), self.parts.next()).await {
            Ok(Some(Ok(field))) => field,
            Ok(Some(Err(error))) => return Err(Failure::malformed().caused_by(error.to_string())),
            Ok(None) => return Ok(None),
            Err(late) => return Err(Failure::malformed().caused_by(late)),
        };
        self.read += 1;
        let said_twice = field.headers().get_all(CONTENT_DISPOSITION).count() != 1;
        let nested = field.content_type().is_some_and(|kind| kind.type_() == "multipart");
        if self.read > MOST_PARTS || said_twice || nested || field.name().is_none_or(str::is_empty) {
            return Err(Failure::malformed());
        }
        Ok(Some(Part { field, piece: Bytes::new(), until: self.until }))
    }
}

/// Until when the next bytes have to come in.
fn patience(until: Instant) -> Instant {
    until.min(Instant::now() + PATIENCE)
}

pub(super) struct Part {
    field: Field,
    piece: Bytes,
    until: Instant,
}

impl Part {
    pub(super) fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// The name of the file, when it is one.
    pub(super) fn file_name(&self) -> Option<&str> {
        let said = self.field.content_disposition();
        let file_name =
            said.and_then(|said| said.get_filename_ext().and_then(|ext| std::str::from_utf8(&ext.value).ok()));
        file_name.or_else(|| said.and_then(|said| said.get_filename()))
    }

    /// A text.
    pub(super) async fn text(mut self) -> Result<String, Failure> {
        let mut text = Vec::new();
        while let Some(piece) = self.next().await.map_err(|error| Failure::malformed().caused_by(error))? {
            if text.len() + piece.len() > LONGEST_TEXT {
                return Err(Failure::too_large(LONGEST_TEXT));
            }
            text.extend_from_slice(piece);
        }
        String::from_utf8(text).map_err(|error| Failure::malformed().caused_by(error))
    }
}

#[async_trait(?Send)]
impl Incoming for Part {
    async fn next(&mut self) -> Result<Option<&[u8]>, UploadCut> {
        match timeout_at(patience(self.until), self.field.next()).await {
            Ok(Some(Ok(piece))) => {
                self.piece = piece;
                Ok(Some(&self.piece))
            }
            Ok(None) => Ok(None),
            Ok(Some(Err(_))) | Err(_) => Err(UploadCut),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest, dev, test::TestRequest};
    use futures_util::stream;

    use super::*;

    #[actix_web::test]
    async fn a_form_that_takes_too_long_is_cut_off_like_one_that_ends() {
        let request = TestRequest::default().insert_header(("content-type", "multipart/form-data; boundary=b"));
        let request = request.to_http_request();
        let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwords and so on";
        let bytes = stream::once(async move { Ok(Bytes::from_static(head.as_bytes())) }).chain(stream::pending());
        let mut payload: dev::Payload = dev::Payload::Stream { payload: Box::pin(bytes) };
        let payload = Payload::from_request(&request, &mut payload).await.unwrap();
        let within = Duration::from_millis(50);
        let mut form = Form::new(&request, payload, within).unwrap();
        let mut part = form.next().await.unwrap().unwrap();
        let began = Instant::now();
        while part.next().await.is_ok_and(|piece| piece.is_some()) {}
        assert!(part.next().await.is_err(), "what takes in the file is told, and cleans up");
        assert!(began.elapsed() < PATIENCE / 2);
    }
}
