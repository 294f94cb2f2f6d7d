//! A week of a thousand feeds in virtual time: the real schedule and the real governor over publishers that are made
//! up, with every promise of politeness checked at every request.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "week/publisher.rs"]
mod publisher;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use copydesk::{
    config::{Fetch, Politeness, Rate},
    fetch::governor::Governor,
    schedule::{Bounds, ScheduleState, Success, delta},
};
use publisher::{Kind, Publisher, Said};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

const FEEDS: usize = 1_000;
const DAYS: i64 = 7;
const GAP: Duration = Duration::from_millis(250);
/// Every tenth host is to be asked more gently.
const GENTLE_GAP: Duration = Duration::from_secs(2);
const GENTLE_RATE: Rate = Rate { requests: 6, within: Duration::from_secs(60) };
const HOUR: Duration = Duration::from_secs(3600);
/// The daemon is down from then on, for this long.
const DOWN_AT: TimeDelta = TimeDelta::hours(77);
const DOWN_FOR: TimeDelta = TimeDelta::hours(6);
/// Longer than this no feed waits once it is due, unless its host wants to be left alone.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);

/// What is known of a feed, beside what the schedule knows.
#[derive(Default)]
struct Feed {
    figures: ScheduleState,
    asked: Vec<DateTime<Utc>>,
    /// No request may come before this, by what the publisher and the user said.
    not_before: Option<DateTime<Utc>>,
    /// Polls between which entries came and went.
    overflows: usize,
    /// Of each entry, when it came and how late that was.
    delays: Vec<(DateTime<Utc>, TimeDelta)>,
}

struct Asked {
    feed: usize,
    at: DateTime<Utc>,
    said: Result<Said, Duration>,
}

fn monday() -> DateTime<Utc> {
    "2026-01-05T00:00:00Z".parse().unwrap()
}

fn is_gentle(host: usize) -> bool {
    host % 10 == 5
}

fn politeness() -> Fetch {
    let usual =
        Politeness { host_gap: GAP, max_retry_after: Duration::from_secs(31 * 86_400), ..Politeness::default() };
    let gentle = Politeness { per_host: 1, host_gap: GENTLE_GAP, host_rate: Some(GENTLE_RATE), ..usual };
    let hosts = (0..FEEDS).filter(|host| is_gentle(*host)).map(|host| (host.to_string(), gentle)).collect();
    Fetch { politeness: usual, hosts, ..Fetch::default() }
}

fn bounds(kind: Kind, feed: usize) -> Bounds {
    let interval = Duration::from_secs(if kind == Kind::Impatient { 300 } else { 900 });
    Bounds { interval, max_interval: 24 * HOUR, unconditional: 24 * HOUR, feed: feed as u64 }
}

struct Week {
    publishers: Arc<Vec<Publisher>>,
    feeds: Vec<Feed>,
    due: BinaryHeap<Reverse<(DateTime<Utc>, usize)>>,
    governor: Arc<Governor>,
    begun: Instant,
    /// When which host was asked.
    starts: HashMap<usize, Vec<DateTime<Utc>>>,
    held_until: HashMap<usize, DateTime<Utc>>,
}

#[tokio::test(start_paused = true)]
async fn a_week_of_manners() {
    let publishers: Vec<Publisher> = (0..FEEDS).map(Publisher::new).collect();
    let mut week = Week {
        publishers: Arc::new(publishers),
        feeds: (0..FEEDS).map(|_| Feed::default()).collect(),
        // the first start: all of them at once
        due: (0..FEEDS).map(|feed| Reverse((monday(), feed))).collect(),
        governor: Arc::new(Governor::new(&politeness())),
        begun: Instant::now(),
        starts: HashMap::new(),
        held_until: HashMap::new(),
    };
    week.run(monday() + DOWN_AT).await;
    sleep_until(week.begun + (DOWN_AT + DOWN_FOR).to_std().unwrap()).await;
    // what a restart leaves: the durable figures, and the word of hosts
    week.governor = Arc::new(Governor::new(&politeness()));
    let now = week.now();
    for (host, until) in &week.held_until {
        if let Ok(wait) = (*until - now).to_std() {
            week.governor.back_off(&host.to_string(), wait);
        }
    }
    week.run(monday() + TimeDelta::days(DAYS)).await;
    week.check_hosts();
    week.check_counts();
}

