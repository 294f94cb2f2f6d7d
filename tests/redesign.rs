//! A site changes its design, and its stories are not found any more: the daemon notices, says so, and learns anew.

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
use serde_json::Value;
use tokio::{net::TcpListener, task::block_in_place};

#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, LOCAL, ON_LOOPBACK};

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
    let desk = Desk::with_feeds(directory.path(), &[format!("{base}/feed")], &format!("{ON_LOOPBACK}{LOCAL}"));

    let run = || {
        let output = block_in_place(|| desk.output(&["run", "--once"]));
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let learned_from = || -> Option<u64> {
        let story = format!("{base}/news/0");
        let output = block_in_place(|| desk.output(&["try", &story, "--json"]));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["learned_from"].as_u64()
    };
    let says = "the site has a new design";
    assert!(!run().contains(says));
    let known = learned_from().unwrap();
    assert!((OLD as u64 - 4..=OLD as u64).contains(&known), "what is not saved are the last few: {known}");

    for (more, noticed) in [(5, false), (5, true)] {
        stories.fetch_add(more, Ordering::Relaxed);
        block_in_place(|| std::thread::sleep(std::time::Duration::from_millis(400)));
        let log = run();
        assert_eq!(log.matches(says).count(), usize::from(noticed), "{log}");
    }
    assert_eq!(learned_from(), Some(0), "what was known is forgotten");
    assert_eq!(desk.rejects().iter().filter(|reject| reject.reason == "no_text").count(), 10);
}
