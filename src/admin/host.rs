//! Which server the client means: a guard against web pages that use a host name of their own to reach us.
//!
//! PURE. The name of any web page may resolve to our address (DNS rebinding), and the page may then read our responses,
//! because the browser takes us for the page's own server. The browser sends that name as `Host`.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, Uri, header};
use url::{Host, Url};

/// The names under which the endpoints answer.
#[derive(Debug, Clone)]
pub(super) struct Names {
    address: IpAddr,
    more: Vec<String>,
}

impl Names {
    /// The names of an address, and the configured ones.
    pub(super) fn new(address: SocketAddr, more: &[String]) -> Self {
        Self { address: address.ip().to_canonical(), more: more.to_vec() }
    }

    /// Whether a request names us. A request without `Host` (HTTP/1.0) does not come from a browser.
    pub(super) fn are_meant(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let of_headers = headers.get_all(header::HOST).iter().map(|value| value.to_str().unwrap_or_default());
        of_headers.chain(uri.authority().map(|authority| authority.as_str())).all(|host| self.include(host))
    }

    fn include(&self, host: &str) -> bool {
        let url = Url::parse(&format!("http://{host}/")).ok();
        let name = match url.as_ref().and_then(Url::host) {
            None => return false,
            Some(Host::Ipv4(address)) => return self.has(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => return self.has(IpAddr::V6(address).to_canonical()),
            Some(Host::Domain(name)) => name.trim_end_matches('.'),
        };
        let is_this_machine = name == "localhost" || name.ends_with(".localhost");
        // a name without a dot belongs to the local network: nobody on the internet has one
        let is_near = !self.address.is_loopback() && !name.contains('.');
        is_this_machine || is_near || self.more.iter().any(|own| own == name)
    }

    /// An address is not a name that somebody can own, but what is bound to loopback has no address but loopback.
    fn has(&self, address: IpAddr) -> bool {
        !self.address.is_loopback() || address.is_loopback() || address == self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(bound: &str, host: &str) -> bool {
        let names = Names::new(bound.parse().unwrap(), &["status.example".to_owned()]);
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        names.are_meant(&Uri::from_static("/status"), &headers)
    }

    #[test]
    fn names_that_are_ours() {
        for (host, on_loopback, beyond) in [
            ("127.0.0.1:9464", true, true),
            ("127.0.0.1", true, true),
            ("127.9.9.9", true, true),
            ("[::1]:9464", true, true),
            ("localhost:9464", true, true),
            ("LocalHost.", true, true),
            ("copydesk.localhost", true, true),
            ("status.example:80", true, true),
            ("Status.Example.", true, true),
            ("10.1.2.3:9464", false, true),
            ("[2001:db8::1]", false, true),
            ("copydesk:9464", false, true),
            ("evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("xstatus.example", false, false),
            ("status.example.evil.example", false, false),
            ("evil.example@127.0.0.1", true, true),
            ("127.0.0.1@evil.example", false, false),
            ("", false, false),
            ("a b", false, false),
        ] {
            assert_eq!(asked("127.0.0.1:9464", host), on_loopback, "{host} on loopback");
            assert_eq!(asked("[::1]:9464", host), on_loopback, "{host} on loopback");
            assert_eq!(asked("0.0.0.0:9464", host), beyond, "{host} beyond");
            assert_eq!(asked("10.1.2.3:9464", host), beyond, "{host} beyond");
        }
    }

    #[test]
    fn every_name_in_a_request_counts() {
        let names = Names::new("127.0.0.1:9464".parse().unwrap(), &[]);
        let host = |name: &str| (header::HOST, name.parse().unwrap());
        for (uri, hosts, expected) in [
            ("/status", vec![], true),
            ("/status", vec![host("localhost"), host("evil.example")], false),
            ("http://evil.example/status", vec![host("localhost")], false),
            ("http://localhost/status", vec![host("localhost")], true),
        ] {
            let headers = HeaderMap::from_iter(hosts);
            assert_eq!(names.are_meant(&uri.parse().unwrap(), &headers), expected, "{uri} {headers:?}");
        }
    }
}
