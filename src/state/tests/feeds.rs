//! What documents show of their feed, and what is known about a feed and a site.

use super::*;

fn trust(site: &SiteState) -> i8 {
    site.feed(A).unwrap().guid_trust
}

#[test]
fn guids_are_trusted_by_what_they_did() {
    let mut site = SiteState::new(SITE);
    let trusted = (0..7).map(|n| {
        read(&mut site, A, vec![item(1)], at(n));
        trust(&site)
    });
    assert_eq!(trusted.collect::<Vec<_>>(), [0, 1, 2, 3, 4, 4, 4], "the first document says nothing");
    // from then on one story has another guid at each poll
    let polls = (0..8).map(|n| {
        let absorbed = read(&mut site, A, vec![with_guid(&format!("x{n}"), item(1))], at(10 + n));
        (trust(&site), absorbed.guids_repeat)
    });
    let expected = [(2, false), (0, false), (-2, false), (-4, true), (-6, true), (-8, true), (-8, true), (-8, true)];
    assert_eq!(polls.collect::<Vec<_>>(), expected);

    let mut site = SiteState::new(SITE);
    (0..3).for_each(|n| _ = read(&mut site, A, vec![Entry { guid: None, ..item(1) }], at(n)));
    assert_eq!(trust(&site), 0, "a feed without guids");
}

/// Entries 1 to `linked`, of which the first `moved` have another link than before, and two without any.
#[test]
fn links_are_distrusted_where_most_of_three_or_more_have_changed() {
    // entries that have lost their link say nothing of those that have one
    let mut site = SiteState::new(SITE);
    read(&mut site, A, (1..=5).map(item).collect(), at(0));
    let shown = (1..=5).map(|n| match n {
        1 | 2 => with_link(&format!("other-{n}"), item(n)),
        3 => item(n),
        _ => Entry { url: None, ..item(n) },
    });
    read(&mut site, A, shown.collect(), at(1));
    assert_eq!(site.feed(A).unwrap().link_changes, 1);
    for (linked, moved, expected) in [(3, 0, 0), (2, 2, 0), (3, 2, 1), (4, 2, 0), (5, 2, 0), (5, 3, 1), (5, 5, 1)] {
        let bare = [8, 9].map(|n| Entry { url: None, ..item(n) });
        let before: Vec<Entry> = (1..=linked).map(item).chain(bare.clone()).collect();
        let after = |n: u32| if n <= moved { with_link(&format!("other-{n}"), item(n)) } else { item(n) };
        let after: Vec<Entry> = (1..=linked).map(after).chain(bare).collect();
        let mut site = SiteState::new(SITE);
        read(&mut site, A, before.clone(), at(0));
        read(&mut site, A, before, at(1));
        read(&mut site, A, after.clone(), at(2));
        assert_eq!(site.feed(A).unwrap().link_changes, expected, "{moved} of {linked}");
        read(&mut site, A, after, at(3));
        assert_eq!(site.feed(A).unwrap().link_changes, 0, "{moved} of {linked}, and then they stay");
    }
}

#[test]
fn a_feed_was_read_once_all_of_it_was() {
    let mut site = SiteState::new(SITE);
    let cut = Policy { is_cut: true, ..Policy::default() };
    read_with(&mut site, cut, A, vec![item(1)], at(0));
    assert_eq!((site.feed(A).unwrap().was_read, site.feed(A).unwrap().first_read_at), (false, None));
    read(&mut site, A, vec![item(1)], at(5));
    read(&mut site, A, vec![item(1)], at(10));
    assert_eq!((site.feed(A).unwrap().was_read, site.feed(A).unwrap().first_read_at), (true, Some(at(5))));
}

#[test]
fn a_merged_entry_is_named_by_what_it_has() {
    let nameless = Entry { guid: None, ..with_text("third", item(2)) };
    let mut site = SiteState::new(SITE);
    let absorbed = read(&mut site, A, vec![item(1), item(2), item(1), nameless], at(0));
    assert_eq!((absorbed.merged, absorbed.merged_example.as_deref()), (1, Some("https://example.com/story-2 is g2")));
}

