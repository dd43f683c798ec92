use proptest::{collection::vec, prelude::*, sample::select};

use super::super::{
    frame::{ClientFrame, Command, Version, Words},
    reader::{Reader, Wrong},
};

fn read(bytes: &[u8], version: Version) -> Result<Vec<ClientFrame>, Wrong> {
    let mut reader = Reader::default();
    reader.feed(bytes);
    all(&mut reader, version)
}

fn all(reader: &mut Reader, version: Version) -> Result<Vec<ClientFrame>, Wrong> {
    let mut frames = Vec::new();
    while let Some(frame) = reader.next(version)? {
        frames.push(frame);
    }
    Ok(frames)
}

fn one(text: &str) -> ClientFrame {
    let frames = read(text.as_bytes(), Version::V12).unwrap();
    assert_eq!(frames.len(), 1, "{text:?}");
    frames.into_iter().next().unwrap()
}

#[test]
fn a_frame_has_a_command_headers_and_a_body() {
    let frame = one("SEND\ndestination:/a\nx:1\n\nhello\0");
    assert_eq!((frame.command, frame.body.as_str()), (Command::Send, "hello"));
    assert_eq!((frame.header("destination"), frame.header("x"), frame.header("y")), (Some("/a"), Some("1"), None));
}

#[test]
fn lines_may_end_with_a_carriage_return_and_stand_between_frames() {
    let frames = read(b"\n\r\n\nBEGIN\r\ntransaction:a\r\n\r\n\0\n\r\n\nABORT\ntransaction:a\n\n\0\n", Version::V12);
    let frames = frames.unwrap();
    assert_eq!(frames.iter().map(|frame| frame.command).collect::<Vec<_>>(), [Command::Begin, Command::Abort]);
    assert!(frames.iter().all(|frame| frame.header("transaction") == Some("a")));
}

#[test]
fn the_first_of_repeated_headers_counts() {
    assert_eq!(one("SEND\nfoo:World\nfoo:Hello\n\n\0").header("foo"), Some("World"));
}

#[test]
fn a_counted_body_may_hold_a_nul_and_an_uncounted_one_ends_at_it() {
    assert_eq!(one("SEND\ncontent-length:5\n\na\0b\0c\0").body, "a\0b\0c");
    let mut reader = Reader::default();
    reader.feed(b"SEND\n\na\0b");
    assert_eq!(reader.next(Version::V12).unwrap().unwrap().body, "a");
    assert_eq!(reader.next(Version::V12), Ok(None));
    assert!(reader.is_amid(), "what follows is the beginning of another frame");
}

