//! An index over time: what is read of it at each poll.

use super::*;
use crate::feed::Moment;

fn now() -> DateTime<Utc> {
    "2026-03-01T00:30:00Z".parse().unwrap()
}

fn index_url() -> Url {
    Url::parse("https://gazette.example/sitemap.xml").unwrap()
}

/// A sitemap that was last changed this many hours ago.
fn sitemap(name: &str, hours: Option<i64>) -> Sitemap {
    let at = |hours| (now() - TimeDelta::hours(hours)).fixed_offset();
    Sitemap { url: index_url().join(name).unwrap(), updated: hours.map(|hours| Moment { at: at(hours), zoned: true }) }
}

fn index(count: i64, hours: impl Fn(i64) -> Option<i64>) -> Vec<Sitemap> {
    (0..count).map(|n| sitemap(&format!("/{n}.xml"), hours(n))).collect()
}

/// Polls once, and reads everything that is chosen; returns the paths.
fn poll(children: &mut Children, index: &[Sitemap], at: DateTime<Utc>) -> Vec<String> {
    let offer = children.choose(index, &index_url(), at);
    offer.chosen.iter().for_each(|sitemap| children.read(sitemap, at));
    offer.chosen.iter().map(|sitemap| sitemap.url.path().to_owned()).collect()
}

#[test]
fn all_that_changed_are_read_the_newest_first() {
    let (mut children, index) = (Children::default(), index(23, |n| Some(22 - n)));
    let offer = children.clone().choose(&index, &index_url(), now()).waiting;
    assert_eq!(offer, 13);
    let first = poll(&mut children, &index, now());
    assert_eq!(first, (13..23).rev().map(|n| format!("/{n}.xml")).collect::<Vec<_>>());
    assert_eq!(children.left(&index, &index_url()), 13);
    assert_eq!((poll(&mut children, &index, now()).len(), poll(&mut children, &index, now()).len()), (10, 3));
    assert_eq!(children.left(&index, &index_url()), 0);
    assert_eq!(poll(&mut children, &index, now()), Vec::<String>::new());
    // one more change, in either direction
    let mut changed = index.clone();
    changed[4].updated = sitemap("/", Some(90)).updated;
    changed.push(sitemap("/new.xml", Some(0)));
    assert_eq!(poll(&mut children, &changed, now()), ["/new.xml", "/4.xml"]);
}

#[test]
fn sections_that_change_all_the_time_starve_none() {
    let (mut children, mut met) = (Children::default(), HashSet::new());
    for hour in 0..5 {
        let index = index(30, |n| Some(-100 * hour + n));
        met.extend(poll(&mut children, &index, now() + TimeDelta::hours(100 * hour)));
    }
    assert_eq!(met.len(), 30);
}

#[test]
fn those_without_a_date_take_turns() {
    let (mut children, index) = (Children::default(), index(7, |_| None));
    let polls: Vec<Vec<String>> =
        (0..3).map(|minute| poll(&mut children, &index, now() + TimeDelta::minutes(minute))).collect();
    assert!(polls.iter().all(|paths| paths.len() == 3), "{polls:?}");
    let met: HashSet<&String> = polls.iter().flatten().collect();
    assert_eq!(met.len(), 7);
    assert_eq!(children.left(&index, &index_url()), 7, "the index alone does not say that they have not changed");
    let named =
        [sitemap("/pages.xml", None), sitemap("/a.xml", None), sitemap("/b.xml", None), sitemap("/news.xml", None)];
    assert_eq!(poll(&mut Children::default(), &named, now()), ["/news.xml", "/pages.xml", "/a.xml"]);
}

