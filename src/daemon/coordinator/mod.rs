//! The coordinator: owns all state, makes every decision, waits for nothing but its mailbox.
//!
//! Memory is ahead of the ledger by at most the running commit and the one that is being collected. Every change of
//! memory puts its state into the outbox in the same step, so that each commit is a consistent state.

mod changed;
mod commits;
mod jobs;
mod outcomes;
mod ownership;
mod polls;
mod view;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::task::TaskTracker;

use self::{
    changed::Changed,
    jobs::Done,
    polls::{Away, Back},
};
use super::{
    Parts, clock,
    commit::{Committer, Outbox},
    due_queue::{Due, DueQueue},
    host_queues::HostQueues,
    work::Cpu,
};
use crate::{
    admin::Health,
    config::{self, Config},
    ledger::{Event, Ledger, LedgerError, Partition, partition},
    link,
    schedule::delta,
    state::{FeedState, SiteState},
};

/// Of the time for a stop, this much is reserved for the last commit and for closing the ledger.
const LAST_COMMIT: Duration = Duration::from_secs(5);
/// The time that a ledger has to close, however late it is.
const LEAST_CLOSE: Duration = Duration::from_millis(500);
/// How often feeds that are no longer configured are checked.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);
/// Jobs started for each request that may run: hosts that answer slowly must not fill all places.
const JOBS_PER_REQUEST: usize = 2;
/// A clock that goes back by less than this is being adjusted, not set.
const SLEW: TimeDelta = TimeDelta::seconds(1);
/// A clock that goes ahead by more than this has jumped.
const JUMP: TimeDelta = TimeDelta::hours(1);
/// After this time its new value is believed.
const JUMP_LASTS: Duration = Duration::from_secs(600);
/// How many bytes of decisions may wait for a commit.
const MOST_UNCOMMITTED: usize = 64 << 20;
/// How many decisions may wait for a commit, in commits; beyond that no new work is started.
const COMMITS_AHEAD: usize = 4;

/// How a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Entries that wait for a retry or a recheck.
    pub pending: usize,
    /// Jobs that were interrupted by the deadline; their entries are still pending.
    pub cut_off: usize,
}

struct Coordinator<'a> {
    parts: &'a mut Parts,
    config: Arc<Config>,
    /// The configured feeds: their index in the configuration, by URL.
    feeds: HashMap<String, usize>,
    /// The same by site. Computed once, because finding a feed's site takes longer than a look-up.
    feeds_of: HashMap<String, Vec<usize>>,
    cpu: Cpu,
    partitions: Partition,
    largest_state: Option<usize>,
    /// The partitions that are ours, each with its epoch: a number that is new each time the partition is gained.
    owned: BTreeMap<Partition, u64>,
    epochs: u64,
    /// Partitions that are to be dropped as soon as no commit is running.
    losing: Vec<(Partition, oneshot::Sender<()>)>,
    gained_once: bool,
    /// While partitions are still being read back: how long to wait for them before work counts as finished.
    gaining: Option<Instant>,
    sites: HashMap<String, Box<SiteState>>,
    /// The site where a feed's state is kept: not always the one that its URL belongs to.
    kept_at: HashMap<String, String>,
    /// Sites that are being worked on by other threads.
    away: HashMap<String, Away>,
    /// How many entries of a site are queued or being followed.
    queued: HashMap<String, usize>,
    changed: Changed,
    due_queue: DueQueue,
    queues: HostQueues,
    outbox: Outbox,
    committer: Committer,
    stalled: Option<commits::Stalled>,
    /// Attempts at the next batch.
    attempts: u32,
    workers: TaskTracker,
    results: mpsc::Sender<Done>,
    mailbox: mpsc::Receiver<Done>,
    parts_back: mpsc::Sender<Back>,
    sites_back: mpsc::Receiver<Back>,
    housekeeping: Instant,
    /// Sites that the housekeeping still has to visit.
    to_tidy: Vec<String>,
    /// The wall clock when it was last read, and the monotonic clock at that time.
    latest: (DateTime<Utc>, Instant),
    /// Rechecks wait until then: the clock has jumped ahead, and may be set back.
    no_rechecks_until: Option<Instant>,
    /// Set once it is time to stop: how long to wait for running work.
    stop_at: Option<Instant>,
}

