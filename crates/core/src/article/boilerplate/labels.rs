//! Texts of widgets: the odd words on boxes, cards and players between a story's paragraphs.

use std::collections::HashMap;
use std::ops::Range;

use super::{Body, Known, Reason, Verdict, tally};
use crate::article::extract::{breaks_off, ends_sentence, is_prose};
use crate::article::outline::{Block, Element, Kind, Outline, Signs};

/// Heaviest text that is a label, where it ends no sentence.
const LABEL: usize = 60;
/// How many sentences that are set alike are the story's own way to be set: questions with their answers.
const MANY: usize = 5;
/// Heaviest text of a card: a teaser, a caption, a disclaimer.
const CARD: usize = 500;
/// Least weight of a card's headline.
const HEADLINE: usize = 15;
/// Most blocks of a card.
const BLOCKS: usize = 6;
/// The part of the paragraphs that is where the story is: one in so many.
const MAIN: usize = 3;
/// Least and most labels of a drawing.
const DRAWN: usize = 3;
const MOST_DRAWN: usize = 120;
/// How many times more the paragraphs have to weigh than bare text, so that a bare text is an exception.
const RATIO: usize = 3;

/// Drops teasers in cards and, where the story is set in paragraphs, texts that are bare and alone in a container of
/// their own. `deck` stays, and sentences that other evidence holds to be the story's.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict], body: &Body, known: &Known<'_>) {
    let deck = &body.deck;
    drop_drawn(outline, verdicts);
    drop_teasers(outline, verdicts, known);
    let weight = |kind: Kind| -> usize {
        let kept = verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| &outline.blocks[*at]);
        kept.filter(|block| block.kind == kind).map(|block| block.weight).sum()
    };
    if weight(Kind::Paragraph) <= RATIO * weight(Kind::Bare) {
        return;
    }
    let places = sentences(outline, verdicts);
    let siblings = Siblings::new(outline, verdicts, body.headline);
    for (at, reason) in verdicts.iter_mut().filter(|(at, reason)| reason.is_none() && !deck.contains(at)) {
        let block = &outline.blocks[*at];
        let is_one_of_many = places[&outline.signature(*at)] >= MANY;
        let is_text = block.weight < CARD
            && is_prose(block)
            && !known.tells(*at)
            && !is_one_of_many
            && !siblings.hold(outline, *at);
        let unfolds = is_question(block) && outline.blocks.get(*at + 1).is_some_and(is_prose);
        let is_label = block.weight < LABEL && !ends_sentence(&block.text);
        if !unfolds && (is_label || is_text) && stands_alone(outline, block, outline.signs(*at)) {
            *reason = Some(Reason::Label);
        }
    }
    drop_titles(outline, verdicts);
}

/// Where paragraphs of the story are.
struct Siblings {
    /// The elements that hold a good part of them.
    parents: Vec<usize>,
    /// From the headline to the first of them.
    opening: Range<usize>,
}

impl Siblings {
    fn new(outline: &Outline, verdicts: &[Verdict], headline: Option<usize>) -> Self {
        let is_told = |(at, reason): &&Verdict| {
            let block = &outline.blocks[*at];
            reason.is_none() && block.kind == Kind::Paragraph && is_prose(block)
        };
        let told = || verdicts.iter().filter(is_told).map(|(at, _)| *at);
        let mut weights = HashMap::<usize, usize>::new();
        for at in told() {
            let block = &outline.blocks[at];
            *weights.entry(outline.elements[block.element].parent).or_default() += block.weight;
        }
        let total: usize = weights.values().sum();
        let parents =
            weights.into_iter().filter(|(_, weight)| weight * MAIN > total).map(|(parent, _)| parent).collect();
        let opening = headline.map_or(0..0, |headline| headline..told().next().unwrap_or(headline));
        Self { parents, opening }
    }

    /// Whether a bare sentence without links is still one of the story's: it is among its paragraphs, or between the
    /// headline and the first of them.
    fn hold(&self, outline: &Outline, at: usize) -> bool {
        let block = &outline.blocks[at];
        let parent = outline.elements[block.element].parent;
        let is_near = self.opening.contains(&at) || self.parents.contains(&parent);
        is_near
            && block.linked == 0
            && ends_sentence(&block.text)
            && outline.elements[block.element].pictures.is_empty()
    }
}

