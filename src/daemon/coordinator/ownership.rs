//! What this instance owns: partitions that are gained and lost, feeds that are added to and removed from the
//! configuration.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::oneshot, time::Instant};
use url::Url;

use super::{Coordinator, by_site, by_url};
use crate::{
    admin::Health,
    config::Config,
    daemon::clock,
    fetch::Reason,
    ledger::{Event, LedgerError, Partition, State, partition},
    link,
    state::{FeedState, Pending, SiteState},
};

/// How long a run with `--once` waits for a partition that is still being read back.
const GAINED_WITHIN: Duration = Duration::from_secs(30);
/// A feed that is no longer configured keeps its state for this long: it may have been removed by mistake, and if it is
/// put back, its articles must not be published again.
const GRACE: TimeDelta = TimeDelta::days(30);
/// Sites that the housekeeping visits before the coordinator does something else.
const TIDIED_AT_ONCE: usize = 200;

impl Coordinator<'_> {
    pub(super) fn owned_changed(&mut self, event: Event) -> Result<(), LedgerError> {
        match event {
            Event::Gained { partition, states, awaited } => {
                self.gained(partition, states)?;
                // a partition that is taken away before it is read back is never reported
                self.gaining = (awaited > 0).then(|| Instant::now() + GAINED_WITHIN);
            }
            Event::Lost { partition, dropped } => self.lost(partition, dropped),
            Event::Failed(error) => return Err(error),
        }
        Ok(())
    }

    fn gained(&mut self, partition: Partition, states: Vec<State>) -> Result<(), LedgerError> {
        self.epochs += 1;
        self.owned.insert(partition, self.epochs);
        let restored = states.len();
        let mut names = BTreeSet::new();
        for state in states {
            let name = State::site(&state.key);
            if !names.contains(name) {
                names.insert(name.to_owned());
            }
            let site = site_of(&mut self.sites, name, self.largest_state, &self.config);
            site.restore(&state.key, &state.value).map_err(|error| LedgerError::Fatal(error.to_string().into()))?;
        }
        let now = clock::now();
        for name in &names {
            if let Some(site) = self.sites.get_mut(name) {
                site.restored();
                let elsewhere = site.feeds().iter().filter(|(url, feed)| feed.kept_at.is_none() && !is_of(url, name));
                self.kept_at.extend(elsewhere.map(|(url, _)| (url.clone(), name.clone())));
                if site.has_later_changes() {
                    self.changed.soft(name);
                }
            }
        }
        self.bring_back(Some(partition), now);
        for name in &names {
            if let Some(site) = self.sites.get_mut(name) {
                site.catch_up(&self.config.schedule.rechecks, now);
            }
        }
        for (_, _, feed) in self.states().filter(|(name, ..)| self.is_ours(name, Some(partition))) {
            feed.backoffs.active(now).for_each(|(host, wait)| self.parts.fetcher.back_off(host, wait));
        }
        self.adopt(Some(partition), now);
        self.begin_to_tidy();
        self.gained_once = true;
        if let Some(stalled) = &mut self.stalled {
            stalled.try_now();
        }
        if self.stalled.is_none() && self.stop_at.is_none() {
            self.parts.health.send_replace(Health::Ready);
        }
        tracing::info!(partition, values = restored, "this instance owns the partition");
        Ok(())
    }

    /// A partition is to be dropped: at once if no commit is running, else when it has ended.
    fn lost(&mut self, partition: Partition, dropped: oneshot::Sender<()>) {
        self.losing.push((partition, dropped));
        if !self.committer.is_busy() {
            self.drop_lost();
        }
    }

    /// Drops what is to be dropped, from memory and from everything that waits for a commit, and reports it.
    pub(super) fn drop_lost(&mut self) {
        for (lost, dropped) in std::mem::take(&mut self.losing) {
            let partitions = self.partitions;
            self.owned.remove(&lost);
            self.sites.retain(|name, _| partition(name, partitions) != lost);
            let stays = |name: &str| partition(name, partitions) != lost;
            self.changed.retain(stays);
            self.away.retain(|name, _| stays(name));
            self.kept_at.retain(|_, name| stays(name));
            self.outbox.retain(partitions, |partition| partition != lost);
            if let Some(stalled) = &mut self.stalled {
                stalled.outbox.retain(partitions, |partition| partition != lost);
            }
            self.stalled.take_if(|stalled| stalled.outbox.is_empty());
            tracing::info!(partition = lost, "another instance owns the partition now");
            // the ledger may have stopped waiting for it
            let _ = dropped.send(());
        }
    }

    /// Whether a site is in one partition of ours, or, if none is named, in any of them.
    fn is_ours(&self, site: &str, only: Option<Partition>) -> bool {
        let of_site = partition(site, self.partitions);
        only.map_or_else(|| self.owned.contains_key(&of_site), |only| only == of_site)
    }

    /// Adopts every configured feed of one partition or of all that are ours, and marks those that are no longer
    /// configured. Gaining one partition must not cost as much as all of them: they come one by one.
    fn adopt(&mut self, only: Option<Partition>, now: DateTime<Utc>) {
        let here = |url: &str, name: &String| self.kept_at.get(url).unwrap_or(name).clone();
        let url_of = |at: &usize| self.config.feeds[*at].url.to_string();
        let ours: Vec<(String, String)> = self
            .feeds_of
            .iter()
            .flat_map(|(name, feeds)| feeds.iter().map(url_of).map(|url| (here(&url, name), url)))
            .filter(|(name, _)| self.is_ours(name, only))
            .collect();
        for (name, url) in ours {
            self.adopt_feed(&name, &url);
        }
        self.mark_removed(only, now);
        self.remind_of_all(only);
    }

    fn adopt_feed(&mut self, name: &str, url: &str) {
        let known = self.sites.get(name).and_then(|site| site.feed(url));
        match known {
            // its state is kept with another site, whose owner requests it, unless it was deleted there
            Some(FeedState { kept_at: Some(kept), .. }) => {
                let is_there = self.sites.get(kept).is_some_and(|site| site.feed(url).is_some());
                if self.is_ours(kept, None)
                    && !is_there
                    && let Some(site) = self.sites.get_mut(name)
                {
                    site.feed_mut(url).kept_at = None;
                    self.changed.soft(name);
                }
            }
            Some(feed) if feed.removed_at.is_some() => {
                if let Some(site) = self.sites.get_mut(name) {
                    site.feed_mut(url).removed_at = None;
                    self.changed.soft(name);
                }
            }
            // the configuration forbade it, which may have changed
            Some(feed) if feed.last_error.as_ref().is_some_and(|e| e.reason == Reason::Forbidden.as_str()) => {
                if let Some(site) = self.sites.get_mut(name) {
                    site.feed_mut(url).schedule.due = None;
                }
            }
            Some(_) => {}
            None => match self.moved_from(url) {
                Some((site, old)) => self.rename(&site, &old, url, name),
                None => site_of(&mut self.sites, name, self.largest_state, &self.config).add(url),
            },
        }
    }

    /// The feed that a new one was before: one that is no longer configured, and that permanent redirects have led to
    /// the new URL. Only if this instance owns all sites: otherwise two instances would request it.
    fn moved_from(&self, url: &str) -> Option<(String, String)> {
        if self.owned.len() < usize::try_from(self.partitions).unwrap_or(usize::MAX) {
            return None;
        }
        let led_here = |feed: &FeedState| feed.moved.as_ref().is_some_and(|moved| moved.to.as_str() == url);
        let mut moved = self.states().filter(|(_, old, feed)| !self.feeds.contains_key(*old) && led_here(feed));
        moved.next().map(|(site, old, _)| (site.clone(), old.clone()))
    }

    /// Moves the state of a feed to its new URL. It stays with the site where it was first seen: what was published is
    /// known there.
    fn rename(&mut self, site: &str, old: &str, new: &str, new_site: &str) {
        let (from, to) = (link::shown_text(old), link::shown_text(new));
        tracing::info!(from, to, "the feed has a new URL, and its state was moved to it");
        if let Some(state) = self.sites.get_mut(site) {
            state.rename(old, new);
            self.changed.soft(site);
        }
        self.kept_at.remove(old);
        if site != new_site {
            self.kept_at.insert(new.to_owned(), site.to_owned());
            let other = site_of(&mut self.sites, new_site, self.largest_state, &self.config);
            other.feed_mut(new).kept_at = Some(site.to_owned());
            self.changed.soft(new_site);
        }
    }

    /// Puts all feeds and entries of one partition, or of all that are ours, on the due queue. Duplicates do no harm.
    pub(super) fn remind_of_all(&mut self, only: Option<Partition>) {
        let names: Vec<String> = self.sites.keys().filter(|name| self.is_ours(name, only)).cloned().collect();
        names.iter().for_each(|name| self.remind(name));
    }

    /// Another instance's clock may have been ahead of ours, or ours was until it was set back.
    pub(super) fn bring_back(&mut self, only: Option<Partition>, now: DateTime<Utc>) {
        for (name, site) in &mut self.sites {
            if only.is_none_or(|only| only == partition(name, self.partitions)) && site.bring_back(now) {
                self.changed.soft(name);
            }
        }
    }

    fn mark_removed(&mut self, only: Option<Partition>, now: DateTime<Utc>) {
        let removed: Vec<(String, String)> = self
            .states()
            .filter(|(name, ..)| self.is_ours(name, only))
            .filter(|(_, url, feed)| {
                feed.removed_at.is_none() && feed.kept_at.is_none() && !self.feeds.contains_key(*url)
            })
            .map(|(name, url, _)| (name.clone(), url.clone()))
            .collect();
        for (name, url) in removed {
            if let Some(site) = self.sites.get_mut(&name) {
                site.feed_mut(&url).removed_at = Some(now);
                self.changed.soft(&name);
            }
        }
    }

    /// All sites are to be visited by [`Coordinator::tidy`].
    pub(super) fn begin_to_tidy(&mut self) {
        self.to_tidy = self.sites.keys().cloned().collect();
    }

    /// Deletes the state of feeds that were not configured for the whole time of grace, and memory older than the
    /// horizon; a few sites at a time.
    pub(super) fn tidy(&mut self, now: DateTime<Utc>) {
        let rest = self.to_tidy.len().saturating_sub(TIDIED_AT_ONCE);
        for name in self.to_tidy.split_off(rest) {
            let Some(site) = self.sites.get_mut(&name) else { continue };
            let is_over = |feed: &FeedState| feed.removed_at.is_some_and(|at| at + GRACE < now);
            let over = site.feeds().iter().filter(|(_, feed)| is_over(feed)).map(|(url, _)| url.clone());
            let over: Vec<String> = over.filter(|url| site.entries().all(|entry| !waits_for(entry, url))).collect();
            for url in over {
                let shown = link::shown_text(&url);
                tracing::info!(feed = shown, "the feed is no longer configured; its state is deleted");
                site.forget(&url);
                self.kept_at.remove(&url);
            }
            let is_left = site.forget_old(now);
            if site.has_later_changes() || !is_left {
                self.changed.soft(&name);
            }
        }
    }

    /// A new configuration: its feeds, schedule and commit settings are applied.
    pub(super) fn reconfigure(&mut self) {
        let config = self.parts.config.borrow_and_update().clone();
        self.feeds = by_url(&config);
        self.feeds_of = by_site(&config);
        self.cpu.set_deadline(config.documents.within);
        self.config = config;
        let days = days(self.config.schedule.memory);
        self.sites.values_mut().for_each(|site| site.remember_for(days));
        self.adopt(None, clock::now());
        tracing::info!(feeds = self.feeds.len(), "the configuration was read again");
    }
}

/// Whether a feed's URL belongs to a site.
fn is_of(url: &str, site: &str) -> bool {
    Url::parse(url).is_ok_and(|url| link::site(&url) == site)
}

fn waits_for(entry: &Pending, feed: &str) -> bool {
    entry.published.is_none() && entry.feed() == feed
}

/// The site with a name, created if it is not there.
fn site_of<'s>(
    sites: &'s mut HashMap<String, Box<SiteState>>,
    name: &str,
    largest: Option<usize>,
    config: &Config,
) -> &'s mut SiteState {
    if !sites.contains_key(name) {
        let mut site = SiteState::new(name).within(largest);
        site.remember_for(days(config.schedule.memory));
        sites.insert(name.to_owned(), Box::new(site));
    }
    sites.get_mut(name).expect("it was inserted above")
}

fn days(time: Duration) -> u16 {
    u16::try_from(time.as_secs() / 86_400).unwrap_or(u16::MAX)
}