pub(super) async fn run<L: Ledger>(
    parts: &mut Parts,
    (ledger, mut events): (L, mpsc::Receiver<Event>),
) -> Result<Ended, LedgerError> {
    let (partitions, largest_state) = (ledger.partitions(), ledger.largest_state());
    let mut coordinator = Coordinator::new(parts, partitions, largest_state, Committer::spawn(ledger));
    let result = coordinator.work(&mut events).await;
    let now = Instant::now();
    let close_within =
        coordinator.stop_at.map_or(LAST_COMMIT, |at| (at + coordinator.last_commit()).saturating_duration_since(now));
    // files and memberships are given up in any case
    let close_within = close_within.max(LEAST_CLOSE);
    let ended = Ended { pending: coordinator.waiting_entries(), cut_off: coordinator.queues.running() };
    let Coordinator { committer, workers, mailbox, .. } = coordinator;
    // workers that still run have nobody to return their result to, and end
    drop(mailbox);
    workers.close();
    let closed = committer.close(close_within, &mut events).await;
    result.and(closed).map(|()| ended)
}

impl<'a> Coordinator<'a> {
    fn new(parts: &'a mut Parts, partitions: Partition, largest_state: Option<usize>, committer: Committer) -> Self {
        let config = parts.config.borrow_and_update().clone();
        let (results, mailbox) = mpsc::channel(256);
        let (parts_back, sites_back) = mpsc::channel(64);
        // a job may wait for its turn at its host, which costs nothing; the fetcher limits what really runs
        let queues = HostQueues::new(config.fetch.most_per_host() + 1, JOBS_PER_REQUEST * config.fetch.in_flight);
        Self {
            feeds: by_url(&config),
            feeds_of: by_site(&config),
            cpu: Cpu::new(config.documents.within),
            config,
            parts,
            partitions,
            largest_state,
            owned: BTreeMap::new(),
            epochs: 0,
            losing: Vec::new(),
            gained_once: false,
            gaining: None,
            sites: HashMap::new(),
            kept_at: HashMap::new(),
            away: HashMap::new(),
            queued: HashMap::new(),
            changed: Changed::default(),
            due_queue: DueQueue::default(),
            queues,
            outbox: Outbox::default(),
            committer,
            stalled: None,
            attempts: 0,
            workers: TaskTracker::new(),
            results,
            mailbox,
            parts_back,
            sites_back,
            housekeeping: Instant::now() + HOUSEKEEPING,
            to_tidy: Vec::new(),
            latest: (clock::now(), Instant::now()),
            no_rechecks_until: None,
            stop_at: None,
        }
    }

    async fn work(&mut self, events: &mut mpsc::Receiver<Event>) -> Result<(), LedgerError> {
        loop {
            let now = clock::now();
            self.follow_the_clock(now);
            self.start_what_is_due(now);
            self.commit_if_ready()?;
            if self.is_finished() {
                return Ok(());
            }
            let wake = self.wake();
            tokio::select! {
                biased;
                Some(event) = events.recv() => self.owned_changed(event)?,
                committed = self.committer.ended() => self.committed(committed?)?,
                Some(question) = self.parts.questions.recv() => self.answer(question),
                Some(back) = self.sites_back.recv() => self.back(back),
                Some(done) = self.mailbox.recv() => self.done(done),
                Ok(()) = self.parts.config.changed(), if self.away.is_empty() => self.reconfigure(),
                () = self.parts.stop.cancelled(), if self.stop_at.is_none() => self.begin_to_stop(),
                () = tokio::time::sleep_until(wake) => self.tick(),
            }
        }
    }

