//! How fast feeds are read: the test documents, and a long feed of full articles.

use copydesk::feed::{Source, parse};
use divan::counter::BytesCount;
use url::Url;

fn main() {
    divan::main();
}

const DOCUMENTS: [&str; 5] = ["rss-full.xml", "atom.xml", "rdf.xml", "feed.json", "sitemap.xml"];

fn read(bencher: divan::Bencher<'_, '_>, bytes: &[u8]) {
    let url = Url::parse("https://gazette.example/rss").expect("a URL");
    bencher.counter(BytesCount::of_slice(bytes)).bench(|| parse(bytes, Source { url: &url, content_type: None }));
}

#[divan::bench(args = DOCUMENTS)]
fn document(bencher: divan::Bencher<'_, '_>, name: &str) {
    let path = format!("{}/tests/feeds/{name}", env!("CARGO_MANIFEST_DIR"));
    read(bencher, &std::fs::read(path).expect("a test document"));
}

#[divan::bench(args = [1, 10, 100])]
fn articles(bencher: divan::Bencher<'_, '_>, count: usize) {
    let article = "<p>The ferry &amp; the pier, <a href=\"https://gazette.example/\">as told</a>.</p>".repeat(60);
    let items: String = (0..count)
        .map(|n| {
            format!(
                "<item><title>Story {n}</title><link>https://gazette.example/{n}</link><guid>{n}</guid>\
                 <pubDate>Tue, 03 Mar 2026 08:15:00 GMT</pubDate><content:encoded><![CDATA[{article}]]></content:encoded></item>"
            )
        })
        .collect();
    read(bencher, format!("<rss version='2.0'><channel><title>Long</title>{items}</channel></rss>").as_bytes());
}
