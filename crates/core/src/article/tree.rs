//! Markup as scraper's tree, within limits.
//!
//! html5ever looks through its stack of open elements for most tags, so its time grows with the square of the depth
//! (160 KB of `<div>` take seconds). Browsers stop nesting at 512; here parsing stops there, and the tree is what was
//! read until then.

use std::borrow::Cow;
use std::cell::Cell;

use ego_tree::Tree as Nodes;
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName};
use memchr::memmem;
use scraper::{Html, HtmlTreeSink, Node};

use super::Limits;
use super::prune::{Attributes, Pruned, join, prune};

/// How much is parsed between two looks at the limits.
const STRIDE: usize = 4096;

/// A parsed page.
pub(super) struct Tree {
    /// scraper's tree.
    pub(super) html: Html,
    /// Whether a limit cut the page short.
    pub(super) cut: bool,
}

/// Parses markup, within the usual limits.
pub(super) fn parse(html: &str) -> Tree {
    parse_within(html, Limits::default(), Attributes::Read)
}

/// Parses a page, within limits.
pub(super) fn parse_within(html: &str, limits: Limits, attributes: Attributes) -> Tree {
    let Pruned { markup, nodes } = prune(html, limits.markup, attributes);
    let mut parser = html5ever::parse_document(Bounded::new(limits, nodes), ParseOpts::default());
    let mut rest = markup.as_str();
    while !rest.is_empty() && !parser.tokenizer.sink.sink.exceeded() {
        let end = (STRIDE.min(rest.len())..=rest.len()).find(|&end| rest.is_char_boundary(end)).unwrap_or(rest.len());
        let (stride, after) = rest.split_at(end);
        parser.process(StrTendril::from_slice(stride));
        rest = after;
    }
    let cut = !rest.is_empty() || html.len() > limits.markup && markup.len() >= limits.markup;
    let mut html = parser.finish();
    if memmem::find(markup.as_bytes(), b"id=\"S:").is_some() {
        join(&mut html);
    }
    Tree { html, cut }
}

/// scraper's sink, watched.
struct Bounded {
    inner: HtmlTreeSink,
    limits: Limits,
    latest: Cell<Option<Handle>>,
    elements: Cell<usize>,
}

type Handle = <HtmlTreeSink as TreeSink>::Handle;

impl Bounded {
    /// `nodes` is how many the markup makes, except those that the parser adds. A tree that has to grow is copied, and
    /// held twice meanwhile.
    fn new(limits: Limits, nodes: usize) -> Self {
        let mut html = Html::new_document();
        html.tree = Nodes::with_capacity(Node::Document, (nodes + nodes / 32 + 16).min(2 * limits.elements));
        let inner = HtmlTreeSink::new(html);
        Self { inner, limits, latest: Cell::new(None), elements: Cell::new(0) }
    }

    /// Looked at once a stride: a stride can add at most as much depth as it has tags.
    fn exceeded(&self) -> bool {
        let html = self.inner.0.borrow();
        let latest = self.latest.get().and_then(|node| html.tree.get(node));
        self.elements.get() > self.limits.elements
            || latest.is_some_and(|node| node.ancestors().nth(self.limits.depth).is_some())
    }
}

impl TreeSink for Bounded {
    type Handle = Handle;
    type Output = Html;
    type ElemName<'a> = <HtmlTreeSink as TreeSink>::ElemName<'a>;

    fn finish(self) -> Html {
        self.inner.finish()
    }

    fn create_element(&self, name: QualName, mut attrs: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.elements.set(self.elements.get() + 1);
        // the tokenizer makes room for four
        attrs.shrink_to_fit();
        self.inner.create_element(name, attrs, flags)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.latest.set(Some(*parent));
        self.inner.append(parent, apart(child));
    }

    // comments hold no story: one that the pruning left is an empty one
    fn create_comment(&self, _text: StrTendril) -> Handle {
        self.inner.create_comment(StrTendril::new())
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.inner.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> Self::ElemName<'a> {
        self.inner.elem_name(target)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Handle {
        self.inner.create_pi(target, data)
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        self.inner.append_based_on_parent_node(element, previous, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.inner.append_doctype_to_document(name, public, system);
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        self.inner.get_template_contents(target)
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        self.inner.same_node(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.inner.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &Handle, new: NodeOrText<Handle>) {
        self.inner.append_before_sibling(sibling, new);
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        self.inner.add_attrs_if_missing(target, attrs);
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.inner.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.inner.reparent_children(node, new_parent);
    }
}

/// A text of its own: as a part of its stride it would hold all of that, tags and all.
fn apart(child: NodeOrText<Handle>) -> NodeOrText<Handle> {
    match child {
        NodeOrText::AppendText(text) => NodeOrText::AppendText(StrTendril::from_slice(&text)),
        node => node,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_size_are_bounded() {
        let pages = [
            "<div>".repeat(50_000),
            "<ul><li>".repeat(50_000),
            "<b>".repeat(50_000),
            "<table><tr><td>".repeat(20_000),
            "<p>".repeat(400_000),
        ];
        for page in pages {
            assert!(parse(&page).cut, "{}", &page[..20]);
        }
        assert!(!parse(&"<div>".repeat(500)).cut);
        assert!(!parse("<p>one<p>two").cut);
    }

    #[test]
    fn each_limit_is_a_setting() {
        // more than a stride of each
        let (deep, many) = ("<div>".repeat(3_000), "<p>a".repeat(3_000));
        for (page, limits, cut) in [
            (&deep, Limits { depth: 5_000, ..Limits::default() }, false),
            (&deep, Limits { depth: 1_000, ..Limits::default() }, true),
            (&many, Limits::default(), false),
            (&many, Limits { elements: 1_000, ..Limits::default() }, true),
            (&many, Limits { markup: 5_000, ..Limits::default() }, true),
        ] {
            assert_eq!(parse_within(page, limits, Attributes::Read).cut, cut, "{limits:?}");
        }
    }
}
