//! The client as a guest: what servers see of it, and what it makes of their answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/fetcher.rs"]
mod fetcher;

use std::{net::IpAddr, time::Duration};

use async_compression::tokio::bufread::GzipEncoder;
use copydesk::fetch::{Fetcher, Reason, Request, Response, Validators, user_agent};
use fetcher::{config, feed, fetcher, local, page};
use tokio::io::AsyncReadExt as _;
use url::Url;
use wiremock::{
    Mock, MockServer, Request as Received, ResponseTemplate,
    matchers::{header, path},
};

const TEXT: &str = "<rss/>";

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    on(&server, "/", answer).await;
    server
}

async fn on(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(path(at)).respond_with(answer).mount(server).await;
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

fn ok() -> ResponseTemplate {
    status(200).set_body_raw(TEXT, "application/rss+xml")
}

fn html() -> ResponseTemplate {
    status(200).set_body_raw("<p>text</p>", "text/html")
}

fn to(code: u16, location: &str) -> ResponseTemplate {
    status(code).insert_header("location", location)
}

async fn received(server: &MockServer) -> Vec<Received> {
    server.received_requests().await.unwrap()
}

fn value<'a>(request: &'a Received, name: &str) -> Option<&'a [u8]> {
    request.headers.get(name).map(|value| value.as_bytes())
}

async fn get(request: Request) -> Response {
    local(&config()).get(request).await.unwrap()
}

async fn reason(fetcher: &Fetcher, request: Request) -> Reason {
    fetcher.get(request).await.unwrap_err().reason
}

#[tokio::test]
async fn a_request_says_who_asks_and_carries_nothing_else() {
    let server = server(to(302, "/b").insert_header("set-cookie", "a=b")).await;
    on(&server, "/b", ok().insert_header("set-cookie", "c=d")).await;
    let fetcher = local(&config());
    for _ in 0..2 {
        let url = format!("{}/?b=2&a=%41#top", server.uri());
        assert_eq!(fetcher.get(feed(&url)).await.unwrap().url.path(), "/b");
    }
    let requests = received(&server).await;
    assert_eq!(requests.len(), 4, "one GET a hop");
    assert_eq!(requests[0].url.query(), Some("b=2&a=%41"));
    for request in &requests {
        assert_eq!(request.method.as_str(), "GET");
        assert_eq!(value(request, "user-agent"), Some(&b"copydesk/test (+tester@example.org)"[..]));
        assert_eq!(value(request, "accept-encoding"), Some(&b"gzip, br, zstd"[..]));
        assert!(value(request, "accept").unwrap().starts_with(b"application/atom+xml"));
        let mut names: Vec<&str> = request.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"], "no cookie, no referer");
    }
}

#[tokio::test]
async fn validators_are_sent_as_a_pair_and_the_newest_are_told() {
    let etag = "W/\"\u{e9}, 1\"";
    let latin1 = http::HeaderValue::from_bytes(b"W/\"\xe9, 1\"").unwrap();
    let server = MockServer::start().await;
    let unchanged = status(304).insert_header("last-modified", "later").insert_header("cache-control", "max-age=60");
    Mock::given(header("if-modified-since", "once")).respond_with(unchanged).mount(&server).await;
    let first = ok().insert_header("etag", latin1.clone()).insert_header("last-modified", "once");
    on(&server, "/", first).await;

    let first = get(feed(&server.uri())).await;
    assert!(!first.not_modified);
    let pair = Validators { etag: Some(etag.into()), last_modified: Some("once".into()), url: None };
    assert_eq!(first.validators, pair);

    let second = get(Request { validators: pair, ..feed(&server.uri()) }).await;
    assert!(second.not_modified && second.body.is_empty());
    assert_eq!(second.fresh_for, Some(Duration::from_secs(60)));
    let newest = Validators { etag: Some(etag.into()), last_modified: Some("later".into()), url: None };
    assert_eq!(second.validators, newest, "what the 304 does not repeat still stands");
    let requests = received(&server).await;
    assert_eq!(value(&requests[0], "if-none-match"), None);
    assert_eq!(value(&requests[1], "if-none-match"), Some(latin1.as_bytes()));
}

