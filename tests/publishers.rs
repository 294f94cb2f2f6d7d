//! What publishers do to links and pages, and what comes of each entry: through the binary, over loopback.
//!
//! Each scene is one kind of thing that was seen in the wild. What is expected is written by hand: whose title, whose words,
//! and where they are from; or the reason why there is no record.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/installation.rs"]
mod installation;
#[path = "support/publisher.rs"]
mod publisher;

use publisher::{date, guid, html, item, last, moved, page, page_with, play, rss, scene, stories, story, told};

/// Nothing is lost if links are equal or may be, and no story gets the text of another one.
#[tokio::test(flavor = "multi_thread")]
async fn entries_that_share_a_link() {
    const OWN: &[&str] = &["Ferry: ferry of the feed", "Mill: mill of the feed", "Weir: weir of the feed"];
    const PAGES: &[&str] = &["Ferry: ferry of the page", "Mill: mill of the page"];
    play(vec![
        scene(
            "one board for all",
            |path, _, _| match path {
                "/feed" => Some(rss(&[
                    item("/board", "Ferry", &told("ferry")),
                    item("/board", "Mill", &told("mill")),
                    item("/board", "Weir", &told("weir")),
                ])),
                _ => Some(page("board")),
            },
            OWN,
        ),
        scene(
            "places on one page",
            |path, _, _| match path {
                "/feed" => Some(rss(&[
                    item("/log#a", "Ferry", &(guid("a") + &told("ferry"))),
                    item("/log#b", "Mill", &(guid("b") + &told("mill"))),
                    item("/log#c", "Weir", &(guid("c") + &told("weir"))),
                ])),
                _ => Some(page("board")),
            },
            OWN,
        ),
        scene(
            "one board, under the numbers of a campaign",
            |path, _, _| match path {
                "/feed" => Some(rss(&[
                    item("/board?utm_content=1", "Ferry", &(guid("a") + &date(1, 1) + &told("ferry"))),
                    item("/board?utm_content=2", "Mill", &(guid("b") + &date(2, 2) + &told("mill"))),
                    item("/board?utm_content=3", "Weir", &(guid("c") + &date(3, 3) + &told("weir"))),
                ])),
                _ => Some(page("board")),
            },
            OWN,
        ),
        scene(
            "one title, on other days",
            |path, _, _| match path {
                "/feed" => Some(rss(&[
                    item("/board", "Notice", &(date(1, 0) + &told("ferry"))),
                    item("/board", "Notice", &(date(2, 0) + &told("mill"))),
                ])),
                _ => Some(page("board")),
            },
            &["Notice: ferry of the feed", "Notice: mill of the feed"],
        ),
        scene(
            "the board of the first one comes to be known as one",
            |path, nth, _| match path {
                "/feed" => {
                    let all = ["ferry", "mill", "weir"]
                        .map(|noun| item("/board", noun, &(guid(noun) + &date(1, 0) + &told(noun))));
                    Some(rss(&all[..=nth]))
                }
                _ => Some(page("board")),
            },
            &["ferry: board of the page", "mill: mill of the feed", "weir: weir of the feed"],
        )
        .polls(3),
        scene(
            "the newest alone",
            |path, nth, _| match path {
                "/feed" => {
                    let noun = ["ferry", "mill", "weir"][nth];
                    Some(rss(&[item("/board", noun, &(guid(noun) + &date(nth + 1, 0) + &told(noun)))]))
                }
                _ => Some(page("board")),
            },
            &["ferry: board of the page", "mill: mill of the feed", "weir: weir of the feed"],
        )
        .polls(3),
        scene(
            "a parameter that looks like a campaign tells them apart",
            |path, _, _| match path {
                "/feed" => Some(rss(&[item("/view?ncid=1", "Ferry", ""), item("/view?ncid=2", "Mill", "")])),
                "/view?ncid=1" => Some(page("ferry")),
                "/view?ncid=2" => Some(page("mill")),
                _ => None,
            },
            PAGES,
        ),
    ])
    .await;
}

