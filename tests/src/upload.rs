//! Files as clients send them.

use crate::rest::{Answer, Rest, send};
use reqwest::{Method, header::CONTENT_TYPE};

/// A small picture that every browser shows: one pixel.
pub const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0,
    0xf0, 0x1f, 0, 0x05, 0, 0x01, 0xff, 0x56, 0xc7, 0x2f, 0x0d, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60,
    0x82,
];

const BOUNDARY: &str = "boundary-of-the-tests";

/// A form, part by part.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<u8>);

impl Form {
    /// With a file.
    #[must_use]
    pub fn file(self, name: &str, content: &[u8]) -> Self {
        self.part(&format!("form-data; name=\"file\"; filename=\"{name}\""), content)
    }

    /// With a text.
    #[must_use]
    pub fn text(self, name: &str, content: &str) -> Self {
        self.part(&format!("form-data; name=\"{name}\""), content.as_bytes())
    }

    /// With a part under any heading.
    #[must_use]
    pub fn part(mut self, disposition: &str, content: &[u8]) -> Self {
        self.0.extend(format!("--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n").as_bytes());
        self.0.extend(content);
        self.0.extend(b"\r\n");
        self
    }

    /// What is sent.
    pub fn body(mut self) -> Vec<u8> {
        self.0.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0
    }

    /// The type of what is sent.
    pub fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }
}

impl Rest {
    /// Uploads a form to a conversation, with what stands behind the path.
    pub async fn upload(&self, conversation: &str, query: &str, form: Form) -> Answer {
        let path = format!("/conversations/{conversation}/attachments{query}");
        let request = self.request(Method::POST, &path).header(CONTENT_TYPE, Form::content_type());
        send(request.body(form.body())).await
    }

    /// Uploads one file that is taken; gives its id.
    pub async fn uploaded(&self, conversation: &str, name: &str, content: &[u8]) -> String {
        let kept = self.upload(conversation, "", Form::default().file(name, content)).await.expect(201);
        crate::people::text(&kept["items"][0]["id"]).to_owned()
    }
}
