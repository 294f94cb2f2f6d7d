//! The feeds of one site together: what an entry is, is decided here.
//!
//! A site is the unit because its feeds overlap: the same story in three of them is one record. All of them live in
//! one partition, so that one instance sees them all and one commit can change them all.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{FeedState, Pending, Published, Trim, fit, pending::Carrying};
use crate::{
    article::{self, Learned},
    feed::{Entry, Feed, identity::Keys},
    fetch::Validators,
    ledger, record,
    schedule::delta,
};

/// New entries taken from one document; the rest is taken at the next polls, whose validators are withheld until then.
const MOST_NEW: usize = 1_000;

/// A feed document with the identities of its entries.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document.
    pub feed: Feed,
    /// One an entry.
    pub keys: Vec<Keys>,
    /// Hash of what the feed says, one an entry.
    pub told: Vec<u32>,
}

/// What a document brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Absorbed {
    /// Entries that became pending.
    pub new: usize,
    /// Entries that were known.
    pub known: usize,
    /// Known ones of which the feed now says something else.
    pub retold: usize,
    /// New ones left for the next poll.
    pub left: usize,
    /// New ones left alone: older than what is wanted of a feed that is met for the first time.
    pub too_old: usize,
    /// Not read: the document has more entries than a value has room for.
    pub ignored: usize,
    /// None was known, though the feed was read before: some may have come and gone between two polls.
    pub overflowed: bool,
    /// The feed's guids name one story after the other, and are ignored.
    pub guids_repeat: bool,
}

/// What a site repeats is stored when one of so many of the lessons behind it is new.
const SAVED_PART: u16 = 8;

/// All that is held of a site.
#[derive(Debug, Clone, Default)]
pub struct SiteState {
    name: String,
    feeds: BTreeMap<String, FeedState>,
    knowledge: Arc<article::Site>,
    changed: BTreeSet<String>,
    /// Lessons that no stored value has yet.
    unsaved: u16,
    /// Bytes that a feed's value may have; none: as many as it likes.
    largest: Option<usize>,
    trims: Vec<Trim>,
}

impl SiteState {
    /// A site nothing is known of.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The same, with a bound on the bytes of a feed's value.
    #[must_use]
    pub fn within(self, largest: Option<usize>) -> Self {
        Self { largest, ..self }
    }

    /// Takes in a stored value. The key is as [`SiteState::changes`] wrote it.
    pub fn restore(&mut self, key: &str, value: &[u8]) -> Result<(), serde_json::Error> {
        match key.split_once(' ') {
            Some((_, url)) => {
                let mut feed = FeedState::from_json(value)?;
                feed.read_again_if_cut();
                self.feeds.insert(url.to_owned(), feed);
            }
            None => self.knowledge = Arc::new(serde_json::from_slice(value)?),
        }
        Ok(())
    }

    /// Brings back the times of feeds that a clock ahead of `now` wrote; tells whether there were any.
    pub fn bring_back(&mut self, now: DateTime<Utc>) -> bool {
        let mut any = false;
        for feed in self.feeds.values_mut() {
            any |= feed.bring_back(now);
        }
        any
    }

    /// The feeds by URL.
    pub fn feeds(&self) -> &BTreeMap<String, FeedState> {
        &self.feeds
    }

    /// A feed to be changed; made if it is new. It will be part of the next commit.
    pub fn feed_mut(&mut self, url: &str) -> &mut FeedState {
        self.changed.insert(url.to_owned());
        self.feeds.entry(url.to_owned()).or_default()
    }

    /// Takes up a feed nothing is known of. There is nothing to commit of it yet.
    pub fn add(&mut self, url: &str) {
        self.feeds.entry(url.to_owned()).or_default();
    }

    /// Removes a feed's value for good.
    pub fn forget(&mut self, url: &str) {
        self.feeds.remove(url);
        self.changed.insert(url.to_owned());
    }

    /// What the site repeats.
    pub fn knowledge(&self) -> Arc<article::Site> {
        Arc::clone(&self.knowledge)
    }

    /// Adds to what is known of what the site repeats.
    pub fn learn(&mut self, lesson: &article::Lesson) -> Learned {
        let learned = Arc::make_mut(&mut self.knowledge).learn(lesson);
        self.unsaved = match learned {
            Learned::Nothing => self.unsaved,
            Learned::Something => self.unsaved.saturating_add(1),
            Learned::Redesign => u16::MAX,
        };
        learned
    }

