//! The one walk over the tree that writes down its text.

use ego_tree::NodeRef;
use scraper::node::Element as Markup;
use scraper::{Html, Node};

use super::attributes::{label, own_signs};
use super::level::{Level, block_elements, is_bold, is_italic, is_picture, level};
use super::links::{Home, Leads, is_service};
use super::phrasing::{emoji, is_marked, is_unseen, lowered, raised};
use super::tag::tag;
use super::{Block, Element, Kind, Names, Outline, Signs, is_stop, is_unstopped_sentence, tables, weight_of};
use crate::text::is_wide;

/// Most blocks that are written down: a page of more is a dump, and the rest of it is left out.
const MAX_BLOCKS: usize = 20_000;

/// Least weight of a sentence that ends with a colon.
const LEADING: usize = 80;

/// Writes a page down. Iterative: depth costs nothing.
pub(in crate::article) fn outline(html: &Html, home: &Home, names: &mut Names) -> Outline {
    // made to measure: the tree is in memory too, and a list that grows is held twice
    let elements = Vec::with_capacity(block_elements(html).count());
    let outline = Outline { elements, ..Outline::default() };
    let mut walk = Walk {
        outline,
        names,
        home,
        open: Vec::new(),
        inline: Vec::new(),
        links: Vec::new(),
        bold: 0,
        italic: 0,
        raised: 0,
        lowered: 0,
        quotes: Vec::new(),
        quoted: false,
        pictures: 0,
        text: String::new(),
        run: Run::default(),
    };
    let root = html.tree.root();
    let mut node = root;
    loop {
        if let Some(child) = walk.open(node).then(|| node.first_child()).flatten() {
            node = child;
            continue;
        }
        loop {
            walk.close(node);
            if node.id() == root.id() || walk.outline.blocks.len() > MAX_BLOCKS {
                return walk.finish();
            }
            if let Some(sibling) = node.next_sibling() {
                node = sibling;
                break;
            }
            let Some(parent) = node.parent() else { return walk.finish() };
            node = parent;
        }
    }
}

struct Walk<'a> {
    outline: Outline,
    names: &'a mut Names,
    home: &'a Home,
    /// Block-level elements that are open, innermost last.
    open: Vec<Open>,
    /// The signs of the inline elements that are open, each with those around it.
    inline: Vec<Signs>,
    /// Links that are open.
    links: Vec<Leads>,
    bold: usize,
    italic: usize,
    raised: usize,
    lowered: usize,
    /// Quotations that are open: whether a browser writes their marks.
    quotes: Vec<bool>,
    /// Whether a quotation was opened of which no word was written.
    quoted: bool,
    pictures: u32,
    /// The text of the block that is being written.
    text: String,
    run: Run,
}

struct Open {
    element: usize,
    kind: Kind,
}

/// The block that is being written.
#[derive(Default)]
struct Run {
    weight: usize,
    stops: usize,
    linked: usize,
    onward: usize,
    away: usize,
    bold: usize,
    italic: usize,
    services: usize,
    inline: Option<Signs>,
    breaks: usize,
    /// White space that waits for what follows; `true` where it held a line break.
    space: Option<bool>,
}

