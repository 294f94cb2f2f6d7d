//! How fast feeds are read: the test documents, a long feed of full articles, long sitemaps.
//!
//! With `COPYDESK_FEEDS=MANIFEST` (as for `copydesk parse --manifest`) the files that it names are read instead, each for
//! a while, and what was measured is summed up.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use copydesk::feed::{Source, parse};
use divan::counter::BytesCount;
use url::Url;

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock itself")]
fn main() {
    match std::env::var("COPYDESK_FEEDS") {
        Ok(manifest) => files(Path::new(&manifest)),
        Err(_) => divan::main(),
    }
}

/// Reads each file for a fifth of a second at most, and prints the megabytes that a second takes.
#[expect(clippy::print_stdout, reason = "its answer")]
fn files(manifest: &Path) {
    let text = std::fs::read_to_string(manifest).expect("a manifest");
    let measured: Vec<(usize, Duration)> = text.lines().map(|line| measure(line, manifest)).collect();
    let mut speeds: Vec<f64> = measured.iter().map(|(bytes, took)| *bytes as f64 / took.as_secs_f64() / 1e6).collect();
    speeds.sort_by(f64::total_cmp);
    let at = |share: f64| speeds[((speeds.len() - 1) as f64 * share) as usize];
    let (bytes, took) = measured.iter().fold((0, Duration::ZERO), |(b, t), (bytes, took)| (b + bytes, t + *took));
    println!(
        "{} files, MB/s: least {:.1}, tenth {:.1}, median {:.1}, all together {:.1}",
        speeds.len(),
        at(0.0),
        at(0.1),
        at(0.5),
        bytes as f64 / took.as_secs_f64() / 1e6
    );
}

/// Size and least time of a file.
fn measure(line: &str, manifest: &Path) -> (usize, Duration) {
    let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let bytes = std::fs::read(folder.join(line["file"].as_str().expect("a file"))).expect("a file");
    let url = Url::parse(line["url"].as_str().expect("a URL")).expect("a URL");
    let source = Source { url: &url, content_type: line["content_type"].as_str() };
    let (begun, mut best) = (Instant::now(), Duration::MAX);
    while begun.elapsed() < Duration::from_millis(200) {
        let one = Instant::now();
        let _ = divan::black_box(parse(&bytes, source));
        best = best.min(one.elapsed());
    }
    (bytes.len(), best)
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

#[divan::bench(args = [100, 10_000])]
fn sitemap(bencher: divan::Bencher<'_, '_>, count: usize) {
    let urls: String = (0..count)
        .map(|n| format!("<url><loc>https://gazette.example/{n}</loc><lastmod>2026-03-03</lastmod></url>"))
        .collect();
    read(bencher, format!("<urlset>{urls}</urlset>").as_bytes());
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
