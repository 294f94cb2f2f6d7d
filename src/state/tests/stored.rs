use std::collections::BTreeMap;

use super::*;
use crate::ledger::State;

fn keys(states: &[State]) -> Vec<&str> {
    states.iter().map(|state| state.key.as_str()).collect()
}

fn feed_key(feed: &str) -> String {
    format!("{SITE} {feed}")
}

#[test]
fn a_feed_is_never_stored_before_its_entries() {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, (1..=10).map(item).collect(), at(0));
    site.feed_mut(A).validators.etag = Some("\"1\"".to_owned());
    assert_eq!(site.changes(false, 0), [], "a crash costs a request and nothing else");
    let mut parts = Vec::new();
    while site.has_later_changes() {
        parts.push(site.changes(true, 4));
    }
    let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
    assert_eq!(sizes, [4, 4, 3]);
    let all = parts.concat();
    let (feed, entries) = all.split_last().unwrap();
    assert_eq!(feed.key, feed_key(A));
    assert!(entries.iter().all(|state| state.key.starts_with("example.com entry ")));
    assert!(site.changes(true, 4).is_empty(), "nothing has changed since");
}

#[test]
fn what_was_published_is_stored_with_its_record() {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![item(1), item(2)], at(0));
    let mut waiting: Vec<u64> = site.entries().map(|entry| entry.key).collect();
    waiting.sort_unstable();
    let stored = |key: u64| format!("{SITE} entry {key:016x}");
    site.published(waiting[0], publication(1), &[DAY], false, at(0));
    assert_eq!(keys(&site.changes(false, 0)), [stored(waiting[0])]);
    site.rejected(waiting[1], None, at(0));
    let changes = site.changes(false, 0);
    assert_eq!(keys(&changes), [stored(waiting[1]), format!("{SITE} memory 0")]);
    assert_eq!((changes[0].value.as_slice(), changes[1].value.is_empty()), (&b""[..], false), "from one to the other");
    assert_eq!(keys(&site.changes(true, 9)), [feed_key(A)]);
    site.postpone(waiting[0], at(9), "why", true, at(0));
    assert!(site.changes(false, 0).is_empty());
    assert_eq!(keys(&site.changes(true, 9)), [stored(waiting[0])]);
}

#[test]
fn a_restart_finds_all_that_was_stored() {
    let mut site = SiteState::new(SITE);
    let mut ledger = BTreeMap::new();
    for n in 0..100_u32 {
        let now = at(10 * i64::from(n));
        read(&mut site, if n % 3 == 0 { A } else { B }, (n..n + 5).map(item).collect(), now);
        let mut keys: Vec<u64> = site.entries().map(|entry| entry.key).collect();
        keys.sort_unstable();
        for (place, key) in keys.into_iter().enumerate() {
            match (place + n as usize) % 4 {
                0 => site.published(key, publication(n), &[HOUR], false, now),
                1 => site.unchanged(key, Some(n), None, &[HOUR], false, now),
                2 => site.postpone(key, now + TimeDelta::minutes(5), "why", true, now),
                _ => site.rejected(key, None, now),
            }
        }
        for state in site.changes(n % 2 == 0, 3) {
            if state.value.is_empty() {
                ledger.remove(&state.key)
            } else {
                ledger.insert(state.key, state.value)
            };
        }
    }
    for state in site.changes(true, usize::MAX) {
        if state.value.is_empty() {
            ledger.remove(&state.key)
        } else {
            ledger.insert(state.key, state.value)
        };
    }
    let mut restored = SiteState::new(SITE);
    ledger.iter().for_each(|(key, value)| restored.restore(key, value).unwrap());
    restored.restored();
    assert_eq!(restored.feeds(), site.feeds());
    let entries = |site: &SiteState| {
        let mut entries: Vec<Pending> = site.entries().cloned().collect();
        entries.sort_by_key(|entry| entry.key);
        entries
    };
    assert_eq!(entries(&restored), entries(&site));
    assert_eq!((restored.remembered(), restored.waiting()), (site.remembered(), site.waiting()));
    assert_eq!(restored.next_due(), site.next_due());
    let known = read(&mut restored, A, (0..104).map(item).collect(), at(2_000));
    assert_eq!((known.new, known.known), (0, 104));
}

