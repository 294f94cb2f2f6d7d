//! Parts of the story beside the element that holds most of it.

use super::{Body, OUTSIDE, Scores};
use crate::article::outline::{Outline, Tag};

/// How many levels up parts are looked for.
const LEVELS: usize = 3;

/// The core's blocks, with those of siblings at the next levels up that are prose of their own.
pub(super) fn gather(outline: &Outline, scores: &Scores, core: usize) -> Body {
    let mut blocks: Vec<usize> = outline.elements[core].blocks.clone().collect();
    let mut scope = core;
    for _ in 0..LEVELS {
        let parent = outline.elements[scope].parent;
        if parent == scope || outline.elements[parent].tag == Tag::Body {
            break;
        }
        for sibling in outline.children(parent).filter(|&at| at != scope) {
            if belongs(outline, scores, core, sibling) {
                blocks.extend(outline.elements[sibling].blocks.clone());
            }
        }
        scope = parent;
    }
    blocks.sort_unstable();
    Body { scope, blocks }
}

/// Whether a sibling is prose for the most part, and enough of it.
fn belongs(outline: &Outline, scores: &Scores, core: usize, sibling: usize) -> bool {
    let element = &outline.elements[sibling];
    if element.signs.any(OUTSIDE) {
        return false;
    }
    let weight: usize = outline.blocks[element.blocks.clone()].iter().map(|block| block.weight).sum();
    let score = scores.element(outline, sibling);
    score > 0.7 * weight as f32 && score > 0.05 * scores.element(outline, core)
}
