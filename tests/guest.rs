//! The thirteen criteria of a good guest, on the daemon as it is shipped, over a server that writes down every request.
//!
//! After Rachel Kroll's feed reader score (<https://rachelbythebay.com/fs/help.html>).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;

use std::{path::Path, time::Duration};

use chrono::TimeDelta;
use host::{Answer, Host, feed};
use installation::{Installation, LOCAL, stop};
use tokio::task::block_in_place;

/// The default settings, except for the network.
const AS_SHIPPED: &str = "admin: off\nfetch: {allow_networks: [127.0.0.0/8]}\n";

/// A poll each 300 ms, whatever the feed's rhythm.
const STEADY: &str = "admin: off
fetch: {allow_networks: [127.0.0.0/8], host_gap: 0ms}
schedule: {min_interval: 100ms, interval: 300ms, max_interval: 300ms}
";
const INTERVAL: Duration = Duration::from_millis(300);

fn installation(directory: &Path, urls: &[String], settings: &str) -> Installation {
    Installation::with_feeds(directory, urls, &format!("{settings}{LOCAL}"))
}

/// Runs the daemon until the host was asked this often, and stops it.
async fn run_until(installation: &Installation, host: &Host, requests: usize) {
    let daemon = installation.start(None);
    host.asked_times(requests).await;
    block_in_place(|| stop(daemon));
}

