//! What publishers do with the pages behind their links, and what comes of each entry: through the binary, over loopback.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;
#[path = "support/publisher.rs"]
mod publisher;

use host::Answer;
use publisher::{NOUNS, date, guid, html, in_words, item, moved, play, rss, scene, stories, story, told};

const CHECK: &str = "<title>One moment</title><meta name=author content='Edge Works'><meta name=robots content=noindex>
    <meta property=og:image content=https://edge.example/logo.png><meta property=article:published_time content=2020-01-01>
    <h1>One moment</h1><p>Checking that you are not a robot. This may take a few seconds.";
const CONSENT: &str =
    "<title>Before you read on</title><h1>Before you read on</h1><p>We use cookies and data to deliver our
    services. Accept all or reject all cookies.<button>Accept all</button>";
const SCRIPT: &str =
    "<title>Gazette</title><div id=root></div><noscript>Please enable JavaScript to run this app.</noscript>";
const MISSING: &str =
    "<title>Page not found</title><h1>Page not found</h1><p>Sorry, the page you are looking for could not be found.";

/// Nothing of a page that is refused is published: the feed's text, if it is a story, under the feed's title; or nothing.
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_refused() {
    fn site(path: &str, more: fn(&str) -> String) -> Option<Answer> {
        Some(match path {
            "/feed" => rss(&["check", "consent", "script", "missing"]
                .map(|noun| item(&format!("/{noun}"), noun, &(date(1, 0) + &more(noun))))),
            "/check" => html(CHECK),
            "/consent" => html(CONSENT),
            "/script" => html(SCRIPT),
            "/missing" => html(MISSING),
            _ => return None,
        })
    }
    play(vec![scene(
        "with a deck in the feed",
        |path, _, _| site(path, |_| "<description>A short deck.</description>".to_owned()),
        &[
            "check: no record, wall",
            "consent: no record, wall",
            "missing: no record, error_page",
            "script: no record, no_text",
        ],
    )])
    .await;
    let full = scene(
        "with the story in the feed",
        |path, _, _| site(path, |_| told("ferry")),
        &[
            "check: ferry of the feed, wall",
            "consent: ferry of the feed, wall",
            "missing: ferry of the feed, error_page",
            "script: ferry of the feed, no_text",
        ],
    );
    let came = full.play().await;
    assert_eq!(in_words(&came), full.expected);
    for record in &came.records {
        assert_eq!(record.title, record.entry.title, "the feed's own");
        assert_eq!(record.published_at, record.entry.published_at);
        assert!(record.authors.is_empty() && record.image.is_none() && record.restrictions.is_empty(), "{record:?}");
    }
}

/// A story that was taken down is no record, whatever its link leads to.
#[tokio::test(flavor = "multi_thread")]
async fn links_home() {
    fn gone(path: &str, to: &str, front: &str) -> Option<Answer> {
        Some(match path {
            "/feed" => rss(&[item("/story/ferry", "Ferry", &guid("1")), item("/story/mill", "Mill", &guid("2"))]),
            _ if path == to => html(front),
            _ if path.starts_with("/story/") && path != "/story/" => moved(to),
            _ => return None,
        })
    }
    fn cards() -> String {
        let card = |noun: &&str| {
            format!(
                "<article class=card><h3><a href=/story/{noun}>The {noun}</a></h3><p>{}</p></article>",
                &story(noun)[3..160]
            )
        };
        format!("<title>Gazette</title><main>{}</main>", NOUNS.iter().map(card).collect::<String>())
    }
    const GONE: &[&str] = &["Ferry: no record, not_an_article", "Mill: no record, not_an_article"];
    const LIST: &[&str] = &["Ferry: no record, no_text", "Mill: no record, no_text"];
    play(vec![
        scene("home", |path, _, _| gone(path, "/", &cards()), GONE),
        scene(
            "home, where one text is on top",
            |path, _, _| gone(path, "/", &format!("<title>Gazette</title><article>{}</article>", story("board"))),
            GONE,
        ),
        scene(
            "home in its language",
            |path, _, _| gone(path, "/en/", &format!("<title>Gazette</title><article>{}</article>", story("board"))),
            GONE,
        ),
        scene("home, with a mark", |path, _, _| gone(path, "/?gone=1", &cards()), LIST),
        scene("the section above", |path, _, _| gone(path, "/story/", &cards()), LIST),
    ])
    .await;
}

