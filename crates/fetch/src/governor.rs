//! One budget per host: how many requests run there, how far apart they start, and until when it is left alone.
//!
//! Must not know HTTP. Time is tokio's, so that tests can pause it. The order in which a request passes the gates keeps
//! hosts fair to each other: a place at its host, the turn of its host, and only then a place among all requests. A
//! request that waits for a slow host holds nothing that another host needs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};

use crate::config::{self, Politeness};

/// A back-off shorter than this is waited out; a longer one is returned to the caller, which has other work.
const PATIENCE: Duration = Duration::from_secs(15);
/// The first back-off of a host that is too busy and does not say for how long; doubles each time.
const FIRST_BACK_OFF: Duration = Duration::from_secs(30);
/// Where doubling ends.
const LONGEST_OWN_BACK_OFF: Duration = Duration::from_secs(3600);
/// Hosts remembered for their back-off alone. Beyond this many, back-offs of idle hosts are forgotten as well: so many
/// are the work of somebody with a wildcard name.
const MOST_BACK_OFFS: usize = 50_000;

/// The budgets of all hosts.
#[derive(Debug)]
pub struct Governor {
    config: config::Fetch,
    all: Arc<Semaphore>,
    hosts: Mutex<Hosts>,
}

#[derive(Debug, Default)]
struct Hosts {
    by_name: HashMap<Box<str>, Arc<Host>>,
    /// How many there may be before idle ones are forgotten: twice what the last sweep left.
    sweep_at: usize,
}

#[derive(Debug)]
struct Host {
    /// Places for running requests.
    places: Arc<Semaphore>,
    /// One request waits for the host's turn, the others for that one.
    turn: Semaphore,
    pace: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    gap: Duration,
    /// What the host's robots.txt asks for; the longer of the two counts.
    crawl_delay: Duration,
    bucket: Option<Bucket>,
    last_start: Option<Instant>,
    back_off_until: Option<Instant>,
    /// The longest time that a host may ask for.
    longest_back_off: Duration,
    /// How often in a row the host was too busy without saying for how long.
    strikes: u32,
}

/// A token bucket, as the time when it will be full again (the generic cell rate algorithm, ITU-T I.371 annex A).
#[derive(Debug)]
struct Bucket {
    /// How long one token takes to come back.
    token: Duration,
    /// How long all but one of them take.
    depth: Duration,
    full_at: Option<Instant>,
}

/// The right to one request; dropping it ends the request.
#[derive(Debug)]
pub struct Permit {
    host: Arc<Host>,
    _place: OwnedSemaphorePermit,
    _among_all: OwnedSemaphorePermit,
}

/// The host is to be left alone for longer than a caller should wait here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host asked for a pause of {} s more", .0.as_secs())]
pub struct BackOff(pub Duration);

impl Governor {
    /// A governor with the budgets of a configuration.
    pub fn new(config: &config::Fetch) -> Self {
        Self {
            all: Arc::new(Semaphore::new(config.in_flight.clamp(1, Semaphore::MAX_PERMITS))),
            hosts: Mutex::default(),
            config: config.clone(),
        }
    }

    /// Waits for the right to send one request to a host, named as [`copydesk_core::link::host`] names it.
    ///
    /// Waits as long as the host has others before this one: drop the future to give up.
    pub async fn acquire(&self, name: &str) -> Result<Permit, BackOff> {
        let host = self.host(name);
        let place = take(&host.places).await;
        let turn = host.turn.acquire().await.expect("never closed");
        loop {
            host.wait_for_start().await?;
            let among_all = take(&self.all).await;
            // a back-off may have started while waiting for the others
            if host.start() {
                drop(turn);
                return Ok(Permit { host, _place: place, _among_all: among_all });
            }
        }
    }

    /// Leaves a host alone from now on, for as long as it said earlier, or may say now.
    pub fn back_off(&self, name: &str, wait: Duration) {
        let host = self.host(name);
        let mut pace = lock(&host.pace);
        let wait = wait.min(pace.longest_back_off);
        pace.back_off(wait);
    }

    /// How many hosts are remembered.
    pub fn hosts(&self) -> usize {
        lock(&self.hosts).by_name.len()
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.by_name.get(name) {
            return Arc::clone(host);
        }
        if hosts.by_name.len() >= hosts.sweep_at {
            hosts.forget_idle(Instant::now());
        }
        let politeness = self.config.politeness_at(bare(name));
        let host = Arc::new(Host {
            places: Arc::new(Semaphore::new(politeness.per_host.max(1))),
            turn: Semaphore::new(1),
            pace: Mutex::new(Pace::new(politeness)),
        });
        hosts.by_name.insert(name.into(), Arc::clone(&host));
        host
    }
}

