//! What was resolved, remembered for the horizon: about 60 bytes an article, in values that are written rarely.
//!
//! PURE. The articles of a site that are no longer pending lie in *buckets*, each a value of its own. The newest bucket is
//! small and is rewritten as articles are added. A full one is frozen; frozen buckets of about one size are merged, as in
//! a log-structured merge tree (O'Neil et al. 1996), so that an article is rewritten a few times in all. A bucket is
//! deleted as a whole once the newest article in it is older than the horizon.
//!
//! A frozen bucket is kept in memory as it is stored: packed, with its names sorted for a binary search. Numbers are little
//! endian:
//!
//! ```text
//!  u8   format (2)          u16  articles (a)      u16  names (n)
//!  n ×  u64 hash            sorted
//!  n ×  u16 kind × 2^13 + number of the article in this bucket
//!  a ×  article, sorted by key, 33 bytes: u64 key, u32 content, u16 revision, u16 day, u16 title, u16 date, u8 outcome,
//!                          2 × (u16 feed, u32 digest)
//! ```

use crate::feed::identity::{Name, NameKind};

/// Days since 1970, as a bucket counts them.
pub(super) type Day = u16;

/// Version of the format.
const FORMAT: u8 = 2;
const HEADER: usize = 5;
const NAME_BYTES: usize = 10;
const ARTICLE_BYTES: usize = 33;
const OWNER_BITS: u32 = 13;
/// Articles that a bucket may have, by the bits of their number.
const MOST_ARTICLES: usize = 1 << OWNER_BITS;
/// The newest bucket is frozen when it has so many articles: it is written with each of them.
const FRESH: usize = 16;
/// So many frozen buckets of one size are merged into one.
const FAN_IN: usize = 4;
/// A frozen bucket has at most so many bytes: ledgers bound their values, and a bucket is rewritten when it is merged.
const LARGEST: usize = 128 * 1024;
/// A bucket spans at most this part of the horizon, so that what it holds is forgotten at about the right time.
const SPANS: u16 = 6;
/// Feeds of an article whose words are remembered.
pub(super) const MOST_FEEDS: usize = 2;

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Outcome {
    /// Known from version 0.1, which did not say how it ended.
    Legacy = 0,
    /// It was published; its revision says how often.
    Published = 1,
    /// It was rejected.
    Rejected = 2,
    /// It was too old to be followed.
    TooOld = 3,
    /// It was published with the feed's text, as there was no page to have.
    PublishedFeedText = 4,
}

impl Outcome {
    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Published,
            2 => Self::Rejected,
            3 => Self::TooOld,
            4 => Self::PublishedFeedText,
            _ => Self::Legacy,
        }
    }
}

/// What is remembered of an article beside its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Article {
    /// What its record id is made of; no two articles of a site share it.
    pub(super) key: u64,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// Its newest revision, 0 where none was published.
    pub(super) revision: u16,
    /// 32 bits of the hash of its newest content.
    pub(super) content: u32,
    /// When it was resolved or last seen to be in a feed, to within half of the horizon.
    pub(super) day: Day,
    /// 16 bits of its title's hash; 0 for none.
    pub(super) title: u16,
    /// 16 bits of its date's hash; 0 for none.
    pub(super) date: u16,
    /// The feeds that carried it and what they said of it, as hashes; feed 0 for none.
    pub(super) feeds: [(u16, u32); MOST_FEEDS],
}

impl Article {
    /// Whether a record of it was published by this version.
    pub(super) fn is_published(&self) -> bool {
        matches!(self.outcome, Outcome::Published | Outcome::PublishedFeedText)
    }
}

/// An article with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) article: Article,
    pub(super) names: Vec<Name>,
}

impl Resolved {
    fn kind_of(&self, hash: u64) -> Option<NameKind> {
        self.names.iter().find(|name| name.hash == hash).map(|name| name.kind)
    }
}

