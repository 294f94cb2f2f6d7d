//! A page's bytes as text, in the order of the WHATWG: byte order mark, HTTP, `<meta>`, detection.
//!
//! (HTML, section 13.2.3.2 "Determining the character encoding".) Two departures, both for labels that are wrong: bytes
//! that are valid UTF-8 beyond ASCII are UTF-8 whatever a legacy label says, since legacy text practically never is
//! (a few characters in one of the encodings with two bytes a character may be); and bytes labelled UTF-8 that hold
//! many faults are detected instead.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::text::is_utf8_beyond_chance;

/// How far into a page a `<meta>` is looked for; the standard says 1024, real pages put it later.
const PRESCAN: usize = 8192;

/// Decodes a page. Faults become U+FFFD; nothing is refused.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, bom)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[bom..]).0;
    }
    match (std::str::from_utf8(bytes), label(bytes, content_type)) {
        (Ok(text), None) => Cow::Borrowed(text),
        (Ok(text), Some(encoding)) if encoding == UTF_8 || is_utf8_beyond_chance(text, plenty(encoding)) => {
            Cow::Borrowed(text)
        }
        (_, Some(encoding)) if encoding != UTF_8 || nearly_utf8(bytes) => encoding.decode_without_bom_handling(bytes).0,
        _ => detect(bytes).decode_without_bom_handling(bytes).0,
    }
}

/// Characters beyond ASCII after which UTF-8 is no chance under another label: a third of the pairs of an encoding of
/// two bytes a character could be one.
fn plenty(label: &'static Encoding) -> usize {
    if label.is_single_byte() { 1 } else { 16 }
}

fn label(bytes: &[u8], content_type: Option<&str>) -> Option<&'static Encoding> {
    content_type.and_then(|header| charset(header.as_bytes())).or_else(|| from_meta(&bytes[..bytes.len().min(PRESCAN)]))
}

/// The encoding that the first `<meta>` or XML declaration with a charset names.
fn from_meta(head: &[u8]) -> Option<&'static Encoding> {
    let mut rest = head;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = &rest[at + 1..];
        let declares = starts_with(rest, b"meta") || starts_with(rest, b"?xml");
        let tag = &rest[..memchr::memchr(b'>', rest).unwrap_or(rest.len())];
        if let Some(encoding) = declares.then(|| charset(tag)).flatten() {
            // a page that can be read as ASCII this far is not UTF-16
            return Some(if encoding == UTF_16BE || encoding == UTF_16LE { UTF_8 } else { encoding });
        }
    }
    None
}

fn starts_with(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.len() >= prefix.len() && bytes[..prefix.len()].eq_ignore_ascii_case(prefix)
}

/// The value of `charset=` or `encoding=`.
fn charset(text: &[u8]) -> Option<&'static Encoding> {
    ["charset", "encoding"].iter().find_map(|key| {
        let at = text.windows(key.len()).position(|w| w.eq_ignore_ascii_case(key.as_bytes()))?;
        let value = text[at + key.len()..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let end = value.iter().position(|b| b"\"'; \t\r\n>/?".contains(b)).unwrap_or(value.len());
        Encoding::for_label(&value[..end])
    })
}

/// Whether at most one byte in a thousand is no UTF-8: a cut or a stray byte rather than another encoding.
fn nearly_utf8(bytes: &[u8]) -> bool {
    let faults = bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    faults * 1000 <= bytes.len().max(4000)
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    // the detector is the slowest part by far, and has decided long before this
    detector.feed(&bytes[..bytes.len().min(256 * 1024)], true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    if guess == UTF_8 && !nearly_utf8(bytes) { WINDOWS_1252 } else { guess }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_evidence() {
        let cases: [(&[u8], Option<&str>, &str); 13] = [
            (b"\xef\xbb\xbfcaf\xc3\xa9", Some("text/html; charset=iso-8859-1"), "café"),
            (b"\xff\xfea\0b\0", None, "ab"),
            (b"caf\xe9", Some("text/html; charset=\"ISO-8859-1\""), "café"),
            (b"<meta charset=utf-8>caf\xe9", Some("text/html;charset=windows-1252"), "<meta charset=utf-8>café"),
            (b"<META content='text/html; charset=koi8-r'>\xf0", None, "<META content='text/html; charset=koi8-r'>П"),
            (b"<meta charset=utf-16>a", None, "<meta charset=utf-16>a"),
            (b"<meta charset=iso-8859-1>caf\xc3\xa9", None, "<meta charset=iso-8859-1>café"),
            (
                b"<?xml version='1.0' encoding='shift_jis'?>\x82\xa0",
                None,
                "<?xml version='1.0' encoding='shift_jis'?>あ",
            ),
            (b"<meta charset=gbk>\xc1\xaa\xcd\xa8", None, "<meta charset=gbk>联通"),
            (
                "<meta charset=gbk>这家报纸的网页其实早已改用统一码".as_bytes(),
                None,
                "<meta charset=gbk>这家报纸的网页其实早已改用统一码",
            ),
            (b"caf\xc3\xa9", None, "café"),
            (b"cut \xc3", Some("text/html; charset=utf-8"), "cut \u{fffd}"),
            (b"", None, ""),
        ];
        for (bytes, content_type, expected) in cases {
            assert_eq!(decode(bytes, content_type), expected, "{content_type:?}");
        }
    }

    #[test]
    fn what_says_nothing_is_detected() {
        let text = "Съешь же ещё этих мягких французских булок, да выпей чаю. ".repeat(8);
        let (bytes, ..) = encoding_rs::WINDOWS_1251.encode(&text);
        assert_eq!(decode(&bytes, None), text);
        assert_eq!(decode(&bytes, Some("text/html; charset=utf-8")), text, "a label that lies");
    }
}
