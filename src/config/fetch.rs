//! Limits and manners of the HTTP client.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use url::Url;

use super::{
    leaf::{Leaf, Wrong, count, flag},
    quantity::{duration, size},
    section::Decoder,
    yaml::Node,
};

/// Limits and manners of the HTTP client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Requests under way at one host.
    pub per_host: usize,
    /// Least gap between two requests' starts at one host.
    pub host_gap: Duration,
    /// Requests under way in all.
    pub in_flight: usize,
    /// Connect deadline, TLS included.
    pub connect_within: Duration,
    /// Deadline to the first byte of the answer.
    pub first_byte_within: Duration,
    /// Deadline of a whole request, redirects included.
    pub request_within: Duration,
    /// Largest feed, decoded, in bytes.
    pub max_feed_bytes: usize,
    /// Largest page, decoded, in bytes.
    pub max_page_bytes: usize,
    /// Redirects followed.
    pub max_redirects: usize,
    /// Whether pages are asked of robots.txt first.
    pub obey_robots: bool,
    /// Ports that may be connected to outside of `allow_networks`.
    pub ports: Vec<u16>,
    /// Private or special-purpose networks that may be reached all the same, at any port.
    pub allow_networks: Vec<IpNet>,
    /// Whether a redirect may lead from https to http.
    pub allow_downgrade: bool,
    /// An HTTP proxy for all requests.
    pub proxy: Option<Url>,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            per_host: 2,
            host_gap: Duration::from_millis(250),
            in_flight: 256,
            connect_within: Duration::from_secs(10),
            first_byte_within: Duration::from_secs(20),
            request_within: Duration::from_secs(60),
            max_feed_bytes: 16 << 20,
            max_page_bytes: 8 << 20,
            // http → https → www → new path → trailing slash is the longest chain that makes sense; RFC 9309
            // section 2.3.1.2 asks for as many where robots.txt is concerned
            max_redirects: 5,
            obey_robots: true,
            ports: vec![80, 443],
            allow_networks: Vec::new(),
            allow_downgrade: false,
            proxy: None,
        }
    }
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Fetch {
    let mut fetch = Fetch::default();
    decoder.section("`fetch`", node, |s| {
        let deadline = || duration(Duration::from_millis(100)..=Duration::from_secs(600));
        let bytes = || size(1 << 10..=256 << 20);
        s.set("per_host", &mut fetch.per_host, &count(1..=64));
        s.set("host_gap", &mut fetch.host_gap, &duration(Duration::ZERO..=Duration::from_secs(600)));
        s.set("in_flight", &mut fetch.in_flight, &count(1..=4096));
        s.set("connect_within", &mut fetch.connect_within, &deadline());
        s.set("first_byte_within", &mut fetch.first_byte_within, &deadline());
        s.set("request_within", &mut fetch.request_within, &deadline());
        s.set("max_feed", &mut fetch.max_feed_bytes, &bytes());
        s.set("max_page", &mut fetch.max_page_bytes, &bytes());
        s.set("max_redirects", &mut fetch.max_redirects, &count(0..=20));
        s.set("obey_robots", &mut fetch.obey_robots, &flag());
        s.set("allow_downgrade", &mut fetch.allow_downgrade, &flag());
        fetch.proxy = s.value("proxy", &proxy());
        fetch.allow_networks = s.list("allow_networks", &network()).unwrap_or_default();
        if let Some(ports) = s.list("ports", &count(1..=u16::MAX)) {
            fetch.ports = ports;
        }
        if let Some(at) = s.at("ports").filter(|_| fetch.ports.is_empty()) {
            s.decoder().fault(at, "`ports`: expected a port such as 443, found an empty list");
        }
    });
    fetch
}

fn network() -> Leaf<impl Fn(&str) -> Result<IpNet, Wrong>> {
    Leaf::new("a network such as 10.1.0.0/16, or an address", |text| {
        let text = text.trim();
        text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| Wrong::Kind)
    })
}

/// Credentials are refused: the address is logged, and would stand in dumps of the configuration.
fn proxy() -> Leaf<impl Fn(&str) -> Result<Url, Wrong>> {
    Leaf::new("a proxy such as http://proxy.example:3128 or socks5://proxy.example:1080", |text| {
        let url = Url::parse(text.trim()).map_err(|_| Wrong::Kind)?;
        if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || url.host_str().is_none_or(str::is_empty)
        {
            return Err(Wrong::Kind);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Wrong::Refused("a proxy with credentials is not supported".to_owned()));
        }
        Ok(url)
    })
}