impl Week {
    fn now(&self) -> DateTime<Utc> {
        monday() + delta(self.begun.elapsed())
    }

    /// Polls what is due, until then; what is under way ends.
    async fn run(&mut self, until: DateTime<Utc>) {
        let (done, mut ended) = mpsc::channel::<Asked>(FEEDS);
        let mut running = 0;
        loop {
            let next = self.due.peek().map(|Reverse((at, _))| *at).filter(|at| *at < until);
            if next.is_none() && running == 0 {
                return;
            }
            let wake = self.begun + (next.unwrap_or(until) - monday()).to_std().unwrap();
            tokio::select! {
                biased;
                Some(asked) = ended.recv() => {
                    running -= 1;
                    self.outcome(asked, until);
                }
                () = sleep_until(wake), if next.is_some() => {
                    let Some(Reverse((_, feed))) = self.due.pop() else { continue };
                    running += 1;
                    self.ask(feed, done.clone());
                }
            }
        }
    }

    fn ask(&self, feed: usize, done: mpsc::Sender<Asked>) {
        let (governor, publishers, begun) = (Arc::clone(&self.governor), Arc::clone(&self.publishers), self.begun);
        tokio::spawn(async move {
            let publisher = &publishers[feed];
            let now = || monday() + delta(begun.elapsed());
            let asked = match governor.acquire(&publisher.host.to_string()).await {
                Ok(permit) => {
                    let at = now();
                    let said = publisher.answer(at);
                    sleep(Duration::from_millis(80)).await;
                    if said.is_busy() {
                        permit.back_off(said.retry_after);
                    }
                    Asked { feed, at, said: Ok(said) }
                }
                Err(held) => Asked { feed, at: now(), said: Err(held.0) },
            };
            done.send(asked).await.unwrap();
        });
    }

    fn outcome(&mut self, Asked { feed: number, at, said }: Asked, until: DateTime<Utc>) {
        let publisher = &self.publishers[number];
        let feed = &mut self.feeds[number];
        let bounds = bounds(publisher.kind, number);
        let said = match said {
            Ok(said) => said,
            Err(held) => {
                self.due.push(Reverse((at + delta(held), number)));
                return;
            }
        };
        self.starts.entry(publisher.host).or_default().push(at);
        let name = format!("feed {number}, {:?}, at {at}", publisher.kind);
        if let Some(not_before) = feed.not_before {
            assert!(at >= not_before, "{name}: asked before {not_before}");
        }
        let held = self.held_until.get(&publisher.host).copied();
        assert!(held.is_none_or(|held| at >= held), "{name}: asked of a held host");
        if let Some(due) = feed.figures.due {
            let was_down = due < monday() + DOWN_AT + DOWN_FOR && at >= monday() + DOWN_AT + DOWN_FOR;
            assert!(
                at - due <= PATIENCE || was_down || held.is_some_and(|held| at - held <= PATIENCE),
                "{name}: starved since {due}"
            );
        }
        let since = feed.figures.answered_at.unwrap_or(at);
        feed.asked.push(at);
        match said.class {
            Some(class) => feed.figures.failed(at, bounds, class, said.retry_after),
            None => {
                let news = publisher.published(since, at);
                feed.delays.extend(news.iter().map(|published| (at, at - *published)));
                let overflowed = news.len() >= publisher.window;
                feed.overflows += usize::from(overflowed);
                let history = publisher.history(at);
                let told = Success {
                    entries: publisher.window,
                    new_entries: news.len().min(publisher.window),
                    overflowed,
                    has_validators: publisher.kind != Kind::Unvalidated,
                    published: &history,
                    fresh_for: said.fresh_for,
                    pace: Some(&publisher.pace),
                };
                feed.figures.succeeded(at, bounds, told);
            }
        }
        let due = feed.figures.due.unwrap();
        feed.not_before = Some(at + delta(said.least_wait(publisher).max(bounds.interval)));
        let longest = said.retry_after.unwrap_or_default().max(24 * HOUR).mul_f64(1.1) + publisher.longest_skip();
        assert!(due - at <= delta(longest), "{name}: not due before {due}");
        if publisher.kind == Kind::Sleeps {
            assert!(due.hour() >= 6 && due.weekday() != chrono::Weekday::Sun, "{name}: due at {due}");
        }
        if let Some(retry_after) = said.retry_after {
            self.held_until.insert(publisher.host, at + delta(retry_after));
        }
        if due < until + TimeDelta::days(DAYS) {
            self.due.push(Reverse((due, number)));
        }
    }

