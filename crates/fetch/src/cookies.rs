//! Cookies (RFC 6265), for feeds that are configured to have them: kept in memory, for an origin or for a site.
//!
//! Those of an origin are narrower than in the RFC: `Domain` widens nothing, so a cookie never goes to another origin
//! than its own. Those of a site go where the RFC allows, within the site. Time is an argument.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use copydesk_core::link;
use http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::config::CookieScope;

/// Cookies of an origin or site (section 6.1 asks for at least 50), and the bytes of one.
const MOST: usize = 50;
const LONGEST: usize = 4096;

/// All cookies.
#[derive(Debug, Default)]
pub struct Cookies {
    jars: Mutex<HashMap<String, Vec<Cookie>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    /// For the cookies of a site, the hosts it is for.
    hosts: CookieHosts,
    /// Whether it goes over https only.
    secure: bool,
    /// `None` lasts as long as this process.
    expires: Option<SystemTime>,
}

/// The hosts that a cookie of a site is for (section 5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
enum CookieHosts {
    /// This one.
    Host(String),
    /// This one and all below it.
    Domain(String),
}

/// The name of the jar for a URL; none if no cookies are kept.
fn jar(url: &Url, scope: CookieScope) -> Option<String> {
    match scope {
        CookieScope::Nobody => None,
        // a site has no colon in its name
        CookieScope::Origin => Some(link::host(url)),
        CookieScope::Site => Some(link::site(url)),
    }
}

impl Cookies {
    /// What to send to a URL, longer paths first (section 5.4).
    pub fn header(&self, url: &Url, scope: CookieScope, now: SystemTime) -> Option<HeaderValue> {
        let name = jar(url, scope)?;
        let jars = self.jars.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sent: Vec<&Cookie> = jars.get(&name)?.iter().filter(|cookie| cookie.fits(url, now)).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let mut value = HeaderValue::from_str(&pairs.join("; ")).ok().filter(|value| !value.is_empty())?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Stores what a response from a URL sets. Returns whether that changes what is sent.
    pub fn learn(&self, url: &Url, scope: CookieScope, answer: &HeaderMap, now: SystemTime) -> bool {
        let Some(name) = jar(url, scope) else { return false };
        let set = answer.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let set: Vec<Cookie> = set.filter_map(|line| Cookie::parse(line, url, now)).collect();
        if set.is_empty() {
            return false;
        }
        let mut jars = self.jars.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = jars.entry(name).or_default();
        let before = kept.clone();
        for cookie in set {
            kept.retain(|old| (&old.name, &old.path, &old.hosts) != (&cookie.name, &cookie.path, &cookie.hosts));
            kept.push(cookie);
        }
        kept.retain(|cookie| cookie.expires.is_none_or(|expires| expires > now));
        kept.drain(..kept.len().saturating_sub(MOST));
        *kept != before
    }
}

impl Cookie {
    /// One `Set-Cookie` (section 5.2); `None` if it is not for this URL's host, or is not kept.
    fn parse(line: &str, url: &Url, now: SystemTime) -> Option<Self> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        if name.is_empty() || line.len() > LONGEST {
            return None;
        }
        let hosts = CookieHosts::Host(host_of(url).to_owned());
        let mut cookie = Self { name, value, path: default_path(url), hosts, secure: false, expires: None };
        let mut max_age = None;
        for (attribute, value) in parts.map(|part| part.split_once('=').unwrap_or((part, ""))) {
            let value = value.trim();
            match attribute.trim().to_ascii_lowercase().as_str() {
                "expires" => cookie.expires = date(value).or(cookie.expires),
                "max-age" => max_age = seconds(value).or(max_age),
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "domain" if !covers(value, url) => return None,
                "domain" => cookie.hosts = hosts_of(value, url),
                "secure" if url.scheme() != "https" => return None,
                "secure" => cookie.secure = true,
                _ => {}
            }
        }
        // takes precedence over `Expires` (section 5.3)
        cookie.expires = max_age.map(|age| now + age).or(cookie.expires);
        Some(cookie)
    }

