//! Labels of widgets: the odd words on boxes, cards and players that stand between a story's paragraphs.

use super::{Reason, Verdict};
use crate::article::extract::ends_sentence;
use crate::article::outline::{Block, Kind, Outline, Signs};

/// Heaviest text that is a label.
const LABEL: usize = 60;
/// How many times more the paragraphs have to weigh than what stands bare, so that a bare text is an exception.
const RATIO: usize = 3;

/// Where the story is set in paragraphs, drops short texts that stand alone in a container of their own and end no
/// sentence.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict]) {
    let weight = |kind: Kind| -> usize {
        let kept = verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| &outline.blocks[*at]);
        kept.filter(|block| block.kind == kind).map(|block| block.weight).sum()
    };
    if weight(Kind::Paragraph) <= RATIO * weight(Kind::Bare) {
        return;
    }
    for (at, reason) in verdicts.iter_mut().filter(|(_, reason)| reason.is_none()) {
        if is_label(outline, &outline.blocks[*at], outline.signs(*at)) {
            *reason = Some(Reason::Label);
        }
    }
}

fn is_label(outline: &Outline, block: &Block, signs: Signs) -> bool {
    const TOLD: Signs = Signs::EMBED.and(Signs::QUOTE).and(Signs::LIST).and(Signs::TABLE);
    block.kind == Kind::Bare
        && block.weight < LABEL
        && block.bold < block.weight
        && outline.elements[block.element].blocks.len() == 1
        && !signs.any(TOLD)
        && !ends_sentence(&block.text)
}
