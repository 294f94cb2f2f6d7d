//! What the result must be, by the publisher's own numbers. It asks no product code what is the same.
//!
//! PURE.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    paper::read_mark,
    publisher::{Body, End, Links, Publisher},
};

/// An entry has its record or its reject within this time: pages that fail are tried for three days.
const ENDS_WITHIN: TimeDelta = TimeDelta::days(5);
/// An edit is published within this time after the recheck or the poll that shows it, including restarts, failures of a
/// host and the spacing of rechecks (at most a day).
const EDIT_WITHIN: TimeDelta = TimeDelta::hours(54);
/// The most revisions of a story within one day.
const MOST_A_DAY: u32 = 6;

/// What was committed.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Recorded {
        key: u64,
        revision: u32,
        mark: Option<String>,
        is_feed_text: bool,
    },
    Rejected {
        key: u64,
        mark: Option<String>,
    },
    /// A feed has another URL, and nobody knows that it is the same.
    Renamed {
        feed: usize,
    },
    /// A document was absorbed: stories with the edits that they show.
    Shown {
        feed: usize,
        stories: Vec<(usize, usize)>,
    },
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fault {
    /// The same id and revision, twice.
    Twice,
    /// A revision is left out, or out of order.
    Gap,
    /// A story has a second id.
    SecondId,
    /// Two stories have one id.
    OneId,
    /// A story that a feed showed has neither record nor reject.
    Lost,
    /// Rejected twice.
    RejectedTwice,
    /// A revision without an edit.
    FalseRevision,
    /// An edit without a revision.
    MissedEdit,
    /// More revisions on a day than there may be.
    TooMany,
    /// A story from before the horizon.
    TooOld,
}

/// A fault, and where.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) fault: Fault,
    story: usize,
    at: DateTime<Utc>,
    what: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: story {} at {}: {}", self.fault, self.story, self.at.format("%F %T"), self.what)
    }
}

/// What is known about a story.
#[derive(Debug, Default)]
struct Told {
    first_shown: Option<DateTime<Utc>>,
    key: Option<u64>,
    rejected: Vec<u64>,
    is_feed_text: bool,
    /// Revisions: when, and with how many edits.
    revisions: Vec<(DateTime<Utc>, u32)>,
    /// By feed, how many changes the feed has shown.
    feeds: BTreeMap<usize, usize>,
    /// Edits that a feed showed which had shown the story before: how many changes it showed, and when.
    told: Vec<(usize, DateTime<Utc>)>,
    today: (i64, u32),
}

#[derive(Debug, Default)]
pub(super) struct Oracle {
    stories: BTreeMap<usize, Told>,
    /// The story of each id, and its newest revision.
    ids: HashMap<u64, (usize, u32)>,
    pub(super) faults: Vec<Found>,
    pub(super) records: usize,
    pub(super) revisions: usize,
    pub(super) rejects: usize,
    pub(super) edits: usize,
}

impl Oracle {
    /// How many stories were published.
    pub(super) fn published(&self) -> usize {
        self.stories.values().filter(|told| told.key.is_some()).count()
    }

    fn fault(&mut self, fault: Fault, story: usize, at: DateTime<Utc>, what: String) {
        self.faults.push(Found { fault, story, at, what });
    }

    /// Notes what was committed.
    pub(super) fn note(&mut self, publisher: &Publisher, event: Event, at: DateTime<Utc>) {
        match event {
            Event::Shown { feed, stories } => {
                stories.into_iter().for_each(|(n, version)| self.shown(publisher, feed, n, version, at));
            }
            Event::Renamed { feed } => self.stories.values_mut().for_each(|told| _ = told.feeds.remove(&feed)),
            Event::Rejected { key, mark } => self.rejected(key, mark.as_deref(), at),
            Event::Recorded { key, revision, mark, is_feed_text } => {
                let (n, edits) = mark.as_deref().and_then(read_mark).unwrap_or((usize::MAX, 0));
                self.recorded(publisher, key, revision, (n, edits), is_feed_text, at);
            }
        }
    }

    fn shown(&mut self, publisher: &Publisher, feed: usize, n: usize, version: usize, at: DateTime<Utc>) {
        let story = &publisher.stories[n];
        let is_too_old = at - story.born > TimeDelta::days(180);
        let told = self.stories.entry(n).or_default();
        if is_too_old && told.first_shown.is_none() {
            return;
        }
        told.first_shown.get_or_insert(at);
        let before = told.feeds.insert(feed, version).unwrap_or(version);
        if before < version {
            let mut changes = story.changes[before..version].iter();
            if let Some(last) = changes.rposition(|(_, change)| change.is_told(publisher.habits.body)) {
                told.told.push((before + last + 1, at));
            }
        }
    }

    fn rejected(&mut self, key: u64, mark: Option<&str>, at: DateTime<Utc>) {
        self.rejects += 1;
        let Some((n, _)) = mark.and_then(read_mark) else { return };
        let told = self.stories.entry(n).or_default();
        told.rejected.push(key);
        if told.rejected.iter().filter(|one| **one == key).count() > 1 {
            self.fault(Fault::RejectedTwice, n, at, format!("{key:x}"));
        }
    }

