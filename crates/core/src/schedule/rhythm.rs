//! How often a feed publishes, by the hour of the day.
//!
//! PURE. News comes in working hours: Sia, Cho and Cho, "Efficient Monitoring Algorithm for Fast News Alerts" (IEEE
//! TKDE 19(7), 2007) model a feed as a Poisson process whose rate repeats daily, and show that the delay is least, at
//! a given number of polls, where polls lie as dense as the square root of the rate. So the next poll is due once the
//! integral of that root has reached a constant, which is the same for all feeds.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::time::Duration;

const HOURS: usize = 24;
const HOUR: f64 = 3600.0;
/// The assumed rate of a feed of which nothing is known, in entries per hour.
const UNKNOWN: f64 = 1.0;
/// The weight of one hour's observation against everything before: a change is believed within a working week.
const WEIGHT: f64 = 0.2;
/// A poll says nothing about what was longer ago than this.
const LONGEST_MEMORY: TimeDelta = TimeDelta::hours(HOURS as i64);
/// Days that the mean counts for in an hour's first rate, so that two stories at night make no peak.
const PRIOR_DAYS: f64 = 2.0;
/// Older publication dates than this say little about today.
const LONGEST_HISTORY: TimeDelta = TimeDelta::days(14);

/// Levels of a stored rate: powers of two from 2⁻¹⁰ on, in steps of 1/200, so that the weight of a poll after a few
/// minutes is not lost by rounding.
const LOWEST: f64 = -10.0;
const STEPS: f64 = 200.0;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Entries an hour, for each hour of the day in UTC. Stored as 48 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm([u16; HOURS]);

