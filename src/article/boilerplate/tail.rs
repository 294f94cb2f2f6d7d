//! What stands behind the end of the story.

use super::{Known, Reason, Verdict};
use crate::article::extract::is_prose;
use crate::article::outline::{Block, Kind, Outline, Signs};

/// Reasons that, once met with no prose after them, drop the rest too: a heading over links, a form, a notice.
const ENDS: &[Reason] = &[
    Reason::Related,
    Reason::Comments,
    Reason::Newsletter,
    Reason::Copyright,
    Reason::Share,
    Reason::AuthorBio,
    Reason::Tags,
];
/// How many kept blocks from the end a bio or a note may stand.
const REACH: usize = 4;
/// Heaviest line that points elsewhere.
const POINTER: usize = 200;
/// Heaviest note.
const NOTE: usize = 500;
/// Marks that open a quotation.
const QUOTES: [char; 5] = ['“', '"', '«', '„', '「'];
/// Words by which headings over a self-portrait begin.
const ABOUT: &[&str] = &[
    "about ",
    "über ",
    "à propos",
    "a propos",
    "sobre ",
    "acerca de",
    "chi è",
    "chi siamo",
    "informazioni su",
    "over ",
    "om ",
    "o nas",
    "об ",
    "о компании",
    "hakkında",
    "tentang ",
    "关于",
    "關於",
    "について",
    "회사 소개",
];

/// Drops, behind the last of the story, what is about its makers, and short leftovers.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict], known: &Known<'_>) {
    drop_self_portrait(outline, verdicts);
    drop_marked_notes(outline, verdicts);
    drop_notes(outline, verdicts, known);
    drop_pointers(outline, verdicts);
    drop_leftovers(outline, verdicts);
}

/// A last section under a heading such as `About Example Ltd`.
fn drop_self_portrait(outline: &Outline, verdicts: &mut [Verdict]) {
    let Some(start) = verdicts.iter().rposition(|(at, reason)| reason.is_none() && is_about(&outline.blocks[*at]))
    else {
        return;
    };
    let weight = |verdicts: &[Verdict]| -> usize {
        verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| outline.blocks[*at].weight).sum()
    };
    let (before, after) = (weight(&verdicts[..start]), weight(&verdicts[start..]));
    let headed = verdicts[start + 1..].iter().any(|(at, _)| matches!(outline.blocks[*at].kind, Kind::Heading(_)));
    if after * 2 < before && !headed {
        for (_, reason) in verdicts[start..].iter_mut().filter(|(_, reason)| reason.is_none()) {
            *reason = Some(Reason::AuthorBio);
        }
    }
}

fn is_about(block: &Block) -> bool {
    let heading = matches!(block.kind, Kind::Heading(_)) || block.bold == block.weight;
    let lower = block.text.to_lowercase();
    heading
        && block.weight < 70
        && !lower.ends_with('?')
        && ABOUT.iter().any(|word| lower.starts_with(word) || lower.ends_with(word.trim()) && !word.is_ascii())
}

/// What the markup calls a note or a box of facts, where nothing else follows it.
fn drop_marked_notes(outline: &Outline, verdicts: &mut [Verdict]) {
    const MARKED: Signs = Signs::NOTE.and(Signs::INFOBOX);
    let is_told = |(at, reason): &Verdict| reason.is_none() && !outline.signs(*at).any(MARKED);
    let Some(last) = verdicts.iter().rposition(is_told) else { return };
    for (_, reason) in verdicts[last + 1..].iter_mut().filter(|(_, reason)| reason.is_none()) {
        *reason = Some(Reason::Note);
    }
}

/// Notes on who wrote it and how to reach them, among the last blocks that were kept.
fn drop_notes(outline: &Outline, verdicts: &mut [Verdict], known: &Known<'_>) {
    let kept = verdicts.iter().filter(|(_, reason)| reason.is_none()).count();
    let mut seen = 0;
    for (at, reason) in verdicts.iter_mut().rev().filter(|(_, reason)| reason.is_none()) {
        let block = &outline.blocks[*at];
        let is_note = is_bio(block, known) || is_contact(&block.text);
        if is_note && block.weight < NOTE && kept > 3 {
            *reason = Some(Reason::AuthorBio);
        }
        seen += usize::from(!is_note);
        if seen > REACH {
            break;
        }
    }
}

/// Short lines with written addresses, where more is told, behind a rule such as `___` that ends the story.
fn drop_pointers(outline: &Outline, verdicts: &mut [Verdict]) {
    let is_rule = |text: &str| text.chars().all(|c| matches!(c, '_' | '-' | '*' | '—' | ' '));
    let kept = verdicts.iter().rev().filter(|(_, reason)| reason.is_none());
    let Some((rule, _)) = kept.take(REACH + 1).find(|(at, _)| is_rule(&outline.blocks[*at].text)) else { return };
    let rule = *rule;
    for (at, reason) in verdicts.iter_mut().filter(|(at, reason)| *at > rule && reason.is_none()) {
        let block = &outline.blocks[*at];
        let mut words = block.text.split_whitespace();
        if block.weight < POINTER
            && words.any(|word| ["http://", "https://", "www."].iter().any(|s| word.starts_with(s)))
        {
            *reason = Some(Reason::Related);
        }
    }
}

/// `Jane Doe writes about the sea.`: it begins with an author's whole name, and quotes nobody.
fn is_bio(block: &Block, known: &Known<'_>) -> bool {
    if known.authors.is_empty() || block.weight >= NOTE {
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

/// An e-mail address or a handle: how to reach somebody.
fn is_contact(text: &str) -> bool {
    text.chars().count() < 300
        && text.split_whitespace().any(|word| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
            word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && host.len() > 3)
        })
}

/// Short leftovers behind the last prose, from the first block on that was dropped for such a reason.
fn drop_leftovers(outline: &Outline, verdicts: &mut [Verdict]) {
    let prose = |(at, reason): &Verdict| reason.is_none() && is_prose(&outline.blocks[*at]);
    let Some(last) = verdicts.iter().rposition(prose) else { return };
    let mut end = None;
    for (at, reason) in &mut verdicts[last + 1..] {
        match reason {
            Some(reason) if ENDS.contains(reason) => end = Some(*reason),
            None if outline.blocks[*at].weight < 200 => *reason = end,
            _ => {}
        }
    }
}
