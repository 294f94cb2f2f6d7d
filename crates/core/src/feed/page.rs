//! A web page in place of a feed, and the feeds it announces (`<link rel=alternate>`, RSS Advisory Board and HTML's
//! "alternate" keyword), in its text or in the `Link` header of its response (RFC 8288).

use std::borrow::Cow;

use url::Url;

use super::Announced;
use super::entity::resolve_html;
use super::token::{Token, Tokenizer, attributes, starts_with_ignore_case};
use crate::text::line;

const MAX_FEEDS: usize = 50;
const MAX_TITLE: usize = 200;
/// Links in the headers of a response that are read, and parameters of each.
const MAX_LINKS: usize = 200;
const MAX_PARAMETERS: usize = 16;
/// The type of JSON Feed 1.0, and of much else: the most common blog software announces each page as data with it.
const PLAIN_JSON: &str = "application/json";

/// The feeds that a page announces, absolute and in order; `None` if the text is not a page.
pub(super) fn announced(text: &str, url: &Url) -> Option<Vec<Announced>> {
    let (mut page, mut base, mut feeds) = (false, url.clone(), Vec::<Announced>::new());
    for token in Tokenizer::new(text) {
        match token {
            Token::Doctype(doctype) => page |= starts_with_ignore_case(doctype.trim_start(), "html"),
            Token::Open { name, attributes: raw, .. } => {
                let known = ["html", "head", "body", "meta", "script", "div"];
                page |= known.iter().any(|tag| tag.eq_ignore_ascii_case(name));
                if name.eq_ignore_ascii_case("base") {
                    base = value(raw, "href").and_then(|href| url.join(href.trim()).ok()).unwrap_or(base);
                } else if name.eq_ignore_ascii_case("link") && feeds.len() < MAX_FEEDS {
                    feeds.extend(feed(raw, &base).filter(|feed| feeds.iter().all(|known| known.url != feed.url)));
                }
            }
            _ => {}
        }
    }
    page.then_some(feeds)
}

/// The feeds that the `Link` headers of a response announce, absolute and in order.
pub fn linked<'h>(headers: impl IntoIterator<Item = &'h str>, url: &Url) -> Vec<Announced> {
    let mut feeds = Vec::<Announced>::new();
    for link in headers.into_iter().flat_map(links).take(MAX_LINKS) {
        let found = announcement(|name| link.get(name), url);
        if feeds.len() < MAX_FEEDS {
            feeds.extend(found.filter(|feed| feeds.iter().all(|known| known.url != feed.url)));
        }
    }
    feeds
}

/// A link of a header: its parameters, and its target as `href`.
struct Linked<'h>(Vec<(&'h str, Cow<'h, str>)>);

impl Linked<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| Cow::Borrowed(value.as_ref()))
    }
}

/// The links of a header. Invalid ones are skipped.
fn links(header: &str) -> impl Iterator<Item = Linked<'_>> {
    let mut rest = header;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let mut parameters = vec![("href", Cow::Borrowed(target))];
        rest = after;
        while let Some(after) = rest.trim_start().strip_prefix(';') {
            let (name, after) = after.split_at(after.find(['=', ';', ',']).unwrap_or(after.len()));
            let (value, after) = after.strip_prefix('=').map_or((Cow::Borrowed(""), after), parameter);
            if parameters.len() < MAX_PARAMETERS {
                parameters.push((name.trim(), value));
            }
            rest = after;
        }
        Some(Linked(parameters))
    })
}

/// A value, quoted or not, and what follows it.
fn parameter(text: &str) -> (Cow<'_, str>, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([';', ',']).unwrap_or(text.len()));
        return (Cow::Borrowed(value.trim()), rest);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => {
                escaped = true;
                continue;
            }
            '"' => return (Cow::Owned(value), &quoted[at + 1..]),
            _ => {}
        }
        value.push(c);
    }
    (Cow::Owned(value), "")
}

/// Where sites that announce nothing usually have their feeds.
pub fn usual_places(site: &Url) -> Vec<Url> {
    const PATHS: [&str; 11] = [
        "/feed",
        "/rss",
        "/rss.xml",
        "/feed.xml",
        "/atom.xml",
        "/index.xml",
        "/feed.json",
        "/feeds/posts/default",
        "/news-sitemap.xml",
        "/sitemap-news.xml",
        "/sitemap.xml",
    ];
    PATHS.iter().filter_map(|path| site.join(path).ok()).collect()
}

fn feed(raw: &str, base: &Url) -> Option<Announced> {
    announcement(|name| value(raw, name).map(resolve_html), base)
}

