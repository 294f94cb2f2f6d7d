//! From a job that is due to the worker that does it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::Desk;
use crate::{
    config::FullText,
    daemon::{
        agenda::{Job, Task},
        follow::{Follow, Followed, follow},
        poll::{Poll, Polled, poll},
        work::Cpu,
    },
    fetch::Fetcher,
    link,
    state::Carrying,
};

/// What a worker hands back.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) host: String,
    pub(super) result: JobResult,
}

#[derive(Debug)]
pub(super) enum JobResult {
    Polled { polled: Box<Polled>, asked: Url },
    Followed { followed: Box<Followed>, asked: Asked },
}

/// What was known of an entry when it was followed.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) full_text: FullText,
    pub(super) carriers: Vec<Carrying>,
}

impl Desk<'_> {
    /// The host a job asks, if the job is still wanted and due; one that is due later is put back.
    pub(super) fn host_if_due(&mut self, job: &Job, now: DateTime<Utc>) -> Option<String> {
        let site = self.sites.get(&job.site)?;
        let (due, url) = match &job.task {
            Task::Poll => {
                let configured = &self.feeds.get(&job.feed)?.url;
                let state = site.feeds().get(&job.feed)?;
                (state.schedule.due, Some(state.url_to_ask(configured, now)))
            }
            Task::Follow(id) => {
                let pending = site.find(&job.feed, id)?;
                (Some(pending.due), pending.entry.url.clone())
            }
        };
        match due.filter(|due| *due > now) {
            Some(later) => {
                self.agenda.add(later, job.clone());
                None
            }
            None => Some(url.as_ref().map(link::host).unwrap_or_default()),
        }
    }

    pub(super) fn start(&mut self, host: String, job: Job, now: DateTime<Utc>) {
        let work = match &job.task {
            Task::Poll => self.poll(&job, now),
            Task::Follow(id) => self.follow(&job, id),
        };
        let Some(work) = work else {
            self.lanes.done(&host, &job);
            return;
        };
        let (fetcher, cpu, results) = (self.parts.fetcher.clone(), self.cpu.clone(), self.results.clone());
        self.workers.spawn(async move {
            let work = work.run(&fetcher, &cpu);
            tokio::select! {
                result = work => drop(results.send(Done { job, host, result }).await),
                () = results.closed() => {}
            }
        });
    }

    fn poll(&self, job: &Job, now: DateTime<Utc>) -> Option<Work> {
        let feed = self.feeds.get(&job.feed)?.clone();
        let state = self.sites.get(&job.site)?.feeds().get(&job.feed)?;
        Some(Work::Poll(Box::new(Poll {
            url: state.url_to_ask(&feed.url, now),
            validators: state.validators.clone(),
            body_hash: state.body_hash,
            sitemaps: state.sitemaps.clone(),
            feed,
        })))
    }

    fn follow(&self, job: &Job, id: &str) -> Option<Work> {
        let site = self.sites.get(&job.site)?;
        let pending = site.find(&job.feed, id)?;
        let feed = self.feeds.get(&job.feed);
        let full_text = feed.map_or(FullText::default(), |feed| feed.full_text);
        let follow = Follow {
            entry: pending.entry.clone(),
            full_text,
            feed: feed.cloned(),
            validators: pending.published.as_ref().map(|published| published.validators.clone()).unwrap_or_default(),
            knowledge: site.knowledge(),
            limits: self.config.documents.limits,
            rules: Arc::clone(&self.config.sites),
        };
        Some(Work::Follow(Box::new(follow), Asked { full_text, carriers: pending.carriers.clone() }))
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
