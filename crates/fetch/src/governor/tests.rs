use std::sync::atomic::Ordering::Relaxed;

use futures_util::future::join_all;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::config::{Fetch, Rate};

const GAP: Duration = Duration::from_secs(1);

fn governor(per_host: usize, host_gap: Duration, in_flight: usize) -> Governor {
    let politeness = Politeness { per_host, host_gap, ..Politeness::default() };
    Governor::new(&Fetch { politeness, in_flight, ..Fetch::default() })
}

/// When eight simultaneous requests to a host start, in seconds.
async fn starts(governor: &Governor, host: &str) -> Vec<u64> {
    let begun = Instant::now();
    let one = async |_| {
        governor.acquire(host).await.unwrap();
        begun.elapsed().as_secs()
    };
    join_all((0..8).map(one)).await
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_a_bucket_that_fills_again() {
    let rate = Rate { requests: 4, within: Duration::from_secs(40) };
    let politeness = Politeness { host_gap: Duration::ZERO, host_rate: Some(rate), ..Politeness::default() };
    let governor = Governor::new(&Fetch { politeness, ..Fetch::default() });
    assert_eq!(starts(&governor, "a").await, [0, 0, 0, 0, 10, 20, 30, 40]);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(starts(&governor, "a").await, [0, 0, 0, 10, 20, 30, 40, 50], "three came back");
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert_eq!(starts(&governor, "a").await, [0, 0, 0, 0, 10, 20, 30, 40], "more than are in it never");
    tokio::time::advance(Duration::from_secs(35)).await;
    for n in 0..10_000 {
        drop(governor.acquire(&format!("https://{n}.example:443")).await);
    }
    assert_eq!(starts(&governor, "a").await[3], 5, "a host whose bucket is not full is not forgotten");
}

#[tokio::test(start_paused = true)]
async fn some_hosts_have_a_budget_of_their_own() {
    let usual = Politeness { host_gap: GAP, ..Politeness::default() };
    let own = |per_host, gap| Politeness { per_host, host_gap: Duration::from_secs(gap), ..usual };
    let hosts =
        [("news.example", own(1, 2)), ("*.example", own(2, 3)), ("[::1]", own(2, 4)), ("*.b.example", own(2, 5))];
    let hosts = hosts.into_iter().map(|(name, politeness)| (name.to_owned(), politeness)).collect();
    let governor = Governor::new(&Fetch { politeness: usual, hosts, ..Fetch::default() });
    for (host, gap) in [
        ("https://news.example:443", 2),
        ("http://news.example:8080", 2),
        ("https://news.example.:443", 2),
        ("https://www.news.example:443", 3),
        ("https://a.b.example:443", 5),
        ("https://b.example:443", 3),
        ("https://example:443", 1),
        ("https://notnews.example.org:443", 1),
        ("http://[::1]:80", 4),
        ("http://127.0.0.1:80", 1),
    ] {
        let expected: Vec<u64> = (0..8).map(|n| n * gap).collect();
        assert_eq!(starts(&governor, host).await, expected, "{host}");
    }
    let _one = governor.acquire("https://news.example:443").await.unwrap();
    let second = tokio::time::timeout(10 * GAP, governor.acquire("https://news.example:443")).await;
    assert!(second.is_err(), "one at a time");
}

#[tokio::test(start_paused = true)]
async fn starts_at_one_host_are_a_gap_apart() {
    let governor = governor(4, GAP, 100);
    let begun = Instant::now();
    let starts = join_all((0..5).map(|_| async {
        governor.acquire("a").await.unwrap();
        begun.elapsed().as_secs()
    }))
    .await;
    assert_eq!(starts, [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn who_came_first_starts_first() {
    let governor = governor(3, GAP, 2);
    let order = Mutex::new(Vec::new());
    join_all((0..50).map(|n: u64| {
        let (governor, order) = (&governor, &order);
        async move {
            let _permit = governor.acquire("a").await.unwrap();
            lock(order).push(n);
            tokio::time::sleep(Duration::from_millis(n * 7919 % 3000)).await;
        }
    }))
    .await;
    assert!(lock(&order).is_sorted(), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_its_places_are_under_way_at_a_host() {
    let governor = governor(2, Duration::ZERO, 100);
    let (first, _second) = (governor.acquire("a").await.unwrap(), governor.acquire("a").await.unwrap());
    let third = tokio::time::timeout(GAP, governor.acquire("a")).await;
    assert!(third.is_err());
    drop(first);
    assert!(governor.acquire("a").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_hangs_delays_no_other() {
    let governor = governor(2, GAP, 8);
    let hang = Duration::from_secs(3600);
    let hanging = join_all((0..50).map(|_| async {
        let _permit = governor.acquire("slow").await.unwrap();
        tokio::time::sleep(hang).await;
    }));
    let begun = Instant::now();
    let others = join_all((0..200).map(|n| {
        let name = format!("host {n}");
        let governor = &governor;
        async move {
            let _permit = governor.acquire(&name).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            begun.elapsed()
        }
    }));
    let worst = tokio::select! {
        ended = others => ended.into_iter().max().unwrap(),
        _ = hanging => unreachable!("hangs for hours"),
        () = tokio::time::sleep(hang) => panic!("others starve"),
    };
    // 8 places less the 2 of the host that hangs: 200 requests of 100 ms through 6 places
    assert!(worst <= Duration::from_millis(100 * 200 / 6 + 200), "{worst:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hold_binds_the_host_that_asked_for_it() {
    let week = Duration::from_secs(7 * 24 * 3600);
    let politeness =
        Politeness { per_host: 1, host_gap: Duration::ZERO, max_retry_after: week, ..Politeness::default() };
    let governor = Governor::new(&Fetch { politeness, ..Fetch::default() });
    let permit = governor.acquire("a").await.unwrap();
    assert_eq!(permit.back_off(Some(week)), week);
    // a shorter one does not end it
    permit.back_off(Some(GAP));
    drop(permit);
    assert_eq!(governor.acquire("a").await.unwrap_err(), BackOff(week));
    assert!(governor.acquire("b").await.is_ok());
    tokio::time::advance(week - PATIENCE).await;
    let begun = Instant::now();
    assert!(governor.acquire("a").await.is_ok(), "a short rest is waited for");
    assert_eq!(begun.elapsed(), PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn a_hold_reaches_those_who_wait_already() {
    let governor = governor(2, Duration::from_secs(5), 100);
    let permit = governor.acquire("a").await.unwrap();
    let waiting = governor.acquire("a");
    let busy = async {
        tokio::time::sleep(GAP).await;
        permit.back_off(Some(Duration::from_secs(600)));
    };
    let (waited, ()) = tokio::join!(waiting, busy);
    assert_eq!(waited.unwrap_err(), BackOff(Duration::from_secs(596)));
}

#[tokio::test(start_paused = true)]
async fn holds_that_name_no_time_double_until_an_answer() {
    let governor = governor(1, Duration::ZERO, 100);
    let permit = governor.acquire("a").await.unwrap();
    let holds: Vec<u64> = (0..20).map(|_| permit.back_off(None).as_secs()).collect();
    assert_eq!(holds[..8], [30, 60, 120, 240, 480, 960, 1920, 3600]);
    assert!(holds[8..].iter().all(|hold| *hold == 3600));
    permit.forgive();
    assert_eq!(permit.back_off(None).as_secs(), 30);
    assert_eq!(permit.back_off(Some(Duration::ZERO)).as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn no_hold_is_longer_than_it_may_be() {
    let (day, hour) = (Duration::from_secs(24 * 3600), Duration::from_secs(3600));
    let usual = Politeness { host_gap: Duration::ZERO, max_retry_after: day, ..Politeness::default() };
    let hosts = [("b.example".to_owned(), Politeness { max_retry_after: hour, ..usual })].into();
    let governor = Governor::new(&Fetch { politeness: usual, hosts, ..Fetch::default() });
    for (host, longest) in [("https://a.example:443", day), ("https://b.example:443", hour)] {
        let permit = governor.acquire(host).await.unwrap();
        assert_eq!(permit.back_off(Some(Duration::MAX)), longest);
        assert_eq!(governor.acquire(host).await.unwrap_err(), BackOff(longest));
        // what was said before this process started
        governor.back_off(host, 30 * day);
        assert_eq!(governor.acquire(host).await.unwrap_err(), BackOff(longest));
        tokio::time::advance(longest).await;
        assert!(governor.acquire(host).await.is_ok(), "{host}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_wider_of_gap_and_crawl_delay_counts() {
    let governor = governor(1, GAP, 100);
    let begun = Instant::now();
    for (delay, started) in [(10, 0), (0, 10), (3, 11), (3, 14)] {
        let permit = governor.acquire("a").await.unwrap();
        permit.set_crawl_delay(Duration::from_secs(delay));
        assert_eq!(begun.elapsed().as_secs(), started);
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_costs_nobody_a_place() {
    let governor = governor(1, GAP, 1);
    let permit = governor.acquire("a").await.unwrap();
    for _ in 0..100 {
        assert!(tokio::time::timeout(Duration::from_millis(1), governor.acquire("a")).await.is_err());
        assert!(tokio::time::timeout(Duration::from_millis(1), governor.acquire("b")).await.is_err());
    }
    drop(permit);
    assert!(governor.acquire("b").await.is_ok());
    let begun = Instant::now();
    assert!(governor.acquire("a").await.is_ok());
    assert!(begun.elapsed() <= GAP);
}

#[tokio::test(start_paused = true)]
async fn idle_hosts_are_forgotten_and_others_are_not() {
    let governor = governor(1, Duration::ZERO, 100);
    let _busy = governor.acquire("busy").await.unwrap();
    governor.acquire("held").await.unwrap().back_off(Some(Duration::from_secs(24 * 3600)));
    for n in 0..10_000 {
        drop(governor.acquire(&format!("https://{n}.example:443")).await);
    }
    assert!(governor.hosts() <= 1024, "{}", governor.hosts());
    assert!(governor.acquire("held").await.is_err());
    assert!(tokio::time::timeout(GAP, governor.acquire("busy")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_pause_from_before_the_start_is_kept() {
    let governor = governor(1, Duration::ZERO, 100);
    governor.back_off("a", Duration::from_secs(600));
    assert_eq!(governor.acquire("a").await.unwrap_err(), BackOff(Duration::from_secs(600)));
    assert!(governor.acquire("b").await.is_ok());
    assert_eq!(governor.hosts(), 2);
}

/// Makes a governor forget hosts that are idle.
async fn crowd(governor: &Governor) {
    for n in 0..3_000 {
        drop(governor.acquire(&format!("https://{n}.example:443")).await);
    }
}

#[tokio::test(start_paused = true)]
async fn the_length_of_the_last_back_off_is_remembered_for_an_hour_after_it() {
    for (later, expected) in [(31, 60), (30 + 3_599, 60), (30 + 3_600, 30)] {
        let governor = governor(1, Duration::ZERO, 100);
        assert_eq!(governor.acquire("a").await.unwrap().back_off(None).as_secs(), 30);
        tokio::time::advance(Duration::from_secs(later)).await;
        crowd(&governor).await;
        assert_eq!(governor.acquire("a").await.unwrap().back_off(None).as_secs(), expected, "{later} s later");
    }
}

/// A name with a wildcard gives anyone as many hosts as they like.
#[tokio::test(start_paused = true)]
async fn no_crowd_of_hosts_that_want_a_pause_is_remembered() {
    let governor = governor(1, Duration::ZERO, 100);
    let _busy = governor.acquire("busy").await.unwrap();
    for n in 0..70_000 {
        governor.back_off(&n.to_string(), Duration::from_secs(600));
        if n == 1_500 {
            assert_eq!(lock(&governor.hosts).sweep_at, 2_048, "rarely enough that a crowd costs little");
        }
    }
    assert!(governor.hosts() < 10_000, "{}", governor.hosts());
    assert!(tokio::time::timeout(GAP, governor.acquire("busy")).await.is_err(), "its request still runs");
}

/// What happened at a host, in order: starts, ends, and until when it asked to be left alone.
#[derive(Default)]
struct Log {
    starts: Vec<Instant>,
    under_way: usize,
    held_until: Option<Instant>,
}

/// A virtual week of requests at random times to 100 hosts that answer slowly, hang, or ask to be left alone: at
/// every start each promise is checked.
#[tokio::test(start_paused = true)]
async fn a_week_keeps_every_promise() {
    const PER_HOST: usize = 2;
    const IN_FLIGHT: usize = 16;
    let week = Duration::from_secs(7 * 24 * 3600);
    let governor = governor(PER_HOST, GAP, IN_FLIGHT);
    let logs: Vec<Mutex<Log>> = (0..100).map(|_| Mutex::default()).collect();
    let under_way = std::sync::atomic::AtomicUsize::new(0);
    let one = |seed: u64| {
        let (governor, logs, under_way) = (&governor, &logs, &under_way);
        async move {
            let mut random = StdRng::seed_from_u64(seed);
            // a third of all requests go to one host, many of them at the same minutes
            let host = if random.random_bool(0.3) { 0 } else { random.random_range(0..100) };
            let minute = random.random_range(0..7 * 24 * 60) / 30 * 30;
            tokio::time::sleep(Duration::from_secs(minute * 60)).await;
            let Ok(permit) = governor.acquire(&format!("host {host}")).await else { return false };
            let now = Instant::now();
            let log = &logs[host];
            {
                let mut log = lock(log);
                assert!(log.starts.last().is_none_or(|last| now - *last >= GAP), "a gap");
                assert!(log.held_until.is_none_or(|until| until <= now), "a hold");
                log.under_way += 1;
                assert!(log.under_way <= PER_HOST, "places at a host");
                log.starts.push(now);
            }
            assert!(under_way.fetch_add(1, Relaxed) < IN_FLIGHT, "places in all");
            tokio::time::sleep(Duration::from_millis(random.random_range(10..60_000))).await;
            if random.random_bool(0.05) {
                let hold = permit.back_off(random.random_bool(0.5).then(|| GAP * random.random_range(1..7200)));
                let mut log = lock(log);
                log.held_until = log.held_until.max(Some(Instant::now() + hold));
            }
            under_way.fetch_sub(1, Relaxed);
            lock(log).under_way -= 1;
            drop(permit);
            true
        }
    };
    let all = join_all((0..20_000).map(one));
    let sent = tokio::time::timeout(week * 2, all).await.expect("nobody starves");
    let sent = sent.into_iter().filter(|sent| *sent).count();
    let starts: usize = logs.iter().map(|log| lock(log).starts.len()).sum();
    assert_eq!(sent, starts);
    assert!(sent > 10_000, "{sent} were sent, the others told of a hold");
    assert_eq!(under_way.into_inner(), 0);
}