impl Walk<'_> {
    /// Whether the node's children are to be looked at.
    fn open(&mut self, node: NodeRef<'_, Node>) -> bool {
        match node.value() {
            Node::Text(text) => self.write(text),
            Node::Element(markup) => return self.open_element(node, markup),
            _ => {}
        }
        true
    }

    fn open_element(&mut self, node: NodeRef<'_, Node>, markup: &Markup) -> bool {
        match level(node, markup) {
            Level::Skipped => return false,
            Level::Break => self.line_break(),
            Level::Block(kind) => {
                self.flush();
                self.push(markup, kind);
            }
            Level::Inline => return self.open_inline(node, markup),
        }
        true
    }

    fn open_inline(&mut self, node: NodeRef<'_, Node>, markup: &Markup) -> bool {
        let name = markup.name();
        let signs = own_signs(markup, name, self.names);
        self.inline.push(signs | self.inline_signs());
        self.bold += usize::from(is_bold(name));
        self.italic += usize::from(is_italic(name));
        match name {
            "a" => {
                self.links.push(self.home.leads(markup));
                self.run.services += usize::from(is_service(markup, self.names));
            }
            "q" => {
                let is_written = !is_marked(node);
                self.quotes.push(is_written);
                self.quoted |= is_written;
            }
            "sup" => self.raised += 1,
            "sub" => self.lowered += 1,
            _ if is_picture(name) => {
                self.pictures += 1;
                emoji(markup).into_iter().for_each(|emoji| self.put(emoji));
            }
            _ => {}
        }
        !is_unseen(node, markup, signs, self.links.last().copied(), self.home)
    }

    fn close(&mut self, node: NodeRef<'_, Node>) {
        let Node::Element(markup) = node.value() else { return };
        let name = markup.name();
        match level(node, markup) {
            Level::Skipped | Level::Break => {}
            Level::Block(_) => {
                self.flush();
                self.pop();
            }
            Level::Inline => {
                match name {
                    "a" => _ = self.links.pop(),
                    "q" if self.quotes.pop() == Some(true) && !std::mem::take(&mut self.quoted) => self.end_quote(),
                    "sup" => self.raised -= 1,
                    "sub" => self.lowered -= 1,
                    _ => {}
                }
                self.bold -= usize::from(is_bold(name));
                self.italic -= usize::from(is_italic(name));
                self.inline.pop();
            }
        }
    }

    /// The mark behind a quotation, where a browser writes it.
    fn end_quote(&mut self) {
        if !self.text.is_empty() {
            self.text.push('”');
            self.run.weight += 1;
        }
    }

    fn push(&mut self, markup: &Markup, kind: Option<Kind>) {
        let own = self.own(markup) | self.inline_signs();
        let element = self.outline.elements.len();
        let parent = self.open.last();
        let inherited = parent.map_or(Kind::Bare, |open| open.kind);
        // a container inside an item, a heading, a cell or a caption does not change what its text is
        let lasting = matches!(inherited, Kind::Item | Kind::Heading(_) | Kind::Cell | Kind::Caption);
        let kind = kind.unwrap_or(if lasting { inherited } else { Kind::Bare });
        let here = self.outline.blocks.len();
        self.outline.elements.push(Element {
            parent: parent.map_or(element, |open| open.element),
            tag: tag(markup.name()),
            own,
            signs: Signs::NONE,
            label: label(markup),
            blocks: here..here,
            pictures: self.pictures..self.pictures,
            end: element + 1,
        });
        self.open.push(Open { element, kind });
    }

    /// What an element says of itself. A footer inside of a quotation says who is quoted.
    fn own(&mut self, markup: &Markup) -> Signs {
        let own = own_signs(markup, markup.name(), self.names);
        let is_quote = |open: &Open| self.outline.elements[open.element].own.any(Signs::QUOTE);
        if own.any(Signs::FOOTER) && self.open.iter().any(is_quote) { own.without(Signs::FOOTER) } else { own }
    }

    fn pop(&mut self) {
        if let Some(open) = self.open.pop() {
            self.outline.elements[open.element].blocks.end = self.outline.blocks.len();
            self.outline.elements[open.element].pictures.end = self.pictures;
            self.outline.elements[open.element].end = self.outline.elements.len();
        }
    }

    fn inline_signs(&self) -> Signs {
        self.inline.last().copied().unwrap_or_default()
    }

    fn line_break(&mut self) {
        self.run.breaks += 1;
        self.run.space = None;
    }

    fn write(&mut self, text: &str) {
        let Some(Open { kind, .. }) = self.open.last() else { return };
        let preformatted = *kind == Kind::Preformatted;
        let mut rest = text;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(word_end(rest));
            self.put(word);
            let mut gap = after.chars();
            match gap.next() {
                Some('\n') if preformatted => self.run.breaks = 1,
                Some(c) => self.run.space = Some(self.run.space.unwrap_or(false) | (c == '\n')),
                None => {}
            }
            rest = gap.as_str();
        }
    }

    fn put(&mut self, word: &str) {
        let Some(first) = word.chars().next() else { return };
        if self.run.breaks > 1 {
            self.flush();
        }
        if !self.text.is_empty() {
            if self.run.breaks == 1 {
                self.text.push('\n');
            } else if let Some(broken) = self.run.space {
                let joins = broken && is_wide(first) && self.text.chars().next_back().is_some_and(is_wide);
                self.text.push_str(if joins { "" } else { " " });
            }
        }
        (self.run.breaks, self.run.space) = (0, None);
        if std::mem::take(&mut self.quoted) {
            self.text.push('“');
            self.run.weight += 1;
        }
        let set = self.in_place(word);
        self.text.push_str(set.as_deref().unwrap_or(word));
        let (weight, stops) = measure(word);
        self.run.weight += weight;
        self.run.stops += stops;
        let leads = self.links.last();
        self.run.linked += if leads.is_some() { weight } else { 0 };
        self.run.onward += if leads == Some(&Leads::Onward) { weight } else { 0 };
        self.run.away += if leads == Some(&Leads::Away) { weight } else { 0 };
        self.run.bold += if self.bold > 0 { weight } else { 0 };
        self.run.italic += if self.italic > 0 { weight } else { 0 };
        // signs of inline elements hold of a block only where they are around all of it
        let inline = self.inline_signs();
        self.run.inline = Some(self.run.inline.map_or(inline, |before| before & inline));
    }

    /// A number that is set above or below the line, in characters that are: `10⁵` is no `105`.
    fn in_place(&self, word: &str) -> Option<String> {
        let behind_digit = || self.text.ends_with(|c: char| c.is_ascii_digit());
        match (self.raised, self.lowered) {
            (1.., _) => raised(word),
            (0, 1..) if behind_digit() => lowered(word),
            _ => None,
        }
    }

    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        let Some(open) = self.open.last() else { return };
        if self.text.is_empty() {
            return;
        }
        let leads_on = run.weight >= LEADING && self.text.ends_with([':', '：']);
        let is_sentence = leads_on || is_unstopped_sentence(&self.text);
        self.outline.blocks.push(Block {
            text: self.text.clone(),
            element: open.element,
            kind: open.kind,
            weight: run.weight,
            stops: run.stops.max(usize::from(is_sentence)),
            linked: run.linked,
            onward: run.onward,
            away: run.away,
            bold: run.bold,
            italic: run.italic,
            services: run.services,
            inline: run.inline.unwrap_or_default(),
        });
        self.text.clear();
    }

    fn finish(mut self) -> Outline {
        self.flush();
        while !self.open.is_empty() {
            self.pop();
        }
        tables::mark(&mut self.outline);
        self.outline
    }
}

/// Where a text's first word ends: at white space, or at the zero width space in its place.
fn word_end(text: &str) -> usize {
    let gap = |c: char| c.is_whitespace() || c == '\u{200b}';
    let mut at = 0;
    while let Some(&byte) = text.as_bytes().get(at) {
        if byte.is_ascii() {
            if char::from(byte).is_whitespace() {
                break;
            }
            at += 1;
        } else {
            match text[at..].chars().next().filter(|&c| !gap(c)) {
                Some(c) => at += c.len_utf8(),
                None => break,
            }
        }
    }
    at
}

/// A word's weight, and how many sentences end in it.
fn measure(word: &str) -> (usize, usize) {
    if word.is_ascii() {
        return (word.len(), word.bytes().filter(|byte| matches!(byte, b'.' | b'!' | b'?')).count());
    }
    word.chars().fold((0, 0), |(weight, stops), c| (weight + weight_of(c), stops + usize::from(is_stop(c))))
}
