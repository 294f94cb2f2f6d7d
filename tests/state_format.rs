//! What is stored, byte for byte: values in the ledgers of those who run copydesk must always be readable, and are
//! written as they always were.
//!
//! The literals were made by hand, their hashes (XXH3) by another implementation. `tests/ledgers` has a whole local ledger in
//! each format of the state, as its version left it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, Utc};
use copydesk::{
    feed::{Source, identity, parse},
    state::{Absorbed, Document, FeedState, Policy, Publication, SiteState},
};

#[path = "support/installation.rs"]
mod installation;

use installation::{Installation, LOCAL, ON_LOOPBACK};

const SITE: &str = "example.com";
const FEED: &str = "https://example.com/feed";
const FEED_KEY: &str = "example.com https://example.com/feed";
const ENTRY_KEY: &str = "example.com entry 381f05c1729ce805";
const MEMORY_KEY: &str = "example.com memory 0";
/// What its record id is made of.
const KEY: u64 = 4_043_957_318_811_707_397;

/// A feed of which everything is known.
const A_FEED: &str = r#"{"v":2,"title":"News","validators":{"etag":"\"é\"","last_modified":"Mon, 05 Jan 2026 10:00:00 GMT"},"body_hash":18446744073709551615,"holds":{"https://example.com":"2026-01-05T11:00:00Z"},"schedule":{"due":"2026-01-05T10:15:00Z","failures":2,"asked_at":"2026-01-05T10:00:00Z","answered_at":"2026-01-05T09:00:00Z"},"trouble":{"reason":"timeout","detail":"no bytes within 20 s"},"problems":[["bare-ampersand",3]],"was_read":true,"first_read_at":"2026-01-02T10:00:00Z","guid_trust":-2,"link_changes":1,"removed_at":"2026-01-05T12:00:00Z"}"#;

/// A feed whose state is kept with another site.
const A_POINTER: &str = r#"{"v":2,"schedule":{},"kept_at":"example.org"}"#;

/// A storm that waits for its page.
const WAITING: &str = r#"{"v":2,"key":4043957318811707397,"names":"AdpI3vZVvIvNA04HOibRL-L1BJFezqn0D9HX","entry":{"guid":"77","url":"https://www.example.com/storm?utm_source=rss","title":"A storm","summary":"It blew.","published":{"at":"2026-01-05T09:30:00Z","zoned":true}},"carriers":[{"feed":"https://example.com/feed","digest":1337808302}],"discovered_at":"2026-01-05T10:00:00Z","due":"2026-01-05T10:00:00Z"}"#;

/// The same with all that can happen to it.
const REJECTED: &str = r#"{"v":2,"key":4043957318811707397,"names":"AdpI3vZVvIvNA04HOibRL-L1BJFezqn0D9HX","entry":{"guid":"77","title":"A storm"},"carriers":[{"feed":"https://example.com/feed","digest":1337808302},{"feed":"https://example.com/other","digest":0}],"discovered_at":"2026-01-05T10:00:00Z","due":"2026-01-05T10:10:00Z","attempts":1,"failing_since":"2026-01-05T10:00:00Z","last_error":"no bytes within 20 s","content_cut":true,"feed_text_only":true,"shared_page":true,"link_was_of":7,"is_rejected":true}"#;

/// The same published, with all that is known for its rechecks.
const PUBLISHED: &str = r#"{"v":2,"key":4043957318811707397,"names":"AdpI3vZVvIvNA04HOibRL-L1BJFezqn0D9HX","entry":{"guid":"77","title":"A storm"},"carriers":[{"feed":"https://example.com/feed","digest":1337808302}],"discovered_at":"2026-01-05T10:00:00Z","due":"2026-01-05T11:00:00Z","published":{"revision":3,"content":16909060,"earlier":[1,2],"is_feed_text":true,"page":"AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","length":2048,"url":"https://example.com/storm","first_at":"2026-01-05T10:00:00Z","recheck":1,"validators":{"etag":"\"1\""},"candidate":{"content":5,"at":"2026-01-05T10:30:00Z"},"is_retold":true,"has_new_link":true,"feed_rechecks":2,"retold_at":"2026-01-05T10:20:00Z","retold_by":"https://example.com/feed","lag":1,"day":[20458,3]}}"#;

