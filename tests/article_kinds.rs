//! Pages that are no articles: which kind they are, as records of rejects and `copydesk try` say it.

#![allow(clippy::unwrap_used)]

use copydesk::article::{self, ExtractionContext, Page, Rules, Site};
use url::Url;

/// What the page says it is, and why it is refused.
fn check(html: &str, expected: (&str, &str, &str)) {
    let url = Url::parse("https://www.quaypost.example/news/bridge").unwrap();
    let page = Page { url: &url, body: html.as_bytes(), content_type: None };
    let explained = article::explain(page, ExtractionContext::without_entry(&Site::default(), &Rules::default()));
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

/// A page of nothing but a heading and paragraphs.
fn plain(title: &str, paragraphs: &[&str]) -> String {
    let paragraphs: String = paragraphs.iter().map(|text| format!("<p>{text}</p>")).collect();
    format!("<html><head><title>{title}</title></head><body><main><h1>{title}</h1>{paragraphs}</main></body></html>")
}

const PROSE: &str = "The harbour council voted on Tuesday evening to keep the old swing bridge open to walkers for \
    another five years. Engineers had warned that its iron deck needed repairs, and several members wanted a ferry \
    landing instead. Work on the deck is to begin in September, and it will be closed on four weekends this autumn.";

fn reason_of(html: &str) -> Option<&'static str> {
    let url = Url::parse("https://www.quaypost.example/news/bridge").unwrap();
    let page = Page { url: &url, body: html.as_bytes(), content_type: None };
    article::from_page(page, None, &Site::default()).err().map(|refused| refused.reason.as_str())
}

#[test]
fn walls_and_error_pages_may_be_long() {
    let consent = [
        "We and our 611 partners store information on a device and read it, such as cookies, and process personal \
         data for advertising that fits you, for the measurement of reach and to make our services better. We ask for \
         your consent to this; you may refuse to consent, or look at more options before you decide on anything.",
        "Some partners do not ask for your consent and rely on their legitimate interest. Your preferences hold for \
         this site alone, and you can change your choices at any time by a link at the foot of each page of ours.",
    ];
    let german = [
        "Wir und unsere Partner verarbeiten personenbezogene Daten, um Ihnen personalisierte Werbung zu zeigen und \
         Inhalte zu messen. Dafür brauchen wir Ihre Einwilligung, die Sie jederzeit in der Datenschutzerklärung \
         widerrufen können. Mit einem Klick stimmen Sie zu, oder Sie lesen die Zeitung mit einem Abonnement ohne Werbung.",
    ];
    let trouble = [
        "The server that keeps our pages has a technical problem and cannot show the one that you asked for; our \
         engineers know of it and are working on it at this very moment.",
        "Please try again in a few minutes, or go back to the home page, where you find the news of the day in order. \
         We apologise for the inconvenience and thank you for your patience, and hope to be back before long.",
    ];
    for (html, expected) in [
        (plain("Before you continue to Quay Post", &consent), "wall"),
        (plain("Quay Post", &consent), "wall"),
        (plain("Hafenblatt", &german), "wall"),
        (plain("One more step", &["Press and hold the button, so that we know that you are not a robot."]), "wall"),
        (plain("Oops", &trouble), "error_page"),
        (plain("Old bridge may stay", &["This article has been removed from our site."]), "error_page"),
    ] {
        assert_eq!(reason_of(&html), Some(expected), "{html}");
    }
    let told = format!("The chain said that it used cookies without your consent in mind. {PROSE}");
    assert_eq!(reason_of(&plain("Chain fined over cookies", &[&told, PROSE])), None, "a story about such things");
    let sorry = format!("“Sorry,” said the mayor, “we could not find the money.” {PROSE}");
    assert_eq!(reason_of(&plain("Sorry, says the mayor of Marrow", &[&sorry, PROSE])), None);
}

#[test]
fn a_teaser_is_no_article() {
    let pitch = "Subscribe to read the whole story. Already a subscriber? Log in.";
    let title = "Old swing bridge stays open";
    assert_eq!(reason_of(&plain(title, &[PROSE, pitch])), Some("paywall"));
    let abo = "Jetzt weiterlesen mit Hafenblatt plus. Sie haben bereits ein Abo?";
    assert_eq!(reason_of(&plain(title, &[PROSE, abo])), Some("paywall"));
    let paid = "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"Old swing bridge stays open\",\"isAccessibleForFree\":false}</script>";
    assert_eq!(reason_of(&format!("{paid}{}", plain(title, &[PROSE]))), Some("paywall"));
    assert_eq!(reason_of(&plain(title, &[PROSE, PROSE, PROSE, PROSE, pitch])), None, "all of it is there");
    assert_eq!(reason_of(&plain(title, &[PROSE])), None);
}

#[test]
fn beginnings_of_other_stories_are_no_article() {
    let card = |n: usize, head: &str| {
        format!(
            "<section><{head}><a href=/news/{n}>Headline of story {n} of the town</a></{head}><p>{PROSE}</p></section>"
        )
    };
    let front: String = (0..9).map(|n| card(n, "h2")).collect();
    assert_eq!(reason_of(&format!("<title>Quay Post</title><main>{front}</main>")), Some("not_an_article"));
}