#[test]
fn a_day_is_no_date_until_it_is_over() {
    let day = |name: &str, date: &str| {
        let at = format!("{date}T00:00:00Z").parse().unwrap();
        Sitemap { updated: Some(Moment { at, zoned: false }), ..sitemap(name, None) }
    };
    let (a, b) = (day("/a.xml", "2026-03-01"), day("/b.xml", "2026-03-01"));
    let index = [a, b, day("/c.xml", "2026-02-28"), sitemap("/d.xml", Some(1))];
    let mut children = Children::default();
    let mut read_at = |hour| poll(&mut children, &index, now() + TimeDelta::hours(hour));
    assert_eq!(read_at(9), ["/a.xml", "/b.xml", "/d.xml", "/c.xml"]);
    assert_eq!(read_at(10), ["/a.xml", "/b.xml", "/c.xml"]);
    assert_eq!(read_at(13), ["/a.xml", "/b.xml", "/c.xml"]);
    assert_eq!(read_at(20), ["/a.xml", "/b.xml"], "the day before is over in every zone");
    assert_eq!(read_at(37), ["/a.xml", "/b.xml"]);
    assert_eq!(read_at(40), Vec::<String>::new());
}

#[test]
fn archives_are_read_when_they_change() {
    let mut children = Children::default();
    // one a month: the newest ten are read, and the rest are archives, but one
    let mut index = index(40, |n| Some(24 * 30 * n));
    index.push(sitemap("/other.xml", Some(1)));
    let offer = children.clone().choose(&index, &index_url(), now()).archives;
    assert_eq!(offer, 31);
    assert_eq!(poll(&mut children, &index, now()).len(), 10);
    assert_eq!(children.left(&index, &index_url()), 0);
    index[30].updated = sitemap("/", Some(2)).updated;
    index.push(sitemap("/older.xml", Some(24 * 3_000)));
    assert_eq!(poll(&mut children, &index, now()), ["/30.xml", "/older.xml"], "what is new later is no archive");
}

#[test]
fn one_that_fails_is_asked_again_and_holds_up_no_other() {
    let (mut children, index) = (Children::default(), index(20, Some));
    let at = |minutes| now() + TimeDelta::minutes(minutes);
    for minute in [0, 1] {
        let offer = children.choose(&index, &index_url(), at(minute));
        offer.chosen.iter().for_each(|sitemap| children.failed(sitemap, at(minute)));
    }
    assert_eq!(children.left(&index, &index_url()), 20, "all have failed once");
    let chosen = |minute| children.clone().choose(&index, &index_url(), at(minute)).chosen.len();
    assert_eq!((chosen(2), chosen(5), chosen(7)), (0, 2, 2));
    assert_eq!(children.clone().choose(&index, &index_url(), at(5)).failed.len(), 18);
    let fresh = [&index[..], &[sitemap("/new.xml", Some(0))]].concat();
    assert_eq!(poll(&mut children, &fresh, at(5))[0], "/new.xml");
    for minute in 10..40 {
        poll(&mut children, &index, at(minute));
    }
    assert_eq!(children.left(&index, &index_url()), 0);
}

#[test]
fn other_sites_and_too_many_are_ignored() {
    let mut index = index(2_005, Some);
    index.push(Sitemap { url: Url::parse("https://other.example/s.xml").unwrap(), updated: None });
    index.push(Sitemap { url: Url::parse("https://static.gazette.example/s.xml").unwrap(), updated: None });
    index.push(index[7].clone());
    let mut children = Children::default();
    assert_eq!(children.choose(&index, &index_url(), now()).ignored, 8);
    assert!(serde_json::to_vec(&children).unwrap().len() < 40 * MOST, "small enough to be stored");
    children.choose(&index[..1], &index_url(), now());
    assert_eq!(children.0.len(), 1, "what the index no longer names is forgotten");
}

#[test]
fn it_is_stored_as_it_is() {
    let (mut children, index) = (Children::default(), index(3, Some));
    poll(&mut children, &index, now());
    let json = serde_json::to_string(&children).unwrap();
    assert_eq!(serde_json::from_str::<Children>(&json).unwrap(), children);
    assert!(json.starts_with("[["), "{json}");
}
