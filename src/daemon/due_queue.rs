//! What is due when.
//!
//! PURE. An item is a hint: the coordinator checks in the state whether the job is still needed, so that a stale item
//! costs only a look-up. Entries are queued by their site ([`crate::state::SiteState::take_due`]); this queue only
//! knows when the next of them is due.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

/// A piece of work, by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Job {
    /// The site whose state it changes.
    pub(super) site: String,
    /// What is to be done.
    pub(super) task: Task,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    /// Poll the feed with this URL.
    Poll(String),
    /// Follow the pending entry with this key, or recheck its page.
    Follow(u64),
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A poll.
    Poll { site: String, feed: String },
    /// Entries of a site.
    Entries { site: String },
}

/// What is due, in order.
#[derive(Debug, Default)]
pub(super) struct DueQueue {
    due: BTreeSet<(DateTime<Utc>, Due)>,
}

impl DueQueue {
    pub(super) fn add(&mut self, at: DateTime<Utc>, due: Due) {
        self.due.insert((at, due));
    }

    /// The next item that is due by `now`.
    pub(super) fn pop(&mut self, now: DateTime<Utc>) -> Option<Due> {
        if self.due.first()?.0 > now {
            return None;
        }
        self.due.pop_first().map(|(_, due)| due)
    }

    /// When the next item is due.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.due.first().map(|(at, _)| *at)
    }
}
