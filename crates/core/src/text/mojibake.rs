//! UTF-8 that somebody read as windows-1252: `donâ€™t`, `cafÃ©`.

use std::borrow::Cow;

use super::chars::windows_1252_byte;

/// Repairs a text's mojibake, only where it is certain.
///
/// A sequence is a candidate if its characters, as windows-1252 bytes, are one valid UTF-8 character of two or more
/// bytes. Three or four bytes in a row never occur by chance, and are always repaired. Two (`Ã©`) may be intended, so
/// they are repaired only if every non-ASCII character of the text belongs to some candidate, and there are two
/// candidates or one that is followed by a lower case letter.
pub(super) fn repair(text: &str) -> Cow<'_, str> {
    // the characters that UTF-8's lead bytes become, U+00C2 to U+00F4, start with this byte themselves
    // and the character after one in mojibake is not ASCII either: `é` alone, in any French text, is not a candidate
    let bytes = text.as_bytes();
    if !memchr::memchr_iter(0xc3, bytes).any(|at| bytes.get(at + 2).is_some_and(|next| !next.is_ascii())) {
        return Cow::Borrowed(text);
    }
    let chars: Vec<char> = text.chars().collect();
    let pairs_too = pairs_are_certain(&chars);
    let mut out = String::with_capacity(text.len());
    let mut is_repaired = false;
    let mut at = 0;
    while at < chars.len() {
        match candidate(&chars[at..]) {
            Some((c, length)) if length > 2 || pairs_too => {
                out.push(c);
                is_repaired = true;
                at += length;
            }
            _ => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    if is_repaired { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

fn pairs_are_certain(chars: &[char]) -> bool {
    let (mut found, mut in_word) = (0, false);
    let mut at = 0;
    while at < chars.len() {
        if chars[at].is_ascii() {
            at += 1;
            continue;
        }
        let Some((_, length)) = candidate(&chars[at..]) else { return false };
        at += length;
        found += 1;
        in_word |= chars.get(at).is_some_and(char::is_ascii_lowercase);
    }
    found > 1 || in_word
}

/// The character that the text starts with if it is mojibake, and how many characters it replaces.
fn candidate(chars: &[char]) -> Option<(char, usize)> {
    let lead = windows_1252_byte(*chars.first()?)?;
    let length = match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [0; 4];
    for (byte, &c) in bytes.iter_mut().zip(chars.get(..length)?) {
        *byte = windows_1252_byte(c)?;
    }
    let c = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    Some((c, length))
}
