//! How sure a story was cut out of its page: what consumers may be careful by.
//!
//! PURE. Counted from the verdicts, after the fact.

use super::boilerplate::Verdict;
use super::extract::{breaks_off, ends_sentence, is_prose};
use super::outline::{Outline, Signs};
use super::{Site, TextQuality};

/// How many texts behind the last paragraph may be more of the story.
const REACH: usize = 3;

pub(super) fn quality(outline: &Outline, verdicts: &[Verdict], site: &Site, cut: bool) -> TextQuality {
    let is_kept = |(_, reason): &Verdict| reason.is_none();
    let count = |kept: bool, span: &[Verdict]| {
        let blocks = span.iter().filter(|verdict| is_kept(verdict) == kept);
        let words: usize = blocks.map(|(at, _)| words(&outline.blocks[*at].text)).sum();
        u32::try_from(words).unwrap_or(u32::MAX)
    };
    let first = verdicts.iter().position(is_kept);
    let last = verdicts.iter().rposition(is_kept);
    let span = first.zip(last).map_or(&[][..], |(first, last)| &verdicts[first..=last]);
    TextQuality {
        kept_words: count(true, span),
        dropped_words: count(false, span),
        end_found: !cut && last.is_some_and(|last| is_end(outline, verdicts, last)),
        pages_known: site.pages(),
    }
}

/// Whether the last kept block ends a sentence, and what comes right after it is no prose without a sign.
fn is_end(outline: &Outline, verdicts: &[Verdict], last: usize) -> bool {
    let at = verdicts[last].0;
    let text = &outline.blocks[at].text;
    let goes_on = |at: &usize| {
        let judged = verdicts.binary_search_by_key(at, |(block, _)| *block).is_ok();
        !judged && is_prose(&outline.blocks[*at]) && !outline.signs(*at).any(Signs::FOREIGN)
    };
    let mut behind = (at + 1..outline.blocks.len()).take(REACH);
    ends_sentence(text) && !breaks_off(text) && !behind.any(|at| goes_on(&at))
}

fn words(text: &str) -> usize {
    let spaced = |word: &&str| word.contains(|c: char| c.is_alphanumeric() && !is_unspaced(c));
    if text.is_ascii() {
        let count = |(count, counted): (usize, bool), byte: u8| match byte {
            _ if byte.is_ascii_whitespace() => (count, false),
            _ if byte.is_ascii_alphanumeric() && !counted => (count + 1, true),
            _ => (count, counted),
        };
        return text.bytes().fold((0, false), count).0;
    }
    text.split_ascii_whitespace().filter(spaced).count() + text.chars().filter(|&c| is_unspaced(c)).count() / 2
}

/// Scripts that part no words by spaces.
fn is_unspaced(c: char) -> bool {
    crate::text::is_wide(c) || matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_script_are_counted() {
        for (text, expected) in [
            ("", 0),
            ("The pilots, 9 of them, asked.", 6),
            ("a - b\nc", 3),
            ("L’été dernier", 2),
            ("引航员要求灯塔", 3),
            ("2024年 report", 2),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
