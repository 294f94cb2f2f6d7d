use super::*;
use crate::{
    feed::identity::{Name, page_name},
    record,
};

/// Words that no digest takes for one another.
const WORDS: [&str; 8] = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
/// This long after the publication, so that it is never in between.
const FAR: [Duration; 1] = [Duration::from_secs(90 * 24 * 3600)];

fn edited(n: usize) -> Vec<Entry> {
    vec![with_text(WORDS[n], item(1))]
}

fn with(rechecks: &[Duration]) -> Policy<'_> {
    Policy { rechecks, ..Policy::default() }
}

#[test]
fn rechecks_come_one_after_the_other_and_end() {
    let rechecks = [HOUR, 24 * HOUR];
    let (mut site, key) = one_published(&rechecks);
    assert_eq!(site.entry(key).unwrap().entry.content, None, "what is published is not kept");
    assert_eq!(next_look(&mut site, key, &rechecks), Some(at(60)));
    look(&mut site, key, &rechecks, at(60));
    assert_eq!(next_look(&mut site, key, &rechecks), Some(days(1)), "counted from the first publication");
    site.published(key, publication(78), &rechecks, false, days(1));
    assert_eq!((site.entry(key), site.remembered()), (None, 1), "the last one is done");
    assert_eq!(counts(&read(&mut site, A, vec![item(1)], days(1))), (0, 1, 0));
}

#[test]
fn rechecks_that_were_missed_are_one() {
    let rechecks = [HOUR, 2 * HOUR, 3 * HOUR];
    let (mut site, key) = one_published(&rechecks);
    look(&mut site, key, &rechecks, at(125));
    assert_eq!(next_look(&mut site, key, &rechecks), Some(at(180)));
}

/// A feed shows an edit some minutes after each check → when the page is checked.
#[test]
fn the_more_often_a_feed_tells_edits_the_later_the_page_is_looked_at() {
    // in the evening, so that no day has too many revisions
    let start = 13 * 60;
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![item(1)], at(start));
    let key = publish_all(&mut site, &FAR, at(start)).remove(0);
    for (n, (told, looked)) in
        [(5, 5), (10, 15), (20, 55), (60, 235), (240, 715), (720, 2155), (2160, 3595)].into_iter().enumerate()
    {
        assert_eq!(read_with(&mut site, with(&FAR), A, edited(n), at(start + told)).changed, 1);
        assert_eq!(next_look(&mut site, key, &FAR), Some(at(start + looked)), "edit {n}");
        site.published(key, publication(100 + n as u32), &FAR, false, at(start + looked));
    }
    assert_eq!(next_look(&mut site, key, &FAR), Some(at(start) + FAR[0]));
}

/// A page may be behind its feed.
#[test]
fn an_edit_that_the_page_does_not_show_yet_is_looked_for_three_times_more() {
    let told = || {
        let (mut site, key) = one_published(&FAR);
        read_with(&mut site, with(&FAR), A, edited(0), at(5));
        (site, key)
    };
    let (mut site, key) = told();
    for minutes in [5, 10, 35, 185] {
        assert_eq!(next_look(&mut site, key, &FAR), Some(at(minutes)));
        assert!(site.entry(key).unwrap().published.as_ref().unwrap().awaits_edit());
        look(&mut site, key, &FAR, at(minutes));
    }
    assert_eq!(next_look(&mut site, key, &FAR), Some(at(0) + FAR[0]));

    let (mut site, key) = told();
    look(&mut site, key, &FAR, at(5));
    site.published(key, publication(78), &FAR, false, at(10));
    assert!(!site.entry(key).unwrap().published.as_ref().unwrap().awaits_edit());
    assert_eq!(next_look(&mut site, key, &FAR), Some(at(0) + FAR[0]), "it was found");
}

