//! SIGKILL at any instant loses nothing and doubles nothing: a few hundred kills of the real binary, at random instants
//! and at named points of the commit, while a newspaper prints and edits.
//!
//! `COPYDESK_TEST_KILLS` sets another number of kills, `COPYDESK_TEST_SEED` another course of events.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use chrono::Utc;
use copydesk::demo::{NewsSite, Paper, Story};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, LOCAL, ON_LOOPBACK, faults, kill};

/// Points of a commit at which the binary kills itself, in the order in which a commit passes them.
const POINTS: [&str; 4] = ["before-begin", "after-append", "before-commit", "after-commit"];
const MISSING: &str = "case-3";

#[tokio::test(flavor = "multi_thread")]
async fn on_the_local_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let site = NewsSite::open(paper()).await.unwrap();
    let desk = Desk::new(directory.path(), &site, &format!("{ON_LOOPBACK}{LOCAL}"));
    let kills = number("COPYDESK_TEST_KILLS", 200);
    let seed = number("COPYDESK_TEST_SEED", 20_260_105);
    let killed = tokio::task::block_in_place(|| kill_again_and_again(&desk, &site, kills, seed));
    let left = tokio::task::block_in_place(|| finish(&desk, &site));
    let records = desk.records();
    println!("{kills} kills, {killed} of them at a named point; {} records", records.len());
    assert_eq!(left, Vec::<String>::new(), "seed {seed}\n{}", tail_of_log(directory.path()));
    let rejects = desk.rejects();
    let missing: Vec<&str> = rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(missing, ["not_found"], "the story without a page is rejected once");
}

fn paper() -> Paper {
    let stories = (0..8).map(|number| Story::numbered(number, now())).collect();
    Paper { stories, missing: vec![MISSING.to_owned()], ..Paper::default() }
}

/// Returns how many of the kills were at a named point.
fn kill_again_and_again(desk: &Desk, site: &NewsSite, kills: u64, seed: u64) -> u64 {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut at_a_point = 0;
    for round in 0..kills {
        if round % 2 == 0 {
            site.print(Story::numbered(100 + usize::try_from(round).unwrap(), now()));
        }
        // no edits at the end, so that the looks that are left find the last of them
        if round % 5 == 0 && round < kills * 2 / 3 {
            let slug = {
                let paper = site.paper();
                paper.stories[random.random_range(0..paper.stories.len())].slug.clone()
            };
            site.edit(&slug);
        }
        let point = (round % 3 == 0).then(|| POINTS[random.random_range(0..POINTS.len())]);
        let fault = point.map(|point| format!("{point}:{}", random.random_range(1..4)));
        let mut child = desk.start(fault.as_deref());
        let until = Instant::now() + Duration::from_millis(random.random_range(30..500));
        let until = if point.is_some() { until + Duration::from_secs(2) } else { until };
        let mut ended = None;
        while Instant::now() < until && ended.is_none() {
            std::thread::sleep(Duration::from_millis(5));
            ended = child.try_wait().unwrap();
        }
        if let Some(status) = ended {
            assert!(point.is_some(), "the daemon ended by itself ({status}):\n{}", desk.log());
            at_a_point += 1;
        }
        kill(child);
    }
    at_a_point
}

/// Runs undisturbed until all is recorded as it was printed; returns what is not by then.
fn finish(desk: &Desk, site: &NewsSite) -> Vec<String> {
    let child = desk.start(None);
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut left = faults(&desk.records(), site);
    while !left.is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(500));
        left = faults(&desk.records(), site);
    }
    kill(child);
    left
}

fn tail_of_log(directory: &Path) -> String {
    let log = std::fs::read_to_string(directory.join("daemon.log")).unwrap_or_default();
    log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
}

#[expect(clippy::disallowed_methods, reason = "a test's own clock")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "a test's own settings")]
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}
