//! An instance that reads one publisher: polls, follows and commits as the desk does, in virtual time, by the real
//! deciding code. What the desk has to itself (tasks, lanes, clocks) is put in short here.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    chance::{Chance, mixed},
    oracle::{Event, Oracle},
    paper::{self, Issue, Seen},
    publisher::{Publisher, What},
    store::Store,
};
use crate::{
    article::NoArticle,
    config::{FullText, Schedule},
    daemon::{
        follow::{Followed, PageOutcome, PageRead},
        judge::{Case, Publish, Verdict, content_of, judge},
    },
    feed::identity::{self, Name},
    fetch::{Failure, Reason, Validators},
    schedule::{Bounds, Setback, Success, delta},
    state::{Carrier, Document, LastError, PageOf, Pending, Policy, SiteState},
};

/// How long what is not urgent waits for its commit.
const LATER: TimeDelta = TimeDelta::seconds(5);
/// A feed that is configured no more keeps its state for so long.
const GRACE: TimeDelta = TimeDelta::days(30);
/// After a jump of the clock no article is looked at again for so long.
const JUMP_LASTS: TimeDelta = TimeDelta::minutes(10);

/// A rule that is broken on purpose, to see that the oracle notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    Nothing,
    /// What was resolved is forgotten at once.
    Memory,
    /// Guids alone name stories.
    GuidsOnly,
    /// What differs is a revision.
    Judgement,
    /// Published articles are not looked at again.
    Rechecks,
    /// Pages that fail are not tried again.
    Patience,
    /// A record is committed without its state.
    Commits,
}

/// An entry that is being followed.
#[derive(Debug)]
struct Job {
    key: u64,
    ends: DateTime<Utc>,
    full_text: FullText,
    carriers: Vec<Carrier>,
    followed: Followed,
}

pub(super) struct Press<'a> {
    publisher: &'a Publisher,
    schedule: Schedule,
    broken: Broken,
    chance: Chance,
    pub(super) store: Store,
    pub(super) oracle: Oracle,
    site: SiteState,
    /// The URLs of the feeds; some are configured now.
    urls: Vec<String>,
    configured: Vec<bool>,
    now: DateTime<Utc>,
    /// How far our clock is ahead.
    ahead: TimeDelta,
    no_rechecks_until: Option<DateTime<Utc>>,
    jobs: Vec<Job>,
    /// Committed with the next urgent changes, and with all changes.
    urgent: Vec<Event>,
    later: Vec<Event>,
    is_urgent: bool,
    polls: u64,
    readings: u64,
    /// The story of which everything is printed.
    pub(super) watched: Option<usize>,
}

impl<'a> Press<'a> {
    pub(super) fn new(publisher: &'a Publisher, schedule: Schedule, broken: Broken) -> Self {
        let urls: Vec<String> =
            (0..publisher.outlets.len()).map(|n| format!("https://www.{}/feed/{n}", publisher.site)).collect();
        let mut press = Self {
            schedule,
            broken,
            chance: Chance::new(mixed(&[publisher.seed, 2])),
            store: Store::default(),
            oracle: Oracle::default(),
            site: SiteState::new(&publisher.site),
            configured: vec![true; urls.len()],
            urls,
            now: publisher.start,
            ahead: TimeDelta::zero(),
            no_rechecks_until: None,
            jobs: Vec::new(),
            urgent: Vec::new(),
            later: Vec::new(),
            is_urgent: false,
            polls: 0,
            readings: 0,
            watched: None,
            publisher,
        };
        match broken {
            Broken::Rechecks => press.schedule.rechecks.clear(),
            Broken::Patience => (press.schedule.page_patience, press.schedule.page_attempts) = (Duration::ZERO, 1),
            _ => {}
        }
        press.adopt();
        press
    }

    /// What our clock says.
    fn clock(&self) -> DateTime<Utc> {
        self.now + self.ahead
    }

