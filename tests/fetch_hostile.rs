//! The client against servers that do what no honest server would: each case ends with its reason, before its
//! deadline and within its memory.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "support/fetcher.rs"]
mod fetcher;
#[path = "support/hostile.rs"]
mod hostile;

use std::time::{Duration, Instant};

use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use copydesk::fetch::Reason;
use fetcher::{config, feed, local};
use hostile::{
    Behaviour::{self, Accepts, Drips, Greets, Repeats, Resets, Says, Stalls},
    Hostile,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, BufReader};

const DEADLINE: Duration = Duration::from_secs(2);
/// No case may take more memory than this above idle.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 64 * 1024 * 1024;

/// Asks a server that behaves so, and checks how that ends.
async fn check(name: &str, behaviour: Behaviour, expected: Result<&[u8], Reason>) {
    check_over("http", name, behaviour, expected).await;
}

async fn check_over(scheme: &str, name: &str, behaviour: Behaviour, expected: Result<&[u8], Reason>) {
    let server = Hostile::start(behaviour).await;
    let url = server.url().replace("http", scheme);
    // what should end by a deadline gets a short one; the others must not meet theirs, however busy the machine is
    let deadline = if expected == Err(Reason::Timeout) { DEADLINE } else { 10 * DEADLINE };
    let config = copydesk::config::Fetch {
        connect_within: deadline / 4,
        first_byte_within: deadline / 4,
        request_within: deadline,
        // as large as by default, where memory is concerned
        max_feed_bytes: copydesk::config::Fetch::default().max_feed_bytes,
        ..config()
    };
    #[cfg(target_os = "linux")]
    let idle = memory::begin();
    let begun = Instant::now();
    let outcome = local(&config).get(feed(&url)).await;
    let took = begun.elapsed();
    let outcome = outcome.as_ref().map(|response| &response.body[..]).map_err(|failure| failure.reason);
    assert_eq!(outcome, expected, "{name}");
    // room for a machine that is busy with other tests
    assert!(took < deadline + Duration::from_secs(3), "{name} took {took:?}");
    assert_eq!(server.connections(), 1, "{name}: one GET is one GET");
    #[cfg(target_os = "linux")]
    {
        let peak = memory::peak().saturating_sub(idle);
        println!("{name:40} {:4} ms {:6} KiB", took.as_millis(), peak / 1024);
        assert!(peak < MEMORY, "{name} took {peak} bytes");
    }
}

fn head(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n").into_bytes()
}

