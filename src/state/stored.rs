//! The values of a site: read back from the store, and written to it.
//!
//! PURE. An entry that was published or resolved is part of the commit with its record or reject (*urgent*). What a
//! crash may lose without harm, because the feed is read again, is stored *later*: new entries, retries, and, after
//! them, the feed with its validators. So validators are never stored before the entries that came with them.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Pending, SiteState, StateError, key, upgrade};
use crate::ledger;

/// What a site repeats is stored when one out of this many of the observations behind it is new.
const SAVED_PART: u16 = 8;
/// A recheck that was due this long before a feed of its site was requested was done by then.
const RECHECKS_TAKE: TimeDelta = TimeDelta::minutes(15);

impl SiteState {
    /// Adds a stored value. The key is as [`SiteState::changes`] wrote it.
    pub fn restore(&mut self, key: &str, value: &[u8]) -> Result<(), StateError> {
        let unreadable =
            |error: serde_json::Error| StateError::Unreadable { key: key.to_owned(), why: error.to_string() };
        let newer = |version, known| StateError::Version { key: key.to_owned(), version, known };
        match key::parse(key) {
            key::KeyKind::Knowledge => self.knowledge = Arc::new(serde_json::from_slice(value).map_err(unreadable)?),
            key::KeyKind::Feed(url) => match upgrade::version(value).map_err(unreadable)? {
                0 => upgrade::feed(self, url, value).map_err(unreadable)?,
                super::VERSION => {
                    let feed = serde_json::from_slice(value).map_err(unreadable)?;
                    self.feeds.insert(url.to_owned(), feed);
                }
                version => return Err(newer(version, super::VERSION)),
            },
            key::KeyKind::Entry => match upgrade::version(value).map_err(unreadable)? {
                super::VERSION => self.insert(serde_json::from_slice(value).map_err(unreadable)?),
                version => return Err(newer(version, super::VERSION)),
            },
            key::KeyKind::Memory(number) => {
                if let Some(version) = value.first().filter(|version| **version > super::memory::FORMAT) {
                    return Err(newer(*version, super::memory::FORMAT));
                }
                if !self.memory.restore(number, value) {
                    let why = "the bytes are not a bucket of format 3".to_owned();
                    return Err(StateError::Unreadable { key: key.to_owned(), why });
                }
            }
        }
        Ok(())
    }

    /// Ends a restore: feeds of which entries lost their content are read again. Values may come in any order.
    pub fn restored(&mut self) {
        let cut: HashSet<String> = self
            .entries
            .values()
            .filter(|pending| pending.content_cut)
            .map(|pending| pending.feed().to_owned())
            .collect();
        for url in cut {
            if let Some(feed) = self.feeds.get_mut(&url) {
                feed.read_again();
            }
        }
    }

    /// Rechecks that were due before the site's feeds were last requested were done: if they changed nothing, this is
    /// not stored each time. Failures are stored, and are tried again as planned.
    pub fn catch_up(&mut self, rechecks: &[Duration], now: DateTime<Utc>) {
        let Some(asked) = self.feeds.values().filter_map(|feed| feed.schedule.asked_at).max() else { return };
        let before = asked - RECHECKS_TAKE;
        let is_done = |pending: &&Pending| pending.last_error.is_none() && pending.has_recheck_before(rechecks, before);
        let done: Vec<u64> = self.entries.values().filter(is_done).map(|pending| pending.key).collect();
        for key in done {
            self.skip_rechecks(key, rechecks, before, now);
        }
    }

    /// Changes that could wait are to be stored now; returns whether there are any.
    pub fn store_all(&mut self) -> bool {
        self.later.append(&mut self.at_leisure);
        self.has_later_changes()
    }

    /// Whether something waits to be stored without a record or reject.
    pub fn has_later_changes(&self) -> bool {
        !self.later.is_empty() || !self.changed_feeds.is_empty() || self.memory.is_changed()
    }

    /// The values that changed since the last call, to be committed. Changes that are not urgent are left out unless
    /// `all`, and then come in parts of at most `most` entries, so that no call takes long: while
    /// [`SiteState::has_later_changes`] is true, there is more.
    pub fn changes(&mut self, all: bool, most: usize) -> Vec<ledger::State> {
        let mut keys: Vec<u64> = std::mem::take(&mut self.urgent).into_iter().collect();
        keys.iter().for_each(|key| _ = (self.later.remove(key), self.at_leisure.remove(key)));
        if all {
            let later: Vec<u64> = self.later.iter().copied().take(most).collect();
            later.iter().for_each(|key| _ = (self.later.remove(key), self.at_leisure.remove(key)));
            keys.extend(later);
        }
        let mut states: Vec<ledger::State> = keys.into_iter().map(|key| self.entry_value(key)).collect();
        let memory = self.memory.changes().into_iter();
        states.extend(memory.map(|(number, value)| ledger::State { key: key::memory(&self.name, number), value }));
        if all && self.later.is_empty() {
            for url in std::mem::take(&mut self.changed_feeds) {
                let value = self.feeds.get(&url).map(|feed| feed.to_json()).unwrap_or_default();
                states.push(ledger::State { key: key::feed(&self.name, &url), value });
            }
        }
        // a crash costs the last few observations and nothing else: a large value is not written for each of them
        if self.unsaved > 0 && self.unsaved.saturating_mul(SAVED_PART) >= self.knowledge.pages() {
            self.unsaved = 0;
            states.push(ledger::State { key: self.name.clone(), value: super::json(&*self.knowledge) });
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
