//! Headings go with what they head.

use std::collections::HashMap;

use super::{Reason, Verdict, tally};
use crate::article::extract::is_prose;
use crate::article::outline::{Block, Kind, Outline, Tag};

/// Weight from which on a heading is a paragraph set large.
const SENTENCE: usize = 120;
/// Share of the prose in its parent that makes a heading the story's, even if it heads a picture, a film or a table.
const AMONG: f32 = 0.3;
/// How many kept headings of a make are how the story is set.
const ALIKE: usize = 3;

/// Drops headings after which nothing was kept before the next heading of the same rank or the end, except those that
/// are among the story's own paragraphs.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict]) {
    let prose = InnerProse::new(outline, verdicts);
    let mut next = None;
    let mut below = [false; 8];
    for (at, reason) in verdicts.iter_mut().rev() {
        let block = &outline.blocks[*at];
        match rank(outline, block) {
            Some(rank) => {
                // over links to other stories, it is their label; at the end, it heads what was left out
                let leads = next == Some(Some(Reason::Related)) && block.text.ends_with([':', '：']);
                let is_among = || next.is_some() && prose.share(outline, block) >= AMONG;
                let heads = below[rank..].iter().any(|&kept| kept);
                if reason.is_none() && (leads || !heads && !is_among()) {
                    *reason = Some(Reason::HeadingOfNothing);
                }
                let kept = reason.is_none();
                below[rank..].fill(false);
                below[rank - 1] |= kept;
            }
            None if reason.is_none() => below[7] = true,
            None => {}
        }
        next = Some(*reason);
    }
    keep_alike(outline, verdicts);
}

/// Keeps, of headings that are alike and head the story's parts, those with no text at all under them: a picture's
/// name.
fn keep_alike(outline: &Outline, verdicts: &mut [Verdict]) {
    let is_heading = |at: usize| matches!(outline.blocks[at].kind, Kind::Heading(_));
    let kept = tally(outline, verdicts, |block| usize::from(matches!(block.kind, Kind::Heading(_))));
    for place in 1..verdicts.len() {
        let ((at, reason), (next, _)) = (verdicts[place - 1], verdicts[place]);
        let signature = outline.signature(at);
        let is_over_next = is_heading(next) && outline.signature(next) == signature;
        if reason == Some(Reason::HeadingOfNothing) && is_over_next && kept.get(&signature) >= Some(&ALIKE) {
            verdicts[place - 1].1 = None;
        }
    }
}

/// How much of the kept prose is directly inside of each element.
struct InnerProse {
    within: HashMap<usize, usize>,
    total: usize,
}

impl InnerProse {
    fn new(outline: &Outline, verdicts: &[Verdict]) -> Self {
        let (mut within, mut total) = (HashMap::new(), 0);
        for (at, _) in verdicts.iter().filter(|(_, reason)| reason.is_none()) {
            let block = &outline.blocks[*at];
            if is_prose(block) {
                *within.entry(outline.elements[block.element].parent).or_default() += block.weight;
                total += block.weight;
            }
        }
        Self { within, total }
    }

    /// The share of the prose that has a block's parent.
    fn share(&self, outline: &Outline, block: &Block) -> f32 {
        let parent = outline.elements[block.element].parent;
        self.within.get(&parent).copied().unwrap_or_default() as f32 / self.total.max(1) as f32
    }
}

/// A heading's rank, 1 to 6; 7 for a short paragraph, of no list, that is bold all through and ends no sentence.
fn rank(outline: &Outline, block: &Block) -> Option<usize> {
    let around = outline.elements[block.element].parent;
    match block.kind {
        Kind::Heading(rank) if block.weight < SENTENCE => Some(usize::from(rank)),
        Kind::Paragraph | Kind::Bare
            if outline.elements[around].tag != Tag::Item
                && block.bold == block.weight
                && block.weight < 80
                && !block.text.ends_with(['.', '!', '”', '"', '。']) =>
        {
            Some(7)
        }
        _ => None,
    }
}