/// Links through somebody else: the end is the record's URL, the site is the feed's.
#[tokio::test(flavor = "multi_thread")]
async fn links_through_services() {
    let through = scene(
        "services",
        |path, _, base| {
            let lead = |to: &str| {
                html(&format!(
                    "<meta http-equiv=refresh content='0; url={to}'><title>One moment</title><p>You are being taken on."
                ))
            };
            Some(match path {
                "/feed" => rss(&[
                    item("/x/1", "Ferry", ""),
                    item("/x/2", "Mill", ""),
                    item("/x/4", "Weir", ""),
                    item("/x/6", "Lantern", ""),
                    item(&format!("https://click.example/url?sa=t&amp;url={base}/story/harbour"), "Harbour", ""),
                ]),
                "/x/1" => moved("/story/ferry"),
                "/x/2" => lead("/x/3"),
                "/x/3" => moved("/story/mill"),
                "/x/4" => {
                    Answer::ok("<p>On we go").with("content-type", "text/html").with("refresh", "1; url=/story/weir")
                }
                "/x/6" => lead("http://10.0.0.1/story"),
                _ => return stories(path),
            })
        },
        &[
            "Ferry: ferry of the page",
            "Harbour: harbour of the page",
            "Lantern: no record, forbidden_address",
            "Mill: mill of the page",
            "Weir: weir of the page",
        ],
    );
    let came = through.play().await;
    assert_eq!(in_words(&came), through.expected);
    for record in &came.records {
        let noun = record.entry.title.as_deref().unwrap().to_lowercase();
        assert!(record.url.as_deref().unwrap().ends_with(&format!("/story/{noun}")), "{record:?}");
        assert_eq!(record.site, "127.0.0.1");
    }
}

/// What counts on and what comes back is no edit, and asks for no page at each poll.
#[tokio::test(flavor = "multi_thread")]
async fn storms_of_edits() {
    const ONE: &[&str] = &["Ferry: ferry of the page"];
    let counts = scene(
        "counters in the feed",
        |path, nth, _| match path {
            "/feed" => {
                let since = ["a minute", "5 minutes", "an hour", "2 hours", "a day"][nth];
                Some(rss(&[item(
                    "/story/ferry",
                    "Ferry",
                    &format!("<description>Points: {}, posted {since} ago, {} comments</description>", 7 * nth, nth),
                )]))
            }
            _ => stories(path),
        },
        ONE,
    )
    .polls(5)
    .settings("schedule: rechecks: []");
    let came = counts.play().await;
    assert_eq!(in_words(&came), counts.expected);
    let looks = came.asked.iter().filter(|path| *path == "/story/ferry").count();
    assert!(looks <= 2, "{looks} requests for a page that has not changed: {:?}", came.asked);
    play(vec![
        scene("two headlines in turn", |path, nth, _| match path {
            "/feed" => Some(rss(&[item("/story/ferry", "Ferry", "")])),
            "/story/ferry" => {
                let headline = ["The ferry is back", "Why the ferry came back"][nth % 2];
                Some(html(&format!("<title>{headline}</title><article><h1>{headline}</h1>{}</article>", story("ferry"))))
            }
            _ => None,
        }, ONE).polls(4).settings("schedule: rechecks: [1s, 2s, 3s, 4s]"),
        scene("a clock in the text", |path, nth, _| match path {
            "/feed" => Some(rss(&[item("/story/ferry", "Ferry", "")])),
            "/story/ferry" => Some(html(&format!("<title>The ferry</title><article><h1>The ferry</h1><p>Read {} times, {} readers are here now.</p>{}</article>", 100 + nth, 5 + nth, story("ferry")))),
            _ => None,
        }, ONE).polls(4).settings("schedule: rechecks: [1s, 2s, 3s, 4s]"),
    ])
    .await;
}

/// Dates that are none, and answers that say when to come again by how long they hold.
#[tokio::test(flavor = "multi_thread")]
async fn dates_and_times() {
    play(vec![
        scene(
            "zero is no date",
            |path, _, _| match path {
                "/feed" => {
                    Some(rss(&[item("/story/ferry", "Ferry", "<pubDate>Thu, 01 Jan 1970 00:00:00 +0000</pubDate>")]))
                }
                _ => stories(path),
            },
            &["Ferry: ferry of the page"],
        )
        .settings("schedule: max_age: 7d"),
        scene(
            "not before its answer is old",
            |path, nth, _| match path {
                "/feed" if nth == 0 => Some(Answer::status(503).with("cache-control", "public, max-age=3600")),
                "/feed" => Some(rss(&[item("/story/ferry", "Ferry", "")])),
                _ => stories(path),
            },
            &[],
        )
        .polls(2),
    ])
    .await;
}
