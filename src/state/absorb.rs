//! Takes in the document of a poll: unknown entries become pending, known ones are observed.
//!
//! PURE. The work is linear in the entries of the document.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    FeedState, Names, Pending, SiteState,
    entry::Carrier,
    matching::{Evidence, Link, Mark},
    memory::Outcome,
    site::{Known, When},
};
use crate::feed::{
    Entry, Feed,
    identity::{EntryNames, Name, NameKind, date_hash, title_hash},
};

mod observe;

/// Entries of a site that wait for their first page: the rest is left in the feed, whose validators are withheld.
const MOST_WAITING: usize = 25_000;
/// Likewise in bytes.
const MOST_WAITING_BYTES: usize = 24 << 20;

/// The strength of a claim on an article that the document itself began.
const BEGUN: u32 = u32::MAX;

/// A feed document with the names of its entries.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document.
    pub feed: Feed,
    /// One for each entry.
    pub names: Vec<EntryNames>,
    /// Hash of what the feed says, one for each entry.
    pub digests: Vec<u32>,
}

/// What the configuration wants of new entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy<'a> {
    /// Of a feed that is read for the first time, entries dated before this are only remembered.
    pub since: Option<DateTime<Utc>>,
    /// Entries dated before the horizon of the memory are followed, although they may have been published long ago.
    pub publish_old: bool,
    /// No pages are asked for.
    pub feed_text_only: bool,
    /// When published articles are looked at again, counted from their publication.
    pub rechecks: &'a [Duration],
}

/// What a document brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absorbed {
    /// Entries that became pending.
    pub new: usize,
    /// Entries that were known.
    pub known: usize,
    /// Known ones of which the feed now says something else.
    pub changed: usize,
    /// New ones left for the next poll: too many wait already.
    pub left: usize,
    /// New ones that are not followed: older than what is wanted, or than what is remembered.
    pub too_old: usize,
    /// None was known, though the feed was read before: some may have come and gone between two polls.
    pub overflowed: bool,
    /// Entries that were taken for a story that has other names, and the first of them.
    pub merged: usize,
    /// The names of the first of them.
    pub merged_example: Option<String>,
    /// The feed's guids name one story after the other, and are not believed.
    pub guids_repeat: bool,
    /// Its links change at each poll, and are no names.
    pub links_rotate: bool,
}

/// What one pass over a document finds out about its feed.
#[derive(Debug, Default)]
struct Tally {
    guids_right: usize,
    guids_wrong: usize,
    with_link: usize,
    other_link: usize,
}

impl SiteState {
    /// Takes in a document of a feed.
    pub fn absorb(&mut self, url: &str, document: &Document, policy: Policy<'_>, now: DateTime<Utc>) -> Absorbed {
        let (first_read, trusts) = self.feeds.get(url).map_or((true, true), |f| (!f.was_read, f.trusts_guids()));
        let policy = Policy { since: policy.since.filter(|_| first_read), ..policy };
        let horizon = (!first_read && !policy.publish_old).then(|| now - TimeDelta::days(self.horizon.into()));
        let feed = Reading { url, tag: tag(url), trusts_guids: trusts, rotates: self.links_rotate(url) };
        let mut claims = self.claims(&feed, document);
        let (mut absorbed, mut tally) = (Absorbed::default(), Tally::default());
        // the first time that an article is in the document counts: two wordings would be an edit at each poll
        let mut met: HashMap<u64, usize> = HashMap::new();
        for (index, names) in document.names.iter().enumerate() {
            let entry = &document.feed.entries[index];
            if let Some((key, evidence)) = self.best(&feed, names, index, &claims, &mut tally) {
                absorbed.known += 1;
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
                let key = self.begin(&feed, document, index, &claims, policy, now);
                claims.insert(key, (index, BEGUN));
                met.insert(key, index);
            }
        }
        absorbed.overflowed = !first_read && absorbed.known == 0 && absorbed.new > 0;
        self.conclude(url, &tally, &mut absorbed);
        absorbed
    }

