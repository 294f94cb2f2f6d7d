//! Names and class lists that were read already: a page repeats them hundreds of times.

use super::Signs;
use super::classes::class_signs;
use super::names::name_signs;

/// What names are signs of, remembered: a page says few of them, each over and over.
#[derive(Debug)]
pub(in crate::article) struct Names {
    /// Hashes of names and their signs, each at the place that its hash says.
    seen: Vec<(u64, Signs)>,
}

/// How many names are remembered, a power of two.
const REMEMBERED: usize = 1024;

impl Default for Names {
    fn default() -> Self {
        // the hash of no name that a page says, as far as a hash can promise
        Self { seen: vec![(u64::MAX, Signs::NONE); REMEMBERED] }
    }
}

impl Names {
    /// The signs of the names in a class list, an id or a role.
    pub(in crate::article) fn signs(&mut self, names: &str) -> Signs {
        self.remembered(names, 0, name_signs)
    }

    /// The signs of a class list, with all that frameworks mean by it.
    pub(super) fn of_classes(&mut self, classes: &str) -> Signs {
        self.remembered(classes, 1, class_signs)
    }

    /// `kind` tells texts apart that are read in different ways.
    fn remembered(&mut self, text: &str, kind: u64, read: fn(&str) -> Signs) -> Signs {
        let hash = xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), kind);
        let slot = &mut self.seen[hash as usize % REMEMBERED];
        if slot.0 != hash {
            *slot = (hash, read(text));
        }
        slot.1
    }
}
