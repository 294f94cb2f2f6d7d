//! What is configured for a host, a feed's own origin, documents and documents that are sent whole, through the binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;
#[path = "support/socks.rs"]
mod socks;

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use host::{Answer, Host, feed};
use installation::{Installation, LOCAL, stop};
use socks::Socks;
use tokio::task::block_in_place;

const LOOPBACK: &str = "allow_networks: [127.0.0.0/8], host_gap: 0ms";

fn installation(directory: &std::path::Path, feeds: &[String], fetch: &str, rest: &str) -> Installation {
    Installation::with_feeds(directory, feeds, &format!("admin: off\nfetch: {{{LOOPBACK}{fetch}}}\n{rest}{LOCAL}"))
}

fn once(installation: &Installation) {
    let output = block_in_place(|| installation.output(&["run", "--once"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn entry(link: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>T</title><item><title>Story</title><link>{link}</link></item></channel></rss>"
    )
}

fn html(text: &str) -> Answer {
    Answer::ok(&format!(
        "<html><head><title>Story</title></head><body><article><h1>Story</h1>{text}</article></body></html>"
    ))
    .with("content-type", "text/html")
}

fn paragraphs(count: usize) -> String {
    let one = |n| {
        format!(
            "<p>In part {n} of this story something happens to somebody, in a sentence that is long enough, and part {} follows.</p>",
            n + 1
        )
    };
    (0..count).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_a_feed_stay_with_it_and_its_pages() {
    let away = Host::open(|_, _| html(&paragraphs(6)).with("set-cookie", "away=1")).await;
    let elsewhere = away.url("/page");
    let home = Host::open(move |_, asked| match (asked.uri.as_str(), asked.header("cookie")) {
        ("/robots.txt", _) => Answer::status(404),
        ("/walled", None) => Answer::status(302).with("location", "/walled").with("set-cookie", "seen=1; Path=/"),
        ("/walled", Some(_)) => Answer::ok(&entry("/page")),
        ("/open", _) => Answer::ok(&entry(&elsewhere)).with("set-cookie", "open=1"),
        (_, cookie) => {
            assert_eq!(cookie, Some(&b"seen=1"[..]));
            html(&paragraphs(6))
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let walled = format!("{{url: \"{}\", cookies: true}}", home.url("/walled"));
    let installation = installation(directory.path(), &[walled, home.url("/open")], "", "");
    once(&installation);
    assert_eq!(installation.records().len(), 2, "{:?}", installation.rejects());
    let with_cookie = |host: &Host, uri: &str| {
        let asked = host.asked().into_iter().filter(|asked| asked.uri == uri);
        asked.map(|asked| asked.header("cookie").is_some()).collect::<Vec<_>>()
    };
    assert_eq!(with_cookie(&home, "/walled"), [false, true]);
    assert_eq!(with_cookie(&home, "/page"), [true]);
    assert_eq!(with_cookie(&home, "/open"), [false]);
    assert_eq!(with_cookie(&away, "/page"), [false]);
}

/// Two ports of one address are two origins and one site.
#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_a_site_open_the_wall_before_its_pages() {
    let pages = Host::open(|_, asked| match (asked.uri.as_str(), asked.header("cookie")) {
        ("/robots.txt", _) => Answer::status(404),
        ("/page", Some(b"seen=1")) => html(&paragraphs(6)),
        _ => Answer::status(302).with("location", "/page").with("set-cookie", "seen=1; Path=/"),
    })
    .await;
    let link = pages.url("/page");
    let home = Host::open(move |_, _| Answer::ok(&entry(&link))).await;
    for (cookies, expected) in [("true", 0), ("site", 1)] {
        let directory = tempfile::tempdir().unwrap();
        let feed = format!("{{url: \"{}\", cookies: {cookies}}}", home.url("/feed"));
        let installation = installation(directory.path(), &[feed], "", "");
        once(&installation);
        assert_eq!(installation.records().len(), expected, "cookies: {cookies}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_may_have_a_proxy_of_its_own() {
    const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\n\r\n<rss version=\"2.0\">\
        <channel><title>T</title><item><guid>1</guid><title>Story</title><description>A sentence that is long enough to \
        stand for a story, in which something happens to somebody somewhere. And another one that is as long as that, \
        so that nobody takes it for the teaser of another story which is told elsewhere, at much greater length. And a \
        third one, in which everything comes to a good end.</description></item></channel></rss>";
    let proxy = Socks::open(ANSWER).await;
    let password = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(password.path(), "secret\n").unwrap();
    let proxied = format!(
        "{{url: \"http://paper.invalid/feed\", proxy: {{url: \"socks5h://{}\", username: desk, password_file: {}}}}}",
        proxy.address,
        password.path().display()
    );
    let direct = Host::open(|_, _| Answer::ok(&feed(0..1))).await;
    let directory = tempfile::tempdir().unwrap();
    let installation = installation(directory.path(), &[proxied, direct.url("/feed")], "", "");
    once(&installation);
    assert_eq!(installation.records().len(), 2);
    let asked = proxy.asked();
    let login = Some(("desk".to_owned(), "secret".to_owned()));
    assert_eq!(asked, [socks::Asked { login, target: "paper.invalid:80".to_owned() }]);
    assert_eq!(direct.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_may_have_a_gap_of_its_own() {
    let slow = Host::open(|_, _| Answer::ok(&feed(0..1))).await;
    let quick = Host::open_at(std::net::Ipv4Addr::new(127, 0, 0, 9), |_, _| Answer::ok(&feed(0..1))).await;
    let feeds: Vec<String> = (0..3).flat_map(|n| [slow.url(&format!("/{n}")), quick.url(&format!("/{n}"))]).collect();
    let directory = tempfile::tempdir().unwrap();
    let installation = installation(directory.path(), &feeds, ", hosts: {127.0.0.1: {host_gap: 300ms}}", "");
    once(&installation);
    let span = |host: &Host| host.asked()[2].at - host.asked()[0].at;
    assert!(span(&slow) >= Duration::from_millis(550), "{:?}", span(&slow));
    assert!(span(&quick) < span(&slow), "{:?} where there is none", span(&quick));
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_read_as_far_as_is_configured() {
    let long = paragraphs(3_000);
    let home = Host::open(move |_, asked| match asked.uri.as_str() {
        "/feed" => Answer::ok(&entry("/page")),
        _ => html(&long),
    })
    .await;
    let mut lengths = Vec::new();
    for documents in ["", "documents: {max_elements: 1000}\n"] {
        let directory = tempfile::tempdir().unwrap();
        let installation = installation(directory.path(), &[home.url("/feed")], ", obey_robots: false", documents);
        once(&installation);
        lengths.push(installation.records()[0].text.len());
    }
    assert!(lengths[1] > 0 && lengths[1] < lengths[0] / 2, "{lengths:?}");
}

/// A 200 with the bytes of the last time is not parsed again.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_the_same_is_noticed() {
    let home = Host::open(|nth, _| Answer::ok(&feed(0..3)).with("etag", format!("\"{nth}\""))).await;
    let directory = tempfile::tempdir().unwrap();
    let admin = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = format!(
        "admin: {admin}\nfetch: {{{LOOPBACK}}}\nschedule: {{min_interval: 100ms, interval: 200ms, max_interval: 200ms}}\n{LOCAL}"
    );
    let installation = Installation::with_feeds(directory.path(), &[home.url("/feed")], &settings);
    let daemon = installation.start(None);
    home.asked_times(5).await;
    let ask = |host: &str| {
        let mut answer = String::new();
        let mut connection = std::net::TcpStream::connect(admin).unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("evil.example").starts_with("HTTP/1.1 421 "), "a web page's own name");
    let metrics = ask("localhost");
    block_in_place(|| stop(daemon));
    let count = |outcome: &str| -> u32 {
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(&format!("copydesk_polls_total{{outcome=\"{outcome}\"}} ")));
        line.map_or(0, |count| count.parse().unwrap())
    };
    assert_eq!(count("read"), 1, "{metrics}");
    assert!(count("same_body") >= 3, "{metrics}");
}
