//! One host that hangs, and two hundred others that must not notice: through the binary, and measured.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use host::{Answer, Host, feed};
use installation::{Installation, LOCAL, kill};
use tokio::{net::TcpListener, task::block_in_place};

const HOSTS: usize = 200;
/// Far fewer than the hosts, so that places are what they compete for.
const SETTINGS: &str =
    "admin: off\nfetch: {allow_networks: [127.0.0.0/8], in_flight: 8, request_within: 2m, first_byte_within: 2m}\n";

/// How long it takes until each of the hosts was asked, beside these feeds.
async fn until_all_were_asked(others: &[String]) -> Duration {
    let quick = Host::open_at(Ipv4Addr::UNSPECIFIED, |_, _| Answer::ok(&feed(0..3)).with("etag", "\"1\"")).await;
    // every address of the loopback network is a host of its own
    let port = quick.url("").rsplit(':').next().unwrap().to_owned();
    let hosts = (0..HOSTS).map(|n| format!("http://127.0.{}.{}:{port}/feed", 1 + n / 200, 1 + n % 200));
    let urls: Vec<String> = others.iter().cloned().chain(hosts).collect();
    let directory = tempfile::tempdir().unwrap();
    let installation = Installation::with_feeds(directory.path(), &urls, &format!("{SETTINGS}{LOCAL}"));
    let begun = Instant::now();
    let daemon = installation.start(None);
    quick.asked_times(HOSTS).await;
    let took = begun.elapsed();
    block_in_place(|| kill(daemon));
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_is_not_noticed_by_two_hundred_others() {
    // connections are accepted, and nothing is ever said
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging: Vec<String> = (0..50).map(|n| format!("http://{}/feed-{n}", silent.local_addr().unwrap())).collect();
    let accepting = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            open.push(stream);
        }
    });
    let alone = until_all_were_asked(&[]).await;
    let beside = until_all_were_asked(&hanging).await;
    println!("{HOSTS} hosts were asked within {alone:?}, and within {beside:?} beside one that hangs");
    // two of eight places are lost to it, and the machine may be busy with other tests
    assert!(beside < 2 * alone + Duration::from_secs(3), "{beside:?}, {alone:?} without it");
    accepting.abort();
}
