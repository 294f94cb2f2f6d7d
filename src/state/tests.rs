use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    feed::{Entry, Feed, Format, Pace, identity::Keys},
    ledger,
};

const A: &str = "https://example.com/a.xml";
const B: &str = "https://example.com/b.xml";
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> DateTime<Utc> {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

/// A document of entries, each by its guid's and its link's key and a hash of what it tells; 0 stands for none.
fn document(entries: &[(u64, u64, u32)]) -> Document {
    let key = |key: u64| Some(key).filter(|key| *key != 0);
    Document {
        feed: Feed {
            format: Format::Rss,
            title: Some("Example".to_owned()),
            link: None,
            language: None,
            pace: Pace::default(),
            hubs: vec![],
            cloud: None,
            sitemaps: vec![],
            entries: entries
                .iter()
                .map(|(guid, link, told)| Entry {
                    guid: Some(format!("g{guid}")),
                    title: Some(format!("entry {guid}/{link}")),
                    content: Some(format!("<p>{told}</p>")),
                    ..Entry::default()
                })
                .collect(),
            truncated: false,
            problems: vec![],
        },
        keys: entries
            .iter()
            .map(|(guid, link, _)| Keys { guid: key(*guid), link: key(*link), words: None, content: 1 })
            .collect(),
        told: entries.iter().map(|(_, _, told)| *told).collect(),
    }
}

fn publish_all(site: &mut SiteState, url: &str, looks: &[Duration]) -> Vec<String> {
    let ids: Vec<String> = site.feeds()[url].pending.iter().map(|pending| pending.id.clone()).collect();
    for id in &ids {
        site.published(url, id, (1, "hash".to_owned()), Validators::default(), looks, now());
    }
    ids
}

/// What happened to a feed of which (1, 10) and (2, 20) were published → new, known, retold.
#[test]
fn an_entry_is_what_it_was() {
    for (what, then, expected) in [
        ("nothing", vec![(1, 10, 0), (2, 20, 0)], (0, 2, 0)),
        ("one more", vec![(3, 30, 0), (1, 10, 0), (2, 20, 0)], (1, 2, 0)),
        ("a link changed under its guid", vec![(1, 11, 0), (2, 20, 0)], (0, 2, 0)),
        ("a guid changed over its link", vec![(9, 10, 0), (2, 20, 0)], (0, 2, 0)),
        ("all guids changed", vec![(8, 10, 0), (9, 20, 0)], (0, 2, 0)),
        ("guids were dropped", vec![(0, 10, 0), (0, 20, 0)], (0, 2, 0)),
        ("it was edited", vec![(1, 10, 5), (2, 20, 0)], (0, 2, 1)),
        ("it was emptied", vec![], (0, 0, 0)),
    ] {
        let mut site = SiteState::new("example.com");
        assert_eq!(site.absorb(A, &document(&[(1, 10, 0), (2, 20, 0)]), None, now()).new, 2);
        publish_all(&mut site, A, &[HOUR]);
        let absorbed = site.absorb(A, &document(&then), None, now());
        assert_eq!((absorbed.new, absorbed.known, absorbed.retold), expected, "{what}");
        assert!(!absorbed.overflowed, "{what}");
    }
}

#[test]
fn an_entry_that_stands_in_a_document_twice_is_one() {
    let twice = [(1, 10, 5), (2, 20, 0), (1, 10, 6), (0, 20, 7)];
    let mut site = SiteState::new("example.com");
    let absorbed = site.absorb(A, &document(&twice), None, now());
    assert_eq!((absorbed.new, absorbed.known, absorbed.retold), (2, 2, 0));
    publish_all(&mut site, A, &[HOUR]);
    assert_eq!(site.absorb(A, &document(&twice), None, now()).retold, 0, "the first wording counts at each poll");
    assert_eq!(site.absorb(A, &document(&[(0, 20, 0), (2, 99, 0)]), None, now()).new, 0, "its names are learned");
}

#[test]
fn names_are_learned_one_from_the_other() {
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&[(1, 10, 0)]), None, now());
    publish_all(&mut site, A, &[]);
    for renamed in [(2, 10, 0), (2, 11, 0), (3, 11, 0)] {
        assert_eq!(site.absorb(A, &document(&[renamed]), None, now()).new, 0, "{renamed:?}");
    }
}

#[test]
fn a_story_in_two_feeds_of_a_site_is_one_entry() {
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&[(1, 10, 0)]), None, now());
    let absorbed = site.absorb(B, &document(&[(7, 10, 3), (8, 80, 0)]), None, now());
    assert_eq!((absorbed.new, absorbed.known, absorbed.retold), (1, 1, 0), "other words in another feed are no edit");
    let carriers: Vec<&str> = site.feeds()[A].pending[0].carriers.iter().map(|carrier| carrier.feed.as_str()).collect();
    assert_eq!(carriers, [A, B]);
    publish_all(&mut site, A, &[]);
    assert_eq!(site.absorb(B, &document(&[(7, 10, 3)]), None, now()).known, 1);
}