/// A frozen bucket.
#[derive(Debug, Clone)]
struct Frozen {
    bytes: Box<[u8]>,
}

#[derive(Debug, Clone)]
struct Bucket {
    /// Part of its key in the store. A higher number is newer: where two buckets know an article, the newer one is right.
    number: u32,
    frozen: Frozen,
}

/// Everything that is remembered of a site.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// From old to new.
    frozen: Vec<Bucket>,
    /// The newest bucket, and its number.
    fresh: Vec<Resolved>,
    number: u32,
    fresh_is_changed: bool,
    /// Numbers of frozen buckets that are to be written or, where they are gone, deleted.
    changed: Vec<u32>,
}

/// A value to store: the number of its bucket, and its bytes; none where it is deleted.
pub(super) type Change = (u32, Vec<u8>);

impl Memory {
    /// Takes in a stored bucket. `false` where the bytes are none.
    pub(super) fn restore(&mut self, number: u32, bytes: &[u8]) -> bool {
        let Some(frozen) = Frozen::read(bytes) else { return false };
        // what was the newest bucket goes on as a frozen one: it is merged like any other
        let at = self.frozen.partition_point(|bucket| bucket.number < number);
        self.frozen.insert(at, Bucket { number, frozen });
        self.number = self.number.max(number + 1);
        true
    }

