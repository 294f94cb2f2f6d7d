//! The names by which an entry may be recognised: its guid, its link, its title and date, its words.
//!
//! PURE. Publishers change every single mark of identity: they rewrite titles and slugs, move to another system and
//! give every entry a new guid, add session ids to links, use the same guid or the same link for everything. So an
//! entry has several names, each a hash, and `state::matching` decides which agreement of names outweighs which
//! contradiction.
//!
//! Names are stored for years: the hash (XXH3, 64 bits), the prefixes of the hashed texts, and the foldings below must
//! never change.

use url::Url;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{Entry, Feed, problem::Problems};
use crate::link;

/// What a name was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum NameKind {
    /// A key that was stored by version 0.1: a guid, a link or words; which of them is not known.
    Legacy = 0,
    /// The guid, within the site.
    Guid = 1,
    /// The link in its most folded form: parameters that may only be tracking, the fragment and AMP forms are left out.
    Folded = 2,
    /// The link without what is certainly tracking, or the URL or canonical URL of its page.
    Link = 3,
    /// The title and the date, or the one of them that exists.
    TitleAndDate = 4,
    /// All words of an entry that has neither guid nor link.
    Words = 5,
}

impl NameKind {
    const ALL: [Self; 6] = [Self::Legacy, Self::Guid, Self::Folded, Self::Link, Self::TitleAndDate, Self::Words];

    /// The kind with a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// A name of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// What it was made of.
    pub kind: NameKind,
    /// XXH3 of it.
    pub hash: u64,
}

/// The names by which one entry of a document may be recognised. 0: it does not have this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EntryNames {
    /// Of its guid, within the site of the feed.
    pub guid: u64,
    /// Of its link in its most folded form ([`link::canonical`]).
    pub folded: u64,
    /// Of its link without what is certainly tracking ([`link::exact`]).
    pub link: u64,
    /// Of its title.
    pub title: u32,
    /// Of its date.
    pub date: u32,
    /// Of its text.
    pub text: u32,
    /// Of its title and text.
    pub words: u64,
    /// Its date is a day without a time: many entries may share it.
    pub date_is_a_day: bool,
}

impl EntryNames {
    /// Whether it has neither guid nor link.
    pub fn is_nameless(&self) -> bool {
        self.guid == 0 && self.link == 0
    }

    /// Title and date in one. One of them is enough: if entries share guid or link, it finds each of them.
    pub fn title_and_date(&self) -> u64 {
        title_and_date(self.title, self.date)
    }

