//! Articles from feeds, from text that was scraped before, and from pages that are each other's siblings.

#![allow(clippy::unwrap_used)]

use std::fs;

use copydesk::article::{self, ExtractionContext, Field, NoArticleReason, Page, Rules, Site, Source, TextSource};
use copydesk::cli::clean::{Options, manifest};
use copydesk::feed::{Entry, Person};
use serde_json::Value;
use url::Url;

const FIRST: &str =
    "The harbour council voted on Tuesday to keep the old swing bridge open to walkers for another five years.";
const SECOND: &str =
    "Engineers had warned that the iron deck needed repairs, and several members wanted a new ferry landing instead.";
const THIRD: &str =
    "Work on the deck is to begin in September, and the bridge will be closed on four weekends this autumn.";
const FOURTH: &str = "“People cross this bridge every day, and they will go on crossing it,” said Marta Lindqvist, who chairs the council.";
const FIFTH: &str =
    "The town has three other bridges, of which only one can be crossed on foot, and that one lies far upstream.";

fn entry(content: Option<&str>, summary: Option<&str>) -> Entry {
    Entry {
        title: Some("Old swing bridge stays open".to_owned()),
        content: content.map(str::to_owned),
        summary: summary.map(str::to_owned),
        authors: vec![Person { name: Some("By Ane Holt".to_owned()), email: None }],
        ..Entry::default()
    }
}

#[test]
fn feeds_are_cleaned_like_pages() {
    let content = format!(
        "<h2>Old swing bridge stays open</h2><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p><p>{FOURTH}</p>\
         <p><a href='/x'>Read more: Ferry landing delayed</a></p><p>© 2024 Quay Post. All rights reserved.</p>"
    );
    let article = article::from_entry(&entry(Some(&content), Some("Short.")), &Site::default()).unwrap();
    assert_eq!(article.text, [FIRST, SECOND, THIRD, FOURTH].join("\n\n"));
    assert_eq!(article.text_source, TextSource::FeedContent);
    assert_eq!(article.authors, ["Ane Holt"]);
    assert_eq!(article.copyright.as_deref(), Some("© 2024 Quay Post. All rights reserved."));
    let article = article::from_entry(&entry(None, Some(FIRST)), &Site::default()).unwrap();
    assert_eq!((article.text.as_str(), article.text_source), (FIRST, TextSource::FeedSummary));
    assert_eq!(article::from_entry(&entry(None, None), &Site::default()), None);
}

#[test]
fn where_the_page_is_silent_the_feed_is_heard() {
    let url = Url::parse("https://www.quaypost.example/news/1").unwrap();
    let paragraphs = [FIRST, SECOND, THIRD].map(|text| format!("<p>{text}</p>")).concat();
    let body = format!("<html lang=en><meta name=keywords content='bridges'><div class=story>{paragraphs}</div>");
    let page = Page { url: &url, body: body.as_bytes(), content_type: None };
    let categories = ["Bridges", "Harbour"].map(str::to_owned).to_vec();
    let entry = Entry { categories, ..entry(None, Some(FIRST)) };
    let article = article::from_page(page, Some(&entry), &Site::default()).unwrap();
    assert_eq!(article.title.as_deref(), Some("Old swing bridge stays open"));
    assert_eq!(article.tags, ["bridges", "Harbour"], "the page's tags, and what the feed adds");
    let sources = [Field::Title, Field::Authors, Field::Tags, Field::Language, Field::Published];
    let sources = sources.map(|field| article.sources.of(field).map(Source::as_str));
    assert_eq!(sources, [Some("feed"), Some("feed"), Some("meta"), Some("lang"), None]);
}

#[test]
fn nothing_of_a_page_without_a_story_is_an_article() {
    let url = Url::parse("https://www.quaypost.example/news/1").unwrap();
    let body = b"<html><title>Just a moment...</title><p>Checking your browser</p></html>";
    let page = Page { url: &url, body, content_type: None };
    for entry in [None, Some(&entry(None, Some(FIRST)))] {
        let refused = article::from_page(page, entry, &Site::default()).unwrap_err();
        assert_eq!(refused.reason, NoArticleReason::Wall);
    }
}

