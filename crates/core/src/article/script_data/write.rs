//! Data as HTML: what a story is made of, in its order, with the names of fields and types as classes.

use super::read::Node;
use crate::article::outline::{Names, Signs, is_stop, weight};

/// Least weight of a text that is prose.
const PROSE: usize = 60;
/// Names of the fields that say what an object is.
const TYPES: &[&str] = &["type", "__typename", "kind", "tag", "tagName", "component", "style", "name"];

/// What types call a heading, and an item of a list.
const HEADINGS: &[&str] = &["h2", "h3", "h4", "h5", "h6", "heading", "Heading", "subhead", "subheading", "header"];
const ITEMS: &[&str] = &["li", "listItem", "list_item", "list-item", "ListItem"];

/// An object that holds a story, and which of its fields is the story.
#[derive(Clone, Copy)]
pub(super) struct Story<'a> {
    pub(super) fields: &'a [(std::borrow::Cow<'a, str>, Node<'a>)],
    pub(super) body: usize,
}

/// A text's weight, if it is prose.
pub(super) fn prose(text: &str) -> usize {
    let is_said = text.len() >= PROSE && text.contains(is_stop) && !text.starts_with("http");
    let weight = if is_said { weight(text) } else { 0 };
    if weight < PROSE { 0 } else { weight }
}

/// The story as HTML.
pub(super) fn html(story: Story<'_>) -> String {
    let (key, body) = &story.fields[story.body];
    let mut page = Page { html: String::new(), names: Names::default() };
    page.element(key, body);
    page.html
}

/// The page that is written.
struct Page {
    html: String,
    names: Names,
}

impl Page {
    /// The element of a field or of an item: what it is called is its class.
    fn element(&mut self, name: &str, node: &Node<'_>) {
        let kind = kind(node).unwrap_or_default();
        let tag = if HEADINGS.contains(&kind) {
            "h2"
        } else if ITEMS.contains(&kind) {
            "li"
        } else {
            "div"
        };
        self.html.push_str(&format!("<{tag} class=\"{} {}\">", class(name), class(kind)));
        self.content(node);
        self.html.push_str(&format!("</{tag}>"));
    }

    /// All of a node except what is called something else than the story.
    fn content(&mut self, node: &Node<'_>) {
        match node {
            Node::Text(text) => self.text(text),
            Node::List(items) => match key_of_runs(items) {
                Some(key) => {
                    self.html.push_str("<p>");
                    items.iter().for_each(|item| self.run(key, item));
                    self.html.push_str("</p>");
                }
                None => items.iter().for_each(|item| self.named("", item)),
            },
            Node::Fields(fields) => {
                let said = fields.iter().filter(|(key, _)| !TYPES.contains(&key.as_ref()));
                for (key, value) in said.filter(|(_, value)| value.text().is_none_or(is_text)) {
                    self.named(key, value);
                }
            }
        }
    }

    fn named(&mut self, name: &str, node: &Node<'_>) {
        let signs = self.names.signs(name) | self.names.signs(kind(node).unwrap_or_default());
        if !signs.any(Signs::FOREIGN.and(Signs::CAPTION)) {
            self.element(name, node);
        }
    }

    /// Markup as it is, plain text as paragraphs.
    fn text(&mut self, text: &str) {
        if text.contains("</") || text.contains("<br") {
            self.html.push_str(text);
            return;
        }
        for paragraph in text.split('\n').filter(|line| !line.trim().is_empty()) {
            self.html.push_str(&format!("<p>{}</p>", escaped(paragraph)));
        }
    }

    /// A run of a paragraph, whose text is in the fields of one name.
    fn run(&mut self, key: &str, node: &Node<'_>) {
        match node {
            Node::Text(text) => self.html.push_str(&escaped(text)),
            Node::List(items) => items.iter().for_each(|item| self.run(key, item)),
            Node::Fields(fields) => match fields.iter().find(|(name, value)| name == key && value.text().is_some()) {
                Some((_, text)) => self.run(key, text),
                None => {
                    let inner = fields.iter().filter(|(_, value)| matches!(value, Node::List(_)));
                    inner.for_each(|(_, value)| self.run(key, value));
                }
            },
        }
    }
}

/// Of the runs that a paragraph is cut into (for links and stress), the name of the field that holds their text: some
/// of them begin or end with a space, or go on with a sentence.
fn key_of_runs<'a>(items: &'a [Node<'a>]) -> Option<&'a str> {
    let is_cut = |text: &str| {
        let edge = text.starts_with([' ', ',', '.', ';', ':']) || text.ends_with(' ');
        edge && text.contains(char::is_alphanumeric)
    };
    let mut texts = items.iter().filter_map(|item| texts(item).next());
    let (key, _) = texts.find(|(_, text)| is_cut(text))?;
    Some(key)
}

/// The texts right inside of an item, or one level deeper, with their fields' names.
fn texts<'a>(item: &'a Node<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let fields = if let Node::Fields(fields) = item { fields.as_slice() } else { &[] };
    let said = |(key, value): &'a (std::borrow::Cow<'a, str>, Node<'a>)| Some((key.as_ref(), value.text()?));
    let bare = item.text().map(|text| ("", text)).into_iter();
    bare.chain(fields.iter().filter_map(said).filter(|(key, text)| !TYPES.contains(key) && is_run(text)))
}

/// What an object says that it is.
fn kind<'a>(node: &'a Node<'a>) -> Option<&'a str> {
    let Node::Fields(fields) = node else { return None };
    let of = |name: &&str| fields.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.text());
    TYPES.iter().find_map(of).filter(|kind| kind.len() < 60)
}

/// Whether a field's text is for readers: several words of it, and no address.
fn is_text(text: &str) -> bool {
    text.contains("</") || weight(text) > 12 && text.contains(' ') || text.contains(crate::text::is_wide)
}

fn is_run(text: &str) -> bool {
    !text.starts_with("http") && !text.starts_with('/') && text.contains(char::is_alphanumeric)
}

fn class(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ')).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