    /// The words, if there is no other name.
    pub fn only_words(&self) -> u64 {
        if self.is_nameless() { self.words } else { 0 }
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = Name> + use<> {
        // an exact link that is its own folded form is also that form's name
        let folded = if self.link == self.folded { 0 } else { self.folded };
        [
            (NameKind::Guid, self.guid),
            (NameKind::Folded, folded),
            (NameKind::Link, self.link),
            (NameKind::Words, self.only_words()),
            (NameKind::TitleAndDate, self.title_and_date()),
        ]
        .into_iter()
        .filter(|(_, hash)| *hash != 0)
        .map(|(kind, hash)| Name { kind, hash })
    }
}

/// The hash of the name that the hashes of a title and of a date are together.
pub fn title_and_date(title: u32, date: u32) -> u64 {
    u64::from(title) << 32 | u64::from(date)
}

/// The names of a feed's entries, in order. `site` is the feed's.
pub fn names(feed: &Feed, site: &str) -> Vec<EntryNames> {
    let home = feed.link.as_ref().map(link::canonical);
    feed.entries.iter().map(|entry| of(entry, site, home.as_ref())).collect()
}

fn of(entry: &Entry, site: &str, home: Option<&Url>) -> EntryNames {
    let guid = entry.guid.as_deref().map(str::trim).filter(|guid| !guid.is_empty());
    let exact = entry.url.as_ref().map(link::exact);
    // the front page is not an article, but a section of it (`/#second`) may be
    let has_place = exact.as_ref().is_some_and(|url| url.fragment().is_some());
    let folded = entry.url.as_ref().map(link::canonical);
    let folded = folded.filter(|url| has_place || !is_home(url) && Some(url) != home);
    let exact = exact.filter(|_| folded.is_some());
    EntryNames {
        guid: guid.map_or(0, |guid| xxh3_64(format!("copydesk guid 1\0{site}\0{guid}").as_bytes())),
        folded: folded.as_ref().map_or(0, hash_link),
        link: exact.as_ref().map_or(0, hash_link),
        title: entry.title.as_deref().map_or(0, title_hash),
        date: date_hash(entry),
        text: text_hash(entry),
        words: words(entry),
        date_is_a_day: entry.published.is_some_and(|moment| moment.at.timestamp() % 86_400 == 0),
    }
}

/// Notes links that several entries of a document share.
pub fn flag_shared_links(feed: &mut Feed, names: &[EntryNames]) {
    let mut first = std::collections::HashMap::new();
    let mut shared = 0_u32;
    for names in names.iter().filter(|names| names.link != 0) {
        let other_title = *first.entry(names.link).or_insert(names.title) != names.title;
        shared = shared.saturating_add(u32::from(other_title));
    }
    let mut problems = Problems::from(std::mem::take(&mut feed.problems));
    problems.note_many("shared-link", shared, || "entries with different titles have one link".to_owned());
    feed.problems = problems.into_vec();
}

/// The name that a page's URL or canonical URL gives an article.
pub fn page_name(url: &Url) -> Option<Name> {
    let exact = link::exact(url);
    (!is_home(&exact)).then(|| Name { kind: NameKind::Link, hash: hash_link(&exact) })
}

/// The page of an address: without a section of it, and without parameters that certainly only say where a visitor came
/// from. A fragment that starts with `#!` names a page.
pub fn page_of(url: &Url) -> Url {
    let mut page = link::exact(url);
    if !page.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        page.set_fragment(None);
    }
    page
}

/// A hash of a title: letters and digits count, case and marks do not. 0 for a title without any.
pub fn title_hash(title: &str) -> u32 {
    let mut hasher = Xxh3::new();
    match letters(title, char::is_alphanumeric, &mut hasher) {
        0 => 0,
        _ => (hasher.digest() as u32).max(1),
    }
}

/// A hash of the date of an entry; 0 if it has none.
pub fn date_hash(entry: &Entry) -> u32 {
    entry.published.map_or(0, |moment| (xxh3_64(&moment.at.timestamp().to_le_bytes()) as u32).max(1))
}

/// A hash of what the feed says about an entry; it shows an edit. White space, markup and digits are left out: counting
/// pixels, numbers of comments and ages ("5 minutes ago") change at every poll.
pub fn digest(entry: &Entry) -> u32 {
    let mut hasher = Xxh3::new();
    for text in [&entry.title, &entry.summary, &entry.content] {
        letters(text.as_deref().unwrap_or_default(), char::is_alphabetic, &mut hasher);
    }
    let digest = hasher.digest();
    (digest ^ (digest >> 32)) as u32
}

fn hash_link(canonical: &Url) -> u64 {
    xxh3_64(format!("copydesk link 1\0{canonical}").as_bytes())
}

/// The front page of a site is not an article.
fn is_home(canonical: &Url) -> bool {
    canonical.path() == "/" && canonical.query().is_none() && canonical.fragment().is_none()
}

fn words(entry: &Entry) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(b"copydesk content 1\0");
    letters(entry.title.as_deref().unwrap_or_default(), char::is_alphanumeric, &mut hasher);
    letters(text(entry), char::is_alphanumeric, &mut hasher);
    hasher.digest()
}

/// A hash of an entry's text without its digits; 0 if it has none.
fn text_hash(entry: &Entry) -> u32 {
    let mut hasher = Xxh3::new();
    match letters(text(entry), char::is_alphabetic, &mut hasher) {
        0 => 0,
        _ => (hasher.digest() as u32).max(1),
    }
}

