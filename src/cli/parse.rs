//! `copydesk parse`: feed documents from files to JSON, nothing fetched and nothing kept.
//!
//! For whoever wants to see what copydesk understands of a feed, one or thousands. Each document of a manifest is read
//! on its own: what is wrong with one says nothing of the others.

use std::{io::Write, path::Path};

use serde::Serialize;
use url::Url;

use super::manifest::{Manifest, write_line};
use crate::feed::{self, Entry, Feed, Moment, Problem, Source};

/// Reads every document of a manifest (JSON Lines) and writes a line for each, in the same order.
pub fn run(manifest: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let manifest = Manifest::read(manifest)?;
    let progress = manifest.progress(1);
    manifest.each(
        &progress,
        |document| read(&document.bytes, &document.url, document.content_type),
        |line, result| write_line(out, &Output::new(&line.id, result)),
    )?;
    progress.finish_and_clear();
    Ok(())
}

/// Reads one document and writes it as a line.
pub fn one(bytes: &[u8], url: &Url, content_type: Option<&str>, out: &mut impl Write) -> anyhow::Result<()> {
    write_line(out, &Output::new(url.as_str(), read(bytes, url, content_type)))
}

fn read(bytes: &[u8], url: &Url, content_type: Option<&str>) -> Result<Feed, String> {
    feed::parse(bytes, Source { url, content_type }).map_err(|error| error.to_string())
}

#[derive(Debug, Serialize)]
struct Output {
    id: String,
    ok: bool,
    title: Option<String>,
    link: Option<Url>,
    entries: Vec<OutputEntry>,
    error: Option<String>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct OutputEntry {
    id: Option<String>,
    url: Option<Url>,
    title: Option<String>,
    published: Option<String>,
    updated: Option<String>,
    summary: Option<String>,
    content: Option<String>,
    enclosures: Vec<Url>,
}

impl Output {
    fn new(id: &str, result: Result<Feed, String>) -> Self {
        let (feed, error) = match result {
            Ok(feed) => (Some(feed), None),
            Err(error) => (None, Some(error)),
        };
        let ok = feed.is_some();
        let (title, link, entries, problems) =
            feed.map(|feed| (feed.title, feed.link, feed.entries, feed.problems)).unwrap_or_default();
        Self {
            id: id.to_owned(),
            ok,
            title,
            link,
            entries: entries.into_iter().map(OutputEntry::from).collect(),
            error,
            problems: problems.iter().map(describe).collect(),
        }
    }
}

fn describe(problem: &Problem) -> String {
    format!("{} ({}): {}", problem.kind, problem.count, problem.example)
}

impl From<Entry> for OutputEntry {
    fn from(entry: Entry) -> Self {
        let time = |moment: Option<Moment>| moment.map(|moment| moment.at.to_rfc3339());
        Self {
            id: entry.guid,
            url: entry.redirect.or(entry.url),
            title: entry.title,
            published: time(entry.published),
            updated: time(entry.updated),
            summary: entry.summary,
            content: entry.content,
            enclosures: entry.enclosures.into_iter().map(|enclosure| enclosure.url).collect(),
        }
    }
}