    fn recorded(
        &mut self,
        publisher: &Publisher,
        key: u64,
        revision: u32,
        (n, edits): (usize, u32),
        is_feed_text: bool,
        at: DateTime<Utc>,
    ) {
        let (owner, last) = self.ids.get(&key).copied().unwrap_or((n, 0));
        self.ids.insert(key, (owner, revision.max(last)));
        if revision <= last {
            self.fault(Fault::Twice, n, at, format!("{key:x} has revision {last}, and {revision} comes again"));
        } else if revision != last + 1 {
            self.fault(Fault::Gap, n, at, format!("{key:x}: {revision} after {last}"));
        }
        if n == usize::MAX {
            return self.fault(Fault::FalseRevision, owner, at, format!("{key:x} revision {revision} is a wall"));
        }
        if owner != n {
            self.fault(Fault::OneId, n, at, format!("{key:x} is story {owner}"));
        }
        let told = self.stories.entry(n).or_default();
        let before = told.key.replace(key);
        let most = told.revisions.iter().map(|(_, edits)| *edits).max();
        told.is_feed_text = is_feed_text;
        told.revisions.push((at, edits));
        let day = at.timestamp().div_euclid(86_400);
        told.today = if told.today.0 == day { (day, told.today.1 + 1) } else { (day, 1) };
        let (today, age) = (told.today.1, at - publisher.stories[n].born);
        self.records += usize::from(revision == 1);
        self.revisions += usize::from(revision > 1);
        match before {
            Some(before) if before != key => {
                self.fault(Fault::SecondId, n, at, format!("{key:x} revision {revision}, and before {before:x}"));
            }
            Some(_) if most.is_some_and(|most| edits <= most) => {
                self.fault(
                    Fault::FalseRevision,
                    n,
                    at,
                    format!("{key:x} revision {revision} shows {edits} edits again"),
                );
            }
            _ => {}
        }
        if today > MOST_A_DAY {
            self.fault(Fault::TooMany, n, at, format!("{today} revisions"));
        }
        if revision == 1 && age > TimeDelta::days(190) {
            self.fault(Fault::TooOld, n, at, format!("it is {} days old", age.num_days()));
        }
    }

    /// The end: what is missing.
    pub(super) fn end(&mut self, publisher: &Publisher, at: DateTime<Utc>) {
        for (n, told) in std::mem::take(&mut self.stories) {
            if let Some(first) = told.first_shown.filter(|first| *first + ENDS_WITHIN < at && told.key.is_none()) {
                if told.rejected.is_empty() {
                    self.fault(Fault::Lost, n, first, "it has neither record nor reject".to_owned());
                } else if !ends_before(publisher, n, first + ENDS_WITHIN) {
                    self.fault(Fault::Lost, n, first, "it is rejected: its page failed for a while".to_owned());
                }
            }
            let due = due(publisher, n, &told);
            self.edits += due.len();
            for (edits, deadline) in due.into_iter().filter(|(_, deadline)| *deadline < at) {
                let is_there = |(when, shows): &(DateTime<Utc>, u32)| *shows >= edits && *when <= deadline;
                if !told.revisions.iter().any(is_there) {
                    let said = told.revisions.last().map_or(0, |(_, edits)| *edits);
                    let what = format!("edit {edits} was due by {}; published: {said}", deadline.format("%F %T"));
                    self.fault(Fault::MissedEdit, n, deadline, what);
                }
            }
            self.stories.insert(n, told);
        }
    }
}

/// Whether a story's page is gone by then, or never was a story.
fn ends_before(publisher: &Publisher, n: usize, at: DateTime<Utc>) -> bool {
    match publisher.stories[n].end {
        Some(End::NotFound(ends) | End::Gone(ends)) => ends < at,
        Some(End::NoArticle) => true,
        None => false,
    }
}

/// The edits of a story that must be published: how many there are by then, each with its latest time.
fn due(publisher: &Publisher, n: usize, told: &Told) -> Vec<(u32, DateTime<Utc>)> {
    let (story, habits) = (&publisher.stories[n], publisher.habits);
    let Some((first, had)) = told.revisions.first().copied() else { return Vec::new() };
    let ends = match story.end {
        Some(End::NotFound(at) | End::Gone(at)) => at,
        _ => DateTime::<Utc>::MAX_UTC,
    };
    let has_page = matches!(habits.links, Links::Own | Links::Session | Links::Redirector);
    let has_page = has_page && !habits.feed_text && !told.is_feed_text;
    let is_quiet = |from: DateTime<Utc>, to: DateTime<Utc>| to < ends && !publisher.has_trouble(from, to);
    let is_plain = |version: usize| story.changes[..version].iter().all(|(_, change)| is_seen_at_once(*change));
    let mut due = Vec::new();
    // edits that a feed shows: the page is rechecked soon
    for (version, at) in told.told.iter().filter(|(_, at)| *at > first) {
        if habits.is_tested && !is_plain(*version) {
            continue;
        }
        if is_quiet(*at, *at + EDIT_WITHIN) && (has_page || habits.body == Body::Content) {
            due.push((story.edits(*version), *at + EDIT_WITHIN));
        }
    }
    // edits that no feed shows: the rechecks see them
    for after in [TimeDelta::hours(1), TimeDelta::days(1), TimeDelta::days(7)] {
        let look = first + after;
        // the slower server shows it hours later
        let version = story.version(look - TimeDelta::hours(if habits.two_servers { 3 } else { 0 }));
        let edits = story.edits(version);
        // differences at each reading hide what an editor does
        if has_page && is_plain(version) && !habits.is_tested && edits > had && is_quiet(look, look + EDIT_WITHIN) {
            due.push((edits, look + EDIT_WITHIN));
        }
    }
    due.retain(|(edits, _)| *edits > had);
    due
}

/// A wholly new text, or other numbers, count when they are seen twice.
fn is_seen_at_once(change: super::publisher::Change) -> bool {
    !matches!(change, super::publisher::Change::Rewrite | super::publisher::Change::Number)
}
