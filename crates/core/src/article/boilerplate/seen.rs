//! What is seen of a block: its signs, once the other passes have judged the page.
//!
//! PURE. Sums over the page are made once, so that the signs of a block cost the same on every page.

use std::collections::HashMap;
use std::ops::Range;

use super::setting::{QUOTES, Setting, is_speech, speaks};
use super::signs::{Family, Sign, WORDED, kind, tag};
use super::{Body, Known, Reason, Verdict};
use crate::article::extract::{breaks_off, ends_sentence, is_prose};
use crate::article::metadata::has_date;
use crate::article::outline::{Block, Element, Kind, Outline, Tag};

/// Steps of weights, of shares, and of distances in blocks.
const WEIGHTS: &[usize] = &[8, 16, 30, 60, 100, 160, 300, 600];
const SHARES: &[f32] = &[0.01, 0.2, 0.5, 0.8, 0.95];
const PLACES: &[f32] = &[0.001, 0.05, 0.1, 0.3, 0.6];
const DISTANCES: &[usize] = &[1, 2, 3, 5, 8, 15, 25];
/// How many blocks on each side are near a block, and how many words from the beginning a text speaks to its readers.
const NEAR: usize = 5;
const BEGINNING: usize = 6;
/// How many elements around a block are looked at for an item, and for most of the story.
const AROUND: usize = 6;
const DEPTH: usize = 8;

/// A page whose blocks are judged, and sums over it.
pub(in crate::article) struct Seen<'a> {
    pub(super) outline: &'a Outline,
    body: &'a Body,
    known: &'a Known<'a>,
    setting: &'a Setting<'a>,
    /// What became of each block.
    fates: Vec<Fate>,
    /// The first kept block of prose that is not of the deck, and the last.
    first: Option<usize>,
    last: Option<usize>,
    /// What is before each block.
    sums: Vec<Sums>,
    /// Kept prose, and blocks of it, at each place; in each parent; in elements of each label, and what else is in
    /// those.
    places: HashMap<u64, (usize, usize)>,
    parents: HashMap<usize, usize>,
    labels: HashMap<u64, (usize, usize)>,
    /// Whether other evidence knows any of the story.
    is_known: bool,
    /// Texts that were said before on the page.
    again: Vec<bool>,
}

/// Weights of blocks, summed up.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    all: usize,
    linked: usize,
    prose: usize,
    /// Kept prose.
    told: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Outside = 1,
    Kept,
    Caption,
    Related,
    Label,
    SiteRepeats,
    Dropped,
}

impl Fate {
    fn of(reason: Option<Reason>) -> Self {
        match reason {
            None | Some(Reason::Evidence) => Self::Kept,
            Some(Reason::Caption) => Self::Caption,
            Some(Reason::Related) => Self::Related,
            Some(Reason::Label) => Self::Label,
            Some(Reason::SiteRepeats) => Self::SiteRepeats,
            Some(_) => Self::Dropped,
        }
    }
}

impl<'a> Seen<'a> {
    pub(super) fn new(
        outline: &'a Outline,
        body: &'a Body,
        known: &'a Known<'a>,
        setting: &'a Setting<'a>,
        verdicts: &[Verdict],
    ) -> Self {
        let mut fates = vec![Fate::Outside; outline.blocks.len()];
        verdicts.iter().for_each(|(at, reason)| fates[*at] = Fate::of(*reason));
        let is_told = |at: usize| fates[at] == Fate::Kept && is_prose(&outline.blocks[at]);
        let first = (0..fates.len()).find(|&at| is_told(at) && !body.deck.contains(&at));
        let last = (0..fates.len()).rfind(|&at| is_told(at));
        let (mut sums, mut places, mut parents) =
            (vec![Sums::default()], HashMap::<_, (usize, usize)>::new(), HashMap::new());
        let mut labels = HashMap::<u64, (usize, usize)>::new();
        for (at, block) in outline.blocks.iter().enumerate() {
            let (element, told) = (&outline.elements[block.element], if is_told(at) { block.weight } else { 0 });
            let (before, prose) = (sums[at], if is_prose(block) { block.weight } else { 0 });
            sums.push(Sums {
                all: before.all + block.weight,
                linked: before.linked + block.linked,
                prose: before.prose + prose,
                told: before.told + told,
            });
            let label = labels.entry(element.label).or_default();
            if told > 0 {
                let place = places.entry(outline.signature(at)).or_default();
                *place = (place.0 + told, place.1 + 1);
                *parents.entry(element.parent).or_default() += told;
                label.0 += told;
            } else if fates[at] != Fate::Kept {
                label.1 += block.weight;
            }
        }
        let mut seen = HashMap::new();
        let again = outline.blocks.iter().map(|block| seen.insert(block.text.as_str(), ()).is_some()).collect();
        let is_known = known.anchored.contains(&true);
        Self { outline, body, known, setting, fates, first, last, sums, places, parents, labels, is_known, again }
    }

