//! Which sitemaps of an index are to be read.
//!
//! PURE. An index says when each of its sitemaps was last changed. What was read is remembered by that date, so that
//! each change is read once, however many there are at a time: the newest first, and with them those that have waited
//! longest; otherwise sections that change all the time would keep the last of them waiting. Sitemaps without a date
//! may have changed at any time, and take turns; so do those that are dated by the day, until that day is over.

use std::{cmp::Reverse, collections::HashSet};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::Sitemap;
use crate::link;

/// Sitemaps of an index that are remembered, and so can be read: those that changed last. About 40 bytes of state each.
const MOST: usize = 2_000;
/// Sitemaps that are requested at one poll: all of them are on one host.
const A_POLL: usize = 10;
/// Of these, this many are the newest; the others have waited longest.
const NEWEST: usize = 5;
/// Of these, at most this many may be without a date, or dated only by the day that is not over: they are read as a
/// whole in each turn, for a change that may not exist.
const UNDATED: usize = 3;
/// Of these, at most this many may be ones that failed before.
const RETRIED: usize = 2;
/// When an index is read for the first time, the sitemaps that one poll does not reach are archives if they last
/// changed this long before the newest.
const ARCHIVE: TimeDelta = TimeDelta::days(30);
/// How long after its start in UTC a day is over in every zone.
const DAY_EVERYWHERE: TimeDelta = TimeDelta::hours(36);
/// A sitemap that failed is tried again after this long, doubled with each failure, at most a day later.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(5);
const RETRY_DOUBLINGS: u8 = 8;

/// What has been read of an index's sitemaps. Stored with the feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Children(Vec<Child>);

/// One of them, in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, i64, i64, u8)", into = "(u64, i64, i64, u8)")]
struct Child {
    /// Hash of its URL.
    name: u64,
    /// The date that it had when it was read, in Unix time; 0: it has none, or was never read.
    read: i64,
    /// When it was last requested; 0: never.
    asked: i64,
    /// How often it has failed since it was read.
    failures: u8,
}

impl From<(u64, i64, i64, u8)> for Child {
    fn from((name, read, asked, failures): (u64, i64, i64, u8)) -> Self {
        Self { name, read, asked, failures }
    }
}

impl From<Child> for (u64, i64, i64, u8) {
    fn from(Child { name, read, asked, failures }: Child) -> Self {
        (name, read, asked, failures)
    }
}

/// What an index offers.
#[derive(Debug, Default)]
pub struct Offer<'i> {
    /// The sitemaps to request now, the most important first.
    pub chosen: Vec<&'i Sitemap>,
    /// How many it names of its own site.
    pub named: usize,
    /// How many have changed, and are left for the next polls.
    pub waiting: usize,
    /// Those that failed, and are requested again later.
    pub failed: Vec<&'i Sitemap>,
    /// How many have no date.
    pub undated: usize,
    /// How many are archives, which are not read until they change.
    pub archives: usize,
    /// How many are of another site, or too many to be remembered: never read.
    pub ignored: usize,
}

