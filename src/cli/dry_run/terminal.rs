//! The result of `copydesk try` on a terminal, or as plain text: the writer removes colours where they are not shown.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::report::{FeedReport, OutcomeReport, PageReport, Report, shown};
use crate::article::{Explained, Fate};

const KEPT: Style = AnsiColor::Green.on_default();
const DROPPED: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
/// Characters of a text that are shown.
const SHOWN: usize = 88;
/// How many blocks outside of the story are shown, of those that follow each other for the same reason.
const OF_A_KIND: usize = 2;
/// Below the texts.
const INDENT: &str = "                          ";

pub(super) fn show(report: &Report, all: bool, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", report.url)?;
    if let Some(pages) = report.learned_from {
        writeln!(out, "{DIM}judged with what was learned from {pages} pages of the site{DIM:#}")?;
    }
    match &report.page {
        PageReport::Read { refused, blocks, .. } => {
            writeln!(out, "{}\n", report.nature())?;
            blocks_of(blocks, all, out)?;
            if let Some((reason, detail)) = refused {
                writeln!(out, "\n{DROPPED}no story, {reason}{DROPPED:#}: {detail}")?;
            }
        }
        PageReport::Failed { error } => writeln!(out, "{DROPPED}not read{DROPPED:#}: {error}")?,
    }
    if let Some(feed) = &report.feed {
        writeln!(out, "\n{BOLD}what the feed says{BOLD:#}")?;
        feed_of(feed, out)?;
    }
    if !report.fields.is_empty() {
        writeln!(out, "\n{BOLD}fields and their sources{BOLD:#}")?;
        for field in &report.fields {
            writeln!(out, "{:<14} {DIM}{:<12}{DIM:#} {}", field.name, field.source, cut(&shown(&field.value)))?;
        }
    }
    writeln!(out, "\n{BOLD}what would be published{BOLD:#}")?;
    let style = if matches!(report.outcome, OutcomeReport::Record(_)) { KEPT } else { DROPPED };
    writeln!(out, "{style}{}{style:#}", report.outcome.headline())?;
    if let OutcomeReport::Record(record) = &report.outcome {
        writeln!(out, "\n{BOLD}{}{BOLD:#}", shown(&record["title"]))?;
        writeln!(out, "\n{}", shown(&record["text"]))?;
    }
    Ok(())
}

fn blocks_of(blocks: &[Explained], all: bool, out: &mut impl Write) -> io::Result<()> {
    for run in blocks.chunk_by(|a, b| (a.fate, a.reason) == (b.fate, b.reason)) {
        // one more line would say as much as the block itself
        let folded = !all && run[0].fate == Fate::Outside && run.len() > OF_A_KIND + 1;
        let shown = if folded { OF_A_KIND } else { run.len() };
        for block in &run[..shown] {
            block_of(block, out)?;
            // blocks far from the story are explained by their kind
            if all || block.fate != Fate::Outside {
                writeln!(out, "{DIM}{INDENT}{} · {}{DIM:#}", block.why, block.place)?;
            }
        }
        if folded {
            writeln!(out, "{DIM}{INDENT}… {} more{DIM:#}", run.len() - shown)?;
        }
    }
    Ok(())
}

fn block_of(block: &Explained, out: &mut impl Write) -> io::Result<()> {
    let style = match block.fate {
        Fate::Kept => KEPT,
        Fate::Dropped => DROPPED,
        Fate::Outside => DIM,
    };
    writeln!(out, "{style}{:<8}{style:#} {:<16} {}", block.fate.as_str(), block.reason, cut(&block.text))
}

fn feed_of(feed: &FeedReport, out: &mut impl Write) -> io::Result<()> {
    let told = match feed {
        FeedReport::Entry(told) => told,
        FeedReport::NoneOf(entries) => return writeln!(out, "none of its {entries} entries links to this page"),
        FeedReport::Error(error) => return writeln!(out, "{DROPPED}not read{DROPPED:#}: {error}"),
    };
    let told = serde_json::to_value(told).unwrap_or_default();
    for (name, value) in told.as_object().into_iter().flatten() {
        writeln!(out, "{name:<14} {}", cut(&shown(value)))?;
    }
    Ok(())
}

fn cut(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
