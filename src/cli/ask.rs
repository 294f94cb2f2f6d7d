//! One poll of one feed, of which nothing is stored: for commands that show what a feed is.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use url::Url;

use super::counted;
use crate::{
    config,
    daemon::clock,
    feed::{self, Announced, Feed, Format, NotAFeed, Problem, Source, identity},
    fetch::{Fetcher, Request, RequestKind, Response, Validators},
    link,
};

/// The result of requesting a feed.
#[derive(Debug, Serialize)]
pub(super) struct FeedReport {
    /// The feed as it was requested.
    pub(super) url: Url,
    /// Where its redirects led.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) redirected_to: Option<Url>,
    /// Where every permanent one of them led: the URL for the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moved_to: Option<Url>,
    /// `etag`, `last-modified`: without both, every poll transfers the whole document.
    pub(super) validators: Vec<&'static str>,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

/// What it contains.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    Feed {
        format: Format,
        title: Option<String>,
        entries: usize,
        /// Sitemaps that an index names; the daemon reads those that changed last.
        #[serde(skip_serializing_if = "is_none")]
        sitemaps: usize,
        /// The newest date among them.
        newest: Option<DateTime<Utc>>,
        problems: Vec<Problem>,
    },
    Failure {
        /// A stable name, as in `status`.
        reason: &'static str,
        detail: String,
        /// The feeds that a web page at this URL announces.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        announced: Vec<Announced>,
    },
}

impl FeedReport {
    fn new(url: Url) -> Self {
        let outcome = Outcome::Failure { reason: "", detail: String::new(), announced: Vec::new() };
        Self { url, redirected_to: None, moved_to: None, validators: Vec::new(), outcome }
    }

    /// A response that is a feed.
    pub(super) fn of(response: &Response, mut feed: Feed) -> Self {
        let mut told = Self::new(response.url.clone());
        told.answered(response);
        flag(&mut feed, &response.url);
        told.outcome = understood(feed);
        told
    }

    fn answered(&mut self, response: &Response) {
        self.redirected_to = Some(response.url.clone()).filter(|url| *url != self.url);
        self.moved_to = response.moved_to.clone();
        let Validators { etag, last_modified, .. } = &response.validators;
        let told = [("etag", etag), ("last-modified", last_modified)].into_iter();
        self.validators = told.filter_map(|(name, told)| told.is_some().then_some(name)).collect();
    }

    /// Whether it is a feed.
    pub(super) fn is_feed(&self) -> bool {
        matches!(self.outcome, Outcome::Feed { .. })
    }
}

/// Requests a feed as the daemon does for the first time.
pub(super) async fn ask(fetcher: &Fetcher, feed: &config::Feed) -> FeedReport {
    let request = Request {
        url: feed.url.clone(),
        kind: RequestKind::Feed,
        validators: Validators::default(),
        headers: feed.headers.clone(),
        cookies: feed.cookies,
        route: feed.proxy.clone(),
        obey_robots: feed.obey_robots,
    };
    let mut told = FeedReport::new(feed.url.clone());
    told.outcome = match fetcher.get(request).await {
        Err(failed) => failure(failed.reason.as_str(), failed.detail),
        Ok(response) => {
            told.answered(&response);
            read(response).await
        }
    };
    told
}

async fn read(response: Response) -> Outcome {
    let work = tokio::task::spawn_blocking(move || {
        let source = Source { url: &response.url, content_type: response.content_type.as_deref() };
        let mut feed = feed::parse(&response.body, source)?;
        flag(&mut feed, &response.url);
        Ok(feed)
    });
    match work.await {
        Ok(Ok(feed)) => understood(feed),
        Ok(Err(not_a_feed)) => not_understood(not_a_feed),
        Err(_) => failure("parser_failed", "the parser failed on this document (a defect of copydesk)".to_owned()),
    }
}

/// Notes what the daemon would note.
fn flag(feed: &mut Feed, url: &Url) {
    feed.flag_future(clock::now());
    let names = identity::names(feed, &link::site(url));
    identity::flag_shared_links(feed, &names);
}

fn understood(feed: Feed) -> Outcome {
    let dates = feed.entries.iter().filter_map(|entry| entry.date());
    Outcome::Feed {
        newest: dates.map(|moment| moment.at.to_utc()).max(),
        format: feed.format,
        title: feed.title,
        entries: feed.entries.len(),
        sitemaps: feed.sitemaps.len(),
        problems: feed.problems,
    }
}

fn not_understood(not_a_feed: NotAFeed) -> Outcome {
    let (reason, detail) = (not_a_feed.reason(), not_a_feed.to_string());
    let announced = if let NotAFeed::WebPage { feeds } = not_a_feed { feeds } else { Vec::new() };
    Outcome::Failure { reason, detail, announced }
}

fn failure(reason: &'static str, detail: String) -> Outcome {
    Outcome::Failure { reason, detail, announced: Vec::new() }
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Outcome {
    /// In one line: what kind of feed it is and what it contains.
    pub(super) fn in_a_line(&self) -> String {
        match self {
            Self::Feed { format, sitemaps: count @ 1.., .. } => {
                format!("{}, {}", format.as_str(), counted(*count, "sitemap", "sitemaps"))
            }
            Self::Feed { format, entries, newest, .. } => {
                let newest =
                    newest.map(|at| format!(", the newest of {}", at.to_rfc3339_opts(SecondsFormat::Secs, true)));
                format!("{}, {}{}", format.as_str(), counted(*entries, "entry", "entries"), newest.unwrap_or_default())
            }
            Self::Failure { reason, detail, .. } => format!("{reason}: {detail}"),
        }
    }
}