#[test]
fn the_first_day_that_is_followed_is_followed() {
    let mut site = SiteState::new(SITE);
    let policy = Policy { since: item(2).published.map(|moment| moment.at.to_utc()), ..Policy::default() };
    let absorbed = read_with(&mut site, policy, A, vec![item(1), item(2), item(3)], at(0));
    assert_eq!((absorbed.new, absorbed.too_old), (2, 1), "story 2 is as old as it may be");
}

/// A document in which everything is older than the memory lasts.
#[test]
fn an_old_document_may_have_been_forgotten_only_if_the_site_was_known_before() {
    for (what, first_read, expected) in [
        ("known for a week", days(173), (1, 0)),
        ("known for as long as the memory lasts", days(0), (1, 0)),
        ("known for longer", days(-1), (0, 1)),
    ] {
        let mut site = SiteState::new(SITE);
        read(&mut site, A, vec![item(1)], first_read);
        // about a feed that was never read nothing is known
        site.feed_mut(B);
        let old = Entry { published: dated(days(-10)), ..item(2) };
        let absorbed = read(&mut site, A, vec![old], days(180));
        assert_eq!((absorbed.new, absorbed.too_old), expected, "{what}");
    }
}

/// A second entry leads to the page of a story, and is a teaser or has a text.
#[test]
fn a_page_that_a_story_was_read_from_is_its_own_until_another_has_a_text() {
    for (what, is_feed_text, content, expected) in [
        ("a teaser", false, None, false),
        ("a text", false, Some("<p>More.</p>".to_owned()), true),
        ("a teaser, and the story was the feed's", true, None, true),
    ] {
        for path in ["story-1", "story-1#part-2"] {
            let mut site = SiteState::new(SITE);
            read(&mut site, A, vec![item(1)], at(0));
            let key = site.entries().next().unwrap().key;
            site.published(key, Publication { is_feed_text, ..publication(77) }, &[DAY], false, at(0));
            let other = Entry { content: content.clone(), ..with_link(path, titled("Another", item(2))) };
            read(&mut site, A, vec![item(1), other], at(5));
            let is_shared = match path {
                "story-1" => site.entries().find(|entry| entry.published.is_none()).unwrap().shared_page,
                // it is a place on a page, and known to be one
                _ => site.entry(key).unwrap().shared_page,
            };
            assert_eq!(is_shared, expected, "{what}, {path}");
        }
    }
}

#[test]
fn a_place_on_a_page_that_nobody_else_has_is_a_page() {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![with_link("log#1", item(1))], at(0));
    assert!(!site.entries().next().unwrap().shared_page);
}

