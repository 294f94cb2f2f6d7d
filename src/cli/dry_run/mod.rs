//! `copydesk try`: one page, and every decision about it.
//!
//! The page is requested and judged as the daemon does it ([`crate::daemon::trial`]). This module only reads the
//! arguments and shows the result: on a terminal, as JSON, or as a web page.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use url::Url;

use self::report::Report;
use super::{USAGE, load, runtime};
use crate::{
    article,
    config::{self, Config, Ledger, LocalLedger},
    daemon::{
        clock,
        dry_run::{self, DryRun, PageSource},
    },
    fetch::{Fetcher, user_agent},
    ledger::{State, kafka, local},
    link,
};

mod html;
mod report;
mod terminal;

/// What is tried, and how it is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The page: a URL, or a file
    #[arg(value_name = "URL|FILE")]
    page: String,
    /// The URL that a page from a file came from
    #[arg(long)]
    url: Option<Url>,
    /// The feed that has an entry for the page: a URL, or a file
    #[arg(long, value_name = "URL|FILE")]
    feed: Option<String>,
    /// The configuration: `fetch`, `sites`, the settings of the feed, and the ledger with what was learned about the
    /// site [default: copydesk.yaml, if there is one]
    #[arg(short, long, value_name = "FILE", env = "COPYDESK_CONFIG")]
    config: Option<PathBuf>,
    /// Do not read from the ledger what the site repeats
    #[arg(long)]
    alone: bool,
    /// Show every block of the page, also the many that are far from the story
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write a web page that shows the blocks, kept and dropped
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Some(config) = configuration(arguments.config.as_deref()) else { return Ok(ExitCode::from(USAGE)) };
    let report = runtime()?.block_on(make(arguments, &config))?;
    if let Some(path) = &arguments.html {
        fs::write(path, html::page(&report)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else if let Some(path) = &arguments.html {
        writeln!(out, "{}: {}", path.display(), report.sum())?;
    } else {
        terminal::show(&report, arguments.all, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration that is named, or the one that is there; otherwise the defaults. `None` if it has faults.
fn configuration(named: Option<&Path>) -> Option<Config> {
    let usual = Path::new("copydesk.yaml");
    match named {
        Some(path) => load(path),
        None if usual.exists() => load(usual),
        None => Some(Config::new(Vec::new(), Ledger::Local(LocalLedger::new("copydesk-ledger")))),
    }
}

async fn make(arguments: &Arguments, config: &Config) -> anyhow::Result<Report> {
    let page = origin(&arguments.page, arguments.url.as_ref())?;
    let feed = arguments.feed.as_deref().map(|feed| origin(feed, None)).transpose()?;
    let feed = feed.map(|origin| {
        let configured = config.feeds.iter().find(|feed| feed.url == *origin.url());
        (origin.clone(), configured.cloned().unwrap_or_else(|| config::Feed::new(origin.url().clone())))
    });
    let site = link::site(feed.as_ref().map_or(page.url(), |(origin, _)| origin.url()));
    let knowledge = if arguments.alone { None } else { knowledge(config, &site).await };
    let learned = knowledge.as_ref().map(article::Site::pages);
    let fetcher = Fetcher::new(&config.fetch, &user_agent(config.contact.as_deref()), clock::system)?;
    let (rules, documents) = (Arc::clone(&config.sites), config.documents);
    let trial = DryRun { page, feed, knowledge: Arc::new(knowledge.unwrap_or_default()), rules, documents };
    Ok(Report::new(dry_run::run(trial, &fetcher).await, learned))
}

/// A web address, or a file with the URL that it came from.
fn origin(text: &str, said: Option<&Url>) -> anyhow::Result<PageSource> {
    if let Ok(url) = Url::parse(text)
        && matches!(url.scheme(), "http" | "https")
    {
        return Ok(PageSource::Web(url));
    }
    let body =
        fs::read(text).with_context(|| format!("`{text}` is neither a web address nor a file that can be read"))?;
    let path = std::path::absolute(text).context("cannot find the current directory")?;
    let of_file =
        || Url::from_file_path(&path).map_err(|()| anyhow::anyhow!("{} cannot be written as a URL", path.display()));
    let url = said.cloned().map_or_else(of_file, Ok)?;
    Ok(PageSource::Hand { url, body: body.into(), content_type: None })
}

/// What the daemon has learned about a site. If the ledger cannot be read, the page is judged without it.
async fn knowledge(config: &Config, site: &str) -> Option<article::Site> {
    let states = match &config.ledger {
        Ledger::Local(ledger) if !ledger.directory.exists() => return None,
        Ledger::Local(ledger) => local::states(&ledger.directory).await,
        Ledger::Kafka(ledger) => kafka::states(ledger).await,
    };
    let states = states
        .inspect_err(|error| anstream::eprintln!("judged without what the ledger knows about {site}: {error}"))
        .unwrap_or_default();
    let State { value, .. } = states.into_iter().find(|state| state.key == site)?;
    serde_json::from_slice(&value).ok()
}
