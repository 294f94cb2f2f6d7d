//! What extraction costs beside parsing alone: the same pages through scraper's parser and through all of `from_page`.
//!
//! The last line of the output is the ratio. `COPYDESK_PAGES=DIR` measures the `.html` files of a folder instead of the
//! fixtures, which are small.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use copydesk::article::{self, Page, Site};
use divan::Bencher;
use divan::counter::BytesCount;
use url::Url;

static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = std::env::var_os("COPYDESK_PAGES").map(PathBuf::from);
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pages");
    let files = std::fs::read_dir(folder.unwrap_or_else(|| fixtures.into())).expect("a folder of pages");
    let pages =
        files.filter_map(|file| Some(file.ok()?.path())).filter(|path| path.extension().is_some_and(|e| e == "html"));
    let pages: Vec<_> =
        pages.filter_map(|path| Some(String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned())).collect();
    assert!(!pages.is_empty(), "no .html file stands in the folder");
    pages
});

fn main() {
    divan::main();
    ratio();
}

#[divan::bench]
fn parse_alone(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::new(bytes())).bench(|| PAGES.iter().for_each(|page| parse(page)));
}

#[divan::bench]
fn from_page(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::new(bytes())).bench(|| PAGES.iter().for_each(|page| clean(page)));
}

fn parse(page: &str) {
    black_box(scraper::Html::parse_document(black_box(page)));
}

fn clean(page: &str) {
    static URL: LazyLock<Url> = LazyLock::new(|| Url::parse("https://www.example.com/news/story").expect("a URL"));
    let page = Page { url: &URL, body: page.as_bytes(), content_type: Some("text/html; charset=utf-8") };
    let _ = black_box(article::from_page(black_box(page), None, &Site::default()));
}

fn bytes() -> usize {
    PAGES.iter().map(String::len).sum()
}

/// Both in turn, so that what else the machine does weighs on both.
#[allow(clippy::print_stdout)]
fn ratio() {
    let (mut parsing, mut cleaning, mut slowest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for page in PAGES.iter().cycle().take(PAGES.len() * 5) {
        let start = Instant::now();
        parse(page);
        let parsed = Instant::now();
        clean(page);
        parsing += parsed - start;
        cleaning += parsed.elapsed();
        slowest = slowest.max(parsed.elapsed());
    }
    let pages = (PAGES.len() * 5) as f64;
    println!(
        "{:.2} times html5ever's parse ({:.2} ms against {:.2} ms a page, slowest {:.0} ms)",
        cleaning.as_secs_f64() / parsing.as_secs_f64(),
        cleaning.as_secs_f64() * 1000.0 / pages,
        parsing.as_secs_f64() * 1000.0 / pages,
        slowest.as_secs_f64() * 1000.0
    );
}