fn text(entry: &Entry) -> &str {
    entry.summary.as_deref().or(entry.content.as_deref()).unwrap_or_default()
}

/// Hashes the characters of a text, in lower case, that are not in tags, and an end mark. Returns how many there were.
fn letters(text: &str, keep: fn(char) -> bool, hasher: &mut Xxh3) -> usize {
    let (mut in_tag, mut bytes, mut kept) = (false, [0; 4], 0);
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if !in_tag && keep(c) => {
                kept += 1;
                for lower in c.to_lowercase() {
                    hasher.update(lower.encode_utf8(&mut bytes).as_bytes());
                }
            }
            _ => {}
        }
    }
    hasher.update(&[0]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Source, parse};

    fn names_of(items: &str) -> Vec<EntryNames> {
        let url = Url::parse("https://feeds.example.com/rss").unwrap();
        let text = format!(
            "<rss version='2.0'><channel><title>News</title><link>https://example.com/news</link>{items}</channel></rss>"
        );
        let feed = parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap();
        names(&feed, "example.com")
    }

    const STORM: &str = "<item><title>A storm</title><link>https://www.example.com/storm?utm_source=rss</link>\
                          <guid isPermaLink='false'>77</guid><description>It blew.</description></item>";

    /// These are in the state of everyone who runs copydesk.
    #[test]
    fn names_never_change() {
        let names = names_of(STORM)[0];
        assert_eq!(names.guid, 15_729_066_848_173_198_285);
        assert_eq!(names.folded, 5_622_526_598_188_098_293);
        assert_eq!(names.words, 15_378_056_421_977_003_238);
    }

    #[test]
    fn names_are_equal_where_what_they_are_made_of_is() {
        let storm = names_of(STORM)[0];
        for (what, items, guid, folded, link) in [
            ("nothing", STORM, true, true, true),
            ("a slug", "<item><link>https://example.com/big-storm</link><guid>77</guid></item>", true, false, false),
            ("a guid", "<item><link>https://example.com/storm</link><guid>78</guid></item>", false, true, true),
            ("mobile", "<item><link>http://m.example.com/storm/?fbclid=1</link></item>", false, true, true),
            ("AMP", "<item><link>http://www.example.com/storm/amp</link></item>", false, true, true),
            ("space around the guid", "<item><guid> 77\n</guid></item>", true, false, false),
            ("a place on the page", "<item><link>https://example.com/storm#day-2</link></item>", false, true, false),
            ("a parameter", "<item><link>https://example.com/storm?ncid=4</link></item>", false, true, false),
        ] {
            let other = names_of(items)[0];
            let same = (other.guid == storm.guid, other.folded == storm.folded, other.link == storm.link);
            assert_eq!(same, (guid, folded, link), "{what}");
        }
    }

    #[test]
    fn a_front_page_is_no_name() {
        let home = names_of(
            "<item><link>/</link></item><item><link>https://example.com/news/</link></item>\
             <item><link>https://example.com/#a</link></item>",
        );
        assert_eq!(home.iter().map(|names| names.link != 0).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn an_edit_is_noticed_and_white_space_and_counters_are_not() {
        let digest = |description: &str| {
            let url = Url::parse("https://example.com/rss").unwrap();
            let items = format!("<item><title>A</title><description><![CDATA[{description}]]></description></item>");
            let text = format!("<rss version='2.0'><channel>{items}</channel></rss>");
            let feed = parse(text.as_bytes(), Source { url: &url, content_type: None }).unwrap();
            super::digest(&feed.entries[0])
        };
        let before = digest("<p>It blew. 12 comments</p>");
        assert_eq!(digest("<p>It  blew.  340 comments</p>\n<img src='pixel?4'>"), before);
        assert_ne!(digest("<p>It blew hard. 12 comments</p>"), before);
    }
}
