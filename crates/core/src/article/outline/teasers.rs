//! Lists of other stories, each with its beginning: they hold more prose than many a story does.
//!
//! A *card* is an element of a few blocks, one of them a link as a whole (the other story's headline), another prose
//! that is no link. Three cards of the same make next to each other are a list of teasers. The items of a list that is
//! the story itself look alike, so that cards inside of what the markup calls the story are left alone.

use super::{Outline, Signs};

/// Most blocks of a card.
const BLOCKS: usize = 6;
/// Least weight of its headline and of its text.
const HEADLINE: usize = 15;
const TEXT: usize = 40;
/// Heaviest card: more is a part of a story, under a linked heading.
const CARD: usize = 800;
/// Least number of cards that are a list.
const CARDS: usize = 3;

/// Marks the cards of such lists: they are no part of the story, however much they say.
pub(super) fn mark(outline: &mut Outline, headline: Option<usize>) {
    for parent in 0..outline.elements.len() {
        if outline.elements[parent].blocks.len() < CARDS * 2 {
            continue;
        }
        let cards: Vec<usize> = outline.children(parent).filter(|&at| is_card(outline, at)).collect();
        let is_story = |outline: &Outline| {
            let holds = headline
                .is_some_and(|headline| cards.iter().any(|&at| outline.elements[at].blocks.contains(&headline)));
            holds || outline.ancestors(parent).any(|at| outline.elements[at].own.any(Signs::BODY))
        };
        if are_alike(outline, &cards) && !is_story(outline) {
            cards.iter().for_each(|&at| outline.elements[at].own |= Signs::CARD);
        }
    }
}

/// Whether at least as many as make a list are of one make.
fn are_alike(outline: &Outline, cards: &[usize]) -> bool {
    let mut labels: Vec<u64> = cards.iter().map(|&at| outline.elements[at].label).collect();
    labels.sort_unstable();
    labels.windows(CARDS).any(|window| window[0] == window[CARDS - 1])
}

fn is_card(outline: &Outline, element: usize) -> bool {
    let blocks = &outline.blocks[outline.elements[element].blocks.clone()];
    (2..=BLOCKS).contains(&blocks.len())
        && blocks.iter().map(|block| block.weight).sum::<usize>() < CARD
        && blocks.iter().any(|block| block.weight >= HEADLINE && block.leads_onward())
        && blocks.iter().any(|block| block.weight >= TEXT && block.linked == 0)
}
