//! Sites whose state waits to be stored.
//!
//! What a record or a reject depends on is stored with it, in the next commit. Everything else (due times, validators,
//! entries that wait for their page) is stored a little later: most entries have their record by then, and are written
//! once instead of twice. A crash before that costs requests and nothing else: the feed is read again.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;

use crate::daemon::notice::Notice;

/// How long changes that are not urgent may wait.
pub(super) const LATER: Duration = Duration::from_secs(5);

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Changed {
    hard: BTreeSet<String>,
    soft: HashMap<String, Soft>,
    /// The sites of `soft` by the time since when they wait.
    order: BTreeSet<(Instant, String)>,
}

#[derive(Debug)]
struct Soft {
    since: Instant,
    /// What is reported once it is stored.
    notices: Vec<Notice>,
}

impl Changed {
    /// A site has changes that belong in the next commit.
    pub(super) fn hard(&mut self, site: &str) {
        self.hard.insert(site.to_owned());
        self.soft(site);
    }

    /// A site has changes that may wait.
    pub(super) fn soft(&mut self, site: &str) {
        if !self.soft.contains_key(site) {
            let since = Instant::now();
            self.soft.insert(site.to_owned(), Soft { since, notices: Vec::new() });
            self.order.insert((since, site.to_owned()));
        }
    }

    /// The same, and this is reported once they are stored.
    pub(super) fn notice(&mut self, site: &str, notice: Notice) {
        self.soft(site);
        if let Some(soft) = self.soft.get_mut(site) {
            soft.notices.push(notice);
        }
    }

    /// How long the oldest of the changes that may wait has waited: the time of its start.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.order.first().map(|(since, _)| *since)
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.hard.is_empty() && self.soft.is_empty()
    }

    /// The sites that belong in the next commit.
    pub(super) fn take_hard(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.hard)
    }

    /// The site that has waited longest, if that is since `before` or earlier.
    pub(super) fn waiting_since(&self, before: Instant) -> Option<String> {
        self.order.first().filter(|(since, _)| *since <= before).map(|(_, site)| site.clone())
    }

    /// All of a site is stored now: returns what was to be reported then.
    pub(super) fn stored(&mut self, site: &str) -> Vec<Notice> {
        let Some(soft) = self.soft.remove(site) else { return Vec::new() };
        self.order.remove(&(soft.since, site.to_owned()));
        soft.notices
    }

    /// Keeps only the sites for which `keep` is true.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.hard.retain(|site| keep(site));
        self.soft.retain(|site, _| keep(site));
        self.order.retain(|(_, site)| keep(site));
    }
}
