use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: i64 = 86_400;
const BOUNDS: Bounds = Bounds {
    interval: Duration::from_secs(900),
    max_interval: Duration::from_secs(6 * 3600),
    unconditional: Duration::from_secs(5 * 3600),
    feed: 7,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A day in January on which nothing else happens.
fn start() -> DateTime<Utc> {
    at("2026-01-05T10:00:00Z")
}

fn wait_after(figures: &ScheduleState, now: DateTime<Utc>) -> i64 {
    (figures.due.unwrap() - now).num_seconds()
}

/// Checks that a wait is the expected one, or up to a tenth longer.
#[track_caller]
fn check(wait: i64, expected: i64) {
    assert!((expected..=expected + expected / 10).contains(&wait), "{wait} s where {expected} s are expected");
}

#[test]
fn the_strongest_hint_is_the_floor() {
    let pace = |ttl, update| Pace { ttl_minutes: ttl, update_seconds: update, ..Pace::default() };
    for (fresh_for, pace, expected) in [
        (None, pace(None, None), 3_600),
        (Some(MINUTE), pace(Some(1), None), 3_600),
        (Some(90 * MINUTE), pace(Some(30), None), 5_400),
        (Some(MINUTE), pace(Some(120), None), 7_200),
        (None, pace(None, Some(10_800)), 10_800),
        (Some(90 * 24 * 60 * MINUTE), pace(None, None), DAY),
    ] {
        let mut figures = ScheduleState::default();
        let told = Success { fresh_for, pace: Some(&pace), has_validators: true, ..Success::default() };
        figures.succeeded(start(), BOUNDS, told);
        check(wait_after(&figures, start()), expected);
    }
}

/// Polls a feed for a month whenever it is due; each poll has as many new entries as `new` says. The last wait in
/// seconds.
fn after_a_month(new: impl Fn(i64) -> usize, told: Success<'_>) -> i64 {
    let (mut figures, mut now) = (ScheduleState::default(), start());
    while now < start() + TimeDelta::days(30) {
        let waited = figures.answered_at.map_or(0, |before| (now - before).num_seconds());
        figures.succeeded(now, BOUNDS, Success { new_entries: new(waited), ..told });
        now = figures.due.unwrap();
    }
    wait_after(&figures, figures.answered_at.unwrap())
}

#[test]
fn the_interval_follows_the_feed() {
    let told = Success { has_validators: true, ..Success::default() };
    check(after_a_month(|_| 0, told), 6 * 3600 * 10 / 11);
    check(after_a_month(|waited| waited as usize / 100, told), 900);
    let hourly = after_a_month(|waited| (waited as f64 / 3600.0).round() as usize, told);
    assert!((3_000..=4_400).contains(&hourly), "{hourly}");
}

#[test]
fn whole_documents_are_asked_for_more_seldom_unless_entries_would_be_lost() {
    const HOUR: i64 = 3_600;
    let each_36_s = |waited: i64| waited as usize / 36;
    let holds = |entries| Success { entries, ..Success::default() };
    check(after_a_month(|_| 0, holds(10_000)), 6 * HOUR * 10 / 11);
    check(after_a_month(each_36_s, holds(10_000)), 5 * HOUR);
    let half = after_a_month(each_36_s, holds(400));
    assert!((HOUR * 9 / 10..=HOUR * 5 / 2).contains(&half), "{half} s where 400 entries last four hours");
    check(after_a_month(each_36_s, holds(10)), 900);
    check(after_a_month(each_36_s, Success { overflowed: true, ..holds(10_000) }), 900);
    // if the user or the publisher says otherwise
    let pace = Pace { ttl_minutes: Some(20), ..Pace::default() };
    check(after_a_month(each_36_s, Success { fresh_for: Some(20 * MINUTE), ..holds(10_000) }), 1_200);
    check(after_a_month(each_36_s, Success { pace: Some(&pace), ..holds(10_000) }), 1_200);
    let zero = Success { fresh_for: Some(Duration::ZERO), ..holds(10_000) };
    check(after_a_month(each_36_s, zero), 5 * HOUR);
}

#[test]
fn the_first_document_says_when_half_of_it_will_be_new() {
    let dates = |minutes: i64| (0..40).map(|n| start() - TimeDelta::minutes(minutes * n)).collect::<Vec<_>>();
    for (published, expected) in [(dates(10), 195 * 60), (dates(60), 5 * 3_600), (Vec::new(), 5 * 3_600)] {
        let mut figures = ScheduleState::default();
        let told = Success { entries: 40, new_entries: 40, published: &published, ..Success::default() };
        figures.succeeded(start(), BOUNDS, told);
        check(wait_after(&figures, start()), expected);
    }
}

#[test]
fn an_overflow_halves_the_interval() {
    let mut figures = ScheduleState::default();
    let told = Success { has_validators: true, ..Success::default() };
    figures.succeeded(start(), BOUNDS, told);
    let now = start() + TimeDelta::hours(1);
    figures.succeeded(now, BOUNDS, Success { new_entries: 1, overflowed: true, ..told });
    check(wait_after(&figures, now), 1_800);
}

/// The user's ceiling is the last word on a wait of ours, and says nothing about one that the feed asks for.
#[test]
fn no_wait_of_ours_is_longer_than_the_ceiling() {
    let six = Duration::from_secs(6 * 3600);
    let waits = |ttl_minutes| {
        let pace = Pace { ttl_minutes, ..Pace::default() };
        let wait = |feed| {
            let mut state = ScheduleState::default();
            let success = Success { has_validators: true, pace: Some(&pace), ..Success::default() };
            state.succeeded(start(), Bounds { interval: six, max_interval: six, feed, ..BOUNDS }, success);
            wait_after(&state, start())
        };
        (0..20).map(wait).collect::<Vec<_>>()
    };
    assert_eq!(waits(None), [6 * 3_600; 20]);
    let asked = waits(Some(12 * 60));
    assert!(asked.iter().all(|wait| (12 * 3_600..=13 * 3_600 + 720).contains(wait)), "{asked:?}");
    assert!(asked.iter().any(|wait| *wait > 12 * 3_600 + 600), "they part: {asked:?}");
}

#[test]
fn a_clock_that_was_ahead_is_noticed_and_counted_from() {
    let ahead = |asked| ScheduleState { asked_at: Some(at(asked)), ..ScheduleState::default() }.ahead(start());
    assert_eq!(ahead("2026-01-05T13:00:00Z"), Some(TimeDelta::hours(3)));
    assert_eq!(ahead("2026-01-05T10:00:00Z"), None);
    assert_eq!(ahead("2026-01-05T07:00:00Z"), None);
    assert_eq!(ScheduleState::default().ahead(start()), None);
    let hour = |hour: u32| Some(at(&format!("2026-01-05T{hour}:00:00Z")));
    let mut state =
        ScheduleState { due: hour(14), asked_at: hour(13), answered_at: hour(12), ..ScheduleState::default() };
    state.bring_back(TimeDelta::hours(2));
    assert_eq!((state.due, state.asked_at, state.answered_at), (hour(12), hour(11), hour(10)));
}

#[test]
fn skipped_hours_and_days_are_skipped() {
    let pace = |hours: &[u8], days: &[u8]| Pace { skip_hours: hours.into(), skip_days: days.into(), ..Pace::default() };
    let but_nine: Vec<u8> = (0..24).filter(|hour| *hour != 9).collect();
    for (pace, due, expected) in [
        (pace(&[10], &[]), "2026-01-05T10:20:05Z", "2026-01-05T11:00:00Z"),
        (pace(&[10, 11], &[]), "2026-01-05T10:20:00Z", "2026-01-05T12:00:00Z"),
        (pace(&[], &[0]), "2026-01-05T10:20:00Z", "2026-01-06T00:00:00Z"),
        (pace(&[9], &[1]), "2026-01-05T10:20:00Z", "2026-01-05T10:20:00Z"),
        // nine o'clock on Monday is all that is left of the week
        (pace(&but_nine, &[1, 2, 3, 4, 5, 6]), "2026-01-05T10:20:00Z", "2026-01-12T09:00:00Z"),
        (pace(&(0..24).collect::<Vec<u8>>(), &[]), "2026-01-05T10:20:00Z", "2026-01-05T10:20:00Z"),
    ] {
        let (due, expected) = (at(due), at(expected));
        let found = skip(due, &pace, 7);
        assert!(found >= expected && found <= expected + TimeDelta::minutes(6), "{pace:?}: {found}");
        assert_eq!(found == due, expected == due, "{pace:?}");
    }
}

/// The feed is requested neither before six in the morning nor on a Sunday, with or without a failure.
#[test]
fn skipped_hours_and_days_are_skipped_after_failures_too() {
    let pace = Pace { skip_hours: (0..6).collect(), skip_days: vec![6], ..Pace::default() };
    let (day, night) = (at("2026-01-05T10:00:00Z"), at("2026-01-05T23:50:00Z"));
    let saturday = at("2026-01-10T23:50:00Z");
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    for (now, retry_after, expected) in [
        (day, None, "2026-01-05T10:15:00Z"),
        (day, Some(hours(16)), "2026-01-06T06:00:00Z"),
        (night, None, "2026-01-06T06:00:00Z"),
        (saturday, None, "2026-01-12T06:00:00Z"),
        (saturday, Some(hours(24)), "2026-01-12T06:00:00Z"),
    ] {
        let (mut failed, mut postponed) = (ScheduleState::default(), ScheduleState::default());
        failed.failed(now, BOUNDS, FailureClass::Passing, retry_after, &pace);
        postponed.postpone(now, BOUNDS, retry_after.unwrap_or(BOUNDS.interval), &pace);
        for due in [failed.due.unwrap(), postponed.due.unwrap()] {
            let late = (due - at(expected)).num_seconds();
            assert!((0..=360).contains(&late), "{now}, {retry_after:?}: {due} where {expected} is expected");
        }
    }
}

#[test]
fn failures_back_off_to_a_day_and_never_further() {
    let longest = DAY * 10 / 11;
    for (class, expected) in [
        (FailureClass::Passing, [900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, longest, longest]),
        (FailureClass::Lasting, [3_600, 7_200, 14_400, 28_800, 57_600, longest, longest, longest, longest]),
        (FailureClass::Gone, [DAY; 9]),
    ] {
        let mut figures = ScheduleState::default();
        for expected in expected {
            figures.failed(start(), BOUNDS, class, None, &Pace::default());
            check(wait_after(&figures, start()), expected);
        }
        figures.failed(start(), BOUNDS, class, Some(Duration::from_secs(7 * 86_400)), &Pace::default());
        check(wait_after(&figures, start()), 7 * DAY);
        figures.succeeded(start(), BOUNDS, Success::default());
        assert_eq!(figures.failures, 0);
    }
}

#[test]
fn feeds_that_were_polled_together_part() {
    let due = |feed| {
        let mut figures = ScheduleState::default();
        figures.succeeded(start(), Bounds { feed, ..BOUNDS }, Success::default());
        figures.due.unwrap()
    };
    let mut times: Vec<_> = (0..360).map(due).collect();
    times.sort();
    let most =
        times.iter().map(|from| times.iter().filter(|at| (*from..*from + TimeDelta::seconds(10)).contains(at)).count());
    assert!(most.max().unwrap() <= 30, "of 360 feeds over six minutes some ten are due each ten seconds");
    assert_eq!(due(1), due(1));
}

#[test]
fn what_is_remembered_is_small() {
    let mut figures = ScheduleState::default();
    figures.succeeded(start(), BOUNDS, Success::default());
    let json = serde_json::to_string(&figures).unwrap();
    assert!(json.len() <= 200, "{json}");
    assert_eq!(serde_json::from_str::<ScheduleState>(&json).unwrap(), figures);
    let json = |failures| serde_json::to_string(&ScheduleState { failures, ..ScheduleState::default() }).unwrap();
    assert_eq!((json(0).as_str(), json(2).as_str()), ("{}", r#"{"failures":2}"#));
}

#[test]
fn pages_are_tried_again_with_growing_gaps() {
    let waits: Vec<u64> = (1..=4).map(|attempts| page_retry(attempts, None).as_secs()).collect();
    assert_eq!(waits, [60, 120, 240, 480]);
    assert_eq!(page_retry(40, None).as_secs(), 6 * 3600);
    assert_eq!(page_retry(1, Some(Duration::from_secs(900))).as_secs(), 900);
}
