//! What people ask of feeds on the command line: `check --fetch` and `feeds discover`, on the binary, over loopback.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;

use std::process::Output;

use host::{Answer, Asked, Host, feed};
use installation::{Installation, LOCAL, ON_LOOPBACK};
use serde_json::Value;
use tokio::task::block_in_place;

const PAGE: &str = "<!doctype html><title>Gazette</title>
<link rel=alternate type=application/rss+xml title='All &amp; everything' href=/all.xml>
<link rel=alternate type=application/atom+xml href=/sport.atom>";

fn site(_: usize, asked: &Asked) -> Answer {
    let path = asked.uri.as_str();
    match path {
        "/robots.txt" => Answer::status(404),
        "/" | "/page-as-feed" => Answer::ok(PAGE).with("content-type", "text/html"),
        "/by-header" => Answer::ok(PAGE).with("content-type", "text/html").with(
            "link",
            "</>; rel=canonical, <sport.atom>; rel=alternate; type=\"application/atom+xml\", </rss.xml>; rel=feed",
        ),
        "/bare" => Answer::ok("<html><p>No feed is named here").with("content-type", "text/html"),
        "/all.xml" | "/rss.xml" => Answer::ok(&feed(0..3)).with("etag", "\"1\""),
        "/feed" => Answer::status(302).with("location", "/all.xml"),
        "/moved.xml" => Answer::status(301).with("location", "/all.xml"),
        "/odd.xml" => Answer::ok(
            "<rss><channel><title>R&D</title><item><title>a</title><pubDate>Mon, 05 Jan 2099 10:00:00 GMT</pubDate>\
             </item><item><title>b</title><pubDate>2026-01-05 10:00</pubDate></item></channel></rss>",
        ),
        _ => Answer::status(404),
    }
}

async fn desk_of(paths: &[&str]) -> (tempfile::TempDir, Host, Installation) {
    let (directory, host) = (tempfile::tempdir().unwrap(), Host::open(site).await);
    let urls: Vec<String> = paths.iter().map(|path| host.url(path)).collect();
    let installation = Installation::with_feeds(directory.path(), &urls, &format!("{ON_LOOPBACK}{LOCAL}"));
    (directory, host, installation)
}

fn output(installation: &Installation, arguments: &[&str]) -> Output {
    block_in_place(|| installation.output(arguments))
}

/// What was printed, without the host's port.
fn told(host: &Host, output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).unwrap().replace(&host.url(""), "http://site")
}

