//! A configuration that is read again while the daemon runs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;

use std::process::Command;

use host::{Answer, Host, feed};
use installation::{Installation, LOCAL, stop};
use tokio::task::block_in_place;

const STEADY: &str = "admin: off
fetch: {allow_networks: [127.0.0.0/8], host_gap: 0ms}
schedule: {min_interval: 100ms, interval: 200ms, max_interval: 200ms}
";

fn signal(name: &str, daemon: &std::process::Child) {
    assert!(Command::new("kill").args([name, &daemon.id().to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_are_taken_over_and_a_file_that_hangs_keeps_nothing_up() {
    let host = async || Host::open(|_, _| Answer::ok(&feed(0..1)).with("etag", "\"1\"")).await;
    let (first, second) = (host().await, host().await);
    let directory = tempfile::tempdir().unwrap();
    let settings = format!("{STEADY}{LOCAL}");
    let installation = Installation::with_feeds(directory.path(), &[first.url("/feed")], &settings);
    let daemon = installation.start(None);
    first.asked_times(2).await;
    Installation::with_feeds(directory.path(), &[first.url("/feed"), second.url("/feed")], &settings);
    signal("-HUP", &daemon);
    second.asked_times(2).await;

    // nothing writes to it: a process that opens it waits
    std::fs::remove_file(installation.config()).unwrap();
    assert!(Command::new("mkfifo").arg(installation.config()).status().unwrap().success());
    signal("-HUP", &daemon);
    let so_far = first.asked().len();
    first.asked_times(so_far + 5).await;
    block_in_place(|| stop(daemon));
}
