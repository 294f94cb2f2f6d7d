//! One request to one URL: guarded, without redirects, up to the end of the response's head.
//!
//! reqwest is configured only here, to do nothing by itself: no redirects, no Referer, no cookies, no decoding, no
//! proxy from the environment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use copydesk_core::link;
use http::HeaderMap;
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};
use url::Url;

use super::{
    Failure, Reason,
    address::{AllowedAddresses, Guard},
    body,
    failure::is_without_connection,
    lookup::{Lookups, NameService},
    outage::Outage,
    resolve::Resolver,
};
use crate::config::{self, Proxy};

/// How long a connection is kept for the next request: long enough for the pages that follow a feed.
const KEEP_IDLE: Duration = Duration::from_secs(20);

/// The egresses of requests.
#[derive(Debug)]
pub(super) struct Connections {
    setup: Setup,
    /// The route of all requests without another one.
    usual: Arc<Egress>,
    /// The routes of feeds with their own proxy, or with none, created when they are first needed.
    others: Mutex<HashMap<Option<Proxy>, Lazy>>,
}

type Lazy = Arc<OnceCell<Arc<Egress>>>;

/// What all egresses have in common.
#[derive(Debug, Clone)]
struct Setup {
    config: config::Fetch,
    user_agent: String,
    lookups: Arc<Lookups>,
    outage: Arc<Outage>,
}

/// Connections through one proxy, or without one.
#[derive(Debug)]
pub(super) struct Egress {
    guard: Arc<Guard>,
    outage: Arc<Outage>,
    /// For ports in the list.
    public: reqwest::Client,
    /// For other ports: reaches the excepted networks only.
    exceptions: reqwest::Client,
    proxied: bool,
    /// Connecting and the wait for the first byte together: the client does not report when the first of them ends.
    head_within: Duration,
    max_headers: usize,
    max_header_bytes: usize,
}

/// The client cannot be set up: the User-Agent or the proxy is not usable.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct SetupError(String);

impl Connections {
    pub(super) fn new(config: &config::Fetch, user_agent: &str, names: &NameService) -> Result<Self, SetupError> {
        // a little less than the connection that waits for it has: a failure is then reported with its real cause
        let lookups = Lookups::new(names, config.connect_within * 9 / 10);
        let setup =
            Setup { config: config.clone(), user_agent: user_agent.to_owned(), lookups, outage: Arc::default() };
        Ok(Self { usual: Arc::new(setup.egress(config.proxy.as_ref())?), others: Mutex::default(), setup })
    }

    /// Whether no host can be reached.
    pub(super) fn are_cut_off(&self) -> bool {
        self.setup.outage.is_ours()
    }

    /// The egress of requests along a route.
    pub(super) async fn egress(&self, route: &config::Route) -> Result<Arc<Egress>, Failure> {
        let usual = self.setup.config.proxy.as_ref();
        let proxy = route.proxy(usual);
        if proxy == usual {
            return Ok(Arc::clone(&self.usual));
        }
        let proxy = proxy.cloned();
        let cell = {
            let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(others.entry(proxy.clone()).or_default())
        };
        let egress = cell.get_or_try_init(|| {
            let setup = self.setup.clone();
            // the certificate authorities of the system are read for it
            let built = tokio::task::spawn_blocking(move || setup.egress(proxy.as_ref()).map(Arc::new));
            async { built.await.unwrap_or_else(|_| Err(SetupError("it was given up".to_owned()))) }
        });
        egress.await.map(Arc::clone).map_err(|error| Failure::new(Reason::Connect, error.to_string()))
    }
}