#[tokio::test]
async fn validators_are_sent_to_the_url_they_belong_to() {
    let (from, target) = (MockServer::start().await, server(ok().insert_header("etag", "\"t\"")).await);
    on(&from, "/", to(302, &target.uri())).await;
    let first = get(feed(&from.uri())).await;
    let target_url = Url::parse(&target.uri()).unwrap();
    assert_eq!(first.validators.url, Some(Box::new(target_url)), "not the URL that was asked for");
    let second = Request { validators: first.validators, ..feed(&from.uri()) };
    get(second.clone()).await;
    let validators = Validators { url: None, ..second.validators };
    get(Request { validators, ..feed(&from.uri()) }).await;
    let sent = |requests: &[Received]| -> Vec<bool> {
        requests.iter().map(|request| value(request, "if-none-match").is_some()).collect()
    };
    assert_eq!(sent(&received(&from).await), [false, false, true]);
    assert_eq!(sent(&received(&target).await), [false, true, false]);
}

#[tokio::test]
async fn headers_and_credentials_stay_at_their_origin() {
    let (home, away) = (MockServer::start().await, server(ok()).await);
    on(&home, "/", to(302, "/b")).await;
    let with_name = away.uri().replace("http://", "http://other:pass@");
    on(&home, "/b", to(302, &with_name)).await;
    let url = home.uri().replace("http://", "http://me:secret@");
    let headers =
        vec![("x-key".parse().unwrap(), "k".parse().unwrap()), ("cookie".parse().unwrap(), "a=b".parse().unwrap())];
    get(Request { headers, ..feed(&url) }).await;
    for request in received(&home).await {
        assert_eq!(value(&request, "x-key"), Some(&b"k"[..]));
        assert_eq!(value(&request, "cookie"), Some(&b"a=b"[..]));
        assert_eq!(value(&request, "authorization"), Some(&b"Basic bWU6c2VjcmV0"[..]));
    }
    for request in received(&away).await {
        for name in ["x-key", "cookie", "authorization"] {
            assert_eq!(value(&request, name), None);
        }
    }
    assert_eq!(received(&away).await.len(), 1);
    // a page's link does not make us log in
    let server = server(html()).await;
    get(page(&server.uri().replace("http://", "http://me:secret@"))).await;
    assert_eq!(value(&received(&server).await[0], "authorization"), None);
}

#[tokio::test]
async fn permanent_redirects_at_the_start_are_told() {
    let server = MockServer::start().await;
    for (at, code, next) in [("/a", 301, "/b"), ("/b", 308, "/c"), ("/c", 307, "/d"), ("/d", 301, "/e")] {
        on(&server, at, to(code, next)).await;
    }
    on(&server, "/e", ok()).await;
    for (at, moved_to) in [("/a", Some("/c")), ("/b", Some("/c")), ("/c", None), ("/d", Some("/e")), ("/e", None)] {
        let url = format!("{}{at}", server.uri().replace("http://", "http://me:secret@"));
        let response = get(feed(&url)).await;
        assert_eq!(response.url.as_str(), format!("{}/e", server.uri()));
        let expected = moved_to.map(|path| url.replace(at, path));
        assert_eq!(response.moved_to.map(String::from), expected, "{at}: credentials move along");
    }
}

#[tokio::test]
async fn what_an_answer_says_is_told() {
    let answer = ok()
        .insert_header("cache-control", "max-age=600")
        .insert_header("age", "100")
        .insert_header("x-robots-tag", "NoArchive")
        .insert_header("tdm-reservation", "1");
    let response = get(feed(&server(answer).await.uri())).await;
    assert_eq!(response.body, TEXT);
    assert_eq!(response.content_type.as_deref(), Some("application/rss+xml"));
    assert_eq!(response.fresh_for, Some(Duration::from_secs(500)));
    assert_eq!(response.restrictions, ["noarchive", "tdm-reservation"]);
    assert_eq!((response.moved_to, response.not_modified), (None, false));
}

#[tokio::test]
async fn a_gzipped_body_is_counted_twice_and_given_once() {
    let plain = "words and words ".repeat(1000);
    let mut packed = Vec::new();
    GzipEncoder::new(plain.as_bytes()).read_to_end(&mut packed).await.unwrap();
    let wire = packed.len() as u64;
    let server = server(status(200).insert_header("content-encoding", "gzip").set_body_bytes(packed)).await;
    let fetcher = local(&config());
    assert_eq!(fetcher.get(feed(&server.uri())).await.unwrap().body, plain);
    let stats = fetcher.stats();
    assert_eq!((stats.wire_bytes, stats.decoded_bytes), (wire, plain.len() as u64));
}

