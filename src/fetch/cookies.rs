//! Cookies (RFC 6265), for feeds that are configured to have them: kept in memory, each at the origin that set it.
//!
//! Narrower than the RFC: `Domain` widens nothing, so that a cookie never goes to another origin than its own. Time is
//! an argument.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::link;

/// Cookies of an origin (section 6.1 asks for 50 at least), and the bytes of one.
const MOST: usize = 50;
const LONGEST: usize = 4096;

/// The cookies of all origins.
#[derive(Debug, Default)]
pub(super) struct Cookies {
    origins: Mutex<HashMap<String, Vec<Cookie>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    /// `None` lasts as long as this process.
    expires: Option<SystemTime>,
}

impl Cookies {
    /// What to send to a URL, longer paths first (section 5.4).
    pub(super) fn header(&self, url: &Url, now: SystemTime) -> Option<HeaderValue> {
        let origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sent: Vec<&Cookie> =
            origins.get(&link::host(url))?.iter().filter(|cookie| cookie.fits(url, now)).collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let mut value = HeaderValue::from_str(&pairs.join("; ")).ok().filter(|value| !value.is_empty())?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Takes over what an answer from a URL sets. Says whether that changes what is sent.
    pub(super) fn learn(&self, url: &Url, answer: &HeaderMap, now: SystemTime) -> bool {
        let set = answer.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let set: Vec<Cookie> = set.filter_map(|line| Cookie::parse(line, url, now)).collect();
        if set.is_empty() {
            return false;
        }
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = origins.entry(link::host(url)).or_default();
        let before = kept.clone();
        for cookie in set {
            kept.retain(|old| (&old.name, &old.path) != (&cookie.name, &cookie.path));
            kept.push(cookie);
        }
        kept.retain(|cookie| cookie.expires.is_none_or(|expires| expires > now));
        kept.drain(..kept.len().saturating_sub(MOST));
        *kept != before
    }
}

impl Cookie {
    /// One `Set-Cookie` (section 5.2); `None` if it is not for this URL's origin, or not to be kept.
    fn parse(line: &str, url: &Url, now: SystemTime) -> Option<Self> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        if name.is_empty() || line.len() > LONGEST {
            return None;
        }
        let mut cookie = Self { name, value, path: default_path(url), expires: None };
        let mut max_age = None;
        for (attribute, value) in parts.map(|part| part.split_once('=').unwrap_or((part, ""))) {
            let value = value.trim();
            match attribute.trim().to_ascii_lowercase().as_str() {
                "expires" => cookie.expires = date(value).or(cookie.expires),
                "max-age" => max_age = seconds(value).or(max_age),
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "domain" if !covers(value, url) => return None,
                "secure" if url.scheme() != "https" => return None,
                _ => {}
            }
        }
        // goes before `Expires` (section 5.3)
        cookie.expires = max_age.map(|age| now + age).or(cookie.expires);
        Some(cookie)
    }

    fn fits(&self, url: &Url, now: SystemTime) -> bool {
        let below = url.path().strip_prefix(self.path.as_str());
        below.is_some_and(|rest| rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/'))
            && self.expires.is_none_or(|expires| expires > now)
    }
}

/// Section 5.1.4: up to the last slash.
fn default_path(url: &Url) -> String {
    let path = url.path();
    match path.rfind('/') {
        Some(0) | None => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

/// Whether a `Domain` is the URL's host, or above it. What it names beyond that is not believed anyway.
fn covers(domain: &str, url: &Url) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let host = url.host_str().unwrap_or_default();
    host == domain || host.strip_suffix(&domain).is_some_and(|front| domain.is_empty() || front.ends_with('.'))
}

/// Also with dashes, as Netscape wrote it.
fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).or_else(|_| httpdate::parse_http_date(&text.replace('-', " "))).ok()
}

/// Zero and less end a cookie at once; a year is as good as for ever.
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

    /// What is sent to a URL an hour after answers of [`HOME`] set these, one answer each.
    fn check(lines: &[&str], asked: &str, expected: &str) {
        let cookies = Cookies::default();
        for line in lines {
            cookies.learn(&url(HOME), &answer(&[line]), NOW);
        }
        let sent = cookies.header(&url(asked), NOW + Duration::from_secs(3600));
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
        cookies.learn(&url("http://news.example/"), &answer(&["a=1; Secure"]), NOW);
        assert_eq!(cookies.header(&url("http://news.example/"), NOW), None);
    }

    #[test]
    fn an_origin_fills_no_more_than_its_share() {
        let lines: Vec<String> = (0..200).map(|n| format!("c{n}=1")).collect();
        let cookies = Cookies::default();
        cookies.learn(&url(HOME), &answer(&lines.iter().map(String::as_str).collect::<Vec<_>>()), NOW);
        let sent = cookies.header(&url(HOME), NOW).unwrap();
        assert_eq!(sent.to_str().unwrap().split("; ").count(), MOST);
        assert!(sent.to_str().unwrap().ends_with("c199=1") && sent.is_sensitive());
    }

    #[test]
    fn only_what_is_new_counts_as_news() {
        let cookies = Cookies::default();
        for (line, news) in [("a=1", true), ("a=1", false), ("a=2", true), ("a=; Max-Age=0", true), ("", false)] {
            assert_eq!(cookies.learn(&url(HOME), &answer(&[line]), NOW), news, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_survived(line in "[ -~]{0,60}(; ?(Expires|Max-Age|Path|Domain|Secure)=?[ -~]{0,20}){0,3}") {
            let cookies = Cookies::default();
            cookies.learn(&url(HOME), &answer(&[&line]), NOW);
            proptest::prop_assert_eq!(cookies.header(&url("https://other.example/feeds/"), NOW), None);
            let sent = cookies.header(&url(HOME), NOW);
            proptest::prop_assert!(sent.is_none_or(|value| value.to_str().unwrap().contains('=')));
        }
    }
}
