//! A feed that has moved, as permanent redirects say.
//!
//! PURE. A redirect with a permanent status may be a mistake, or the sign of a lost domain. It is believed once it has
//! lasted for a day; the configured URL is requested again from time to time, and whenever the new one has a lasting
//! failure. The feed stays the one in the configuration: only the requested URL changes.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::FeedState;
use crate::schedule::FailureClass;

/// Polls that must see a redirect before it is believed.
const LEAST_POLLS: u32 = 3;
/// Between the first and the last of them.
const LEAST_TIME: TimeDelta = TimeDelta::hours(24);
/// How long the new URL is requested before the configured one is requested again.
const HOME_AGAIN: TimeDelta = TimeDelta::days(7);

/// A permanent redirect that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where it leads.
    pub to: Url,
    /// When it was first seen.
    pub since: DateTime<Utc>,
    /// When it was last seen.
    pub met_at: DateTime<Utc>,
    /// When the configured URL was last requested, with or without the redirect.
    pub home_at: DateTime<Utc>,
    /// Polls in a row that saw it.
    pub polls: u32,
    /// The new URL had a lasting failure or moved on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubted: bool,
}

impl Moved {
    /// Whether the new URL is requested instead of the configured one.
    pub fn is_believed(&self) -> bool {
        self.polls >= LEAST_POLLS && self.met_at - self.since >= LEAST_TIME
    }

    fn met(before: Option<Self>, to: Url, now: DateTime<Utc>) -> Self {
        match before.filter(|before| before.to == to) {
            Some(before) => {
                Self { met_at: now, home_at: now, polls: before.polls.saturating_add(1), doubted: false, ..before }
            }
            None => Self { to, since: now, met_at: now, home_at: now, polls: 1, doubted: false },
        }
    }
}

impl FeedState {
    /// The URL to request for the feed now. Credentials of the configured one are added within its origin.
    pub fn url_to_ask(&self, configured: &Url, now: DateTime<Utc>) -> Url {
        let believed = |moved: &&Moved| moved.is_believed() && !moved.doubted && now - moved.home_at < HOME_AGAIN;
        let Some(moved) = self.moved.as_deref().filter(believed) else { return configured.clone() };
        let mut url = moved.to.clone();
        if url.origin() == configured.origin() {
            // cannot fail: both have hosts
            let _ = url.set_username(configured.username());
            let _ = url.set_password(configured.password());
        }
        url
    }

    /// A URL responded; `moved_to` says where its permanent redirects led.
    pub fn answered(&mut self, asked: &Url, configured: &Url, moved_to: Option<Url>, now: DateTime<Utc>) {
        if asked == configured {
            let before = self.moved.take();
            self.moved = moved_to.map(|mut to| {
                // they come from the configuration
                let _ = to.set_username("");
                let _ = to.set_password(None);
                Box::new(Moved::met(before.map(|moved| *moved), to, now))
            });
        } else if let Some(moved) = &mut self.moved {
            moved.doubted = moved_to.is_some();
        }
    }

