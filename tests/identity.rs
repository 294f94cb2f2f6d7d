//! What happened to a feed → records, revisions, nothing: whole documents, one after the other, through everything
//! that decides what an entry is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use copydesk::{
    feed::{Source, identity, parse},
    state::{Document, Policy, Publication, SiteState},
};
use url::Url;

const FEED: &str = "https://gazette.example/rss";
const OTHER: &str = "https://feeds.gazette.example/sport.xml";
const HOUR: Duration = Duration::from_secs(3600);

/// An entry in short: number, then what is to be special about it.
#[derive(Debug, Clone, Default)]
struct Item {
    guid: String,
    link: String,
    title: String,
    text: String,
    date: String,
}

/// Story number `n` as its feed has it at first.
fn story(n: u32) -> Item {
    Item {
        guid: format!("guid-{n}"),
        link: format!("https://gazette.example/2026/story-{n}"),
        title: format!("Story {n} of the day"),
        text: format!("What happened in case {n}."),
        date: format!("Mon, 05 Jan 2026 {:02}:{:02}:00 GMT", n / 60, n % 60),
    }
}

fn stories(numbers: impl IntoIterator<Item = u32>) -> Vec<Item> {
    numbers.into_iter().map(story).collect()
}

fn each(items: Vec<Item>, change: impl Fn(Item) -> Item) -> Vec<Item> {
    items.into_iter().map(change).collect()
}

fn rss(items: &[Item]) -> String {
    let mut out = "<rss version='2.0'><channel><title>Gazette</title><link>https://gazette.example/</link>".to_owned();
    for item in items {
        out.push_str("<item>");
        for (name, value) in [
            ("guid isPermaLink='false'", &item.guid),
            ("link", &item.link),
            ("title", &item.title),
            ("description", &item.text),
            ("pubDate", &item.date),
        ] {
            if !value.is_empty() {
                let end = name.split(' ').next().unwrap();
                let _ = write!(out, "<{name}>{}</{end}>", value.replace('&', "&amp;"));
            }
        }
        out.push_str("</item>");
    }
    out + "</channel></rss>"
}

/// A site whose entries are all published as soon as they are found.
struct Site {
    state: SiteState,
    /// What was committed.
    ledger: BTreeMap<String, Vec<u8>>,
    now: DateTime<Utc>,
    rechecks: Vec<Duration>,
}

/// What a poll came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Came {
    /// First revisions.
    records: usize,
    /// Published ones of which the feed says something else: their pages are looked at for a revision.
    edits: usize,
}

impl Site {
    fn new(rechecks: &[Duration]) -> Self {
        let now = "2026-01-05T12:00:00Z".parse().unwrap();
        Self { state: SiteState::new("gazette.example"), ledger: BTreeMap::new(), now, rechecks: rechecks.to_vec() }
    }

    fn poll(&mut self, feed: &str, items: &[Item]) -> Came {
        self.now += TimeDelta::minutes(5);
        let url = Url::parse(feed).unwrap();
        let document = rss(items);
        let feed_document = parse(document.as_bytes(), Source { url: &url, content_type: None }).unwrap();
        let names = identity::names(&feed_document, "gazette.example");
        let digests = feed_document.entries.iter().map(identity::digest).collect();
        let document = Document { feed: feed_document, names, digests };
        let policy = Policy { rechecks: &self.rechecks, ..Policy::default() };
        let absorbed = self.state.absorb(feed, &document, policy, self.now);
        let waiting: Vec<u64> =
            self.state.entries().filter(|entry| entry.published.is_none()).map(|entry| entry.key).collect();
        assert_eq!(waiting.len(), absorbed.new);
        for key in waiting {
            self.state.published(key, Publication::default(), &self.rechecks, false, self.now);
        }
        Came { records: absorbed.new, edits: absorbed.changed }
    }

    /// As it is after a restart.
    fn restarted(mut self) -> Self {
        let mut state = SiteState::new("gazette.example");
        for changed in self.state.changes(true, usize::MAX) {
            self.ledger.insert(changed.key, changed.value);
        }
        self.ledger.retain(|_, value| !value.is_empty());
        self.ledger.iter().for_each(|(key, value)| state.restore(key, value).unwrap());
        state.restored();
        Self { state, ..self }
    }
}

