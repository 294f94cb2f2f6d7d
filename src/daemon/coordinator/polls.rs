//! Results of polls, put into the state of the feed, and their documents into the state of the site.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{Coordinator, jobs::Done};
use crate::{
    config::{self, FullText, Schedule},
    daemon::{
        clock,
        due_queue::{Due, Job},
        notice::{Notice, PollNotice},
        poll::{PollFailure, PollResponse, Polled},
    },
    feed::Entry,
    fetch::Validators,
    ledger::fault,
    link,
    schedule::{Bounds, FailureClass, Success, delta},
    state::{Absorbed, Document, FeedState, LastError, Policy, SiteState},
};

/// Entries of a document that are absorbed at once; a longer one is absorbed on another thread.
const AT_ONCE: usize = 300;

/// A site that is being worked on by another thread, with everything that arrived for it meanwhile.
#[derive(Debug, Default)]
pub(super) struct Away {
    pub(super) results: Vec<Done>,
    /// Entries that were to be followed.
    pub(super) keys: Vec<u64>,
}

/// A site that comes back.
#[derive(Debug)]
pub(super) struct Back {
    site: Box<SiteState>,
    epoch: u64,
    read: Read,
    absorbed: Absorbed,
}

/// A document that was read, with its context.
#[derive(Debug)]
pub(super) struct Read {
    feed: String,
    answer: PollResponse,
    document: Document,
    bounds: Bounds,
}

impl Coordinator<'_> {
    /// Absorbs a document, here or on another thread.
    pub(super) fn take_document(&mut self, mut site: Box<SiteState>, read: Read, now: DateTime<Utc>) {
        if read.document.names.len() > AT_ONCE {
            return self.absorb_aside(site, read, now);
        }
        let policy = policy(&self.config.schedule, self.configured(&read.feed), read.answer.partial, now);
        let absorbed = site.absorb(&read.feed, &read.document, policy, now);
        self.read(&mut site, read, &absorbed, now);
        self.put_back(site, now);
    }

    /// A long document is absorbed on a separate thread, which owns the site meanwhile.
    fn absorb_aside(&mut self, mut site: Box<SiteState>, read: Read, now: DateTime<Utc>) {
        // the next commit may start before the site is back: it needs what its records and rejects depend on
        self.outbox.states(site.changes(false, 0));
        let config = Arc::clone(&self.config);
        let (feed, epoch) = (self.configured(&read.feed).cloned(), self.epoch_of(site.name()));
        self.away.insert(site.name().to_owned(), Away::default());
        let back = self.parts_back.clone();
        self.workers.spawn_blocking(move || {
            let policy = policy(&config.schedule, feed.as_ref(), read.answer.partial, now);
            let absorbed = site.absorb(&read.feed, &read.document, policy, now);
            let _ = back.blocking_send(Back { site, epoch, read, absorbed });
        });
    }

    /// A site comes back; what arrived for it meanwhile is absorbed.
    pub(super) fn back(&mut self, back: Back) {
        let Back { mut site, epoch, read, absorbed } = back;
        let name = site.name().to_owned();
        if epoch != self.epoch_of(&name) {
            return;
        }
        let away = self.away.remove(&name).unwrap_or_default();
        let now = clock::now();
        self.read(&mut site, read, &absorbed, now);
        away.keys.into_iter().for_each(|key| site.offer_again(key));
        self.put_back(site, now);
        for done in away.results {
            // the next document may be a long one, too
            match self.away.get_mut(&name) {
                Some(away) => away.results.push(done),
                None => self.take_in(done),
            }
        }
    }

    /// Puts the outcome of a poll into the feed's state; returns a document that is still to be absorbed.
    pub(super) fn polled(
        &mut self,
        site: &mut SiteState,
        job: &Job,
        url: &str,
        polled: Polled,
        asked: &Url,
        now: DateTime<Utc>,
    ) -> Option<Read> {
        // if it was removed from the configuration meanwhile, the URL that was requested is good enough
        let home = self.configured(url).map_or_else(|| asked.clone(), |feed| feed.url.clone());
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
                let offline = failure.class == FailureClass::Passing && self.parts.fetcher.is_offline();
                let feed = site.feed_mut(url);
                back_off(feed, failure.host.as_deref(), failure.retry_after, now);
                let counts = !failure.asked || feed.failed_at(asked, &home, failure.class, now);
                poll_failed(feed, failure, counts, offline, bounds, now)
            }
        };
        self.polled_to_the_end(site, &job.site, url, outcome);
        None
    }

    fn polled_to_the_end(&mut self, site: &SiteState, name: &str, url: &str, outcome: PollNotice) {
        self.changed.notice(name, Notice::Polled { feed: link::shown_text(url), outcome });
        if let Some(due) = site.feed(url).and_then(|feed| feed.schedule.due) {
            self.due_queue.add(due, Due::Poll { site: name.to_owned(), feed: url.to_owned() });
        }
        fault::point("after-poll");
    }

    /// A document was absorbed: what it says about its feed is remembered.
    fn read(&mut self, site: &mut SiteState, read: Read, absorbed: &Absorbed, now: DateTime<Utc>) {
        let Read { feed: url, answer, document, bounds } = read;
        let feed = site.feed_mut(&url);
        let pace = document.feed.pace;
        let published: Vec<DateTime<Utc>> = document.feed.entries.iter().filter_map(dated).collect();
        let told = Success {
            entries: document.feed.entries.len(),
            new_entries: absorbed.new,
            overflowed: absorbed.overflowed,
            // the rest is read soon, and only with that are validators kept
            has_validators: !answer.validators.is_empty() || answer.partial || absorbed.left > 0,
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
            let shown = link::shown_text(&url);
            tracing::debug!(feed = shown, count = absorbed.merged, example, "entries with several names are one story");
        }
        let Absorbed { new, known, overflowed, .. } = *absorbed;
        let name = site.name().to_owned();
        self.polled_to_the_end(site, &name, &url, PollNotice::Read { new, known, overflowed });
    }

    fn bounds(&self, feed: &str) -> Bounds {
        let schedule = &self.config.schedule;
        let own = self.configured(feed).and_then(|feed| feed.interval);
        Bounds {
            interval: own.unwrap_or(schedule.interval),
            max_interval: schedule.max_interval,
            // a user who gives a feed an interval means it
            unconditional: own.unwrap_or(schedule.unconditional_interval),
            feed: xxh3_64(feed.as_bytes()),
        }
    }
}