    /// A URL failed. Returns whether this is a failure of the feed: if the configured URL fails in place of a new one
    /// that responded last time, it is not.
    pub fn failed_at(&mut self, asked: &Url, configured: &Url, class: FailureClass, now: DateTime<Utc>) -> bool {
        let Some(moved) = self.moved.as_mut().filter(|moved| moved.is_believed()) else { return true };
        if asked == configured {
            moved.home_at = now;
            moved.doubted = false;
            return self.schedule.failures > 0;
        }
        moved.doubted |= class != FailureClass::Passing;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "https://me:secret@example.com/feed";
    const NEW: &str = "https://news.example.com/feed";

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn hour(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    /// What happens at an hour: which URL is to be requested, and the result.
    enum Then {
        Moves(&'static str),
        Answers,
        Fails(FailureClass, bool),
    }

    fn check(story: &[(i64, &str, Then)]) {
        let mut feed = FeedState::default();
        for (at, expected, then) in story {
            let asked = feed.url_to_ask(&url(HOME), hour(*at));
            assert_eq!(asked.as_str(), *expected, "at {at} h");
            match then {
                Then::Moves(to) => feed.answered(&asked, &url(HOME), Some(url(to)), hour(*at)),
                Then::Answers => feed.answered(&asked, &url(HOME), None, hour(*at)),
                Then::Fails(class, counts) => {
                    assert_eq!(feed.failed_at(&asked, &url(HOME), *class, hour(*at)), *counts, "at {at} h");
                    feed.schedule.failures += u32::from(*counts);
                    continue;
                }
            }
            feed.schedule.failures = 0;
        }
    }

    #[test]
    fn a_move_is_believed_after_three_polls_and_a_day() {
        use Then::{Answers, Moves};
        check(&[(0, HOME, Moves(NEW)), (23, HOME, Moves(NEW)), (24, HOME, Moves(NEW)), (25, NEW, Answers)]);
        check(&[(0, HOME, Moves(NEW)), (30, HOME, Moves(NEW)), (31, HOME, Moves(NEW)), (32, NEW, Answers)]);
        check(&[(0, HOME, Moves(NEW)), (1, HOME, Moves(NEW)), (2, HOME, Moves(NEW)), (3, HOME, Answers)]);
        // another target, or none, starts again
        check(&[
            (0, HOME, Moves(NEW)),
            (30, HOME, Moves("https://a.example/")),
            (60, HOME, Moves(NEW)),
            (61, HOME, Answers),
        ]);
        check(&[
            (0, HOME, Moves(NEW)),
            (30, HOME, Answers),
            (60, HOME, Moves(NEW)),
            (61, HOME, Moves(NEW)),
            (62, HOME, Answers),
        ]);
    }

    #[test]
    fn credentials_stay_at_their_origin() {
        use Then::{Answers, Moves};
        let within = "https://me:secret@example.com/new";
        check(&[(0, HOME, Moves(within)), (30, HOME, Moves(within)), (31, HOME, Moves(within)), (32, within, Answers)]);
    }

    #[test]
    fn the_configured_url_is_asked_again() {
        use FailureClass::{Gone, Lasting, Passing};
        use Then::{Answers, Fails, Moves};
        let believed =
            || vec![(0, HOME, Moves(NEW)), (30, HOME, Moves(NEW)), (31, HOME, Moves(NEW)), (32, NEW, Answers)];
        let check =
            |more: Vec<(i64, &'static str, Then)>| check(&believed().into_iter().chain(more).collect::<Vec<_>>());
        // after a week, and it still moves, or is back
        check(vec![(198, NEW, Answers), (199, HOME, Moves(NEW)), (200, NEW, Answers)]);
        check(vec![(199, HOME, Answers), (200, HOME, Answers)]);
        // the old address is gone: that is not a failure of the feed
        check(vec![(199, HOME, Fails(Gone, false)), (199, NEW, Answers), (300, NEW, Answers), (367, HOME, Answers)]);
        // the new one has a lasting failure, or moves on
        check(vec![
            (40, NEW, Fails(Passing, true)),
            (41, NEW, Fails(Lasting, true)),
            (42, HOME, Answers),
            (43, HOME, Answers),
        ]);
        check(vec![
            (40, NEW, Moves("https://a.example/")),
            (41, HOME, Moves("https://a.example/")),
            (42, HOME, Answers),
        ]);
        // the new one had a lasting failure, and is still where the old one leads
        check(vec![(40, NEW, Fails(Lasting, true)), (41, HOME, Moves(NEW)), (42, NEW, Answers)]);
        // both fail: each is requested in turn, and each failure counts
        check(vec![
            (40, NEW, Fails(Gone, true)),
            (41, HOME, Fails(Lasting, true)),
            (42, NEW, Fails(Gone, true)),
            (43, HOME, Answers),
        ]);
    }
}
