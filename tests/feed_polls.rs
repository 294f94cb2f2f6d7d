//! What the daemon asks for at its polls, where one answer is not all there is: an index of sitemaps, and a document that
//! was cut off.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use host::{Answer, Asked, Host, feed};
use installation::{Installation, LOCAL, ON_LOOPBACK, stop};
use tokio::task::block_in_place;

const SITEMAPS: usize = 14;

/// An index of sitemaps with a page each; the third of them is not there.
fn site(_: usize, asked: &Asked) -> Answer {
    let host = format!("http://{}", String::from_utf8_lossy(asked.header("host").unwrap()));
    let path = asked.uri.as_str();
    let number = path.trim_matches(|c: char| !c.is_ascii_digit());
    match path {
        "/index.xml" if asked.header("if-none-match").is_some() => Answer::status(304).with("etag", "\"1\""),
        "/index.xml" => {
            let sitemap =
                |n| format!("<sitemap><loc>{host}/{n}.xml</loc><lastmod>2026-01-{:02}</lastmod></sitemap>", n + 1);
            let sitemaps: String = (0..SITEMAPS).map(sitemap).collect();
            Answer::ok(&format!("<sitemapindex>{sitemaps}</sitemapindex>")).with("etag", "\"1\"")
        }
        "/2.xml" => Answer::status(404),
        _ if path.ends_with(".xml") => {
            Answer::ok(&format!("<urlset><url><loc>{host}/story/{number}</loc></url></urlset>"))
        }
        _ if path.starts_with("/story/") => {
            let words = ["ferry", "pier", "lantern", "harbour", "ledger", "signal"];
            let text: String = words
                .map(|word| {
                    format!(
                        "<p>The {word} of story {number} was seen by those who had come for it, and nobody else.</p>"
                    )
                })
                .concat();
            let title = format!("Story number {number}");
            let page = format!("<html><title>{title}</title><article><h1>{title}</h1>{text}</article></html>");
            Answer::ok(&page).with("content-type", "text/html")
        }
        _ => Answer::status(404),
    }
}

async fn until(what: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !block_in_place(&what) {
        assert!(Instant::now() < deadline, "it did not come to that");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sitemap_of_an_index_is_read_once() {
    let (directory, host) = (tempfile::tempdir().unwrap(), Host::open(site).await);
    let installation =
        Installation::with_feeds(directory.path(), &[host.url("/index.xml")], &format!("{ON_LOOPBACK}{LOCAL}"));
    let daemon = installation.start(None);
    until(|| installation.records().len() == SITEMAPS - 1).await;
    let polls = || host.asked().into_iter().filter(|asked| asked.uri == "/index.xml").collect::<Vec<_>>();
    let so_far = polls().len();
    until(|| polls().len() > so_far + 2).await;
    stop(daemon);
    let mut times = BTreeMap::<String, usize>::new();
    for asked in host.asked().into_iter().filter(|asked| asked.uri.ends_with(".xml") && asked.uri != "/index.xml") {
        *times.entry(asked.uri).or_default() += 1;
    }
    assert_eq!(times.len(), SITEMAPS);
    assert!(times.values().all(|&times| times == 1), "{times:?}");
    assert!(polls().iter().all(|asked| asked.header("if-none-match").is_none()), "one of them is still to be had");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sitemap_that_fails_is_named() {
    let (directory, host) = (tempfile::tempdir().unwrap(), Host::open(site).await);
    // so long that a run polls once, however slow the machine is
    let intervals = ("  interval: 200ms\n  max_interval: 300ms", "  interval: 3s\n  max_interval: 3s");
    let settings = format!("{}{LOCAL}", ON_LOOPBACK.replace(intervals.0, intervals.1));
    let installation = Installation::with_feeds(directory.path(), &[host.url("/index.xml")], &settings);
    let told = |arguments: &[&str]| String::from_utf8(installation.output(arguments).stdout).unwrap();
    // the index of fourteen in two polls; the third was read with the older ones
    let said = block_in_place(|| {
        installation.output(&["run", "--once"]);
        let waiting = told(&["status", "--json"]);
        installation.later(Duration::from_secs(60)).output(&["run", "--once"]);
        (waiting, told(&["status", "--json"]))
    });
    assert!(said.0.contains("waiting-sitemaps"), "{}", said.0);
    assert!(said.1.contains("failed-sitemap"), "{}", said.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_cut_off_is_asked_for_again() {
    let whole = feed(0..6);
    let json: Vec<String> = (0..6)
        .map(|n| {
            format!(
                "{{\"id\": \"{n}\", \"title\": \"Story {n}\", \"content_html\": \"<p>{}</p>\"}}",
                "It was told. ".repeat(40)
            )
        })
        .collect();
    let json = format!("{{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [{}]}}", json.join(", "));
    for (name, whole) in [("RSS", whole), ("JSON Feed", json)] {
        let host = Host::open(move |nth, asked| match (nth, asked.header("if-none-match")) {
            (_, Some(_)) => Answer::status(304).with("etag", "\"1\""),
            (0, _) => Answer::ok(&whole[..whole.len() * 6 / 10]).with("etag", "\"1\""),
            _ => Answer::ok(&whole).with("etag", "\"1\""),
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        let feed = format!("{{url: \"{}\", full_text: feed, obey_robots: false}}", host.url("/feed"));
        let installation = Installation::with_feeds(directory.path(), &[feed], &format!("{ON_LOOPBACK}{LOCAL}"));
        let daemon = installation.start(None);
        host.asked_times(4).await;
        until(|| installation.records().len() == 6).await;
        stop(daemon);
        let conditional: Vec<bool> = host.asked().iter().map(|asked| asked.header("if-none-match").is_some()).collect();
        assert_eq!(conditional[..4], [false, false, true, true], "{name}");
    }
}
