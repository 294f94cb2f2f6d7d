//! Headings, and the headline inside of one.
//!
//! PURE. A heading's element often holds more than the headline: the word set above it, a subtitle, the date, a label
//! for those who listen.

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;

use super::titles::{same, units};
use crate::article::outline::attribute;
use crate::text::{letters, line};

/// Names of elements inside a heading that are set next to the headline.
const ADDITIONS: &[&str] = &[
    "kicker",
    "overline",
    "roofline",
    "topline",
    "eyebrow",
    "dachzeile",
    "spitzmarke",
    "strapline",
    "supertitle",
    "pretitle",
    "subtitle",
    "sub-title",
    "subheadline",
    "subline",
    "hidden",
    "sr-only",
    "screen-reader",
    "invisible",
    "hide",
];
/// Elements that separate what a heading says from what is set next to it.
const PARTING: &[&str] = &["span", "div", "p", "small", "br", "a", "time", "h2", "h3"];
/// Most parts whose combinations are looked at, and most of a heading's text, in bytes.
const PARTS: usize = 16;
const MAX_TEXT: usize = 1000;
/// Least words, or characters of scripts without spaces, of a headline that is a part of something.
pub(super) const PART: usize = 3;

/// A heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) text: String,
    /// Its text by elements, with whether the element is named as an addition to the headline.
    parts: Vec<(String, bool)>,
    /// Whether it leads to the site's home page, as its name does.
    pub(super) is_home: bool,
}

impl Heading {
    pub(super) fn of(node: NodeRef<'_, Node>) -> Self {
        let mut heading = Self { is_home: leads_home(node), ..Self::default() };
        let mut whole = String::new();
        let mut part = (String::new(), false);
        let mut close = |part: &mut (String, bool)| {
            let (text, is_beside) = std::mem::take(part);
            whole.push(' ');
            whole.push_str(&text);
            heading.parts.extend(Some((line(&text), is_beside)).filter(|(text, _)| !text.is_empty()));
        };
        let mut parent = None;
        let mut length = 0;
        for inside in node.descendants() {
            let Node::Text(text) = inside.value() else { continue };
            let around = || inside.ancestors().take_while(|above| above.id() != node.id());
            if around().any(|above| is_named(above, &["script", "style", "select", "noscript"])) {
                continue;
            }
            length += text.len();
            if length > MAX_TEXT {
                break;
            }
            let holder = around().find(|above| is_named(*above, PARTING)).map(|above| above.id());
            let after_break = inside.prev_sibling().is_some_and(|before| is_named(before, &["br"]));
            if parent != Some(holder) || after_break {
                close(&mut part);
                parent = Some(holder);
                part.1 = around().any(is_beside);
            }
            part.0.push_str(text);
        }
        close(&mut part);
        heading.text = line(&whole);
        heading
    }

    /// The headline in it, by what the page says of its title elsewhere, and by its own make.
    pub(super) fn headline(&self, claims: &[&String]) -> String {
        let all = &self.parts;
        let joined = |from: usize, to: usize| {
            let texts: Vec<&str> = all[from..to].iter().map(|(text, _)| text.as_str()).collect();
            texts.join(" ")
        };
        let trim =
            |text: &str| text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '|' | '·')).to_owned();
        let kept: Vec<&str> =
            all.iter().filter(|(_, is_addition)| !is_addition).map(|(text, _)| text.as_str()).collect();
        let kept = trim(&line(&kept.join(" ")));
        if kept.len() < self.text.len() && units(&kept).len() >= 2 && self.is_parted() {
            return kept;
        }
        // what is set before a sign that has an element of its own is set above the headline
        let is_sign = |(text, _): &(String, bool)| !text.contains(char::is_alphanumeric);
        if let Some(at) = all.iter().position(is_sign).filter(|&at| at > 0 && at + 1 < all.len()) {
            let (above, below) = (joined(0, at), trim(&joined(at + 1, all.len())));
            if units(&below).len() >= 2 && above.len() <= below.len() * 2 {
                return below;
            }
        }
        // the headline is near the beginning of a heading that was never closed
        let few = all.len().min(PARTS);
        let longest = if few < all.len() { few } else { few.saturating_sub(1) };
        let ranges = (1..=longest).rev().flat_map(|length| (0..=few - length).map(move |at| (at, at + length)));
        let is_claim = |text: &str| units(text).len() >= PART && claims.iter().any(|claim| same(claim, text));
        let mut claimed = ranges
            .clone()
            .map(|(from, to)| joined(from, to))
            .filter(|text| !text.ends_with(':') && !text.starts_with(':'));
        if let Some(text) = claimed.find(|text| is_claim(text)) {
            return trim(&text);
        }
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        // spaces between letters are the layout's
        if let Some(claim) = claims.iter().find(|claim| bare(claim) == bare(&self.text)) {
            return (*claim).clone();
        }
        // what no statement holds is something else
        let is_held = |text: &str| {
            let text: String = letters(text).collect();
            claims.iter().any(|claim| letters(claim).collect::<String>().contains(&text))
        };
        let held = ranges.map(|(from, to)| joined(from, to)).filter(|text| !text.ends_with(':'));
        let held = held.map(|text| trim(&text)).find(|text| units(text).len() >= PART && is_held(text));
        held.filter(|_| !is_held(&self.text)).unwrap_or_else(|| self.text.clone())
    }

    /// Whether a part with words is named as an addition to the headline.
    fn is_parted(&self) -> bool {
        self.parts.iter().any(|(text, is_addition)| *is_addition && text.contains(char::is_alphanumeric))
    }
}

fn is_named(node: NodeRef<'_, Node>, names: &[&str]) -> bool {
    node.value().as_element().is_some_and(|element| names.contains(&element.name()))
}

fn is_beside(node: NodeRef<'_, Node>) -> bool {
    let names = |element: &Element| {
        let names = ["class", "data-ob"].into_iter().filter_map(|name| attribute(element, name));
        names.map(str::to_lowercase).any(|names| ADDITIONS.iter().any(|word| names.contains(word)))
    };
    node.value().as_element().is_some_and(names)
}

/// Whether a heading is in, or holds, a link to the home page.
fn leads_home(node: NodeRef<'_, Node>) -> bool {
    let is_home = |element: &Element| {
        let href = attribute(element, "href").unwrap_or_default();
        let path = href.split_once("://").map_or(href, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        element.name() == "a" && !href.is_empty() && matches!(path, "/" | "./" | "/index.html" | "/index.php")
    };
    let inside = node.descendants().filter_map(|node| node.value().as_element()).take(4);
    let around = node.ancestors().filter_map(|node| node.value().as_element()).take(2);
    inside.chain(around).any(is_home)
}
