//! Stories a second from feed to committed record: the real daemon with a local ledger over newspapers on loopback.
//!
//! `cargo bench --bench end_to_end` prints the rate beside what html5ever alone needs to parse the same pages in the
//! same run: the ratio of the two is the figure to compare between machines. Site and daemon share the cores.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

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
    ledger::LocalLedger,
};
use tokio::sync::mpsc;

const SITES: u8 = 10;
const STORIES: usize = 300;
const PAGE_BYTES: usize = 60 * 1024;

#[tokio::main]
async fn main() {
    let sites = newspapers().await;
    let directory = tempfile::tempdir().expect("a directory for the ledger");
    let config = Arc::new(config(&sites, config::LocalLedger::new(directory.path())));
    let begun = Instant::now();
    let (recorded, first) = run(config, begun).await;
    let took = begun.elapsed();
    assert_eq!(recorded, usize::from(SITES) * STORIES, "every story is recorded");
    let rate = recorded as f64 / took.as_secs_f64();
    let floor = parse_floor(&sites[0]);
    println!("stories              {recorded} of {} KiB in {:.2} s", PAGE_BYTES / 1024, took.as_secs_f64());
    println!("first record after   {:.0} ms", first.as_secs_f64() * 1e3);
    println!("stories a second     {rate:.0}");
    println!("html5ever a second   {floor:.0} of these pages parsed on one core, and nothing else");
    println!("ratio                {:.2}", rate / floor);
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

fn config(sites: &[NewsSite], ledger: config::LocalLedger) -> Config {
    Config {
        fetch: config::Fetch {
            manners: config::Manners { host_gap: Duration::ZERO, per_host: 8, ..config::Manners::default() },
            allow_networks: vec!["127.0.0.0/8".parse().expect("a network")],
            ..config::Fetch::default()
        },
        admin: None,
        ..Config::new(
            sites.iter().map(|site| config::Feed::new(site.url("/rss.xml"))).collect(),
            config::Ledger::Local(ledger),
        )
    }
}

/// Records committed by a run until nothing is due, and how long the first of them took.
async fn run(config: Arc<Config>, begun: Instant) -> (usize, Duration) {
    let config::Ledger::Local(ledger) = config.ledger.clone() else { unreachable!("built above") };
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
    daemon::run(parts, async || LocalLedger::open(&ledger).await).await.expect("the daemon ends well");
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