fn policy<'a>(schedule: &'a Schedule, feed: Option<&config::Feed>, is_cut: bool, now: DateTime<Utc>) -> Policy<'a> {
    Policy {
        since: schedule.max_age.map(|age| now - delta(age)),
        publish_old: schedule.publish_old,
        feed_text_only: feed.is_some_and(|feed| feed.full_text == FullText::Feed),
        is_cut,
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

fn dated(entry: &Entry) -> Option<DateTime<Utc>> {
    entry.date().map(|moment| moment.at.to_utc())
}

fn remember_answer(feed: &mut FeedState, answer: PollResponse) {
    feed.validators = if answer.partial { Validators::default() } else { answer.validators };
    feed.body_hash = answer.body_hash;
    feed.sitemaps = answer.sitemaps;
    feed.last_error = None;
}

pub(super) fn back_off(feed: &mut FeedState, host: Option<&str>, wait: Option<Duration>, now: DateTime<Utc>) {
    if let (Some(host), Some(wait)) = (host, wait) {
        feed.backoffs.add(host, wait, now);
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
        // the feed has moved, and is requested where it is now
        feed.schedule.due = Some(now);
    } else if failure.asked && offline {
        // our own network is down: this is not the feed's failure
        feed.schedule.postpone(now, bounds, bounds.interval, &feed.pace);
    } else if failure.asked {
        feed.schedule.failed(now, bounds, failure.class, failure.retry_after, &feed.pace);
    } else {
        feed.schedule.postpone(now, bounds, failure.retry_after.unwrap_or(bounds.interval), &feed.pace);
    }
    feed.last_error = Some(Box::new(LastError { reason: failure.reason.to_owned(), detail: failure.detail.clone() }));
    PollNotice::Failed { reason: failure.reason.to_owned(), detail: failure.detail }
}
