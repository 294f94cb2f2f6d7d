//! Results of the workers, put into state, outbox and due queue in one step.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    Coordinator, after,
    jobs::{Asked, Done, JobResult},
    polls::back_off,
};
use crate::{
    article::Learned,
    daemon::{
        clock,
        due_queue::{Job, Task},
        follow::{Followed, PageOutcome, Reading},
        judge::{Case, Decision, Publish, judge},
        notice::Notice,
    },
    feed::identity::{self, Name},
    link,
    record::{self, Carrier, FeedEntry, Provenance, Record, Reject},
    state::{PageOf, PageText, Pending, SiteState},
};

impl Coordinator<'_> {
    pub(super) fn done(&mut self, done: Done) {
        self.queues.done(&done.host, &done.job);
        self.unqueue(&done.job);
        if done.epoch != self.epoch_of(&done.job.site) {
            // the site was lost and gained again: this result belongs to a state that no longer exists
            return self.queue_entries(&done.job.site, clock::now());
        }
        match self.away.get_mut(&done.job.site) {
            Some(away) => away.results.push(done),
            None => self.take_in(done),
        }
    }

    pub(super) fn take_in(&mut self, done: Done) {
        let Done { job, result, .. } = done;
        let now = clock::now();
        // taken out for the time of the change, so that coordinator and site can be changed at once; a site that was
        // lost meanwhile belongs to another instance
        let Some(mut site) = self.sites.remove(&job.site) else { return };
        match (result, &job.task) {
            (JobResult::Polled { polled, asked }, Task::Poll(feed)) => {
                if let Some(read) = self.polled(&mut site, &job, feed, *polled, &asked, now) {
                    return self.take_document(site, read, now);
                }
            }
            (JobResult::Followed { followed, asked }, Task::Follow(key)) => {
                self.followed(&mut site, &job, *key, *followed, &asked, now);
            }
            _ => {}
        }
        self.put_back(site, now);
    }

    pub(super) fn put_back(&mut self, site: Box<SiteState>, now: DateTime<Utc>) {
        let name = site.name().to_owned();
        self.sites.insert(name.clone(), site);
        self.queue_entries(&name, now);
    }

    fn followed(
        &mut self,
        site: &mut SiteState,
        job: &Job,
        key: u64,
        mut followed: Followed,
        asked: &Asked,
        now: DateTime<Utc>,
    ) {
        self.parts.metrics.page(page_outcome(&followed.page));
        if let PageOutcome::Read(read) = &mut followed.page
            && let Some(observation) = read.observation.take()
            && site.learn(&observation) == Learned::Redesign
        {
            self.parts.metrics.redesign();
            tracing::warn!(site = job.site, "the site has a new design; what was known about it is learned again");
        }
        let Some(pending) = site.entry(key).cloned() else { return };
        if let PageOutcome::Failed(failure) = &followed.page
            && site.feed(pending.feed()).is_some()
        {
            back_off(site.feed_mut(pending.feed()), failure.host.as_deref(), failure.retry_after, now);
        }
        let config = Arc::clone(&self.config);
        let schedule = &config.schedule;
        let page_of = page_names(&followed.page, site.name())
            .map_or(PageOf::Itself, |(names, read)| site.learn_page(key, &names, read, now));
        match page_of {
            PageOf::Itself => {}
            PageOf::List => return self.changed.soft(&job.site),
            PageOf::Article(other) => {
                let (id, into) = (record::id(site.name(), key), record::id(site.name(), other));
                self.changed.hard(&job.site);
                return self.outbox.notice(&job.site, Notice::Merged { id, into });
            }
        }
        let offline = self.parts.fetcher.is_offline();
        let case = Case { pending: &pending, full_text: asked.full_text, schedule, offline, now };
        let id = record::id(site.name(), key);
        let is_late = pending.has_changed_since(&asked.carriers);
        match judge(case, followed) {
            Decision::Publish(publish) => {
                let notice = self.publish(site, &pending, *publish, is_late, now);
                self.outbox.notice(&job.site, notice);
                self.changed.hard(&job.site);
            }
            Decision::Unchanged { candidate, validators } => {
                site.unchanged(key, candidate, validators, &schedule.rechecks, is_late, now);
                if self.parts.once {
                    site.store_all();
                }
                self.changed.notice(&job.site, Notice::Unchanged { id });
            }
            Decision::Retry { wait, error, asked } => {
                site.postpone(key, after(now, wait), &error, asked, now);
                self.changed.notice(&job.site, Notice::Postponed { id, error, wait });
            }
            Decision::Reject { reason, detail, again } => {
                site.rejected(key, again.map(|wait| after(now, wait)), now);
                let reject = self.reject_of(site, &pending, reason, detail, now);
                self.outbox.reject(reject.message());
                self.outbox.notice(&job.site, Notice::Rejected { reject: Box::new(reject) });
                self.changed.hard(&job.site);
            }
            Decision::Over => {
                site.rejected(key, None, now);
                self.changed.hard(&job.site);
                self.outbox.touch();
            }
        }
    }

    fn publish(
        &mut self,
        site: &mut SiteState,
        pending: &Pending,
        publish: Publish,
        is_late: bool,
        now: DateTime<Utc>,
    ) -> Notice {
        let Publish { mut article, revision, url, fetched_at, fallback_reason, publication } = publish;
        let feeds = self.carriers(site, pending);
        site.published(pending.key, publication, &self.config.schedule.rechecks, is_late, now);
        let dropped = std::mem::take(&mut article.dropped);
        let record = Record::new(
            article,
            Provenance {
                id: record::id(site.name(), pending.key),
                revision,
                url,
                site: site.name().to_owned(),
                fallback_reason,
                feeds,
                entry: FeedEntry::without_content(&pending.entry),
                discovered_at: pending.discovered_at,
                fetched_at,
                recorded_at: now,
            },
        );
        self.outbox.record(record.message());
        Notice::Recorded { delay: delay(&record, now), record: Box::new(record), dropped }
    }

    pub(super) fn reject_of(
        &self,
        site: &SiteState,
        pending: &Pending,
        reason: String,
        detail: String,
        now: DateTime<Utc>,
    ) -> Reject {
        Reject {
            id: record::id(site.name(), pending.key),
            url: pending.entry.url.as_ref().map(ToString::to_string),
            site: site.name().to_owned(),
            reason,
            detail,
            attempts: pending.attempts + 1,
            feeds: self.carriers(site, pending),
            entry: FeedEntry::whole(&pending.entry),
            discovered_at: pending.discovered_at,
            rejected_at: now,
        }
    }

    fn carriers(&self, site: &SiteState, pending: &Pending) -> Vec<Carrier> {
        let carrier = |url: &String| {
            let configured = self.configured(url);
            Carrier {
                url: link::shown_text(url),
                title: site.feed(url).and_then(|feed| feed.title.clone()),
                name: configured.and_then(|feed| feed.name.clone()),
                tags: configured.map(|feed| feed.tags.clone()).unwrap_or_default(),
            }
        };
        pending.carriers.iter().map(|carrying| carrier(&carrying.feed)).collect()
    }
}

/// The names that a page gives its entry, its URL first, and what was read.
fn page_names(page: &PageOutcome, site: &str) -> Option<(Vec<Name>, PageText)> {
    let PageOutcome::Read(read) = page else { return None };
    let Reading { article, text } = read.article.as_ref().ok()?;
    let is_its = |url: &&Url| link::site(url) == site || link::site(url) == link::site(&read.url);
    let canonical = article.canonical_url.as_ref().filter(is_its);
    let urls = [Some(&read.url), canonical].into_iter().flatten();
    Some((urls.filter_map(identity::page_name).collect(), *text))
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

/// From the publisher's date to the record; none if the date has no time zone, or is in the future.
fn delay(record: &Record, now: DateTime<Utc>) -> Option<Duration> {
    let published = record.published_at.filter(|_| !record.published_at_assumed_utc)?;
    (now - published.with_timezone(&Utc)).to_std().ok()
}
