//! What comes after the end of the story.

use super::notes;
use super::setting::Setting;
use super::{Known, Reason, Verdict};
use crate::article::extract::{ends_sentence, is_prose};
use crate::article::outline::{Block, Kind, Outline, Signs};

/// Reasons that drop the rest too, once they are found with no prose after them: a heading over links, a form, a
/// notice.
const ENDS: &[Reason] = &[
    Reason::Related,
    Reason::Comments,
    Reason::Newsletter,
    Reason::Copyright,
    Reason::Share,
    Reason::AuthorBio,
    Reason::Tags,
];
/// How many kept blocks from the end a bio or a note may be.
const REACH: usize = 4;
/// Heaviest line that points elsewhere.
const POINTER: usize = 200;
/// Longest sign of a writer, in characters.
const SIGNATURE: usize = 25;
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
pub(super) fn judge(outline: &Outline, setting: &Setting<'_>, verdicts: &mut [Verdict], known: &Known<'_>) {
    drop_self_portrait(outline, verdicts);
    drop_marked_notes(outline, verdicts);
    drop_signature(outline, verdicts);
    notes::judge(outline, setting, verdicts, known);
    drop_pointers(outline, verdicts);
    drop_leftovers(outline, setting, verdicts);
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
        && ABOUT.iter().any(|word| {
            let rest = || block.text.chars().skip(word.chars().count()).collect::<String>();
            lower.starts_with(word) && is_name(&rest()) || lower.ends_with(word.trim()) && !word.is_ascii()
        })
}

/// Whether what a heading is about is somebody: a name, or `us`, `the company`, `the author`.
fn is_name(text: &str) -> bool {
    const SMALL: &[&str] = &[
        "us",
        "me",
        "the",
        "this",
        "our",
        "and",
        "of",
        "for",
        "in",
        "at",
        "company",
        "author",
        "authors",
        "writer",
        "publisher",
        "site",
        "project",
        "uns",
        "mich",
        "die",
        "der",
        "das",
        "den",
        "dem",
        "und",
        "von",
        "autor",
        "autorin",
        "la",
        "le",
        "les",
        "l",
        "de",
        "du",
        "des",
        "et",
        "nous",
        "auteur",
        "société",
        "el",
        "los",
        "y",
        "nosotros",
        "empresa",
        "o",
        "a",
        "os",
        "e",
        "nós",
        "il",
        "lo",
        "di",
        "noi",
        "azienda",
        "het",
        "ons",
        "en",
        "van",
        "auteur",
        "oss",
        "och",
        "og",
        "компании",
        "нас",
        "авторе",
    ];
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_of_name =
        |word: &str| !word.starts_with(|c: char| c.is_lowercase()) || SMALL.contains(&word.to_lowercase().as_str());
    !text.trim_start().starts_with(|c: char| c.is_numeric()) && words().next().is_some() && words().all(is_of_name)
}

/// What the markup calls a note, where nothing else follows it.
fn drop_marked_notes(outline: &Outline, verdicts: &mut [Verdict]) {
    let is_told = |(at, reason): &Verdict| reason.is_none() && !outline.signs(*at).any(Signs::NOTE);
    let Some(last) = verdicts.iter().rposition(is_told) else { return };
    for (_, reason) in verdicts[last + 1..].iter_mut().filter(|(_, reason)| reason.is_none()) {
        *reason = Some(Reason::Note);
    }
}

/// The writer's sign at the end, in brackets or behind a dash: `(kas)`, `(dpa/kas)`, `— Example Wire`.
fn drop_signature(outline: &Outline, verdicts: &mut [Verdict]) {
    let Some((at, reason)) = verdicts.iter_mut().rfind(|(_, reason)| reason.is_none()) else { return };
    let block = &outline.blocks[*at];
    let text = block.text.trim();
    let inside = text.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']']));
    let behind = text.strip_prefix(['-', '–', '—']).filter(|name| !ends_sentence(name));
    let is_sign = |sign: &str| sign.chars().count() <= SIGNATURE && !sign.chars().any(char::is_numeric);
    if block.kind != Kind::Item && inside.or(behind).is_some_and(is_sign) {
        *reason = Some(Reason::Byline);
    }
}

/// Short lines with written addresses, where more is told, behind a rule such as `___` that ends the story.
fn drop_pointers(outline: &Outline, verdicts: &mut [Verdict]) {
    let is_rule = |text: &str| text.chars().all(|c| matches!(c, '_' | '-' | '*' | '—' | ' '));
    let last = verdicts.iter().rev().filter(|(at, reason)| reason.is_none() || is_rule(&outline.blocks[*at].text));
    let Some((rule, _)) = last.take(REACH + 1).find(|(at, _)| is_rule(&outline.blocks[*at].text)) else { return };
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

/// Short leftovers behind the last prose, from the first block on that was dropped for such a reason. Sentences that
/// are set as the story's are none, nor are lines under a subhead of its own.
fn drop_leftovers(outline: &Outline, setting: &Setting<'_>, verdicts: &mut [Verdict]) {
    let prose = |(at, reason): &Verdict| reason.is_none() && is_prose(&outline.blocks[*at]);
    let Some(last) = verdicts.iter().rposition(prose) else { return };
    let parent = |at: usize| outline.elements[outline.blocks[at].element].parent;
    let home = parent(verdicts[last].0);
    let (mut end, mut head) = (None, None);
    for place in last + 1..verdicts.len() {
        let (at, reason) = verdicts[place];
        let block = &outline.blocks[at];
        let (is_ours, is_paragraph) = (parent(at) == home, block.kind == Kind::Paragraph);
        let is_line = is_ours && is_paragraph && !block.text.ends_with(['?', '？']);
        match reason {
            Some(reason) if ENDS.contains(&reason) => end = Some(reason),
            None if is_line && setting.is_told(at) => {}
            None if is_line && head.is_some() && setting.is_alike(at) => {
                // the subhead stays with what it heads
                head.into_iter().for_each(|head: usize| verdicts[head].1 = None);
            }
            None if block.weight < 200 => {
                let is_head = is_ours && matches!(block.kind, Kind::Heading(_)) && block.linked == 0;
                head = is_head.then_some(place);
                verdicts[place].1 = end;
            }
            _ => {}
        }
    }
}