    /// How many articles are remembered, those that are remembered twice counted twice.
    pub(super) fn len(&self) -> usize {
        self.fresh.len() + self.frozen.iter().map(|bucket| bucket.frozen.articles()).sum::<usize>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The newest articles with a name, `most` of them, each as the newest bucket knows it.
    pub(super) fn named(&self, hash: u64, most: usize) -> Vec<Article> {
        let fresh =
            self.fresh.iter().rev().filter(|known| known.kind_of(hash).is_some()).map(|known| known.article.key);
        let frozen = self.frozen.iter().rev().flat_map(|bucket| bucket.frozen.named(hash).map(|(key, _)| key));
        let mut keys: Vec<u64> = Vec::new();
        for key in fresh.chain(frozen) {
            if keys.len() == most {
                break;
            }
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        // in an order that is the same after a restart
        keys.sort_unstable();
        keys.into_iter().filter_map(|key| self.article(key)).collect()
    }

    /// Of which kind a name of an article is, where it has that: other articles may have it as well.
    pub(super) fn kind_of(&self, key: u64, hash: u64) -> Option<NameKind> {
        let mut fresh = self.fresh.iter().filter(|known| known.article.key == key);
        let frozen = || self.frozen.iter().rev().find_map(|bucket| bucket.frozen.kind_of(key, hash));
        fresh.find_map(|known| known.kind_of(hash)).or_else(frozen)
    }

    /// An article by its key.
    pub(super) fn article(&self, key: u64) -> Option<Article> {
        let fresh = self.fresh.iter().map(|known| known.article).find(|article| article.key == key);
        fresh.or_else(|| {
            let buckets = self.frozen.iter().rev();
            buckets.map(|bucket| &bucket.frozen).find_map(|frozen| Some(frozen.article(frozen.number_of(key)?)))
        })
    }

    /// All names of an article, wherever they lie.
    pub(super) fn names(&self, key: u64) -> Vec<Name> {
        let frozen = self.frozen.iter().flat_map(|bucket| bucket.frozen.names_of(key));
        let fresh = self.fresh.iter().filter(|known| known.article.key == key).flat_map(|known| known.names.clone());
        let mut names = Vec::new();
        for name in frozen.chain(fresh) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Adds an article, in place of what was known of it. `largest` bounds the bytes of a value.
    pub(super) fn add(&mut self, resolved: Resolved, largest: usize, horizon: Day) {
        self.fresh_is_changed = true;
        self.fresh.retain(|known| known.article.key != resolved.article.key);
        self.fresh.push(resolved);
        if self.fresh.len() >= FRESH || packed_len(&self.fresh) > largest.min(LARGEST) / 2 {
            self.freeze();
            self.merge(largest, horizon);
        }
    }

    fn freeze(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        self.frozen.push(Bucket { number: self.number, frozen: Frozen::pack(&fresh) });
        self.changed.push(self.number);
        self.number += 1;
        self.fresh_is_changed = false;
    }

    /// Merges runs of neighbours of about one size, the newest first.
    fn merge(&mut self, largest: usize, horizon: Day) {
        let tier = |bucket: &Bucket| (bucket.frozen.articles() / FRESH).max(1).ilog(FAN_IN);
        while let Some(start) = self.frozen.len().checked_sub(FAN_IN) {
            let run = &self.frozen[start..];
            let bytes: usize = run.iter().map(|bucket| bucket.frozen.bytes.len()).sum();
            let articles: usize = run.iter().map(|bucket| bucket.frozen.articles()).sum();
            let days = run.iter().flat_map(|bucket| bucket.frozen.days());
            let (first, last) = days.fold((Day::MAX, 0), |(first, last), day| (first.min(day), last.max(day)));
            let fits = bytes <= largest.min(LARGEST) && articles <= MOST_ARTICLES;
            let one_size = run.iter().all(|bucket| tier(bucket) <= tier(&run[FAN_IN - 1]));
            if !fits || !one_size || last.saturating_sub(first) > (horizon / SPANS).max(1) {
                return;
            }
            let run: Vec<Bucket> = self.frozen.drain(start..).collect();
            let number = run[FAN_IN - 1].number;
            self.changed.extend(run.iter().map(|bucket| bucket.number));
            let merged = merged(run.iter().map(|bucket| &bucket.frozen));
            self.frozen.push(Bucket { number, frozen: Frozen::pack(&merged) });
        }
    }

    /// Forgets buckets in which nothing was resolved on `first` or later.
    pub(super) fn forget_before(&mut self, first: Day) {
        let changed = &mut self.changed;
        self.frozen.retain(|bucket| {
            let keep = bucket.frozen.days().any(|day| day >= first);
            if !keep {
                changed.push(bucket.number);
            }
            keep
        });
        let fresh = self.fresh.len();
        self.fresh.retain(|known| known.article.day >= first);
        self.fresh_is_changed |= self.fresh.len() != fresh;
    }

    /// All of it is to be stored.
    pub(super) fn change_all(&mut self) {
        self.changed.extend(self.frozen.iter().map(|bucket| bucket.number));
        self.fresh_is_changed |= !self.fresh.is_empty();
    }

    /// Whether there is something to store.
    pub(super) fn is_changed(&self) -> bool {
        self.fresh_is_changed || !self.changed.is_empty()
    }

    /// What is to be stored since the last call.
    pub(super) fn changes(&mut self) -> Vec<Change> {
        let mut numbers = std::mem::take(&mut self.changed);
        numbers.sort_unstable();
        numbers.dedup();
        let bytes = |number| self.frozen.iter().find(|bucket| bucket.number == number).map(|b| b.frozen.bytes.to_vec());
        let mut changes: Vec<Change> =
            numbers.into_iter().map(|number| (number, bytes(number).unwrap_or_default())).collect();
        if std::mem::take(&mut self.fresh_is_changed) {
            let empty = self.fresh.is_empty();
            changes.push((self.number, if empty { Vec::new() } else { Frozen::pack(&self.fresh).bytes.into_vec() }));
        }
        changes
    }
}

fn packed_len(articles: &[Resolved]) -> usize {
    HEADER + articles.iter().map(|known| ARTICLE_BYTES + NAME_BYTES * known.names.len()).sum::<usize>()
}

/// The articles of several buckets, each as the newest of them knows it, with all its names.
fn merged<'a>(buckets: impl Iterator<Item = &'a Frozen>) -> Vec<Resolved> {
    let mut at = std::collections::HashMap::new();
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
    fn pack(articles: &[Resolved]) -> Self {
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
            for short in [article.revision, article.day, article.title, article.date] {
                bytes.extend(short.to_le_bytes());
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
    fn read(bytes: &[u8]) -> Option<Self> {
        let frozen = Self { bytes: bytes.into() };
        let header = bytes.len() >= HEADER && bytes[0] == FORMAT;
        let length = || HEADER + frozen.names_len() * NAME_BYTES + frozen.articles() * ARTICLE_BYTES;
        if !header || bytes.len() != length() {
            return None;
        }
        let owners = (0..frozen.names_len()).map(|at| frozen.owner(at));
        let sound = |(kind, owner): (Option<NameKind>, usize)| kind.is_some() && owner < frozen.articles();
        let sorted = (1..frozen.names_len()).all(|at| frozen.hash(at - 1) <= frozen.hash(at));
        let keyed = (1..frozen.articles()).all(|at| frozen.key(at - 1) < frozen.key(at));
        (owners.map(sound).all(|sound| sound) && sorted && keyed).then_some(frozen)
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

    fn articles(&self) -> usize {
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

    fn article(&self, number: usize) -> Article {
        let at = self.offset(number);
        let feed = |at: usize| (self.short(at), self.word(at + 2));
        Article {
            key: self.long(at),
            content: self.word(at + 8),
            revision: self.short(at + 12),
            day: self.short(at + 14),
            title: self.short(at + 16),
            date: self.short(at + 18),
            outcome: Outcome::from_number(self.bytes[at + 20]),
            feeds: [feed(at + 21), feed(at + 27)],
        }
    }

    fn days(&self) -> impl Iterator<Item = Day> + '_ {
        (0..self.articles()).map(|number| self.short(self.offset(number) + 14))
    }

    /// The keys of the articles with a name, and of which kind it is.
    fn named(&self, hash: u64) -> impl Iterator<Item = (u64, NameKind)> + '_ {
        let first = search(self.names_len(), hash, |at| self.hash(at)).unwrap_or(self.names_len());
        let same = (first..self.names_len()).take_while(move |at| self.hash(*at) == hash);
        same.filter_map(|at| {
            let (kind, number) = self.owner(at);
            Some((self.key(number), kind?))
        })
    }

    /// Of which kind a name of an article is.
    fn kind_of(&self, key: u64, hash: u64) -> Option<NameKind> {
        self.named(hash).find(|(known, _)| *known == key).map(|(_, kind)| kind)
    }

    fn key(&self, number: usize) -> u64 {
        self.long(self.offset(number))
    }

    fn number_of(&self, key: u64) -> Option<usize> {
        search(self.articles(), key, |at| self.key(at))
    }

    fn names_of(&self, key: u64) -> Vec<Name> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const HORIZON: Day = 180;

    fn find(memory: &Memory, hash: u64) -> Option<Article> {
        memory.named(hash, 1).first().copied()
    }

    fn resolved(n: u64, day: Day) -> Resolved {
        let article = Article {
            key: n.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            outcome: Outcome::Published,
            revision: 1,
            content: n as u32,
            day,
            title: n as u16,
            date: day,
            feeds: [(7, n as u32), (0, 0)],
        };
        let name = |kind, salt: u64| Name { kind, hash: (n + 1).wrapping_mul(salt) };
        let names = vec![
            name(NameKind::Guid, 0xC2B2_AE3D_27D4_EB4F),
            name(NameKind::Link, 0x1656_67B1_9E37_79F9),
            name(NameKind::TitleAndDate, 0x27D4_EB2F_1656_67C5),
        ];
        Resolved { article, names }
    }

    /// The store, as a ledger keeps it.
    fn store(memory: &mut Memory, store: &mut BTreeMap<u32, Vec<u8>>) -> usize {
        let changes = memory.changes();
        let written = changes.iter().map(|(_, bytes)| bytes.len()).sum();
        for (number, bytes) in changes {
            if bytes.is_empty() {
                store.remove(&number)
            } else {
                store.insert(number, bytes)
            };
        }
        written
    }

    fn restored(store: &BTreeMap<u32, Vec<u8>>) -> Memory {
        let mut memory = Memory::default();
        // in any order: a ledger promises none
        assert!(store.iter().rev().all(|(number, bytes)| memory.restore(*number, bytes)));
        memory
    }

    #[test]
    fn half_a_year_of_a_busy_site_is_remembered_and_little_is_written() {
        let (mut memory, mut stored, mut written) = (Memory::default(), BTreeMap::new(), 0);
        let (a_day, days) = (150, 180);
        for day in 0..days {
            for n in 0..a_day {
                memory.add(resolved(u64::from(day) * a_day + n, 20_000 + day), usize::MAX, HORIZON);
                written += store(&mut memory, &mut stored);
            }
            memory.forget_before((20_000 + day).saturating_sub(HORIZON));
            assert!(stored.values().all(|bytes| bytes.len() <= LARGEST));
        }
        let articles = a_day * u64::from(days);
        let memory = restored(&stored);
        for n in 0..articles {
            let expected = resolved(n, 0);
            for name in &expected.names {
                assert_eq!(find(&memory, name.hash).unwrap().key, expected.article.key, "article {n}");
            }
        }
        assert!(find(&memory, 12_345).is_none());
        let kept: usize = stored.values().map(Vec::len).sum();
        println!("{articles} articles: {kept} bytes kept, {} an article written", written / articles as usize);
        assert!(kept / (articles as usize) < 66, "{kept}");
        assert!(written / (articles as usize) < 1_000, "{written}");
    }

    #[test]
    fn the_newest_is_right_wherever_it_lies() {
        let mut memory = Memory::default();
        for n in 0..500 {
            memory.add(resolved(n, 100), usize::MAX, HORIZON);
        }
        let mut again = resolved(3, 101);
        again.article.revision = 2;
        // it lost one of its names meanwhile: the old bucket still has that
        let lost = again.names.remove(0);
        memory.add(again, usize::MAX, HORIZON);
        for more in [0, 20, 2_000] {
            (1_000..1_000 + more).for_each(|n| memory.add(resolved(n, 101), usize::MAX, HORIZON));
            assert_eq!(find(&memory, lost.hash).map(|article| article.revision), Some(2), "after {more} more");
            assert_eq!(memory.names(resolved(3, 0).article.key).len(), 3);
        }
    }

    #[test]
    fn what_is_over_is_forgotten_with_its_bucket() {
        let (mut memory, mut stored) = (Memory::default(), BTreeMap::new());
        for day in 0..400 {
            memory.add(resolved(u64::from(day), day), usize::MAX, HORIZON);
            memory.forget_before(day.saturating_sub(HORIZON));
            store(&mut memory, &mut stored);
            let oldest = day.saturating_sub(HORIZON);
            assert!(find(&memory, resolved(u64::from(oldest), 0).names[0].hash).is_some(), "day {day}");
        }
        assert!(find(&memory, resolved(100, 0).names[0].hash).is_none());
        assert!(memory.len() < 230, "{}", memory.len());
        assert_eq!(restored(&stored).len(), memory.len());
    }

    #[test]
    fn small_values_stay_small() {
        let mut memory = Memory::default();
        (0..5_000).for_each(|n| memory.add(resolved(n, 1), 16 * 1024, HORIZON));
        assert!(memory.changes().iter().all(|(_, bytes)| bytes.len() <= 16 * 1024));
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let whole = Frozen::pack(&[resolved(1, 1), resolved(2, 1)]).bytes.into_vec();
        assert!(Frozen::read(&whole).is_some());
        for at in 0..whole.len() {
            assert!(Frozen::read(&whole[..at]).is_none(), "cut at {at}");
        }
        let mut other = whole.clone();
        other[0] = 3;
        assert!(Frozen::read(&other).is_none(), "another format");
    }
}
