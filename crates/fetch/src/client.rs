//! The client: from a request, redirect by redirect, through robots.txt, address guard and governor, to a response.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, SystemTime},
};

use copydesk_core::link;
use http::{HeaderMap, StatusCode, header};
use url::Url;

use self::hop::{Hop, OpenResponse, lend_credentials};
use super::{
    Failure, Reason, Request, RequestKind, Response, Stats,
    body::{self, Excess, Limits},
    connect::{Connections, SetupError},
    cookies::Cookies,
    governor::Governor,
    headers,
    lookup::NameService,
    redirect::{Chain, is_redirect},
    refresh::refresh,
    robots::Robots,
    sniff,
    stats::Counters,
    verdict::{Verdict, verdict},
};
use crate::config;

mod hop;
mod robots;

/// The only HTTP client. Clones share everything.
#[derive(Debug, Clone)]
pub struct Fetcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: config::Fetch,
    connections: Connections,
    governor: Governor,
    robots: Robots,
    cookies: Cookies,
    counters: Counters,
    clock: fn() -> SystemTime,
}

/// The User-Agent: name, version, and how to reach the operator.
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match contact {
        Some(contact) => format!("{}/{version} (+{contact})", headers::PRODUCT),
        None => format!("{}/{version}", headers::PRODUCT),
    }
}

impl Fetcher {
    /// A client with the limits and politeness of a configuration. The clock is used for dates in responses without a
    /// `Date`.
    pub fn new(config: &config::Fetch, user_agent: &str, clock: fn() -> SystemTime) -> Result<Self, SetupError> {
        Self::with_names(config, user_agent, clock, &NameService::System)
    }

    /// The same, with another source of names than the operating system.
    pub fn with_names(
        config: &config::Fetch,
        user_agent: &str,
        clock: fn() -> SystemTime,
        names: &NameService,
    ) -> Result<Self, SetupError> {
        Ok(Self(Arc::new(Inner {
            connections: Connections::new(config, user_agent, names)?,
            governor: Governor::new(config),
            robots: Robots::default(),
            cookies: Cookies::default(),
            counters: Counters::default(),
            config: config.clone(),
            clock,
        })))
    }

    /// Sends one GET, and those of its redirects, when it is their turn at their hosts.
    ///
    /// Waiting for a turn has no deadline: drop the future to give up.
    pub async fn get(&self, request: Request) -> Result<Response, Failure> {
        let outcome = Box::pin(self.0.get(&request)).await;
        self.0.counters.outcome(&outcome);
        outcome
    }

    /// Leaves a host alone, named as [`link::host`] names it: it asked for this before the client was created.
    pub fn back_off(&self, host: &str, wait: Duration) {
        self.0.governor.back_off(host, wait);
    }

    /// Whether our own network seems to be down: no host was reached since several were tried in vain. Failures in this
    /// time say nothing about pages and feeds.
    pub fn is_offline(&self) -> bool {
        self.0.connections.are_cut_off()
    }

    /// The counters so far.
    pub fn stats(&self) -> Stats {
        self.0.counters.snapshot(self.0.governor.hosts())
    }
}

impl Inner {
    async fn get(&self, request: &Request) -> Result<Response, Failure> {
        let mut chain = Chain::new(request.url.clone(), self.config.max_redirects, self.config.allow_downgrade);
        let mut left = self.config.request_within;
        loop {
            let hop = Hop { request, url: chain.current(), left };
            let asked = self.step(&hop).await;
            let (answer, conditional) = asked.map_err(|failure| match failure.reason {
                Reason::Forbidden if chain.has_moved() => {
                    Failure { reason: Reason::Redirect, ..failure.of("redirected to a URL that may not be requested") }
                }
                _ => failure,
            })?;
            let head = answer.response.headers();
            if self.cookies.learn(hop.url, hop.cookies(), head, (self.clock)()) {
                chain.allow_return();
            }
            let status = answer.response.status();
            let begun = answer.begun;
            if !is_redirect(status) {
                let response = self.finish(request, &chain, answer, conditional).await?;
                let Some(refresh) = response.refresh.as_ref().filter(|_| leads_on(request.kind, &response.body)) else {
                    return Ok(response);
                };
                chain.follow(StatusCode::FOUND, Some(refresh.url.as_str()))?;
                left = left.saturating_sub(begun.elapsed());
                continue;
            }
            let followed = chain.follow(status, location(answer.response.headers()).as_deref());
            left = left.saturating_sub(begun.elapsed());
            self.discard(answer).await;
            followed?;
        }
    }

