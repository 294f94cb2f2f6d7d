//! URLs that the page names: canonical, image, next page.

use serde_json::Value;
use url::Url;

use super::collect::Statements;
use super::json_ld;
use crate::article::Source;
use crate::link;

/// The canonical URL, where it is sane: of the same site, and not a home page unless the page is one. What tells where
/// a visitor came from is taken off.
pub(super) fn canonical(said: &Statements, url: &Url) -> Option<(Url, Source)> {
    let of_link = said.links.iter().find(|(rel, _)| rel.split_whitespace().any(|rel| rel == "canonical"));
    let of_link = of_link.map(|(_, href)| href.as_str());
    let claims = [(of_link, Source::Link), (said.meta_content("og:url"), Source::Meta)];
    claims.into_iter().find_map(|(href, source)| {
        let mut canonical = resolve(url, href?)?;
        canonical.set_fragment(None);
        let canonical = link::without_tracking(canonical);
        let sane = link::site(&canonical) == link::site(url) && (!is_home(&canonical) || is_home(url));
        sane.then_some((canonical, source))
    })
}

/// Whether a link to a story of the site led to its home page: the story is not there.
pub(in crate::article) fn leads_home(link: &Url, page: &Url) -> bool {
    let page = link::without_tracking(page.clone());
    link::site(link) == link::site(&page) && is_home(&page) && !is_home(link)
}

/// Whether a URL leads to a home page, or to that of one of the site's languages.
fn is_home(url: &Url) -> bool {
    let path = url.path().trim_matches('/');
    let is_language = matches!(path.as_bytes(), [a, b] | [a, b, b'-' | b'_', _, _] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
    let is_index = path.strip_prefix("index.").is_some_and(|end| !end.contains('/'));
    (path.is_empty() || is_language || is_index) && url.query().is_none()
}

/// The lead image.
pub(super) fn image(said: &Statements, article: Option<&Value>, url: &Url) -> Option<(Url, Source)> {
    let of_metas = ["og:image", "og:image:secure_url", "og:image:url", "twitter:image", "twitter:image:src"];
    let of_meta = of_metas.iter().find_map(|name| said.meta_content(name).filter(|href| !href.is_empty()));
    let of_node = |key| article.and_then(|node| json_ld::url(node, key));
    let claims =
        [(of_meta, Source::Meta), (of_node("image"), Source::JsonLd), (of_node("thumbnailUrl"), Source::JsonLd)];
    claims.into_iter().find_map(|(href, source)| Some((resolve(url, href?)?, source)))
}

/// The next page of a paged article: on the same site, and the same path except for its end.
pub(super) fn next_page(said: &Statements, url: &Url) -> Option<Url> {
    let next = said.links.iter().find(|(rel, _)| rel.split_whitespace().any(|rel| rel == "next"))?;
    let next = resolve(url, &next.1)?;
    let stem = |url: &Url| url.path().trim_end_matches(|c: char| c.is_ascii_digit() || "/-_.".contains(c)).to_owned();
    let goes_on = next.path().starts_with(&stem(url)) && !stem(url).is_empty();
    (link::site(&next) == link::site(url) && goes_on && next != *url).then_some(next)
}

fn resolve(base: &Url, href: &str) -> Option<Url> {
    base.join(href.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_that_is_gone_leads_home() {
        for (link, page, expected) in [
            ("https://example.com/a/b", "https://example.com/", true),
            ("https://example.com/a/b", "https://www.example.com/en/?utm_source=gone", true),
            ("https://example.com/?p=7", "https://example.com/index.php", true),
            ("https://example.com/a/b", "https://example.com/a/", false),
            ("https://example.com/a/b", "https://example.com/?p=7", false),
            ("https://example.com/index.html", "https://example.com/", false),
            ("https://example.com/#!a", "https://example.com/", false),
            ("https://short.example/a", "https://example.com/", false),
        ] {
            let [from, to] = [link, page].map(|url| Url::parse(url).unwrap());
            assert_eq!(leads_home(&from, &to), expected, "{link} to {page}");
        }
    }

    #[test]
    fn canonical_urls_are_sane_or_none() {
        for (page, href, expected) in [
            ("https://example.com/a/b?utm_source=rss", "/a/b", Some("https://example.com/a/b")),
            ("https://m.example.com/a", "https://www.example.com/a#top", Some("https://www.example.com/a")),
            ("https://example.com/a", "https://example.com/a?id=1&utm_medium=x", Some("https://example.com/a?id=1")),
            ("https://example.com/title/amp", "https://example.com/title", Some("https://example.com/title")),
            ("https://example.com/?p=7", "https://example.com/?p=7", Some("https://example.com/?p=7")),
            ("https://example.com/a", "https://example.com/", None),
            ("https://example.com/a", "https://example.com/index.html", None),
            ("https://example.com/de/a", "https://example.com/de/", None),
            ("https://example.com/en-gb/a", "https://example.com/en-GB", None),
            ("https://example.com/a", "https://example.org/a", None),
            ("https://example.com/a", "javascript:void(0)", None),
            ("https://example.com/a", "https://", None),
        ] {
            let links = vec![("canonical".to_owned(), href.to_owned())];
            let said = Statements { links, ..Statements::default() };
            let found = canonical(&said, &Url::parse(page).unwrap());
            assert_eq!(found.as_ref().map(|(url, _)| url.as_str()), expected, "{href} on {page}");
        }
    }
}
