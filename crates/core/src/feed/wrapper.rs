//! Links that lead through somebody else: alert services, click counters, interstitials.
//!
//! PURE. If the target is written in the address, it is taken from there: no request to a counter is needed that may be
//! gone tomorrow, and the same story through two of them is one story. An address is a wrapper if it says so (`/url?…`,
//! `/redirect/…`, `click.…`) and contains the address of another site: as a parameter, as all of its query, as the end
//! of its path, or in Base64. Any other address that contains an address (a translation, an archive, a form to share)
//! is a page.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use crate::link;

/// Wrappers around wrappers.
const MAX_DEPTH: usize = 4;
/// Parameters that contain the target, the most certain first. Any other counts if it is the only one with an address.
const PARAMETERS: &[&str] = &[
    "url",
    "u",
    "q",
    "to",
    "target",
    "dest",
    "destination",
    "redirect",
    "redirect_url",
    "redirect_uri",
    "redirecturl",
    "r",
    "link",
    "goto",
    "out",
    "l",
    "href",
    "uri",
    "murl",
    "adurl",
    "z",
    "k",
];
/// Names of the last part of a path that only forwards.
const LEADING_ON: &[&str] = &[
    "url",
    "redirect",
    "redirects",
    "redirector",
    "redirection",
    "redir",
    "rdr",
    "rd",
    "r",
    "go",
    "goto",
    "out",
    "outbound",
    "outgoing",
    "exit",
    "leave",
    "leaving",
    "away",
    "link",
    "links",
    "deeplink",
    "linkout",
    "click",
    "clicks",
    "clk",
    "clickthru",
    "clickthrough",
    "apiclick",
    "track",
    "tracking",
    "tracker",
    "trk",
    "count",
    "counter",
    "jump",
    "forward",
    "fwd",
    "ct",
    "t",
    "l",
    "to",
    "external",
    "ext",
    "extern",
    "interstitial",
];
/// The most bytes around an address that is in Base64.
const AROUND: usize = 32;
/// The shortest text in Base64 that an address fits into.
const MIN_BASE64: usize = 16;

/// The address that a link leads to, if it is written in the link.
pub(super) fn unwrapped(link: &Url) -> Option<Url> {
    let mut found = target(link)?;
    for _ in 1..MAX_DEPTH {
        match target(&found) {
            Some(inner) => found = inner,
            None => break,
        }
    }
    Some(found)
}

fn target(link: &Url) -> Option<Url> {
    if !matches!(link.scheme(), "http" | "https") {
        return None;
    }
    let site = link::site(link);
    let is_other = |url: &Url| link::site(url) != site && url.host_str().is_some_and(|host| host.contains(['.', ':']));
    let found = in_query(link).or_else(|| in_path(link)).or_else(|| in_base64(link))?;
    Some(found).filter(is_other)
}

/// `/url?q=https://…`, `/?https://…`.
fn in_query(link: &Url) -> Option<Url> {
    let query = link.query()?;
    if let Some(whole) = address(query) {
        return Some(whole);
    }
    if !leads_on(link) {
        return None;
    }
    let addresses: Vec<(String, Url)> =
        link.query_pairs().filter_map(|(name, value)| Some((name.to_ascii_lowercase(), address(&value)?))).collect();
    let named = PARAMETERS.iter().find_map(|wanted| addresses.iter().find(|(name, _)| name == wanted));
    let only = addresses.first().filter(|_| addresses.len() == 1);
    named.or(only).map(|(_, url)| url.clone())
}

/// `/redirect/https://…`, `/click/https%3A%2F%2F…`, `/news/*https://…`.
fn in_path(link: &Url) -> Option<Url> {
    let (path, query) = (link.path(), link.query());
    if !path.contains("ttp") && !path.contains("TTP") {
        return None;
    }
    let lower = path.to_ascii_lowercase();
    let at = ["http://", "https://", "http%3a", "https%3a"].iter().filter_map(|scheme| lower.find(scheme)).min()?;
    let before = lower[..at].strip_suffix(['/', '*', '=', ':'])?;
    let is_marked = lower[..at].ends_with(['*', '=']);
    if !is_marked && !before.rsplit('/').next().is_some_and(|part| LEADING_ON.contains(&part)) {
        return None;
    }
    let rest = &path[at..];
    if lower[at..].starts_with("http://") || lower[at..].starts_with("https://") {
        // what follows the address's own question mark is its query
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        return address(&format!("{rest}{query}"));
    }
    // an escaped one ends with its part of the path
    let part = rest.split(['/', ';']).next().unwrap_or(rest);
    address(&percent_decoded(part))
}

/// `/rss/articles/CBMi…`: an address, in Base64 with a few bytes around it.
fn in_base64(link: &Url) -> Option<Url> {
    let in_path = link.path_segments().into_iter().flatten().find_map(decoded);
    in_path.or_else(|| link.query_pairs().filter(|_| leads_on(link)).find_map(|(_, value)| decoded(&value)))
}

fn decoded(part: &str) -> Option<Url> {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'=');
    if part.len() < MIN_BASE64 || !part.bytes().all(is_base64) {
        return None;
    }
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let url_safe: String = part.chars().map(|c| if c == '+' { '-' } else { c }).collect();
    // a text that is cut in the middle of a group is read as far as possible
    let whole = url_safe.trim_end_matches('=');
    let whole = if whole.len() % 4 == 1 { &whole[..whole.len() - 1] } else { whole };
    let bytes = GeneralPurpose::new(&base64::alphabet::URL_SAFE, config).decode(whole).ok()?;
    let start =
        [&b"http://"[..], b"https://"].iter().filter_map(|scheme| memchr::memmem::find(&bytes, scheme)).min()?;
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_graphic()).count();
    // an address that is the whole text, not a text that contains one
    (bytes.len() - length <= AROUND)
        .then(|| std::str::from_utf8(&bytes[start..start + length]).ok().and_then(address))?
}