    /// Runs until `end`.
    pub(super) fn run(&mut self, end: DateTime<Utc>) {
        let mut happenings = self.publisher.happenings.iter().peekable();
        let mut removed: Vec<(DateTime<Utc>, usize)> = Vec::new();
        let mut tidy = self.now;
        let mut behind_until: Option<DateTime<Utc>> = None;
        loop {
            let next_happening = happenings.peek().map(|one| one.from);
            let back = removed.iter().map(|(at, _)| *at).min();
            let due = [self.next_due(), next_happening, back, behind_until, Some(tidy)].into_iter().flatten().min();
            self.now = due.unwrap_or(end).max(self.now);
            if self.now >= end {
                break;
            }
            if let Some(one) = happenings.next_if(|one| one.from <= self.now) {
                match one.what {
                    What::Removed(feed) => {
                        self.configure(feed, false);
                        removed.push((one.to, feed));
                    }
                    What::Behind => {
                        self.set_clock(-(one.to - one.from));
                        behind_until = Some(one.to);
                    }
                    what => self.befalls(what),
                }
            }
            while let Some(at) = removed.iter().position(|(at, _)| *at <= self.now) {
                let (_, feed) = removed.swap_remove(at);
                self.configure(feed, true);
            }
            if behind_until.take_if(|until| *until <= self.now).is_some() {
                self.set_clock(TimeDelta::zero());
            }
            if tidy <= self.now {
                self.tidy();
                tidy = self.now + TimeDelta::days(1);
            }
            self.work();
            self.commit();
        }
        self.oracle.end(self.publisher, end);
    }

    /// When there is something to do, by the clock that is right.
    fn next_due(&self) -> Option<DateTime<Utc>> {
        let feeds = self.feeds().filter_map(|feed| self.site.feeds()[&self.urls[feed]].schedule.due);
        let entries = self.site.next_due();
        let jobs = self.jobs.iter().map(|job| job.ends).min();
        feeds.chain(entries).map(|at| at - self.ahead).chain(jobs).min()
    }

