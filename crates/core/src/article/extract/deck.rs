//! The sentence under the headline.
//!
//! Publishers set it in the page's header, outside of the story's container. It is part of what they wrote, so it is
//! part of the story: documented choice, since extractors and labels differ on it. Where the markup does not call it a
//! deck, it has to be a sentence: a second headline is none. Nor is a short line with a date, whatever its name.

use std::ops::Range;

use super::{Body, OUTSIDE, ends_sentence};
use crate::article::metadata::{has_date, same_title};
use crate::article::outline::{Block, Kind, Outline, Signs};

/// How many blocks after the headline it may stand.
const REACH: usize = 8;
/// Least and most of its weight; the least where it is not marked.
const WEIGHT: std::ops::Range<usize> = 15..800;
const UNMARKED: usize = 40;

/// Signs of a deck, and of the points of a story above it.
const MARKED: Signs = Signs::DECK.and(Signs::INFOBOX);
/// Signs under which no deck stands.
const NOT: Signs = OUTSIDE.and(Signs::CAPTION).and(Signs::BYLINE).and(Signs::DATE).and(Signs::FORM).and(Signs::MEDIA);

/// The deck's blocks, if it stands between headline and body: all of what the markup calls the deck.
pub(super) fn find(
    outline: &Outline,
    body: &Body,
    headline: Option<usize>,
    description: Option<&str>,
) -> Option<Range<usize>> {
    let first = *body.blocks.iter().find(|&&at| super::is_prose(&outline.blocks[at]))?;
    let headline = headline.filter(|&headline| headline < first)?;
    let mut between = (headline + 1..first).take(REACH).filter(|at| !body.blocks.contains(at));
    let deck = between.find(|&at| is_deck(&outline.blocks[at], outline.signs(at), at - headline, description))?;
    let said = body.blocks.iter().take(3).any(|&at| same_title(&outline.blocks[at].text, &outline.blocks[deck].text));
    let marked = outline.ancestors(outline.blocks[deck].element).find(|&at| outline.elements[at].own.any(MARKED));
    let whole = marked.map_or(deck..deck + 1, |at| outline.elements[at].blocks.clone());
    if let Some(points) = marked.filter(|&at| outline.elements[at].own.any(Signs::INFOBOX)) {
        let points = outline.elements[points].blocks.clone();
        let is_apart =
            points.end <= first && points.start > headline && !points.clone().any(|at| body.blocks.contains(&at));
        return (!said && is_apart && points.len() < REACH + REACH).then_some(points);
    }
    let belongs = |&at: &usize| at < first && at < deck + REACH && !body.blocks.contains(&at) && whole.contains(&at);
    let end = (deck + 1..).take_while(belongs).take_while(|&at| is_sentence(outline, at)).last();
    (!said).then(|| deck..end.unwrap_or(deck) + 1)
}

fn is_sentence(outline: &Outline, at: usize) -> bool {
    !outline.signs(at).any(NOT) && outline.blocks[at].link_density() < 0.3 && ends_sentence(&outline.blocks[at].text)
}

fn is_deck(block: &Block, signs: Signs, distance: usize, description: Option<&str>) -> bool {
    let described = description.is_some_and(|description| same_beginning(description, &block.text));
    let placed = signs.any(MARKED)
        || matches!(block.kind, Kind::Heading(2..=4) | Kind::Paragraph) && distance <= 2 && ends_sentence(&block.text);
    WEIGHT.contains(&block.weight)
        && block.link_density() < 0.3
        && block.kind != Kind::Caption
        && (block.weight >= UNMARKED || ends_sentence(&block.text) || !has_date(&block.text))
        && (described && !signs.any(Signs::HIDDEN.and(Signs::CAPTION))
            || placed && !signs.any(NOT) && (block.weight >= UNMARKED || signs.any(MARKED)))
}

/// Whether two texts begin with the same letters, far enough to be the same text.
fn same_beginning(a: &str, b: &str) -> bool {
    let letters = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(60).collect::<String>()
    };
    let (a, b) = (letters(a), letters(b));
    let shared = a.len().min(b.len());
    shared >= 24 && a.as_bytes()[..shared] == b.as_bytes()[..shared]
}
