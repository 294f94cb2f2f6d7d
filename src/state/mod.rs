//! What is remembered, and how polls and pages change it.
//!
//! PURE. A feed's value holds its validators, its schedule and its problems. Each *pending* entry is one value: an
//! entry that waits for its page, or a published one that waits for a recheck. Resolved articles are *remembered* for
//! months (`memory`). There is one queue, and it is durable: the validators of a poll are stored only together with or
//! after the entries it found, and an entry leaves the queue only in the commit that contains its record or its reject.
//!
//! ```text
//!  document ─▶ absorb: matching ─▶ new: pending entry ─▶ progress: published ─▶ rechecks ─▶ memory
//!                       │      └─▶ known and changed: recheck          └─▶ rejected ─────────▲
//!                       └─▶ the same: nothing
//! ```

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    feed::Children,
    fetch::{Reason, Validators},
    schedule::ScheduleState,
};

mod absorb;
mod backoffs;
mod candidates;
mod document;
mod entry;
mod key;
mod matching;
mod memory;
mod moved;
mod names;
mod observe;
mod pages;
mod progress;
mod shared;
mod site;
mod stored;
mod upgrade;

pub use absorb::{Absorbed, Policy};
pub use backoffs::Backoffs;
pub use document::Document;
pub use entry::{Candidate, Carrier, Pending, Published};
pub use key::feed_of;
pub use moved::Moved;
pub use names::Names;
pub use pages::{LEAST_SUMMARY, PageOf, PageText};
pub use progress::{Publication, content};
pub use site::{Feeds, SiteState};

/// The version of stored values. Values without one are of version 0.1 (`upgrade`).
pub const VERSION: u8 = 2;

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
    /// What the feed requested when it was last read.
    #[serde(skip_serializing_if = "is_default")]
    pub pace: crate::feed::Pace,
    /// Where permanent redirects lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Box<Moved>>,
    /// Hosts of it and of its pages that asked for a pause.
    #[serde(rename = "holds", skip_serializing_if = "is_default")]
    pub backoffs: Backoffs,
    /// When it is due, and what that is computed from.
    pub schedule: ScheduleState,
    /// What went wrong at the last poll; none if it went well.
    #[serde(rename = "trouble", skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Box<LastError>>,
    /// Kinds and counts of oddities in the document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<(String, u32)>,
    /// All its entries were absorbed at least once.
    #[serde(skip_serializing_if = "is_default")]
    pub was_read: bool,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_read_at: Option<DateTime<Utc>>,
    /// How far its guids are trusted, from -8 to 4; from [`FeedState::DISTRUST`] down they are not.
    #[serde(skip_serializing_if = "is_default")]
    pub guid_trust: i8,
    /// Documents in a row in which most known entries had other links than before.
    #[serde(skip_serializing_if = "is_default")]
    pub link_changes: u8,
    /// The sitemaps of an index, as they were last read.
    #[serde(skip_serializing_if = "is_default")]
    pub sitemaps: Children,
    /// Since when it is no longer configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<DateTime<Utc>>,
    /// Its state is kept with another site, where it was first seen: this value only says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_at: Option<String>,
}

/// A failure of the last poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// A stable name.
    pub reason: String,
    /// In words.
    pub detail: String,
}

/// A value with its version.
#[derive(Debug, Serialize)]
struct Versioned<T> {
    v: u8,
    #[serde(flatten)]
    value: T,
}

/// Why a stored value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It was written by a newer version.
    #[error(
        "the state of `{key}` has version {version}, and this copydesk knows version {known}; start the newer copydesk"
    )]
    Version {
        /// Its key.
        key: String,
        /// The version it has.
        version: u8,
        /// The newest version known here.
        known: u8,
    },
    /// It is damaged.
    #[error("the state of `{key}` is unreadable: {why}")]
    Unreadable {
        /// Its key.
        key: String,
        /// In words.
        why: String,
    },
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The day of a time, counted from 1970.
fn day(at: DateTime<Utc>) -> u16 {
    u16::try_from(at.timestamp().div_euclid(86_400).max(0)).unwrap_or(u16::MAX)
}

impl FeedState {
    /// From this value of [`FeedState::guid_trust`] down, guids prove nothing by themselves.
    pub const DISTRUST: i8 = -4;
    /// From this value of [`FeedState::link_changes`] up, links are not names.
    const ROTATING: u8 = 2;

    /// Reads a stored value of any version.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        match upgrade::version(json)? {
            0 => upgrade::feed_alone(json),
            _ => serde_json::from_slice(json),
        }
    }

    /// The value as it is stored.
    pub fn to_json(&self) -> Vec<u8> {
        json(&Versioned { v: VERSION, value: self })
    }

    /// Whether its server said at the last poll that it will not come back.
    pub fn is_gone(&self) -> bool {
        self.last_error.as_ref().is_some_and(|error| error.reason == Reason::Gone.as_str())
    }

    /// Whether a guid always names the same story.
    pub fn trusts_guids(&self) -> bool {
        self.guid_trust > Self::DISTRUST
    }

    /// Whether links change at each poll.
    fn links_rotate(&self) -> bool {
        self.link_changes >= Self::ROTATING
    }

    /// The next poll gets the whole document, and is due at once.
    fn read_again(&mut self) {
        self.validators = Validators::default();
        self.body_hash = None;
        self.schedule.due = None;
    }

    /// If a clock that was ahead of `now` wrote the value, its times are set back by as much: otherwise the feed and
    /// its entries would wait until `now` has caught up. Returns by how much.
    fn bring_back(&mut self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let ahead = self.schedule.ahead(now)?;
        self.schedule.bring_back(ahead);
        Some(ahead)
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data with string keys always serialises")
}

#[cfg(test)]
mod tests;
