//! Absorbs the document of a poll: unknown entries become pending, known ones are observed.
//!
//! PURE. The work is linear in the entries of the document.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    FeedState, Pending, SiteState,
    candidates::Reading,
    document::{BEGUN, Document, Tally},
    key::tag,
    matching::{Evidence, Link},
    memory::Outcome,
    pages::has_a_story,
    shared::{shared_guids, shared_pages},
    site::When,
};
use crate::feed::{Entry, Format, identity::EntryNames};

/// The most entries of a site that wait for their first page: the rest is left in the feed, whose validators are not
/// kept.
const MOST_WAITING: usize = 25_000;
/// The same limit in bytes.
const MOST_WAITING_BYTES: usize = 24 << 20;

/// What the configuration says about new entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy<'a> {
    /// Of a feed that is read for the first time, entries dated before this are only remembered.
    pub since: Option<DateTime<Utc>>,
    /// Entries older than the memory are followed, although they may have been published long ago.
    pub publish_old: bool,
    /// No pages are requested.
    pub feed_text_only: bool,
    /// The document was not fetched completely.
    pub is_cut: bool,
    /// When published articles are rechecked, counted from their publication.
    pub rechecks: &'a [Duration],
}

/// What a document brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absorbed {
    /// Entries that became pending.
    pub new: usize,
    /// Entries that were known.
    pub known: usize,
    /// Known ones about which the feed now says something else.
    pub changed: usize,
    /// New ones left for the next poll: too many are already waiting.
    pub left: usize,
    /// New ones that are not followed: older than configured, or than the memory.
    pub too_old: usize,
    /// None was known, though the feed was read before: some may have appeared and disappeared between two polls.
    pub overflowed: bool,
    /// Entries that were taken for a story with other names, and the first of them.
    pub merged: usize,
    /// The names of the first of them.
    pub merged_example: Option<String>,
    /// The feed's guids are used for one story after another, and are not believed.
    pub guids_repeat: bool,
    /// Its links change at each poll, and are not names.
    pub links_rotate: bool,
}

impl SiteState {
    /// Absorbs a document of a feed.
    pub fn absorb(&mut self, url: &str, document: &Document, policy: Policy<'_>, now: DateTime<Utc>) -> Absorbed {
        let (first_read, trusts) = self.feeds.get(url).map_or((true, true), |f| (!f.was_read, f.trusts_guids()));
        let policy = Policy { since: policy.since.filter(|_| first_read), ..policy };
        let horizon = self.old_before(url, document, now).filter(|_| !policy.publish_old);
        let rotates = self.links_rotate(url);
        let feed = Reading { url, tag: tag(url), trusts_guids: trusts, rotates, guid_is_shared: false };
        let shared = shared_guids(document);
        let mut claims = self.claims(&feed, document, &shared);
        let mut stories = vec![None; document.names.len()];
        let (mut absorbed, mut tally) = (Absorbed::default(), Tally::default());
        // the first occurrence of an article in the document counts: two wordings would be an edit at each poll
        let mut met: HashMap<u64, usize> = HashMap::new();
        for (index, names) in document.names.iter().enumerate() {
            let entry = &document.feed.entries[index];
            if let Some((key, evidence)) =
                self.best(&feed.of(shared[index]), &document.names, index, &claims, &mut tally)
            {
                absorbed.known += 1;
                stories[index] = Some(key);
                self.tally_link(&mut tally, key, names, &evidence);
                if let Some(first) = met.get(&key) {
                    self.learn_names(&feed, key, names);
                    note_merged(&mut absorbed, document, *first, index);
                } else {
                    met.insert(key, index);
                    absorbed.changed += usize::from(self.observe(&feed, document, index, key, policy, now));
                }
            } else if is_before(entry, policy.since) || is_before(entry, horizon) {
                absorbed.too_old += 1;
                if horizon.is_none() {
                    self.remember_too_old(&feed, names, document.digests[index], now);
                }
            } else if self.waiting >= MOST_WAITING || self.waiting_bytes >= MOST_WAITING_BYTES {
                absorbed.left += 1;
            } else {
                absorbed.new += 1;
                let key = self.begin(&feed, document, index, policy, now);
                claims.insert(key, (index, BEGUN));
                stories[index] = Some(key);
                met.insert(key, index);
            }
        }
        self.share_pages(&shared_pages(document, &stories));
        // an index of sitemaps brings only what has changed
        let is_whole = document.feed.format != Format::SitemapIndex;
        absorbed.overflowed = is_whole && !first_read && absorbed.known == 0 && absorbed.new > 0;
        self.conclude(url, &tally, &mut absorbed, policy.is_cut, now);
        absorbed
    }

