//! Pages that were written to harm, and bytes that are no pages.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use copydesk::article::{self, Aids, Fate, Page, Rules, Selector, Site};
use proptest::prelude::*;
use url::Url;

fn clean(body: &[u8]) -> Result<article::Article, article::NoArticle> {
    let url = Url::parse("https://www.quaypost.example/news/1").unwrap();
    article::from_page(Page { url: &url, body, content_type: Some("text/html") }, None, &Site::default())
}

/// Unoptimised builds on busy machines are an order of magnitude slower than what the limits promise (250 ms), and
/// what has no limit takes minutes even there.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn bombs_are_defused() {
    let attributes: String = (0..60_000).map(|n| format!(" a{n}")).collect();
    let bombs = [
        ("depth", "<div>".repeat(200_000)),
        ("lists", "<ul><li>".repeat(100_000)),
        ("formatting", "<b><i>".repeat(100_000)),
        ("tables", "<table><tr><td>".repeat(50_000)),
        ("attributes", format!("<p{attributes}>text</p>")),
        ("elements", "<p>x".repeat(500_000)),
        ("unclosed comment", format!("<p>text<!--{}", "-".repeat(1_000_000))),
        ("unclosed scripts", "<script>".repeat(200_000)),
        ("breaks", format!("<p>{}", "a<br>".repeat(200_000))),
        ("inline", format!("<p>{}", "<span class=author>a</span>".repeat(50_000))),
        ("json", format!("<script type='application/ld+json'>{}", "[".repeat(500_000))),
        ("nested bylines", format!("{}{}", "<div class=author><span class=author>".repeat(240), "x ".repeat(400_000))),
        ("one line", format!("<p>{}", "word ".repeat(500_000))),
    ];
    for (name, page) in bombs {
        let start = Instant::now();
        let _ = clean(page.as_bytes());
        assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    }
}

#[test]
fn what_is_no_page_is_refused() {
    for (body, reason) in [
        (&b""[..], "no_text"),
        (b"  \n ", "no_text"),
        (b"%PDF-1.7 <</Type /Catalog>>", "not_html"),
        (b"just text", "not_html"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not_html"),
        (b"<html><body></body></html>", "no_text"),
    ] {
        assert_eq!(clean(body).unwrap_err().reason.as_str(), reason, "{body:?}");
    }
    assert_eq!(clean(&vec![b'a'; 17 << 20]).unwrap_err().reason.as_str(), "page_too_large");
}

/// Markup from the parts that decisions hang on, in any order.
fn soup() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "<article>",
        "</article>",
        "<div class=\"article-body\">",
        "<div class=comments>",
        "</div>",
        "<p>",
        "</p>",
        "<h1>",
        "</h1>",
        "<h2>About us</h2>",
        "<ul><li><a href=/x>",
        "</a></ul>",
        "<table><tr><td>",
        "</table>",
        "<br>",
        "<br><br>",
        "<b>",
        "</b>",
        "<noscript>",
        "</noscript>",
        "<script>",
        "</script>",
        "<script type=\"application/ld+json\">{\"@type\":\"NewsArticle\",\"headline\":\"T\"}</script>",
        "<!--",
        "-->",
        "<svg>",
        "</svg>",
        "<blockquote>",
        "<figure><figcaption>",
        "<time datetime=2024-05-14>",
        "<title>T</title>",
        "<meta name=author content=\"By A. B\">",
        "A sentence that is long enough to be taken for a paragraph of a story, and then some more of it. ",
        "© 2024 Example. All rights reserved.",
        "Read more: ",
        "「日本語の文章。」",
        "اقرأ أيضا",
        "\u{202e}",
        "&amp;lt;",
        "BERLIN (AP) — ",
        "\0",
    ]);
    prop::collection::vec(parts, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_markup_is_survived(page in soup()) {
        if let Ok(article) = clean(page.as_bytes()) {
            // what comes out is in normal form, and cleaning is the same every time
            prop_assert_eq!(&copydesk::text::paragraphs(&article.text)[..], &article.text[..]);
            prop_assert_eq!(clean(page.as_bytes()).unwrap(), article);
        }
    }

    #[test]
    fn an_explanation_decides_nothing(page in soup()) {
        let url = Url::parse("https://www.quaypost.example/news/1").unwrap();
        let page = Page { url: &url, body: page.as_bytes(), content_type: Some("text/html") };
        let mut rules = Rules::default();
        let selectors = |texts: &[&str]| texts.iter().map(|text| Selector::parse(text).unwrap()).collect();
        rules.add("quaypost.example", selectors(&["figcaption", ".comments p"]), selectors(&["h2", "b", "li"])).unwrap();
        for rules in [&Rules::default(), &rules] {
            let explained = article::explain(page, Aids::without_entry(&Site::default(), rules));
            prop_assert_eq!(&explained.outcome, &article::extract(page, Aids::without_entry(&Site::default(), rules)));
            if let (Ok(extraction), None) = (&explained.outcome, &explained.refused) {
                let kept: String = explained.blocks.iter().filter(|block| block.fate == Fate::Kept).map(|b| &*b.text).collect();
                let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
                prop_assert_eq!(letters(&copydesk::text::paragraphs(&kept)), letters(&extraction.article.text));
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = clean(&bytes);
        let _ = article::from_text(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_cleaned_twice_is_the_same(text in "[a-zé。.\\n ©A-Z]{0,400}") {
        let once = article::from_text(&text);
        prop_assert_eq!(copydesk::text::paragraphs(&once.text), once.text);
    }
}
