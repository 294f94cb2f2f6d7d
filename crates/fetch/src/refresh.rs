//! Pages that forward by themselves: the `Refresh` header, and `<meta http-equiv="refresh">`.
//!
//! PURE. Forwarding in HTML is a redirect like a `Location`; it is followed within the same limits.

use std::time::Duration;

use http::{HeaderMap, header};
use url::Url;

use super::headers;

/// How far into a page it is searched.
const HEAD: usize = 128 * 1024;
/// A longer delay reloads a page for readers who keep it open, and is not a redirect.
const LONGEST: u64 = 30;
/// Elements whose content is not markup, or not of this page.
const OPAQUE: &[&str] = &["script", "style", "template", "title", "textarea", "iframe", "xmp", "noembed", "noframes"];

/// Where a page forwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// A different page than this one.
    pub url: Url,
    /// After how long.
    pub after: Duration,
    /// Whether only visitors without scripts are forwarded, who are few.
    pub without_scripts: bool,
}

/// What a response from a URL says about this: its header, else its page.
pub fn refresh(answer: &HeaderMap, body: &[u8], url: &Url) -> Option<Refresh> {
    let of_header = answer.get(header::REFRESH).map(headers::of_url);
    of_header.and_then(|value| read(&value, url, false)).or_else(|| of_page(&body[..body.len().min(HEAD)], url))
}

/// The first declaration of a page that leads to another page.
fn of_page(html: &[u8], url: &Url) -> Option<Refresh> {
    let html = String::from_utf8_lossy(html);
    let (mut rest, mut without_scripts) = (&*html, false);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let closes = rest.starts_with('/');
        let tag = rest.strip_prefix('/').unwrap_or(rest);
        let name = &tag[..tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len())];
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("noscript") {
            without_scripts = !closes;
        } else if is("meta") {
            let (attributes, after) = attributes(&tag[name.len()..]);
            rest = after;
            let value = |wanted: &str| attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            let refreshes = value("http-equiv").is_some_and(|(_, value)| value.trim().eq_ignore_ascii_case("refresh"));
            let content = value("content").filter(|_| refreshes);
            if let Some(found) = content.and_then(|(_, content)| read(content, url, without_scripts)) {
                return Some(found);
            }
        } else if !closes && OPAQUE.iter().any(|opaque| is(opaque)) {
            rest = end_of(tag, name);
        }
    }
    None
}

/// What follows the end tag of an element.
fn end_of<'a>(inside: &'a str, name: &str) -> &'a str {
    let mut rest = inside;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return rest;
        }
    }
    ""
}

/// The attributes of a tag, and what follows it.
fn attributes(mut rest: &str) -> (Vec<(&str, String)>, &str) {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return (found, rest);
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        // an `=` at the start of a name is part of it
        let end = rest.char_indices().skip(1).find(|(_, c)| ends(*c)).map_or(rest.len(), |(at, _)| at);
        let (name, after) = rest.split_at(end);
        rest = after.trim_ascii_start();
        let mut value = "";
        if let Some(given) = rest.strip_prefix('=') {
            let given = given.trim_ascii_start();
            (value, rest) = match given.chars().next() {
                Some(quote @ ('"' | '\'')) => given[1..].split_once(quote).unwrap_or((&given[1..], "")),
                _ => given.split_at(given.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(given.len())),
            };
        }
        found.push((name, unescaped(value)));
    }
}

/// Character references, as far as they occur in URLs.
fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        let referred = end.and_then(|end| {
            let character = match &rest[1..end] {
                "amp" => '&',
                "quot" => '"',
                "apos" => '\'',
                "lt" => '<',
                "gt" => '>',
                number => {
                    let number = number.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16),
                        None => number.parse(),
                    };
                    char::from_u32(code.ok()?)?
                }
            };
            Some((character, end + 1))
        });
        let (character, length) = referred.unwrap_or(('&', 1));
        plain.push(character);
        rest = &rest[length..];
    }
    plain + rest
}

