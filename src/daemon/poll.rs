//! One poll of one feed: request, read, name the entries.

use std::time::Duration;

use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    clock,
    follow::lent,
    work::{Cpu, CpuFailure},
};
use crate::{
    config,
    feed::{self, Children, Feed, Format, NotAFeed, Source, identity},
    fetch::{Failure, Fetcher, Reason, Request, RequestKind, Response, Validators},
    schedule::FailureClass,
    state::Document,
};

mod sitemaps;

/// What is requested.
#[derive(Debug, Clone)]
pub(super) struct Poll {
    pub(super) feed: config::Feed,
    /// The site where its state is kept.
    pub(super) site: String,
    /// Where the feed is now.
    pub(super) url: Url,
    pub(super) validators: Validators,
    pub(super) body_hash: Option<u64>,
    /// If the feed is an index: what was read of its sitemaps.
    pub(super) sitemaps: Children,
}

/// The result.
#[derive(Debug)]
pub(super) enum Polled {
    /// 304, or the same bytes as last time.
    Unchanged { answer: PollResponse, not_modified: bool },
    /// A document.
    Read { answer: PollResponse, document: Box<Document> },
    /// No document.
    Failed(PollFailure),
}

/// What the response says in addition to its body.
#[derive(Debug, Clone, Default)]
pub(super) struct PollResponse {
    pub(super) validators: Validators,
    pub(super) body_hash: Option<u64>,
    pub(super) fresh_for: Option<Duration>,
    pub(super) moved_to: Option<Url>,
    /// The document was truncated, or sitemaps of the index are left: its validators must not be sent with the next
    /// request, which would be answered by a 304.
    pub(super) partial: bool,
    /// If the document is an index: what has been read of its sitemaps. To be remembered only if no entry of the
    /// document is left for the next poll: a sitemap that counts as read is not read again.
    pub(super) sitemaps: Children,
}

/// Why there is no document.
#[derive(Debug)]
pub(super) struct PollFailure {
    pub(super) reason: &'static str,
    pub(super) detail: String,
    /// How it ends.
    pub(super) class: FailureClass,
    pub(super) retry_after: Option<Duration>,
    /// Where the failure comes from.
    pub(super) host: Option<String>,
    /// False if the host had said when to come again, and was not requested before that.
    pub(super) asked: bool,
}

impl From<Failure> for PollFailure {
    fn from(failure: Failure) -> Self {
        Self {
            reason: failure.reason.as_str(),
            class: match failure.reason {
                Reason::Gone => FailureClass::Gone,
                reason if reason.is_transient() => FailureClass::Passing,
                _ => FailureClass::Lasting,
            },
            retry_after: failure.retry_after,
            host: failure.host,
            asked: failure.status.is_some() || failure.reason != Reason::Busy,
            detail: failure.detail,
        }
    }
}

pub(super) async fn poll(job: Poll, fetcher: &Fetcher, cpu: &Cpu) -> Polled {
    let request = request(&job, job.url.clone(), of_url(job.validators.clone(), &job.feed.url));
    match fetcher.get(request).await {
        Ok(response) => read(job, response, fetcher, cpu).await,
        Err(failure) => Polled::Failed(failure.into()),
    }
}

fn request(job: &Poll, url: Url, validators: Validators) -> Request {
    let (headers, cookies, route) = lent(&job.feed, &url);
    Request { url, kind: RequestKind::Feed, validators, headers, cookies, route, obey_robots: job.feed.obey_robots }
}

async fn read(job: Poll, response: Response, fetcher: &Fetcher, cpu: &Cpu) -> Polled {
    let mut answer = answer(&job, &response);
    if response.not_modified || (answer.body_hash.is_some() && answer.body_hash == job.body_hash) {
        if !response.not_modified && job.validators.is_empty() {
            // no validators were kept of these very bytes: they were truncated, and still are
            answer.validators = Validators::default();
        }
        return Polled::Unchanged { answer, not_modified: response.not_modified };
    }
    let url = response.url.clone();
    let mut feed = match cpu.run(move || parse(&response)).await {
        Ok(Ok(feed)) => feed,
        Ok(Err(not_a_feed)) => return Polled::Failed(unusable(not_a_feed.reason(), not_a_feed.to_string())),
        Err(failure) => return Polled::Failed(failure.into()),
    };
    answer.partial = feed.truncated || was_cut(&feed);
    answer.sitemaps = Children::default();
    if feed.format == Format::SitemapIndex {
        match sitemaps::read(&mut feed, &job, &url, fetcher, cpu).await {
            Ok(read) => {
                answer.sitemaps = read.children;
                if read.left > 0 {
                    (answer.partial, answer.body_hash) = (true, None);
                }
            }
            Err(failure) => return Polled::Failed(failure),
        }
    }
    match cpu.run(move || identified(feed, &job.site)).await {
        Ok(document) => Polled::Read { answer, document: Box::new(document) },
        Err(failure) => Polled::Failed(failure.into()),
    }
}

fn answer(job: &Poll, response: &Response) -> PollResponse {
    PollResponse {
        validators: match job.url == job.feed.url {
            true => response.validators.clone(),
            false => of_url(response.validators.clone(), &response.url),
        },
        body_hash: (!response.not_modified).then(|| xxh3_64(&response.body)).or(job.body_hash),
        fresh_for: response.fresh_for,
        moved_to: response.moved_to.clone(),
        partial: false,
        sitemaps: job.sitemaps.clone(),
    }
}

/// Whether the document ended too early.
fn was_cut(feed: &Feed) -> bool {
    feed.problems.iter().any(|problem| matches!(problem.kind, "truncated" | "damaged-json" | "damaged-gzip"))
}

impl From<CpuFailure> for PollFailure {
    fn from(failure: CpuFailure) -> Self {
        unusable(failure.as_str(), failure.to_string())
    }
}

/// A response that is not a feed.
fn unusable(reason: &'static str, detail: String) -> PollFailure {
    PollFailure { reason, detail, class: FailureClass::Lasting, retry_after: None, host: None, asked: true }
}

/// Validators with the URL they belong to, so that they are sent to no other URL.
fn of_url(mut validators: Validators, url: &Url) -> Validators {
    if !validators.is_empty() {
        validators.url.get_or_insert_with(|| Box::new(url.clone()));
    }
    validators
}

/// Reads a document, and names its entries.
pub(super) fn understand(body: &[u8], source: Source<'_>, site: &str) -> Result<Document, NotAFeed> {
    Ok(identified(feed::parse(body, source)?, site))
}

fn parse(response: &Response) -> Result<Feed, NotAFeed> {
    feed::parse(&response.body, Source { url: &response.url, content_type: response.content_type.as_deref() })
}

fn identified(mut feed: Feed, site: &str) -> Document {
    feed.flag_future(clock::now());
    if feed.format == Format::Sitemap {
        // sitemaps have no order of their own, and not all of their entries need be absorbed at once
        feed.entries.sort_by_key(|entry| std::cmp::Reverse(entry.date().map(|moment| moment.at)));
    }
    let names = identity::names(&feed, site);
    identity::flag_shared_links(&mut feed, &names);
    let digests = feed.entries.iter().map(identity::digest).collect();
    Document { feed, names, digests }
}
