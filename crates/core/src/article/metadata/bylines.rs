//! Elements that name the author, as they are in the page.

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;

use super::nodes::{is_long, text_of};
use crate::article::outline::attribute;

/// Where an element is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Shortly behind the headline, or no headline came yet.
    pub(super) near: bool,
    /// Among other stories' beginnings, or readers' words.
    pub(super) is_others: bool,
    pub(super) is_readers: bool,
}

/// A byline.
#[derive(Debug)]
pub(super) struct Byline {
    /// Its text.
    pub(super) text: String,
    /// Texts of its links.
    pub(super) links: Vec<String>,
    /// Whether it is marked by `rel=author`, a property or an hCard, not by a class name alone.
    pub(super) exact: bool,
    /// Whether it comes shortly after the headline, or no headline came yet.
    pub(super) near: bool,
}

/// Whether one of several words is `author`.
pub(super) fn is_author(words: &str) -> bool {
    words.split_whitespace().any(|word| word == "author")
}

/// Whether classes are those of an author's hCard (the microformat): `author vcard`, `author url fn`.
pub(super) fn is_card_of_author(classes: &str) -> bool {
    classes.contains("author")
        && is_author(classes)
        && classes.split_whitespace().any(|word| matches!(word, "vcard" | "fn" | "hcard"))
}

/// Whether classes are those of an author's name and nothing else (`post-author__name`).
pub(super) fn is_name_of_author(classes: &str) -> bool {
    classes.split_whitespace().any(|word| word.contains("author") && word.ends_with("name"))
}

/// Whether an element is in a picture's box; the names there are those of photographers.
pub(super) fn in_figure(node: NodeRef<'_, Node>) -> bool {
    let around = node.ancestors().filter_map(|node| node.value().as_element()).take(4);
    around.into_iter().any(|element| matches!(element.name(), "figure" | "figcaption"))
}

pub(super) fn byline(node: NodeRef<'_, Node>, exact: bool, near: bool) -> Option<Byline> {
    let text = text_of(node);
    let links = || {
        let links = node.descendants().filter(|n| n.value().as_element().is_some_and(|e| e.name() == "a"));
        links.map(text_of).filter(|text| !text.is_empty()).collect()
    };
    (!text.is_empty() && text.chars().count() < 240).then(|| Byline { links: links(), text, exact, near })
}

/// The text of a link to an author's page, outside of pictures' boxes and of paragraphs.
pub(super) fn author_link(node: NodeRef<'_, Node>, element: &Element) -> Option<String> {
    const FOLDERS: &[&str] = &[
        "author",
        "authors",
        "writer",
        "writers",
        "contributor",
        "contributors",
        "journalist",
        "reporter",
        "autor",
        "autoren",
        "auteur",
        "autore",
        "columnist",
    ];
    // folders of other things as well, except if the page is named like the text
    const VAGUE: &[&str] = &["by", "staff", "people", "person", "profile", "profiles", "team"];
    let href = attribute(element, "href").unwrap_or_default();
    // what is between two slashes
    let (path, page) = href.split_once('/').and_then(|(_, after)| after.rsplit_once('/')).unwrap_or_default();
    let is_in = |folders: &[&str]| path.split('/').any(|folder| folders.contains(&folder));
    if !is_in(FOLDERS) && !is_in(VAGUE) || in_figure(node) || is_long(node) {
        return None;
    }
    let text = text_of(node);
    let page = if page.is_empty() { path.rsplit('/').next().unwrap_or_default() } else { page };
    let is_alike = || text.to_lowercase().split_whitespace().any(|word| word.len() > 2 && page.contains(word));
    let is_short = !text.is_empty() && text.chars().count() <= 60;
    (is_short && (is_in(FOLDERS) || is_alike())).then_some(text)
}
