//! What a URL says about whose it is and which article it names.
//!
//! PURE. Three units live here: the *host* (scheme, host and port: the unit of politeness), the *site* (the
//! registrable domain: the unit of ownership and of learned boilerplate), and the *canonical link* (one article's
//! many addresses folded into one: the unit of identity).

use url::{Host, Url};

/// The site a URL belongs to: its registrable domain by the Public Suffix List, in lower case.
///
/// A URL whose host is an address, or has no registrable domain (`localhost`), is its own site: the host itself.
pub fn site(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            match psl::domain_str(&name) {
                Some(domain) => domain.to_owned(),
                None => name,
            }
        }
        Some(host) => host.to_string(),
        None => String::new(),
    }
}

/// The host a URL belongs to, as `scheme://host:port` with the port always written.
pub fn host(url: &Url) -> String {
    format!("{}://{}:{}", url.scheme(), url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_the_registrable_domain() {
        for (url, expected) in [
            ("https://www.example.com/a", "example.com"),
            ("https://feeds.BBC.co.uk/rss", "bbc.co.uk"),
            ("http://someone.github.io/feed.xml", "someone.github.io"),
            ("http://localhost:8080/", "localhost"),
            ("http://127.0.0.2:81/", "127.0.0.2"),
            ("http://[::1]/", "[::1]"),
            ("https://例え.jp/", "xn--r8jz45g.jp"),
        ] {
            assert_eq!(site(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn the_host_always_has_its_port() {
        assert_eq!(host(&Url::parse("https://Example.com/a").unwrap()), "https://example.com:443");
        assert_eq!(host(&Url::parse("http://127.0.0.1:81/").unwrap()), "http://127.0.0.1:81");
    }
}