    fn fits(&self, url: &Url, now: SystemTime) -> bool {
        let is_for_host = match &self.hosts {
            CookieHosts::Host(host) => host_of(url) == host,
            CookieHosts::Domain(domain) => covers(domain, url),
        };
        let below = url.path().strip_prefix(self.path.as_str());
        below.is_some_and(|rest| rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/'))
            && self.expires.is_none_or(|expires| expires > now)
            && (!self.secure || url.scheme() == "https")
            && is_for_host
    }
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_end_matches('.')
}

/// To what a `Domain` that covers a URL's host widens a cookie: never beyond its site.
fn hosts_of(domain: &str, url: &Url) -> CookieHosts {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let site = link::site(url);
    let is_within = domain == site || domain.strip_suffix(&site).is_some_and(|front| front.ends_with('.'));
    if is_within { CookieHosts::Domain(domain) } else { CookieHosts::Host(host_of(url).to_owned()) }
}

/// Section 5.1.4: up to the last slash.
fn default_path(url: &Url) -> String {
    let path = url.path();
    match path.rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

/// Whether a `Domain` is the URL's host, or above it.
fn covers(domain: &str, url: &Url) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let host = host_of(url);
    host == domain || host.strip_suffix(&domain).is_some_and(|front| domain.is_empty() || front.ends_with('.'))
}

/// Also with dashes, as Netscape wrote it.
fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).or_else(|_| httpdate::parse_http_date(&text.replace('-', " "))).ok()
}

