//! A stop ends in time, whatever a thread does that should have ended.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/installation.rs"]
mod installation;

use std::{
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use chrono::DateTime;
use copydesk::demo::{NewsSite, Paper, Story};
use installation::{Installation, LOCAL, ON_LOOPBACK};

/// What a stop may take beyond `stop_within`, and what a busy machine may add to that.
const GRACE: Duration = Duration::from_secs(1);
const SLACK: Duration = Duration::from_secs(2);

/// Starts a daemon one of whose threads comes to spin, and tells it to stop.
async fn stopped(fault: &str) -> (Installation, tempfile::TempDir, NewsSite, ExitStatus, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let stories = (0..20).map(|number| Story::numbered(number, DateTime::UNIX_EPOCH)).collect();
    let site = NewsSite::open(Paper { stories, ..Paper::default() }).await.unwrap();
    let installation = Installation::new(directory.path(), &site, &format!("{ON_LOOPBACK}{LOCAL}stop_within: 2s\n"));
    let mut daemon = installation.start(Some(fault));
    let until = Instant::now() + Duration::from_secs(60);
    while !installation.log().contains("loops from now on") {
        assert!(Instant::now() < until, "no thread loops: {}", installation.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let begun = Instant::now();
    assert!(Command::new("kill").arg(daemon.id().to_string()).status().unwrap().success());
    let status = waited_for(&mut daemon, Duration::from_secs(30)).await;
    (installation, directory, site, status, begun.elapsed())
}

async fn waited_for(daemon: &mut Child, within: Duration) -> ExitStatus {
    let until = Instant::now() + within;
    loop {
        if let Some(status) = daemon.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > until {
            daemon.kill().unwrap();
            panic!("not gone after {within:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_spins_keeps_nothing_up() {
    let (installation, _directory, _site, status, took) = stopped("extracting:3:spin").await;
    assert_eq!(status.code(), Some(0), "{}", installation.log());
    assert!(took < Duration::from_secs(2) + GRACE + SLACK, "{took:?}");
    assert!(!installation.records().is_empty(), "what the others brought is committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_spins_is_ended_and_loses_nothing() {
    let (installation, _directory, site, status, took) = stopped("after-poll:2:spin").await;
    assert_eq!(status.code(), Some(3), "{}", installation.log());
    assert!(installation.log().contains("the stop took too long"), "{}", installation.log());
    let wanted = Duration::from_secs(2);
    assert!(took >= wanted && took < wanted + GRACE + SLACK, "{took:?}");
    let healthy = installation.start(None);
    let until = Instant::now() + Duration::from_secs(60);
    while !installation::faults(&installation.records(), &site).is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    installation::stop(healthy);
    assert_eq!(installation::faults(&installation.records(), &site), [""; 0]);
}
