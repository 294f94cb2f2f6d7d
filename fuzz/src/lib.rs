//! What is fuzzed: each parser that sees foreign bytes, with what must hold whatever they are.
//!
//! A target panics where something does not hold. `tests/fuzz_corpus.rs` replays the corpus through the same functions
//! on the stable toolchain.

use std::{path::Path, time::SystemTime};

use copydesk::{
    article::{self, Page, Site},
    config::{self, CookieScope},
    feed::{self, Source, date, identity},
    fetch::{cookies::Cookies, headers, refresh, robots, sniff},
    link,
    state::{Document, Policy, SiteState},
    text,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

/// A target.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus.
pub const TARGETS: [(&str, Target); 9] = [
    ("article", article),
    ("config", config),
    ("dates", dates),
    ("feed", feed),
    ("headers", headers),
    ("identity", identity),
    ("robots", robots),
    ("sniff", sniff),
    ("text", text),
];

/// Content type (the first line; none where it is empty) and document.
pub fn feed(data: &[u8]) {
    let (content_type, body) = first_line(data);
    let url = url("https://news.example.com/feeds/all.xml");
    let source = Source { url: &url, content_type };
    let Ok(feed) = feed::parse(body, source) else { return };
    let beginnings = body.iter().filter(|byte| matches!(byte, b'<' | b'{')).count();
    let is_packed = body.starts_with(b"\x1f\x8b");
    assert!(is_packed || feed.entries.len() <= beginnings, "an entry that begins nowhere");
    for entry in &feed.entries {
        entry.title.iter().for_each(|title| assert_clean(title));
        entry.summary.iter().for_each(|summary| assert_clean(&text::from_html(summary)));
        let json = serde(entry);
        assert_eq!(serde(&read::<feed::Entry>(&json)), json, "an entry is not stored as it is");
    }
}

/// Content type and page.
pub fn article(data: &[u8]) {
    let (content_type, body) = first_line(data);
    let url = url("https://news.example.com/2026/01/05/story");
    let page = Page { url: &url, body, content_type };
    let mut site = Site::default();
    // once for the page alone, and again knowing what it repeats
    for _ in 0..3 {
        let Ok(extraction) =
            article::extract(page, article::ExtractionContext::without_entry(&site, &article::Rules::default()))
        else {
            return;
        };
        let article = &extraction.article;
        assert!(!article.text.is_empty(), "an article without text");
        assert_clean(&article.text);
        article.title.iter().for_each(|title| assert_clean(title));
        site.learn(&extraction.observation);
    }
}

/// Text that somebody scraped, or a fragment of HTML.
pub fn text(data: &[u8]) {
    let raw = String::from_utf8_lossy(data);
    for normal in [text::line, text::paragraphs] {
        let once = normal(&raw);
        assert_clean(&once);
        assert_eq!(normal(&once), once, "not normal after one pass");
    }
    assert_clean(&text::from_html(&raw));
    assert_clean(&article::from_text(&raw).text);
}

/// A URL (the first line) and a robots.txt.
pub fn robots(data: &[u8]) {
    let (asked, file) = first_line(data);
    let Some(asked) = asked.and_then(|asked| Url::parse(asked).ok()) else { return };
    let allowed = robots::allows(file, &asked);
    // a group of our own is the only one that binds us, whatever stands before it
    let names_us = file.windows(8).any(|bytes| bytes.eq_ignore_ascii_case(b"copydesk"));
    if names_us || file.len() > 1 << 16 || !matches!(asked.scheme(), "http" | "https") {
        return;
    }
    for (rule, expected) in [("Disallow: /", false), ("Allow: /", true)] {
        let group = format!("\n\nUser-agent: copydesk\n{rule}\n");
        let bound = robots::allows(&[file, group.as_bytes()].concat(), &asked);
        assert_eq!(bound, expected, "{rule} for {asked}, and without it {allowed}");
    }
}

/// A `Refresh` header (the first line; none where it is empty) and what came as a page.
pub fn sniff(data: &[u8]) {
    let (refresh, body) = first_line(data);
    let value = refresh.and_then(|value| HeaderValue::from_str(value).ok());
    let answer: HeaderMap = value.map(|value| (http::header::REFRESH, value)).into_iter().collect();
    let here = url("https://news.example.com/a?b=c");
    if let Some(found) = refresh::refresh(&answer, body, &here) {
        assert!(matches!(found.url.scheme(), "http" | "https") && found.url.fragment().is_none());
        assert!(found.url != here && found.after.as_secs() <= 30, "not elsewhere, or not soon");
    }
    if sniff::packing(body).is_some() {
        assert!(sniff::no_page(body).is_some(), "a parcel is no page");
    }
}

/// Header lines of an answer.
pub fn headers(data: &[u8]) {
    let mut answer = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(64) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value) {
            answer.append(name, value);
        }
    }
    let year = std::time::Duration::from_secs(366 * 24 * 3600);
    for now in [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 56 * year] {
        assert!(headers::retry_after(&answer, now).is_none_or(|wait| wait <= year));
        assert!(headers::fresh_for(&answer, now).is_none_or(|fresh| fresh <= year));
    }
    assert!(headers::restrictions(&answer).len() <= 32);
    let (cookies, home) = (Cookies::default(), url("https://news.example.com/feeds/all.xml"));
    let (origin, site, then) = (CookieScope::Origin, CookieScope::Site, SystemTime::UNIX_EPOCH);
    cookies.learn(&home, origin, &answer, then);
    assert_eq!(cookies.header(&url("https://other.example.com/feeds/"), origin, then), None);
    cookies.learn(&home, site, &answer, then);
    assert_eq!(cookies.header(&url("https://news.example.org/feeds/"), site, then), None);
    for scope in [origin, site] {
        if let Some(sent) = cookies.header(&home, scope, then) {
            assert!(sent.as_bytes().contains(&b'=') && !cookies.learn(&home, scope, &answer, then));
        }
    }
    let validators = headers::validators(&answer);
    let json = serde(&validators);
    assert_eq!(serde(&read::<copydesk::fetch::Validators>(&json)), json, "a validator is not stored as it is");
}

