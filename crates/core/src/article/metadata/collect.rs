//! What a page says about itself, as it says it: one walk over the tree, nothing decided.

use ego_tree::{NodeId, NodeRef};
use scraper::node::Element;
use scraper::{Html, Node};
use serde_json::Value;

use super::json_ld;
use super::shown::{Shown, Watch};
use crate::article::outline::{Names, Signs, attribute};
use crate::text::line;

/// Most statements of a kind that are kept.
const MAX: usize = 256;

/// Most of an element's text that is looked at, in characters.
const MAX_TEXT: usize = 2000;

/// Signs of other stories' beginnings, and of readers' words.
const OTHERS: Signs = Signs::RELATED.and(Signs::COMMENTS);

/// Statements in document order.
#[derive(Debug, Default)]
pub(in crate::article) struct Statements {
    /// `<meta>`: name, property or itemprop in lower case, and content.
    pub(super) metas: Vec<(String, String)>,
    /// `<link>`: rel in lower case, and href.
    pub(super) links: Vec<(String, String)>,
    /// Nodes of JSON-LD, flattened.
    pub(super) json_ld: Vec<Value>,
    /// `<title>`.
    pub(super) title: Option<String>,
    /// `<html lang>`.
    pub(super) language: Option<String>,
    /// `<h1>`.
    pub(super) headings: Vec<String>,
    /// Microdata and RDFa properties of visible elements: name and text.
    pub(super) properties: Vec<(String, String)>,
    /// `<time>` and elements with a machine-readable date.
    pub(super) times: Vec<Time>,
    /// Elements that are marked as a byline: their links' texts, or their whole text.
    pub(super) bylines: Vec<Byline>,
    /// Elements that are marked as the author's exactly, in footers and asides: they may be of another story.
    pub(super) bylines_beside: Vec<Byline>,
    /// Texts after one that leads to a name and says nothing else (`By`), shortly behind the headline.
    pub(super) led: Vec<String>,
    /// Texts of links to authors' pages, behind the headline.
    pub(super) author_links: Vec<String>,
    /// Short texts marked as dates.
    pub(super) date_texts: Vec<String>,
    /// Short texts with figures among other stories' beginnings.
    pub(super) dates_beside: Vec<String>,
    /// Dates that a reader sees under the headline.
    pub(super) shown: Vec<Shown>,
}

/// A date in the page.
#[derive(Debug)]
pub(super) struct Time {
    /// `datetime`, or the text.
    pub(super) value: String,
    /// Whether it is marked as the publication, or as the last change.
    pub(super) role: TimeRole,
}

/// What a date is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeRole {
    Published,
    Updated,
    Unsaid,
}

/// A byline.
#[derive(Debug)]
pub(super) struct Byline {
    /// Its text.
    pub(super) text: String,
    /// Texts of its links.
    pub(super) links: Vec<String>,
    /// Whether it is marked by `rel=author` or a property, not by a class name alone.
    pub(super) exact: bool,
}

/// Collects them.
pub(in crate::article) fn collect(html: &Html, names: &mut Names) -> Statements {
    let mut all = Statements::default();
    let mut watch = Watch::default();
    // the node behind a subtree that is passed over, if there is one
    let mut hidden_until: Option<Option<NodeId>> = None;
    // the same of other stories' beginnings, whose dates and authors are theirs
    let mut others_until: Option<Option<NodeId>> = None;
    for node in html.tree.root().descendants() {
        // what stands in navigation, footers and asides is not about this page, as a rule
        if hidden_until.is_some_and(|end| end != Some(node.id())) {
            all.beside(node);
            continue;
        }
        hidden_until = None;
        let is_others = others_until.is_some_and(|end| end != Some(node.id()));
        if !is_others {
            others_until = None;
        }
        let element = match node.value() {
            Node::Element(element) => element,
            Node::Text(text) => {
                if !is_others {
                    watch.text(node, text);
                } else if text.len() < 60 && text.bytes().any(|byte| byte.is_ascii_digit()) {
                    push_short(&mut all.dates_beside, line(text), 60);
                }
                continue;
            }
            _ => continue,
        };
        match element.name() {
            "footer" => hidden_until = Some(after(node)),
            // one that lasts to the page's end was never closed, and holds the story
            "nav" | "aside" => hidden_until = after(node).map(Some),
            "meta" => all.meta(element),
            "link" => all.link(element),
            "html" => all.language = attribute(element, "lang").or(attribute(element, "xml:lang")).map(str::to_owned),
            "title" if all.title.is_none() => all.title = some(text_of(node)),
            "script" => all.json_ld(node),
            "h1" => {
                push(&mut all.headings, text_of(node));
                watch.headline();
            }
            "time" if is_others => push_short(&mut all.dates_beside, text_of(node), 120),
            "time" => all.time(node, element),
            "a" if !all.headings.is_empty() && all.author_links.len() < 4 => all.author_link(node, element),
            _ => {}
        }
        let signs = all.visible(node, element, names);
        // behind the headline, one that lasts to the page's end is no box
        if !is_others && !all.headings.is_empty() && signs.any(OTHERS) && element.name() != "body" {
            others_until = after(node).map(Some);
        }
    }
    (all.shown, all.led) = watch.found();
    all
}

/// The node that follows a subtree.
fn after(node: NodeRef<'_, Node>) -> Option<NodeId> {
    node.ancestors().map(|n| n.next_sibling()).fold(node.next_sibling(), Option::or).map(|n| n.id())
}

impl Statements {
    /// The content of the first `<meta>` with that name.
    pub(super) fn meta_content(&self, name: &str) -> Option<&str> {
        self.metas.iter().find(|(key, _)| key == name).map(|(_, content)| content.as_str())
    }

