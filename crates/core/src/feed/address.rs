//! Addresses as publishers write them, and what they mean.
//!
//! PURE. An `&` that was encoded twice, a scheme that is missing or written twice: the URL Standard reads these as
//! another address, which never exists.

use std::borrow::Cow;

use url::{Position, Url};

use crate::link;

/// The longest name of a host (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 253;
/// A scheme's name with the marks after it is never longer, however it is mistyped.
const MAX_SCHEME: usize = 8;
const SCHEMES: [&str; 2] = ["http://", "https://"];

/// The intended address. `home` is the document's: only relative to it can a host be distinguished from a path.
pub(super) fn meant<'t>(told: &'t str, home: Option<&Url>) -> Cow<'t, str> {
    let told = without_quotes(told.trim());
    let broken = told.contains(['\n', '\t', '\r']);
    let text: Cow<'_, str> = if broken { told.split_whitespace().collect::<String>().into() } else { told.into() };
    let text = unescaped(text);
    if let Some(meant) = with_one_scheme(&text) {
        return Cow::Owned(meant);
    }
    match home.filter(|home| begins_with_host(&text, home)) {
        Some(home) => Cow::Owned(format!("{}{text}", SCHEMES[usize::from(home.scheme() != "http")])),
        None => text,
    }
}

/// The address without the quotes or angle brackets around it (RFC 3986, appendix C).
fn without_quotes(told: &str) -> &str {
    const QUOTES: [(char, char); 3] = [('"', '"'), ('\'', '\''), ('<', '>')];
    let quoted = QUOTES.iter().find_map(|(open, close)| told.strip_prefix(*open)?.strip_suffix(*close));
    quoted.map_or(told, str::trim)
}

/// An absolute address of the web, if that is intended.
pub(super) fn of_the_web(told: &str) -> Option<Url> {
    let url = Url::parse(&meant(told, None)).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(without_empty_parts)
}

