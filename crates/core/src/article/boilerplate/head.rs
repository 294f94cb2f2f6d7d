//! What is between the headline and the first paragraph.

use super::{Body, Reason, Verdict};
use crate::article::extract::{ends_sentence, is_prose};
use crate::article::metadata::has_date;
use crate::article::outline::{Kind, Outline};

/// Heaviest line there that is a byline, a date or a label rather than the beginning of the story.
const LINE: usize = 110;
const LABEL: usize = 45;
/// Least words in small letters of a sentence that holds a date.
const SAID: usize = 3;

/// Whether a line says more than a date and whose it is: three words that are no names.
fn says_more(line: &str) -> bool {
    let words =
        line.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().next().is_some_and(char::is_lowercase));
    words.filter(|word| word.chars().count() > 1).count() >= SAID
}

/// Drops dates and labels above the first paragraph. The deck stays, and so do headings under the headline: one that
/// has a date in it (`Deadlines in 2025`) says what follows.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict], body: &Body) {
    let deck = &body.deck;
    let prose = |(at, reason): &Verdict| reason.is_none() && is_prose(&outline.blocks[*at]) && !deck.contains(at);
    let Some(first) = verdicts.iter().position(prose) else { return };
    for (at, reason) in verdicts[..first].iter_mut().filter(|(at, reason)| reason.is_none() && !deck.contains(at)) {
        let block = &outline.blocks[*at];
        let is_over = body.headline.is_some_and(|headline| *at < headline);
        let is_heading = !is_over && (matches!(block.kind, Kind::Heading(_)) || block.bold == block.weight);
        let is_sentence = ends_sentence(&block.text) && says_more(&block.text);
        if block.weight < LINE && !is_heading && !is_sentence && has_date(&block.text) {
            *reason = Some(Reason::Date);
        } else if block.weight < LABEL && !is_heading && block.kind != Kind::Item && block.stops == 0 {
            *reason = Some(Reason::Tags);
        }
    }
}
