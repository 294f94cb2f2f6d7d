//! Which elements end a run of text, and which are passed over.

use ego_tree::NodeRef;
use scraper::node::Element as Markup;
use scraper::{Html, Node};

use super::tag::{attribute, tag};
use super::{Kind, Tag};

/// Least text, in bytes, that a button unfolds: menus have shorter ones.
const UNFOLDED: usize = 60;

/// What an element is to the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Nothing of it is text.
    Skipped,
    /// A line ends.
    Break,
    /// It is within a paragraph.
    Inline,
    /// It is a paragraph, or holds some.
    Block(Option<Kind>),
}

/// What an element is, by its name and where it is.
pub(super) fn level(node: NodeRef<'_, Node>, markup: &Markup) -> Level {
    match markup.name() {
        "button" => button(node, markup),
        name => by_name(name),
    }
}

/// A button inside of a heading, or one that unfolds what follows it, is a heading for readers.
fn button(node: NodeRef<'_, Node>, markup: &Markup) -> Level {
    let around = node.ancestors().filter_map(|node| node.value().as_element()).take(3);
    if around.clone().any(|element| matches!(tag(element.name()), Tag::Heading(_))) {
        Level::Inline
    } else if attribute(markup, "aria-expanded").is_some() && unfolds(node) {
        Level::Block(Some(Kind::Heading(6)))
    } else {
        Level::Skipped
    }
}

/// Whether the element behind a button is text.
fn unfolds(button: NodeRef<'_, Node>) -> bool {
    let next = button.next_siblings().find(|node| node.value().is_element());
    let texts = next.into_iter().flat_map(|next| next.descendants()).filter_map(|node| node.value().as_text());
    texts.map(|text| text.trim().len()).take(64).max().is_some_and(|longest| longest > UNFOLDED)
}

fn by_name(name: &str) -> Level {
    match name {
        "script" | "style" | "noscript" | "template" | "svg" | "iframe" | "object" | "embed" | "canvas" | "audio"
        | "video" | "button" | "select" | "textarea" | "input" | "head" | "map" | "datalist" | "progress" | "meter"
        | "applet" | "amp-ad" | "frameset" => Level::Skipped,
        // readings over characters
        "rt" | "rp" | "rtc" => Level::Skipped,
        "br" => Level::Break,
        "p" => Level::Block(Some(Kind::Paragraph)),
        "h1" => Level::Block(Some(Kind::Heading(1))),
        "h2" => Level::Block(Some(Kind::Heading(2))),
        "h3" => Level::Block(Some(Kind::Heading(3))),
        "h4" => Level::Block(Some(Kind::Heading(4))),
        "h5" => Level::Block(Some(Kind::Heading(5))),
        "h6" => Level::Block(Some(Kind::Heading(6))),
        "li" | "dt" | "dd" => Level::Block(Some(Kind::Item)),
        "td" | "th" => Level::Block(Some(Kind::Cell)),
        "pre" | "listing" => Level::Block(Some(Kind::Preformatted)),
        "figcaption" | "caption" => Level::Block(Some(Kind::Caption)),
        "html" | "body" | "div" | "section" | "article" | "main" | "header" | "footer" | "nav" | "aside" | "ul"
        | "ol" | "dl" | "table" | "tbody" | "thead" | "tfoot" | "tr" | "blockquote" | "figure" | "form"
        | "fieldset" | "legend" | "address" | "details" | "summary" | "center" | "hr" | "dialog" | "hgroup"
        | "menu" | "search" | "picture" | "amp-sidebar" => Level::Block(None),
        _ => Level::Inline,
    }
}

/// The nodes that become elements of the outline, in its order.
pub(in crate::article) fn block_elements(html: &Html) -> impl Iterator<Item = NodeRef<'_, Node>> {
    let level_of = |node: NodeRef<'_, Node>| node.value().as_element().map(|element| level(node, element));
    let mut next = html.tree.root().first_child();
    let nodes = std::iter::from_fn(move || {
        let node = next?;
        let inner = if matches!(level_of(node), Some(Level::Skipped)) { None } else { node.first_child() };
        next = inner.or_else(|| node.next_sibling()).or_else(|| node.ancestors().find_map(|n| n.next_sibling()));
        Some(node)
    });
    nodes.filter(move |node| matches!(level_of(*node), Some(Level::Block(_))))
}

/// Whether an element of that name is within a paragraph.
pub(in crate::article) fn is_inline(name: &str) -> bool {
    matches!(by_name(name), Level::Inline)
}

/// Whether an element holds others that are no part of a run of text.
pub(super) fn holds_blocks(node: NodeRef<'_, Node>) -> bool {
    let elements = node.descendants().skip(1).filter_map(|node| node.value().as_element());
    elements.take(64).any(|element| matches!(by_name(element.name()), Level::Block(_)))
}

pub(super) fn is_bold(name: &str) -> bool {
    matches!(name, "b" | "strong")
}

pub(super) fn is_italic(name: &str) -> bool {
    matches!(name, "i" | "em")
}

pub(super) fn is_picture(name: &str) -> bool {
    matches!(name, "img" | "amp-img")
}
