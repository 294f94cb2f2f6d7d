//! Quotations set large: one that repeats the story's words is dropped, with the line that says whose they are; one
//! that is said nowhere else is kept. Other text apart from the story that repeats one of its sentences is dropped,
//! too.

use std::ops::Range;

use super::setting::Setting;
use super::{Reason, Verdict};
use crate::article::extract::{ends_sentence, is_prose};
use crate::article::outline::{Kind, Outline, Signs};
use crate::text::letters;

/// Share of a quotation's runs of words that another paragraph has to have, so that it repeats it; in hundredths.
const REPEATED: usize = 70;
/// The same of a text that nothing calls a quotation.
const SAID: usize = 95;
/// Least weight of what nothing calls a pull quote.
const LEAST: usize = 40;
/// Most of them on a page: what is said apart more often is how the story is set.
const MOST: usize = 50;
/// How many letters are a run.
const RUN: usize = 12;
/// Most blocks around a quotation and the line that says whose it is, and the heaviest such line.
const BLOCKS: usize = 3;
const WHOSE: usize = 110;

/// Drops what repeats what is kept.
pub(super) fn judge(outline: &Outline, setting: &Setting<'_>, verdicts: &mut [Verdict]) {
    let is_called = |at: usize| outline.signs(at).any(Signs::PULL_QUOTE);
    // a quotation of several paragraphs is the story's own
    let is_quote = |at: usize| {
        let mut around = outline.ancestors(outline.blocks[at].element).map(|element| &outline.elements[element]);
        let quote = around.find(|element| element.own.any(Signs::QUOTE));
        quote.is_some_and(|quote| quote.blocks.len() <= BLOCKS)
    };
    let is_again = |at: usize| {
        let block = &outline.blocks[at];
        let is_text = matches!(block.kind, Kind::Paragraph | Kind::Bare)
            && block.weight >= LEAST
            && !outline.signs(at).any(Signs::EMBED);
        is_called(at) || is_text && !setting.is_deck(at) && (is_quote(at) || is_prose(block) && setting.is_apart(at))
    };
    let again: Vec<usize> =
        verdicts.iter().filter(|(at, reason)| reason.is_none() && is_again(*at)).map(|(at, _)| *at).collect();
    if again.is_empty() || again.len() > MOST {
        return;
    }
    let told = verdicts.iter().filter(|(at, reason)| reason.is_none() && again.binary_search(at).is_err());
    let told: String = told.flat_map(|(at, _)| letters(&outline.blocks[*at].text)).collect();
    for at in again {
        let least = if is_called(at) || is_quote(at) { REPEATED } else { SAID };
        let whole = whole(outline, at);
        let longest = whole.clone().max_by_key(|&at| outline.blocks[at].weight).unwrap_or(at);
        // the story may quote itself, and says so
        let start = verdicts.partition_point(|(at, _)| *at < whole.start);
        let before = verdicts[..start].iter().rev().find(|(_, reason)| reason.is_none());
        let is_led_to = before.is_some_and(|(at, _)| outline.blocks[*at].text.ends_with([':', '：']));
        if !is_led_to && is_repeated(&outline.blocks[longest].text, &told, least) {
            let inside = verdicts.iter_mut().filter(|(at, reason)| whole.contains(at) && reason.is_none());
            inside.for_each(|(_, reason)| *reason = Some(Reason::Repeated));
        }
    }
}

/// The blocks of a quotation: all that is called so, or else what is alone with it and is no sentence.
fn whole(outline: &Outline, at: usize) -> Range<usize> {
    let around = || outline.ancestors(outline.blocks[at].element).map(|element| &outline.elements[element]);
    if let Some(called) = around().filter(|element| element.own.any(Signs::PULL_QUOTE)).last() {
        return called.blocks.clone();
    }
    let is_whose = |other: usize| {
        let block = &outline.blocks[other];
        other == at || block.weight < WHOSE && !ends_sentence(&block.text)
    };
    let is_box = |blocks: &Range<usize>| blocks.len() <= BLOCKS && blocks.clone().all(is_whose);
    around().map(|element| element.blocks.clone()).take_while(is_box).last().unwrap_or(at..at + 1)
}

/// Whether most of a text's words are in another.
fn is_repeated(quote: &str, told: &str, least: usize) -> bool {
    let quote: Vec<char> = letters(quote).collect();
    let runs: Vec<String> = quote.chunks_exact(RUN).map(|run| run.iter().collect()).collect();
    let said = runs.iter().filter(|run| memchr::memmem::find(told.as_bytes(), run.as_bytes()).is_some()).count();
    if runs.is_empty() {
        let all: String = quote.into_iter().collect();
        return told.contains(&all);
    }
    said * 100 >= runs.len() * least
}
