//! The keys under which state is stored.
//!
//! PURE. Each starts with its site, which decides the partition, and a space:
//!
//! | key | value |
//! |---|---|
//! | `SITE` | what the site's pages repeat |
//! | `SITE FEED-URL` | a feed: validators, schedule, problems |
//! | `SITE entry KEY` | a pending entry |
//! | `SITE memory NUMBER` | a bucket of what was resolved |
//!
//! A feed's URL has a scheme, so it is never one of the words.

use xxhash_rust::xxh3::xxh3_64;

/// What a key names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyKind<'a> {
    Knowledge,
    Feed(&'a str),
    Entry,
    Memory(u32),
}

pub(super) fn parse(key: &str) -> KeyKind<'_> {
    let Some((_, rest)) = key.split_once(' ') else { return KeyKind::Knowledge };
    match rest.split_once(' ') {
        Some(("entry", _)) => KeyKind::Entry,
        Some(("memory", number)) => number.parse().map_or(KeyKind::Feed(rest), KeyKind::Memory),
        _ => KeyKind::Feed(rest),
    }
}

pub(super) fn feed(site: &str, url: &str) -> String {
    format!("{site} {url}")
}

pub(super) fn entry(site: &str, key: u64) -> String {
    format!("{site} entry {key:016x}")
}

pub(super) fn memory(site: &str, number: u32) -> String {
    format!("{site} memory {number}")
}

/// The key of the entry that a stored value is of, if it is an entry's.
pub(super) fn entry_of(key: &str) -> Option<u64> {
    let (_, rest) = key.split_once(' ')?;
    u64::from_str_radix(rest.strip_prefix("entry ")?, 16).ok()
}

/// The URL of the feed that a key is of, if it is a feed's.
pub fn feed_of(key: &str) -> Option<&str> {
    match parse(key) {
        KeyKind::Feed(url) => Some(url),
        _ => None,
    }
}

/// 16 bits of a feed's URL, never 0.
pub(super) fn tag(url: &str) -> u16 {
    (xxh3_64(url.as_bytes()) as u16).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for (key, expected) in [
            ("example.com".to_owned(), KeyKind::Knowledge),
            (feed("example.com", "https://example.com/f x"), KeyKind::Feed("https://example.com/f x")),
            (entry("example.com", 255), KeyKind::Entry),
            (memory("example.com", 12), KeyKind::Memory(12)),
        ] {
            assert_eq!(parse(&key), expected, "{key}");
        }
        assert_eq!(entry("example.com", 255), "example.com entry 00000000000000ff");
        assert_eq!(feed_of("example.com https://example.com/f x"), Some("https://example.com/f x"));
        for other in ["example.com", "example.com entry 00000000000000ff", "example.com memory 12"] {
            assert_eq!(feed_of(other), None, "{other}");
        }
    }
}