/// One story is published once, whatever it is called.
#[tokio::test(flavor = "multi_thread")]
async fn one_story_under_many_names() {
    const ONCE: &[&str] = &["Ferry: ferry of the page", "Mill: mill of the page"];
    play(vec![
        scene("one link under two guids", |path, _, base| match path {
            "/feed" => {
                let told = |noun: &str, title: &str, mark| {
                    let link = format!("{base}/story/{noun}");
                    item(&link, title, &(guid(&format!("{link}#{mark}")) + &date(1, 0)))
                };
                Some(rss(&[told("ferry", "Ferry", 0), told("mill", "Mill", 0), told("ferry", "Ferry", 3)]))
            }
            _ => stories(path),
        }, ONCE),
        scene("the second guid comes later", |path, nth, _| match path {
            "/feed" => {
                let all = [("ferry", "Ferry", "1"), ("mill", "Mill", "2"), ("ferry", "Ferry", "3")];
                let all = all.map(|(noun, title, id)| item(&format!("/story/{noun}"), title, &guid(id)));
                Some(rss(&all[..2 + nth]))
            }
            _ => stories(path),
        }, ONCE).polls(2),
        scene("as two campaigns", |path, _, _| match path {
            "/feed" => {
                let told = |n: usize| item(&format!("/story/ferry?at_campaign={n}"), "Ferry", &(guid(&n.to_string()) + &date(1, 0)));
                Some(rss(&[told(1), item("/story/mill", "Mill", ""), told(2)]))
            }
            _ => stories(path),
        }, ONCE),
        scene("sections with a parameter of their own", |path, _, base| match path {
            "/all" | "/sport" => {
                let told = |noun: &str, title| item(&format!("/story/{noun}?section={}", &path[1..]), title, "");
                Some(rss(&[told("ferry", "Ferry"), told("mill", "Mill")]))
            }
            _ => {
                let clean = path.split('?').next().unwrap();
                stories(path)?;
                Some(page_with(last(path), &format!("<link rel=canonical href='{base}{clean}'>")))
            }
        }, ONCE).feeds(&["/all", "/sport"]),
        scene("redirects to one page", |path, _, _| match path {
            "/feed" => Some(rss(&[item("/to/1", "Ferry", &guid("1")), item("/to/2", "Ferry", &guid("2")), item("/story/mill", "Mill", "")])),
            "/to/1" | "/to/2" => Some(moved("/story/ferry")),
            _ => stories(path),
        }, ONCE),
        scene("a slug that was corrected", |path, nth, _| match path {
            "/feed" => {
                let slug = ["/story/old/ferry", "/story/ferry"][nth];
                Some(rss(&[item(slug, "Ferry", &(guid(slug) + &date(1, 0))), item("/story/mill", "Mill", "")]))
            }
            "/story/old/ferry" if nth > 0 => Some(moved("/story/ferry")),
            _ => stories(path),
        }, ONCE).polls(2),
        scene("one canonical URL for all pages says nothing", |path, _, base| match path {
            "/feed" => Some(rss(&[item("/story/ferry", "Ferry", &date(1, 0)), item("/story/mill", "Mill", &date(1, 0))])),
            _ => {
                stories(path)?;
                Some(page_with(last(path), &format!("<link rel=canonical href='{base}/story/all'>")))
            }
        }, ONCE),
        scene("a feed whose host alternates", |path, nth, _| match path {
            "/feed" => {
                let host = ["paper.example", "edge.paper.example", "mail.paper.example", "paper.example"][nth];
                let told = |n: usize, noun: &str, title| {
                    let link = format!("https://{host}/{noun}");
                    item(&link, title, &(guid(&link) + &date(1, n) + &told(noun)))
                };
                Some(rss(&[told(1, "ferry", "Ferry"), told(2, "mill", "Mill")]))
            }
            _ => None,
        }, &["Ferry: ferry of the feed", "Mill: mill of the feed"]).polls(4).settings("defaults: {full_text: feed}"),
        scene("gone for some time", |path, nth, _| match path {
            "/feed" => {
                let told = |noun: &str, title: &str| item(&format!("/story/{noun}"), title, &date(1, 0));
                Some(rss(&[if nth == 1 { told("mill", "Mill") } else { told("ferry", "Ferry") }]))
            }
            _ => stories(path),
        }, ONCE).polls(3).settings("schedule: rechecks: []"),
        scene("back with another text", |path, nth, _| match path {
            "/feed" => {
                let told = |noun: &str, title: &str, day| item(&format!("/story/{noun}"), title, &(guid(noun) + &date(day, 0)));
                Some(rss(&[if nth == 1 { told("mill", "Mill", 1) } else { told("ferry", "Ferry", 1 + nth) }]))
            }
            "/story/ferry" if nth > 0 => Some(html(&format!("<title>The ferry</title><article><h1>The ferry</h1>{}<p>The ferry was closed on Tuesday by order of the mayor, who had not been asked to the opening.</p></article>", story("ferry")))),
            _ => stories(path),
        }, &["Ferry: ferry of the page", "Ferry: ferry of the page, revision 2", "Mill: mill of the page"]).polls(3).settings("schedule: rechecks: [1s]"),
    ])
    .await;
}
