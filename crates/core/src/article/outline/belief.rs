//! Which signs of an element are believed, with all that is in it.
//!
//! What an element is called is only evidence: a sidebar may hold the story, and a story may be next to a sidebar
//! that says more than it does. So each name is weighed against what the element holds and what is elsewhere: the
//! headline, prose, cards of other stories, links, and whether there is a story without it.

use std::ops::Range;

use super::{Block, Outline, Signs, Tag, teasers};

/// Heaviest text that is an entry of a table of contents.
const ENTRY: usize = 160;
/// Weight from which on a text with few links is no list of links.
const UNLINKED: usize = 400;
/// Prose near the headline that is a story, however much is elsewhere.
const STORY: f32 = 200.0;
/// Prose that is a story, however short, under readers' comments.
const PARAGRAPH: f32 = 60.0;
/// Least weight of a paragraph, and of a headline.
const PROSE: usize = 60;
const HEADLINE: usize = 15;
/// Share of the prose from which on what is hidden is shown by a script, where there is a story without it.
const HIDDEN: f32 = 0.7;
/// How many blocks after the headline are near it.
const NEAR: usize = 40;

/// Sums over the page's blocks.
struct Sums {
    /// Prose.
    prose: Vec<f32>,
    /// Prose in the element that is called the story.
    body: Vec<f32>,
    /// Prose near the headline under no sign of anything else.
    story: f32,
}

impl Outline {
    /// Makes every element's signs include its ancestors', except those that are not believed. `mass` is what
    /// each block weighs as prose.
    pub(in crate::article) fn inherit(&mut self, headline: Option<usize>, mass: impl Fn(&Block) -> f32) {
        teasers::mark(self, headline);
        let sums = self.sums(headline, mass);
        self.hand_down(headline, &sums, Signs::NONE);
        let mut under = [0.0; 64];
        for (at, block) in self.blocks.iter().enumerate() {
            let mass = sums.prose[at + 1] - sums.prose[at];
            self.elements[block.element].signs.bits().for_each(|bit| under[bit] += mass);
        }
        let total = sums.prose[self.blocks.len()];
        // a gallery may say more than the story that it illustrates
        let is_caption = |bit: usize| Signs::CAPTION.bits().any(|caption| caption == bit);
        let least = |bit: usize| if is_caption(bit) { 0.9 } else { 0.7 };
        let empty = Signs::from_bits((0..64).filter(|&bit| under[bit] > total * least(bit)));
        let empty = if sums.story < STORY { empty } else { empty.without(Signs::FOREIGN) };
        self.hand_down(headline, &sums, empty.without(Signs::UNDENIABLE));
    }

    fn sums(&self, headline: Option<usize>, mass: impl Fn(&Block) -> f32) -> Sums {
        let (mut prose, mut body, mut story) = (vec![0.0], vec![0.0], 0.0);
        let near = headline.map_or(0..self.blocks.len(), |headline| headline..headline + NEAR);
        let mut raw = vec![Signs::NONE; self.elements.len()];
        for (at, element) in self.elements.iter().enumerate() {
            raw[at] = element.own | if element.parent == at { Signs::NONE } else { raw[element.parent] };
        }
        for (at, block) in self.blocks.iter().enumerate() {
            let (mass, signs) = (mass(block), raw[block.element] | block.inline);
            prose.push(prose[at] + mass);
            body.push(body[at] + if signs.any(Signs::BODY) { mass } else { 0.0 });
            let is_plain = !signs.any(Signs::FOREIGN.and(Signs::DECK).and(Signs::CAPTION));
            story += if near.contains(&at) && is_plain { mass } else { 0.0 };
        }
        Sums { prose, body, story }
    }

    /// Whether a range has no headlines that are links, and few links in addition to its text: links to other stories
    /// are nothing else.
    fn is_linkless(&self, blocks: Range<usize>) -> bool {
        let blocks = &self.blocks[blocks];
        let (linked, weight) = blocks.iter().fold((0, 0), |(l, w), block| (l + block.linked, w + block.weight));
        let headlines = blocks.iter().any(|block| block.weight > HEADLINE && block.link_density() > 0.9);
        weight > 0 && (linked == 0 || linked * 10 < weight && (weight > UNLINKED || !headlines))
    }

    /// Whether a range is more than the links of a table of contents: it holds a paragraph that is less linked than
    /// not. What such a table leads to has its name as often (`toc-section`).
    fn is_no_table(&self, blocks: Range<usize>) -> bool {
        self.blocks[blocks].iter().any(|block| block.weight > ENTRY && block.linked * 2 < block.weight)
    }

