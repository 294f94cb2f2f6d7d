//! An entry of a document is compared with what is known: it is new, or is observed again.
//!
//! PURE.

use chrono::{DateTime, Utc};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Names, Pending, SiteState,
    absorb::Policy,
    candidates::Reading,
    document::Document,
    entry::Carrier,
    key::tag,
    memory::{Article, Outcome, Resolved},
    shared::has_place,
    site::{KnownArticle, When},
};
use crate::feed::{
    Entry,
    identity::{EntryNames, NameKind},
};

impl SiteState {
    /// An unknown entry becomes pending; returns its key.
    pub(super) fn begin(
        &mut self,
        feed: &Reading<'_>,
        document: &Document,
        index: usize,
        policy: Policy<'_>,
        now: DateTime<Utc>,
    ) -> u64 {
        let (entry, names) = (&document.feed.entries[index], &document.names[index]);
        let key = self.new_key(names);
        let of_link: Vec<u64> = self.named(names.link).iter().map(KnownArticle::key).collect();
        let is_list = of_link.iter().any(|key| self.entry(*key).is_some_and(|pending| pending.shared_page));
        let shared = is_list || has_place(entry) && !self.named(names.folded).is_empty();
        of_link.iter().for_each(|key| self.supplant(*key, now));
        let carriers = vec![Carrier { feed: feed.url.to_owned(), digest: document.digests[index] }];
        let pending = Pending {
            feed_text_only: policy.feed_text_only,
            shared_page: shared,
            link_was_of: of_link.first().copied(),
            ..Pending::new(key, Names::of(names), entry.clone(), carriers, now)
        };
        self.insert(pending);
        self.mark(key, When::Later);
        key
    }

    /// What a record id is made of: the entry's first name and its date, so that a guid that is used again after years
    /// does not bring an old id back; if another article has that already, its next name.
    pub(super) fn new_key(&self, names: &EntryNames) -> u64 {
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

    /// An article shares its link with a new entry. A published article whose own page was where the new story is now
    /// is not checked again.
    pub(super) fn supplant(&mut self, key: u64, now: DateTime<Utc>) {
        if self.entries.get(&key).is_some_and(|other| other.published.is_some() && !other.shared_page) {
            self.let_go(key, now);
        }
    }

    /// A known entry is in the document; returns whether the feed says something else about it than before.
    pub(super) fn observe(
        &mut self,
        feed: &Reading<'_>,
        document: &Document,
        index: usize,
        key: u64,
        policy: Policy<'_>,
        now: DateTime<Utc>,
    ) -> bool {
        if self.entries.contains_key(&key) {
            return self.observe_pending(feed, document, index, key, policy, now);
        }
        let Some(mut article) = self.memory.article(key) else { return false };
        let (names, digest) = (&document.names[index], document.digests[index]);
        let slot = self.slot(&article, feed.tag);
        let before =
            slot.map_or((feed.tag, digest), |slot| std::mem::replace(&mut article.feeds[slot], (feed.tag, digest)));
        let changed = before.0 == feed.tag && before.1 != digest && before.1 != 0;
        if changed && article.is_published() {
            self.reopen(feed.url, &document.feed.entries[index], article, now);
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

    pub(super) fn observe_pending(
        &mut self,
        feed: &Reading<'_>,
        document: &Document,
        index: usize,
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
        if changed && pending.published.is_some() {
            changed = pending.changed_in(feed.url, now);
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
            // a session id that changes at each poll is not worth a write
            when = if feed.rotates || when == When::Later { when } else { When::Later };
        }
        self.insert(pending);
        self.mark(key, when);
        changed
    }

    /// A resolved article about which a feed says something else is pending again: its page is checked.
    pub(super) fn reopen(&mut self, feed: &str, entry: &Entry, article: Article, now: DateTime<Utc>) {
        let names: Names = self.memory.names(article.key).into_iter().collect();
        let mut pending = Pending::reopened(article, names, entry.clone(), feed, now);
        // the other feed that had it is known by its hash only
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

    /// Where an article remembers what a feed said about it: its own place, a free one, or that of a feed that is gone.
    pub(super) fn slot(&self, article: &Article, of: u16) -> Option<usize> {
        let place = |wanted: u16| article.feeds.iter().position(|(known, _)| *known == wanted);
        let is_gone = |known: u16| {
            let mut here = self.feeds.iter().filter(|(_, feed)| feed.removed_at.is_none());
            !here.any(|(url, _)| tag(url) == known)
        };
        place(of).or_else(|| place(0)).or_else(|| article.feeds.iter().position(|(known, _)| is_gone(*known)))
    }

    pub(super) fn learn_names(&mut self, feed: &Reading<'_>, key: u64, names: &EntryNames) {
        if !self.entries.contains_key(&key) || self.has_all_names(feed, key, names) {
            return;
        }
        self.change(key, When::Later, |pending| {
            feed.new_names(names).for_each(|name| _ = pending.names.add(name));
        });
    }

    pub(super) fn has_all_names(&self, feed: &Reading<'_>, key: u64, names: &EntryNames) -> bool {
        let mut new = feed.new_names(names);
        match self.entries.get(&key) {
            Some(pending) => new.all(|name| pending.names.knows(name)),
            None => new.all(|name| {
                let known = self.memory.kind_of(key, name.hash);
                known.is_some_and(|kind| kind == NameKind::Legacy || kind >= name.kind)
            }),
        }
    }

    pub(super) fn remember_too_old(&mut self, feed: &Reading<'_>, names: &EntryNames, digest: u32, now: DateTime<Utc>) {
        let article = Article {
            key: self.new_key(names),
            outcome: Outcome::TooOld,
            revision: 0,
            content: 0,
            day: super::day(now),
            title: names.title,
            date: names.date,
            feeds: [(feed.tag, digest), (0, 0)],
        };
        self.remember(Resolved { article, names: Names::of(names).iter().collect() });
    }
}
