//! What comes back from the workers, put into state, outbox and agenda in one step.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Desk, after,
    jobs::{Asked, Done, JobResult},
};
use crate::{
    article::Learned,
    daemon::{
        agenda::{Job, Task},
        clock,
        follow::{Followed, PageOutcome},
        judge::{Publish, Verdict, judge},
        notice::{Notice, PollNotice},
        poll::{Answer, PollFailure, Polled},
    },
    feed::Entry,
    fetch::Validators,
    ledger::fault,
    record::{Carrier, Provenance, Record, Reject, Told},
    schedule::{Bounds, Success, delta},
    state::{Document, FeedState, Pending, SiteState, Trouble},
};

impl Desk<'_> {
    pub(super) fn done(&mut self, done: Done) {
        let Done { job, host, result } = done;
        self.lanes.done(&host, &job);
        let now = clock::now();
        // taken out for the time of the change, so that desk and site can be worked on at once; a site that was lost
        // meanwhile is another instance's business
        let Some(mut site) = self.sites.remove(&job.site) else { return };
        match (result, &job.task) {
            (JobResult::Polled { polled, asked }, _) => self.polled(&mut site, &job, *polled, &asked, now),
            (JobResult::Followed { followed, asked }, Task::Follow(id)) => {
                self.followed(&mut site, &job, id, *followed, &asked, now);
            }
            (JobResult::Followed { .. }, Task::Poll) => {}
        }
        self.changed_sites.insert(job.site.clone());
        self.sites.insert(job.site, site);
    }

    fn polled(&mut self, site: &mut SiteState, job: &Job, polled: Polled, asked: &Url, now: DateTime<Utc>) {
        // for what was configured no more meanwhile, the URL that was asked is as good
        let home = self.feeds.get(&job.feed).map_or_else(|| asked.clone(), |feed| feed.url.clone());
        if let Polled::Unchanged { answer, .. } | Polled::Read { answer, .. } = &polled {
            site.feed_mut(&job.feed).answered(asked, &home, answer.moved_to.clone(), now);
        }
        let bounds = self.bounds(&job.feed);
        let outcome = match polled {
            Polled::Unchanged { answer, not_modified } => {
                let feed = site.feed_mut(&job.feed);
                let pace = feed.pace.clone();
                let told = Success {
                    has_validators: !answer.validators.is_empty(),
                    fresh_for: answer.fresh_for,
                    pace: Some(&pace),
                    ..Success::default()
                };
                feed.schedule.succeeded(now, bounds, told);
                remember_answer(feed, answer);
                self.parts.metrics.poll(if not_modified { "not_modified" } else { "same_body" });
                if not_modified { PollNotice::NotModified } else { PollNotice::SameBody }
            }
            Polled::Read { answer, document } => self.read(site, job, answer, *document, bounds, now),
            Polled::Failed(failure) => {
                self.parts.metrics.poll(failure.reason);
                let feed = site.feed_mut(&job.feed);
                hold(feed, failure.host.as_deref(), failure.retry_after, now);
                let counts = !failure.asked || feed.failed_at(asked, &home, failure.setback, now);
                poll_failed(feed, failure, counts, bounds, now)
            }
        };
        self.outbox.notice(&job.site, Notice::Polled { feed: job.feed.clone(), outcome });
        self.remind_of(site, job);
        fault::point("after-poll");
    }

    fn read(
        &mut self,
        site: &mut SiteState,
        job: &Job,
        answer: Answer,
        document: Document,
        bounds: Bounds,
        now: DateTime<Utc>,
    ) -> PollNotice {
        let since = self.config.schedule.max_age.map(|age| now - delta(age));
        let absorbed = site.absorb(&job.feed, &document, since, now);
        let feed = site.feed_mut(&job.feed);
        let pace = document.feed.pace;
        let published: Vec<DateTime<Utc>> = document.feed.entries.iter().filter_map(dated).collect();
        let told = Success {
            entries: document.feed.entries.len(),
            new_entries: absorbed.new,
            overflowed: absorbed.overflowed,
            has_validators: !answer.validators.is_empty(),
            published: &published,
            fresh_for: answer.fresh_for,
            pace: Some(&pace),
        };
        feed.schedule.succeeded(now, bounds, told);
        let sitemaps = std::mem::take(&mut feed.sitemaps);
        remember_answer(feed, answer);
        if absorbed.left > 0 {
            // the rest is to be read: the next poll must not be answered by a 304
            feed.sitemaps = sitemaps;
            feed.validators = Validators::default();
            feed.body_hash = None;
        }
        feed.title = document.feed.title;
        feed.problems = document.feed.problems.iter().map(|problem| (problem.kind.to_owned(), problem.count)).collect();
        if absorbed.guids_repeat {
            feed.problems.push(("repeated-guid".to_owned(), 1));
        }
        feed.pace = pace;
        self.parts.metrics.poll("read");
        self.parts.metrics.entries(absorbed);
        PollNotice::Read { new: absorbed.new, known: absorbed.known, overflowed: absorbed.overflowed }
    }

    fn followed(
        &mut self,
        site: &mut SiteState,
        job: &Job,
        id: &str,
        mut followed: Followed,
        asked: &Asked,
        now: DateTime<Utc>,
    ) {
        self.parts.metrics.page(page_outcome(&followed.page));
        if let PageOutcome::Read(read) = &mut followed.page
            && let Some(lesson) = read.lesson.take()
            && site.learn(&lesson) == Learned::Redesign
        {
            self.parts.metrics.redesign();
            tracing::warn!(site = job.site, "the site has a new design: what was known of it is learned anew");
        }
        if let PageOutcome::Failed(failure) = &followed.page {
            hold(site.feed_mut(&job.feed), failure.host.as_deref(), failure.retry_after, now);
        }
        let Some(pending) = site.find(&job.feed, id).cloned() else { return };
        let looks = self.config.schedule.rechecks.clone();
        let notice = match judge(&pending, asked.full_text, self.config.schedule.page_attempts, followed) {
            Verdict::Publish(publish) => self.publish(site, job, &pending, *publish, &looks, now),
            Verdict::Unchanged => {
                site.unchanged(&job.feed, id, &looks, now);
                Notice::Unchanged { id: id.to_owned() }
            }
            Verdict::Retry { wait, trouble, asked } => {
                site.postpone(&job.feed, id, after(now, wait), &trouble, asked);
                Notice::Postponed { id: id.to_owned(), trouble, wait }
            }
            Verdict::Reject { reason, detail } => self.reject(site, job, &pending, reason, detail, now),
        };
        self.outbox.notice(&job.site, notice);
        if pending.was_retold_since(&asked.carriers) {
            site.look_again(&job.feed, id, now);
        }
        if let Some(pending) = site.find(&job.feed, id) {
            self.agenda.add(pending.due, job.clone());
        }
    }

    fn publish(
        &mut self,
        site: &mut SiteState,
        job: &Job,
        pending: &Pending,
        publish: Publish,
        looks: &[Duration],
        now: DateTime<Utc>,
    ) -> Notice {
        let revision = (publish.revision, publish.content_hash.clone());
        site.published(&job.feed, &pending.id, revision, publish.validators.clone(), looks, now);
        let mut article = publish.article;
        let dropped = std::mem::take(&mut article.dropped);
        let record = Record::new(
            article,
            Provenance {
                id: pending.id.clone(),
                revision: publish.revision,
                url: publish.url,
                site: job.site.clone(),
                fallback_reason: publish.fallback_reason,
                feeds: self.carriers(site, pending),
                entry: Told::without_content(&pending.entry),
                discovered_at: pending.discovered_at,
                fetched_at: publish.fetched_at,
                recorded_at: now,
            },
        );
        self.outbox.record(record.message());
        Notice::Recorded { delay: delay(&record, now), record: Box::new(record), dropped }
    }

    fn reject(
        &mut self,
        site: &mut SiteState,
        job: &Job,
        pending: &Pending,
        reason: String,
        detail: String,
        now: DateTime<Utc>,
    ) -> Notice {
        site.resolve(&job.feed, &pending.id);
        let reject = Reject {
            id: pending.id.clone(),
            url: pending.entry.url.as_ref().map(ToString::to_string),
            site: job.site.clone(),
            reason,
            detail,
            attempts: pending.attempts + 1,
            feeds: self.carriers(site, pending),
            entry: Told::whole(&pending.entry),
            discovered_at: pending.discovered_at,
            rejected_at: now,
        };
        self.outbox.reject(reject.message());
        Notice::Rejected { reject: Box::new(reject) }
    }

    fn carriers(&self, site: &SiteState, pending: &Pending) -> Vec<Carrier> {
        let carrier = |url: &String| {
            let configured = self.feeds.get(url);
            Carrier {
                url: url.clone(),
                title: site.feeds().get(url).and_then(|feed| feed.title.clone()),
                name: configured.and_then(|feed| feed.name.clone()),
                tags: configured.map(|feed| feed.tags.clone()).unwrap_or_default(),
            }
        };
        pending.carriers.iter().map(|carrying| carrier(&carrying.feed)).collect()
    }

    fn bounds(&self, feed: &str) -> Bounds {
        let schedule = &self.config.schedule;
        let own = self.feeds.get(feed).and_then(|feed| feed.interval);
        Bounds {
            interval: own.unwrap_or(schedule.interval),
            max_interval: schedule.max_interval,
            // whoever gives a feed an interval means it
            unconditional: own.unwrap_or(schedule.unconditional_interval),
            feed: xxh3_64(feed.as_bytes()),
        }
    }

    /// Puts what a poll left to do on the agenda: its next poll, and every entry that is due at once.
    fn remind_of(&mut self, site: &SiteState, job: &Job) {
        let Some(feed) = site.feeds().get(&job.feed) else { return };
        if let Some(due) = feed.schedule.due {
            self.agenda.add(due, job.clone());
        }
        for (url, feed) in site.feeds() {
            for pending in feed.pending.iter().filter(|pending| pending.attempts == 0) {
                let task = Task::Follow(pending.id.clone());
                self.agenda.add(pending.due, Job { feed: url.clone(), task, ..job.clone() });
            }
        }
    }
}

