//! Polls and pages, as the coordinator and its workers process them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    super::{
        oracle::Event,
        paper::{self, Issue, Seen},
        publisher::What,
    },
    Broken, JUMP_LASTS, Job, Press,
};
use crate::{
    config::FullText,
    daemon::{
        follow::{Followed, PageOutcome, PageRead, Reading},
        judge::{Case, Decision, Publish, judge},
    },
    feed::identity::{self, Name},
    fetch::{Failure, Reason, Validators},
    schedule::{Bounds, FailureClass, Success, delta},
    state::{Document, LastError, PageOf, PageText, Pending, Policy},
};

impl Press<'_> {
    fn bounds(&self, feed: usize) -> Bounds {
        Bounds {
            interval: self.schedule.interval,
            max_interval: self.schedule.max_interval,
            unconditional: self.schedule.unconditional_interval,
            feed: xxh3_64(self.urls[feed].as_bytes()),
        }
    }

    /// As `coordinator::polled` and `coordinator::read` do.
    pub(super) fn poll(&mut self, feed: usize) {
        let (now, bounds, url) = (self.clock(), self.bounds(feed), self.urls[feed].clone());
        let mut success = Success { has_validators: true, ..Success::default() };
        self.polls += 1;
        if self.publisher.is(self.now, |what| what == What::Down(feed) || what == What::Offline) {
            let state = self.site.feed_mut(&url);
            state.schedule.failed(now, bounds, FailureClass::Passing, None, &state.pace);
            state.last_error =
                Some(Box::new(LastError { reason: "server_error".to_owned(), detail: "500".to_owned() }));
            return;
        }
        let issue = self.publisher.issue(feed, self.now, self.polls);
        if self.site.feed(&url).unwrap().body_hash == Some(issue.hash) {
            let state = self.site.feed_mut(&url);
            let pace = state.pace.clone();
            success.pace = Some(&pace);
            state.schedule.succeeded(now, bounds, success);
            state.last_error = None;
            return;
        }
        let document = self.document(feed, &issue);
        for entry in &document.feed.entries {
            let said =
                || format!("in feed {feed}: {:?} {:?} {:?}", entry.guid, entry.title, entry.published.map(|at| at.at));
            self.watch(entry.categories.first(), || {
                format!("{} {}", said(), entry.url.as_ref().map_or("", Url::as_str))
            });
        }
        let policy = Policy {
            since: None,
            publish_old: self.schedule.publish_old,
            feed_text_only: self.publisher.habits.feed_text,
            is_cut: false,
            rechecks: &self.schedule.rechecks,
        };
        let absorbed = self.site.absorb(&url, &document, policy, now);
        let entries = &document.feed.entries;
        let dates: Vec<DateTime<Utc>> = entries.iter().filter_map(|entry| Some(entry.published?.at.to_utc())).collect();
        let state = self.site.feed_mut(&url);
        success = Success {
            entries: entries.len(),
            new_entries: absorbed.new,
            overflowed: absorbed.overflowed,
            published: &dates,
            pace: Some(&document.feed.pace),
            ..success
        };
        state.schedule.succeeded(now, bounds, success);
        state.title.clone_from(&document.feed.title);
        state.validators = Validators { etag: Some(format!("{:x}", issue.hash)), ..Validators::default() };
        state.body_hash = Some(issue.hash);
        state.last_error = None;
        self.later.push(Event::Shown { feed, stories: issue.shown });
    }

    fn document(&self, feed: usize, issue: &Issue) -> Document {
        let feed = self.publisher.feed(feed, issue);
        let mut names = identity::names(&feed, &self.publisher.site);
        if self.broken == Broken::GuidsOnly {
            names.iter_mut().for_each(|names| *names = identity::EntryNames { guid: names.guid, ..*names });
            names.iter_mut().for_each(|names| (names.link, names.folded, names.title, names.date) = (0, 0, 0, 0));
        }
        let digests = feed.entries.iter().map(identity::digest).collect();
        Document { feed, names, digests }
    }

    /// As `coordinator::queue_entries` and `daemon::follow` do.
    pub(super) fn begin(&mut self, key: u64) {
        let Some(pending) = self.site.entry(key).cloned() else { return };
        let now = self.clock();
        if pending.published.is_some() && self.no_rechecks_until.is_some_and(|until| until > self.now) {
            self.site.postpone(key, now + JUMP_LASTS, "the clock has jumped ahead", false, now);
            return;
        }
        if !pending.wants_page(&self.schedule.rechecks, now) {
            return self.site.let_time_pass(key, &self.schedule.rechecks, now);
        }
        if self.jobs.iter().any(|job| job.key == key) {
            return;
        }
        let full_text = if self.publisher.habits.feed_text { FullText::Feed } else { FullText::Auto };
        let url = pending.entry.url.clone().filter(|_| full_text != FullText::Feed && !pending.shared_page);
        let page = url.map_or(PageOutcome::NotWanted, |url| self.page(&url, &pending));
        let is_read = matches!(&page, PageOutcome::Read(read) if read.article.is_ok());
        let told = if is_read { None } else { paper::told(&pending.entry) };
        let wait = if self.chance.one_in(20) { self.chance.between(1, 300) } else { 0 };
        self.jobs.push(Job {
            key,
            ends: self.now + TimeDelta::seconds(wait),
            full_text,
            carriers: pending.carriers,
            followed: Followed { page, told },
        });
    }

    fn page(&mut self, url: &Url, pending: &Pending) -> PageOutcome {
        let read = |press: &mut Self| {
            press.readings += 1;
            press.publisher.page(url, press.now, press.readings, pending.published.is_some())
        };
        let (url, article, print) = match read(self) {
            Seen::Failed(reason) => return PageOutcome::Failed(failure(reason)),
            Seen::Read { url, article, print } => (url, article.map(Reading::of), print),
        };
        let again = match (&article, &pending.published) {
            (Ok(reading), Some(published)) if reading.text.content != published.content => match read(self) {
                Seen::Read { article, .. } => article.ok().map(|article| Reading::of(article).text),
                Seen::Failed(_) => None,
            },
            _ => None,
        };
        PageOutcome::Read(Box::new(PageRead {
            url,
            validators: Validators::default(),
            fetched_at: self.now,
            article,
            observation: None,
            print,
            again,
        }))
    }

    /// As `coordinator::followed` does.
    pub(super) fn take_in(&mut self, job: Job) {
        let Job { key, full_text, carriers, mut followed, .. } = job;
        let now = self.clock();
        let Some(mut pending) = self.site.entry(key).cloned() else { return };
        let of_page = match &followed.page {
            PageOutcome::Read(read) => read.article.as_ref().ok().and_then(|reading| reading.article.section.clone()),
            _ => None,
        };
        let mark = pending.entry.categories.first().cloned();
        let watched = of_page.or_else(|| mark.clone());
        if let Some((names, content)) = page_names(&followed.page, self.broken)
            && let page_of @ (PageOf::Article(_) | PageOf::List) = self.site.learn_page(key, &names, content, now)
        {
            self.watch(watched.as_ref(), || format!("{key:x} is on the page of {page_of:?}"));
            self.is_urgent = true;
            return;
        }
        if self.broken == Broken::Judgement {
            if let PageOutcome::Read(read) = &mut followed.page {
                (read.print, read.again) = (None, None);
            }
            pending.published.iter_mut().for_each(|last| (last.earlier, last.text) = (Vec::new(), None));
        }
        let offline = self.publisher.is(self.now, |what| what == What::Offline);
        let is_late = pending.has_changed_since(&carriers);
        let rechecks = self.schedule.rechecks.clone();
        let after = |wait: Duration| now + delta(wait);
        let schedule = self.schedule.clone();
        let verdict = judge(Case { pending: &pending, full_text, schedule: &schedule, offline, now }, followed);
        self.watch(watched.as_ref(), || format!("{key:x}: {}", in_short(&verdict)));
        match verdict {
            Decision::Publish(publish) => {
                let Publish { article, revision, publication, .. } = *publish;
                let is_feed_text = publication.is_feed_text;
                self.site.published(key, publication, &rechecks, is_late, now);
                self.decided(Event::Recorded { key, revision, mark: article.section, is_feed_text });
            }
            Decision::Unchanged { candidate, validators } => {
                self.site.unchanged(key, candidate, validators, &rechecks, is_late, now);
            }
            Decision::Retry { wait, error, asked } => self.site.postpone(key, after(wait), &error, asked, now),
            Decision::Reject { again, .. } => {
                self.site.rejected(key, again.map(after), now);
                self.decided(Event::Rejected { key, mark });
            }
            Decision::Over => {
                self.site.rejected(key, None, now);
                self.is_urgent = true;
            }
        }
    }

    fn watch(&self, mark: Option<&String>, what: impl FnOnce() -> String) {
        let story = mark.and_then(|mark| paper::read_mark(mark));
        if story.is_some_and(|(n, _)| Some(n) == self.watched) {
            println!("{} {} {}", self.now.format("%F %T"), mark.map_or("", String::as_str), what());
        }
    }

    fn decided(&mut self, event: Event) {
        self.urgent.push(event);
        self.is_urgent = true;
    }
}

fn page_names(page: &PageOutcome, broken: Broken) -> Option<(Vec<Name>, PageText)> {
    let PageOutcome::Read(read) = page else { return None };
    let Reading { article, text } = read.article.as_ref().ok()?;
    let urls = [Some(&read.url), article.canonical_url.as_ref()].into_iter().flatten();
    let names = urls.filter_map(identity::page_name).collect();
    (broken != Broken::GuidsOnly).then_some((names, *text))
}

fn in_short(verdict: &Decision) -> String {
    match verdict {
        Decision::Publish(publish) => {
            let text = if publish.publication.is_feed_text { "the feed's text" } else { "the page" };
            format!("revision {} from {text}", publish.revision)
        }
        Decision::Unchanged { candidate: None, .. } => "unchanged".to_owned(),
        other => format!("{other:?}"),
    }
}

fn failure(reason: Reason) -> Failure {
    Failure { reason, status: None, detail: reason.as_str().to_owned(), retry_after: None, host: None }
}
