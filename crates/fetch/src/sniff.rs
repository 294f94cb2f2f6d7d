//! What bytes are, whatever a response calls them: the first bytes of file formats.
//!
//! PURE. Based on the WHATWG's MIME Sniffing (sections 6 and 7), with the formats that are found in place of pages.

use serde::de::IgnoredAny;

/// Bytes at the start that are checked, as many as the standard's resource header has.
const HEAD: usize = 1445;
/// If at most one byte in this many is one that text never has, the text is a faulty page; with more, it is not text.
const STRAY: usize = 32;

/// Beginnings of files, and what they are.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"BM", "a bitmap"),
    (b"\0\0\x01\0", "an icon"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"ID3", "an MP3 recording"),
    (b"OggS\0", "an Ogg file"),
    (b"fLaC", "a FLAC recording"),
    (b"MThd\0\0\0\x06", "a MIDI file"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM file"),
    (b"FLV\x01", "a Flash video"),
    (b"\0\0\x01\xba", "an MPEG video"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x1f\x9d", "a compress archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"%PDF-", "a PDF"),
    (b"%!PS", "PostScript"),
    (b"{\\rtf", "RTF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OTTO", "a font"),
    (b"\0\x01\0\0", "a font"),
    (b"\0asm", "WebAssembly"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "a database"),
];
/// The same for formats whose first bytes may also start a text: there must be bytes that text never has.
const WEAK: &[&str] = &["a bitmap", "an MP3 recording", "a bzip2 archive"];
/// The outermost elements of documents in XML that are not read as pages.
const ROOTS: &[(&str, &str)] = &[
    ("rss", "a feed"),
    ("feed", "a feed"),
    ("rdf", "a feed"),
    ("urlset", "a sitemap"),
    ("sitemapindex", "a sitemap"),
    ("opml", "a list of feeds"),
    ("svg", "an SVG image"),
];

/// How bytes are packed that a response did not call packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// How bytes are packed, if they are.
pub fn packing(body: &[u8]) -> Option<Packing> {
    match body {
        [0x1f, 0x8b, 0x08, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
        _ => None,
    }
}

/// What bytes are that cannot be a page; `None` if they may be one.
pub fn no_page(body: &[u8]) -> Option<&'static str> {
    let head = &body[..body.len().min(HEAD)];
    let is_binary = is_binary(head);
    let known = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| *kind);
    let known = known.filter(|kind| is_binary || !WEAK.contains(kind));
    let known = known.or_else(|| container(head)).or_else(|| is_binary.then_some("no text"));
    known.or_else(|| root(body)).or_else(|| is_json(body).then_some("JSON"))
}

/// Formats whose name is further in.
fn container(head: &[u8]) -> Option<&'static str> {
    let at = |from: usize, name: &[u8]| head.get(from..).is_some_and(|rest| rest.starts_with(name));
    match head {
        [b'R', b'I', b'F', b'F', ..] if at(8, b"WEBPVP") => Some("a WebP image"),
        [b'R', b'I', b'F', b'F', ..] if at(8, b"WAVE") || at(8, b"AVI ") => Some("a recording"),
        [b'F', b'O', b'R', b'M', ..] if at(8, b"AIF") => Some("a recording"),
        _ if at(4, b"ftyp") => Some("an MP4 file"),
        // a frame of MPEG audio without a tag before it
        [0xff, 0xe2..=0xff, ..] if is_binary(head) && !head.starts_with(b"\xff\xfe") => Some("an MPEG recording"),
        _ if at(257, b"ustar") => Some("a tar archive"),
        _ => None,
    }
}

/// Whether too many bytes are ones that text never has (section 3, "binary data byte"). UTF-16 without a mark has a NUL
/// in every other place, and is text.
fn is_binary(head: &[u8]) -> bool {
    if head.starts_with(b"\xfe\xff") || head.starts_with(b"\xff\xfe") || head.starts_with(b"\xef\xbb\xbf") {
        return false;
    }
    let odd_bytes = |from: usize| {
        let of_place = head.iter().skip(from).step_by(2);
        of_place.filter(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f)).count()
    };
    let (even, odd) = (odd_bytes(0), odd_bytes(1));
    even.min(odd) * STRAY > head.len() / 2 || (even + odd) * STRAY > head.len() && even.max(odd) * 3 < head.len()
}

/// What the outermost element says, if it is not that of a page.
fn root(body: &[u8]) -> Option<&'static str> {
    let mut rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = match rest {
            _ if rest.starts_with(b"<!--") => b"-->",
            _ if rest.starts_with(b"<?") => b"?>",
            _ if rest.starts_with(b"<!") => b">",
            _ => break,
        };
        rest = &rest[memchr::memmem::find(rest, end)? + end.len()..];
    }
    let name = rest.strip_prefix(b"<")?;
    let name = &name[..name.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b':')?];
    let local = std::str::from_utf8(name).ok()?.rsplit(':').next()?;
    ROOTS.iter().find(|(root, _)| local.eq_ignore_ascii_case(root)).map(|(_, kind)| *kind)
}

fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without a pattern, after some first bytes.
    fn noise(magic: &[u8]) -> Vec<u8> {
        let mut state = 7_u32;
        let random = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        magic.iter().copied().chain(random.take(3000)).collect()
    }

    #[test]
    fn what_can_be_no_page() {
        for (body, expected) in [
            (noise(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), "a JPEG image"),
            (noise(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "a PNG image"),
            (noise(b"GIF89a"), "a GIF image"),
            (noise(b"RIFF\x01\x02\x03\x04WEBPVP8 "), "a WebP image"),
            (noise(b"RIFF\x01\x02\x03\x04WAVEfmt "), "a recording"),
            (noise(b"\0\0\0\x20ftypisom"), "an MP4 file"),
            (noise(b"ID3\x04\0\0"), "an MP3 recording"),
            (noise(b"\xff\xfb\x90\x64"), "an MPEG recording"),
            (noise(b"PK\x03\x04"), "a ZIP archive"),
            (noise(b"BZh9"), "a bzip2 archive"),
            (noise(b"\x1f\x8b\x08"), "a gzip archive"),
            (noise(b"%PDF-1.7\n"), "a PDF"),
            (noise(b""), "no text"),
            (noise(b"<html>"), "no text"),
            (b"<?xml version='1.0'?>\n<!-- a --><rss version='2.0'><channel/></rss>".to_vec(), "a feed"),
            (b"\xef\xbb\xbf  <feed xmlns='http://www.w3.org/2005/Atom'/>".to_vec(), "a feed"),
            (b"<rdf:RDF xmlns='http://purl.org/rss/1.0/'>".to_vec(), "a feed"),
            (b"<?xml version='1.0'?><?xml-stylesheet href='a'?><urlset></urlset>".to_vec(), "a sitemap"),
            (b"<!DOCTYPE svg PUBLIC 'a' 'b'><svg xmlns='c'></svg>".to_vec(), "an SVG image"),
            (b" {\"a\": \"<p>b</p>\", \"c\": [1, 2]}\n".to_vec(), "JSON"),
        ] {
            assert_eq!(no_page(&body), Some(expected), "{}", String::from_utf8_lossy(&body[..body.len().min(40)]));
        }
    }

    #[test]
    fn what_may_be_a_page() {
        let story = "<p>The council met on Monday to discuss the quay. One member was absent.</p>".repeat(50);
        let utf16 = |big: bool| -> Vec<u8> {
            story.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let russian = "<p>Съешь же ещё этих мягких французских булок, да выпей чаю.</p>".repeat(50);
        let japanese = "<p>市議会は月曜日に会合を開き、岸壁について話し合った。</p>".repeat(50);
        for body in [
            story.clone().into_bytes(),
            format!("<!DOCTYPE html>\n<html>{story}").into_bytes(),
            format!("<?xml version='1.0'?><!DOCTYPE html><html xmlns='a'>{story}").into_bytes(),
            format!("<!-- <rss> --><body>{story}").into_bytes(),
            story.replace('M', "\u{1}").into_bytes(),
            format!("\0\0\0\0{story}").into_bytes(),
            utf16(true),
            utf16(false),
            [b"\xff\xfe".to_vec(), utf16(false)].concat(),
            encoding_rs::WINDOWS_1251.encode(&russian).0.into_owned(),
            encoding_rs::KOI8_R.encode(&russian).0.into_owned(),
            encoding_rs::SHIFT_JIS.encode(&japanese).0.into_owned(),
            encoding_rs::EUC_JP.encode(&japanese).0.into_owned(),
            encoding_rs::ISO_2022_JP.encode(&japanese).0.into_owned(),
            encoding_rs::GB18030.encode(&japanese).0.into_owned(),
            b"BMW has a new model.".to_vec(),
            b"ID3 is an old tag.".to_vec(),
            b"[Editor's note] {a}".to_vec(),
            b"<rssfeed>".to_vec(),
            b"<".to_vec(),
            b"".to_vec(),
        ] {
            assert_eq!(no_page(&body), None, "{}", String::from_utf8_lossy(&body[..body.len().min(60)]));
        }
    }

    #[test]
    fn what_is_packed() {
        assert_eq!(packing(b"\x1f\x8b\x08\0"), Some(Packing::Gzip));
        assert_eq!(packing(b"\x28\xb5\x2f\xfd\0"), Some(Packing::Zstd));
        assert_eq!(packing(b"<html>"), None);
        assert_eq!(packing(b"\x1f"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(body: Vec<u8>, markup in "(<[!?]?-{0,2}[a-z:]{0,4}[>?]?-{0,2}){0,6}") {
            let _ = (no_page(&body), no_page(markup.as_bytes()));
        }
    }
}
