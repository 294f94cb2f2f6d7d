//! Whole feed documents through [`copydesk::feed::parse`]: each file in `tests/feeds`, with what is to be understood of
//! it, and everything that can be done to them, which must never do harm.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use copydesk::feed::{
    Announced, Enclosure, Entry, Feed, Format, GeoPoint, Moment, NotAFeed, Pace, Person, Problem, Sitemap, Source,
    identity, parse,
};
use copydesk::state::{Document, Policy, SiteState};
use proptest::{prelude::*, test_runner::TestRunner};
use url::Url;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/feeds");

fn read(bytes: &[u8], content_type: Option<&str>) -> Result<Feed, NotAFeed> {
    let url = Url::parse("https://gazette.example/rss").unwrap();
    parse(bytes, Source { url: &url, content_type })
}

fn documents() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "txt"));
    paths.sort();
    paths
}

/// Compares what was understood of a document with the text file next to it; what differs is left in `target/tmp`.
fn check(document: &Path) -> Result<(), String> {
    let found = shown(&read(&std::fs::read(document).unwrap(), None).unwrap());
    let path = document.with_extension("txt");
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    let actual = Path::new(env!("CARGO_TARGET_TMPDIR")).join(path.file_name().unwrap());
    std::fs::write(&actual, &found).unwrap();
    Err(format!("diff {} {}", path.display(), actual.display()))
}

