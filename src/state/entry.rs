//! An entry until it has its record, and afterwards until its rechecks are done.
//!
//! PURE. Each is one stored value, deleted when the entry is resolved.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Names, VERSION, Versioned, is_default};
use crate::{article::Print, feed::Entry, fetch::Validators, schedule::delta};

/// Feeds of one entry that are kept: more add nothing.
const MOST_CARRIERS: usize = 16;
/// If the content is longer than this, only a mark is stored: after a restart the feed is read again, and has it.
const LONGEST_STORED_CONTENT: usize = 2 * 1024;
/// Hashes of earlier contents that are kept, to recognise a text that comes back.
const MOST_EARLIER: usize = 8;
/// How long after the first, second, … recheck that a feed caused the next one may follow; the last value counts for
/// all later ones.
const FEED_RECHECK_GAPS: [TimeDelta; 5] =
    [TimeDelta::minutes(10), TimeDelta::minutes(40), TimeDelta::hours(3), TimeDelta::hours(8), TimeDelta::hours(24)];
/// A feed may show an edit before its page does: how long after the first recheck without an edit the page is checked
/// again.
const LAG_RECHECKS: [TimeDelta; 3] = [TimeDelta::minutes(5), TimeDelta::minutes(30), TimeDelta::hours(3)];
/// An edit that one feed shows within this time after another feed is considered the same edit.
const ONE_EDIT: TimeDelta = TimeDelta::hours(24);
/// Revisions of an article per day; if it changes more often, its text is published the day after.
const MOST_REVISIONS_A_DAY: u8 = 6;

/// An entry that is not resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// What its record id is made of.
    pub key: u64,
    /// The names by which it is recognised.
    pub names: Names,
    /// What the feed says about it. Once it is published, only what identifies it is kept.
    pub entry: Entry,
    /// The feeds that have it, the first one first.
    pub carriers: Vec<Carrier>,
    /// When it was first seen.
    pub discovered_at: DateTime<Utc>,
    /// When its page is to be requested.
    pub due: DateTime<Utc>,
    /// How often the page was requested since it last succeeded.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// Since when every attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<DateTime<Utc>>,
    /// The last failure, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// The feed had full content that was not stored: what is left of it is not the whole story.
    #[serde(default, skip_serializing_if = "is_default")]
    pub content_cut: bool,
    /// Its text is the feed's, and no page is requested: the configuration of its feed said so when the entry was first
    /// seen, or its link leads to a page that other entries share.
    #[serde(default, skip_serializing_if = "is_default")]
    pub feed_text_only: bool,
    /// Its link is that of other entries, too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub shared_page: bool,
    /// The article that had its link before: if its page gives the same text, it is that article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_was_of: Option<u64>,
    /// It was rejected because its page was a wall or an error; the page is tried again, and a record may follow.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_rejected: bool,
    /// What was published of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// A feed that has an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Its URL.
    pub feed: String,
    /// Hash of what it says about the entry: another hash later is an edit. 0: not known.
    pub digest: u32,
}

/// The newest published revision of an entry, and what is known for its rechecks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// Its number.
    pub revision: u32,
    /// 32 bits of its content hash.
    pub content: u32,
    /// Those of earlier revisions, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<u32>,
    /// Its text is the feed's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_feed_text: bool,
    /// All text of the page it was read from, which shows whether the page is unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Print>,
    /// Its title and text, which show whether a difference is a change or an addition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Print>,
    /// Length of its text in bytes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub length: usize,
    /// The page's URL after redirects, if it is not the entry's link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When revision 1 was handed to the ledger: the rechecks count from here.
    pub first_at: DateTime<Utc>,
    /// Which of the configured rechecks is the next.
    #[serde(default, skip_serializing_if = "is_default")]
    pub recheck: usize,
    /// The page's validators.
    #[serde(default, skip_serializing_if = "is_default")]
    pub validators: Validators,
    /// A content that was seen once, and counts only if it is seen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
    /// A feed says something else about the entry since its page was last checked.
    #[serde(default, rename = "is_retold", skip_serializing_if = "is_default")]
    pub changed_in_feed: bool,
    /// And it gives another link.
    #[serde(default, skip_serializing_if = "is_default")]
    pub has_new_link: bool,
    /// Rechecks that feeds caused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub feed_rechecks: u8,
    /// When the last of them was, and which feed caused it.
    #[serde(default, rename = "retold_at", skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<DateTime<Utc>>,
    /// That feed.
    #[serde(default, rename = "retold_by", skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// Rechecks since then that showed no edit; none if the edit was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<u8>,
    /// A day since 1970, and how many revisions were published on it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub day: (i64, u8),
}

