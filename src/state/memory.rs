//! Resolved articles, remembered for months: about 55 bytes per article, in values that are written rarely.
//!
//! PURE. The articles of a site that are no longer pending are in *buckets*, each one value. The newest bucket is small
//! and is rewritten as articles are added. A full one is frozen; frozen buckets of about the same size are merged, as
//! in a log-structured merge tree (O'Neil et al. 1996), so that an article is rewritten only a few times. A bucket is
//! deleted as a whole once its newest article is older than the horizon.
//!
//! A frozen bucket is kept in memory as it is stored ([`frozen`]).

mod frozen;
#[cfg(test)]
mod tests;

pub(super) use self::frozen::FORMAT;
use self::frozen::{Frozen, MOST_ARTICLES, merged, packed_len};
use crate::feed::identity::{Name, NameKind};

/// Days since 1970, as a bucket counts them.
pub(super) type Day = u16;

/// The newest bucket is frozen when it has this many articles: it is written with each of them.
const FRESH: usize = 16;
/// This many frozen buckets of one size are merged into one.
const FAN_IN: usize = 4;
/// A frozen bucket has at most this many bytes: ledgers limit their values, and a bucket is rewritten when it is
/// merged.
const LARGEST: usize = 128 * 1024;
/// A bucket spans at most this part of the horizon, so that its articles are forgotten at about the right time.
const SPANS: u16 = 6;
/// Feeds of an article whose words are remembered.
pub(super) const MOST_FEEDS: usize = 2;

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Outcome {
    /// KnownArticle from version 0.1, which did not say how it ended.
    Legacy = 0,
    /// It was published; its revision says how often.
    Published = 1,
    /// It was rejected.
    Rejected = 2,
    /// It was too old to be followed.
    TooOld = 3,
    /// It was published with the feed's text, because there was no page.
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

/// What is remembered about an article besides its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Article {
    /// What its record id is made of; no two articles of a site share it.
    pub(super) key: u64,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// Its newest revision, 0 if none was published.
    pub(super) revision: u16,
    /// 32 bits of the hash of its newest content.
    pub(super) content: u32,
    /// When it was resolved or last seen in a feed, to within half of the horizon.
    pub(super) day: Day,
    /// The hash of its title; 0 for none. Many articles may be compared with a new one: 16 bits would be too few.
    pub(super) title: u32,
    /// The hash of its date; 0 for none.
    pub(super) date: u32,
    /// The feeds that had it and what they said about it, as hashes; feed 0 for none.
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

#[derive(Debug, Clone)]
struct Bucket {
    /// Part of its key in the store. A higher number is newer: if two buckets know an article, the newer one is right.
    number: u32,
    frozen: Frozen,
}

/// Everything that is remembered about a site.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// From old to new.
    frozen: Vec<Bucket>,
    /// The newest bucket, and its number.
    fresh: Vec<Resolved>,
    number: u32,
    fresh_is_changed: bool,
    /// Numbers of frozen buckets that are to be written or, if they no longer exist, deleted.
    changed: Vec<u32>,
}

/// A value to store: the number of its bucket, and its bytes; none if it is deleted.
pub(super) type Change = (u32, Vec<u8>);

impl Memory {
    /// Adds a stored bucket. `false` if the bytes are not a bucket.
    pub(super) fn restore(&mut self, number: u32, bytes: &[u8]) -> bool {
        let Some(frozen) = Frozen::read(bytes) else { return false };
        // the newest bucket of before becomes a frozen one: it is merged like any other
        let at = self.frozen.partition_point(|bucket| bucket.number < number);
        // most sites have one
        self.frozen.reserve_exact(1);
        self.frozen.insert(at, Bucket { number, frozen });
        self.number = self.number.max(number + 1);
        true
    }

    /// How many articles are remembered; those that are in two buckets count twice.
    pub(super) fn len(&self) -> usize {
        self.fresh.len() + self.frozen.iter().map(|bucket| bucket.frozen.articles()).sum::<usize>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The newest articles with a name, at most `most`, each as the newest bucket knows it.
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

    /// The kind of a name of an article, if it has it: other articles may have it as well.
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

    /// All names of an article, in all buckets.
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

    /// Adds an article, in place of what was known about it. `largest` limits the bytes of a value.
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

    /// Merges runs of neighbours of about the same size, the newest first.
    fn merge(&mut self, largest: usize, horizon: Day) {
        let tier = |bucket: &Bucket| (bucket.frozen.articles() / FRESH).max(1).ilog(FAN_IN);
        while let Some(start) = self.frozen.len().checked_sub(FAN_IN) {
            let run = &self.frozen[start..];
            let bytes: usize = run.iter().map(|bucket| bucket.frozen.bytes().len()).sum();
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
        let bytes =
            |number| self.frozen.iter().find(|bucket| bucket.number == number).map(|b| b.frozen.bytes().to_vec());
        let mut changes: Vec<Change> =
            numbers.into_iter().map(|number| (number, bytes(number).unwrap_or_default())).collect();
        if std::mem::take(&mut self.fresh_is_changed) {
            let empty = self.fresh.is_empty();
            changes.push((self.number, if empty { Vec::new() } else { Frozen::pack(&self.fresh).bytes().to_vec() }));
        }
        changes
    }
}
