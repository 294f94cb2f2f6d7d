//! What is due when.
//!
//! PURE. Entries are hints: the desk asks the state whether a job that comes up is still wanted, so that a stale hint
//! costs a look-up and nothing else.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

/// A piece of work, by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Job {
    /// Ask for a feed.
    Poll {
        /// The feed's URL.
        feed: String,
    },
    /// Resolve a pending entry, or look at a published one again.
    Follow {
        /// URL of the feed that holds it.
        feed: String,
        /// Its record id.
        id: String,
    },
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
