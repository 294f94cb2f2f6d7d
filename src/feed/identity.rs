//! Which entry this is, whatever else has changed about it.
//!
//! PURE. Publishers break each single mark of identity: they rewrite titles and slugs, move to another system and give
//! every entry a new guid, add tracking to links, serve the same guid for everything. So an entry has several keys
//! and is known if its guid *or* its link is known; one that changes both at once is a new one. A mark that
//! the document itself shows to be worthless (one guid on different links, one link under different guids, the home
//! page as a link) is no key. An entry without a link is also known by its words and date, since some feeds make up
//! their guids anew for each reader; one left without either mark by its words alone. What only a series of documents
//! shows is seen in `state/imprint.rs`.
//!
//! Keys are stored for years: the hash (XXH3, 64 bits), the domains it is taken in, and the foldings below must never
//! change.

use std::collections::HashMap;

use url::Url;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{Entry, Feed, problem::Problems};
use crate::link;

/// The keys of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// Of its guid, within the site of the feed, so that an entry that moves between feeds of a site keeps it.
    pub guid: Option<u64>,
    /// Of its canonical link.
    pub link: Option<u64>,
    /// Of its words and date, where it has a guid and no link.
    pub words: Option<u64>,
    /// Of its title and text.
    pub content: u64,
}

impl Keys {
    /// The keys by which the entry is known: the content only where there is nothing else.
    pub fn significant(&self) -> impl Iterator<Item = u64> + use<> {
        let content = (self.guid.is_none() && self.link.is_none()).then_some(self.content);
        [self.guid, self.link, self.words, content].into_iter().flatten()
    }

    /// The same for a feed whose guids are worthless.
    #[must_use]
    pub fn without_guid(self) -> Self {
        let is_known_otherwise = self.link.is_some() || self.words.is_some();
        Self { guid: self.guid.filter(|_| !is_known_otherwise), ..self }
    }

    /// Whether the entry is known, by what is known.
    pub fn matches(&self, known: impl Fn(u64) -> bool) -> bool {
        self.significant().any(known)
    }
}

/// The keys of a feed's entries, in their order. `feed_url` is the one the feed is configured under.
pub fn keys(feed: &Feed, feed_url: &Url) -> Vec<Keys> {
    let site = link::site(feed_url);
    let home = feed.link.as_ref().map(|url| hash_link(&link::canonical(url)));
    let marks: Vec<(Option<u64>, Option<u64>)> = feed
        .entries
        .iter()
        .map(|entry| {
            let guid = entry.guid.as_deref().map(str::trim).filter(|guid| !guid.is_empty());
            let link = entry.url.as_ref().map(link::canonical).filter(|url| !is_home(url));
            (
                guid.map(|guid| xxh3_64(format!("copydesk guid 1\0{site}\0{guid}").as_bytes())),
                link.map(|url| hash_link(&url)).filter(|link| Some(*link) != home),
            )
        })
        .collect();
    let shared_guids = contradicted(marks.iter().map(|&(guid, link)| (guid, link)));
    let shared_links = contradicted(marks.iter().map(|&(guid, link)| (link, guid.filter(|g| !shared_guids.has(*g)))));
    let entries = feed.entries.iter().zip(marks);
    let mut keys: Vec<Keys> = entries
        .map(|(entry, (guid, link))| {
            let guid = guid.filter(|guid| !shared_guids.has(*guid));
            let link = link.filter(|link| !shared_links.has(*link));
            let content = content(entry);
            let words = (guid.is_some() && link.is_none()).then(|| words(entry, content)).flatten();
            Keys { guid, link, words, content }
        })
        .collect();
    let shared_words = contradicted(keys.iter().map(|keys| (keys.words, keys.guid)));
    for keys in &mut keys {
        keys.words = keys.words.filter(|words| !shared_words.has(*words));
    }
    keys
}

