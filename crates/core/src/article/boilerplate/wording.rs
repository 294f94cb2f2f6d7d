//! What a block says of itself, in many languages: the phrases are data, in `wording.txt`.

use std::{collections::HashMap, sync::LazyLock};

use aho_corasick::AhoCorasick;

use super::Reason;
use crate::article::outline::{Block, Kind};

/// Where a phrase has to be in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the whole block, except for punctuation.
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
    /// Those that may be anywhere, and their reasons.
    anywhere: AhoCorasick,
    anywhere_phrases: Vec<(&'static str, Reason)>,
}

/// Longest block that a beginning decides on.
const SHORT: usize = 110;

static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    let (mut beginnings, mut phrases) = (HashMap::<char, Vec<Beginning>>::new(), Vec::new());
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
                _ => phrases.push((phrase, reason)),
            }
        }
    }
    let anywhere = AhoCorasick::new(phrases.iter().map(|(phrase, _)| phrase)).expect("the file is small");
    Wording { beginnings, anywhere, anywhere_phrases: phrases }
});

/// A phrase that was found in a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) reason: Reason,
    pub(super) place: Place,
    pub(super) phrase: &'static str,
    /// Whether it is at the beginning, and another phrase comes anywhere after it.
    twice: bool,
}

impl Hit {
    /// How much a phrase says: the more words it has, the less it is there by chance.
    pub(super) fn strength(&self) -> usize {
        let long = if self.phrase.contains(crate::text::is_wide) { 3 } else { self.phrase.split(' ').count().min(3) };
        match self.place {
            Place::Any => 3,
            _ if self.twice => 3 + long,
            _ => long,
        }
    }

    /// Whether it calls on readers to do something.
    pub(super) fn is_call(&self) -> bool {
        use Reason::{Comments, Newsletter, Paywall, Promotion, Share};
        let calls = [Comments, Newsletter, Paywall, Promotion, Share].contains(&self.reason);
        calls && self.place == Place::Start && (self.twice || self.strength() >= 3)
    }
}

/// The phrase by which a block's own words say what it is. `lower` is its text in lower case.
pub(super) fn hit(block: &Block, lower: &str) -> Option<Hit> {
    let text = lower.trim_matches(|c: char| !c.is_alphanumeric() && c != '©');
    let phrases = text.chars().next().and_then(|first| WORDING.beginnings.get(&first)).into_iter().flatten();
    let begins = phrases
        .filter(|phrase| phrase.fits(block, text))
        .max_by_key(|phrase| (phrase.phrase.len(), phrase.place == Place::Whole));
    let anywhere = anywhere(text);
    let of =
        |&Beginning { phrase, reason, place }: &Beginning| Hit { reason, place, phrase, twice: anywhere.is_some() };
    begins.map(of).or(anywhere)
}

fn anywhere(text: &str) -> Option<Hit> {
    let found = WORDING.anywhere.find_iter(text).find(|found| ends_word(&text[found.end()..]))?;
    let (phrase, reason) = WORDING.anywhere_phrases[found.pattern()];
    Some(Hit { reason, place: Place::Any, phrase, twice: false })
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
                ends_word(rest)
                    && (block.weight < SHORT
                        || self.reason == Reason::Correction
                        || self.reason != Reason::Date && block.link_density() > 0.3)
            }
            Place::Label if rest.is_empty() => !matches!(block.kind, Kind::Heading(_)),
            // a hyphen that joins words leads to nothing
            Place::Label if rest.starts_with('-') => rest[1..].starts_with(char::is_whitespace),
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
        Reason::Correction,
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