/// The same once it is only remembered. Format 3, one article, three names; the names by their hashes (link, title and date,
/// guid), their kinds (3, 4, 1); key, content, revision 1, day 20458, its title and date are the name 1, published, the feed
/// and what it said, and no second feed.
const REMEMBERED: &str = "03 0100 0300 \
     f5e22fd1263a074e d7d10ff4a9ce5e91 cd8bbc55f6de48da 0060 0080 0020 \
     05e89c72c1051f38 04030201 0100 ea4f 0100 01 7d55 ae55bd4f";

/// A feed of version 0.1. One entry was resolved, by its guid; one waits, one was published and waits for its last recheck.
const OLD_FEED: &str = r#"{"title":"News","validators":{"etag":"\"1\""},"body_hash":5,"schedule":{"due":"2026-01-05T10:15:00Z","asked_at":"2026-01-05T10:00:00Z"},"problems":[["bare-ampersand",1]],"seen":["2kje9lW8i80"],"imprints":"AAAAAAAAAAAAAA","guids_repeat":true,"pending":[{"id":"a0","keys":[17419697579101051176,5],"entry":{"guid":"78","title":"A flood"},"carriers":[{"feed":"https://example.com/feed","told":9}],"discovered_at":"2026-01-05T10:00:00Z","due":"2026-01-05T10:05:00Z","attempts":2,"trouble":"timeout","content_cut":true},{"id":"a1","keys":[9609820287551978174],"entry":{"guid":"79"},"carriers":[{"feed":"https://example.com/feed","told":9}],"discovered_at":"2026-01-04T10:00:00Z","due":"2026-01-11T10:00:00Z","published":{"revision":2,"content_hash":"0102030400000000000000000000000000000000000000000000000000000000","first_at":"2026-01-04T10:00:00Z","look":2,"validators":{"etag":"\"2\""}}}]}"#;

