//! A feed that has moved, through the binary: requested where it is now, and still the feed of the configuration.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;

use std::time::Duration;

use host::{Answer, Host, feed};
use installation::{Installation, LOCAL};
use tokio::task::block_in_place;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_moved_is_asked_where_it_is_now() {
    let new = Host::open(|_, asked| match asked.header("if-none-match") {
        Some(_) => Answer::status(304).with("etag", "\"new\""),
        None => Answer::ok(&feed(0..3)).with("etag", "\"new\""),
    })
    .await;
    let to = new.url("/feed");
    let home = Host::open(move |_, _| Answer::status(301).with("location", &to).with("etag", "\"home\"")).await;
    let directory = tempfile::tempdir().unwrap();
    let configured = format!("{{url: \"{}\", headers: {{x-key: secret}}}}", home.url("/old"));
    let settings = format!("admin: off\nfetch: {{allow_networks: [127.0.0.0/8]}}\n{LOCAL}");
    let installation = Installation::with_feeds(directory.path(), &[configured], &settings);
    let asked = || {
        let with_key = |host: &Host| host.asked().iter().filter(|asked| asked.header("x-key").is_some()).count();
        assert_eq!((with_key(&home), with_key(&new)), (home.asked().len(), 0), "the header is meant for its origin");
        (home.asked().len(), new.asked().len())
    };

    // days after the first poll, how often the old and the new URL were asked by then, whether the move is believed
    for (day, by_then, is_believed) in [
        (0, (1, 1), false),
        (2, (2, 2), false),
        (4, (3, 3), true),
        (6, (3, 4), true),
        (8, (3, 5), true),
        // a week after it was last asked, the configured URL is asked again
        (12, (4, 6), true),
    ] {
        let then = installation.later(day * DAY);
        once(&then);
        assert_eq!((asked(), shown(&then, "moved")), (by_then, is_believed.into()), "day {day}");
    }
    assert_eq!(shown(&installation, "url"), home.url("/old"), "it is the feed that was configured");
    assert_eq!(shown(&installation, "moved_to"), new.url("/feed"));
    // validators are for the URL that gave them
    assert!(home.asked().iter().all(|asked| asked.header("if-none-match").is_none()));
    let validators: Vec<bool> = new.asked().iter().map(|asked| asked.header("if-none-match").is_some()).collect();
    assert_eq!(validators, [false, true, true, true, true, true]);
    assert_eq!(block_in_place(|| installation.records()).len(), 3, "no entry was met anew");
}

fn once(installation: &Installation) {
    let output = block_in_place(|| installation.output(&["run", "--once"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `status` shows of the feed.
fn shown(installation: &Installation, field: &str) -> serde_json::Value {
    let output = block_in_place(|| installation.output(&["status", "--json"]));
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    status["feeds"][0][field].clone()
}
