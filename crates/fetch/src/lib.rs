//! The only HTTP client of the project: address guard, host governor, robots.txt, limits.
//!
//! May touch the network and timers. Must not know of Kafka, nor what bodies mean. What an answer means for the
//! asker is decided in [`verdict`], which is PURE.

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

/// What is asked for.
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
    /// What is asked for: decides `Accept`, limits and whether robots.txt is asked first.
    pub kind: RequestKind,
    /// Sent back byte for byte, as a pair.
    pub validators: Validators,
    /// Headers of this feed, bound to the origin of `url`.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// Whether robots.txt binds this request although it is for a feed. Pages follow the configuration.
    pub obey_robots: bool,
    /// Whose cookies are kept and sent back, seen from `url`.
    pub cookies: CookieScope,
    /// How it travels to the origin of `url`. To others it travels as all requests do.
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
    /// The URL they belong to, where redirects led to another than was asked for. They are sent to no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Box<Url>>,
}

impl Validators {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// An answer with status 200 or 304.
#[derive(Debug, Clone)]
pub struct Response {
    /// Where the answer came from, after redirects.
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
    /// How long the answer stays fresh (RFC 9111 section 4.2.1), where it says so.
    pub fresh_for: Option<Duration>,
    /// Where a page leads on by itself. A feed that does is followed by the client.
    pub refresh: Option<Refresh>,
    /// `X-Robots-Tag` directives that apply to us, and TDM reservation, lower case.
    pub restrictions: Vec<String>,
    /// `Link` (RFC 8288), a line each, as sent.
    pub links: Vec<String>,
}

/// Why there is no answer to use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// The class.
    pub reason: Reason,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// In words.
    pub detail: String,
    /// When the host said to come again.
    pub retry_after: Option<Duration>,
    /// Who said so, as [`crate::link::host`] names it: a redirect may have led there.
    pub host: Option<String>,
}

/// Classes of failures that callers treat differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No address for the name.
    Dns,
    /// No connection, or it broke.
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
    /// Too many redirects, a loop, or one to where no request may go.
    Redirect,
    /// An address, port or scheme that no request may reach.
    Forbidden,
    /// robots.txt says no.
    Robots,
    /// robots.txt could not be had, so that nothing may be asked for.
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
