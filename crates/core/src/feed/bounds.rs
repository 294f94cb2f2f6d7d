//! The largest sizes of single values in a feed.
//!
//! PURE. What names an entry (guid, link, title, authors) is stored with it as long as it waits for its page or for
//! rechecks, and there are thousands of entries. So all of these together are at most a few KiB, whatever a feed says;
//! the large values, summary and content, are limited where they are stored. Real values never reach a limit.

use url::Url;
use xxhash_rust::xxh3::xxh3_128;

use super::{Person, problem::Problems};

/// Guids are addresses, numbers or UUIDs. A longer one is recognised by its beginning and a hash of the whole.
const GUID: usize = 1024;
/// The protocol of sitemaps allows 2,048 characters; browsers and servers accept hardly more.
pub(super) const LINK: usize = 2048;
/// An address as it was written, which is kept in addition to the corrected one.
const TOLD: usize = 1024;
/// The longest titles are complete posts of a microblog.
const TITLE: usize = 1024;
/// No name has more bytes, and no address more (RFC 5321, section 4.5.3.1).
const NAME: usize = 256;
/// The names and addresses of all authors; a study may have dozens.
const AUTHORS: usize = 2048;
/// A category, and all of them.
const CATEGORY: usize = 256;
const CATEGORIES: usize = 4096;
/// The type of a file; no registered one is longer (RFC 6838, section 4.2).
const MEDIA_TYPE: usize = 255;

/// A guid that is different from every other.
pub(super) fn guid(guid: String, problems: &mut Problems) -> String {
    if guid.len() <= GUID {
        return guid;
    }
    let whole = guid.trim();
    problems.note("too-long-guid", || whole.to_owned());
    let hash = xxh3_128(whole.as_bytes());
    format!("{}~{hash:032x}", beginning(whole, GUID - 33))
}

/// An address, if it is not too long.
pub(super) fn link(url: Url, problems: &mut Problems) -> Option<Url> {
    if url.as_str().len() <= LINK {
        return Some(url);
    }
    problems.note("too-long-link", || url.to_string());
    None
}

/// An address as it was written.
pub(super) fn told(told: String) -> Option<String> {
    (told.len() <= TOLD).then_some(told)
}

/// A title, or as much of it as is kept.
pub(super) fn title(title: String, problems: &mut Problems) -> String {
    if title.len() <= TITLE {
        return title;
    }
    problems.note("too-long-title", || title.clone());
    format!("{}…", beginning(&title, TITLE - '…'.len_utf8()).trim_end())
}

/// As many people as are kept.
pub(super) fn authors(people: impl Iterator<Item = Person>, problems: &mut Problems) -> Vec<Person> {
    let bounded = people.map(|Person { name, email }| Person {
        name: name.map(|name| shortened(name, NAME)),
        email: email.filter(|email| email.len() <= NAME),
    });
    let size = |person: &Person| [&person.name, &person.email].into_iter().flatten().map(String::len).sum();
    within(bounded, AUTHORS, size, problems)
}

/// As many categories as are kept.
pub(super) fn categories(terms: impl Iterator<Item = String>, problems: &mut Problems) -> Vec<String> {
    within(terms.map(|term| shortened(term, CATEGORY)), CATEGORIES, String::len, problems)
}

/// A media type, if it can be one.
pub(super) fn media_type(told: Option<String>) -> Option<String> {
    told.filter(|told| told.len() <= MEDIA_TYPE)
}

/// The first of some names that fit together into the limit, in a list without spare capacity.
fn within<T>(
    names: impl Iterator<Item = T>,
    mut room: usize,
    size: impl Fn(&T) -> usize,
    problems: &mut Problems,
) -> Vec<T> {
    let (mut kept, mut left_out) = (Vec::new(), 0);
    for name in names {
        match room.checked_sub(size(&name)).filter(|_| left_out == 0) {
            Some(rest) => {
                room = rest;
                kept.push(name);
            }
            None => left_out += 1,
        }
    }
    too_many(left_out, problems);
    kept.shrink_to_fit();
    kept
}

