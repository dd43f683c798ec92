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
    fn a_cleaned_name_is_clean() {
        let name = FileName::clean("..\u{2067}x/ y .tar.gz");
        assert_eq!(FileName::clean(name.as_str()), name);
    }
}
