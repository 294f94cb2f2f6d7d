//! The element that holds the story.

use super::Scores;
use crate::article::outline::{Outline, Signs, Tag};

/// Share of the prose that a child has to hold to be followed.
const SHARE: f32 = 0.72;
/// The same for a child that the markup calls the story.
const SHARE_OF_BODY: f32 = 0.4;

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

fn least(outline: &Outline, element: usize) -> f32 {
    let element = &outline.elements[element];
    if element.own.any(Signs::BODY) || matches!(element.tag, Tag::Article | Tag::Main) { SHARE_OF_BODY } else { SHARE }
}

fn heaviest_child(outline: &Outline, scores: &Scores, parent: usize) -> Option<usize> {
    outline.children(parent).max_by(|&a, &b| scores.element(outline, a).total_cmp(&scores.element(outline, b)))
}
