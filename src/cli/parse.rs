//! `copydesk parse`: feed documents from files to JSON, nothing fetched and nothing kept.
//!
//! For whoever wants to see what copydesk understands of a feed, one or thousands. Each document of a manifest is read
//! on its own: what is wrong with one says nothing of the others.

use std::fs;
use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::feed::{self, Entry, Feed, Moment, Problem, Source};

/// A document must be read within the stack that a spawned thread has.
const STACK: usize = 2 << 20;
/// Results that may wait for those before them.
const AHEAD: usize = 64;

/// A line of a manifest.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    /// Relative to the manifest.
    file: String,
    url: String,
    content_type: Option<String>,
}

/// Reads every document of a manifest (JSON Lines) and writes a line for each, in the same order.
pub fn run(manifest: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let text = fs::read_to_string(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).with_context(|| format!("{}:{}", manifest.display(), number + 1))
        })
        .collect::<anyhow::Result<Vec<Line>>>()?;
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let progress = progress(lines.len());
    in_order(
        &lines,
        |line| read(line, folder),
        |result| {
            progress.inc(1);
            write_line(out, &result)
        },
    )?;
    progress.finish_and_clear();
    Ok(())
}

/// Reads one document and writes it as a line.
pub fn one(bytes: &[u8], url: &Url, content_type: Option<&str>, out: &mut impl Write) -> anyhow::Result<()> {
    let result = feed::parse(bytes, Source { url, content_type });
    write_line(out, &Output::new(url.as_str(), result.map_err(|error| error.to_string())))
}

fn write_line(out: &mut impl Write, result: &Output) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, result)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Works on all cores, and hands the results over in the order of the lines.
fn in_order(
    lines: &[Line],
    work: impl Fn(&Line) -> Output + Sync,
    mut done: impl FnMut(Output) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let mut results = Vec::new();
        let work = &work;
        // each worker has a channel of its own: the one that holds the next line can never be blocked by the others
        for worker in 0..workers {
            let (sender, receiver) = sync_channel(AHEAD);
            let job = move || {
                for line in lines.iter().skip(worker).step_by(workers) {
                    if sender.send(work(line)).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, job).context("cannot start a thread")?;
            results.push(receiver);
        }
        for index in 0..lines.len() {
            done(results[index % workers].recv().context("a worker has died")?)?;
        }
        Ok(())
    })
}

fn read(line: &Line, folder: &Path) -> Output {
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let bytes = fs::read(folder.join(&line.file)).map_err(|error| format!("{}: {error}", line.file))?;
        let url = Url::parse(&line.url).map_err(|error| format!("{}: {error}", line.url))?;
        let source = Source { url: &url, content_type: line.content_type.as_deref() };
        feed::parse(&bytes, source).map_err(|error| error.to_string())
    }));
    Output::new(&line.id, parsed.unwrap_or_else(|_| Err("the parser panicked".to_owned())))
}

fn progress(length: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style)
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
