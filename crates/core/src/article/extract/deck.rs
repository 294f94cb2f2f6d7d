//! The sentence under the headline.
//!
//! Publishers set it in the page's header, outside of the story's container. It is part of what they wrote, so it is
//! part of the story: documented choice, since extractors and labels differ on it. Where the markup does not call it a
//! deck, it has to be a sentence: a second headline is not a deck. Nor is a short line with a date, whatever its name.

use super::{Body, OUTSIDE, breaks_off, ends_sentence};
use crate::article::metadata::{has_date, same_title};
use crate::article::outline::{Block, Kind, Outline, Signs};
use crate::text::letters;

/// How many blocks after the headline it may come.
const REACH: usize = 30;
/// Most blocks of one deck, or of the points of a story.
const BLOCKS: usize = 16;
/// Least and most of its weight; the least where it is not marked.
const WEIGHT: std::ops::Range<usize> = 15..800;
const UNMARKED: usize = 40;
/// Longest name of a place before a deck.
const PLACE: usize = 20;

/// Signs of a deck, and of the points of a story above it.
const MARKED: Signs = Signs::DECK.and(Signs::INFOBOX);
/// Signs under which there is no deck.
const NOT: Signs = OUTSIDE.and(Signs::CAPTION).and(Signs::BYLINE).and(Signs::DATE).and(Signs::FORM).and(Signs::MEDIA);

/// The deck's blocks between headline and body: all of what the markup calls the deck, and the points of the story.
pub(super) fn find(
    outline: &Outline,
    body: &Body,
    headline: Option<usize>,
    description: Option<&str>,
) -> Option<Vec<usize>> {
    let first = *body.blocks.iter().find(|&&at| super::is_prose(&outline.blocks[at]))?;
    let headline = headline.filter(|&headline| headline < first)?;
    let is_told = |at: usize| body.blocks.iter().take(3).any(|&told| same_text(outline, told, at));
    let free = |at: usize| body.blocks.binary_search(&at).is_err();
    let (mut deck, mut next) = (Vec::<usize>::new(), headline + 1);
    while let Some(at) = (next..first.min(headline + 1 + REACH)).find(|&at| free(at)) {
        next = at + 1;
        let marked = marking(outline, at, headline);
        if !is_deck(outline, at, marked.is_some(), at - headline, description) {
            continue;
        }
        let is_box = marked.is_some_and(|element| outline.elements[element].own.any(Signs::INFOBOX));
        let whole = marked.map_or(at..at + 1, |element| outline.elements[element].blocks.clone());
        let start = if is_box { whole.start } else { at };
        let belongs = |&other: &usize| other == at || is_box || is_sentence(outline, other);
        let all: Vec<usize> =
            (start..whole.end).take(BLOCKS).take_while(|&at| at < first && free(at)).take_while(belongs).collect();
        next = all.last().map_or(next, |last| last + 1);
        if !is_told(at) && !deck.iter().any(|&other| same_text(outline, other, at)) {
            deck.extend(all);
        }
    }
    (!deck.is_empty()).then_some(deck)
}

/// The element around a block that is called a deck, or the points of the story, by itself: the headline is not in it.
fn marking(outline: &Outline, at: usize, headline: usize) -> Option<usize> {
    let around = outline.ancestors(outline.blocks[at].element);
    let apart = around.take_while(|&element| !outline.elements[element].blocks.contains(&headline));
    let is = |element: &usize, sign: Signs| outline.elements[*element].own.any(sign);
    let marked = apart.clone().find(|element| is(element, MARKED))?;
    // a box's parts are called as the box is
    let whole = apart.filter(|element| is(element, Signs::INFOBOX)).last();
    Some(whole.filter(|_| is(&marked, Signs::INFOBOX)).unwrap_or(marked))
}

fn same_text(outline: &Outline, one: usize, other: usize) -> bool {
    same_title(&outline.blocks[one].text, &outline.blocks[other].text)
}

fn is_sentence(outline: &Outline, at: usize) -> bool {
    !outline.signs(at).any(NOT) && outline.blocks[at].link_density() < 0.3 && ends_sentence(&outline.blocks[at].text)
}

fn is_deck(outline: &Outline, at: usize, marked: bool, distance: usize, description: Option<&str>) -> bool {
    let (block, signs): (&Block, Signs) = (&outline.blocks[at], outline.signs(at));
    let described = description.is_some_and(|description| same_beginning(description, &block.text));
    let placed = marked
        || matches!(block.kind, Kind::Heading(2..=4) | Kind::Paragraph) && distance <= 2 && ends_sentence(&block.text);
    WEIGHT.contains(&block.weight)
        && (described || distance <= 2 || !breaks_off(&block.text))
        && block.link_density() < 0.3
        && block.kind != Kind::Caption
        && (block.weight >= UNMARKED || ends_sentence(&block.text) || !has_date(&block.text))
        && (described && !signs.any(Signs::HIDDEN.and(Signs::CAPTION))
            || placed && !signs.any(NOT) && (block.weight >= UNMARKED || marked))
}

/// Whether two texts begin with the same letters, far enough to be the same text, the place before it apart
/// (`Berlin.`).
fn same_beginning(a: &str, b: &str) -> bool {
    let behind_place = b.split_once(". ").filter(|(place, _)| place.chars().count() < PLACE).map(|(_, rest)| rest);
    begin_alike(a, b) || behind_place.is_some_and(|rest| begin_alike(a, rest))
}

fn begin_alike(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|text| letters(text).take(60).collect::<String>());
    let shared = a.len().min(b.len());
    shared >= 24 && a.as_bytes()[..shared] == b.as_bytes()[..shared]
}