#[tokio::test]
async fn a_busy_host_is_left_alone_and_no_other() {
    for (busy, held) in [
        (status(429).insert_header("retry-after", "604800"), 86_400),
        (status(429).insert_header("retry-after", "Thu, 01 Jan 1970 01:00:00 GMT").insert_header("date", ""), 3600),
        (status(503).insert_header("retry-after", "120"), 120),
        (status(429), 30),
    ] {
        let (busy, other) = (server(busy).await, server(ok()).await);
        let fetcher = local(&config());
        let failure = fetcher.get(feed(&busy.uri())).await.unwrap_err();
        assert_eq!((failure.reason, failure.retry_after), (Reason::Busy, Some(Duration::from_secs(held))));
        let failure = fetcher.get(page(&format!("{}/page", busy.uri()))).await.unwrap_err();
        assert_eq!((failure.reason, failure.status), (Reason::Busy, None));
        assert!(failure.retry_after.unwrap().abs_diff(Duration::from_secs(held)) < Duration::from_secs(20));
        assert_eq!(received(&busy).await.len(), 1, "not asked again");
        assert!(fetcher.get(feed(&other.uri())).await.is_ok());
    }
    let failing = server(status(503)).await;
    let fetcher = local(&config());
    for _ in 0..2 {
        assert_eq!(reason(&fetcher, feed(&failing.uri())).await, Reason::ServerError);
    }
    assert_eq!(received(&failing).await.len(), 2, "503 alone asks for no rest");
}

#[tokio::test]
async fn failures_have_their_reasons() {
    let fetcher = fetcher(&config(), |name| match name {
        "private.example" => vec!["10.0.0.1".parse().unwrap()],
        _ => Vec::<IpAddr>::new(),
    });
    // a port that nobody listens at: bound, and closed again
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = server(ok()).await;
    let pdf = server(status(200).set_body_raw("%PDF-1.7", "application/pdf")).await;
    for (request, expected) in [
        (feed("http://nowhere.example/"), Reason::Dns),
        (feed("http://private.example/"), Reason::Forbidden),
        (feed("http://192.168.0.1/"), Reason::Forbidden),
        (feed("http://203.0.113.1:25/"), Reason::Forbidden),
        (feed("ftp://nowhere.example/"), Reason::Forbidden),
        (feed(&format!("http://{closed}/")), Reason::Connect),
        (feed(&plain.uri().replace("http", "https")), Reason::Tls),
        (feed(&format!("{}/missing", plain.uri())), Reason::NotFound),
        (page(&pdf.uri()), Reason::ContentType),
        (feed(&pdf.uri()), Reason::ContentType),
    ] {
        assert_eq!(reason(&fetcher, request.clone()).await, expected, "{}", request.url);
    }
    let stats = fetcher.stats();
    assert_eq!(stats.failures.iter().map(|(_, count)| count).sum::<u64>(), 10);
    assert!(stats.failures.contains(&(Reason::Forbidden, 4)) && stats.failures.contains(&(Reason::ContentType, 2)));
    assert_eq!((stats.fetched, stats.not_modified), (0, 0));
}

#[tokio::test]
async fn what_a_server_says_is_shown_in_short_and_without_controls() {
    let long = format!("image/\t{}", "x".repeat(5000));
    let server = server(status(200).insert_header("content-type", long)).await;
    let failure = local(&config()).get(feed(&server.uri())).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ContentType);
    assert!(failure.detail.len() <= 300 && !failure.detail.contains(char::is_control), "{failure}");
}

#[test]
fn the_user_agent_names_whom_to_reach() {
    let version = env!("CARGO_PKG_VERSION");
    let agent = user_agent(Some("https://example.org/bot"));
    assert_eq!(agent, format!("copydesk/{version} (+https://example.org/bot)"));
    assert_eq!(user_agent(None), format!("copydesk/{version}"));
    let faulty = Fetcher::new(&config(), "a\nb: c", || std::time::SystemTime::UNIX_EPOCH);
    assert!(faulty.is_err_and(|error| error.to_string().starts_with("the HTTP client cannot be set up")));
}
