//! A stop ends in time, whatever a thread does that should have ended.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/desk.rs"]
mod desk;

use std::{
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use chrono::DateTime;
use copydesk::demo::{NewsSite, Paper, Story};
use desk::{Desk, LOCAL, ON_LOOPBACK};

/// What a stop may take beyond `stop_within`, and what a busy machine may add to that.
const GRACE: Duration = Duration::from_secs(1);
const SLACK: Duration = Duration::from_secs(2);

/// Starts a daemon one of whose threads comes to spin, and tells it to stop.
async fn stopped(fault: &str) -> (Desk, tempfile::TempDir, NewsSite, ExitStatus, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let stories = (0..20).map(|number| Story::numbered(number, DateTime::UNIX_EPOCH)).collect();
    let site = NewsSite::open(Paper { stories, ..Paper::default() }).await.unwrap();
    let desk = Desk::new(directory.path(), &site, &format!("{ON_LOOPBACK}{LOCAL}stop_within: 2s\n"));
    let mut daemon = desk.start(Some(fault));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let begun = Instant::now();
    assert!(Command::new("kill").arg(daemon.id().to_string()).status().unwrap().success());
    let status = waited_for(&mut daemon, Duration::from_secs(30)).await;
    (desk, directory, site, status, begun.elapsed())
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
    let (desk, _directory, _site, status, took) = stopped("extracting:3:spin").await;
    assert_eq!(status.code(), Some(0), "{}", desk.log());
    assert!(took < Duration::from_secs(2) + GRACE + SLACK, "{took:?}");
    assert!(!desk.records().is_empty(), "what the others brought is committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_spins_is_ended_and_loses_nothing() {
    let (desk, _directory, site, status, took) = stopped("after-poll:2:spin").await;
    assert_eq!(status.code(), Some(3), "{}", desk.log());
    assert!(desk.log().contains("the stop took too long"), "{}", desk.log());
    let wanted = Duration::from_secs(2);
    assert!(took >= wanted && took < wanted + GRACE + SLACK, "{took:?}");
    let healthy = desk.start(None);
    tokio::time::sleep(Duration::from_secs(4)).await;
    desk::stop(healthy);
    assert_eq!(desk::faults(&desk.records(), &site), [""; 0]);
}
