//! What a page says about itself, as it says it: one walk over the tree, nothing decided.

use ego_tree::{NodeId, NodeRef};
use scraper::node::Element;
use scraper::{Html, Node};
use serde_json::Value;
use url::Url;

use super::bylines::{Byline, Place, author_link, byline, in_figure, is_author, is_card_of_author, is_name_of_author};
use super::date_texts::Order;
use super::headings::Heading;
use super::json_ld;
use super::nodes::text_of;
use super::shown::{Shown, TimeRole, Watch, role};
use crate::article::outline::{Names, Signs, attribute};
use crate::text::line;

/// Most statements of a kind that are kept.
const MAX: usize = 256;

/// How near a date ahead of the headline is to it, in bytes of text.
const NEAR: usize = 200;

/// Longest text that is marked as a date's, in characters: it may say more (`posted on … and filed under …`).
const DATED: usize = 300;

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
    /// `<h1>`, except those that lead to the home page.
    pub(super) headings: Vec<Heading>,
    /// Texts of `<h2>` to `<h5>` that do not belong to other stories.
    pub(super) subheadings: Vec<String>,
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
    /// The same before any headline: the day on which the page was looked at, as a rule.
    pub(super) dates_before: Vec<String>,
    /// Short texts with figures among other stories' beginnings.
    pub(super) dates_beside: Vec<String>,
    /// Which of day and month comes first in numbers.
    pub(super) order: Order,
    /// Dates that a reader sees under the headline.
    pub(super) shown: Vec<Shown>,
    /// Short texts right before and behind those.
    pub(super) near_dates: Vec<String>,
}

/// A date in the page.
#[derive(Debug)]
pub(super) struct Time {
    /// `datetime`, or the text.
    pub(super) value: String,
    /// Whether it is marked as the publication, or as the last change.
    pub(super) role: TimeRole,
}

