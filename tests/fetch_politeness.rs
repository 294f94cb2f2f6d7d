//! The client against robots.txt, and every setting against its effect.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/fetcher.rs"]
mod fetcher;

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use copydesk::{
    config::{Fetch, Politeness, Proxy},
    fetch::{Fetcher, Reason, Request},
};
use fetcher::{config, feed, fetcher, local, page};
use futures_util::future::join_all;
use tokio::time::timeout;
use url::Url;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

/// A server that answers everything that nothing else answers.
async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).with_priority(10).mount(&server).await;
    server
}

async fn on(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(path(at)).respond_with(answer).mount(server).await;
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

fn html() -> ResponseTemplate {
    status(200).set_body_raw("<p>text</p>", "text/html")
}

fn to(location: &str) -> ResponseTemplate {
    status(302).insert_header("location", location)
}

fn robots(text: &str) -> ResponseTemplate {
    status(200).set_body_raw(text.to_owned(), "text/plain")
}

async fn paths(server: &MockServer) -> Vec<String> {
    server.received_requests().await.unwrap().iter().map(|request| request.url.path().to_owned()).collect()
}

fn with(politeness: Politeness) -> Fetch {
    Fetch { politeness, ..config() }
}

fn obedient() -> Fetcher {
    local(&with(Politeness { obey_robots: true, ..config().politeness }))
}

async fn reason(fetcher: &Fetcher, request: Request) -> Option<Reason> {
    fetcher.get(request).await.err().map(|failure| failure.reason)
}

#[tokio::test]
async fn robots_txt_is_asked_once_before_the_first_page() {
    let server = server(html()).await;
    on(&server, "/robots.txt", robots("User-agent: *\nDisallow: /private")).await;
    let fetcher = obedient();
    let urls = ["/1", "/2", "/3", "/private/4"].map(|path| format!("{}{path}", server.uri()));
    let reasons = join_all(urls.iter().map(|url| reason(&fetcher, page(url)))).await;
    assert_eq!(reasons, [None, None, None, Some(Reason::Robots)]);
    let mut paths = paths(&server).await;
    assert_eq!(paths[0], "/robots.txt");
    paths.sort_unstable();
    assert_eq!(paths, ["/1", "/2", "/3", "/robots.txt"]);
}

#[tokio::test]
async fn robots_txt_binds_whom_it_should() {
    // (obey_robots of the configuration, of the feed's request, whether a page and a feed get through)
    for (obey, feed_obeys, page_passes, feed_passes) in
        [(true, false, false, true), (true, true, false, false), (false, true, true, false), (false, false, true, true)]
    {
        let server = server(html()).await;
        on(&server, "/robots.txt", robots("User-agent: copydesk\nDisallow: /")).await;
        let fetcher = local(&with(Politeness { obey_robots: obey, ..config().politeness }));
        let a_page = reason(&fetcher, page(&server.uri())).await;
        let a_feed = reason(&fetcher, Request { obey_robots: feed_obeys, ..feed(&server.uri()) }).await;
        assert_eq!((a_page.is_none(), a_feed.is_none()), (page_passes, feed_passes), "{obey} {feed_obeys}");
    }
}

#[tokio::test]
async fn what_came_of_robots_txt_decides() {
    for (answer, expected) in [
        (status(404), None),
        (status(403), None),
        (status(401), None),
        (status(204), None),
        (status(300), None),
        (status(500), Some(Reason::RobotsUnreachable)),
        (status(503), Some(Reason::RobotsUnreachable)),
        (status(503).insert_header("retry-after", "60"), Some(Reason::Busy)),
        (status(429), Some(Reason::Busy)),
        (
            robots("User-agent: *\nDisallow: /").insert_header("content-encoding", "compress"),
            Some(Reason::RobotsUnreachable),
        ),
        (to("/robots.txt"), None),
        (to("http://10.0.0.1/"), Some(Reason::RobotsUnreachable)),
    ] {
        let server = server(html()).await;
        on(&server, "/robots.txt", answer).await;
        assert_eq!(reason(&obedient(), page(&server.uri())).await, expected);
        assert_eq!(paths(&server).await.len(), if expected.is_none() { 2 } else { 1 });
    }
}

#[tokio::test]
async fn robots_txt_is_followed_through_five_redirects() {
    for (hops, expected) in [(5, Some(Reason::Robots)), (6, None)] {
        let (server, other) = (server(html()).await, server(html()).await);
        on(&server, "/robots.txt", to(&format!("{}/1", other.uri()))).await;
        for hop in 1..hops {
            on(&other, &format!("/{hop}"), to(&format!("/{}", hop + 1))).await;
        }
        on(&other, &format!("/{hops}"), robots("User-agent: *\nDisallow: /")).await;
        assert_eq!(reason(&obedient(), page(&server.uri())).await, expected, "{hops} redirects");
    }
}

#[tokio::test]
async fn a_large_robots_txt_is_read_to_its_limit() {
    let filler = "# nothing\n".repeat(50 * 1024);
    assert_eq!(filler.len(), 500 * 1024);
    for (text, expected) in [
        (format!("User-agent: *\nDisallow: /a\n{filler}"), Some(Reason::Robots)),
        (format!("{filler}User-agent: *\nDisallow: /a\n"), None),
    ] {
        let server = server(html()).await;
        on(&server, "/robots.txt", robots(&text)).await;
        assert_eq!(reason(&obedient(), page(&format!("{}/a", server.uri()))).await, expected);
    }
}

#[tokio::test]
async fn a_redirect_asks_robots_txt_of_where_it_leads() {
    let (from, target) = (server(html()).await, server(html()).await);
    on(&from, "/robots.txt", status(404)).await;
    on(&from, "/a", to(&format!("{}/private", target.uri()))).await;
    on(&target, "/robots.txt", robots("User-agent: *\nDisallow: /private")).await;
    assert_eq!(reason(&obedient(), page(&format!("{}/a", from.uri()))).await, Some(Reason::Robots));
    assert_eq!(paths(&target).await, ["/robots.txt"]);
}

#[tokio::test]
async fn a_crawl_delay_widens_the_gap() {
    let server = server(html()).await;
    on(&server, "/robots.txt", robots("User-agent: *\nCrawl-delay: 0.3")).await;
    let fetcher = obedient();
    let begun = Instant::now();
    for path in ["/1", "/2", "/3"] {
        assert!(fetcher.get(page(&format!("{}{path}", server.uri()))).await.is_ok());
    }
    assert!(begun.elapsed() >= Duration::from_millis(600), "{:?}", begun.elapsed());
}

/// A client with settings of their own for some hosts: every name is this machine.
fn with_hosts(hosts: &[(&str, Politeness)]) -> Fetcher {
    let hosts = hosts.iter().map(|(name, politeness)| ((*name).to_owned(), *politeness)).collect();
    local(&Fetch { hosts, ..with(Politeness { obey_robots: true, ..config().politeness }) })
}

#[tokio::test]
async fn a_host_may_be_treated_otherwise() {
    let server = server(html()).await;
    on(&server, "/robots.txt", robots("User-agent: *\nDisallow: /private\nCrawl-delay: 10")).await;
    let usual = Politeness { obey_robots: true, ..config().politeness };
    let bold = Politeness { obey_robots: false, ..usual };
    let quick = Politeness { max_crawl_delay: Duration::from_millis(100), ..usual };
    let fetcher = with_hosts(&[("bold.example", bold), ("*.quick.example", quick)]);
    let url = |host: &str, path: &str| page(&format!("http://{host}:{}{path}", server.address().port()));
    for (host, expected) in
        [("news.example", Some(Reason::Robots)), ("bold.example", None), ("www.quick.example", Some(Reason::Robots))]
    {
        assert_eq!(reason(&fetcher, url(host, "/private")).await, expected, "{host}");
    }
    let begun = Instant::now();
    let twice = async |host: &str| {
        for path in ["/1", "/2"] {
            assert!(fetcher.get(url(host, path)).await.is_ok(), "{host}");
        }
    };
    tokio::select! {
        biased;
        () = twice("news.example") => panic!("it waits for ten seconds before each"),
        quick = timeout(Duration::from_secs(8), twice("www.quick.example")) => quick.unwrap(),
    }
    assert!(begun.elapsed() >= quick.max_crawl_delay, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_redirect_counts_at_the_host_it_leads_to() {
    let (from, target) = (server(html()).await, server(html()).await);
    let url = |path: &str| format!("http://slow.example:{}{path}", target.address().port());
    let gap = Duration::from_millis(200);
    for n in 0..3 {
        on(&from, &format!("/{n}"), to(&url(&format!("/{n}")))).await;
    }
    let politeness = Politeness { host_gap: gap, ..config().politeness };
    let fetcher = with_hosts(&[("slow.example", politeness)]);
    let begun = Instant::now();
    let direct = (3..5).map(|n| feed(&url(&format!("/{n}"))));
    let led = (0..3).map(|n| feed(&format!("{}/{n}", from.uri())));
    assert!(join_all(led.chain(direct).map(|request| fetcher.get(request))).await.iter().all(Result::is_ok));
    assert!(begun.elapsed() >= 4 * gap, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn host_gap_counts_feeds_pages_and_robots_txt_together() {
    let server = server(html()).await;
    let gap = Duration::from_millis(200);
    let fetcher = local(&with(Politeness { host_gap: gap, obey_robots: true, ..config().politeness }));
    let begun = Instant::now();
    assert!(fetcher.get(feed(&server.uri())).await.is_ok());
    assert!(fetcher.get(page(&server.uri())).await.is_ok());
    assert_eq!(fetcher.stats().requests, 3);
    assert!(begun.elapsed() >= 2 * gap, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn per_host_and_in_flight_bound_what_is_under_way() {
    let wait = Duration::from_millis(200);
    let slow = html().set_delay(wait);
    let (one, other) = (server(slow.clone()).await, server(slow).await);
    let urls: Vec<String> =
        (0..4).map(|n| format!("{}/{n}", if n % 2 == 0 { one.uri() } else { other.uri() })).collect();
    for (per_host, in_flight, rounds) in [(2, 64, 1), (1, 64, 2), (2, 1, 4)] {
        let fetcher = local(&Fetch { in_flight, ..with(Politeness { per_host, ..config().politeness }) });
        let begun = Instant::now();
        assert!(join_all(urls.iter().map(|url| fetcher.get(page(url)))).await.iter().all(Result::is_ok));
        assert!(begun.elapsed() >= wait * rounds, "{per_host} {in_flight}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_host_that_hangs_keeps_no_other_waiting() {
    let slow = server(html().set_delay(Duration::from_secs(60))).await;
    let quick = server(html()).await;
    let fetcher = local(&Fetch {
        in_flight: 2,
        request_within: Duration::from_secs(60),
        ..with(Politeness { per_host: 1, ..config().politeness })
    });
    // the same server under 200 names is 200 hosts
    let others: Vec<String> =
        (0..200).map(|n| format!("http://host-{n}.example:{}/", quick.address().port())).collect();
    let hanging: Vec<String> = (0..20).map(|n| format!("{}/{n}", slow.uri())).collect();
    tokio::select! {
        biased;
        _ = join_all(hanging.iter().map(|url| fetcher.get(page(url)))) => panic!("the slow host hangs"),
        answers = join_all(others.iter().map(|url| fetcher.get(page(url)))) => {
            assert!(answers.iter().all(Result::is_ok));
        }
    }
    assert_eq!(paths(&slow).await.len(), 1, "one at a time");
}

#[tokio::test]
async fn sizes_are_bounded_by_kind() {
    let server = server(status(200).set_body_raw("a".repeat(2000), "text/html")).await;
    for (max_feed_bytes, max_page_bytes) in [(2000, 1999), (1999, 2000)] {
        let fetcher = local(&Fetch { max_feed_bytes, max_page_bytes, ..config() });
        let expected = |limit| (limit < 2000).then_some(Reason::TooLarge);
        assert_eq!(reason(&fetcher, feed(&server.uri())).await, expected(max_feed_bytes));
        assert_eq!(reason(&fetcher, page(&server.uri())).await, expected(max_page_bytes));
    }
}

#[tokio::test]
async fn max_redirects_is_what_is_followed() {
    let server = server(html()).await;
    on(&server, "/1", to("/2")).await;
    on(&server, "/2", to("/3")).await;
    let url = format!("{}/1", server.uri());
    for (max_redirects, expected) in [(2, None), (1, Some(Reason::Redirect)), (0, Some(Reason::Redirect))] {
        assert_eq!(reason(&local(&Fetch { max_redirects, ..config() }), feed(&url)).await, expected);
    }
}

#[tokio::test]
async fn deadlines_end_a_request() {
    let server = server(html().set_delay(Duration::from_secs(30))).await;
    let short = Duration::from_millis(100);
    for config in [
        Fetch { connect_within: short, first_byte_within: short, ..config() },
        Fetch { request_within: short, ..config() },
    ] {
        let begun = Instant::now();
        assert_eq!(reason(&local(&config), feed(&server.uri())).await, Some(Reason::Timeout));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn one_deadline_is_for_all_redirects_together() {
    let wait = Duration::from_millis(300);
    let server = server(html()).await;
    for hop in 1..=5 {
        on(&server, &format!("/{hop}"), to(&format!("/{}", hop + 1)).set_delay(wait)).await;
    }
    let url = format!("{}/1", server.uri());
    for (request_within, expected) in [(wait * 3, Some(Reason::Timeout)), (wait * 40, None)] {
        assert_eq!(reason(&local(&Fetch { request_within, ..config() }), feed(&url)).await, expected);
    }
}

#[tokio::test]
async fn ports_are_a_list_and_exceptions_know_no_ports() {
    let server = server(html()).await;
    let loopback: IpAddr = "127.0.0.1".parse().unwrap();
    let by_name = format!("http://server.example:{}/", server.address().port());
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    for (address, allow_networks, expected) in [
        (loopback, allow_networks.clone(), None),
        // outside of the exceptions: refused before a connection
        ("203.0.113.1".parse().unwrap(), allow_networks, Some(Reason::Forbidden)),
        (loopback, vec![], Some(Reason::Forbidden)),
    ] {
        let fetcher = fetcher(&Fetch { allow_networks, ..config() }, move |_| vec![address]);
        assert_eq!(reason(&fetcher, feed(&by_name)).await, expected, "{address}");
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_everything_but_itself_and_private_addresses() {
    let proxy = server(html()).await;
    let url: Url = format!("http://proxy.internal:{}", proxy.address().port()).parse().unwrap();
    let fetcher = local(&Fetch { proxy: Some(Proxy::new(url.clone())), allow_networks: vec![], ..config() });
    let response = fetcher.get(feed("http://news.example/feed")).await.unwrap();
    assert_eq!(response.body, "<p>text</p>");
    let asked = proxy.received_requests().await.unwrap();
    assert_eq!(asked[0].headers["host"], "news.example");
    for refused in [url.as_str(), "http://proxy.internal/", "http://10.0.0.1/", "http://[::1]/"] {
        assert_eq!(reason(&fetcher, feed(refused)).await, Some(Reason::Forbidden), "{refused}");
    }
    assert_eq!(proxy.received_requests().await.unwrap().len(), 1);
}
