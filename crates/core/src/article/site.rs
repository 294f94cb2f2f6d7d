//! What a site repeats, learned page by page.
//!
//! PURE. A `Site` is evidence handed to the extractor; below a proven amount of it, it has no say. Two things are
//! learned. *Paragraphs* that are on several articles are the site's, not the story's: sentences on two, lines on
//! three (stories share subheads), none where most of a page repeats, which is a story published again. *Places* (a
//! block's last four elements with their classes) are counted inside and outside of text known from trusted labels: the
//! feed's full content or the page's structured data, never the extractor's own opinion.
//!
//! A redesign shows in a row of pages that are strange: their stories are at places that are not known, they are far
//! shorter than usual or far more of them was taken out, or they have no story at all. Then all is forgotten.
//!
//! Counts are halved as pages come in, and what falls to nothing is forgotten; sizes are bounded, so that a site
//! serialises to at most 16 KB. Sums do not depend on the order of the pages as long as nothing had to be forgotten.

use serde::{Deserialize, Serialize};
use url::{Position, Url};

use super::NoArticleReason;
use super::boilerplate::Verdict;
use super::extract::{Body, is_prose};
use super::outline::{Block, Outline};

/// Most paragraphs and places that are remembered of a site.
const MAX_REMEMBERED: usize = 240;
/// Pages on which a line has to be before it is believed to be the site's; stories share subheads.
const PROVEN: u16 = 3;
/// The same for a sentence or more.
const PROVEN_PROSE: u16 = 2;
/// Times that a place has to be seen before it has a say, and how one-sided they have to be.
const PROVEN_PLACE: u16 = 6;
/// Heaviest text that is told from a heavier one: sums and multiples stay far below their type's limit.
const MOST_WEIGHT: usize = 200_000;
/// Heaviest paragraph that can be the site's.
const MAX_WEIGHT: usize = 600;
/// Pages after which counts are halved.
const HALF_LIFE: u16 = 64;
/// Articles whose pages are remembered, so that a page read again teaches nothing twice.
const MAX_ARTICLES: usize = 96;
/// Strange pages in a row that show a new design, and how many have to be known before that.
const STRANGERS: u16 = 8;
const KNOWN: usize = 24;
/// Pages from which on their usual length is known.
const MEASURED: u16 = 16;
/// A text shorter than this part of the usual one is strange, and so is one of which this part of the usual share was
/// kept. News are of very unequal length; eight in a row that are so short are not.
const SHORT: u32 = 8;
const LITTLE: u32 = 3;

/// What was learned of one site; small, bounded, forgetting. Serialises to at most 16 KB.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Pages learned since the last halving.
    pages: u16,
    /// Strange pages in a row.
    strangers: u16,
    /// Pages that were measured, the sum of their texts' weights, and of what was kept of them in percent.
    measured: u16,
    weight: u32,
    share: u32,
    /// Paragraphs: hash, pages.
    paragraphs: Vec<(u32, u16)>,
    /// Places: hash, blocks inside and outside of the story.
    places: Vec<(u32, u16, u16)>,
    /// Places of the stories themselves, by which a redesign shows.
    designs: Vec<(u32, u16)>,
    /// Hashes of the articles learned last.
    articles: Vec<u32>,
}

/// What one page teaches of its site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SiteObservation {
    article: u32,
    paragraphs: Vec<u32>,
    places: Vec<(u32, bool)>,
    design: Option<u32>,
    /// The weight of what was kept, and its share of the story's part of the page in percent.
    weight: u32,
    share: u32,
    /// Whether a story was expected and there was none.
    without_story: bool,
}

/// What an observation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// Nothing: the article was known, or the page has nothing to teach.
    Nothing,
    /// Something.
    Something,
    /// It shows that the site has a new design: what was known of it is forgotten.
    Redesign,
}

impl SiteObservation {
    /// Of a page without a story. That of a wall or an error page says nothing of the site's design.
    pub fn without_story(url: &Url, reason: NoArticleReason) -> Self {
        let without_story = matches!(reason, NoArticleReason::NoText | NoArticleReason::NotAnArticle);
        Self { article: name(url), without_story, ..Self::default() }
    }

