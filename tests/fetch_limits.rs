//! Each limit of the client against an answer on either side of it, and connections that serve again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/fetcher.rs"]
mod fetcher;
#[path = "support/hostile.rs"]
mod hostile;

use std::time::{Duration, Instant};

use async_compression::tokio::bufread::{GzipEncoder, ZstdEncoder};
use copydesk::{config::Fetch, fetch::Reason};
use fetcher::{config, feed, fetcher, local, page};
use hostile::{
    Behaviour::{self, Drips, Says, Serves},
    Hostile,
};
use tokio::io::AsyncReadExt as _;

const MIB: usize = 1024 * 1024;

fn answer(status: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer
}

/// What comes of a feed that is answered so: within these limits it is read, within those it is not.
async fn check(behaviour: Behaviour, reads: Fetch, refuses: Fetch, expected: Reason) {
    for (config, expected) in [(reads, None), (refuses, Some(expected))] {
        let server = Hostile::start(behaviour.clone()).await;
        let outcome = local(&config).get(feed(&server.url())).await;
        assert_eq!(outcome.err().map(|failure| failure.reason), expected);
    }
}

#[tokio::test]
async fn fields_and_bytes_of_headers() {
    // the length of the body is one of them
    let lines: String = (0..49).map(|n| format!("X-{n}: a\r\n")).collect();
    let fifty = Says(answer("200 OK", &lines, b"<rss/>"));
    let limit = |max_headers| Fetch { max_headers, ..config() };
    check(fifty, limit(50), limit(49), Reason::Malformed).await;
    let long = Says(answer("200 OK", &format!("X: {}\r\n", "a".repeat(4096)), b"<rss/>"));
    let limit = |max_header_bytes| Fetch { max_header_bytes, ..config() };
    check(long, limit(5000), limit(4000), Reason::Malformed).await;
}

#[tokio::test]
async fn bytes_on_the_wire() {
    let body = Says(answer("200 OK", "", &[b'a'; 2000]));
    let limit = |max_wire_bytes| Fetch { max_wire_bytes, ..config() };
    check(body, limit(Some(2000)), limit(Some(1999)), Reason::TooLarge).await;
    let unannounced = Says([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'a'; 2000]].concat());
    check(unannounced, limit(None), limit(Some(1999)), Reason::TooLarge).await;
    // few on the wire may be many decoded
    let mut packed = Vec::new();
    GzipEncoder::new(&vec![b' '; MIB / 2][..]).read_to_end(&mut packed).await.unwrap();
    let packed = Says(answer("200 OK", "Content-Encoding: gzip\r\n", &packed));
    check(packed, limit(Some(2000)), limit(Some(400)), Reason::TooLarge).await;
}

#[tokio::test]
async fn how_much_decoding_multiplies() {
    let mut packed = Vec::new();
    GzipEncoder::new(&vec![b' '; 2 * MIB - 1][..]).read_to_end(&mut packed).await.unwrap();
    let ratio = (2 * MIB / packed.len()) as u64;
    let packed = Says(answer("200 OK", "Content-Encoding: gzip\r\n", &packed));
    let limit = |max_ratio| Fetch { max_ratio, ..config() };
    check(packed, limit(ratio + 1), limit(ratio - 100), Reason::TooLarge).await;
}

#[tokio::test]
async fn the_window_of_zstd() {
    // a frame says the window that it wants: here about as much as it holds
    let text: Vec<u8> = (0..MIB as u32 / 4).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut packed = Vec::new();
    ZstdEncoder::new(&text[..]).read_to_end(&mut packed).await.unwrap();
    let packed = Says(answer("200 OK", "Content-Encoding: zstd\r\n", &packed));
    let limit = |max_window_bytes| Fetch { max_window_bytes, ..config() };
    check(packed, limit(8 << 20), limit(64 << 10), Reason::Malformed).await;
}

#[tokio::test]
async fn the_least_rate() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n".to_vec();
    let drips = Drips(head, b"0123456789".to_vec(), Duration::from_millis(150));
    let limit = |least_rate, millis| Fetch { least_rate, least_rate_after: Duration::from_millis(millis), ..config() };
    check(drips.clone(), limit(1000, 10_000), limit(1000, 300), Reason::Timeout).await;
    check(drips, limit(10, 2000), limit(1000, 300), Reason::Timeout).await;
}

