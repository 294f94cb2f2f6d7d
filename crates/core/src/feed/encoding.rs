//! Bytes to text.
//!
//! The order is RFC 7303's: byte order mark, `charset` of the HTTP header, XML declaration. But labels are wrong more
//! often than bytes: a label that the bytes contradict is ignored, and bytes that are certainly UTF-8 are UTF-8
//! whatever the label says. Without a valid label, the encoding is guessed.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use html5ever::data::C1_REPLACEMENTS;
use memchr::memmem;

use super::problem::Problems;
use crate::text;

/// An XML declaration must end before this.
const DECLARATION: usize = 256;
/// Number of characters beyond ASCII after which valid UTF-8 is no coincidence.
const PLENTY: usize = 3;
/// As much as a guess needs.
const SAMPLE: usize = 64 * 1024;

/// Decodes a document; `content_type` is the HTTP header.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, problems: &mut Problems) -> Cow<'a, str> {
    if let Some(text) = utf32(bytes) {
        return Cow::Owned(text);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    if let Some(encoding) = utf16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let labels = [content_type.and_then(charset), declared(bytes)];
    let told = labels.into_iter().flatten().filter_map(by_label);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if told.clone().any(|encoding| encoding != UTF_8) && !text.is_ascii() {
            if !text::is_utf8_beyond_chance(text, PLENTY)
                && let Some(text) = told.clone().find_map(|encoding| lossless(bytes, encoding))
            {
                return text;
            }
            problems.note("wrong-encoding", || "the document is UTF-8, and labelled as something else".to_owned());
        }
        return Cow::Borrowed(text);
    }
    if let Some(text) = told.clone().find_map(|encoding| lossless(bytes, encoding)) {
        return text;
    }
    let told_utf8 = told.clone().any(|encoding| encoding == UTF_8);
    let encoding = if told_utf8 && mostly_utf8(bytes) { UTF_8 } else { guess(bytes) };
    if encoding == UTF_8 {
        problems.note("bad-bytes", || "the document is UTF-8, except for some bytes".to_owned());
        return Cow::Owned(patched(bytes));
    }
    problems.note("wrong-encoding", || match told.clone().next() {
        Some(label) => format!("labelled {}, read as {}", label.name(), encoding.name()),
        None => format!("no label, read as {}", encoding.name()),
    });
    encoding.decode_without_bom_handling(bytes).0
}

fn lossless<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Option<Cow<'a, str>> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes)
}

/// A label for text whose ASCII is ASCII: a document at this point cannot be UTF-16.
fn by_label(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).filter(|e| e.is_ascii_compatible() || *e == encoding_rs::ISO_2022_JP)
}

fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        name.trim().eq_ignore_ascii_case("charset").then_some(value).filter(|value| !value.is_empty())
    })
}

/// The `encoding` of an XML declaration, or the `charset` of a page's first lines.
fn declared(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(DECLARATION)];
    let start = memmem::find(head, b"<?xml")?;
    let end = start + memmem::find(&head[start..], b"?>")?;
    let declaration = std::str::from_utf8(&head[start..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::trim)
}

/// Few of the bytes beyond ASCII are wrong: one bad byte, or a character cut in half, in a document that is UTF-8.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= bad
}

/// UTF-8 with some bytes that are not: a single one between ASCII is a letter or a quote that was pasted in
/// Windows-1252 (`Espa\xF1a`, `don\x92t`); others are the rest of a character that was cut.
fn patched(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 64);
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len() + chunk.invalid().len();
        match chunk.invalid() {
            [] => {}
            [byte] if text.ends_with(|c: char| c.is_ascii()) && bytes.get(at).is_some_and(u8::is_ascii) => {
                text.push_str(&WINDOWS_1252.decode_without_bom_handling(&[*byte]).0);
            }
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    text
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(SAMPLE)], true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
    if mostly_utf8(bytes) && encoding == WINDOWS_1252 { UTF_8 } else { encoding }
}

/// UTF-16 without a mark, by its first two characters.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [0, b'<', 0, _] => Some(UTF_16BE),
        [b'<', 0, _, 0] => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-32, which the Encoding Standard leaves out; by its mark or its first character.