    /// Several stories lead to one page: it belongs to none of them. If one of them was published from it, and the
    /// others have too little in the feed to be stories by themselves, the page will show whether they are that one
    /// again.
    fn share_pages(&mut self, stories: &BTreeSet<u64>) {
        let has_page = |key: &u64| match self.entries.get(key) {
            Some(Pending { shared_page: true, .. }) => false,
            Some(pending) => pending.published.as_ref().is_some_and(|published| !published.is_feed_text),
            None => self.memory.article(*key).is_some_and(|article| article.outcome == Outcome::Published),
        };
        let is_story = |key: &u64| {
            let pending = self.entries.get(key).filter(|pending| pending.published.is_none());
            pending.is_some_and(|pending| has_a_story(&pending.entry))
        };
        if stories.iter().any(has_page) && !stories.iter().any(is_story) {
            return;
        }
        for key in stories {
            if self.entry(*key).is_some_and(|pending| !pending.shared_page) {
                self.change(*key, When::Later, |pending| pending.shared_page = true);
            }
        }
    }

    /// Up to which date an unknown entry may be one that was published and forgotten. Not in a feed that is read for
    /// the first time. If the whole document is that old, only if the site has been known for longer than the memory
    /// lasts: before that, nothing was forgotten.
    fn old_before(&self, url: &str, document: &Document, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.feeds.get(url).filter(|feed| feed.was_read)?;
        let horizon = now - TimeDelta::days(self.horizon.into());
        let dates = document.feed.entries.iter().filter_map(|entry| entry.date());
        let is_alive = dates.map(|date| date.at.to_utc()).max().is_some_and(|newest| newest >= horizon);
        // a feed of version 0.1 does not say when it was first seen
        let met = |feed: &FeedState| feed.was_read && feed.first_read_at.is_none_or(|at| at < horizon);
        (is_alive || self.feeds.values().any(|feed| met(feed))).then_some(horizon)
    }

    fn tally_link(&self, tally: &mut Tally, key: u64, names: &EntryNames, evidence: &Evidence) {
        if names.link != 0 && self.entries.get(&key).is_none_or(|pending| pending.entry.url.is_some()) {
            tally.with_link += 1;
            tally.other_link += usize::from(evidence.link == Link::Other);
        }
    }

    /// What the document shows about its feed's guids and links.
    fn conclude(&mut self, url: &str, tally: &Tally, absorbed: &mut Absorbed, is_cut: bool, now: DateTime<Utc>) {
        let left = absorbed.left;
        let feed = self.feed_mut(url);
        if left == 0 && !is_cut && !feed.was_read {
            feed.was_read = true;
            feed.first_read_at = Some(now);
        }
        if tally.guids_wrong > tally.guids_right {
            feed.guid_trust = feed.guid_trust.saturating_sub(2).max(-8);
        } else if tally.guids_right > 0 {
            feed.guid_trust = (feed.guid_trust + 1).min(4);
        }
        let rotated = tally.with_link >= 3 && 2 * tally.other_link > tally.with_link;
        feed.link_changes = if rotated { (feed.link_changes + 1).min(4) } else { feed.link_changes.saturating_sub(1) };
        absorbed.guids_repeat = !feed.trusts_guids();
        absorbed.links_rotate = feed.links_rotate();
    }

    pub(super) fn links_rotate(&self, url: &str) -> bool {
        self.feeds.get(url).is_some_and(|feed| feed.links_rotate())
    }
}

fn note_merged(absorbed: &mut Absorbed, document: &Document, first: usize, second: usize) {
    let entry = |index: usize| &document.feed.entries[index];
    let (first, second) = (entry(first), entry(second));
    if first.guid == second.guid && first.url == second.url {
        return;
    }
    absorbed.merged += 1;
    absorbed.merged_example.get_or_insert_with(|| {
        let name =
            |entry: &Entry| entry.guid.clone().or_else(|| Some(entry.url.as_ref()?.to_string())).unwrap_or_default();
        format!("{} is {}", name(second), name(first))
    });
}

fn is_before(entry: &Entry, since: Option<DateTime<Utc>>) -> bool {
    let date = entry.date();
    since.is_some_and(|since| date.is_some_and(|date| date.at < since))
}