    pub(super) fn of_page(url: &Url, outline: &Outline, body: &Body, anchored: &[bool], verdicts: &[Verdict]) -> Self {
        let blocks = || body.blocks.iter().map(|&at| (at, &outline.blocks[at]));
        // what trusted evidence holds is the story's, however often a wire story runs
        let told = |at: usize| anchored.get(at).copied().unwrap_or_default();
        let mut paragraphs: Vec<u32> = blocks()
            .filter(|(at, block)| may_repeat(block) && !told(*at))
            .map(|(_, block)| hash(&block.text))
            .collect();
        paragraphs.sort_unstable();
        paragraphs.dedup();
        paragraphs.truncate(MAX_REMEMBERED);
        let labelled = blocks().filter(|_| !anchored.is_empty());
        let places = labelled.map(|(at, _)| (place(outline, at), anchored[at])).take(MAX_REMEMBERED).collect();
        let heaviest = blocks().max_by_key(|(_, block)| block.weight);
        let whole: usize = blocks().map(|(_, block)| block.weight).sum();
        let kept = verdicts.iter().filter(|(_, reason)| reason.is_none());
        let kept: usize = kept.map(|(at, _)| outline.blocks[*at].weight).sum();
        Self {
            article: name(url),
            paragraphs,
            places,
            design: heaviest.map(|(at, _)| place(outline, at)),
            weight: u32::try_from(kept.min(MOST_WEIGHT)).unwrap_or_default(),
            share: u32::try_from(100 * kept / whole.max(1)).unwrap_or_default(),
            without_story: false,
        }
    }
}

impl Site {
    /// Pages it was learned from, as far as they are remembered.
    pub fn pages(&self) -> u16 {
        u16::try_from(self.articles.len()).unwrap_or(u16::MAX)
    }

    /// Takes an observation in.
    pub fn learn(&mut self, observation: &SiteObservation) -> Learned {
        let teaches = observation.design.is_some() || observation.without_story;
        if !teaches || self.articles.contains(&observation.article) {
            return Learned::Nothing;
        }
        self.strangers = if self.is_strange(observation) { self.strangers.saturating_add(1) } else { 0 };
        let redesigned = self.strangers >= STRANGERS && self.articles.len() > KNOWN;
        if redesigned {
            *self = Self::default();
        }
        if let Some(design) = observation.design {
            self.take_in(observation, design);
        }
        if redesigned { Learned::Redesign } else { Learned::Something }
    }

    fn is_strange(&self, observation: &SiteObservation) -> bool {
        let known = |design| self.designs.iter().any(|(hash, _)| *hash == design);
        let pages = u32::from(self.measured);
        let (weight, share) = (observation.weight * pages, observation.share * pages);
        let little = self.measured >= MEASURED && (weight * SHORT < self.weight || share * LITTLE < self.share);
        little || !observation.design.is_some_and(known)
    }

    fn take_in(&mut self, observation: &SiteObservation, design: u32) {
        self.measured += 1;
        self.weight += observation.weight;
        self.share += observation.share;
        self.articles.push(observation.article);
        if self.articles.len() > MAX_ARTICLES {
            self.articles.remove(0);
        }
        count(&mut self.designs, design);
        observation.paragraphs.iter().for_each(|&paragraph| count(&mut self.paragraphs, paragraph));
        observation.places.iter().for_each(|&(place, inside)| count_place(&mut self.places, place, inside));
        self.pages += 1;
        if self.pages >= HALF_LIFE {
            self.halve();
        }
        self.forget();
    }

