//! What cutting a story out costs: memory grows with the page, and by no more than it should.
//!
//! One test, so that nothing else allocates meanwhile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/heap.rs"]
mod heap;

use copydesk::article::{self, Page, Site};
use url::Url;

#[test]
fn memory_is_bounded_by_the_page() {
    let paragraph = "<p>The harbour council voted on Tuesday evening to keep the <a href=\"/bridge\">old swing bridge</a> open to walkers for another five years.</p>\n";
    let link = "<li class=\"menu-item menu-item-type-page\"><a class=\"menu-link\" href=\"https://news.example.com/section/topic/\">A topic of the day</a></li>\n";
    let nested = "<div class=\"row wide\"><div class=\"column\"><section class=\"box\"><div class=\"inner\"><span class=\"label\">Label</span></div></section></div></div>\n";
    let script = "<script>window.settings = window.settings || {}; window.settings.push('a', 1, true);</script>\n";
    let row = "<tr><td class=\"c74\" width=\"340\">Swing bridge</td><td class=\"c74\">1911</td><td class=\"c74\">X</td></tr>\n";
    let picture = "<figure data-id=\"1\"><img src=\"/harbour/bridge-small.jpg\" srcset=\"/harbour/bridge.jpg 2x\" alt=\"\"></figure>\n";
    for (name, piece, times) in [
        ("story", paragraph, 10),
        ("links", link, 10),
        ("scripts", script, 4),
        ("pictures", picture, 5),
        // pages of nothing but tags: an element takes more than its tags do
        ("cells", row, 12),
        ("containers", nested, 12),
    ] {
        let head = format!(
            "<html><head><title>Bridge</title></head><body><h1>Bridge</h1>{}",
            (1..20).map(|n| paragraph.replace("five", &n.to_string())).collect::<String>()
        );
        let page = format!("{head}{}</body></html>", piece.repeat(200_000 / piece.len()));
        let most = memory(&page);
        assert!(most <= times * page.len(), "{name}: {most} bytes for a page of {}", page.len());
    }
}

/// The most that is kept in memory next to a page while it is read.
fn memory(page: &str) -> usize {
    read(page); // tables that are built once
    heap::most_held(|| read(page))
}

fn read(page: &str) {
    let url = Url::parse("https://news.example.com/2026/01/05/story").unwrap();
    let page = Page { url: &url, body: page.as_bytes(), content_type: Some("text/html; charset=utf-8") };
    article::from_page(page, None, &Site::default()).unwrap();
}
