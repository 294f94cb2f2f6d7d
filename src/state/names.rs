//! The names by which an article is recognised.
//!
//! PURE. A name is a 64-bit hash with its kind ([`crate::feed::identity`]). [`super::matching`] decides which of them,
//! agreeing or contradicting each other, make two entries one article.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::feed::identity::{EntryNames, Name, NameKind};

/// The most names of an article; a feed whose links or guids change at each poll would add one each time.
pub(super) const MOST_NAMES: usize = 8;

/// The names of one article, the oldest first.
///
/// Serialises as base64url, 12 characters per name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<Name>);

impl Names {
    /// Those of an entry.
    pub fn of(entry: &EntryNames) -> Self {
        let mut names = Self::default();
        entry.names().for_each(|name| _ = names.add(name));
        names
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Name> + '_ {
        self.0.iter().copied()
    }

    /// Whether one of them has this hash.
    pub fn has(&self, hash: u64) -> bool {
        self.0.iter().any(|name| name.hash == hash)
    }

    /// The kind of the name with this hash.
    pub fn kind_of(&self, hash: u64) -> Option<NameKind> {
        self.0.iter().find(|name| name.hash == hash).map(|name| name.kind)
    }

    /// Whether this name adds nothing. An exact link says more than a folded one.
    pub fn knows(&self, name: Name) -> bool {
        self.kind_of(name.hash).is_some_and(|kind| kind == NameKind::Legacy || kind >= name.kind)
    }

    /// Adds a name; returns whether it was new. If there are too many, the second oldest of the kind is removed, else
    /// the second oldest of all: the oldest is what other feeds and archives most likely use.
    pub fn add(&mut self, name: Name) -> bool {
        if let Some(known) = self.0.iter_mut().find(|known| known.hash == name.hash) {
            let is_more = known.kind < name.kind && known.kind != NameKind::Legacy;
            known.kind = if is_more { name.kind } else { known.kind };
            return is_more;
        }
        if self.0.len() >= MOST_NAMES {
            let of_kind = self.0.iter().enumerate().filter(|(_, known)| known.kind == name.kind).nth(1);
            let position = of_kind.map_or(1, |(position, _)| position);
            self.0.remove(position);
        }
        self.0.push(name);
        true
    }
}

impl FromIterator<Name> for Names {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        let mut found = Self::default();
        names.into_iter().for_each(|name| _ = found.add(name));
        found
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.iter().flat_map(|name| std::iter::once(name.kind as u8).chain(name.hash.to_be_bytes()));
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<u8>>()))
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || serde::de::Error::custom("a name is a kind and 8 bytes, in base64url");
        let bytes = URL_SAFE_NO_PAD.decode(String::deserialize(deserializer)?).map_err(|_| wrong())?;
        let (chunks, rest) = bytes.as_chunks::<9>();
        let name = |chunk: &[u8; 9]| {
            let [kind, hash @ ..] = *chunk;
            Some(Name { kind: NameKind::from_number(kind)?, hash: u64::from_be_bytes(hash) })
        };
        let names: Option<Vec<Name>> = chunks.iter().map(name).collect();
        names.filter(|_| rest.is_empty()).map(Self).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: NameKind, hash: u64) -> Name {
        Name { kind, hash }
    }

    #[test]
    fn names_survive_their_own_json() {
        let names: Names = [name(NameKind::Guid, 1), name(NameKind::Link, u64::MAX)].into_iter().collect();
        let json = serde_json::to_string(&names).unwrap();
        assert_eq!(json.len(), 2 * 12 + 2);
        assert_eq!(serde_json::from_str::<Names>(&json).unwrap(), names);
        for wrong in [r#""AAAA""#, r#""BwAAAAAAAAAA""#, "3"] {
            assert!(serde_json::from_str::<Names>(wrong).is_err(), "{wrong}");
        }
    }

    /// An exact link says more than a folded one; what version 0.1 stored may be any of them.
    #[test]
    fn one_hash_has_the_kind_that_says_most() {
        use NameKind::{Folded, Guid, Legacy, Link};
        for (known, new, is_new, then) in [
            (Folded, Link, true, Link),
            (Link, Folded, false, Link),
            (Link, Link, false, Link),
            (Legacy, Link, false, Legacy),
            (Link, Legacy, false, Link),
            (Guid, Link, true, Link),
        ] {
            let mut names: Names = [name(known, 1)].into_iter().collect();
            assert_eq!(names.knows(name(new, 1)), !is_new, "{known:?}, {new:?}");
            assert!(!names.knows(name(new, 2)));
            assert_eq!(names.add(name(new, 1)), is_new, "{known:?}, {new:?}");
            assert_eq!(names.iter().collect::<Vec<_>>(), [name(then, 1)], "{known:?}, {new:?}");
        }
    }

    #[test]
    fn links_that_change_at_each_poll_do_not_pile_up() {
        let mut names: Names = [name(NameKind::Guid, 1), name(NameKind::Link, 100)].into_iter().collect();
        (101..200).for_each(|hash| _ = names.add(name(NameKind::Link, hash)));
        assert_eq!(names.iter().count(), MOST_NAMES);
        for kept in [1, 100, 199] {
            assert!(names.has(kept), "{kept}");
        }
    }
}
