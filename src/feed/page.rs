//! A web page where a feed was expected, and the feeds it announces (`<link rel=alternate>`, RSS Advisory Board and
//! HTML's "alternate" keyword).

use url::Url;

use super::Announced;
use super::entity::resolve_html;
use super::token::{Token, Tokenizer, attributes, starts_with_ignore_case};
use crate::text::line;

const MAX_FEEDS: usize = 50;
const MAX_TITLE: usize = 200;

/// The feeds that a page announces, absolute and in order; `None` if the text is no page.
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

/// Where sites that announce nothing tend to have their feeds.
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
    let rel = value(raw, "rel")?.to_ascii_lowercase();
    if !rel.split_whitespace().any(|rel| rel == "alternate" || rel == "feed") {
        return None;
    }
    let media_type = value(raw, "type").unwrap_or_default().to_ascii_lowercase();
    let types = ["rss", "atom", "rdf", "feed+json"];
    let is_feed = types.iter().any(|t| media_type.contains(t))
        || ["application/json", "text/xml", "application/xml"].contains(&media_type.trim())
        || rel.split_whitespace().any(|rel| rel == "feed");
    let href = value(raw, "href").filter(|_| is_feed)?;
    let url = base.join(resolve_html(href.trim()).as_ref()).ok()?;
    let told = |name| {
        let told = line(&resolve_html(value(raw, name)?));
        (!told.is_empty()).then(|| told.chars().take(MAX_TITLE).collect::<String>())
    };
    Some(Announced { url, title: told("title"), media_type: told("type") })
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
    fn the_usual_places_are_on_the_site() {
        let places = usual_places(&Url::parse("https://example.com/a/b?c").unwrap());
        assert!(places.iter().any(|place| place.as_str() == "https://example.com/rss.xml"));
    }
}
