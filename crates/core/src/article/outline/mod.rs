//! The page as a flat list of text blocks, each knowing the elements it is in.
//!
//! One walk over the tree makes it; every decision about text works on it. A *block* is a run of text that a reader
//! sees as one paragraph: what is between two edges of block elements, or between two `<br>`. The blocks of an
//! element are a contiguous range, so that anything summed over a subtree is the difference of two prefix sums.

mod attributes;
mod belief;
mod classes;
mod level;
mod links;
mod memo;
mod names;
mod phrasing;
mod signs;
mod tables;
mod tag;
mod teasers;
mod walk;

use std::ops::Range;

pub(super) use level::{block_elements, is_inline};
pub(super) use links::Home;
pub(super) use memo::Names;
pub(super) use signs::Signs;
pub(super) use tag::attribute;
pub(super) use walk::outline;

/// A page, flat.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Block-level elements in document order; a parent comes before its children.
    pub(super) elements: Vec<Element>,
    /// Text in document order.
    pub(super) blocks: Vec<Block>,
}

/// An element that can hold blocks.
#[derive(Debug)]
pub(super) struct Element {
    /// Its parent's place in [`Outline::elements`]; the root is its own.
    pub(super) parent: usize,
    /// Tag name.
    pub(super) tag: Tag,
    /// What its tag, class, id and role say of it.
    pub(super) own: Signs,
    /// The same with its ancestors' signs.
    pub(super) signs: Signs,
    /// Hash of its tag and classes.
    pub(super) label: u64,
    /// Its blocks.
    pub(super) blocks: Range<usize>,
    /// Its pictures, counted from the page's first.
    pub(super) pictures: Range<u32>,
    /// Where its descendants end in [`Outline::elements`].
    pub(super) end: usize,
}

/// Tags that decisions depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Article,
    Body,
    Cell,
    Figure,
    Heading(u8),
    Item,
    List,
    Main,
    Paragraph,
    Row,
    Section,
    Table,
    Other,
}

/// A run of text.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Text with white space folded; `\n` where a `<br>` was.
    pub(super) text: String,
    /// The innermost block-level element.
    pub(super) element: usize,
    /// What it is.
    pub(super) kind: Kind,
    /// How much text: see [`weight`].
    pub(super) weight: usize,
    /// How many sentences end in it.
    pub(super) stops: usize,
    /// How much of it is inside links.
    pub(super) linked: usize,
    /// How much of it is inside links to other pages of the site.
    pub(super) onward: usize,
    /// How much of it is inside links to other sites.
    pub(super) away: usize,
    /// How much of it is bold.
    pub(super) bold: usize,
    /// How much of it is italic.
    pub(super) italic: usize,
    /// How many links to what the site offers its readers are in it: newsletters, its privacy policy, ways to give.
    pub(super) services: usize,
    /// Whether inline names (the class of a `<span>` around all of it) add signs to the element's.
    pub(super) inline: Signs,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `<p>`.
    Paragraph,
    /// Text in a container, next to other blocks or alone.
    Bare,
    /// `<h1>` to `<h6>`.
    Heading(u8),
    /// `<li>`, `<dt>`, `<dd>`.
    Item,
    /// `<td>`, `<th>`.
    Cell,
    /// `<pre>`.
    Preformatted,
    /// `<figcaption>`, `<caption>`.
    Caption,
}

impl Block {
    /// The share of the text that is inside links.
    pub(super) fn link_density(&self) -> f32 {
        self.linked as f32 / self.weight.max(1) as f32
    }

    /// Whether it is, as a whole, a link to another page of the site.
    pub(super) fn leads_onward(&self) -> bool {
        self.onward * 10 > self.weight * 9
    }
}

impl Outline {
    /// Paragraphs with no markup around them.
    pub(super) fn of_paragraphs(texts: &[&str]) -> Self {
        let block = |text: &&str| Block {
            text: (*text).to_owned(),
            element: 0,
            kind: Kind::Paragraph,
            weight: weight(text),
            stops: text.chars().filter(|&c| is_stop(c)).count(),
            linked: 0,
            onward: 0,
            away: 0,
            bold: 0,
            italic: 0,
            services: 0,
            inline: Signs::NONE,
        };
        let root = Element {
            parent: 0,
            tag: Tag::Body,
            own: Signs::NONE,
            signs: Signs::NONE,
            label: 0,
            blocks: 0..texts.len(),
            pictures: 0..0,
            end: 1,
        };
        Self { elements: vec![root], blocks: texts.iter().map(block).collect() }
    }

    /// All signs over a block.
    pub(super) fn signs(&self, block: usize) -> Signs {
        let block = &self.blocks[block];
        self.elements[block.element].signs | block.inline
    }

    /// An element's ancestors, itself first, the root last.
    pub(super) fn ancestors(&self, element: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        let mut next = Some(element);
        std::iter::from_fn(move || {
            let at = next?;
            let parent = self.elements[at].parent;
            next = (parent != at).then_some(parent);
            Some(at)
        })
    }

    /// An element's children.
    pub(super) fn children(&self, parent: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = parent + 1;
        std::iter::from_fn(move || {
            let at = (next < self.elements[parent].end).then_some(next)?;
            next = self.elements[at].end;
            Some(at)
        })
    }

    /// What the user's rules say of a block: that it is the story's (true), that it is not, or nothing. The innermost
    /// of the elements they match decides.
    pub(super) fn ruled(&self, block: usize) -> Option<bool> {
        if !self.signs(block).any(Signs::RULED) {
            return None;
        }
        let block = &self.blocks[block];
        let own = self.ancestors(block.element).map(|at| self.elements[at].own);
        let innermost = std::iter::once(block.inline).chain(own).find(|signs| signs.any(Signs::RULED))?;
        Some(!innermost.any(Signs::RULED_OUT))
    }

    /// Where a block is: the last four elements with their classes, as one hash.
    pub(super) fn signature(&self, block: usize) -> u64 {
        self.ancestors(self.blocks[block].element)
            .take(4)
            .fold(0, |hash, at| hash.rotate_left(17) ^ self.elements[at].label)
    }
}

/// How much a text says: its characters except spaces, those of scripts that write a syllable or a word with each
/// (Han, kana, Hangul) twice.
pub(super) fn weight(text: &str) -> usize {
    text.chars().map(weight_of).sum()
}

/// How many characters of a script without stops make a sentence.
const UNSTOPPED: usize = 40;

/// Whether a text is one or more sentences in a script that writes no stops (Thai, Lao).
pub(super) fn is_unstopped_sentence(text: &str) -> bool {
    let is_one = |text: &str| text.chars().filter(|&c| is_unstopped(c)).take(UNSTOPPED).count() == UNSTOPPED;
    !text.is_ascii() && is_one(text)
}

/// Whether a sentence ends with a character, in any script.
pub(super) fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟' | '۔' | '։' | '།' | '።' | '။' | '៕' | '។' | '᠃')
}

/// Whether a character is of a script that writes no stop: a space parts its sentences.
fn is_unstopped(c: char) -> bool {
    matches!(c, '\u{e01}'..='\u{eff}')
}

fn weight_of(c: char) -> usize {
    match c {
        _ if c.is_whitespace() => 0,
        '\u{ac00}'..='\u{d7a3}' => 2,
        _ if crate::text::is_wide(c) => 2,
        _ => 1,
    }
}