#[test]
fn a_window_that_moved_past_everything_known_is_an_overflow() {
    let mut site = SiteState::new("example.com");
    assert!(!site.absorb(A, &document(&[(1, 10, 0)]), None, now()).overflowed, "not at the first reading");
    assert!(site.absorb(A, &document(&[(2, 20, 0)]), None, now()).overflowed);
}

#[test]
fn looks_for_edits_come_one_after_the_other_and_end() {
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&[(1, 10, 0)]), None, now());
    let looks = [HOUR, 24 * HOUR];
    let id = publish_all(&mut site, A, &looks).remove(0);
    let due = |site: &SiteState| site.find(A, &id).map(|pending| pending.due);
    assert_eq!(due(&site), Some(now() + TimeDelta::hours(1)));
    site.unchanged(A, &id, &looks, now() + TimeDelta::hours(1));
    assert_eq!(due(&site), Some(now() + TimeDelta::hours(24)), "counted from the first publication");
    site.published(A, &id, (2, "other".to_owned()), Validators::default(), &looks, now() + TimeDelta::hours(24));
    assert_eq!(due(&site), None, "the last look is done");
    assert_eq!(site.absorb(A, &document(&[(1, 10, 0)]), None, now()).known, 1);
}

#[test]
fn an_edit_that_the_feed_tells_of_is_looked_at_at_once() {
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&[(1, 10, 0)]), None, now());
    let id = publish_all(&mut site, A, &[HOUR]).remove(0);
    assert_eq!(site.find(A, &id).unwrap().entry.content, None, "what is published is not kept");
    let later = now() + TimeDelta::minutes(5);
    site.absorb(A, &document(&[(1, 10, 4)]), None, later);
    let pending = site.find(A, &id).unwrap();
    assert_eq!(pending.due, later);
    assert_eq!(pending.entry.content.as_deref(), Some("<p>4</p>"));
}

#[test]
fn an_edit_that_another_feed_tells_of_is_looked_at_and_changes_no_words() {
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&[(1, 10, 0)]), None, now());
    site.absorb(B, &document(&[(7, 10, 3)]), None, now());
    let id = publish_all(&mut site, A, &[HOUR]).remove(0);
    let earlier = site.find(A, &id).unwrap().carriers.clone();
    let later = now() + TimeDelta::minutes(5);
    assert_eq!(site.absorb(B, &document(&[(7, 10, 4)]), None, later).retold, 1);
    let pending = site.find(A, &id).unwrap();
    assert_eq!(pending.due, later);
    assert_eq!(pending.entry.title.as_deref(), Some("entry 1/10"));
    assert!(pending.was_retold_since(&earlier));
    assert!(!pending.was_retold_since(&pending.carriers));
}

#[test]
fn a_commit_holds_what_changed_and_a_restart_finds_it() {
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&[(1, 10, 0), (2, 20, 0)]), None, now());
    site.resolve(A, &site.feeds()[A].pending[0].id.clone());
    let changes = site.changes();
    assert_eq!(changes.iter().map(|state| state.key.as_str()).collect::<Vec<_>>(), [format!("example.com {A}")]);
    assert!(site.changes().is_empty(), "nothing changed since");

    let mut restored = SiteState::new("example.com");
    let ledger::State { key, value } = &changes[0];
    restored.restore(key, value).unwrap();
    assert_eq!(restored.feeds(), site.feeds());
    assert_eq!(restored.absorb(A, &document(&[(1, 10, 0), (2, 20, 0), (3, 30, 0)]), None, now()).new, 1);

    site.forget(A);
    assert_eq!(site.changes()[0].value, b"", "an empty value removes it");
}

#[test]
fn more_than_one_poll_may_take_is_left_and_not_lost() {
    let entries: Vec<(u64, u64, u32)> = (1..=1_200).map(|n| (n, 100_000 + n, 0)).collect();
    let mut site = SiteState::new("example.com");
    let first = site.absorb(A, &document(&entries), None, now());
    assert_eq!((first.new, first.left), (1_000, 200));
    let second = site.absorb(A, &document(&entries), None, now());
    assert_eq!((second.new, second.known, second.left), (200, 1_000, 0));
}

