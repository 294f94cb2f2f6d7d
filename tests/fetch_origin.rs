//! What is configured for a feed goes to its own origin and nowhere else: headers, credentials, cookies, a proxy.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/fetcher.rs"]
mod fetcher;
#[path = "support/socks.rs"]
mod socks;

use copydesk::{
    config::{CookieScope, Fetch, Politeness, Proxy, Route},
    fetch::{Reason, Request},
};
use fetcher::{config, feed, fetcher, local, page};
use socks::{Asked, Socks};
use url::Url;
use wiremock::{
    Mock, MockServer, Request as Received, ResponseTemplate,
    matchers::{any, header, path},
};

/// A server that answers everything that nothing else answers.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    let ok = ResponseTemplate::new(200).set_body_raw("<rss/>", "text/html");
    Mock::given(any()).respond_with(ok).with_priority(10).mount(&server).await;
    server
}

fn to(location: &str) -> ResponseTemplate {
    ResponseTemplate::new(302).insert_header("location", location)
}

async fn on(server: &MockServer, at: &str, answer: ResponseTemplate) {
    Mock::given(path(at)).respond_with(answer).mount(server).await;
}

/// Path and the value of a header, of each request so far.
async fn sent(server: &MockServer, name: &str) -> Vec<(String, String)> {
    let value = |request: &Received| request.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| (request.url.path().to_owned(), value(request))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn headers_go_to_the_scheme_host_and_port_they_were_given_for() {
    let (home, away) = (server().await, server().await);
    let port = home.address().port();
    // by another name, by another port, and home again
    on(&home, "/1", to(&format!("http://other.example:{port}/2"))).await;
    on(&home, "/2", to(&format!("{}/3", away.uri()))).await;
    on(&away, "/3", to(&format!("{}/4", home.uri()))).await;
    let headers = ["x-key", "authorization", "cookie"].map(|name| (name.parse().unwrap(), "secret".parse().unwrap()));
    let request = Request { headers: headers.to_vec(), ..feed(&format!("{}/1", home.uri())) };
    local(&config()).get(request).await.unwrap();
    for name in ["x-key", "authorization", "cookie"] {
        assert_eq!(sent(&home, name).await, pairs(&[("/1", "secret"), ("/2", ""), ("/4", "secret")]));
        assert_eq!(sent(&away, name).await, pairs(&[("/3", "")]));
    }
}

#[tokio::test]
async fn a_header_of_the_user_stands_in_the_place_of_ours() {
    let home = server().await;
    let headers = vec![("accept".parse().unwrap(), "application/vnd.example".parse().unwrap())];
    local(&config()).get(Request { headers, ..feed(&format!("{}/1", home.uri())) }).await.unwrap();
    let requests = home.received_requests().await.unwrap();
    let accepted: Vec<_> = requests[0].headers.get_all("accept").iter().collect();
    assert_eq!(accepted, ["application/vnd.example"]);
}

#[tokio::test]
async fn cookies_are_kept_for_those_who_want_them_and_sent_to_whom_they_belong() {
    let (home, away) = (server().await, server().await);
    let wall = to(&format!("{}/feed", home.uri())).append_header("set-cookie", "seen=1; Path=/");
    Mock::given(path("/feed"))
        .and(header("cookie", "seen=1"))
        .respond_with(to(&away.uri()))
        .with_priority(1)
        .mount(&home)
        .await;
    on(&home, "/feed", wall).await;
    on(&away, "/", ResponseTemplate::new(200).insert_header("set-cookie", "away=1")).await;
    let fetcher = local(&config());
    let asking = |cookies| Request { cookies, ..feed(&format!("{}/feed", home.uri())) };

    // without them, the wall that sets a cookie and asks to come again is a loop
    assert_eq!(fetcher.get(asking(CookieScope::Nobody)).await.unwrap_err().reason, Reason::Redirect);
    assert_eq!(sent(&home, "cookie").await, pairs(&[("/feed", "")]));
    fetcher.get(asking(CookieScope::Origin)).await.unwrap();
    fetcher.get(Request { cookies: CookieScope::Origin, ..page(&format!("{}/page", home.uri())) }).await.unwrap();
    fetcher.get(page(&format!("{}/other", home.uri()))).await.unwrap();
    let expected = [("/feed", ""), ("/feed", ""), ("/feed", "seen=1"), ("/page", "seen=1"), ("/other", "")];
    assert_eq!(sent(&home, "cookie").await, pairs(&expected));
    fetcher.get(asking(CookieScope::Origin)).await.unwrap();
    assert_eq!(sent(&away, "cookie").await, pairs(&[("/", ""), ("/", "")]), "nothing goes there, and nothing is kept");
}

#[tokio::test]
async fn a_wall_of_cookies_that_never_opens_ends() {
    let home = MockServer::start().await;
    let count = std::sync::atomic::AtomicUsize::new(0);
    let wall = move |_: &Received| {
        let nth = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        to("/").append_header("set-cookie", format!("n={nth}"))
    };
    Mock::given(any()).respond_with(wall).mount(&home).await;
    let failure =
        local(&config()).get(Request { cookies: CookieScope::Origin, ..feed(&home.uri()) }).await.unwrap_err();
    assert!(failure.detail.contains("more than 5 redirects"), "{failure}");
}

#[tokio::test]
async fn a_proxy_of_a_feed_is_asked_for_its_own_origin_only() {
    let (proxy, away) = (server().await, server().await);
    on(&proxy, "/feed", to(&away.uri())).await;
    let proxied =
        Proxy { credentials: Some(("desk".into(), "secret".into())), ..Proxy::new(proxy.uri().parse().unwrap()) };
    let fetcher = local(&Fetch {
        politeness: Politeness { obey_robots: true, ..config().politeness },
        ports: vec![proxy.address().port()],
        ..config()
    });
    let request = Request {
        route: Route::Through(Box::new(proxied)),
        obey_robots: true,
        ..feed(&format!("http://home.example:{}/feed", proxy.address().port()))
    };
    for _ in 0..2 {
        assert_eq!(fetcher.get(request.clone()).await.unwrap().body, "<rss/>");
    }
    let login = "Basic ZGVzazpzZWNyZXQ=";
    let expected = [("/robots.txt", login), ("/feed", login), ("/feed", login)];
    assert_eq!(sent(&proxy, "proxy-authorization").await, pairs(&expected), "robots.txt goes the same way");
    let hosts = sent(&proxy, "host").await;
    assert!(hosts.iter().all(|(_, host)| host.starts_with("home.example")), "{hosts:?}");
    let expected = [("/robots.txt", ""), ("/", ""), ("/", "")];
    assert_eq!(sent(&away, "proxy-authorization").await, pairs(&expected), "asked without a proxy");
}

#[tokio::test]
async fn a_feed_may_go_without_the_proxy_of_all_others() {
    let (proxy, home) = (server().await, server().await);
    let ports = vec![home.address().port()];
    let fetcher = local(&Fetch { proxy: Some(Proxy::new(proxy.uri().parse().unwrap())), ports, ..config() });
    let url = |path: &str| format!("http://home.example:{}{path}", home.address().port());
    fetcher.get(Request { route: Route::Direct, ..feed(&url("/direct")) }).await.unwrap();
    fetcher.get(feed(&url("/proxied"))).await.unwrap();
    assert_eq!(sent(&home, "x").await, pairs(&[("/direct", "")]));
    assert_eq!(sent(&proxy, "x").await, pairs(&[("/proxied", "")]));
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 6\r\n\r\n<rss/>";

#[tokio::test]
async fn socks_proxies_are_given_the_name_or_an_address_that_was_checked() {
    let proxy = Socks::open(ANSWER).await;
    let through = |scheme: &str| {
        let url: Url = format!("{scheme}://{}", proxy.address).parse().unwrap();
        Route::Through(Box::new(Proxy { credentials: Some(("desk".into(), "secret".into())), ..Proxy::new(url) }))
    };
    // an address for documentation: if a request did not use the proxy, it would reach no host
    let allow_networks = vec!["203.0.113.0/24".parse().unwrap()];
    let fetcher = fetcher(&Fetch { allow_networks, ..config() }, |name| match name {
        "public.example" => vec!["203.0.113.1".parse().unwrap()],
        _ => vec!["10.0.0.1".parse().unwrap()],
    });
    for (scheme, url, expected) in [
        ("socks5", "http://public.example/", Ok("203.0.113.1:80")),
        // looked up here, and refused
        ("socks5", "http://private.example/", Err(Reason::Forbidden)),
        // looked up there
        ("socks5h", "http://private.example/", Ok("private.example:80")),
        ("socks5h", "http://10.0.0.1/", Err(Reason::Forbidden)),
        ("socks5h", "http://[::ffff:127.0.0.1]/", Err(Reason::Forbidden)),
        ("socks5", "http://169.254.169.254/", Err(Reason::Forbidden)),
        ("socks5h", "http://public.example:22/", Err(Reason::Forbidden)),
    ] {
        let before = proxy.asked().len();
        let outcome = fetcher.get(Request { route: through(scheme), ..feed(url) }).await;
        let asked = proxy.asked().split_off(before);
        let login = Some(("desk".to_owned(), "secret".to_owned()));
        match expected {
            Ok(target) => {
                assert_eq!(outcome.unwrap().body, "<rss/>");
                assert_eq!(asked, [Asked { login, target: target.to_owned() }], "{scheme} {url}");
            }
            Err(reason) => {
                assert_eq!(outcome.unwrap_err().reason, reason, "{scheme} {url}");
                assert_eq!(asked, [], "{scheme} {url}");
            }
        }
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_said_so_and_its_password_is_not() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for scheme in ["http", "socks5h"] {
        let url = format!("{scheme}://{closed}").parse().unwrap();
        let proxy = Proxy { credentials: Some(("desk".into(), "hunter2".into())), ..Proxy::new(url) };
        let request = Request { route: Route::Through(Box::new(proxy)), ..feed("http://news.example/") };
        assert!(!format!("{request:?}").contains("hunter2"));
        let failure = local(&config()).get(request).await.unwrap_err();
        assert_eq!(failure.reason, Reason::Connect);
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
}
