//! When a feed is polled next.
//!
//! PURE: outcomes and `now` in, a time out; no clock, no I/O. What bounds the schedule from below, strongest first:
//! the host's `Retry-After`, the answer's freshness (RFC 9111), the feed's own `ttl`, `sy:*`, `skipHours` and
//! `skipDays`, the user's interval. Above that floor the interval follows the feed: it shrinks while polls bring new
//! entries and grows while they do not. A feed is never parked: every failure backs off to at most a day.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

use crate::feed::Pace;

/// No failure, hint or interval of ours keeps a feed unpolled for longer; only a `Retry-After` may.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// A hint to stay fresh longer than this is taken for a mistake of the publisher's cache.
const LONGEST_HINT: Duration = Duration::from_secs(24 * 3600);
const SHRINK: f64 = 0.7;
const GROW: f64 = 1.3;

/// The bounds a feed is polled within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The user's interval: never more often.
    pub interval: Duration,
    /// Never more seldom, failures and hints apart.
    pub max_interval: Duration,
}

/// What a schedule remembers of a feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// When it is due. `None`: it was never polled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// The interval in seconds that the feed's own rhythm asks for.
    #[serde(skip_serializing_if = "is_zero")]
    pub rhythm: u32,
    /// Failures since the last success.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// When it was last asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
    /// When it last answered usefully.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// What a poll that succeeded tells the schedule.
#[derive(Debug, Clone, Copy, Default)]
pub struct Success<'a> {
    /// Entries that were not known before.
    pub new_entries: usize,
    /// None of the document's entries was known, though others were: some may have come and gone between.
    pub overflowed: bool,
    /// How long the answer stays fresh.
    pub fresh_for: Option<Duration>,
    /// What the feed asks for; the last one told where the answer was a 304.
    pub pace: Option<&'a Pace>,
}

impl Figures {
    /// After a poll that answered, with news or without.
    pub fn succeeded(&mut self, now: DateTime<Utc>, bounds: Bounds, told: Success<'_>) {
        let rhythm = next_rhythm(self.rhythm, bounds, told);
        self.rhythm = u32::try_from(rhythm.as_secs()).unwrap_or(u32::MAX);
        self.failures = 0;
        self.asked_at = Some(now);
        self.answered_at = Some(now);
        let wait = rhythm.max(hinted(told));
        let due = now + delta(wait);
        self.due = Some(told.pace.map_or(due, |pace| skip(due, pace)));
    }

    /// After a poll that failed. `retry_after` is the host's word and is obeyed, were it a week; `lasting` says that
    /// time alone will hardly mend it (404, 410, not a feed).
    pub fn failed(&mut self, now: DateTime<Utc>, bounds: Bounds, lasting: bool, retry_after: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        self.asked_at = Some(now);
        let first = if lasting { bounds.interval.max(Duration::from_secs(3600)) } else { bounds.interval };
        let doublings = (self.failures - 1).min(16);
        let wait = first.saturating_mul(1 << doublings).min(LONGEST.max(bounds.interval));
        self.due = Some(now + delta(wait.max(retry_after.unwrap_or_default())));
    }
}

impl Figures {
    /// How far the clock was ahead of `now` by which this was written: another machine's, or ours before it was set
    /// back. What waits until a time by that clock would wait for so much longer.
    pub fn ahead(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.asked_at.map(|asked| asked - now).filter(|ahead| *ahead > TimeDelta::zero())
    }

    /// Counts from a clock that is so much behind.
    pub fn bring_back(&mut self, by: TimeDelta) {
        for time in [&mut self.due, &mut self.asked_at, &mut self.answered_at].into_iter().flatten() {
            *time -= by;
        }
    }
}

fn next_rhythm(current: u32, bounds: Bounds, told: Success<'_>) -> Duration {
    let current = match current {
        0 => bounds.interval,
        seconds => Duration::from_secs(u64::from(seconds)),
    };
    let factor = match (told.overflowed, told.new_entries) {
        (true, _) => SHRINK * SHRINK,
        (false, 0) => GROW,
        (false, _) => SHRINK,
    };
    // the ceiling is the softer bound: it may have been configured below a single feed's interval
    current.mul_f64(factor).min(bounds.max_interval).max(bounds.interval)
}

fn hinted(told: Success<'_>) -> Duration {
    let pace = told.pace.map_or(0, |pace| {
        let ttl = u64::from(pace.ttl_minutes.unwrap_or(0)) * 60;
        ttl.max(u64::from(pace.update_seconds.unwrap_or(0)))
    });
    Duration::from_secs(pace).max(told.fresh_for.unwrap_or_default()).min(LONGEST_HINT)
}

