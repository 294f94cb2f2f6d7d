//! `copydesk parse`: feed documents from files to JSON; nothing is fetched and nothing stored.
//!
//! For users who want to see what copydesk reads in one feed, or in thousands. Each document of a manifest is read
//! separately: a fault in one does not affect the others.

use std::{cell::RefCell, io::Write, path::Path};

use serde::{Serialize, Serializer};
use url::Url;

use super::manifest::{Manifest, write_line};
use crate::{
    daemon::clock,
    feed::{self, Announced, Entry, Feed, Format, Moment, NotAFeed, Pace, Problem, Sitemap, Source},
};

/// Reads every document of a manifest (JSON Lines) and writes a line for each, in the same order.
pub fn run(manifest: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let manifest = Manifest::read(manifest)?;
    let progress = manifest.progress(1);
    manifest.each(
        &progress,
        |document| Ok(read(&document.bytes, &document.url, document.content_type)),
        |line, result| write_line(out, &Output::new(&line.id, result)),
    )?;
    progress.finish_and_clear();
    Ok(())
}

/// Reads one document and writes it as a line.
pub fn one(bytes: &[u8], url: &Url, content_type: Option<&str>, out: &mut impl Write) -> anyhow::Result<()> {
    write_line(out, &Output::new(url.as_str(), Ok(read(bytes, url, content_type))))
}

fn read(bytes: &[u8], url: &Url, content_type: Option<&str>) -> Result<Feed, NotAFeed> {
    let mut feed = feed::parse(bytes, Source { url, content_type })?;
    feed.flag_future(clock::now());
    Ok(feed)
}

#[derive(Debug, Default, Serialize)]
struct Output {
    id: String,
    ok: bool,
    format: Option<Format>,
    title: Option<String>,
    link: Option<Url>,
    language: Option<String>,
    pace: Pace,
    hubs: Vec<Url>,
    cloud: Option<Url>,
    sitemaps: Vec<Sitemap>,
    #[serde(serialize_with = "one_by_one")]
    entries: RefCell<Vec<Entry>>,
    error: Option<String>,
    /// The feeds that a web page announces.
    announced: Vec<Announced>,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct OutputEntry {
    id: Option<String>,
    /// The link as given.
    url: Option<String>,
    /// The page, if the given link only leads there.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Url>,
    published: Option<String>,
    updated: Option<String>,
    /// Which of the dates have no time zone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without_zone: Vec<&'static str>,
    /// Everything else.
    #[serde(flatten)]
    rest: Entry,
}

/// A list of the lines would take as much memory again as the entries.
fn one_by_one<S: Serializer>(entries: &RefCell<Vec<Entry>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries.take().into_iter().map(OutputEntry::from))
}

impl Output {
    fn new(id: &str, result: Result<Result<Feed, NotAFeed>, String>) -> Self {
        let id = id.to_owned();
        match result {
            Ok(Ok(feed)) => Self {
                id,
                ok: true,
                format: Some(feed.format),
                title: feed.title,
                link: feed.link,
                language: feed.language,
                pace: feed.pace,
                hubs: feed.hubs,
                cloud: feed.cloud,
                sitemaps: feed.sitemaps,
                entries: RefCell::new(feed.entries),
                problems: feed.problems,
                ..Self::default()
            },
            Ok(Err(not_a_feed)) => {
                let error = Some(not_a_feed.to_string());
                let announced = if let NotAFeed::WebPage { feeds } = not_a_feed { feeds } else { Vec::new() };
                Self { id, error, announced, ..Self::default() }
            }
            Err(error) => Self { id, error: Some(error), ..Self::default() },
        }
    }
}

impl From<Entry> for OutputEntry {
    fn from(mut entry: Entry) -> Self {
        let (published, updated) = (entry.published.take(), entry.updated.take());
        let time = |moment: Option<Moment>| moment.map(|moment| moment.at.to_rfc3339());
        let without_zone = [("published", published), ("updated", updated)]
            .into_iter()
            .filter_map(|(name, moment)| moment.is_some_and(|moment| !moment.zoned).then_some(name))
            .collect();
        let (url, page) = match entry.redirect.take() {
            Some(redirect) => (Some(*redirect), entry.url.take()),
            None => (entry.url.take(), None),
        };
        Self {
            id: entry.guid.take(),
            url: entry.url_as_told.take().or_else(|| url.map(String::from)),
            page,
            published: time(published),
            updated: time(updated),
            without_zone,
            rest: entry,
        }
    }
}
