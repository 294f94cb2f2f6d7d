//! The page of an entry as one of its names: that two entries are one article may be known only when their page was
//! fetched.
//!
//! PURE.

use chrono::{DateTime, Utc};

use super::{
    Names, Pending, SiteState,
    key::tag,
    memory::{Article, Resolved},
    shared::has_place,
    site::{KnownArticle, When},
};
use crate::{
    article::{Likeness, Print},
    feed::{
        Entry,
        identity::{Name, date_hash},
    },
};

/// A summary of this many characters is a story; a shorter one is a teaser.
pub const LEAST_SUMMARY: usize = 300;

/// To what an entry's page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOf {
    /// Its own.
    Itself,
    /// That of the article with this key, which the entry is: it ended without a record.
    Article(u64),
    /// One that lists other stories as well: the feed has its text. It is to be followed again.
    List,
}

/// What was read of a page, in short.
#[derive(Debug, Clone, Copy)]
pub struct PageText {
    /// 32 bits of the hash of its title and text.
    pub content: u32,
    /// Shows whether another text is an edit of it.
    pub text: Option<Print>,
}

impl From<u32> for PageText {
    fn from(content: u32) -> Self {
        Self { content, text: None }
    }
}

/// Texts that have this many of their paragraphs in common are one story.
const ONE_STORY: f32 = 0.3;

impl SiteState {
    /// The page of a waiting entry was fetched: the page's names (first its URL, then its canonical URL) become names
    /// of the entry too. If another article already has one of them, and nothing says that they are two stories, the
    /// entry is that article: it ends without a record, and the article gets its names. An entry that is complete in
    /// the feed is not lost to a page that shows an earlier article's text.
    pub fn learn_page(&mut self, key: u64, page: &[Name], read: impl Into<PageText>, now: DateTime<Utc>) -> PageOf {
        let read = read.into();
        let Some(pending) = self.entries.get(&key) else { return PageOf::Itself };
        let is_new = pending.published.is_none();
        if pending.shared_page {
            // found out while its page was being fetched
            return if is_new { self.take_for_list(key, now) } else { PageOf::Itself };
        }
        if let Some(other) = pending.link_was_of.filter(|_| is_new)
            && self.content_of(other) == Some(read.content)
        {
            if has_a_story(&pending.entry) {
                return self.take_for_list(key, now);
            }
            self.merge(key, other, page, now);
            return PageOf::Article(other);
        }
        let is_place = has_place(&pending.entry);
        let named = |(at, name): (usize, &Name)| self.named(name.hash).into_iter().map(move |known| (at == 0, known));
        let mut others = page.iter().enumerate().flat_map(named).filter(|(_, known)| known.key() != key).peekable();
        let first_is_url = others.peek().map(|(is_url, _)| *is_url);
        if first_is_url.is_none() || !is_new {
            drop(others);
            if page.iter().any(|name| !pending.names.knows(*name)) {
                self.change(key, When::Later, |pending| page.iter().for_each(|name| _ = pending.names.add(*name)));
            }
            return PageOf::Itself;
        }
        let other = others.find(|(is_url, known)| self.is_same_page_story(pending, known, *is_url, is_place, read));
        match other.map(|(_, known)| known.key()) {
            Some(other) => {
                self.merge(key, other, page, now);
                PageOf::Article(other)
            }
            None if is_place && first_is_url == Some(true) => self.take_for_list(key, now),
            None => PageOf::Itself,
        }
    }

    /// The page of an entry is a list, and not its own: what the feed says about it counts.
    fn take_for_list(&mut self, key: u64, now: DateTime<Utc>) -> PageOf {
        self.change(key, When::Later, |pending| (pending.shared_page, pending.due) = (true, now));
        PageOf::List
    }

