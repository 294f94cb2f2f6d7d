//! What the daemon tells of itself once it is committed: to the log, the metrics, and whoever watches (the demo).

use std::time::Duration;

use crate::{
    article::Dropped,
    record::{Record, Reject},
};

/// Something that is durable now.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A poll ended.
    Polled {
        /// The feed's URL.
        feed: String,
        /// What came of it.
        outcome: PollNotice,
    },
    /// A record was published.
    Recorded {
        /// The record.
        record: Box<Record>,
        /// What was taken out of the page.
        dropped: Vec<Dropped>,
        /// From the publisher's date to the commit; none where the publisher gave no date with a zone.
        delay: Option<Duration>,
    },
    /// An entry ended without a record.
    Rejected {
        /// The reject.
        reject: Box<Reject>,
    },
    /// A published article was looked at again and had not changed.
    Unchanged {
        /// Its record id.
        id: String,
    },
    /// An entry turned out to be an article that is known already: its page is that article's.
    Merged {
        /// The record id it would have had.
        id: String,
        /// That of the article.
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

/// What came of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollNotice {
    /// 304.
    NotModified,
    /// 200 with the bytes of the last time.
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