const NOTHING: Came = Came { records: 0, edits: 0 };
const AN_EDIT: Came = Came { records: 0, edits: 1 };

fn records(records: usize) -> Came {
    Came { records, edits: 0 }
}

/// What is in the feed after ten stories (1 to 10) were published → what comes of it. Twice: while articles wait for their
/// rechecks, and when they are only remembered; with a restart in between.
fn check(what: &str, then: &[Item], expected: Came) {
    for rechecks in [vec![24 * HOUR], vec![]] {
        let mut site = Site::new(&rechecks);
        assert_eq!(site.poll(FEED, &stories(1..=10)), records(10), "{what}");
        let mut site = site.restarted();
        assert_eq!(site.poll(FEED, then), expected, "{what}, rechecks: {}", rechecks.len());
        assert_eq!(site.poll(FEED, then), NOTHING, "{what}, once more");
    }
}

#[test]
fn what_happens_to_a_feed() {
    let ten = || stories(1..=10);
    let with = |change: fn(Item) -> Item| each(ten(), change);
    check("nothing", &ten(), NOTHING);
    check("its order is turned around", &stories((1..=10).rev()), NOTHING);
    check("one more", &stories(0..=10), records(1));
    check("the window moved", &stories(6..=15), records(5));
    check("it was emptied", &[], NOTHING);
    check(
        "a title was changed",
        &each(
            ten(),
            |item| if item.guid == "guid-3" { Item { title: "A correction".to_owned(), ..item } } else { item },
        ),
        AN_EDIT,
    );
    check(
        "a text was changed",
        &each(
            ten(),
            |item| if item.guid == "guid-3" { Item { text: "More is known.".to_owned(), ..item } } else { item },
        ),
        AN_EDIT,
    );
    check(
        "title, slug and text of one were changed",
        &each(ten(), |item| {
            if item.guid == "guid-3" {
                Item {
                    title: "A correction".to_owned(),
                    link: "https://gazette.example/2026/correction".to_owned(),
                    text: "More is known.".to_owned(),
                    ..item
                }
            } else {
                item
            }
        }),
        AN_EDIT,
    );
    check("slugs were changed", &with(|item| Item { link: item.link.replace("story", "report"), ..item }), NOTHING);
    check(
        "guids were changed under the same links",
        &with(|item| Item { guid: format!("new-{}", item.guid), ..item }),
        NOTHING,
    );
    check("guids were dropped", &with(|item| Item { guid: String::new(), ..item }), NOTHING);
    check("links were dropped", &with(|item| Item { link: String::new(), ..item }), NOTHING);
    check(
        "all guids and links were changed",
        &with(|item| Item {
            guid: format!("new-{}", item.guid),
            link: item.link.replace("/2026/", "/archive/?id="),
            ..item
        }),
        NOTHING,
    );
    check(
        "the same, and two new ones",
        &each(stories(0..=11), |item| Item {
            guid: format!("new-{}", item.guid),
            link: item.link.replace("/2026/", "/archive/?id="),
            ..item
        }),
        records(2),
    );
    check(
        "links were tagged",
        &with(|item| Item {
            link: format!("{}?utm_source=rss&utm_medium=feed&fbclid=7", item.link),
            guid: String::new(),
            ..item
        }),
        NOTHING,
    );
    check(
        "http became https, or the other way",
        &with(|item| Item { link: item.link.replace("https", "http"), guid: String::new(), ..item }),
        NOTHING,
    );
    check(
        "mobile links",
        &with(|item| Item { link: item.link.replace("gazette", "m.gazette"), guid: String::new(), ..item }),
        NOTHING,
    );
    check(
        "AMP links",
        &with(|item| Item {
            link: format!("{}/amp/", item.link.replace("https://", "https://www.")),
            guid: String::new(),
            ..item
        }),
        NOTHING,
    );
    check("dates were bumped", &with(|item| Item { date: item.date.replace("05 Jan", "06 Jan"), ..item }), NOTHING);
    check("dates were dropped", &with(|item| Item { date: String::new(), ..item }), NOTHING);
    check(
        "white space was changed",
        &with(|item| Item {
            text: format!("\n  {}\n", item.text.replace(' ', "  ")),
            guid: format!(" {} ", item.guid),
            ..item
        }),
        NOTHING,
    );
    check(
        "numbers were changed",
        &with(|item| Item { text: item.text.replace(|c: char| c.is_ascii_digit(), "7"), ..item }),
        NOTHING,
    );
    check("one guid for all", &with(|item| Item { guid: "gazette".to_owned(), ..item }), NOTHING);
    check("one link for all", &with(|item| Item { link: "https://gazette.example/news".to_owned(), ..item }), NOTHING);
    check("everything was replaced", &stories(100..110), records(10));
}

