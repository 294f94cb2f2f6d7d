//! Publishers that are made up: what each publishes when, and what it answers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};

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
    /// The user sets an interval of five minutes.
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) fresh_for: Option<Duration>,
}

impl Said {
    /// For how long the publisher wants not to be asked again.
    pub(crate) fn least_wait(&self, publisher: &Publisher) -> Duration {
        let told = publisher.ttl().max(self.fresh_for.unwrap_or_default());
        let gone = if self.status == 410 { 24 * HOUR } else { Duration::ZERO };
        let told = if self.status == 200 { told } else { Duration::ZERO };
        self.retry_after.unwrap_or_default().max(told).max(gone)
    }
}

/// One feed's.
pub(crate) struct Publisher {
    pub(crate) kind: Kind,
    pub(crate) host: usize,
    seed: i64,
}

impl Publisher {
    pub(crate) fn new(number: usize) -> Self {
        Self { kind: KINDS[number % KINDS.len()], host: number / A_HOST, seed: number as i64 * 7_919 }
    }

    /// Seconds between two entries, and entries that its document holds: more than it publishes while the daemon is down.
    fn rhythm(&self) -> (i64, usize) {
        match self.kind {
            Kind::Busy => (180, 70),
            Kind::Impatient => (900, 20),
            Kind::Daytime => (600, 60),
            // it is asked once in fifteen hours or more
            Kind::Unvalidated => (900, 60),
            Kind::Overflowing => (120, 5),
            _ => (3_600, 30),
        }
    }

    pub(crate) fn window(&self) -> usize {
        self.rhythm().1
    }

    fn ttl(&self) -> Duration {
        if self.kind == Kind::Ttl { 3 * HOUR } else { Duration::ZERO }
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
            // rounded up: the header has whole seconds
            let wait = Duration::from_secs((until - at).num_seconds() as u64 + 1);
            return Said { status: 429, retry_after: Some(wait), fresh_for: None };
        }
        let status = match self.kind {
            Kind::Broken => 500,
            Kind::Missing => 404,
            Kind::Gone => 410,
            _ => 200,
        };
        Said { status, retry_after: None, fresh_for: (self.kind == Kind::Fresh).then_some(2 * HOUR) }
    }

    /// What was published after `since`, up to `until`.
    pub(crate) fn published(&self, since: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        if self.kind == Kind::Silent {
            return Vec::new();
        }
        let step = self.rhythm().0;
        let first = (since.timestamp() - self.seed).div_euclid(step) + 1;
        let times = (first..).map(|n| DateTime::from_timestamp(n * step + self.seed, 0).unwrap());
        let within = times.take_while(|at| *at <= until);
        within.filter(|at| self.kind != Kind::Daytime || (7..19).contains(&at.hour())).collect()
    }

    /// What its document holds.
    pub(crate) fn entries(&self, at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let mut entries = self.published(at - TimeDelta::days(2), at);
        entries.drain(..entries.len().saturating_sub(self.window()));
        entries
    }

    /// The document, each entry with its text.
    pub(crate) fn document(&self, entries: &[DateTime<Utc>]) -> String {
        let pace = match self.kind {
            Kind::Ttl => "<ttl>180</ttl>".to_owned(),
            Kind::Sleeps => {
                let hours: String = (0..6).map(|hour| format!("<hour>{hour}</hour>")).collect();
                format!("<skipHours>{hours}</skipHours><skipDays><day>Sunday</day></skipDays>")
            }
            _ => String::new(),
        };
        let item = |at: &DateTime<Utc>| {
            // most feeds tell no dates, so that their rhythm has to be learned from polls
            let dated = self.kind == Kind::Unvalidated;
            let date = if dated { format!("<pubDate>{}</pubDate>", at.to_rfc2822()) } else { String::new() };
            let name = format!("{}-{}", self.seed, at.timestamp());
            format!(
                "<item><guid isPermaLink=\"false\">{name}</guid><title>Story {name}</title>{date}<description>Story {name} \
                 is told in a sentence that is long enough for a paragraph of its own.</description></item>"
            )
        };
        let items: String = entries.iter().rev().map(item).collect();
        format!("<rss version=\"2.0\"><channel><title>Stories</title>{pace}{items}</channel></rss>")
    }

    /// By how much its skipped hours and days may put off a poll.
    pub(crate) fn longest_skip(&self) -> Duration {
        if self.kind == Kind::Sleeps { 31 * HOUR } else { Duration::ZERO }
    }
}
