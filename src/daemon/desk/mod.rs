//! The desk: owns all state, makes every decision, waits for nothing but its mailbox.
//!
//! Memory runs ahead of the ledger by at most the commit under way and the one that gathers. Whatever changes
//! memory puts what belongs to the change into the outbox in the same step, so that a commit is always a
//! consistent cut.

mod commits;
mod jobs;
mod outcomes;
mod ownership;
mod view;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::task::TaskTracker;

use self::jobs::Done;
use super::{
    Parts,
    agenda::{Agenda, Job, Task},
    clock,
    commit::{Committer, Outbox},
    lanes::Lanes,
    work::Cpu,
};
use crate::{
    admin::Health,
    config::{self, Config},
    ledger::{Event, Ledger, LedgerError, Partition},
    link,
    schedule::delta,
    state::{FeedState, Pending, SiteState},
};

/// Of the time to stop in, this much is kept for the last commit and for closing the ledger.
const LAST_COMMIT: Duration = Duration::from_secs(5);
/// How often feeds that are configured no more are looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);
/// Jobs begun for each request that may be under way: hosts that make their guests wait must not fill all places.
const JOBS_PER_REQUEST: usize = 2;
/// A clock that goes back by less is being adjusted, not set.
const SLEW: TimeDelta = TimeDelta::seconds(1);
/// How many decisions may wait for a commit, in commits: then no new work is begun.
const COMMITS_AHEAD: usize = 4;

/// How a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Entries that wait for a retry or a later look.
    pub pending: usize,
    /// Jobs that were cut off by the deadline; their entries are pending still.
    pub cut_off: usize,
}

struct Desk<'a> {
    parts: &'a mut Parts,
    config: Arc<Config>,
    /// The configured feeds by URL.
    feeds: HashMap<String, config::Feed>,
    /// The same by site: their URLs. Found once, as a site takes longer to find than to look up.
    configured: HashMap<String, Vec<String>>,
    cpu: Cpu,
    partitions: Partition,
    largest_state: Option<usize>,
    owned: BTreeSet<Partition>,
    /// Partitions that are to be dropped as soon as no commit is under way.
    losing: Vec<(Partition, oneshot::Sender<()>)>,
    gained_once: bool,
    /// While partitions are still being read back: until when they are waited for before work counts as finished.
    gaining: Option<Instant>,
    sites: HashMap<String, SiteState>,
    changed_sites: HashSet<String>,
    agenda: Agenda,
    lanes: Lanes,
    outbox: Outbox,
    committer: Committer,
    stalled: Option<commits::Stalled>,
    /// Attempts at the batch that is to be committed next.
    attempts: u32,
    workers: TaskTracker,
    results: mpsc::Sender<Done>,
    mailbox: mpsc::Receiver<Done>,
    housekeeping: Instant,
    /// The time of day when it was last asked for.
    latest: DateTime<Utc>,
    /// Set once it is time to stop: until when work under way is waited for.
    stop_at: Option<Instant>,
}

pub(super) async fn run<L: Ledger>(
    parts: &mut Parts,
    (ledger, mut events): (L, mpsc::Receiver<Event>),
) -> Result<Ended, LedgerError> {
    let (partitions, largest_state) = (ledger.partitions(), ledger.largest_state());
    let mut desk = Desk::new(parts, partitions, largest_state, Committer::spawn(ledger));
    let result = desk.work(&mut events).await;
    let close_within =
        desk.stop_at.map_or(LAST_COMMIT, |at| at.saturating_duration_since(Instant::now()) + LAST_COMMIT);
    let ended = Ended { pending: desk.waiting_entries(), cut_off: desk.lanes.running() };
    let Desk { committer, workers, mailbox, .. } = desk;
    // workers that still run have nobody to hand their result to, and end
    drop(mailbox);
    workers.close();
    let closed = committer.close(close_within, &mut events).await;
    result.and(closed).map(|()| ended)
}

impl<'a> Desk<'a> {
    fn new(parts: &'a mut Parts, partitions: Partition, largest_state: Option<usize>, committer: Committer) -> Self {
        let config = parts.config.borrow_and_update().clone();
        let (results, mailbox) = mpsc::channel(256);
        // a job may wait for its host's turn, which costs nothing; what is really under way is bounded by the fetcher
        let lanes = Lanes::new(config.fetch.most_per_host() + 1, JOBS_PER_REQUEST * config.fetch.in_flight);
        Self {
            feeds: by_url(&config),
            configured: by_site(&config),
            cpu: Cpu::new(config.documents.within),
            config,
            parts,
            partitions,
            largest_state,
            owned: BTreeSet::new(),
            losing: Vec::new(),
            gained_once: false,
            gaining: None,
            sites: HashMap::new(),
            changed_sites: HashSet::new(),
            agenda: Agenda::default(),
            lanes,
            outbox: Outbox::default(),
            committer,
            stalled: None,
            attempts: 0,
            workers: TaskTracker::new(),
            results,
            mailbox,
            housekeeping: Instant::now() + HOUSEKEEPING,
            latest: clock::now(),
            stop_at: None,
        }
    }

