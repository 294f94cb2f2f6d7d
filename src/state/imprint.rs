//! What the newest document looked like, in ten bytes an entry: what only a series of documents shows is seen here.
//!
//! PURE. Two faults of publishers cannot be told from one document. A guid may name one story after the other (a feed of
//! a single entry, or guids that are numbers of lines): then everything about it has changed but the guid. And a site
//! that moves to another system may change all guids and all links at once: then nothing is known, but titles and dates
//! are those of before.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Document, Pending, SiteState};
use crate::feed::{
    Entry,
    identity::{Keys, imprint},
};

const BYTES: usize = 10;
/// Entries of a document that are looked at: enough to see what its publisher does.
const MOST: usize = 512;

/// An entry of a document; 0 stands for what it does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Imprint {
    guid: u32,
    link: u16,
    title: u16,
    /// Its date, or its text where it has none.
    when: u16,
}

/// The entries of a document, in its order.
///
/// Serialises as base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imprints(Vec<Imprint>);

impl Imprints {
    /// Those of a document.
    pub(super) fn of(document: &Document) -> Self {
        let entries = document.feed.entries.iter().zip(&document.keys).take(MOST);
        let short = |key: Option<u64>| key.map_or(0, |key| (key as u16).max(1));
        let imprints = entries.map(|(entry, keys)| {
            let (title, when) = imprint(entry);
            Imprint { guid: keys.guid.map_or(0, |key| (key as u32).max(1)), link: short(keys.link), title, when }
        });
        Self(imprints.collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether guids that stood in the document before now name other stories: at least half of those that are in both.
    pub(super) fn guids_repeat(&self, now: &Self) -> bool {
        let (mut same, mut other) = (0, 0);
        for entry in now.0.iter().filter(|entry| entry.guid != 0) {
            if let Some(before) = self.0.iter().find(|before| before.guid == entry.guid) {
                let count = if before.is_another_story_than(*entry) { &mut other } else { &mut same };
                *count += 1;
            }
        }
        other > 0 && other >= same
    }

    /// Which entries stood in the document before under other names; only where at least half of them did.
    pub(super) fn renamed(&self, now: &Self) -> Vec<bool> {
        let stood = |entry: &Imprint| {
            entry.title != 0 && self.0.iter().any(|before| (before.title, before.when) == (entry.title, entry.when))
        };
        let renamed: Vec<bool> = now.0.iter().map(stood).collect();
        let count = renamed.iter().filter(|renamed| **renamed).count();
        let enough = 2 * count >= self.0.len().min(now.0.len());
        if enough { renamed } else { vec![false; now.0.len()] }
    }
}

impl SiteState {
    /// The keys of a document's entries, as far as the documents before it do not show them to be worthless.
    pub(super) fn names(&mut self, url: &str, document: &Document, most: usize) -> Vec<Vec<u64>> {
        let imprints = Imprints::of(document);
        let feed = self.feed_mut(url);
        feed.guids_repeat |= feed.imprints.guids_repeat(&imprints);
        let trusted = |keys: Keys| if feed.guids_repeat { keys.without_guid() } else { keys };
        let names = document.keys.iter().take(most).map(|keys| trusted(*keys).significant().collect());
        let names: Vec<Vec<u64>> = names.collect();
        let before = std::mem::replace(&mut feed.imprints, imprints.clone());
        if !before.is_empty() && !names.iter().any(|keys| self.knows(keys)) {
            for (index, _) in before.renamed(&imprints).into_iter().enumerate().filter(|(_, renamed)| *renamed) {
                self.rename(url, &document.feed.entries[index], &names[index]);
            }
        }
        names
    }

    /// An entry has other names than before, all of them at once.
    fn rename(&mut self, url: &str, entry: &Entry, keys: &[u64]) {
        let feed = self.feed_mut(url);
        let is_it = |pending: &&mut Pending| imprint(&pending.entry) == imprint(entry);
        match feed.pending.iter_mut().find(is_it) {
            Some(pending) => pending.keys.extend(keys.iter().copied()),
            None => feed.seen.add(keys.iter().copied()),
        }
    }
}

impl Imprint {
    fn is_another_story_than(self, other: Self) -> bool {
        let differs = |before: u16, now: u16| before != now || now == 0;
        let has_words = self.title != 0 && other.title != 0;
        has_words
            && differs(self.link, other.link)
            && differs(self.title, other.title)
            && differs(self.when, other.when)
    }

    fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..4].copy_from_slice(&self.guid.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.link.to_be_bytes());
        bytes[6..8].copy_from_slice(&self.title.to_be_bytes());
        bytes[8..].copy_from_slice(&self.when.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let short = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let guid = u32::from(short(0)) << 16 | u32::from(short(2));
        Self { guid, link: short(4), title: short(6), when: short(8) }
    }
}

impl Serialize for Imprints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|imprint| imprint.to_bytes()).collect();
        serializer.serialize_str(&STANDARD_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Imprints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.chunks_exact(BYTES).map(Imprint::from_bytes).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_its_own_json() {
        let imprint = |n: u16| Imprint { guid: 70_000 + u32::from(n), link: n, title: 2 * n, when: 0 };
        let imprints = Imprints((0..5).map(imprint).collect());
        let json = serde_json::to_string(&imprints).unwrap();
        assert_eq!(serde_json::from_str::<Imprints>(&json).unwrap(), imprints);
        assert!(json.len() <= 5 * 14 + 2, "{json}");
    }
}