/// Notes guids and links that are no keys although they are there.
pub fn flag_ignored(feed: &mut Feed, keys: &[Keys]) {
    let count = |is_ignored: fn(&Entry, &Keys) -> bool| {
        let ignored = feed.entries.iter().zip(keys).filter(|(entry, keys)| is_ignored(entry, keys));
        u32::try_from(ignored.count()).unwrap_or(u32::MAX)
    };
    let guids = count(|entry, keys| entry.guid.is_some() && keys.guid.is_none());
    let links = count(|entry, keys| entry.url.is_some() && keys.link.is_none());
    let mut problems = Problems::from(std::mem::take(&mut feed.problems));
    problems.note_many("ambiguous-guid", guids, || "the guid stands on different links".to_owned());
    problems
        .note_many("ambiguous-link", links, || "the link stands under different guids, or is the home page".to_owned());
    feed.problems = problems.into_vec();
}

/// What is left of an entry when its names change: hashes of its title, and of its date or else its text.
pub fn imprint(entry: &Entry) -> (u16, u16) {
    let hash = |text: &str| {
        let mut hasher = Xxh3::new();
        letters(text, char::is_alphanumeric, &mut hasher);
        // 0 stands for none
        (hasher.digest() as u16).max(1)
    };
    let title = entry.title.as_deref().map_or(0, hash);
    let when = match entry.published {
        Some(published) => (xxh3_64(&published.at.timestamp().to_le_bytes()) as u16).max(1),
        None => entry.summary.as_ref().or(entry.content.as_ref()).map_or(0, |text| hash(text)),
    };
    (title, when)
}

/// A fingerprint of what the feed says of an entry, by which an edit is noticed. White space and markup are nothing:
/// counting pixels change at every poll.
pub fn told(entry: &Entry) -> u32 {
    let mut hasher = Xxh3::new();
    let texts = [&entry.title, &entry.summary, &entry.content];
    for text in texts {
        letters(text.as_deref().unwrap_or_default(), |c| !c.is_whitespace(), &mut hasher);
    }
    let updated = entry.updated.map_or(0, |moment| moment.at.timestamp());
    hasher.update(&updated.to_le_bytes());
    let digest = hasher.digest();
    (digest ^ (digest >> 32)) as u32
}

fn hash_link(canonical: &Url) -> u64 {
    xxh3_64(format!("copydesk link 1\0{canonical}").as_bytes())
}

/// The front page of a site is no article.
fn is_home(canonical: &Url) -> bool {
    canonical.path() == "/" && canonical.query().is_none() && canonical.fragment().is_none()
}

fn content(entry: &Entry) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(b"copydesk content 1\0");
    letters(entry.title.as_deref().unwrap_or_default(), char::is_alphanumeric, &mut hasher);
    let text = entry.summary.as_ref().or(entry.content.as_ref());
    letters(text.map_or("", String::as_str), char::is_alphanumeric, &mut hasher);
    hasher.digest()
}

/// None for an entry without any.
fn words(entry: &Entry, content: u64) -> Option<u64> {
    let is_wordless = entry.title.is_none() && entry.summary.is_none() && entry.content.is_none();
    let at = entry.published.map_or(0, |moment| moment.at.timestamp());
    (!is_wordless).then(|| xxh3_64(format!("copydesk words 1\0{content}\0{at}").as_bytes()))
}

/// Hashes those characters of a text, in lower case, that are not in tags, and an end mark.
fn letters(text: &str, keep: fn(char) -> bool, hasher: &mut Xxh3) {
    let (mut in_tag, mut bytes) = (false, [0; 4]);
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if !in_tag && keep(c) => {
                for lower in c.to_lowercase() {
                    hasher.update(lower.encode_utf8(&mut bytes).as_bytes());
                }
            }
            _ => {}
        }
    }
    hasher.update(&[0]);
}

/// Marks that stand beside more than one other mark.
struct Contradicted(HashMap<u64, Option<u64>>);

impl Contradicted {
    fn has(&self, mark: u64) -> bool {
        self.0.get(&mark).is_some_and(Option::is_none)
    }
}

