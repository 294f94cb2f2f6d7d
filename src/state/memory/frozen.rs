//! A bucket to which nothing is added: packed, as it is stored.
//!
//! PURE. Its names are sorted for a binary search, and so are its articles by their keys. Numbers are little endian:
//!
//! ```text
//!  u8   format (3)          u16  articles (a)      u16  names (n)
//!  n ×  u64 hash            sorted
//!  n ×  u16 kind × 2^13 + number of the article in this bucket
//!  a ×  article, sorted by key, 25 bytes: u64 key, u32 content, u16 revision, u16 day,
//!                          u16 number of the name that is its title and date (none: 65,535),
//!                          u8 outcome, u16 feed, u32 digest
//!       u16 number of an article, u16 feed, u32 digest: sorted, for each that a second feed carries; to the end
//! ```

use std::collections::HashMap;

use super::{Article, Day, Outcome, Resolved};
use crate::feed::identity::{Name, NameKind, title_and_date};

/// Version of the format.
pub(in crate::state) const FORMAT: u8 = 3;
const HEADER: usize = 5;
const NAME_BYTES: usize = 10;
const ARTICLE_BYTES: usize = 25;
const UNTITLED: u16 = u16::MAX;
const SECOND_BYTES: usize = 8;
const OWNER_BITS: u32 = 13;
/// Articles that a bucket may have, by the bits of their number.
pub(super) const MOST_ARTICLES: usize = 1 << OWNER_BITS;

/// A frozen bucket.
#[derive(Debug, Clone)]
pub(super) struct Frozen {
    bytes: Box<[u8]>,
}

/// The bytes of an article when it is packed.
pub(super) fn packed_len(articles: &[Resolved]) -> usize {
    let second = |known: &Resolved| if known.article.feeds[1] == (0, 0) { 0 } else { SECOND_BYTES };
    let names = |known: &Resolved| known.names.len() + missing_title(known).iter().count();
    let bytes = |known: &Resolved| ARTICLE_BYTES + NAME_BYTES * names(known) + second(known);
    HEADER + articles.iter().map(bytes).sum::<usize>()
}

/// The name that is an article's title and date, where its names lack it.
fn missing_title(known: &Resolved) -> Option<Name> {
    let hash = title_and_date(known.article.title, known.article.date);
    let name = Name { kind: NameKind::TitleAndDate, hash };
    (hash != 0 && !known.names.contains(&name)).then_some(name)
}

/// The articles of several buckets, each as the newest of them knows it, with all its names.
pub(super) fn merged<'a>(buckets: impl Iterator<Item = &'a Frozen>) -> Vec<Resolved> {
    let mut at = HashMap::new();
    let mut all: Vec<Resolved> = Vec::new();
    for resolved in buckets.flat_map(Frozen::unpack) {
        match at.get(&resolved.article.key) {
            Some(&position) => {
                let known: &mut Resolved = &mut all[position];
                known.article = resolved.article;
                known.names.retain(|name| resolved.names.iter().all(|newer| newer.hash != name.hash));
                known.names.extend(resolved.names);
            }
            None => {
                at.insert(resolved.article.key, all.len());
                all.push(resolved);
            }
        }
    }
    all
}

/// The first index of `wanted` in a sorted row.
fn search(length: usize, wanted: u64, at: impl Fn(usize) -> u64) -> Option<usize> {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = usize::midpoint(low, high);
        if at(middle) < wanted { low = middle + 1 } else { high = middle }
    }
    (low < length && at(low) == wanted).then_some(low)
}

