//! What publishers do to feeds, links and texts, and what is meant by it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use copydesk::feed::{Feed, Source, parse};
use url::Url;

fn read(document: &str) -> Feed {
    let url = Url::parse("https://gazette.example/rss").unwrap();
    parse(document.as_bytes(), Source { url: &url, content_type: None }).unwrap()
}

/// JSON as people write it by hand, or cut: each item that is whole is read.
#[test]
fn no_slip_of_json_loses_an_item() {
    let feed = |items: &str| format!("{{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [{items}]}}");
    let item = |id: u8, more: &str| format!("{{\"id\": \"{id}\", \"title\": \"t{id}\"{more}}}");
    let first = |more: &str| feed(&format!("{}, {}", item(1, more), item(2, "")));
    for (document, problem) in [
        (first(", \"author\": \"mara\""), None),
        (first(", \"author\": null"), None),
        (first(", \"author\": [{\"name\": \"mara\"}]"), None),
        (first(", \"authors\": {\"name\": \"mara\"}"), None),
        (first(", \"authors\": [\"mara\", null, 7]"), None),
        (first(", \"title\": \"t1\""), None),
        (first(", \"tags\": \"a\", \"attachments\": {\"url\": \"/a.mp3\"}, \"image\": {\"url\": \"/a.png\"}"), None),
        (first(", \"summary\": {\"text\": [1, {\"a\": []}]}, \"url\": []"), None),
        (first(", \"content_html\": \"<p>a</p>\n\t<p>b</p>\""), Some("damaged-json")),
        (first(", \"content_html\": \"<p>a</p>\",,"), Some("damaged-json")),
        (first(", \"summary\": \"it\\'s \\x\""), Some("damaged-json")),
        (first(", \"summary\": \"he said \"no\" to it\""), Some("damaged-json")),
        (first(", summary: 'none'"), Some("damaged-json")),
        (feed(&format!("{} {},", item(1, ""), item(2, ""))), Some("damaged-json")),
        (feed(&format!("{}, {}", item(1, ""), item(2, ""))).replace("]}", ""), Some("truncated")),
        (
            feed(&format!("{}, {}, {{\"id\": \"3\", \"ti", item(1, ""), item(2, ""))).replace("]}", ""),
            Some("truncated"),
        ),
    ] {
        let feed = read(&document);
        let titles: Vec<&str> = feed.entries.iter().filter_map(|entry| entry.title.as_deref()).collect();
        assert_eq!(titles, ["t1", "t2"], "{document}");
        assert_eq!(feed.problems.first().map(|problem| problem.kind), problem, "{document}");
        assert_eq!(feed.truncated, problem == Some("truncated"), "{document}");
    }
}

#[test]
fn people_of_a_json_feed_are_read_however_they_are_written() {
    for (author, expected) in [
        ("\"author\": \"Mara Holt\"", ("Mara Holt", None)),
        ("\"author\": \"Mara Holt <mara@a.example>\"", ("Mara Holt", Some("mara@a.example"))),
        (
            "\"author\": {\"name\": \"Mara Holt\", \"url\": \"mailto:mara@a.example\"}",
            ("Mara Holt", Some("mara@a.example")),
        ),
        ("\"authors\": [\"Mara Holt\"], \"author\": \"Someone else\"", ("Mara Holt", None)),
        ("\"authors\": [], \"author\": \"Mara Holt\"", ("Mara Holt", None)),
    ] {
        let document =
            format!("{{\"version\": \"https://jsonfeed.org/version/1\", \"items\": [{{\"id\": 1, {author}}}]}}");
        let feed = read(&document);
        let people: Vec<(&str, Option<&str>)> = feed.entries[0]
            .authors
            .iter()
            .map(|person| (person.name.as_deref().unwrap(), person.email.as_deref()))
            .collect();
        assert_eq!(people, [expected], "{author}");
    }
}
