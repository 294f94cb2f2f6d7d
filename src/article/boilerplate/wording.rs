//! What a block says of itself, in many languages: the phrases are data, in `wording.txt`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::Reason;
use crate::article::outline::Block;

/// How a phrase has to stand in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the whole block, but for punctuation.
    Whole,
    /// The block begins with it, and is short.
    Start,
    /// The block begins with it and a colon follows.
    Label,
    /// It is anywhere in the block.
    Any,
}

struct Wording {
    automaton: AhoCorasick,
    phrases: Vec<(Reason, Place)>,
}

/// Longest block, in weight, that wording is asked about.
const MAX_WEIGHT: usize = 400;
/// Longest block that a beginning decides on.
const SHORT: usize = 110;

static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    let (mut patterns, mut phrases) = (Vec::new(), Vec::new());
    for line in include_str!("wording.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let Some((head, list)) = line.split_once('\t') else { continue };
        let Some((reason, place)) = head.split_once(' ').and_then(|(r, p)| Some((reason_named(r)?, place_named(p)?)))
        else {
            continue;
        };
        for phrase in list.split(" ; ") {
            patterns.push(phrase.trim());
            phrases.push((reason, place));
        }
    }
    let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(patterns).expect("the file is small");
    Wording { automaton, phrases }
});

/// The reason that a block's own words give to drop it.
pub(super) fn reason(block: &Block) -> Option<Reason> {
    if block.weight > MAX_WEIGHT {
        return None;
    }
    let text = block.text.to_lowercase();
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '©');
    WORDING.automaton.find_overlapping_iter(text).find_map(|found| {
        let (reason, place) = WORDING.phrases[found.pattern()];
        let begins = found.start() == 0;
        let rest = &text[found.end()..];
        let ends = rest.chars().next().is_none_or(|c| !c.is_alphanumeric() || crate::text::is_wide(c));
        let fits = match place {
            Place::Whole => begins && rest.is_empty(),
            Place::Start => {
                begins && ends && (block.weight < SHORT || reason != Reason::Date && block.link_density() > 0.3)
            }
            Place::Label => begins && rest.trim_start().starts_with([':', '：', '>', '»', '|', '→', '–', '-']),
            Place::Any => ends,
        };
        fits.then_some(reason)
    })
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
