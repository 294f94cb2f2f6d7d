//! robots.txt (RFC 9309): what it allows, kept for each origin.
//!
//! Loads nothing itself: the client passes a function that loads a file. One load per origin at a time; the others wait
//! for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use copydesk_core::link;
use tokio::{sync::Mutex as Gate, time::Instant};
use url::Url;

use super::{Failure, Reason, headers::PRODUCT};

/// Redirects that are followed on the way to the file (section 2.3.1.2).
pub(super) const MAX_REDIRECTS: usize = 5;
/// Bytes of a file that are read: those the parser reads, and one to show that there are more (section 2.5).
pub(super) const MAX_BYTES: usize = robotxt::BYTE_LIMIT + 1;
/// How long a file is used (section 2.4), and how long at least, whatever its `max-age`.
const LONGEST_USE: Duration = Duration::from_secs(24 * 3600);
const SHORTEST_USE: Duration = Duration::from_secs(3600);
/// How long a file that could not be fetched is not requested again.
const UNREACHABLE_FOR: Duration = Duration::from_secs(300);
/// A file that could not be fetched for this long counts as missing (section 2.3.1.4), unless there is an older copy.
const GRACE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Limits of what is kept: files, and an estimate of their bytes in memory.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The result of loading a file.
#[derive(Debug)]
pub(super) enum Loaded {
    /// The file, and how long it is fresh.
    File(Bytes, Option<Duration>),
    /// There is none, or it may not be read: everything is allowed (section 2.3.1.3).
    Unavailable,
    /// The server or the network failed: nothing is allowed, unless an older copy says so (section 2.3.1.4).
    Unreachable(Failure),
}

/// The files of all origins.
#[derive(Debug, Default)]
pub(super) struct Robots {
    files: Mutex<HashMap<Box<str>, CachedFile>>,
}

#[derive(Debug, Default)]
struct CachedFile {
    gate: Arc<Gate<()>>,
    known: Option<FetchedFile>,
}

#[derive(Debug, Clone)]
struct FetchedFile {
    rules: Result<Arc<robotxt::Robots>, Failure>,
    until: Instant,
    bytes: usize,
    /// Since when the file cannot be fetched.
    unreachable_since: Option<Instant>,
}

impl Robots {
    /// Whether a URL may be requested; if so, the `Crawl-delay` that its origin asks for.
    pub(super) async fn check(&self, url: &Url, load: impl AsyncFnOnce(Url) -> Loaded) -> Result<Duration, Failure> {
        let rules = self.rules(url, load).await?;
        if rules.is_url_allowed(url) {
            Ok(rules.crawl_delay().unwrap_or_default())
        } else {
            Err(Failure::new(Reason::Robots, format!("robots.txt disallows {}", url.path())))
        }
    }

    async fn rules(&self, url: &Url, load: impl AsyncFnOnce(Url) -> Loaded) -> Result<Arc<robotxt::Robots>, Failure> {
        let origin = link::host(url);
        if let Some(known) = self.fresh(&origin) {
            return known.answer();
        }
        let gate = Arc::clone(&self.files().entry(origin.as_str().into()).or_default().gate);
        let _one_at_a_time = gate.lock().await;
        if let Some(known) = self.fresh(&origin) {
            return known.answer();
        }
        let loaded = load(file_of(url)).await;
        let older = self.files().get(origin.as_str()).and_then(|entry| entry.known.clone());
        let known = understand(loaded, older, Instant::now());
        let answer = known.clone().answer();
        let mut files = self.files();
        files.entry(origin.into()).or_default().known = Some(known);
        make_room(&mut files, Instant::now());
        answer
    }

    fn fresh(&self, origin: &str) -> Option<FetchedFile> {
        self.files().get(origin)?.known.clone().filter(|known| known.until > Instant::now())
    }