/// A content that was seen once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// 32 bits of its hash.
    pub content: u32,
    /// When.
    pub at: DateTime<Utc>,
}

/// What happens to a published entry next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Its page is checked, or it is resolved, at this time.
    At(DateTime<Utc>),
    /// It is resolved.
    Resolved,
}

impl Pending {
    /// Notes what a feed says about it; returns whether that feed said something else before.
    pub(super) fn observe(&mut self, feed: &str, digest: u32) -> bool {
        match self.carriers.iter_mut().find(|carrier| carrier.feed == feed) {
            Some(carrier) => {
                let before = std::mem::replace(&mut carrier.digest, digest);
                before != digest && before != 0
            }
            None => {
                if self.carriers.len() < MOST_CARRIERS {
                    self.carriers.push(Carrier { feed: feed.to_owned(), digest });
                }
                false
            }
        }
    }

    /// Whether a feed has it.
    pub fn is_carried_by(&self, feed: &str) -> bool {
        self.carriers.iter().any(|carrier| carrier.feed == feed)
    }

    /// The feed whose words are in its entry.
    pub fn feed(&self) -> &str {
        self.carriers.first().map_or("", |carrier| &carrier.feed)
    }

    /// Whether a feed says something else than it did when the carriers were `earlier`.
    pub fn has_changed_since(&self, earlier: &[Carrier]) -> bool {
        let said = |feed: &str| earlier.iter().find(|carrier| carrier.feed == feed);
        self.carriers
            .iter()
            .any(|carrier| said(&carrier.feed).is_some_and(|then| then.digest != 0 && then.digest != carrier.digest))
    }

    /// A feed says something else about it since it was published: its page is checked again, soon at first, and later
    /// the more often that happens. Returns whether that feed's words count.
    pub(super) fn changed_in(&mut self, feed: &str, now: DateTime<Utc>) -> bool {
        let Some(published) = &mut self.published else { return true };
        let echo = published.changed_at.is_some_and(|at| at <= now && now - at < ONE_EDIT)
            && published.changed_by.as_deref().is_some_and(|by| by != feed);
        if published.is_feed_text && echo {
            return false;
        }
        published.changed_in_feed = true;
        published.changed_by = Some(feed.to_owned());
        true
    }

    /// Whether its page is to be checked now; if not, only its time is over.
    pub fn wants_page(&self, rechecks: &[Duration], now: DateTime<Utc>) -> bool {
        let Some(published) = &self.published else { return true };
        let recheck = published.next_recheck(rechecks).is_some_and(|(_, at)| at <= now);
        let others = [published.lag_recheck(), published.put_off_until()];
        recheck || published.changed_in_feed || others.into_iter().flatten().any(|at| at <= now)
    }

    /// Whether a recheck of it was due before a time.
    pub(super) fn has_recheck_before(&self, rechecks: &[Duration], before: DateTime<Utc>) -> bool {
        let next = self.published.as_ref().and_then(|published| published.next_recheck(rechecks));
        next.is_some_and(|(_, at)| at <= before)
    }

    /// Its last attempt is over, with any result.
    pub(super) fn attempted(&mut self) {
        self.attempts = 0;
        self.failing_since = None;
        self.last_error = None;
    }

    /// The value to store, without content that is too long to be rewritten; it is kept if nothing else has the text.
    pub(super) fn to_json(&self) -> Vec<u8> {
        let is_long = self.entry.content.as_ref().is_some_and(|content| content.len() > LONGEST_STORED_CONTENT);
        let has_page = self.entry.url.is_some() && !self.feed_text_only;
        if !(is_long && has_page) {
            return super::json(&Versioned { v: VERSION, value: self });
        }
        let mut value = self.clone();
        value.cut_content();
        super::json(&Versioned { v: VERSION, value })
    }

    /// About how many bytes it takes, in memory and in the store.
    pub(super) fn size(&self) -> usize {
        let entry = &self.entry;
        let texts = [&entry.guid, &entry.url_as_told, &entry.title, &entry.summary, &entry.content];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let url = entry.url.as_ref().map_or(0, |url| url.as_str().len());
        let authors: usize = entry.authors.iter().filter_map(|author| author.name.as_ref()).map(String::len).sum();
        400 + texts + url + authors + 40 * entry.authors.len()
    }

    /// Leaves the content out.
    pub(super) fn cut_content(&mut self) {
        self.content_cut |= self.entry.content.take().is_some();
    }

    /// Keeps of a published entry only what identifies and dates it.
    pub(super) fn reduce(&mut self) {
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
        self.content_cut = false;
        self.is_rejected = false;
        self.attempted();
    }

