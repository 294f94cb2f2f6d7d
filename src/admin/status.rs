//! The status as users see it: the same view of a running daemon and of the ledger of a stopped one.
//!
//! PURE.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    link,
    state::{FeedState, SiteState},
};

/// A whole instance.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Status {
    /// Version of copydesk.
    pub version: String,
    /// Whether it runs; false if the ledger of a stopped one was read.
    pub running: bool,
    /// Whether work is committed at present, and the obstacle if not.
    pub ready: bool,
    /// The obstacle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Partitions of the state that this instance owns.
    pub partitions: Vec<i32>,
    /// The feeds it owns.
    pub feeds: Vec<FeedStatus>,
}

/// One feed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FeedStatus {
    /// As configured, without what must not be shown.
    pub url: String,
    /// The feed's own title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it is polled next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// When it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
    /// When it last gave a usable response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
    /// Failures in a row.
    pub failures: u32,
    /// What went wrong at the last poll: reason and detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Where permanent redirects lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// Whether it is requested there: the redirect has lasted long enough to be accepted.
    #[serde(default)]
    pub moved: bool,
    /// Its server says that it will not come back; it is still requested once a day.
    #[serde(default)]
    pub gone: bool,
    /// Kinds and counts of what was repaired in its document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<(String, u32)>,
    /// Entries that wait for their page.
    pub pending: usize,
    /// Of these, those that failed at least once, with the last failure in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<(String, String)>,
    /// Published articles that wait for a recheck.
    pub rechecks: usize,
    /// Whether the configuration names it.
    pub configured: bool,
}

/// Failing entries shown per feed.
const MOST_FAILING: usize = 5;

impl FeedStatus {
    /// The view of a site's feeds. An entry counts for the feed that had it first.
    pub fn of_site(site: &SiteState, is_configured: impl Fn(&str) -> bool) -> Vec<Self> {
        let feeds = site.feeds().iter().filter(|(_, feed)| feed.kept_at.is_none());
        let mut views: HashMap<&str, Self> =
            feeds.map(|(url, feed)| (url.as_str(), Self::of(url, feed, is_configured(url)))).collect();
        for pending in site.entries() {
            let Some(view) = views.get_mut(pending.feed()) else { continue };
            view.rechecks += usize::from(pending.published.is_some());
            view.pending += usize::from(pending.published.is_none());
            if let Some(error) = pending.last_error.as_ref().filter(|_| pending.published.is_none()) {
                let url = pending.entry.url.as_ref().map(link::shown);
                view.failing.push((url.or_else(|| pending.entry.title.clone()).unwrap_or_default(), error.clone()));
            }
        }
        let mut views: Vec<Self> = views.into_values().collect();
        for view in &mut views {
            view.failing.sort_unstable();
            view.failing.truncate(MOST_FAILING);
        }
        views
    }

    fn of(url: &str, feed: &FeedState, configured: bool) -> Self {
        Self {
            url: link::shown_text(url),
            title: feed.title.clone(),
            due: feed.schedule.due,
            asked_at: feed.schedule.asked_at,
            answered_at: feed.schedule.answered_at,
            failures: feed.schedule.failures,
            trouble: feed.last_error.as_ref().map(|error| format!("{}: {}", error.reason, error.detail)),
            moved_to: feed.moved.as_ref().map(|moved| link::shown(&moved.to)),
            moved: feed.moved.as_ref().is_some_and(|moved| moved.is_believed()),
            gone: feed.is_gone(),
            problems: feed.problems.clone(),
            pending: 0,
            failing: Vec::new(),
            rechecks: 0,
            configured,
        }
    }
}
