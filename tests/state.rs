//! State that moves, and state that does not fit: neither publishes anything twice.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use chrono::Utc;
use copydesk::{
    demo::{FEEDS, NewsSite, Paper, Story},
    record::Record,
};

#[path = "support/installation.rs"]
mod installation;
#[path = "support/kafka.rs"]
#[allow(dead_code, reason = "shared with other test programs, none of which uses all of it")]
mod kafka;

use installation::{Installation, LOCAL, ON_LOOPBACK, faults};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_before_a_move_is_not_published_after_it() {
    let site = NewsSite::open(paper()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    tokio::task::block_in_place(|| there_and_back(&site, directory.path()));
}

fn there_and_back(site: &NewsSite, directory: &Path) {
    let file = directory.join("state.jsonl");
    let file = file.to_str().unwrap();
    let local = open(&directory.join("local"), site, LOCAL);
    let running = local.start(None);
    wait_until(&local, |records| faults(records, site).is_empty());
    assert_refused(&local, &["state", "import", "/dev/null"], "in use by process");
    stop(running);
    succeed(&local, &["state", "export", file]);
    assert_refused(&local, &["state", "import", file], "the ledger is not empty");

    let kafka = open(&directory.join("kafka"), site, &on_kafka());
    succeed(&kafka, &["state", "import", file]);
    assert_refused(&kafka, &["state", "import", file], "the ledger is not empty");
    succeed(&kafka, &["state", "import", "--force", file]);
    assert_eq!(exported(&kafka), std::fs::read_to_string(file).unwrap(), "what went in comes out");
    site.print(Story::numbered(50, now()));
    site.edit("case-1");
    let running = kafka.start(None);
    let expected = [("case-1".to_owned(), 2), ("case-50".to_owned(), 1)];
    wait_until(&kafka, |records| records.len() >= expected.len());
    wait_until_all_was_asked_again(&kafka, site);
    stop(running);
    assert_eq!(published(&kafka.records()), expected, "\n{}", kafka.log());

    let back = open(&directory.join("back"), site, LOCAL);
    succeed(&kafka, &["state", "export", file]);
    succeed(&back, &["state", "import", file]);
    site.print(Story::numbered(51, now()));
    let running = back.start(None);
    wait_until(&back, |records| !records.is_empty());
    stop(running);
    assert_eq!(published(&back.records()), [("case-51".to_owned(), 1)]);
}

/// Far more entries than one message has room for, with their rechecks.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_whose_state_is_larger_than_a_message_is_published_once_all_the_same() {
    const STORIES: usize = 300;
    let stories = (0..STORIES).map(|number| Story::numbered(number, now())).collect();
    let site = NewsSite::open(Paper { stories, ..Paper::default() }).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    tokio::task::block_in_place(|| {
        let kafka = open(&directory.path().join("kafka"), &site, &format!("{}    max_message: 64 KiB\n", on_kafka()));
        for more in 0..2 {
            let running = kafka.start(None);
            wait_until(&kafka, |records| faults(records, &site).is_empty());
            assert_eq!(kafka.records().len(), STORIES + more);
            stop(running);
            site.print(Story::numbered(STORIES + more, now()));
        }
        let state = exported(&kafka);
        assert!(state.lines().all(|line| line.len() <= 64 << 10), "every value fits");
        let looks = state.matches("\"published\":{\"revision\":").count();
        assert_eq!(looks, STORIES + 1, "each waits for its rechecks");
    });
}

