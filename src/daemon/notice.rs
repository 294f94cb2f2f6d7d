//! What the daemon reports once it is committed: to the log, the metrics, and an observer (the demo).

use std::time::Duration;

use crate::{
    article::Dropped,
    record::{Record, Reject},
};

/// Something that is durable now.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A poll has ended.
    Polled {
        /// The feed's URL.
        feed: String,
        /// Its result.
        outcome: PollNotice,
    },
    /// A record was published.
    Recorded {
        /// The record.
        record: Box<Record>,
        /// What was removed from the page.
        dropped: Vec<Dropped>,
        /// From the publisher's date to the commit; none if the publisher gave no date with a time zone.
        delay: Option<Duration>,
    },
    /// An entry ended without a record.
    Rejected {
        /// The reject.
        reject: Box<Reject>,
    },
    /// A published article was rechecked and had not changed.
    Unchanged {
        /// Its record id.
        id: String,
    },
    /// An entry turned out to be a known article: its page is that article's.
    Merged {
        /// The record id it would have had.
        id: String,
        /// The record id of the article.
        into: String,
    },
    /// A page failed and waits for another try.
    Postponed {
        /// The record id it will have.
        id: String,
        /// What went wrong.
        error: String,
        /// How long it waits.
        wait: Duration,
    },
}

/// The result of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollNotice {
    /// 304.
    NotModified,
    /// 200 with the same bytes as last time.
    SameBody,
    /// A document was read.
    Read {
        /// Entries that were new.
        new: usize,
        /// Entries that were known.
        known: usize,
        /// None was known though the feed was read before.
        overflowed: bool,
    },
    /// No document.
    Failed {
        /// A stable name.
        reason: String,
        /// In words.
        detail: String,
    },
}
