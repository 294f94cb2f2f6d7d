//! One host that hangs, and two hundred others that must not notice: through the binary.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/installation.rs"]
mod installation;

use std::{net::Ipv4Addr, time::Instant};

use host::{Answer, Host, feed};
use hostile::{Behaviour::Accepts, Hostile};
use installation::{Installation, LOCAL, kill};
use tokio::task::block_in_place;

const HOSTS: usize = 200;
/// Far fewer than the hosts, so that places are what they compete for.
const SETTINGS: &str = "admin: off
fetch: {allow_networks: [127.0.0.0/8], in_flight: 8, per_host: 2, host_gap: 0ms, request_within: 2m, first_byte_within: 2m}
";
const PER_HOST: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_is_not_noticed_by_two_hundred_others() {
    // connections are accepted, and nothing is sent
    let silent = Hostile::start(Accepts).await;
    let hanging = (0..50).map(|n| format!("{}feed-{n}", silent.url()));
    let quick = Host::open_at(Ipv4Addr::UNSPECIFIED, |_, _| Answer::ok(&feed(0..3)).with("etag", "\"1\"")).await;
    // every address of the loopback network is another host
    let port = quick.url("").rsplit(':').next().unwrap().to_owned();
    let hosts = (0..HOSTS).map(|n| format!("http://127.0.{}.{}:{port}/feed", 1 + n / 200, 1 + n % 200));
    let urls: Vec<String> = hanging.chain(hosts).collect();
    let directory = tempfile::tempdir().unwrap();
    let installation = Installation::with_feeds(directory.path(), &urls, &format!("{SETTINGS}{LOCAL}"));
    let begun = Instant::now();
    let daemon = installation.start(None);
    // within a minute, and what hangs does so for two: no other waits for its end
    quick.asked_times(HOSTS).await;
    println!("{HOSTS} hosts were asked within {:?} beside one that hangs", begun.elapsed());
    assert!((1..=PER_HOST).contains(&silent.connections()), "it has its places, and no more: {}", silent.connections());
    block_in_place(|| kill(daemon));
}
