//! Which addresses a request may reach: the guard against server-side request forgery.
//!
//! PURE. The authors of a feed or a page choose everything it names, so no request may reach what only we can reach.
//! Three places use this module: each hop of a redirect chain for its URL (literal addresses never get to a resolver),
//! the resolver for every address of a name, and the client for the connected peer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The longest URL that is requested. RFC 9110 section 4.1 recommends support for 8000 octets.
const LONGEST_URL: usize = 8 * 1024;

/// What the configuration lets requests reach.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Ports of public addresses.
    ports: Vec<u16>,
    /// Networks that may be reached although they are special-purpose, at any port: the operator trusts them.
    exceptions: Vec<IpNet>,
    /// Prefixes by which this network translates IPv4 addresses, in addition to the well-known one.
    nat64: Vec<Ipv6Net>,
    /// The proxy's own name, which no URL may use: the proxy would request itself.
    proxy: Option<String>,
    /// Whether names are looked up here, so that their addresses can be checked.
    sees_addresses: bool,
}

/// Which of a name's addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedAddresses {
    /// Public addresses and the excepted networks: the port is on the list.
    Public,
    /// The excepted networks only: the port is not in the list.
    Exceptions,
}

/// Why a URL or an address must not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither http nor https.
    #[error("scheme {0} is not http or https")]
    Scheme(String),
    /// A port that is not on the list.
    #[error("port {0} is not among the allowed ports")]
    Port(u16),
    /// An address of a special-purpose network.
    #[error("{address} is {network}")]
    Address {
        /// The address as it was found.
        address: IpAddr,
        /// What the network is for.
        network: &'static str,
    },
    /// More bytes than any real URL has.
    #[error("a URL of {0} bytes")]
    Length(usize),
    /// No host, or the proxy itself.
    #[error("host {0:?} may not be requested")]
    Host(String),
}

impl Guard {
    /// A guard for a list of ports and exceptions to the special-purpose networks, also through a proxy.
    pub fn new(ports: &[u16], exceptions: &[IpNet], proxy: Option<&Url>) -> Self {
        Self {
            ports: ports.to_vec(),
            exceptions: exceptions.to_vec(),
            nat64: Vec::new(),
            proxy: proxy.and_then(Url::host_str).map(|name| undotted(name).to_owned()),
            sees_addresses: proxy.is_none_or(|proxy| proxy.scheme() == "socks5"),
        }
    }

    /// The same in a network with its own NAT64 prefixes (RFC 6052).
    pub fn with_nat64(self, prefixes: &[Ipv6Net]) -> Self {
        Self { nat64: prefixes.to_vec(), ..self }
    }

    /// Checks a URL before anything is requested or resolved for it, and returns which addresses its name may have.
    pub fn check_url(&self, url: &Url) -> Result<AllowedAddresses, Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        if url.as_str().len() > LONGEST_URL {
            return Err(Refusal::Length(url.as_str().len()));
        }
        let host = url.host().ok_or_else(|| Refusal::Host(String::new()))?;
        if self.proxy.as_deref() == url.host_str().map(undotted) {
            return Err(Refusal::Host(host.to_string()));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        let listed = self.ports.contains(&port);
        let literal = match host {
            Host::Domain(_) if listed => return Ok(AllowedAddresses::Public),
            Host::Domain(_) if !self.exceptions.is_empty() && self.sees_addresses => {
                return Ok(AllowedAddresses::Exceptions);
            }
            Host::Domain(_) => return Err(Refusal::Port(port)),
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
        };
        let allowed = if listed { AllowedAddresses::Public } else { AllowedAddresses::Exceptions };
        match self.check_address(literal, allowed) {
            Err(_) if !listed && special_purpose(self.behind(literal)).is_none() => Err(Refusal::Port(port)),
            verdict => verdict.map(|()| allowed),
        }
    }

    /// Checks an address that a name resolved to, or to which a connection is made.
    pub fn check_address(&self, address: IpAddr, allowed: AllowedAddresses) -> Result<(), Refusal> {
        let excepted = |address: IpAddr| self.exceptions.iter().any(|network| network.contains(&address));
        let behind = self.behind(address);
        if excepted(address) || excepted(behind) {
            return Ok(());
        }
        match (special_purpose(behind), allowed) {
            (Some(network), _) => Err(Refusal::Address { address, network }),
            (None, AllowedAddresses::Public) => Ok(()),
            (None, AllowedAddresses::Exceptions) => {
                Err(Refusal::Address { address, network: "outside the excepted networks" })
            }
        }
    }

    /// Where a connection to an address ends, as far as the address shows.
    fn behind(&self, address: IpAddr) -> IpAddr {
        let IpAddr::V6(outer) = address else { return address };
        let prefix = self.nat64.iter().find(|prefix| prefix.contains(&outer));
        prefix
            .map(|prefix| embedded(outer, prefix.prefix_len()))
            .or_else(|| translated(address))
            .map_or(address, IpAddr::V4)
    }
}

