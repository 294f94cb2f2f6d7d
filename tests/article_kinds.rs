//! Pages that are no articles: which kind they are, as records of rejects and `copydesk try` say it.

#![allow(clippy::unwrap_used)]

use copydesk::article::{self, Aids, Page, Rules, Site};
use url::Url;

/// What the page says it is, and why it is refused.
fn check(html: &str, expected: (&str, &str, &str)) {
    let url = Url::parse("https://www.quaypost.example/news/bridge").unwrap();
    let page = Page { url: &url, body: html.as_bytes(), content_type: None };
    let explained = article::explain(page, Aids::without_entry(&Site::default(), &Rules::default()));
    let refused = explained.refused.unwrap();
    assert_eq!(
        (explained.claim.unwrap_or("nothing"), refused.reason.as_str(), refused.detail.as_str()),
        expected,
        "{html}"
    );
    assert!(!explained.blocks.is_empty(), "what is on it is shown all the same");
}

fn ld(kind: &str) -> String {
    format!("<script type=application/ld+json>{{\"@type\":\"{kind}\",\"name\":\"The old bridge\"}}</script>")
}

#[test]
fn pages_that_are_no_articles_are_told_apart() {
    let few = "<h1>The old bridge</h1><p>Twelve views of the old swing bridge.</p>";
    for (kind, what) in [
        ("ImageGallery", "a gallery"),
        ("MediaGallery", "a gallery"),
        ("VideoObject", "a video"),
        ("Product", "a product"),
        ("CollectionPage", "a listing"),
    ] {
        check(&format!("{}{few}", ld(kind)), (what, "not_an_article", what));
    }
    check(&format!("<meta property=og:type content=video.other>{few}"), ("a video", "not_an_article", "a video"));
    let links: String = (0..30).map(|n| format!("<li><a href=/{n}>Story number {n} of the harbour</a>")).collect();
    check(&format!("<h1>Harbour</h1><ul>{links}</ul>"), ("nothing", "not_an_article", "a listing"));
    let free = "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"The old bridge\",\"isAccessibleForFree\":false}</script>";
    check(&format!("{free}{few}"), ("an article", "paywall", "only the teaser is there"));
    let wall = "<title>Just a moment...</title><p>Checking your browser before you go on.</p>";
    check(wall, ("nothing", "wall", "a wall before the page"));
    let consent = "<h1>Before you continue</h1><p>We value your privacy.</p><p>Accept all</p>";
    check(consent, ("nothing", "wall", "a wall before the page"));
    let missing = "<title>Page not found</title><h1>404</h1><p>There is nothing here.</p>";
    check(missing, ("nothing", "error_page", "an error page that was sent as a success"));
    check("<h1>The old bridge</h1><p>Soon.</p>", ("nothing", "no_text", "nothing looks like a story"));
}
