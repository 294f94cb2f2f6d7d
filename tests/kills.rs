//! SIGKILL at any instant loses nothing and doubles nothing, neither records nor rejects: a few hundred kills of the real
//! binary, at random instants and at each named point, while a newspaper prints, edits, and announces stories without a
//! page.
//!
//! `COPYDESK_TEST_KILLS` sets another number of kills (Kafka gets a quarter of them), `COPYDESK_TEST_SEED` another course
//! of events.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where something is not as it must be, and tells its figures"
)]

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use copydesk::{
    demo::{NewsSite, Paper, Story},
    ledger::{Start, kafka::RecordReader},
    record::Reject,
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

#[path = "support/installation.rs"]
mod installation;
#[path = "support/kafka.rs"]
#[allow(dead_code, reason = "the ledger's own tests use the rest of it")]
mod kafka;

use installation::{Installation, LOCAL, ON_LOOPBACK, faults, kill, now, number, stop};

/// How a ledger is killed.
struct Plan {
    kills: u64,
    /// Points at which the binary kills itself, in the order in which what a feed says passes them.
    points: [&'static str; 5],
    /// The least and the longest life of a process, in milliseconds: some die while they start, most while they work.
    life: std::ops::Range<u64>,
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_local_ledger() {
    let points = ["after-poll", "before-begin", "after-append", "before-commit", "after-commit"];
    let plan = Plan { kills: number("COPYDESK_TEST_KILLS", 200), points, life: 30..500 };
    let kept = check(LOCAL, plan, &Installation::rejects).await;
    // who reads the files themselves sees the same
    let files = std::fs::read_dir(kept.installation.ledger()).unwrap().map(|file| file.unwrap().path());
    let records = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("records-"));
    let lines: usize = records.map(|path| std::fs::read_to_string(path).unwrap().lines().count()).sum();
    assert_eq!(lines, kept.installation.records().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_kafka() {
    let (address, name) = (tokio::task::block_in_place(kafka::address), kafka::unique());
    let section = format!(
        "ledger:\n  kafka:\n    brokers: [\"{address}\"]\n    topics: {{records: {name}.records, rejects: {name}.rejects, \
         state: {name}.state}}\n    group: {name}\n    instance: one\n    partitions: 4\n    replication: 1\n"
    );
    let points = ["after-poll", "before-begin", "after-produce", "before-commit", "after-commit"];
    let plan = Plan { kills: number("COPYDESK_TEST_KILLS", 200) / 4, points, life: 200..2_500 };
    let rejects = |_: &Installation| tokio::runtime::Handle::current().block_on(rejects_on_kafka(address, &name));
    check(&section, plan, &rejects).await;
}

async fn rejects_on_kafka(address: &str, name: &str) -> Vec<Reject> {
    let mut config = kafka::ledger_at(address, name);
    // a reader of records reads any topic of whole documents
    config.records = config.rejects.clone();
    let mut reader = RecordReader::open(&config, Start::Beginning, false).await.unwrap();
    let mut rejects = Vec::new();
    while let Some(document) = reader.next().await.unwrap() {
        rejects.push(serde_json::from_slice(&document).unwrap());
    }
    rejects
}

/// An installation whose files last as long as this.
struct Kept {
    installation: Installation,
    _directory: tempfile::TempDir,
}

async fn check(ledger: &str, plan: Plan, rejects: &dyn Fn(&Installation) -> Vec<Reject>) -> Kept {
    let directory = tempfile::tempdir().unwrap();
    let site = NewsSite::open(paper()).await.unwrap();
    let installation = Installation::new(directory.path(), &site, &format!("{ON_LOOPBACK}{ledger}"));
    let seed = number("COPYDESK_TEST_SEED", 20_260_105);
    let killed = tokio::task::block_in_place(|| kill_again_and_again(&installation, &site, &plan, seed));
    let left = tokio::task::block_in_place(|| finish(&installation, &site, rejects));
    let records = installation.records();
    let missing = site.paper().missing.len();
    println!("{} kills, at named points {killed:?}; {} records, {missing} rejects", plan.kills, records.len());
    assert_eq!(left, Vec::<String>::new(), "seed {seed}\n{}", tail_of_log(directory.path()));
    for point in plan.points {
        assert!(killed.contains_key(point), "seed {seed}: no kill at {point}");
    }
    assert!(records.len() > site.paper().stories.len() - missing, "edits did happen");
    Kept { installation, _directory: directory }
}

fn paper() -> Paper {
    let stories = (0..8).map(|number| Story::numbered(number, now())).collect();
    Paper { stories, missing: vec!["case-3".to_owned()], ..Paper::default() }
}

/// Returns how often it was killed at each point.
fn kill_again_and_again(
    installation: &Installation,
    site: &NewsSite,
    plan: &Plan,
    seed: u64,
) -> BTreeMap<&'static str, u64> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut killed = BTreeMap::new();
    for round in 0..plan.kills {
        let number = usize::try_from(round).unwrap();
        let point = (round % 3 == 0).then(|| plan.points[number / 3 % plan.points.len()]);
        // where it is to be killed at a point, there is something to commit
        if round % 2 == 0 || point.is_some() {
            let story = Story::numbered(100 + number, now());
            if round % 8 == 0 {
                site.paper().missing.push(story.slug.clone());
            }
            site.print(story);
        }
        if round % 5 == 0 {
            let slug = {
                let paper = site.paper();
                let shown: Vec<_> = paper.stories.iter().filter(|s| !paper.missing.contains(&s.slug)).collect();
                shown[random.random_range(0..shown.len())].slug.clone()
            };
            site.edit(&slug);
        }
        let point = (round % 3 == 0).then(|| plan.points[number / 3 % plan.points.len()]);
        let fault = point.map(|point| format!("{point}:{}", random.random_range(1..3)));
        let mut child = installation.start(fault.as_deref());
        let until = Instant::now() + Duration::from_millis(random.random_range(plan.life.clone()));
        // what is not urgent is committed some seconds late
        let until = if point.is_some() { until + Duration::from_secs(15) } else { until };
        let mut ended = None;
        while Instant::now() < until && ended.is_none() {
            std::thread::sleep(Duration::from_millis(5));
            ended = child.try_wait().unwrap();
        }
        if let Some(status) = ended {
            let Some(point) = point else { panic!("the daemon ended by itself ({status}):\n{}", installation.log()) };
            *killed.entry(point).or_default() += 1;
        }
        kill(child);
    }
    killed
}

/// Runs undisturbed until all is recorded as it was printed, and what has no page is rejected; returns what is not by
/// then.
fn finish(installation: &Installation, site: &NewsSite, rejects: &dyn Fn(&Installation) -> Vec<Reject>) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let child = installation.start(None);
        let until = Instant::now() + Duration::from_secs(5);
        while !faults(&installation.records(), site).is_empty() && Instant::now() < deadline || Instant::now() < until {
            std::thread::sleep(Duration::from_millis(500));
        }
        stop(child);
        let mut left = faults(&installation.records(), site);
        left.extend(faults_of_rejects(&rejects(installation), site));
        if left.is_empty() || Instant::now() > deadline {
            return left;
        }
    }
}

/// Each story without a page is rejected once, for that, and no other story is.
fn faults_of_rejects(rejects: &[Reject], site: &NewsSite) -> Vec<String> {
    let slug = |reject: &Reject| {
        let url = reject.url.as_deref().unwrap_or_default();
        url.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned()
    };
    let mut found: Vec<_> = rejects.iter().map(|reject| (slug(reject), reject.reason.as_str())).collect();
    found.sort();
    let missing = site.paper().missing.clone();
    let mut expected: Vec<_> = missing.into_iter().map(|slug| (slug, "not_found")).collect();
    expected.sort();
    if found == expected { Vec::new() } else { vec![format!("rejects are {found:?}, and should be {expected:?}")] }
}

fn tail_of_log(directory: &Path) -> String {
    let log = std::fs::read_to_string(directory.join("daemon.log")).unwrap_or_default();
    log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
}
