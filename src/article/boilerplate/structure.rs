//! What the markup around a block says of it.

use super::{Known, Reason};
use crate::article::extract::is_prose;
use crate::article::outline::{Block, Kind, Outline, Signs};

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
    (Signs::PULL_QUOTE, Reason::Repeated),
];

/// Heaviest text under a picture that is its caption.
const CAPTION: usize = 320;

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
        // in a live blog, a heading stands beside its time
        Reason::Date => !matches!(block.kind, Kind::Heading(_)),
        _ => true,
    };
    decides(ALONE)
        .or_else(|| (block.kind == Kind::Caption).then_some(Reason::Caption))
        .or_else(|| if is_prose(block) { None } else { decides(SHORT).filter(fits) })
        .or_else(|| is_under_picture(outline, block, signs).then_some(Reason::Caption))
        .or_else(|| is_byline(block, lower, known).then_some(Reason::Byline))
        .or_else(|| is_link(block).then_some(Reason::Related))
}

/// A text that shares its container with a picture, and with nothing else.
fn is_under_picture(outline: &Outline, block: &Block, signs: Signs) -> bool {
    let own = &outline.elements[block.element];
    let around = &outline.elements[own.parent];
    block.kind == Kind::Bare
        && !signs.any(Signs::QUOTE)
        && block.weight < CAPTION
        && [own, around].iter().any(|element| !element.pictures.is_empty() && element.blocks.len() <= 2)
}

/// A short block that is little but the authors' names, or begins like a byline and names one of them.
fn is_byline(block: &Block, lower: &str, known: &Known<'_>) -> bool {
    if block.weight > 130 {
        return false;
    }
    let named = known.authors.iter().filter(|name| lower.contains(name.as_str()));
    let length: usize = named.map(String::len).sum();
    length * 2 > lower.len() || length > 0 && begins_as_byline(lower)
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

/// A block that is nothing but links, and no list item: a story's own lists may link each of their items.
fn is_link(block: &Block) -> bool {
    block.link_density() > 0.8 && !matches!(block.kind, Kind::Heading(_) | Kind::Cell)
}
