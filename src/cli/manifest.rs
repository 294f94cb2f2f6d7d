//! Many documents at once: the lines of a manifest, processed by all cores, written in their order.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::mpsc::sync_channel,
    thread,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use url::Url;

/// A document must be readable within the stack of a spawned thread.
const STACK: usize = 2 << 20;
/// Results that may wait for those before them.
const AHEAD: usize = 64;

/// A manifest (JSON Lines).
#[derive(Debug)]
pub(super) struct Manifest {
    lines: Vec<Line>,
    folder: PathBuf,
}

/// A line of it.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) id: String,
    /// The path, relative to the manifest.
    file: String,
    pub(super) url: String,
    content_type: Option<String>,
}

/// The document of a line.
#[derive(Debug)]
pub(super) struct ManifestItem<'a> {
    pub(super) bytes: Vec<u8>,
    pub(super) url: Url,
    pub(super) content_type: Option<&'a str>,
}

impl Manifest {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), at + 1)))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { lines, folder: path.parent().unwrap_or(Path::new(".")).to_owned() })
    }

    /// A progress bar for this many passes over the lines, on a terminal.
    pub(super) fn progress(&self, rounds: usize) -> ProgressBar {
        if !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}").unwrap_or(ProgressStyle::default_bar());
        ProgressBar::new((rounds * self.lines.len()) as u64).with_style(style)
    }

    /// Processes every document and returns the results in the order of the lines. If one of them fails, even with a
    /// panic, this is its own result.
    pub(super) fn each<T: Send>(
        &self,
        progress: &ProgressBar,
        work: impl Fn(ManifestItem<'_>) -> Result<T, String> + Sync,
        mut done: impl FnMut(&Line, Result<T, String>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let work = |line: &Line| {
            let guarded = catch_unwind(AssertUnwindSafe(|| work(line.document(&self.folder)?)));
            guarded.unwrap_or_else(|_| Err("cannot read the document (a defect of copydesk)".to_owned()))
        };
        thread::scope(|scope| {
            let mut results = Vec::new();
            let work = &work;
            // each worker has its own channel: the one with the next line can never be blocked by the others
            for worker in 0..workers {
                let (sender, receiver) = sync_channel(AHEAD);
                let lines = self.lines.iter().skip(worker).step_by(workers);
                let job = move || lines.map(work).try_for_each(|result| sender.send(result).map_err(drop));
                thread::Builder::new().stack_size(STACK).spawn_scoped(scope, job).context("cannot start a thread")?;
                results.push(receiver);
            }
            for (index, line) in self.lines.iter().enumerate() {
                done(line, results[index % workers].recv().context("a worker has died")?)?;
                progress.inc(1);
            }
            Ok(())
        })
    }
}

impl Line {
    fn document(&self, folder: &Path) -> Result<ManifestItem<'_>, String> {
        let bytes = fs::read(folder.join(&self.file)).map_err(|error| format!("{}: {error}", self.file))?;
        let url = Url::parse(&self.url).map_err(|error| format!("{}: {error}", self.url))?;
        Ok(ManifestItem { bytes, url, content_type: self.content_type.as_deref() })
    }
}

/// Writes a value as a JSON line.
pub(super) fn write_line(out: &mut impl Write, value: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    Ok(out.write_all(b"\n")?)
}
