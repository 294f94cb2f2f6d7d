//! What several stories of a document share, though it looks like one story's own: a page (a column under one link, places
//! on a page with release notes), a guid that is the same for everything. What is read on such a page is not to be taken
//! for any of them, and such a guid names none.
//!
//! PURE.

use std::{collections::HashMap, hash::Hash};

use super::{absorb::Document, matching::Mark};
use crate::feed::{Entry, identity::EntryNames};

/// What an entry shares with another story of its document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shared {
    /// The page that its link leads to.
    pub(super) page: bool,
    /// Its guid.
    pub(super) guid: bool,
}

/// One for each entry.
pub(super) fn shared(document: &Document) -> Vec<Shared> {
    let (entries, names) = (&document.feed.entries, &document.names);
    let told =
        |one: &EntryNames, other: &EntryNames| [Mark::of(one.title, other.title), Mark::of(one.date, other.date)];
    let pages = shared_by(entries.iter().map(page), |one, other| are_two(&told(&names[one], &names[other])));
    // a live story may stand twice under one link
    let guids = shared_by(names.iter().map(|names| Some(names.guid).filter(|guid| *guid != 0)), |one, other| {
        let (one, other) = (&names[one], &names[other]);
        Mark::of(one.link, other.link) != Mark::Same && are_two(&told(one, other))
    });
    pages.into_iter().zip(guids).map(|(page, guid)| Shared { page, guid }).collect()
}

/// Which of the things that have a key share it with another thing that differs from them.
fn shared_by<K: Eq + Hash>(keys: impl Iterator<Item = Option<K>>, differ: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    let mut shared = Vec::new();
    let mut first_of = HashMap::new();
    for (index, key) in keys.enumerate() {
        shared.push(false);
        let Some(key) = key else { continue };
        let first = *first_of.entry(key).or_insert(index);
        if first != index && differ(index, first) {
            (shared[first], shared[index]) = (true, true);
        } else {
            shared[index] = shared[first];
        }
    }
    shared
}

/// A sitemap that lists a page twice says neither title nor date.
fn are_two(marks: &[Mark; 2]) -> bool {
    !marks.contains(&Mark::Same) && *marks != [Mark::Unknown; 2]
}

/// The address that is asked for.
fn page(entry: &Entry) -> Option<&str> {
    let url = entry.url.as_ref()?.as_str();
    Some(url.split_once('#').filter(|_| has_place(entry)).map_or(url, |(page, _)| page))
}

/// Whether the link leads to a place on a page. What begins with `#!` names a page of its own.
pub(super) fn has_place(entry: &Entry) -> bool {
    let fragment = entry.url.as_ref().and_then(|url| url.fragment()).unwrap_or_default();
    !fragment.is_empty() && !fragment.starts_with('!')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Source, identity, parse};

    fn shared_of(items: &[(&str, &str, u8)], guid: &str) -> Vec<Shared> {
        let items: String = items
            .iter()
            .map(|(link, title, hour)| {
                let date = format!("<pubDate>Mon, 05 Jan 2026 {hour:02}:00:00 GMT</pubDate>");
                let date = if *hour < 24 { date.as_str() } else { "" };
                format!("<item><link>https://gazette.example{link}</link><title>{title}</title>{guid}{date}</item>")
            })
            .collect();
        let url = "https://gazette.example/rss".parse().unwrap();
        let text = format!("<rss version='2.0'><channel><title>Gazette</title>{items}</channel></rss>");
        let feed = parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap();
        let names = identity::names(&feed, "gazette.example");
        shared(&Document { digests: vec![0; names.len()], feed, names })
    }

    /// Items as link, title and hour of publication, 24 for none; which of them share their page.
    fn check(what: &str, items: &[(&str, &str, u8)], expected: &[bool]) {
        let found: Vec<bool> = shared_of(items, "").iter().map(|shared| shared.page).collect();
        assert_eq!(found, expected, "{what}");
    }

    #[test]
    fn a_guid_is_shared_where_two_stories_have_it() {
        let check = |what: &str, items: &[(&str, &str, u8)], expected: &[bool]| {
            let found = shared_of(items, "<guid>entry</guid>");
            assert_eq!(found.iter().map(|shared| shared.guid).collect::<Vec<_>>(), expected, "{what}");
        };
        check("one for everything", &[("/a", "One", 1), ("/b", "Two", 2), ("/c", "Six", 3)], &[true; 3]);
        check("a corrected link beside the old", &[("/a", "One", 1), ("/b", "One", 1)], &[false, false]);
        check("a live story beside what it was", &[("/a", "One", 1), ("/a", "Two", 2)], &[false, false]);
    }

    #[test]
    fn a_page_is_shared_where_two_stories_lead_to_it() {
        check("pages of their own", &[("/a", "One", 1), ("/b", "Two", 2)], &[false, false]);
        check("a column", &[("/c", "Mon", 1), ("/a", "One", 2), ("/c", "Tue", 3)], &[true, false, true]);
        check("places", &[("/c#1", "Mon", 1), ("/c#2", "Tue", 3)], &[true, true]);
        check("pages behind a script", &[("/#!1", "Mon", 1), ("/#!2", "Tue", 3)], &[false, false]);
        check("a story listed twice", &[("/a", "One", 1), ("/a", "One", 3)], &[false, false]);
        check("a new headline beside the old", &[("/a", "One", 1), ("/a", "Two", 1)], &[false, false]);
        check("undated", &[("/c", "Mon", 24), ("/c", "Tue", 24)], &[true, true]);
        check("a bare list that names a page twice", &[("/a", "", 24), ("/a", "", 24)], &[false, false]);
    }
}