    pub(super) fn is_deck(&self, at: usize) -> bool {
        self.body.deck.contains(&at)
    }

    /// Whether it is a sentence between others of the story.
    pub(super) fn is_sentence_amid(&self, at: usize) -> bool {
        is_prose(&self.outline.blocks[at]) && self.first.is_some_and(|first| at > first) && self.last > Some(at)
    }

    /// Hands every sign of a block to `add`, words apart.
    pub(super) fn signs(&self, at: usize, add: &mut impl FnMut(Sign)) {
        let block = &self.outline.blocks[at];
        self.of_names(block, add);
        self.of_box(at, block, add);
        self.of_text(block, add);
        self.of_place(at, block, add);
        self.of_position(at, block, add);
        self.of_neighbours(at, block, add);
        self.flags(at, block, &mut |flag| add(Sign::flag(flag)));
    }

    fn of_names(&self, block: &Block, add: &mut impl FnMut(Sign)) {
        let own = &self.outline.elements[block.element];
        let parent = &self.outline.elements[own.parent];
        let around = self.outline.ancestors(block.element).fold(block.inline, |signs, at| signs | self.element(at).own);
        let believed = own.signs | block.inline;
        let named = [
            (Family::Around, around),
            (Family::Believed, believed),
            (Family::Own, own.own | block.inline),
            (Family::Parent, parent.own),
        ];
        for (of, signs) in named {
            signs.bits().for_each(|bit| add(Sign::one(of, bit)));
        }
        add(Sign::one(Family::Tag, tag(own.tag)));
        add(Sign::one(Family::ParentTag, tag(parent.tag)));
    }

    fn element(&self, at: usize) -> &Element {
        &self.outline.elements[at]
    }

    /// A sum over some blocks.
    fn sum(&self, blocks: &Range<usize>, of: impl Fn(&Sums) -> usize) -> usize {
        of(&self.sums[blocks.end]) - of(&self.sums[blocks.start])
    }

    /// Kept prose of an element except the block's own.
    fn other_told(&self, at: usize, blocks: &Range<usize>) -> usize {
        self.sum(blocks, |sums| sums.told).saturating_sub(self.own_told(at))
    }

    /// A block's weight if it is kept prose.
    fn own_told(&self, at: usize) -> usize {
        self.sum(&(at..at + 1), |sums| sums.told)
    }

    fn of_box(&self, at: usize, block: &Block, add: &mut impl FnMut(Sign)) {
        let is_most = |&element: &usize| self.other_told(at, &self.element(element).blocks) * 2 > self.told();
        let around = self.outline.ancestors(block.element).take_while(|element| !is_most(element));
        let (depth, outermost) = around.enumerate().fold((0, None), |(_, _), (nth, at)| (nth + 1, Some(at)));
        let has_most = self.outline.ancestors(block.element).any(|element| is_most(&element));
        add(Sign::one(Family::Depth, if has_most { depth.min(DEPTH) } else { DEPTH }));
        let Some(element) = outermost.map(|at| self.element(at)).filter(|_| has_most) else { return };
        let blocks = &element.blocks;
        let weight = self.sum(blocks, |sums| sums.all);
        let (linked, prose) = (self.sum(blocks, |sums| sums.linked), self.sum(blocks, |sums| sums.prose));
        add(Sign::one(Family::BoxTag, tag(element.tag)));
        element.own.bits().for_each(|bit| add(Sign::one(Family::BoxName, bit)));
        add(Sign::one(Family::BoxLinked, share(linked, weight, SHARES)));
        add(Sign::one(Family::BoxProse, share(prose, weight, SHARES)));
        add(Sign::one(Family::BoxWeight, step(weight, &[40, 120, 300, 800, 2000])));
        add(Sign::one(Family::BoxBlocks, step(blocks.len(), &[2, 3, 5, 9, 20])));
    }

    /// All kept prose.
    fn told(&self) -> usize {
        self.sums[self.outline.blocks.len()].told.max(1)
    }

