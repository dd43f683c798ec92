//! Files by their content.

use super::*;

fn kind(name: &str, content: &[u8]) -> Result<&'static str, ContentRefused> {
    let name = FileName::clean(name);
    let whole = {
        let mut check = ContentCheck::default();
        check.feed(content);
        check.finish(&name)
    };
    // How a file is cut on its way says nothing about it.
    for piece in [1, 7] {
        let mut check = ContentCheck::default();
        content.chunks(piece).for_each(|bytes| check.feed(bytes));
        assert_eq!(check.finish(&name), whole, "in pieces of {piece}");
    }
    whole
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    file.extend(width.to_be_bytes());
    file.extend(height.to_be_bytes());
    file.extend([8, 6, 0, 0, 0]);
    file
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xe1, 0x20, 0x02];
    file.extend([0x11; 0x2000]);
    file.extend([0xff, 0xc2, 0, 17, 8]);
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([3; 10]);
    file
}

fn zip(names: &[&str]) -> Vec<u8> {
    let mut file = Vec::new();
    for name in names {
        file.extend(b"PK\x03\x04");
        file.extend([0; 22]);
        file.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        file.extend([0, 0]);
        file.extend(name.as_bytes());
        file.extend(b"compressed");
    }
    file
}

#[test]
fn pictures_are_told_by_their_content() {
    assert_eq!(kind("a.txt", &png(10, 10)), Ok("image/png"));
    assert_eq!(kind("a.png", &jpeg(10, 10)), Ok("image/jpeg"));
    assert_eq!(kind("a", b"GIF89a\x0a\0\x0a\0rest"), Ok("image/gif"));
    assert_eq!(kind("a", b"RIFF....WEBPVP8X\x0a\0\0\0\0\0\0\0\x09\0\0\x09\0\0"), Ok("image/webp"));
    assert_eq!(kind("a", b"\0\0\0\x18ftypheic\0\0\0\0"), Ok("image/heic"));
}

#[test]
fn a_picture_has_at_most_forty_megapixels() {
    assert_eq!(kind("a.png", &png(8_000, 5_000)), Ok("image/png"));
    assert_eq!(kind("a.png", &png(8_000, 5_001)), Err(ContentRefused::TooManyPixels));
    assert_eq!(kind("a.png", &png(50_000, 50_000)), Err(ContentRefused::TooManyPixels));
    assert_eq!(kind("a.png", &png(u32::MAX, u32::MAX)), Err(ContentRefused::TooManyPixels));
    assert_eq!(kind("a.jpg", &jpeg(65_000, 65_000)), Err(ContentRefused::TooManyPixels));
    assert_eq!(kind("a", b"GIF89a\xff\xff\xff\xffrest"), Err(ContentRefused::TooManyPixels));
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0....ispe\0\0\0\0\0\0\xff\xff\0\0\xff\xff";
    assert_eq!(kind("a.heic", heic), Err(ContentRefused::TooManyPixels));
}

#[test]
fn a_picture_that_is_cut_in_its_header_is_broken() {
    assert_eq!(kind("a.png", &png(10, 10)[..20]), Err(ContentRefused::Broken));
    assert_eq!(kind("a.png", &png(0, 10)), Err(ContentRefused::Broken));
    assert_eq!(kind("a.jpg", &jpeg(10, 10)[..500]), Err(ContentRefused::Broken));
    assert_eq!(kind("a.jpg", &[0xff, 0xd8, 0xff, 0xe0, 0, 0]), Err(ContentRefused::Broken));
    assert_eq!(kind("a", b"RIFF....WEBPNONE"), Err(ContentRefused::Broken));
}

#[test]
fn documents_are_told_without_unpacking() {
    let docx = zip(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]);
    assert!(kind("a.bin", &docx).unwrap().ends_with("wordprocessingml.document"));
    let xlsx = zip(&["_rels/.rels", "xl/workbook.xml", "[Content_Types].xml"]);
    assert!(kind("a", &xlsx).unwrap().ends_with("spreadsheetml.sheet"));
    let mut odt = zip(&["mimetype"]);
    odt.truncate(odt.len() - b"compressed".len());
    odt.extend(b"application/vnd.oasis.opendocument.textPK\x03\x04");
    assert_eq!(kind("a", &odt), Ok("application/vnd.oasis.opendocument.text"));
    assert_eq!(kind("a", b"%PDF-1.7\n\xff\xfe\0"), Ok("application/pdf"));
    assert_eq!(kind("a.doc", &[OLE_HEAD, &[0; 100]].concat()), Ok("application/msword"));
}

const OLE_HEAD: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

#[test]
fn archives_programs_and_pages_are_not_taken() {
    let refused: [(&str, &[u8]); 15] = [
        ("photo.png", b"MZ\x90\0\x03"),
        ("facture.pdf", b"MZ\x90\0\x03"),
        ("a.pdf", b"\x7fELF\x02\x01"),
        ("a.zip", &zip(&["../../etc/passwd"])),
        ("a.docx", &zip(&["word/document.xml"])),
        ("setup.msi", &[OLE_HEAD, &[0; 100]].concat()),
        ("a.txt", b"#!/bin/sh\nrm -rf /"),
        ("photo.jpg", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("a.txt", b"\xef\xbb\xbf <svg onload=alert(1)>"),
        ("a.txt", b"<!-- x --> <svg xmlns='http://www.w3.org/2000/svg'>"),
        ("a.txt", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>"),
        ("a.bat", b"echo hello"),
        ("a.html", b"hello"),
        ("a.rar", b"Rar!\x1a\x07\x01\0"),
        ("a.gz", b"\x1f\x8b\x08\0"),
    ];
    for (name, content) in refused {
        assert_eq!(kind(name, content), Err(ContentRefused::Kind), "{name}");
    }
}

#[test]
fn text_is_text_to_its_end() {
    assert_eq!(kind("journal.log", "[erreur] échec n° 4\n\x1b[31mrouge\x1b[0m\n".as_bytes()), Ok("text/plain"));
    assert_eq!(kind("export.csv", b"a;b\r\n1;2\r\n"), Ok("text/csv"));
    let long = "é".repeat(100_000);
    assert_eq!(kind("a.txt", long.as_bytes()), Ok("text/plain"));
    assert_eq!(kind("a.txt", &[long.as_bytes(), &[0]].concat()), Err(ContentRefused::Kind));
    assert_eq!(kind("a.txt", b"caf\xe9\x01"), Err(ContentRefused::Kind));
    assert_eq!(kind("a.txt", b""), Err(ContentRefused::Empty));
}

#[test]
fn text_of_older_programs_is_text() {
    // As a spreadsheet writes it on Windows: "Zoé;Orléans;12 €".
    assert_eq!(kind("export.csv", b"Zo\xe9;Orl\xe9ans;12 \x80\r\n"), Ok("text/csv"));
    assert_eq!(kind("a.txt", b"caf\xe9"), Ok("text/plain"));
    for page in [&b"\xff\xfe<html>"[..], b"\xa0<svg onload=x>", b"<\0h\0t\0m\0l\0>\0"] {
        assert_eq!(kind("a.txt", page), Err(ContentRefused::Kind), "{page:?}");
    }
}
