//! From bytes to frames, whatever pieces they come in.

use super::frame::{ClientFrame, Command, Version};

/// What is wrong with bytes that are no frame; nothing after them can be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Against the grammar; in words for programmers.
    Malformed(&'static str),
    /// Above a bound.
    TooBig(&'static str),
}

/// Gathers the bytes of a client and takes frames off them. Bounded: a line, the headers, a body each have a most.
#[derive(Debug, Default)]
pub(super) struct Reader {
    bytes: Vec<u8>,
    /// Where the next line, or the body, begins.
    at: usize,
    /// Up to where its end was looked for.
    looked: usize,
    head: Option<Head>,
}

/// A frame of which the body is still to come, or a part of the headers too.
#[derive(Debug)]
struct Head {
    command: Command,
    headers: Vec<(String, String)>,
    size: usize,
    /// Once the empty line has come.
    body: Option<Body>,
}

#[derive(Debug, Clone, Copy)]
enum Body {
    /// So many bytes, as `content-length` says.
    Counted(usize),
    /// Up to the first NUL.
    Ended,
}

impl Reader {
    /// The longest line, in bytes.
    const LINE: usize = 8 * 1024;
    /// The most headers.
    const HEADERS: usize = 64;
    /// The most bytes of all headers.
    const HEAD: usize = 32 * 1024;
    /// The largest body, in bytes.
    pub(super) const BODY: usize = 64 * 1024;

    /// More bytes have come.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.looked -= self.at;
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame, if it is whole. What stands between frames is skipped: it only shows that the client is there.
    pub(super) fn next(&mut self, version: Version) -> Result<Option<ClientFrame>, Wrong> {
        loop {
            if let Some(body) = self.head.as_ref().and_then(|head| head.body) {
                return self.body(body);
            }
            if self.head.is_none() {
                self.skip_line_ends();
            }
            let Some(line) = self.line()? else { return Ok(None) };
            match &mut self.head {
                None => self.head = Some(Head::begin(&line)?),
                Some(head) if line.is_empty() => head.body = Some(head.body_of()?),
                Some(head) => head.add(&line, version)?,
            }
        }
    }

    /// Whether a frame has begun that is not whole.
    pub(super) fn is_amid(&self) -> bool {
        self.head.is_some() || self.at < self.bytes.len()
    }

    /// Nothing that comes is a frame any more, and nothing of it is kept.
    pub(super) fn give_up(&mut self) {
        *self = Self::default();
    }

    fn skip_line_ends(&mut self) {
        while let Some(rest) = self.bytes.get(self.at..) {
            match rest {
                [b'\n', ..] => self.at += 1,
                [b'\r', b'\n', ..] => self.at += 2,
                _ => break,
            }
        }
        self.looked = self.looked.max(self.at);
        if self.at == self.bytes.len() {
            // Gives the memory back; most connections are idle most of the time.
            *self = Self::default();
        }
    }

    /// The next line without its end, if it is whole.
    fn line(&mut self) -> Result<Option<String>, Wrong> {
        let fresh = self.bytes.get(self.looked..).unwrap_or_default();
        let Some(found) = fresh.iter().position(|byte| *byte == b'\n' || *byte == 0) else {
            self.looked = self.bytes.len();
            let too_long = self.looked - self.at > Self::LINE;
            return if too_long { Err(Wrong::TooBig("a line is longer than 8 KiB")) } else { Ok(None) };
        };
        let end = self.looked + found;
        if self.bytes.get(end) == Some(&0) {
            return Err(Wrong::Malformed("the frame ends within its headers"));
        }
        let line = self.bytes.get(self.at..end).unwrap_or_default();
        if line.len() > Self::LINE {
            return Err(Wrong::TooBig("a line is longer than 8 KiB"));
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.contains(&b'\r') {
            return Err(Wrong::Malformed("a carriage return within a line"));
        }
        let line = text(line)?;
        self.at = end + 1;
        self.looked = self.at;
        Ok(Some(line))
    }

    fn body(&mut self, body: Body) -> Result<Option<ClientFrame>, Wrong> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = match body {
            Body::Counted(length) => {
                match rest.get(length) {
                    None => return Ok(None),
                    Some(0) => {}
                    Some(_) => return Err(Wrong::Malformed("the body does not end where content-length says")),
                }
                length
            }
            Body::Ended => {
                let before = self.looked - self.at;
                let found = rest.get(before..).unwrap_or_default().iter().position(|byte| *byte == 0);
                let length = found.map_or(rest.len(), |found| before + found);
                if length > Self::BODY {
                    return Err(Wrong::TooBig("a body is larger than 64 KiB"));
                }
                if found.is_none() {
                    self.looked = self.bytes.len();
                    return Ok(None);
                }
                length
            }
        };
        let body = text(rest.get(..length).unwrap_or_default())?;
        self.at += length + 1;
        self.looked = self.at;
        Ok(self.head.take().map(|head| ClientFrame { command: head.command, headers: head.headers, body }))
    }
}

impl Head {
    fn begin(line: &str) -> Result<Self, Wrong> {
        let command = Command::named(line).ok_or(Wrong::Malformed("an unknown command"))?;
        Ok(Self { command, headers: Vec::new(), size: 0, body: None })
    }

    fn add(&mut self, line: &str, version: Version) -> Result<(), Wrong> {
        self.size += line.len();
        if self.headers.len() == Reader::HEADERS || self.size > Reader::HEAD {
            return Err(Wrong::TooBig("more than 64 headers, or 32 KiB of them"));
        }
        let (name, value) = line.split_once(':').ok_or(Wrong::Malformed("a header without a colon"))?;
        let version = if self.command.is_escaped() { version } else { Version::V10 };
        let (name, value) = (unescape(name, version)?, unescape(value, version)?);
        if name.is_empty() {
            return Err(Wrong::Malformed("a header without a name"));
        }
        self.headers.push((name, value));
        Ok(())
    }

    fn body_of(&self) -> Result<Body, Wrong> {
        let Some((_, length)) = self.headers.iter().find(|(name, _)| name == "content-length") else {
            return Ok(Body::Ended);
        };
        if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Wrong::Malformed("content-length is no number"));
        }
        match length.parse() {
            Ok(length) if length <= Reader::BODY => Ok(Body::Counted(length)),
            _ => Err(Wrong::TooBig("a body is larger than 64 KiB")),
        }
    }
}

fn text(bytes: &[u8]) -> Result<String, Wrong> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Wrong::Malformed("not UTF-8"))
}

fn unescape(text: &str, version: Version) -> Result<String, Wrong> {
    if version == Version::V10 || !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            let escape = letters.next().and_then(|escape| version.unescaped(escape));
            plain.push(escape.ok_or(Wrong::Malformed("an unknown escape in a header"))?);
        } else {
            plain.push(letter);
        }
    }
    Ok(plain)
}