/// The shared declarative refresh steps of HTML (section 4.2.5.3), as far as they lead to another page soon.
fn read(value: &str, base: &Url, without_scripts: bool) -> Option<Refresh> {
    let value = value.trim_ascii_start();
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let seconds = match &value[..digits] {
        "" if value.starts_with('.') => 0,
        number => number.parse::<u64>().ok().filter(|seconds| *seconds <= LONGEST)?,
    };
    let rest = value[digits..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let separated = rest.trim_ascii_start();
    let target = separated.strip_prefix([';', ',']).unwrap_or(separated).trim_ascii();
    if target.len() == rest.len() || target.is_empty() {
        return None;
    }
    let named = target.get(..3).filter(|name| name.eq_ignore_ascii_case("url"));
    let given = named.and_then(|_| target[3..].trim_ascii_start().strip_prefix('=')).map(str::trim_ascii_start);
    let target = given.unwrap_or(target);
    let target = match target.chars().next() {
        Some(quote @ ('"' | '\'')) => target[1..].split(quote).next().unwrap_or_default(),
        _ => target,
    };
    let mut url = base.join(target.trim_ascii()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    let mut here = base.clone();
    here.set_fragment(None);
    (url != here).then_some(Refresh { url, after: Duration::from_secs(seconds), without_scripts })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://news.example/count?to=1";

    fn check(html: &str, expected: Option<&str>) {
        let found = refresh(&HeaderMap::new(), html.as_bytes(), &HERE.parse().unwrap());
        assert_eq!(found.as_ref().map(|found| found.url.as_str()), expected, "{html}");
    }

    #[test]
    fn the_value_is_read_as_browsers_read_it() {
        for (value, expected) in [
            ("0; url=/a", Some("https://news.example/a")),
            ("0;URL=/a", Some("https://news.example/a")),
            (" 5 ; url = '/a b' x", Some("https://news.example/a%20b")),
            ("1,url=\"https://other.example/a\"", Some("https://other.example/a")),
            ("0 /a", Some("https://news.example/a")),
            ("0; a", Some("https://news.example/a")),
            (".5; url=/a", Some("https://news.example/a")),
            ("0.5; url=/a", Some("https://news.example/a")),
            ("0; url='/a", Some("https://news.example/a")),
            ("0; url=?to=2#top", Some("https://news.example/count?to=2")),
            ("30; url=/a", Some("https://news.example/a")),
            ("0; urls", Some("https://news.example/urls")),
            // none, or none elsewhere, or not soon
            ("", None),
            ("0", None),
            ("300", None),
            ("0;", None),
            ("0; url=", None),
            ("0; url=?to=1#top", None),
            ("31; url=/a", None),
            ("99999999999999999999; url=/a", None),
            ("url=/a", None),
            ("-1; url=/a", None),
            ("0x; url=/a", None),
            ("0; url=javascript:alert(1)", None),
            ("0; url=data:text/html,a", None),
            ("0; url=https://", None),
        ] {
            check(&format!("<meta http-equiv=refresh content=\"{}\">", value.replace('"', "&quot;")), expected);
            let headers = HeaderMap::from_iter([(header::REFRESH, value.parse().unwrap())]);
            let found = refresh(&headers, b"", &HERE.parse().unwrap());
            assert_eq!(found.map(|found| found.url.to_string()).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn the_declaration_is_found_where_it_counts() {
        let to_a = Some("https://news.example/a");
        for (html, expected) in [
            ("<META HTTP-EQUIV='Refresh' CONTENT='0; URL=/a'/>", to_a),
            ("<meta content='0;url=/a' http-equiv = refresh >", to_a),
            ("<meta name=a content=b><meta charset=utf-8>\n<meta\nhttp-equiv=refresh\ncontent=0;url=/a>", to_a),
            ("<meta http-equiv=refresh content='0;url=/a?b=1&amp;c=2'>", Some("https://news.example/a?b=1&c=2")),
            ("<meta http-equiv=refresh content='0;url=&#x2F;a&#39;'>", Some("https://news.example/a'")),
            ("<meta http-equiv=refresh content='900'><meta http-equiv=refresh content='0;url=/a'>", to_a),
            ("<script>location = '/a'</script><noscript><meta http-equiv=refresh content='0;url=/a'></noscript>", to_a),
            ("<!-- <meta http-equiv=refresh content='0;url=/b'> --><meta http-equiv=refresh content='0;url=/a'>", to_a),
            // no declaration of this page
            ("<!--[if lt IE 9]><meta http-equiv=refresh content='0;url=/a'><![endif]-->", None),
            ("<script>document.write(\"<meta http-equiv=refresh content='0;url=/a'>\")</script>", None),
            ("<template><meta http-equiv=refresh content='0;url=/a'></template>", None),
            ("<title><meta http-equiv=refresh content='0;url=/a'></title>", None),
            ("<p title=\"<meta http-equiv\">refresh content='0;url=/a'>", None),
            ("<metal http-equiv=refresh content='0;url=/a'>", None),
            ("<meta http-equiv=content-type content='0;url=/a'>", None),
            ("<meta http-equiv=refresh>", None),
            ("<meta http-equiv=refresh content='0;url=/a", to_a),
            ("<script><meta http-equiv=refresh content='0;url=/a'>", None),
            ("<meta", None),
            ("<", None),
        ] {
            check(html, expected);
        }
        let of = |html: &str| refresh(&HeaderMap::new(), html.as_bytes(), &HERE.parse().unwrap()).unwrap();
        let plain = of("<noscript></noscript><meta http-equiv=refresh content='3;url=/a'>");
        assert_eq!((plain.after, plain.without_scripts), (Duration::from_secs(3), false));
        assert!(of("<NOSCRIPT><meta http-equiv=refresh content='0;url=/a'></NOSCRIPT>").without_scripts);
    }

    proptest::proptest! {
        #[test]
        fn any_page_is_survived(
            html in "(<(!--|/?noscript|/?script|meta|title)[ />]?|-->|http-equiv=.?refresh.?|content=.?|[0-9]{0,3}[;,]?|url=|&#?x?[0-9a-z]{0,4};?|[\"'> ]|\\PC{0,3}){0,20}",
            bytes: Vec<u8>,
        ) {
            for page in [html.as_bytes(), &bytes] {
                if let Some(found) = refresh(&HeaderMap::new(), page, &HERE.parse().unwrap()) {
                    proptest::prop_assert!(found.after.as_secs() <= LONGEST && found.url.as_str() != HERE);
                }
            }
        }
    }
}
