//! What cutting a story out costs: memory grows with the page, and by no more than it should.
//!
//! One test, so that nothing else allocates meanwhile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "an allocator that counts is an allocator")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use copydesk::article::{self, Page, Site};
use url::Url;

/// Counts what is held, and the most that ever was.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: everything is done by the system's allocator; this only counts. What grows is held twice meanwhile: the
// default of `realloc` allocates anew
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(held, Relaxed);
        // SAFETY: the caller's promise is handed on
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is handed on
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[test]
fn memory_is_bounded_by_the_page() {
    let paragraph = "<p>The harbour council voted on Tuesday evening to keep the <a href=\"/bridge\">old swing bridge</a> open to walkers for another five years.</p>\n";
    let link = "<li class=\"menu-item menu-item-type-page\"><a class=\"menu-link\" href=\"https://news.example.com/section/topic/\">A topic of the day</a></li>\n";
    let nested = "<div class=\"row wide\"><div class=\"column\"><section class=\"box\"><div class=\"inner\"><span class=\"label\">Label</span></div></section></div></div>\n";
    let script = "<script>window.settings = window.settings || {}; window.settings.push('a', 1, true);</script>\n";
    for (name, piece, times) in [
        ("story", paragraph, 12),
        ("links", link, 12),
        ("scripts", script, 12),
        // a page of nothing but tags: an element takes more than its tags do
        ("containers", nested, 24),
    ] {
        let head = format!(
            "<html><head><title>Bridge</title></head><body><h1>Bridge</h1>{}",
            (1..20).map(|n| paragraph.replace("five", &n.to_string())).collect::<String>()
        );
        let page = format!("{head}{}</body></html>", piece.repeat(200_000 / piece.len()));
        let most = memory(&page) / page.len();
        assert!(most <= times, "{name}: {most} times the page");
    }
}

/// The most that is held beside a page while it is read.
fn memory(page: &str) -> usize {
    read(page); // tables that are built once
    let before = HELD.load(Relaxed);
    MOST.store(before, Relaxed);
    read(page);
    MOST.load(Relaxed) - before
}

fn read(page: &str) {
    let url = Url::parse("https://news.example.com/2026/01/05/story").unwrap();
    let page = Page { url: &url, body: page.as_bytes(), content_type: Some("text/html; charset=utf-8") };
    article::from_page(page, None, &Site::default()).unwrap();
}