impl Setup {
    fn egress(&self, proxy: Option<&Proxy>) -> Result<Egress, SetupError> {
        let config = &self.config;
        let guard = Guard::new(&config.ports, &config.allow_networks, proxy.map(|proxy| &proxy.url));
        let guard = Arc::new(guard.with_nat64(&config.nat64));
        let client = |allowed| {
            let name = proxy.and_then(|proxy| proxy.url.host_str()).map(str::to_owned);
            let resolver =
                Resolver { lookups: Arc::clone(&self.lookups), guard: Arc::clone(&guard), allowed, proxy: name };
            client(config, proxy, &self.user_agent, &resolver)
        };
        Ok(Egress {
            public: client(AllowedAddresses::Public)?,
            exceptions: client(AllowedAddresses::Exceptions)?,
            guard,
            outage: Arc::clone(&self.outage),
            proxied: proxy.is_some(),
            head_within: config.connect_within + config.first_byte_within,
            max_headers: config.max_headers,
            max_header_bytes: config.max_header_bytes,
        })
    }
}

impl Egress {
    /// Whether a URL may be requested at all, as far as this is known without a look-up of its name.
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
        let allowed = self.guard.check_url(&url)?;
        let client = match allowed {
            AllowedAddresses::Public => &self.public,
            AllowedAddresses::Exceptions => &self.exceptions,
        };
        let head = deadline.min(Instant::now() + self.head_within);
        let host = link::host(&url);
        let sent = timeout_at(head, client.get(url).headers(headers).send()).await;
        let sent = sent.map_err(|_| Failure::new(Reason::Timeout, "no answer before the deadline"))?;
        match &sent {
            Ok(_) => self.outage.reached(),
            Err(error) if is_without_connection(error) => self.outage.unreached(&host),
            // an interrupted connection says nothing about the network
            Err(_) => {}
        }
        let response = sent?;
        self.check_peer(&response, allowed)?;
        self.check_head(response.headers())?;
        Ok(response)
    }

    /// The last check: whatever the connector did, nothing is read from a forbidden peer.
    fn check_peer(&self, response: &reqwest::Response, allowed: AllowedAddresses) -> Result<(), Failure> {
        match response.remote_addr() {
            // the peer is the proxy
            _ if self.proxied => Ok(()),
            Some(peer) => Ok(self.guard.check_address(peer.ip(), allowed)?),
            None => Err(Failure::new(Reason::Forbidden, "the peer's address is unknown")),
        }
    }

    /// hyper stops at 400 KB of HTTP/1 header, and HTTP/2 does not count fields; this is for lower limits
    fn check_head(&self, answer: &HeaderMap) -> Result<(), Failure> {
        let bytes: usize = answer.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let refuse = |detail| Err(Failure::new(Reason::Malformed, detail));
        if bytes > self.max_header_bytes {
            return refuse(format!("a header of more than {} bytes", self.max_header_bytes));
        }
        if answer.len() > self.max_headers {
            return refuse(format!("a header of more than {} fields", self.max_headers));
        }
        Ok(())
    }
}

fn client(
    config: &config::Fetch,
    proxy: Option<&Proxy>,
    user_agent: &str,
    resolver: &Resolver,
) -> Result<reqwest::Client, SetupError> {
    // one provider per process: if another is installed already, that one is used
    let _ = rustls::crypto::ring::default_provider().install_default();
    let proxy = proxy.map(through).transpose().map_err(|error| SetupError(body::root_cause(&error)))?;
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
            .pool_max_idle_per_host(config.most_per_host())
            .http1_max_headers(config.max_headers)
            // RFC 9112 sections 5.1 and 5.2: syntax errors that are tolerated, as in browsers
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .http2_max_header_list_size(u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX));
        match proxy.clone() {
            Some(proxy) => builder.proxy(proxy),
            None => builder,
        }
    };
    // a system without certificate authorities can still read http; https fails there with a reason
    let built = builder().build().or_else(|_| builder().tls_certs_only([]).build());
    built.map_err(|error| SetupError(body::root_cause(&error)))
}

fn through(proxy: &Proxy) -> Result<reqwest::Proxy, reqwest::Error> {
    let through = reqwest::Proxy::all(proxy.url.clone())?;
    Ok(match &proxy.credentials {
        Some((name, password)) => through.basic_auth(name, password),
        None => through,
    })
}