#[test]
fn stories_move_between_the_feeds_of_a_site() {
    let mut site = Site::new(&[]);
    assert_eq!(site.poll(FEED, &stories(1..=5)), records(5));
    assert_eq!(site.poll(OTHER, &stories(4..=8)), records(3), "two are known from the other feed");
    let other_guids = each(stories(4..=8), |item| Item { guid: format!("sport-{}", item.guid), ..item });
    assert_eq!(site.poll(FEED, &other_guids), NOTHING);
}

/// A live story changes its headline, its link and its date at once, and keeps its guid: that is an edit, whichever story
/// the feed means by it.
#[test]
fn one_guid_whose_entry_becomes_another_is_edited() {
    let current = |n: u32| vec![Item { guid: "current".to_owned(), ..story(n) }];
    let bare = |n: u32| vec![Item { link: String::new(), date: String::new(), ..current(n).remove(0) }];
    let lists: [&dyn Fn(u32) -> Vec<Item>; 2] = [&current, &bare];
    for list in lists {
        // headlines that differ by more than a number, which is no edit
        let named = |n: u32| -> Vec<Item> {
            let word = ["one", "two", "three", "four", "five", "six"][n as usize];
            each(list(n), |item| Item { title: format!("The story of case {word}"), ..item })
        };
        let mut site = Site::new(&[24 * HOUR]);
        assert_eq!(site.poll(FEED, &named(0)), records(1));
        assert_eq!(site.poll(FEED, &named(0)), NOTHING);
        for n in 1..6 {
            assert_eq!(site.poll(FEED, &named(n)), AN_EDIT, "story {n}");
            assert_eq!(site.poll(FEED, &named(n)), NOTHING, "story {n} again");
            site = site.restarted();
        }
    }
}

/// Numbers of lines: each story passes through all guids.
#[test]
fn guids_that_name_one_story_after_the_other_are_no_names() {
    let numbered = |first: u32| -> Vec<Item> {
        (0..10).map(|line| Item { guid: format!("{line}"), ..story(first - line) }).collect()
    };
    for link in [true, false] {
        let list =
            |first: u32| each(numbered(first), |item| if link { item } else { Item { link: String::new(), ..item } });
        let mut site = Site::new(&[24 * HOUR]);
        assert_eq!(site.poll(FEED, &list(100)), records(10));
        for n in 101..108 {
            assert_eq!(site.poll(FEED, &list(n)), records(1), "story {n}, link: {link}");
            assert_eq!(site.poll(FEED, &list(n)), NOTHING, "story {n} again, link: {link}");
            site = site.restarted();
        }
        assert!(!site.state.feed(FEED).unwrap().trusts_guids());
    }
}

#[test]
fn guids_that_change_at_every_poll_make_nothing_new() {
    let session =
        |n: u32, items: Vec<Item>| each(items, |item| Item { guid: format!("{}?session={n}", item.guid), ..item });
    let without_link = |items| each(items, |item| Item { link: String::new(), ..item });
    let (mut linked, mut bare, mut both) = (Site::new(&[]), Site::new(&[]), Site::new(&[]));
    for n in 0..5 {
        let first = n + 1;
        let items = stories(first..first + 10);
        let expected = records(if n == 0 { 10 } else { 1 });
        assert_eq!(linked.poll(FEED, &session(n, items.clone())), expected, "poll {n}");
        assert_eq!(bare.poll(FEED, &without_link(session(n, items.clone()))), expected, "without links, poll {n}");
        let tokens = each(session(n, items), |item| Item { link: format!("{}?token={n}", item.link), ..item });
        assert_eq!(both.poll(FEED, &tokens), expected, "changing links, poll {n}");
    }
}

#[test]
fn what_is_stored_stays_small() {
    let mut site = Site::new(&[]);
    site.poll(FEED, &stories(1..=30));
    let size: usize = site.state.everything().iter().map(|state| state.value.len()).sum();
    assert!(size <= 2_500, "{size} bytes");
}
