//! `copydesk try` through the binary: it decides as the daemon does, says why, and shows hostile pages without harm.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::{fs, path::Path, process::Command};

use chrono::DateTime;
use copydesk::demo::{NewsSite, Paper, Story};
use scraper::{Html, Selector};
use serde_json::Value;
use tokio::task::block_in_place;

#[path = "support/installation.rs"]
mod installation;

use installation::{Installation, LOCAL, ON_LOOPBACK};

const PITCH: &str = "Sign up for our morning newsletter and get the headlines at seven.";

async fn site(stories: usize) -> NewsSite {
    let stories = (0..stories).map(|number| Story::numbered(number, DateTime::UNIX_EPOCH)).collect();
    NewsSite::open(Paper { stories, missing: vec!["case-1".to_owned()], ..Paper::default() }).await.unwrap()
}

fn report(installation: &Installation, arguments: &[&str]) -> Value {
    let output = block_in_place(|| installation.output(&[&["try", "--json"], arguments].concat()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_is_what_the_daemon_publishes() {
    let directory = tempfile::tempdir().unwrap();
    let site = site(6).await;
    let rules = "sites: {127.0.0.1: {drop: 'main p:nth-of-type(2)'}}\n";
    let installation = Installation::new(directory.path(), &site, &format!("{ON_LOOPBACK}{LOCAL}{rules}"));
    assert!(block_in_place(|| installation.output(&["run", "--once"])).status.success());
    let records = block_in_place(|| installation.records());
    let record = records.iter().find(|record| record.url.as_ref().is_some_and(|url| url.contains("/case-3"))).unwrap();
    // as the feed that came first links to it: some of them add where the visitor comes from
    let page = record.url.clone().unwrap();
    let feed = record.feeds[0].url.clone();
    let record = serde_json::to_value(record).unwrap();
    let alone = report(&installation, &[&page, "--feed", &feed, "--alone"]);
    assert_eq!(alone["learned_from"], Value::Null);
    let learned = report(&installation, &[&page, "--feed", &feed]);
    assert_eq!(learned["learned_from"], 5, "five pages were read, and one was missing");

    for said in [&alone, &learned] {
        let would_be = &said["outcome"]["record"];
        // when it was, and which other feeds carry it, is not shown
        for (field, value) in record.as_object().unwrap().iter().filter(|(field, _)| !field.ends_with("ed_at")) {
            if field == "text_quality" {
                // but how much of the site was known when
                assert_eq!(would_be[field]["kept_words"], value["kept_words"]);
            } else if field != "feeds" {
                assert_eq!(&would_be[field], value, "{field}");
            }
        }
        // how many pages of the site are known is different each time
        for figure in ["kept_words", "dropped_words", "end_found"] {
            assert_eq!(would_be["text_quality"][figure], record["text_quality"][figure], "{figure}");
        }
        assert_eq!(would_be["published_at"], record["published_at"]);
        assert_eq!(said["feed"]["entry"]["title"], record["title"]);
        let blocks = said["page"]["blocks"].as_array().unwrap();
        let text_of =
            |fate: &'static str| blocks.iter().filter(move |b| b["fate"] == fate).map(|b| b["text"].as_str().unwrap());
        assert_eq!(text_of("kept").collect::<Vec<_>>().join("\n\n"), record["text"].as_str().unwrap());
        assert!(text_of("dropped").any(|text| text == PITCH));
        let ruled: Vec<_> = blocks.iter().filter(|block| block["reason"] == "rule").collect();
        assert!(!ruled.is_empty(), "the page's second paragraphs");
        assert!(
            ruled.iter().all(|b| b["why"] == "sites: 127.0.0.1: drop: main p:nth-of-type(2)" && b["fate"] == "dropped")
        );
        let sources = said["fields"].as_array().unwrap();
        let source = |name: &str| &sources.iter().find(|field| field["name"] == name).unwrap()["source"];
        assert_eq!((source("title"), source("section")), (&"h1".into(), &"meta".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_published_is_told_with_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let site = site(2).await;
    let installation = Installation::new(directory.path(), &site, &format!("{ON_LOOPBACK}{LOCAL}"));
    let (missing, feed) = (site.url("/news/case-1").to_string(), site.url("/atom.xml").to_string());
    let said = report(&installation, &[&missing, "--feed", &feed]);
    assert_eq!(said["outcome"]["reject"]["reason"], "not_found");
    assert!(said["page"]["error"].as_str().unwrap().starts_with("not_found: "));
    let said = report(&installation, &[site.url("/news/case-0?page=2").as_str(), "--feed", &feed]);
    assert_eq!(said["feed"]["none_of"], 2);
    let said = report(&installation, &[&missing, "--feed", site.url("/robots.txt").as_str()]);
    assert!(said["feed"]["error"].is_string(), "{said}");
    // without a configuration that allows it, no private address is asked
    let other = tempfile::tempdir().unwrap();
    let installation = Installation::with_feeds(other.path(), &["https://example.com/feed".to_owned()], "");
    assert_eq!(report(&installation, &[&missing])["outcome"]["reject"]["reason"], "forbidden_address");
}

/// Runs it in a directory without a configuration.
fn plain(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    command.arg("try").args(arguments).current_dir(directory).env_remove("COPYDESK_CONFIG").env_remove("NO_COLOR");
    command
}

const HOSTILE: &str = r#"<html lang="en"><head><title>Bridge "&lt;script&gt;alert(1)&lt;/script&gt;</title>
<meta property="og:type" content="article"></head><body><main class="x&quot;><script>alert(2)</script>">
<h1>Bridge &lt;img src=x onerror=alert(3)&gt; stays</h1>
<p>The council voted on &lt;b&gt;Tuesday&lt;/b&gt; to keep the old swing bridge open, said &lt;/p&gt;&lt;/div&gt; the chair.</p>
<p>Engineers had warned that the iron deck &amp;lt; needed repairs, and &#x202e;several members wanted a new landing.</p>
<p>Work on the deck is to begin in September, and the bridge will be closed on four weekends this autumn.</p>
<p>© 2026 Quay Post. All rights reserved. &lt;iframe src=//evil.example&gt;&lt;/iframe&gt;</p>
</main></body></html>"#;

#[test]
fn the_web_page_shows_a_hostile_page_as_text() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("page.html"), HOSTILE).unwrap();
    let url = "https://www.quaypost.example/a?<script>";
    let output = plain(directory.path(), &["page.html", "--url", url, "--html", "out.html"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(directory.path().join("out.html")).unwrap();
    let html = Html::parse_document(&text);
    assert!(html.errors.is_empty(), "{:?}", html.errors);
    let all = |selector: &str| {
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector).map(|element| element.text().collect::<String>()).collect::<Vec<_>>()
    };
    // nothing of the page's markup is markup, and nothing is loaded or run
    for selector in ["script", "iframe", "img", "link", "a", "[src]", "[href]", "[onerror]", "h1 *", "p *:not(strong)"]
    {
        assert_eq!(all(selector), Vec::<String>::new(), "{selector}");
    }
    assert!(text.contains(r#"content="default-src 'none'; style-src 'unsafe-inline'""#));
    assert!(!text.contains('\u{202e}'));
    assert!(all("h1")[0].starts_with("https://www.quaypost.example/a"));
    let kept = all(".kept > p");
    assert_eq!(kept.len(), 3);
    assert!(
        kept[0].contains("<b>Tuesday</b> to keep the old swing bridge open, said </p></div> the chair"),
        "{kept:?}"
    );
    assert!(kept[1].contains("&lt; needed repairs"), "entities are decoded once");
    assert_eq!(all(".dropped > p").len(), 2);
    let reasons = all(".dropped > small:not(.place)");
    assert!(
        reasons[0].starts_with("dropped, title: ") && reasons[1].starts_with("dropped, copyright: "),
        "{reasons:?}"
    );
    assert_eq!(all(".story > p").len(), 3);
    assert!(all("td").contains(&"Bridge <img src=x onerror=alert(3)> stays".to_owned()));
}

#[test]
fn colours_are_for_terminals() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("page.html"), HOSTILE).unwrap();
    let shown = |variable: &str| {
        let mut command = plain(directory.path(), &["page.html", "--url", "https://quaypost.example/a"]);
        String::from_utf8(command.env(variable, "1").output().unwrap().stdout).unwrap()
    };
    let (piped, coloured) = (shown("UNUSED"), shown("CLICOLOR_FORCE"));
    assert!(!piped.contains('\u{1b}') && coloured.contains("\u{1b}[32mkept"), "{coloured}");
    let lines = |needle: &str| piped.lines().filter(|line| line.starts_with(needle)).count();
    assert_eq!((lines("kept "), lines("dropped ")), (3, 2), "{piped}");
    assert!(piped.contains("a record, its text from: page"));
}
