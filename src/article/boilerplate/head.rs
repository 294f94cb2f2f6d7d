//! What stands between the headline and the first paragraph.

use std::ops::Range;

use super::{Reason, Verdict};
use crate::article::extract::is_prose;
use crate::article::metadata::has_date;
use crate::article::outline::{Kind, Outline};

/// Heaviest line there that is a byline, a date or a label rather than the beginning of the story.
const LINE: usize = 110;
const LABEL: usize = 45;

/// Drops dates and labels above the first paragraph. `deck` stays, and so do headings: one that has a date in it
/// (`Deadlines in 2025`) says what follows.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict], deck: &Range<usize>) {
    let prose = |(at, reason): &Verdict| reason.is_none() && is_prose(&outline.blocks[*at]) && !deck.contains(at);
    let Some(first) = verdicts.iter().position(prose) else { return };
    for (at, reason) in verdicts[..first].iter_mut().filter(|(at, reason)| reason.is_none() && !deck.contains(at)) {
        let block = &outline.blocks[*at];
        let is_heading = matches!(block.kind, Kind::Heading(_)) || block.bold == block.weight;
        if block.weight < LINE && !is_heading && has_date(&block.text) {
            *reason = Some(Reason::Date);
        } else if block.weight < LABEL && !is_heading && block.kind != Kind::Item && block.stops == 0 {
            *reason = Some(Reason::Tags);
        }
    }
}
