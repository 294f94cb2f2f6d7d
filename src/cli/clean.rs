//! `clean`: pages and scraped text through the extractor alone, for measuring and for backfills.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::article::{self, Article, Page, Site};
use crate::feed::Moment;
use crate::link;

/// A page to clean.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    file: String,
    url: String,
    content_type: Option<String>,
}

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// An HTML page.
    Html,
    /// Text that was scraped before.
    Text,
}

/// Prints the article of one page or text as JSON.
pub fn one(bytes: &[u8], url: &Url, format: Format, out: &mut impl Write) -> anyhow::Result<()> {
    let article = match format {
        Format::Text => article::from_text(&String::from_utf8_lossy(bytes)),
        Format::Html => {
            let page = Page { url, body: bytes, content_type: None };
            article::from_page(page, None, &Site::default()).with_context(|| format!("no article in {url}"))?
        }
    };
    serde_json::to_writer_pretty(&mut *out, &shown(&article))?;
    writeln!(out)?;
    Ok(())
}

/// Cleans the pages of a manifest of JSON lines and prints a JSON line for each, in the same order.
///
/// Pages of one site are each other's siblings, unless `alone`: what a site repeats is learned from all of its pages
/// first, so that the order of the lines changes nothing. A page that cannot be read or cleaned is a line with an
/// `error`.
pub fn manifest(path: &Path, alone: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines: Vec<Line> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), at + 1)))
        .collect::<anyhow::Result<_>>()?;
    let base = path.parent().unwrap_or(Path::new("."));
    let rounds = if alone { 1 } else { 2 };
    let progress = if io::stderr().is_terminal() {
        ProgressBar::new((rounds * lines.len()) as u64)
    } else {
        ProgressBar::hidden()
    };
    let sites = if alone { HashMap::new() } else { learn(base, &lines, &progress) };
    let unknown = Site::default();
    let results = on_all_cores(&lines, &progress, |line| {
        let site = Url::parse(&line.url).ok().and_then(|url| sites.get(&link::site(&url))).unwrap_or(&unknown);
        row(line, clean(base, line, site))
    });
    progress.finish_and_clear();
    for result in results {
        serde_json::to_writer(&mut *out, &result)?;
        writeln!(out)?;
    }
    Ok(())
}

/// What each site repeats, by its name.
fn learn(base: &Path, lines: &[Line], progress: &ProgressBar) -> HashMap<String, Site> {
    let lessons = on_all_cores(lines, progress, |line| clean(base, line, &Site::default()).ok());
    let mut sites: HashMap<String, Site> = HashMap::new();
    for (line, extraction) in lines.iter().zip(lessons) {
        if let (Ok(url), Some(extraction)) = (Url::parse(&line.url), extraction) {
            sites.entry(link::site(&url)).or_default().learn(&extraction.lesson);
        }
    }
    sites
}

/// Cleans one page; whatever goes wrong is a message.
fn clean(base: &Path, line: &Line, site: &Site) -> Result<article::Extraction, String> {
    let url = Url::parse(&line.url).map_err(|error| format!("bad url: {error}"))?;
    let body = std::fs::read(base.join(&line.file)).map_err(|error| format!("{}: {error}", line.file))?;
    let page = Page { url: &url, body: &body, content_type: line.content_type.as_deref() };
    catch_unwind(AssertUnwindSafe(|| article::extract(page, None, site)))
        .map_err(|_| "the extractor panicked".to_owned())?
        .map_err(|error| format!("{}: {error}", error.reason.as_str()))
}

/// Runs a job for each line on all cores; results in the order of the lines.
fn on_all_cores<T: Send>(lines: &[Line], progress: &ProgressBar, job: impl Fn(&Line) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(lines.len()));
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| {
        for _ in 0..cores.min(lines.len()) {
            scope.spawn(|| {
                while let Some((at, line)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, lines.get(at)?)))
                {
                    let result = job(line);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                    progress.inc(1);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn row(line: &Line, result: Result<article::Extraction, String>) -> Value {
    let mut row = json!({ "id": line.id });
    let rest = match result {
        Ok(extraction) => shown(&extraction.article),
        Err(error) => json!({ "text": "", "error": error }),
    };
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
}

/// An article as JSON, with what was dropped.
fn shown(article: &Article) -> Value {
    let dropped: Vec<Value> =
        article.dropped.iter().map(|part| json!({ "reason": part.reason, "text": part.text })).collect();
    json!({
        "title": article.title,
        "text": article.text,
        "language": article.language,
        "authors": article.authors,
        "published_at": article.published.map(moment),
        "updated_at": article.updated.map(moment),
        "section": article.section,
        "tags": article.tags,
        "image": article.image,
        "canonical_url": article.canonical_url,
        "dateline": article.dateline,
        "credits": article.credits,
        "copyright": article.copyright,
        "text_source": article.text_source,
        "paywalled": article.paywalled,
        "restrictions": article.restrictions,
        "next_page": article.next_page,
        "dropped": dropped,
        "error": Value::Null,
    })
}

/// RFC 3339, without an offset where none was given.
fn moment(moment: Moment) -> String {
    if moment.zoned { moment.at.to_rfc3339() } else { moment.at.format("%Y-%m-%dT%H:%M:%S").to_string() }
}
