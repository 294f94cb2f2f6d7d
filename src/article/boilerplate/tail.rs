//! What stands behind the end of the story.

use super::{Reason, Verdict};
use crate::article::extract::is_prose;
use crate::article::outline::Outline;

/// Reasons that, once met with no prose after them, drop the rest too: a heading over links, a form, a notice.
const ENDS: &[Reason] = &[
    Reason::Related,
    Reason::Comments,
    Reason::Newsletter,
    Reason::Copyright,
    Reason::Share,
    Reason::AuthorBio,
    Reason::Tags,
];

/// Drops short leftovers behind the last prose, from the first block on that was dropped for such a reason.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict]) {
    let prose = |(at, reason): &Verdict| reason.is_none() && is_prose(&outline.blocks[*at]);
    let Some(last) = verdicts.iter().rposition(prose) else { return };
    let mut end = None;
    for (at, reason) in &mut verdicts[last + 1..] {
        match reason {
            Some(reason) if ENDS.contains(reason) => end = Some(*reason),
            None if outline.blocks[*at].weight < 200 => *reason = end,
            _ => {}
        }
    }
}