#[test]
fn a_feed_says_what_it_is() {
    let failed = |reason: &str| FeedState {
        last_error: Some(Box::new(LastError { reason: reason.to_owned(), detail: String::new() })),
        ..FeedState::default()
    };
    assert!(failed("gone").is_gone());
    assert!(!failed("not_found").is_gone() && !FeedState::default().is_gone());
    for (guid_trust, expected) in [(-3, true), (-4, false)] {
        assert_eq!(FeedState { guid_trust, ..FeedState::default() }.trusts_guids(), expected, "{guid_trust}");
    }
    let json = br#"{"v":2,"title":"Gazette","schedule":{"failures":3},"was_read":true}"#;
    let feed = FeedState::from_json(json).unwrap();
    assert_eq!((feed.title.as_deref(), feed.was_read, feed.schedule.failures), (Some("Gazette"), true, 3));
    assert_eq!(feed.to_json(), json);
    // version 0.1 says by its fingerprints that it was read
    let old = FeedState::from_json(br#"{"title":"Gazette","seen":["AAAAAAAAAAE"],"schedule":{}}"#).unwrap();
    assert_eq!((old.title.as_deref(), old.was_read), (Some("Gazette"), true));
}

#[test]
fn a_site_says_what_it_has() {
    let mut site = SiteState::new(SITE);
    assert_eq!((site.name(), site.waiting(), site.remembered(), site.next_due()), (SITE, 0, 0, None));
    site.add(B);
    assert!(site.feed(B).is_some() && !site.has_later_changes(), "nothing to store");
    read(&mut site, A, vec![item(1), item(2)], at(0));
    assert_eq!(site.waiting(), 2);
    assert_eq!(site.take_due(at(0), 1).len(), 1);
    let rest = site.take_due(at(0), 9);
    assert_eq!((rest.len(), site.take_due(at(0), 9)), (1, vec![]), "they are taken");
    site.offer_again(rest[0]);
    assert_eq!((site.next_due(), site.take_due(at(0), 9)), (Some(at(0)), rest));
    assert!(site.waiting_bytes > 2 * 400);
    site.changes(true, usize::MAX);
    site.feed_mut(B);
    assert!(site.has_later_changes(), "a feed is to be stored");
    site.offer_again(12_345);
    assert_eq!(site.next_due(), None, "there is no such entry");
}

/// Nothing is left of a site once its articles are forgotten and its feed is removed.
#[test]
fn a_site_is_over_when_nothing_is_left_of_it() {
    let (mut site, _) = one_published(&[]);
    assert!(site.forget_old(days(400)), "it has a feed");
    site.forget(A);
    assert!(!site.forget_old(days(400)));
    let (mut site, _) = one_published(&[]);
    site.forget(A);
    assert!(site.forget_old(days(100)), "its article is remembered");
    let (mut site, key) = one_published(&[DAY]);
    site.forget(A);
    assert!(site.forget_old(days(400)), "its article waits for a recheck");
    site.unstorable(&format!("{SITE} entry {key:016x}"), days(400));
    site.changes(true, usize::MAX);
    assert!(site.forget_old(days(401)) && !site.forget_old(days(800)));
}

/// What the pages of a site repeat is stored when an eighth of it is new, and forgotten with the site.
#[test]
fn the_knowledge_about_a_site_is_stored_now_and_then() {
    let known = || {
        let mut site = SiteState::new(SITE);
        let articles: Vec<u32> = (1..=40).collect();
        site.restore(SITE, serde_json::json!({ "articles": articles }).to_string().as_bytes()).unwrap();
        site
    };
    let is_stored = |site: &mut SiteState| {
        let states = site.changes(false, 0);
        states.iter().find(|state| state.key == SITE).map(|state| !state.value.is_empty())
    };
    assert_eq!(known().knowledge().pages(), 40);
    for (unsaved, expected) in [(0, None), (4, None), (5, Some(true)), (u16::MAX, Some(true))] {
        let mut site = known();
        site.unsaved = unsaved;
        assert_eq!(is_stored(&mut site), expected, "{unsaved} observations");
        assert_eq!(is_stored(&mut site), None, "once");
    }
    assert!(known().everything().iter().any(|state| state.key == SITE));
    assert!(SiteState::new(SITE).everything().is_empty(), "there is nothing to store");
    let mut site = known();
    site.add(A);
    assert!(site.forget_old(days(1)) && is_stored(&mut site).is_none());
    site.forget(A);
    assert!(!site.forget_old(days(1)));
    assert_eq!((site.knowledge().pages(), is_stored(&mut site)), (0, Some(false)), "deleted");
    assert!(!site.forget_old(days(1)) && is_stored(&mut site).is_none());
}

/// Values are at most this large, less a quarter for the key.
#[test]
fn a_limit_on_values_leaves_room_for_the_key() {
    for (limit, expected) in [(None, usize::MAX), (Some(1_000), 750), (Some(16_384), 12_288)] {
        assert_eq!(SiteState::new(SITE).within(limit).largest(), expected);
    }
}