    /// Names of an element that its own text belies.
    fn belied(&self, at: usize, holds_prose: bool, opens: bool) -> Signs {
        let element = &self.elements[at];
        let sign_if = |sign: Signs, is_belied: bool| if is_belied { sign } else { Signs::NONE };
        let is = |sign: Signs| element.own.any(sign);
        let linkless = is(Signs::RELATED.and(Signs::SHARE)) && holds_prose && self.is_linkless(element.blocks.clone());
        let is_opening = opens && is(Signs::PROMO) && holds_prose && self.is_linkless(element.blocks.clone());
        // what is shared is quoted
        let inner = || &self.elements[at + 1..element.end];
        let embeds = is(Signs::SHARE) && inner().iter().any(|inner| inner.own.any(Signs::EMBED));
        let no_table = is(Signs::CONTENTS) && self.is_no_table(element.blocks.clone());
        let is_box = is(Signs::ASIDE) && holds_prose && self.is_amid(at) && self.is_linkless(element.blocks.clone());
        sign_if(Signs::RELATED.and(Signs::SHARE), linkless)
            | sign_if(Signs::SHARE, embeds)
            | sign_if(Signs::PROMO, is_opening)
            | sign_if(Signs::CONTENTS, no_table)
            | sign_if(Signs::ASIDE, is_box)
    }

    /// Whether an element is between paragraphs that are its siblings, and is no form: a box of the story's.
    fn is_amid(&self, at: usize) -> bool {
        let (element, parent) = (&self.elements[at], self.elements[at].parent);
        let is_form = self.elements[at..element.end].iter().any(|inner| inner.own.any(Signs::FORM));
        let is_paragraph = |&other: &usize| {
            let blocks = &self.blocks[self.elements[other].blocks.clone()];
            self.elements[other].tag == Tag::Paragraph
                && blocks.iter().any(|block| block.stops > 0 && block.weight > PROSE)
        };
        let told = || self.children(parent).filter(is_paragraph);
        element.tag != Tag::Paragraph && !is_form && told().any(|other| other < at) && told().any(|other| other > at)
    }

    fn hand_down(&mut self, headline: Option<usize>, sums: &Sums, empty: Signs) {
        for at in 0..self.elements.len() {
            let ignored = self.ignored(at, headline, sums) | empty;
            let element = &self.elements[at];
            let parent = if element.parent == at { Signs::NONE } else { self.elements[element.parent].signs };
            self.elements[at].signs = element.own.without(ignored) | parent;
        }
    }

    /// The signs of an element that are not believed.
    fn ignored(&self, at: usize, headline: Option<usize>, sums: &Sums) -> Signs {
        let element = &self.elements[at];
        if !element.own.any(Signs::FOREIGN) {
            return Signs::NONE;
        }
        let Range { start, end } = element.blocks;
        if headline.is_some_and(|headline| element.blocks.contains(&headline)) {
            return Signs::FOREIGN;
        }
        let mass = sums.prose[end] - sums.prose[start];
        let share = mass / sums.prose[self.blocks.len()];
        let in_body = sums.body[end] - sums.body[start] > mass * 0.6;
        let follows = headline.map_or(sums.prose[start] > 0.0, |headline| start > headline);
        let by_share = match share {
            // there is a story without it, so that it has to look like the rest of it
            _ if sums.story >= STORY && !(share > 0.3 && self.is_told(at) && self.is_beside(at, headline)) => {
                Signs::NONE
            }
            // readers say more than the writer
            _ if share > 0.5 && follows && !in_body && sums.story > PARAGRAPH => {
                Signs::FOREIGN.without(Signs::FOOTER.and(Signs::COMMENTS))
            }
            _ if share > 0.5 => Signs::FOREIGN.without(Signs::FOOTER),
            _ if share > 0.3 => Signs::FOREIGN.without(Signs::UNDENIABLE),
            _ => Signs::NONE,
        };
        // a copy of the story may be hidden next to it
        let is_copy = sums.story >= STORY && share < HIDDEN;
        let by_share = if is_copy { by_share.without(Signs::HIDDEN) } else { by_share };
        let opens = headline.is_some_and(|headline| start > headline && sums.prose[start] - sums.prose[headline] < 1.0);
        by_share | self.belied(at, mass > 0.0, opens)
    }

    /// Whether an element holds a story: most of it is prose, little of it is links, none a list of headlines or a
    /// form.
    fn is_told(&self, at: usize) -> bool {
        let element = &self.elements[at];
        let blocks = &self.blocks[element.blocks.clone()];
        let is_form = self.elements[at..element.end].iter().any(|inner| inner.own.any(Signs::FORM));
        let sum = |of: &dyn Fn(&Block) -> usize| blocks.iter().map(of).sum::<usize>();
        let (weight, linked) = (sum(&|block| block.weight), sum(&|block| block.linked));
        let prose = sum(&|block| if block.stops > 0 && block.weight > PROSE { block.weight } else { 0 });
        let headlines = blocks.iter().filter(|block| block.weight > HEADLINE && block.leads_onward()).count();
        let few = headlines < 2 || headlines * 1000 <= prose;
        prose * 2 > weight && linked * 4 < weight && few && !is_form
    }

    /// Whether an element is in the part of the page that holds the headline, rather than in another one.
    fn is_beside(&self, at: usize, headline: Option<usize>) -> bool {
        let Some(headline) = headline else { return true };
        let shared = self.ancestors(at).find(|&around| self.elements[around].blocks.contains(&headline));
        shared.is_some_and(|shared| shared > 0 && self.elements[shared].tag != Tag::Body)
    }
}
