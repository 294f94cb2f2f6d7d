//! A ledger that is kept in memory, and outlives the daemon that writes it.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use copydesk::{
    ledger::{Batch, Event, Ledger, LedgerError, Partition, State},
    state::FeedState,
};
use tokio::sync::mpsc;

/// What was committed.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    states: BTreeMap<String, Vec<u8>>,
    records: HashSet<String>,
    rejects: usize,
}

impl Memory {
    /// Opens it as a daemon does that starts.
    pub(crate) fn open(&self) -> (Opened, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(1);
        let states = self.0.lock().unwrap().states.clone();
        let states = states.into_iter().map(|(key, value)| State { key, value }).collect();
        events.try_send(Event::Gained { partition: 0, states, awaited: 0 }).unwrap();
        (Opened { memory: self.clone(), _events: events }, receiver)
    }

    /// When a feed is due, by its stored state.
    pub(crate) fn due(&self, site: &str, feed: &str) -> Option<DateTime<Utc>> {
        let kept = self.0.lock().unwrap();
        FeedState::from_json(kept.states.get(&format!("{site} {feed}"))?).unwrap().schedule.due
    }

    /// Records and rejects.
    pub(crate) fn outcomes(&self) -> (usize, usize) {
        let kept = self.0.lock().unwrap();
        (kept.records.len(), kept.rejects)
    }
}

/// The memory, while a daemon has it open.
pub(crate) struct Opened {
    memory: Memory,
    // kept, so that the other end waits for a next event
    _events: mpsc::Sender<Event>,
}

impl Ledger for Opened {
    fn partitions(&self) -> Partition {
        1
    }

    fn largest_state(&self) -> Option<usize> {
        None
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), LedgerError> {
        let mut kept = self.memory.0.lock().unwrap();
        for record in &batch.records {
            assert!(kept.records.insert(record.key.clone()), "{} is published twice", record.key);
        }
        kept.rejects += batch.rejects.len();
        for State { key, value } in &batch.states {
            match value.is_empty() {
                true => kept.states.remove(key),
                false => kept.states.insert(key.clone(), value.clone()),
            };
        }
        Ok(())
    }

    async fn close(self) -> Result<(), LedgerError> {
        Ok(())
    }
}