#[test]
fn each_version_has_its_escapes() {
    let header = |text: &str, version| {
        let frame = format!("SEND\nx:{text}\n\n\0");
        read(frame.as_bytes(), version).map(|frames| frames[0].header("x").unwrap().to_owned())
    };
    let undefined = Err(Wrong::Malformed("an unknown escape in a header"));
    assert_eq!(header(r"a\nb\cd\\e:f", Version::V12), Ok("a\nb:d\\e:f".to_owned()));
    assert_eq!(header(r"\r", Version::V12), Ok("\r".to_owned()));
    assert_eq!(header(r"\r", Version::V11), undefined);
    assert_eq!(header(r"\n", Version::V11), Ok("\n".to_owned()));
    assert_eq!(header(r"\t", Version::V12), undefined);
    assert_eq!(header(r"a\", Version::V12), undefined);
    assert_eq!(header(r"a\nb\", Version::V10), Ok(r"a\nb\".to_owned()));
    assert_eq!(one("CONNECT\nx:a\\nb\\t\n\n\0").header("x"), Some(r"a\nb\t"), "CONNECT is not escaped");
}

#[test]
fn what_is_no_frame_is_refused() {
    let long_line = format!("SEND\nx:{}\n\n\0", "a".repeat(8 * 1024));
    let endless_line = "a".repeat(8 * 1024 + 1);
    let many_headers = format!("SEND\n{}\n\0", "a:b\n".repeat(65));
    let much_header = format!("SEND\n{}\n\0", format!("a:{}\n", "b".repeat(4_000)).repeat(9));
    let large_body = format!("SEND\n\n{}\0", "a".repeat(64 * 1024 + 1));
    let cases = [
        ("lower case", "send\n\n\0"),
        ("unknown", "LAUNCH\n\n\0"),
        ("empty command", "\0"),
        ("padded command", "SEND \n\n\0"),
        ("no colon", "SEND\nfoo\n\n\0"),
        ("no name", "SEND\n:foo\n\n\0"),
        ("NUL in the headers", "SEND\nfoo:bar\0"),
        ("bare carriage return", "SEND\nfoo:b\rar\n\n\0"),
        ("negative length", "SEND\ncontent-length:-1\n\n\0"),
        ("signed length", "SEND\ncontent-length:+1\n\na\0"),
        ("no length", "SEND\ncontent-length:\n\na\0"),
        ("huge length", "SEND\ncontent-length:18446744073709551616\n\n\0"),
        ("length above the bound", "SEND\ncontent-length:65537\n\n"),
        ("length below the body", "SEND\ncontent-length:1\n\nab\0"),
        ("length above the body", "SEND\ncontent-length:3\n\na\0SEND\n\n\0"),
        ("long line", &long_line),
        ("endless line", &endless_line),
        ("many headers", &many_headers),
        ("much header", &much_header),
        ("large body", &large_body),
    ];
    for (name, text) in cases {
        assert!(read(text.as_bytes(), Version::V12).is_err(), "{name}");
    }
    assert_eq!(read(b"SEND\nx:\xff\n\n\0", Version::V12), Err(Wrong::Malformed("not UTF-8")));
    assert_eq!(read(b"SEND\n\n\xc3\x28\0", Version::V12), Err(Wrong::Malformed("not UTF-8")));
}

#[test]
fn what_is_just_within_the_bounds_is_taken() {
    let line = format!("SEND\nx:{}\n\n\0", "a".repeat(8 * 1024 - 2));
    assert_eq!(one(&line).headers.len(), 1);
    assert_eq!(one(&format!("SEND\n{}\n\0", "a:b\n".repeat(64))).headers.len(), 64);
    assert_eq!(one(&format!("SEND\n\n{}\0", "a".repeat(64 * 1024))).body.len(), 64 * 1024);
    let counted = format!("SEND\ncontent-length:65536\n\n{}\0", "a".repeat(64 * 1024));
    assert_eq!(one(&counted).body.len(), 64 * 1024);
}

#[test]
fn a_reader_keeps_nothing_of_what_is_read() {
    let mut reader = Reader::default();
    for _ in 0..1_000 {
        reader.feed(b"BEGIN\ntransaction:a\n\n\0\n");
        assert_eq!(all(&mut reader, Version::V12).unwrap().len(), 1);
        assert!(!reader.is_amid());
    }
    assert!(format!("{reader:?}").contains("bytes: []"), "{reader:?}");
}

#[test]
fn the_best_version_that_both_know_is_taken() {
    for (accepted, best) in [
        (None, Some("1.0")),
        (Some("1.2"), Some("1.2")),
        (Some("1.0,1.1"), Some("1.1")),
        (Some("1.1, 1.2"), Some("1.2")),
        (Some("1.3,2.0"), None),
        (Some(""), None),
    ] {
        assert_eq!(Version::best_of(accepted).map(Version::as_str), best, "{accepted:?}");
    }
}

/// A frame as a client writes it, with the words that the server's writer has too.
fn written(frame: &ClientFrame, version: Version, counted: bool) -> Vec<u8> {
    let name = format!("{:?}", frame.command).to_uppercase();
    let words = frame.headers.iter().fold(Words::new(&name, version), |words, (name, value)| words.header(name, value));
    let mut bytes = words.end().to_vec();
    bytes.truncate(bytes.len() - 2);
    if counted {
        bytes.extend(format!("content-length:{}\n", frame.body.len()).into_bytes());
    }
    bytes.push(b'\n');
    bytes.extend(frame.body.as_bytes());
    bytes.push(0);
    bytes
}

fn frames() -> impl Strategy<Value = ClientFrame> {
    let commands = select(vec![Command::Send, Command::Subscribe, Command::Ack, Command::Begin, Command::Disconnect]);
    let headers = vec(("[a-z:\\\\\n\r é-]{1,12}", "[^\0]{0,20}"), 0..8);
    (commands, headers, "\\PC{0,40}").prop_map(|(command, headers, body)| {
        let headers = headers.into_iter().filter(|(name, _)| name != "content-length").collect();
        ClientFrame { command, headers, body }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again_in_whatever_pieces(
        frames in vec((frames(), any::<bool>()), 0..5), cuts in vec(1_usize..30, 1..40), gaps in 0_usize..3,
    ) {
        let mut bytes = Vec::new();
        for (frame, counted) in &frames {
            bytes.extend(written(frame, Version::V12, *counted));
            bytes.extend(std::iter::repeat_n(b'\n', gaps));
        }
        let mut reader = Reader::default();
        let mut read = Vec::new();
        let mut cuts = cuts.into_iter().cycle();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            reader.feed(piece);
            read.extend(all(&mut reader, Version::V12).unwrap());
            rest = later;
        }
        for (read, (frame, counted)) in read.iter_mut().zip(&frames) {
            if *counted {
                prop_assert_eq!(read.headers.pop(), Some(("content-length".to_owned(), frame.body.len().to_string())));
            }
            prop_assert_eq!(&*read, frame);
        }
        prop_assert_eq!(read.len(), frames.len());
        prop_assert!(!reader.is_amid());
    }

    #[test]
    fn no_bytes_make_it_panic_or_grow(bytes in vec(any::<u8>(), 0..600), version in 0_usize..3) {
        let _ = read(&bytes, Version::ALL[version]);
        let mut like_a_frame = b"SEND\nx:".to_vec();
        like_a_frame.extend(&bytes);
        like_a_frame.extend(b"\n\nabc\0");
        let _ = read(&like_a_frame, Version::ALL[version]);
    }

    #[test]
    fn a_header_cannot_add_a_line(value in "\\PC*|[\n\r\0:\\\\]{0,9}", version in 0_usize..3) {
        let version = Version::ALL[version];
        let bytes = Words::new("MESSAGE", version).header("x", &value).end();
        let text = std::str::from_utf8(&bytes).unwrap();
        prop_assert_eq!(text.matches('\n').count(), 3);
        prop_assert_eq!(text.matches('\0').count(), 1);
        let bytes = Words::new("CONNECTED", version).header("x", &value).end();
        prop_assert_eq!(std::str::from_utf8(&bytes).unwrap().matches('\n').count(), 3);
    }
}