impl Permit {
    /// Leaves the host alone: for as long as it said, within the limit, or twice as long as last time. Returns for how
    /// long.
    pub fn back_off(&self, said: Option<Duration>) -> Duration {
        let mut pace = lock(&self.host.pace);
        let wait = match said {
            Some(said) if !said.is_zero() => said.min(pace.longest_back_off),
            // zero is not an answer of a host that is too busy
            _ => {
                pace.strikes = (pace.strikes + 1).min(16);
                (FIRST_BACK_OFF * 2_u32.pow(pace.strikes - 1)).min(LONGEST_OWN_BACK_OFF).min(pace.longest_back_off)
            }
        };
        pace.back_off(wait);
        wait
    }

    /// The host responded normally: its back-off is over.
    pub fn forgive(&self) {
        lock(&self.host.pace).strikes = 0;
    }

    /// From now on starts at this host are at least this far apart, as its `Crawl-delay` asks.
    pub fn set_crawl_delay(&self, delay: Duration) {
        lock(&self.host.pace).crawl_delay = delay;
    }
}

impl Host {
    /// Sleeps until the gap and every back-off are over.
    async fn wait_for_start(&self) -> Result<(), BackOff> {
        loop {
            let now = Instant::now();
            let start = {
                let pace = lock(&self.pace);
                let left = pace.back_off_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
                if left > PATIENCE {
                    return Err(BackOff(left));
                }
                pace.next_start(now)
            };
            if start <= now {
                return Ok(());
            }
            sleep_until(start).await;
        }
    }

    /// Starts the gap to the next start, unless it is too early for this one.
    fn start(&self) -> bool {
        let now = Instant::now();
        let mut pace = lock(&self.pace);
        let may = pace.next_start(now) <= now;
        if may {
            pace.last_start = Some(now);
            pace.bucket.iter_mut().for_each(|bucket| bucket.take(now));
        }
        may
    }
}

impl Pace {
    fn new(politeness: Politeness) -> Self {
        Self {
            gap: politeness.host_gap,
            crawl_delay: Duration::ZERO,
            bucket: politeness.host_rate.map(|rate| Bucket::new(rate.requests, rate.within)),
            last_start: None,
            back_off_until: None,
            longest_back_off: politeness.max_retry_after,
            strikes: 0,
        }
    }

    /// An earlier back-off that is longer stays.
    fn back_off(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        self.back_off_until = Some(self.back_off_until.map_or(until, |earlier| earlier.max(until)));
    }

    /// When the next request may start: now, or later.
    fn next_start(&self, now: Instant) -> Instant {
        let after_gap = self.last_start.map(|last| last + self.gap.max(self.crawl_delay));
        let token_at = self.bucket.as_ref().and_then(Bucket::token_at);
        [after_gap, self.back_off_until, token_at].into_iter().flatten().fold(now, Instant::max)
    }

    /// Nothing to remember: a finished back-off still counts for the next one's length, for a while.
    fn is_idle(&self, now: Instant) -> bool {
        self.next_start(now) <= now
            && self.back_off_until.is_none_or(|until| until + LONGEST_OWN_BACK_OFF <= now)
            && self.bucket.as_ref().and_then(|bucket| bucket.full_at).is_none_or(|full_at| full_at <= now)
    }
}

impl Bucket {
    fn new(tokens: u32, within: Duration) -> Self {
        let token = within / tokens.max(1);
        Self { token, depth: within.saturating_sub(token), full_at: None }
    }

    /// When there is a token; `None` while it is full.
    fn token_at(&self) -> Option<Instant> {
        self.full_at.map(|full_at| full_at.checked_sub(self.depth).unwrap_or(full_at))
    }

    fn take(&mut self, now: Instant) {
        self.full_at = Some(self.full_at.map_or(now, |full_at| full_at.max(now)) + self.token);
    }
}

impl Hosts {
    fn forget_idle(&mut self, now: Instant) {
        // a count above one: a request waits there or is running
        self.by_name.retain(|_, host| Arc::strong_count(host) > 1 || !lock(&host.pace).is_idle(now));
        if self.by_name.len() > MOST_BACK_OFFS {
            self.by_name.retain(|_, host| Arc::strong_count(host) > 1);
        }
        self.sweep_at = (self.by_name.len() * 2).max(1024);
    }
}

/// The host of `scheme://host:port`.
fn bare(name: &str) -> &str {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    name.rsplit_once(':').map_or(name, |(host, _)| host)
}

async fn take(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(semaphore).acquire_owned().await.expect("never closed")
}

/// Nothing panics while it holds one of these locks, and their data is consistent at every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