    fn files(&self) -> MutexGuard<'_, HashMap<Box<str>, CachedFile>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a load adds to what was known before.
fn understand(loaded: Loaded, older: Option<FetchedFile>, now: Instant) -> FetchedFile {
    match loaded {
        Loaded::File(body, fresh_for) => {
            let rules = parse(&body);
            let bytes = 256 + rules.rules().iter().map(|rule| rule.pattern().len() + 64).sum::<usize>();
            let until = now + fresh_for.unwrap_or(LONGEST_USE).clamp(SHORTEST_USE, LONGEST_USE);
            FetchedFile { rules: Ok(Arc::new(rules)), until, bytes, unreachable_since: None }
        }
        Loaded::Unavailable => {
            FetchedFile::nothing(Ok(Arc::new(robotxt::Robots::allow_all())), now + LONGEST_USE, None)
        }
        Loaded::Unreachable(failure) => {
            let until = now + failure.retry_after.unwrap_or(UNREACHABLE_FOR).min(LONGEST_USE);
            let since = older.as_ref().and_then(|older| older.unreachable_since).unwrap_or(now);
            match older {
                Some(older) if older.rules.is_ok() => FetchedFile { until, ..older },
                _ if now - since >= GRACE => {
                    FetchedFile::nothing(Ok(Arc::new(robotxt::Robots::allow_all())), until, Some(since))
                }
                _ => FetchedFile::nothing(Err(in_passing(failure)), until, Some(since)),
            }
        }
    }
}

/// Why nothing may be requested while the file cannot be fetched: always a failure that may pass, whatever happened to
/// the file, and it says nothing about what was to be requested.
fn in_passing(failure: Failure) -> Failure {
    let reason = match failure.reason {
        // the host said so
        Reason::Busy => Reason::Busy,
        // the host cannot be reached
        reason if failure.status.is_none() && reason.is_transient() => reason,
        _ => Reason::RobotsUnreachable,
    };
    Failure { reason, status: None, ..failure.of("robots.txt") }
}

/// Whether a robots.txt lets us request a URL.
pub fn allows(file: &[u8], url: &Url) -> bool {
    parse(file).is_url_allowed(url)
}

fn parse(file: &[u8]) -> robotxt::Robots {
    robotxt::Robots::parse(&plain(file), PRODUCT)
}

/// A file as the parser needs it: without the rest of a byte order mark and without sitemaps, which it would keep, and
/// with agents cut to their product token, which has letters, `_` and `-` only (section 2.2.1): `User-agent:
/// copydesk/1.0` means us.
fn plain(body: &[u8]) -> Vec<u8> {
    let body = [0xef, 0xbb, 0xbf].iter().fold(body, |rest, mark| rest.strip_prefix(&[*mark]).unwrap_or(rest));
    let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let body = match body.get(..=robotxt::BYTE_LIMIT) {
        // a rule that is cut says something else: leave it out
        Some(window) => &window[..window.iter().rposition(ends_line).unwrap_or(0)],
        None => body,
    };
    let mut plain = Vec::with_capacity(body.len());
    for line in body.split_inclusive(ends_line) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(0);
        let (key, value) = line.split_at(colon);
        let key = key.trim_ascii();
        if key.eq_ignore_ascii_case(b"user-agent") {
            let value = value[1..].trim_ascii_start();
            let in_token = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
            let length = value.iter().position(|byte| !in_token(byte)).unwrap_or(value.len());
            let token = if value.starts_with(b"*") { &value[..1] } else { &value[..length] };
            plain.extend([b"user-agent: ", token, b"\n"].concat());
        } else if !key.eq_ignore_ascii_case(b"sitemap") {
            plain.extend(line);
        }
    }
    plain
}

/// Forgets what is out of date, and once too much is kept, the half that will be out of date first.
fn make_room(files: &mut HashMap<Box<str>, CachedFile>, now: Instant) {
    let bytes = |files: &HashMap<Box<str>, CachedFile>| -> usize {
        files.values().filter_map(|entry| entry.known.as_ref()).map(|known| known.bytes).sum()
    };
    if files.len() <= MOST_FILES && bytes(files) <= MOST_BYTES {
        return;
    }
    files.retain(|_, entry| entry.in_use() || entry.known.as_ref().is_some_and(|known| known.until > now));
    if files.len() <= MOST_FILES / 2 && bytes(files) <= MOST_BYTES / 2 {
        return;
    }
    let mut ends: Vec<Instant> = files.values().filter_map(|entry| Some(entry.known.as_ref()?.until)).collect();
    ends.sort_unstable();
    let middle = ends.get(ends.len() / 2).copied().unwrap_or(now);
    files.retain(|_, entry| entry.in_use() || entry.known.as_ref().is_some_and(|known| known.until > middle));
}

impl FetchedFile {
    /// What is known without a file.
    fn nothing(
        rules: Result<Arc<robotxt::Robots>, Failure>,
        until: Instant,
        unreachable_since: Option<Instant>,
    ) -> Self {
        Self { rules, until, bytes: 256, unreachable_since }
    }

    /// The rules, or the failure with the time that is left of it.
    fn answer(self) -> Result<Arc<robotxt::Robots>, Failure> {
        self.rules.map_err(|failure| {
            let left = self.until.saturating_duration_since(Instant::now());
            let waits = failure.retry_after.is_some() || failure.reason == Reason::RobotsUnreachable;
            Failure { retry_after: waits.then_some(left), ..failure }
        })
    }
}

impl CachedFile {
    /// Somebody is loading the file or waiting for it.
    fn in_use(&self) -> bool {
        Arc::strong_count(&self.gate) > 1
    }
}

/// The file that applies to a URL (section 2.3).
fn file_of(url: &Url) -> Url {
    let mut file = url.clone();
    file.set_path("/robots.txt");
    file.set_query(None);
    file.set_fragment(None);
    let _ = file.set_username("");
    let _ = file.set_password(None);
    file
}

#[cfg(test)]
mod tests;