    /// The response at the end of the chain.
    async fn finish(
        &self,
        request: &Request,
        chain: &Chain,
        answer: OpenResponse,
        conditional: bool,
    ) -> Result<Response, Failure> {
        let head = answer.response.headers().clone();
        let now = (self.clock)();
        let types = match request.kind {
            RequestKind::Feed => &self.config.feed_types,
            RequestKind::Page => &self.config.page_types,
        };
        let verdict = match verdict(answer.response.status(), &head, request.kind, types, conditional, now) {
            Ok(verdict) => verdict,
            Err(failure) => {
                let back_off = answer.back_off;
                self.discard(answer).await;
                let longest = self.config.politeness_at(chain.current().host_str().unwrap_or_default()).max_retry_after;
                return Err(match back_off {
                    Some(_) => Failure { retry_after: back_off, host: Some(link::host(chain.current())), ..failure },
                    None => Failure { retry_after: failure.retry_after.map(|wait| wait.min(longest)), ..failure },
                });
            }
        };
        let (url, mut moved_to) = chain.ends();
        if let Some(moved_to) = moved_to.as_mut() {
            lend_credentials(request, moved_to);
        }
        let mut newest = headers::validators(&head);
        let body = match verdict {
            Verdict::NotModified => {
                // RFC 9111 section 3.2: what the 304 does not repeat is still valid
                newest.etag = newest.etag.or_else(|| request.validators.etag.clone());
                newest.last_modified = newest.last_modified.or_else(|| request.validators.last_modified.clone());
                bytes::Bytes::new()
            }
            Verdict::Read => {
                let bytes = match request.kind {
                    RequestKind::Feed => self.config.max_feed_bytes,
                    RequestKind::Page => self.config.max_page_bytes,
                };
                let deadline = answer.deadline();
                let body = self.read(answer, bytes, Excess::Fails).await?;
                match request.kind {
                    // feeds are unpacked where they are read, as far as possible
                    RequestKind::Feed => body,
                    RequestKind::Page => {
                        let limits = Limits::of(&self.config, bytes, Excess::Fails, deadline);
                        body::unpack(body.clone(), limits).await.unwrap_or(body)
                    }
                }
            }
        };
        newest.url = (!newest.is_empty() && !is_where(&request.url, &url)).then(|| Box::new(url.clone()));
        Ok(Response {
            moved_to,
            not_modified: verdict == Verdict::NotModified,
            content_type: head.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into()),
            validators: newest,
            fresh_for: headers::fresh_for(&head, now),
            restrictions: headers::restrictions(&head),
            links: headers::links(&head),
            refresh: refresh(&head, &body, &url),
            body,
            url,
        })
    }
}

/// Whether a document in place of a feed is a page, whose forwarding counts. The reader decides what a page contains.
fn leads_on(kind: RequestKind, body: &[u8]) -> bool {
    let has_entries = [&b"<item"[..], b"<entry"].iter().any(|tag| memchr::memmem::find(body, tag).is_some());
    kind == RequestKind::Feed && sniff::no_page(body).is_none() && !has_entries
}

/// Whether two URLs request the same thing, apart from fragments and credentials.
fn is_where(one: &Url, other: &Url) -> bool {
    use url::Position::{AfterQuery, BeforeHost};
    one.scheme() == other.scheme() && one[BeforeHost..AfterQuery] == other[BeforeHost..AfterQuery]
}

/// Where a redirect leads.
fn location(answer: &HeaderMap) -> Option<Cow<'_, str>> {
    answer.get(header::LOCATION).map(headers::of_url)
}
