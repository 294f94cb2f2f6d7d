//! Other evidence of the story's text, located in the page's blocks.
//!
//! PURE. Structured data and full content in the feed are not the truth (they are cut, or stale, or a summary), but a
//! block whose text they hold is the story's. They are compared by their letters alone.

use super::outline::Outline;
use crate::text::letters;

/// Least letters of a block that can be located: anything shorter is found by chance.
const LEAST: usize = 20;

/// For each block, whether the evidence holds its text. Evidence that locates little does not count: all false.
pub(super) fn locate(outline: &Outline, evidence: &str) -> Vec<bool> {
    let evidence: String = letters(evidence).collect();
    if evidence.len() < 400 {
        return Vec::new();
    }
    let mut located = 0;
    let anchored: Vec<bool> = outline
        .blocks
        .iter()
        .map(|block| {
            let text: String = letters(&block.text).collect();
            let found =
                text.chars().count() >= LEAST && memchr::memmem::find(evidence.as_bytes(), text.as_bytes()).is_some();
            located += if found { text.len() } else { 0 };
            found
        })
        .collect();
    if located * 2 < evidence.len() { Vec::new() } else { anchored }
}

/// Whether a text holds all letters of another in a row.
pub(super) fn holds(text: &str, other: &str) -> bool {
    let [text, other] = [text, other].map(|text| letters(text).collect::<String>());
    memchr::memmem::find(text.as_bytes(), other.as_bytes()).is_some()
}
