//! What a block says of itself, in many languages: the phrases are data, in `wording.txt`.

use std::{collections::HashMap, sync::LazyLock};

use aho_corasick::AhoCorasick;

use super::Reason;
use crate::article::outline::{Block, Kind};

/// How a phrase has to stand in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the whole block, but for punctuation.
    Whole,
    /// The block begins with it, and is short.
    Start,
    /// The block begins with it and a colon follows, or it is the whole block and that is no heading.
    Label,
    /// It is anywhere in the block.
    Any,
}

/// A phrase that a block may begin with.
struct Beginning {
    phrase: &'static str,
    reason: Reason,
    place: Place,
}

struct Wording {
    /// Phrases at a block's beginning, by their first character.
    beginnings: HashMap<char, Vec<Beginning>>,
    /// Those that may stand anywhere, and their reasons.
    anywhere: AhoCorasick,
    reasons: Vec<Reason>,
}

/// Longest block, in weight, that wording is asked about.
const MAX_WEIGHT: usize = 400;
/// Longest block that a beginning decides on.
const SHORT: usize = 110;

static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    let (mut beginnings, mut patterns, mut reasons) = (HashMap::<char, Vec<Beginning>>::new(), Vec::new(), Vec::new());
    for line in include_str!("wording.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let Some((head, list)) = line.split_once('\t') else { continue };
        let Some((reason, place)) = head.split_once(' ').and_then(|(r, p)| Some((reason_named(r)?, place_named(p)?)))
        else {
            continue;
        };
        for phrase in list.split(" ; ").map(str::trim) {
            match phrase.chars().next() {
                Some(first) if place != Place::Any => {
                    beginnings.entry(first).or_default().push(Beginning { phrase, reason, place });
                }
                _ => {
                    patterns.push(phrase);
                    reasons.push(reason);
                }
            }
        }
    }
    Wording { beginnings, anywhere: AhoCorasick::new(patterns).expect("the file is small"), reasons }
});

/// The reason that a block's own words give to drop it. `lower` is its text in lower case.
pub(super) fn reason(block: &Block, lower: &str) -> Option<Reason> {
    if block.weight > MAX_WEIGHT {
        return None;
    }
    let text = lower.trim_matches(|c: char| !c.is_alphanumeric() && c != '©');
    let phrases = text.chars().next().and_then(|first| WORDING.beginnings.get(&first)).into_iter().flatten();
    phrases.filter(|phrase| phrase.fits(block, text)).map(|phrase| phrase.reason).next().or_else(|| anywhere(text))
}

fn anywhere(text: &str) -> Option<Reason> {
    let found = WORDING.anywhere.find_iter(text).find(|found| ends_word(&text[found.end()..]));
    found.map(|found| WORDING.reasons[found.pattern()])
}

/// Whether a word ends before the rest of a text.
fn ends_word(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| !c.is_alphanumeric() || crate::text::is_wide(c))
}

impl Beginning {
    fn fits(&self, block: &Block, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.phrase) else { return false };
        match self.place {
            Place::Whole => rest.is_empty(),
            Place::Start => {
                ends_word(rest) && (block.weight < SHORT || self.reason != Reason::Date && block.link_density() > 0.3)
            }
            Place::Label if rest.is_empty() => !matches!(block.kind, Kind::Heading(_)),
            Place::Label => rest.trim_start().starts_with([':', '：', '>', '»', '|', '→', '–', '-']),
            Place::Any => false,
        }
    }
}

fn place_named(name: &str) -> Option<Place> {
    match name {
        "whole" => Some(Place::Whole),
        "start" => Some(Place::Start),
        "label" => Some(Place::Label),
        "any" => Some(Place::Any),
        _ => None,
    }
}

fn reason_named(name: &str) -> Option<Reason> {
    const NAMED: &[Reason] = &[
        Reason::Advert,
        Reason::AuthorBio,
        Reason::Byline,
        Reason::Caption,
        Reason::Comments,
        Reason::Consent,
        Reason::Contents,
        Reason::Copyright,
        Reason::Date,
        Reason::Newsletter,
        Reason::Note,
        Reason::Paywall,
        Reason::Promotion,
        Reason::Related,
        Reason::Share,
        Reason::Tags,
        Reason::Tools,
    ];
    NAMED.iter().copied().find(|reason| reason.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_data_is_read() {
        let lines = include_str!("wording.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        for line in lines {
            let (head, _) = line.split_once('\t').expect("a tab parts head and phrases");
            let (reason, place) = head.split_once(' ').expect("a reason and a place");
            assert!(reason_named(reason).is_some() && place_named(place).is_some(), "{line}");
            assert_eq!(line.to_lowercase(), line, "phrases are compared in lower case");
        }
    }
}