/// Drops the labels of a drawing: a picture, and on it several words or numbers of which none is a sentence.
fn drop_drawn(outline: &Outline, verdicts: &mut [Verdict]) {
    let Some((&(first, _), &(last, _))) = verdicts.first().zip(verdicts.last()) else { return };
    let is_label = |block: &Block| {
        block.weight < LABEL
            && block.stops <= 1
            && block.linked == 0
            && !ends_sentence(&block.text)
            && matches!(block.kind, Kind::Paragraph | Kind::Bare)
    };
    let is_drawing = |element: &&Element| {
        (DRAWN..MOST_DRAWN).contains(&element.blocks.len())
            && element.blocks.start >= first
            && element.blocks.end <= last + 1
            && !element.pictures.is_empty()
            && element.pictures.len() <= 2
            && outline.blocks[element.blocks.clone()].iter().all(is_label)
    };
    for drawing in outline.elements.iter().filter(is_drawing) {
        let inside = verdicts.iter_mut().filter(|(at, reason)| drawing.blocks.contains(at) && reason.is_none());
        inside.for_each(|(_, reason)| *reason = Some(Reason::Label));
    }
}

/// Whether a link may be one that unfolds its answer.
fn is_question(block: &Block) -> bool {
    block.text.ends_with(['?', '？', '؟'])
}

/// How many kept texts of sentences are at each place.
fn sentences(outline: &Outline, verdicts: &[Verdict]) -> HashMap<u64, usize> {
    tally(outline, verdicts, |block| usize::from(is_prose(block)))
}

/// The blocks of the card that a block is in with others.
fn card(outline: &Outline, at: usize) -> Option<Range<usize>> {
    let mut around = outline.ancestors(outline.blocks[at].element).map(|element| &outline.elements[element].blocks);
    around.find(|blocks| blocks.len() > 1).filter(|blocks| blocks.len() <= BLOCKS).cloned()
}

/// Drops the beginning of another story under its headline, which is a link, in a card that holds little of the story.
fn drop_teasers(outline: &Outline, verdicts: &mut [Verdict], known: &Known<'_>) {
    let is_teaser = |before: Verdict, (at, reason): Verdict| {
        let (headline, block) = (&outline.blocks[before.0], &outline.blocks[at]);
        let is_under_link = before.1.is_some() && headline.link_density() > 0.9 && headline.weight >= HEADLINE;
        reason.is_none()
            && is_under_link
            && block.linked == 0
            && block.weight < CARD
            && card(outline, at).is_some_and(|card| card.contains(&before.0))
            && !known.tells(at)
    };
    let mut teasers: Vec<usize> =
        (1..verdicts.len()).filter(|&place| is_teaser(verdicts[place - 1], verdicts[place])).collect();
    if teasers.is_empty() {
        return;
    }
    let weights = tally(outline, verdicts, |block| block.weight);
    let total: usize = weights.values().sum();
    let sentences = sentences(outline, verdicts);
    teasers.retain(|&place| {
        let signature = outline.signature(verdicts[place].0);
        let answers = is_question(&outline.blocks[verdicts[place - 1].0]) && sentences[&signature] >= MANY;
        (weights[&signature] * 4 < total || breaks_off(&outline.blocks[verdicts[place].0].text)) && !answers
    });
    teasers.into_iter().for_each(|place| verdicts[place].1 = Some(Reason::Related));
}

/// Drops headings of cards of which all else was dropped, such a text with it.
fn drop_titles(outline: &Outline, verdicts: &mut [Verdict]) {
    let fate = |at: usize| verdicts.binary_search_by_key(&at, |(block, _)| *block).ok().map(|place| verdicts[place].1);
    let titles_card = |at: usize| {
        let Some(card) = card(outline, at) else { return false };
        let mut others = card.filter(|&other| other != at).map(fate);
        let labelled = others.clone().any(|fate| fate == Some(Some(Reason::Label)));
        labelled && others.all(|fate| fate != Some(None))
    };
    let is_heading = |at: usize| matches!(outline.blocks[at].kind, Kind::Heading(_));
    let kept = (0..verdicts.len()).filter(|&place| verdicts[place].1.is_none());
    let titles: Vec<usize> = kept.filter(|&at| is_heading(verdicts[at].0) && titles_card(verdicts[at].0)).collect();
    titles.into_iter().for_each(|place| verdicts[place].1 = Some(Reason::Label));
}

fn stands_alone(outline: &Outline, block: &Block, signs: Signs) -> bool {
    const TOLD: Signs =
        Signs::EMBED.and(Signs::QUOTE).and(Signs::LIST).and(Signs::TABLE).and(Signs::DECK).and(Signs::INFOBOX);
    block.kind == Kind::Bare
        && block.bold < block.weight
        && outline.elements[block.element].blocks.len() == 1
        && !signs.any(TOLD)
}
