//! A known entry is met again in a document of its feed.
//!
//! PURE.

use chrono::{DateTime, Utc};

use super::{Document, Policy, Reading, tag};
use crate::{
    feed::{
        Entry,
        identity::{EntryNames, NameKind},
    },
    state::{
        Names, Pending, SiteState,
        entry::Carrier,
        memory::{Article, Outcome, Resolved},
        site::When,
    },
};

impl SiteState {
    /// A known entry stands in the document; tells whether the feed says something else of it than before.
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
        let slot = article.feeds.iter().position(|(tag, _)| *tag == feed.tag);
        let slot = slot.or_else(|| article.feeds.iter().position(|(tag, _)| *tag == 0));
        let before =
            slot.map_or((feed.tag, digest), |slot| std::mem::replace(&mut article.feeds[slot], (feed.tag, digest)));
        let changed = before.0 == feed.tag && before.1 != digest && before.1 != 0;
        if changed && matches!(article.outcome, Outcome::Published | Outcome::PublishedFeedText) {
            self.reopen(feed, &document.feed.entries[index], article, now);
            self.learn_names(feed, key, names);
            return true;
        }
        let unknown = !self.has_all_names(feed, key, names);
        let old = super::super::day(now).saturating_sub(article.day) > self.horizon / 2;
        if changed || unknown || old || before != (feed.tag, digest) {
            let mut all: Names = self.memory.names(key).into_iter().collect();
            feed.new_names(names).for_each(|name| _ = all.add(name));
            article.day = super::super::day(now);
            self.remember(Resolved { article, names: all.iter().collect() });
        }
        false
    }

    fn observe_pending(
        &mut self,
        feed: &Reading<'_>,
        document: &Document,
        index: usize,
        key: u64,
        policy: Policy<'_>,
        now: DateTime<Utc>,
    ) -> bool {
        let (entry, digest) = (&document.feed.entries[index], document.digests[index]);
        self.learn_names(feed, key, &document.names[index]);
        let Some(mut pending) = self.take(key) else { return false };
        let carriers = pending.carriers.len();
        let was_unknown = pending.carriers.iter().any(|carrier| carrier.feed == feed.url && carrier.digest == 0);
        let mut changed = pending.observe(feed.url, digest);
        let is_own = pending.feed() == feed.url;
        let mut when =
            if changed || was_unknown || carriers != pending.carriers.len() { When::Later } else { When::Never };
        if changed && pending.published.is_some() {
            changed = pending.retold(feed.url, now);
            let is_feed_text = pending.published.as_ref().is_some_and(|published| published.is_feed_text);
            if changed && (is_own || is_feed_text) {
                let has_new_link = pending.entry.url != entry.url;
                pending.published.iter_mut().for_each(|published| published.has_new_link |= has_new_link);
                pending.entry = entry.clone();
            }
            if changed {
                pending.schedule(policy.rechecks, now);
            }
        } else if is_own && (changed || pending.content_cut) {
            pending.entry = entry.clone();
            pending.content_cut = false;
        }
        if is_own && entry.url.is_some() && pending.entry.url != entry.url {
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
    fn reopen(&mut self, feed: &Reading<'_>, entry: &Entry, article: Article, now: DateTime<Utc>) {
        let names: Names = self.memory.names(article.key).into_iter().collect();
        let mut pending = Pending::reopened(article, names, entry.clone(), feed.url, now);
        // the other feed that carried it is known by its hash only
        let urls: Vec<(u16, String)> = self.feeds.keys().map(|url| (tag(url), url.clone())).collect();
        for (feed_tag, digest) in article.feeds.into_iter().filter(|(known, _)| *known != feed.tag && *known != 0) {
            if let Some((_, url)) = urls.iter().find(|(known, _)| *known == feed_tag) {
                pending.carriers.push(Carrier { feed: url.clone(), digest });
            }
        }
        let key = pending.key;
        self.insert(pending);
        self.mark(key, When::Later);
    }

    pub(super) fn learn_names(&mut self, feed: &Reading<'_>, key: u64, names: &EntryNames) {
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
            day: super::super::day(now),
            title: names.title as u16,
            date: names.date as u16,
            feeds: [(feed.tag, digest), (0, 0)],
        };
        self.remember(Resolved { article, names: Names::of(names).iter().collect() });
    }
}
