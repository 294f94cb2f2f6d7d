//! Pages that were written to harm, and bytes that are no pages.

#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use copydesk::article::{self, ExtractionContext, Fate, Page, Rules, Selector, Site};
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};
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
    let spans: String = (0..2000).map(|n| format!("<span>w{n} </span>")).collect();
    let words: String = (0..60_000).map(|n| format!("w{n} ")).collect();
    let titles = format!(
        "<meta property='og:title' content='{words}'>{}<p>text",
        format!("<h1>{}</h1>", &words[..1900]).repeat(200)
    );
    let list = format!("<ul>{}</ul>", "<li>A keeper of the rock counted the boats of the night.".repeat(10_000));
    let bombs = [
        ("two long lists", format!("<main>{list}{list}</main>")),
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
        ("a headline of parts", format!("<title>w1 w2 w3 w4 w5 w6 w7</title><h1>{spans}</h1><p>text")),
        ("headlines and a title of many words", titles),
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

const TEXTS: [&str; 7] = [
    "A sentence that is long enough to be taken for a paragraph of a story, and then some more of it. ",
    "A second one, which is made of other words but has the length of a paragraph as well, as it were. ",
    "© 2024 Example. All rights reserved.",
    "Read more: ",
    "「日本語の文章。」",
    "اقرأ أيضا",
    "BERLIN (AP) — ",
];

const MARKUP: [&str; 36] = [
    "<title>T. </title>",
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
    "<script>let unread = 1;</script>",
    "<style>.unread { margin: 0 }</style>",
    "<script type=\"application/ld+json\">{\"@type\":\"NewsArticle\",\"headline\":\"T\"}</script>",
    "<!--",
    "-->",
    "<svg>",
    "</svg>",
    "<blockquote>",
    "<figure><figcaption>",
    "<time datetime=2024-05-14>",
    "<meta name=author content=\"By A. B\">",
    "&amp;lt;",
    "\u{202e}\0",
];
/// What a reader may see of that.
const VISIBLE_IN_MARKUP: [&str; 4] = ["T", "About", "us", "lt"];

/// Markup from the parts that decisions hang on, in any order.
fn soup() -> impl Strategy<Value = String> {
    let part = prop_oneof![prop::sample::select(MARKUP.to_vec()), prop::sample::select(TEXTS.to_vec())];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

/// The words of a text that are written as markup is, in ASCII.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// Checks pages that are stories, of which there have to be enough for it to prove something.
fn check(stories: u32, check: impl Fn(&str) -> Result<bool, TestCaseError>) {
    let cases = ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() };
    let (mut runner, found) = (TestRunner::new(cases), Cell::new(0));
    let fault = runner.run(&soup(), |page| check(&page).map(|is_story| found.set(found.get() + u32::from(is_story))));
    fault.unwrap_or_else(|fault| panic!("{fault}"));
    assert!(found.get() >= stories, "{} stories only", found.get());
}

#[test]
fn nothing_but_what_can_be_read_is_in_an_article() {
    let visible: BTreeSet<&str> = TEXTS.iter().flat_map(|text| words(text)).chain(VISIBLE_IN_MARKUP).collect();
    check(15, |page| {
        let Ok(article) = clean(page.as_bytes()) else { return Ok(false) };
        let unseen: Vec<&str> = words(&article.text).difference(&visible).copied().collect();
        prop_assert!(unseen.is_empty(), "{unseen:?} in {:?}", article.text);
        prop_assert!(!article.text.contains(['\0', '\u{202e}']), "{:?}", article.text);
        prop_assert_eq!(&copydesk::text::paragraphs(&article.text), &article.text, "not in normal form");
        Ok(true)
    });
}

#[test]
fn an_explanation_decides_nothing() {
    let url = Url::parse("https://www.quaypost.example/news/1").unwrap();
    let selectors = |texts: &[&str]| texts.iter().map(|text| Selector::parse(text).unwrap()).collect();
    let (none, mut some) = (Rules::default(), Rules::default());
    some.add("quaypost.example", selectors(&["figcaption", ".comments p"]), selectors(&["h2", "b", "li"])).unwrap();
    for rules in [&none, &some] {
        check(15, |page| {
            let page = Page { url: &url, body: page.as_bytes(), content_type: Some("text/html") };
            let explained = article::explain(page, ExtractionContext::without_entry(&Site::default(), rules));
            let decided = article::extract(page, ExtractionContext::without_entry(&Site::default(), rules));
            prop_assert_eq!(&explained.outcome, &decided);
            let (Ok(extraction), None) = (&explained.outcome, &explained.refused) else { return Ok(false) };
            let kept: String =
                explained.blocks.iter().filter(|block| block.fate == Fate::Kept).map(|block| &*block.text).collect();
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&copydesk::text::paragraphs(&kept)), letters(&extraction.article.text));
            Ok(true)
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

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
