//! Stories a second from feed to committed record: the real daemon with either ledger over newspapers on loopback.
//!
//! `cargo bench --bench end_to_end` prints the rates beside what html5ever alone needs to parse the same pages in the
//! same run: the ratios are the figures to compare between machines. Site, daemon and broker share the cores. Kafka's
//! part needs what the tests need; `-- local` leaves it out.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/support/kafka.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod kafka;

use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use copydesk::{
    config::{self, Config},
    daemon::{self, Notice, Parts, clock},
    demo::{NewsSite, Paper, Story},
    fetch::{Fetcher, user_agent},
    ledger::{KafkaLedger, LocalLedger},
};
use tokio::sync::mpsc;

/// So many that a broker that has just started is warm for the most of a run.
const SITES: u8 = 40;
const STORIES: usize = 300;
const PAGE_BYTES: usize = 60 * 1024;
/// Runs of each ledger, in turns; the median counts.
const RUNS: usize = 3;

#[tokio::main]
async fn main() {
    let sites = newspapers().await;
    let with_kafka = std::env::args().all(|argument| argument != "local");
    if with_kafka {
        kafka::address();
    }
    let (mut local, mut shared) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let directory = tempfile::tempdir().expect("a directory for the ledger");
        local.push(measure(&sites, config::Ledger::Local(config::LocalLedger::new(directory.path()))).await);
        if with_kafka {
            shared.push(measure(&sites, config::Ledger::Kafka(Box::new(kafka::ledger()))).await);
        }
    }
    let floor = parse_floor(&sites[0]);
    println!("stories a run        {} of {} KiB", usize::from(SITES) * STORIES, PAGE_BYTES / 1024);
    println!("html5ever a second   {floor:.0} of these pages parsed on one core, and nothing else");
    let local = show("local", local, floor);
    if with_kafka {
        println!("kafka / local        {:.2}", show("kafka", shared, floor) / local);
    }
}

/// The rate of a run, and the time to its first record.
async fn measure(sites: &[NewsSite], ledger: config::Ledger) -> (f64, Duration) {
    let config = Arc::new(config(sites, ledger));
    let begun = Instant::now();
    let (recorded, first) = run(config, begun).await;
    assert_eq!(recorded, usize::from(SITES) * STORIES, "every story is recorded");
    // from the first record on: a place in the group is taken once, and not a matter of rate
    (recorded as f64 / (begun.elapsed() - first).as_secs_f64(), first)
}

/// Prints what the median run came to, and returns its rate.
fn show(ledger: &str, mut runs: Vec<(f64, Duration)>, floor: f64) -> f64 {
    runs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (rate, first) = runs[runs.len() / 2];
    println!("{ledger}: first record after {:.0} ms", first.as_secs_f64() * 1e3);
    println!("{ledger}: stories a second {rate:.0}, {:.2} of html5ever", rate / floor);
    rate
}

async fn newspapers() -> Vec<NewsSite> {
    let mut sites = Vec::new();
    for last in 1..=SITES {
        let stories = (0..STORIES).map(|number| Story::numbered(number + usize::from(last) * 1_000, clock::now()));
        let paper = Paper { stories: stories.collect(), padding: PAGE_BYTES, ..Paper::default() };
        sites.push(NewsSite::open_at(Ipv4Addr::new(127, 0, 0, last), paper).await.expect("a loopback address"));
    }
    sites
}

fn config(sites: &[NewsSite], ledger: config::Ledger) -> Config {
    Config {
        fetch: config::Fetch {
            politeness: config::Politeness { host_gap: Duration::ZERO, per_host: 8, ..config::Politeness::default() },
            allow_networks: vec!["127.0.0.0/8".parse().expect("a network")],
            ..config::Fetch::default()
        },
        admin: None,
        ..Config::new(sites.iter().map(|site| config::Feed::new(site.url("/rss.xml"))).collect(), ledger)
    }
}

/// Records committed by a run until nothing is due, and how long the first of them took.
async fn run(config: Arc<Config>, begun: Instant) -> (usize, Duration) {
    let ledger = config.ledger.clone();
    let fetcher = Fetcher::new(&config.fetch, &user_agent(Some("bench")), clock::system).expect("a client");
    let (watcher, mut notices) = mpsc::channel(100_000);
    let parts = Parts { once: true, ..Parts::unattended(config, fetcher, watcher) };
    let count = tokio::spawn(async move {
        let (mut records, mut first) = (0, Duration::ZERO);
        while let Some(notice) = notices.recv().await {
            if let Notice::Recorded { .. } = notice {
                records += 1;
                if records == 1 {
                    first = begun.elapsed();
                }
            }
        }
        (records, first)
    });
    let ended = match &ledger {
        config::Ledger::Local(local) => daemon::run(parts, async || LocalLedger::open(local).await).await,
        config::Ledger::Kafka(kafka) => daemon::run(parts, async || KafkaLedger::open(kafka).await).await,
    };
    ended.expect("the daemon ends well");
    count.await.expect("the count")
}

/// Pages a second through scraper's parser alone, on one core.
fn parse_floor(site: &NewsSite) -> f64 {
    let paper = site.paper().clone();
    let page = paper.page(&paper.stories[0].slug).expect("the first story has a page");
    let begun = Instant::now();
    let mut pages = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        std::hint::black_box(scraper::Html::parse_document(&page));
        pages += 1;
    }
    f64::from(pages) / begun.elapsed().as_secs_f64()
}
