//! URLs that the page names: canonical, image, next page.

use serde_json::Value;
use url::Url;

use super::collect::Statements;
use super::json_ld;
use crate::article::Source;
use crate::link;

/// The canonical URL, where it is sane: of the same site, and not a home page unless the page is one.
pub(super) fn canonical(said: &Statements, url: &Url) -> Option<(Url, Source)> {
    let of_link = said.links.iter().find(|(rel, _)| rel.split_whitespace().any(|rel| rel == "canonical"));
    let of_link = of_link.map(|(_, href)| href.as_str());
    let claims = [(of_link, Source::Link), (said.meta_content("og:url"), Source::Meta)];
    claims.into_iter().find_map(|(href, source)| {
        let mut canonical = resolve(url, href?)?;
        canonical.set_fragment(None);
        let home = canonical.path().trim_matches('/').is_empty() && canonical.query().is_none();
        let was_home = url.path().trim_matches('/').is_empty();
        (link::site(&canonical) == link::site(url) && (!home || was_home)).then_some((canonical, source))
    })
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

/// The next page of a paged article: on the same site, and the same path but for its end.
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
