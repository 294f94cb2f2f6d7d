//! The normal form of text: what every title and paragraph in a record looks like.
//!
//! PURE. Shared by `feed` (titles, summaries) and `article` (paragraphs), so that both mean the same by "text".
//!
//! The rules, in the order in which they are applied:
//!
//! 1. *Mojibake* (UTF-8 read as windows-1252) is mended, only where it is certain: see `mojibake.rs`.
//! 2. *Characters* that carry no text are dropped, C1 controls are read as windows-1252 (as HTML does for numeric
//!    references): see `chars.rs`. ZWJ, ZWNJ and variation selectors stay: scripts and emoji need them.
//! 3. *NFC* (Unicode Annex #15). Quotes, dashes and case stay as they were written.
//! 4. *White space*: any run of `White_Space` characters is one space, or one line feed where the run holds a line
//!    break; a blank line is a paragraph's end. Between two wide East Asian characters a line break is no space
//!    (CSS Text 3, section 4.1.3). Lines have no space at either end, paragraphs no blank line inside.
//!
//! The result is a fixed point: `paragraphs(paragraphs(x)) == paragraphs(x)`, and the same for [`line()`].
//! Nothing here decodes entities or looks for markup but [`from_html`], which does it exactly once.

use unicode_normalization::{UnicodeNormalization, is_nfc};

mod chars;
mod html;
mod mojibake;
#[cfg(test)]
mod tests;

pub use chars::is_wide;

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
/// A tokenizer reads it, no tree is built: depth costs nothing. Scripts, styles and comments are no text, block
/// elements end a paragraph, `<br>` ends a line.
pub fn from_html(html: &str) -> String {
    paragraphs(&html::visible_text(html))
}

fn normalise(raw: &str, fold: fn(&str) -> String) -> String {
    let mut text = fold(&tidy(&mojibake::mend(raw)));
    // dropping characters and composing others may bring new mojibake to light; each mending shortens the text
    while let std::borrow::Cow::Owned(mended) = mojibake::mend(&text) {
        text = fold(&tidy(&mended));
    }
    text
}

fn tidy(text: &str) -> String {
    if text.is_ascii() && !text.bytes().any(|b| chars::is_junk(char::from(b))) {
        return text.to_owned();
    }
    let kept: String = text.chars().map(chars::read_c1).filter(|&c| !chars::is_junk(c)).collect();
    if is_nfc(&kept) { kept } else { kept.nfc().collect() }
}

/// What a run of white space stands for.
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

/// Writes the text's words with what the gaps between them come to.
fn fold(text: &str, limit: fn(Gap) -> Gap, line_break: fn(Gap) -> &'static str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = Gap::None;
    let mut before_return = false;
    for c in text.chars() {
        if !c.is_whitespace() {
            if !out.is_empty() {
                match limit(gap) {
                    Gap::None => {}
                    Gap::Space => out.push(' '),
                    broken => out.push_str(joint(&out, c, line_break(broken))),
                }
            }
            out.push(c);
            gap = Gap::None;
        } else {
            gap = wider(gap, c, before_return);
        }
        before_return = c == '\r';
    }
    out
}

fn wider(gap: Gap, space: char, after_return: bool) -> Gap {
    match space {
        '\n' if after_return => gap,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{2028}' if gap < Gap::Line => Gap::Line,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}' => Gap::Paragraph,
        _ => gap.max(Gap::Space),
    }
}

/// The separator at a line break; a break folded to a space is nothing between two wide characters.
fn joint(before: &str, after: char, separator: &'static str) -> &'static str {
    let wide = separator == " " && is_wide(after) && before.chars().next_back().is_some_and(is_wide);
    if wide { "" } else { separator }
}
