//! What readers see of an element within a paragraph: words that are hidden, marks of notes, quotation marks,
//! exponents.

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element as Markup;

use super::level::holds_blocks;
use super::links::Leads;
use super::tag::attribute;
use super::{Home, Signs};

/// Longest text that may be hidden within a paragraph, and that of an advert's label; in bytes.
const HIDDEN: usize = 400;
const LABEL: usize = 40;
/// Longest mark of a note.
const MARK: usize = 8;

/// Whether nothing of an inline element is read: it is hidden, the label of an advert, or the mark of a note.
pub(super) fn is_unseen(
    node: NodeRef<'_, Node>,
    markup: &Markup,
    signs: Signs,
    leads: Option<Leads>,
    home: &Home,
) -> bool {
    let is_short = |most: usize| text_of(node, most + 1).len() <= most;
    if signs.any(Signs::HIDDEN) {
        return is_short(HIDDEN) && !holds_blocks(node);
    }
    if signs.any(Signs::ADVERT) {
        return is_short(LABEL) && !holds_blocks(node) && node.parent().is_some_and(|parent| has_text(parent, node));
    }
    match markup.name() {
        "sup" => is_mark(node) && links(node).any(|link| home.leads(link) == Leads::Here),
        "a" => leads == Some(Leads::Here) && is_mark(node) && is_of_note(node, markup),
        _ => false,
    }
}

/// Whether a quotation is written with marks of its own.
pub(super) fn is_marked(node: NodeRef<'_, Node>) -> bool {
    let text = text_of(node, 64);
    text.trim_start().starts_with(['“', '"', '«', '„', '‘', '\'', '「', '『', '‹', '»'])
}

/// A word set above the line, where it is a number or the power of one.
pub(super) fn raised(word: &str) -> Option<String> {
    in_script(word, "0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
}

/// A word set below the line.
pub(super) fn lowered(word: &str) -> Option<String> {
    in_script(word, "0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
}

fn in_script(word: &str, plain: &str, script: &str) -> Option<String> {
    let one = |c: char| plain.chars().position(|other| other == c).and_then(|at| script.chars().nth(at));
    word.chars().map(one).collect()
}

/// The character that a picture shows.
pub(super) fn emoji(markup: &Markup) -> Option<&str> {
    let alt = attribute(markup, "alt").map(str::trim).filter(|alt| !alt.is_empty())?;
    let is_emoji = |c: char| {
        matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2190}'..='\u{21ff}' | '\u{2b00}'..='\u{2bff}'
            | '\u{2300}'..='\u{23ff}' | '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '\u{e0020}'..='\u{e007f}' | '\u{3030}' | '\u{303d}')
    };
    let is_keycap =
        alt.ends_with('\u{20e3}') && alt.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '#' | '*'));
    (alt.chars().all(is_emoji) || is_keycap).then_some(alt)
}

/// Whether a text is short enough for a mark, and no word: `1`, `[12]`, `*`, `†`, `a`, `note 3`.
fn is_mark(node: NodeRef<'_, Node>) -> bool {
    let text = text_of(node, MARK + 1);
    let bare = text.trim().trim_matches(['[', ']', '(', ')']);
    let is_number = bare.split_whitespace().last().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let is_letter = bare.chars().count() == 1;
    text.len() <= MARK && !bare.is_empty() && (is_number || is_letter || bare.chars().all(|c| "*†‡§¶".contains(c)))
}

/// Whether a link to a place on this page is that of a note: it is set above the line, or is called so.
fn is_of_note(node: NodeRef<'_, Node>, markup: &Markup) -> bool {
    let is_sup = |node: NodeRef<'_, Node>| node.value().as_element().is_some_and(|element| element.name() == "sup");
    let called = ["class", "id", "role", "href"].iter().filter_map(|name| attribute(markup, name));
    let is_called = |name: &str| {
        ["footnote", "noteref", "fnref", "_ftn", "_edn", "endnote", "#fn", "#note", "#cite", "#ref"]
            .iter()
            .any(|word| name.contains(word))
    };
    node.children().any(is_sup) || node.parent().is_some_and(is_sup) || called.into_iter().any(is_called)
}

fn links(node: NodeRef<'_, Node>) -> impl Iterator<Item = &Markup> {
    node.descendants().filter_map(|node| node.value().as_element()).filter(|element| element.name() == "a").take(2)
}

/// Whether a parent has text next to one of its children.
fn has_text(parent: NodeRef<'_, Node>, child: NodeRef<'_, Node>) -> bool {
    let others = parent.children().filter(|other| other.id() != child.id());
    others.into_iter().any(|other| other.value().as_text().is_some_and(|text| !text.trim().is_empty()))
}

/// The first bytes of a subtree's text, as many as are asked for or a little more.
fn text_of(node: NodeRef<'_, Node>, most: usize) -> String {
    let mut text = String::new();
    for part in node.descendants().filter_map(|part| part.value().as_text()) {
        text.extend(part.chars().take(most));
        if text.len() >= most {
            break;
        }
    }
    text
}
