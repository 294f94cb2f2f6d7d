//! When a feed is polled next.
//!
//! PURE: outcomes and `now` in, a time out; no clock, no I/O. The lower limits of the schedule, strongest first: the
//! host's `Retry-After`, the response's freshness (RFC 9111), the feed's own `ttl`, `sy:*`, `skipHours` and `skipDays`,
//! the user's interval. Above these limits the interval follows the feed's [`Rhythm`]. No feed is given up: repeated
//! failures lengthen the wait to at most a day.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::feed::Pace;

mod rhythm;

pub use rhythm::Rhythm;

/// No failure, hint or interval of ours delays a poll for longer; only a `Retry-After` may, if the user allows it.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// A longer freshness than this is considered a mistake of the publisher's cache.
const LONGEST_HINT: Duration = Duration::from_secs(24 * 3600);
/// A feed with one entry per hour is polled once in this many intervals: hourly, by default. One with the square of
/// this many entries per hour is polled every interval.
const ORDINARY: u32 = 4;
/// Each wait is made longer by up to this part of itself, so that feeds do not stay due at the same time.
const SPREAD: f64 = 0.1;

/// The limits for polls of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The user's interval: never more often.
    pub interval: Duration,
    /// Never less often, except for failures and hints.
    pub max_interval: Duration,
    /// If each poll costs the publisher a whole document, and nobody requests more polls: never more often.
    pub unconditional: Duration,
    /// A number of the feed's own, which spreads its polls from those of others.
    pub feed: u64,
}

/// What a schedule remembers about a feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduleState {
    /// When it is due. `None`: it was never polled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// How often it publishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Rhythm>,
    /// Failures since the last success.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// When it was last requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
    /// When it last gave a usable response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// What a successful poll reports to the schedule.
#[derive(Debug, Clone, Copy, Default)]
pub struct Success<'a> {
    /// Entries of the document.
    pub entries: usize,
    /// Those that were not known before.
    pub new_entries: usize,
    /// None of the document's entries was known, though others were: some may have appeared and disappeared in between.
    pub overflowed: bool,
    /// Whether the next request can be conditional.
    pub has_validators: bool,
    /// Dates of all its entries: the history of a feed that is read for the first time.
    pub published: &'a [DateTime<Utc>],
    /// How long the response stays fresh.
    pub fresh_for: Option<Duration>,
    /// What the feed requests; after a 304, its last request.
    pub pace: Option<&'a Pace>,
}

/// Kinds of failures, by how they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// It may end at any moment.
    Passing,
    /// It will probably not end by itself (404, not a feed).
    Lasting,
    /// The server says that the feed will not come back (410).
    Gone,
}

impl ScheduleState {
    /// After a poll with a response, with or without news.
    pub fn succeeded(&mut self, now: DateTime<Utc>, bounds: Bounds, told: Success<'_>) {
        let least = hinted(told).max(self.unconditional(now, bounds, told));
        let wait = self.rhythmic(now, bounds, told).max(least);
        self.failures = 0;
        self.asked_at = Some(now);
        self.answered_at = Some(now);
        let spread = spread(wait, bounds.feed, now);
        let wait = if wait > least { spread.min(bounds.max_interval.max(wait)) } else { spread };
        self.postpone(now, bounds, wait, told.pace.unwrap_or(&Pace::default()));
    }

    /// After a poll that failed. `retry_after` is the host's wait, already limited, and is obeyed; `pace` is what the
    /// feed requested when it was last read.
    pub fn failed(
        &mut self,
        now: DateTime<Utc>,
        bounds: Bounds,
        class: FailureClass,
        retry_after: Option<Duration>,
        pace: &Pace,
    ) {
        self.failures = self.failures.saturating_add(1);
        self.asked_at = Some(now);
        let doubled = |first: Duration| {
            let longest = LONGEST.div_f64(1.0 + SPREAD).max(bounds.interval);
            first.saturating_mul(1 << (self.failures - 1).min(16)).min(longest)
        };
        let wait = match class {
            FailureClass::Passing => doubled(bounds.interval),
            FailureClass::Lasting => doubled(bounds.interval.max(Duration::from_secs(3600))),
            FailureClass::Gone => LONGEST.max(bounds.interval),
        };
        let wait = spread(wait.max(retry_after.unwrap_or_default()), bounds.feed, now);
        self.postpone(now, bounds, wait, pace);
    }

    /// It is due after this wait, and not in an hour or on a day that the feed skips.
    pub fn postpone(&mut self, now: DateTime<Utc>, bounds: Bounds, wait: Duration, pace: &Pace) {
        self.due = Some(skip(now + delta(wait), pace, bounds.feed));
    }

