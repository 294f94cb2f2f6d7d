//! The normal form of text: what every title and paragraph in a record looks like.
//!
//! PURE. Shared by `feed` (titles, summaries) and `article` (paragraphs), so that both mean the same by "text".
//!
//! The rules, in the order in which they are applied:
//!
//! 1. *Mojibake* (UTF-8 read as windows-1252) is repaired, but only where it is certain: see `mojibake.rs`.
//! 2. *Characters* that carry no text are dropped, C1 controls are read as windows-1252 (as HTML does for numeric
//!    references): see `chars.rs`. ZWJ, ZWNJ and variation selectors stay: scripts and emoji need them.
//! 3. *NFC* (Unicode Annex #15). Quotes, dashes and case stay as they were written.
//! 4. *White space*: any run of `White_Space` characters is one space, or one line feed where the run holds a line
//!    break; a blank line is a paragraph's end. Between two wide East Asian characters a line break is no space
//!    (CSS Text 3, section 4.1.3). Lines have no space at either end, paragraphs no blank line inside.
//!
//! The result is a fixed point: `paragraphs(paragraphs(x)) == paragraphs(x)`, and the same for [`line()`].
//! Nothing here decodes entities or looks for markup but [`from_html`], which does it exactly once.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

mod chars;
mod html;
mod mojibake;
#[cfg(test)]
mod tests;

pub use chars::{is_utf8_beyond_chance, is_wide};

/// One line: a title, a name, a byline. Same rules as [`paragraphs`], all white space folded to single spaces.
pub fn line(raw: &str) -> String {
    normalise(raw, fold_line)
}

/// Several paragraphs, separated by one blank line; a single line break inside a paragraph stays.
pub fn paragraphs(raw: &str) -> String {
    normalise(raw, fold_paragraphs)
}

/// An HTML fragment (a feed's summary, a title with markup) as paragraphs of text.
///
/// A tokenizer reads it and no tree is built, so depth costs nothing. Scripts, styles and comments are not text, block
/// elements end a paragraph, `<br>` ends a line.
pub fn from_html(html: &str) -> String {
    paragraphs(&html::visible_text(html))
}

/// The letters and digits of a text in lower case, by which texts are compared.
pub fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

fn normalise(raw: &str, fold: fn(&str) -> String) -> String {
    let mut text = fold(&tidy(&mojibake::repair(raw)));
    // dropping characters and composing others may reveal new mojibake; each repair shortens the text
    while let Cow::Owned(repaired) = mojibake::repair(&text) {
        text = fold(&tidy(&repaired));
    }
    text
}

fn tidy(text: &str) -> Cow<'_, str> {
    let clean = |text: &str| !text.chars().any(chars::is_junk);
    if clean(text) {
        return if text.is_ascii() || is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) };
    }
    let kept: String = text.chars().map(chars::read_c1).filter(|&c| !chars::is_junk(c)).collect();
    Cow::Owned(if is_nfc(&kept) { kept } else { kept.nfc().collect() })
}

/// What a run of white space means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

fn fold_line(text: &str) -> String {
    fold(text, |gap| gap.min(Gap::Line), |_| " ")
}

fn fold_paragraphs(text: &str) -> String {
    fold(text, |gap| gap, |gap| if gap == Gap::Line { "\n" } else { "\n\n" })
}

/// Writes the text's words with what the gaps between them mean.
fn fold(text: &str, limit: fn(Gap) -> Gap, line_break: fn(Gap) -> &'static str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (gap, after) = gap_before(rest);
        let Some(first) = after.chars().next() else { return out };
        if !out.is_empty() {
            match limit(gap) {
                Gap::None => {}
                Gap::Space => out.push(' '),
                broken => out.push_str(joint(&out, first, line_break(broken))),
            }
        }
        let (word, after) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
        out.push_str(word);
        rest = after;
    }
}

/// What the white space before a text's first word means, and the rest of the text.
fn gap_before(text: &str) -> (Gap, &str) {
    let (mut gap, mut after_return) = (Gap::None, false);
    for (at, c) in text.char_indices() {
        if !c.is_whitespace() {
            return (gap, &text[at..]);
        }
        gap = wider(gap, c, after_return);
        after_return = c == '\r';
    }
    (gap, "")
}

fn wider(gap: Gap, space: char, after_return: bool) -> Gap {
    match space {
        '\n' if after_return => gap,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{2028}' if gap < Gap::Line => Gap::Line,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}' => Gap::Paragraph,
        _ => gap.max(Gap::Space),
    }
}

/// The separator at a line break; a break that becomes a space is nothing between two wide characters.
fn joint(before: &str, after: char, separator: &'static str) -> &'static str {
    let wide = separator == " " && is_wide(after) && before.chars().next_back().is_some_and(is_wide);
    if wide { "" } else { separator }
}
