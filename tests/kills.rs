//! SIGKILL at any instant loses nothing and doubles nothing: a few hundred kills of the real binary, at random instants
//! and at named points of the commit, while a newspaper prints and edits.
//!
//! `COPYDESK_TEST_KILLS` sets another number of kills, `COPYDESK_TEST_SEED` another course of events.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where something is not as it must be, and tells its figures"
)]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use copydesk::demo::{NewsSite, Paper, Story};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

#[path = "support/desk.rs"]
mod desk;
#[path = "support/kafka.rs"]
#[allow(dead_code, reason = "the ledger's own tests use the rest of it")]
mod kafka;

use desk::{Desk, LOCAL, ON_LOOPBACK, faults, kill, now, number};

const MISSING: &str = "case-3";

/// How a ledger is killed.
struct Plan {
    kills: u64,
    /// Points of a commit at which the binary kills itself, in the order in which a commit passes them.
    points: [&'static str; 4],
    /// The least and the longest life of a process, in milliseconds: some die while they start, most while they work.
    life: std::ops::Range<u64>,
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_local_ledger() {
    let points = ["before-begin", "after-append", "before-commit", "after-commit"];
    let desk = check(LOCAL, Plan { kills: number("COPYDESK_TEST_KILLS", 200), points, life: 30..500 }).await;
    let rejects = desk.desk.rejects();
    let reasons: Vec<&str> = rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(reasons, ["not_found"], "the story without a page is rejected once");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_kafka() {
    let (address, name) = (tokio::task::block_in_place(kafka::address), kafka::unique());
    let section = format!(
        "ledger:\n  kafka:\n    brokers: [\"{address}\"]\n    topics: {{records: {name}.records, rejects: {name}.rejects, \
         state: {name}.state}}\n    group: {name}\n    instance: one\n    partitions: 4\n    replication: 1\n"
    );
    let points = ["before-begin", "after-produce", "before-commit", "after-commit"];
    check(&section, Plan { kills: number("COPYDESK_TEST_KILLS", 200) / 4, points, life: 200..2_500 }).await;
}

/// A desk whose files last as long as this.
struct Kept {
    desk: Desk,
    _directory: tempfile::TempDir,
}

async fn check(ledger: &str, plan: Plan) -> Kept {
    let directory = tempfile::tempdir().unwrap();
    let site = NewsSite::open(paper()).await.unwrap();
    let desk = Desk::new(directory.path(), &site, &format!("{ON_LOOPBACK}{ledger}"));
    let seed = number("COPYDESK_TEST_SEED", 20_260_105);
    let killed = tokio::task::block_in_place(|| kill_again_and_again(&desk, &site, &plan, seed));
    let left = tokio::task::block_in_place(|| finish(&desk, &site));
    let records = desk.records();
    println!("{} kills, {killed} of them at a named point; {} records", plan.kills, records.len());
    assert_eq!(left, Vec::<String>::new(), "seed {seed}\n{}", tail_of_log(directory.path()));
    assert!(killed > 0 && records.len() > site.paper().stories.len(), "kills at points, and edits, did happen");
    Kept { desk, _directory: directory }
}

fn paper() -> Paper {
    let stories = (0..8).map(|number| Story::numbered(number, now())).collect();
    Paper { stories, missing: vec![MISSING.to_owned()], ..Paper::default() }
}

/// Returns how many of the kills were at a named point.
fn kill_again_and_again(desk: &Desk, site: &NewsSite, plan: &Plan, seed: u64) -> u64 {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut at_a_point = 0;
    for round in 0..plan.kills {
        if round % 2 == 0 {
            site.print(Story::numbered(100 + usize::try_from(round).unwrap(), now()));
        }
        if round % 5 == 0 {
            let slug = {
                let paper = site.paper();
                paper.stories[random.random_range(0..paper.stories.len())].slug.clone()
            };
            site.edit(&slug);
        }
        let point = (round % 3 == 0).then(|| plan.points[random.random_range(0..plan.points.len())]);
        let fault = point.map(|point| format!("{point}:{}", random.random_range(1..4)));
        let mut child = desk.start(fault.as_deref());
        let until = Instant::now() + Duration::from_millis(random.random_range(plan.life.clone()));
        let until = if point.is_some() { until + Duration::from_secs(3) } else { until };
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