/// The first moment from `due` on that falls into no skipped hour and on no skipped day (RSS 2.0 `skipHours` and
/// `skipDays`, both in GMT). A feed that skips everything skips nothing.
fn skip(due: DateTime<Utc>, pace: &Pace) -> DateTime<Utc> {
    let skipped = |at: &DateTime<Utc>| {
        pace.skip_hours.contains(&(at.hour() as u8))
            || pace.skip_days.contains(&(at.weekday().num_days_from_monday() as u8))
    };
    let next_hour = |at: DateTime<Utc>| at + TimeDelta::seconds(3600 - i64::from(at.minute() * 60 + at.second()));
    std::iter::successors(Some(due), |at| Some(next_hour(*at))).take(7 * 24 + 1).find(|at| !skipped(at)).unwrap_or(due)
}

/// How long a page that failed waits before it is tried again: a minute, doubling to six hours, or the host's word.
pub fn page_retry(attempts: u32, retry_after: Option<Duration>) -> Duration {
    let backoff = Duration::from_secs(60).saturating_mul(1 << attempts.saturating_sub(1).min(16));
    backoff.min(Duration::from_secs(6 * 3600)).max(retry_after.unwrap_or_default())
}

/// A duration as chrono counts it; absurd ones become a century.
pub fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::days(36_500)).min(TimeDelta::days(36_500))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const BOUNDS: Bounds = Bounds { interval: Duration::from_secs(900), max_interval: Duration::from_secs(6 * 3600) };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn wait_after(figures: &Figures, now: DateTime<Utc>) -> i64 {
        (figures.due.unwrap() - now).num_seconds()
    }

    #[test]
    fn the_strongest_hint_is_the_floor() {
        let pace = |ttl, update| Pace { ttl_minutes: ttl, update_seconds: update, ..Pace::default() };
        for (fresh_for, pace, expected) in [
            (None, pace(None, None), 900),
            (Some(MINUTE), pace(Some(1), None), 900),
            (Some(40 * MINUTE), pace(Some(30), None), 2_400),
            (Some(MINUTE), pace(Some(60), None), 3_600),
            (None, pace(None, Some(7_200)), 7_200),
            (Some(90 * 24 * 60 * MINUTE), pace(None, None), 86_400),
        ] {
            let mut figures = Figures::default();
            let now = at("2026-01-05T10:00:00Z");
            figures.succeeded(
                now,
                BOUNDS,
                Success { new_entries: 1, fresh_for, pace: Some(&pace), ..Success::default() },
            );
            assert_eq!(wait_after(&figures, now), expected, "{fresh_for:?} {pace:?}");
        }
    }

    #[test]
    fn a_silent_feed_is_asked_more_seldom_and_a_busy_one_comes_back_to_the_floor() {
        let mut figures = Figures::default();
        let now = at("2026-01-05T10:00:00Z");
        for _ in 0..50 {
            figures.succeeded(now, BOUNDS, Success::default());
        }
        assert_eq!(wait_after(&figures, now), 6 * 3600);
        for _ in 0..50 {
            figures.succeeded(now, BOUNDS, Success { new_entries: 3, ..Success::default() });
        }
        assert_eq!(wait_after(&figures, now), 900);
    }

    #[test]
    fn skipped_hours_and_days_are_skipped() {
        let pace =
            |hours: &[u8], days: &[u8]| Pace { skip_hours: hours.into(), skip_days: days.into(), ..Pace::default() };
        for (pace, due, expected) in [
            (pace(&[10], &[]), "2026-01-05T10:20:05Z", "2026-01-05T11:00:00Z"),
            (pace(&[10, 11], &[]), "2026-01-05T10:20:00Z", "2026-01-05T12:00:00Z"),
            (pace(&[], &[0]), "2026-01-05T10:20:00Z", "2026-01-06T00:00:00Z"),
            (pace(&[9], &[1]), "2026-01-05T10:20:00Z", "2026-01-05T10:20:00Z"),
            (pace(&(0..24).collect::<Vec<u8>>(), &[]), "2026-01-05T10:20:00Z", "2026-01-05T10:20:00Z"),
        ] {
            assert_eq!(skip(at(due), &pace), at(expected), "{pace:?}");
        }
    }

    #[test]
    fn failures_back_off_to_a_day_and_never_further() {
        let now = at("2026-01-05T10:00:00Z");
        let mut figures = Figures::default();
        let waits: Vec<i64> = (0..9)
            .map(|_| {
                figures.failed(now, BOUNDS, false, None);
                wait_after(&figures, now)
            })
            .collect();
        assert_eq!(waits, [900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 86_400]);
        figures.failed(now, BOUNDS, false, Some(Duration::from_secs(7 * 86_400)));
        assert_eq!(wait_after(&figures, now), 7 * 86_400, "the host's word is obeyed, were it a week");
        figures.succeeded(now, BOUNDS, Success::default());
        assert_eq!(figures.failures, 0);
    }

    #[test]
    fn pages_are_tried_again_with_growing_gaps() {
        let waits: Vec<u64> = (1..=4).map(|attempts| page_retry(attempts, None).as_secs()).collect();
        assert_eq!(waits, [60, 120, 240, 480]);
        assert_eq!(page_retry(40, None).as_secs(), 6 * 3600);
        assert_eq!(page_retry(1, Some(Duration::from_secs(900))).as_secs(), 900);
    }
}