    async fn work(&mut self, events: &mut mpsc::Receiver<Event>) -> Result<(), LedgerError> {
        loop {
            let now = clock::now();
            self.follow_the_clock(now);
            self.start_what_is_due(now);
            self.commit_if_ready();
            if self.is_finished() {
                return Ok(());
            }
            let wake = self.wake();
            tokio::select! {
                biased;
                Some(event) = events.recv() => self.owned_changed(event)?,
                Some(committed) = self.committer.ended() => self.committed(committed)?,
                Some(done) = self.mailbox.recv() => self.done(done),
                Some(question) = self.parts.questions.recv() => self.answer(question),
                Ok(()) = self.parts.config.changed() => self.reconfigure(),
                () = self.parts.stop.cancelled(), if self.stop_at.is_none() => self.begin_to_stop(),
                () = tokio::time::sleep_until(wake) => self.tick(),
            }
        }
    }

    /// When there is something to do though nobody says so.
    fn wake(&self) -> Instant {
        let due = self.agenda.next().map(|at| {
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
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(self.housekeeping)
    }

    /// A wall clock that is set back would leave everything waiting until it has caught up.
    fn follow_the_clock(&mut self, now: DateTime<Utc>) {
        let back = self.latest - now;
        self.latest = now;
        if back > SLEW {
            tracing::warn!(seconds = back.num_seconds(), "the clock was set back: what is due counts from now");
            self.bring_back(None, now);
            self.remind_of_feeds(None);
        }
    }

    fn tick(&mut self) {
        self.tell_if_overdue();
        if Instant::now() >= self.housekeeping {
            self.housekeeping = Instant::now() + HOUSEKEEPING;
            self.keep_house(clock::now());
        }
    }

    fn begin_to_stop(&mut self) {
        let within = self.config.stop_within;
        self.stop_at = Some(Instant::now() + within.saturating_sub(LAST_COMMIT.min(within / 2)));
        self.lanes.clear_waiting();
        self.parts.health.send_replace(Health::Stopping);
        tracing::info!(under_way = self.lanes.running(), "stopping");
    }

    fn is_finished(&self) -> bool {
        let settled = !self.committer.is_busy() && self.outbox.since().is_none() && self.stalled.is_none();
        match self.stop_at {
            Some(at) => {
                (self.lanes.running() == 0 || Instant::now() >= at) && (settled || Instant::now() >= at + LAST_COMMIT)
            }
            None => {
                let idle = self.lanes.running() == 0 && self.lanes.waiting() == 0;
                let nothing_due = self.agenda.next().is_none_or(|at| at > clock::now());
                let gained = self.gained_once && self.gaining.is_none_or(|until| Instant::now() >= until);
                self.parts.once && gained && settled && idle && nothing_due
            }
        }
    }

    fn may_start(&self) -> bool {
        let room = self.outbox.len() < COMMITS_AHEAD * self.config.commit.count.max(1);
        self.stop_at.is_none() && self.stalled.is_none() && room && self.losing.is_empty()
    }

    fn start_what_is_due(&mut self, now: DateTime<Utc>) {
        if !self.may_start() {
            return;
        }
        while let Some(job) = self.agenda.pop(now) {
            if let Some(host) = self.host_if_due(&job, now) {
                self.lanes.push(&host, job);
            }
        }
        while let Some((host, job)) = self.lanes.pop() {
            self.start(host, job, now);
        }
    }

    /// Entries of a feed that are due or will be, for the agenda.
    fn remind(&mut self, site: &str, feed: &str) {
        let Some(state) = self.sites.get(site).and_then(|site| site.feeds().get(feed)) else { return };
        let job = |task| Job { site: site.to_owned(), feed: feed.to_owned(), task };
        if self.feeds.contains_key(feed) {
            self.agenda.add(state.schedule.due.unwrap_or_default(), job(Task::Poll));
        }
        for pending in &state.pending {
            self.agenda.add(pending.due, job(Task::Follow(pending.id.clone())));
        }
    }

    fn waiting_entries(&self) -> usize {
        self.pending().filter(|pending| pending.published.is_none()).count()
    }

    fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.states().flat_map(|(_, _, feed)| &feed.pending)
    }

    fn states(&self) -> impl Iterator<Item = (&String, &String, &FeedState)> {
        self.sites.iter().flat_map(|(name, site)| site.feeds().iter().map(move |(url, feed)| (name, url, feed)))
    }
}

fn by_site(config: &Config) -> HashMap<String, Vec<String>> {
    let mut sites: HashMap<String, Vec<String>> = HashMap::new();
    for feed in &config.feeds {
        sites.entry(link::site(&feed.url)).or_default().push(feed.url.to_string());
    }
    sites
}

fn by_url(config: &Config) -> HashMap<String, config::Feed> {
    config.feeds.iter().map(|feed| (feed.url.to_string(), feed.clone())).collect()
}

/// When something is to happen after a wait that starts now.
fn after(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    now + delta(wait)
}