/// Whether an address says that it only forwards: by the last part of its path, or if it has none, by its host.
fn leads_on(link: &Url) -> bool {
    let is_known = |name: &str| LEADING_ON.contains(&name.to_ascii_lowercase().as_str());
    let mut parts = link.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    match parts.next_back() {
        Some(last) => is_known(last.split('.').next().unwrap_or(last)),
        None => link.host_str().and_then(|host| host.split('.').next()).is_some_and(is_known),
    }
}

/// An absolute address of the web, escaped once more or not.
fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    let begins = |text: &str| {
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        lower.starts_with("http://") || lower.starts_with("https://")
    };
    let decoded;
    let text = if begins(text) {
        text
    } else {
        decoded = percent_decoded(text);
        Some(decoded.as_str()).filter(|text| begins(text))?
    };
    Url::parse(text).ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()))
}

fn percent_decoded(text: &str) -> String {
    // a form's `+` is not a space in an address
    let pair = text.replace('+', "%2B");
    url::form_urlencoded::parse(pair.replace(['&', '='], "%26").as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(link: &str, expected: Option<&str>) {
        let found = unwrapped(&Url::parse(link).unwrap());
        assert_eq!(found.as_ref().map(Url::as_str), expected, "{link}");
    }

    #[test]
    fn a_target_that_is_written_down_is_taken() {
        for (link, expected) in [
            (
                "https://www.google.com/url?rct=j&sa=t&url=https://gazette.example/a%3Fb%3D1&ct=ga&usg=X",
                "https://gazette.example/a?b=1",
            ),
            ("https://www.google.com/url?q=https%3A%2F%2Fgazette.example%2Fa&sa=D", "https://gazette.example/a"),
            (
                "http://www.bing.com/news/apiclick.aspx?ref=Rss&url=https%3a%2f%2fgazette.example%2fa&c=1",
                "https://gazette.example/a",
            ),
            ("https://l.counter.example/l.php?u=https%3A%2F%2Fgazette.example%2Fa&h=AT0", "https://gazette.example/a"),
            ("https://clicks.counter.example/?to=https://gazette.example/a", "https://gazette.example/a"),
            (
                "https://counter.example/away.php?to=https://gazette.example/a&post=https://counter.example/1",
                "https://gazette.example/a",
            ),
            ("https://href.example/?https://gazette.example/a?b=1", "https://gazette.example/a?b=1"),
            ("https://counter.example/redirect/https://gazette.example/a?b=1&c=2", "https://gazette.example/a?b=1&c=2"),
            (
                "https://counter.example/click/https%3A%2F%2Fgazette.example%2Fa%3Fb%3D1/x",
                "https://gazette.example/a?b=1",
            ),
            ("http://us.counter.example/dailynews/rss/*http://gazette.example/a", "http://gazette.example/a"),
            (
                "https://r.search.example/_ylt=A/RU=https%3a%2f%2fgazette.example%2fa/RK=2/RS=x",
                "https://gazette.example/a",
            ),
            (
                "https://one.example/go?url=https%3A%2F%2Ftwo.example%2Fgo%3Furl%3Dhttps%253A%252F%252Fgazette.example%252Fa",
                "https://gazette.example/a",
            ),
            // 08 13 22 1b, the address, d2 01 00
            (
                "https://news.aggregator.example/rss/articles/CBMiIWh0dHBzOi8vZ2F6ZXR0ZS5leGFtcGxlL25ld3MvMTIzNNIBAA?oc=5",
                "https://gazette.example/news/1234",
            ),
            ("https://counter.example/r?d=aHR0cHM6Ly9nYXpldHRlLmV4YW1wbGUvYQ==", "https://gazette.example/a"),
        ] {
            check(link, Some(expected));
        }
    }

    #[test]
    fn a_page_with_an_address_in_it_is_a_page() {
        for link in [
            "https://gazette.example/a?b=1",
            "https://gazette.example/news/redirect",
            "https://web.archive.example/web/2020/https://gazette.example/a",
            "https://translate.example/translate?sl=de&u=https://gazette.example/a",
            "https://social.example/sharer.php?u=https://gazette.example/a",
            "https://validator.example/check?uri=https://gazette.example/a",
            "https://gazette.example/login?next=https://other.example/",
            "https://gazette.example/go?to=https://www.gazette.example/a",
            "https://gazette.example/go?to=/a",
            "https://gazette.example/?p=1&source=https://partner.example/",
            "https://counter.example/go?id=77",
            "https://counter.example/go?url=http://",
            "https://counter.example/go?url=https://intranet/a",
            "https://counter.example/redirect?one=https://a.example/&two=https://b.example/",
            "https://gazette.example/news/some-article-with-a-rather-long-name-of-its-own-that-goes-on",
            "https://news.aggregator.example/rss/articles/CBMiswFBVV95cUxNd2JnTlpfV2h0dHA_abcdefghijkl?oc=5",
            "mailto:mara@gazette.example?url=https://gazette.example/a",
            "https://counter.example/go?url=javascript:alert(1)",
        ] {
            check(link, None);
        }
    }
}
