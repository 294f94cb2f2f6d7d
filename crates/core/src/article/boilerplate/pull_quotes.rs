//! Quotations set large: one that repeats the story's words goes, with the line that says whose they are; one that is said
//! nowhere else stays.

use super::{Reason, Verdict};
use crate::article::outline::{Outline, Signs};

/// Share of a quotation's runs of words that another paragraph has to have, so that it repeats it; in hundredths.
const REPEATED: usize = 70;
/// Most blocks of a box that holds nothing but a quotation and its speaker.
const WITH_NAME: usize = 3;
/// How many letters are a run.
const RUN: usize = 12;

/// Drops the quotations that repeat what is kept.
pub(super) fn judge(outline: &Outline, verdicts: &mut [Verdict]) {
    const QUOTE: Signs = Signs::PULL_QUOTE.and(Signs::QUOTE);
    let is_quote = |at: usize| outline.signs(at).any(QUOTE) && !outline.signs(at).any(Signs::EMBED);
    if !verdicts.iter().any(|(at, reason)| reason.is_none() && is_quote(*at)) {
        return;
    }
    let told = verdicts.iter().filter(|(at, reason)| reason.is_none() && !is_quote(*at));
    let told: Vec<char> = told.flat_map(|(at, _)| letters(&outline.blocks[*at].text)).collect();
    let told: String = told.into_iter().collect();
    let quote_of = |at: usize| {
        let around = outline.ancestors(outline.blocks[at].element);
        let quote = around.filter(|&element| outline.elements[element].own.any(QUOTE)).last()?;
        // who said it may stand beside it
        let parent = outline.elements[quote].parent;
        Some(if outline.elements[parent].blocks.len() <= WITH_NAME { parent } else { quote })
    };
    for place in 0..verdicts.len() {
        let (at, reason) = verdicts[place];
        if reason.is_some() || !is_quote(at) {
            continue;
        }
        let whole = quote_of(at).map_or(at..at + 1, |element| outline.elements[element].blocks.clone());
        let longest = whole.clone().max_by_key(|&at| outline.blocks[at].weight).unwrap_or(at);
        if is_repeated(&outline.blocks[longest].text, &told) {
            let inside = verdicts.iter_mut().filter(|(at, reason)| whole.contains(at) && reason.is_none());
            inside.for_each(|(_, reason)| *reason = Some(Reason::Repeated));
        }
    }
}

/// Whether most of a text's words stand in another.
fn is_repeated(quote: &str, told: &str) -> bool {
    let quote: Vec<char> = letters(quote).collect();
    let runs: Vec<String> = quote.chunks_exact(RUN).map(|run| run.iter().collect()).collect();
    let said = runs.iter().filter(|run| memchr::memmem::find(told.as_bytes(), run.as_bytes()).is_some()).count();
    if runs.is_empty() {
        let all: String = quote.into_iter().collect();
        return told.contains(&all);
    }
    said * 100 >= runs.len() * REPEATED
}

fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}
