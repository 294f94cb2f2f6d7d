//! Texts that share a small box of their own with a picture or a form: captions, pitches to subscribe.

use super::setting::Setting;
use super::{Reason, Verdict};
use crate::article::extract::is_prose;
use crate::article::outline::{Element, Kind, Outline, Signs};

/// Most blocks of a box, and most weight of all its texts.
const BLOCKS: usize = 4;
const BOX: usize = 420;

/// Drops what is in such boxes, except for the story's paragraphs.
pub(super) fn judge(outline: &Outline, setting: &Setting<'_>, verdicts: &mut [Verdict]) {
    let is_own =
        |(at, reason): &Verdict| reason.is_none() && is_prose(&outline.blocks[*at]) && !setting.is_elsewhere(*at);
    let (first, last) = (verdicts.iter().position(is_own), verdicts.iter().rposition(is_own));
    let side = |place| match (first, last) {
        (Some(first), _) if place < first => Side::Before,
        (_, Some(last)) if place > last => Side::Behind,
        _ => Side::Among,
    };
    for place in 0..verdicts.len() {
        let (at, reason) = verdicts[place];
        let block = &outline.blocks[at];
        let is_text = matches!(block.kind, Kind::Paragraph | Kind::Bare) && is_prose(block) && setting.is_elsewhere(at);
        let is_told = setting.is_deck(at) || outline.signs(at).any(Signs::EMBED.and(Signs::QUOTE));
        if reason.is_none() && is_text && !is_told {
            verdicts[place].1 = reason_of(outline, setting, at, verdicts, side(place));
        }
    }
}

/// Where a box is: before the story, in it, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Among,
    Behind,
}

/// What a text in a small box is.
fn reason_of(outline: &Outline, setting: &Setting<'_>, at: usize, verdicts: &[Verdict], side: Side) -> Option<Reason> {
    let is_small = |(_, element): &(usize, &Element)| {
        let weight = || outline.blocks[element.blocks.clone()].iter().map(|block| block.weight).sum::<usize>();
        let is_apart = |at: usize| !is_prose(&outline.blocks[at]) || setting.is_elsewhere(at);
        element.blocks.len() <= BLOCKS && weight() < BOX && element.blocks.clone().all(is_apart)
    };
    let around =
        || outline.ancestors(outline.blocks[at].element).map(|at| (at, &outline.elements[at])).take_while(is_small);
    let holds_form = |(start, element): (usize, &Element)| {
        outline.elements[start..element.end].iter().any(|element| element.own.any(Signs::FORM))
    };
    if setting.is_apart(at) && around().any(holds_form) {
        return Some(Reason::Label);
    }
    let is_credit = |other: usize| {
        let place = verdicts.binary_search_by_key(&other, |(block, _)| *block).ok();
        match place.and_then(|place| verdicts[place].1) {
            Some(Reason::Caption | Reason::Credit) => side != Side::Before || other > at,
            Some(Reason::Byline) => other > at,
            _ => false,
        }
    };
    let (_, pictured) = around().find(|(_, element)| !element.pictures.is_empty())?;
    match pictured.pictures.len() {
        1 if pictured.blocks.clone().any(is_credit) => Some(Reason::Caption),
        // who wrote it, or what else there is
        1 if side == Side::Behind && setting.is_apart(at) => Some(Reason::Label),
        _ => None,
    }
}
