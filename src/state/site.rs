//! Everything that is kept about a site: its feeds, its pending entries, what it remembers, and what its pages repeat.
//!
//! PURE. The site is the unit because its feeds overlap: the same story in three of them is one record. All of them are
//! in one partition, so that one instance sees them all and one commit can change them all.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use chrono::{DateTime, Utc};
use litemap::LiteMap;

use super::{
    FeedState, Pending,
    key::tag,
    memory::{Article, Day, Memory},
};
use crate::{
    article::{self, Learned},
    feed::identity::{NameKind, date_hash},
};

/// For how many days resolved entries are remembered by default.
pub(super) const HORIZON: Day = 180;
/// Articles that are looked up by one name: if more share it, they have to be found by other names.
const MOST_NAMESAKES: usize = 4;

/// The feeds of a site by URL.
pub type Feeds = LiteMap<String, Box<FeedState>>;

/// Little is known about most sites: they share this.
static NOTHING_KNOWN: LazyLock<Arc<article::Site>> = LazyLock::new(Arc::default);

/// Everything that is kept about a site.
#[derive(Debug, Clone)]
pub struct SiteState {
    pub(super) name: String,
    /// In the order of their URLs. Most sites have one feed: a tree node would have room for eleven.
    pub(super) feeds: Feeds,
    pub(super) entries: HashMap<u64, Pending>,
    /// Names of pending entries with their keys: entries may share some.
    index: BTreeSet<(u64, u64)>,
    /// When pending entries are due.
    due: BTreeSet<(DateTime<Utc>, u64)>,
    pub(super) memory: Memory,
    pub(super) knowledge: Arc<article::Site>,
    /// Observations that no stored value has yet.
    pub(super) unsaved: u16,
    pub(super) forget_knowledge: bool,
    pub(super) changed_feeds: BTreeSet<String>,
    pub(super) urgent: BTreeSet<u64>,
    pub(super) later: BTreeSet<u64>,
    pub(super) at_leisure: BTreeSet<u64>,
    /// The largest size of a value; none: no limit.
    largest: Option<usize>,
    pub(super) horizon: Day,
    /// About how many bytes the entries have that wait for their first page.
    pub(super) waiting_bytes: usize,
    pub(super) waiting: usize,
}

