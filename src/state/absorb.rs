//! Takes in the document of a poll: unknown entries become pending, known ones are observed.
//!
//! PURE. The work is linear in the entries of the document.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Names, Pending, SiteState,
    entry::Carrier,
    matching::{Evidence, Link, Mark},
    memory::{Article, Outcome, Resolved},
    shared::{Shared, has_place, shared},
    site::{Known, When},
};
use crate::feed::{
    Entry, Feed, Format,
    identity::{EntryNames, Name, NameKind, date_hash, title_hash},
};

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
        let feed = Reading {
            url,
            tag: tag(url),
            trusts_guids: trusts,
            rotates: self.links_rotate(url),
            guid_is_shared: false,
        };
        let shared = shared(document);
        let mut claims = self.claims(&feed, document, &shared);
        let (mut absorbed, mut tally) = (Absorbed::default(), Tally::default());
        for (index, names) in document.names.iter().enumerate() {
            let entry = &document.feed.entries[index];
            if let Some((key, evidence)) = self.best(&feed.of(shared[index]), names, index, &claims, &mut tally) {
                absorbed.known += 1;
                self.tally_link(&mut tally, key, names, &evidence);
                let claim = claims.entry(key).or_insert((index, 0));
                if claim.0 == index {
                    absorbed.changed +=
                        usize::from(self.observe(&feed, document, (index, shared[index].page), key, policy, now));
                } else {
                    // the first time that it stands in the document counts: two wordings would be an edit at each poll
                    self.learn_names(&feed, key, names);
                    note_merged(&mut absorbed, document, claim.0, index);
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
                let key = self.begin(&feed, document, (index, shared[index].page), policy, now);
                claims.insert(key, (index, BEGUN));
            }
        }
        // an index of sitemaps brings what has changed only
        let is_whole = document.feed.format != Format::SitemapIndex;
        absorbed.overflowed = is_whole && !first_read && absorbed.known == 0 && absorbed.new > 0;
        self.conclude(url, &tally, &mut absorbed);
        absorbed
    }

    /// Which entry of the document agrees most with each known article.
    fn claims(&self, feed: &Reading<'_>, document: &Document, shared: &[Shared]) -> HashMap<u64, (usize, u32)> {
        let mut claims: HashMap<u64, (usize, u32)> = HashMap::new();
        for (index, names) in document.names.iter().enumerate() {
            for known in self.candidates(names).into_iter().flatten() {
                let evidence = self.evidence(&feed.of(shared[index]), names, &known, None);
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
    fn candidates(&self, names: &EntryNames) -> [Option<Known<'_>>; 5] {
        let mut found = [names.guid, names.link, names.folded, names.title_and_date(), names.only_words()]
            .map(|hash| self.find(hash));
        for at in 1..found.len() {
            let (before, rest) = found.split_at_mut(at);
            if before.iter().flatten().any(|known| Some(known.key()) == rest[0].as_ref().map(Known::key)) {
                rest[0] = None;
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
        for known in self.candidates(names).into_iter().flatten() {
            let claim = claims.get(&known.key()).filter(|(by, _)| *by != index);
            let evidence = self.evidence(feed, names, &known, claim.map(|(_, strength)| *strength));
            let is_one = evidence.is_one_story();
            match evidence.guid_was_right(is_one).map(|right| right && !feed.guid_is_shared) {
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
        // a title and date that it had, or has in another feed
        let is_titled_so = has(names.title_and_date());
        let mark = |now: u32, then: u16| if is_titled_so { Mark::Same } else { Mark::of(now as u16, then) };
        Evidence {
            guid: match (names.guid != 0 && is_carried, guid) {
                (false, _) => Mark::Unknown,
                (true, true) => Mark::Same,
                (true, false) => Mark::Other,
            },
            guid_of_another_feed: guid && !is_carried,
            guids_are_trusted: feed.trusts_guids && !feed.guid_is_shared,
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
        (index, is_shared): (usize, bool),
        policy: Policy<'_>,
        now: DateTime<Utc>,
    ) -> u64 {
        let (entry, names) = (&document.feed.entries[index], &document.names[index]);
        let key = self.new_key(names);
        let link_was_of = self.find(names.link).map(|known| known.key());
        let shared = self.share_page(entry, names, now) || is_shared;
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
            link_was_of,
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

    /// Whether the link of a new entry leads to a place on a page that another story has a place on. A published one whose
    /// own page was where now the new story is is not looked at again.
    fn share_page(&mut self, entry: &Entry, names: &EntryNames, now: DateTime<Utc>) -> bool {
        if let Some(Known::Pending(other)) = self.find(names.link)
            && other.published.is_some()
            && !other.shared_page
        {
            self.let_go(other.key, now);
        }
        has_place(entry) && self.find(names.folded).is_some()
    }

    /// A known entry stands in the document; tells whether the feed says something else of it than before.
    fn observe(
        &mut self,
        feed: &Reading<'_>,
        document: &Document,
        (index, is_shared): (usize, bool),
        key: u64,
        policy: Policy<'_>,
        now: DateTime<Utc>,
    ) -> bool {
        if self.entries.contains_key(&key) {
            return self.observe_pending(feed, document, (index, is_shared), key, policy, now);
        }
        let Some(mut article) = self.memory.article(key) else { return false };
        let (names, digest) = (&document.names[index], document.digests[index]);
        let slot = self.slot(&article, feed.tag);
        let before =
            slot.map_or((feed.tag, digest), |slot| std::mem::replace(&mut article.feeds[slot], (feed.tag, digest)));
        let changed = before.0 == feed.tag && before.1 != digest && before.1 != 0;
        if changed && article.is_published() {
            self.reopen(feed.url, &document.feed.entries[index], article, now);
            self.change(key, When::Later, |pending| pending.shared_page = is_shared);
            self.learn_names(feed, key, names);
            return true;
        }
        let unknown = !self.has_all_names(feed, key, names);
        let old = super::day(now).saturating_sub(article.day) > self.horizon / 2;
        if changed || unknown || old || before != (feed.tag, digest) {
            let mut all: Names = self.memory.names(key).into_iter().collect();
            feed.new_names(names).for_each(|name| _ = all.add(name));
            article.day = super::day(now);
            self.remember(Resolved { article, names: all.iter().collect() });
        }
        false
    }

    fn observe_pending(
        &mut self,
        feed: &Reading<'_>,
        document: &Document,
        (index, is_shared): (usize, bool),
        key: u64,
        policy: Policy<'_>,
        now: DateTime<Utc>,
    ) -> bool {
        let (entry, digest) = (&document.feed.entries[index], document.digests[index]);
        let link = document.names[index].link;
        // whichever feed gives it: its page is there now
        let is_new_link = link != 0 && !feed.rotates && !self.entries.get(&key).is_some_and(|p| p.names.has(link));
        self.learn_names(feed, key, &document.names[index]);
        let Some(mut pending) = self.take(key) else { return false };
        let carriers = pending.carriers.len();
        let was_unknown = pending.carriers.iter().any(|carrier| carrier.feed == feed.url && carrier.digest == 0);
        let mut changed = pending.observe(feed.url, digest);
        let is_own = pending.feed() == feed.url;
        let mut when =
            if changed || was_unknown || carriers != pending.carriers.len() { When::Later } else { When::Never };
        if is_shared && !std::mem::replace(&mut pending.shared_page, true) {
            when = When::Later;
        }
        if changed && pending.published.is_some() {
            changed = pending.retold(feed.url, now);
            let is_feed_text = pending.published.as_ref().is_some_and(|published| published.is_feed_text);
            let has_new_link = changed && (is_new_link || is_own && pending.entry.url != entry.url);
            pending.published.iter_mut().for_each(|published| published.has_new_link |= has_new_link);
            if changed && (is_own || is_feed_text) {
                pending.entry = entry.clone();
            } else if changed && entry.title.is_some() {
                // the page will have the newest headline
                pending.entry.title.clone_from(&entry.title);
            }
            if changed {
                pending.schedule(policy.rechecks, now);
            }
        } else if is_own && (changed || pending.content_cut) {
            pending.entry = entry.clone();
            pending.content_cut = false;
        }
        if (is_own || is_new_link) && entry.url.is_some() && pending.entry.url != entry.url {
            pending.entry.url.clone_from(&entry.url);
            pending.entry.url_as_told.clone_from(&entry.url_as_told);
            // a session id that is another one at each poll is not worth a write
            when = if feed.rotates || when == When::Later { when } else { When::Later };
        }
        self.insert(pending);
        self.mark(key, when);
        changed
    }

    /// A resolved article of which a feed says something else is pending again: its page is looked at.
    pub(super) fn reopen(&mut self, feed: &str, entry: &Entry, article: Article, now: DateTime<Utc>) {
        let names: Names = self.memory.names(article.key).into_iter().collect();
        let mut pending = Pending::reopened(article, names, entry.clone(), feed, now);
        // the other feed that carried it is known by its hash only
        let urls: Vec<(u16, String)> = self.feeds.keys().map(|url| (tag(url), url.clone())).collect();
        for (feed_tag, digest) in article.feeds.into_iter().filter(|(known, _)| *known != tag(feed) && *known != 0) {
            if let Some((_, url)) = urls.iter().find(|(known, _)| *known == feed_tag) {
                pending.carriers.push(Carrier { feed: url.clone(), digest });
            }
        }
        let key = pending.key;
        self.insert(pending);
        self.mark(key, When::Later);
    }

    /// Where an article remembers what a feed said of it: its own place, a free one, or that of a feed that is gone.
    pub(super) fn slot(&self, article: &Article, of: u16) -> Option<usize> {
        let place = |wanted: u16| article.feeds.iter().position(|(known, _)| *known == wanted);
        let is_gone = |known: u16| {
            let mut here = self.feeds.iter().filter(|(_, feed)| feed.removed_at.is_none());
            !here.any(|(url, _)| tag(url) == known)
        };
        place(of).or_else(|| place(0)).or_else(|| article.feeds.iter().position(|(known, _)| is_gone(*known)))
    }

    fn learn_names(&mut self, feed: &Reading<'_>, key: u64, names: &EntryNames) {
        if !self.entries.contains_key(&key) || self.has_all_names(feed, key, names) {
            return;
        }
        self.change(key, When::Later, |pending| {
            feed.new_names(names).for_each(|name| _ = pending.names.add(name));
        });
    }

    fn has_all_names(&self, feed: &Reading<'_>, key: u64, names: &EntryNames) -> bool {
        let mut new = feed.new_names(names);
        match self.entries.get(&key) {
            Some(pending) => new.all(|name| pending.names.knows(name)),
            None => new.all(|name| {
                let known = self.memory.find(name.hash);
                known.is_some_and(|(article, kind)| article.key == key && kind >= name.kind)
            }),
        }
    }

    fn remember_too_old(&mut self, feed: &Reading<'_>, names: &EntryNames, digest: u32, now: DateTime<Utc>) {
        let article = Article {
            key: self.new_key(names),
            outcome: Outcome::TooOld,
            revision: 0,
            content: 0,
            day: super::day(now),
            title: names.title as u16,
            date: names.date as u16,
            feeds: [(feed.tag, digest), (0, 0)],
        };
        self.remember(Resolved { article, names: Names::of(names).iter().collect() });
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
        self.feeds.get(url).is_some_and(|feed| feed.links_rotate())
    }
}

/// A feed that is being read.
#[derive(Debug, Clone, Copy)]
struct Reading<'a> {
    url: &'a str,
    tag: u16,
    trusts_guids: bool,
    rotates: bool,
    /// Of the entry that is looked at: another story of the document has its guid.
    guid_is_shared: bool,
}

impl Reading<'_> {
    /// The same, for one entry.
    fn of(self, shared: Shared) -> Self {
        Self { guid_is_shared: shared.guid, ..self }
    }

    /// The names of an entry that are worth keeping.
    fn new_names(self, names: &EntryNames) -> impl Iterator<Item = Name> + use<> {
        let is_link = |kind| matches!(kind, NameKind::Folded | NameKind::Link);
        names.names().filter(move |name| {
            !(self.rotates && is_link(name.kind)) && !(!self.trusts_guids && name.kind == NameKind::Guid)
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
