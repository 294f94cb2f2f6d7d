//! The result of `copydesk try` as a web page: no script, nothing from other servers, nothing of the page but its text.
//!
//! The text of the page and its feed is untrusted: every text goes through [`escape`], and in addition the policy in
//! the head keeps a browser from running or loading anything.

use std::fmt::{self, Display, Write};

use super::report::{FeedReport, OutcomeReport, PageReport, Report, shown};
use crate::article::{Explained, Fate};

/// From this many on, blocks in a row outside of the story are folded.
const FOLDED_FROM: usize = 4;

const STYLE: &str = "
:root { color-scheme: light dark; --kept: #1a7f37; --dropped: #b3261e; --outside: #767676; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.2rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
.block { border-left: .3rem solid; padding: .1rem .8rem; margin: .4rem 0; }
.block p { margin: 0; white-space: pre-line; overflow-wrap: anywhere; color: CanvasText; }
.block small { display: block; }
.kept { border-color: var(--kept); color: var(--kept); }
.dropped { border-color: var(--dropped); color: var(--dropped); }
.dropped p { text-decoration: line-through; text-decoration-color: var(--dropped); }
.outside { border-color: var(--line); color: var(--outside); }
.outside p { color: var(--outside); }
.place { font-family: ui-monospace, monospace; }
summary { color: var(--outside); cursor: pointer; }
.story { border: 1px solid var(--line); padding: 0 1rem; }
";

/// The whole document.
pub(super) fn page(report: &Report) -> String {
    let mut out = String::new();
    // writing to a string cannot fail
    let _ = write_page(report, &mut out);
    out
}

fn write_page(report: &Report, out: &mut String) -> fmt::Result {
    let url = escape(&report.url);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>copydesk: {url}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{url}</h1>\n"
    )?;
    writeln!(out, "<p><strong>Would be published:</strong> {}</p>", escape(&report.outcome.headline()))?;
    if let Some(pages) = report.learned_from {
        writeln!(out, "<p>Judged with what was learned from {pages} pages of the site.</p>")?;
    }
    fields(report, out)?;
    feed(report.feed.as_ref(), out)?;
    match &report.page {
        PageReport::Read { refused, blocks, .. } => {
            writeln!(out, "<h2>The page, block by block</h2>")?;
            writeln!(out, "<p>{}</p>", escape(&report.nature()))?;
            if let Some((reason, detail)) = refused {
                writeln!(out, "<p><strong>No story, {}:</strong> {}</p>", escape(reason), escape(detail))?;
            }
            all_blocks(blocks, out)?;
        }
        PageReport::Failed { error } => writeln!(out, "<p><strong>Not read:</strong> {}</p>", escape(error))?,
    }
    if let OutcomeReport::Record(record) = &report.outcome {
        writeln!(
            out,
            "<h2>The story</h2>\n<div class=\"story\">\n<h3 dir=\"auto\">{}</h3>",
            escape(&shown(&record["title"]))
        )?;
        for paragraph in shown(&record["text"]).split("\n\n") {
            writeln!(out, "<p dir=\"auto\">{}</p>", escape(paragraph))?;
        }
        writeln!(out, "</div>")?;
    }
    writeln!(out, "</body>\n</html>")
}

fn fields(report: &Report, out: &mut String) -> fmt::Result {
    if report.fields.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Fields and their sources</h2>\n<table>\n<tr><th>field</th><th>value</th><th>from</th></tr>")?;
    for field in &report.fields {
        row(&[field.name, &shown(&field.value), &field.source], out)?;
    }
    writeln!(out, "</table>")
}

fn feed(feed: Option<&FeedReport>, out: &mut String) -> fmt::Result {
    let Some(feed) = feed else { return Ok(()) };
    writeln!(out, "<h2>What the feed says</h2>")?;
    let told = match feed {
        FeedReport::Entry(told) => serde_json::to_value(told).unwrap_or_default(),
        FeedReport::NoneOf(entries) => {
            return writeln!(out, "<p>None of its {entries} entries links to this page.</p>");
        }
        FeedReport::Error(error) => return writeln!(out, "<p>Not read: {}</p>", escape(error)),
    };
    writeln!(out, "<table>")?;
    for (name, value) in told.as_object().into_iter().flatten() {
        row(&[name, &shown(value)], out)?;
    }
    writeln!(out, "</table>")
}

fn row(cells: &[&str], out: &mut String) -> fmt::Result {
    write!(out, "<tr>")?;
    for cell in cells {
        write!(out, "<td dir=\"auto\">{}</td>", escape(cell))?;
    }
    writeln!(out, "</tr>")
}

fn all_blocks(blocks: &[Explained], out: &mut String) -> fmt::Result {
    for run in blocks.chunk_by(|a, b| (a.fate == Fate::Outside) == (b.fate == Fate::Outside)) {
        let folded = run[0].fate == Fate::Outside && run.len() >= FOLDED_FROM;
        if folded {
            writeln!(out, "<details>\n<summary>{} blocks outside the story</summary>", run.len())?;
        }
        for block in run {
            one_block(block, out)?;
        }
        if folded {
            writeln!(out, "</details>")?;
        }
    }
    Ok(())
}

fn one_block(block: &Explained, out: &mut String) -> fmt::Result {
    let (fate, reason, why) = (block.fate.as_str(), escape(block.reason), escape(&block.why));
    let (text, place) = (escape(&block.text), escape(&block.place));
    writeln!(
        out,
        "<div class=\"block {fate}\"><p dir=\"auto\">{text}</p>\
         <small>{fate}, {reason}: {why}</small><small class=\"place\">{place}</small></div>"
    )
}

/// A text as HTML text or as the value of a quoted attribute. Characters that could change the direction of the text,
/// or that no document may have, are left out.
fn escape(text: &str) -> impl Display + '_ {
    struct Escaped<'a>(&'a str);
    impl Display for Escaped<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for c in self.0.chars() {
                match c {
                    '&' => f.write_str("&amp;")?,
                    '<' => f.write_str("&lt;")?,
                    '>' => f.write_str("&gt;")?,
                    '"' => f.write_str("&quot;")?,
                    '\'' => f.write_str("&#39;")?,
                    '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                    c if c.is_control() && c != '\n' => {}
                    c => f.write_char(c)?,
                }
            }
            Ok(())
        }
    }
    Escaped(text)
}
