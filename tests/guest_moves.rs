//! A feed that has moved, through the binary: asked where it is now, and still the feed that the configuration names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;

use chrono::{TimeDelta, Utc};
use copydesk::{daemon::clock, state::FeedState};
use host::{Answer, Host, feed};
use installation::{Installation, LOCAL};
use tokio::task::block_in_place;

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

    once(&installation);
    assert_eq!((asked(), shown(&installation, "moved")), ((1, 1), false.into()));
    // two days and two polls later, had somebody waited for them
    pretend(&installation, |feed| {
        let moved = feed.moved.as_mut().unwrap();
        moved.since -= TimeDelta::days(2);
        moved.polls += 2;
    });
    once(&installation);
    assert_eq!((asked(), shown(&installation, "moved")), ((1, 2), true.into()));
    assert_eq!(shown(&installation, "url"), home.url("/old"), "it is the feed that was configured");
    assert_eq!(shown(&installation, "moved_to"), new.url("/feed"));

    // a week later, the configured URL is asked again; not with the other one's validators
    pretend(&installation, |feed| feed.moved.as_mut().unwrap().home_at -= TimeDelta::days(8));
    once(&installation);
    assert_eq!(asked(), (2, 3));
    assert!(home.asked().iter().all(|asked| asked.header("if-none-match").is_none()));
    let validators: Vec<bool> = new.asked().iter().map(|asked| asked.header("if-none-match").is_some()).collect();
    assert_eq!(validators, [false, true, true]);
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

/// Changes the stored value of the only feed, and makes it due.
fn pretend(installation: &Installation, change: impl Fn(&mut FeedState)) {
    let db = rusqlite::Connection::open(installation.ledger().join("state.db")).unwrap();
    let (key, value): (String, Vec<u8>) = db
        .query_row("SELECT key, value FROM state WHERE key LIKE '% http%'", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let mut feed = FeedState::from_json(&value).unwrap();
    change(&mut feed);
    let now: chrono::DateTime<Utc> = clock::now();
    feed.schedule.due = Some(now - TimeDelta::seconds(1));
    db.execute("UPDATE state SET value = ?2 WHERE key = ?1", (key, feed.to_json())).unwrap();
}
