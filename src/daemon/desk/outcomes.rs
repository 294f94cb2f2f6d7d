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
    config::{self, FullText, Schedule},
    daemon::{
        agenda::{Due, Job, Task},
        clock,
        follow::{Followed, PageOutcome},
        judge::{Case, Verdict, content_of, judge},
        notice::{Notice, PollNotice},
        poll::{Answer, PollFailure, Polled},
    },
    feed::{
        Entry,
        identity::{self, Name},
    },
    fetch::Validators,
    ledger::fault,
    link, record,
    schedule::{Bounds, Setback, Success, delta},
    state::{Absorbed, Document, FeedState, LastError, Policy, SiteState},
};

/// Entries of a document that are taken in at once; a longer one is worked on beside the desk.
const AT_ONCE: usize = 300;

/// A document that was read, and what belongs to it.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) feed: String,
    answer: Answer,
    pub(super) document: Document,
    bounds: Bounds,
}

impl Desk<'_> {
    pub(super) fn done(&mut self, done: Done) {
        self.lanes.done(&done.host, &done.job);
        self.unqueue(&done.job);
        if done.epoch != self.epoch_of(&done.job.site) {
            // the site was lost and gained again: this is about a state that is no more
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
        // taken out for the time of the change, so that desk and site can be worked on at once; a site that was lost
        // meanwhile is another instance's business
        let Some(mut site) = self.sites.remove(&job.site) else { return };
        match (result, &job.task) {
            (JobResult::Polled { polled, asked }, Task::Poll(feed)) => {
                let Some(read) = self.polled(&mut site, &job, feed, *polled, &asked, now) else {
                    return self.put_back(site, now);
                };
                if read.document.names.len() > AT_ONCE {
                    return self.absorb_aside(site, read, now);
                }
                let absorbed = site.absorb(feed, &read.document, self.policy(feed, now), now);
                self.read(&mut site, read, &absorbed, now);
            }
            (JobResult::Followed { followed, asked }, Task::Follow(key)) => {
                self.followed(&mut site, &job, *key, *followed, &asked, now);
            }
            _ => {}
        }
        self.put_back(site, now);
    }

    pub(super) fn put_back(&mut self, site: SiteState, now: DateTime<Utc>) {
        let name = site.name().to_owned();
        self.sites.insert(name.clone(), site);
        self.queue_entries(&name, now);
    }

    fn policy(&self, feed: &str, now: DateTime<Utc>) -> Policy<'_> {
        policy(&self.config.schedule, self.feeds.get(feed), now)
    }

    /// Puts the outcome of a poll into the feed's state; gives back a document that is still to be taken in.
    fn polled(
        &mut self,
        site: &mut SiteState,
        job: &Job,
        url: &str,
        polled: Polled,
        asked: &Url,
        now: DateTime<Utc>,
    ) -> Option<Read> {
        // for what was configured no more meanwhile, the URL that was asked is as good
        let home = self.feeds.get(url).map_or_else(|| asked.clone(), |feed| feed.url.clone());
        if let Polled::Unchanged { answer, .. } | Polled::Read { answer, .. } = &polled {
            site.feed_mut(url).answered(asked, &home, answer.moved_to.clone(), now);
        }
        let bounds = self.bounds(url);
        let outcome = match polled {
            Polled::Unchanged { answer, not_modified } => {
                let feed = site.feed_mut(url);
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
            Polled::Read { answer, document } => {
                return Some(Read { feed: url.to_owned(), answer, document: *document, bounds });
            }
            Polled::Failed(failure) => {
                self.parts.metrics.poll(failure.reason);
                let offline = failure.setback == Setback::Passing && self.parts.fetcher.is_offline();
                let feed = site.feed_mut(url);
                hold(feed, failure.host.as_deref(), failure.retry_after, now);
                let counts = !failure.asked || feed.failed_at(asked, &home, failure.setback, now);
                poll_failed(feed, failure, counts, offline, bounds, now)
            }
        };
        self.polled_to_the_end(site, &job.site, url, outcome);
        None
    }

    fn polled_to_the_end(&mut self, site: &SiteState, name: &str, url: &str, outcome: PollNotice) {
        self.changed.notice(name, Notice::Polled { feed: url.to_owned(), outcome });
        if let Some(due) = site.feeds().get(url).and_then(|feed| feed.schedule.due) {
            self.agenda.add(due, Due::Poll { site: name.to_owned(), feed: url.to_owned() });
        }
        fault::point("after-poll");
    }

    /// A document was taken in: what it says of its feed is remembered.
    pub(super) fn read(&mut self, site: &mut SiteState, read: Read, absorbed: &Absorbed, now: DateTime<Utc>) {
        let Read { feed: url, answer, document, bounds } = read;
        let feed = site.feed_mut(&url);
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
        feed.problems.extend(problems_of(absorbed));
        feed.pace = pace;
        self.parts.metrics.poll("read");
        self.parts.metrics.entries(absorbed);
        if let Some(example) = &absorbed.merged_example {
            tracing::debug!(feed = url, count = absorbed.merged, example, "entries with several names are one story");
        }
        let Absorbed { new, known, overflowed, .. } = *absorbed;
        let name = site.name().to_owned();
        self.polled_to_the_end(site, &name, &url, PollNotice::Read { new, known, overflowed });
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
            && let Some(lesson) = read.lesson.take()
            && site.learn(&lesson) == Learned::Redesign
        {
            self.parts.metrics.redesign();
            tracing::warn!(site = job.site, "the site has a new design: what was known of it is learned anew");
        }
        let Some(pending) = site.entry(key).cloned() else { return };
        if let PageOutcome::Failed(failure) = &followed.page
            && site.feeds().contains_key(pending.feed())
        {
            hold(site.feed_mut(pending.feed()), failure.host.as_deref(), failure.retry_after, now);
        }
        let schedule = self.config.schedule.clone();
        if let Some(names) = page_names(&followed.page, site.name())
            && let Some(same) = site.learn_page(key, &names.0, names.1, now)
        {
            let (id, into) = (record::id(site.name(), key), record::id(site.name(), same.key));
            self.changed.hard(&job.site);
            return self.outbox.notice(&job.site, Notice::Merged { id, into });
        }
        let offline = self.parts.fetcher.is_offline();
        let case = Case { pending: &pending, full_text: asked.full_text, schedule: &schedule, offline, now };
        let id = record::id(site.name(), key);
        let is_late = pending.has_changed_since(&asked.carriers);
        match judge(case, followed) {
            Verdict::Publish(publish) => {
                let notice = self.publish(site, &pending, *publish, is_late, now);
                self.outbox.notice(&job.site, notice);
                self.changed.hard(&job.site);
            }
            Verdict::Unchanged { candidate, validators } => {
                site.unchanged(key, candidate, validators, &schedule.rechecks, is_late, now);
                self.changed.notice(&job.site, Notice::Unchanged { id });
            }
            Verdict::Retry { wait, error, asked } => {
                site.postpone(key, after(now, wait), &error, asked, now);
                self.changed.notice(&job.site, Notice::Postponed { id, error, wait });
            }
            Verdict::Reject { reason, detail, again } => {
                site.rejected(key, again.map(|wait| after(now, wait)), now);
                let reject = self.reject_of(site, &pending, reason, detail, now);
                self.outbox.reject(reject.message());
                self.outbox.notice(&job.site, Notice::Rejected { reject: Box::new(reject) });
                self.changed.hard(&job.site);
            }
            Verdict::Over => {
                site.rejected(key, None, now);
                self.changed.hard(&job.site);
                self.outbox.touch();
            }
        }
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
}

pub(super) fn policy<'a>(schedule: &'a Schedule, feed: Option<&config::Feed>, now: DateTime<Utc>) -> Policy<'a> {
    Policy {
        since: schedule.max_age.map(|age| now - delta(age)),
        publish_old: schedule.publish_old,
        feed_text_only: feed.is_some_and(|feed| feed.full_text == FullText::Feed),
        rechecks: &schedule.rechecks,
    }
}

