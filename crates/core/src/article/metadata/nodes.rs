//! The text of a part of the tree, and what it is in.

use ego_tree::NodeRef;
use scraper::Node;

use crate::text::line;

/// Most of an element's text that is looked at, in characters.
const MAX_TEXT: usize = 2000;
/// Least text of a paragraph, in bytes.
const PARAGRAPH: usize = 80;

/// The text of a subtree, as one line; bounded.
pub(super) fn text_of(node: NodeRef<'_, Node>) -> String {
    let mut text = String::new();
    for part in node.descendants() {
        match part.value() {
            Node::Text(part) if part.len() <= MAX_TEXT => text.push_str(part),
            Node::Text(part) => text.extend(part.chars().take(MAX_TEXT)),
            Node::Element(element) if matches!(element.name(), "br" | "p" | "div" | "li" | "span" | "a") => {
                text.push(' ');
            }
            _ => {}
        }
        if text.len() > MAX_TEXT {
            break;
        }
    }
    line(&text)
}

/// Whether a text is in a paragraph of a sentence or more.
pub(super) fn is_long(node: NodeRef<'_, Node>) -> bool {
    let paragraph =
        node.ancestors().find(|node| node.value().as_element().is_some_and(|element| element.name() == "p"));
    let texts =
        paragraph.into_iter().flat_map(|paragraph| paragraph.descendants()).filter_map(|node| node.value().as_text());
    texts.map(|text| text.trim().len()).sum::<usize>() > PARAGRAPH
}