#[test]
fn a_long_content_is_not_stored_and_comes_again_from_its_feed() {
    let long = "x".repeat(2_049);
    let entries = || vec![with_text(&long, item(1)), with_text(&long, Entry { url: None, ..item(2) }), item(3)];
    let only_feed = Policy { feed_text_only: true, ..Policy::default() };
    for (what, policy, is_cut) in [("with pages", Policy::default(), true), ("feed text only", only_feed, false)] {
        let mut site = SiteState::new(SITE);
        read_with(&mut site, policy, A, entries(), at(0));
        site.feed_mut(A).validators.etag = Some("\"1\"".to_owned());
        site.feed_mut(A).schedule.due = Some(at(60));
        let mut site = restarted(site);
        let by_guid = |site: &SiteState, guid: &str| {
            site.entries().find(|entry| entry.entry.guid.as_deref() == Some(guid)).unwrap().clone()
        };
        let (first, second, third) = (by_guid(&site, "g1"), by_guid(&site, "g2"), by_guid(&site, "g3"));
        assert_eq!((first.content_cut, first.entry.content.is_none()), (is_cut, is_cut), "{what}");
        assert!(second.entry.content.is_some() && !second.content_cut, "{what}: nothing else has the text");
        assert!(third.entry.content.is_some() && !third.content_cut, "{what}");
        let feed = site.feed(A).unwrap();
        assert_eq!(feed.validators.is_empty() && feed.schedule.due.is_none(), is_cut, "{what}: the feed is read again");
        assert_eq!(counts(&read_with(&mut site, policy, A, entries(), at(1))), (0, 3, 0), "{what}");
        let first = by_guid(&site, "g1");
        assert!(first.entry.content.is_some() && !first.content_cut, "{what}");
    }
}

/// A site remembers what it resolved for this many days after the feed had it last, or a little less: that is not
/// written at each poll.
#[test]
fn what_was_resolved_is_remembered_for_the_horizon() {
    let with_age = Policy { publish_old: true, ..Policy::default() };
    let met_again = |site: &SiteState, day: i64| {
        let mut site = restarted(site.clone());
        site.remember_for(30);
        site.forget_old(days(day));
        let absorbed = read_with(&mut site, with_age, A, vec![item(1)], days(day));
        (absorbed.known, absorbed.new)
    };
    let (mut site, _) = one_published(&[]);
    site.remember_for(30);
    assert_eq!((met_again(&site, 30), met_again(&site, 31)), ((1, 0), (0, 1)));
    for day in 0..40 {
        assert_eq!(counts(&read(&mut site, A, vec![item(1)], days(day))), (0, 1, 0), "day {day}");
        site.forget_old(days(day));
    }
    assert_eq!((met_again(&site, 54), met_again(&site, 71)), ((1, 0), (0, 1)));

    // nothing is left of a site that is over
    site.forget(A);
    assert!(site.forget_old(days(54)));
    assert!(!site.forget_old(days(200)));
    let mut ledger: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    site.changes(true, usize::MAX).into_iter().for_each(|state| _ = ledger.insert(state.key, state.value));
    assert!(ledger.values().all(Vec::is_empty), "{ledger:?}");
}

#[test]
fn a_feed_that_is_removed_leaves_its_articles() {
    let (mut site, _) = one_published(&[DAY]);
    site.changes(true, usize::MAX);
    site.forget(A);
    let changes = site.changes(true, usize::MAX);
    assert_eq!((keys(&changes), changes[0].value.as_slice()), (vec![feed_key(A).as_str()], &b""[..]));
    assert_eq!(counts(&read(&mut site, B, vec![item(1)], at(5))), (0, 1, 0));
}

