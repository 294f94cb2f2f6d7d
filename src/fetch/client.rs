//! The client: redirect by redirect, through robots.txt, the address guard and the governor, to an answer.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, StatusCode, header};
use tokio::time::Instant;
use url::Url;

use super::{
    Failure, Kind, Reason, Request, Response, Stats, Validators,
    body::{self, Excess, Limits},
    connect::{Connections, SetupError},
    governor::{Governor, Permit},
    headers,
    redirect::{Chain, is_redirect},
    resolve::Names,
    robots::{self, Loaded, Robots},
    stats::Counters,
    verdict::{Verdict, is_busy, verdict},
};
use crate::{config, link};

/// The HTTP client of the house. Clones share everything.
#[derive(Debug, Clone)]
pub struct Fetcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: config::Fetch,
    connections: Connections,
    governor: Governor,
    robots: Robots,
    counters: Counters,
    clock: fn() -> SystemTime,
}

/// The User-Agent: name, version, and where to reach whoever runs this.
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match contact {
        Some(contact) => format!("{}/{version} (+{contact})", headers::PRODUCT),
        None => format!("{}/{version}", headers::PRODUCT),
    }
}

impl Fetcher {
    /// A client with the limits and manners of a configuration. The clock is read for dates in answers that do not
    /// say their own.
    pub fn new(config: &config::Fetch, user_agent: &str, clock: fn() -> SystemTime) -> Result<Self, SetupError> {
        Self::with_names(config, user_agent, clock, &Names::System)
    }

    /// The same, with names looked up elsewhere than the operating system does.
    pub fn with_names(
        config: &config::Fetch,
        user_agent: &str,
        clock: fn() -> SystemTime,
        names: &Names,
    ) -> Result<Self, SetupError> {
        Ok(Self(Arc::new(Inner {
            connections: Connections::new(config, user_agent, names)?,
            governor: Governor::new(config.per_host, config.host_gap, config.in_flight),
            robots: Robots::default(),
            counters: Counters::default(),
            config: config.clone(),
            clock,
        })))
    }

    /// Sends one GET, and those its redirects ask for, when the turn of their hosts has come.
    ///
    /// Waiting for a turn has no deadline: drop the future to give up.
    pub async fn get(&self, request: Request) -> Result<Response, Failure> {
        let outcome = Box::pin(self.0.get(&request)).await;
        self.0.counters.outcome(&outcome);
        outcome
    }

    /// Leaves a host alone, named as [`link::host`] names it: it said so before this client was made.
    pub fn hold(&self, host: &str, wait: Duration) {
        self.0.governor.hold(host, wait);
    }

    /// The counters so far.
    pub fn stats(&self) -> Stats {
        self.0.counters.snapshot(self.0.governor.hosts())
    }
}

/// An answer whose body is yet to be read. Its host's permit lasts as long.
struct Answer {
    permit: Permit,
    response: reqwest::Response,
    /// Of the request that asked, without the waiting for its turn.
    begun: Instant,
    deadline: Instant,
    /// The host is too busy, and is left alone for this long.
    held: Option<Duration>,
}

impl Inner {
    async fn get(&self, request: &Request) -> Result<Response, Failure> {
        let mut chain = Chain::new(request.url.clone(), self.config.max_redirects, self.config.allow_downgrade);
        let obeys = match request.kind {
            Kind::Page => self.config.obey_robots,
            Kind::Feed => request.obey_robots,
        };
        let mut left = self.config.request_within;
        loop {
            let asked = self.step(request, chain.current(), obeys, left).await;
            let (answer, conditional) = asked.map_err(|failure| match failure.reason {
                Reason::Forbidden if chain.has_moved() => {
                    Failure { reason: Reason::Redirect, ..failure.of("redirected to where no request may go") }
                }
                _ => failure,
            })?;
            let status = answer.response.status();
            if !is_redirect(status) {
                return self.finish(request, chain, answer, conditional).await;
            }
            chain.follow(status, location(answer.response.headers()))?;
            left = left.saturating_sub(answer.begun.elapsed());
        }
    }

    /// One hop: what robots.txt says, then the request itself. Says whether it was conditional.
    async fn step(
        &self,
        request: &Request,
        url: &Url,
        obeys_robots: bool,
        left: Duration,
    ) -> Result<(Answer, bool), Failure> {
        // before robots.txt, so that nothing is asked of a host that is out of reach
        self.connections.check(url)?;
        let crawl_delay = match obeys_robots {
            true => Some(self.robots.check(url, async |file| self.load_robots(file).await).await?),
            false => None,
        };
        let mut headers = headers::offered(Some(request.kind));
        let conditional =
            belongs(&request.validators, request, url) && headers::make_conditional(&mut headers, &request.validators);
        let mut url = url.clone();
        if url.origin() == request.url.origin() {
            headers.extend(request.headers.iter().cloned());
        }
        lend_credentials(request, &mut url);
        Ok((self.ask(url, headers, crawl_delay, left).await?, conditional))
    }

