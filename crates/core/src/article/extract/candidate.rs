//! The element that holds the story.

use super::Scores;
use crate::article::outline::{Outline, Signs, Tag};

/// Share of the prose that a child has to hold to be followed.
const SHARE: f32 = 0.72;
/// The same for a child that the markup calls the story.
const SHARE_OF_BODY: f32 = 0.4;
/// How many blocks after the headline the story begins.
const REACH: usize = 20;
/// Share of the core's score that a story right under the headline has to have.
const ENOUGH: f32 = 0.12;

/// Least share of all prose that the one element has which structured data calls the story.
const STATED: f32 = 0.1;
/// And its least score: that of a few sentences.
const PROSE: f32 = 600.0;

/// The one element that structured data calls the story, where it has prose enough to be one.
pub(super) fn stated(outline: &Outline, scores: &Scores) -> Option<usize> {
    let mut said = (0..outline.elements.len()).filter(|&at| outline.elements[at].own.any(Signs::STATED));
    let one = said.next().filter(|_| said.next().is_none())?;
    let score = scores.element(outline, one);
    (score >= PROSE && score >= STATED * scores.element(outline, 0)).then_some(one)
}

/// Follows, from the top, the child that holds nearly all of the prose.
pub(super) fn find(outline: &Outline, scores: &Scores) -> Option<usize> {
    let mut at = 0;
    let total = scores.element(outline, *outline.elements.first().map(|_| &at)?);
    if total <= 0.0 {
        return None;
    }
    while let Some(child) = heaviest_child(outline, scores, at) {
        let share = scores.element(outline, child) / scores.element(outline, at);
        if share < least(outline, child) {
            break;
        }
        at = child;
    }
    Some(at)
}

/// The story right under the headline, if the core is something else further down, or above it: a list of
/// other stories' beginnings can hold more prose than a short story, and so can what a site says of itself.
pub(super) fn under_headline(
    outline: &Outline,
    scores: &Scores,
    core: usize,
    headline: Option<usize>,
) -> Option<usize> {
    const NOT: Signs = Signs::HEADER.and(Signs::DECK).and(Signs::CAPTION);
    let headline = headline?;
    let after = (headline + 1..outline.blocks.len()).take(REACH);
    let first = after.into_iter().find(|&at| scores.block(at) > 0.0 && !outline.signs(at).any(NOT))?;
    let range = &outline.elements[core].blocks;
    let marked = range.clone().any(|at| scores.block(at) > 0.0 && outline.signs(at).any(Signs::BODY));
    if marked || first >= range.start && headline < range.end {
        return None;
    }
    // as far up as the core stays outside
    let apart = |&at: &usize| {
        let blocks = &outline.elements[at].blocks;
        blocks.end <= range.start || blocks.start >= range.end
    };
    let story = outline.ancestors(outline.blocks[first].element).take_while(apart).last()?;
    (scores.element(outline, story) > ENOUGH * scores.element(outline, core)).then_some(story)
}

fn least(outline: &Outline, element: usize) -> f32 {
    let element = &outline.elements[element];
    if element.own.any(Signs::BODY) || matches!(element.tag, Tag::Article | Tag::Main) { SHARE_OF_BODY } else { SHARE }
}

fn heaviest_child(outline: &Outline, scores: &Scores, parent: usize) -> Option<usize> {
    outline.children(parent).max_by(|&a, &b| scores.element(outline, a).total_cmp(&scores.element(outline, b)))
}