/// A configuration.
pub fn config(data: &[u8]) {
    let Ok(yaml) = std::str::from_utf8(data) else { return };
    // files that it names are no part of it: what is not there is a fault
    match config::from_yaml(yaml, Path::new("/nonexistent/copydesk.yaml"), &|_| None) {
        Ok(config) => assert!(config.schedule.min_interval <= config.schedule.interval),
        Err(faults) => {
            assert!(faults.iter().count() > 0, "refused without a reason");
            // a text that ends too early is at fault behind its last line
            let lines: Vec<usize> = yaml.split('\n').chain([""]).map(|line| line.chars().count()).collect();
            for at in faults.iter().filter_map(|fault| fault.at) {
                let length = at.line.checked_sub(1).and_then(|line| lines.get(line));
                assert!(
                    length.is_some_and(|length| (1..=length + 1).contains(&at.column)),
                    "{at:?} is not in {yaml:?}"
                );
            }
        }
    }
}

/// A date.
pub fn dates(data: &[u8]) {
    let Some(moment) = std::str::from_utf8(data).ok().and_then(date::parse) else { return };
    let written = moment.at.to_rfc3339();
    let again = date::parse(&written);
    assert_eq!(again.map(|again| again.at), Some(moment.at), "{written} is read differently");
}

/// A URL (the first line) and a feed whose entries are named.
pub fn identity(data: &[u8]) {
    let (asked, body) = first_line(data);
    let asked = asked.and_then(|asked| Url::parse(asked).ok());
    // no other is ever asked for
    if let Some(asked) = asked.filter(|asked| matches!(asked.scheme(), "http" | "https")) {
        let canonical = link::canonical(&asked);
        assert_eq!(link::canonical(&canonical), canonical, "not canonical after one pass");
        assert_eq!(link::site(&asked), link::site(&url(&link::host(&asked))), "a host of another site");
    }
    let home = url("https://news.example.com/feeds/all.xml");
    let Ok(feed) = feed::parse(body, Source { url: &home, content_type: None }) else { return };
    let names = identity::names(&feed, "example.com");
    assert_eq!(names.len(), feed.entries.len());
    let mut reversed = feed.clone();
    reversed.entries.reverse();
    let of_reversed = identity::names(&reversed, "example.com");
    assert!(names.iter().eq(of_reversed.iter().rev()), "an entry is named by its neighbours");
    for (names, entry) in names.iter().zip(&feed.entries) {
        assert!(names.names().count() > 0, "an entry without a name");
        check_digest(entry);
    }
    let digests = feed.entries.iter().map(identity::digest).collect();
    let (document, now) = (Document { feed, names, digests }, chrono::DateTime::UNIX_EPOCH);
    let mut site = SiteState::new("example.com");
    let first = site.absorb(home.as_str(), &document, Policy::default(), now);
    let again = site.absorb(home.as_str(), &document, Policy::default(), now);
    assert!(again.new <= first.left, "the same document brings {} new entries: {first:?}", again.new);
    assert_eq!(again.changed, 0, "the same document tells something else");
}

/// Words are an edit; numbers and white space are none.
fn check_digest(entry: &feed::Entry) {
    let title = entry.title.as_deref().unwrap_or_default();
    // what stands behind a `<` may be in a tag
    if title.contains('<') {
        return;
    }
    let retitled = |end: &str| feed::Entry { title: Some(format!("{title}{end}")), ..entry.clone() };
    let digest = identity::digest(entry);
    assert_eq!(identity::digest(&retitled("  (17)\n")), digest, "a number is taken for an edit of {title:?}");
    assert_ne!(identity::digest(&retitled(" after all")), digest, "an edit of {title:?} is not noticed");
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn first_line(data: &[u8]) -> (Option<&str>, &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let line = std::str::from_utf8(&data[..end]).ok().filter(|line| !line.is_empty());
    (line, data.get(end + 1..).unwrap_or_default())
}

/// Nothing that a terminal obeys, and nothing that turns text around.
fn assert_clean(text: &str) {
    let unwanted = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    assert!(!text.contains(unwanted), "unwanted characters in {text:?}");
}

fn serde<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| panic!("{error}"))
}

fn read<T: serde::de::DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}