fn utf32(bytes: &[u8]) -> Option<String> {
    let from: fn([u8; 4]) -> u32 = match bytes.get(..4)? {
        [0xFF, 0xFE, 0, 0] | [b'<', 0, 0, 0] => u32::from_le_bytes,
        [0, 0, 0xFE, 0xFF] | [0, 0, 0, b'<'] => u32::from_be_bytes,
        _ => return None,
    };
    let units = bytes.chunks_exact(4).map(|unit| from([unit[0], unit[1], unit[2], unit[3]]));
    let text = units.filter(|&unit| unit != 0xFEFF);
    Some(text.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// Text that was UTF-8, was read as Latin-1 and encoded again, with its original characters; `None` if it is not such a
/// text.
///
/// Each character beyond ASCII must be one of that reading, and all together UTF-8: this never occurs by chance. The
/// scan ends at the first one that is not. (A reading as Windows-1252 is left alone: it loses characters.)
pub(super) fn repaired(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let first = bytes.iter().position(|byte| !byte.is_ascii())?;
    let mut out = Vec::new();
    let mut missing = 0;
    for c in text[first..].chars() {
        let byte = u8::try_from(u32::from(c)).ok()?;
        match (missing, byte) {
            (0, 0..=0x7F) => {}
            (0, 0xC2..=0xDF) => missing = 1,
            (0, 0xE0..=0xEF) => missing = 2,
            (0, 0xF0..=0xF4) => missing = 3,
            (1.., 0x80..=0xBF) => missing -= 1,
            _ => return None,
        }
        if out.is_empty() {
            out.reserve_exact(bytes.len());
            out.extend_from_slice(&bytes[..first]);
        }
        out.push(byte);
    }
    String::from_utf8(out).ok()
}

/// Text without C1 controls: where they occur, Windows-1252 was read as Latin-1.
pub(super) fn without_c1(text: &str) -> Option<String> {
    let replaced = |c: char| {
        let index = u32::from(c).checked_sub(0x80)? as usize;
        C1_REPLACEMENTS.get(index).copied().flatten()
    };
    let found = memchr::memchr_iter(0xC2, text.as_bytes()).any(|at| text.as_bytes()[at + 1] < 0xA0);
    found.then(|| text.chars().map(|c| replaced(c).unwrap_or(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], content_type: Option<&str>, expected: &str) {
        assert_eq!(decode(bytes, content_type, &mut Problems::default()), expected, "{content_type:?} {bytes:x?}");
    }

    #[test]
    fn the_mark_wins_then_http_then_the_declaration() {
        check(b"\xEF\xBB\xBF<a>\xC3\xA9", Some("text/xml; charset=koi8-r"), "<a>é");
        check(
            b"<?xml version='1.0' encoding='koi8-r'?>\xC9",
            Some("text/xml; charset=\"iso-8859-2\""),
            "<?xml version='1.0' encoding='koi8-r'?>É",
        );
        check(b"<?xml version='1.0' encoding = \"koi8-r\"?>\xC9", None, "<?xml version='1.0' encoding = \"koi8-r\"?>и");
        check(b"\xFE\xFF\0<\0a", None, "<a");
        check(b"<\0a\0", None, "<a");
        check(b"\0\0\0<\0\0\0\xE9", None, "<é");
        check(b"\xFF\xFE\0\0<\0\0\0", None, "<");
    }

    #[test]
    fn labels_that_lie_are_passed_over() {
        let text = "<?xml version='1.0' encoding='iso-8859-1'?>déjà été là";
        check(text.as_bytes(), Some("text/xml; charset=us-ascii"), text);
        check(b"<?xml encoding='utf-16'?>a", None, "<?xml encoding='utf-16'?>a");
        check(b"<?xml encoding='no-such'?>\xE9t\xE9 d\xE9j\xE0", None, "<?xml encoding='no-such'?>été déjà");
        check(
            "<?xml encoding='iso-8859-1'?>isn\u{2019}t".as_bytes(),
            None,
            "<?xml encoding='iso-8859-1'?>isn\u{2019}t",
        );
        check("<?xml encoding='iso-8859-1'?>CAF\u{27b}".as_bytes(), None, "<?xml encoding='iso-8859-1'?>CAFÉ»");
        check(
            "<a>été \u{2019}".as_bytes().strip_suffix(b"\x99").unwrap(),
            Some("text/xml; charset=utf-8"),
            "<a>été \u{fffd}",
        );
    }

    #[test]
    fn single_bytes_in_utf_8_are_read_as_windows_1252() {
        for (bytes, expected) in [
            (&b"<a>\xC3\xA9t\xC3\xA9 Espa\xF1a, don\x92t</a>"[..], "<a>été España, don’t</a>"),
            (b"<a>\xC3\xA9t\xC3\xA9, caf\xE9</a>", "<a>été, café</a>"),
            (b"<a>\xC3\xA9t\xC3\xA9 \xE6\x97</a>", "<a>été \u{fffd}</a>"),
            ("<a>日本\u{3042}</a>".as_bytes().split_at(12).0, "<a>日本\u{3042}"),
            (b"<a>\xE6\x97\xA5\xE6</a>", "<a>日\u{fffd}</a>"),
            (b"<a>\xC3\xA9t\xC3", "<a>ét\u{fffd}"),
        ] {
            check(bytes, Some("text/xml; charset=utf-8"), expected);
        }
    }

    #[test]
    fn text_encoded_twice_is_repaired() {
        for (text, expected) in [
            ("CinÃ©ma Â«Â\u{a0}X Â»", Some("Cinéma «\u{a0}X »")),
            ("isnâ\u{80}\u{99}t â\u{80}¦", Some("isn’t …")),
            ("isnâ€™t", None),
            ("Ð¹", Some("й")),
            ("cinéma", None),
            ("Ã la carte", None),
            ("CinÃ©ma 日本", None),
            ("plain", None),
        ] {
            assert_eq!(repaired(text).as_deref(), expected, "{text}");
        }
        assert_eq!(without_c1("don\u{92}t\u{a0}é").as_deref(), Some("don’t\u{a0}é"));
        assert_eq!(without_c1("\u{a0}é"), None);
    }
}