fn contradicted(pairs: impl Iterator<Item = (Option<u64>, Option<u64>)>) -> Contradicted {
    let mut seen = HashMap::new();
    for (mark, other) in pairs {
        if let (Some(mark), Some(other)) = (mark, other) {
            let first = seen.entry(mark).or_insert(Some(other));
            if *first != Some(other) {
                *first = None;
            }
        }
    }
    Contradicted(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Source, parse};

    fn feed(items: &str) -> Feed {
        let url = Url::parse("https://feeds.example.com/rss").unwrap();
        let text = format!(
            "<rss version='2.0'><channel><title>News</title><link>https://example.com/news</link>{items}</channel></rss>"
        );
        parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap()
    }

    fn keys_of(items: &str, feed_url: &str) -> Vec<Keys> {
        keys(&feed(items), &Url::parse(feed_url).unwrap())
    }

    const BEFORE: &str = "<item><title>A storm</title><link>https://www.example.com/storm?utm_source=rss</link>\
                          <guid isPermaLink='false'>77</guid><description>It blew.</description></item>";

    fn check(what: &str, items: &str, feed_url: &str, known: bool) {
        let before = keys_of(BEFORE, "https://feeds.example.com/rss")[0];
        let after = keys_of(items, feed_url)[0];
        let seen: Vec<u64> = before.significant().collect();
        assert_eq!(after.matches(|key| seen.contains(&key)), known, "{what}");
    }

    #[test]
    fn an_entry_is_known_by_what_is_left_of_it() {
        let same = "https://feeds.example.com/rss";
        for (what, items, feed_url, known) in [
            ("nothing", BEFORE, same, true),
            ("another feed of the site", BEFORE, "http://example.com/other.xml", true),
            (
                "title and slug",
                "<item><title>A big storm</title><link>https://example.com/big-storm</link><guid>77</guid></item>",
                same,
                true,
            ),
            (
                "new guid",
                "<item><title>A storm</title><link>https://example.com/storm</link><guid>78</guid></item>",
                same,
                true,
            ),
            ("no guid, mobile", "<item><link>http://m.example.com/storm/?fbclid=1</link></item>", same, true),
            ("AMP", "<item><link>http://www.example.com/storm/amp</link></item>", same, true),
            ("white space around the guid", "<item><guid> 77\n</guid></item>", same, true),
            (
                "guid and link",
                "<item><title>A storm</title><link>https://example.com/x</link><guid>78</guid></item>",
                same,
                false,
            ),
            ("the guid on another site", "<item><guid>77</guid></item>", "https://example.org/rss", false),
            (
                "only the text is left",
                "<item><title>A storm</title><description>It blew.</description></item>",
                same,
                false,
            ),
        ] {
            check(what, items, feed_url, known);
        }
    }

    #[test]
    fn worthless_marks_are_no_keys() {
        let url = "https://example.com/rss";
        let one_guid =
            keys_of("<item><link>/a</link><guid>1</guid></item><item><link>/b</link><guid>1</guid></item>", url);
        assert!(one_guid.iter().all(|keys| keys.guid.is_none() && keys.link.is_some()));
        let one_link =
            keys_of("<item><link>/a</link><guid>1</guid></item><item><link>/a</link><guid>2</guid></item>", url);
        assert!(one_link.iter().all(|keys| keys.guid.is_some() && keys.link.is_none()));
        let home = keys_of("<item><link>/</link></item><item><link>https://example.com/news/</link></item>", url);
        assert!(home.iter().all(|keys| keys.significant().eq([keys.content])));
        let twice =
            keys_of("<item><link>/a</link><guid>1</guid></item><item><link>/a</link><guid>1</guid></item>", url);
        assert!(twice.iter().all(|keys| keys.guid.is_some() && keys.link.is_some()));
    }

    /// These are in the state of everyone who runs copydesk.
    #[test]
    fn keys_never_change() {
        let keys = keys_of(BEFORE, "https://feeds.example.com/rss")[0];
        let expected = Keys {
            guid: Some(15_729_066_848_173_198_285),
            link: Some(5_622_526_598_188_098_293),
            words: None,
            content: 15_378_056_421_977_003_238,
        };
        assert_eq!(keys, expected);
    }

    #[test]
    fn an_edit_is_noticed_and_white_space_is_not() {
        let entry = |description: &str| {
            let items = format!("<item><title>A</title><description><![CDATA[{description}]]></description></item>");
            told(&feed(&items).entries[0])
        };
        let before = entry("<p>It blew.</p>");
        assert_eq!(entry("<p>It  blew.</p>\n<img src='pixel?4'>"), before);
        assert_ne!(entry("<p>It blew hard.</p>"), before);
    }
}
