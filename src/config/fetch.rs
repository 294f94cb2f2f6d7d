//! Limits and politeness of the HTTP client.

use std::{net::IpAddr, time::Duration};

use copydesk_fetch::config::Fetch;
use ipnet::{IpNet, Ipv6Net};

use super::{
    leaf::{Leaf, Wrong, count, flag, or_off},
    politeness,
    quantity::{duration, size},
    section::{Decoder, Section},
    yaml::Node,
};

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Fetch {
    let mut fetch = Fetch::default();
    decoder.section("`fetch`", node, |s| {
        politeness::decode(s, &mut fetch.politeness);
        if let Some(node) = s.get("hosts") {
            fetch.hosts = politeness::decode_hosts(s.decoder(), node, fetch.politeness);
        }
        limits(s, &mut fetch);
        s.set("allow_downgrade", &mut fetch.allow_downgrade, &flag());
        fetch.proxy = s.proxy().and_then(|route| route.proxy(None).cloned());
        fetch.allow_networks = s.list("allow_networks", &network()).unwrap_or_default();
        fetch.nat64 = s.list("nat64", &nat64()).unwrap_or_default();
        if let Some(ports) = s.list("ports", &count(1..=u16::MAX)) {
            fetch.ports = ports;
        }
        if let Some(at) = s.at("ports").filter(|_| fetch.ports.is_empty()) {
            s.decoder().fault(at, "`ports`: expected a port such as 443, found an empty list");
        }
    });
    fetch
}

fn limits(s: &mut Section<'_, '_, '_>, fetch: &mut Fetch) {
    let deadline = || duration(Duration::from_millis(100)..=Duration::from_secs(600));
    let bytes = || size(1 << 10..=256 << 20);
    s.set("in_flight", &mut fetch.in_flight, &count(1..=4096));
    s.set("connect_within", &mut fetch.connect_within, &deadline());
    s.set("first_byte_within", &mut fetch.first_byte_within, &deadline());
    s.set("request_within", &mut fetch.request_within, &deadline());
    s.set("least_rate", &mut fetch.least_rate, &size(1..=16 << 20));
    s.set("least_rate_after", &mut fetch.least_rate_after, &deadline());
    s.set("max_headers", &mut fetch.max_headers, &count(16..=1024));
    // the client's own limit is at 400 KiB
    s.set("max_header", &mut fetch.max_header_bytes, &size(1 << 10..=256 << 10));
    s.set("max_feed", &mut fetch.max_feed_bytes, &bytes());
    s.set("max_page", &mut fetch.max_page_bytes, &bytes());
    s.set("max_wire", &mut fetch.max_wire_bytes, &or_off("a size such as 2 MiB, or off", |text| bytes().read(text)));
    s.set("max_ratio", &mut fetch.max_ratio, &count(10..=100_000));
    s.set("max_window", &mut fetch.max_window_bytes, &window());
    s.set("max_redirects", &mut fetch.max_redirects, &count(0..=20));
    if let Some(types) = s.list("page_types", &content_type()) {
        fetch.page_types = types;
    }
    if let Some(types) = s.list("feed_types", &content_type()) {
        fetch.feed_types = types;
    }
}

/// Every decoder has a buffer of this size, which the sender of a body chooses up to this limit.
fn window() -> Leaf<impl Fn(&str) -> Result<u64, Wrong>> {
    Leaf::new("a size such as 8 MiB", |text| {
        let found: u64 = size(1 << 10..=128 << 20).read(text)?;
        if found.is_power_of_two() {
            Ok(found)
        } else {
            Err(Wrong::Expected("a power of two, such as 8 MiB".to_owned()))
        }
    })
}

/// In lower case, without parameters.
fn content_type() -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    Leaf::new("a content type such as text/html", |text| {
        let text = text.trim().to_ascii_lowercase();
        let token = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
        };
        let is_type = text.split_once('/').is_some_and(|(top, sub)| token(top) && token(sub));
        if is_type { Ok(text) } else { Err(Wrong::Kind) }
    })
}

/// The lengths are those of RFC 6052 section 2.2.
fn nat64() -> Leaf<impl Fn(&str) -> Result<Ipv6Net, Wrong>> {
    Leaf::new("a prefix of NAT64 of 32, 40, 48, 56, 64 or 96 bits, such as 64:ff9b:1::/96", |text| {
        let prefix: Option<Ipv6Net> = text.trim().parse().ok();
        prefix.filter(|prefix| matches!(prefix.prefix_len(), 32 | 40 | 48 | 56 | 64 | 96)).ok_or(Wrong::Kind)
    })
}

fn network() -> Leaf<impl Fn(&str) -> Result<IpNet, Wrong>> {
    Leaf::new("a network such as 10.1.0.0/16, or an address", |text| {
        let text = text.trim();
        text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| Wrong::Kind)
    })
}
