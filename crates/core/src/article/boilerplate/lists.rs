//! Lists of links to pages of the site, or to places on this one. Lists of links that lead away are the story's:
//! nominees, sources, books.

use super::{Reason, Verdict};
use crate::article::extract::ends_sentence;
use crate::article::outline::{Block, Kind, Outline, Tag};

/// Drops lists whose items are mainly links, except those that lead away.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict]) {
    let mut at = 0;
    while at < verdicts.len() {
        let Some(list) = list_of(outline, verdicts[at].0) else {
            at += 1;
            continue;
        };
        let end = at + verdicts[at..].iter().take_while(|(block, _)| list_of(outline, *block) == Some(list)).count();
        let blocks = verdicts[at..end].iter().map(|(block, _)| &outline.blocks[*block]);
        let (linked, weight) =
            blocks.fold((0, 0), |(linked, weight), b| (linked + b.linked - b.away, weight + b.weight));
        // a label goes with its list
        let is_labelled = at > 0 && verdicts[at - 1].1 == Some(Reason::Related);
        let is_teaser = |block: &Block| block.linked > 0 && ends_sentence(&block.text);
        let is_of_teasers = || verdicts[at..end].iter().all(|(block, _)| is_teaser(&outline.blocks[*block]));
        if linked * 10 > weight * 6 || is_labelled && is_of_teasers() {
            for (_, reason) in verdicts[at..end].iter_mut().filter(|(_, reason)| reason.is_none()) {
                *reason = Some(Reason::Related);
            }
        }
        at = end;
    }
}

/// The outermost list around an item.
fn list_of(outline: &Outline, block: usize) -> Option<usize> {
    let block = &outline.blocks[block];
    let is_in = |tag: Tag| outline.ancestors(block.element).filter(move |&at| outline.elements[at].tag == tag);
    let is_item = block.kind == Kind::Item || block.kind == Kind::Paragraph && is_in(Tag::Item).next().is_some();
    is_in(Tag::List).last().filter(|_| is_item)
}
