//! `copydesk feeds`: finds the feeds of a site.

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use serde::Serialize;
use serde_json::json;
use url::Url;

use super::{
    USAGE,
    ask::{FeedReport, Outcome, ask},
    load, runtime,
};
use crate::{
    config::{self, Config},
    daemon::clock,
    feed::{self, Announced, NotAFeed, Source},
    fetch::{Fetcher, Request, RequestKind, Response, Validators, user_agent},
};

/// How feeds are searched.
#[derive(Debug, clap::Args)]
pub(super) struct Discover {
    /// A page of the site
    url: Url,
    /// Also request the places where sites usually have their feeds, one after the other
    #[arg(long)]
    well_known: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// A configuration, whose `fetch` section and `contact` then apply
    #[arg(short, long, value_name = "FILE", env = "COPYDESK_CONFIG")]
    config: Option<PathBuf>,
}

/// How many plain JSON URLs are requested to see whether they are a feed.
const LOOKS: usize = 5;

/// A feed that was found, and how.
#[derive(Debug, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
enum Found {
    /// It is the document at the URL itself.
    Itself(FeedReport),
    /// The page announces it.
    Announced(Announced),
    /// It is at a place where feeds usually are.
    WellKnown(FeedReport),
}

/// Searches for feeds; fails if there are none.
pub(super) fn discover(options: &Discover, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let config = match &options.config {
        Some(path) => match load(path) {
            Some(config) => Some(config),
            None => return Ok(ExitCode::from(USAGE)),
        },
        None => None,
    };
    let found = runtime()?.block_on(look(options, config.as_ref()))?;
    if options.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "url": options.url, "feeds": found }))?)?;
    } else {
        found.iter().try_for_each(|found| show(found, out))?;
    }
    if found.is_empty() {
        let advice = if options.well_known { "" } else { "; --well-known also tries the usual places" };
        anstream::eprintln!("no feed found at {}{advice}", options.url);
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn look(options: &Discover, config: Option<&Config>) -> anyhow::Result<Vec<Found>> {
    let fetch = config.map(|config| config.fetch.clone()).unwrap_or_default();
    let contact = config.and_then(|config| config.contact.as_deref());
    let fetcher = Fetcher::new(&fetch, &user_agent(contact), clock::system)?;
    let request = Request {
        url: options.url.clone(),
        // the document itself may be a feed
        kind: RequestKind::Feed,
        validators: Validators::default(),
        headers: Vec::new(),
        cookies: config::CookieScope::Nobody,
        route: config::Route::Usual,
        obey_robots: true,
    };
    let page = fetcher.get(request).await;
    let failure = page.as_ref().err().map(|failure| format!("{}: {failure}", failure.reason.as_str()));
    let mut found = match page {
        Ok(page) => looked_at(on_page(page).await?, &fetcher).await,
        Err(_) => Vec::new(),
    };
    // a site without a front page may still have feeds
    if options.well_known {
        for place in feed::usual_places(&options.url) {
            if found.iter().all(|known| !known.is_at(&place)) {
                let told = ask(&fetcher, &config::Feed::new(place)).await;
                let at = told.redirected_to.as_ref().unwrap_or(&told.url);
                if told.is_feed() && found.iter().all(|known| !known.is_at(at)) {
                    found.push(Found::WellKnown(told));
                }
            }
        }
    }
    match failure {
        Some(failure) if found.is_empty() => anyhow::bail!("{}: {failure}", options.url),
        _ => Ok(found),
    }
}

/// The feeds that a page and the `Link` headers of its answer announce, or the feed that it is itself.
async fn on_page(page: Response) -> anyhow::Result<Vec<Found>> {
    let work = tokio::task::spawn_blocking(move || {
        let source = Source { url: &page.url, content_type: page.content_type.as_deref() };
        match feed::parse(&page.body, source) {
            Ok(feed) => vec![Found::Itself(FeedReport::of(&page, feed))],
            Err(not_a_feed) => {
                let mut feeds = if let NotAFeed::WebPage { feeds } = not_a_feed { feeds } else { Vec::new() };
                for linked in feed::linked(page.links.iter().map(String::as_str), &page.url) {
                    if feeds.iter().all(|known| known.url != linked.url) {
                        feeds.push(linked);
                    }
                }
                feeds.into_iter().map(Found::Announced).collect()
            }
        }
    });
    work.await.context("the page could not be read (a defect of copydesk)")
}

/// Without announced documents whose type says little and that are not feeds.
async fn looked_at(found: Vec<Found>, fetcher: &Fetcher) -> Vec<Found> {
    let (mut feeds, mut looks) = (Vec::new(), 0);
    for found in found {
        match &found {
            Found::Announced(announced) if announced.is_doubtful => {
                looks += 1;
                if looks <= LOOKS && ask(fetcher, &config::Feed::new(announced.url.clone())).await.is_feed() {
                    feeds.push(found);
                }
            }
            _ => feeds.push(found),
        }
    }
    feeds
}

impl Found {
    fn is_at(&self, url: &Url) -> bool {
        match self {
            Self::Itself(told) | Self::WellKnown(told) => told.url == *url || told.redirected_to.as_ref() == Some(url),
            Self::Announced(announced) => announced.url == *url,
        }
    }
}

/// The URL first, so that a line can be cut.
fn show(found: &Found, out: &mut impl Write) -> std::io::Result<()> {
    match found {
        Found::Itself(told) => writeln!(out, "{}\titself\t{}", told.url, in_words(told)),
        Found::WellKnown(told) => writeln!(out, "{}\twell-known\t{}", told.url, in_words(told)),
        Found::Announced(Announced { url, title, media_type, .. }) => {
            let media_type = media_type.as_deref().unwrap_or("no type");
            let title = title.as_deref().map(|title| format!(": {title}")).unwrap_or_default();
            writeln!(out, "{url}\tannounced\t{media_type}{title}")
        }
    }
}

fn in_words(told: &FeedReport) -> String {
    let title = match &told.outcome {
        Outcome::Feed { title: Some(title), .. } => format!(": {title}"),
        _ => String::new(),
    };
    format!("{}{title}", told.outcome.in_a_line())
}
