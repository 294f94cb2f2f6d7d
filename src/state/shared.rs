//! Pages that several stories of a document lead to: a column under one link, places on a page with release notes. Such a
//! page is no story's own, and what is read there is not to be taken for any of them.
//!
//! PURE.

use std::collections::HashMap;

use super::{absorb::Document, matching::Mark};
use crate::feed::Entry;

/// Which entries of a document lead to a page that another story of it leads to as well; one for each entry.
pub(super) fn shared_pages(document: &Document) -> Vec<bool> {
    let mut shared = vec![false; document.names.len()];
    let mut first_of = HashMap::new();
    for (index, entry) in document.feed.entries.iter().enumerate() {
        let Some(page) = page(entry) else { continue };
        let first = *first_of.entry(page).or_insert(index);
        let (names, other) = (&document.names[index], &document.names[first]);
        let marks = [Mark::of(names.title, other.title), Mark::of(names.date, other.date)];
        // a sitemap that lists a page twice says neither
        let differs = !marks.contains(&Mark::Same) && marks != [Mark::Unknown; 2];
        if first != index && differs {
            (shared[first], shared[index]) = (true, true);
        } else if first != index {
            shared[index] = shared[first];
        }
    }
    shared
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

    /// Items as link, title and hour of publication, 24 for none; which of them share their page.
    fn check(what: &str, items: &[(&str, &str, u8)], expected: &[bool]) {
        let items: String = items
            .iter()
            .map(|(link, title, hour)| {
                let date = format!("<pubDate>Mon, 05 Jan 2026 {hour:02}:00:00 GMT</pubDate>");
                let date = if *hour < 24 { date.as_str() } else { "" };
                format!("<item><link>https://gazette.example{link}</link><title>{title}</title>{date}</item>")
            })
            .collect();
        let url = "https://gazette.example/rss".parse().unwrap();
        let text = format!("<rss version='2.0'><channel><title>Gazette</title>{items}</channel></rss>");
        let feed = parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap();
        let names = identity::names(&feed, "gazette.example");
        let document = Document { digests: vec![0; names.len()], feed, names };
        assert_eq!(shared_pages(&document), expected, "{what}");
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