impl Children {
    /// Chooses what to request. Sitemaps that the index at `url` no longer names are forgotten.
    pub fn choose<'i>(&mut self, index: &'i [Sitemap], url: &Url, now: DateTime<Utc>) -> Offer<'i> {
        let own = own(index, url);
        let mut offer = Offer { named: own.len(), ignored: index.len() - own.len(), ..Offer::default() };
        offer.archives = self.meet(&own, now);
        let mut others = Vec::new();
        for sitemap in own {
            let child = self.child(sitemap);
            offer.undated += usize::from(sitemap.updated.is_none());
            match child.due(sitemap) {
                None => {}
                Some(Due::Changed) if offer.chosen.len() < NEWEST => offer.chosen.push(sitemap),
                Some(Due::Failed) if !child.may_be_asked(now) => offer.failed.push(sitemap),
                Some(due) => others.push((child.asked, due, sitemap)),
            }
        }
        // the sort is stable: among those that have waited equally long, the newest first
        others.sort_by_key(|(asked, ..)| *asked);
        let (mut failed, mut perhaps, mut changed) = (RETRIED, UNDATED, A_POLL);
        for (_, due, sitemap) in others {
            let room = match due {
                Due::Failed => &mut failed,
                Due::Perhaps => &mut perhaps,
                Due::Changed => &mut changed,
            };
            match due {
                _ if *room > 0 && offer.chosen.len() < A_POLL => {
                    *room -= 1;
                    offer.chosen.push(sitemap);
                }
                Due::Failed => offer.failed.push(sitemap),
                Due::Changed => offer.waiting += 1,
                Due::Perhaps => {}
            }
        }
        offer
    }

    /// A sitemap was read.
    pub fn read(&mut self, sitemap: &Sitemap, now: DateTime<Utc>) {
        let child = self.child_mut(sitemap);
        *child = Child { read: date(sitemap), asked: now.timestamp(), failures: 0, ..*child };
    }

    /// A sitemap could not be read.
    pub fn failed(&mut self, sitemap: &Sitemap, now: DateTime<Utc>) {
        let child = self.child_mut(sitemap);
        (child.asked, child.failures) = (now.timestamp(), child.failures.saturating_add(1));
    }

    /// How many sitemaps are to be requested although the index does not change: it must not be answered by a 304.
    pub fn left(&self, index: &[Sitemap], url: &Url) -> usize {
        own(index, url).into_iter().filter(|sitemap| self.child(sitemap).due(sitemap).is_some()).count()
    }

    /// Adds new sitemaps and forgets old ones. Returns how many of them are archives.
    fn meet(&mut self, own: &[&Sitemap], now: DateTime<Utc>) -> usize {
        let is_new = self.0.is_empty();
        let names: HashSet<u64> = own.iter().map(|sitemap| name(sitemap)).collect();
        self.0.retain(|child| names.contains(&child.name));
        let latest = own.iter().filter_map(|sitemap| sitemap.updated).map(|updated| updated.at).max();
        let is_old = |sitemap: &Sitemap| {
            sitemap.updated.zip(latest).is_some_and(|(updated, latest)| updated.at + ARCHIVE < latest)
        };
        let mut archives = 0;
        for (place, sitemap) in own.iter().enumerate() {
            let is_archive = is_new && place >= A_POLL && is_old(sitemap);
            let child = self.child_mut(sitemap);
            if is_archive {
                (child.read, child.asked) = (date(sitemap), now.timestamp());
                archives += 1;
            }
        }
        archives
    }

    fn child(&self, sitemap: &Sitemap) -> Child {
        let name = name(sitemap);
        let found = self.0.binary_search_by_key(&name, |child| child.name);
        found.map_or(Child { name, read: 0, asked: 0, failures: 0 }, |at| self.0[at])
    }

    fn child_mut(&mut self, sitemap: &Sitemap) -> &mut Child {
        let new = self.child(sitemap);
        let at = self.0.binary_search_by_key(&new.name, |child| child.name).unwrap_or_else(|at| {
            self.0.insert(at, new);
            at
        });
        &mut self.0[at]
    }
}

/// Why a sitemap is to be requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// It has another date than when it was read.
    Changed,
    /// It may have changed: it has no date, or the date of a day that was not over everywhere when it was read.
    Perhaps,
    /// It could not be read.
    Failed,
}

impl Child {
    fn due(&self, sitemap: &Sitemap) -> Option<Due> {
        let Some(updated) = sitemap.updated else {
            return Some(if self.failures > 0 { Due::Failed } else { Due::Perhaps });
        };
        let (date, is_day) = (date(sitemap), updated.at.time() == NaiveTime::MIN);
        match self.failures {
            1.. => Some(Due::Failed),
            0 if self.read != date => Some(Due::Changed),
            0 if is_day && self.asked < date + DAY_EVERYWHERE.num_seconds() => Some(Due::Perhaps),
            0 => None,
        }
    }

    fn may_be_asked(&self, now: DateTime<Utc>) -> bool {
        let Some(doublings) = self.failures.checked_sub(1) else { return true };
        let wait = RETRY_AFTER.num_seconds() << doublings.min(RETRY_DOUBLINGS);
        // a clock that was ahead for a while delays nothing
        !(self.asked..self.asked.saturating_add(wait)).contains(&now.timestamp())
    }
}

/// The sitemaps of an index that are of its site and not too many: those that changed last, and among those without a
/// date, first those with news.
fn own<'i>(index: &'i [Sitemap], url: &Url) -> Vec<&'i Sitemap> {
    let (site, mut met) = (link::site(url), HashSet::new());
    let is_own = |sitemap: &&Sitemap| link::site(&sitemap.url) == site && met.insert(name(sitemap));
    let mut own: Vec<&Sitemap> = index.iter().filter(is_own).collect();
    own.sort_by_key(|sitemap| (Reverse(date(sitemap)), !sitemap.url.path().contains("news")));
    own.truncate(MOST);
    own
}

fn name(sitemap: &Sitemap) -> u64 {
    xxh3_64(sitemap.url.as_str().as_bytes())
}

fn date(sitemap: &Sitemap) -> i64 {
    sitemap.updated.map_or(0, |updated| updated.at.timestamp())
}

#[cfg(test)]
#[path = "children/tests.rs"]
mod tests;
