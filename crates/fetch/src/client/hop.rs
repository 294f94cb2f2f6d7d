//! One hop of a chain of redirects: robots.txt, the request when it is its host's turn, and the body of its response.

use std::time::Duration;

use copydesk_core::link;
use http::{HeaderMap, StatusCode, header};
use tokio::time::Instant;
use url::Url;

use super::{
    super::{
        Failure, Request, RequestKind, Validators,
        body::{self, Excess, Limits},
        connect::Egress,
        governor::Permit,
        headers,
        verdict::is_busy,
    },
    Inner, is_where,
};
use crate::config::{CookieScope, Route};

/// The most that is read of an unneeded body, and how long that may take.
const MOST_DISCARDED: usize = 64 * 1024;
const DISCARD_WITHIN: Duration = Duration::from_secs(1);

/// One hop of a chain that started with a request.
pub(super) struct Hop<'a> {
    pub(super) request: &'a Request,
    pub(super) url: &'a Url,
    /// Of the time for the whole request.
    pub(super) left: Duration,
}

impl Hop<'_> {
    /// The user's settings for the request's own origin are for it alone, and may be secret.
    pub(super) fn is_home(&self) -> bool {
        self.url.origin() == self.request.url.origin()
    }

    /// Whose cookies are sent to this hop and taken from it.
    pub(super) fn cookies(&self) -> CookieScope {
        match self.request.cookies {
            CookieScope::Origin if self.is_home() => CookieScope::Origin,
            CookieScope::Site if link::site(self.url) == link::site(&self.request.url) => CookieScope::Site,
            _ => CookieScope::Nobody,
        }
    }

    fn route(&self) -> Route {
        if self.is_home() { self.request.route.clone() } else { Route::Usual }
    }
}

/// A response whose body has not been read yet. The permit of its host lasts as long.
pub(super) struct OpenResponse {
    permit: Permit,
    pub(super) response: reqwest::Response,
    /// Of the request, without the wait for its turn.
    pub(super) begun: Instant,
    deadline: Instant,
    /// The host is too busy, and is left alone for this long.
    pub(super) back_off: Option<Duration>,
}

impl OpenResponse {
    /// Of the request, including its body.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl Inner {
    /// One hop: what robots.txt says, then the request itself. Returns whether it was conditional.
    pub(super) async fn step(&self, hop: &Hop<'_>) -> Result<(OpenResponse, bool), Failure> {
        let Hop { request, url, left } = *hop;
        let egress = self.connections.egress(&hop.route()).await?;
        // before robots.txt, so that nothing is requested from a host that must not be reached
        egress.check(url)?;
        let politeness = self.config.politeness_at(url.host_str().unwrap_or_default());
        let obeys = match request.kind {
            RequestKind::Page => politeness.obey_robots,
            RequestKind::Feed => request.obey_robots,
        };
        let crawl_delay = match obeys {
            true => Some(self.robots.check(url, async |file| self.load_robots(file, &hop.route()).await).await?),
            false => None,
        };
        let mut headers = headers::offered(Some(request.kind));
        let conditional =
            belongs(&request.validators, request, url) && headers::make_conditional(&mut headers, &request.validators);
        if let Some(cookie) = self.cookies.header(url, hop.cookies(), (self.clock)()) {
            headers.insert(header::COOKIE, cookie);
        }
        if hop.is_home() {
            // the user's headers override ours
            for (name, value) in &request.headers {
                headers.insert(name, value.clone());
            }
        }
        let mut url = url.clone();
        lend_credentials(request, &mut url);
        let crawl_delay = crawl_delay.map(|delay| delay.min(politeness.max_crawl_delay));
        Ok((self.ask(&egress, url, headers, crawl_delay, left).await?, conditional))
    }

    /// One request when it is its host's turn, up to the end of the response's head.
    pub(super) async fn ask(
        &self,
        egress: &Egress,
        url: Url,
        headers: HeaderMap,
        crawl_delay: Option<Duration>,
        left: Duration,
    ) -> Result<OpenResponse, Failure> {
        egress.check(&url)?;
        let host = link::host(&url);
        let permit =
            self.governor.acquire(&host).await.map_err(|back_off| Failure { host: Some(host), ..back_off.into() })?;
        if let Some(delay) = crawl_delay {
            permit.set_crawl_delay(delay);
        }
        let begun = Instant::now();
        let deadline = begun + left;
        self.counters.request();
        let response = egress.get(url, headers, deadline).await?;
        let back_off = is_busy(response.status(), response.headers())
            .then(|| permit.back_off(headers::come_again(response.headers(), (self.clock)())));
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            permit.forgive();
        }
        Ok(OpenResponse { permit, response, begun, deadline, back_off })
    }

    pub(super) async fn read(
        &self,
        answer: OpenResponse,
        bytes: usize,
        excess: Excess,
    ) -> Result<bytes::Bytes, Failure> {
        let OpenResponse { permit, response, deadline, .. } = answer;
        let status = response.status().as_u16();
        let head = response.headers().clone();
        let stream = Box::pin(response.bytes_stream());
        let read = body::read(&head, stream, Limits::of(&self.config, bytes, excess, deadline)).await;
        drop(permit);
        let (body, wire) = read.map_err(|fault| Failure { status: Some(status), ..fault.into() })?;
        self.counters.body(wire, body.len());
        Ok(body)
    }

    /// Reads the unneeded body of a response, if it is small and already there: then its connection serves the next
    /// request.
    pub(super) async fn discard(&self, answer: OpenResponse) {
        let OpenResponse { permit: _permit, response, deadline, .. } = answer;
        if response.content_length().is_some_and(|length| length > MOST_DISCARDED as u64) {
            return;
        }
        let deadline = deadline.min(Instant::now() + DISCARD_WITHIN);
        let limits = Limits::of(&self.config, MOST_DISCARDED, Excess::IsCut, deadline);
        // as it is on the wire: unneeded bytes are not decoded
        if let Ok((_, wire)) = body::read(&HeaderMap::new(), Box::pin(response.bytes_stream()), limits).await {
            self.counters.body(wire, 0);
        }
    }
}

/// Whether validators belong to the URL that is requested now: those of another would cause a false 304.
fn belongs(validators: &Validators, request: &Request, url: &Url) -> bool {
    is_where(validators.url.as_deref().unwrap_or(&request.url), url)
}

/// Adds to a URL the credentials that the user wrote into the feed's URL, within the same origin. Credentials in a link
/// to a page are not used.
pub(super) fn lend_credentials(request: &Request, to: &mut Url) {
    if request.kind == RequestKind::Feed && to.origin() == request.url.origin() {
        // cannot fail: both have hosts
        let _ = to.set_username(request.url.username());
        let _ = to.set_password(request.url.password());
    }
}