#[test]
fn documents_are_understood() {
    let documents = documents();
    let wrong: Vec<String> = documents.iter().filter_map(|document| check(document).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let formats: BTreeSet<&str> =
        documents.iter().map(|path| read(&std::fs::read(path).unwrap(), None).unwrap().format.as_str()).collect();
    assert!(documents.len() >= 9 && formats.len() == 7, "{} documents of {formats:?}", documents.len());
}

/// Every field, so that none can go wrong unseen: a new one does not compile until it is shown here.
fn shown(feed: &Feed) -> String {
    let Feed { format, title, link, language, pace, hubs, cloud, sitemaps, entries, truncated, problems } = feed;
    let mut out = String::new();
    let link = link.as_ref().map_or("-", Url::as_str);
    let language = language.as_deref().unwrap_or("-");
    let _ = writeln!(out, "{format:?} {:?} {link} {language}", title.as_deref().unwrap_or_default());
    if *pace != Pace::default() {
        out += &format!("pace: {}\n", show_pace(pace));
    }
    hubs.iter().for_each(|hub| out += &format!("hub: {hub}\n"));
    cloud.iter().for_each(|cloud| out += &format!("cloud: {cloud}\n"));
    for Sitemap { url, updated } in sitemaps {
        let updated = updated.map(|moment| format!(" of {}", moment.at.to_rfc3339())).unwrap_or_default();
        out += &format!("sitemap: {url}{updated}\n");
    }
    entries.iter().for_each(|entry| show_entry(entry, &mut out));
    if *truncated {
        out += "the rest is missing\n";
    }
    problems
        .iter()
        .for_each(|Problem { kind, count, example }| out += &format!("problem: {kind} ({count}) {example}\n"));
    out
}

fn show_pace(Pace { ttl_minutes, update_seconds, skip_hours, skip_days }: &Pace) -> String {
    let parts = [
        ttl_minutes.map(|minutes| format!("ttl {minutes} min")),
        update_seconds.map(|seconds| format!("every {seconds} s")),
        (!skip_hours.is_empty()).then(|| format!("not in hours {skip_hours:?}")),
        (!skip_days.is_empty()).then(|| format!("not on days {skip_days:?}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn show_entry(entry: &Entry, out: &mut String) {
    #[rustfmt::skip]
    let Entry {
        guid, guid_is_permalink, url, url_as_told, redirect, title, summary, content, published, updated, authors,
        categories, enclosures, image, language, source, source_url, comments, comment_count, comments_feed, place,
    } = entry;
    let link = |value: Option<&Url>| value.map(Url::to_string);
    let time = |moment: &Option<Moment>| {
        moment.map(|m| format!("{}{}", m.at.to_rfc3339(), if m.zoned { "" } else { " (no zone)" }))
    };
    let title = title.as_deref().unwrap_or_default();
    let _ = writeln!(out, "entry {title:?} {}", link(url.as_ref()).unwrap_or_default());
    let permanent = if *guid_is_permalink { " (permanent link)" } else { "" };
    let mut lines = vec![
        ("written as", url_as_told.clone()),
        ("by way of", link(redirect.as_deref())),
        ("guid", guid.as_ref().map(|guid| format!("{guid}{permanent}"))),
        ("published", time(published)),
        ("updated", time(updated)),
        ("summary", summary.clone()),
        ("content", content.clone()),
    ];
    for Person { name, email } in authors {
        let email = email.as_ref().map(|email| format!(" <{email}>")).unwrap_or_default();
        lines.push(("by", Some(format!("{}{email}", name.as_deref().unwrap_or_default()))));
    }
    lines.push(("categories", Some(categories.join(", ")).filter(|all| !all.is_empty())));
    for Enclosure { url, media_type, length } in enclosures {
        let length = length.map(|length| format!(" {length}")).unwrap_or_default();
        lines.push(("file", Some(format!("{url} {}{length}", media_type.as_deref().unwrap_or("-")))));
    }
    lines.extend([
        ("image", link(image.as_deref())),
        ("language", language.clone()),
        ("source", source.clone()),
        ("source at", link(source_url.as_deref())),
        ("comments", link(comments.as_deref())),
        ("comments so far", comment_count.map(|count| count.to_string())),
        ("feed of comments", link(comments_feed.as_deref())),
        ("place", place.map(|GeoPoint { latitude, longitude }| format!("{latitude} {longitude}"))),
    ]);
    for (name, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(out, "  {name}: {value}");
        }
    }
}

#[test]
fn every_format_is_recognised() {
    for (document, format, entries) in [
        ("<rss version='0.91'><channel><item><title>a</title></item></channel></rss>", Format::Rss, 1),
        ("<rss><channel><item><title>a</title></item><item/></channel></rss>", Format::Rss, 2),
        ("<channel><title>a</title><item/></channel>", Format::Rss, 1),
        ("<rdf:RDF xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel/><item/><item/></rdf:RDF>", Format::Rdf, 2),
        ("<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry/></feed>", Format::Atom, 1),
        ("<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry/></a:feed>", Format::Atom, 1),
        ("\u{feff} {\"version\": \"https://jsonfeed.org/version/1\", \"items\": []}", Format::Json, 0),
        ("{\"items\": [{\"id\": \"1\", \"content_text\": \"a\"}, {\"id\": \"2\"", Format::Json, 1),
        ("<urlset><url><loc>/a</loc></url></urlset>", Format::Sitemap, 1),
        ("<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0'><rss><channel><item/></channel></rss>", Format::Rss, 1),
        ("<html><body>oops</body></html><rss version='2.0'><channel><item/></channel></rss>", Format::Rss, 1),
    ] {
        let feed = read(document.as_bytes(), None).unwrap();
        assert_eq!((feed.format, feed.entries.len()), (format, entries), "{document}");
    }
}

#[test]
fn a_version_makes_no_difference() {
    let entry = "<item><title>a</title><link>/a</link><description>b</description></item>";
    let expected = read(format!("<rss version='2.0'><channel>{entry}</channel></rss>").as_bytes(), None).unwrap();
    for version in
        ["", "version='0.90'", "version='0.91'", "version='0.92'", "version='0.93'", "version='0.94'", "version=3"]
    {
        let document = format!("<rss {version}><channel>{entry}</channel></rss>");
        assert_eq!(read(document.as_bytes(), None).unwrap(), expected, "{version}");
    }
    for namespace in
        ["http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/", "http://purl.org/net/rss1.1#"]
    {
        let document = format!(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='{namespace}'><channel/>{entry}</rdf:RDF>"
        );
        let feed = read(document.as_bytes(), None).unwrap();
        assert_eq!((feed.format, feed.entries), (Format::Rdf, expected.entries.clone()), "{namespace}");
    }
    for namespace in ["http://purl.org/atom/ns#", "http://www.w3.org/2005/Atom", "http://no-such.example/"] {
        let document = format!(
            "<feed xmlns='{namespace}'><entry><title>a</title><link href='/a'/><summary>b</summary></entry></feed>"
        );
        let feed = read(document.as_bytes(), None).unwrap();
        assert_eq!((feed.format, feed.entries), (Format::Atom, expected.entries.clone()), "{namespace}");
    }
}

#[test]
fn what_is_no_feed_says_so() {
    let page = "<!doctype html><link rel=alternate type='application/atom+xml' href=/atom><item>x</item>";
    let feeds = vec![Announced {
        url: Url::parse("https://gazette.example/atom").unwrap(),
        title: None,
        media_type: Some("application/atom+xml".to_owned()),
        is_doubtful: false,
    }];
    for (document, expected) in [
        ("", NotAFeed::Empty),
        (" \n", NotAFeed::Empty),
        (page, NotAFeed::WebPage { feeds }),
        ("<html><head></head></html>", NotAFeed::WebPage { feeds: vec![] }),
        ("plain text", NotAFeed::Unrecognised),
        ("{\"error\": \"no\"}", NotAFeed::Unrecognised),
        ("{\"id\": 5, \"title\": {\"rendered\": \"Home\"}}", NotAFeed::Unrecognised),
        (
            "{\"total\": 2, \"items\": [{\"id\": 1, \"name\": \"a\"}, {\"id\": 2, \"name\": \"b\"}]}",
            NotAFeed::Unrecognised,
        ),
        ("<opml><body/></opml>", NotAFeed::WebPage { feeds: vec![] }),
    ] {
        assert_eq!(read(document.as_bytes(), None).unwrap_err(), expected, "{document}");
    }
}

/// Kinds of problems are names that people look up.
#[test]
fn every_problem_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/operating.md")).unwrap();
    let mut kinds = 0;
    for file in std::fs::read_dir(root.join("crates/core/src/feed")).unwrap().map(|file| file.unwrap().path()) {
        let source = std::fs::read_to_string(file).unwrap_or_default();
        for call in source.split("note(\"").skip(1).chain(source.split("note_many(\"").skip(1)) {
            let kind = call.split('"').next().unwrap();
            assert!(docs.contains(&format!("`{kind}`")), "{kind} is not in docs/operating.md");
            kinds += 1;
        }
    }
    assert!(kinds > 15, "{kinds}");
}

#[test]
fn the_bytes_may_be_encoded_in_any_way() {
    let text = "<rss><channel><title>Ørsted, Åse &amp; Søn</title></channel></rss>";
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let utf32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    let latin1: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
    for (bytes, content_type) in [
        (text.as_bytes().to_vec(), None),
        (text.as_bytes().to_vec(), Some("text/xml; charset=us-ascii")),
        (utf16, Some("application/xml; charset=utf-8")),
        (utf32, None),
        (latin1.clone(), Some("application/rss+xml; charset=ISO-8859-1")),
        (latin1, None),
        (packed.finish().unwrap(), Some("application/x-gzip")),
    ] {
        let feed = read(&bytes, content_type).unwrap();
        assert_eq!(feed.title.as_deref(), Some("Ørsted, Åse & Søn"), "{content_type:?}");
    }
}

/// Small documents that made other parsers crash, or grow without end.
#[test]
fn hostile_documents_are_bounded() {
    let deep = format!("<rss><channel><item>{}", "<media:group>".repeat(100_000));
    let base = format!(
        "<feed xml:base='http://a/{}/'>{}</feed>",
        "b".repeat(2000),
        "<entry><link href='x'/></entry>".repeat(10_000)
    );
    let empty = format!("<rss><channel>{}", "<item/>".repeat(300_000));
    let laughs =
        format!("<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><rss><channel><title>{}", "&b;".repeat(10_000));
    let people =
        "<rss><channel><item><author>foo@example.com（山田）</author><itunes:duration>١٢:٣٤</itunes:duration></item>";
    for (document, max_entries) in
        [(deep, 1), (base, 10_000), (empty, 50_000), (laughs, 0), (people.to_owned(), 1), ("<".repeat(100_000), 0)]
    {
        let Ok(feed) = read(document.as_bytes(), None) else { continue };
        assert!(feed.entries.len() <= max_entries, "{} entries", feed.entries.len());
        let addresses: usize =
            feed.entries.iter().filter_map(|entry| entry.url.as_ref()).map(|url| url.as_str().len()).sum();
        assert!(addresses <= 8 * document.len(), "{addresses} bytes of addresses");
        assert!(feed.title.is_none_or(|title| title.len() <= document.len()));
    }
}

/// Something done to a document.
#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces = [
        "<",
        ">",
        "&",
        "]]>",
        "<![CDATA[",
        "<!--",
        "</",
        "<item>",
        "</item>",
        "<entry>",
        "\"",
        "'",
        "xml:base='//x'",
        "<!DOCTYPE x [",
        "<content type='xhtml'>",
        "&#x92;",
        "&amp;amp;",
        "xmlns='http://www.w3.org/1999/xhtml'",
        "\u{0}",
        "é",
    ];
    let piece = prop_oneof![
        prop::sample::select(pieces.map(|piece| piece.as_bytes().to_vec()).to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    let at = any::<prop::sample::Index>;
    prop_oneof![
        1 => at().prop_map(Damage::Cut),
        4 => (at(), 1usize..200).prop_map(|(at, length)| Damage::Remove(at, length)),
        2 => (at(), 1usize..400).prop_map(|(at, length)| Damage::Repeat(at, length)),
        8 => (at(), piece).prop_map(|(at, piece)| Damage::Insert(at, piece)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: Damage) {
    let length = bytes.len() + 1;
    match damage {
        Damage::Cut(at) => bytes.truncate(at.index(length)),
        Damage::Remove(at, count) => {
            let start = at.index(length);
            bytes.drain(start..(start + count).min(bytes.len()));
        }
        Damage::Repeat(at, count) => {
            let start = at.index(length);
            let piece = bytes[start..(start + count).min(bytes.len())].to_vec();
            bytes.splice(start..start, piece);
        }
        Damage::Insert(at, piece) => {
            let start = at.index(length);
            bytes.splice(start..start, piece);
        }
    }
}

#[test]
fn no_damage_does_harm() {
    let documents: Vec<Vec<u8>> = documents().iter().map(|path| std::fs::read(path).unwrap()).collect();
    let (mut runner, read_again) = (TestRunner::default(), Cell::new(0));
    let cases = runner.config().cases;
    let damaged = (prop::sample::select(documents), prop::collection::vec(damage(), 1..12));
    let harm = runner.run(&damaged, |(mut bytes, damages)| {
        damages.into_iter().for_each(|damage| apply(&mut bytes, damage));
        let Ok(feed) = read(&bytes, None) else { return Ok(()) };
        read_again.set(read_again.get() + 1);
        prop_assert!(feed.problems.len() < 32);
        let names = identity::names(&feed, "gazette.example");
        prop_assert_eq!(names.len(), feed.entries.len());
        let digests = feed.entries.iter().map(identity::digest).collect();
        let (document, now) = (Document { feed, names, digests }, chrono::DateTime::UNIX_EPOCH);
        let mut site = SiteState::new("gazette.example");
        site.absorb("https://gazette.example/rss", &document, Policy::default(), now);
        let again = site.absorb("https://gazette.example/rss", &document, Policy::default(), now);
        prop_assert_eq!((again.new, again.changed), (0, 0), "the same document brings something new");
        Ok(())
    });
    harm.unwrap_or_else(|harm| panic!("{harm}"));
    let read_again = read_again.get();
    assert!(read_again > cases / 2, "{read_again} of {cases} damaged documents are feeds still, which proves little");
}

/// The protocol of sitemaps allows 50,000 addresses, and says nothing of how long they have to be.
#[test]
fn every_address_of_a_sitemap_is_read() {
    let sitemap = |count: usize| {
        let urls: String = (0..count).map(|n| format!("<url><loc>https://a.example/{n}</loc></url>")).collect();
        read(format!("<urlset>{urls}</urlset>").as_bytes(), None).unwrap()
    };
    let all = sitemap(50_000);
    assert_eq!((all.entries.len(), all.problems.len()), (50_000, 0));
    let more = sitemap(50_007);
    assert_eq!(more.entries.len(), 50_000);
    let problems: Vec<(&str, u32)> = more.problems.iter().map(|problem| (problem.kind, problem.count)).collect();
    assert_eq!(problems, [("too-many-entries", 7)]);
    let items = vec!["{\"id\":1}"; 50_003].join(",");
    let json = read(format!("{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{items}]}}").as_bytes(), None);
    let json = json.unwrap();
    assert_eq!((json.entries.len(), json.problems[0].kind, json.problems[0].count), (50_000, "too-many-entries", 3));
}
