//! Which characters are text.

/// Whether a character is dropped: it has no meaning in running text, or only a harmful one.
pub(super) fn is_junk(c: char) -> bool {
    match c {
        ' '..='~' => false, // most of all text, so tested first
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true, // controls; C1 with a meaning in windows-1252 were read before
        '\u{ad}' => true,                              // soft hyphen: a hint for layout
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,   // directional marks
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => true, // embeddings, overrides, isolates; deprecated
        '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' => true, // zero width, invisible operators
        '\u{3164}' | '\u{ffa0}' => true,               // blank letters
        '\u{fff9}'..='\u{fffc}' => true,               // annotation anchors, object replacement
        '\u{fdd0}'..='\u{fdef}' => true,               // noncharacters
        '\u{e000}'..='\u{f8ff}' => true,               // private use: icon fonts
        '\u{e0000}'..='\u{e007f}' => true,             // tags
        _ => u32::from(c) & 0xfffe == 0xfffe,          // noncharacters at the end of each plane
    }
}

/// Whether a character is one of the wide East Asian ones whose lines join without a space: Han, kana, their
/// punctuation. Not Hangul, which separates words by spaces, nor marks that combine with the character before them.
pub fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{2fdf}' | '\u{3001}'..='\u{3029}' | '\u{3030}'..='\u{3098}' | '\u{309b}'..='\u{312f}' | '\u{31a0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff01}'..='\u{ff60}'
        | '\u{20000}'..='\u{3fffd}')
}

/// Whether text whose bytes are valid UTF-8 cannot be meant in another encoding: it has `plenty` characters beyond
/// ASCII, or a quote, a dash or a currency sign, whose three bytes occur in a row in no other encoding's text.
pub fn is_utf8_beyond_chance(text: &str, plenty: usize) -> bool {
    let mut beyond = 0;
    text.chars().filter(|c| !c.is_ascii()).take(plenty).any(|c| {
        beyond += 1;
        beyond == plenty || matches!(c, '\u{2010}'..='\u{2027}' | '\u{20a0}'..='\u{20bf}')
    })
}

/// A C1 control as the windows-1252 character that is meant (HTML, section 13.2.5.80), if there is one.
pub(super) fn read_c1(c: char) -> char {
    match c {
        '\u{80}'..='\u{9f}' => WINDOWS_1252[usize::from(c as u8 - 0x80)].unwrap_or(c),
        _ => c,
    }
}

/// The byte of a character in windows-1252; the five unassigned bytes are read as the C1 controls of the same number.
pub(super) fn windows_1252_byte(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (0..=0x7f | 0xa0..=0xff) => u8::try_from(code).ok(),
        code @ 0x80..=0x9f => u8::try_from(code).ok(),
        _ => WINDOWS_1252.iter().position(|&mapped| mapped == Some(c)).and_then(|at| u8::try_from(at + 0x80).ok()),
    }
}

const WINDOWS_1252: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];
