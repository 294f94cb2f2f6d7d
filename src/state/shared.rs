//! What several stories of a document share, though it looks like one story's own: a page (a column with one link,
//! sections of a page with release notes), or a guid that is the same for everything. What is read on such a page is
//! not the text of any of them, and such a guid names none of them.
//!
//! PURE.

use std::collections::{BTreeSet, HashMap};

use super::{document::Document, matching::Agreement};
use crate::feed::{Entry, identity::page_of};

/// The stories of a document whose page another story of it leads to as well. `stories` has a key for each entry;
/// entries that are one story have the same.
pub(super) fn shared_pages(document: &Document, stories: &[Option<u64>]) -> BTreeSet<u64> {
    let mut shared = BTreeSet::new();
    let mut first_of = HashMap::new();
    for (entry, story) in document.feed.entries.iter().zip(stories) {
        if let (Some(page), Some(story)) = (entry.url.as_ref().map(page_of), *story) {
            let first = *first_of.entry(page).or_insert(story);
            if first != story {
                shared.extend([first, story]);
            }
        }
    }
    shared
}

/// Which entries of a document have a guid that another story of it has as well; one for each entry.
pub(super) fn shared_guids(document: &Document) -> Vec<bool> {
    let names = &document.names;
    let mut shared = vec![false; names.len()];
    let mut first_of = HashMap::new();
    for (index, one) in names.iter().enumerate().filter(|(_, names)| names.guid != 0) {
        let first = *first_of.entry(one.guid).or_insert(index);
        let other = &names[first];
        let told = [Agreement::of(one.title, other.title), Agreement::of(one.date, other.date)];
        let are_two = !told.contains(&Agreement::Same) && told != [Agreement::Unknown; 2];
        // a live story may be there twice with one link
        if first != index && are_two && Agreement::of(one.link, other.link) != Agreement::Same {
            (shared[first], shared[index]) = (true, true);
        } else {
            shared[index] = shared[first];
        }
    }
    shared
}

/// Whether the link leads to a section of a page. A fragment that starts with `#!` names a page.
pub(super) fn has_place(entry: &Entry) -> bool {
    let fragment = entry.url.as_ref().and_then(|url| url.fragment()).unwrap_or_default();
    !fragment.is_empty() && !fragment.starts_with('!')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Source, identity, parse};

    /// Links, each with its story; returns the stories that share their page.
    fn check(what: &str, links: &[(&str, u64)], expected: &[u64]) {
        let items: String =
            links.iter().map(|(link, _)| format!("<item><link>https://gazette.example{link}</link></item>")).collect();
        let url = "https://gazette.example/rss".parse().unwrap();
        let text = format!("<rss version='2.0'><channel><title>Gazette</title>{items}</channel></rss>");
        let feed = parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap();
        let names = identity::names(&feed, "gazette.example");
        let document = Document { digests: vec![0; names.len()], feed, names };
        let stories: Vec<Option<u64>> =
            links.iter().map(|(_, story)| Some(*story).filter(|story| *story != 0)).collect();
        assert_eq!(shared_pages(&document, &stories), expected.iter().copied().collect(), "{what}");
    }

    #[test]
    fn a_page_is_shared_where_two_stories_lead_to_it() {
        check("pages of their own", &[("/a", 1), ("/b", 2)], &[]);
        check("a column", &[("/c", 1), ("/a", 2), ("/c", 3)], &[1, 3]);
        check("a column with the numbers of a campaign", &[("/c?utm_content=1", 1), ("/c?utm_content=2", 2)], &[1, 2]);
        check("places", &[("/c#1", 1), ("/c#2", 2), ("/c", 3)], &[1, 2, 3]);
        check("pages behind a script", &[("/#!1", 1), ("/#!2", 2)], &[]);
        check("a story listed twice", &[("/a", 1), ("/a", 1)], &[]);
        check("one that is not followed", &[("/a", 1), ("/a", 0)], &[]);
    }

    #[test]
    fn a_section_of_a_page_is_a_place() {
        for (url, expected) in [
            ("https://gazette.example/log", false),
            ("https://gazette.example/log#", false),
            ("https://gazette.example/log#day-2", true),
            ("https://gazette.example/#!/log", false),
        ] {
            let entry = Entry { url: Some(url.parse().unwrap()), ..Entry::default() };
            assert_eq!(has_place(&entry), expected, "{url}");
        }
        assert!(!has_place(&Entry::default()));
    }

    #[test]
    fn a_guid_is_shared_where_two_stories_have_it() {
        let check = |what: &str, items: &[(&str, &str, u8)], expected: &[bool]| {
            let item = |(link, title, hour): &(&str, &str, u8)| {
                format!(
                    "<item><link>https://gazette.example{link}</link><title>{title}</title><guid>entry</guid>\
                     <pubDate>Mon, 05 Jan 2026 {hour:02}:00:00 GMT</pubDate></item>"
                )
            };
            let items: String = items.iter().map(item).collect();
            let url = "https://gazette.example/rss".parse().unwrap();
            let text = format!("<rss version='2.0'><channel><title>Gazette</title>{items}</channel></rss>");
            let feed = parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap();
            let names = identity::names(&feed, "gazette.example");
            let document = Document { digests: vec![0; names.len()], feed, names };
            assert_eq!(shared_guids(&document), expected, "{what}");
        };
        check("one for everything", &[("/a", "One", 1), ("/b", "Two", 2), ("/c", "Six", 3)], &[true; 3]);
        check("a corrected link next to the old", &[("/a", "One", 1), ("/b", "One", 1)], &[false, false]);
        check("a live story next to its earlier version", &[("/a", "One", 1), ("/a", "Two", 2)], &[false, false]);
    }
}
