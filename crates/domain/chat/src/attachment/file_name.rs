//! The name of a file, as it may be shown, stored and sent in a header.

use std::fmt;

/// A name without any path, control character or character that turns the direction of writing; never
/// empty, and short enough for any file system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// The most bytes of a name: file systems take 255, and something is put before it while it is written.
    pub const MAX_BYTES: usize = 180;
    /// What a file is called whose name says nothing.
    const NAMELESS: &str = "file";

    /// Makes a name of whatever a client says it is.
    pub fn clean(said: &str) -> Self {
        let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
        let kept: String = last.chars().filter(|c| !c.is_control() && !deceives(*c)).collect();
        let name = cut(kept.trim_matches(|c: char| c == '.' || c.is_whitespace()));
        Self(if name.is_empty() { Self::NAMELESS.to_owned() } else { name })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The header `Content-Disposition` that names the file to who saves it: in ASCII for old clients, and as it
    /// is (RFC 6266, RFC 8187). `inline`: a browser may show it.
    pub fn content_disposition(&self, inline: bool) -> String {
        let is_plain = |c: char| c == ' ' || (c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%'));
        let plain: String = self.0.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        let mut encoded = String::new();
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.extend(['%', hex(byte >> 4), hex(byte & 15)]);
            }
        }
        let how = if inline { "inline" } else { "attachment" };
        format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
    }

    /// What stands behind the last dot, in lower case; empty without one.
    pub fn extension(&self) -> String {
        self.0.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Characters that are not seen and change how the rest looks: marks and overrides of direction, blanks
/// without width, and the separators of lines and paragraphs.
fn deceives(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Cuts a long name before its extension, which says what a person has before them.
fn cut(name: &str) -> String {
    if name.len() <= FileName::MAX_BYTES {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let mut end = FileName::MAX_BYTES - extension.len();
    while !stem.is_char_boundary(end.min(stem.len())) {
        end -= 1;
    }
    format!("{}{extension}", stem[..end.min(stem.len())].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_nothing_of_a_path() {
        for (said, name) in [
            ("facture.pdf", "facture.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
            ("..", "file"),
            ("a/..", "file"),
            ("", "file"),
            ("  .hidden", "hidden"),
            ("nom\u{202e}gpj.exe", "nomgpj.exe"),
            ("a\0b\r\nc.txt", "abc.txt"),
            ("reçu n° 4.pdf", "reçu n° 4.pdf"),
            ("trailing. . ", "trailing"),
        ] {
            assert_eq!(FileName::clean(said).as_str(), name, "{said:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = FileName::clean(&format!("{}.pdf", "é".repeat(300)));
        assert!(name.as_str().len() <= FileName::MAX_BYTES);
        assert_eq!(name.extension(), "pdf");
        let bare = FileName::clean(&"x".repeat(300));
        assert_eq!(bare.as_str().len(), FileName::MAX_BYTES);
        let dots = FileName::clean(&format!("a.{}", "é".repeat(300)));
        assert!(dots.as_str().len() <= FileName::MAX_BYTES);
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        let said = FileName::clean("re\"çu\r\n; x=1 €.pdf").content_disposition(false);
        let name = "filename*=UTF-8''re%22%C3%A7u%3B%20x%3D1%20%E2%82%AC.pdf";
        assert_eq!(said, format!("attachment; filename=\"re__u; x=1 _.pdf\"; {name}"));
        assert!(FileName::clean("a.png").content_disposition(true).starts_with("inline; "));
    }

    #[test]
    fn a_cleaned_name_is_clean() {
        let name = FileName::clean("..\u{2067}x/ y .tar.gz");
        assert_eq!(FileName::clean(name.as_str()), name);
    }
}
