//! What a file is, told by its content as it comes in. Nothing is unpacked, decoded or parsed: only the
//! bytes at the beginning are looked at, and of texts whether they are text to the end.

mod archive;
mod image;

use super::FileName;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentRefused {
    /// Its kind is not among those that are taken.
    Kind,
    /// It has nothing in it.
    Empty,
    /// A picture with more pixels than anybody should have to decode.
    TooManyPixels,
    /// It says to be a picture, and cannot be one.
    Broken,
}

/// Looks at a file while it comes in.
#[derive(Debug, Default)]
pub struct ContentCheck {
    head: Vec<u8>,
    text: Text,
    size: u64,
}

/// The pixels that a picture may have: more than any camera's, and a bitmap of 160 MiB.
const MOST_PIXELS: u64 = 40_000_000;
/// How much of a file's beginning is kept to look at.
const HEAD: usize = 64 * 1024;
/// A JPEG may have a thumbnail and profiles before it says how large it is.
const JPEG_HEAD: usize = 256 * 1024;

impl ContentCheck {
    /// The next piece of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.text.feed(bytes);
        let most = if self.head.starts_with(image::JPEG) || bytes.starts_with(image::JPEG) { JPEG_HEAD } else { HEAD };
        let room = most.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The media type of the file, once all of it was fed.
    ///
    /// # Errors
    /// Why the file is not taken.
    pub fn finish(self, name: &FileName) -> Result<&'static str, ContentRefused> {
        if self.size == 0 {
            return Err(ContentRefused::Empty);
        }
        if let Some(picture) = image::read(&self.head) {
            return match picture.pixels {
                image::Pixels::Known(0) | image::Pixels::Broken => Err(ContentRefused::Broken),
                image::Pixels::Known(pixels) if pixels > MOST_PIXELS => Err(ContentRefused::TooManyPixels),
                image::Pixels::Known(_) | image::Pixels::Untold => Ok(picture.mime_type),
            };
        }
        if self.head.starts_with(b"%PDF-") {
            return Ok("application/pdf");
        }
        if self.head.starts_with(archive::ZIP) {
            return archive::office(&self.head).ok_or(ContentRefused::Kind);
        }
        if self.head.starts_with(archive::OLE) {
            return archive::old_office(name).ok_or(ContentRefused::Kind);
        }
        if self.text.is_text() && !is_markup_or_program(&self.head) && !names_a_program(name) {
            return Ok(if name.extension() == "csv" { "text/csv" } else { "text/plain" });
        }
        Err(ContentRefused::Kind)
    }
}

/// A text that something may run or show as a page: by how it begins.
fn is_markup_or_program(head: &[u8]) -> bool {
    const OPENINGS: [&str; 11] =
        ["#!", "<!doctype", "<html", "<svg", "<?xml", "<script", "<head", "<body", "<iframe", "<?php", "%!ps"];
    let text = String::from_utf8_lossy(&head[..head.len().min(1024)]).to_lowercase();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{fffd}'));
    // A comment may come before what it hides.
    let text = match text.strip_prefix("<!--") {
        Some(rest) => rest.split_once("-->").map_or("<html", |(_, rest)| rest.trim_start()),
        None => text,
    };
    OPENINGS.iter().any(|opening| text.starts_with(opening))
}

/// A text that a double click runs: by its name, which is all that such a system looks at.
fn names_a_program(name: &FileName) -> bool {
    const PROGRAMS: [&str; 25] = [
        "bat", "cmd", "com", "exe", "hta", "htm", "html", "inf", "js", "jse", "lnk", "mht", "mjs", "pif", "ps1", "reg",
        "scr", "sh", "svg", "url", "vbe", "vbs", "wsf", "xhtml", "xml",
    ];
    PROGRAMS.contains(&name.extension().as_str())
}

/// Whether bytes are text: without control characters beyond those of plain text and terminals. In which encoding is
/// not asked: older programs write tables in that of their system (Windows-1252), and it is claimed nowhere.
#[derive(Debug)]
struct Text {
    fits: bool,
}

impl Default for Text {
    fn default() -> Self {
        Self { fits: true }
    }
}

impl Text {
    fn feed(&mut self, bytes: &[u8]) {
        let control = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
        self.fits = self.fits && !bytes.iter().any(control);
    }

    fn is_text(&self) -> bool {
        self.fits
    }
}

#[cfg(test)]
mod tests;