    /// Which entry of the document agrees most with each known article.
    fn claims(&self, feed: &Reading<'_>, document: &Document) -> HashMap<u64, (usize, u32)> {
        let mut claims: HashMap<u64, (usize, u32)> = HashMap::new();
        for (index, names) in document.names.iter().enumerate() {
            for known in self.candidates(names) {
                let evidence = self.evidence(feed, names, &known, None);
                let strength = evidence.strength();
                let claim = claims.entry(known.key()).or_insert((index, strength));
                if strength > claim.1 && evidence.is_one_story() {
                    *claim = (index, strength);
                }
            }
        }
        claims
    }

    /// The articles that share a name with an entry, each once.
    fn candidates(&self, names: &EntryNames) -> Vec<Known<'_>> {
        let mut found: Vec<Known<'_>> = Vec::new();
        for hash in [names.guid, names.link, names.folded, names.title_and_date(), names.only_words()] {
            for known in self.named(hash) {
                if found.iter().all(|other| other.key() != known.key()) {
                    found.push(known);
                }
            }
        }
        found
    }

    /// The article that an entry is, if it is one.
    fn best(
        &self,
        feed: &Reading<'_>,
        names: &EntryNames,
        index: usize,
        claims: &HashMap<u64, (usize, u32)>,
        tally: &mut Tally,
    ) -> Option<(u64, Evidence)> {
        let mut best: Option<(u64, Evidence)> = None;
        for known in self.candidates(names) {
            let claim = claims.get(&known.key()).filter(|(by, _)| *by != index);
            let evidence = self.evidence(feed, names, &known, claim.map(|(_, strength)| *strength));
            let is_one = evidence.is_one_story();
            match evidence.guid_was_right(is_one) {
                Some(true) => tally.guids_right += 1,
                Some(false) => tally.guids_wrong += 1,
                None => {}
            }
            let stronger = |(_, other): &(u64, Evidence)| evidence.strength() > other.strength();
            if is_one && best.as_ref().is_none_or(stronger) {
                best = Some((known.key(), evidence));
            }
        }
        best
    }

    /// `claim` is how strongly another entry of the document is the article.
    fn evidence(&self, feed: &Reading<'_>, names: &EntryNames, known: &Known<'_>, claim: Option<u32>) -> Evidence {
        let kind = |hash: u64| self.kind_of(known, hash);
        let has = |hash: u64| kind(hash).is_some();
        let (title, date, is_carried) = match known {
            Known::Pending(pending) => {
                let title = pending.entry.title.as_deref().map_or(0, title_hash);
                (title as u16, date_hash(&pending.entry) as u16, pending.is_carried_by(feed.url))
            }
            Known::Resolved(article) => {
                (article.title, article.date, article.feeds.iter().any(|(tag, _)| *tag == feed.tag))
            }
        };
        let is_legacy = match known {
            Known::Pending(pending) => pending.names.iter().all(|name| name.kind == NameKind::Legacy),
            Known::Resolved(article) => article.outcome == Outcome::Legacy,
        };
        let guid = has(names.guid);
        // once told so is as good as told so last
        let once = has(names.title_and_date());
        let mark = |one: u32, other: u16| if once && one != 0 { Mark::Same } else { Mark::of(one as u16, other) };
        Evidence {
            guid: match (names.guid != 0 && is_carried, guid) {
                (false, _) => Mark::Unknown,
                (true, true) => Mark::Same,
                (true, false) => Mark::Other,
            },
            guid_of_another_feed: guid && !is_carried,
            guids_are_trusted: feed.trusts_guids,
            link: match names.link {
                0 => Link::Unknown,
                link if matches!(kind(link), Some(NameKind::Link | NameKind::Legacy)) => Link::Same,
                link if kind(link).or(kind(names.folded)).is_some() => Link::Folded,
                _ => Link::Other,
            },
            title: mark(names.title, title),
            date: mark(names.date, date),
            date_is_a_day: names.date_is_a_day,
            words: has(names.only_words()),
            is_legacy,
            is_claimed: claim.is_some(),
            is_of_list: claim == Some(BEGUN) || matches!(known, Known::Pending(pending) if pending.shared_page),
        }
    }

    /// An unknown entry becomes pending; tells its key.
    fn begin(
        &mut self,
        feed: &Reading<'_>,
        document: &Document,
        index: usize,
        claims: &HashMap<u64, (usize, u32)>,
        policy: Policy<'_>,
        now: DateTime<Utc>,
    ) -> u64 {
        let (entry, names) = (&document.feed.entries[index], &document.names[index]);
        let key = self.new_key(names);
        let of_link: Vec<u64> = self.named(names.link).iter().map(Known::key).collect();
        let is_beside = |key: &u64| claims.get(key).is_some_and(|(by, _)| *by != index);
        let shared = of_link.iter().any(is_beside);
        of_link.iter().for_each(|key| self.share_page(*key, shared, now));
        let pending = Pending {
            key,
            names: Names::of(names),
            entry: entry.clone(),
            carriers: vec![Carrier { feed: feed.url.to_owned(), digest: document.digests[index] }],
            discovered_at: now,
            due: now,
            attempts: 0,
            failing_since: None,
            last_error: None,
            content_cut: false,
            feed_text_only: policy.feed_text_only,
            shared_page: shared,
            link_was_of: of_link.first().copied(),
            is_rejected: false,
            published: None,
        };
        self.insert(pending);
        self.mark(key, When::Later);
        key
    }

    /// What a record id is made of: the entry's first name and its date, so that a guid that is used again after years does
    /// not bring an old id back; where another article has that already, its next name.
    fn new_key(&self, names: &EntryNames) -> u64 {
        let of = |name: u64, salt: u64| {
            let mut bytes = b"copydesk key 2\0".to_vec();
            bytes.extend(name.to_be_bytes());
            bytes.extend(names.date.to_be_bytes());
            bytes.extend(salt.to_be_bytes());
            xxh3_64(&bytes)
        };
        let named = [names.guid, names.folded, names.link, names.words].into_iter().filter(|name| *name != 0);
        let salted = (1..).map(|salt| of(names.words, salt));
        let mut keys = named.map(|name| of(name, 0)).chain(salted);
        keys.find(|key| !self.has_key(*key)).expect("there is no end of salts")
    }

    /// An entry has its link in common with a new one. Where both are in one document (`shared`), the page is neither's own; a
    /// published one whose link now leads to the new story is not looked at again.
    fn share_page(&mut self, key: u64, shared: bool, now: DateTime<Utc>) {
        let Some(other) = self.entries.get(&key) else { return };
        if other.published.is_some() {
            self.let_go(key, now);
        } else if shared {
            self.change(key, When::Later, |other| other.shared_page = true);
        }
    }

    fn tally_link(&self, tally: &mut Tally, key: u64, names: &EntryNames, evidence: &Evidence) {
        if names.link != 0 && self.entries.get(&key).is_none_or(|pending| pending.entry.url.is_some()) {
            tally.with_link += 1;
            tally.other_link += usize::from(evidence.link == Link::Other);
        }
    }

    /// What the document says of its feed's guids and links.
    fn conclude(&mut self, url: &str, tally: &Tally, absorbed: &mut Absorbed) {
        let left = absorbed.left;
        let feed = self.feed_mut(url);
        feed.was_read |= left == 0;
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

    fn links_rotate(&self, url: &str) -> bool {
        self.feeds.get(url).is_some_and(FeedState::links_rotate)
    }
}

/// A feed that is being read.
#[derive(Debug, Clone, Copy)]
struct Reading<'a> {
    url: &'a str,
    tag: u16,
    trusts_guids: bool,
    rotates: bool,
}

impl Reading<'_> {
    /// The names of an entry that are worth keeping.
    fn new_names(self, names: &EntryNames) -> impl Iterator<Item = Name> + use<> {
        names.names().filter(move |name| match name.kind {
            NameKind::Guid => self.trusts_guids,
            NameKind::Folded | NameKind::Link => !self.rotates,
            _ => true,
        })
    }
}

/// 16 bits of a feed's URL, never 0.
pub(super) fn tag(url: &str) -> u16 {
    (xxh3_64(url.as_bytes()) as u16).max(1)
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
    let date = entry.published.or(entry.updated);
    since.is_some_and(|since| date.is_some_and(|date| date.at < since))
}
