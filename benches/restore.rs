//! What a start costs with much to remember: time until a daemon is ready, and its memory.
//!
//! `cargo bench --bench restore` writes a local ledger of 50,000 feeds (a site each, 30 entries remembered) and of 1,000 busy
//! sites (20 stories a day, 90 days remembered), starts the binary over it, and prints how long it took to be ready, what
//! it takes in memory, and the bytes in the ledger. `-- N` is another number of feeds.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use copydesk::{
    config,
    daemon::clock,
    feed::{Entry, Feed, Moment, Source, identity},
    ledger::{Batch, Ledger, LocalLedger, State},
    state::{Document, Policy, SiteState},
};
use url::Url;

const BUSY_SITES: usize = 1_000;
const BUSY_DAYS: usize = 90;
const STORIES_A_DAY: usize = 20;
const ENTRIES: usize = 30;
/// A daemon that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() {
    // a number on the command line: `cargo bench --bench restore -- 1000`
    let feeds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(50_000);
    let directory = tempfile::tempdir().expect("a directory for the ledger");
    let (values, bytes) = fill(directory.path(), feeds).await;
    println!("ledger               {values} values, {} MiB", bytes >> 20);
    let port = configure(directory.path(), feeds);
    let begun = Instant::now();
    let mut daemon = start(directory.path());
    while !is_ready(port) {
        assert!(begun.elapsed() < WITHIN, "the daemon is not ready after {} s", WITHIN.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
    let ready = begun.elapsed();
    std::thread::sleep(Duration::from_secs(10));
    println!("ready after          {:.1} s", ready.as_secs_f64());
    println!("resident             {} MiB", resident(&daemon) >> 10);
    daemon.kill().expect("the daemon runs");
    daemon.wait().expect("the daemon ends");
}

/// Writes the ledger; tells how many values it has, and of how many bytes.
async fn fill(directory: &Path, feeds: usize) -> (usize, usize) {
    let config = config::LocalLedger::new(directory.join("ledger"));
    let (mut ledger, _events) = LocalLedger::open(&config).await.expect("a new ledger");
    let (mut values, mut bytes, mut batch) = (0, 0, Vec::new());
    for number in 0..feeds {
        let states = site(number);
        values += states.len();
        bytes += states.iter().map(|state| state.key.len() + state.value.len()).sum::<usize>();
        batch.extend(states);
        if batch.len() >= 5_000 || number + 1 == feeds {
            let states = std::mem::take(&mut batch);
            ledger.commit(&Batch { states, ..Batch::default() }).await.expect("a commit");
        }
    }
    ledger.close().await.expect("the ledger closes");
    (values, bytes)
}

/// Everything that is stored of a site: its entries are remembered as if they had been resolved.
fn site(number: usize) -> Vec<State> {
    let (name, url) = (format!("site{number}.example"), url(number));
    let mut site = SiteState::new(&name);
    let now = clock::now();
    let days = if number < BUSY_SITES { BUSY_DAYS } else { 1 };
    let entries = if number < BUSY_SITES { STORIES_A_DAY } else { ENTRIES };
    for day in (0..days).rev() {
        let at = now - TimeDelta::days(i64::try_from(day).unwrap_or_default());
        let document = document(&name, &url, day * entries, entries, at);
        // the feed is read for the first time, and follows nothing older than now: everything is only remembered
        site.forget(url.as_str());
        site.absorb(url.as_str(), &document, Policy { since: Some(at + TimeDelta::days(1)), ..Policy::default() }, at);
    }
    let feed = site.feed_mut(url.as_str());
    feed.title = Some(format!("The Courier of {number}"));
    feed.validators.etag = Some(format!("\"{number:032x}\""));
    feed.schedule.due = Some(now + TimeDelta::days(1));
    feed.schedule.asked_at = Some(now);
    feed.schedule.answered_at = Some(now);
    site.everything()
}

fn document(site: &str, url: &Url, first: usize, count: usize, at: DateTime<Utc>) -> Document {
    let source = Source { url, content_type: None };
    let empty = b"<rss version='2.0'><channel><title>Courier</title></channel></rss>";
    let mut feed: Feed = copydesk::feed::parse(empty, source).expect("a feed");
    feed.entries = (first..first + count)
        .map(|n| Entry {
            guid: Some(format!("https://{site}/?p={n}")),
            url: Url::parse(&format!("https://{site}/2026/a-story-of-the-day-{n}")).ok(),
            title: Some(format!("What happened in case {n}")),
            published: Some(Moment { at: (at - TimeDelta::minutes(n as i64 % 600)).fixed_offset(), zoned: true }),
            ..Entry::default()
        })
        .collect();
    let names = identity::names(&feed, site);
    let digests = feed.entries.iter().map(identity::digest).collect();
    Document { feed, names, digests }
}

fn url(number: usize) -> Url {
    Url::parse(&format!("https://www.site{number}.example/feed.xml")).expect("a URL")
}

/// Writes the configuration; tells the admin port.
fn configure(directory: &Path, feeds: usize) -> u16 {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let mut text = format!(
        "contact: me@example.com\nadmin: 127.0.0.1:{port}\nledger: {{local: {{directory: ledger}}}}\nlog: {{filter: warn}}\nfeeds:\n"
    );
    (0..feeds).for_each(|number| _ = writeln!(text, "  - {}", url(number)));
    fs::write(directory.join("copydesk.yaml"), text).expect("a writable directory");
    port
}

fn start(directory: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_copydesk"))
        .args(["run", "-c", "copydesk.yaml"])
        .current_dir(directory)
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

fn is_ready(port: u16) -> bool {
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    asked().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// KiB of memory that a process takes.
fn resident(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}
