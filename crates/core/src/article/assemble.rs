//! From kept blocks to text, and from dropped ones to data.

use super::boilerplate::{Reason, Verdict};
use super::outline::{Kind, Outline, Signs, Tag};
use super::{Article, Dropped, Field, Source, metadata, record_lines};
use crate::text::{line, paragraphs};

/// Most dropped parts that are told of.
const MAX_DROPPED: usize = 200;
/// Most characters of each.
const MAX_DROPPED_TEXT: usize = 300;

/// The kept blocks as paragraphs; the cells of a table's row are one.
pub(super) fn text(outline: &Outline, verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    let kept: Vec<usize> = verdicts.iter().filter(|(_, reason)| reason.is_none()).map(|(at, _)| *at).collect();
    for group in kept.chunk_by(|&one, &next| row(outline, one).is_some_and(|one| row(outline, next) == Some(one))) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        match row(outline, group[0]) {
            Some(row) => text.push_str(&cells(outline, row, group)),
            None => text.push_str(&outline.blocks[group[0]].text),
        }
    }
    paragraphs(&text)
}

/// The row of a table of data that a block is in.
fn row(outline: &Outline, block: usize) -> Option<usize> {
    let block = &outline.blocks[block];
    let is_row = |at: &usize| outline.elements[*at].tag == Tag::Row;
    let row = (block.kind == Kind::Cell).then(|| outline.ancestors(block.element).find(is_row)).flatten()?;
    outline.elements[row].signs.any(Signs::DATA).then_some(row)
}

/// The cells of a row, each in its place; what a cell holds is one line.
fn cells(outline: &Outline, row: usize, kept: &[usize]) -> String {
    let of_cell = |cell: usize| {
        let inside = kept.iter().filter(|at| outline.elements[cell].blocks.contains(at));
        inside.map(|&at| line(&outline.blocks[at].text)).collect::<Vec<_>>().join("; ")
    };
    let cells: Vec<String> = outline.children(row).map(of_cell).collect();
    let last = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    cells[..last].join(" | ")
}

/// Fills in what the dropped blocks and the text's own lines say.
pub(super) fn record(article: &mut Article, outline: &Outline, verdicts: &[Verdict]) {
    for (at, reason) in verdicts.iter().filter_map(|(at, reason)| Some((*at, (*reason)?))) {
        let text = line(&outline.blocks[at].text);
        match reason {
            Reason::Credit => {
                let names = record_lines::credits(&text, &text.to_lowercase()).unwrap_or_default();
                let names: Vec<String> = names.into_iter().filter(|name| !article.credits.contains(name)).collect();
                article.credits.extend(names);
            }
            Reason::Correction => article.corrections.push(text.clone()),
            Reason::Copyright if article.copyright.is_none() && record_lines::is_copyright(&text.to_lowercase()) => {
                article.copyright = Some(text.clone());
            }
            _ => {}
        }
        if article.dropped.len() < MAX_DROPPED {
            let text = text.chars().take(MAX_DROPPED_TEXT).collect();
            article.dropped.push(Dropped { reason: reason.as_str(), text });
        }
    }
    let dateline = article.text.split("\n\n").take(2).find_map(record_lines::dateline);
    article.dateline = article.sources.take(Field::Dateline, dateline.map(|dateline| (dateline, Source::Text)));
    if !article.credits.is_empty() {
        article.sources.note(Field::Credits, Source::Text);
    }
    if article.copyright.is_some() {
        article.sources.note(Field::Copyright, Source::Text);
    }
}

/// Most bytes of a text from its beginning that its language is guessed by.
const SEEN: usize = 3000;

/// The language: what the text shows, where that is certain; what is claimed, where it is not.
pub(super) fn language(article: &mut Article, claim: Option<String>) {
    let mut ends = (0..=SEEN.min(article.text.len())).rev();
    let end = ends.find(|&at| article.text.is_char_boundary(at)).unwrap_or_default();
    let text = &article.text[..end];
    match metadata::seen_language(text, claim.as_deref()) {
        Some(seen) => {
            article.language = Some(seen.to_owned());
            article.sources.note(Field::Language, Source::Text);
        }
        None => article.language = claim,
    }
}