    /// One request at its host's turn, up to the end of the answer's head.
    async fn ask(
        &self,
        url: Url,
        headers: HeaderMap,
        crawl_delay: Option<Duration>,
        left: Duration,
    ) -> Result<Answer, Failure> {
        self.connections.check(&url)?;
        let host = link::host(&url);
        let permit = self.governor.acquire(&host).await.map_err(|held| Failure { host: Some(host), ..held.into() })?;
        if let Some(delay) = crawl_delay {
            permit.set_crawl_delay(delay);
        }
        let begun = Instant::now();
        let deadline = begun + left;
        self.counters.request();
        let response = self.connections.get(url, headers, deadline).await?;
        let held = is_busy(response.status(), response.headers())
            .then(|| permit.hold(headers::retry_after(response.headers(), (self.clock)())));
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            permit.forgive();
        }
        Ok(Answer { permit, response, begun, deadline, held })
    }

    /// The answer at the end of the chain.
    async fn finish(
        &self,
        request: &Request,
        chain: Chain,
        answer: Answer,
        conditional: bool,
    ) -> Result<Response, Failure> {
        let head = answer.response.headers().clone();
        let now = (self.clock)();
        let verdict =
            verdict(answer.response.status(), &head, request.kind, conditional, now).map_err(|failure| match answer
                .held
            {
                Some(held) => Failure { retry_after: Some(held), host: Some(link::host(chain.current())), ..failure },
                None => failure,
            })?;
        let (url, mut moved_to) = chain.into_ends();
        if let Some(moved_to) = moved_to.as_mut() {
            lend_credentials(request, moved_to);
        }
        let mut newest = headers::validators(&head);
        let body = match verdict {
            Verdict::NotModified => {
                // RFC 9111 section 3.2: what the 304 does not repeat still stands
                newest.etag = newest.etag.or_else(|| request.validators.etag.clone());
                newest.last_modified = newest.last_modified.or_else(|| request.validators.last_modified.clone());
                bytes::Bytes::new()
            }
            Verdict::Read => {
                let bytes = match request.kind {
                    Kind::Feed => self.config.max_feed_bytes,
                    Kind::Page => self.config.max_page_bytes,
                };
                self.read(answer, bytes, Excess::Fails).await?
            }
        };
        newest.url = (!newest.is_empty() && !is_where(&request.url, &url)).then(|| url.clone());
        Ok(Response {
            moved_to,
            not_modified: verdict == Verdict::NotModified,
            body,
            content_type: head.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into()),
            validators: newest,
            fresh_for: headers::fresh_for(&head, now),
            restrictions: headers::restrictions(&head),
            url,
        })
    }

    async fn read(&self, answer: Answer, bytes: usize, excess: Excess) -> Result<bytes::Bytes, Failure> {
        let Answer { permit, response, deadline, .. } = answer;
        let status = response.status().as_u16();
        let head = response.headers().clone();
        let stream = Box::pin(response.bytes_stream());
        let read = body::read(&head, stream, Limits { bytes, excess, deadline }).await;
        drop(permit);
        let (body, wire) = read.map_err(|fault| Failure { status: Some(status), ..fault.into() })?;
        self.counters.body(wire, body.len());
        Ok(body)
    }

    async fn load_robots(&self, file: Url) -> Loaded {
        let mut chain = Chain::new(file, robots::MAX_REDIRECTS, self.config.allow_downgrade);
        let mut left = self.config.request_within;
        loop {
            let answer = match self.ask(chain.current().clone(), headers::offered(None), None, left).await {
                Ok(answer) => answer,
                Err(failure) => return Loaded::Unreachable(failure),
            };
            let status = answer.response.status();
            if is_redirect(status) {
                // too many, or to nowhere: as if there were none (RFC 9309 section 2.3.1.2)
                if chain.follow(status, location(answer.response.headers())).is_err() {
                    return Loaded::Unavailable;
                }
                left = left.saturating_sub(answer.begun.elapsed());
                continue;
            }
            return match status.as_u16() {
                200..=299 => {
                    let fresh_for = headers::fresh_for(answer.response.headers(), (self.clock)());
                    match self.read(answer, robots::MAX_BYTES, Excess::IsCut).await {
                        Ok(body) => Loaded::File(body, fresh_for),
                        Err(failure) => Loaded::Unreachable(failure),
                    }
                }
                429 | 500.. => Loaded::Unreachable(Failure {
                    status: Some(status.as_u16()),
                    retry_after: answer.held,
                    host: answer.held.map(|_| link::host(chain.current())),
                    ..Failure::new(
                        if answer.held.is_some() { Reason::Busy } else { Reason::ServerError },
                        format!("status {status}"),
                    )
                }),
                _ => Loaded::Unavailable,
            };
        }
    }
}

/// Whether validators are those of the URL that is asked now: another's would bring a false 304.
fn belongs(validators: &Validators, request: &Request, url: &Url) -> bool {
    is_where(validators.url.as_ref().unwrap_or(&request.url), url)
}

/// Whether two URLs ask for the same thing: fragments and credentials apart.
fn is_where(one: &Url, other: &Url) -> bool {
    use url::Position::{AfterQuery, BeforeHost};
    one.scheme() == other.scheme() && one[BeforeHost..AfterQuery] == other[BeforeHost..AfterQuery]
}

/// Gives a URL the credentials that the user wrote into the feed's own, at the same origin. Those in a link to a page
/// are nobody's that we know.
fn lend_credentials(request: &Request, to: &mut Url) {
    if request.kind == Kind::Feed && to.origin() == request.url.origin() {
        // cannot fail: both have hosts
        let _ = to.set_username(request.url.username());
        let _ = to.set_password(request.url.password());
    }
}

fn location(answer: &HeaderMap) -> Option<&str> {
    answer.get(header::LOCATION).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
}