    /// When there is something to do without a message.
    fn wake(&self) -> Instant {
        let due = self.due_queue.next().map(|at| {
            let wait = (at - clock::now()).to_std().unwrap_or_default();
            Instant::now() + wait.min(HOUSEKEEPING)
        });
        let may_start = self.may_start();
        let gaining = self.gaining.filter(|_| self.parts.once).filter(|until| *until > Instant::now());
        [
            due.filter(|_| may_start),
            self.commit_due(),
            self.commit_overdue(),
            self.stop_at,
            gaining,
            Some(self.housekeeping),
            Some(Instant::now()).filter(|_| !self.to_tidy.is_empty()),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(self.housekeeping)
    }

    /// A wall clock that is set back would leave everything waiting until it has caught up. One that jumps ahead may be
    /// set back soon: until that is clear, no article's rechecks are used.
    fn follow_the_clock(&mut self, now: DateTime<Utc>) {
        let (before, instant) = std::mem::replace(&mut self.latest, (now, Instant::now()));
        let ahead = now - before - delta(instant.elapsed());
        if before - now > SLEW {
            tracing::warn!(seconds = (before - now).num_seconds(), "the clock was set back; due times are corrected");
            self.no_rechecks_until = None;
            self.bring_back(None, now);
            self.remind_of_all(None);
        } else if ahead > JUMP {
            tracing::warn!(seconds = ahead.num_seconds(), "the clock has jumped ahead; rechecks wait for some minutes");
            self.no_rechecks_until = Some(Instant::now() + JUMP_LASTS);
        }
        self.no_rechecks_until = self.no_rechecks_until.filter(|until| *until > Instant::now());
    }

    fn tick(&mut self) {
        self.tell_if_overdue();
        if Instant::now() >= self.housekeeping {
            // a clock that has jumped ahead must not let anything be forgotten
            let may_tidy = self.no_rechecks_until.is_none();
            self.housekeeping = Instant::now() + if may_tidy { HOUSEKEEPING } else { JUMP_LASTS };
            if may_tidy {
                self.begin_to_tidy();
            }
        }
        self.tidy(clock::now());
    }

    fn begin_to_stop(&mut self) {
        self.stop_at = Some(Instant::now() + self.config.stop_within.saturating_sub(self.last_commit()));
        self.queues.clear_waiting();
        let changed = self.sites.iter_mut().filter_map(|(name, site)| site.store_all().then_some(name));
        changed.for_each(|name| self.changed.soft(name));
        self.parts.health.send_replace(Health::Stopping);
        tracing::info!(under_way = self.queues.running(), "stopping");
    }

    /// Of the time for a stop, what is reserved for the last commit and for closing the ledger.
    fn last_commit(&self) -> Duration {
        LAST_COMMIT.min(self.config.stop_within / 2)
    }

    fn is_finished(&self) -> bool {
        let settled = !self.committer.is_busy()
            && self.outbox.since().is_none()
            && self.stalled.is_none()
            && self.changed.is_empty()
            && self.away.is_empty();
        match self.stop_at {
            Some(at) => {
                (self.queues.running() == 0 || Instant::now() >= at)
                    && (settled || Instant::now() >= at + self.last_commit())
            }
            None => {
                let idle = self.queues.running() == 0 && self.queues.waiting() == 0;
                let gained = self.gained_once && self.gaining.is_none_or(|until| Instant::now() >= until);
                self.parts.once && gained && settled && idle && self.nothing_is_due() && self.to_tidy.is_empty()
            }
        }
    }

    fn nothing_is_due(&self) -> bool {
        self.due_queue.next().is_none_or(|at| at > clock::now())
    }

    /// Whether nothing is running that could still change what waits to be stored.
    fn is_idle(&self) -> bool {
        self.queues.running() == 0 && self.queues.waiting() == 0 && self.away.is_empty() && self.nothing_is_due()
    }

    fn may_start(&self) -> bool {
        let few = self.outbox.len() < COMMITS_AHEAD * self.config.commit.count.max(1);
        let room = few && self.outbox.bytes() < MOST_UNCOMMITTED;
        self.stop_at.is_none() && self.stalled.is_none() && room && self.losing.is_empty()
    }

    fn start_what_is_due(&mut self, now: DateTime<Utc>) {
        if !self.may_start() {
            return;
        }
        while let Some(due) = self.due_queue.pop(now) {
            self.queue(due, now);
        }
        while let Some((host, job)) = self.queues.pop() {
            self.start(host, job, now);
        }
    }

    /// Puts a site's feeds and entries on the due queue. Duplicates do no harm.
    fn remind(&mut self, name: &str) {
        let Some(site) = self.sites.get(name) else { return };
        let here = site.feeds().iter().filter(|(url, feed)| feed.kept_at.is_none() && self.feeds.contains_key(*url));
        for (url, feed) in here {
            let due = Due::Poll { site: name.to_owned(), feed: url.clone() };
            self.due_queue.add(feed.schedule.due.unwrap_or_default(), due);
        }
        if let Some(at) = site.next_due() {
            self.due_queue.add(at, Due::Entries { site: name.to_owned() });
        }
    }

    /// The configuration of a feed.
    fn configured(&self, url: &str) -> Option<&config::Feed> {
        self.feeds.get(url).map(|at| &self.config.feeds[*at])
    }

    fn waiting_entries(&self) -> usize {
        self.sites.values().map(|site| site.waiting()).sum()
    }

    /// When the partition of a site was gained, as a number; 0 if it is not ours.
    fn epoch_of(&self, site: &str) -> u64 {
        self.owned.get(&partition(site, self.partitions)).copied().unwrap_or_default()
    }

    fn states(&self) -> impl Iterator<Item = (&String, &String, &FeedState)> {
        self.sites.iter().flat_map(|(name, site)| site.feeds().iter().map(move |(url, feed)| (name, url, &**feed)))
    }
}

fn by_site(config: &Config) -> HashMap<String, Vec<usize>> {
    let mut sites: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, feed) in config.feeds.iter().enumerate() {
        sites.entry(link::site(&feed.url)).or_default().push(at);
    }
    sites
}

fn by_url(config: &Config) -> HashMap<String, usize> {
    config.feeds.iter().enumerate().map(|(at, feed)| (feed.url.to_string(), at)).collect()
}

/// The time after a wait that starts now.
fn after(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    now + delta(wait)
}
