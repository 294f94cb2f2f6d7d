//! What an entry and a known article have in common.

use super::*;
use crate::{
    feed::identity::EntryNames,
    state::{
        candidates::Reading,
        document::BEGUN,
        key::tag,
        matching::{Agreement, Evidence, Link},
        site::KnownArticle,
    },
};

fn reading(url: &str) -> Reading<'_> {
    Reading { url, tag: tag(url), trusts_guids: true, rotates: false, guid_is_shared: false }
}

fn names(entry: Entry) -> EntryNames {
    document(vec![entry]).names[0]
}

/// What speaks for an entry of a feed being story 1, which feed A has.
fn evidence(site: &SiteState, key: u64, feed: Reading<'_>, entry: Entry) -> Evidence {
    site.evidence(&feed, &names(entry), &known(site, key), None)
}

fn known(site: &SiteState, key: u64) -> KnownArticle<'_> {
    match site.entry(key) {
        Some(pending) => KnownArticle::Pending(pending),
        None => KnownArticle::Resolved(site.memory.article(key).unwrap()),
    }
}

#[test]
fn a_guid_counts_in_its_feed() {
    use Agreement::{Other, Same, Unknown};
    let without = Entry { guid: None, ..item(1) };
    for rechecks in [&[DAY][..], &[]] {
        let (mut site, key) = one_published(rechecks);
        for (what, feed, entry, expected) in [
            ("the same", A, item(1), (Same, false)),
            ("another", A, with_guid("x", item(1)), (Other, false)),
            ("none", A, without.clone(), (Unknown, false)),
            ("the same in another feed", B, item(1), (Unknown, true)),
            ("another in another feed", B, with_guid("x", item(1)), (Unknown, false)),
        ] {
            let found = evidence(&site, key, reading(feed), entry);
            assert_eq!((found.guid, found.guid_of_another_feed), expected, "{what}");
        }
        // the feed may have another URL now
        site.feed_mut(A).removed_at = Some(at(1));
        assert_eq!(evidence(&site, key, reading(B), with_guid("x", item(1))).guid, Other);
        assert_eq!(evidence(&site, key, reading(B), item(1)).guid, Unknown);
    }
}

#[test]
fn a_guid_is_trusted_if_the_feed_and_the_document_allow_it() {
    let (site, key) = one_published(&[DAY]);
    for (trusts_guids, guid_is_shared, expected) in
        [(true, false, true), (true, true, false), (false, false, false), (false, true, false)]
    {
        let feed = Reading { trusts_guids, guid_is_shared, ..reading(A) };
        assert_eq!(evidence(&site, key, feed, item(1)).guids_are_trusted, expected);
    }
}

#[test]
fn links_titles_and_dates_are_compared() {
    use Agreement::{Other, Same, Unknown};
    for rechecks in [&[DAY][..], &[]] {
        let (site, key) = one_published(rechecks);
        let link_of = |entry| evidence(&site, key, reading(A), entry).link;
        assert_eq!(link_of(item(1)), Link::Same);
        assert_eq!(link_of(with_link("story-1?ncid=4", item(1))), Link::Folded, "it may be tracking");
        assert_eq!(link_of(with_link("other", item(1))), Link::Other);
        assert_eq!(link_of(Entry { url: None, ..item(1) }), Link::Unknown);
        let marks = |entry| {
            let found = evidence(&site, key, reading(A), entry);
            (found.title, found.date)
        };
        let later = dated(at(5));
        assert_eq!(marks(item(1)), (Same, Same));
        assert_eq!(marks(titled("Other", item(1))), (Other, Same));
        assert_eq!(marks(Entry { published: later, ..item(1) }), (Same, Other));
        assert_eq!(marks(Entry { published: None, title: None, ..item(1) }), (Unknown, Unknown));
    }
}

/// The second entry has the link only, the first one everything.
#[test]
fn the_entry_that_agrees_most_is_the_article() {
    let weaker = Entry { guid: None, published: dated(at(5)), ..titled("Other", with_text("other", item(1))) };
    for entries in [vec![item(1), weaker.clone()], vec![weaker, item(1)]] {
        let (mut site, key) = one_published(&[DAY]);
        let document = document(entries);
        let claims = site.claims(&reading(A), &document, &[false, false]);
        let first = document.feed.entries.iter().position(|entry| entry.guid.is_some()).unwrap();
        assert_eq!(claims[&key].0, first);
        let absorbed = site.absorb(A, &document, Policy::default(), at(5));
        assert_eq!(counts(&absorbed), (1, 1, 0));
    }
}

#[test]
fn another_entry_of_the_document_may_be_the_article() {
    let (mut site, key) = one_published(&[DAY]);
    let claim = |site: &SiteState, strength, text| {
        let (first, second) = (names(item(1)), names(with_text(text, item(1))));
        site.evidence(&reading(A), &second, &known(site, key), Some((&first, strength)))
    };
    let found = claim(&site, 9, "It blew.");
    assert_eq!((found.is_claimed, found.text, found.is_of_list), (true, Agreement::Same, false));
    assert_eq!(claim(&site, 9, "Another.").text, Agreement::Other);
    assert!(claim(&site, BEGUN, "It blew.").is_of_list, "the document itself has two of them");
    let alone = evidence(&site, key, reading(A), item(1));
    assert_eq!((alone.is_claimed, alone.text, alone.is_of_list), (false, Agreement::Unknown, false));
    let mut pending = site.take(key).unwrap();
    pending.shared_page = true;
    site.insert(pending);
    assert!(claim(&site, 9, "It blew.").is_of_list, "its page is known to be a list");
}
