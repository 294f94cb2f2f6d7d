//! Which part of the page is the story.
//!
//! PURE: outline → the blocks of the body, before boilerplate is taken out. Three steps, each of its own: every block
//! is weighed as prose ([`prose`]); from the top, the element is followed that holds nearly all of it
//! ([`candidate`]); parts of the story that stand beside that element are taken in ([`siblings`]).

mod candidate;
mod deck;
mod prose;
mod siblings;

use super::metadata::same_title;
use super::outline::{Block, Kind, Outline, Signs};

pub(super) use prose::{is_prose, prose};

/// The story's part of the outline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Body {
    /// The element that holds all of it, and more.
    pub(super) scope: usize,
    /// Blocks of the story, in document order.
    pub(super) blocks: Vec<usize>,
    /// The headline's block, in the body or before it.
    pub(super) headline: Option<usize>,
    /// The one that is the deck, where it stands apart from the rest.
    pub(super) deck: Option<usize>,
}

/// What other parts of the page say, to find the story by.
#[derive(Debug, Default)]
pub(super) struct Evidence<'a> {
    /// Whether structured data or the feed's content holds a block's text; empty where there is neither.
    pub(super) anchored: &'a [bool],
    /// The headline.
    pub(super) title: Option<&'a str>,
    /// The page's description of itself.
    pub(super) description: Option<&'a str>,
}

/// Finds the story.
pub(super) fn body(outline: &mut Outline, evidence: &Evidence<'_>) -> Option<Body> {
    let headline = headline(outline, evidence.title);
    outline.inherit(headline, |block| if is_prose(block) { block.weight as f32 } else { 0.0 });
    let scores = Scores::new(outline, evidence.anchored);
    let core = candidate::find(outline, &scores)?;
    let mut body = siblings::gather(outline, &scores, core);
    body.headline = headline;
    if let Some(deck) = deck::find(outline, &body, headline, evidence.description) {
        body.blocks.insert(body.blocks.partition_point(|&at| at < deck), deck);
        body.deck = Some(deck);
    }
    Some(body)
}

/// The block that is the headline: the last before the prose that says the title, or else the only `<h1>`.
fn headline(outline: &Outline, title: Option<&str>) -> Option<usize> {
    let says = |block: &Block| title.is_some_and(|title| block.text.len() < 400 && same_title(title, &block.text));
    let is_heading = |block: &Block| matches!(block.kind, Kind::Heading(_));
    let mut first_headings = outline.blocks.iter().enumerate().filter(|(_, block)| block.kind == Kind::Heading(1));
    outline
        .blocks
        .iter()
        .position(|block| is_heading(block) && says(block))
        .or_else(|| outline.blocks.iter().position(says))
        .or_else(|| first_headings.next().map(|(at, _)| at).filter(|_| first_headings.next().is_none()))
}

/// Prefix sums of the blocks' prose scores.
pub(super) struct Scores {
    sums: Vec<f32>,
}

impl Scores {
    fn new(outline: &Outline, anchored: &[bool]) -> Self {
        let score = |at: usize| {
            let signs = outline.signs(at);
            if anchored.get(at).copied().unwrap_or_default() {
                return 2.0 * outline.blocks[at].weight as f32;
            }
            prose(&outline.blocks[at], signs)
        };
        let mut sums = vec![0.0];
        for at in 0..outline.blocks.len() {
            sums.push(sums[at] + score(at));
        }
        Self { sums }
    }

    /// The score of one block.
    fn block(&self, at: usize) -> f32 {
        self.sums[at + 1] - self.sums[at]
    }

    /// The sum over an element.
    fn element(&self, outline: &Outline, element: usize) -> f32 {
        let range = &outline.elements[element].blocks;
        self.sums[range.end] - self.sums[range.start]
    }
}

/// Signs under which nothing is looked for.
const OUTSIDE: Signs = Signs::FOREIGN;
