//! The ledger that needs nothing installed: state in SQLite, records and rejects in JSON Lines files next to it.
//!
//! ```text
//!  state.db                      state values, and the committed length of every file
//!  records-20260131-0001.jsonl   one record per line, rotated by size and day
//!  rejects-20260131-0001.jsonl   the same for rejects
//!  lock                          held by the one process that may write
//! ```
//!
//! A commit appends to the files, makes that durable, and then commits state and new lengths in one SQLite transaction.
//! What is after a committed length was never committed: it is cut when the ledger is opened, and readers
//! ([`RecordReader`]) stop before it.

mod failure;
mod file;
mod journal;
mod lock;
mod reader;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_outside;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

pub use reader::{RecordReader, states};

use self::store::{Lines, Store};
use super::{
    Batch, Event, Ledger, LedgerError, Partition,
    threads::{self, Worker},
};
use crate::config;

/// The one partition of a local ledger.
const PARTITION: Partition = 0;

/// A directory with state, records and rejects.
#[derive(Debug)]
pub struct LocalLedger {
    store: Worker<Store>,
    clock: fn() -> DateTime<Utc>,
    // kept, so that the other end waits for a next event instead of seeing the channel close
    _events: mpsc::Sender<Event>,
}

impl LocalLedger {
    /// Opens the ledger of a directory, which is created if missing. The events have one `Gained` with all state.
    pub async fn open(config: &config::LocalLedger) -> Result<(Self, mpsc::Receiver<Event>), LedgerError> {
        Self::open_at(config, clock).await
    }

    async fn open_at(
        config: &config::LocalLedger,
        clock: fn() -> DateTime<Utc>,
    ) -> Result<(Self, mpsc::Receiver<Event>), LedgerError> {
        let config = config.clone();
        let (store, states) = threads::once("ledger-open", move || {
            let store = Store::open(&config)?;
            let states = store.states()?;
            Ok((store, states))
        })
        .await?;
        let (events, receiver) = mpsc::channel(1);
        events
            .try_send(Event::Gained { partition: PARTITION, states, awaited: 0 })
            .expect("an empty channel takes one event");
        Ok((LocalLedger { store: Worker::start("ledger", store)?, clock, _events: events }, receiver))
    }
}

impl Ledger for LocalLedger {
    fn partitions(&self) -> Partition {
        1
    }

    fn largest_state(&self) -> Option<usize> {
        None
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        if *batch == Batch::default() {
            return Ok(());
        }
        let (lines, now) = (Lines::of(batch), (self.clock)());
        self.store.run(move |store| store.commit(&lines, now)).await
    }

    async fn close(self) -> Result<(), LedgerError> {
        self.store.end(Store::close).await
    }
}

#[expect(clippy::disallowed_methods, reason = "the day only names files")]
fn clock() -> DateTime<Utc> {
    Utc::now()
}
