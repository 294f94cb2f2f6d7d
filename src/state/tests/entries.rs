//! What is kept of an entry, and what happens to it in more than one feed.

use super::*;
use crate::{article::Print, feed::Person};

fn everything() -> Entry {
    Entry {
        guid: Some("g".to_owned()),
        guid_is_permalink: true,
        url: Some("https://example.com/".parse().unwrap()),
        url_as_told: Some("//".to_owned()),
        title: Some("abc".to_owned()),
        summary: Some("abcd".to_owned()),
        content: Some("abcde".to_owned()),
        published: dated(at(0)),
        authors: vec![Person { name: Some("Jane D".to_owned()), ..Person::default() }, Person::default()],
        ..Entry::default()
    }
}

fn pending(entry: Entry) -> Pending {
    let carriers = vec![Carrier { feed: A.to_owned(), digest: 7 }];
    Pending::new(1, Names::default(), entry, carriers, at(0))
}

#[test]
fn the_size_of_an_entry_is_that_of_its_texts() {
    // 400 for the rest, fifteen letters, twenty of the link, six of a name, and 40 for each author
    assert_eq!(pending(everything()).size(), 400 + 15 + 20 + 6 + 80);
    assert_eq!(pending(Entry::default()).size(), 400);
}

#[test]
fn of_a_published_entry_what_identifies_it_is_kept() {
    let mut pending = Pending { content_cut: true, is_rejected: true, attempts: 3, ..pending(everything()) };
    pending.reduce();
    assert_eq!(pending.entry, Entry { summary: None, content: None, ..everything() });
    assert_eq!((pending.content_cut, pending.is_rejected, pending.attempts), (false, false, 0));
}

#[test]
fn sixteen_feeds_of_an_entry_are_kept() {
    let mut pending = pending(item(1));
    for n in 0..20 {
        assert!(!pending.observe(&format!("https://example.com/{n}"), n));
    }
    assert_eq!(pending.carriers.len(), 16);
    assert!(!pending.observe(A, 7) && pending.observe(A, 8) && !pending.observe(A, 8));
}

#[test]
fn a_content_of_two_kib_is_stored_and_a_longer_one_is_not() {
    let stored = |bytes: usize| {
        let json = pending(Entry { content: Some("a".repeat(bytes)), ..item(1) }).to_json();
        serde_json::from_slice::<Pending>(&json).unwrap().entry.content.map(|content| content.len())
    };
    assert_eq!((stored(2_048), stored(2_049)), (Some(2_048), None));
}

#[test]
fn a_clock_that_is_set_back_moves_only_what_is_in_the_future() {
    let published = |first_at, at| Published {
        first_at,
        changed_at: Some(at),
        candidate: Some(Candidate { content: 1, at }),
        ..Published::default()
    };
    let (now, by) = (at(60), TimeDelta::minutes(30));
    for (before, after) in [(at(59), at(59)), (at(60), at(60)), (at(61), at(31))] {
        let mut pending = Pending {
            due: before,
            failing_since: Some(before),
            published: Some(published(before, before)),
            ..pending(item(1))
        };
        pending.bring_back(by, now);
        assert_eq!((pending.due, pending.failing_since), (after, Some(after)));
        assert_eq!(pending.published, Some(published(after, after)));
    }
}

#[test]
fn a_new_link_is_looked_at_until_an_edit_is_found() {
    let flag = |site: &SiteState, key| site.entry(key).unwrap().published.as_ref().unwrap().has_new_link;
    let (mut site, key) = one_published(&[DAY]);
    let moved = with_link("other", with_text("edited", item(1)));
    read_with(&mut site, Policy { rechecks: &[DAY], ..Policy::default() }, A, vec![moved], at(5));
    assert!(flag(&site, key));
    look(&mut site, key, &[DAY], at(5));
    assert!(flag(&site, key), "the page shows no edit yet");
    site.published(key, publication(78), &[DAY], false, at(10));
    assert!(!flag(&site, key));
    // an edit under the same link
    read(&mut site, A, vec![with_link("other", with_text("again", item(1)))], at(15));
    assert!(!flag(&site, key));
}

