//! The next story on the page, which is not part of this one: pages that scroll on and on append it.
//!
//! It has a headline of its own, of the rank and in the place of the first one, and is in an element next to the one
//! that holds the first.

use super::{Body, is_prose};
use crate::article::outline::{Kind, Outline, Tag};

/// Least paragraphs of a story before the next one, and of the next one.
const TOLD: usize = 2;

/// Ends the body before the next story.
pub(super) fn cut(outline: &Outline, body: &mut Body) {
    let Some(headline) = body.headline.filter(|&at| outline.blocks[at].kind == Kind::Heading(1)) else { return };
    let of_first = enclosing(outline, headline);
    let is_next = |&at: &usize| {
        let block = &outline.blocks[at];
        let is_headline = block.kind == Kind::Heading(1) && block.linked == 0;
        is_headline && of_first.is_some() && enclosing(outline, at).is_some_and(|next| Some(next) != of_first)
    };
    let Some(next) = (headline + 1..outline.blocks.len()).find(is_next) else { return };
    let place = body.blocks.partition_point(|&at| at < next);
    let told = |blocks: &[usize]| blocks.iter().filter(|&&at| is_prose(&outline.blocks[at])).count();
    if told(&body.blocks[..place]) >= TOLD && told(&body.blocks[place..]) >= TOLD {
        body.blocks.truncate(place);
    }
}

/// The article around a headline, if there is one.
fn enclosing(outline: &Outline, block: usize) -> Option<usize> {
    outline.ancestors(outline.blocks[block].element).find(|&at| outline.elements[at].tag == Tag::Article)
}