#[test]
fn what_a_feed_tells_while_the_page_is_asked_for_is_looked_at_again() {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![item(1)], at(0));
    let key = site.take_due(at(0), 1)[0];
    read_with(&mut site, with(&FAR), A, edited(0), at(1));
    site.published(key, publication(77), &FAR, true, at(1));
    assert_eq!(next_look(&mut site, key, &FAR), Some(at(1)));
    site.unchanged(key, None, None, &FAR, true, at(2));
    assert_eq!(next_look(&mut site, key, &FAR), Some(at(2)), "and once more");
    look(&mut site, key, &FAR, at(3));
    assert_eq!(next_look(&mut site, key, &FAR), Some(at(8)), "now it may only be behind");
}

#[test]
fn a_day_has_six_revisions_and_the_next_day_shows_what_became_of_it() {
    let (mut site, key) = one_published(&FAR);
    for n in 0..5 {
        let now = at(60 * (n + 1));
        assert!(!site.entry(key).unwrap().published.as_ref().unwrap().is_revised_often(now));
        site.published(key, publication(100 + n as u32), &FAR, false, now);
    }
    let published = site.entry(key).unwrap().published.clone().unwrap();
    assert_eq!(published.revision, 6);
    let midnight = at(14 * 60);
    assert!(published.is_revised_often(midnight - TimeDelta::seconds(1)) && !published.is_revised_often(midnight));
    assert_eq!(next_look(&mut site, key, &FAR), Some(midnight));
    look(&mut site, key, &FAR, midnight);
    assert_eq!(next_look(&mut site, key, &FAR), Some(at(0) + FAR[0]), "once");

    // also where that would be its last look
    let (mut site, key) = one_published(&[]);
    (0..6).for_each(|n| {
        read(&mut site, A, edited(n), at(10 * n as i64));
        site.published(key, publication(100 + n as u32), &[], false, at(10 * n as i64));
    });
    assert_eq!(next_look(&mut site, key, &[]), Some(midnight));
    look(&mut site, key, &[], midnight);
    assert_eq!(next_look(&mut site, key, &[]), None);
}

#[test]
fn one_edit_in_two_feeds_is_one_where_the_feed_is_the_text() {
    for (what, is_feed_text, expected) in [("a page", false, [1, 1]), ("the feed's text", true, [0, 1])] {
        let mut site = SiteState::new(SITE);
        let (in_a, in_b) = (|n: usize| edited(n), |n: usize| vec![with_text(WORDS[n], with_guid("b", item(1)))]);
        read(&mut site, A, vec![item(1)], at(0));
        read(&mut site, B, in_b(7), at(0));
        let key = site.entries().next().unwrap().key;
        site.published(key, Publication { is_feed_text, ..publication(1) }, &FAR, false, at(0));
        assert_eq!(read_with(&mut site, with(&FAR), A, in_a(0), at(5)).changed, 1, "{what}");
        site.published(key, Publication { is_feed_text, ..publication(2) }, &FAR, false, at(5));
        for (minutes, n, expected) in [(10, 1, expected[0]), (5 + 24 * 60, 2, expected[1])] {
            let absorbed = read_with(&mut site, with(&FAR), B, in_b(n), at(minutes));
            assert_eq!(absorbed.changed, expected, "{what}, after {minutes} min");
        }
    }
}

#[test]
fn what_comes_back_and_what_was_seen_once_is_known() {
    let (mut site, key) = one_published(&FAR);
    let last = |site: &SiteState| site.entry(key).unwrap().published.clone().unwrap();
    site.unchanged(key, Some(5), None, &FAR, false, at(10));
    site.unchanged(key, Some(5), None, &FAR, false, at(20));
    assert_eq!(last(&site).candidate, Some(Candidate { content: 5, at: at(10) }), "when it was first seen counts");
    site.unchanged(key, Some(6), None, &FAR, false, at(30));
    assert_eq!(last(&site).candidate, Some(Candidate { content: 6, at: at(30) }));
    let mut site = restarted(site);
    assert_eq!(last(&site).candidate, Some(Candidate { content: 6, at: at(30) }));
    look(&mut site, key, &FAR, at(40));
    assert_eq!(last(&site).candidate, None);
    for n in 0..10 {
        site.published(key, publication(100 + n), &FAR, false, days(n.into()));
    }
    assert_eq!(last(&site).earlier, [101, 102, 103, 104, 105, 106, 107, 108], "the last eight before the newest");
}

