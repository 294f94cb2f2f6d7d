//! What servers get wrong and browsers read over: through the binary, each as a feed and pages that come out whole.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/installation.rs"]
mod installation;

use std::{io::Write as _, path::Path, sync::Arc};

use copydesk::record::Record;
use flate2::{Compression, write::GzEncoder};
use installation::{Installation, LOCAL};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::block_in_place,
};

const SETTINGS: &str = "admin: off
fetch: {allow_networks: [127.0.0.0/8], host_gap: 0ms}
schedule: {min_interval: 1s, interval: 1s, max_interval: 1s, unconditional_interval: 1s}
";

/// The text of a story.
fn story() -> String {
    let one = |n: u32| {
        format!(
            "<p>In part {n} the ferry that was to cross the harbour at noon stayed at its quay, as the council had not paid for the coal, and the passengers walked home along the shore.</p>"
        )
    };
    (0..6).map(one).collect()
}

fn page() -> Vec<u8> {
    format!("<!doctype html><html><head><title>The ferry</title></head><body><article><h1>The ferry</h1>{}</article></body></html>", story())
        .into_bytes()
}

fn rss(links: &[&str]) -> Vec<u8> {
    let item = |link: &&str| format!("<item><title>The ferry {link}</title><link>{link}</link></item>");
    let items: String = links.iter().map(item).collect();
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>").into_bytes()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// An answer with these lines in its head, byte for byte.
fn answer(status: &str, lines: &[u8], body: &[u8]) -> Vec<u8> {
    let start = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    [start.as_bytes(), lines, b"\r\n", body].concat()
}

fn ok(content_type: &str, body: &[u8]) -> Vec<u8> {
    answer("200 OK", format!("Content-Type: {content_type}\r\n").as_bytes(), body)
}

/// Answers each request for a path with what `answers` gives, 404 for nothing.
async fn serve(answers: impl Fn(&str, &str) -> Option<Vec<u8>> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap_or(0) > 0 {}
                let head = String::from_utf8_lossy(&head).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                let given = answers(path, &head).unwrap_or_else(|| answer("404 Not Found", b"", b""));
                // an error is the client's going away
                let _ = stream.write_all(&given).await;
            });
        }
    });
    base
}

