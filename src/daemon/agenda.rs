//! What is due when.
//!
//! PURE. Entries are hints: the desk asks the state whether a job that comes up is still wanted, so that a stale hint
//! costs a look-up and nothing else.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

/// A piece of work, by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Job {
    /// The site whose state it changes.
    pub(super) site: String,
    /// URL of the feed in whose value that state is.
    pub(super) feed: String,
    /// What is to be done.
    pub(super) task: Task,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    /// Ask for the feed.
    Poll,
    /// Resolve the pending entry with this record id, or look at it again.
    Follow(String),
}

/// Jobs by the time they are due.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    due: BTreeSet<(DateTime<Utc>, Job)>,
}

impl Agenda {
    pub(super) fn add(&mut self, at: DateTime<Utc>, job: Job) {
        self.due.insert((at, job));
    }

    /// The next job that is due by `now`.
    pub(super) fn pop(&mut self, now: DateTime<Utc>) -> Option<Job> {
        if self.due.first()?.0 > now {
            return None;
        }
        self.due.pop_first().map(|(_, job)| job)
    }

    /// When the next job is due.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.due.first().map(|(at, _)| *at)
    }
}