fn now() -> DateTime<Utc> {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

fn read(site: &mut SiteState, items: &str) -> Absorbed {
    let url = FEED.parse().unwrap();
    let text = format!("<rss version='2.0'><channel><title>News</title>{items}</channel></rss>");
    let feed = parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap();
    let names = identity::names(&feed, SITE);
    let digests = feed.entries.iter().map(identity::digest).collect();
    site.absorb(FEED, &Document { feed, names, digests }, Policy::default(), now())
}

fn storm(text: &str) -> String {
    format!(
        "<item><title>A storm</title><link>https://www.example.com/storm?utm_source=rss</link>\
         <guid isPermaLink='false'>77</guid><description>{text}</description>\
         <pubDate>Mon, 05 Jan 2026 09:30:00 GMT</pubDate></item>"
    )
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(char::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

fn restored(values: &[(&str, &[u8])]) -> SiteState {
    let mut site = SiteState::new(SITE);
    values.iter().for_each(|(key, value)| site.restore(key, value).unwrap());
    site
}

fn written(site: &mut SiteState, key: &str) -> Vec<u8> {
    site.everything().into_iter().find(|state| state.key == key).unwrap_or_else(|| panic!("no {key}")).value
}

#[track_caller]
fn assert_text(found: &[u8], expected: &str) {
    assert_eq!(String::from_utf8_lossy(found), expected);
}

#[test]
fn values_are_written_as_they_were_read() {
    for (key, value) in
        [(FEED_KEY, A_FEED), (FEED_KEY, A_POINTER), (ENTRY_KEY, WAITING), (ENTRY_KEY, REJECTED), (ENTRY_KEY, PUBLISHED)]
    {
        assert_text(&written(&mut restored(&[(key, value.as_bytes())]), key), value);
    }
    assert_text(&FeedState::from_json(A_FEED.as_bytes()).unwrap().to_json(), A_FEED);
    let memory = bytes(REMEMBERED);
    assert_eq!(written(&mut restored(&[(MEMORY_KEY, &memory)]), MEMORY_KEY), memory);
}

#[test]
fn an_entry_is_stored_as_it_always_was() {
    let mut site = SiteState::new(SITE);
    assert_eq!(read(&mut site, &storm("It blew.")).new, 1);
    assert_text(&written(&mut site, ENTRY_KEY), WAITING);
    assert_text(
        &written(&mut site, FEED_KEY),
        r#"{"v":2,"schedule":{},"was_read":true,"first_read_at":"2026-01-05T10:00:00Z"}"#,
    );
    site.published(KEY, Publication { content: 0x0102_0304, ..Publication::default() }, &[], false, now());
    assert_eq!(written(&mut site, MEMORY_KEY), bytes(REMEMBERED));
}

#[test]
fn what_was_stored_is_known() {
    let memory = bytes(REMEMBERED);
    for (key, value) in [(ENTRY_KEY, WAITING.as_bytes()), (ENTRY_KEY, PUBLISHED.as_bytes()), (MEMORY_KEY, &memory)] {
        let mut site = restored(&[(key, value)]);
        let same = read(&mut site, &storm("It blew."));
        assert_eq!((same.new, same.known, same.changed), (0, 1, 0), "{key}");
        let edited = read(&mut site, &storm("It blew hard."));
        assert_eq!((edited.new, edited.known, edited.changed), (0, 1, 1), "{key}");
        assert!(site.entry(KEY).is_some());
    }
}

#[test]
fn the_state_of_version_0_1_is_read() {
    let mut site = restored(&[(FEED_KEY, OLD_FEED.as_bytes())]);
    let feed = site.feed(FEED).unwrap();
    assert_eq!((feed.title.as_deref(), feed.body_hash, feed.was_read), (Some("News"), Some(5), true));
    assert_eq!((feed.validators.etag.as_deref(), feed.schedule.asked_at), (Some("\"1\""), Some(now())));
    let (waiting, published) = (17_419_697_579_101_051_176, 9_609_820_287_551_978_174);
    let entry = site.entry(waiting).unwrap();
    assert_eq!((entry.attempts, entry.last_error.as_deref(), entry.content_cut), (2, Some("timeout"), true));
    assert_eq!((site.entries().count(), site.waiting(), site.remembered()), (2, 1, 1));
    let last = site.entry(published).unwrap().published.clone().unwrap();
    assert_eq!((last.revision, last.content, last.recheck), (2, 0x0102_0304, 2));
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!((entry.due, last.first_at), (time("2026-01-05T10:05:00Z"), time("2026-01-04T10:00:00Z")));
    assert_eq!(last.validators.etag.as_deref(), Some("\"2\""));

    let item =
        |guid: u32, title: &str| format!("<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title></item>");
    let all = [item(77, "A storm"), item(78, "A flood"), item(79, "A thaw"), item(80, "A drought")].concat();
    let mut again = SiteState::new(SITE);
    for state in site.everything() {
        again.restore(&state.key, &state.value).unwrap();
    }
    for site in [&mut site, &mut again] {
        let absorbed = read(site, &all);
        assert_eq!((absorbed.new, absorbed.known, absorbed.changed), (1, 3, 0), "other hashes are no edits");
        // as every name is known now, nothing is written again
        site.changes(true, usize::MAX);
        read(site, &all);
        let keys: Vec<String> = site.changes(true, usize::MAX).into_iter().map(|state| state.key).collect();
        assert_eq!(keys, [FEED_KEY]);
    }
}

#[test]
fn what_a_newer_version_wrote_is_refused_with_what_to_do() {
    let newer = |value: &str| value.replacen(r#""v":2"#, r#""v":3"#, 1).replacen("names", "other", 1).into_bytes();
    let mut memory = bytes(REMEMBERED);
    memory[0] = 4;
    memory.truncate(9);
    for (key, value, version) in [(FEED_KEY, newer(A_FEED), 3), (ENTRY_KEY, newer(WAITING), 3), (MEMORY_KEY, memory, 4)]
    {
        let refused = SiteState::new(SITE).restore(key, &value).unwrap_err().to_string();
        let known = version - 1;
        let expected = format!(
            "the state of `{key}` has version {version}, and this copydesk knows version {known}; start the newer copydesk"
        );
        assert_eq!(refused, expected);
    }
}

#[test]
fn what_is_damaged_is_refused_by_its_key() {
    let mut memory = bytes(REMEMBERED);
    memory.pop();
    for (key, value) in [
        (FEED_KEY, b"{".to_vec()),
        (FEED_KEY, OLD_FEED.replace("2kje9lW8i80", "2kje9l").into_bytes()),
        (ENTRY_KEY, WAITING.replace("AdpI3vZV", "CdpI3vZV").into_bytes()),
        (ENTRY_KEY, br#"{"v":2}"#.to_vec()),
        (MEMORY_KEY, memory),
        (SITE, b"{".to_vec()),
    ] {
        let refused = SiteState::new(SITE).restore(key, &value).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("the state of `{key}` is unreadable: ")), "{refused}");
    }
}

/// The six stories of the demo, one of them edited, and one reject: they are there, and still there after a run that could
/// request nothing.
#[test]
fn a_ledger_of_each_format_is_read_and_goes_on() {
    let feeds = ["rss.xml", "atom.xml", "feed.json", "index.rdf"].map(|path| format!("http://127.0.0.1:46651/{path}"));
    for format in ["state-v2"] {
        let directory = tempfile::tempdir().unwrap();
        let installation = Installation::with_feeds(directory.path(), &feeds, &format!("{ON_LOOPBACK}{LOCAL}"));
        std::fs::create_dir(installation.ledger()).unwrap();
        for file in std::fs::read_dir(format!("tests/ledgers/{format}")).unwrap().map(|file| file.unwrap()) {
            std::fs::copy(file.path(), installation.ledger().join(file.file_name())).unwrap();
        }
        for run in ["as it was left", "after a run"] {
            let records = installation.records();
            let mut revisions: Vec<u32> = records.iter().map(|record| record.revision).collect();
            revisions.sort_unstable();
            assert_eq!(revisions, [1, 1, 1, 1, 1, 1, 2], "{format} {run}");
            let trams = records.iter().find(|record| record.title.as_deref() == Some(TRAMS)).unwrap();
            assert_eq!(
                (trams.id.as_str(), trams.authors.join(", ").as_str()),
                (TRAMS_ID, "Ines Okafor"),
                "{format} {run}"
            );
            let reasons: Vec<String> = installation.rejects().into_iter().map(|reject| reject.reason).collect();
            assert_eq!(reasons, ["not_found"], "{format} {run}");
            let status = installation.output(&["status", "--json"]);
            let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
            let titles: Vec<&str> =
                status["feeds"].as_array().unwrap().iter().map(|feed| feed["title"].as_str().unwrap()).collect();
            let paper = "Brackwater Courier";
            let expected =
                [&format!("{paper}: all stories"), &format!("{paper} (JSON)"), &format!("{paper}: archive"), paper];
            assert_eq!(titles, expected, "{format} {run}");
            let ran = installation.output(&["run", "--once"]);
            assert!(ran.status.success(), "{format}: {}", String::from_utf8_lossy(&ran.stderr));
        }
    }
}

const TRAMS: &str = "Council votes to keep the old tram depot";
const TRAMS_ID: &str = "21d850fa8cd769b30080682420b0757d";
