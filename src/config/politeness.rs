//! How politely one host is treated, and which hosts are treated differently.

use std::{ops::RangeInclusive, time::Duration};

use copydesk_fetch::config::{Hosts, Politeness, Rate};
use url::Url;

use super::{
    leaf::{Leaf, Wrong, count, flag, or_off},
    quantity::duration,
    section::{Decoder, Section},
    yaml::Node,
};

/// Reads the keys that apply to all hosts in `fetch`, and to some in `hosts`.
pub(super) fn decode(s: &mut Section<'_, '_, '_>, politeness: &mut Politeness) {
    s.set("per_host", &mut politeness.per_host, &count(1..=64));
    s.set("host_gap", &mut politeness.host_gap, &duration(Duration::ZERO..=LONGEST_GAP));
    s.set("host_rate", &mut politeness.host_rate, &or_off("a rate such as 60/1m, or off", rate));
    s.set("obey_robots", &mut politeness.obey_robots, &flag());
    s.set("max_crawl_delay", &mut politeness.max_crawl_delay, &duration(Duration::ZERO..=LONGEST_GAP));
    s.set("max_retry_after", &mut politeness.max_retry_after, &duration(HOLD));
}

const LONGEST_GAP: Duration = Duration::from_secs(600);
const HOLD: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(31 * 24 * 3600);
const RATE_REQUESTS: RangeInclusive<u32> = 1..=100_000;
const RATE_WITHIN: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

/// Reads `hosts`: a setting that an entry leaves out has the same value as for all hosts.
pub(super) fn decode_hosts(decoder: &mut Decoder<'_>, node: &Node<'_>, usual: Politeness) -> Hosts {
    let mut hosts = Hosts::new();
    for (name, at, value) in decoder.free("`hosts`", node) {
        let mut politeness = usual;
        decoder.section("a host", value, |s| decode(s, &mut politeness));
        let Some(pattern) = pattern(name) else {
            decoder.fault(at, format!("`hosts`: expected a host such as example.com or *.example.com, found `{name}`"));
            continue;
        };
        if hosts.insert(pattern, politeness).is_some() {
            decoder.fault(at, format!("`hosts`: `{name}` is another spelling of a host above; remove one of them"));
        }
    }
    hosts
}

/// A host as URLs name it: in lower case, international names in ASCII, IPv6 addresses in brackets.
fn pattern(name: &str) -> Option<String> {
    let (prefix, name) = name.strip_prefix("*.").map_or(("", name), |name| ("*.", name));
    let bare = name.strip_suffix('.').unwrap_or(name);
    let bracketed = if bare.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{bare}]") } else { bare.to_owned() };
    let url = Url::parse(&format!("http://{bracketed}/")).ok()?;
    let is_host = url.path() == "/" && url.port().is_none() && url.username().is_empty() && url.query().is_none();
    let host = url.host_str().filter(|host| is_host && !host.contains('*') && url.fragment().is_none())?;
    // there is nothing below an address
    (prefix.is_empty() || url.domain().is_some()).then(|| format!("{prefix}{host}"))
}

/// One host, as URLs name it.
pub(super) fn host_name() -> Leaf<impl Fn(&str) -> Result<String, Wrong>> {
    Leaf::new("a host such as example.com", |text| match pattern(text.trim()) {
        Some(name) if !name.starts_with('*') => Ok(name),
        _ => Err(Wrong::Kind),
    })
}

fn rate(text: &str) -> Result<Rate, Wrong> {
    let (requests, within) = text.split_once('/').ok_or(Wrong::Kind)?;
    let requests = count(RATE_REQUESTS).read(requests).map_err(|_| Wrong::Kind)?;
    Ok(Rate { requests, within: duration(RATE_WITHIN).read(within)? })
}