impl Rhythm {
    /// From the dates of what a feed had published when it was first read; none if they are too few.
    pub fn from_history(published: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<Self> {
        let recent: Vec<_> = published.iter().filter(|at| **at <= now && now - **at <= LONGEST_HISTORY).collect();
        let oldest = recent.iter().copied().min().filter(|_| recent.len() >= 3)?;
        let days = hours(now - *oldest).max(1.0) / HOURS as f64;
        let mean = recent.len() as f64 / days / HOURS as f64;
        let mut counts = [0.0; HOURS];
        recent.iter().for_each(|at| counts[at.hour() as usize] += 1.0);
        Some(Self(counts.map(|count| level((count + mean * PRIOR_DAYS) / (days + PRIOR_DAYS)))))
    }

    /// Records that `entries` came between two polls, as if they were evenly distributed.
    pub fn observe(&mut self, since: DateTime<Utc>, now: DateTime<Utc>, entries: usize) {
        let span = now - since;
        if span <= TimeDelta::zero() {
            return;
        }
        let rate = entries as f64 / hours(span);
        for (hour, part) in pieces(now - span.min(LONGEST_MEMORY), now) {
            let weight = 1.0 - (1.0 - WEIGHT).powf(part / HOUR);
            self.0[hour] = level(self.rate(hour) * (1.0 - weight) + rate * weight);
        }
    }

    /// How long to wait from `now`, if a feed with one entry per hour waits for `ordinary`; at most `longest`.
    pub fn wait(&self, now: DateTime<Utc>, ordinary: Duration, longest: Duration) -> Duration {
        let mut left = ordinary.as_secs_f64();
        let mut waited = 0.0;
        for (hour, part) in pieces(now, now + super::delta(longest)) {
            let density = self.rate(hour).sqrt();
            if left <= part * density {
                return Duration::from_secs_f64(waited + left / density).min(longest);
            }
            left -= part * density;
            waited += part;
        }
        longest
    }

    /// Entries per hour in an hour of the day.
    pub fn rate(&self, hour: usize) -> f64 {
        (LOWEST + f64::from(self.0[hour]) / STEPS).exp2()
    }
}

impl Default for Rhythm {
    fn default() -> Self {
        Self([level(UNKNOWN); HOURS])
    }
}

fn level(rate: f64) -> u16 {
    // a cast of floats saturates: at 0 for values below the lowest
    ((rate.log2() - LOWEST) * STEPS).round().min(4095.0) as u16
}

fn hours(span: TimeDelta) -> f64 {
    span.as_seconds_f64() / HOUR
}

/// A time span cut at full hours: the hour of the day, and seconds in it.
fn pieces(from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = (usize, f64)> {
    let mut at = from;
    std::iter::from_fn(move || {
        if at >= to {
            return None;
        }
        let next = super::next_hour(at).min(to);
        let piece = (at.hour() as usize, (next - at).as_seconds_f64());
        at = next;
        Some(piece)
    })
}

impl Serialize for Rhythm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |n: u16| char::from(DIGITS[usize::from(n & 63)]);
        serializer.collect_str(&self.0.iter().flat_map(|n| [digit(n >> 6), digit(*n)]).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Rhythm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = |byte: &u8| DIGITS.iter().position(|digit| digit == byte).map(|at| at as u16);
        let levels: Option<Vec<u16>> =
            text.as_bytes().chunks(2).map(|pair| Some(value(pair.first()?)? << 6 | value(pair.get(1)?)?)).collect();
        let levels = levels.and_then(|levels| levels.try_into().ok());
        levels.map(Self).ok_or_else(|| de::Error::custom("expected 48 digits of a rhythm"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(24 * 3600);
    const ORDINARY: Duration = Duration::from_secs(3600);

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// A feed that publishes as `rate` says was read for a month, every half hour.
    fn learned(rate: impl Fn(u32) -> f64) -> Rhythm {
        let mut rhythm = Rhythm::default();
        let (mut now, mut owed) = (at("2026-01-05T00:00:00Z"), 0.0);
        for _ in 0..31 * 48 {
            let next = now + TimeDelta::minutes(30);
            owed += rate(now.hour()) / 2.0;
            rhythm.observe(now, next, owed as usize);
            owed -= owed.floor();
            now = next;
        }
        rhythm
    }

    #[test]
    fn a_steady_feed_is_polled_by_the_root_of_its_rate() {
        for (rate, expected) in [(0.0, 24.0 * 60.0), (0.25, 120.0), (1.0, 60.0), (4.0, 30.0), (16.0, 15.0)] {
            let wait = learned(|_| rate).wait(at("2026-02-05T10:10:00Z"), ORDINARY, LONGEST).as_secs_f64() / 60.0;
            assert!((wait / expected - 1.0).abs() < 0.12, "{rate} an hour: {wait} min, expected {expected}");
        }
    }

    #[test]
    fn a_feed_that_sleeps_at_night_is_left_alone_then() {
        let rhythm = learned(|hour| if (8..18).contains(&hour) { 9.0 } else { 0.0 });
        let wait = |now| rhythm.wait(at(now), ORDINARY, LONGEST).as_secs() / 60;
        assert!((18..=23).contains(&wait("2026-02-05T11:00:00Z")), "{}", wait("2026-02-05T11:00:00Z"));
        let evening = wait("2026-02-05T19:00:00Z");
        assert!((12 * 60..=14 * 60).contains(&evening), "asked in the morning again, not {evening} min later");
    }

    #[test]
    fn dates_of_the_first_document_say_how_it_publishes() {
        let now = at("2026-02-05T20:00:00Z");
        let each = |minutes: i64| (0..40).map(|n| now - TimeDelta::minutes(minutes * n)).collect::<Vec<_>>();
        let busy = Rhythm::from_history(&each(15), now).unwrap();
        let calm = Rhythm::from_history(&each(7 * 60), now).unwrap();
        let wait = |rhythm: Rhythm| rhythm.wait(now, ORDINARY, LONGEST).as_secs() / 60;
        assert!((20..=60).contains(&wait(busy)), "{}", wait(busy));
        assert!((120..=300).contains(&wait(calm)), "{}", wait(calm));
        assert_eq!(Rhythm::from_history(&[now, now], now), None);
        assert_eq!(Rhythm::from_history(&[now + TimeDelta::days(1); 9], now), None, "dates ahead say nothing");
    }

    /// Four entries in two days, two of them at noon: one twelfth per hour, which counts for two days more.
    #[test]
    fn an_hour_of_the_history_counts_beside_the_mean() {
        let now = at("2026-02-05T20:00:00Z");
        let published =
            ["2026-02-03T20:00:00Z", "2026-02-04T12:00:00Z", "2026-02-05T09:00:00Z", "2026-02-05T12:30:00Z"];
        let rhythm = Rhythm::from_history(&published.map(at), now).unwrap();
        for (hour, expected) in [(12, 2.166_7 / 4.0), (9, 1.166_7 / 4.0), (20, 1.166_7 / 4.0), (3, 0.166_7 / 4.0)] {
            let rate = rhythm.rate(hour);
            assert!((rate / expected - 1.0).abs() < 0.01, "{hour} h: {rate}, expected {expected}");
        }
    }

    #[test]
    fn a_span_is_cut_at_full_hours() {
        let cut = |from, to| pieces(at(from), at(to)).collect::<Vec<_>>();
        let expected = [(22, 2_395.0), (23, 3_600.0), (0, 1_800.0)];
        assert_eq!(cut("2026-02-05T22:20:05Z", "2026-02-06T00:30:00Z"), expected);
        assert_eq!(cut("2026-02-05T22:20:05Z", "2026-02-05T22:20:35Z"), [(22, 30.0)]);
        assert_eq!(cut("2026-02-05T22:20:05Z", "2026-02-05T22:20:05Z"), []);
        // a leap second
        assert_eq!(cut("2016-12-31T23:59:60Z", "2017-01-01T00:00:01Z").len(), 2);
    }

    #[test]
    fn it_is_stored_in_48_characters() {
        let rhythm = learned(f64::from);
        let json = serde_json::to_string(&rhythm).unwrap();
        assert_eq!((json.len(), serde_json::from_str::<Rhythm>(&json).unwrap()), (50, rhythm));
        for wrong in ["\"\"", "\"AAA\"", "\"ä\"", &format!("\"{}\"", "=".repeat(48)), "1"] {
            assert!(serde_json::from_str::<Rhythm>(wrong).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_history_makes_it_wait_for_ever_or_not_at_all(
            polls in proptest::collection::vec((0_i64..200_000, 0_usize..1_000_000), 0..50),
            longest in 1_u64..3_000_000,
        ) {
            let mut rhythm = Rhythm::default();
            let mut now = at("2026-01-05T00:00:00Z");
            for (seconds, entries) in polls {
                let next = now + TimeDelta::seconds(seconds);
                rhythm.observe(now, next, entries);
                now = next;
            }
            let longest = Duration::from_secs(longest);
            let wait = rhythm.wait(now, ORDINARY, longest);
            proptest::prop_assert!(wait <= longest && (wait > Duration::from_secs(60) || wait == longest));
        }
    }
}
