//! Pages that are no article, and which kind they are.
//!
//! PURE. Walls, error pages and teasers are told by what they say and how much: a long text is a story whatever the
//! page looks like otherwise. The phrases are data, in `phrases.txt`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::boilerplate::Verdict;
use super::extract::{breaks_off, ends_sentence, is_prose};
use super::metadata::{Metadata, PageKind};
use super::outline::{Outline, Signs};
use super::{NoArticle, NoArticleReason};

/// Least text, by weight, that is a story however little the page says of itself.
const STORY: usize = 210;
/// Least of a page that says that it is an article.
const SHORT_STORY: usize = 66;
/// Longest text of a wall before the page, and of an error page.
const NOTICE: usize = 3000;
const TROUBLE: usize = 1200;
/// How many phrases of consent make a page one that is about nothing else; how many of trouble, under a title of
/// trouble and under any other.
const CONSENTS: usize = 3;
const TROUBLES: [usize; 2] = [3, 6];
/// Longest teaser before a pitch; and of a page that says that its story is for those who pay, with its most
/// paragraphs.
const TEASER: usize = 900;
const PAID: usize = 600;
const FEW: usize = 2;
/// How many texts behind a teaser its pitch may come, and its heaviest.
const REACH: usize = 4;
const PITCH: usize = 400;
/// How much longer than its phrase a title may be that is one, in characters.
const MORE: usize = 14;

struct Phrases {
    wall_titles: Vec<&'static str>,
    error_titles: Vec<&'static str>,
    walls: AhoCorasick,
    errors: AhoCorasick,
    consents: AhoCorasick,
    troubles: AhoCorasick,
    pitches: AhoCorasick,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let of = |kind: &str| -> Vec<&'static str> {
        let lines = include_str!("refusal/phrases.txt").lines().filter_map(|line| line.split_once('\t'));
        lines.filter(|(head, _)| *head == kind).flat_map(|(_, phrases)| phrases.split(" ; ")).collect()
    };
    let any = |kind: &str| AhoCorasick::new(of(kind)).expect("the file is small");
    Phrases {
        wall_titles: of("wall-title"),
        error_titles: of("error-title"),
        walls: any("wall"),
        errors: any("error"),
        consents: any("consent"),
        troubles: any("trouble"),
        pitches: any("pitch"),
    }
});

/// What was read of a page.
pub(super) struct Findings<'a> {
    /// The story's text, as far as there is one.
    pub(super) text: &'a str,
    pub(super) meta: &'a Metadata,
    pub(super) outline: &'a Outline,
    pub(super) verdicts: &'a [Verdict],
    /// Whether the story is under a heading that says the page's title.
    pub(super) headed: bool,
    /// Whether a limit cut the page short.
    pub(super) cut: bool,
}

/// Whether what is kept is long enough to be a story, or the beginning of one.
pub(super) fn is_long(outline: &Outline, verdicts: &[Verdict]) -> bool {
    length(outline, verdicts) >= STORY
}

/// The weight of what is kept.
fn length(outline: &Outline, verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| outline.blocks[*at].weight).sum()
}

/// Why a page is no article, if it is none.
pub(super) fn refusal(found: &Findings<'_>) -> Option<NoArticle> {
    let length = length(found.outline, found.verdicts);
    let (reason, detail) = notice(found, length)
        .or_else(|| is_teaser(found, length).then_some(TEASED))
        .or_else(|| if length < STORY { nothing(found, length) } else { None })?;
    Some(NoArticle { reason, detail: detail.to_owned() })
}

type Why = (NoArticleReason, &'static str);
const WALL: Why = (NoArticleReason::Wall, "a wall before the page");
const TEASED: Why = (NoArticleReason::Paywall, "only the teaser is there");
const ERROR: Why = (NoArticleReason::ErrorPage, "an error page that was sent as a success");

/// A wall or an error page, by all that the page says.
fn notice(found: &Findings<'_>, length: usize) -> Option<Why> {
    if length < STORY {
        let said = said(found);
        return if said.chars().count() >= 2000 {
            None
        } else if PHRASES.walls.is_match(&said) {
            Some(WALL)
        } else {
            PHRASES.errors.is_match(&said).then_some(ERROR)
        };
    }
    // a page that says who wrote it, or when, is a story about such things
    let is_story = found.meta.kind == PageKind::Article && (found.meta.published.is_some() || length > TROUBLE);
    if is_story || length >= NOTICE || !found.meta.authors.is_empty() {
        return None;
    }
    let lower = found.text.to_lowercase();
    if says(&lower, &PHRASES.consents, CONSENTS + length / 1000) || is_titled(found, &PHRASES.wall_titles) {
        Some(WALL)
    } else {
        let least = TROUBLES[usize::from(!is_titled(found, &PHRASES.error_titles))];
        (length < TROUBLE && says(&lower, &PHRASES.troubles, least)).then_some(ERROR)
    }
}

/// Whether a text in lower case has so many of some phrases in it.
fn says(text: &str, phrases: &AhoCorasick, least: usize) -> bool {
    let mut met: Vec<_> = phrases.find_iter(text).map(|found| found.pattern()).collect();
    met.sort_unstable();
    met.dedup();
    met.len() >= least
}

/// Whether the page's title is one of some phrases, or says little more.
fn is_titled(found: &Findings<'_>, phrases: &[&str]) -> bool {
    let title = found.meta.title.as_deref().unwrap_or_default().to_lowercase();
    let title = title.trim_matches(|c: char| !c.is_alphanumeric());
    let is = |phrase: &&&str| {
        let rest = title.strip_prefix(**phrase);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric) && rest.chars().count() <= MORE)
    };
    phrases.iter().find(is).is_some()
}