/// What comes of one poll, or of several, of a feed at `/feed`.
fn came(directory: &Path, base: &str, polls: usize) -> (Vec<Record>, Vec<String>) {
    let installation = Installation::with_feeds(directory, &[format!("{base}/feed")], &format!("{SETTINGS}{LOCAL}"));
    block_in_place(|| {
        for nth in 0..polls {
            if nth > 0 {
                std::thread::sleep(std::time::Duration::from_millis(1300));
            }
            let output = installation.output(&["run", "--once"]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        (installation.records(), installation.rejects().into_iter().map(|reject| reject.reason).collect())
    })
}

/// Checks that the one story comes out whole, or why it does not, where its feed, its page or both are answered so.
async fn check(name: &str, feed: Vec<u8>, at_page: Vec<u8>, expected: Result<(), &str>) {
    let base = serve(move |path, _| match path {
        "/feed" => Some(feed.clone()),
        "/ferry" => Some(at_page.clone()),
        "/caf%E9" | "/moved/ferry" => Some(ok("text/html", &page())),
        _ => None,
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let (records, rejects) = came(directory.path(), &base, 1);
    match expected {
        Ok(()) => {
            assert_eq!((records.len(), rejects.len()), (1, 0), "{name}: {rejects:?}");
            let text = &records[0].text;
            assert!(text.starts_with("In part 0 ") && text.contains("In part 5 "), "{name}: {text}");
        }
        Err(reason) => assert_eq!((records.len(), rejects), (0, vec![reason.to_owned()]), "{name}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn heads() {
    let feed = || ok("text/xml", &rss(&["/ferry"]));
    for (name, lines) in [
        (
            "a line that goes on",
            &b"Content-Security-Policy: default-src 'self';\r\n  img-src *;\r\n\tframe-src 'none'\r\n"[..],
        ),
        ("a space before the colon", b"X-Powered-By : hand\r\nContent-Type : text/html\r\n"),
        ("a name with a space", b"X Powered By: hand\r\nno colon at all\r\n: no name\r\n"),
        ("a charset for an encoding", b"Content-Encoding: UTF-8\r\n"),
        ("no encoding, in words", b"Content-Encoding: none\r\n"),
    ] {
        check(name, feed(), answer("200 OK", lines, &page()), Ok(())).await;
        check(name, answer("200 OK", lines, &rss(&["/ferry"])), ok("text/html", &page()), Ok(())).await;
    }
    check("a Location in Latin-1", feed(), answer("302 Found", b"Location: /caf\xe9\r\n", b""), Ok(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes() {
    let feed = || ok("text/xml", &rss(&["/ferry"]));
    let html = |body: &[u8]| ok("text/html", body);
    let binary: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let after = |magic: &[u8]| [magic, &binary].concat();
    check("gzip without a word", feed(), html(&gzip(&page())), Ok(())).await;
    check("gzip twice", feed(), html(&gzip(&gzip(&page()))), Ok(())).await;
    check("gzip that breaks off", feed(), html(&gzip(&page())[..40]), Err("not_html")).await;
    check("an image", feed(), html(&after(b"\x89PNG\r\n\x1a\n")), Err("not_html")).await;
    check("a recording", feed(), html(&after(b"ID3\x03")), Err("not_html")).await;
    check("another feed", feed(), html(&rss(&["/a"])), Err("not_html")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_lead_on() {
    let feed = || ok("text/xml", &rss(&["/ferry"]));
    let stub = |head: &str| {
        ok("text/html", format!("<html><head><title>Moving</title>{head}</head><body>Moving</body></html>").as_bytes())
    };
    check("in a meta", feed(), stub("<meta http-equiv=refresh content='0; url=/moved/ferry'>"), Ok(())).await;
    check(
        "in a noscript",
        feed(),
        stub("<noscript><meta http-equiv=refresh content=\"2;URL='/moved/ferry'\"></noscript>"),
        Ok(()),
    )
    .await;
    check("in the head", feed(), answer("200 OK", b"Refresh: 0; url=/moved/ferry\r\n", b"<p>Moving</p>"), Ok(())).await;
    check("to itself", feed(), stub("<meta http-equiv=refresh content='0; url=/ferry'>"), Err("no_text")).await;
    check(
        "out of reach",
        feed(),
        stub("<meta http-equiv=refresh content='0; url=http://10.0.0.1/'>"),
        Err("forbidden_address"),
    )
    .await;
    let for_few = String::from_utf8(page())
        .unwrap()
        .replace("</head>", "<noscript><meta http-equiv=refresh content='0;url=/nowhere'></noscript></head>");
    check("with a story of its own", feed(), ok("text/html", for_few.as_bytes()), Ok(())).await;

    let base = serve(|path, _| match path {
        "/feed" => {
            Some(ok("text/html", b"<html><head><meta http-equiv='Refresh' content='0; URL=/moved/feed'></head></html>"))
        }
        "/moved/feed" => Some(ok("text/xml", &rss(&["/a", "/b"]))),
        "/moved/a" | "/a" | "/b" => Some(ok("text/html", &page())),
        _ => None,
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(came(directory.path(), &base, 1).0.len(), 2, "a feed that leads on");
    let around = serve(|_, _| Some(ok("text/html", b"<meta http-equiv=refresh content='0; url=a/'>"))).await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(came(directory.path(), &around, 1).0.len(), 0, "and on and on");
}

/// Where the end of an answer is the end of the connection, a cut is seen by the document alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_document_is_asked_for_whole() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let base = serve(move |path, head| {
        if path != "/feed" {
            return Some(ok("text/html", &page()));
        }
        if head.to_lowercase().contains("if-none-match") {
            return Some(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec());
        }
        let whole = rss(&["/1", "/2", "/3", "/4", "/5", "/6"]);
        let first = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        let part = if first { &whole[..whole.len() / 2] } else { &whole[..] };
        Some([b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nETag: \"1\"\r\n\r\n", part].concat())
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(came(directory.path(), &base, 2).0.len(), 6);
}

/// Packed as they are stored, and called so.
#[tokio::test(flavor = "multi_thread")]
async fn sitemaps_under_any_type() {
    for content_type in ["application/gzip", "application/x-gzip", "binary/octet-stream", "gzip"] {
        let base = serve(move |path, head| {
            let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
            let url = |n: u32| format!("<url><loc>http://{host}/{n}</loc><news:news><news:title>The ferry {n}</news:title></news:news></url>");
            let sitemap = format!("<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">{}{}</urlset>", url(1), url(2));
            Some(if path == "/feed" { ok(content_type, &gzip(sitemap.as_bytes())) } else { ok("text/html", &page()) })
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(came(directory.path(), &base, 1).0.len(), 2, "{content_type}");
    }
}