/// The IPv4 address in an IPv6 address, after a prefix of this many bits (RFC 6052 section 2.2): the octet from bit 64
/// on is skipped.
fn embedded(address: Ipv6Addr, prefix: u8) -> Ipv4Addr {
    let octets = address.octets();
    let from = usize::from(prefix / 8).min(12);
    let mut behind = (from..16).filter(|at| prefix == 96 || *at != 8).map(|at| octets[at]);
    Ipv4Addr::from(std::array::from_fn(|_| behind.next().unwrap_or_default()))
}

/// A host's name without the dot at its end, which makes no difference.
fn undotted(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The purpose of the special-purpose network an address belongs to; `None` for an address of the public internet.
///
/// Based on the IANA special-purpose address registries (RFC 6890 and its updates), including multicast and the
/// deprecated forms. An IPv6 address that contains an IPv4 address through a translator is checked by that address.
pub fn special_purpose(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, purpose)| *purpose),
        IpAddr::V6(address) => {
            if let Some(inner) = translated(IpAddr::V6(address)) {
                return special_purpose(IpAddr::V4(inner));
            }
            let known = V6.iter().find(|(network, _)| network.contains(&address)).map(|(_, purpose)| *purpose);
            match known {
                None if !GLOBAL_UNICAST.contains(&address) => Some("outside IPv6 global unicast"),
                None if is_isatap(address) => Some("an ISATAP tunnel"),
                known => known,
            }
        }
    }
}

/// The IPv4 address that a connection to an IPv6 address ends at: IPv4-mapped (RFC 4291), NAT64 (RFC 6052, the
/// well-known prefix), 6to4 (RFC 3056).
///
/// Teredo, IPv4-compatible and IPv4-translated addresses are always refused, and are not unwrapped.
fn translated(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let s = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(inner(high, low)),
        [0x2002, high, low, ..] => Some(inner(high, low)),
        _ => None,
    }
}

/// RFC 5214: an interface identifier of `0000:5efe` or `0200:5efe` before an IPv4 address.
fn is_isatap(address: Ipv6Addr) -> bool {
    let s = address.segments();
    (s[4] & 0xfdff) == 0 && s[5] == 0x5efe
}

const GLOBAL_UNICAST: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 8), "this network"),
    (v4(10, 0, 0, 0, 8), "private use"),
    (v4(100, 64, 0, 0, 10), "shared address space"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(169, 254, 0, 0, 16), "link local"),
    (v4(172, 16, 0, 0, 12), "private use"),
    (v4(192, 0, 0, 0, 24), "IETF protocol assignments"),
    (v4(192, 0, 2, 0, 24), "documentation"),
    (v4(192, 31, 196, 0, 24), "AS112 service"),
    (v4(192, 52, 193, 0, 24), "automatic multicast tunneling"),
    (v4(192, 88, 99, 0, 24), "6to4 relay anycast"),
    (v4(192, 168, 0, 0, 16), "private use"),
    (v4(192, 175, 48, 0, 24), "AS112 service"),
    (v4(198, 18, 0, 0, 15), "benchmarking"),
    (v4(198, 51, 100, 0, 24), "documentation"),
    (v4(203, 0, 113, 0, 24), "documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
];

const fn v6(a: u16, b: u16, c: u16, d: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

const V6: &[(Ipv6Net, &str)] = &[
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), "loopback"),
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), "unspecified"),
    (v6(0, 0, 0, 0, 96), "IPv4-compatible"),
    (Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96), "IPv4-translated"),
    (v6(0x64, 0xff9b, 1, 0, 48), "local-use IPv4/IPv6 translation"),
    (v6(0x100, 0, 0, 0, 64), "discard only"),
    (v6(0x100, 0, 0, 1, 64), "dummy prefix"),
    (v6(0x2001, 0, 0, 0, 32), "a Teredo tunnel"),
    (v6(0x2001, 0, 0, 0, 23), "IETF protocol assignments"),
    (v6(0x2001, 0xdb8, 0, 0, 32), "documentation"),
    (v6(0x2620, 0x4f, 0x8000, 0, 48), "AS112 service"),
    (v6(0x3fff, 0, 0, 0, 20), "documentation"),
    (v6(0x5f00, 0, 0, 0, 16), "segment routing"),
    (v6(0xfc00, 0, 0, 0, 7), "unique local"),
    (v6(0xfe80, 0, 0, 0, 10), "link local"),
    (v6(0xfec0, 0, 0, 0, 10), "site local"),
    (v6(0xff00, 0, 0, 0, 8), "multicast"),
];

#[cfg(test)]
mod tests;
