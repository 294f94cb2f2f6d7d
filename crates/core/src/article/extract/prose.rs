//! How much a block looks like a paragraph of a story.

use super::OUTSIDE;
use crate::article::outline::{Block, Kind, Signs, is_stop, is_unstopped_sentence};

/// Least weight of a paragraph that counts in full.
const PARAGRAPH: usize = 60;
/// Least weight of one that counts where the markup says that this is the story.
const SHORT: usize = 20;

/// The block's worth as prose: its weight, less for what is linked, short, or no paragraph; nothing for what its
/// markup says is no part of the story.
pub(in crate::article) fn prose(block: &Block, signs: Signs) -> f32 {
    let in_body = signs.any(Signs::BODY);
    let worded = in_body && block.weight >= SHORT && block.link_density() < 0.4;
    if signs.any(OUTSIDE) || !(is_prose(block) || worded) {
        return 0.0;
    }
    let of_kind = match block.kind {
        Kind::Paragraph | Kind::Preformatted => 1.0,
        Kind::Bare => 0.9,
        Kind::Item | Kind::Cell => 0.5,
        Kind::Caption | Kind::Heading(_) => 0.0,
    };
    let of_signs = if signs.any(Signs::CAPTION.and(Signs::BYLINE).and(Signs::FORM)) { 0.2 } else { 1.0 };
    let of_place = if in_body { 1.5 } else { 1.0 };
    block.weight.min(1200) as f32 * of_kind * of_signs * of_place * (1.0 - block.link_density())
}

/// Whether a block is a sentence or more, and not mainly links.
pub(in crate::article) fn is_prose(block: &Block) -> bool {
    block.weight >= PARAGRAPH && block.link_density() < 0.4 && block.stops > 0
}

/// Whether a text stops in the middle of a sentence.
pub(in crate::article) fn breaks_off(text: &str) -> bool {
    text.ends_with('…') || text.ends_with("...")
}

/// Whether a text ends as a sentence does, closing quotes and brackets apart.
pub(in crate::article) fn ends_sentence(text: &str) -> bool {
    let end = text.trim_end_matches(['"', '”', '“', '’', '\'', '»', '」', '』', ')', '）', ' ']);
    end.chars().next_back().is_some_and(is_stop) || is_unstopped_sentence(text)
}
