//! Keeps a feed's value within what its ledger takes.
//!
//! PURE. What is given up, in this order, and why it can neither double nor lose anything:
//!
//! 1. the contents, then the summaries of entries that wait for their page. The feed is read again after a restart, and
//!    tells them anew;
//! 2. looks for edits that lie ahead, those at the oldest articles first. Such an entry ends like any other whose last
//!    look is done: resolved, and known by its fingerprints.
//!
//! Ids, keys and the fingerprints of what stands in the document are never given up. So that they always fit, only so
//! many entries of a document are read ([`most_entries`]) and new ones are taken as far as there is room
//! ([`FeedState::room`]); the rest is left for the next poll.

use super::{FeedState, Pending, Published, json};

/// Where a value would grow beyond this many bytes, the contents of pending entries are left out of it, whatever the
/// ledger takes.
pub(super) const LARGE_VALUE: usize = 512 * 1024;
/// What an entry of the document may take of a value: at most two fingerprints of 14 bytes, and as much to spare.
const BYTES_AN_ENTRY: usize = 64;

/// The most that was given up so that a value fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trim {
    /// Contents of pending entries.
    Contents,
    /// All that pending entries say, beside what identifies them.
    Summaries,
    /// Looks for edits.
    Looks,
}

impl Trim {
    /// A stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contents => "contents",
            Self::Summaries => "summaries",
            Self::Looks => "looks",
        }
    }
}

/// Entries of a document that are read, where a value may have `largest` bytes.
pub(super) fn most_entries(largest: usize) -> usize {
    largest / BYTES_AN_ENTRY
}

impl FeedState {
    /// The value as it is stored, in at most `largest` bytes if that can be, and what was given up for it.
    ///
    /// Words are left out of what is stored only; looks are given up here and there.
    pub fn to_json(&mut self, largest: usize) -> (Vec<u8>, Option<Trim>) {
        let whole = json(self);
        if whole.len() <= largest.min(LARGE_VALUE) {
            return (whole, None);
        }
        let mut stored = self.clone();
        stored.pending.iter_mut().for_each(Pending::cut_content);
        let value = json(&stored);
        if value.len() <= largest {
            let is_less = value.len() < whole.len();
            return (value, is_less.then_some(Trim::Contents));
        }
        let value = self.brief();
        if value.len() <= largest {
            return (value, Some(Trim::Summaries));
        }
        // a quarter more than has to be, or every commit would be at it again
        self.give_up_looks(value.len() - largest + largest / 4);
        (self.brief(), Some(Trim::Looks))
    }

    /// Bytes that new entries may take. Looks are no hindrance: they are given up where they are.
    pub(super) fn room(&self, largest: usize) -> usize {
        let mut fixed = self.clone();
        fixed.pending.retain(|pending| pending.published.is_none());
        (largest / 2).saturating_sub(fixed.brief().len())
    }

    fn brief(&self) -> Vec<u8> {
        let mut stored = self.clone();
        stored.pending.iter_mut().filter(|pending| pending.published.is_none()).for_each(Pending::cut_words);
        json(&stored)
    }

    fn give_up_looks(&mut self, excess: usize) {
        let first_at = |published: &Published| published.first_at;
        let mut looks: Vec<_> = self
            .pending
            .iter()
            .filter_map(|pending| {
                Some((first_at(pending.published.as_ref()?), pending.id.clone(), json(pending).len()))
            })
            .collect();
        looks.sort();
        let mut saved = 0;
        for (_, id, bytes) in looks {
            if saved >= excess {
                break;
            }
            saved += bytes;
            self.resolve(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::{feed::Entry, fetch::Validators};

    const LARGEST: usize = 64 * 1024;

    fn now() -> DateTime<Utc> {
        "2026-01-05T10:00:00Z".parse().unwrap()
    }

    fn pending(number: u64, content: usize, summary: usize, published: bool) -> Pending {
        let first_at = now() + TimeDelta::minutes(i64::try_from(number).unwrap());
        let published = published.then(|| Published {
            revision: 1,
            content_hash: "0".repeat(64),
            first_at,
            look: 0,
            validators: Validators::default(),
        });
        Pending {
            id: format!("{number:032x}"),
            keys: vec![2 * number, 2 * number + 1],
            entry: Entry {
                guid: Some(format!("guid {number}")),
                title: Some("title".to_owned()),
                content: Some("c".repeat(content)),
                summary: Some("s".repeat(summary)),
                ..Entry::default()
            },
            carriers: vec![],
            discovered_at: now(),
            due: now(),
            attempts: 0,
            trouble: None,
            content_cut: false,
            published,
        }
    }

    #[test]
    fn a_value_fits_and_every_entry_is_still_known() {
        // (entries that wait, bytes of their content and summary, entries to look at again) → what is given up
        for (waiting, content, summary, looks, expected) in [
            (10, 1_000, 100, 10, None),
            (10, 10_000, 100, 10, Some(Trim::Contents)),
            (50, 10_000, 2_000, 10, Some(Trim::Summaries)),
            (50, 10_000, 2_000, 1_000, Some(Trim::Looks)),
            (0, 0, 0, 5_000, Some(Trim::Looks)),
        ] {
            let numbers = |first: u64, count: u64| first..first + count;
            let waits = numbers(0, waiting).map(|number| pending(number, content, summary, false));
            let looked_at = numbers(waiting, looks).map(|number| pending(number, 0, 0, true));
            let mut feed = FeedState { pending: waits.chain(looked_at).collect(), ..FeedState::default() };
            let (value, trim) = feed.to_json(LARGEST);
            let case = format!("{waiting} {content} {summary} {looks}");
            assert_eq!(trim, expected, "{case}");
            let stored = FeedState::from_json(&value).unwrap();
            // fingerprints of so many entries would not have been taken from one document
            assert!(
                value.len() <= LARGEST || waiting + looks > most_entries(LARGEST) as u64,
                "{case}: {}",
                value.len()
            );
            for number in 0..waiting + looks {
                assert!(stored.knows(&[2 * number]) && stored.knows(&[2 * number + 1]), "{case}: {number}");
                assert!(feed.knows(&[2 * number]), "{case}: {number}");
            }
            assert_eq!(stored.pending.iter().filter(|p| p.published.is_none()).count() as u64, waiting, "{case}");
        }
    }

    #[test]
    fn looks_at_the_newest_articles_are_kept() {
        let mut feed =
            FeedState { pending: (0..500).map(|number| pending(number, 0, 0, true)).collect(), ..FeedState::default() };
        let (first, _) = feed.to_json(LARGEST);
        let kept: Vec<u64> = feed.pending.iter().map(|pending| pending.keys[0] / 2).collect();
        assert_eq!(kept, (500 - kept.len() as u64..500).collect::<Vec<_>>());
        assert!(first.len() > LARGEST / 2, "no more than a part is given up");
        assert_eq!(feed.to_json(LARGEST), (first, None), "once is enough");
    }
}