#[test]
fn an_edit_after_the_last_recheck_is_found() {
    for restart in [false, true] {
        let mut site = SiteState::new(SITE);
        read(&mut site, A, vec![item(1)], at(0));
        read(&mut site, B, vec![with_guid("b", item(1))], at(0));
        let key = publish_all(&mut site, &[], at(0)).remove(0);
        assert_eq!((site.entries().count(), site.remembered()), (0, 1));
        let mut site = if restart { restarted(site) } else { site };
        assert_eq!(counts(&read(&mut site, A, edited(0), days(30))), (0, 1, 1));
        let entry = site.entry(key).unwrap();
        assert_eq!((entry.due, entry.carriers.len()), (days(30), 2));
        assert_eq!(entry.entry.content.as_deref(), Some("<p>one</p>"));
        let published = entry.published.as_ref().unwrap();
        assert_eq!((published.revision, published.content, published.awaits_edit()), (1, 77, true));
        assert_eq!(next_look(&mut site, key, &[]), Some(days(30)));
        site.published(key, publication(78), &[], false, days(30));
        assert_eq!(next_look(&mut site, key, &[]), None, "its rechecks are over");
        read(&mut site, A, edited(1), days(60));
        let published = site.entry(key).unwrap().published.clone().unwrap();
        assert_eq!((published.revision, published.content), (2, 78));
    }
}

#[test]
fn a_page_that_fails_is_tried_again() {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![item(1)], at(0));
    let key = site.take_due(at(0), 1)[0];
    for (now, due, asked, attempts) in [(0, 1, true, 1), (1, 3, false, 1), (3, 7, true, 2)] {
        site.postpone(key, at(due), "why", asked, at(now));
        let entry = site.entry(key).unwrap();
        assert_eq!((entry.due, entry.attempts, entry.failing_since), (at(due), attempts, Some(at(0))));
        assert_eq!((entry.last_error.as_deref(), site.next_due()), (Some("why"), Some(at(due))));
        assert_eq!((site.take_due(at(due - 1), 1), site.take_due(at(due), 1)), (vec![], vec![key]));
    }
    site.published(key, publication(1), &[DAY], false, at(7));
    let entry = site.entry(key).unwrap();
    assert_eq!((entry.attempts, entry.failing_since, entry.last_error.clone()), (0, None, None));
}

#[test]
fn what_is_rejected_stays_so_or_is_tried_again() {
    let waiting = || {
        let mut site = SiteState::new(SITE);
        read(&mut site, A, vec![item(1)], at(0));
        let key = site.entries().next().unwrap().key;
        (site, key)
    };
    let (mut site, key) = waiting();
    site.rejected(key, None, at(0));
    assert_eq!((site.entries().count(), site.remembered(), site.waiting()), (0, 1, 0));
    let mut site = restarted(site);
    assert_eq!(counts(&read(&mut site, A, edited(0), at(5))), (0, 1, 0), "an edit brings no rejected entry back");

    let (mut site, key) = waiting();
    site.rejected(key, Some(at(10)), at(0));
    let mut site = restarted(site);
    let entry = site.entry(key).unwrap();
    assert_eq!((entry.is_rejected, entry.attempts, entry.due), (true, 1, at(10)));
    site.published(key, publication(1), &[DAY], false, at(10));
    let entry = site.entry(key).unwrap();
    assert_eq!((entry.is_rejected, entry.published.as_ref().unwrap().revision), (false, 1));
}

