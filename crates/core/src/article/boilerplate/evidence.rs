//! What is kept, weighed once more: every sign for and against a block, each with a weight, summed up.
//!
//! PURE. The passes before this one follow one sign each. This one takes their results as signs in addition to others:
//! what the block is, what it and the elements around it are called, where it is in the rest of the story, what its
//! neighbours became, and a few words. A block is dropped if the sum is far below zero; nothing is brought back.
//!
//! The weights (`weights.txt`) are those of a logistic regression with an L1 penalty over pages that were read by eye
//! or have labels; `scripts/weights` fits them and writes the file. A sign that is not in the file weighs nothing.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::seen::{Seen, words};
use super::signs::Sign;
use super::{Reason, Verdict};
use crate::article::outline::{Kind, Signs};

/// A block is dropped where the odds for it are less than these: probabilities of .4, and of .15 for a sentence in the
/// middle of the story.
const ODDS: f32 = -0.405;
const ODDS_OF_SENTENCE: f32 = -1.735;
/// The part of the kept text that may be dropped at most: where the signs speak against more of it, they mislead.
const MOST: usize = 3;

/// The weight of each sign, and of each word.
struct Weights {
    signs: HashMap<Sign, f32>,
    words: HashMap<&'static str, f32>,
}

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    let named: HashMap<String, Sign> = Sign::all().map(|sign| (sign.to_string(), sign)).collect();
    let mut weights = Weights { signs: HashMap::new(), words: HashMap::new() };
    for line in include_str!("weights.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((name, weight)) = line.rsplit_once(' ') else { continue };
        let Ok(weight) = weight.parse() else { continue };
        match (name.strip_prefix("word="), named.get(name)) {
            (Some(word), _) => drop(weights.words.insert(word, weight)),
            (None, Some(&sign)) => drop(weights.signs.insert(sign, weight)),
            (None, None) => {}
        }
    }
    weights
});

/// Drops what the signs speak against.
pub(super) fn judge(page: &Seen<'_>, verdicts: &mut [Verdict]) {
    let blocks = &page.outline.blocks;
    let kept = || verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| *at);
    let against: Vec<usize> = kept().filter(|&at| is_judged(page, at) && odds(page, at) < least(page, at)).collect();
    let weight = |blocks_of: &mut dyn Iterator<Item = usize>| -> usize { blocks_of.map(|at| blocks[at].weight).sum() };
    if weight(&mut against.iter().copied()) * MOST > weight(&mut kept()) {
        return;
    }
    for (at, reason) in verdicts.iter_mut() {
        if against.binary_search(at).is_ok() {
            *reason = Some(Reason::Evidence);
        }
    }
}

/// Embedded posts are somebody's words, whatever they look like; a table of data is kept or dropped as a whole; a
/// heading goes with what it heads; numbers are where a list has them.
fn is_judged(page: &Seen<'_>, at: usize) -> bool {
    let is_set = page.outline.signs(at).any(Signs::EMBED.and(Signs::DATA)) || page.outline.ruled(at).is_some();
    let is_heading = matches!(page.outline.blocks[at].kind, Kind::Heading(_));
    !is_set && !is_heading && !page.is_deck(at) && page.outline.blocks[at].text.contains(char::is_alphabetic)
}

fn least(page: &Seen<'_>, at: usize) -> f32 {
    if page.is_sentence_amid(at) { ODDS_OF_SENTENCE } else { ODDS }
}

/// The logarithm of the odds that a block is the story's.
fn odds(page: &Seen<'_>, at: usize) -> f32 {
    let mut sum = 0.0;
    page.signs(at, &mut |sign| sum += WEIGHTS.signs.get(&sign).copied().unwrap_or_default());
    sum + words(&page.outline.blocks[at].text).iter().filter_map(|word| WEIGHTS.words.get(word.as_str())).sum::<f32>()
}

/// All signs of a block by their names, words too.
pub(in crate::article) fn names(page: &Seen<'_>, at: usize) -> Vec<String> {
    let mut names = Vec::new();
    page.signs(at, &mut |sign| names.push(sign.to_string()));
    names.extend(words(&page.outline.blocks[at].text).iter().map(|word| format!("word={word}")));
    names
}

/// The heaviest signs against a block, for those who ask why.
pub(in crate::article) fn heaviest(page: &Seen<'_>, at: usize, most: usize) -> Vec<String> {
    let mut against: Vec<(f32, String)> = Vec::new();
    page.signs(at, &mut |sign| {
        against.extend(WEIGHTS.signs.get(&sign).map(|&weight| (weight, sign.to_string())));
    });
    let of_words = words(&page.outline.blocks[at].text);
    against
        .extend(of_words.iter().filter_map(|word| Some((*WEIGHTS.words.get(word.as_str())?, format!("word={word}")))));
    against.sort_by(|one, other| one.0.total_cmp(&other.0));
    against.into_iter().filter(|(weight, _)| *weight < 0.0).take(most).map(|(_, name)| name).collect()
}