    /// No host was asked more often than its budget allows.
    fn check_hosts(&mut self) {
        for (host, starts) in &mut self.starts {
            starts.sort();
            let gap = if is_gentle(*host) { GENTLE_GAP } else { GAP };
            let close = starts.windows(2).find(|pair| pair[1] - pair[0] < delta(gap));
            assert!(close.is_none(), "host {host} was asked twice within its gap: {close:?}");
            let full = GENTLE_RATE.requests as usize;
            let token = delta(GENTLE_RATE.within / GENTLE_RATE.requests);
            // one more than a full bucket has to wait for a token
            let dense = starts.windows(full + 1).find(|starts| starts[full] - starts[0] < token);
            assert!(dense.is_none() || !is_gentle(*host), "host {host} was asked too often: {dense:?}");
        }
    }

    fn check_counts(&self) {
        let polls = |kind: Kind, day: i64| -> Vec<usize> {
            let of_day = |at: &&DateTime<Utc>| (**at - monday()).num_days() == day;
            let feeds = self.feeds.iter().zip(self.publishers.iter()).filter(|(_, publisher)| publisher.is(kind));
            feeds.map(|(feed, _)| feed.asked.iter().filter(of_day).count()).collect()
        };
        for day in 0..DAYS {
            for (kind, most) in [
                (Kind::Silent, 24),
                (Kind::Hourly, 24),
                (Kind::Fresh, 12),
                (Kind::Ttl, 8),
                // the first time, nothing is known of its hours
                (Kind::Sleeps, 19),
                (Kind::Broken, 7),
                (Kind::Missing, 6),
                (Kind::Gone, 1),
                (Kind::Busy, 96),
                (Kind::Impatient, 288),
                (Kind::Unvalidated, 5),
            ] {
                let polls = polls(kind, day);
                assert!(polls.iter().all(|polls| *polls <= most), "{kind:?}, day {day}: {polls:?}, at most {most}");
            }
        }
        assert!(polls(Kind::Silent, DAYS - 1).iter().all(|polls| *polls <= 14), "a silent feed is asked more seldom");
        assert!(polls(Kind::Busy, DAYS - 1).iter().all(|polls| *polls >= 60), "a busy one as often as it may be");
        assert!(self.feeds.iter().all(|feed| feed.asked.len() >= 4), "each feed was asked again and again");
        for (feed, publisher) in self.feeds.iter().zip(self.publishers.iter()) {
            let may_lose = publisher.is(Kind::Overflowing) || publisher.rest().is_some();
            assert!(may_lose || feed.overflows == 0, "{:?}: entries came and went between two polls", publisher.kind);
        }
        self.check_delays();
    }

    /// At the same number of polls, news of feeds that publish by day comes sooner than at even intervals.
    fn check_delays(&self) {
        let (mut adaptive, mut even, mut feeds) = (0.0, 0.0, 0.0);
        // by then the rhythms are learned, and what came while the daemon was down is behind it
        let learned = monday() + TimeDelta::days(4);
        for (feed, publisher) in self.feeds.iter().zip(self.publishers.iter()) {
            if publisher.is(Kind::Daytime) && publisher.rest().is_none() {
                let delays =
                    feed.delays.iter().filter(|(at, _)| *at >= learned).map(|(_, delay)| delay.as_seconds_f64());
                let (count, sum) = delays.fold((0.0, 0.0), |(count, sum), delay| (count + 1.0, sum + delay));
                let polls = feed.asked.iter().filter(|at| **at >= learned).count();
                adaptive += sum / count;
                even += (monday() + TimeDelta::days(DAYS) - learned).as_seconds_f64() / polls as f64 / 2.0;
                feeds += 1.0;
            }
        }
        let (adaptive, even) = (adaptive / feeds / 60.0, even / feeds / 60.0);
        assert!(adaptive <= 0.8 * even, "{adaptive:.1} min by rhythm, {even:.1} min evenly");
    }
}
