//! Headings go with what they head.

use super::{Reason, Verdict};
use crate::article::outline::{Block, Kind, Outline};

/// Weight from which on a heading is a paragraph set large.
const SENTENCE: usize = 120;

/// Drops headings after which nothing was kept before the next heading of the same rank or the end.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict]) {
    let mut below = [false; 8];
    for (at, reason) in verdicts.iter_mut().rev() {
        let block = &outline.blocks[*at];
        match rank(block) {
            Some(rank) => {
                if reason.is_none() && !below[rank..].iter().any(|&kept| kept) {
                    *reason = Some(Reason::HeadingOfNothing);
                }
                let kept = reason.is_none();
                below[rank..].fill(false);
                below[rank - 1] |= kept;
            }
            None if reason.is_none() => below[7] = true,
            None => {}
        }
    }
}

/// A heading's rank, 1 to 6; 7 for a short paragraph that is bold all through and ends no sentence.
fn rank(block: &Block) -> Option<usize> {
    match block.kind {
        Kind::Heading(rank) if block.weight < SENTENCE => Some(usize::from(rank)),
        Kind::Paragraph | Kind::Bare
            if block.bold == block.weight && block.weight < 80 && !block.text.ends_with(['.', '!', '”', '"', '。']) =>
        {
            Some(7)
        }
        _ => None,
    }
}
