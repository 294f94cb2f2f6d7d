//! The one durable thing: it commits records, rejects and state together, or none of them.
//!
//! May touch its store (files, SQLite, Kafka). Must not know of HTTP or HTML: keys, headers and bytes come from
//! `record`, state values from `state`, and both are opaque here.
//!
//! Ownership: a ledger is divided into partitions, and a site's state lives in exactly one of them. Opening a ledger
//! gives a second handle beside it, a bounded channel of [`Event`]s that tell which partitions are held: it can be
//! waited on while a commit runs. The local ledger has one partition and always holds it.

use std::future::Future;

use tokio::sync::oneshot;

pub mod config;
pub mod fault;
pub mod kafka;
pub mod local;
mod placement;
mod threads;

pub use copydesk_core::record::Message;
pub use kafka::KafkaLedger;
pub use local::LocalLedger;
pub use placement::partition;

/// A partition of the state.
pub type Partition = i32;

/// A ledger. Its implementations are opened with `open(…) -> Result<(Self, mpsc::Receiver<Event>), LedgerError>`.
pub trait Ledger: Send + 'static {
    /// How many partitions there are, ours and others': [`partition`] says which of them is a site's.
    fn partitions(&self) -> Partition;

    /// Bytes that a state value may have together with its key; none: as many as it likes.
    fn largest_state(&self) -> Option<usize>;

    /// Commits a batch: everything in it becomes visible and durable, or nothing.
    ///
    /// On an error nothing of the batch is visible to a committed reader, and the same batch may be given again
    /// where the error says so. A commit whose future is dropped before it ends may or may not have been carried out:
    /// open the ledger anew to know.
    fn commit(&mut self, batch: &Batch) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Leaves the ledger cleanly: membership given up, files closed. To be preferred to dropping it also after a failure:
    /// a drop may block its thread for a moment.
    fn close(self) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

/// A change of what this instance owns.
#[derive(Debug)]
pub enum Event {
    /// A partition is ours, and this is all its state, in no order.
    Gained {
        /// Which.
        partition: Partition,
        /// Every live state value in it.
        states: Vec<State>,
        /// How many more partitions are ours, and still being read back.
        awaited: usize,
    },
    /// A partition is ours no more: drop what is held of it, then acknowledge by `dropped`.
    ///
    /// A ledger waits (within a bound) for the acknowledgement before it lets another instance have the partition.
    Lost {
        /// Which.
        partition: Partition,
        /// To be sent once nothing of the partition is in memory or in any future batch.
        dropped: oneshot::Sender<()>,
    },
    /// The ledger has failed beside any commit, and sends nothing further: what the error says is to be done.
    /// A commit given to it from now on fails with an error of the same kind.
    Failed(LedgerError),
}

/// A state value: a feed's, or what was learned of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// `SITE` for a site's own value, `SITE FEED-URL` for a feed's. The site is always what stands before the
    /// first space, and decides the partition.
    pub key: String,
    /// JSON. Empty: the value is removed.
    pub value: Vec<u8>,
}

impl State {
    /// The site that a key belongs to.
    pub fn site(key: &str) -> &str {
        key.split(' ').next().unwrap_or(key)
    }
}

/// What is committed together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records, in order.
    pub records: Vec<Message>,
    /// Rejects, in order.
    pub rejects: Vec<Message>,
    /// State values, the last of a key wins.
    pub states: Vec<State>,
}

/// What went wrong, by what its caller does next.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The store is away, full or slow: give the same batch again, later.
    #[error("{0}")]
    Retry(String),
    /// Ownership changed: take the pending [`Event`]s, then give again what is still ours.
    #[error("{0}")]
    Fenced(String),
    /// A record, a reject or a state value can never be stored (larger than the topic takes): put less in its place.
    #[error("`{key}` cannot be stored: {why}")]
    Unstorable {
        /// Its key. That of a state value begins with its site, and a record's id is no site.
        key: String,
        /// In words.
        why: String,
    },
    /// The ledger must be closed and opened anew; memory must be dropped, state will be gained again.
    #[error("{0}")]
    Reopen(String),
    /// Nothing that time or a retry mends: settings, permissions.
    #[error("{0}")]
    Fatal(String),
}

/// Where a reader of committed records begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the first record that is kept.
    Beginning,
    /// Behind the last committed record.
    End,
}