/// Whether an address without a scheme starts with a host: one that starts with `www`, or belongs to the document's
/// site.
pub(super) fn begins_with_host(text: &str, home: &Url) -> bool {
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.len() > MAX_HOST {
        return false;
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    if !authority.contains('.') || !authority.chars().all(is_name) || authority.contains("..") {
        // an address, or a host with its port
        return home[Position::BeforeHost..Position::AfterPort].eq_ignore_ascii_case(authority);
    }
    let Ok(url) = Url::parse(&format!("https://{authority}/")) else { return false };
    let is_www = url.host_str().is_some_and(|host| host.strip_prefix("www.").is_some_and(|rest| rest.contains('.')));
    is_www || link::site(&url) == link::site(home)
}

/// `&amp;` and similar have no meaning in an address: they are an `&`, however often it was escaped.
fn unescaped(text: Cow<'_, str>) -> Cow<'_, str> {
    const ESCAPES: [&str; 6] = ["amp;", "AMP;", "#38;", "#038;", "#x26;", "#X26;"];
    let escape = |rest: &str| ESCAPES.iter().find(|escape| rest.starts_with(**escape)).map(|escape| escape.len());
    if !text.match_indices('&').any(|(at, _)| escape(&text[at + 1..]).is_some()) {
        return text;
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_ref());
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        while let Some(length) = escape(rest) {
            rest = &rest[length..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The address with its scheme corrected: `http://https://…`, `https//…`, `htp://…`, `://…`; none if nothing is wrong.
fn with_one_scheme(text: &str) -> Option<String> {
    let (mut scheme, mut length) = scheme_of(text)?;
    // the last of several is the one that was pasted completely
    let mut is_right = SCHEMES.iter().any(|scheme| text[..length].eq_ignore_ascii_case(scheme));
    while let Some((inner, more)) = scheme_of(&text[length..]) {
        (scheme, length, is_right) = (inner, length + more, false);
    }
    match behind_its_own_host(&text[length..]) {
        Some(inner) => Some(inner.to_owned()),
        None => (!is_right).then(|| format!("{scheme}{}", &text[length..])),
    }
}

/// Which scheme a text starts with, and its length. A mistyped scheme, or one without its colon or its name, counts
/// too.
fn scheme_of(text: &str) -> Option<(&'static str, usize)> {
    let bytes = text.as_bytes();
    let name = bytes.iter().take(MAX_SCHEME).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let marks = bytes[name..].iter().take(MAX_SCHEME).take_while(|byte| b":;/\\".contains(byte)).count();
    let (told, after) = text[..name + marks].split_at(name);
    let mut told = told.to_ascii_lowercase().into_bytes();
    told.dedup();
    let scheme = match told.as_slice() {
        b"htp" | b"tp" | b"ht" => SCHEMES[0],
        b"htps" | b"tps" => SCHEMES[1],
        b"" if after.starts_with("://") => SCHEMES[1],
        _ => return None,
    };
    (marks > 1 && after.ends_with(['/', '\\'])).then_some((scheme, name + marks))
}

/// A complete address that was appended to its own host, which took it for a path.
fn behind_its_own_host(text: &str) -> Option<&str> {
    let (host, inner) = text.split_once('/')?;
    let (_, length) = scheme_of(inner).filter(|(scheme, _)| inner.starts_with(scheme))?;
    let rest = inner[length..].strip_prefix(host)?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(inner)
}

/// A `?` or `#` with nothing after it says nothing.
pub(super) fn without_empty_parts(mut url: Url) -> Url {
    if url.query() == Some("") {
        url.set_query(None);
    }
    if url.fragment() == Some("") {
        url.set_fragment(None);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_an_address_that_exists() {
        let home = Url::parse("https://www.gazette.example/feed.xml").unwrap();
        for (told, expected) in [
            ("https://gazette.example/a?b=1&c=2", "https://gazette.example/a?b=1&c=2"),
            (" https://gazette.example/a\n /b ", "https://gazette.example/a/b"),
            ("https://gazette.example/a?b=1&amp;c=2", "https://gazette.example/a?b=1&c=2"),
            ("/a?b=1&amp;amp;c=2&#038;d=3&#38;e=4&#x26;f=5", "/a?b=1&c=2&d=3&e=4&f=5"),
            ("/a?copy=1&copy;=2", "/a?copy=1&copy;=2"),
            ("www.gazette.example/a", "https://www.gazette.example/a"),
            ("gazette.example/a", "https://gazette.example/a"),
            ("GAZETTE.example", "https://GAZETTE.example"),
            ("sport.gazette.example/a?b#c", "https://sport.gazette.example/a?b#c"),
            ("www.other.example/a", "https://www.other.example/a"),
            ("other.example/a", "other.example/a"),
            ("a/b.html", "a/b.html"),
            ("story.html", "story.html"),
            ("www.html", "www.html"),
            ("", ""),
            ("#top", "#top"),
            ("//cdn.gazette.example/a", "//cdn.gazette.example/a"),
            ("http://https://gazette.example/a", "https://gazette.example/a"),
            ("https://http://https//gazette.example/a", "https://gazette.example/a"),
            ("http//gazette.example/a", "http://gazette.example/a"),
            ("://gazette.example/a", "https://gazette.example/a"),
            ("HTTP://Gazette.example/a", "HTTP://Gazette.example/a"),
            ("htttp://gazette.example/a", "http://gazette.example/a"),
            ("ttps://gazette.example/a", "https://gazette.example/a"),
            ("http:://gazette.example/a", "http://gazette.example/a"),
            ("https;//gazette.example/a", "https://gazette.example/a"),
            ("http:\\\\gazette.example/a", "http://gazette.example/a"),
            ("http/a", "http/a"),
            ("ftp://gazette.example/a", "ftp://gazette.example/a"),
            ("\"https://gazette.example/a\"", "https://gazette.example/a"),
            ("<https://gazette.example/a>", "https://gazette.example/a"),
            ("https://gazette.example/https://gazette.example/a", "https://gazette.example/a"),
            ("https://archive.example/https://gazette.example/a", "https://archive.example/https://gazette.example/a"),
            (
                "https://gazette.example/https://gazette.examples/a",
                "https://gazette.example/https://gazette.examples/a",
            ),
            (
                "https://gazette.example/go?to=http://https://x.example",
                "https://gazette.example/go?to=http://https://x.example",
            ),
            ("mailto:mara@gazette.example", "mailto:mara@gazette.example"),
            ("tag:gazette.example,2004:a", "tag:gazette.example,2004:a"),
        ] {
            assert_eq!(meant(told, Some(&home)), expected, "{told}");
        }
        let home = Url::parse("http://127.0.0.1:8080/feed.xml").unwrap();
        assert_eq!(meant("127.0.0.1:8080/a", Some(&home)), "http://127.0.0.1:8080/a");
        assert_eq!(meant("1.html", Some(&home)), "1.html");
    }

    #[test]
    fn escapes_cost_no_more_than_their_length() {
        let told = format!("/a?{}", "&amp;".repeat(400) + &"amp;".repeat(400));
        assert_eq!(meant(&told, None), format!("/a?{}", "&".repeat(400)));
        assert!(meant(&"http//".repeat(100_000), None).ends_with("//"));
    }
}
