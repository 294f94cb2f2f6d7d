//! What reading a feed costs: memory and time grow with the document, and by no more than they should.
//!
//! One test, so that nothing else allocates meanwhile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/heap.rs"]
mod heap;

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use copydesk::feed::{Feed, Source, parse};
use url::Url;

fn read(document: &str) -> Option<Feed> {
    let url = Url::parse("https://gazette.example/rss").unwrap();
    parse(document.as_bytes(), Source { url: &url, content_type: None }).ok()
}

/// The most that was held beyond the document while it was read.
fn memory(document: &str) -> usize {
    heap::most_held(|| read(document))
}

/// The least of some times on the processor: others use the machine too.
fn time(document: &str) -> Duration {
    let once = || {
        let begun = on_cpu();
        read(document);
        on_cpu() - begun
    };
    (0..3).map(|_| once()).min().unwrap()
}

/// How long this thread has run; if the system does not say so, the time of day is used.
fn on_cpu() -> Duration {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| BEGUN.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

type Shape = (&'static str, fn(usize) -> String);

/// Documents of so many pieces: what publishers send, and what nobody should.
const SHAPES: [Shape; 16] = [
    ("articles", |n| {
        let text = "<p>The ferry &amp; the pier, <a href='/pier'>as told</a>.</p>".repeat(40);
        rss(n / 20, |i| {
            format!(
                "<title>Story {i}</title><link>https://gazette.example/{i}</link><guid>{i}</guid><content:encoded><![CDATA[{text}]]></content:encoded>"
            )
        })
    }),
    ("teasers", |n| {
        rss(n, |i| {
            format!(
                "<title>Story {i} of the day</title><link>https://gazette.example/2026/01/story-{i}</link><guid>{i}</guid><pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate><dc:creator>Jane Doe</dc:creator><category>News</category><description>What happened in case {i}, &amp;lt;b&amp;gt;as told&amp;lt;/b&amp;gt; by those who were there.</description>"
            )
        })
    }),
    ("sitemap", |n| {
        let urls: String = (0..n)
            .map(|i| {
                format!("<url><loc>https://gazette.example/2026/01/story-{i}</loc><lastmod>2026-01-05</lastmod></url>")
            })
            .collect();
        format!("<urlset>{urls}</urlset>")
    }),
    ("tiny sitemap", |n| {
        format!("<urlset>{}</urlset>", (0..n).map(|i| format!("<url><loc>/{i}</loc></url>")).collect::<String>())
    }),
    ("JSON Feed", |n| {
        let items: Vec<String> = (0..n).map(|i| format!("{{\"id\":\"{i}\",\"url\":\"https://gazette.example/{i}\",\"title\":\"Story {i}\",\"content_html\":\"<p>What happened in case {i}.</p>\",\"tags\":[\"news\"]}}")).collect();
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{}]}}", items.join(","))
    }),
    ("empty entries", |n| rss(n, |_| String::new())),
    ("links of a long base", |n| {
        format!(
            "<feed xml:base='http://a.example/{}/'>{}</feed>",
            "b".repeat(2_000),
            "<entry><link href='x'/><summary type='html'>&lt;a href='y'&gt;z&lt;/a&gt;</summary></entry>".repeat(n)
        )
    }),
    ("deep", |n| format!("<rss><channel><item>{}", "<media:group>".repeat(n))),
    ("deep markup", |n| format!("<rss><channel><item><description>{}", "<b>".repeat(n))),
    ("categories", |n| rss(1, |_| "<category>a</category>".repeat(n))),
    ("people", |n| rss(n, |_| "<author>a@b.example (A)</author><author>B</author>".to_owned())),
    ("authors for all", |n| {
        format!(
            "<feed>{}{}</feed>",
            "<author><name>A</name></author>".repeat(60),
            "<entry><id>a</id></entry>".repeat(n)
        )
    }),
    ("entities", |n| {
        format!(
            "<!DOCTYPE rss [<!ENTITY a '{}'>]><rss><channel><title>{}</title></channel></rss>",
            "ha".repeat(100),
            "&a;".repeat(n)
        )
    }),
    ("stray signs", |n| "<&".repeat(n)),
    ("unclosed", |n| format!("<rss><channel>{}", "<item><title>a<link>b<![CDATA[".repeat(n))),
    ("quotes", |n| format!("<rss><channel>{}", "<item a=\"'><b c='\">".repeat(n))),
];

fn rss(count: usize, item: impl Fn(usize) -> String) -> String {
    let items: String = (0..count.max(1)).map(|i| format!("<item>{}</item>", item(i))).collect();
    format!("<rss version='2.0'><channel><title>Gazette</title>{items}</channel></rss>")
}

/// What any document may take: buffers have a least size.
const FREE: usize = 1 << 20;
/// What an entry may take, however short it is written. A document has some 50,000 of them at the most, or one for every
/// hundred bytes.
const ENTRY: usize = 640;
const MOST_ENTRIES: usize = 50_000;

#[test]
fn memory_and_time_grow_with_the_document() {
    let mut wrong = Vec::new();
    for (name, shape) in SHAPES {
        let (small, large) = (shape(1_000), shape(8_000));
        let entries = read(&large).map_or(0, |feed| feed.entries.len());
        let (memory, allowed) = (memory(&large), FREE + (8 * large.len()).max(ENTRY * entries));
        if entries > MOST_ENTRIES.max(large.len() / 100) {
            wrong.push(format!("{name}: {entries} entries of {} bytes", large.len()));
        }
        println!("{name}: {} bytes, {:.1} times as much memory", large.len(), memory as f64 / large.len() as f64);
        if memory > allowed {
            wrong.push(format!("{name}: {memory} bytes for a document of {}", large.len()));
        }
        // eight times the document in eight times the time, or three times that if caches are shared
        let (short, long) = (time(&small), time(&large));
        if long > 24 * short + Duration::from_millis(50) {
            wrong.push(format!("{name}: {short:?} for {} bytes, {long:?} for {}", small.len(), large.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
