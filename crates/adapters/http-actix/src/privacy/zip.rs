//! A ZIP archive that is written piece by piece, with files as they are: an archive can then be sent while it is made.
//!
//! As APPNOTE 6.3.10 has it: sizes follow each file (section 4.3.9), names are UTF-8 (flag bit 11), and the fields of
//! ZIP64 (4.3.14, 4.5.3) are there where 32 bits do not do.

/// Sizes follow the content; the name is UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// 1 January 1980, the first day that there is; times of files are told in `data.json`.
const DAY: u16 = 1 << 5 | 1;
const VERSION: u16 = 45;

/// An archive on its way out. Files come one after the other.
#[derive(Default)]
pub(super) struct Archive {
    at: u64,
    done: Vec<Entry>,
    open: Option<Entry>,
}

struct Entry {
    name: String,
    at: u64,
    size: u64,
    crc: u32,
}

impl Archive {
    /// A file begins; its content follows. A file MUST be smaller than 4 GiB.
    pub(super) fn begin(&mut self, name: &str) -> Vec<u8> {
        self.open = Some(Entry { name: name.to_owned(), at: self.at, size: 0, crc: 0 });
        let mut out = Vec::with_capacity(30 + name.len());
        out.extend(0x0403_4b50_u32.to_le_bytes());
        shorts(&mut out, &[VERSION, FLAGS, 0, 0, DAY]);
        longs(&mut out, &[0, 0, 0]);
        shorts(&mut out, &[length(name), 0]);
        out.extend(name.as_bytes());
        self.sent(out)
    }

    /// More of the file's content.
    pub(super) fn content(&mut self, piece: &[u8]) -> Vec<u8> {
        if let Some(open) = &mut self.open {
            open.size += piece.len() as u64;
            open.crc = crc(open.crc, piece);
        }
        self.sent(piece.to_vec())
    }

    /// The file ends.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let Some(open) = self.open.take() else { return Vec::new() };
        let mut out = Vec::with_capacity(16);
        longs(&mut out, &[0x0807_4b50, open.crc, low(open.size), low(open.size)]);
        self.done.push(open);
        self.sent(out)
    }

    /// The list of all files, which is the end of the archive.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let (begin, count) = (self.at, self.done.len() as u64);
        let mut out = Vec::new();
        for entry in &self.done {
            let far = entry.at > u64::from(u32::MAX) - 1;
            out.extend(0x0201_4b50_u32.to_le_bytes());
            shorts(&mut out, &[VERSION, VERSION, FLAGS, 0, 0, DAY]);
            longs(&mut out, &[entry.crc, low(entry.size), low(entry.size)]);
            shorts(&mut out, &[length(&entry.name), if far { 12 } else { 0 }, 0, 0, 0]);
            longs(&mut out, &[0, if far { u32::MAX } else { low(entry.at) }]);
            out.extend(entry.name.as_bytes());
            if far {
                shorts(&mut out, &[1, 8]);
                out.extend(entry.at.to_le_bytes());
            }
        }
        let (size, end) = (out.len() as u64, begin + out.len() as u64);
        if end > u64::from(u32::MAX) - 1 || count > u64::from(u16::MAX) - 1 {
            out.extend(0x0606_4b50_u32.to_le_bytes());
            out.extend(44_u64.to_le_bytes());
            shorts(&mut out, &[VERSION, VERSION]);
            longs(&mut out, &[0, 0]);
            for field in [count, count, size, begin] {
                out.extend(field.to_le_bytes());
            }
            longs(&mut out, &[0x0706_4b50, 0]);
            out.extend(end.to_le_bytes());
            longs(&mut out, &[1]);
        }
        let few = u16::try_from(count).unwrap_or(u16::MAX);
        out.extend(0x0605_4b50_u32.to_le_bytes());
        shorts(&mut out, &[0, 0, few, few]);
        longs(&mut out, &[low(size), low(begin)]);
        shorts(&mut out, &[0]);
        self.sent(out)
    }

    fn sent(&mut self, out: Vec<u8>) -> Vec<u8> {
        self.at += out.len() as u64;
        out
    }
}

fn shorts(out: &mut Vec<u8>, fields: &[u16]) {
    for field in fields {
        out.extend(field.to_le_bytes());
    }
}

fn longs(out: &mut Vec<u8>, fields: &[u32]) {
    for field in fields {
        out.extend(field.to_le_bytes());
    }
}

/// All ones where it does not fit: the field of ZIP64 has it.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn length(name: &str) -> u16 {
    u16::try_from(name.len()).unwrap_or(u16::MAX)
}

/// CRC-32 of ISO 3309, going on from what came before.
fn crc(before: u32, piece: &[u8]) -> u32 {
    !piece.iter().fold(!before, |crc, byte| {
        let at = usize::from((crc ^ u32::from(*byte)).to_le_bytes()[0]);
        (crc >> 8) ^ TABLE[at]
    })
}

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let mut crc = at as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(crc(0, b"123456789"), 0xcbf4_3926);
        assert_eq!(crc(crc(0, b"1234"), b"56789"), 0xcbf4_3926, "piece by piece");
    }

    #[test]
    fn every_file_stands_where_the_list_says() {
        let mut archive = Archive::default();
        let mut all = Vec::new();
        for (name, content) in [("data.json", &b"{}"[..]), ("files/é.txt", b"bonjour"), ("files/empty", b"")] {
            all.extend(archive.begin(name));
            all.extend(archive.content(content));
            all.extend(archive.end());
        }
        all.extend(archive.finish());
        let end = all.len() - 22;
        let number = |at: usize| u32::from_le_bytes(all[at..at + 4].try_into().unwrap()) as usize;
        let short = |at: usize| usize::from(u16::from_le_bytes(all[at..at + 2].try_into().unwrap()));
        assert_eq!((number(end), short(end + 10)), (0x0605_4b50, 3));
        let mut at = number(end + 16);
        for (name, content) in [("data.json", &b"{}"[..]), ("files/é.txt", b"bonjour"), ("files/empty", b"")] {
            assert_eq!((number(at), number(at + 24)), (0x0201_4b50, content.len()));
            let local = number(at + 42);
            assert_eq!(number(local), 0x0403_4b50);
            let begin = local + 30 + short(local + 26);
            assert_eq!(&all[local + 30..begin], name.as_bytes());
            assert_eq!(&all[begin..begin + content.len()], content);
            assert_eq!(u32::try_from(number(at + 16)).unwrap(), crc(0, content));
            at += 46 + short(at + 28) + short(at + 30);
        }
        assert_eq!(at, end);
    }

    #[test]
    fn beyond_4_gib_the_long_fields_are_there() {
        let mut archive = Archive { at: 5 << 32, ..Archive::default() };
        archive.begin("late");
        archive.end();
        let list = archive.finish();
        assert!(list.windows(4).any(|four| four == 0x0606_4b50_u32.to_le_bytes()));
        assert!(list.windows(8).any(|eight| eight == (5_u64 << 32).to_le_bytes()));
    }
}