/// Whether the text is the beginning of a story that is for those who pay: the page says so, or a pitch follows.
fn is_teaser(found: &Findings<'_>, length: usize) -> bool {
    let paid = found.meta.paywalled;
    let longest = if paid || breaks_off(found.text) { 2 * TEASER } else { TEASER };
    let kept = found.verdicts.iter().filter(|(_, reason)| reason.is_none());
    let is_short = || length < PAID && kept.filter(|(at, _)| is_prose(&found.outline.blocks[*at])).count() <= FEW;
    paid && is_short() || length < longest && is_pitched(found)
}

/// Whether, shortly behind the last of the story, something says that the rest is for those who pay.
fn is_pitched(found: &Findings<'_>) -> bool {
    const ELSEWHERE: Signs = Signs::NAVIGATION.and(Signs::HEADER).and(Signs::FOOTER).and(Signs::COMMENTS);
    let outline = found.outline;
    let is_kept = |(at, reason): &&Verdict| reason.is_none() && is_prose(&outline.blocks[*at]);
    let Some((last, _)) = found.verdicts.iter().rfind(is_kept) else { return false };
    let behind = (last + 1..outline.blocks.len()).filter(|&at| !outline.signs(at).any(ELSEWHERE));
    behind.take(REACH).any(|at| {
        let block = &outline.blocks[at];
        block.weight < PITCH && PHRASES.pitches.is_match(&block.text.to_lowercase())
    })
}

/// What a page is on which little or no text was found.
fn nothing(found: &Findings<'_>, length: usize) -> Option<Why> {
    Some(if found.meta.paywalled {
        TEASED
    } else if found.meta.kind == PageKind::Article && length >= SHORT_STORY {
        return None;
    } else if let PageKind::Other(what) = found.meta.kind {
        (NoArticleReason::NotAnArticle, what)
    } else if found.headed && found.meta.published.is_some() && length >= SHORT_STORY && is_told(found) {
        return None;
    } else if is_listing(found.outline) {
        (NoArticleReason::NotAnArticle, "a listing")
    } else if found.cut {
        (NoArticleReason::TooLarge, "the page is deeper or larger than the limits")
    } else if says(&said(found), &PHRASES.consents, CONSENTS) {
        WALL
    } else {
        (NoArticleReason::NoText, "nothing looks like a story")
    })
}

/// Whether half of what is kept or more is sentences, more than one.
fn is_told(found: &Findings<'_>) -> bool {
    let kept = found.verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| &found.outline.blocks[*at]);
    let all: usize = kept.clone().map(|block| block.weight).sum();
    let told: Vec<usize> = kept.filter(|block| ends_sentence(&block.text)).map(|block| block.weight).collect();
    told.len() > 1 && told.iter().sum::<usize>() * 2 >= all
}

/// All that the page says, in lower case, if it is little.
fn said(found: &Findings<'_>) -> String {
    let title = found.meta.title.as_deref().unwrap_or_default().to_lowercase();
    let blocks = found.outline.blocks.iter().take(60).map(|block| block.text.to_lowercase());
    std::iter::once(title).chain(blocks).collect::<Vec<_>>().join(" ")
}

/// Whether most of the page's text is links, or cards of stories.
fn is_listing(outline: &Outline) -> bool {
    let is_card = |at: usize| outline.signs(at).any(Signs::CARD);
    let of = |at: usize| if is_card(at) { outline.blocks[at].weight } else { outline.blocks[at].linked };
    let weight: usize = outline.blocks.iter().map(|block| block.weight).sum();
    let listed: usize = (0..outline.blocks.len()).map(of).sum();
    listed * 2 > weight && (outline.blocks.len() > 20 || (0..outline.blocks.len()).any(is_card))
}
