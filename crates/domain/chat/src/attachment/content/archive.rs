//! Office documents, told from other containers without unpacking anything.

use super::super::FileName;

/// How an entry of a ZIP archive begins.
pub(super) const ZIP: &[u8] = b"PK\x03\x04";
/// How a compound file begins, which old office documents are, and installers too.
pub(super) const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// The folders that tell the kinds of such documents apart.
const FOLDERS: [(&[u8], &str); 3] = [
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];

/// What an archive is, by the names of its first entries; `None` for one that is no document.
pub(super) fn office(head: &[u8]) -> Option<&'static str> {
    if let Some(kind) = open_document(head) {
        return Some(kind);
    }
    let names = names(head);
    // The parts that every such document has (ECMA-376, part 2), of which one comes early.
    if !names.iter().any(|name| *name == b"[Content_Types].xml" || *name == b"_rels/.rels") {
        return None;
    }
    FOLDERS.iter().find(|(folder, _)| names.iter().any(|name| name.starts_with(folder))).map(|(_, kind)| *kind)
}

/// The first entry is named `mimetype`, is not compressed, and says it (`OpenDocument` 1.3, part 2, 3.3).
fn open_document(head: &[u8]) -> Option<&'static str> {
    const KINDS: [&str; 4] = [
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.graphics",
    ];
    let (first, content) = entry(head)?;
    if first != b"mimetype" {
        return None;
    }
    let is = |kind: &&str| {
        // Something has to follow, and not more of the word.
        content.strip_prefix(kind.as_bytes()).is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
            || content.strip_prefix(kind.as_bytes()).is_some_and(|rest| rest.starts_with(b"PK"))
    };
    KINDS.into_iter().find(is)
}

/// The names of the entries that begin within the head.
fn names(head: &[u8]) -> Vec<&[u8]> {
    let mut names = Vec::new();
    let mut rest = head;
    while let Some(at) = rest.windows(ZIP.len()).position(|word| word == ZIP) {
        rest = &rest[at..];
        names.extend(entry(rest).map(|(name, _)| name));
        rest = &rest[ZIP.len()..];
    }
    names
}

/// The name of the entry that begins here, and what follows its header (APPNOTE 4.3.7).
fn entry(from: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = |at: usize| Some(usize::from(*from.get(at)?) | (usize::from(*from.get(at + 1)?) << 8));
    let (name, extra) = (length(26)?, length(28)?);
    Some((from.get(30..30 + name)?, from.get(30 + name + extra..)?))
}

/// What an old document is. Its content does not tell it from an installer at its beginning, so its name has to.
pub(super) fn old_office(name: &FileName) -> Option<&'static str> {
    match name.extension().as_str() {
        "doc" | "dot" => Some("application/msword"),
        "xls" | "xlt" => Some("application/vnd.ms-excel"),
        "ppt" | "pps" => Some("application/vnd.ms-powerpoint"),
        _ => None,
    }
}
