//! Section 6: texts are UTF-8, whole, in fragments and in pieces; what is not is refused with 1007.

use super::{Case, TEXT, closes, echo, fragments, in_fragments, malformed, says};
use crate::server::raw::frame;

/// By section, what is UTF-8.
const VALID: &[(&str, &[&str])] = &[
    ("6.2", &["Hello-µ@ßöäüàá-UTF-8!!"]),
    (
        "6.5",
        &["κόσμε", "κό", "κ", "Dès Noël où un zéphyr haï me vêt", "Съешь же ещё этих булок", "いろはにほへど", "👩‍👩‍👧‍👦"],
    ),
    ("6.7", &["\u{7f}", "\u{80}", "\u{800}", "\u{10000}"]),
    ("6.9", &["\u{7f}", "\u{7ff}", "\u{ffff}", "\u{10ffff}"]),
    ("6.11", &["\u{d7ff}", "\u{e000}", "\u{fffd}", "\u{10ffff}"]),
    (
        "6.22",
        &[
            "\u{fffe}",
            "\u{ffff}",
            "\u{1fffe}",
            "\u{1ffff}",
            "\u{2fffe}",
            "\u{2ffff}",
            "\u{3fffe}",
            "\u{3ffff}",
            "\u{4fffe}",
            "\u{4ffff}",
            "\u{5fffe}",
            "\u{5ffff}",
            "\u{6fffe}",
            "\u{6ffff}",
            "\u{7fffe}",
            "\u{7ffff}",
            "\u{8fffe}",
            "\u{8ffff}",
            "\u{9fffe}",
            "\u{9ffff}",
            "\u{afffe}",
            "\u{affff}",
            "\u{bfffe}",
            "\u{bffff}",
            "\u{cfffe}",
            "\u{cffff}",
            "\u{dfffe}",
            "\u{dffff}",
            "\u{efffe}",
            "\u{effff}",
            "\u{ffffe}",
            "\u{fffff}",
            "\u{10fffe}",
            "\u{fdd0}",
            "\u{fdef}",
        ],
    ),
    ("6.23", &["\u{fff9}", "\u{fffa}", "\u{fffb}", "\u{fffc}", "\u{fffd}"]),
];

/// By section, what is not.
const INVALID: &[(&str, &[&[u8]])] = &[
    // A text that turns into nonsense in its middle, before valid text and before more nonsense.
    ("6.3", &[b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64"]),
    ("6.4", &[b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80\x65\x64\x69\x74\x65\x64"]),
    // "κόσμε" that ends within a character.
    (
        "6.6",
        &[
            b"\xce",
            b"\xce\xba\xe1",
            b"\xce\xba\xe1\xbd",
            b"\xce\xba\xe1\xbd\xb9\xcf",
            b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce",
        ],
    ),
    ("6.8", &[b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]),
    ("6.10", &[b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"]),
    ("6.11", &[b"\xf4\x90\x80\x80"]),
    (
        "6.12",
        &[
            b"\x80",
            b"\xbf",
            b"\x80\xbf",
            b"\x80\xbf\x80",
            b"\x80\xbf\x80\xbf",
            b"\x80\xbf\x80\xbf\x80",
            b"\x80\xbf\x80\xbf\x80\xbf",
            b"\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\xa0\xb0",
        ],
    ),
    ("6.13", &[b"\xc0 \xc1 \xc2 \xdf ", b"\xe0 \xe1 \xef ", b"\xf0 \xf4 \xf7 ", b"\xf8 \xfb ", b"\xfc \xfd "]),
    (
        "6.14",
        &[
            b"\xc0",
            b"\xe0\x80",
            b"\xf0\x80\x80",
            b"\xf8\x80\x80\x80",
            b"\xfc\x80\x80\x80\x80",
            b"\xdf",
            b"\xef\xbf",
            b"\xf7\xbf\xbf",
            b"\xfb\xbf\xbf\xbf",
            b"\xfd\xbf\xbf\xbf\xbf",
        ],
    ),
    ("6.15", &[b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf"]),
    ("6.16", &[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
    (
        "6.17",
        &[b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"],
    ),
    (
        "6.18",
        &[b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"],
    ),
    (
        "6.19",
        &[b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"],
    ),
    (
        "6.20",
        &[
            b"\xed\xa0\x80",
            b"\xed\xad\xbf",
            b"\xed\xae\x80",
            b"\xed\xaf\xbf",
            b"\xed\xb0\x80",
            b"\xed\xbe\x80",
            b"\xed\xbf\xbf",
        ],
    ),
    (
        "6.21",
        &[
            b"\xed\xa0\x80\xed\xb0\x80",
            b"\xed\xa0\x80\xed\xbf\xbf",
            b"\xed\xad\xbf\xed\xb0\x80",
            b"\xed\xad\xbf\xed\xbf\xbf",
            b"\xed\xae\x80\xed\xb0\x80",
            b"\xed\xae\x80\xed\xbf\xbf",
            b"\xed\xaf\xbf\xed\xb0\x80",
            b"\xed\xaf\xbf\xed\xbf\xbf",
        ],
    ),
];

pub(crate) fn cases() -> Vec<Case> {
    let empty = || in_fragments(&[b"", b"", b""]);
    let mut cases = vec![
        Case::new("6.1.1", "an empty text", frame(TEXT, b""), malformed()),
        Case::new("6.1.2", "three empty fragments", empty(), malformed()),
        Case::new(
            "6.1.3",
            "empty fragments around a text",
            in_fragments(&[b"", &says(b"middle"), b""]),
            echo("middle"),
        ),
        Case::new("6.1.4", "a NUL, which JSON has no place for", frame(TEXT, &says(b"\0")), malformed()),
    ];
    for (section, texts) in VALID {
        for (n, text) in (1..).zip(*texts) {
            let number = format!("{section}.{n}");
            let message = says(text.as_bytes());
            cases.push(Case::new(&number, *text, frame(TEXT, &message), echo(text)));
            cases.push(Case::new(format!("{number}.bytes"), *text, frame(TEXT, &message), echo(text)).chopped(1));
            // A fragment a byte is each cut within each character; the halves are cut within the text.
            cases.push(Case::new(format!("{number}.fragments"), *text, fragments(&message, 1), echo(text)));
            for cut in within(&message, text.len()) {
                let sends = in_fragments(&[&message[..cut], &message[cut..]]);
                cases.push(Case::new(format!("{number}.cut-{cut}"), *text, sends, echo(text)));
            }
        }
    }
    for (section, texts) in INVALID {
        for (n, text) in (101..).zip(*texts) {
            let (number, what) = (format!("{section}.{n}"), format!("{text:02x?}"));
            let message = says(text);
            cases.push(Case::new(&number, &what, frame(TEXT, &message), closes(1007)));
            cases.push(Case::new(format!("{number}.bare"), &what, frame(TEXT, text), closes(1007)));
            cases.push(Case::new(format!("{number}.bytes"), &what, frame(TEXT, &message), closes(1007)).chopped(1));
            cases.push(Case::new(format!("{number}.fragments"), &what, fragments(&message, 1), closes(1007)));
            for cut in within(&message, text.len()) {
                let sends = in_fragments(&[&message[..cut], &message[cut..]]);
                cases.push(Case::new(format!("{number}.cut-{cut}"), &what, sends, closes(1007)));
            }
        }
    }
    cases
}

/// The places within the text that a message of `says` holds; of a long one, not every place.
fn within(message: &[u8], text: usize) -> impl Iterator<Item = usize> {
    let start = message.len() - 2 - text;
    (start + 1..start + text).step_by(1 + text / 8)
}
