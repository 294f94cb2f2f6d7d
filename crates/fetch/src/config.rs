//! What the client is configured with.

use std::{collections::BTreeMap, fmt, time::Duration};

use ipnet::{IpNet, Ipv6Net};
use url::Url;

/// Limits and politeness of the HTTP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// What applies to each host.
    pub politeness: Politeness,
    /// Exceptions for some hosts: by name (`example.com`), or for all hosts below a name (`*.example.com`).
    pub hosts: Hosts,
    /// Requests at the same time, at all hosts together.
    pub in_flight: usize,
    /// Deadline for connecting, TLS included.
    pub connect_within: Duration,
    /// Deadline to the first byte of the answer.
    pub first_byte_within: Duration,
    /// Deadline of a whole request, redirects included.
    pub request_within: Duration,
    /// Bytes per second, on the wire, below which a body is given up …
    pub least_rate: u64,
    /// … once it has been slower for this long.
    pub least_rate_after: Duration,
    /// Fields in the header of an answer.
    pub max_headers: usize,
    /// Bytes of that header.
    pub max_header_bytes: usize,
    /// Largest feed, decoded, in bytes.
    pub max_feed_bytes: usize,
    /// Largest page, decoded, in bytes.
    pub max_page_bytes: usize,
    /// Largest body of either on the wire, if that is to be less.
    pub max_wire_bytes: Option<usize>,
    /// How many times larger than on the wire a body may be, once it is larger than 1 MiB.
    pub max_ratio: u64,
    /// Largest window of zstd, a power of two.
    pub max_window_bytes: u64,
    /// Redirects followed.
    pub max_redirects: usize,
    /// Content types that can hold a page.
    pub page_types: Vec<String>,
    /// Content types that can hold a feed, in addition to text, XML and JSON of any name.
    pub feed_types: Vec<String>,
    /// Ports that may be used outside of `allow_networks`.
    pub ports: Vec<u16>,
    /// Private or special-purpose networks that may be reached, at any port.
    pub allow_networks: Vec<IpNet>,
    /// NAT64 prefixes (RFC 6052), in addition to the well-known one.
    pub nat64: Vec<Ipv6Net>,
    /// Whether a redirect may lead from https to http.
    pub allow_downgrade: bool,
    /// A proxy for all requests.
    pub proxy: Option<Proxy>,
}

impl Fetch {
    /// How a host, as URLs name it, is treated.
    pub fn politeness_at(&self, host: &str) -> Politeness {
        of_host(&self.hosts, host).unwrap_or(self.politeness)
    }

    /// The most requests that may run at any one host.
    pub fn most_per_host(&self) -> usize {
        self.hosts.values().chain([&self.politeness]).map(|politeness| politeness.per_host).max().unwrap_or(1)
    }
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            politeness: Politeness::default(),
            hosts: Hosts::new(),
            in_flight: 256,
            connect_within: Duration::from_secs(10),
            first_byte_within: Duration::from_secs(20),
            request_within: Duration::from_secs(60),
            least_rate: 1024,
            least_rate_after: Duration::from_secs(10),
            max_headers: 128,
            max_header_bytes: 64 << 10,
            max_feed_bytes: 16 << 20,
            max_page_bytes: 8 << 20,
            max_wire_bytes: None,
            max_ratio: 200,
            // what RFC 9659 allows a server to use for zstd as a content coding
            max_window_bytes: 8 << 20,
            // http → https → www → new path → trailing slash is the longest chain that makes sense; RFC 9309
            // section 2.3.1.2 asks for as many where robots.txt is concerned
            max_redirects: 5,
            page_types: ["text/html", "application/xhtml+xml", "text/plain"].map(str::to_owned).to_vec(),
            feed_types: Vec::new(),
            ports: vec![80, 443],
            allow_networks: Vec::new(),
            nat64: Vec::new(),
            allow_downgrade: false,
            proxy: None,
        }
    }
}

/// How requests to one host are spaced, and how far its robots.txt is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Politeness {
    /// Requests at the same time.
    pub per_host: usize,
    /// Shortest time between the starts of two requests.
    pub host_gap: Duration,
    /// Requests in the long run; `None`: only the gap limits them.
    pub host_rate: Option<Rate>,
    /// Whether requests for pages obey robots.txt.
    pub obey_robots: bool,
    /// The longest `Crawl-delay` that is obeyed: a longer one would forbid crawling.
    pub max_crawl_delay: Duration,
    /// The longest `Retry-After` that is obeyed: a longer one is usually a mistake.
    pub max_retry_after: Duration,
}

/// A bucket of this many requests, which fills again within this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many may start at once when the bucket is full.
    pub requests: u32,
    /// Time from empty to full.
    pub within: Duration,
}

impl Default for Politeness {
    fn default() -> Self {
        Self {
            per_host: 2,
            host_gap: Duration::from_millis(250),
            // the gap is a rate by itself: four a second
            host_rate: None,
            obey_robots: true,
            max_crawl_delay: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(24 * 3600),
        }
    }
}

/// What differs at some hosts: by name (`example.com`), or for all hosts below a name (`*.example.com`).
pub type Hosts = BTreeMap<String, Politeness>;

/// The entry of the table for a host as URLs name it: its own, or that of the nearest name above it.
fn of_host(hosts: &Hosts, host: &str) -> Option<Politeness> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let above = host.match_indices('.').map(|(at, _)| format!("*{}", &host[at..]));
    std::iter::once(host.to_owned()).chain(above).find_map(|name| hosts.get(&name)).copied()
}

/// A proxy, and the login for it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// Without credentials: it is shown and logged.
    pub url: Url,
    /// Name and password; never shown.
    pub credentials: Option<(String, String)>,
}

impl Proxy {
    /// A proxy without credentials.
    pub fn new(url: Url) -> Self {
        Self { url, credentials: None }
    }
}

/// Which proxy a feed's requests use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Route {
    /// The same as all others.
    #[default]
    Usual,
    /// Without a proxy.
    Direct,
    /// Through this one.
    Through(Box<Proxy>),
}

impl Route {
    /// The proxy, if all others use this one.
    pub fn proxy<'a>(&'a self, usual: Option<&'a Proxy>) -> Option<&'a Proxy> {
        match self {
            Self::Usual => usual,
            Self::Direct => None,
            Self::Through(proxy) => Some(proxy),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credentials = self.credentials.as_ref().map(|_| "(secret)");
        f.debug_struct("Proxy").field("url", &self.url.as_str()).field("credentials", &credentials).finish()
    }
}

/// Which cookies are kept for a feed and its pages. They are sent to nobody else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CookieScope {
    /// None.
    #[default]
    Nobody,
    /// Those of the feed's own origin.
    Origin,
    /// Those of its site: all hosts of its registrable domain, within the domain that each cookie names.
    Site,
}
