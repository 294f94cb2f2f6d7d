//! Reads the state of version 0.1, where a feed was one value that contained its pending entries and fingerprints.
//!
//! PURE. What was known stays known: a fingerprint becomes an article with only one name; a pending entry becomes one
//! value. What it said is not compared with what its feed says now, because its hashes were computed differently. The
//! values are written in today's form at the next commit.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    FeedState, Pending, Published, SiteState,
    entry::Carrier,
    memory::{Article, Outcome, Resolved},
    site::When,
};
use crate::{
    feed::{
        Entry,
        identity::{Name, NameKind},
    },
    fetch::Validators,
};

/// The version of a JSON value; 0 if it has none.
pub(super) fn version(json: &[u8]) -> Result<u8, serde_json::Error> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        v: u8,
    }
    Ok(serde_json::from_slice::<Version>(json)?.v)
}

#[derive(Deserialize)]
struct OldFeed {
    #[serde(default)]
    seen: Vec<String>,
    #[serde(default)]
    pending: Vec<OldPending>,
}

#[derive(Deserialize)]
struct OldPending {
    keys: Vec<u64>,
    entry: Entry,
    carriers: Vec<OldCarrier>,
    discovered_at: DateTime<Utc>,
    due: DateTime<Utc>,
    #[serde(default)]
    attempts: u32,
    #[serde(default)]
    trouble: Option<String>,
    #[serde(default)]
    content_cut: bool,
    #[serde(default)]
    published: Option<OldPublished>,
}

#[derive(Deserialize)]
struct OldCarrier {
    feed: String,
}

#[derive(Deserialize)]
struct OldPublished {
    revision: u32,
    content_hash: String,
    first_at: DateTime<Utc>,
    look: usize,
    #[serde(default)]
    validators: Validators,
}

/// A feed's value without its entries.
pub(super) fn feed_alone(json: &[u8]) -> Result<FeedState, serde_json::Error> {
    let old: OldFeed = serde_json::from_slice(json)?;
    let mut feed: FeedState = serde_json::from_slice(json)?;
    feed.was_read = !(old.seen.is_empty() && old.pending.is_empty());
    Ok(feed)
}

/// Adds a feed's value with everything in it.
pub(super) fn feed(site: &mut SiteState, url: &str, json: &[u8]) -> Result<(), serde_json::Error> {
    let old: OldFeed = serde_json::from_slice(json)?;
    *site.feed_mut(url) = feed_alone(json)?;
    let day = old.pending.iter().map(|pending| super::day(pending.discovered_at)).max();
    let asked = site.feeds.get(url).and_then(|feed| feed.schedule.asked_at).map(super::day);
    let day = asked.max(day).unwrap_or_default();
    let (largest, horizon) = (site.largest(), site.horizon);
    for text in &old.seen {
        let key = key(text).ok_or_else(|| serde::de::Error::custom("a fingerprint is 8 bytes in base64url"))?;
        site.memory.add(resolved(key, day), largest, horizon);
    }
    for pending in old.pending {
        let Some(pending) = upgraded(pending) else { continue };
        let key = pending.key;
        // the same story was pending in one feed only
        site.insert(pending);
        site.mark(key, When::Later);
    }
    Ok(())
}

fn key(text: &str) -> Option<u64> {
    Some(u64::from_be_bytes(URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?))
}

fn resolved(key: u64, day: u16) -> Resolved {
    let article = Article {
        key,
        outcome: Outcome::Legacy,
        revision: 0,
        content: 0,
        day,
        title: 0,
        date: 0,
        feeds: [(0, 0); super::memory::MOST_FEEDS],
    };
    Resolved { article, names: vec![Name { kind: NameKind::Legacy, hash: key }] }
}

fn upgraded(old: OldPending) -> Option<Pending> {
    let names = old.keys.iter().map(|key| Name { kind: NameKind::Legacy, hash: *key }).collect();
    let carriers = old.carriers.into_iter().map(|carrier| Carrier { feed: carrier.feed, digest: 0 }).collect();
    Some(Pending {
        due: old.due,
        attempts: old.attempts,
        last_error: old.trouble,
        content_cut: old.content_cut,
        published: old.published.map(|old| Published {
            revision: old.revision,
            content: super::progress::content(&old.content_hash),
            first_at: old.first_at,
            recheck: old.look,
            validators: old.validators,
            ..Published::default()
        }),
        ..Pending::new(*old.keys.first()?, names, old.entry, carriers, old.discovered_at)
    })
}