impl Frozen {
    /// The value as it is stored.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn pack(articles: &[Resolved]) -> Self {
        let mut articles: Vec<&Resolved> = articles.iter().collect();
        articles.sort_unstable_by_key(|known| known.article.key);
        let mut names: Vec<(u64, u16)> = Vec::new();
        for (number, known) in articles.iter().enumerate() {
            let owner = |name: &Name| ((name.kind as u16) << OWNER_BITS) | number as u16;
            names.extend(known.names.iter().chain(&missing_title(known)).map(|name| (name.hash, owner(name))));
        }
        names.sort_unstable();
        let mut bytes = Vec::new();
        bytes.push(FORMAT);
        bytes.extend((articles.len() as u16).to_le_bytes());
        bytes.extend((names.len() as u16).to_le_bytes());
        names.iter().for_each(|(hash, _)| bytes.extend(hash.to_le_bytes()));
        names.iter().for_each(|(_, owner)| bytes.extend(owner.to_le_bytes()));
        for (number, Resolved { article, .. }) in articles.iter().enumerate() {
            let owner = ((NameKind::TitleAndDate as u16) << OWNER_BITS) | number as u16;
            let titled = title_and_date(article.title, article.date);
            let titled = names.binary_search(&(titled, owner)).map_or(UNTITLED, |at| at as u16);
            bytes.extend(article.key.to_le_bytes());
            bytes.extend(article.content.to_le_bytes());
            for short in [article.revision, article.day, titled] {
                bytes.extend(short.to_le_bytes());
            }
            bytes.push(article.outcome as u8);
            bytes.extend(article.feeds[0].0.to_le_bytes());
            bytes.extend(article.feeds[0].1.to_le_bytes());
        }
        for (number, known) in articles.iter().enumerate().filter(|(_, known)| known.article.feeds[1] != (0, 0)) {
            let (feed, digest) = known.article.feeds[1];
            bytes.extend((number as u16).to_le_bytes());
            bytes.extend(feed.to_le_bytes());
            bytes.extend(digest.to_le_bytes());
        }
        Self { bytes: bytes.into_boxed_slice() }
    }

    /// Checks everything that the other methods rely on.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let frozen = Self { bytes: bytes.into() };
        let header = bytes.len() >= HEADER && bytes[0] == FORMAT;
        if !header || bytes.len().checked_sub(frozen.seconds_at()).is_none_or(|rest| rest % SECOND_BYTES != 0) {
            return None;
        }
        let mut owners = (0..frozen.names_len()).map(|at| frozen.owner(at));
        let sound = |(kind, owner): (Option<NameKind>, usize)| kind.is_some() && owner < frozen.articles();
        let sorted = (1..frozen.names_len()).all(|at| frozen.hash(at - 1) <= frozen.hash(at));
        let keyed = (1..frozen.articles()).all(|at| frozen.key(at - 1) < frozen.key(at));
        let titled = (0..frozen.articles()).map(|number| frozen.titled(number));
        let titled = titled.flatten().all(|name| name < frozen.names_len());
        let second = |at| frozen.short(frozen.seconds_at() + SECOND_BYTES * at);
        let seconded = (1..frozen.seconds_len()).all(|at| second(at - 1) < second(at));
        (owners.all(sound) && sorted && keyed && titled && seconded).then_some(frozen)
    }

    fn short(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    fn word(&self, at: usize) -> u32 {
        u32::from(self.short(at)) | u32::from(self.short(at + 2)) << 16
    }

    fn long(&self, at: usize) -> u64 {
        u64::from(self.word(at)) | u64::from(self.word(at + 4)) << 32
    }

    pub(super) fn articles(&self) -> usize {
        usize::from(self.short(1))
    }

    fn names_len(&self) -> usize {
        usize::from(self.short(3))
    }

    fn hash(&self, name: usize) -> u64 {
        self.long(HEADER + 8 * name)
    }

    fn owner(&self, name: usize) -> (Option<NameKind>, usize) {
        let packed = self.short(HEADER + 8 * self.names_len() + 2 * name);
        let number = usize::from(packed & ((1 << OWNER_BITS) - 1));
        (NameKind::from_number((packed >> OWNER_BITS) as u8), number)
    }

    fn offset(&self, number: usize) -> usize {
        HEADER + NAME_BYTES * self.names_len() + ARTICLE_BYTES * number
    }

    fn seconds_at(&self) -> usize {
        self.offset(self.articles())
    }

    fn seconds_len(&self) -> usize {
        (self.bytes.len() - self.seconds_at()) / SECOND_BYTES
    }

    /// Where the second feed of an article is, if it has one.
    fn second(&self, number: usize) -> Option<usize> {
        let entry = |at: usize| self.seconds_at() + SECOND_BYTES * at;
        let found = search(self.seconds_len(), number as u64, |at| u64::from(self.short(entry(at))))?;
        Some(entry(found) + 2)
    }

    /// The name that is the title and the date of an article.
    fn titled(&self, number: usize) -> Option<usize> {
        Some(self.short(self.offset(number) + 16)).filter(|name| *name != UNTITLED).map(usize::from)
    }

    pub(super) fn article(&self, number: usize) -> Article {
        let at = self.offset(number);
        let titled = self.titled(number).map_or(0, |name| self.hash(name));
        let feed = |at: usize| (self.short(at), self.word(at + 2));
        Article {
            key: self.long(at),
            content: self.word(at + 8),
            revision: self.short(at + 12),
            day: self.short(at + 14),
            title: (titled >> 32) as u32,
            date: titled as u32,
            outcome: Outcome::from_number(self.bytes[at + 18]),
            feeds: [feed(at + 19), self.second(number).map_or((0, 0), feed)],
        }
    }

    pub(super) fn days(&self) -> impl Iterator<Item = Day> + '_ {
        (0..self.articles()).map(|number| self.short(self.offset(number) + 14))
    }

    /// The keys of the articles with a name, and its kind.
    pub(super) fn named(&self, hash: u64) -> impl Iterator<Item = (u64, NameKind)> + '_ {
        let first = search(self.names_len(), hash, |at| self.hash(at)).unwrap_or(self.names_len());
        let same = (first..self.names_len()).take_while(move |at| self.hash(*at) == hash);
        same.filter_map(|at| {
            let (kind, number) = self.owner(at);
            Some((self.key(number), kind?))
        })
    }

    /// The kind of a name of an article.
    pub(super) fn kind_of(&self, key: u64, hash: u64) -> Option<NameKind> {
        self.named(hash).find(|(known, _)| *known == key).map(|(_, kind)| kind)
    }

    fn key(&self, number: usize) -> u64 {
        self.long(self.offset(number))
    }

    pub(super) fn number_of(&self, key: u64) -> Option<usize> {
        search(self.articles(), key, |at| self.key(at))
    }

    pub(super) fn names_of(&self, key: u64) -> Vec<Name> {
        let Some(number) = self.number_of(key) else { return Vec::new() };
        let names = (0..self.names_len()).filter_map(|at| {
            let (kind, owner) = self.owner(at);
            (owner == number).then_some(Name { kind: kind?, hash: self.hash(at) })
        });
        names.collect()
    }

    fn unpack(&self) -> Vec<Resolved> {
        let articles = (0..self.articles()).map(|number| Resolved { article: self.article(number), names: Vec::new() });
        let mut articles: Vec<Resolved> = articles.collect();
        for at in 0..self.names_len() {
            if let (Some(kind), owner) = self.owner(at) {
                articles[owner].names.push(Name { kind, hash: self.hash(at) });
            }
        }
        articles
    }
}