fn problems_of(absorbed: &Absorbed) -> impl Iterator<Item = (String, u32)> {
    let counts = [
        ("merged-entries", absorbed.merged),
        ("waiting-entries", absorbed.left),
        ("repeated-guid", usize::from(absorbed.guids_repeat)),
        ("changing-links", usize::from(absorbed.links_rotate)),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    counts.map(|(kind, count)| (kind.to_owned(), u32::try_from(count).unwrap_or(u32::MAX)))
}

/// The names that a page gives its entry, its URL first, and 32 bits of what was read.
fn page_names(page: &PageOutcome, site: &str) -> Option<(Vec<Name>, u32)> {
    let PageOutcome::Read(read) = page else { return None };
    let article = read.article.as_ref().ok()?;
    let is_its = |url: &&Url| link::site(url) == site || link::site(url) == link::site(&read.url);
    let canonical = article.canonical_url.as_ref().filter(is_its);
    let urls = [Some(&read.url), canonical].into_iter().flatten();
    Some((urls.filter_map(identity::page_name).collect(), content_of(article)))
}

fn dated(entry: &Entry) -> Option<DateTime<Utc>> {
    entry.published.or(entry.updated).map(|moment| moment.at.to_utc())
}

fn remember_answer(feed: &mut FeedState, answer: Answer) {
    feed.validators = if answer.partial { Validators::default() } else { answer.validators };
    feed.body_hash = answer.body_hash;
    feed.sitemaps = answer.sitemaps;
    feed.last_error = None;
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
    offline: bool,
    bounds: Bounds,
    now: DateTime<Utc>,
) -> PollNotice {
    if !counts {
        // the feed has moved, and is asked where it is now
        feed.schedule.due = Some(now);
    } else if failure.asked && offline {
        // our own network is down: the feed is not to blame
        feed.schedule.due = Some(after(now, bounds.interval));
    } else if failure.asked {
        feed.schedule.failed(now, bounds, failure.setback, failure.retry_after);
    } else {
        feed.schedule.due = Some(after(now, failure.retry_after.unwrap_or(bounds.interval)));
    }
    feed.last_error = Some(LastError { reason: failure.reason.to_owned(), detail: failure.detail.clone() });
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
