use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::feed::{Entry, Feed, Format, Moment, Pace, identity};

mod absorb;
mod entries;
mod evidence;
mod feeds;
mod progress;
mod stored;

const SITE: &str = "example.com";
const A: &str = "https://example.com/a.xml";
const B: &str = "https://example.com/b.xml";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// This many minutes after ten in the morning of a Monday.
fn at(minutes: i64) -> DateTime<Utc> {
    "2026-01-05T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn days(days: i64) -> DateTime<Utc> {
    at(days * 24 * 60)
}

/// Story number `n` as its feed has it at first, published `n` seconds before ten o'clock.
fn item(n: u32) -> Entry {
    Entry {
        guid: Some(format!("g{n}")),
        url: Some(link(&format!("story-{n}"))),
        title: Some(format!("Story {n}")),
        content: Some("<p>It blew.</p>".to_owned()),
        published: dated(at(0) - TimeDelta::seconds(n.into())),
        ..Entry::default()
    }
}

fn link(path: &str) -> url::Url {
    format!("https://example.com/{path}").parse().unwrap()
}

fn dated(at: DateTime<Utc>) -> Option<Moment> {
    Some(Moment { at: at.into(), zoned: true })
}

fn with_text(text: &str, entry: Entry) -> Entry {
    Entry { content: Some(format!("<p>{text}</p>")), ..entry }
}

fn titled(title: &str, entry: Entry) -> Entry {
    Entry { title: Some(title.to_owned()), ..entry }
}

fn with_link(path: &str, entry: Entry) -> Entry {
    Entry { url: Some(link(path)), ..entry }
}

fn with_guid(guid: &str, entry: Entry) -> Entry {
    Entry { guid: Some(guid.to_owned()), ..entry }
}

fn document(entries: Vec<Entry>) -> Document {
    let feed = Feed {
        format: Format::Rss,
        title: Some("Example".to_owned()),
        link: None,
        language: None,
        pace: Pace::default(),
        hubs: vec![],
        cloud: None,
        sitemaps: vec![],
        entries,
        truncated: false,
        problems: vec![],
    };
    let (names, digests) = (identity::names(&feed, SITE), feed.entries.iter().map(identity::digest).collect());
    Document { feed, names, digests }
}

fn read_with(
    site: &mut SiteState,
    policy: Policy<'_>,
    feed: &str,
    entries: Vec<Entry>,
    now: DateTime<Utc>,
) -> Absorbed {
    site.absorb(feed, &document(entries), policy, now)
}

fn read(site: &mut SiteState, feed: &str, entries: Vec<Entry>, now: DateTime<Utc>) -> Absorbed {
    read_with(site, Policy::default(), feed, entries, now)
}

/// Which entries of a document were new, were known, and changed.
fn counts(absorbed: &Absorbed) -> (usize, usize, usize) {
    (absorbed.new, absorbed.known, absorbed.changed)
}

fn publication(content: u32) -> Publication {
    Publication { content, ..Publication::default() }
}

/// Publishes all entries that wait; returns their keys.
fn publish_all(site: &mut SiteState, rechecks: &[Duration], now: DateTime<Utc>) -> Vec<u64> {
    let waiting = site.entries().filter(|entry| entry.published.is_none()).map(|entry| entry.key);
    let mut keys: Vec<u64> = waiting.collect();
    keys.sort_unstable();
    for key in &keys {
        site.published(*key, publication(77), rechecks, false, now);
    }
    keys
}

/// A site with story 1, published at ten o'clock.
fn one_published(rechecks: &[Duration]) -> (SiteState, u64) {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![item(1)], at(0));
    let key = publish_all(&mut site, rechecks, at(0)).remove(0);
    (site, key)
}

/// The same site after a restart.
fn restarted(mut site: SiteState) -> SiteState {
    let mut restored = SiteState::new(SITE);
    // a ledger promises no order
    for state in site.everything().into_iter().rev().filter(|state| !state.value.is_empty()) {
        restored.restore(&state.key, &state.value).unwrap();
    }
    restored.restored();
    restored
}

/// When the page of an entry is rechecked next, as the coordinator does it; none if it is resolved before that.
fn next_look(site: &mut SiteState, key: u64, rechecks: &[Duration]) -> Option<DateTime<Utc>> {
    loop {
        let entry = site.entry(key)?;
        let due = entry.due;
        if entry.wants_page(rechecks, due) {
            return Some(due);
        }
        site.let_time_pass(key, rechecks, due);
    }
}

/// Rechecks a page that shows no edit.
fn look(site: &mut SiteState, key: u64, rechecks: &[Duration], now: DateTime<Utc>) {
    site.unchanged(key, None, None, rechecks, false, now);
}