    /// Two entries that lead to one page are one story if their title or date is the same, or what was read of both; if
    /// they come from two feeds, the page's URL is enough. A canonical URL alone is not: some sites give all their
    /// pages the same. If an entry leads to a section of the page, only the title decides.
    fn is_same_page_story(
        &self,
        pending: &Pending,
        known: &KnownArticle<'_>,
        is_url: bool,
        is_place: bool,
        read: PageText,
    ) -> bool {
        let (title, date) = (pending.title(), date_hash(&pending.entry));
        let one_feed = pending.carriers.iter().any(|carrier| known.is_carried_by(&carrier.feed));
        let agrees = |one: u32, other: u32| one != 0 && one == other;
        let is_bare = title == 0 && date == 0;
        // a feed has many stories of one day, and a canonical URL may be that of all of them
        let is_edited = || match known {
            KnownArticle::Pending(other) => {
                other.published.as_ref().and_then(|last| last.text).zip(read.text).is_some_and(is_edit)
            }
            KnownArticle::Resolved(_) => false,
        };
        // if links change at each poll, this is all that is left of them
        let rotates = || pending.carriers.iter().any(|carrier| self.links_rotate(&carrier.feed));
        let is_one_moment = agrees(date, known.date()) && (is_url || !one_feed || rotates() || is_edited());
        let same_text = read.content != 0 && self.content_of(known.key()) == Some(read.content);
        let elsewise = is_one_moment || same_text || is_url && (is_bare || !one_feed);
        agrees(title, known.title()) || (!is_place && elsewise)
    }

    /// 32 bits of the hash of what was published of an article.
    fn content_of(&self, key: u64) -> Option<u32> {
        let pending = self.entries.get(&key).map(|pending| pending.published.as_ref().map(|last| last.content));
        pending
            .unwrap_or_else(|| self.memory.article(key).map(|article| article.content))
            .filter(|content| *content != 0)
    }

    /// If what a feed says about the entry differs from what it said about the article, it shows an edit.
    fn merge(&mut self, key: u64, other: u64, page: &[Name], now: DateTime<Utc>) {
        let Some(pending) = self.take(key) else { return };
        self.mark(key, When::Now);
        let names: Vec<Name> = pending.names.iter().chain(page.iter().copied()).collect();
        if self.entries.contains_key(&other) {
            self.change(other, When::Now, |other| {
                names.iter().for_each(|name| _ = other.names.add(*name));
                for carrier in &pending.carriers {
                    if other.observe(&carrier.feed, carrier.digest) && other.changed_in(&carrier.feed, now) {
                        other.entry = pending.entry.clone();
                        let due = other.due;
                        other.schedule(&[], now);
                        other.due = other.due.min(due);
                    }
                }
            });
        } else if let Some(article) = self.memory.article(other) {
            self.merge_resolved(&pending, &names, article, now);
        }
    }

    fn merge_resolved(&mut self, pending: &Pending, names: &[Name], mut article: Article, now: DateTime<Utc>) {
        let mut all: Names = self.memory.names(article.key).into_iter().collect();
        names.iter().for_each(|name| _ = all.add(*name));
        article.day = super::day(now);
        let mut told = None;
        for carrier in &pending.carriers {
            let tag = tag(&carrier.feed);
            let Some(slot) = self.slot(&article, tag) else { continue };
            let (of, before) = std::mem::replace(&mut article.feeds[slot], (tag, carrier.digest));
            if of == tag && before != 0 && before != carrier.digest {
                told = Some(&carrier.feed);
            }
        }
        self.remember(Resolved { article, names: all.iter().collect() });
        if let Some(feed) = told.filter(|_| article.is_published()) {
            self.reopen(feed, &pending.entry, article, now);
        }
    }
}

/// Whether the feed has enough of an entry to be a story.
pub(super) fn has_a_story(entry: &Entry) -> bool {
    let summary = entry.summary.as_deref().unwrap_or_default();
    entry.content.is_some() || summary.chars().count() >= LEAST_SUMMARY
}

fn is_edit((before, now): (Print, Print)) -> bool {
    match before.compare(&now) {
        Likeness::Other(share) => share >= ONE_STORY,
        _ => true,
    }
}