#[tokio::test(flavor = "multi_thread")]
async fn check_asks_every_feed_once() {
    let (_directory, host, installation) =
        desk_of(&["/all.xml", "/moved.xml", "/odd.xml", "/page-as-feed", "/none.xml"]).await;
    let output = output(&installation, &["check", "--fetch"]);
    assert_eq!(output.status.code(), Some(1), "some have failed");
    let told = told(&host, &output);
    for expected in [
        "feeds    5 feeds, 1 site",
        "http://site/all.xml\n    RSS, 3 entries\n    title       Stories\n    validators  etag\n",
        "moved to    http://site/all.xml permanently",
        "problem     future-date × 1: 2099-01-05T10:00:00+00:00",
        "problem     date-without-zone × 1: 2026-01-05 10:00",
        "problem     bare-ampersand × 1",
        "failed      web_page: a web page, not a feed; it announces http://site/all.xml, http://site/sport.atom",
        "failed      not_found:",
        "5 feeds: 3 read, 1 of them with problems; 2 failed",
    ] {
        assert!(told.contains(expected), "{expected:?} is not in\n{told}");
    }
    let asked: Vec<String> = host.asked().into_iter().map(|asked| asked.uri).collect();
    assert_eq!(asked.iter().filter(|uri| *uri == "/odd.xml").count(), 1, "{asked:?}");
    assert!(!installation.ledger().exists(), "nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_values_too() {
    let (_directory, host, installation) = desk_of(&["/all.xml", "/page-as-feed"]).await;
    let output = output(&installation, &["check", "--fetch", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["ok"], &told["feeds"]), (&true.into(), &2.into()), "the configuration is valid all the same");
    let fetched = &told["fetched"];
    assert_eq!((&fetched[0]["format"], &fetched[0]["entries"]), (&"rss".into(), &3.into()), "{fetched}");
    assert_eq!(fetched[1]["reason"], "web_page");
    assert_eq!(fetched[1]["announced"][0]["url"], host.url("/all.xml"));

    let (_directory, _host, installation) = desk_of(&["/all.xml"]).await;
    assert!(block_in_place(|| installation.output(&["check", "--fetch"])).status.success(), "all were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn discover_lists_what_a_page_announces() {
    let (_directory, host, installation) = desk_of(&["/all.xml"]).await;
    let page = host.url("/");
    let output = output(&installation, &["feeds", "discover", &page]);
    assert!(output.status.success());
    assert_eq!(
        told(&host, &output),
        "http://site/all.xml\tannounced\tapplication/rss+xml: All & everything\n\
         http://site/sport.atom\tannounced\tapplication/atom+xml\n"
    );
    assert!(host.asked().iter().all(|asked| ["/", "/robots.txt"].contains(&asked.uri.as_str())), "no more is asked");

    let linked = block_in_place(|| installation.output(&["feeds", "discover", &host.url("/by-header")]));
    let linked = told(&host, &linked);
    let urls: Vec<&str> = linked.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(
        urls,
        ["http://site/all.xml", "http://site/sport.atom", "http://site/rss.xml"],
        "the header's come last, once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discover_asks_the_usual_places_where_it_is_told_to() {
    let (_directory, host, installation) = desk_of(&["/all.xml"]).await;
    let page = host.url("/bare");
    let nothing = output(&installation, &["feeds", "discover", &page]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(told(&host, &nothing).contains("no feed found at http://site/bare; --well-known"), "{nothing:?}");

    let found = output(&installation, &["feeds", "discover", &page, "--well-known", "--json"]);
    assert!(found.status.success(), "{}", told(&host, &found));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    let feeds: Vec<(&Value, &Value)> =
        found["feeds"].as_array().unwrap().iter().map(|feed| (&feed["found"], &feed["url"])).collect();
    let expected =
        [("well_known".into(), host.url("/feed").into()), ("well_known".into(), host.url("/rss.xml").into())];
    assert_eq!(feeds, expected.iter().map(|(found, url)| (found, url)).collect::<Vec<_>>());

    let itself = output(&installation, &["feeds", "discover", &host.url("/all.xml")]);
    assert!(told(&host, &itself).starts_with("http://site/all.xml\titself\tRSS, 3 entries: Stories"), "{itself:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn discover_goes_nowhere_it_must_not() {
    let (_directory, host, installation) = desk_of(&["/all.xml"]).await;
    let gone = output(&installation, &["feeds", "discover", &host.url("/gone")]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(told(&host, &gone).contains("not_found"), "{gone:?}");

    // the loopback network is allowed by the configuration only
    let mut alone = std::process::Command::new(env!("CARGO_BIN_EXE_copydesk"));
    let page = host.url("/");
    alone.args(["feeds", "discover", &page]).env_remove("COPYDESK_CONFIG").current_dir("/");
    let refused = block_in_place(|| alone.output().unwrap());
    assert_eq!(refused.status.code(), Some(1));
    assert!(told(&host, &refused).contains("forbidden_address"), "{refused:?}");
}

/// An index of sitemaps is a feed: its latest sitemaps are read when it changes.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_sitemaps_is_a_feed() {
    let host = Host::open(|_, asked: &Asked| {
        let base = String::from_utf8(asked.header("host").unwrap().to_vec()).unwrap();
        let entry = |path: &str| format!("<url><loc>http://{base}{path}</loc><lastmod>2026-01-05</lastmod></url>");
        match asked.uri.as_str() {
            "/sitemap.xml" => Answer::ok(&format!(
                "<sitemapindex><sitemap><loc>http://{base}/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>\
                 <sitemap><loc>/new.xml</loc><lastmod>2026-01-05</lastmod></sitemap></sitemapindex>"
            )),
            "/new.xml" => Answer::ok(&format!("<urlset>{}{}</urlset>", entry("/a"), entry("/b"))),
            "/old.xml" => Answer::ok(&format!("<urlset>{}</urlset>", entry("/c"))),
            _ => Answer::status(404),
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let installation =
        Installation::with_feeds(directory.path(), &[host.url("/sitemap.xml")], &format!("{ON_LOOPBACK}{LOCAL}"));
    assert!(output(&installation, &["run", "--once"]).status.success());
    let mut rejected: Vec<String> =
        installation.rejects().into_iter().filter_map(|reject| Some(reject.url?.replace(&host.url(""), ""))).collect();
    rejected.sort();
    assert_eq!(rejected, ["/a", "/b", "/c"], "each page was looked for, and not found");
    assert!(output(&installation, &["run", "--once"]).status.success());
    let asked = |path: &str| host.asked().iter().filter(|asked| asked.uri == path).count();
    assert_eq!(asked("/new.xml"), 1, "an index that has not changed says that its sitemaps have not");
}