impl SiteState {
    /// A site about which nothing is known.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            feeds: Feeds::with_capacity(1),
            entries: HashMap::new(),
            index: BTreeSet::new(),
            due: BTreeSet::new(),
            memory: Memory::default(),
            knowledge: Arc::clone(&NOTHING_KNOWN),
            unsaved: 0,
            forget_knowledge: false,
            changed_feeds: BTreeSet::new(),
            urgent: BTreeSet::new(),
            later: BTreeSet::new(),
            at_leisure: BTreeSet::new(),
            largest: None,
            horizon: HORIZON,
            waiting_bytes: 0,
            waiting: 0,
        }
    }

    /// The same, with a limit on the bytes of a value.
    #[must_use]
    pub fn within(self, largest: Option<usize>) -> Self {
        Self { largest, ..self }
    }

    /// From now on, resolved entries are remembered for this many days.
    pub fn remember_for(&mut self, days: u16) {
        self.horizon = days.max(1);
    }

    /// Its name: the registrable domain of its feeds when the first of them was seen.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets back the times that a clock ahead of `now` wrote; returns whether there were any. They are to be stored.
    pub fn bring_back(&mut self, now: DateTime<Utc>) -> bool {
        let feeds = self.feeds.iter_mut().filter_map(|(url, feed)| Some((url, feed.bring_back(now)?)));
        let (urls, aheads): (Vec<_>, Vec<_>) = feeds.map(|(url, ahead)| (url.clone(), ahead)).unzip();
        let Some(ahead) = aheads.into_iter().max() else { return false };
        self.entries.values_mut().for_each(|pending| pending.bring_back(ahead, now));
        // the next owner can no longer see it: the feeds have been polled since
        self.changed_feeds.extend(urls);
        self.later.extend(self.entries.keys());
        self.due = self.entries.values().map(|pending| (pending.due, pending.key)).collect();
        true
    }

    /// The feeds by URL.
    pub fn feeds(&self) -> &Feeds {
        &self.feeds
    }

    /// A feed by its URL.
    pub fn feed(&self, url: &str) -> Option<&FeedState> {
        self.feeds.get(url).map(|feed| &**feed)
    }

    /// The pending entries, in no order.
    pub fn entries(&self) -> impl Iterator<Item = &Pending> {
        self.entries.values()
    }

    /// How many entries wait for their first page.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many articles are remembered.
    pub fn remembered(&self) -> usize {
        self.memory.len()
    }

    /// The pending entry with a key.
    pub fn entry(&self, key: u64) -> Option<&Pending> {
        self.entries.get(&key)
    }

    /// A feed to be changed; created if it is new. It will be stored.
    pub fn feed_mut(&mut self, url: &str) -> &mut FeedState {
        self.changed_feeds.insert(url.to_owned());
        self.feeds.entry(url.to_owned()).or_default()
    }

    /// Adopts a feed about which nothing is known. There is nothing to store yet.
    pub fn add(&mut self, url: &str) {
        self.feeds.entry(url.to_owned()).or_default();
    }

    /// Gives a feed another URL: its validators are dropped, the rest of its state stays, and its entries follow it.
    pub fn rename(&mut self, old: &str, new: &str) {
        let Some(mut feed) = self.feeds.remove(old) else { return };
        feed.read_again();
        feed.moved = None;
        feed.removed_at = None;
        self.feeds.insert(new.to_owned(), feed);
        self.changed_feeds.extend([old.to_owned(), new.to_owned()]);
        for pending in self.entries.values_mut() {
            for carrier in pending.carriers.iter_mut().filter(|carrier| carrier.feed == old) {
                new.clone_into(&mut carrier.feed);
                self.later.insert(pending.key);
            }
        }
    }

    /// Deletes a feed's value.
    pub fn forget(&mut self, url: &str) {
        self.feeds.remove(url);
        self.changed_feeds.insert(url.to_owned());
    }

    /// What the site repeats.
    pub fn knowledge(&self) -> Arc<article::Site> {
        Arc::clone(&self.knowledge)
    }

    /// Adds to the knowledge of what the site repeats.
    pub fn learn(&mut self, observation: &article::SiteObservation) -> Learned {
        let learned = Arc::make_mut(&mut self.knowledge).learn(observation);
        self.unsaved = match learned {
            Learned::Nothing => self.unsaved,
            Learned::Something => self.unsaved.saturating_add(1),
            Learned::Redesign => u16::MAX,
        };
        learned
    }

    /// The next `most` entries that are due. They are not due again until they change or [`SiteState::offer_again`]
    /// says so.
    pub fn take_due(&mut self, now: DateTime<Utc>, most: usize) -> Vec<u64> {
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some((due, key)) = self.due.first().copied()
            && due <= now
        {
            self.due.pop_first();
            taken.push(key);
        }
        taken
    }

    /// An entry that was taken and is not worked on is due as it was.
    pub fn offer_again(&mut self, key: u64) {
        if let Some(pending) = self.entries.get(&key) {
            self.due.insert((pending.due, key));
        }
    }

    /// When the next entry is due.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.due.first().map(|(due, _)| *due)
    }

    /// What is known by a name: pending entries, or else resolved ones.
    pub(super) fn named(&self, hash: u64) -> Vec<KnownArticle<'_>> {
        if hash == 0 {
            return Vec::new();
        }
        let pending = self.index.range((hash, 0)..=(hash, u64::MAX)).take(MOST_NAMESAKES);
        let pending: Vec<KnownArticle<'_>> =
            pending.filter_map(|(_, key)| self.entries.get(key)).map(KnownArticle::Pending).collect();
        if !pending.is_empty() {
            return pending;
        }
        let resolved = self.memory.named(hash, MOST_NAMESAKES).into_iter();
        resolved
            .map(|article| {
                self.entries.get(&article.key).map_or(KnownArticle::Resolved(article), KnownArticle::Pending)
            })
            .collect()
    }

    /// The kind of a name of an article, if it has it.
    pub(super) fn kind_of(&self, known: &KnownArticle<'_>, hash: u64) -> Option<NameKind> {
        match known {
            KnownArticle::Pending(pending) => pending.names.kind_of(hash),
            KnownArticle::Resolved(article) => self.memory.kind_of(article.key, hash),
        }
    }

    /// Whether an article has a key.
    pub(super) fn has_key(&self, key: u64) -> bool {
        self.entries.contains_key(&key) || self.memory.article(key).is_some()
    }

    /// Adds an entry to those that are pending.
    pub(super) fn insert(&mut self, pending: Pending) {
        if pending.published.is_none() {
            self.waiting += 1;
            self.waiting_bytes += pending.size();
        }
        self.due.insert((pending.due, pending.key));
        self.index.extend(pending.names.iter().map(|name| (name.hash, pending.key)));
        self.entries.insert(pending.key, pending);
    }

    /// Takes an entry out, to be changed and inserted again, or to be resolved.
    pub(super) fn take(&mut self, key: u64) -> Option<Pending> {
        let pending = self.entries.remove(&key)?;
        if pending.published.is_none() {
            self.waiting -= 1;
            self.waiting_bytes = self.waiting_bytes.saturating_sub(pending.size());
        }
        self.due.remove(&(pending.due, key));
        pending.names.iter().for_each(|name| _ = self.index.remove(&(name.hash, key)));
        Some(pending)
    }

    /// Changes an entry; returns the result of `change`.
    pub(super) fn change<T>(&mut self, key: u64, when: When, change: impl FnOnce(&mut Pending) -> T) -> Option<T> {
        let mut pending = self.take(key)?;
        let result = change(&mut pending);
        self.insert(pending);
        self.mark(key, when);
        Some(result)
    }

    /// An entry is to be stored.
    pub(super) fn mark(&mut self, key: u64, when: When) {
        match when {
            When::Now => _ = self.urgent.insert(key),
            When::Later => _ = self.later.insert(key),
            When::AtLeisure => _ = self.at_leisure.insert(key),
            When::Never => {}
        }
    }

    /// Forgets what is older than the horizon, and the site's pages once nothing else is left of it. Returns whether
    /// anything is left.
    pub fn forget_old(&mut self, now: DateTime<Utc>) -> bool {
        let first = super::day(now).saturating_sub(self.horizon);
        self.memory.forget_before(first);
        let is_left = !self.feeds.is_empty() || !self.entries.is_empty() || !self.memory.is_empty();
        if !is_left && self.knowledge.pages() > 0 {
            self.knowledge = Arc::default();
            self.unsaved = 0;
            self.forget_knowledge = true;
        }
        is_left
    }

    /// Bytes that a bucket may have, with room for its key.
    pub(super) fn largest(&self) -> usize {
        self.largest.map_or(usize::MAX, |largest| largest - largest / 4)
    }
}

