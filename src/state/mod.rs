//! What is remembered: a value a feed, and what polls and pages make of it.
//!
//! PURE. The value holds the feed's validators and schedule figures, the fingerprints of entries that were resolved,
//! and the *pending* entries: those not yet resolved, and published ones that are to be looked at again for edits.
//! There is one queue, and it is durable: a poll's validators are committed together with the entries it found, and
//! an entry leaves `pending` only in the commit that carries its record or its reject.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    fetch::{Reason, Validators},
    schedule::Figures,
};

mod fit;
mod holds;
mod imprint;
mod moved;
mod pending;
mod seen;
mod site;

pub use fit::Trim;
pub use holds::Holds;
pub use imprint::Imprints;
pub use moved::Moved;
pub use pending::{Carrying, Pending, Published};
pub use seen::Seen;
pub use site::{Absorbed, Document, SiteState};

/// A feed's durable value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// The feed's title when it was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The newest validators, sent back byte for byte.
    #[serde(skip_serializing_if = "is_default")]
    pub validators: Validators,
    /// XXH3 of the newest body: a 200 with the same body is not parsed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_hash: Option<u64>,
    /// Where the feed is an index of sitemaps, what was read of them.
    #[serde(skip_serializing_if = "is_default")]
    pub sitemaps: crate::feed::Children,
    /// What the feed asked for when it was last read.
    #[serde(skip_serializing_if = "is_default")]
    pub pace: crate::feed::Pace,
    /// Where permanent redirects lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// Hosts of it and of its pages that asked to be left alone.
    #[serde(skip_serializing_if = "is_default")]
    pub holds: Holds,
    /// When it is due, and what that is made of.
    pub schedule: Figures,
    /// What went wrong at the last poll; none if it went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// Kinds and counts of what was mended in the document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<(String, u32)>,
    /// Fingerprints of resolved entries.
    #[serde(skip_serializing_if = "Seen::is_empty")]
    pub seen: Seen,
    /// What the entries of the newest document looked like.
    #[serde(skip_serializing_if = "Imprints::is_empty")]
    pub imprints: Imprints,
    /// Its guids were seen to name one story after the other: they are no marks of identity.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guids_repeat: bool,
    /// Entries not yet resolved, and published ones to look at again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// Since when the configuration names it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<DateTime<Utc>>,
}

/// A failure of the last poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A stable name.
    pub reason: String,
    /// In words.
    pub detail: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl FeedState {
    /// Reads a stored value.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// Whether its server said at the last poll that it will not come back.
    pub fn is_gone(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.reason == Reason::Gone.as_str())
    }

    /// Sees to it that contents which were too large to keep are read from the feed again.
    fn read_again_if_cut(&mut self) {
        if self.pending.iter().any(|pending| pending.content_cut) {
            self.validators = Validators::default();
            self.body_hash = None;
            self.schedule.due = None;
        }
    }

    /// Where a clock that was ahead of `now` wrote the value, its times are brought back by as much: the feed and its
    /// entries would not be looked at before `now` has caught up. Tells whether it did so.
    fn bring_back(&mut self, now: DateTime<Utc>) -> bool {
        let Some(ahead) = self.schedule.ahead(now) else { return false };
        self.schedule.bring_back(ahead);
        for pending in &mut self.pending {
            pending.bring_back(ahead, now);
        }
        true
    }

    /// The entry leaves the queue.
    fn resolve(&mut self, id: &str) {
        if let Some(position) = self.pending.iter().position(|pending| pending.id == id) {
            let pending = self.pending.remove(position);
            self.seen.add(pending.keys);
        }
    }

    fn knows(&self, keys: &[u64]) -> bool {
        keys.iter().any(|key| self.seen.contains(*key)) || self.pending.iter().any(|pending| pending.is(keys))
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data with string keys always serialises")
}

#[cfg(test)]
mod tests;
