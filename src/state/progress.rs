//! What happens to an entry: published, rechecked, tried again, resolved.
//!
//! PURE.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Names, Pending, Published, SiteState,
    entry::{Candidate, Carrier, Next},
    key::tag,
    memory::{Article, MOST_FEEDS, Outcome, Resolved},
    site::When,
};
use crate::{
    article::Print,
    feed::{
        Entry,
        identity::{date_hash, title_hash},
    },
    fetch::Validators,
    record,
};

/// A revision that is published.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Publication {
    /// 32 bits of its content hash.
    pub content: u32,
    /// Its text is the feed's.
    pub is_feed_text: bool,
    /// All text of its page.
    pub page: Option<Print>,
    /// Its title and text.
    pub text: Option<Print>,
    /// Length of its text in bytes.
    pub length: usize,
    /// The page's URL after redirects, if it is not the entry's link.
    pub url: Option<String>,
    /// The page's validators.
    pub validators: Validators,
}

/// 32 bits of a content hash.
pub fn content(hash: &str) -> u32 {
    hash.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

impl SiteState {
    /// An entry's text is published as a new revision, first or later.
    ///
    /// `is_late` says that a feed has said something else about it since its page was requested.
    pub fn published(
        &mut self,
        key: u64,
        publication: Publication,
        rechecks: &[Duration],
        is_late: bool,
        now: DateTime<Utc>,
    ) {
        let Some(mut pending) = self.take(key) else { return };
        let mut published = pending.published.take().unwrap_or_default();
        published.revise(publication.content, now);
        published.is_feed_text = publication.is_feed_text;
        published.page = publication.page;
        published.text = publication.text;
        published.length = publication.length;
        published.url = publication.url;
        published.validators = publication.validators;
        if published.revision > 1 {
            published.looked_at(rechecks, true, is_late, now);
        } else {
            published.changed_in_feed = is_late;
        }
        pending.published = Some(published);
        pending.reduce();
        self.put_back(pending, rechecks, When::Now, now);
    }

    /// An entry was rechecked, and there is no revision to publish. A `candidate` is a content that counts if it is
    /// seen again; `validators` are the page's newest ones, if it was fetched.
    pub fn unchanged(
        &mut self,
        key: u64,
        candidate: Option<u32>,
        validators: Option<Validators>,
        rechecks: &[Duration],
        is_late: bool,
        now: DateTime<Utc>,
    ) {
        let Some(mut pending) = self.take(key) else { return };
        let had_failed = pending.last_error.is_some();
        let before = pending.published.clone();
        if let Some(published) = &mut pending.published {
            published.looked_at(rechecks, false, is_late, now);
            published.candidate = candidate.map(|content| match published.candidate {
                Some(before) if before.content == content => before,
                _ => Candidate { content, at: now },
            });
            if let Some(validators) = validators {
                published.validators = validators;
            }
        }
        let is_news = before.zip(pending.published.as_ref()).is_some_and(|(before, after)| {
            let (recheck, validators) = (after.recheck, after.validators.clone());
            Published { recheck, validators, ..before } != *after
        });
        pending.reduce();
        let when = if had_failed || is_news { When::Later } else { When::AtLeisure };
        self.put_back(pending, rechecks, when, now);
    }

    /// Rechecks of an entry that were due before a time are done.
    pub(super) fn skip_rechecks(&mut self, key: u64, rechecks: &[Duration], before: DateTime<Utc>, now: DateTime<Utc>) {
        let Some(mut pending) = self.take(key) else { return };
        if let Some(published) = &mut pending.published {
            published.skip_rechecks(rechecks, before);
        }
        self.put_back(pending, rechecks, When::Never, now);
    }

    /// The time of a published entry that needs no check of its page is over.
    pub fn let_time_pass(&mut self, key: u64, rechecks: &[Duration], now: DateTime<Utc>) {
        if let Some(pending) = self.take(key) {
            self.put_back(pending, rechecks, When::Never, now);
        }
    }

    /// A published entry goes back into the queue, or into the memory if there is nothing more to do.
    fn put_back(&mut self, mut pending: Pending, rechecks: &[Duration], when: When, now: DateTime<Utc>) {
        let key = pending.key;
        if pending.schedule(rechecks, now) {
            self.insert(pending);
            self.mark(key, when);
        } else {
            self.remember(resolved(&pending, now));
            self.mark(key, When::Now);
        }
    }

    /// A page failed and is to be tried again; `asked` says whether it was requested at all, and so counts.
    pub fn postpone(&mut self, key: u64, due: DateTime<Utc>, error: &str, asked: bool, now: DateTime<Utc>) {
        self.change(key, When::Later, |pending| {
            if asked {
                pending.attempts = pending.attempts.saturating_add(1);
                pending.failing_since.get_or_insert(now);
            }
            pending.due = due;
            pending.last_error = Some(error.to_owned());
        });
    }

    /// The entry is rejected in the same commit. If `again` is given, its page is tried again then: a record may
    /// follow.
    pub fn rejected(&mut self, key: u64, again: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if let Some(due) = again {
            self.change(key, When::Now, |pending| {
                pending.is_rejected = true;
                pending.attempts = pending.attempts.saturating_add(1);
                pending.failing_since.get_or_insert(now);
                pending.due = due;
            });
        } else if let Some(pending) = self.take(key) {
            self.remember(resolved(&pending, now));
            self.mark(key, When::Now);
        }
    }

    /// The same, by the record id: its record is too large to be stored.
    pub fn rejected_by_id(&mut self, id: &str, now: DateTime<Utc>) {
        let key = self.entries.keys().copied().find(|key| record::id(&self.name, *key) == id);
        if let Some(mut pending) = key.and_then(|key| self.take(key)) {
            let before = pending.published.take().filter(|published| published.revision > 1);
            // revisions that were stored are not concerned
            pending.published = before.map(|published| Published { revision: published.revision - 1, ..published });
            self.remember(resolved(&pending, now));
            self.mark(pending.key, When::Now);
        }
    }

    /// A value cannot be stored. An entry that waits for its page is resolved and returned: it is to be rejected.
    pub fn unstorable(&mut self, key: &str, now: DateTime<Utc>) -> Option<Pending> {
        let key = super::key::entry_of(key)?;
        let pending = self.take(key)?;
        self.remember(resolved(&pending, now));
        self.mark(key, When::Now);
        pending.published.is_none().then_some(pending)
    }

    /// A published article is not checked again.
    pub(super) fn let_go(&mut self, key: u64, now: DateTime<Utc>) {
        if let Some(pending) = self.take(key) {
            self.remember(resolved(&pending, now));
            self.mark(key, When::Now);
        }
    }

    pub(super) fn remember(&mut self, resolved: Resolved) {
        let (largest, horizon) = (self.largest(), self.horizon);
        self.memory.add(resolved, largest, horizon);
    }
}

fn resolved(pending: &Pending, now: DateTime<Utc>) -> Resolved {
    let outcome = match &pending.published {
        None => Outcome::Rejected,
        Some(published) if published.is_feed_text => Outcome::PublishedFeedText,
        Some(_) => Outcome::Published,
    };
    let mut feeds = [(0, 0); MOST_FEEDS];
    for (slot, carrier) in feeds.iter_mut().zip(&pending.carriers) {
        *slot = (tag(&carrier.feed), carrier.digest);
    }
    let published = pending.published.as_ref();
    let article = Article {
        key: pending.key,
        outcome,
        revision: published.map_or(0, |published| u16::try_from(published.revision).unwrap_or(u16::MAX)),
        content: published.map_or(0, |published| published.content),
        day: super::day(now),
        title: pending.title(),
        date: date_hash(&pending.entry),
        feeds,
    };
    Resolved { article, names: pending.names.iter().collect() }
}

impl Pending {
    /// The hash of its title; 0 for none.
    pub(super) fn title(&self) -> u32 {
        self.entry.title.as_deref().map_or(0, title_hash)
    }

    /// An entry that is first seen now and waits for its page.
    pub(crate) fn new(key: u64, names: Names, entry: Entry, carriers: Vec<Carrier>, now: DateTime<Utc>) -> Self {
        Self {
            key,
            names,
            entry,
            carriers,
            discovered_at: now,
            due: now,
            attempts: 0,
            failing_since: None,
            last_error: None,
            content_cut: false,
            feed_text_only: false,
            shared_page: false,
            link_was_of: None,
            is_rejected: false,
            published: None,
        }
    }

    /// Sets when it is due next; `false` if a published one is resolved.
    pub(super) fn schedule(&mut self, rechecks: &[Duration], now: DateTime<Utc>) -> bool {
        match self.published.as_ref().map(|published| published.next(rechecks, now)) {
            Some(Next::Resolved) => return false,
            Some(Next::At(at)) => self.due = at.max(now),
            None => {}
        }
        true
    }

    /// A remembered article about which a feed says something else.
    pub(super) fn reopened(article: Article, names: Names, entry: Entry, feed: &str, now: DateTime<Utc>) -> Self {
        let digest = article.feeds.iter().find(|(known, _)| *known == tag(feed)).map_or(0, |(_, digest)| *digest);
        let carriers = vec![Carrier { feed: feed.to_owned(), digest }];
        Self {
            published: Some(Published {
                revision: article.revision.into(),
                content: article.content,
                is_feed_text: article.outcome == Outcome::PublishedFeedText,
                // its rechecks are done: only feeds cause more
                recheck: usize::MAX,
                changed_in_feed: true,
                changed_by: Some(feed.to_owned()),
                ..Published::default()
            }),
            ..Self::new(article.key, names, entry, carriers, now)
        }
    }
}