    /// Learns from the poll, and returns how long to wait by the feed's rhythm, within the limits.
    fn rhythmic(&mut self, now: DateTime<Utc>, bounds: Bounds, told: Success<'_>) -> Duration {
        let rhythm = match (self.hours, self.answered_at) {
            (Some(mut rhythm), Some(since)) => {
                rhythm.observe(since, now, told.new_entries);
                rhythm
            }
            _ => Rhythm::from_history(told.published, now).unwrap_or_default(),
        };
        self.hours = Some(rhythm);
        let ordinary = bounds.interval.saturating_mul(ORDINARY);
        // the ceiling is the weaker limit: it may be below the interval of a single feed
        let longest = bounds.max_interval.div_f64(1.0 + SPREAD).max(bounds.interval);
        let wait = rhythm.wait(now, ordinary, longest);
        let wait = match self.answered_at.filter(|_| told.overflowed) {
            // losing an entry is worse than one poll too many
            Some(since) => wait.min((now - since).to_std().unwrap_or_default() / 2),
            None => wait,
        };
        wait.max(bounds.interval)
    }

    /// How long to leave a feed alone that is sent as a whole at each poll: as long as configured, but only until half
    /// of its entries are probably new, so that no entry is lost. If a publisher says how long its response stays
    /// fresh, it knows the cost of a poll.
    fn unconditional(&self, now: DateTime<Utc>, bounds: Bounds, told: Success<'_>) -> Duration {
        if told.has_validators || told.overflowed || !hinted(told).is_zero() {
            return Duration::ZERO;
        }
        let (since, new) = match self.answered_at {
            Some(at) => (Some(at), told.new_entries),
            None => (told.published.iter().min().copied(), told.published.len()),
        };
        let span = since.and_then(|since| (now - since).to_std().ok());
        // no time at all if nothing is new
        let half_new = span.map(|span| span.as_secs_f64() * told.entries as f64 / 2.0 / new as f64);
        let half_new = half_new.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        half_new.unwrap_or(LONGEST).min(bounds.unconditional)
    }

    /// How far the clock that wrote this was ahead of `now`: another machine's clock, or ours before it was set back.
    /// What waits for a time of that clock would wait longer by this much.
    pub fn ahead(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.asked_at.map(|asked| asked - now).filter(|ahead| *ahead > TimeDelta::zero())
    }

    /// Counts from a clock that is behind by this much.
    pub fn bring_back(&mut self, by: TimeDelta) {
        for time in [&mut self.due, &mut self.asked_at, &mut self.answered_at].into_iter().flatten() {
            *time -= by;
        }
    }
}

fn hinted(told: Success<'_>) -> Duration {
    let pace = told.pace.map_or(0, |pace| {
        let ttl = u64::from(pace.ttl_minutes.unwrap_or(0)) * 60;
        ttl.max(u64::from(pace.update_seconds.unwrap_or(0)))
    });
    Duration::from_secs(pace).max(told.fresh_for.unwrap_or_default()).min(LONGEST_HINT)
}

/// The first time from `due` on that is in no skipped hour and on no skipped day (RSS 2.0 `skipHours` and `skipDays`,
/// both in GMT); if that is another hour, some minutes after its start. A feed that skips everything skips nothing.
fn skip(due: DateTime<Utc>, pace: &Pace, feed: u64) -> DateTime<Utc> {
    let skipped = |at: &DateTime<Utc>| {
        pace.skip_hours.contains(&(at.hour() as u8))
            || pace.skip_days.contains(&(at.weekday().num_days_from_monday() as u8))
    };
    let mut starts = std::iter::successors(Some(due), |at| Some(next_hour(*at))).take(7 * 24);
    match starts.find(|at| !skipped(at)) {
        Some(start) if start > due => {
            start + delta(spread(Duration::from_secs(3600), feed, start)) - TimeDelta::hours(1)
        }
        _ => due,
    }
}

/// The start of the next hour: always later, by at most an hour.
fn next_hour(at: DateTime<Utc>) -> DateTime<Utc> {
    at + TimeDelta::seconds(3600 - at.timestamp().rem_euclid(3600))
}

/// A wait, made longer by a part that is different for each feed and each time.
fn spread(wait: Duration, feed: u64, now: DateTime<Utc>) -> Duration {
    let part = xxh3_64_with_seed(&now.timestamp().to_le_bytes(), feed) as f64 / u64::MAX as f64;
    wait.saturating_add(wait.mul_f64(SPREAD * part))
}

/// How long to wait before a failed page is tried again: a minute, doubling to six hours, or the host's `Retry-After`.
pub fn page_retry(attempts: u32, retry_after: Option<Duration>) -> Duration {
    let backoff = Duration::from_secs(60).saturating_mul(1 << attempts.saturating_sub(1).min(16));
    backoff.min(Duration::from_secs(6 * 3600)).max(retry_after.unwrap_or_default())
}

/// A duration in chrono's type; absurd ones become a century.
pub fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::days(36_500)).min(TimeDelta::days(36_500))
}

#[cfg(test)]
mod tests;