    fn feeds(&self) -> impl Iterator<Item = usize> + use<'_> {
        (0..self.urls.len()).filter(|feed| self.configured[*feed])
    }

    fn work(&mut self) {
        let due: Vec<usize> = self
            .feeds()
            .filter(|feed| self.site.feeds()[&self.urls[*feed]].schedule.due.is_none_or(|due| due <= self.clock()))
            .collect();
        due.into_iter().for_each(|feed| self.poll(feed));
        for key in self.site.take_due(self.clock(), 128) {
            self.begin(key);
        }
        while let Some(at) = self.jobs.iter().position(|job| job.ends <= self.now) {
            let job = self.jobs.swap_remove(at);
            self.take_in(job);
        }
    }

    fn befalls(&mut self, what: What) {
        if self.watched.is_some() {
            println!("{} {what:?}", self.now.format("%F %T"));
        }
        match what {
            What::Restart => {
                self.commit();
                self.restart();
            }
            What::Crash => self.crash(),
            What::Renamed(feed) => self.rename(feed),
            What::Ahead => {
                self.set_clock(TimeDelta::days(40));
                for _ in 0..3 {
                    self.work();
                    self.commit();
                }
                if self.chance.one_in(2) {
                    // the next owner's clock is right
                    self.ahead = TimeDelta::zero();
                    self.no_rechecks_until = None;
                    self.restart();
                } else {
                    self.set_clock(TimeDelta::zero());
                }
            }
            _ => {}
        }
    }

    /// As `desk::follow_the_clock` does.
    fn set_clock(&mut self, ahead: TimeDelta) {
        let jumps = ahead - self.ahead;
        self.ahead = ahead;
        if jumps < TimeDelta::zero() {
            self.no_rechecks_until = None;
            self.site.bring_back(self.clock());
        } else {
            self.no_rechecks_until = Some(self.now + JUMP_LASTS);
        }
    }

    /// The partition is restored: after a restart, or since it was lost and is regained. What was under way is dropped.
    fn restart(&mut self) {
        if self.broken == Broken::Memory {
            self.store.lose(" memory ");
        }
        let backwards = self.chance.one_in(2);
        self.site = self.store.restore(&self.publisher.site, backwards);
        self.jobs.clear();
        self.urgent.clear();
        self.later.clear();
        self.is_urgent = false;
        self.site.bring_back(self.clock());
        self.adopt();
    }

    /// Killed in the middle of work, of which nothing, the urgent commit, or some of the rest as well is committed.
    fn crash(&mut self) {
        for feed in self.feeds().collect::<Vec<_>>() {
            if self.chance.one_in(2) {
                self.poll(feed);
            }
        }
        for key in self.site.take_due(self.clock(), 128) {
            self.begin(key);
        }
        for job in std::mem::take(&mut self.jobs) {
            self.take_in(job);
        }
        match self.chance.below(4) {
            0 => {}
            1 => self.commit_urgent(),
            _ => {
                self.commit_urgent();
                for _ in 0..self.chance.below(3) {
                    let part = self.site.changes(true, 2);
                    self.store.commit(part);
                }
            }
        }
        self.restart();
    }

    fn configure(&mut self, feed: usize, is_there: bool) {
        self.configured[feed] = is_there;
        self.adopt();
    }

    /// As `desk::adopt` does.
    fn adopt(&mut self) {
        let now = self.clock();
        for (url, is_there) in self.urls.iter().zip(&self.configured) {
            match self.site.feeds().get(url) {
                None if *is_there => self.site.add(url),
                Some(feed) if *is_there && feed.removed_at.is_some() => self.site.feed_mut(url).removed_at = None,
                _ => {}
            }
        }
        let known: Vec<String> = self.site.feeds().keys().cloned().collect();
        for url in known {
            let is_there = self.feeds().any(|feed| self.urls[feed] == url);
            if !is_there && self.site.feeds()[&url].removed_at.is_none() {
                self.site.feed_mut(&url).removed_at = Some(now);
            }
        }
    }

    /// The user writes another URL; the state goes along where permanent redirects led there, in one of two cases.
    fn rename(&mut self, feed: usize) {
        let new = format!("{}v", self.urls[feed]);
        let old = std::mem::replace(&mut self.urls[feed], new.clone());
        let is_known = self.publisher.habits.is_live || self.chance.one_in(2);
        if self.configured[feed] && is_known {
            self.site.rename(&old, &new);
        } else {
            self.oracle.note(self.publisher, Event::Renamed { feed }, self.now);
        }
        self.adopt();
    }

    fn tidy(&mut self) {
        let now = self.clock();
        let is_over = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at + GRACE < now);
        let feeds = self.site.feeds().iter().filter(|(_, feed)| is_over(feed.removed_at));
        let over: Vec<String> = feeds.map(|(url, _)| url.clone()).collect();
        for url in over {
            let waits = |entry: &Pending| entry.published.is_none() && entry.feed() == url;
            if !self.site.entries().any(waits) {
                self.site.forget(&url);
            }
        }
        if self.broken == Broken::Memory {
            self.site.forget_old(now + TimeDelta::days(400));
        }
        self.site.forget_old(now);
    }

    fn commit(&mut self) {
        self.commit_urgent();
        if self.site.has_later_changes() {
            self.now += LATER;
            while self.site.has_later_changes() {
                let part = self.site.changes(true, 500);
                self.store.commit(part);
            }
        }
        for event in std::mem::take(&mut self.later) {
            self.oracle.note(self.publisher, event, self.now);
        }
    }

    fn commit_urgent(&mut self) {
        if std::mem::take(&mut self.is_urgent) && self.broken != Broken::Commits {
            let states = self.site.changes(false, 0);
            self.store.commit(states);
        }
        for event in std::mem::take(&mut self.urgent) {
            self.oracle.note(self.publisher, event, self.now);
        }
    }

    fn bounds(&self, feed: usize) -> Bounds {
        Bounds {
            interval: self.schedule.interval,
            max_interval: self.schedule.max_interval,
            unconditional: self.schedule.unconditional_interval,
            feed: xxh3_64(self.urls[feed].as_bytes()),
        }
    }

    /// As `desk::polled` and `desk::read` do.
    fn poll(&mut self, feed: usize) {
        let (now, bounds, url) = (self.clock(), self.bounds(feed), self.urls[feed].clone());
        let mut success = Success { has_validators: true, ..Success::default() };
        self.polls += 1;
        if self.publisher.is(self.now, |what| what == What::Down(feed) || what == What::Offline) {
            let state = self.site.feed_mut(&url);
            state.schedule.failed(now, bounds, Setback::Passing, None);
            state.last_error = Some(LastError { reason: "server_error".to_owned(), detail: "500".to_owned() });
            return;
        }
        let issue = self.publisher.issue(feed, self.now, self.polls);
        if self.site.feeds()[&url].body_hash == Some(issue.hash) {
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

    /// As `desk::queue_entries` and `daemon::follow` do.
    fn begin(&mut self, key: u64) {
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
            Seen::Read { url, article, print } => (url, *article, print),
        };
        let again = match (&article, &pending.published) {
            (Ok(article), Some(published)) if content_of(article) != published.content => match read(self) {
                Seen::Read { article, .. } => article.ok(),
                Seen::Failed(_) => None,
            },
            _ => None,
        };
        PageOutcome::Read(Box::new(PageRead {
            url,
            validators: Validators::default(),
            fetched_at: self.now,
            article,
            lesson: None,
            print,
            again,
        }))
    }

    /// As `desk::followed` does.
    fn take_in(&mut self, job: Job) {
        let Job { key, full_text, carriers, mut followed, .. } = job;
        let now = self.clock();
        let Some(mut pending) = self.site.entry(key).cloned() else { return };
        let of_page = match &followed.page {
            PageOutcome::Read(read) => read.article.as_ref().ok().and_then(|article| article.section.clone()),
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
            Verdict::Publish(publish) => {
                let Publish { article, revision, publication, .. } = *publish;
                let is_feed_text = publication.is_feed_text;
                self.site.published(key, publication, &rechecks, is_late, now);
                self.decided(Event::Recorded { key, revision, mark: article.section, is_feed_text });
            }
            Verdict::Unchanged { candidate, validators } => {
                self.site.unchanged(key, candidate, validators, &rechecks, is_late, now);
            }
            Verdict::Retry { wait, error, asked } => self.site.postpone(key, after(wait), &error, asked, now),
            Verdict::Reject { again, .. } => {
                self.site.rejected(key, again.map(after), now);
                self.decided(Event::Rejected { key, mark });
            }
            Verdict::Over => {
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

    /// How much lies in memory: pending entries, and what is remembered.
    pub(super) fn held(&self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([("pending", self.site.entries().count()), ("remembered", self.site.remembered())])
    }
}

fn page_names(page: &PageOutcome, broken: Broken) -> Option<(Vec<Name>, u32)> {
    let PageOutcome::Read(read) = page else { return None };
    let article = read.article.as_ref().map_err(|_: &NoArticle| ()).ok()?;
    let urls = [Some(&read.url), article.canonical_url.as_ref()].into_iter().flatten();
    let names = urls.filter_map(identity::page_name).collect();
    (broken != Broken::GuidsOnly).then(|| (names, content_of(article)))
}

fn in_short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Publish(publish) => {
            let text = if publish.publication.is_feed_text { "the feed's text" } else { "the page" };
            format!("revision {} from {text}", publish.revision)
        }
        Verdict::Unchanged { candidate: None, .. } => "unchanged".to_owned(),
        other => format!("{other:?}"),
    }
}

fn failure(reason: Reason) -> Failure {
    Failure { reason, status: None, detail: reason.as_str().to_owned(), retry_after: None, host: None }
}