    fn of_text(&self, block: &Block, add: &mut impl FnMut(Sign)) {
        let part = |of: usize| share(of, block.weight, SHARES);
        add(Sign::one(Family::Kind, kind(block.kind)));
        add(Sign::two(Family::KindWeight, kind(block.kind), step(block.weight, WEIGHTS)));
        add(Sign::one(Family::Stops, block.stops.min(3)));
        add(Sign::one(Family::Linked, part(block.linked)));
        add(Sign::one(Family::Onward, part(block.onward)));
        add(Sign::one(Family::Bold, share(block.bold, block.weight, &[0.01, 0.5, 0.95])));
        add(Sign::one(Family::Italic, share(block.italic, block.weight, &[0.01, 0.5, 0.95])));
        if block.text.len() < WORDED {
            let digits = block.text.bytes().filter(u8::is_ascii_digit).count();
            let words = block.text.split_whitespace().count();
            let is_capital = |word: &&str| word.starts_with(char::is_uppercase);
            let capitals = block.text.split_whitespace().filter(is_capital).count();
            add(Sign::one(Family::Digits, share(digits, block.weight, &[0.01, 0.1, 0.3])));
            add(Sign::one(Family::Capitalized, share(capitals, words, &[0.2, 0.5, 0.8, 0.99])));
            add(Sign::one(Family::Words, step(words, &[2, 3, 4, 6, 9, 14])));
        }
    }

    fn of_place(&self, at: usize, block: &Block, add: &mut impl FnMut(Sign)) {
        let element = self.element(block.element);
        let own = self.own_told(at);
        let others = |weight: usize| share(weight.saturating_sub(own), self.told(), PLACES);
        let (weight, alike) = self.places.get(&self.outline.signature(at)).copied().unwrap_or_default();
        let siblings = self.parents.get(&element.parent).copied().unwrap_or_default();
        let (kind, heavy) = (kind(block.kind), step(block.weight, WEIGHTS));
        add(Sign::two(Family::PlaceKind, others(weight), kind));
        add(Sign::two(Family::PlaceWeight, others(weight), heavy));
        add(Sign::two(Family::SiblingsKind, others(siblings), kind));
        add(Sign::two(Family::SiblingsWeight, others(siblings), heavy));
        let label = self.labels.get(&element.label).map_or(0, |label| label.0);
        add(Sign::one(Family::Label, others(label)));
        add(Sign::one(Family::Alike, (alike - usize::from(own > 0)).min(3)));
    }

    fn of_position(&self, at: usize, block: &Block, add: &mut impl FnMut(Sign)) {
        let is_over = |headline: usize| at < headline;
        let position = match (self.first, self.last) {
            (Some(first), _) if at < first && self.body.headline.is_some_and(is_over) => 0,
            (Some(first), _) if at < first => 1,
            (Some(first), _) if at == first => 2,
            (_, Some(last)) if at == last => 4,
            (_, Some(last)) if at > last => 5,
            _ => 3,
        };
        add(Sign::two(Family::PositionKind, position, kind(block.kind)));
        add(Sign::two(Family::PositionWeight, position, step(block.weight, WEIGHTS)));
        add(Sign::one(Family::Progress, (self.sums[at].told * 5 / self.told()).min(5)));
        add(Sign::one(Family::Behind, step(self.last.map_or(0, |last| at.saturating_sub(last)), DISTANCES)));
        let from_headline = |headline: usize| at.checked_sub(headline).map_or(0, |blocks| step(blocks, DISTANCES));
        self.body.headline.iter().for_each(|&headline| add(Sign::one(Family::FromHeadline, from_headline(headline))));
    }

