//! What politeness and safety cost: the governor and the address guard a request, and idle hosts in memory.
//!
//! `cargo bench --bench fetch`

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::time::Duration;

use copydesk::{
    config::{Fetch, Politeness},
    fetch::{address::Guard, governor::Governor},
};
use divan::{AllocProfiler, Bencher, black_box, counter::ItemsCount};
use url::Url;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn governor(host_gap: Duration) -> Governor {
    Governor::new(&Fetch { politeness: Politeness { host_gap, ..Politeness::default() }, ..Fetch::default() })
}

/// A request's way through the governor when nothing makes it wait, among 10,000 hosts.
#[divan::bench]
fn governor_acquire(bencher: Bencher<'_, '_>) {
    let governor = governor(Duration::ZERO);
    let names: Vec<String> = (0..10_000).map(|n| format!("https://host-{n}.example:443")).collect();
    let runtime = runtime();
    let mut next = names.iter().cycle();
    bencher.bench_local(|| runtime.block_on(governor.acquire(black_box(next.next().unwrap()))));
}

/// 10,000 hosts met and left: `max alloc` is what they hold in memory.
#[divan::bench(sample_count = 10)]
fn governor_10_000_hosts(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    bencher.counter(ItemsCount::new(10_000_usize)).bench_local(|| {
        // a gap keeps each host from being idle, so that none is forgotten
        let governor = governor(Duration::from_secs(3600));
        for n in 0..10_000 {
            let name = format!("https://host-{n}.example:443");
            drop(runtime.block_on(governor.acquire(&name)));
        }
        assert_eq!(governor.hosts(), 10_000);
        governor
    });
}

/// Judging a URL whose host is an address.
#[divan::bench(args = ["http://93.184.216.34/", "http://[2606:2800:220:1::1]/", "http://[::ffff:10.0.0.1]/"])]
fn guard_check_url(bencher: Bencher<'_, '_>, url: &str) {
    let guard = Guard::new(&[80, 443], &[], None);
    let url = Url::parse(url).unwrap();
    bencher.bench_local(|| guard.check_url(black_box(&url)).is_ok());
}
