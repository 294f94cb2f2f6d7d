//! `copydesk status`: of the running daemon, or of the ledger of a stopped one.

use std::{
    collections::{HashMap, HashSet},
    io::Write,
    path::Path,
    process::ExitCode,
};

use chrono::{DateTime, SecondsFormat, Utc};

use super::{USAGE, load, runtime};
use crate::{
    admin::{self, FeedStatus, Status},
    config::{Config, Ledger},
    daemon::clock,
    ledger::{State, kafka, local},
    state::SiteState,
};

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) json: bool,
    pub(super) problems: bool,
}

pub(super) fn run(path: &Path, options: Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Some(config) = load(path) else { return Ok(ExitCode::from(USAGE)) };
    let mut status = runtime()?.block_on(status(&config))?;
    if options.problems {
        status.feeds.retain(|feed| feed.failures > 0 || !feed.failing.is_empty() || feed.moved_to.is_some());
    }
    if options.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&status)?)?;
    } else {
        show(&status, clock::now(), out)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn status(config: &Config) -> anyhow::Result<Status> {
    if let Some(address) = config.admin
        && let Ok(status) = admin::ask_running(address).await
    {
        return Ok(status);
    }
    let states = match &config.ledger {
        Ledger::Local(ledger) => local::states(&ledger.directory).await?,
        Ledger::Kafka(ledger) => kafka::states(ledger).await?,
    };
    at_rest(config, &states)
}

fn at_rest(config: &Config, states: &[State]) -> anyhow::Result<Status> {
    let configured: HashSet<&str> = config.feeds.iter().map(|feed| feed.url.as_str()).collect();
    let mut sites: HashMap<&str, SiteState> = HashMap::new();
    for state in states {
        let name = State::site(&state.key);
        sites.entry(name).or_insert_with(|| SiteState::new(name)).restore(&state.key, &state.value)?;
    }
    let views = sites.values().flat_map(|site| FeedStatus::of_site(site, |url| configured.contains(url)));
    let mut feeds: Vec<FeedStatus> = views.collect();
    feeds.sort_by(|a, b| a.url.cmp(&b.url));
    Ok(Status { version: env!("CARGO_PKG_VERSION").to_owned(), feeds, ..Status::default() })
}

fn show(status: &Status, now: DateTime<Utc>, out: &mut impl Write) -> std::io::Result<()> {
    match (status.running, status.ready, &status.trouble) {
        (false, ..) => writeln!(out, "no daemon answers; this is the state in the ledger")?,
        (true, true, _) => writeln!(out, "copydesk {} is running and commits", status.version)?,
        (true, false, Some(trouble)) => writeln!(out, "copydesk {} is running but stalled: {trouble}", status.version)?,
        (true, false, None) => writeln!(out, "copydesk {} is running but not ready", status.version)?,
    }
    let sum = |count: fn(&FeedStatus) -> usize| status.feeds.iter().map(count).sum::<usize>();
    let failing = status.feeds.iter().filter(|feed| feed.failures > 0).count();
    let (pending, rechecks) = (sum(|feed| feed.pending), sum(|feed| feed.rechecks));
    writeln!(
        out,
        "{} feeds, {failing} of them failing; {pending} entries pending, {rechecks} rechecks waiting\n",
        status.feeds.len()
    )?;
    status.feeds.iter().try_for_each(|feed| show_feed(feed, now, out))
}

fn show_feed(feed: &FeedStatus, now: DateTime<Utc>, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}{}", feed.url, if feed.configured { "" } else { "  (no longer configured)" })?;
    if let Some(title) = &feed.title {
        writeln!(out, "    title     {title}")?;
    }
    let at = |time: Option<DateTime<Utc>>| time.map_or_else(|| "never".to_owned(), |time| relative(time, now));
    writeln!(
        out,
        "    answered  {}; due {}",
        at(feed.answered_at),
        feed.due.map_or_else(|| "now".to_owned(), |due| relative(due, now))
    )?;
    if let Some(trouble) = &feed.trouble {
        writeln!(out, "    failing   {} in a row; {trouble}", feed.failures)?;
    }
    if feed.gone {
        writeln!(out, "    gone      its server says that it will not come back; requested once a day")?;
    }
    if let Some(moved) = &feed.moved_to {
        let asked = if feed.moved { "requested there" } else { "not yet requested there" };
        writeln!(out, "    moved to  {moved} ({asked})")?;
    }
    if feed.pending + feed.rechecks > 0 {
        writeln!(out, "    pending   {} entries, {} rechecks", feed.pending, feed.rechecks)?;
    }
    for (entry, trouble) in &feed.failing {
        writeln!(out, "              {entry}: {trouble}")?;
    }
    for (problem, count) in &feed.problems {
        writeln!(out, "    repaired  {problem} × {count}")?;
    }
    Ok(())
}

fn relative(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (time - now).num_seconds();
    let stamp = time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let amount = match seconds.abs() {
        n @ 0..=119 => format!("{n} s"),
        n @ 120..=7_199 => format!("{} min", n / 60),
        n @ 7_200..=172_799 => format!("{} h", n / 3_600),
        n => format!("{} d", n / 86_400),
    };
    if seconds < 0 { format!("{amount} ago ({stamp})") } else { format!("in {amount} ({stamp})") }
}