/// Entry 9 leads to a page whose URL, or whose canonical URL, is the link of story 1.
#[test]
fn an_entry_whose_page_is_that_of_another_article_is_that_article() {
    let names = |paths: &[&str]| paths.iter().map(|path| page_name(&link(path)).unwrap()).collect::<Vec<Name>>();
    let bare = Entry { guid: None, title: None, published: None, content: None, ..item(9) };
    let dated_alike = Entry { published: item(1).published, ..item(9) };
    let (theirs, canonical) = (&["story-1"][..], &["story-9", "story-1"][..]);
    for (what, entry, feed, page, content, expected) in [
        ("two stories of a feed", item(9), A, theirs, 5, false),
        ("the same title", titled("Story 1", item(9)), A, theirs, 5, true),
        ("the same date", dated_alike.clone(), A, theirs, 5, true),
        ("the same text", item(9), A, theirs, 77, true),
        ("another feed's", item(9), B, theirs, 5, true),
        ("another feed's, whose page only says so", item(9), B, canonical, 5, false),
        ("another feed's of that moment, whose page says so", dated_alike.clone(), B, canonical, 5, true),
        ("two of a feed and moment, whose page only says so", dated_alike, A, canonical, 5, false),
        ("its page says so, and the title is the same", titled("Story 1", item(9)), B, canonical, 5, true),
        ("of a sitemap, which says nothing else", bare.clone(), A, theirs, 5, true),
        ("of a sitemap with titles", titled("Other", bare.clone()), A, theirs, 5, false),
        ("of a sitemap with dates", Entry { published: item(9).published, ..bare }, A, theirs, 5, false),
        ("a page of its own", item(9), A, &["story-9"][..], 5, false),
    ] {
        for rechecks in [&[DAY][..], &[]] {
            let (mut site, key) = one_published(rechecks);
            assert_eq!(read(&mut site, feed, vec![entry.clone()], at(5)).new, 1, "{what}");
            let new = site.entries().find(|entry| entry.published.is_none()).unwrap().key;
            let page_of = site.learn_page(new, &names(page), content, at(5));
            let whose = if expected { PageOf::Article(key) } else { PageOf::Itself };
            assert_eq!(page_of, whose, "{what}, rechecks: {}", rechecks.len());
            assert_eq!(site.entry(new).is_none(), expected, "{what}");
            let is_edit = expected && feed == A && rechecks.is_empty();
            assert!(site.entry(key).is_none() || !rechecks.is_empty() || is_edit, "{what}: B had not said otherwise");
            let mut site = restarted(site);
            assert_eq!(read(&mut site, feed, vec![entry.clone()], at(10)).new, 0, "{what}");
        }
    }
}

/// All pages have one canonical URL, and all dates are of one day.
#[test]
fn a_canonical_url_is_not_that_of_all_stories_of_a_document() {
    let mut site = SiteState::new(SITE);
    let dated_alike = Entry { published: item(1).published, ..item(2) };
    read(&mut site, A, vec![item(1), dated_alike], at(0));
    let keys: Vec<u64> = site.entries().map(|entry| entry.key).collect();
    for key in keys {
        let own = page_name(site.entry(key).unwrap().entry.url.as_ref().unwrap()).unwrap();
        let page = [own, page_name(&link("all")).unwrap()];
        assert_eq!(site.learn_page(key, &page, key as u32, at(0)), PageOf::Itself);
        site.published(key, publication(1), &[DAY], false, at(0));
    }
}

/// Links change at each poll, there are no guids, and the headline is changed: only the page shows which story it is.
#[test]
fn an_edit_that_only_the_page_tells_the_article_of_is_found() {
    let bare = |title: &str, path: &str| Entry { guid: None, ..titled(title, with_link(path, item(1))) };
    for rechecks in [&FAR[..], &[]] {
        let mut site = SiteState::new(SITE);
        let page = [page_name(&link("story-1")).unwrap()];
        read(&mut site, A, vec![bare("Storm", "s?sid=1")], at(0));
        let waiting = site.entries().next().unwrap().key;
        site.learn_page(waiting, &page, 77, at(0));
        let key = publish_all(&mut site, rechecks, at(0)).remove(0);
        assert_eq!(read(&mut site, A, vec![bare("Storm is over", "s?sid=2")], at(60)).new, 1);
        let new = site.entries().find(|entry| entry.published.is_none()).unwrap().key;
        assert_eq!(site.learn_page(new, &page, 78, at(60)), PageOf::Article(key));
        let entry = site.entry(key).unwrap();
        assert_eq!((entry.due, entry.published.as_ref().unwrap().awaits_edit()), (at(60), true));
        assert_eq!(counts(&read(&mut site, A, vec![bare("Storm is over", "s?sid=3")], at(90))), (0, 1, 0));
        // and so is what another feed calls it
        assert_eq!(read(&mut site, B, vec![bare("Sunny again", "s?sid=4")], at(100)).new, 1);
        let new = site.entries().find(|entry| entry.published.is_none()).unwrap().key;
        assert_eq!(site.learn_page(new, &page, 78, at(100)), PageOf::Article(key));
        assert_eq!(counts(&read(&mut site, B, vec![bare("Sunny again", "s?sid=5")], at(110))), (0, 1, 0));
    }
}

