//! Publishers that are made up: what each publishes when, and what it answers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use copydesk::{feed::Pace, schedule::FailureClass};

const HOUR: Duration = Duration::from_secs(3600);
/// Feeds of a host.
const A_HOST: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Silent,
    Hourly,
    Daytime,
    Busy,
    /// `Cache-Control: max-age=7200`.
    Fresh,
    /// `<ttl>180`.
    Ttl,
    /// `skipHours` at night and `skipDays` on Sunday.
    Sleeps,
    Broken,
    Missing,
    Gone,
    /// The user wants it each five minutes.
    Impatient,
    /// It sends neither `ETag` nor `Last-Modified`.
    Unvalidated,
    /// More comes in an hour than its document holds.
    Overflowing,
}

const KINDS: [Kind; 13] = [
    Kind::Silent,
    Kind::Hourly,
    Kind::Daytime,
    Kind::Busy,
    Kind::Fresh,
    Kind::Ttl,
    Kind::Sleeps,
    Kind::Broken,
    Kind::Missing,
    Kind::Gone,
    Kind::Impatient,
    Kind::Unvalidated,
    Kind::Overflowing,
];

/// What a publisher answers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) class: Option<FailureClass>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) fresh_for: Option<Duration>,
}

impl Said {
    pub(crate) fn is_busy(&self) -> bool {
        self.retry_after.is_some()
    }

    /// For how long the publisher wants not to be asked again.
    pub(crate) fn least_wait(&self, publisher: &Publisher) -> Duration {
        let ttl = Duration::from_secs(u64::from(publisher.pace.ttl_minutes.unwrap_or(0)) * 60);
        let told = ttl.max(self.fresh_for.unwrap_or_default());
        let gone = if self.class == Some(FailureClass::Gone) { 24 * HOUR } else { Duration::ZERO };
        let failed = if self.class.is_some() { Duration::ZERO } else { told };
        self.retry_after.unwrap_or_default().max(failed).max(gone)
    }
}

/// One feed's.
pub(crate) struct Publisher {
    pub(crate) kind: Kind,
    pub(crate) host: usize,
    pub(crate) pace: Pace,
    /// Entries its document holds.
    pub(crate) window: usize,
    seed: i64,
}

impl Publisher {
    pub(crate) fn new(number: usize) -> Self {
        let kind = KINDS[number % KINDS.len()];
        let mut pace = Pace::default();
        match kind {
            Kind::Ttl => pace.ttl_minutes = Some(180),
            Kind::Sleeps => (pace.skip_hours, pace.skip_days) = ((0..6).collect(), vec![6]),
            _ => {}
        }
        let window = match kind {
            Kind::Overflowing => 10,
            // it publishes as many in fifteen hours
            Kind::Unvalidated => 300,
            _ => 100_000,
        };
        Self { kind, host: number / A_HOST, pace, window, seed: number as i64 * 7_919 }
    }

    pub(crate) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    /// When its host wants to be left alone: every tenth from Tuesday to Friday, and every tenth from a moment before the
    /// daemon goes down.
    pub(crate) fn rest(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (down, moment) = (super::monday() + super::DOWN_AT, TimeDelta::minutes(20));
        match self.host % 10 {
            3 => Some((super::monday() + TimeDelta::days(1), super::monday() + TimeDelta::days(4))),
            7 => Some((down - moment, down + TimeDelta::days(2))),
            _ => None,
        }
    }

    pub(crate) fn answer(&self, at: DateTime<Utc>) -> Said {
        if let Some((_, until)) = self.rest().filter(|(from, until)| (*from..*until).contains(&at)) {
            let retry_after = (until - at).to_std().ok();
            return Said { class: Some(FailureClass::Passing), retry_after, fresh_for: None };
        }
        let class = match self.kind {
            Kind::Broken => Some(FailureClass::Passing),
            Kind::Missing => Some(FailureClass::Lasting),
            Kind::Gone => Some(FailureClass::Gone),
            _ => None,
        };
        let fresh_for = (self.kind == Kind::Fresh).then_some(2 * HOUR);
        Said { class, retry_after: None, fresh_for }
    }

    /// What was published after `since`, up to `until`.
    pub(crate) fn published(&self, since: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let step = match self.kind {
            Kind::Busy | Kind::Impatient | Kind::Unvalidated => 180,
            Kind::Overflowing => 60,
            Kind::Daytime => 600,
            Kind::Silent => return Vec::new(),
            _ => 3_600,
        };
        let first = (since.timestamp() - self.seed).div_euclid(step) + 1;
        let times = (first..).map(|n| DateTime::from_timestamp(n * step + self.seed, 0).unwrap());
        let within = times.take_while(|at| *at <= until);
        within.filter(|at| self.kind != Kind::Daytime || (7..19).contains(&at.hour())).collect()
    }

    /// The dates of what its document holds, where entries have dates.
    pub(crate) fn history(&self, at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        if self.kind == Kind::Unvalidated { self.published(at - TimeDelta::hours(15), at) } else { Vec::new() }
    }

    /// By how much its skipped hours and days may put off a poll.
    pub(crate) fn longest_skip(&self) -> Duration {
        if self.kind == Kind::Sleeps { 31 * HOUR } else { Duration::ZERO }
    }
}