/// Collects them.
pub(in crate::article) fn collect(html: &Html, names: &mut Names, url: &Url) -> Statements {
    let mut all = Statements::default();
    let mut watch = Watch::default();
    // the node behind a subtree that is passed over, if there is one
    let mut hidden_until: Option<Option<NodeId>> = None;
    // the same of other stories' beginnings, whose dates and authors are theirs
    let mut others_until: Option<Option<NodeId>> = None;
    // whether those are readers' words
    let mut is_readers = false;
    // bytes of text before the last date ahead of any headline
    let mut before = 0;
    for node in html.tree.root().descendants() {
        // what is in navigation, footers and asides is usually not about this page
        if hidden_until.is_some_and(|end| end != Some(node.id())) {
            all.outside(node);
            continue;
        }
        hidden_until = None;
        let is_others = others_until.is_some_and(|end| end != Some(node.id()));
        if !is_others {
            (others_until, is_readers) = (None, false);
        }
        let element = match node.value() {
            Node::Element(element) => element,
            Node::Text(_) if is_unseen(node) => continue,
            Node::Text(text) => {
                if !is_others {
                    watch.text(node, text, all.order);
                } else if !is_readers && text.len() < 60 && text.bytes().any(|byte| byte.is_ascii_digit()) {
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
            "html" => {
                all.language = attribute(element, "lang").or(attribute(element, "xml:lang")).map(str::to_owned);
                all.order = Order::of(url, all.language.as_deref());
            }
            "title" if all.title.is_none() => all.title = some(text_of(node)),
            "script" => all.json_ld(node),
            "h1" => {
                let heading = Heading::of(node);
                if !heading.is_home && !heading.text.is_empty() && all.headings.len() < MAX {
                    all.headings.push(heading);
                    // a date right above it is the story's
                    if let Some(text) = all.dates_before.last().filter(|_| watch.seen() < before + NEAR) {
                        watch.above(text, all.order);
                    }
                    watch.headline();
                }
            }
            "h2" | "h3" | "h4" | "h5" if !is_others => push_short(&mut all.subheadings, text_of(node), 200),
            "time" if is_readers => {}
            "time" if is_others => push_short(&mut all.dates_beside, text_of(node), 120),
            "time" => all.time(node, element),
            "a" if !all.headings.is_empty() && all.author_links.len() < 4 => {
                let link = author_link(node, element).filter(|text| !all.author_links.contains(text));
                all.author_links.extend(link);
            }
            _ => {}
        }
        let dates = all.dates_before.len();
        let place = Place { near: all.headings.is_empty() || watch.is_near(), is_others, is_readers };
        let signs = all.visible(node, element, names, place);
        if all.dates_before.len() > dates {
            before = watch.seen();
        }
        // behind the headline, one that lasts to the page's end is no box
        if !is_others && !all.headings.is_empty() && signs.any(OTHERS) && element.name() != "body" {
            others_until = after(node).map(Some);
            is_readers = signs.any(Signs::COMMENTS);
        }
    }
    (all.shown, all.led, all.near_dates) = watch.found();
    all
}

/// Whether a text is for machines.
fn is_unseen(text: NodeRef<'_, Node>) -> bool {
    let holder = text.parent().and_then(|node| node.value().as_element());
    holder.is_some_and(|element| matches!(element.name(), "script" | "style" | "template" | "title"))
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
        // a date in a list or a table belongs to what comes before it
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

    fn visible(&mut self, node: NodeRef<'_, Node>, element: &Element, names: &mut Names, place: Place) -> Signs {
        let (mut property, mut rel, mut is_card, mut signs) = (None, None, false, Signs::NONE);
        let is_hidden =
            attribute(element, "style").is_some_and(|style| style.replace(' ', "").contains("display:none"));
        for (name, value) in element.attrs() {
            match name {
                "itemprop" => property = Some(value),
                "rel" => rel = Some(value),
                "class" | "id" => {
                    let said = names.signs(value);
                    let is_marked =
                        || is_card_of_author(value) || place.near && !place.is_others && is_name_of_author(value);
                    is_card |= name == "class" && said.any(Signs::BYLINE) && is_marked();
                    signs |= said;
                }
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
        let exact = is_card || property == Some("author") || rel.is_some_and(is_author);
        let wordy = matches!(element.name(), "html" | "body" | "article" | "main" | "section" | "time");
        let is_named = signs.any(Signs::BYLINE)
            && !signs.any(Signs::BIO.and(Signs::COMMENTS).and(Signs::RELATED).and(Signs::CAPTION))
            && !wordy;
        if (exact || is_named) && !is_hidden && !place.is_readers && !in_figure(node) {
            let byline = || byline(node, exact, place.near && !place.is_others);
            if !place.is_others {
                self.bylines.extend(byline().filter(|_| self.bylines.len() < 24));
            } else if exact && self.bylines_beside.len() < 4 {
                self.bylines_beside.extend(byline());
            }
        }
        if signs.any(Signs::DATE) && !wordy {
            let dates = if self.headings.is_empty() { &mut self.dates_before } else { &mut self.date_texts };
            push_short(dates, text_of(node), DATED);
        }
        signs
    }

    fn outside(&mut self, node: NodeRef<'_, Node>) {
        let is_author = |element: &Element| {
            ["rel", "itemprop"].into_iter().any(|name| attribute(element, name).is_some_and(is_author))
                || attribute(element, "class").is_some_and(|classes| classes.len() < 60 && is_card_of_author(classes))
        };
        if self.bylines_beside.len() < 4 && node.value().as_element().is_some_and(is_author) {
            self.bylines_beside.extend(byline(node, true, false));
        }
    }
}

fn parent_names(node: NodeRef<'_, Node>) -> Option<&str> {
    node.parent()?.value().as_element().and_then(|element| attribute(element, "class"))
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn push_short(list: &mut Vec<String>, text: String, most: usize) {
    if !text.is_empty() && text.chars().count() <= most && list.len() < MAX {
        list.push(text);
    }
}