/// A feed has another URL, maybe of another site: what it had is not published again.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_renamed_publishes_only_what_is_new() {
    let site = NewsSite::open(paper()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    tokio::task::block_in_place(|| {
        let old = site.url(FEEDS[0].0).to_string();
        let (new, other_site) = (format!("{old}?all=1"), old.replace("127.0.0.1", "localhost"));
        let settings = format!("{ON_LOOPBACK}{LOCAL}");
        let installation = Installation::with_feeds(directory.path(), std::slice::from_ref(&old), &settings);
        let rename = |from: &str, to: &str| succeed(&installation, &["state", "rename", from, to]);
        let running = installation.start(None);
        wait_until(&installation, |records| records.len() == 7);
        assert_refused(&installation, &["state", "rename", &old, &new], "in use by process");
        stop(running);
        for (from, to, why) in [
            (&new, &other_site, format!("nothing is known about {new}; the feed with the most similar URL is {old}")),
            (&old, &old, "both URLs are the same".to_owned()),
        ] {
            assert_refused(&installation, &["state", "rename", from, to], &why);
        }
        for (from, to, number) in [(&old, &new, 60), (&new, &other_site, 61), (&other_site, &old, 62)] {
            rename(from, to);
            assert_refused(&installation, &["state", "rename", from, to], "already has state");
            site.print(Story::numbered(number, now()));
            let installation = Installation::with_feeds(directory.path(), std::slice::from_ref(to), &settings);
            let before = installation.records().len();
            succeed(&installation, &["run", "--once"]);
            let records = installation.records();
            let fresh: Vec<(String, u32)> = published(&records[before..]);
            assert_eq!(fresh, [(format!("case-{number}"), 1)], "as {to}");
            assert!(records[before..].iter().all(|record| record.site == "127.0.0.1"), "it stays where it is known");
            let status: serde_json::Value =
                serde_json::from_slice(&installation.output(&["status", "--json"]).stdout).unwrap();
            let urls: Vec<&str> =
                status["feeds"].as_array().unwrap().iter().map(|feed| feed["url"].as_str().unwrap()).collect();
            assert_eq!(urls, [to]);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ends_by_itself_does_so_after_the_last_partition() {
    let site = NewsSite::open(paper()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    tokio::task::block_in_place(|| {
        let installation = open(&directory.path().join("desk"), &site, &on_kafka());
        succeed(&installation, &["run", "--once"]);
        assert_eq!(faults(&installation.records(), &site), Vec::<String>::new(), "\n{}", installation.log());
    });
}

/// A ledger on the broker for this test only.
fn on_kafka() -> String {
    let (address, name) = (kafka::address(), kafka::unique());
    format!(
        "ledger:\n  kafka:\n    brokers: [\"{address}\"]\n    topics: {{records: {name}.records, rejects: {name}.rejects, \
         state: {name}.state}}\n    group: {name}\n    instance: one\n    partitions: 4\n    replication: 1\n"
    )
}

fn open(directory: &Path, site: &NewsSite, ledger: &str) -> Installation {
    std::fs::create_dir(directory).unwrap();
    Installation::new(directory, site, &format!("{ON_LOOPBACK}{ledger}"))
}

fn paper() -> Paper {
    let stories = (0..8).map(|number| Story::numbered(number, now())).collect();
    Paper { stories, missing: vec!["case-3".to_owned()], ..Paper::default() }
}

/// Slug and revision of each record, sorted.
fn published(records: &[Record]) -> Vec<(String, u32)> {
    let slug = |record: &Record| {
        let url = record.canonical_url.as_deref().or(record.url.as_deref()).unwrap();
        url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned()
    };
    let mut published: Vec<_> = records.iter().map(|record| (slug(record), record.revision)).collect();
    published.sort();
    published
}

fn wait_until(installation: &Installation, done: impl Fn(&[Record]) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done(&installation.records()) {
        assert!(Instant::now() < deadline, "not in time:\n{}", installation.log());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Waits for what should not publish anything: each feed is polled, and each page looked at, twice more.
fn wait_until_all_was_asked_again(installation: &Installation, site: &NewsSite) {
    let (before, pages) = {
        let paper = site.paper();
        (paper.asked, paper.stories.len())
    };
    wait_until(installation, |_| {
        let asked = site.paper().asked;
        asked.feeds >= before.feeds + 2 * FEEDS.len() && asked.pages >= before.pages + 2 * pages
    });
}

fn stop(mut daemon: Child) {
    let pid = daemon.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(daemon.wait().unwrap().success());
}

fn succeed(installation: &Installation, arguments: &[&str]) {
    let output = installation.output(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn exported(installation: &Installation) -> String {
    let output = installation.output(&["state", "export", "-"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn assert_refused(installation: &Installation, arguments: &[&str], why: &str) {
    let output = installation.output(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains(why), "{arguments:?}: {said}");
}

#[expect(clippy::disallowed_methods, reason = "a test's own clock")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}
