//! The binary over HTTPS, with an authority that it trusts by `SSL_CERT_FILE`: HTTP/2, connections that serve again, and
//! certificates that are not as they must be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/installation.rs"]
mod installation;
#[path = "support/tls.rs"]
mod tls;

use std::path::Path;

use axum::http::Version;
use installation::{Installation, LOCAL};
use tls::{Answer, Authority, Certificate, Secure};
use tokio::task::block_in_place;

const SETTINGS: &str = "admin: off\nfetch: {allow_networks: [127.0.0.0/8], host_gap: 50ms}\n";
const PAGES: usize = 6;

fn typed(kind: &str, body: String) -> Answer {
    (200, vec![("content-type", kind.to_owned())], body)
}

/// A feed whose entries lead to pages of the same host; half of them redirect to the other half, one is missing.
fn paper(path: &str) -> Answer {
    let story = "A sentence that is long enough to stand for a story in which something happens. ".repeat(8);
    let items: String = (0..PAGES).map(|n| format!("<item><title>Story {n}</title><link>/{n}</link></item>")).collect();
    match path {
        "/feed" => typed(
            "application/rss+xml",
            format!("<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>"),
        ),
        "/robots.txt" => (404, vec![], "nothing here".repeat(100)),
        "/0" => (404, vec![], "nothing here".repeat(1000)),
        "/1" => (302, vec![("location", "/moved".to_owned())], "moved".repeat(100)),
        path => typed(
            "text/html",
            format!(
                "<html><head><title>{path}</title></head><body><article><h1>{path}</h1><p>{story}</p></article></body></html>"
            ),
        ),
    }
}

/// Polls once what is due; what `status` says of the only feed then.
fn poll(installation: &Installation, authority: &Path) -> serde_json::Value {
    let output =
        block_in_place(|| installation.command(&["run", "--once"]).env("SSL_CERT_FILE", authority).output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = block_in_place(|| installation.output(&["status", "--json"]));
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    status["feeds"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_and_its_pages_come_over_connections_that_serve_again() {
    let directory = tempfile::tempdir().unwrap();
    let (authority, pem) = (Authority::new("ours"), directory.path().join("ca.pem"));
    authority.write(&pem);
    // with HTTP/1, as many connections as there may be requests at once, and one more if one is not back in time
    for (protocols, version, most) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2, 1),
        (&["http/1.1"], Version::HTTP_11, 4),
        (&[], Version::HTTP_11, 4),
    ] {
        let server = Secure::open(&authority, Certificate::Good, protocols, paper).await;
        let directory = tempfile::tempdir().unwrap();
        let installation =
            Installation::with_feeds(directory.path(), &[server.url("/feed")], &format!("{SETTINGS}{LOCAL}"));
        let feed = poll(&installation, &pem);
        assert_eq!(feed["trouble"], serde_json::Value::Null, "{feed}");
        let asked = server.asked();
        assert!(asked.iter().all(|(spoken, _)| *spoken == version), "{asked:?}");
        assert_eq!(
            block_in_place(|| installation.records()).len(),
            PAGES - 1,
            "all but the one that is missing: {asked:?}"
        );
        let opened = server.connections();
        println!("{version:?}: {} requests over {opened} connections", asked.len());
        assert!(asked.len() >= PAGES + 3 && opened <= most, "{opened} connections for {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_not_as_they_must_be_are_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a stranger's"));
    let pem = directory.path().join("ca.pem");
    authority.write(&pem);
    for (signed_by, kind, words) in [
        (&authority, Certificate::Expired, "certificate expired"),
        (&authority, Certificate::OfAnotherName, "not valid for name \"localhost\""),
        (&authority, Certificate::SelfSigned, "UnknownIssuer"),
        (&stranger, Certificate::Good, "UnknownIssuer"),
    ] {
        let server = Secure::open(signed_by, kind, &["h2", "http/1.1"], paper).await;
        let directory = tempfile::tempdir().unwrap();
        let installation =
            Installation::with_feeds(directory.path(), &[server.url("/feed")], &format!("{SETTINGS}{LOCAL}"));
        let feed = poll(&installation, &pem);
        let trouble = feed["trouble"].as_str().unwrap_or_default();
        assert!(trouble.starts_with("tls: ") && trouble.contains(words), "{kind:?}: {trouble}");
        assert_eq!(server.asked(), [], "{kind:?}: nothing is asked of whom one does not know");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_from_https_to_http_unless_the_user_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let (authority, pem) = (Authority::new("ours"), directory.path().join("ca.pem"));
    authority.write(&pem);
    let plain = wiremock::MockServer::start().await;
    let body = paper("/feed").2;
    let answer = wiremock::ResponseTemplate::new(200).set_body_raw(body, "application/rss+xml");
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&plain).await;
    let to = plain.uri();
    let server = Secure::open(&authority, Certificate::Good, &["h2"], move |_| {
        (301, vec![("location", format!("{to}/feed"))], String::new())
    })
    .await;
    for (settings, trouble, asked) in [
        (SETTINGS.to_owned(), "redirect: a redirect from https to http", 0),
        (SETTINGS.replace("{allow", "{allow_downgrade: true, allow"), "", 1),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let feed = format!("{{url: \"{}\", full_text: feed}}", server.url("/feed"));
        let installation = Installation::with_feeds(directory.path(), &[feed], &format!("{settings}{LOCAL}"));
        let feed = poll(&installation, &pem);
        let found = feed["trouble"].as_str().unwrap_or_default();
        assert!(found.starts_with(trouble) && found.is_empty() == trouble.is_empty(), "{found}");
        assert_eq!(plain.received_requests().await.unwrap().len(), asked);
    }
}
