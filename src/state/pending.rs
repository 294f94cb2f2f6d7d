//! An entry on its way to its record, and afterwards to the looks at it for edits.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{feed::Entry, fetch::Validators};

/// An entry that is not resolved for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The id of its record.
    pub id: String,
    /// Its identity keys, the first of them the one its id is made of.
    pub keys: Vec<u64>,
    /// What the feed says of it. Once it is published only what identifies it is kept.
    pub entry: Entry,
    /// The feeds that carry it, the first one first.
    pub carriers: Vec<Carrying>,
    /// When it was first seen.
    pub discovered_at: DateTime<Utc>,
    /// When its page is to be asked for.
    pub due: DateTime<Utc>,
    /// How often it was asked for since it last succeeded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// The last failure, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The feed had full content, which was too large to keep: what is left of it is not the whole story.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub content_cut: bool,
    /// What was published of it, where it waits to be looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// A feed that carries an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrying {
    /// Its URL.
    pub feed: String,
    /// Hash of what it says of the entry: another one later is an edit.
    pub told: u32,
}

/// The newest published revision of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// Its number.
    pub revision: u32,
    /// Its content hash.
    pub content_hash: String,
    /// When revision 1 was handed to the ledger: the looks for edits count from here.
    pub first_at: DateTime<Utc>,
    /// Which of the configured looks is the next.
    pub look: usize,
    /// The page's validators.
    #[serde(default)]
    pub validators: Validators,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Pending {
    /// Whether any of the keys names this entry.
    pub fn is(&self, keys: &[u64]) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }

    /// Hears what a feed says of it; tells whether that feed said something else before.
    pub(super) fn hear(&mut self, feed: &str, told: u32) -> bool {
        match self.carriers.iter_mut().find(|carrier| carrier.feed == feed) {
            Some(carrier) => std::mem::replace(&mut carrier.told, told) != told,
            None => {
                self.carriers.push(Carrying { feed: feed.to_owned(), told });
                false
            }
        }
    }

    /// Whether a feed says something else than it did when its carriers were `earlier`.
    pub fn was_retold_since(&self, earlier: &[Carrying]) -> bool {
        let said = |feed: &str| earlier.iter().find(|carrier| carrier.feed == feed);
        self.carriers.iter().any(|carrier| said(&carrier.feed).is_some_and(|then| then.told != carrier.told))
    }

    /// Counts from a clock that is so much behind. What is due already stays so.
    pub(super) fn bring_back(&mut self, by: TimeDelta, now: DateTime<Utc>) {
        if self.due > now {
            self.due -= by;
        }
        if let Some(published) = self.published.as_mut().filter(|published| published.first_at > now) {
            published.first_at -= by;
        }
    }

    /// Leaves out what has no small bound.
    pub(super) fn cut_content(&mut self) {
        self.content_cut |= self.entry.content.take().is_some();
    }

    /// Leaves out all words of an entry that waits for its page; the feed has them.
    pub(super) fn cut_words(&mut self) {
        self.identify();
        self.content_cut = true;
    }

    /// Keeps of a published entry what identifies and dates it.
    pub(super) fn reduce(&mut self) {
        self.identify();
        self.content_cut = false;
        self.attempts = 0;
        self.trouble = None;
    }

    /// Bytes of its value without words.
    pub(super) fn least_bytes(&self) -> usize {
        let mut least = self.clone();
        least.cut_words();
        super::json(&least).len()
    }

    fn identify(&mut self) {
        let entry = std::mem::take(&mut self.entry);
        self.entry = Entry {
            guid: entry.guid,
            guid_is_permalink: entry.guid_is_permalink,
            url: entry.url,
            url_as_told: entry.url_as_told,
            title: entry.title,
            published: entry.published,
            authors: entry.authors,
            ..Entry::default()
        };
    }
}
