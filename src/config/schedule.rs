//! When feeds are polled, pages tried and batches committed.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    leaf::{count, flag, or_off},
    quantity::{duration, shown},
    section::{Decoder, Section},
    yaml::Node,
};

/// Bounds of the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The hard floor: no feed is polled more often than this, whatever the feed or the user says.
    pub min_interval: Duration,
    /// If neither user nor feed says otherwise, polls are at least this far apart.
    pub interval: Duration,
    /// And at most this far.
    pub max_interval: Duration,
    /// Polls of a feed that is sent as a whole each time are at least this far apart, unless the feed says otherwise.
    pub unconditional_interval: Duration,
    /// When a published article is checked again for edits, after its publication.
    pub rechecks: Vec<Duration>,
    /// How often a page that may work again is tried before the feed's own text is published instead.
    pub page_attempts: u32,
    /// How long such a page is tried before its entry is rejected; zero: no longer than `page_attempts`.
    pub page_patience: Duration,
    /// How long an article is remembered after its last recheck, so that its entry is known when it comes back.
    pub memory: Duration,
    /// Whether entries of a feed that was read before are followed if their date is older than `memory`.
    pub publish_old: bool,
    /// When a feed is read for the first time, older entries than this are not followed; `None` follows all.
    pub max_age: Option<Duration>,
}

/// How commits are grouped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// A commit waits this long for more.
    pub every: Duration,
    /// Or until this many records and rejects are ready.
    pub count: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            min_interval: MINUTE,
            interval: 15 * MINUTE,
            max_interval: DAY,
            unconditional_interval: DAY,
            // most edits come within an hour, most corrections within a day
            rechecks: vec![HOUR, DAY, 7 * DAY],
            page_attempts: 6,
            page_patience: 3 * DAY,
            memory: 180 * DAY,
            publish_old: false,
            max_age: None,
        }
    }
}

impl Default for Commit {
    fn default() -> Self {
        Self { every: Duration::from_millis(100), count: 200 }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest time between two polls of a feed.
pub(super) const LONGEST_INTERVAL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The shortest floor: polls on loopback, in tests.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

const RECHECKS: RangeInclusive<Duration> = SECOND..=Duration::from_secs(365 * 24 * 60 * 60);

/// More would make each article expensive for a long time.
const MOST_RECHECKS: usize = 16;

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Schedule {
    let mut schedule = Schedule::default();
    decoder.section("`schedule`", node, |s| {
        let interval = || duration(SHORTEST_INTERVAL..=LONGEST_INTERVAL);
        s.set("min_interval", &mut schedule.min_interval, &interval());
        s.set("interval", &mut schedule.interval, &interval());
        s.set("max_interval", &mut schedule.max_interval, &interval());
        s.set("unconditional_interval", &mut schedule.unconditional_interval, &interval());
        s.set("page_attempts", &mut schedule.page_attempts, &count(1..=100));
        s.set("page_patience", &mut schedule.page_patience, &duration(Duration::ZERO..=30 * DAY));
        s.set("memory", &mut schedule.memory, &duration(30 * DAY..=20 * 365 * DAY));
        s.set("publish_old", &mut schedule.publish_old, &flag());
        let age = duration(MINUTE..=10 * 365 * DAY);
        s.set("max_age", &mut schedule.max_age, &or_off("a duration such as 7d, or off", |text| age.read(text)));
        if let Some(rechecks) = s.list("rechecks", &duration(RECHECKS)) {
            schedule.rechecks = rechecks;
        }
        intervals(s, &mut schedule);
        let rising = schedule.rechecks.is_sorted_by(|a, b| a < b);
        if let Some(at) = s.at("rechecks").filter(|_| !rising || schedule.rechecks.len() > MOST_RECHECKS) {
            let expected = format!("at most {MOST_RECHECKS} durations, each longer than the one before");
            s.decoder().fault(at, format!("`rechecks`: expected {expected}"));
        }
        memory(s, &mut schedule);
    });
    schedule
}

/// An article must not be forgotten while it waits for a recheck.
fn memory(s: &mut Section<'_, '_, '_>, schedule: &mut Schedule) {
    let last = schedule.rechecks.last().copied().unwrap_or_default();
    if schedule.memory >= last {
        return;
    }
    match s.at("memory") {
        None => schedule.memory = last,
        Some(at) => {
            let (memory, last) = (shown(schedule.memory), shown(last));
            s.decoder().fault(at, format!("`memory`, {memory}, is shorter than the last of `rechecks`, {last}"));
        }
    }
}

/// The intervals in their order. A default gives way to a value that is written, except for the floor: a user who wants
/// to poll more often than the floor has to set the floor.
fn intervals(s: &mut Section<'_, '_, '_>, schedule: &mut Schedule) {
    let Schedule { min_interval, interval, max_interval, unconditional_interval, .. } = schedule;
    match s.at("interval") {
        None => *interval = (*interval).max(*min_interval),
        Some(at) if interval < min_interval => {
            let (interval, floor) = (shown(*interval), shown(*min_interval));
            s.decoder().fault(at, format!("`interval`, {interval}, is shorter than `min_interval`, {floor}"));
        }
        Some(_) => {}
    }
    match s.at("max_interval") {
        None => *max_interval = (*max_interval).max(*interval),
        Some(at) if max_interval < interval => {
            let (max, interval) = (shown(*max_interval), shown(*interval));
            s.decoder().fault(at, format!("`max_interval`, {max}, is shorter than `interval`, {interval}"));
        }
        Some(_) => {}
    }
    match s.at("unconditional_interval") {
        None => *unconditional_interval = (*unconditional_interval).min(*max_interval),
        Some(at) if unconditional_interval > max_interval => {
            let (found, max) = (shown(*unconditional_interval), shown(*max_interval));
            s.decoder().fault(at, format!("`unconditional_interval`, {found}, is longer than `max_interval`, {max}"));
        }
        Some(_) => {}
    }
}

pub(super) fn decode_commit(decoder: &mut Decoder<'_>, node: &Node<'_>) -> Commit {
    let mut commit = Commit::default();
    decoder.section("`commit`", node, |s| {
        s.set("every", &mut commit.every, &duration(Duration::from_millis(1)..=MINUTE));
        s.set("count", &mut commit.count, &count(1..=10_000));
    });
    commit
}
