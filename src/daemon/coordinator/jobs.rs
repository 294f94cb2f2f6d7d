//! From what is due to the worker that does it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::Coordinator;
use crate::{
    config::{self, FullText},
    daemon::{
        due_queue::{Due, Job, Task},
        follow::{Follow, Followed, follow},
        poll::{Poll, Polled, poll},
        work::Cpu,
    },
    fetch::Fetcher,
    link,
    state::{Carrier, Pending},
};

/// Entries of one site that wait for their host at a time: a site with thousands is refilled as they are finished.
const MOST_OF_A_SITE: usize = 128;

/// How long a recheck waits that a wrong clock may have started too early.
const JUMPED_AGAIN: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// What a worker returns.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) host: String,
    /// When the partition of its site was gained: a result from before that does not belong to today's state.
    pub(super) epoch: u64,
    pub(super) result: JobResult,
}

#[derive(Debug)]
pub(super) enum JobResult {
    Polled { polled: Box<Polled>, asked: Url },
    Followed { followed: Box<Followed>, asked: Asked },
}

/// What was known about an entry when it was followed.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) full_text: FullText,
    pub(super) carriers: Vec<Carrier>,
}

impl Coordinator<'_> {
    /// Puts what is due into the queues of its hosts.
    pub(super) fn queue(&mut self, due: Due, now: DateTime<Utc>) {
        match due {
            Due::Poll { site, feed } => self.queue_poll(site, feed, now),
            Due::Entries { site } => self.queue_entries(&site, now),
        }
    }

    fn queue_poll(&mut self, site: String, feed: String, now: DateTime<Utc>) {
        let Some(configured) = self.configured(&feed) else { return };
        let Some(state) = self.sites.get(&site).and_then(|site| site.feed(&feed)) else {
            return self.not_now(Job { site, task: Task::Poll(feed) }, now);
        };
        match state.schedule.due.filter(|due| *due > now) {
            Some(later) => self.due_queue.add(later, Due::Poll { site, feed }),
            None => {
                let host = link::host(&state.url_to_ask(&configured.url, now));
                self.queues.push(&host, Job { site, task: Task::Poll(feed) });
            }
        }
    }

    /// Puts due entries of a site into the queues of their hosts, as many as there is room for.
    pub(super) fn queue_entries(&mut self, name: &str, now: DateTime<Utc>) {
        let queued = self.queued.get(name).copied().unwrap_or_default();
        let Some(site) = self.sites.get_mut(name) else { return };
        let rechecks = &self.config.schedule.rechecks;
        let may_recheck = self.no_rechecks_until.is_none();
        for key in site.take_due(now, MOST_OF_A_SITE.saturating_sub(queued)) {
            let Some(pending) = site.entry(key) else { continue };
            if pending.published.as_ref().is_some_and(|published| !published.awaits_edit()) && !may_recheck {
                let later = now + JUMPED_AGAIN;
                site.postpone(key, later, "the clock has jumped ahead", false, now);
            } else if pending.wants_page(rechecks, now) {
                let host = pending.entry.url.as_ref().map(link::host).unwrap_or_default();
                let job = Job { site: name.to_owned(), task: Task::Follow(key) };
                if self.queues.push(&host, job) {
                    *self.queued.entry(name.to_owned()).or_default() += 1;
                }
            } else {
                site.let_time_pass(key, rechecks, now);
                self.changed.soft(name);
            }
        }
        if self.queued.get(name).copied().unwrap_or_default() < MOST_OF_A_SITE
            && let Some(next) = site.next_due()
        {
            self.due_queue.add(next, Due::Entries { site: name.to_owned() });
        }
    }

    /// A job has left its queue or its worker.
    pub(super) fn unqueue(&mut self, job: &Job) {
        if matches!(job.task, Task::Follow(_))
            && let Some(queued) = self.queued.get_mut(&job.site)
        {
            *queued -= 1;
            if *queued == 0 {
                self.queued.remove(&job.site);
            }
        }
    }

    pub(super) fn start(&mut self, host: String, job: Job, now: DateTime<Utc>) {
        let work = match &job.task {
            Task::Poll(feed) => self.poll(&job, feed, now),
            Task::Follow(key) => self.follow(&job, *key),
        };
        let Some(work) = work else {
            self.queues.done(&host, &job);
            self.unqueue(&job);
            return self.not_now(job, now);
        };
        let (fetcher, cpu, results) = (self.parts.fetcher.clone(), self.cpu.clone(), self.results.clone());
        let epoch = self.epoch_of(&job.site);
        self.workers.spawn(async move {
            let work = work.run(&fetcher, &cpu);
            tokio::select! {
                result = work => drop(results.send(Done { job, host, epoch, result }).await),
                () = results.closed() => {}
            }
        });
    }

    /// Queues the jobs of a site again when it is back from being worked on.
    fn not_now(&mut self, job: Job, now: DateTime<Utc>) {
        let Some(away) = self.away.get_mut(&job.site) else { return };
        match job.task {
            Task::Follow(key) => away.keys.push(key),
            Task::Poll(feed) => {
                self.due_queue.add(now + chrono::TimeDelta::seconds(1), Due::Poll { site: job.site, feed });
            }
        }
    }

    fn poll(&self, job: &Job, feed: &str, now: DateTime<Utc>) -> Option<Work> {
        let configured = self.configured(feed)?.clone();
        let state = self.sites.get(&job.site)?.feed(feed)?;
        Some(Work::Poll(Box::new(Poll {
            url: state.url_to_ask(&configured.url, now),
            site: job.site.clone(),
            validators: state.validators.clone(),
            body_hash: state.body_hash,
            sitemaps: state.sitemaps.clone(),
            feed: configured,
        })))
    }

    fn follow(&self, job: &Job, key: u64) -> Option<Work> {
        let site = self.sites.get(&job.site)?;
        let pending = site.entry(key)?;
        let feed = self.feed_of(pending);
        let full_text = full_text(pending, feed);
        let published = pending.published.as_ref();
        let follow = Follow {
            entry: pending.entry.clone(),
            full_text,
            shared_page: pending.shared_page,
            feed: feed.cloned(),
            validators: published.map(|published| published.validators.clone()).unwrap_or_default(),
            knowledge: site.knowledge(),
            limits: self.config.documents.limits,
            rules: Arc::clone(&self.config.sites),
            twice_unless: published.cloned(),
        };
        Some(Work::Follow(Box::new(follow), Asked { full_text, carriers: pending.carriers.clone() }))
    }

    /// The configuration of the first feed of an entry that has one.
    pub(super) fn feed_of(&self, pending: &Pending) -> Option<&config::Feed> {
        pending.carriers.iter().find_map(|carrier| self.configured(&carrier.feed))
    }
}

/// An entry whose feeds are no longer configured keeps the setting that it was made with.
fn full_text(pending: &Pending, feed: Option<&config::Feed>) -> FullText {
    match feed {
        Some(feed) => feed.full_text,
        None if pending.feed_text_only => FullText::Feed,
        None => FullText::default(),
    }
}

enum Work {
    Poll(Box<Poll>),
    Follow(Box<Follow>, Asked),
}

impl Work {
    async fn run(self, fetcher: &Fetcher, cpu: &Cpu) -> JobResult {
        match self {
            Self::Poll(job) => {
                let asked = job.url.clone();
                JobResult::Polled { polled: Box::new(poll(*job, fetcher, cpu).await), asked }
            }
            Self::Follow(job, asked) => {
                JobResult::Followed { followed: Box::new(follow(*job, fetcher, cpu).await), asked }
            }
        }
    }
}
