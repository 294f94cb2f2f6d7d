//! Notes to the readers in the story's column: who wrote it and how to reach them, where to subscribe, what was paid
//! for, what the publisher answers for.
//!
//! PURE. No sign of them decides alone, except an author's name at the beginning and an address near the end: a note is
//! set off from the story, comes before or after it, speaks to its readers and of itself, and leads to what the site
//! offers them. Each sign has a weight; enough of them together are a note.

use super::setting::{Setting, is_speech, speaks};
use super::{Known, Reason, Verdict};
use crate::article::extract::ends_sentence;
use crate::article::outline::{Block, Kind, Outline, Signs};

/// How many kept blocks from the end a bio or an address may be.
const REACH: usize = 4;
/// Heaviest note.
const NOTE: usize = 500;
/// Least weight of signs that are a note.
const ENOUGH: usize = 4;
/// Marks that open a quotation.
const QUOTES: [char; 5] = ['“', '"', '«', '„', '「'];
/// Signs of markup that calls a text a note of some kind.
const CALLED: Signs = Signs::NOTE.and(Signs::DATE).and(Signs::BYLINE).and(Signs::TOOLS).and(Signs::FORM);
/// Words by which a text speaks of itself.
const ITSELF: &[&str] = &[
    "this article",
    "this story",
    "this post",
    "this piece",
    "this report",
    "this column",
    "this page",
    "this site",
    "this series",
    "dieser artikel",
    "dieses artikels",
    "diesem artikel",
    "dieser text",
    "dieser beitrag",
    "diesen beitrag",
    "cet article",
    "ce texte",
    "este artículo",
    "esta nota",
    "este texto",
    "este artigo",
    "esta reportagem",
    "questo articolo",
    "dit artikel",
    "denna artikel",
    "denne artikel",
    "denne artikkelen",
    "ten artykuł",
    "tego artykułu",
    "ten wpis",
    "tego wpisu",
    "tento článek",
    "эта статья",
    "этой статьи",
    "bu haber",
    "bu yazı",
    "artikel ini",
    "この記事",
    "本文",
    "이 기사",
    "هذا المقال",
];

/// Drops the notes among what is kept.
pub(super) fn judge(outline: &Outline, setting: &Setting<'_>, verdicts: &mut [Verdict], known: &Known<'_>) {
    let kept: Vec<usize> = (0..verdicts.len()).filter(|&place| verdicts[place].1.is_none()).collect();
    let position = |nth, ends| match nth {
        _ if ends => Position::Last,
        0 => Position::First,
        _ => Position::Among,
    };
    let (mut seen, mut ends) = (0, true);
    for (nth, &place) in kept.iter().enumerate().rev() {
        let at = verdicts[place].0;
        let block = &outline.blocks[at];
        let is_about = || kept.len() > 3 && seen <= REACH && (is_bio(block, known) || is_contact(block, known));
        let reason = match block.weight < NOTE {
            true if is_about() => Some(Reason::AuthorBio),
            true if is_note(outline, setting, at, position(nth, ends)) => Some(Reason::Note),
            _ => None,
        };
        verdicts[place].1 = verdicts[place].1.or(reason);
        seen += usize::from(reason.is_none());
        ends &= reason.is_some();
    }
}

/// Where a text is in what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    First,
    Among,
    Last,
}

/// Whether the signs of a note are enough.
fn is_note(outline: &Outline, setting: &Setting<'_>, at: usize, position: Position) -> bool {
    let block = &outline.blocks[at];
    let own = outline.elements[block.element].own | block.inline;
    let of_name = 2 * usize::from(own.any(CALLED)) + 2 * usize::from(block.services > 0);
    let of_place = 2 * usize::from(setting.is_set_off(at))
        + usize::from(setting.is_apart(at))
        + usize::from(block.onward * 5 > block.weight)
        + usize::from(position != Position::Among);
    // words alone are never enough
    let is_text = matches!(block.kind, Kind::Paragraph | Kind::Bare) && !setting.is_deck(at);
    if !is_text || of_name + of_place + 2 < ENOUGH || of_name == 0 && position == Position::Among {
        return false;
    }
    let lower = block.text.to_lowercase();
    let of_words =
        usize::from(speaks(&block.text, usize::MAX)) + usize::from(ITSELF.iter().any(|words| lower.contains(words)));
    let of_story = usize::from(is_speech(&lower)) + usize::from(block.text.contains(QUOTES));
    // stories open in italics
    (position != Position::First || of_name + of_words > 0) && of_name + of_place + of_words >= ENOUGH + of_story
}

/// `Jane Doe writes about the sea.`: it begins with an author's whole name, and quotes nobody.
fn is_bio(block: &Block, known: &Known<'_>) -> bool {
    if known.authors.is_empty() {
        return false;
    }
    let lower = block.text.to_lowercase();
    let quotes = block.text.contains(QUOTES);
    let is_name = |name: &String| name.contains(' ') || name.chars().any(crate::text::is_wide);
    let begins = |name: &String| {
        let at = lower.find(name.as_str());
        at.is_some_and(|at| at <= 8 && lower[at + name.len()..].starts_with([' ', ',', '\u{2019}', '\'']))
    };
    !quotes && known.authors.iter().filter(|name| is_name(name)).any(begins)
}

/// An e-mail address: how to reach the author or the publisher. What a sentence says of somebody else's is the story's:
/// whom witnesses may write to, where seats are booked.
fn is_contact(block: &Block, known: &Known<'_>) -> bool {
    let address = |word: &'_ str| -> Option<String> {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
        let (user, host) = word.split_once('@')?;
        (!user.is_empty() && host.contains('.') && host.len() > 3).then(|| host.to_lowercase())
    };
    let Some(host) = block.text.split_whitespace().find_map(address) else { return false };
    let lower = block.text.to_lowercase();
    let is_ours = !known.site.is_empty() && host.ends_with(known.site);
    let names_author =
        known.authors.iter().flat_map(|name| name.split(' ')).any(|name| name.len() > 2 && lower.contains(name));
    is_ours || names_author || !ends_sentence(&block.text)
}
