//! What is known of a site, in the daemon: it is stored as it grows, and forgotten when the site changes its design.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::{
    net::Ipv4Addr,
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::{Path, State},
    response::Html,
    routing::get,
};
use copydesk::{
    article::{self, ExtractionContext, Learned, Page, Rules, Site},
    state::SiteState,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::block_in_place};

#[path = "support/installation.rs"]
mod installation;

use installation::{Installation, LOCAL, ON_LOOPBACK};

/// Stories in the old design; those after them are put on the page by a script.
const OLD: usize = 30;

/// How many stories there are.
type Stories = Arc<AtomicUsize>;

async fn feed(State(stories): State<Stories>) -> String {
    let items = (0..stories.load(Ordering::Relaxed)).rev().map(|n| {
        format!("<item><title>Story {n}</title><guid isPermaLink=\"false\">{n}</guid><link>/news/{n}</link></item>")
    });
    format!("<rss version=\"2.0\"><channel><title>Site</title>{}</channel></rss>", items.collect::<String>())
}

async fn page(Path(n): Path<usize>) -> Html<String> {
    let sentence =
        format!("This is what happened in case {n}, as it was told by those who saw it from where they were.");
    let text = (0..5).map(|part| format!("<p>Part {part}. {sentence}</p>")).collect::<String>();
    let body = if n < OLD { text } else { "<div id=\"app\"></div><script src=\"/app.js\"></script>".to_owned() };
    Html(format!(
        "<html lang=\"en\"><title>Story {n}</title><h1>Story {n}</h1><main class=\"story\">{body}</main></html>"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redesign_is_noticed_and_learned_anew() {
    let stories = Stories::new(AtomicUsize::new(OLD));
    let router = Router::new().route("/feed", get(feed)).route("/news/{n}", get(page)).with_state(Arc::clone(&stories));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let directory = tempfile::tempdir().unwrap();
    // no page is looked at again: it would be learned again, once what was known is forgotten
    let (before, after) = ON_LOOPBACK.split_once("  rechecks: ").unwrap();
    let after = after.split_once('\n').unwrap().1;
    let sections = format!("{before}  rechecks: []\n{after}{LOCAL}");
    let installation = Installation::with_feeds(directory.path(), &[format!("{base}/feed")], &sections);

    let run = || {
        let output = block_in_place(|| installation.output(&["run", "--once"]));
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let learned_from = || -> Option<u64> {
        let story = format!("{base}/news/0");
        let output = block_in_place(|| installation.output(&["try", &story, "--json"]));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["learned_from"].as_u64()
    };
    let says = "the site has a new design";
    assert!(!run().contains(says));
    let known = learned_from().unwrap();
    assert!((OLD as u64 - 4..=OLD as u64).contains(&known), "what is not saved are the last few: {known}");

    for (all, noticed) in [(5, false), (10, true)] {
        stories.store(OLD + all, Ordering::Relaxed);
        let mut log = String::new();
        // a run that comes before the feed is due finds nothing to do
        for _ in 0..100 {
            log += &run();
            if installation.rejects().len() == all {
                break;
            }
        }
        assert_eq!(log.matches(says).count(), usize::from(noticed), "{log}");
    }
    assert_eq!(learned_from(), Some(0), "what was known is forgotten");
    assert_eq!(installation.rejects().iter().filter(|reject| reject.reason == "no_text").count(), 10);
}

#[test]
fn what_a_site_repeats_is_stored_as_it_grows() {
    let mut site = SiteState::new("example.com");
    let mut stored = 0;
    for n in 0..90 {
        let body = format!("<h1>T</h1><p>{}</p>", format!("Sentence of story {n}, long enough to be one. ").repeat(8));
        let url = format!("https://example.com/{n}").parse().unwrap();
        let page = Page { url: &url, body: body.as_bytes(), content_type: None };
        let observation = article::extract(page, ExtractionContext::without_entry(&Site::default(), &Rules::default()))
            .unwrap()
            .observation;
        assert_eq!(site.learn(&observation), Learned::Something);
        assert_eq!(site.learn(&observation), Learned::Nothing, "read again");
        let new = site.changes(true, usize::MAX).len();
        assert!(new == 1 || n >= 8, "the first pages are worth storing each");
        stored += new;
    }
    assert!((20..=40).contains(&stored), "{stored} times");
}
