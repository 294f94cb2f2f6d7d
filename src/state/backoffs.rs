//! Hosts that asked for a pause, and how long it lasts.
//!
//! PURE. The governor in `fetch` keeps them while the daemon runs; this is what is stored, so that the pause also
//! applies to all feeds and pages of the host after a restart.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::schedule::delta;

/// Those of one feed and its pages. More are the work of somebody with a wildcard name.
const MOST: usize = 16;

/// Until when each host is to be left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Backoffs(BTreeMap<String, DateTime<Utc>>);

impl Backoffs {
    /// A host said for how long. Pauses that are over are forgotten.
    pub fn add(&mut self, host: &str, wait: Duration, now: DateTime<Utc>) {
        self.0.retain(|_, until| *until > now);
        if self.0.len() < MOST || self.0.contains_key(host) {
            let until = self.0.entry(host.to_owned()).or_insert(now);
            *until = (now + delta(wait)).max(*until);
        }
    }

    /// The hosts that are still to be left alone, and for how long.
    pub fn active(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&str, Duration)> {
        self.0.iter().filter_map(move |(host, until)| Some((host.as_str(), (*until - now).to_std().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_stands_until_it_is_over() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let minute = Duration::from_secs(60);
        let mut holds = Backoffs::default();
        holds.add("http://a", 10 * minute, at(0));
        holds.add("http://a", minute, at(60));
        holds.add("http://b", minute, at(60));
        assert_eq!(
            holds.active(at(90)).collect::<Vec<_>>(),
            [("http://a", 510 * minute / 60), ("http://b", minute / 2)]
        );
        assert_eq!(holds.active(at(600)).map(|(host, _)| host).collect::<Vec<_>>(), ["http://a"]);
        assert_eq!(holds.active(at(601)).count(), 0);
        (0..100).for_each(|n| holds.add(&format!("http://host-{n}"), minute, at(700)));
        assert_eq!(holds.active(at(700)).count(), MOST);
        holds.add("http://c", minute, at(760));
        assert_eq!(holds.active(at(760)).count(), 1, "those that end now make room");
    }
}
