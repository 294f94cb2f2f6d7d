//! The fingerprints of entries that were met before.

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Fingerprints kept beyond those of the newest document: an entry that drops out of a feed and comes back (a stale
/// cache, an older replica) must not be published anew.
const KEPT_BEYOND_DOCUMENT: usize = 64;

/// Identity keys of resolved entries, the latest met first; bounded by what the feed's own document holds.
///
/// Serialises as a list of base64url texts of 11 characters, one a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    order: Vec<u64>,
    set: HashSet<u64>,
}

impl Seen {
    /// Whether a key was met.
    pub fn contains(&self, key: u64) -> bool {
        self.set.contains(&key)
    }

    /// How many keys are held.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Adds keys in front.
    pub fn add(&mut self, keys: impl IntoIterator<Item = u64>) {
        let fresh: Vec<u64> = keys.into_iter().filter(|key| self.set.insert(*key)).collect();
        self.order.splice(0..0, fresh);
    }

    /// Moves the keys of the newest document to the front, and forgets the oldest beyond it.
    ///
    /// Only keys already held are moved. Kept are those of the document, twice, and a floor: a feed's window has to
    /// move by more than its own length before an entry that left it is forgotten. Where that would be more than `most`,
    /// only the floor is kept beyond the document.
    pub fn refresh(&mut self, document: &[u64], most: usize) {
        let newest: HashSet<u64> = document.iter().copied().collect();
        let (front, back): (Vec<u64>, Vec<u64>) = self.order.iter().partition(|key| newest.contains(key));
        let keep_back = document.len().min(most.saturating_sub(front.len())).max(KEPT_BEYOND_DOCUMENT);
        self.order = front.into_iter().chain(back.into_iter().take(keep_back)).collect();
        self.set = self.order.iter().copied().collect();
    }
}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.order.iter().map(|key| URL_SAFE_NO_PAD.encode(key.to_be_bytes())))
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let order = texts.iter().map(|text| decode(text)).collect::<Option<Vec<u64>>>();
        let order = order.ok_or_else(|| serde::de::Error::custom("a fingerprint is 8 bytes in base64url"))?;
        Ok(Self { set: order.iter().copied().collect(), order })
    }
}

fn decode(text: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_document_is_never_forgotten() {
        let mut seen = Seen::default();
        seen.add(0..1_000);
        let document: Vec<u64> = (900..1_000).collect();
        seen.refresh(&document, usize::MAX);
        assert!(document.iter().all(|key| seen.contains(*key)));
        assert_eq!(seen.len(), 200, "the document's own, and as many more");
        seen.refresh(&document, 180);
        assert_eq!(seen.len(), 180, "or as many as there may be");
        seen.refresh(&document, 50);
        assert_eq!(seen.len(), 164, "or the document's own and the floor");
    }

    #[test]
    fn a_short_document_does_not_empty_the_memory() {
        let mut seen = Seen::default();
        seen.add(0..50);
        seen.refresh(&[], usize::MAX);
        assert_eq!(seen.len(), 50);
    }

    #[test]
    fn it_survives_its_own_json() {
        let mut seen = Seen::default();
        seen.add([1, u64::MAX, 7]);
        let json = serde_json::to_string(&seen).unwrap();
        assert_eq!(serde_json::from_str::<Seen>(&json).unwrap(), seen);
        assert!(serde_json::from_str::<Seen>(r#"["AAAA"]"#).is_err());
    }
}