/// A story in two feeds: A had it first, and B shows an edit.
#[test]
fn an_edit_of_another_feed_changes_what_its_page_does_not_have() {
    let new = titled("New", with_text("new", with_guid("b", item(1))));
    let untitled = Entry { title: None, ..new.clone() };
    let unlinked = Entry { url: None, ..new.clone() };
    let old = Some("Story 1");
    for (what, published, edit, title, content) in [
        ("it waits for its page", None, &new, old, Some("<p>It blew.</p>")),
        ("its text is the page's", Some(false), &new, Some("New"), None),
        ("and B has no headline now", Some(false), &untitled, old, None),
        ("and B has no link now", Some(false), &unlinked, Some("New"), None),
        ("its text is the feed's", Some(true), &new, Some("New"), Some("<p>new</p>")),
    ] {
        let mut site = SiteState::new(SITE);
        read(&mut site, A, vec![item(1)], at(0));
        read(&mut site, B, vec![with_guid("b", item(1))], at(0));
        let key = site.entries().next().unwrap().key;
        if let Some(is_feed_text) = published {
            site.published(key, Publication { is_feed_text, ..publication(77) }, &[DAY], false, at(0));
        }
        site.changes(true, usize::MAX);
        assert_eq!(read(&mut site, B, vec![edit.clone()], at(5)).changed, 1, "{what}");
        let entry = site.entry(key).unwrap();
        assert_eq!((entry.entry.title.as_deref(), entry.entry.content.as_deref()), (title, content), "{what}");
        assert!(!entry.published.as_ref().is_some_and(|published| published.has_new_link), "{what}");
        assert_eq!(site.changes(true, usize::MAX).len(), 2, "{what}: the entry and the feed are stored");
        read(&mut site, B, vec![edit.clone()], at(10));
        assert_eq!(site.changes(true, usize::MAX).len(), 1, "{what}: only the feed is stored");
    }
}

/// What of an entry that waits is worth a write.
#[test]
fn an_entry_is_stored_when_a_poll_changes_it() {
    let mut site = SiteState::new(SITE);
    let mut writes = |change: Option<&dyn Fn(&mut Pending)>, feed: &str, entry: Entry| {
        let key = site.entries().next().map(|entry| entry.key);
        if let (Some(change), Some(key)) = (change, key) {
            let mut pending = site.take(key).unwrap();
            change(&mut pending);
            site.insert(pending);
        }
        read(&mut site, feed, vec![entry], at(0));
        let url = site.entries().next().unwrap().entry.url.clone();
        // the feed is always stored
        (site.changes(true, usize::MAX).len() - 1, url == Some(link("story-1")))
    };
    assert_eq!(writes(None, A, item(1)), (1, true), "it is new");
    assert_eq!(writes(None, A, item(1)), (0, true));
    assert_eq!(writes(None, B, item(1)), (1, true), "another feed has it");
    assert_eq!(writes(None, A, with_text("edited", item(1))), (1, true), "another text");
    let forget = |pending: &mut Pending| pending.carriers[1].digest = 0;
    assert_eq!(writes(Some(&forget), A, with_text("edited", item(1))), (0, true), "not this feed's words");
    assert_eq!(writes(Some(&forget), B, item(1)), (1, true), "they are known again");
    assert_eq!(writes(None, A, with_link("story-2", with_text("edited", item(1)))), (1, false), "another link");
    assert_eq!(writes(None, A, with_text("edited", item(1))), (1, true), "and the first one again");
    assert_eq!(writes(None, B, with_link("story-2", item(1))), (0, true), "B has a link that is known");
    assert_eq!(writes(None, A, Entry { url: None, ..with_text("edited", item(1)) }), (0, true), "none is no news");
}

/// An entry that waits for its page is not given up when another has its link.
#[test]
fn only_what_was_published_gives_its_link_away() {
    let today = Entry { published: dated(days(1)), ..titled("Day two", with_guid("x", item(1))) };
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![item(1)], at(0));
    assert_eq!(read(&mut site, A, vec![today], days(1)).new, 1);
    assert_eq!((site.waiting(), site.remembered()), (2, 0));
}