#[test]
fn a_site_is_learned_from_the_feeds_full_content() {
    let pitch =
        "is the number of this long sentence, which the site puts under each story in a box of no telling class.";
    let story = [FIRST, SECOND, THIRD, FOURTH, FIFTH].map(|text| format!("<p>{text}</p>")).concat();
    let read = |n: usize, entry: Option<&Entry>, site: &Site| {
        let url = Url::parse(&format!("https://www.quaypost.example/news/{n}")).unwrap();
        let body = format!("<h1>T</h1><div class=x>{story}</div><div class=y><p>{n} {pitch}</p></div>");
        article::extract(
            Page { url: &url, body: body.as_bytes(), content_type: None },
            ExtractionContext { entry, ..ExtractionContext::without_entry(site, &Rules::default()) },
        )
        .unwrap()
    };
    let mut site = Site::default();
    assert!(read(9, None, &site).article.text.contains(pitch), "nothing tells it from the story");
    for n in 0..6 {
        site.learn(&read(n, Some(&entry(Some(&story), None)), &Site::default()).observation);
    }
    assert_eq!(read(9, None, &site).article.text, [FIRST, SECOND, THIRD, FOURTH, FIFTH].join("\n\n"));
}

#[test]
fn scraped_text_gives_title_credits_and_copyright() {
    let raw = format!(
        "Old swing bridge stays open\n\n\nHARBOURTON (Example Wire) — {FIRST}\n\n{SECOND}\n\n{THIRD}\n\n\
         The Example Wire contributed to this report.\n\nLatest News\n\n© 1999 - 2024 Quay Media Inc. | All Rights Reserved.\n\nTrending on"
    );
    let article = article::from_text(&raw);
    assert_eq!(article.title.as_deref(), Some("Old swing bridge stays open"));
    assert_eq!(article.text, format!("HARBOURTON (Example Wire) — {FIRST}\n\n{SECOND}\n\n{THIRD}"));
    assert_eq!(article.dateline.as_deref(), Some("HARBOURTON (Example Wire)"));
    assert_eq!(article.credits, ["The Example Wire"]);
    assert_eq!(article.copyright.as_deref(), Some("© 1999 - 2024 Quay Media Inc. | All Rights Reserved."));
    assert_eq!(article.language.as_deref(), Some("en"));
    let reasons: Vec<&str> = article.dropped.iter().map(|part| part.reason).collect();
    assert_eq!(reasons, ["credit", "related-links", "copyright", "related-links"]);
}

#[test]
fn pages_of_a_manifest_are_siblings_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let pitch = "Ring the harbour bell and win a mug of ours.";
    let mut lines = Vec::new();
    for n in 0..5 {
        let page = format!(
            "<h1>Story {n}</h1><div><p>{n}: {FIRST}</p><p>{SECOND} ({n})</p><p>{pitch}</p><p>{THIRD} ({n})</p></div>"
        );
        fs::write(folder.path().join(format!("{n}.html")), page).unwrap();
        lines.push(format!(r#"{{"id":"{n}","file":"{n}.html","url":"https://quaypost.example/{n}"}}"#));
    }
    lines.push(r#"{"id":"gone","file":"gone.html","url":"https://quaypost.example/gone"}"#.to_owned());
    lines.push(r#"{"id":"bad","file":"0.html","url":"no url"}"#.to_owned());
    let run = |lines: &[String], alone: bool| -> Vec<Value> {
        let path = folder.path().join("manifest.jsonl");
        fs::write(&path, lines.join("\n")).unwrap();
        let mut out = Vec::new();
        manifest(&path, Options { alone, blocks: false }, &Rules::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let has_pitch = |rows: &[Value]| rows.iter().filter(|row| row["text"].as_str().unwrap().contains(pitch)).count();
    let together = run(&lines, false);
    assert_eq!(
        together.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["0", "1", "2", "3", "4", "gone", "bad"]
    );
    assert_eq!((has_pitch(&together), has_pitch(&run(&lines, true))), (0, 5));
    assert!(together[5]["error"].is_string() && together[6]["error"].is_string());
    lines.reverse();
    let mut reversed = run(&lines, false);
    reversed.reverse();
    assert_eq!(reversed, together);
}
