//! Which part of the page is the story.
//!
//! PURE: outline → the blocks of the body, before boilerplate is taken out. Three steps, each of its own: every block
//! is weighed as prose ([`prose`]); from the top, the element is followed that holds nearly all of it
//! ([`candidate`]); parts of the story that are next to that element are taken in ([`siblings`]).

mod candidate;
mod deck;
mod next;
mod prose;
mod siblings;

use super::metadata::Titles;
use super::outline::{Kind, Outline, Signs, Tag};

pub(super) use prose::{breaks_off, ends_sentence, is_prose, prose};

/// The story's part of the outline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Body {
    /// The element that holds all of it, and more.
    pub(super) scope: usize,
    /// Blocks of the story, in document order.
    pub(super) blocks: Vec<usize>,
    /// The headline's block, in the body or before it.
    pub(super) headline: Option<usize>,
    /// Those that are the deck, if it is apart from the rest.
    pub(super) deck: Vec<usize>,
}

impl Body {
    /// Takes in what the user's rules keep, wherever it is.
    pub(super) fn take_in_ruled(&mut self, outline: &Outline) {
        self.blocks.extend((0..outline.blocks.len()).filter(|&at| outline.ruled(at) == Some(true)));
        self.blocks.sort_unstable();
        self.blocks.dedup();
    }
}

/// What other parts of the page say, to find the story by.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    /// Whether structured data or the feed's content holds a block's text; empty where there is neither.
    pub(super) anchored: &'a [bool],
    /// All that the page calls its headline.
    pub(super) titles: &'a Titles,
    /// The page's description of itself.
    pub(super) description: Option<&'a str>,
}

/// Finds the story.
pub(super) fn body(outline: &mut Outline, evidence: &Evidence<'_>) -> Option<Body> {
    let headline = headline(outline, evidence.titles);
    outline.inherit(headline, |block| if is_prose(block) { block.weight as f32 } else { 0.0 });
    let scores = Scores::new(outline, evidence.anchored);
    let core = candidate::stated(outline, &scores).or_else(|| {
        let heaviest = candidate::find(outline, &scores)?;
        Some(candidate::under_headline(outline, &scores, heaviest, headline).unwrap_or(heaviest))
    })?;
    let mut body = siblings::gather(outline, &scores, core);
    body.headline = headline;
    let is_said =
        |at: usize| outline.blocks[at].weight >= HEADLINE && evidence.titles.contain(&outline.blocks[at].text);
    if headline.is_some_and(is_said) {
        cut_before(outline, &mut body);
    }
    next::cut(outline, &mut body);
    if let Some(deck) = deck::find(outline, &body, headline, evidence.description) {
        body.blocks.extend(&deck);
        body.blocks.sort_unstable();
        body.deck = deck;
    }
    Some(body)
}

/// How many times more prose has to come after the headline than before it, so that what is before it is another text.
const TIMES: usize = 2;
/// Least weight of a headline that is surely no section's name.
const HEADLINE: usize = 15;
/// Heaviest paragraph: what is heavier counts as this.
const PARAGRAPH: usize = 1200;

/// Drops what is before the headline, if most of the prose is after it.
fn cut_before(outline: &Outline, body: &mut Body) {
    let Some(headline) = body.headline else { return };
    let start = body.blocks.partition_point(|&at| at < headline);
    let told = |blocks: &[usize]| -> usize {
        let prose = blocks.iter().map(|&at| &outline.blocks[at]).filter(|block| is_prose(block));
        prose.map(|block| block.weight.min(PARAGRAPH)).sum()
    };
    let shared = body.blocks.first().and_then(|&at| {
        let mut around = outline.ancestors(outline.blocks[headline].element);
        around.find(|&element| outline.elements[element].blocks.contains(&at))
    });
    // in another part of the page it is another text, unless it weighs much more
    let is_apart = shared.is_some_and(|element| outline.elements[element].tag == Tag::Body);
    let (before, after) = (told(&body.blocks[..start]), told(&body.blocks[start..]));
    if after > TIMES * before || is_apart && after * TIMES > before {
        body.blocks.drain(..start);
    }
}

/// The block that is the headline: the longest `<h1>` that says a title (a section's name is one, too), any heading
/// that does (links to stories are headings too), any block that does, or else the only `<h1>`.
fn headline(outline: &Outline, titles: &Titles) -> Option<usize> {
    let says: Vec<usize> = (0..outline.blocks.len()).filter(|&at| titles.contain(&outline.blocks[at].text)).collect();
    let is_heading = |at: &&usize| matches!(outline.blocks[**at].kind, Kind::Heading(_));
    let is_top = |at: &&usize| outline.blocks[**at].kind == Kind::Heading(1);
    let mut tops = (0..outline.blocks.len()).filter(|&at| outline.blocks[at].kind == Kind::Heading(1));
    let longest = |best: &usize, at: &usize| outline.blocks[*best].weight.cmp(&outline.blocks[*at].weight);
    says.iter()
        .rev()
        .filter(is_top)
        .max_by(|one, other| longest(one, other))
        .or_else(|| says.iter().find(is_heading))
        .or_else(|| says.first())
        .copied()
        .or_else(|| tops.next().filter(|_| tops.next().is_none()))
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
const OUTSIDE: Signs = Signs::FOREIGN.and(Signs::RULED_OUT);