#[test]
fn an_old_link_that_gives_the_old_text_is_the_old_article() {
    let teased = |summary: &str| Entry { content: None, summary: Some(summary.to_owned()), ..item(1) };
    for (what, entry, content, expected) in [
        ("the same text", teased("A day."), 77, Some(true)),
        ("another", teased("A day."), 5, None),
        ("the same, and the feed tells the new one", item(1), 77, Some(false)),
        ("the same, and the feed has much of the new one", teased(&"The day went on. ".repeat(20)), 77, Some(false)),
        ("another, which the feed tells, too", item(1), 5, None),
    ] {
        let (mut site, key) = one_published(&[DAY]);
        let today = Entry { published: dated(days(1)), ..titled("Day two", with_guid("x", entry)) };
        read(&mut site, A, vec![today], days(1));
        let new = site.entries().next().unwrap().key;
        let whose = match expected {
            Some(true) => PageOf::Article(key),
            Some(false) => PageOf::List,
            None => PageOf::Itself,
        };
        assert_eq!(site.learn_page(new, &[], content, days(1)), whose, "{what}");
        assert_eq!(site.entry(new).is_some_and(|entry| entry.shared_page), expected == Some(false), "{what}");
    }
}

#[test]
fn what_no_ledger_takes_ends() {
    let mut site = SiteState::new(SITE);
    read(&mut site, A, vec![item(1), item(2)], at(0));
    let keys: Vec<u64> = site.entries().map(|entry| entry.key).collect();
    site.published(keys[1], publication(1), &[DAY], false, at(0));
    let stored = |key: u64| format!("{SITE} entry {key:016x}");
    assert_eq!(site.unstorable(&stored(keys[0]), at(0)).map(|entry| entry.key), Some(keys[0]), "it is to be rejected");
    assert_eq!(site.unstorable(&stored(keys[1]), at(0)), None, "it was published, and is not rechecked again");
    for other in [format!("{SITE} {A}"), format!("{SITE} memory 1"), SITE.to_owned(), stored(7)] {
        assert_eq!(site.unstorable(&other, at(0)), None, "{other}");
    }
    assert_eq!((site.entries().count(), site.remembered(), site.waiting()), (0, 2, 0));
    assert_eq!(counts(&read(&mut site, A, vec![item(1), item(2)], at(5))), (0, 2, 0));
}

#[test]
fn a_record_that_no_ledger_takes_was_not_published() {
    let (mut site, key) = one_published(&[DAY]);
    site.rejected_by_id(&record::id(SITE, key), at(0));
    assert_eq!((site.entries().count(), site.remembered()), (0, 1));
    assert_eq!(counts(&read(&mut site, A, edited(0), at(5))), (0, 1, 0), "it is rejected");

    let (mut site, key) = one_published(&[DAY]);
    site.published(key, publication(78), &[DAY], false, at(5));
    site.rejected_by_id(&record::id(SITE, key), at(5));
    assert_eq!(counts(&read(&mut site, A, edited(0), at(10))), (0, 1, 1), "its first revision was published");
    assert_eq!(site.entry(key).unwrap().published.as_ref().unwrap().revision, 1);
}
