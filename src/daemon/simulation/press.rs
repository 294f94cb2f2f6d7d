//! An instance that reads one publisher: polls, follows and commits as the coordinator does, in virtual time, with the
//! real deciding code. The coordinator's own part (tasks, queues, clocks) is a short version here.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    chance::{Chance, mixed},
    oracle::{Event, Oracle},
    publisher::{Links, Publisher, What},
    store::Store,
};
use crate::{
    config::{FullText, Schedule},
    daemon::follow::Followed,
    state::{Carrier, Pending, SiteState},
};

mod work;

/// How long changes that are not urgent wait for their commit.
const LATER: TimeDelta = TimeDelta::seconds(5);
/// How long a feed that is no longer configured keeps its state.
const GRACE: TimeDelta = TimeDelta::days(30);
/// How long after a jump of the clock no article is rechecked.
const JUMP_LASTS: TimeDelta = TimeDelta::minutes(10);

/// A rule that is broken on purpose, to see that the oracle notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    Nothing,
    /// What was resolved is forgotten at once.
    Memory,
    /// Guids alone name stories.
    GuidsOnly,
    /// Every difference is a revision.
    Judgement,
    /// Published articles are not rechecked.
    Rechecks,
    /// Pages that fail are not tried again.
    Patience,
    /// A record is committed without its state.
    Commits,
}

/// An entry that is being followed.
#[derive(Debug)]
struct Job {
    key: u64,
    ends: DateTime<Utc>,
    full_text: FullText,
    carriers: Vec<Carrier>,
    followed: Followed,
}

pub(super) struct Press<'a> {
    publisher: &'a Publisher,
    schedule: Schedule,
    broken: Broken,
    chance: Chance,
    pub(super) store: Store,
    pub(super) oracle: Oracle,
    site: SiteState,
    /// The URLs of the feeds; some are configured now.
    urls: Vec<String>,
    configured: Vec<bool>,
    now: DateTime<Utc>,
    /// How far our clock is ahead.
    ahead: TimeDelta,
    no_rechecks_until: Option<DateTime<Utc>>,
    jobs: Vec<Job>,
    /// Committed with the next urgent changes, and with all changes.
    urgent: Vec<Event>,
    later: Vec<Event>,
    is_urgent: bool,
    polls: u64,
    readings: u64,
    /// The story of which everything is printed.
    pub(super) watched: Option<usize>,
}

impl<'a> Press<'a> {
    pub(super) fn new(publisher: &'a Publisher, schedule: Schedule, broken: Broken) -> Self {
        let urls: Vec<String> =
            (0..publisher.outlets.len()).map(|n| format!("https://www.{}/feed/{n}", publisher.site)).collect();
        let mut press = Self {
            schedule,
            broken,
            chance: Chance::new(mixed(&[publisher.seed, 2])),
            store: Store::default(),
            oracle: Oracle::default(),
            site: SiteState::new(&publisher.site),
            configured: vec![true; urls.len()],
            urls,
            now: publisher.start,
            ahead: TimeDelta::zero(),
            no_rechecks_until: None,
            jobs: Vec::new(),
            urgent: Vec::new(),
            later: Vec::new(),
            is_urgent: false,
            polls: 0,
            readings: 0,
            watched: None,
            publisher,
        };
        match broken {
            Broken::Rechecks => press.schedule.rechecks.clear(),
            Broken::Patience => (press.schedule.page_patience, press.schedule.page_attempts) = (Duration::ZERO, 1),
            _ => {}
        }
        press.adopt();
        press
    }

    /// What our clock says.
    fn clock(&self) -> DateTime<Utc> {
        self.now + self.ahead
    }

