//! A store that behaves like a ledger: keys and values, and each commit is complete.

use std::collections::BTreeMap;

use crate::{ledger::State, state::SiteState};

#[derive(Debug, Default)]
pub(super) struct Store {
    values: BTreeMap<String, Vec<u8>>,
    /// Bytes of keys and values that were ever written, by kind.
    pub(super) written: BTreeMap<&'static str, usize>,
    /// The most that it ever held, in bytes.
    pub(super) largest: usize,
    held: usize,
}

impl Store {
    /// An empty value deletes its key.
    pub(super) fn commit(&mut self, states: Vec<State>) {
        for State { key, value } in states {
            *self.written.entry(kind(&key)).or_default() += key.len() + value.len();
            let size = |value: &Vec<u8>| key.len() + value.len();
            let added = if value.is_empty() { 0 } else { size(&value) };
            let before = self.values.get(&key).map_or(0, size);
            self.held = self.held + added - before;
            match added {
                0 => drop(self.values.remove(&key)),
                _ => drop(self.values.insert(key, value)),
            }
        }
        self.largest = self.largest.max(self.held);
    }

    /// The site as the next owner of its partition has it. Values come in the order of their keys, or in reverse.
    pub(super) fn restore(&self, site: &str, backwards: bool) -> SiteState {
        let mut state = SiteState::new(site);
        let mut values: Vec<_> = self.values.iter().collect();
        if backwards {
            values.reverse();
        }
        for (key, value) in values {
            state.restore(key, value).unwrap_or_else(|error| panic!("{key}: {error}"));
        }
        state.restored();
        state
    }

    /// Removes every value whose key contains `part`.
    pub(super) fn lose(&mut self, part: &str) {
        self.values.retain(|key, _| !key.contains(part));
    }
}

fn kind(key: &str) -> &'static str {
    match key.split(' ').nth(1) {
        Some("entry") => "entries",
        Some("memory") => "memory",
        _ => "feeds",
    }
}