#[test]
fn guids_that_are_not_trusted_are_not_learned() {
    for (guid_trust, expected) in [(0, true), (-8, false)] {
        let (mut site, key) = one_published(&[DAY]);
        site.feed_mut(A).guid_trust = guid_trust;
        let renamed = with_guid("x", item(1));
        let guid = document(vec![renamed.clone()]).names[0].guid;
        read(&mut site, A, vec![renamed], at(5));
        assert_eq!(site.entry(key).unwrap().names.has(guid), expected, "trust {guid_trust}");
    }
}

/// An entry that leads to a section of a page, which is found to be that of story 1.
#[test]
fn a_section_of_the_page_of_another_story_has_the_text_of_the_feed() {
    let name = |path: &str| crate::feed::identity::page_name(&link(path)).unwrap();
    for (what, title, page, expected) in [
        ("it leads there", "Other", &["story-1"][..], Some(PageOf::List)),
        ("it leads there, and has its title", "Story 1", &["story-1"], None),
        ("the page only says so", "Other", &["elsewhere", "story-1"], Some(PageOf::Itself)),
    ] {
        let (mut site, key) = one_published(&[DAY]);
        read(&mut site, A, vec![with_link("old#part", titled(title, item(9)))], at(5));
        let new = site.entries().find(|entry| entry.published.is_none()).unwrap().key;
        let page: Vec<_> = page.iter().map(|path| name(path)).collect();
        assert_eq!(site.learn_page(new, &page, 5, at(5)), expected.unwrap_or(PageOf::Article(key)), "{what}");
    }
}

/// What is remembered of an article has room for two feeds.
#[test]
fn a_third_feed_takes_the_place_of_one_that_is_gone() {
    const C: &str = "https://example.com/c.xml";
    let says = |text: &str| vec![with_text(text, item(1))];
    let mut site = SiteState::new(SITE);
    read(&mut site, A, says("one"), at(0));
    read(&mut site, B, says("two"), at(0));
    publish_all(&mut site, &[], at(0));
    for text in ["three", "four"] {
        assert_eq!(counts(&read(&mut site, C, says(text), at(5))), (0, 1, 0), "there is no place for it");
    }
    site.feed_mut(A).removed_at = Some(at(6));
    assert_eq!(counts(&read(&mut site, C, says("four"), at(7))), (0, 1, 0));
    assert_eq!(counts(&read(&mut site, B, says("two"), at(8))), (0, 1, 0), "it has kept its place");
    let mut edited = site.clone();
    assert_eq!(counts(&read(&mut edited, C, says("five"), at(9))), (0, 1, 1));
    let carriers: Vec<String> = edited.entries().next().unwrap().carriers.iter().map(|c| c.feed.clone()).collect();
    assert_eq!(carriers, [C, B]);
    assert_eq!(counts(&read(&mut site, B, says("six"), at(9))), (0, 1, 1));
}

#[test]
fn an_article_is_remembered_again_after_half_of_the_horizon() {
    let (mut site, _) = one_published(&[]);
    site.changes(true, usize::MAX);
    let mut is_stored = |day: i64| {
        read(&mut site, A, vec![item(1)], days(day));
        site.changes(true, usize::MAX).iter().any(|state| state.key.contains(" memory "))
    };
    assert_eq!([1, 90, 91, 92].map(&mut is_stored), [false, false, true, false]);
}

/// Its page may be read again at any time, so it goes on as it was.
#[test]
fn an_article_that_comes_back_is_what_it_was() {
    for is_feed_text in [false, true] {
        let mut site = SiteState::new(SITE);
        read(&mut site, A, vec![item(1)], at(0));
        let key = site.entries().next().unwrap().key;
        site.published(key, Publication { is_feed_text, ..publication(77) }, &[], false, at(0));
        assert_eq!(read(&mut site, A, vec![with_text("edited", item(1))], days(1)).changed, 1);
        let expected = Published {
            revision: 1,
            content: 77,
            is_feed_text,
            recheck: usize::MAX,
            changed_in_feed: true,
            changed_by: Some(A.to_owned()),
            ..Published::default()
        };
        assert_eq!(site.entry(key).unwrap().published, Some(expected));
    }
}

