//! Years of what publishers do, in a minute of virtual time, with the code that decides.
//!
//! `publisher` and `paper` simulate sixty sites with two hundred feeds: they know each story by their own number.
//! `press` reads them as the coordinator does, with the real state, schedule and judgement, and a `store` that behaves
//! like a ledger; it is restarted, killed between commits, and given a wrong clock. `oracle` knows from the publishers'
//! numbers what the result must be.
//!
//! `COPYDESK_SIMULATION_YEARS=2 COPYDESK_SIMULATION_SITES=60` is the long run; `COPYDESK_SIMULATION_SEED=N` gives
//! another sequence of events. Faults name site and story: `COPYDESK_SIMULATION_SITE=N` simulates that site alone, and
//! `COPYDESK_SIMULATION_STORY=N` prints everything that happens to that story.

mod chance;
mod oracle;
mod paper;
mod press;
mod publisher;
mod store;

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use self::{
    oracle::{Fault, Found},
    press::{Broken, Press},
    publisher::{Pace, Publisher},
};
use crate::config::Schedule;

/// Bytes that a site's store may have for each story that is remembered or pending, on average.
const BYTES_A_STORY: f64 = 130.0;
/// And in addition: its feeds, and what is pending.
const BYTES_A_SITE: f64 = 40_000.0;

/// The result of a run.
#[derive(Debug, Default)]
struct Sum {
    feeds: usize,
    stories: usize,
    revisions: usize,
    rejects: usize,
    edits: usize,
    written: usize,
    written_of: BTreeMap<&'static str, usize>,
    /// The most bytes in a site's store, per story within the horizon, without the fixed part of each site.
    largest: usize,
    held: BTreeMap<&'static str, usize>,
    faults: Vec<(u64, &'static str, Found)>,
}

impl Sum {
    fn count(&self, fault: Fault) -> usize {
        self.faults.iter().filter(|(.., found)| found.fault == fault).count()
    }

    fn print(&self, seed: u64) {
        let Self { feeds, stories, revisions, rejects, edits, written, largest, held, .. } = self;
        println!(
            "seed {seed}: {feeds} feeds, {stories} stories, {revisions} revisions of {edits} edits that were due, {rejects} rejects"
        );
        println!(
            "{} bytes of state written a story; at most {largest} bytes a site; at the end {held:?}",
            written / stories.max(&1)
        );
        let mut kinds: BTreeMap<(Fault, &str), usize> = BTreeMap::new();
        self.faults.iter().for_each(|(_, habits, found)| *kinds.entry((found.fault, *habits)).or_default() += 1);
        kinds.iter().for_each(|((fault, habits), count)| println!("{fault:?} × {count}: {habits}"));
        for (site, habits, found) in self.faults.iter().take(40) {
            println!("  site {site} ({habits}): {found}");
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the environment is an argument of this test")]
fn setting(name: &str) -> Option<f64> {
    std::env::var(format!("COPYDESK_SIMULATION_{name}")).ok()?.parse().ok()
}

fn start() -> DateTime<Utc> {
    "2026-01-05T00:00:00Z".parse().unwrap()
}

fn schedule() -> Schedule {
    // fewer polls than by default: they are most of what a run costs
    Schedule { interval: Duration::from_secs(3600), ..Schedule::default() }
}

fn play(sites: impl Iterator<Item = u64> + Send, seed: u64, pace: Pace, schedule: &Schedule, broken: Broken) -> Sum {
    let (sites, sum) = (Mutex::new(sites), Mutex::new(Sum::default()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(site) = sites.lock().unwrap().next() else { return };
                    let publisher = Publisher::new(site, seed, start(), pace);
                    let mut press = Press::new(&publisher, schedule.clone(), broken);
                    press.watched = setting("STORY").map(|n| n as usize);
                    press.run(start() + TimeDelta::days(pace.days));
                    add(&mut sum.lock().unwrap(), &publisher, press);
                }
            });
        }
    });
    sum.into_inner().unwrap()
}

