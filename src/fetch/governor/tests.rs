use futures_util::future::join_all;

use super::*;

const GAP: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn starts_at_one_host_are_a_gap_apart() {
    let governor = Governor::new(4, GAP, 100);
    let begun = Instant::now();
    let starts = join_all((0..5).map(|_| async {
        governor.acquire("a").await.unwrap();
        begun.elapsed().as_secs()
    }))
    .await;
    assert_eq!(starts, [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_its_places_are_under_way_at_a_host() {
    let governor = Governor::new(2, Duration::ZERO, 100);
    let (first, _second) = (governor.acquire("a").await.unwrap(), governor.acquire("a").await.unwrap());
    let third = tokio::time::timeout(GAP, governor.acquire("a")).await;
    assert!(third.is_err());
    drop(first);
    assert!(governor.acquire("a").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_hangs_delays_no_other() {
    let governor = Governor::new(2, GAP, 8);
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
    let governor = Governor::new(1, Duration::ZERO, 100);
    let permit = governor.acquire("a").await.unwrap();
    let week = Duration::from_secs(7 * 24 * 3600);
    assert_eq!(permit.hold(Some(week)), week);
    // a shorter one does not end it
    permit.hold(Some(GAP));
    drop(permit);
    assert_eq!(governor.acquire("a").await.unwrap_err(), Held(week));
    assert!(governor.acquire("b").await.is_ok());
    tokio::time::advance(week - PATIENCE).await;
    let begun = Instant::now();
    assert!(governor.acquire("a").await.is_ok(), "a short rest is waited for");
    assert_eq!(begun.elapsed(), PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn a_hold_reaches_those_who_wait_already() {
    let governor = Governor::new(2, Duration::from_secs(5), 100);
    let permit = governor.acquire("a").await.unwrap();
    let waiting = governor.acquire("a");
    let busy = async {
        tokio::time::sleep(GAP).await;
        permit.hold(Some(Duration::from_secs(600)));
    };
    let (waited, ()) = tokio::join!(waiting, busy);
    assert_eq!(waited.unwrap_err(), Held(Duration::from_secs(596)));
}

#[tokio::test(start_paused = true)]
async fn holds_that_name_no_time_double_until_an_answer() {
    let governor = Governor::new(1, Duration::ZERO, 100);
    let permit = governor.acquire("a").await.unwrap();
    let holds: Vec<u64> = (0..20).map(|_| permit.hold(None).as_secs()).collect();
    assert_eq!(holds[..8], [30, 60, 120, 240, 480, 960, 1920, 3600]);
    assert!(holds[8..].iter().all(|hold| *hold == 3600));
    permit.forgive();
    assert_eq!(permit.hold(None).as_secs(), 30);
    assert_eq!(permit.hold(Some(Duration::ZERO)).as_secs(), 60);
    assert_eq!(permit.hold(Some(Duration::MAX)), LONGEST_HOLD);
}

#[tokio::test(start_paused = true)]
async fn the_wider_of_gap_and_crawl_delay_counts() {
    let governor = Governor::new(1, GAP, 100);
    let begun = Instant::now();
    for (delay, started) in [(10, 0), (0, 10), (3, 11), (3, 14)] {
        let permit = governor.acquire("a").await.unwrap();
        permit.set_crawl_delay(Duration::from_secs(delay));
        assert_eq!(begun.elapsed().as_secs(), started);
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_costs_nobody_a_place() {
    let governor = Governor::new(1, GAP, 1);
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
async fn idle_hosts_are_forgotten_and_held_ones_are_not() {
    let governor = Governor::new(1, Duration::ZERO, 100);
    governor.acquire("held").await.unwrap().hold(Some(Duration::from_secs(24 * 3600)));
    for n in 0..10_000 {
        drop(governor.acquire(&format!("https://{n}.example:443")).await);
    }
    assert!(governor.hosts() <= 1024, "{}", governor.hosts());
    assert!(governor.acquire("held").await.is_err());
}
