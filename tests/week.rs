//! A week of feeds in virtual time: the real daemon over publishers that are made up, and every rule of politeness is
//! checked at each request. It stops on the fourth day and starts again with what its ledger has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "week/ledger.rs"]
mod ledger;
#[path = "week/publisher.rs"]
mod publisher;
#[path = "week/runtime.rs"]
mod runtime;

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use copydesk::{
    config::{self, Config, Fetch, FullText, Politeness, Rate},
    daemon::{self, Parts, clock},
    fetch::Fetcher,
    schedule::delta,
};
use ledger::Memory;
use publisher::{Kind, Publisher, Said};
use tokio::{
    net::TcpListener,
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

const FEEDS: usize = 65;
const DAYS: i64 = 7;
const GAP: Duration = Duration::from_millis(250);
/// Every tenth host is to be requested more slowly.
const GENTLE_GAP: Duration = Duration::from_secs(2);
const GENTLE_RATE: Rate = Rate { requests: 6, within: Duration::from_secs(60) };
const HOUR: Duration = Duration::from_secs(3600);
/// The daemon is down from then on, for this long.
const DOWN_AT: TimeDelta = TimeDelta::hours(77);
const DOWN_FOR: TimeDelta = TimeDelta::hours(3);
/// No feed waits longer than this once it is due, unless its host asked for a pause.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);

/// What a publisher remembers of the requests for a feed.
#[derive(Default)]
struct Feed {
    asked: Vec<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    /// No request may come before this, by what the publisher and the user said.
    not_before: Option<DateTime<Utc>>,
    /// The longest time from the last request to the next, apart from what it skips.
    longest: Duration,
    etag: Option<String>,
    /// Polls between which entries came and went.
    overflows: usize,
    /// Of each entry, when it came and how late that was.
    delays: Vec<(DateTime<Utc>, TimeDelta)>,
}

fn monday() -> DateTime<Utc> {
    "2026-01-05T00:00:00Z".parse().unwrap()
}

fn is_gentle(host: usize) -> bool {
    host % 10 == 5
}

fn address(host: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, 1 + u8::try_from(host).unwrap())
}

fn politeness() -> Fetch {
    let usual =
        Politeness { host_gap: GAP, max_retry_after: Duration::from_secs(31 * 86_400), ..Politeness::default() };
    let gentle = Politeness { per_host: 1, host_gap: GENTLE_GAP, host_rate: Some(GENTLE_RATE), ..usual };
    let hosts = (0..FEEDS).filter(|host| is_gentle(*host)).map(|host| (address(host).to_string(), gentle)).collect();
    Fetch { politeness: usual, hosts, allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..Fetch::default() }
}

/// How long at least between two polls, by what the user says.
fn interval(kind: Kind) -> Duration {
    Duration::from_secs(if kind == Kind::Impatient { 300 } else { 900 })
}

/// The publishers, and all that they have seen.
struct Week {
    publishers: Vec<Publisher>,
    feeds: Vec<Feed>,
    ledger: Memory,
    port: u16,
    /// When which host was asked.
    starts: HashMap<usize, Vec<DateTime<Utc>>>,
    held_until: HashMap<usize, DateTime<Utc>>,
    /// Entries that were shown.
    told: usize,
    faults: Vec<String>,
}