    /// Runs until `end`.
    pub(super) fn run(&mut self, end: DateTime<Utc>) {
        let mut happenings = self.publisher.happenings.iter().peekable();
        let mut removed: Vec<(DateTime<Utc>, usize)> = Vec::new();
        let mut tidy = self.now;
        let mut behind_until: Option<DateTime<Utc>> = None;
        loop {
            let next_happening = happenings.peek().map(|one| one.from);
            let back = removed.iter().map(|(at, _)| *at).min();
            let due = [self.next_due(), next_happening, back, behind_until, Some(tidy)].into_iter().flatten().min();
            self.now = due.unwrap_or(end).max(self.now);
            if self.now >= end {
                break;
            }
            if let Some(one) = happenings.next_if(|one| one.from <= self.now) {
                match one.what {
                    What::Removed(feed) => {
                        self.configure(feed, false);
                        removed.push((one.to, feed));
                    }
                    What::Behind => {
                        self.set_clock(-(one.to - one.from));
                        behind_until = Some(one.to);
                    }
                    what => self.befalls(what),
                }
            }
            while let Some(at) = removed.iter().position(|(at, _)| *at <= self.now) {
                let (_, feed) = removed.swap_remove(at);
                self.configure(feed, true);
            }
            if behind_until.take_if(|until| *until <= self.now).is_some() {
                self.set_clock(TimeDelta::zero());
            }
            if tidy <= self.now {
                self.tidy();
                tidy = self.now + TimeDelta::days(1);
            }
            self.work();
            self.commit();
        }
        self.oracle.end(self.publisher, end);
    }

    /// When there is something to do, by the correct clock.
    fn next_due(&self) -> Option<DateTime<Utc>> {
        let feeds = self.feeds().filter_map(|feed| self.site.feed(&self.urls[feed]).unwrap().schedule.due);
        let entries = self.site.next_due();
        let jobs = self.jobs.iter().map(|job| job.ends).min();
        feeds.chain(entries).map(|at| at - self.ahead).chain(jobs).min()
    }

