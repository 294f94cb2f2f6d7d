//! What the markup around a block says of it.

use super::setting::Setting;
use super::{Known, Reason};
use crate::article::extract::{breaks_off, ends_sentence, is_prose};
use crate::article::outline::{Block, Element, Kind, Outline, Signs, Tag, weight};

/// Signs that decide alone, and what they mean.
const ALONE: &[(Signs, Reason)] = &[
    (Signs::HIDDEN, Reason::Hidden),
    (Signs::ADVERT, Reason::Advert),
    (Signs::COMMENTS, Reason::Comments),
    (Signs::CONSENT, Reason::Consent),
    (Signs::NEWSLETTER, Reason::Newsletter),
    (Signs::SHARE, Reason::Share),
    (Signs::BREADCRUMB, Reason::Breadcrumb),
    (Signs::RELATED.and(Signs::CARD), Reason::Related),
    (Signs::CONTENTS, Reason::Contents),
    (Signs::PROMO, Reason::Promotion),
    (Signs::BIO, Reason::AuthorBio),
    (Signs::COPYRIGHT, Reason::Copyright),
    (Signs::NAVIGATION, Reason::Navigation),
    (Signs::TAGS, Reason::Tags),
    (Signs::FOOTER, Reason::Navigation),
    (Signs::ASIDE, Reason::Related),
    (Signs::OVERLAY, Reason::Promotion),
    (Signs::CAPTION, Reason::Caption),
];

/// Heaviest text under a picture that is its caption.
const CAPTION: usize = 320;
/// How many characters from the beginning a byline names somebody.
const NAMED: usize = 60;
/// Least weight of a headline, and of a linked sentence.
const HEADLINE: usize = 15;
const SENTENCE: usize = 60;
/// Heaviest label before a link.
const LABEL: usize = 40;

/// Signs that decide for short texts.
const SHORT: &[(Signs, Reason)] = &[
    (Signs::TOOLS, Reason::Tools),
    (Signs::PAYWALL, Reason::Paywall),
    (Signs::BYLINE, Reason::Byline),
    (Signs::DATE, Reason::Date),
    (Signs::KICKER, Reason::Tags),
    (Signs::FORM, Reason::Form),
    (Signs::MEDIA, Reason::Caption),
];

/// The reason to drop a block, as far as its place and shape give one. `lower` is its text in lower case.
pub(super) fn reason(outline: &Outline, at: usize, lower: &str, known: &Known<'_>) -> Option<Reason> {
    let (block, signs) = (&outline.blocks[at], outline.signs(at));
    let decides =
        |table: &[(Signs, Reason)]| table.iter().find(|(sign, _)| signs.any(*sign)).map(|(_, reason)| *reason);
    let fits = |reason: &Reason| match reason {
        Reason::Caption => !signs.any(Signs::TABLE.and(Signs::QUOTE)),
        // in a live blog, a heading is next to its time
        Reason::Date => !matches!(block.kind, Kind::Heading(_)),
        _ => !heads_sibling(outline, at),
    };
    decides(ALONE)
        .or_else(|| (block.kind == Kind::Caption).then_some(Reason::Caption))
        .or_else(|| if is_prose(block) { None } else { decides(SHORT).filter(fits) })
        .or_else(|| is_in_figure(outline, block, signs).then_some(Reason::Caption))
        .or_else(|| is_under_picture(outline, block, signs).then_some(Reason::Caption))
        .or_else(|| is_byline(block, lower, known).then_some(Reason::Byline))
}

/// Whether it is a heading over prose that is next to it: what is said of both decides for neither.
fn heads_sibling(outline: &Outline, at: usize) -> bool {
    let parent = |at: usize| outline.elements[outline.blocks[at].element].parent;
    let next = outline.blocks.get(at + 1).filter(|next| is_prose(next));
    matches!(outline.blocks[at].kind, Kind::Heading(_)) && next.is_some() && parent(at) == parent(at + 1)
}