fn dated(entry: &Entry) -> Option<DateTime<Utc>> {
    entry.published.or(entry.updated).map(|moment| moment.at.to_utc())
}

fn remember_answer(feed: &mut FeedState, answer: Answer) {
    feed.validators = if answer.partial { Validators::default() } else { answer.validators };
    feed.body_hash = answer.body_hash;
    feed.sitemaps = answer.sitemaps;
    feed.trouble = None;
}

fn hold(feed: &mut FeedState, host: Option<&str>, wait: Option<Duration>, now: DateTime<Utc>) {
    if let (Some(host), Some(wait)) = (host, wait) {
        feed.holds.add(host, wait, now);
    }
}

fn poll_failed(
    feed: &mut FeedState,
    failure: PollFailure,
    counts: bool,
    bounds: Bounds,
    now: DateTime<Utc>,
) -> PollNotice {
    if !counts {
        // the feed has moved, and is asked where it is now
        feed.schedule.due = Some(now);
    } else if failure.asked {
        feed.schedule.failed(now, bounds, failure.setback, failure.retry_after);
    } else {
        feed.schedule.due = Some(after(now, failure.retry_after.unwrap_or(bounds.interval)));
    }
    feed.trouble = Some(Trouble { reason: failure.reason.to_owned(), detail: failure.detail.clone() });
    PollNotice::Failed { reason: failure.reason.to_owned(), detail: failure.detail }
}

fn page_outcome(page: &PageOutcome) -> &'static str {
    match page {
        PageOutcome::NotWanted => "not_wanted",
        PageOutcome::Unchanged => "not_modified",
        PageOutcome::Read(read) => match &read.article {
            Ok(_) => "read",
            Err(no_article) => no_article.reason.as_str(),
        },
        PageOutcome::Failed(failure) => failure.reason.as_str(),
        PageOutcome::Unreadable(failure) => failure.as_str(),
    }
}

/// From the publisher's date to the record; none where the date has no zone, or lies ahead.
fn delay(record: &Record, now: DateTime<Utc>) -> Option<Duration> {
    let published = record.published_at.filter(|_| !record.published_at_assumed_utc)?;
    (now - published.with_timezone(&Utc)).to_std().ok()
}