    /// The values that changed since the last call, to be committed.
    pub fn changes(&mut self) -> Vec<ledger::State> {
        let mut states = Vec::new();
        for url in std::mem::take(&mut self.changed) {
            let key = format!("{} {url}", self.name);
            let largest = self.largest().saturating_sub(key.len());
            let (value, trim) = self.feeds.get_mut(&url).map(|feed| feed.to_json(largest)).unwrap_or_default();
            self.trims.extend(trim);
            states.push(ledger::State { key, value });
        }
        // a crash costs the last few lessons and nothing else: a large value is not written for each of them
        if self.unsaved > 0 && self.unsaved.saturating_mul(SAVED_PART) >= self.knowledge.pages() {
            self.unsaved = 0;
            states.push(ledger::State { key: self.name.clone(), value: super::json(&*self.knowledge) });
        }
        states
    }

    /// What was given up of values since the last call, so that they fit.
    pub fn take_trims(&mut self) -> Vec<Trim> {
        std::mem::take(&mut self.trims)
    }

    fn largest(&self) -> usize {
        self.largest.unwrap_or(usize::MAX)
    }

    /// Takes in the document of a poll: unknown entries become pending, known ones are met again.
    ///
    /// When a feed is met for the first time, entries that it dates before `since` are only remembered.
    pub fn absorb(
        &mut self,
        url: &str,
        document: &Document,
        since: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Absorbed {
        let first_read = self.feeds.get(url).is_none_or(|feed| feed.seen.is_empty() && feed.pending.is_empty());
        let since = since.filter(|_| first_read);
        let mut absorbed = Absorbed::default();
        let most = fit::most_entries(self.largest());
        absorbed.ignored = document.keys.len().saturating_sub(most);
        let mut room = self.largest.map_or(usize::MAX, |largest| self.feed_mut(url).room(largest));
        let (mut own_keys, mut met) = (Vec::with_capacity(2 * document.keys.len()), HashSet::new());
        for (index, keys) in self.names(url, document, most).into_iter().enumerate() {
            let is_repeated = keys.iter().any(|key| met.contains(key));
            met.extend(keys.iter().copied());
            if self.knows(&keys) && is_repeated {
                // the first time it stands in the document counts: two wordings would be an edit at each poll
                absorbed.known += 1;
                self.learn_names(url, &keys);
            } else if self.knows(&keys) {
                absorbed.known += 1;
                absorbed.retold += usize::from(self.meet(url, document, index, &keys, now));
            } else if is_before(&document.feed.entries[index], since) {
                absorbed.too_old += 1;
                self.feed_mut(url).seen.add(keys.iter().copied());
            } else {
                let pending = self.pending(url, document, index, keys.clone(), now);
                let bytes = self.largest.map_or(0, |_| pending.least_bytes());
                // one is always taken, or a feed might stand still
                if absorbed.new == 0 || (absorbed.new < MOST_NEW && bytes <= room) {
                    absorbed.new += 1;
                    room = room.saturating_sub(bytes);
                    self.feed_mut(url).pending.push(pending);
                } else {
                    absorbed.left += 1;
                }
            }
            own_keys.extend(keys);
        }
        absorbed.overflowed = !first_read && absorbed.known == 0 && absorbed.new > 0;
        absorbed.guids_repeat = self.feed_mut(url).guids_repeat;
        self.feed_mut(url).seen.refresh(&own_keys, most.saturating_mul(2));
        absorbed
    }

    pub(super) fn knows(&self, keys: &[u64]) -> bool {
        self.feeds.values().any(|feed| feed.knows(keys))
    }

    fn pending(&self, url: &str, document: &Document, index: usize, keys: Vec<u64>, now: DateTime<Utc>) -> Pending {
        Pending {
            id: record::id(&self.name, keys[0]),
            keys,
            entry: document.feed.entries[index].clone(),
            carriers: vec![Carrying { feed: url.to_owned(), told: document.told[index] }],
            discovered_at: now,
            due: now,
            attempts: 0,
            trouble: None,
            content_cut: false,
            published: None,
        }
    }

    /// Meets a known entry again; tells whether the feed now says something else of it.
    fn meet(&mut self, url: &str, document: &Document, index: usize, keys: &[u64], now: DateTime<Utc>) -> bool {
        let Some((holder, position)) = self.learn_names(url, keys) else { return false };
        let pending = &mut self.feed_mut(&holder).pending[position];
        let retold = pending.hear(url, document.told[index]);
        // the entry stays as its first feed tells it: another feed's words are no edit of those
        if holder == url && (retold || pending.content_cut) {
            pending.entry = document.feed.entries[index].clone();
            pending.content_cut = false;
        }
        if holder == url && document.feed.entries[index].url.is_some() {
            pending.entry.url.clone_from(&document.feed.entries[index].url);
            pending.entry.url_as_told.clone_from(&document.feed.entries[index].url_as_told);
        }
        if retold && pending.published.is_some() {
            pending.due = now;
        }
        retold
    }

    /// Keeps all names of a known entry, so that it is still known when one of them changes. Tells where it is pending,
    /// if it is not resolved for good.
    fn learn_names(&mut self, url: &str, keys: &[u64]) -> Option<(String, usize)> {
        let found = self.feeds.iter().find_map(|(holder, feed)| {
            feed.pending.iter().position(|pending| pending.is(keys)).map(|position| (holder.clone(), position))
        });
        if let Some((holder, position)) = &found {
            let pending = &mut self.feed_mut(holder).pending[*position];
            let unnamed: Vec<u64> = keys.iter().copied().filter(|key| !pending.keys.contains(key)).collect();
            pending.keys.extend(unnamed);
        }
        if found.as_ref().is_none_or(|(holder, _)| holder != url) {
            self.feed_mut(url).seen.add(keys.iter().copied());
        }
        found
    }

    /// The pending entry with an id.
    pub fn find(&self, url: &str, id: &str) -> Option<&Pending> {
        self.feeds.get(url)?.pending.iter().find(|pending| pending.id == id)
    }

    fn find_mut(&mut self, url: &str, id: &str) -> Option<&mut Pending> {
        self.changed.insert(url.to_owned());
        self.feeds.get_mut(url)?.pending.iter_mut().find(|pending| pending.id == id)
    }

    /// The entry's text was published as a new revision, first or later.
    pub fn published(
        &mut self,
        url: &str,
        id: &str,
        revision: (u32, String),
        validators: Validators,
        looks: &[Duration],
        now: DateTime<Utc>,
    ) {
        let Some(pending) = self.find_mut(url, id) else { return };
        let (number, content_hash) = revision;
        let (first_at, look) = pending.published.as_ref().map_or((now, 0), |last| (last.first_at, last.look));
        pending.published = Some(Published { revision: number, content_hash, first_at, look, validators });
        pending.reduce();
        let keys = pending.keys.clone();
        self.feed_mut(url).seen.add(keys);
        self.schedule_look(url, id, looks, now);
    }

    /// The entry was looked at again and its text was the same, or its page did not answer for good.
    pub fn unchanged(&mut self, url: &str, id: &str, looks: &[Duration], now: DateTime<Utc>) {
        if let Some(pending) = self.find_mut(url, id) {
            pending.reduce();
        }
        self.schedule_look(url, id, looks, now);
    }

    /// The next look for edits that lies ahead; none left: the entry is resolved for good.
    fn schedule_look(&mut self, url: &str, id: &str, looks: &[Duration], now: DateTime<Utc>) {
        let Some(pending) = self.find_mut(url, id) else { return };
        let Some(published) = &mut pending.published else { return };
        let ahead = looks.iter().enumerate().skip(published.look).find_map(|(index, look)| {
            let at = published.first_at + delta(*look);
            (at > now).then_some((index, at))
        });
        match ahead {
            Some((index, at)) => {
                published.look = index;
                pending.due = at;
            }
            None => self.resolve(url, id),
        }
    }

    /// A feed has said something else of the entry while it was looked at: it is to be looked at once more.
    pub fn look_again(&mut self, url: &str, id: &str, now: DateTime<Utc>) {
        if let Some(pending) = self.find_mut(url, id) {
            pending.due = now;
        }
    }

    /// The page failed and is to be tried again; `asked` says whether it was asked for at all.
    pub fn postpone(&mut self, url: &str, id: &str, due: DateTime<Utc>, trouble: &str, asked: bool) {
        if let Some(pending) = self.find_mut(url, id) {
            pending.attempts = pending.attempts.saturating_add(u32::from(asked));
            pending.due = due;
            pending.trouble = Some(trouble.to_owned());
        }
    }

    /// The entry leaves the queue: its reject is in the same commit, or its last look is done.
    pub fn resolve(&mut self, url: &str, id: &str) {
        self.feed_mut(url).resolve(id);
    }
}

fn is_before(entry: &Entry, since: Option<DateTime<Utc>>) -> bool {
    let date = entry.published.or(entry.updated);
    since.is_some_and(|since| date.is_some_and(|date| date.at < since))
}