fn with(head: Vec<u8>, body: &[u8]) -> Vec<u8> {
    [head, body.to_vec()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_servers() {
    let tick = Duration::from_millis(20);
    // a record of a handshake that is as long as it may be
    let handshake = [&[22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc][..], &[0; 16_000]].concat();
    // they wait more than they work, so they do it together
    tokio::join!(
        check("nothing at all", Stalls(vec![]), Err(Reason::Timeout)),
        check(
            "a status line a byte at a time",
            Drips(b"HTTP/1.1 200 ".to_vec(), b"a".to_vec(), tick),
            Err(Reason::Timeout),
        ),
        check(
            "headers a byte at a time",
            Drips(b"HTTP/1.1 200 OK\r\nA: ".to_vec(), b"a".to_vec(), tick),
            Err(Reason::Timeout),
        ),
        check("a head that stops", Stalls(b"HTTP/1.1 200 OK\r\n".to_vec()), Err(Reason::Timeout)),
        check("a body that stops", Stalls(with(head("Content-Length: 10\r\n"), b"half")), Err(Reason::Timeout)),
        check("a body a byte at a time", Drips(head(""), b"a".to_vec(), tick), Err(Reason::Timeout)),
        check(
            "chunks a byte at a time",
            Drips(head("Transfer-Encoding: chunked\r\n"), b"1\r\na\r\n".to_vec(), tick),
            Err(Reason::Timeout),
        ),
        check(
            "endless interim answers",
            Repeats(vec![], b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec()),
            Err(Reason::Timeout),
        ),
        check_over("https", "a handshake that never comes", Accepts, Err(Reason::Timeout)),
        check_over("https", "a handshake a byte at a time", Greets(handshake, tick), Err(Reason::Timeout)),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_speak_no_tls() {
    let record = |length: u16, body: &[u8]| [&[22, 3, 3][..], &length.to_be_bytes(), body].concat();
    let alert = vec![21, 3, 3, 0, 2, 2, 40];
    for (name, greeting) in [
        ("plain HTTP where TLS is expected", head("")),
        ("an alert", alert),
        ("an empty record", record(0, b"")),
        ("a record of 64 KiB", record(u16::MAX, &[0; 65_535])),
        ("a handshake of 16 MiB", record(16_000, &[&[2, 255, 255, 255][..], &[0; 15_996]].concat())),
    ] {
        check_over("https", name, Greets(greeting, Duration::ZERO), Err(Reason::Tls)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_servers() {
    let filler = vec![b'a'; 16 * 1024];
    let line = b"X-Header: a\r\n".to_vec();
    let start = b"HTTP/1.1 200 OK\r\n".to_vec();
    check("endless headers", Repeats(start.clone(), line), Err(Reason::Malformed)).await;
    check("an endless header", Repeats(with(start.clone(), b"A: "), filler.clone()), Err(Reason::Malformed)).await;
    check("an endless status line", Repeats(b"HTTP/1.1 200 ".to_vec(), filler.clone()), Err(Reason::Malformed)).await;
    let large = format!("A: {}\r\n", "a".repeat(100 * 1024));
    check("a header of 100 KiB", Says(head(&large)), Err(Reason::Malformed)).await;
    check("an endless body", Repeats(head(""), filler.clone()), Err(Reason::TooLarge)).await;
    check("a body of 2 GB", Repeats(head("Content-Length: 2000000000\r\n"), filler.clone()), Err(Reason::TooLarge))
        .await;
    let chunk = [b"4000\r\n".to_vec(), filler.clone(), b"\r\n".to_vec()].concat();
    check("endless chunks", Repeats(head("Transfer-Encoding: chunked\r\n"), chunk), Err(Reason::TooLarge)).await;
    let extension = with(head("Transfer-Encoding: chunked\r\n"), b"5;a=");
    check("an endless chunk extension", Repeats(extension, filler.clone()), Err(Reason::Connect)).await;
    let trailers = with(head("Transfer-Encoding: chunked\r\n"), b"5\r\nhello\r\n0\r\n");
    check("endless trailers", Repeats(trailers, b"X-Trailer: a\r\n".to_vec()), Err(Reason::Connect)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lying_servers() {
    check("closed at once", Says(vec![]), Err(Reason::Connect)).await;
    check("reset at once", Resets(vec![]), Err(Reason::Connect)).await;
    check("reset in the head", Resets(b"HTTP/1.1 200 OK\r\nContent-".to_vec()), Err(Reason::Connect)).await;
    check("reset in the body", Resets(with(head("Content-Length: 10\r\n"), b"half")), Err(Reason::Connect)).await;
    check("a body cut short", Says(with(head("Content-Length: 10\r\n"), b"half")), Err(Reason::Connect)).await;
    check("chunks cut short", Says(with(head("Transfer-Encoding: chunked\r\n"), b"5\r\nhel")), Err(Reason::Connect))
        .await;
    check("more than announced", Says(with(head("Content-Length: 4\r\n"), b"half and half")), Ok(b"half")).await;
    check("a length below zero", Says(head("Content-Length: -1\r\n")), Err(Reason::Malformed)).await;
    check(
        "two lengths",
        Says(with(head("Content-Length: 4\r\nContent-Length: 5\r\n"), b"half")),
        Err(Reason::Malformed),
    )
    .await;
    check("no HTTP", Says(b"220 mail.example.com ESMTP\r\n".to_vec()), Err(Reason::Malformed)).await;
    check("HTTP/0.9", Says(b"<html></html>".to_vec()), Err(Reason::Malformed)).await;
    check("NUL in a header", Says(head("A: a\0b\r\n")), Err(Reason::Malformed)).await;
    check(
        "a chunk of 2^64",
        Says(with(head("Transfer-Encoding: chunked\r\n"), b"fffffffffffffffff\r\n")),
        Err(Reason::Connect),
    )
    .await;
    check(
        "a bad gzip",
        Says(with(head("Content-Encoding: gzip\r\n"), b"\x1f\x8b\x08\0broken")),
        Err(Reason::Malformed),
    )
    .await;
    // a server that labels all that it sends: what doesn't begin as gzip does is read as it is
    check("text that is called gzip", Says(with(head("Content-Encoding: gzip\r\n"), b"plain")), Ok(b"plain")).await;
    check("nested encodings", Says(with(head("Content-Encoding: gzip, gzip\r\n"), b"plain")), Err(Reason::Malformed))
        .await;
    check("an unsolicited 304", Says(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()), Err(Reason::Malformed)).await;
    check(
        "an unsolicited 206",
        Says(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n".to_vec()),
        Err(Reason::Malformed),
    )
    .await;
    check(
        "an unsolicited 101",
        Says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_vec()),
        Err(Reason::Malformed),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs() {
    for coding in ["gzip", "deflate", "deflate, raw", "br", "zstd"] {
        let bomb = bomb(coding, 64 * 1024 * 1024).await;
        let name = coding.split(',').next().unwrap();
        let head = head(&format!("Content-Encoding: {name}\r\n"));
        check(&format!("{coding} bomb of {} bytes", bomb.len()), Says(with(head, &bomb)), Err(Reason::TooLarge)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_lead_astray() {
    let to = |location: &str, body: &[u8]| with(format!("HTTP/1.1 302 Found\r\n{location}\r\n").into_bytes(), body);
    let empty = |location: &str| Says(to(&format!("Location: {location}\r\nContent-Length: 0\r\n"), b""));
    check("a redirect to itself", empty("/"), Err(Reason::Redirect)).await;
    check("a redirect to nowhere", Says(to("Content-Length: 0\r\n", b"")), Err(Reason::Redirect)).await;
    check("a redirect to no URL", empty("http://[::1"), Err(Reason::Redirect)).await;
    check("a redirect to a file", empty("file:///etc/passwd"), Err(Reason::Redirect)).await;
    check("a redirect to a private address", empty("http://10.0.0.1/"), Err(Reason::Redirect)).await;
    check("a redirect to 60 KiB of URL", empty(&"a".repeat(60_000)), Err(Reason::Redirect)).await;
    let endless = Repeats(to("Location: /\r\n", b""), vec![b'a'; 16 * 1024]);
    check("a redirect with an endless body", endless, Err(Reason::Redirect)).await;
    let refused = Repeats(b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec(), vec![b'a'; 16 * 1024]);
    check("a refusal with an endless body", refused, Err(Reason::NotFound)).await;
    // each hop asks the same server over a new connection, as it closes them
    let server = Hostile::start(empty("a/")).await;
    let failure = local(&config()).get(feed(&server.url())).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Redirect);
    assert!(failure.detail.contains("more than 5"), "{failure}");
    assert_eq!(server.connections(), 6);
}

/// Zeros that were encoded, without ever being held.
async fn bomb(coding: &str, bytes: u64) -> Vec<u8> {
    let zeros = BufReader::new(tokio::io::repeat(0).take(bytes));
    let mut encoder: Box<dyn AsyncRead + Unpin> = match coding {
        "gzip" => Box::new(GzipEncoder::new(zeros)),
        "deflate" => Box::new(ZlibEncoder::new(zeros)),
        "deflate, raw" => Box::new(DeflateEncoder::new(zeros)),
        "br" => Box::new(BrotliEncoder::with_quality(zeros, async_compression::Level::Fastest)),
        "zstd" => Box::new(ZstdEncoder::new(zeros)),
        _ => unreachable!("{coding}"),
    };
    let mut encoded = Vec::new();
    encoder.read_to_end(&mut encoded).await.unwrap();
    encoded
}

/// The process's own memory, as the kernel counts it. The limit has room for tests that run at the same time.
#[cfg(target_os = "linux")]
mod memory {
    /// Forgets the peak so far and says what is resident now, in bytes.
    pub(crate) fn begin() -> u64 {
        // 5: reset the peak (proc_pid_clear_refs(5)); where that is not allowed the peak is that of the whole run
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        line("VmRSS:")
    }

    pub(crate) fn peak() -> u64 {
        line("VmHWM:")
    }

    fn line(name: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}
