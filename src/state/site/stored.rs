//! What of a site is stored, and when.
//!
//! PURE. An entry that was published or resolved is part of the commit with its record or reject
//! (*urgent*). What a crash may lose without harm, because the feed is read again, is stored *later*: new entries, retries,
//! and, after them, the feed with its validators. So validators are never stored before the entries that came with them.

use super::{FeedState, Pending, SiteState, key};
use crate::ledger;

/// What a site repeats is stored when one of so many of the lessons behind it is new.
const SAVED_PART: u16 = 8;

impl SiteState {
    /// Whether something waits to be stored that no record or reject carries along.
    pub fn has_later_changes(&self) -> bool {
        !self.later.is_empty() || !self.changed_feeds.is_empty() || self.memory.is_changed()
    }

    /// The values that changed since the last call, to be committed. What is not urgent is left out unless `all`, and then
    /// comes in parts of at most `most` entries, so that no call takes long: as long as [`SiteState::has_later_changes`],
    /// there is more.
    pub fn changes(&mut self, all: bool, most: usize) -> Vec<ledger::State> {
        let mut keys: Vec<u64> = self.urgent.drain().collect();
        keys.sort_unstable();
        keys.iter().for_each(|key| _ = self.later.remove(key));
        if all {
            let later: Vec<u64> = self.later.iter().copied().take(most).collect();
            later.iter().for_each(|key| _ = self.later.remove(key));
            keys.extend(later);
        }
        let mut states: Vec<ledger::State> = keys.into_iter().map(|key| self.entry_value(key)).collect();
        let memory = self.memory.changes().into_iter();
        states.extend(memory.map(|(number, value)| ledger::State { key: key::memory(&self.name, number), value }));
        if all && self.later.is_empty() {
            for url in std::mem::take(&mut self.changed_feeds) {
                let value = self.feeds.get(&url).map(FeedState::to_json).unwrap_or_default();
                states.push(ledger::State { key: key::feed(&self.name, &url), value });
            }
        }
        // a crash costs the last few lessons and nothing else: a large value is not written for each of them
        if self.unsaved > 0 && self.unsaved.saturating_mul(SAVED_PART) >= self.knowledge.pages() {
            self.unsaved = 0;
            states.push(ledger::State { key: self.name.clone(), value: super::super::json(&*self.knowledge) });
        } else if std::mem::take(&mut self.forget_knowledge) {
            states.push(ledger::State { key: self.name.clone(), value: Vec::new() });
        }
        states
    }

    fn entry_value(&self, key: u64) -> ledger::State {
        let value = self.entries.get(&key).map(Pending::to_json).unwrap_or_default();
        ledger::State { key: key::entry(&self.name, key), value }
    }

    /// Every value, as it is to be stored in an empty ledger.
    pub fn everything(&mut self) -> Vec<ledger::State> {
        self.changed_feeds.extend(self.feeds.keys().cloned());
        self.later.extend(self.entries.keys().copied());
        self.memory.change_all();
        self.unsaved = if self.knowledge.pages() > 0 { u16::MAX } else { 0 };
        self.changes(true, usize::MAX)
    }
}
