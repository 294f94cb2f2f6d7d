//! One poll of one feed: ask, read, name the entries.

use std::time::Duration;

use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{clock, work::Cpu};
use crate::{
    config,
    feed::{self, NotAFeed, Source, identity},
    fetch::{Failure, Fetcher, Kind, Reason, Request, Response, Validators},
    schedule::Setback,
    state::Document,
};

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Poll {
    pub(super) feed: config::Feed,
    /// Where the feed is now.
    pub(super) url: Url,
    pub(super) validators: Validators,
    pub(super) body_hash: Option<u64>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Polled {
    /// 304, or the same bytes as the last time.
    Unchanged { answer: Answer, not_modified: bool },
    /// A document.
    Read { answer: Answer, document: Box<Document> },
    /// No document.
    Failed(PollFailure),
}

/// What the answer says beside its body.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) validators: Validators,
    pub(super) body_hash: Option<u64>,
    pub(super) fresh_for: Option<Duration>,
    pub(super) moved_to: Option<Url>,
}

/// Why there is no document.
#[derive(Debug)]
pub(super) struct PollFailure {
    pub(super) reason: &'static str,
    pub(super) detail: String,
    /// What time does to it.
    pub(super) setback: Setback,
    pub(super) retry_after: Option<Duration>,
    /// Who said so.
    pub(super) host: Option<String>,
    /// False where the host had said when to come again, and was not asked before that.
    pub(super) asked: bool,
}

impl From<Failure> for PollFailure {
    fn from(failure: Failure) -> Self {
        Self {
            reason: failure.reason.as_str(),
            setback: match failure.reason {
                Reason::Gone => Setback::Gone,
                reason if reason.is_transient() => Setback::Passing,
                _ => Setback::Lasting,
            },
            retry_after: failure.retry_after,
            host: failure.host,
            asked: failure.status.is_some() || failure.reason != Reason::Busy,
            detail: failure.detail,
        }
    }
}

pub(super) async fn poll(job: Poll, fetcher: &Fetcher, cpu: &Cpu) -> Polled {
    // what the user configured is meant for the origin it was configured for, and may be a secret
    let at_home = job.url.origin() == job.feed.url.origin();
    let request = Request {
        url: job.url.clone(),
        kind: Kind::Feed,
        validators: of_url(job.validators.clone(), &job.feed.url),
        headers: if at_home { job.feed.headers.clone() } else { Vec::new() },
        cookies: at_home && job.feed.cookies,
        route: if at_home { job.feed.proxy.clone() } else { config::Route::Usual },
        obey_robots: job.feed.obey_robots,
    };
    match fetcher.get(request).await {
        Ok(response) => read(job, response, cpu).await,
        Err(failure) => Polled::Failed(failure.into()),
    }
}

async fn read(job: Poll, response: Response, cpu: &Cpu) -> Polled {
    let body_hash = (!response.not_modified).then(|| xxh3_64(&response.body)).or(job.body_hash);
    let answer = Answer {
        validators: match job.url == job.feed.url {
            true => response.validators.clone(),
            false => of_url(response.validators.clone(), &response.url),
        },
        body_hash,
        fresh_for: response.fresh_for,
        moved_to: response.moved_to.clone(),
    };
    if response.not_modified || (body_hash.is_some() && body_hash == job.body_hash) {
        return Polled::Unchanged { answer, not_modified: response.not_modified };
    }
    let read = move || {
        let source = Source { url: &response.url, content_type: response.content_type.as_deref() };
        understand(&response.body, source, &job.feed)
    };
    match cpu.run(read).await {
        Ok(Ok(document)) => Polled::Read { answer, document: Box::new(document) },
        Ok(Err(not_a_feed)) => Polled::Failed(PollFailure {
            reason: not_a_feed.reason(),
            detail: not_a_feed.to_string(),
            setback: Setback::Lasting,
            retry_after: None,
            host: None,
            asked: true,
        }),
        Err(failure) => Polled::Failed(PollFailure {
            reason: failure.as_str(),
            detail: failure.to_string(),
            setback: Setback::Lasting,
            retry_after: None,
            host: None,
            asked: true,
        }),
    }
}

/// Validators that say whose they are, so that they are sent to no other URL than that.
fn of_url(mut validators: Validators, url: &Url) -> Validators {
    if !validators.is_empty() {
        validators.url.get_or_insert_with(|| url.clone());
    }
    validators
}

/// Reads a document, and names its entries.
pub(super) fn understand(body: &[u8], source: Source<'_>, configured: &config::Feed) -> Result<Document, NotAFeed> {
    let mut feed = feed::parse(body, source)?;
    feed.flag_future(clock::now());
    let keys = identity::keys(&feed, &configured.url);
    identity::flag_ignored(&mut feed, &keys);
    let told = feed.entries.iter().map(identity::told).collect();
    Ok(Document { feed, keys, told })
}