    /// Counts from a clock that is behind by this much. What is already due stays due.
    pub(super) fn bring_back(&mut self, by: TimeDelta, now: DateTime<Utc>) {
        if self.due > now {
            self.due -= by;
        }
        let times = self.published.iter_mut().flat_map(|published| {
            let seen = published.candidate.as_mut().map(|candidate| &mut candidate.at);
            [Some(&mut published.first_at), published.changed_at.as_mut(), seen]
        });
        let times = times.flatten();
        times.chain(self.failing_since.as_mut()).filter(|time| **time > now).for_each(|time| *time -= by);
    }
}

impl Published {
    /// A revision was published.
    pub fn revise(&mut self, content: u32, now: DateTime<Utc>) {
        if self.revision == 0 {
            self.first_at = now;
        } else {
            self.earlier.push(self.content);
            let too_many = self.earlier.len().saturating_sub(MOST_EARLIER);
            self.earlier.drain(..too_many);
        }
        self.revision += 1;
        self.content = content;
        self.candidate = None;
        let today = now.timestamp().div_euclid(86_400);
        let before = if self.day.0 == today { self.day.1 } else { 0 };
        self.day = (today, before.saturating_add(1));
    }

    /// Whether it was revised so often today that the next revision waits.
    pub fn is_revised_often(&self, now: DateTime<Utc>) -> bool {
        self.day.0 == now.timestamp().div_euclid(86_400) && self.day.1 >= MOST_REVISIONS_A_DAY
    }

    /// When its page is checked for revisions that had to wait: at the end of the day that had too many.
    fn put_off_until(&self) -> Option<DateTime<Utc>> {
        let (day, revisions) = self.day;
        (revisions >= MOST_REVISIONS_A_DAY).then(|| DateTime::from_timestamp((day + 1) * 86_400, 0))?
    }

    /// Its page was checked: what is due by now is done. `edited` says whether there is a new revision; `is_late`, that
    /// a feed has said something else since the page was requested, so that another check is due.
    pub(super) fn looked_at(&mut self, rechecks: &[Duration], edited: bool, is_late: bool, now: DateTime<Utc>) {
        while self.next_recheck(rechecks).is_some_and(|(_, at)| at <= now) {
            self.recheck += 1;
        }
        if self.put_off_until().is_some_and(|at| at <= now) {
            self.day = Default::default();
        }
        if is_late {
            return;
        }
        self.has_new_link &= !edited;
        if std::mem::take(&mut self.changed_in_feed) {
            self.feed_rechecks = self.feed_rechecks.saturating_add(1);
            self.changed_at = Some(now);
            self.lag = Some(0).filter(|_| !edited);
        } else if self.lag_recheck().is_some_and(|at| at <= now) {
            self.lag = self.lag.map(|lag| lag + 1).filter(|_| !edited);
        }
    }

    /// Rechecks that were due by a time are done.
    pub(super) fn skip_rechecks(&mut self, rechecks: &[Duration], by: DateTime<Utc>) {
        while self.next_recheck(rechecks).is_some_and(|(_, at)| at <= by) {
            self.recheck += 1;
        }
    }

    /// Whether a feed showed an edit that no check of the page has shown yet.
    pub fn awaits_edit(&self) -> bool {
        self.changed_in_feed || self.lag_recheck().is_some()
    }

    /// When something is to be done next.
    pub(super) fn next(&self, rechecks: &[Duration], now: DateTime<Utc>) -> Next {
        let feed_change = self.changed_in_feed.then(|| self.feed_recheck_from().unwrap_or(now));
        let recheck = self.next_recheck(rechecks).map(|(_, at)| at);
        // while another edit would have to wait for its turn, the entry stays: a new one would start counting again
        let quiet = self.feed_recheck_from().filter(|at| *at > now);
        match [feed_change, recheck, self.lag_recheck(), self.put_off_until(), quiet].into_iter().flatten().min() {
            Some(at) => Next::At(at),
            None => Next::Resolved,
        }
    }

    /// The earliest time of another recheck that a feed causes.
    fn feed_recheck_from(&self) -> Option<DateTime<Utc>> {
        let last = usize::from(self.feed_rechecks.checked_sub(1)?).min(FEED_RECHECK_GAPS.len() - 1);
        Some(self.changed_at? + FEED_RECHECK_GAPS[last])
    }

    fn lag_recheck(&self) -> Option<DateTime<Utc>> {
        Some(self.changed_at? + *LAG_RECHECKS.get(usize::from(self.lag?))?)
    }

    fn next_recheck(&self, rechecks: &[Duration]) -> Option<(usize, DateTime<Utc>)> {
        let index = self.recheck;
        rechecks.get(index).map(|after| (index, self.first_at + delta(*after)))
    }
}