fn add(sum: &mut Sum, publisher: &Publisher, press: Press<'_>) {
    sum.feeds += publisher.outlets.len();
    sum.stories += press.oracle.published();
    sum.revisions += press.oracle.revisions;
    sum.rejects += press.oracle.rejects;
    sum.edits += press.oracle.edits;
    sum.written += press.store.written.values().sum::<usize>();
    press.store.written.iter().for_each(|(kind, bytes)| *sum.written_of.entry(kind).or_default() += bytes);
    sum.largest = sum.largest.max(press.store.largest);
    press.held().into_iter().for_each(|(what, count)| *sum.held.entry(what).or_default() += count);
    let found = press.oracle.faults.into_iter();
    sum.faults.extend(found.map(|found| (publisher.number, publisher.habits.name, found)));
}

#[test]
fn years_of_sixty_publishers() {
    let seed = setting("SEED").unwrap_or(1.0) as u64;
    let days = (setting("YEARS").unwrap_or(1.1) * 365.0) as i64;
    let sites = setting("SITES").unwrap_or(22.0) as u64;
    let pace = Pace { days, stories_a_day: setting("STORIES").unwrap_or(0.7), is_calm: false };
    let sites = match setting("SITE") {
        Some(one) => one as u64..one as u64 + 1,
        None => 0..sites,
    };
    let sum = play(sites, seed, pace, &schedule(), Broken::Nothing);
    sum.print(seed);
    assert!(sum.stories > 100 && sum.revisions > 10, "nothing was played");
    for fault in
        [Fault::Twice, Fault::Gap, Fault::OneId, Fault::Lost, Fault::RejectedTwice, Fault::TooMany, Fault::TooOld]
    {
        assert_eq!(sum.count(fault), 0, "{fault:?}");
    }
    // one in a thousand, and in a small run three more by chance
    let most = sum.stories / 1000 + 3;
    assert!(sum.count(Fault::FalseRevision) <= most, "false revisions");
    assert!(sum.count(Fault::MissedEdit) <= most, "missed edits");
    assert!(sum.count(Fault::SecondId) * 10_000 <= sum.stories, "second ids");
    // of each story within the horizon and the weeks before, and of each site with its feeds
    let most = 230.0 * pace.stories_a_day * BYTES_A_STORY + BYTES_A_SITE;
    assert!(sum.largest as f64 <= most, "{} bytes in a site's store, more than {most}", sum.largest);
}

/// A rule that is left out is noticed: otherwise the test above would prove nothing.
#[test]
fn a_broken_rule_is_noticed() {
    let pace = Pace { days: 120, stories_a_day: 1.0, is_calm: false };
    for (broken, sites, faults) in [
        (Broken::Memory, 0..2, &[Fault::Twice, Fault::SecondId][..]),
        (Broken::GuidsOnly, 1..3, &[Fault::SecondId]),
        (Broken::Judgement, 16..17, &[Fault::FalseRevision]),
        (Broken::Rechecks, 0..1, &[Fault::MissedEdit]),
        (Broken::Patience, 0..2, &[Fault::Lost]),
        (Broken::Commits, 0..2, &[Fault::Twice]),
    ] {
        let sum = play(sites, 1, pace, &schedule(), broken);
        let found: Vec<usize> = faults.iter().map(|fault| sum.count(*fault)).collect();
        println!("{broken:?}: {faults:?} × {found:?} of {} stories", sum.stories);
        assert!(found.iter().all(|count| *count > 0), "{broken:?} went unnoticed");
    }
}

/// Bytes of state that are written per story of a feed where nothing goes wrong.
#[test]
fn what_a_story_costs_to_store() {
    let days = setting("COST_DAYS").unwrap_or(9.0) as i64;
    for (what, days, stories_a_day, most) in [("busy", days, 500.0, 1500), ("quiet", 30, 2.0, 3000)] {
        let pace = Pace { days, stories_a_day, is_calm: true };
        let sum = play(0..1, 1, pace, &Schedule::default(), Broken::Nothing);
        let written = sum.written / sum.stories.max(1);
        println!("{what}: {written} bytes written for each of {} stories in {days} days", sum.stories);
        sum.written_of.iter().for_each(|(kind, bytes)| println!("  {kind}: {}", bytes / sum.stories.max(1)));
        assert!(sum.faults.is_empty() && written <= most, "{written}");
    }
}
