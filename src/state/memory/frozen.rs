//! A bucket that is not added to: packed, as it is stored.
//!
//! PURE. Its names are sorted for a binary search, and so are its articles by their keys. Numbers are little endian:
//!
//! ```text
//!  u8   format (2)          u16  articles (a)      u16  names (n)
//!  n ×  u64 hash            sorted
//!  n ×  u16 kind × 2^13 + number of the article in this bucket
//!  a ×  article, sorted by key, 37 bytes: u64 key, u32 content, u16 revision, u16 day, u32 title, u32 date,
//!                          u8 outcome, 2 × (u16 feed, u32 digest)
//! ```

use std::collections::HashMap;

use super::{Article, Day, Outcome, Resolved};
use crate::feed::identity::{Name, NameKind};

/// Version of the format.
pub(in crate::state) const FORMAT: u8 = 2;
const HEADER: usize = 5;
const NAME_BYTES: usize = 10;
const ARTICLE_BYTES: usize = 37;
const OWNER_BITS: u32 = 13;
/// Articles that a bucket may have, by the bits of their number.
pub(super) const MOST_ARTICLES: usize = 1 << OWNER_BITS;

/// A frozen bucket.
#[derive(Debug, Clone)]
pub(super) struct Frozen {
    bytes: Box<[u8]>,
}

/// The bytes that articles take when they are packed.
pub(super) fn packed_len(articles: &[Resolved]) -> usize {
    HEADER + articles.iter().map(|known| ARTICLE_BYTES + NAME_BYTES * known.names.len()).sum::<usize>()
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

/// The first place, of a sorted row, where `wanted` lies.
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
            names.extend(known.names.iter().map(|name| (name.hash, owner(name))));
        }
        names.sort_unstable();
        let mut bytes = Vec::new();
        bytes.push(FORMAT);
        bytes.extend((articles.len() as u16).to_le_bytes());
        bytes.extend((names.len() as u16).to_le_bytes());
        names.iter().for_each(|(hash, _)| bytes.extend(hash.to_le_bytes()));
        names.iter().for_each(|(_, owner)| bytes.extend(owner.to_le_bytes()));
        for Resolved { article, .. } in articles {
            bytes.extend(article.key.to_le_bytes());
            bytes.extend(article.content.to_le_bytes());
            for short in [article.revision, article.day] {
                bytes.extend(short.to_le_bytes());
            }
            for word in [article.title, article.date] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.push(article.outcome as u8);
            for (feed, digest) in article.feeds {
                bytes.extend(feed.to_le_bytes());
                bytes.extend(digest.to_le_bytes());
            }
        }
        Self { bytes: bytes.into_boxed_slice() }
    }

    /// Checks all that the other methods rely on.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let frozen = Self { bytes: bytes.into() };
        let header = bytes.len() >= HEADER && bytes[0] == FORMAT;
        let length = || HEADER + frozen.names_len() * NAME_BYTES + frozen.articles() * ARTICLE_BYTES;
        if !header || bytes.len() != length() {
            return None;
        }
        let mut owners = (0..frozen.names_len()).map(|at| frozen.owner(at));
        let sound = |(kind, owner): (Option<NameKind>, usize)| kind.is_some() && owner < frozen.articles();
        let sorted = (1..frozen.names_len()).all(|at| frozen.hash(at - 1) <= frozen.hash(at));
        let keyed = (1..frozen.articles()).all(|at| frozen.key(at - 1) < frozen.key(at));
        (owners.all(sound) && sorted && keyed).then_some(frozen)
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

    pub(super) fn article(&self, number: usize) -> Article {
        let at = self.offset(number);
        let feed = |at: usize| (self.short(at), self.word(at + 2));
        Article {
            key: self.long(at),
            content: self.word(at + 8),
            revision: self.short(at + 12),
            day: self.short(at + 14),
            title: self.word(at + 16),
            date: self.word(at + 20),
            outcome: Outcome::from_number(self.bytes[at + 24]),
            feeds: [feed(at + 25), feed(at + 31)],
        }
    }

    pub(super) fn days(&self) -> impl Iterator<Item = Day> + '_ {
        (0..self.articles()).map(|number| self.short(self.offset(number) + 14))
    }

    /// The keys of the articles with a name, and of which kind it is.
    pub(super) fn named(&self, hash: u64) -> impl Iterator<Item = (u64, NameKind)> + '_ {
        let first = search(self.names_len(), hash, |at| self.hash(at)).unwrap_or(self.names_len());
        let same = (first..self.names_len()).take_while(move |at| self.hash(*at) == hash);
        same.filter_map(|at| {
            let (kind, number) = self.owner(at);
            Some((self.key(number), kind?))
        })
    }

    /// Of which kind a name of an article is.
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