#[test]
fn a_feed_that_is_renamed_takes_its_articles_along() {
    for rechecks in [&[DAY][..], &[]] {
        let (mut site, key) = one_published(rechecks);
        read(&mut site, A, vec![item(1), item(2)], at(5));
        let feed = site.feed_mut(A);
        feed.validators.etag = Some("\"1\"".to_owned());
        feed.guid_trust = 3;
        feed.removed_at = Some(at(5));
        site.changes(true, usize::MAX);
        site.rename(A, B);
        let changes = site.changes(true, usize::MAX);
        let old = changes.iter().find(|state| state.key == feed_key(A)).unwrap();
        assert!(old.value.is_empty());
        let mut site = restarted(site);
        assert_eq!(site.feeds().keys().collect::<Vec<_>>(), [B]);
        let feed = site.feed(B).unwrap();
        assert!(feed.validators.is_empty() && feed.removed_at.is_none() && feed.was_read && feed.guid_trust == 3);
        assert!(site.entries().all(|entry| entry.feed() == B));
        assert_eq!(counts(&read(&mut site, B, vec![item(1), item(2)], at(10))), (0, 2, 0));
        let edited = vec![with_text("More.", item(1)), item(2)];
        assert_eq!(counts(&read(&mut site, B, edited, at(15))), (0, 2, 1));
        assert_eq!(site.entry(key).unwrap().published.as_ref().unwrap().revision, 1);
    }
}

#[test]
fn what_a_clock_that_was_ahead_wrote_waits_no_longer_than_it_should() {
    let (mut site, key) = one_published(&[HOUR]);
    let feed = site.feed_mut(A);
    feed.schedule.asked_at = Some(at(0));
    feed.schedule.due = Some(at(60));

    let mut same = site.clone();
    assert!(!same.bring_back(at(0)));
    assert_eq!((same.feeds(), same.entry(key)), (site.feeds(), site.entry(key)));

    let right = days(-1);
    site.changes(true, 9);
    assert!(site.bring_back(right));
    assert_eq!(site.clone().changes(true, 9).len(), 2, "the next owner cannot tell: the feed will have been polled");
    assert_eq!(site.feed(A).unwrap().schedule.due, Some(right + HOUR));
    let entry = site.entry(key).unwrap();
    assert_eq!((entry.due, entry.published.as_ref().unwrap().first_at), (right + HOUR, right));
    assert_eq!(site.take_due(right + HOUR, 9), [key]);
}

#[test]
fn values_are_small() {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, (1..=30).map(item).collect(), at(0));
    for state in site.changes(true, usize::MAX) {
        assert!(state.value.len() <= 500, "{} has {} bytes", state.key, state.value.len());
    }
    publish_all(&mut site, &[], at(0));
    let memory: Vec<State> = site.changes(true, usize::MAX);
    let memory = memory.iter().filter(|state| state.key.contains(" memory ")).map(|state| state.value.len());
    assert!(memory.sum::<usize>() <= 30 * 70);
}

#[test]
fn a_look_without_news_is_stored_at_leisure_and_known_after_a_crash() {
    let rechecks = [HOUR, DAY];
    // the feed was last requested this many minutes after ten; when the article is checked after a crash
    for (asked, expected) in [(60, at(60)), (70, at(60)), (75, days(1)), (300, days(1))] {
        let (mut site, key) = one_published(&rechecks);
        let mut ledger: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut store = |site: &mut SiteState| {
            let states = site.changes(true, 9);
            let keys: Vec<String> = states.iter().map(|state| state.key.clone()).collect();
            ledger.extend(states.into_iter().map(|state| (state.key, state.value)));
            keys
        };
        store(&mut site);
        look(&mut site, key, &rechecks, at(60));
        assert!(!site.has_later_changes(), "nothing of it is urgent");
        site.feed_mut(A).schedule.asked_at = Some(at(asked));
        assert_eq!(store(&mut site), [feed_key(A)]);
        assert!(site.store_all(), "when the daemon stops it is stored");
        assert_eq!(site.entry(key).unwrap().due, days(1));
        let mut crashed = SiteState::new(SITE);
        ledger.iter().for_each(|(key, value)| crashed.restore(key, value).unwrap());
        crashed.restored();
        crashed.catch_up(&rechecks, at(asked + 5));
        assert_eq!(crashed.entry(key).unwrap().due, expected, "asked at {asked}");
    }
}

#[test]
fn a_look_that_failed_is_not_taken_for_done() {
    let rechecks = [HOUR, DAY];
    let (mut site, key) = one_published(&rechecks);
    site.postpone(key, at(90), "502", true, at(60));
    site.feed_mut(A).schedule.asked_at = Some(at(200));
    let mut site = restarted(site);
    site.catch_up(&rechecks, at(201));
    assert_eq!(site.entry(key).unwrap().due, at(90));
}