/// When a changed entry is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// With its record or its reject.
    Now,
    /// With its feed: a crash before that costs only a request.
    Later,
    /// With its next change, or when the daemon stops: it was rechecked, and had not changed. After a crash,
    /// [`SiteState::catch_up`] finds this out.
    AtLeisure,
    /// Not for this change.
    Never,
}

/// An article that has a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum KnownArticle<'a> {
    Pending(&'a Pending),
    Resolved(Article),
}

impl KnownArticle<'_> {
    pub(super) fn key(&self) -> u64 {
        match self {
            Self::Pending(pending) => pending.key,
            Self::Resolved(article) => article.key,
        }
    }

    /// The hash of its title; 0 for none.
    pub(super) fn title(&self) -> u32 {
        match self {
            Self::Pending(pending) => pending.title(),
            Self::Resolved(article) => article.title,
        }
    }

    /// The hash of its date; 0 for none.
    pub(super) fn date(&self) -> u32 {
        match self {
            Self::Pending(pending) => date_hash(&pending.entry),
            Self::Resolved(article) => article.date,
        }
    }

    /// Whether a feed has it, as far as that is known.
    pub(super) fn is_carried_by(&self, feed: &str) -> bool {
        match self {
            Self::Pending(pending) => pending.is_carried_by(feed),
            Self::Resolved(article) => article.feeds.iter().any(|(known, _)| *known == tag(feed)),
        }
    }
}