/// A text that shares its container with a picture, and with nothing else.
fn is_under_picture(outline: &Outline, block: &Block, signs: Signs) -> bool {
    let own = &outline.elements[block.element];
    let around = &outline.elements[own.parent];
    let has_picture = |element: &&Element| !element.pictures.is_empty() && element.blocks.len() <= 2;
    let is_caption = match block.kind {
        Kind::Bare => [own, around].iter().any(has_picture),
        // the picture's own container, and the only one that is made like it
        Kind::Paragraph => {
            let alike = |at: &usize| outline.elements[*at].label == around.label;
            let siblings = || outline.children(around.parent).filter(alike);
            own.pictures.is_empty() && around.blocks.len() == 1 && has_picture(&around) && siblings().count() <= 2
        }
        _ => false,
    };
    is_caption && !signs.any(Signs::QUOTE) && block.weight < CAPTION
}

/// A short block that is little but the authors' names, or begins like a byline and names one of them.
fn is_byline(block: &Block, lower: &str, known: &Known<'_>) -> bool {
    if block.weight > 130 {
        return false;
    }
    let named = known.authors.iter().filter(|name| lower.contains(name.as_str()));
    let length: usize = named.map(String::len).sum();
    let beginning: String = lower.chars().take(NAMED).collect();
    let leads = || begins_as_byline(lower) && known.authors.iter().any(|name| beginning.contains(name.as_str()));
    length * 2 > lower.len() || leads()
}

fn begins_as_byline(lower: &str) -> bool {
    const LEADS: &[&str] = &[
        "by ",
        "written by ",
        "von ",
        "par ",
        "por ",
        "di ",
        "door ",
        "av ",
        "af ",
        "autor",
        "author",
        "text: ",
        "updated",
        "published",
        "posted",
        "reported by ",
    ];
    LEADS.iter().any(|lead| lower.starts_with(lead))
}

/// A text in a figure that holds a picture and little else.
fn is_in_figure(outline: &Outline, block: &Block, signs: Signs) -> bool {
    if !signs.any(Signs::MEDIA) || signs.any(Signs::TABLE.and(Signs::QUOTE)) || matches!(block.kind, Kind::Heading(_)) {
        return false;
    }
    let is_figure = |at: &usize| outline.elements[*at].tag == Tag::Figure;
    let figure = outline.ancestors(block.element).find(is_figure).map(|at| &outline.elements[at]);
    figure.is_some_and(|figure| {
        let weight: usize = outline.blocks[figure.blocks.clone()].iter().map(|block| block.weight).sum();
        !figure.pictures.is_empty() && weight < CAPTION
    })
}

/// Whether half of the list around an item or more is links.
fn is_among_links(outline: &Outline, item: &Block) -> bool {
    let list = outline.ancestors(item.element).find(|&at| outline.elements[at].tag == Tag::List);
    let blocks = list.map_or(&[][..], |list| &outline.blocks[outline.elements[list].blocks.clone()]);
    let links = blocks.iter().filter(|block| block.linked * 2 > block.weight).count();
    list.is_none() || links * 2 >= blocks.len()
}

/// A block that is nothing but a link. A sentence among sentences is the story's, linked or not, and so are the items
/// of a list that lead away from the site; a heading leads to another story where it leads to another page of the site.
pub(super) fn is_link(setting: &Setting<'_>, outline: &Outline, at: usize) -> bool {
    let block = &outline.blocks[at];
    match block.kind {
        Kind::Cell => false,
        // several of a make over prose are how the story itself is set
        Kind::Heading(_) => block.leads_onward() && block.weight >= HEADLINE && !setting.heads(at),
        _ if setting.is_single(at) && is_labelled(block) => true,
        _ if block.link_density() <= 0.8 => false,
        // a question that unfolds its answer
        _ if block.onward + block.away == 0 && block.text.ends_with(['?', '？', '؟']) => false,
        Kind::Item => (block.linked - block.away) * 2 > block.weight && is_among_links(outline, block),
        // who is quoted is quoted with the source
        _ if block.away * 2 > block.weight && ends_sentence(&block.text) && !breaks_off(&block.text) => {
            !setting.is_told(at) && !outline.signs(at).any(Signs::QUOTE)
        }
        _ => block.weight < SENTENCE || !setting.is_told(at),
    }
}

/// Whether a text is a label and what it leads to: a link to another page of the site.
fn is_labelled(block: &Block) -> bool {
    let Some(end) = block.text.find([':', '：', '|', '»']) else { return false };
    let label = weight(&block.text[..end]) + 1;
    let rest = block.weight.saturating_sub(label);
    label <= LABEL && rest >= HEADLINE && block.onward <= rest && block.onward * 10 > rest * 9
}