/// A link as a feed, according to its attributes.
fn announcement<'v>(value: impl Fn(&str) -> Option<Cow<'v, str>>, base: &Url) -> Option<Announced> {
    let rel = value("rel")?.to_ascii_lowercase();
    if !rel.split_whitespace().any(|rel| rel == "alternate" || rel == "feed") {
        return None;
    }
    let media_type = value("type").unwrap_or_default().to_ascii_lowercase();
    let types = ["rss", "atom", "rdf", "feed+json"];
    let is_feed = types.iter().any(|t| media_type.contains(t))
        || [PLAIN_JSON, "text/xml", "application/xml"].contains(&media_type.trim())
        || rel.split_whitespace().any(|rel| rel == "feed");
    let href = value("href").filter(|_| is_feed)?;
    let url = base.join(href.trim()).ok()?;
    let told = |name| {
        let told = line(&value(name)?);
        (!told.is_empty()).then(|| told.chars().take(MAX_TITLE).collect::<String>())
    };
    let is_doubtful = media_type.trim() == PLAIN_JSON;
    Some(Announced { url, title: told("title"), media_type: told("type"), is_doubtful })
}

fn value<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    attributes(raw).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_feeds() {
        let page = "<!DOCTYPE html><head><base href='/blog/'><LINK rel=\"alternate stylesheet\" href=x.css>
            <link rel=alternate type=application/rss+xml href=rss.xml title='All &amp;\n everything'>
            <link type='application/atom+xml' href='//example.org/a?b=1&amp;c=2' rel='ALTERNATE'>
            <link rel=alternate type=application/rss+xml href=rss.xml>
            <link rel=alternate hreflang=de href=/de>
            <link rel=alternate type='application/feed+json' href='https://example.net/feed.json'/>";
        let url = Url::parse("https://example.com/").unwrap();
        let announced = announced(page, &url).unwrap();
        assert_eq!(announced[0].title.as_deref(), Some("All & everything"));
        assert_eq!(announced[1].media_type.as_deref(), Some("application/atom+xml"));
        let found: Vec<&str> = announced.iter().map(|feed| feed.url.as_str()).collect();
        assert_eq!(
            found,
            ["https://example.com/blog/rss.xml", "https://example.org/a?b=1&c=2", "https://example.net/feed.json"]
        );
        assert_eq!(super::announced("<x>no page</x>", &url), None);
    }

    #[test]
    fn plain_json_is_to_be_looked_at() {
        let page = "<html><link rel=alternate type='application/json' href='/api/5'>
            <link rel=alternate type='application/feed+json' href=/feed.json>";
        let url = Url::parse("https://example.com/").unwrap();
        let found: Vec<(String, bool)> = announced(page, &url)
            .unwrap()
            .into_iter()
            .map(|feed| (feed.url.path().to_owned(), feed.is_doubtful))
            .collect();
        assert_eq!(found, [("/api/5".to_owned(), true), ("/feed.json".to_owned(), false)]);
    }

    #[test]
    fn headers_name_feeds_too() {
        let url = Url::parse("https://example.com/blog/").unwrap();
        for (headers, expected) in [
            (
                &["</feed.xml>; rel=\"alternate\"; type=\"application/rss+xml\", </>; rel=\"canonical\""][..],
                &["/feed.xml"][..],
            ),
            (
                &["<a,b.xml>;type=application/atom+xml;title=\"All, \\\"and\\\"; more\";rel=alternate,<c>; rel=feed"],
                &["/blog/a,b.xml", "/blog/c"],
            ),
            (
                &["</a>; rel=next", "<https://example.com/b>; REL=\"home Alternate\"; Type=\"application/rss+xml\""],
                &["/b"],
            ),
            (
                &[
                    "</style.css>; rel=preload; as=style",
                    "junk, <, ;;;",
                    "<x>; rel=\"alternate\"; type=\"text/html\"",
                    "",
                ],
                &[],
            ),
            (&["</a>; rel=feed, </a>; rel=feed"], &["/a"]),
        ] {
            let found = linked(headers.iter().copied(), &url);
            let paths: Vec<&str> = found.iter().map(|feed| feed.url.path()).collect();
            assert_eq!(paths, expected, "{headers:?}");
        }
        let titled = linked(["<a>; rel=feed; title=\"All, \\\"and\\\"; more\""], &url);
        assert_eq!(titled[0].title.as_deref(), Some("All, \"and\"; more"));
    }

    #[test]
    fn the_usual_places_are_on_the_site() {
        let places = usual_places(&Url::parse("https://example.com/a/b?c").unwrap());
        assert!(places.iter().any(|place| place.as_str() == "https://example.com/rss.xml"));
    }
}