#[test]
fn a_value_that_grew_too_large_loses_contents_and_no_entry() {
    let mut site = SiteState::new("example.com");
    let mut large = document(&[(1, 10, 0), (2, 20, 0)]);
    large.feed.entries[0].content = Some("x".repeat(fit::LARGE_VALUE));
    site.absorb(A, &large, None, now());
    let feed = site.feed_mut(A);
    feed.validators.etag = Some("\"1\"".to_owned());
    feed.body_hash = Some(1);
    let (json, trim) = feed.to_json(usize::MAX);
    assert_eq!(trim, Some(Trim::Contents));
    assert!(json.len() < fit::LARGE_VALUE);

    let mut restored = SiteState::new("example.com");
    restored.restore(&format!("example.com {A}"), &json).unwrap();
    let feed = &restored.feeds()[A];
    assert!(feed.pending.iter().all(|pending| pending.content_cut && pending.entry.content.is_none()));
    assert!(feed.validators.is_empty() && feed.body_hash.is_none(), "the feed is to be read again");
    restored.absorb(A, &large, None, now());
    assert!(restored.feeds()[A].pending.iter().all(|pending| !pending.content_cut && pending.entry.content.is_some()));
}

#[test]
fn a_typical_feed_is_small() {
    let entries: Vec<(u64, u64, u32)> = (1..=30).map(|n| (n << 40, n << 50, 0)).collect();
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&entries), None, now());
    publish_all(&mut site, A, &[]);
    assert!(site.feed_mut(A).to_json(usize::MAX).0.len() <= 2_048);
}

#[test]
fn a_feed_that_is_met_for_the_first_time_may_be_too_old() {
    let mut dated = document(&[(1, 10, 0), (2, 20, 0), (3, 30, 0)]);
    let date = |days| Some(crate::feed::Moment { at: (now() - TimeDelta::days(days)).into(), zoned: true });
    dated.feed.entries[0].published = date(1);
    dated.feed.entries[1].published = date(40);
    let mut site = SiteState::new("example.com");
    let since = Some(now() - TimeDelta::days(7));
    let absorbed = site.absorb(A, &dated, since, now());
    assert_eq!((absorbed.new, absorbed.too_old), (2, 1), "one without a date is not too old");
    assert_eq!(site.absorb(A, &dated, since, now()).known, 3);
    dated.keys[1] = Keys { guid: Some(9), link: Some(90), words: None, content: 1 };
    assert_eq!(site.absorb(A, &dated, since, now()).new, 1, "what comes later is followed, whatever its date");
}

#[test]
fn what_a_clock_that_was_ahead_wrote_waits_no_longer_than_it_should() {
    let mut site = SiteState::new("example.com");
    site.absorb(A, &document(&[(1, 10, 0), (2, 20, 0)]), None, now());
    let ids = publish_all(&mut site, A, &[HOUR]);
    site.feed_mut(A).schedule.asked_at = Some(now());
    site.feed_mut(A).schedule.due = Some(now() + HOUR);

    let mut same = site.clone();
    assert!(!same.bring_back(now()));
    assert_eq!(same.feeds(), site.feeds());

    let right = now() - TimeDelta::days(1);
    assert!(site.bring_back(right));
    assert_eq!(site.feeds()[A].schedule.due, Some(right + HOUR));
    let pending = site.find(A, &ids[0]).unwrap();
    assert_eq!((pending.due, pending.published.as_ref().unwrap().first_at), (right + HOUR, right));
}

#[test]
fn a_document_larger_than_a_value_is_read_as_far_as_it_fits() {
    const LARGEST: usize = 64 * 1024;
    let entries: Vec<(u64, u64, u32)> = (1..=2_000).map(|n| (n, 100_000 + n, 0)).collect();
    let mut site = SiteState::new("example.com").within(Some(LARGEST));
    let mut ids = std::collections::BTreeSet::new();
    loop {
        let absorbed = site.absorb(A, &document(&entries), None, now());
        assert_eq!(absorbed.ignored, 2_000 - 1_024);
        if absorbed.new == 0 {
            assert_eq!(absorbed.left, 0);
            break;
        }
        for state in site.changes() {
            assert!(state.key.len() + state.value.len() <= LARGEST, "{}", state.value.len());
        }
        let published = publish_all_unpublished(&mut site, A);
        assert_eq!(published.len(), absorbed.new);
        assert!(published.into_iter().all(|id| ids.insert(id)), "published twice");
        for state in site.changes() {
            assert!(state.key.len() + state.value.len() <= LARGEST, "{}", state.value.len());
        }
    }
    assert_eq!(ids.len(), 1_024);
    assert!(site.take_trims().contains(&Trim::Looks));
}

fn publish_all_unpublished(site: &mut SiteState, url: &str) -> Vec<String> {
    let waiting = site.feeds()[url].pending.iter().filter(|pending| pending.published.is_none());
    let ids: Vec<String> = waiting.map(|pending| pending.id.clone()).collect();
    for id in &ids {
        site.published(url, id, (1, "0".repeat(64)), Validators::default(), &[HOUR], now());
    }
    ids
}
