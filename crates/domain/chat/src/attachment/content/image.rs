//! Pictures: their kind and their size in pixels, from the header alone.

/// How a JPEG begins.
pub(super) const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// A picture by its header.
pub(super) struct Picture {
    pub(super) mime_type: &'static str,
    pub(super) pixels: Pixels,
}

/// How many pixels a header tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pixels {
    Known(u64),
    /// The format does not tell at its beginning, and no browser decodes it.
    Untold,
    /// It should tell, and does not.
    Broken,
}

/// Reads the header; `None` when it is no picture that is taken.
pub(super) fn read(head: &[u8]) -> Option<Picture> {
    let (mime_type, pixels) = if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("image/png", area(png(head)))
    } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        ("image/gif", area(size_le(head, 6)))
    } else if head.starts_with(JPEG) {
        ("image/jpeg", area(jpeg(head)))
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        ("image/webp", area(webp(head)))
    } else if is_heic(head) {
        ("image/heic", heic(head))
    } else {
        return None;
    };
    Some(Picture { mime_type, pixels })
}

fn area(size: Option<(u64, u64)>) -> Pixels {
    size.map_or(Pixels::Broken, |(width, height)| Pixels::Known(width.saturating_mul(height)))
}

/// The first chunk has to be IHDR (PNG, section 5.6).
fn png(head: &[u8]) -> Option<(u64, u64)> {
    (head.get(12..16)? == b"IHDR").then_some(())?;
    Some((be32(head, 16)?, be32(head, 20)?))
}

/// Goes from segment to segment up to the one of the frame (ITU T.81, annex B).
fn jpeg(head: &[u8]) -> Option<(u64, u64)> {
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        let marker = *head.get(at + 1)?;
        match marker {
            // Fill bytes before a marker.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            // Frames of every process; the others of the row are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(head, at + 7)?, be16(head, at + 5)?));
            }
            // The picture begins or ends without a frame.
            0xd9 | 0xda => return None,
            _ => {
                let length = usize::try_from(be16(head, at + 2)?).ok().filter(|length| *length >= 2)?;
                at += 2 + length;
            }
        }
    }
}

/// One of three forms (RFC 9649, section 2).
fn webp(head: &[u8]) -> Option<(u64, u64)> {
    match head.get(12..16)? {
        b"VP8X" => Some((le24(head, 24)? + 1, le24(head, 27)? + 1)),
        b"VP8L" => {
            let bits = le16(head, 21)? | (le16(head, 23)? << 16);
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8 " => Some((le16(head, 26)? & 0x3fff, le16(head, 28)? & 0x3fff)),
        _ => None,
    }
}

/// A file of ISO 14496-12 with a brand of ISO 23008-12.
fn is_heic(head: &[u8]) -> bool {
    const BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"];
    head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

/// The largest of its items, each of which tells its size in a box `ispe`.
fn heic(head: &[u8]) -> Pixels {
    let places = head.windows(4).enumerate().filter(|(_, word)| *word == b"ispe").map(|(at, _)| at);
    let sizes = places.filter_map(|at| Some(be32(head, at + 8)?.saturating_mul(be32(head, at + 12)?)));
    sizes.max().map_or(Pixels::Untold, Pixels::Known)
}

fn size_le(head: &[u8], at: usize) -> Option<(u64, u64)> {
    Some((le16(head, at)?, le16(head, at + 2)?))
}

fn be32(head: &[u8], at: usize) -> Option<u64> {
    Some((be16(head, at)? << 16) | be16(head, at + 2)?)
}

fn be16(head: &[u8], at: usize) -> Option<u64> {
    Some((u64::from(*head.get(at)?) << 8) | u64::from(*head.get(at + 1)?))
}

fn le16(head: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(*head.get(at)?) | (u64::from(*head.get(at + 1)?) << 8))
}

fn le24(head: &[u8], at: usize) -> Option<u64> {
    Some(le16(head, at)? | (u64::from(*head.get(at + 2)?) << 16))
}
