//! What is ours: partitions that come and go, feeds that the configuration names or names no more.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::oneshot, time::Instant};

use super::{Desk, by_site, by_url};
use crate::{
    admin::Health,
    daemon::clock,
    ledger::{Event, LedgerError, Partition, State, partition},
    state::SiteState,
};

/// How long a run that ends by itself waits for a partition that is still being read back.
const GAINED_WITHIN: Duration = Duration::from_secs(30);
/// A feed that the configuration names no more keeps its state for this long: it may have been left out by mistake,
/// and whoever puts it back does not want its articles anew.
const GRACE: TimeDelta = TimeDelta::days(30);

impl Desk<'_> {
    pub(super) fn owned_changed(&mut self, event: Event) -> Result<(), LedgerError> {
        match event {
            Event::Gained { partition, states, awaited } => {
                self.gained(partition, states)?;
                // one that is taken away before it is read back is told of by nobody
                self.gaining = (awaited > 0).then(|| Instant::now() + GAINED_WITHIN);
            }
            Event::Lost { partition, dropped } => self.lost(partition, dropped),
            Event::Failed(error) => return Err(error),
        }
        Ok(())
    }

    fn gained(&mut self, partition: Partition, states: Vec<State>) -> Result<(), LedgerError> {
        self.owned.insert(partition);
        let restored = states.len();
        for state in states {
            let name = State::site(&state.key).to_owned();
            let new = || SiteState::new(&name).within(self.largest_state);
            let site = self.sites.entry(name.clone()).or_insert_with(new);
            site.restore(&state.key, &state.value).map_err(|error| {
                LedgerError::Fatal(format!("the state of `{}` is not of this version of copydesk: {error}", state.key))
            })?;
        }
        let now = clock::now();
        self.bring_back(Some(partition), now);
        for (_, _, feed) in self.states().filter(|(name, ..)| self.is_ours(name, Some(partition))) {
            feed.holds.standing(now).for_each(|(host, wait)| self.parts.fetcher.hold(host, wait));
        }
        self.adopt(Some(partition), now);
        self.gained_once = true;
        if self.stalled.is_none() && self.stop_at.is_none() {
            self.parts.health.send_replace(Health::Ready);
        }
        tracing::info!(partition, values = restored, "owning");
        Ok(())
    }

    /// A partition is to be dropped: at once where no commit is under way, else when that has ended.
    fn lost(&mut self, partition: Partition, dropped: oneshot::Sender<()>) {
        self.losing.push((partition, dropped));
        if !self.committer.is_busy() {
            self.drop_lost();
        }
    }

    /// Drops what is to be dropped, from memory and from everything that waits for a commit, and says so.
    pub(super) fn drop_lost(&mut self) {
        for (lost, dropped) in std::mem::take(&mut self.losing) {
            let partitions = self.partitions;
            self.owned.remove(&lost);
            self.sites.retain(|name, _| partition(name, partitions) != lost);
            self.changed_sites.retain(|name| partition(name, partitions) != lost);
            self.outbox.retain(partitions, |partition| partition != lost);
            if let Some(stalled) = &mut self.stalled {
                stalled.outbox.retain(partitions, |partition| partition != lost);
            }
            self.stalled.take_if(|stalled| stalled.outbox.is_empty());
            tracing::info!(partition = lost, "owning no more");
            // the ledger may have stopped waiting for it
            let _ = dropped.send(());
        }
    }

    /// Whether a site is in one partition of ours, or, with none named, in any of them.
    fn is_ours(&self, site: &str, only: Option<Partition>) -> bool {
        let of_site = partition(site, self.partitions);
        only.map_or_else(|| self.owned.contains(&of_site), |only| only == of_site)
    }

    /// Takes up every configured feed of one partition or of all that are ours, and marks those that are configured no
    /// more. One that is gained must not cost what all of them do: they come one by one.
    fn adopt(&mut self, only: Option<Partition>, now: DateTime<Utc>) {
        let ours = self.configured.iter().filter(|(name, _)| self.is_ours(name, only));
        let ours: Vec<(String, String)> =
            ours.flat_map(|(name, urls)| urls.iter().map(|url| (name.clone(), url.clone()))).collect();
        for (name, url) in ours {
            let new = || SiteState::new(&name).within(self.largest_state);
            let site = self.sites.entry(name.clone()).or_insert_with(new);
            match site.feeds().get(&url) {
                Some(feed) if feed.removed_at.is_some() => {
                    site.feed_mut(&url).removed_at = None;
                    self.changed_sites.insert(name);
                    self.outbox.touch();
                }
                Some(_) => {}
                None => site.add(&url),
            }
        }
        self.mark_removed(only, now);
        self.remind_of_feeds(only);
    }

    /// Puts all feeds of one partition, or of all that are ours, on the agenda. What is there twice does no harm.
    pub(super) fn remind_of_feeds(&mut self, only: Option<Partition>) {
        let feeds = self.states().filter(|(name, ..)| self.is_ours(name, only));
        let feeds: Vec<(String, String)> = feeds.map(|(name, url, _)| (name.clone(), url.clone())).collect();
        for (name, url) in feeds {
            self.remind(&name, &url);
        }
    }

    /// Another instance's clock may have been ahead of ours, or ours was until it was set back.
    pub(super) fn bring_back(&mut self, only: Option<Partition>, now: DateTime<Utc>) {
        for (name, site) in &mut self.sites {
            if only.is_none_or(|only| only == partition(name, self.partitions)) {
                site.bring_back(now);
            }
        }
    }

    fn mark_removed(&mut self, only: Option<Partition>, now: DateTime<Utc>) {
        let removed: Vec<(String, String)> = self
            .states()
            .filter(|(name, ..)| self.is_ours(name, only))
            .filter(|(_, url, feed)| feed.removed_at.is_none() && !self.feeds.contains_key(*url))
            .map(|(name, url, _)| (name.clone(), url.clone()))
            .collect();
        for (name, url) in removed {
            if let Some(site) = self.sites.get_mut(&name) {
                site.feed_mut(&url).removed_at = Some(now);
                self.changed_sites.insert(name);
                self.outbox.touch();
            }
        }
    }

    /// Removes the state of feeds that were configured no more for the whole time of grace and have nothing pending.
    pub(super) fn keep_house(&mut self, now: DateTime<Utc>) {
        let expired: Vec<(String, String)> = self
            .states()
            .filter(|(_, _, feed)| feed.removed_at.is_some_and(|at| at + GRACE < now))
            .filter(|(_, _, feed)| feed.pending.iter().all(|pending| pending.published.is_some()))
            .map(|(name, url, _)| (name.clone(), url.clone()))
            .collect();
        for (name, url) in expired {
            if let Some(site) = self.sites.get_mut(&name) {
                tracing::info!(feed = url, "forgetting a feed that is configured no more");
                site.forget(&url);
                self.changed_sites.insert(name);
                self.outbox.touch();
            }
        }
    }

    /// Another configuration: its feeds, schedule and commit settings are taken over as they stand.
    pub(super) fn reconfigure(&mut self) {
        let config = self.parts.config.borrow_and_update().clone();
        self.feeds = by_url(&config);
        self.configured = by_site(&config);
        self.cpu.set_deadline(config.documents.within);
        self.config = config;
        self.adopt(None, clock::now());
        tracing::info!(feeds = self.feeds.len(), "the configuration was read again");
    }
}
