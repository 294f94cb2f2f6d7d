//! The only durable storage: it commits records, rejects and state together, or none of them.
//!
//! May use its store (files, SQLite, Kafka). Must not know HTTP or HTML: keys, headers and bytes come from `record`,
//! state values from `state`, and both are opaque here.
//!
//! Ownership: a ledger is divided into partitions, and a site's state is in exactly one of them. Opening a ledger also
//! gives a bounded channel of [`Event`]s that report which partitions are owned; it can be waited on while a commit
//! runs. The local ledger has one partition and always owns it.

use std::future::Future;

use tokio::sync::oneshot;

pub mod config;
mod error;
pub mod fault;
pub mod kafka;
pub mod local;
mod placement;
mod threads;

pub use copydesk_core::record::Message;
pub use error::{Cause, LedgerError};
pub use kafka::KafkaLedger;
pub use local::LocalLedger;
pub use placement::partition;

/// A partition of the state.
pub type Partition = i32;

/// A ledger. Its implementations are opened with `open(…) -> Result<(Self, mpsc::Receiver<Event>), LedgerError>`.
pub trait Ledger: Send + 'static {
    /// How many partitions there are, ours and others': [`partition`] returns the one of a site.
    fn partitions(&self) -> Partition;

    /// The largest size of a state value together with its key; none: no limit.
    fn largest_state(&self) -> Option<usize>;

    /// Commits a batch: everything in it becomes visible and durable, or nothing.
    ///
    /// After an error nothing of the batch is visible to a committed reader, and the same batch may be given again
    /// if the error says so. If the future is dropped before the commit ends, the commit may or may not have been made;
    /// open the ledger again to find out.
    fn commit(&mut self, batch: &Batch) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Closes the ledger cleanly: leaves the group, closes files. Better than dropping it, also after a failure: a drop
    /// may block its thread for a moment.
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
    /// A partition is no longer ours: drop everything of it, then acknowledge with `dropped`.
    ///
    /// A ledger waits (for a limited time) for the acknowledgement before it lets another instance have the partition.
    Lost {
        /// Which.
        partition: Partition,
        /// To be sent once nothing of the partition is in memory or in any future batch.
        dropped: oneshot::Sender<()>,
    },
    /// The ledger has failed outside of a commit, and sends nothing more: do what the error says. Every later commit
    /// fails with an error of the same kind.
    Failed(LedgerError),
}

/// A state value: a feed's, or what was learned about a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// `SITE` for a site's own value, `SITE FEED-URL` for a feed's. The site is always the part before the first space,
    /// and decides the partition.
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

/// Where a reader of committed records starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the first record that is kept.
    Beginning,
    /// After the last committed record.
    End,
}
