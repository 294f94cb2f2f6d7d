//! Which part of the page is the story.
//!
//! PURE: outline → the blocks of the body, before boilerplate is taken out. Three steps, each of its own: every block
//! is weighed as prose ([`prose`]); from the top, the element is followed that holds nearly all of it
//! ([`candidate`]); parts of the story that stand beside that element are taken in ([`siblings`]).

mod candidate;
mod prose;
mod siblings;

use super::outline::{Outline, Signs};

pub(super) use prose::{is_prose, prose};

/// The story's part of the outline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Body {
    /// The element that holds all of it, and more.
    pub(super) scope: usize,
    /// Blocks of the story, in document order.
    pub(super) blocks: Vec<usize>,
}

/// Finds the story. `anchored` says of each block whether other evidence (structured data, the feed's content)
/// holds its text.
pub(super) fn body(outline: &mut Outline, anchored: &[bool]) -> Option<Body> {
    outline.inherit(|block| if is_prose(block) { block.weight as f32 } else { 0.0 });
    let scores = Scores::new(outline, anchored);
    let core = candidate::find(outline, &scores)?;
    Some(siblings::gather(outline, &scores, core))
}

/// Prefix sums of the blocks' prose scores.
pub(super) struct Scores {
    sums: Vec<f32>,
}

impl Scores {
    fn new(outline: &Outline, anchored: &[bool]) -> Self {
        let score = |at: usize| {
            let signs = outline.signs(at);
            if anchored.get(at).copied().unwrap_or_default() {
                return 2.0 * outline.blocks[at].weight as f32;
            }
            prose(&outline.blocks[at], signs)
        };
        let mut sums = vec![0.0];
        for at in 0..outline.blocks.len() {
            sums.push(sums[at] + score(at));
        }
        Self { sums }
    }

    /// The sum over an element.
    fn element(&self, outline: &Outline, element: usize) -> f32 {
        let range = &outline.elements[element].blocks;
        self.sums[range.end] - self.sums[range.start]
    }
}

/// Signs under which nothing is looked for.
const OUTSIDE: Signs = Signs::FOREIGN;
