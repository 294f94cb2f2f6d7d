//! The only HTTP client of the project: address guard, host governor, robots.txt, limits.
//!
//! May use the network and timers. Must not know Kafka, nor what bodies mean. [`verdict`], which is PURE, decides what
//! a response means for the caller.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::{CookieScope, Route};

pub mod address;
mod body;
mod client;
pub mod config;
mod connect;
pub mod cookies;
mod failure;
pub mod governor;
pub mod headers;
mod lookup;
mod outage;
mod redirect;
pub mod refresh;
mod resolve;
pub mod robots;
pub mod sniff;
mod stats;
pub mod verdict;

pub use client::{Fetcher, user_agent};
pub use connect::SetupError;
pub use lookup::{NameService, Table};
pub use refresh::Refresh;
pub use stats::Stats;

/// What is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// A feed the user named.
    Feed,
    /// A page an entry links to.
    Page,
}

/// One GET.
#[derive(Debug, Clone)]
pub struct Request {
    /// As the user or the feed wrote it.
    pub url: Url,
    /// What is requested: decides `Accept`, limits and whether robots.txt is checked first.
    pub kind: RequestKind,
    /// Sent back byte for byte, as a pair.
    pub validators: Validators,
    /// Headers of this feed, bound to the origin of `url`.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// Whether this request obeys robots.txt although it is for a feed. Pages follow the configuration.
    pub obey_robots: bool,
    /// Which cookies are kept and sent back, relative to `url`.
    pub cookies: CookieScope,
    /// The route to the origin of `url`. Requests to other origins take the route of all requests.
    pub route: Route,
}

/// `ETag` and `Last-Modified` as they were sent: opaque. Bytes above 0x7f are the characters of the same number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The URL they belong to, if redirects led to another than the requested one. They are sent to no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Box<Url>>,
}

impl Validators {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A response with status 200 or 304.
#[derive(Debug, Clone)]
pub struct Response {
    /// Where the response came from, after redirects.
    pub url: Url,
    /// Where every permanent redirect (301, 308) from the start of the chain led, if there were any.
    pub moved_to: Option<Url>,
    /// 304.
    pub not_modified: bool,
    /// The body, decompressed. Empty with 304.
    pub body: Bytes,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
    /// The newest validators.
    pub validators: Validators,
    /// How long the response stays fresh (RFC 9111 section 4.2.1), if it says so.
    pub fresh_for: Option<Duration>,
    /// Where a page forwards by itself. The client follows a feed that does.
    pub refresh: Option<Refresh>,
    /// `X-Robots-Tag` directives that apply to us, and TDM reservation, lower case.
    pub restrictions: Vec<String>,
    /// `Link` (RFC 8288), one line each, as sent.
    pub links: Vec<String>,
}

/// Why there is no usable response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// The class.
    pub reason: Reason,
    /// The status, if there was a response.
    pub status: Option<u16>,
    /// In words.
    pub detail: String,
    /// When the host said to come again.
    pub retry_after: Option<Duration>,
    /// Which host said so, as [`copydesk_core::link::host`] names it: a redirect may have led there.
    pub host: Option<String>,
}

/// Classes of failures that callers treat differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No address for the name.
    Dns,
    /// No connection, or it was interrupted.
    Connect,
    /// TLS failed.
    Tls,
    /// A deadline or the least rate.
    Timeout,
    /// 404 and the like.
    NotFound,
    /// 410.
    Gone,
    /// 401, 402, 403, 451.
    Denied,
    /// 429, or 503 with `Retry-After`.
    Busy,
    /// Another 4xx.
    ClientError,
    /// 5xx.
    ServerError,
    /// More bytes than the limit, on the wire or decoded.
    TooLarge,
    /// A content type that cannot hold what was asked for.
    ContentType,
    /// Bytes that are not HTTP, or not decodable.
    Malformed,
    /// Too many redirects, a loop, or one to a URL that may not be requested.
    Redirect,
    /// An address, port or scheme that may not be requested.
    Forbidden,
    /// robots.txt forbids it.
    Robots,
    /// robots.txt could not be fetched, so nothing may be requested.
    RobotsUnreachable,
}

impl Reason {
    /// Every class, in the order of their declaration.
    pub const ALL: [Self; 17] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::NotFound,
        Self::Gone,
        Self::Denied,
        Self::Busy,
        Self::ClientError,
        Self::ServerError,
        Self::TooLarge,
        Self::ContentType,
        Self::Malformed,
        Self::Redirect,
        Self::Forbidden,
        Self::Robots,
        Self::RobotsUnreachable,
    ];

    /// The name in rejects and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::Denied => "denied",
            Self::Busy => "busy",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::TooLarge => "too_large",
            Self::ContentType => "content_type",
            Self::Malformed => "malformed",
            Self::Redirect => "redirect",
            Self::Forbidden => "forbidden_address",
            Self::Robots => "robots",
            Self::RobotsUnreachable => "robots_unreachable",
        }
    }

    /// Whether asking again later may help.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Dns | Self::Connect | Self::Tls | Self::Timeout | Self::Busy | Self::ServerError => true,
            Self::Malformed | Self::RobotsUnreachable => true,
            Self::NotFound | Self::Gone | Self::Denied | Self::ClientError | Self::TooLarge | Self::ContentType => {
                false
            }
            Self::Redirect | Self::Forbidden | Self::Robots => false,
        }
    }
}
