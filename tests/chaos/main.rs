//! Real copydesk processes that share their feeds through a real broker, while one after the other of everything that
//! can fail fails; and consumers who must not notice.
//!
//! Newspapers on loopback print, edit and withdraw on and on ([`press`]); a fault strikes and passes ([`faults`]); then
//! a story that each site printed at that moment is waited for, which shows how long the fault delayed it. At the
//! end a fresh read_committed consumer must see each revision of each story once ([`verdict`]).
//!
//! By default each kind of fault happens once. `COPYDESK_CHAOS_FAULTS` sets how many faults there are,
//! `COPYDESK_CHAOS_SEED` another course of events, `COPYDESK_CHAOS_KIND` a part of the name of the only kinds wanted.
//!
//! The cluster has three nodes, as it has where anything depends on it. One alone can lose markers of a transaction when
//! it is killed: its coordinator takes a partition without a leader for one that was deleted
//! (`TransactionMarkerChannelManager`, seen with 4.3.1), and nobody reads past what it left open.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]
#![expect(clippy::print_stdout, reason = "figures are half of what it is for")]

mod broken;
mod faults;
mod instance;
mod link;
mod press;
mod topic;
mod verdict;
mod world;

#[path = "../support/installation.rs"]
mod installation;
#[path = "../support/kafka.rs"]
#[allow(dead_code, reason = "shared with other test programs, none of which uses all of it")]
mod kafka;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::SmallRng};

use faults::{KINDS, Kind, plan};
use installation::{now, number, variable};
use verdict::Verdict;
use world::{NODES, RECORDS, REJECTS, TRANSACTION, USUAL, World};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_consumers_see_each_revision_once() {
    let seed = number("COPYDESK_CHAOS_SEED", 20_260_131);
    let count = usize::try_from(number("COPYDESK_CHAOS_FAULTS", KINDS.len() as u64)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::open(directory.path(), seed, NODES, TRANSACTION).await;
    tokio::task::block_in_place(|| run(&mut world, count, seed));
}

fn run(world: &mut World, count: usize, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    world.begin(&USUAL, &[]);
    let start = Instant::now();
    let mut stood_still: BTreeMap<Kind, Vec<Duration>> = BTreeMap::new();
    let named = variable("COPYDESK_CHAOS_KIND").unwrap_or_default();
    for (round, kind) in plan(count, &named, &mut random).into_iter().enumerate() {
        let time = world.suffer(kind, &mut random);
        println!("{:>4} {kind}: {time:.1?} ({:.0?} in all, {} MiB)", round + 1, start.elapsed(), world.mib);
        stood_still.entry(kind).or_default().push(time);
    }
    let verdict = settle(world);
    println!("{count} faults, seed {seed}, {} edits, {:.0?}", world.press.edits, start.elapsed());
    print!("{verdict}");
    let uncommitted = topic::read(&world.broker.address(), RECORDS, "read_uncommitted").len();
    println!("a read_uncommitted consumer saw {uncommitted} records; largest instance {} MiB", world.largest_mib);
    println!("time from a fault until every site published again: kind, times, median, worst");
    for (kind, mut times) in stood_still {
        times.sort();
        println!("  {kind:<24} {:>4} {:>8.1?} {:>8.1?}", times.len(), times[times.len() / 2], times[times.len() - 1]);
    }
    assert!(verdict.is_clean(), "seed {seed}\n{}", world.logs());
}

/// The newspapers rest; waits until all they did was published, and looks at it once more after that.
fn settle(world: &World) -> Verdict {
    // a clock that was wrong by two minutes moves the rechecks by as much
    let deadline = Instant::now() + Duration::from_secs(240);
    while !look(world).is_clean() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_secs(1));
    }
    // what comes too much, comes late
    std::thread::sleep(Duration::from_secs(3));
    look(world)
}

/// What a read_committed consumer that begins now sees.
fn look(world: &World) -> Verdict {
    let read = |topic| topic::read(&world.broker.address(), topic, "read_committed");
    Verdict::of(&world.press, &read(RECORDS), &read(REJECTS))
}