fn once(installation: &Installation) {
    let output = block_in_place(|| installation.output(&["run", "--once"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// How long from the last request to the next, for each feed in the order of their URLs.
fn waits(installation: &Installation) -> Vec<TimeDelta> {
    let output = block_in_place(|| installation.output(&["status", "--json"]));
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let time = |feed: &serde_json::Value, name: &str| -> chrono::DateTime<chrono::Utc> {
        feed[name].as_str().unwrap().parse().unwrap()
    };
    let feeds = status["feeds"].as_array().unwrap().iter();
    feeds.map(|feed| time(feed, "due") - time(feed, "asked_at")).collect()
}

/// One unconditional GET at first, then always validators; opaque and byte-exact, always the newest, even if
/// the body is the same; none that the last response did not have.
#[tokio::test(flavor = "multi_thread")]
async fn validators() {
    let (a, b, c) = (feed(0..3), feed(0..4), feed(0..5));
    let odd: &[u8] = b"W/\"caf\xe9, \\\"*\"";
    let dates = ["Fri, 21 Nov  2025 08:00:00 +0100", "not a date", "Fri, 21 Nov 2025 09:00:00 GMT"];
    // what is answered, and the validators that the next request must have
    type Pair<'a> = (Option<&'a [u8]>, Option<&'a str>);
    let script: Vec<(Answer, Pair<'_>)> = vec![
        (Answer::ok(&a).with("etag", odd).with("last-modified", dates[0]), (Some(odd), Some(dates[0]))),
        (Answer::status(304), (Some(odd), Some(dates[0]))),
        (Answer::status(304).with("etag", "\"2\""), (Some(b"\"2\""), Some(dates[0]))),
        (Answer::ok(&a).with("etag", "\"3\"").with("last-modified", dates[1]), (Some(b"\"3\""), Some(dates[1]))),
        (Answer::ok(&b), (None, None)),
        (Answer::ok(&c).with("last-modified", dates[2]), (None, Some(dates[2]))),
        (Answer::status(500).with("etag", "\"5\""), (None, Some(dates[2]))),
        (Answer::ok(&c).with("etag", "not quoted"), (Some(b"not quoted"), None)),
    ];
    let expected: Vec<Pair<'_>> = script.iter().map(|(_, next)| *next).collect();
    let answers: Vec<Answer> = script.iter().map(|(answer, _)| answer.clone()).collect();
    let host = Host::open(move |nth, _| answers.get(nth).cloned().unwrap_or(Answer::status(304))).await;
    let directory = tempfile::tempdir().unwrap();
    let installation = installation(directory.path(), &[host.url("/feed")], STEADY);
    run_until(&installation, &host, 3).await;
    // and they outlive a restart
    run_until(&installation, &host, expected.len() + 1).await;

    let asked = host.asked();
    assert_eq!((asked[0].header("if-none-match"), asked[0].header("if-modified-since")), (None, None));
    for (nth, (request, (etag, date))) in asked[1..].iter().zip(expected).enumerate() {
        assert_eq!(request.header("if-none-match"), etag, "request {}", nth + 1);
        assert_eq!(request.header("if-modified-since"), date.map(str::as_bytes), "request {}", nth + 1);
    }
}

/// Conditional requests at most hourly unless told otherwise, unconditional ones at most daily; `max-age` and the feed's
/// own hints; 429 and `Retry-After`, even if it is a day; and nothing is requested before its time after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_before_its_time() {
    const HOUR: i64 = 3600;
    let later =
        |hours: u64| httpdate::fmt_http_date(copydesk::daemon::clock::system() + Duration::from_secs(hours * 3600));
    let ok = || Answer::ok(&feed(0..3)).with("etag", "\"1\"");
    // (answer, least wait in seconds)
    let cases = vec![
        (ok(), HOUR),
        (Answer::ok(&feed(0..3)), 24 * HOUR),
        (Answer::ok(&feed(0..3)).with("cache-control", "max-age=7200"), 2 * HOUR),
        (Answer::ok(&feed(0..3)).with("cache-control", "no-store"), 24 * HOUR),
        (Answer::ok(&feed(0..0)).with("etag", "\"1\""), HOUR),
        (ok().with("cache-control", "max-age=60"), 15 * 60),
        (ok().with("cache-control", "private, max-age=7200"), 2 * HOUR),
        (ok().with("expires", later(5)), 5 * HOUR - 2),
        (Answer::ok(&feed(0..3).replace("<title>", "<ttl>180</ttl><title>")), 3 * HOUR),
        (Answer::status(429).with("retry-after", "86400"), 24 * HOUR),
        (Answer::status(503).with("retry-after", later(20)), 20 * HOUR - 2),
        // more is taken for a mistake
        (Answer::status(429).with("retry-after", "2592000"), 24 * HOUR),
        (Answer::status(503).with("retry-after", later(50)), 24 * HOUR),
        (Answer::status(429), 15 * 60),
        (Answer::status(404), HOUR),
        (Answer::status(410), 24 * HOUR),
        (Answer::status(500), 15 * 60),
    ];
    let mut hosts = Vec::new();
    for (answer, _) in &cases {
        let answer = answer.clone();
        hosts.push(Host::open(move |_, _| answer.clone()).await);
    }
    let mut urls: Vec<(String, i64)> =
        hosts.iter().zip(&cases).map(|(host, (_, least))| (host.url("/feed"), *least)).collect();
    urls.sort();
    let directory = tempfile::tempdir().unwrap();
    let installation =
        installation(directory.path(), &urls.iter().map(|(url, _)| url.clone()).collect::<Vec<_>>(), AS_SHIPPED);
    once(&installation);
    for (wait, (url, least)) in waits(&installation).into_iter().zip(&urls) {
        let wait = wait.num_seconds();
        let case = hosts.iter().position(|host| host.url("/feed") == *url).unwrap();
        assert!(wait >= *least, "{wait} s where {least} s are the least: {:?}", cases[case].0);
        assert!(wait <= (24 * HOUR).max(least + 2) * 11 / 10, "{wait} s is too long: {:?}", cases[case].0);
    }
    once(&installation);
    for host in &hosts {
        assert_eq!(host.asked().len(), 1, "asked again after a restart though it was not due");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_hint_the_pace_is_steady() {
    let host = Host::open(|_, _| Answer::ok(&feed(0..3)).with("etag", "\"1\"")).await;
    let directory = tempfile::tempdir().unwrap();
    let installation = installation(directory.path(), &[host.url("/feed")], STEADY);
    run_until(&installation, &host, 8).await;
    let asked = host.asked();
    let gaps: Vec<Duration> = asked.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(gaps.iter().all(|gap| *gap >= INTERVAL - Duration::from_millis(50)), "{gaps:?}");
    assert_eq!(waits(&installation), [TimeDelta::from_std(INTERVAL).unwrap()], "and it has not become slower");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_brings_no_burst() {
    const GAP: Duration = Duration::from_millis(150);
    let host = Host::open(|_, _| Answer::ok(&feed(0..3)).with("etag", "\"1\"")).await;
    let urls: Vec<String> = (0..8).map(|n| host.url(&format!("/feed-{n}"))).collect();
    let settings = STEADY.replace("host_gap: 0ms", "host_gap: 150ms").replace("300ms", "1m");
    let directory = tempfile::tempdir().unwrap();
    let installation = installation(directory.path(), &urls, &settings);
    once(&installation);
    // by then all of them are overdue
    once(&installation.later(Duration::from_secs(600)));
    let asked = host.asked();
    assert_eq!(asked.len(), 2 * urls.len());
    for run in asked.chunks(urls.len()) {
        let gaps: Vec<Duration> = run.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
        assert!(gaps.iter().all(|gap| *gap >= GAP - Duration::from_millis(60)), "{gaps:?}");
    }
}

/// A host that asks to be left alone is left alone, with all its feeds, through a restart; no other is.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_host_is_left_alone_and_no_other() {
    let busy = Host::open(|nth, _| match nth {
        0 => Answer::ok(&feed(0..3)).with("etag", "\"1\""),
        _ => Answer::status(429).with("retry-after", "604800"),
    })
    .await;
    let other = Host::open(|_, _| Answer::ok(&feed(0..3)).with("etag", "\"1\"")).await;
    let directory = tempfile::tempdir().unwrap();
    let urls = [busy.url("/a"), busy.url("/b"), other.url("/c")];
    let settings = STEADY.replace("host_gap: 0ms", "host_gap: 20ms, per_host: 1").replace("300ms", "2s");
    let installation = installation(directory.path(), &urls, &settings);
    once(&installation);
    assert_eq!((busy.asked().len(), other.asked().len()), (2, 1), "one feed was answered, the other was told to wait");
    // by then the one that was answered is due
    let later = installation.later(Duration::from_secs(60));
    once(&later);
    assert_eq!(
        (busy.asked().len(), other.asked().len()),
        (2, 2),
        "its word outlives a restart, for its other feeds too"
    );
    run_until(&later, &other, 4).await;
    assert_eq!(busy.asked().len(), 2);
}

/// No cookies, no Referer, no query string added; the URL as written; an informative User-Agent; gzip offered.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent() {
    const WRITTEN: [&str; 4] = [
        "/~feeds/%7eodd/a%2Fb/;v=1,2/(c)!*@:x",
        "/rss?b=2&&a=%20+%2f&empty=&flag&utm_source=x",
        "/question?",
        "//double//slash/?=",
    ];
    let host = Host::open(|_, asked| {
        let answer = match asked.uri.as_str() {
            "/rss?b=2&&a=%20+%2f&empty=&flag&utm_source=x" => Answer::status(302).with("location", "/elsewhere"),
            _ => Answer::ok(&feed(0..3)).with("etag", "\"1\""),
        };
        answer.with("set-cookie", "id=1; Path=/; Max-Age=86400")
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let installation = installation(directory.path(), &WRITTEN.map(|path| host.url(path)), STEADY);
    run_until(&installation, &host, 20).await;
    let asked = host.asked();
    for request in &asked {
        assert!(WRITTEN.contains(&request.uri.as_str()) || request.uri == "/elsewhere", "{}", request.uri);
        assert_eq!(request.method, "GET");
        for unwanted in ["cookie", "referer", "authorization", "from", "origin", "range"] {
            assert_eq!(request.header(unwanted), None, "{unwanted} of {}", request.uri);
        }
        let agent = format!("copydesk/{} (+tests@example.com)", env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), Some(agent.as_bytes()));
        let offered = String::from_utf8_lossy(request.header("accept-encoding").unwrap()).into_owned();
        assert!(offered.split(", ").any(|coding| coding == "gzip"), "{offered}");
    }
    for path in WRITTEN {
        let times = asked.iter().filter(|request| request.uri == path).count();
        assert!(
            times >= 2,
            "{path} was asked for {times} times as it was written, and there is no cookie to send back yet"
        );
    }
}