#[tokio::test]
async fn content_types() {
    let markdown = Hostile::start(Says(answer("200 OK", "Content-Type: Text/Markdown; a=b\r\n", b"text"))).await;
    let binary = Hostile::start(Says(answer("200 OK", "Content-Type: image/x-feed\r\n", b"<rss/>"))).await;
    let refused = Some(Reason::ContentType);
    for (page_types, feed_types, of_page, of_feed) in [
        (vec!["text/html"], vec![], refused, refused),
        (vec!["text/markdown"], vec![], None, refused),
        (vec![], vec!["image/x-feed"], refused, None),
    ] {
        let owned = |types: Vec<&str>| types.into_iter().map(str::to_owned).collect();
        let fetcher = local(&Fetch { page_types: owned(page_types), feed_types: owned(feed_types), ..config() });
        let reason = async |request| fetcher.get(request).await.err().map(|failure| failure.reason);
        assert_eq!(reason(page(&markdown.url())).await, of_page);
        assert_eq!(reason(feed(&binary.url())).await, of_feed);
    }
}

/// How many connections three requests take whose bodies nobody wants.
async fn connections_for(answer: &[u8], first: usize) -> usize {
    let pause = Duration::from_millis(30);
    let server = Hostile::start(Serves(answer[..first].to_vec(), answer[first..].to_vec(), pause)).await;
    let mut config = config();
    config.politeness.host_gap = Duration::from_millis(100);
    let fetcher = local(&config);
    for _ in 0..3 {
        assert!(fetcher.get(feed(&server.url())).await.is_err());
    }
    server.connections()
}

#[tokio::test]
async fn what_nobody_wants_is_read_where_it_is_little() {
    let small = vec![b'a'; 50 * 1024];
    for (status, lines) in [
        ("404 Not Found", ""),
        ("500 Internal Server Error", ""),
        ("302 Found", "Location: ftp://elsewhere.example/\r\n"),
        ("200 OK", "Content-Type: image/png\r\n"),
        // it is not decoded for nobody
        ("404 Not Found", "Content-Encoding: gzip\r\n"),
    ] {
        let answer = answer(status, lines, &small);
        assert_eq!(connections_for(&answer, 20 * 1024).await, 1, "{status}");
    }
    let large = answer("404 Not Found", "", &vec![b'a'; 100 * 1024]);
    assert_eq!(connections_for(&large, 20 * 1024).await, 3, "a new connection costs less");
}

#[tokio::test]
async fn what_nobody_wants_is_not_waited_for() {
    let head = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let endless = Drips(head, b"1\r\na\r\n".to_vec(), Duration::from_millis(10));
    let server = Hostile::start(endless).await;
    let begun = Instant::now();
    let failure = local(&config()).get(feed(&server.url())).await.unwrap_err();
    assert_eq!((failure.reason, failure.status), (Reason::NotFound, Some(404)));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_is_told_from_a_host_that_does_not() {
    let config = Fetch { connect_within: Duration::from_millis(500), ..config() };
    let silent = |_: &str| {
        std::thread::sleep(Duration::from_secs(2));
        vec!["127.0.0.1".parse().unwrap()]
    };
    let begun = Instant::now();
    let failure = fetcher(&config, silent).get(feed("http://news.example/")).await.unwrap_err();
    assert_eq!((failure.reason, begun.elapsed() < Duration::from_secs(2)), (Reason::Dns, true), "{failure}");
}

#[tokio::test]
async fn a_network_that_is_down_is_told_from_a_host_that_is() {
    let server = Hostile::start(Says(answer("200 OK", "", b"<rss/>"))).await;
    let port = server.address.port();
    // names that begin with `up` are this machine, the others are nowhere
    let fetcher = fetcher(&config(), |name| match name.starts_with("up") {
        true => vec!["127.0.0.1".parse().unwrap()],
        false => vec![],
    });
    let ask = async |host: &str| fetcher.get(feed(&format!("http://{host}.example:{port}/"))).await.is_ok();
    for (host, answers, offline) in [
        ("down-1", false, false),
        ("down-1", false, false),
        ("down-1", false, false),
        ("up", true, false),
        ("down-1", false, false),
        ("down-2", false, false),
        ("down-1", false, true),
        ("down-3", false, true),
        ("up", true, false),
    ] {
        assert_eq!((ask(host).await, fetcher.is_offline()), (answers, offline), "after {host}");
    }
}
