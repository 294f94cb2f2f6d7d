//! Parts of the story next to the element that holds most of it.

use super::{Body, OUTSIDE, Scores};
use crate::article::outline::{Kind, Outline, Signs, Tag};

/// How many levels up parts are looked for.
const LEVELS: usize = 5;
/// Least share of the core's score that makes a part worth taking in.
const WORTH: f32 = 0.04;
/// Least share of a part's weight that has to be prose, and most of it that may be links.
const PROSE: f32 = 0.4;
const LINKS: f32 = 0.25;
/// How many levels up from a piece of the story, itself the first, another is looked for.
const TWINS: usize = 3;
/// Share of all prose from which on a container that is marked as the story is believed to be all of it.
const WHOLE: f32 = 0.6;

/// The core's blocks, with what is next to it and is prose of its own: all of the parent if the whole rest of it
/// is, or else those of its children that are.
pub(super) fn gather(outline: &Outline, scores: &Scores, core: usize) -> Body {
    let mut scope = core;
    let mut blocks: Vec<usize> = outline.elements[core].blocks.clone().collect();
    let worth = WORTH * scores.element(outline, core);
    for _ in 0..LEVELS {
        let parent = outline.elements[scope].parent;
        if parent == scope {
            break;
        }
        if is_whole(outline, scores, scope) {
            blocks.extend(twins(outline, scores, scope));
            blocks.sort_unstable();
            blocks.dedup();
            break;
        }
        let range = outline.elements[parent].blocks.clone();
        let rest = Part::of(outline, scores, range.clone().filter(|at| blocks.binary_search(at).is_err()));
        if rest.is_story(worth) && outline.elements[parent].tag != Tag::Body {
            blocks = range.collect();
        } else {
            let siblings =
                outline.children(parent).filter(|&at| at != scope && !outline.elements[at].signs.any(OUTSIDE));
            let belongs = |&at: &usize| Part::of(outline, scores, outline.elements[at].blocks.clone()).is_story(worth);
            siblings.filter(belongs).for_each(|at| blocks.extend(outline.elements[at].blocks.clone()));
            blocks.sort_unstable();
        }
        scope = parent;
    }
    Body { scope, blocks, ..Body::default() }
}

/// Whether the markup says that an element is the whole story, and most of the prose is in it.
fn is_whole(outline: &Outline, scores: &Scores, element: usize) -> bool {
    let own = outline.elements[element].own;
    let said = own.any(Signs::BODY) || outline.elements[element].tag == Tag::Article;
    own.any(Signs::STATED) || said && scores.element(outline, element) > WHOLE * scores.element(outline, 0)
}

/// The blocks of other elements of one kind (tag and classes, numbers apart) near by: what calls itself the story may
/// be cut in pieces, with adverts between them, each in a container of its own.
fn twins<'a>(outline: &'a Outline, scores: &'a Scores, element: usize) -> impl Iterator<Item = usize> + 'a {
    let one = &outline.elements[element];
    let around = outline.ancestors(element).take(TWINS).last().unwrap_or(element);
    let is_apart = move |at: usize| at >= one.end || outline.elements[at].end <= element;
    (around + 1..outline.elements[around].end)
        .filter(move |&at| is_apart(at) && outline.elements[at].label == one.label && one.tag != Tag::Article)
        .map(|at| &outline.elements[at])
        .filter(|twin| !twin.signs.any(OUTSIDE))
        .filter(|twin| Part::of(outline, scores, twin.blocks.clone()).is_story(0.0))
        .flat_map(|twin| twin.blocks.clone())
}

/// What some blocks come to, those under foreign signs and cells of tables apart.
#[derive(Default)]
struct Part {
    weight: usize,
    linked: usize,
    score: f32,
}

impl Part {
    fn of(outline: &Outline, scores: &Scores, blocks: impl Iterator<Item = usize>) -> Self {
        // a table goes with the text around it
        let counts = |&at: &usize| outline.blocks[at].kind != Kind::Cell && !outline.signs(at).any(OUTSIDE);
        blocks.filter(counts).fold(Self::default(), |part, at| Self {
            weight: part.weight + outline.blocks[at].weight,
            linked: part.linked + outline.blocks[at].linked,
            score: part.score + scores.block(at),
        })
    }

    fn is_story(&self, worth: f32) -> bool {
        let weight = self.weight as f32;
        self.score > worth && self.score > PROSE * weight && (self.linked as f32) < LINKS * weight
    }
}