    /// What the site says of each block: `Some(true)` that it is its own, `Some(false)` that it is the story's.
    pub(super) fn opinions(&self, outline: &Outline) -> Vec<Option<bool>> {
        if self.paragraphs.is_empty() && self.places.is_empty() {
            return Vec::new();
        }
        let repeats: Vec<bool> = outline.blocks.iter().map(|block| self.repeats(block)).collect();
        let opinion = |at: usize| if repeats[at] { Some(true) } else { self.opinion_of_place(outline, at) };
        let opinions: Vec<Option<bool>> = (0..repeats.len()).map(opinion).collect();
        let weight = |of: &dyn Fn(usize) -> bool| -> usize {
            let prose = (0..repeats.len()).filter(|&at| is_prose(&outline.blocks[at]) && of(at));
            prose.map(|at| outline.blocks[at].weight).sum()
        };
        // a story that is published again under other addresses repeats as a whole, or nearly
        let all = weight(&|_| true);
        let again = weight(&|at| repeats[at]) * 2 > all || weight(&|at| opinions[at] == Some(true)) * 5 > all * 4;
        if again { Vec::new() } else { opinions }
    }

    fn repeats(&self, block: &Block) -> bool {
        if !may_repeat(block) {
            return false;
        }
        let (hash, proven) = (hash(&block.text), if is_prose(block) { PROVEN_PROSE } else { PROVEN });
        self.paragraphs.iter().any(|(other, pages)| *other == hash && *pages >= proven)
    }

    fn opinion_of_place(&self, outline: &Outline, at: usize) -> Option<bool> {
        let place = place(outline, at);
        let (_, inside, outside) = self.places.iter().find(|(other, ..)| *other == place)?;
        let met = inside + outside;
        if met < PROVEN_PLACE {
            None
        } else if inside * 20 < met {
            Some(true)
        } else if outside * 20 < met {
            Some(false)
        } else {
            None
        }
    }

    fn halve(&mut self) {
        self.pages = 0;
        (self.measured, self.weight, self.share) = (self.measured / 2, self.weight / 2, self.share / 2);
        self.paragraphs.iter_mut().chain(&mut self.designs).for_each(|(_, pages)| *pages /= 2);
        self.places.iter_mut().for_each(|(_, inside, outside)| (*inside, *outside) = (*inside / 2, *outside / 2));
        self.paragraphs.retain(|(_, pages)| *pages > 0);
        self.designs.retain(|(_, pages)| *pages > 0);
        self.places.retain(|(_, inside, outside)| inside + outside > 0);
    }

    /// Keeps what was seen most often.
    fn forget(&mut self) {
        for list in [&mut self.paragraphs, &mut self.designs] {
            list.sort_unstable_by_key(|(hash, pages)| (std::cmp::Reverse(*pages), *hash));
            list.truncate(MAX_REMEMBERED);
        }
        self.designs.truncate(16);
        self.places.sort_unstable_by_key(|(hash, inside, outside)| (std::cmp::Reverse(inside + outside), *hash));
        self.places.truncate(MAX_REMEMBERED);
    }
}

fn count(list: &mut Vec<(u32, u16)>, hash: u32) {
    match list.iter_mut().find(|(other, _)| *other == hash) {
        Some((_, pages)) => *pages = pages.saturating_add(1),
        None => list.push((hash, 1)),
    }
}

fn count_place(places: &mut Vec<(u32, u16, u16)>, place: u32, is_inside: bool) {
    let at = places.iter().position(|(other, ..)| *other == place).unwrap_or_else(|| {
        places.push((place, 0, 0));
        places.len() - 1
    });
    let (_, inside, outside) = &mut places[at];
    let counter = if is_inside { inside } else { outside };
    // far below the type's limit, so that sums of both and their multiples stay within it
    *counter = (*counter + 1).min(1000);
}

fn may_repeat(block: &Block) -> bool {
    (8..MAX_WEIGHT).contains(&block.weight)
}

fn name(url: &Url) -> u32 {
    hash(&url[Position::BeforePath..Position::AfterQuery])
}

fn place(outline: &Outline, at: usize) -> u32 {
    fold(outline.signature(at))
}

fn hash(text: &str) -> u32 {
    fold(xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}

/// The lower half would do as well; both halves let either be poor.
fn fold(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests;
