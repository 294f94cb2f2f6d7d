//! The main job through the binary, on the local ledger: what a user does, and what the web does to them.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::DateTime;
use copydesk::demo::{FEEDS, NewsSite, Paper, Story};
use tokio::{net::TcpListener, task::block_in_place};

#[path = "support/installation.rs"]
mod installation;

use installation::{Installation, LOCAL, ON_LOOPBACK, faults};

#[tokio::test(flavor = "multi_thread")]
async fn once_publishes_everything_and_a_second_time_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let stories = (0..20).map(|number| Story::numbered(number, DateTime::UNIX_EPOCH)).collect();
    let site = NewsSite::open(Paper { stories, missing: vec!["case-7".to_owned()], ..Paper::default() }).await.unwrap();
    let installation = Installation::new(directory.path(), &site, &format!("{ON_LOOPBACK}{LOCAL}"));

    let first = block_in_place(|| installation.output(&["run", "--once"]));
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let records = block_in_place(|| installation.records());
    assert_eq!(faults(&records, &site), Vec::<String>::new());
    assert_eq!(records.len(), 19, "four feeds tell of each story, and it is published once");
    let carriers: Vec<usize> = records.iter().map(|record| record.feeds.len()).collect();
    assert!(carriers.iter().any(|feeds| *feeds > 1), "a record names the feeds that carried it: {carriers:?}");
    assert_eq!(installation.rejects().iter().map(|reject| reject.reason.as_str()).collect::<Vec<_>>(), ["not_found"]);

    // every feed is due again, and so is a recheck of every page
    let later = installation.later(Duration::from_secs(60));
    assert!(block_in_place(|| later.output(&["run", "--once"])).status.success());
    assert_eq!(block_in_place(|| installation.records()).len(), 19);
    assert_eq!(installation.rejects().len(), 1);
    assert!(site.paper().asked.not_modified >= FEEDS.len(), "validators were sent: {:?}", site.paper().asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_fit_the_schema() {
    let directory = tempfile::tempdir().unwrap();
    let stories = (0..3).map(|number| Story::numbered(number, DateTime::UNIX_EPOCH)).collect();
    let site = NewsSite::open(Paper { stories, missing: vec!["case-2".to_owned()], ..Paper::default() }).await.unwrap();
    let installation = Installation::new(directory.path(), &site, &format!("{ON_LOOPBACK}{LOCAL}"));
    assert!(block_in_place(|| installation.output(&["run", "--once"])).status.success());
    for (contract, prefix, expected) in [("record", "records-", 2), ("reject", "rejects-", 1)] {
        let schema =
            std::fs::read_to_string(format!("{}/schema/{contract}.v1.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
        let mut checked = 0;
        for file in std::fs::read_dir(installation.ledger()).unwrap().map(|file| file.unwrap().path()) {
            if !file.file_name().unwrap().to_string_lossy().starts_with(prefix) {
                continue;
            }
            for line in std::fs::read_to_string(file).unwrap().lines() {
                validator.validate(&serde_json::from_str(line).unwrap()).unwrap();
                checked += 1;
            }
        }
        assert_eq!(checked, expected, "{contract}");
    }
}

/// Every page and feed that does not behave ends as what it is, and nothing else suffers.
#[tokio::test(flavor = "multi_thread")]
async fn the_web_as_it_is() {
    let base = odd_site().await;
    let directory = tempfile::tempdir().unwrap();
    let urls: Vec<String> = ["/rss.xml", "/page-as-feed", "/no-such-feed", "/hanging", "/endless", "/empty-feed"]
        .map(|path| format!("{base}{path}"))
        .into();
    let settings = ON_LOOPBACK.replace(
        "  host_gap: 0ms",
        "  host_gap: 0ms\n  first_byte_within: 1s\n  request_within: 3s\n  max_feed: 1 MiB\n  max_page: 1 MiB",
    );
    let installation = Installation::with_feeds(directory.path(), &urls, &format!("{settings}{LOCAL}"));
    let output = block_in_place(|| installation.output(&["run", "--once"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let rejects: BTreeMap<String, String> = installation
        .rejects()
        .into_iter()
        .map(|reject| (reject.url.unwrap().trim_start_matches(&base).to_owned(), reject.reason))
        .collect();
    let expected = [
        ("/pages/empty", "no_text"),
        ("/pages/gone", "gone"),
        ("/pages/huge", "too_large"),
        ("/pages/loop", "redirect"),
        ("/pages/pdf", "content_type"),
        ("/pages/private", "redirect"),
    ];
    assert_eq!(rejects, expected.map(|(path, reason)| (path.to_owned(), reason.to_owned())).into());
    let records = block_in_place(|| installation.records());
    let texts: Vec<&str> = records.iter().map(|record| record.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("Die Brücke über den Kanal"), "{texts:?}");

    let status = block_in_place(|| installation.output(&["status", "--json"]));
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    let trouble: BTreeMap<String, String> = status["feeds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feed| {
            let trouble = feed["trouble"].as_str().unwrap_or("none").split(':').next().unwrap().to_owned();
            (feed["url"].as_str().unwrap().trim_start_matches(&base).to_owned(), trouble)
        })
        .collect();
    let expected = [
        ("/empty-feed", "empty"),
        ("/endless", "too_large"),
        ("/hanging", "timeout"),
        ("/no-such-feed", "not_found"),
        ("/page-as-feed", "web_page"),
        ("/rss.xml", "none"),
    ];
    assert_eq!(trouble, expected.map(|(path, reason)| (path.to_owned(), reason.to_owned())).into());
}

const ODD_PAGES: [&str; 7] = ["pdf", "empty", "huge", "latin1", "gone", "loop", "private"];

async fn odd_site() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let items: String = ODD_PAGES
        .iter()
        .map(|page| {
            format!(
                "<item><title>{page}</title><link>{base}/pages/{page}</link><description>short</description></item>"
            )
        })
        .collect();
    let feed = format!("<rss version=\"2.0\"><channel><title>odd</title>{items}</channel></rss>");
    let router = Router::new()
        .route("/rss.xml", get(move || async move { ([(header::CONTENT_TYPE, "application/rss+xml")], feed) }))
        .route(
            "/page-as-feed",
            get(|| async { html("<html><link rel=alternate type=application/rss+xml href=/rss.xml><p>Hi</p></html>") }),
        )
        .route("/empty-feed", get(|| async { ([(header::CONTENT_TYPE, "text/xml")], "") }))
        .route("/hanging", get(std::future::pending::<()>))
        .route("/endless", get(|| async { ([(header::CONTENT_TYPE, "text/xml")], endless()) }))
        .route("/pages/pdf", get(|| async { ([(header::CONTENT_TYPE, "application/pdf")], "%PDF-1.7") }))
        .route("/pages/empty", get(|| async { html("") }))
        .route("/pages/huge", get(|| async { ([(header::CONTENT_TYPE, "text/html")], endless()) }))
        .route("/pages/latin1", get(latin1))
        .route("/pages/gone", get(|| async { StatusCode::GONE }))
        .route("/pages/loop", get(|| async { redirect("/pages/loop") }))
        .route("/pages/private", get(|| async { redirect("http://169.254.169.254/latest/meta-data/") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn html(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "text/html")], text).into_response()
}

fn redirect(to: &'static str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
}

fn endless() -> Body {
    let chunk = Bytes::from(vec![b' '; 64 * 1024]);
    Body::from_stream(futures_util::stream::repeat_with(move || Ok::<_, std::convert::Infallible>(chunk.clone())))
}

/// A page in ISO 8859-1 whose server says nothing of it; its meta element does.
async fn latin1() -> Response {
    let text = "Die Brücke über den Kanal wurde am Montag wieder für den Verkehr geöffnet, sagte der Bürgermeister. ";
    let paragraphs = format!("<p>{}</p>", text.repeat(3)).repeat(4);
    let page = format!(
        "<html><head><meta charset=iso-8859-1><title>Brücke</title></head><body><article><h1>Brücke</h1>{paragraphs}</article></body></html>"
    );
    let bytes: Vec<u8> = page.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    ([(header::CONTENT_TYPE, "text/html")], bytes).into_response()
}

/// What a user gets wrong is said clearly, with the exit code of bad usage.
#[test]
fn faults_of_the_user_are_told() {
    for (yaml, expected) in [
        (
            "contact: a@example.com\nfeeds:\n  - https://example.com/rss.xml\nintervall: 5m\n",
            "4:1: unknown key `intervall` in the configuration, known are: admin, ",
        ),
        ("feeds: []\n", "1:8: an empty list of feeds\n"),
        (
            "contact: a@example.com\nfeeds:\n  - ftp://example.com/\n",
            "3:5: feed: expected an http or https URL, found `ftp://example.com/`\n",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let installation = Installation::with_feeds(directory.path(), &[], "");
        std::fs::write(installation.config(), yaml).unwrap();
        let expected = format!("{}:{expected}", installation.config().display());
        let (run, check) = (installation.output(&["run"]), installation.output(&["check"]));
        // `run` says it on standard error, `check` as its output
        for (command, status, told) in [("run", run.status, run.stderr), ("check", check.status, check.stdout)] {
            let told = String::from_utf8(told).unwrap();
            assert_eq!(status.code(), Some(2), "{command}: {told}");
            assert!(told.starts_with(&expected), "{command}: {told}");
        }
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_told() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ledger"), "a file, not a directory").unwrap();
    let installation = Installation::with_feeds(
        directory.path(),
        &["http://127.0.0.1:9/rss.xml".to_owned()],
        &format!("{ON_LOOPBACK}{LOCAL}"),
    );
    let output = installation.output(&["run", "--once"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let expected = format!("copydesk: cannot create `{}`: File exists", installation.ledger().display());
    assert!(told.lines().last().is_some_and(|line| line.starts_with(&expected)), "{told}");
}

/// A daemon that waits for its ledger is alive, not ready, and says what it waits for.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_without_its_ledger_answers() {
    let directory = tempfile::tempdir().unwrap();
    let free = || async { TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap() };
    let (admin, nobody) = (free().await, free().await);
    let settings = ON_LOOPBACK.replace("admin: off", &format!("admin: {admin}"));
    let ledger = format!("ledger: {{kafka: {{brokers: [\"{nobody}\"]}}}}\n");
    let urls = ["http://127.0.0.1:9/rss.xml".to_owned()];
    let installation = Installation::with_feeds(directory.path(), &urls, &format!("{settings}{ledger}"));
    let mut child = installation.start(None);
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut said: Vec<String> = Vec::new();
    // the first attempt takes ten seconds, and only then is it known what is wrong
    while said.len() < 2 {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < deadline, "{said:?}\n{}", installation.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
        // it does not answer yet while it starts
        let Ok(status) = copydesk::admin::ask_running(admin).await else { continue };
        assert!(status.running && !status.ready, "{status:?}");
        let trouble = status.trouble.unwrap();
        if said.last() != Some(&trouble) {
            said.push(trouble);
        }
    }
    let health = |flags: &[&str]| {
        let output = installation.output(&[&["health"], flags].concat());
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert_eq!(health(&[]), (Some(0), "ok\n".to_owned()), "it is alive");
    let (code, text) = health(&["--ready"]);
    assert!(code == Some(1) && text.starts_with("stalled: cannot reach a broker at "), "{text}");
    installation::kill(child);
    let (code, text) = health(&[]);
    assert!(code == Some(1) && text.starts_with(&format!("copydesk: no daemon answers at {admin}: ")), "{text}");
    assert_eq!(said[0], "the ledger is being opened");
    assert!(said[1].starts_with(&format!("cannot reach a broker at `{nobody}`: ")), "{said:?}");
}