#[test]
fn a_week_of_manners() {
    runtime::with_all_polled_before_time_passes(async {
        clock::follow_runtime(monday().into());
        let begun = Instant::now();
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let week = Arc::new(Mutex::new(Week::new(port)));
        let router = Router::new().fallback({
            let week = Arc::clone(&week);
            move |request| answer(Arc::clone(&week), request)
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let ledger = week.lock().unwrap().ledger.clone();
        run(port, &ledger, begun + DOWN_AT.to_std().unwrap()).await;
        sleep_until(begun + (DOWN_AT + DOWN_FOR).to_std().unwrap()).await;
        run(port, &ledger, begun + TimeDelta::days(DAYS).to_std().unwrap()).await;
        let mut week = week.lock().unwrap();
        let some: Vec<&String> = week.faults.iter().take(20).collect();
        assert!(some.is_empty(), "{} faults, among them {some:#?}", week.faults.len());
        week.check_hosts();
        week.check_counts();
        let polls: usize = week.feeds.iter().map(|feed| feed.asked.len()).sum();
        println!("{polls} polls, {} entries", week.told);
        assert_eq!(ledger.outcomes(), (week.told, 0), "each entry that was told is a record");
    });
}

/// The daemon, from its start to its stop.
async fn run(port: u16, ledger: &Memory, until: Instant) {
    let feeds = (0..FEEDS).map(|number| {
        let publisher = Publisher::new(number);
        let url = url(port, publisher.host, number).parse().unwrap();
        let interval = (publisher.kind == Kind::Impatient).then(|| interval(publisher.kind));
        config::Feed { interval, full_text: FullText::Feed, ..config::Feed::new(url) }
    });
    let unused = config::LocalLedger { directory: "unused".into(), rotate_bytes: 1, rotate_daily: false };
    let mut config = Config::new(feeds.collect(), config::Ledger::Local(unused));
    config.fetch = politeness();
    // entries without pages: there is nothing to look at again
    config.schedule.rechecks.clear();
    let fetcher = Fetcher::new(&config.fetch, "copydesk/test (+tester@example.org)", clock::system).unwrap();
    let (watcher, _) = mpsc::channel(1);
    let parts = Parts { watcher: None, ..Parts::unattended(Arc::new(config), fetcher, watcher) };
    let stop = parts.stop.clone();
    let stopping = async {
        sleep_until(until).await;
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(daemon::run(parts, async || Ok(ledger.open())), stopping);
    ended.unwrap();
}

fn url(port: u16, host: usize, feed: usize) -> String {
    format!("http://{}:{port}/{feed}", address(host))
}

async fn answer(week: Arc<Mutex<Week>>, request: Request) -> Response {
    let number: usize = request.uri().path().trim_start_matches('/').parse().unwrap();
    let sent = request.headers().get(header::IF_NONE_MATCH).map(|tag| tag.to_str().unwrap().to_owned());
    let response = week.lock().unwrap().asked(number, sent.as_deref(), clock::now());
    sleep(Duration::from_millis(80)).await;
    response
}

impl Week {
    fn new(port: u16) -> Self {
        Self {
            publishers: (0..FEEDS).map(Publisher::new).collect(),
            feeds: (0..FEEDS).map(|_| Feed::default()).collect(),
            ledger: Memory::default(),
            port,
            starts: HashMap::new(),
            held_until: HashMap::new(),
            told: 0,
            faults: Vec::new(),
        }
    }

    /// Answers a request, once it was checked.
    fn asked(&mut self, number: usize, sent: Option<&str>, at: DateTime<Utc>) -> Response {
        self.check_request(number, sent, at);
        let (publisher, feed) = (&self.publishers[number], &mut self.feeds[number]);
        let said = publisher.answer(at);
        let host = publisher.host;
        self.starts.entry(host).or_default().push(at);
        feed.asked.push(at);
        feed.not_before = Some(at + delta(said.least_wait(publisher).max(interval(publisher.kind))));
        feed.longest = said.retry_after.unwrap_or_default().max(24 * HOUR).mul_f64(1.1) + publisher.longest_skip();
        if let Some(retry_after) = said.retry_after {
            self.held_until.insert(host, at + delta(retry_after));
        }
        if said.status != 200 {
            return respond(&said, said.status, None, Body::empty());
        }
        let news = publisher.published(feed.answered_at.unwrap_or(at), at);
        feed.delays.extend(news.iter().map(|published| (at, at - *published)));
        feed.overflows += usize::from(news.len() >= publisher.window());
        let entries = publisher.entries(at);
        let known = feed.answered_at.map_or(0, |before| entries.iter().filter(|at| **at <= before).count());
        self.told += entries.len() - known;
        feed.answered_at = Some(at);
        let is_validated = publisher.kind != Kind::Unvalidated;
        let etag = is_validated.then(|| format!("\"{}\"", entries.last().map_or(0, DateTime::timestamp)));
        if sent.is_some() && sent == etag.as_deref() {
            return respond(&said, 304, etag, Body::empty());
        }
        feed.etag.clone_from(&etag);
        respond(&said, 200, etag, Body::from(publisher.document(&entries)))
    }

    fn check_request(&mut self, number: usize, sent: Option<&str>, at: DateTime<Utc>) {
        let (publisher, feed) = (&self.publishers[number], &self.feeds[number]);
        let name = format!("feed {number}, {:?}, at {at}", publisher.kind);
        let mut check = |holds: bool, what: String| {
            if !holds {
                self.faults.push(format!("{name}: {what}"));
            }
        };
        check(sent == feed.etag.as_deref(), format!("{sent:?} was sent where {:?} was given", feed.etag));
        let not_before = feed.not_before.unwrap_or(at);
        check(at >= not_before, format!("asked before {not_before}"));
        let held = self.held_until.get(&publisher.host).copied();
        check(held.is_none_or(|held| at >= held), format!("asked of a host that is held until {held:?}"));
        let knows_its_hours = publisher.kind == Kind::Sleeps && feed.answered_at.is_some();
        let is_awake = at.hour() >= 6 && at.weekday() != chrono::Weekday::Sun;
        check(is_awake || !knows_its_hours, "asked in its sleep".to_owned());
        if let Some(due) =
            self.ledger.due(&address(publisher.host).to_string(), &url(self.port, publisher.host, number))
        {
            let up_again = monday() + DOWN_AT + DOWN_FOR;
            let since = due.max(held.unwrap_or(due)).max(if at >= up_again && due < up_again { up_again } else { due });
            check(at - since <= PATIENCE, format!("starved since {since}"));
            let before = feed.asked.last().copied().unwrap_or(due);
            let after_hold = held.is_some_and(|held| due - held <= PATIENCE);
            check(due - before <= delta(feed.longest) || after_hold, format!("not due before {due}"));
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

fn respond(said: &Said, status: u16, etag: Option<String>, body: Body) -> Response {
    let mut response = Response::builder().status(status).body(body).unwrap();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/rss+xml"));
    let seconds = |wait: Duration| wait.as_secs().to_string();
    for (name, value) in [
        (header::ETAG, etag),
        (header::RETRY_AFTER, said.retry_after.map(seconds)),
        (header::CACHE_CONTROL, said.fresh_for.map(|fresh| format!("max-age={}", seconds(fresh)))),
    ] {
        value.into_iter().for_each(|value| drop(headers.insert(&name, value.parse().unwrap())));
    }
    response
}
