//! One request to one URL: guarded, without redirects, up to the end of the answer's head.
//!
//! reqwest is set up here and nowhere else, to do nothing by itself: no redirects, no Referer, no cookies, no
//! decoding, no proxy from the environment.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    Failure, Reason,
    address::{Guard, Reach},
    body,
    resolve::{Names, Resolver},
};
use crate::config;

/// Header fields of an answer, and their bytes, names included. More are no honest answer's.
const MAX_HEADERS: usize = 128;
const MAX_HEADER_BYTES: u32 = 64 * 1024;
/// How long a connection is kept for the next request: long enough for the pages that follow a feed.
const KEEP_IDLE: Duration = Duration::from_secs(20);

/// Connections to where requests may go.
#[derive(Debug)]
pub(super) struct Connections {
    guard: Arc<Guard>,
    /// For ports on the list.
    public: reqwest::Client,
    /// For other ports: reaches the excepted networks only.
    exceptions: reqwest::Client,
    proxied: bool,
    /// Connecting and the wait for the first byte together: the client does not tell when the one ends.
    head_within: Duration,
}

/// The client cannot be set up: the User-Agent or the proxy is not usable.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct SetupError(String);

impl Connections {
    pub(super) fn new(config: &config::Fetch, user_agent: &str, names: &Names) -> Result<Self, SetupError> {
        let guard = Arc::new(Guard::new(&config.ports, &config.allow_networks, config.proxy.as_ref()));
        let client = |reach| {
            let proxy = config.proxy.as_ref().and_then(Url::host_str).map(str::to_owned);
            client(config, user_agent, &Resolver { names: names.clone(), guard: Arc::clone(&guard), reach, proxy })
        };
        Ok(Self {
            public: client(Reach::Public)?,
            exceptions: client(Reach::Exceptions)?,
            guard,
            proxied: config.proxy.is_some(),
            head_within: config.connect_within + config.first_byte_within,
        })
    }

    /// Whether a URL may be asked for at all, as far as can be told without looking its name up.
    pub(super) fn check(&self, url: &Url) -> Result<(), Failure> {
        Ok(self.guard.check_url(url).map(drop)?)
    }

    /// Sends one GET.
    pub(super) async fn get(
        &self,
        url: Url,
        headers: HeaderMap,
        deadline: Instant,
    ) -> Result<reqwest::Response, Failure> {
        let reach = self.guard.check_url(&url)?;
        let client = match reach {
            Reach::Public => &self.public,
            Reach::Exceptions => &self.exceptions,
        };
        let head = deadline.min(Instant::now() + self.head_within);
        let response = timeout_at(head, client.get(url).headers(headers).send())
            .await
            .map_err(|_| Failure::new(Reason::Timeout, "no answer before the deadline"))??;
        self.check_peer(&response, reach)?;
        check_size(response.headers())?;
        Ok(response)
    }

    /// The last line of defence: whatever the connector did, nothing is read from a forbidden peer.
    fn check_peer(&self, response: &reqwest::Response, reach: Reach) -> Result<(), Failure> {
        match response.remote_addr() {
            // the peer is the proxy
            _ if self.proxied => Ok(()),
            Some(peer) => Ok(self.guard.check_address(peer.ip(), reach)?),
            None => Err(Failure::new(Reason::Forbidden, "the peer's address is unknown")),
        }
    }
}

fn client(config: &config::Fetch, user_agent: &str, resolver: &Resolver) -> Result<reqwest::Client, SetupError> {
    // one provider a process: if another is installed already, that one serves
    let _ = rustls::crypto::ring::default_provider().install_default();
    let proxy = config.proxy.clone().map(reqwest::Proxy::all).transpose();
    let proxy = proxy.map_err(|error| SetupError(body::root_cause(&error)))?;
    let builder = || {
        let builder = reqwest::Client::builder()
            .user_agent(user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(resolver.clone())
            .connect_timeout(config.connect_within)
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(config.per_host)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEADER_BYTES);
        match proxy.clone() {
            Some(proxy) => builder.proxy(proxy),
            None => builder,
        }
    };
    // a system without certificate authorities can still read http; https fails there with a reason
    let built = builder().build().or_else(|_| builder().tls_certs_only([]).build());
    built.map_err(|error| SetupError(body::root_cause(&error)))
}

/// hyper stops at 400 KB of HTTP/1 header; this is for what is below that.
fn check_size(answer: &HeaderMap) -> Result<(), Failure> {
    let bytes: usize = answer.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > MAX_HEADER_BYTES as usize {
        return Err(Failure::new(Reason::Malformed, format!("a header of more than {MAX_HEADER_BYTES} bytes")));
    }
    Ok(())
}
