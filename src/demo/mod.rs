//! All of copydesk in a quarter of a minute: a demo newspaper on loopback, the real daemon reading it, a real local
//! ledger, and at the end a comparison of what was printed with what was recorded.

use std::{io::Write, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod feeds;
mod page;
mod report;
mod site;
mod stories;

pub use self::{
    feeds::Format,
    site::{Asked, FEEDS, NewsSite, Paper},
    stories::Story,
};
use self::{report::Report, stories::front_page};
use crate::{
    config::{self, Config},
    daemon::{self, Notice, Parts, clock},
    fetch::{Fetcher, user_agent},
    ledger::LocalLedger,
};

/// The demo ends after this time at the latest, whatever it has seen.
const AT_THE_LATEST: Duration = Duration::from_secs(17);
/// When the late edition is printed and an editor changes a story.
const LATE_EDITION_AFTER: Duration = Duration::from_secs(4);
const POLL_EVERY: Duration = Duration::from_secs(3);
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(6);
const EDITED: &str = "night-trains-return";
const MISSING: &str = "ferry-timetable-withdrawn";

/// Runs the demo with its ledger in `directory`; returns whether everything was recorded as it was printed.
pub async fn run(directory: &Path, out: &mut impl Write) -> anyhow::Result<bool> {
    let site = NewsSite::open(todays_paper()).await.context("the demo's news site cannot be served on loopback")?;
    let config = Arc::new(config(&site, directory));
    let mut report = Report::new(out);
    report.greet(&site, directory)?;

    let (watcher, mut notices) = mpsc::channel(1_024);
    let stop = CancellationToken::new();
    let mut daemon = std::pin::pin!(start(Arc::clone(&config), watcher, stop.clone())?);
    let deadline = tokio::time::Instant::now() + AT_THE_LATEST;
    let mut late = Some(tokio::time::Instant::now() + LATE_EDITION_AFTER);
    while !report.is_complete(&site) {
        tokio::select! {
            ended = &mut daemon => anyhow::bail!("the daemon ended by itself: {ended:?}"),
            Some(notice) = notices.recv() => report.show(&notice)?,
            () = tokio::time::sleep_until(late.unwrap_or(deadline)) => match late.take() {
                Some(_) => {
                    site.edit(EDITED);
                    site.print(stories::late_edition(clock::now()));
                    report.late_edition()?;
                }
                None => break,
            },
        }
    }
    stop.cancel();
    daemon.await.context("the daemon did not stop cleanly")?;
    while let Ok(notice) = notices.try_recv() {
        report.show(&notice)?;
    }
    report.sum_up(&site, directory)
}

fn start(
    config: Arc<Config>,
    watcher: mpsc::Sender<Notice>,
    stop: CancellationToken,
) -> anyhow::Result<impl Future<Output = Result<daemon::Ended, crate::ledger::LedgerError>>> {
    let fetcher = Fetcher::new(&config.fetch, &user_agent(Some("demo on loopback")), clock::system)?;
    let local = match &config.ledger {
        config::Ledger::Local(local) => local.clone(),
        config::Ledger::Kafka(_) => anyhow::bail!("the demo writes a local ledger"),
    };
    let parts = Parts { stop, ..Parts::unattended(config, fetcher, watcher) };
    Ok(async move { daemon::run(parts, async || LocalLedger::open(&local).await).await })
}

/// What the demo's newspaper prints today.
pub fn todays_paper() -> Paper {
    Paper { stories: front_page(clock::now()), missing: vec![MISSING.to_owned()], ..Paper::default() }
}

fn config(site: &NewsSite, directory: &Path) -> Config {
    let feeds = FEEDS
        .iter()
        .map(|(path, ..)| config::Feed { tags: vec!["demo".to_owned()], ..config::Feed::new(site.url(path)) })
        .collect();
    let ledger = config::Ledger::Local(config::LocalLedger::new(directory));
    Config {
        // a newspaper on this machine, which exists to be requested
        fetch: config::Fetch {
            politeness: config::Politeness { host_gap: Duration::ZERO, ..config::Politeness::default() },
            allow_networks: vec!["127.0.0.0/8".parse().expect("a network")],
            ..config::Fetch::default()
        },
        schedule: config::Schedule {
            interval: POLL_EVERY,
            max_interval: POLL_EVERY,
            rechecks: vec![LOOK_AGAIN_AFTER],
            // the demo does not wait as long for the missing page as for a real one
            page_attempts: 1,
            page_patience: Duration::ZERO,
            ..config::Schedule::default()
        },
        admin: None,
        ..Config::new(feeds, ledger)
    }
}