    fn of_neighbours(&self, at: usize, block: &Block, add: &mut impl FnMut(Sign)) {
        let exists = |at: Option<usize>| at.filter(|&at| at < self.outline.blocks.len());
        let fate = |at: Option<usize>| exists(at).map_or(0, |at| self.fates[at] as usize);
        let (before, next) = (at.checked_sub(1), Some(at + 1));
        add(Sign::one(Family::Before, fate(before)));
        add(Sign::one(Family::Before2, fate(at.checked_sub(2))));
        add(Sign::one(Family::Next, fate(next)));
        add(Sign::one(Family::Next2, fate(Some(at + 2))));
        for (at, sort, shares) in
            [(before, Family::BeforeSort, Family::BeforeShares), (next, Family::NextSort, Family::NextShares)]
        {
            if let Some(other) = exists(at).map(|at| &self.outline.blocks[at]) {
                add(Sign::one(sort, sort_of(other)));
                add(Sign::one(shares, self.shared(block, other)));
            }
        }
        let kept = |blocks: Range<usize>| {
            let inside = blocks.clone().filter(|&at| self.fates[at] == Fate::Kept);
            let weight = |blocks: &mut dyn Iterator<Item = usize>| -> usize {
                blocks.map(|at| self.outline.blocks[at].weight).sum()
            };
            share(weight(&mut { inside }), weight(&mut { blocks }), &[0.05, 0.3, 0.6, 0.9])
        };
        let end = self.outline.blocks.len();
        let behind = (at + 1).min(end)..(at + 1 + NEAR).min(end);
        add(Sign::two(Family::KeptAround, kept(at.saturating_sub(NEAR)..at), kept(behind)));
    }

    /// What two blocks share: nothing, their element's label, its parent, or the element.
    fn shared(&self, block: &Block, other: &Block) -> usize {
        let (one, two) = (self.element(block.element), self.element(other.element));
        match () {
            () if block.element == other.element => 3,
            () if one.parent == two.parent => 2,
            () if one.label == two.label => 1,
            () => 0,
        }
    }

    fn flags(&self, at: usize, block: &Block, add: &mut impl FnMut(&'static str)) {
        let (text, element) = (block.text.as_str(), self.element(block.element));
        let parent = self.element(element.parent);
        let mut flag = |name: &'static str, is: bool| {
            if is {
                add(name);
            }
        };
        if text.len() < WORDED {
            let lower = text.to_lowercase();
            let capitals = text.chars().filter(|c| c.is_uppercase()).count();
            flag("address", text.contains('@'));
            flag("url", lower.contains("http") || lower.contains("www."));
            flag("colon", text.ends_with([':', '：']));
            flag("asks", text.ends_with(['?', '？']));
            flag("bar", text.contains(['|', '»', '›', '•']));
            flag("capitals", capitals * 3 > block.weight * 2);
            flag("small-first", text.starts_with(char::is_lowercase));
            flag("mark-first", text.starts_with(['(', '[', '*', '_', '-', '–', '—', '•']));
            flag("date", has_date(text));
            flag("author", self.known.authors.iter().any(|name| lower.contains(name.as_str())));
            flag("speech", is_speech(&lower));
        }
        flag("speaks", speaks(text, BEGINNING));
        flag("no-sentence", !ends_sentence(text));
        flag("sentence-amid", self.is_sentence_amid(at));
        flag("breaks-off", breaks_off(text));
        flag("quotes", text.contains(QUOTES));
        flag("picture", !element.pictures.is_empty());
        flag("picture-beside", !parent.pictures.is_empty() && parent.blocks.len() < 4);
        flag("said-before", self.again[at]);
        flag("apart", self.setting.is_apart(at));
        flag("between", self.setting.is_between(at));
        flag("set-off", self.setting.is_set_off(at));
        flag("heads", self.setting.heads(at));
        let mut around = self.outline.ancestors(block.element).take(AROUND);
        flag("in-item", around.any(|at| self.element(at).tag == Tag::Item));
        flag("label-of-dropped", self.labels.get(&element.label).is_some_and(|(kept, other)| other > kept));
        flag("anchored", self.known.is_anchored(at));
        flag("not-anchored", self.is_known && !self.known.is_anchored(at));
        flag("site-story", self.known.opinion(at) == Some(false));
    }
}

/// How many of the steps a measure reaches.
fn step(measure: usize, steps: &[usize]) -> usize {
    steps.iter().filter(|&&least| measure >= least).count()
}

/// The same of a share.
fn share(part: usize, whole: usize, steps: &[f32]) -> usize {
    let share = part as f32 / whole.max(1) as f32;
    steps.iter().filter(|&&least| share >= least).count()
}

/// The words of a short text, each once, lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    if text.len() >= WORDED {
        return Vec::new();
    }
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1);
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn sort_of(block: &Block) -> usize {
    match block.kind {
        Kind::Heading(_) => 0,
        Kind::Item => 1,
        Kind::Cell => 2,
        Kind::Caption => 3,
        _ if is_prose(block) => 4,
        _ if ends_sentence(&block.text) => 5,
        _ if block.link_density() > 0.8 => 6,
        _ => 7,
    }
}