    fn feeds(&self) -> impl Iterator<Item = usize> + use<'_> {
        (0..self.urls.len()).filter(|feed| self.configured[*feed])
    }

    fn work(&mut self) {
        let due: Vec<usize> = self
            .feeds()
            .filter(|feed| {
                self.site.feed(&self.urls[*feed]).unwrap().schedule.due.is_none_or(|due| due <= self.clock())
            })
            .collect();
        due.into_iter().for_each(|feed| self.poll(feed));
        for key in self.site.take_due(self.clock(), 128) {
            self.begin(key);
        }
        while let Some(at) = self.jobs.iter().position(|job| job.ends <= self.now) {
            let job = self.jobs.swap_remove(at);
            self.take_in(job);
        }
    }

    fn befalls(&mut self, what: What) {
        if self.watched.is_some() {
            println!("{} {what:?}", self.now.format("%F %T"));
        }
        match what {
            What::Restart => {
                self.commit();
                self.restart();
            }
            What::Crash => self.crash(),
            What::Renamed(feed) => self.rename(feed),
            What::Ahead => {
                self.set_clock(TimeDelta::days(40));
                for _ in 0..3 {
                    self.work();
                    self.commit();
                }
                if self.chance.one_in(2) {
                    // the next owner's clock is correct
                    self.ahead = TimeDelta::zero();
                    self.no_rechecks_until = None;
                    self.restart();
                } else {
                    self.set_clock(TimeDelta::zero());
                }
            }
            _ => {}
        }
    }

    /// As `coordinator::follow_the_clock` does.
    fn set_clock(&mut self, ahead: TimeDelta) {
        let jumps = ahead - self.ahead;
        self.ahead = ahead;
        if jumps < TimeDelta::zero() {
            self.no_rechecks_until = None;
            self.site.bring_back(self.clock());
        } else {
            self.no_rechecks_until = Some(self.now + JUMP_LASTS);
        }
    }

    /// The partition is restored: after a restart, or after it was lost and regained. Running work is dropped.
    fn restart(&mut self) {
        if self.broken == Broken::Memory {
            self.store.lose(" memory ");
        }
        let backwards = self.chance.one_in(2);
        self.site = self.store.restore(&self.publisher.site, backwards);
        self.jobs.clear();
        self.urgent.clear();
        self.later.clear();
        self.is_urgent = false;
        self.site.bring_back(self.clock());
        self.adopt();
    }

    /// Killed during work; nothing of it, the urgent commit, or some of the rest as well is committed.
    fn crash(&mut self) {
        for feed in self.feeds().collect::<Vec<_>>() {
            if self.chance.one_in(2) {
                self.poll(feed);
            }
        }
        for key in self.site.take_due(self.clock(), 128) {
            self.begin(key);
        }
        for job in std::mem::take(&mut self.jobs) {
            self.take_in(job);
        }
        match self.chance.below(4) {
            0 => {}
            1 => self.commit_urgent(),
            _ => {
                self.commit_urgent();
                for _ in 0..self.chance.below(3) {
                    let part = self.site.changes(true, 2);
                    self.store.commit(part);
                }
            }
        }
        self.restart();
    }

    fn configure(&mut self, feed: usize, is_there: bool) {
        self.configured[feed] = is_there;
        self.adopt();
    }

    /// As `coordinator::adopt` does.
    fn adopt(&mut self) {
        let now = self.clock();
        for (url, is_there) in self.urls.iter().zip(&self.configured) {
            match self.site.feed(url) {
                None if *is_there => self.site.add(url),
                Some(feed) if *is_there && feed.removed_at.is_some() => self.site.feed_mut(url).removed_at = None,
                _ => {}
            }
        }
        let known: Vec<String> = self.site.feeds().keys().cloned().collect();
        for url in known {
            let is_there = self.feeds().any(|feed| self.urls[feed] == url);
            if !is_there && self.site.feed(&url).unwrap().removed_at.is_none() {
                self.site.feed_mut(&url).removed_at = Some(now);
            }
        }
    }

    /// The user writes another URL; in one of two cases permanent redirects led there, and the state moves.
    fn rename(&mut self, feed: usize) {
        let new = format!("{}v", self.urls[feed]);
        let old = std::mem::replace(&mut self.urls[feed], new.clone());
        // feeds with one link for everything, or that change all but the guid, are recognised within one feed only
        let habits = self.publisher.habits;
        let is_known = habits.is_live || habits.links == Links::Constant || self.chance.one_in(2);
        if self.configured[feed] && is_known {
            self.site.rename(&old, &new);
        } else {
            self.oracle.note(self.publisher, Event::Renamed { feed }, self.now);
        }
        self.adopt();
    }

    fn tidy(&mut self) {
        let now = self.clock();
        let is_over = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at + GRACE < now);
        let feeds = self.site.feeds().iter().filter(|(_, feed)| is_over(feed.removed_at));
        let over: Vec<String> = feeds.map(|(url, _)| url.clone()).collect();
        for url in over {
            let waits = |entry: &Pending| entry.published.is_none() && entry.feed() == url;
            if !self.site.entries().any(waits) {
                self.site.forget(&url);
            }
        }
        if self.broken == Broken::Memory {
            self.site.forget_old(now + TimeDelta::days(400));
        }
        self.site.forget_old(now);
    }

    fn commit(&mut self) {
        self.commit_urgent();
        if self.site.has_later_changes() {
            self.now += LATER;
            while self.site.has_later_changes() {
                let part = self.site.changes(true, 500);
                self.store.commit(part);
            }
        }
        for event in std::mem::take(&mut self.later) {
            self.oracle.note(self.publisher, event, self.now);
        }
    }

    fn commit_urgent(&mut self) {
        if std::mem::take(&mut self.is_urgent) && self.broken != Broken::Commits {
            let states = self.site.changes(false, 0);
            self.store.commit(states);
        }
        for event in std::mem::take(&mut self.urgent) {
            self.oracle.note(self.publisher, event, self.now);
        }
    }

    /// How much is in memory: pending entries, and what is remembered.
    pub(super) fn held(&self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([("pending", self.site.entries().count()), ("remembered", self.site.remembered())])
    }
}