/// Notes names, links and files of an entry that are left out because it has too many of them.
pub(super) fn too_many(left_out: u32, problems: &mut Problems) {
    problems.note_many("too-many-names", left_out, || "authors, categories, links and files of one entry".to_owned());
}

fn shortened(mut text: String, most: usize) -> String {
    text.truncate(beginning(&text, most).len());
    text
}

/// At most this many bytes of a text, in whole characters.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::super::{Entry, Feed, Source, parse};
    use super::*;

    fn feed(item: &str) -> Feed {
        let text = format!("<rss version='2.0'><channel>{item}</channel></rss>");
        let url = Url::parse("https://gazette.example/feed").unwrap();
        parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap()
    }

    /// What identifies an entry, as it is stored.
    fn names(entry: &Entry) -> usize {
        let Entry { guid, url, url_as_told, title, authors, .. } = entry.clone();
        serde_json::to_vec(&Entry { guid, url, url_as_told, title, authors, ..Entry::default() }).unwrap().len()
    }

    #[test]
    fn nothing_that_names_an_entry_is_large() {
        let long = |letter: &str| letter.repeat(20_000);
        let people: String = (0..60).map(|n| format!("<author>{n} {}</author>", "a".repeat(190))).collect();
        for (item, kinds) in [
            (format!("<item><guid>{}</guid></item>", long("g")), vec!["too-long-guid"]),
            (format!("<item><link>https://gazette.example/{}</link></item>", long("é")), vec!["too-long-link"]),
            (
                format!("<item><guid>https://gazette.example/{}</guid></item>", long("g")),
                vec!["too-long-link", "too-long-guid"],
            ),
            (format!("<item><title>{}</title></item>", long("&quot;")), vec!["too-long-title"]),
            (format!("<item>{people}</item>"), vec!["too-many-names"]),
            (format!("<item>{}</item>", "<category>politics</category>".repeat(200)), vec!["too-many-names"]),
        ] {
            let feed = feed(&item);
            let found: Vec<&str> = feed.problems.iter().map(|problem| problem.kind).collect();
            assert_eq!(found, kinds, "{}", beginning(&item, 80));
            assert!(names(&feed.entries[0]) < 6 * 1024, "{}: {}", beginning(&item, 80), names(&feed.entries[0]));
        }
    }

    #[test]
    fn what_publishers_send_is_kept_whole() {
        let path = "p".repeat(1_900);
        let item = format!(
            "<item><guid>{}</guid><link>https://gazette.example/{path}</link><title>{}</title>{}</item>",
            "g".repeat(1_000),
            "t".repeat(1_000),
            (0..40).map(|n| format!("<author>Author Number {n}</author>")).collect::<String>()
        );
        let feed = feed(&item);
        assert_eq!(feed.problems, []);
        let entry = &feed.entries[0];
        assert_eq!(entry.guid.as_deref(), Some("g".repeat(1_000).as_str()));
        assert_eq!(entry.url.as_ref().map(Url::path), Some(format!("/{path}").as_str()));
        assert_eq!((entry.title.as_ref().map(String::len), entry.authors.len()), (Some(1_000), 40));
    }

    #[test]
    fn guids_that_differ_at_their_end_stay_apart() {
        let item = |end: &str| format!("<item><guid isPermaLink='false'>{}{end}</guid></item>", "g".repeat(5_000));
        let feed = feed(&(item("1") + &item("2") + &item("1\n")));
        let guids: Vec<&str> = feed.entries.iter().filter_map(|entry| entry.guid.as_deref()).collect();
        assert_ne!(guids[0], guids[1]);
        assert_eq!(guids[0], guids[2], "white space around a guid is not part of it");
        assert!(guids.iter().all(|guid| guid.len() == GUID && guid.starts_with("ggg")));
    }
}