#[test]
fn a_recheck_without_news_is_not_written_and_its_validators_are_kept() {
    let (mut site, key) = one_published(&[HOUR, DAY]);
    site.changes(true, usize::MAX);
    let validators = Validators { etag: Some("\"2\"".to_owned()), ..Validators::default() };
    site.unchanged(key, None, Some(validators.clone()), &[HOUR, DAY], false, at(60));
    assert_eq!(site.entry(key).unwrap().published.as_ref().unwrap().validators, validators);
    assert!(!site.has_later_changes() && site.changes(true, usize::MAX).is_empty());
    assert!(site.store_all() && site.changes(true, usize::MAX).len() == 1);
    assert!(!site.store_all(), "nothing is left");
    site.unchanged(key, Some(5), None, &[HOUR, DAY], false, at(70));
    assert!(site.has_later_changes(), "a content that was seen once is news");
    site.changes(true, usize::MAX);
    site.postpone(key, at(80), "why", true, at(75));
    site.changes(true, usize::MAX);
    site.unchanged(key, Some(5), None, &[HOUR, DAY], false, at(80));
    assert!(site.has_later_changes(), "and so is the end of failures");
}

#[test]
fn the_content_of_a_record_is_the_beginning_of_its_hash() {
    for (hash, expected) in [("0000004d99ff", 77), ("ffffffff", u32::MAX), ("0000004", 0), ("nonsense", 0), ("", 0)] {
        assert_eq!(content(hash), expected, "{hash}");
    }
}

/// Two stories of one feed and moment, whose pages have one canonical URL.
#[test]
fn one_page_with_another_text_is_an_edit_if_much_of_it_is_the_same() {
    let text = |words: &[&str]| {
        let line = |word: &&str| format!("{word} was said by the mayor when the council met on the matter yesterday.");
        Some(Print::of_text(&words.iter().map(line).collect::<Vec<_>>().join("\n")))
    };
    let before = ["One", "Two", "Three", "Four", "Five", "Six"];
    for (what, now, expected) in [
        ("the same", &before[..], true),
        ("with one more paragraph", &["One", "Two", "Three", "Four", "Five", "Six", "Seven"], true),
        ("with half of it rewritten", &["One", "Two", "Three", "Ten", "Eleven", "Twelve"], true),
        ("another", &["Ten", "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen"], false),
    ] {
        let mut site = SiteState::new(SITE);
        let name = |path: &str| crate::feed::identity::page_name(&link(path)).unwrap();
        read(&mut site, A, vec![item(1)], at(0));
        let key = site.entries().next().unwrap().key;
        site.learn_page(key, &[name("story-1"), name("all")], 1, at(0));
        site.published(key, Publication { text: text(&before), ..publication(1) }, &[DAY], false, at(0));
        read(&mut site, A, vec![item(1), Entry { published: item(1).published, ..item(2) }], at(5));
        let new = site.entries().find(|entry| entry.published.is_none()).unwrap().key;
        let read = PageText { content: 2, text: text(now) };
        let whose = site.learn_page(new, &[name("story-2"), name("all")], read, at(5));
        assert_eq!(whose, if expected { PageOf::Article(key) } else { PageOf::Itself }, "{what}");
    }
}

/// An entry of a third feed is found to be an article whose first feed is gone.
#[test]
fn a_feed_that_takes_the_place_of_another_shows_no_edit() {
    let (mut site, key) = one_published(&[]);
    read(&mut site, B, vec![item(1)], at(0));
    site.feed_mut(A).removed_at = Some(at(1));
    assert_eq!(read(&mut site, "https://example.com/c.xml", vec![titled("Story 1", item(9))], at(5)).new, 1);
    let new = site.entries().next().unwrap().key;
    let page = [crate::feed::identity::page_name(&link("story-1")).unwrap()];
    assert_eq!(site.learn_page(new, &page, 5, at(5)), PageOf::Article(key));
    assert_eq!((site.entries().count(), site.remembered()), (0, 1));
}