    /// The contents of all of them.
    pub(super) fn contents<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.metas.iter().filter(move |(key, _)| key == name).map(|(_, content)| content.as_str())
    }

    fn meta(&mut self, element: &Element) {
        let Some(content) = attribute(element, "content") else { return };
        for key in ["name", "property", "itemprop", "http-equiv"] {
            if let Some(name) = attribute(element, key)
                && self.metas.len() < MAX
            {
                self.metas.push((name.trim().to_ascii_lowercase(), line(content)));
            }
        }
    }

    fn link(&mut self, element: &Element) {
        if let (Some(rel), Some(href)) = (attribute(element, "rel"), attribute(element, "href"))
            && self.links.len() < MAX
        {
            self.links.push((rel.to_ascii_lowercase(), href.trim().to_owned()));
        }
    }

    fn json_ld(&mut self, script: NodeRef<'_, Node>) {
        for text in script.children().filter_map(|child| child.value().as_text()) {
            json_ld::nodes(text, &mut self.json_ld);
        }
    }

    fn time(&mut self, node: NodeRef<'_, Node>, element: &Element) {
        let value = attribute(element, "datetime").map_or_else(|| text_of(node), str::to_owned);
        let names = [attribute(element, "class"), attribute(element, "itemprop"), parent_names(node)];
        let role = role(names.into_iter().flatten(), attribute(element, "pubdate").is_some());
        // a date in a list or a table is of whatever stands before it
        let is_listed = role == TimeRole::Unsaid
            && node
                .ancestors()
                .filter_map(|node| node.value().as_element())
                .take(4)
                .any(|element| matches!(element.name(), "td" | "dd"));
        if self.times.len() < MAX && !value.trim().is_empty() && !is_listed {
            self.times.push(Time { value, role });
        }
    }

    fn visible(&mut self, node: NodeRef<'_, Node>, element: &Element, names: &mut Names) -> Signs {
        let (mut property, mut rel, mut signs) = (None, None, Signs::NONE);
        for (name, value) in element.attrs() {
            match name {
                "itemprop" => property = Some(value),
                "rel" => rel = Some(value),
                "class" | "id" => signs |= names.signs(value),
                _ => {}
            }
        }
        if let Some(property) = property.filter(|_| element.name() != "meta") {
            let said = attribute(element, "content").or(attribute(element, "datetime"));
            let value = said.map_or_else(|| text_of(node), line);
            if self.properties.len() < MAX && !value.is_empty() {
                self.properties.push((property.to_owned(), value));
            }
        }
        let exact = rel == Some("author") || property == Some("author");
        let wordy = matches!(element.name(), "html" | "body" | "article" | "main" | "section" | "time");
        if exact
            || (signs.any(Signs::BYLINE) && !signs.any(Signs::BIO.and(Signs::COMMENTS).and(Signs::RELATED)) && !wordy)
        {
            self.bylines.extend(byline(node, exact).filter(|_| self.bylines.len() < 24));
        }
        if signs.any(Signs::DATE) && !wordy {
            push_short(&mut self.date_texts, text_of(node), 120);
        }
        signs
    }

    fn author_link(&mut self, node: NodeRef<'_, Node>, element: &Element) {
        const FOLDERS: &[&str] = &[
            "author",
            "authors",
            "writer",
            "writers",
            "staff",
            "contributor",
            "contributors",
            "by",
            "profile",
            "people",
            "journalist",
            "reporter",
            "autor",
            "autoren",
            "auteur",
            "autore",
            "columnist",
        ];
        let href = attribute(element, "href").unwrap_or_default();
        // what stands between two slashes
        let path = href.split_once('/').and_then(|(_, after)| after.rsplit_once('/')).map_or("", |(path, _)| path);
        if path.split('/').any(|folder| FOLDERS.contains(&folder)) {
            let text = text_of(node);
            if !self.author_links.contains(&text) {
                push_short(&mut self.author_links, text, 60);
            }
        }
    }

    fn beside(&mut self, node: NodeRef<'_, Node>) {
        let is_author = |element: &Element| {
            ["rel", "itemprop"].into_iter().any(|name| attribute(element, name).is_some_and(|value| value == "author"))
        };
        if self.bylines_beside.len() < 4 && node.value().as_element().is_some_and(is_author) {
            self.bylines_beside.extend(byline(node, true));
        }
    }
}

fn byline(node: NodeRef<'_, Node>, exact: bool) -> Option<Byline> {
    let text = text_of(node);
    let links = || {
        let links = node.descendants().filter(|n| n.value().as_element().is_some_and(|e| e.name() == "a"));
        links.map(text_of).filter(|text| !text.is_empty()).collect()
    };
    (!text.is_empty() && text.chars().count() < 240).then(|| Byline { links: links(), text, exact })
}

fn parent_names(node: NodeRef<'_, Node>) -> Option<&str> {
    node.parent()?.value().as_element().and_then(|element| attribute(element, "class"))
}

/// What names say that a date is of.
pub(super) fn role<'a>(names: impl Iterator<Item = &'a str>, published: bool) -> TimeRole {
    let names = names.collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    if ["modif", "updat"].iter().any(|word| names.contains(word)) {
        TimeRole::Updated
    } else if published || ["publi", "pubdate", "posted", "entry-date"].iter().any(|word| names.contains(word)) {
        TimeRole::Published
    } else {
        TimeRole::Unsaid
    }
}

/// The text of a subtree, as one line; bounded.
fn text_of(node: NodeRef<'_, Node>) -> String {
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

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn push(list: &mut Vec<String>, text: String) {
    push_short(list, text, 1000);
}

fn push_short(list: &mut Vec<String>, text: String, most: usize) {
    if !text.is_empty() && text.chars().count() <= most && list.len() < MAX {
        list.push(text);
    }
}