/// Zero and less end a cookie at once; more than a year makes no difference.
fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse::<i64>().ok()?.clamp(0, 366 * 24 * 3600);
    Some(Duration::from_secs(seconds.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "https://news.example/feeds/all.xml";
    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn answer(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::SET_COOKIE, line.parse().unwrap())).collect()
    }

    /// What is sent to a URL an hour after responses of [`HOME`] set these, one response each.
    fn check(lines: &[&str], asked: &str, expected: &str) {
        let cookies = Cookies::default();
        for line in lines {
            cookies.learn(&url(HOME), CookieScope::Origin, &answer(&[line]), NOW);
        }
        let sent = cookies.header(&url(asked), CookieScope::Origin, NOW + Duration::from_secs(3600));
        let sent = sent.as_ref().map_or("", |value| value.to_str().unwrap());
        assert_eq!(sent, expected, "{lines:?} to {asked}");
    }

    #[test]
    fn what_is_sent_where() {
        check(&["a=1"], HOME, "a=1");
        check(&["a=1; Path=/", "b=2", "c = 3 ; HttpOnly; SameSite=Lax"], HOME, "b=2; c=3; a=1");
        check(&["a=1", "a=2"], HOME, "a=2");
        check(&["a=1"], "https://news.example/feeds", "a=1");
        check(&["a=1"], "https://news.example/feedsters", "");
        check(&["a=1"], "https://news.example/", "");
        check(&["a=1; Path=relative"], "https://news.example/feeds/b", "a=1");
        check(&["a=1; Path=/feeds/"], "https://news.example/feeds/b", "a=1");
        check(&["a=1; Secure; Path=/"], "https://news.example/b", "a=1");
        check(&["a=; Path=/"], "https://news.example/", "a=");
        check(&["a=\"x y\""], HOME, "a=\"x y\"");
        for elsewhere in
            ["http://news.example/feeds/", "https://news.example:8443/feeds/", "https://www.news.example/feeds/"]
        {
            check(&["a=1; Domain=news.example; Path=/"], elsewhere, "");
        }
    }

    #[test]
    fn what_is_kept_how_long() {
        check(&["a=1; Max-Age=3601"], HOME, "a=1");
        check(&["a=1; Max-Age=3600"], HOME, "");
        check(&["a=1", "a=; Max-Age=0"], HOME, "");
        check(&["a=1", "a=; Max-Age=-1"], HOME, "");
        check(&["a=1; Max-Age=99999999999999999999; Expires=Thu, 01 Jan 1970 02:00:00 GMT"], HOME, "a=1");
        check(&["a=1; Max-Age=5000; Expires=Thu, 01 Jan 1970 00:00:01 GMT"], HOME, "a=1");
        check(&["a=1; Expires=Thu, 01 Jan 1970 02:00:00 GMT"], HOME, "a=1");
        check(&["a=1; expires=Thu, 01-Jan-1970 00:00:01 GMT"], HOME, "");
        check(&["a=1; Expires=soon"], HOME, "a=1");
    }

    #[test]
    fn what_is_not_kept() {
        for line in ["", "=", "a", "=1", "; Path=/", "a=1; Domain=other.example", "a=1; Domain=ews.example"] {
            check(&[line], HOME, "");
        }
        check(&["a=1; Domain=.Example"], HOME, "a=1");
        check(&[&format!("a={}", "x".repeat(LONGEST))], HOME, "");
        let cookies = Cookies::default();
        cookies.learn(&url("http://news.example/"), CookieScope::Origin, &answer(&["a=1; Secure"]), NOW);
        assert_eq!(cookies.header(&url("http://news.example/"), CookieScope::Origin, NOW), None);
    }

    #[test]
    fn those_of_a_site_go_where_they_say_and_not_beyond_it() {
        const WALL: &str = "https://www.paper.co.uk/wall/enter";
        for (line, asked, expected) in [
            ("a=1; Path=/", "https://www.paper.co.uk/news", "a=1"),
            ("a=1; Path=/", "https://www.paper.co.uk.:8443/news", "a=1"),
            ("a=1; Path=/", "http://www.paper.co.uk/news", "a=1"),
            ("a=1; Path=/; Secure", "http://www.paper.co.uk/news", ""),
            ("a=1; Path=/", "https://rss.paper.co.uk/feed", ""),
            ("a=1; Path=/; Domain=paper.co.uk", "https://rss.paper.co.uk/feed", "a=1"),
            ("a=1; Path=/; Domain=.Paper.co.uk", "https://paper.co.uk/feed", "a=1"),
            ("a=1; Path=/; Domain=www.paper.co.uk", "https://m.www.paper.co.uk/feed", "a=1"),
            ("a=1; Path=/; Domain=www.paper.co.uk", "https://rss.paper.co.uk/feed", ""),
            ("a=1; Domain=paper.co.uk", "https://rss.paper.co.uk/feed", ""),
            ("a=1; Path=/; Domain=paper.co.uk", "https://notpaper.co.uk/feed", ""),
            // a suffix below which others have their sites
            ("a=1; Path=/; Domain=co.uk", "https://other.co.uk/feed", ""),
            ("a=1; Path=/; Domain=co.uk", "https://www.paper.co.uk/feed", "a=1"),
            ("a=1; Path=/; Domain=other.co.uk", "https://other.co.uk/feed", ""),
        ] {
            let cookies = Cookies::default();
            cookies.learn(&url(WALL), CookieScope::Site, &answer(&[line]), NOW);
            let sent = cookies.header(&url(asked), CookieScope::Site, NOW);
            assert_eq!(sent.as_ref().map_or("", |value| value.to_str().unwrap()), expected, "{line} to {asked}");
            for scope in [CookieScope::Nobody, CookieScope::Origin] {
                assert_eq!(cookies.header(&url(asked), scope, NOW), None, "{line} to {asked}");
            }
        }
    }

    #[test]
    fn an_origin_fills_no_more_than_its_share() {
        let lines: Vec<String> = (0..200).map(|n| format!("c{n}=1")).collect();
        let cookies = Cookies::default();
        cookies.learn(
            &url(HOME),
            CookieScope::Origin,
            &answer(&lines.iter().map(String::as_str).collect::<Vec<_>>()),
            NOW,
        );
        let sent = cookies.header(&url(HOME), CookieScope::Origin, NOW).unwrap();
        assert_eq!(sent.to_str().unwrap().split("; ").count(), MOST);
        assert!(sent.to_str().unwrap().ends_with("c199=1") && sent.is_sensitive());
    }

    #[test]
    fn only_what_is_new_counts_as_news() {
        let cookies = Cookies::default();
        for (line, news) in [("a=1", true), ("a=1", false), ("a=2", true), ("a=; Max-Age=0", true), ("", false)] {
            assert_eq!(cookies.learn(&url(HOME), CookieScope::Origin, &answer(&[line]), NOW), news, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_survived(line in "[ -~]{0,60}(; ?(Expires|Max-Age|Path|Domain|Secure)=?[ -~]{0,20}){0,3}") {
            let cookies = Cookies::default();
            cookies.learn(&url(HOME), CookieScope::Origin, &answer(&[&line]), NOW);
            proptest::prop_assert_eq!(cookies.header(&url("https://other.example/feeds/"), CookieScope::Origin, NOW), None);
            let sent = cookies.header(&url(HOME), CookieScope::Origin, NOW);
            proptest::prop_assert!(sent.is_none_or(|value| value.to_str().unwrap().contains('=')));
        }
    }
}
