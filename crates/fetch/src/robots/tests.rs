use std::cell::Cell;

use super::*;

const PAGE: &str = "https://news.example/politics/story?id=1";

fn failure() -> Loaded {
    let status = Failure::new(Reason::ServerError, "status 500 Internal Server Error");
    Loaded::Unreachable(Failure { status: Some(500), ..status })
}

fn file(text: &'static str) -> Loaded {
    Loaded::File(Bytes::from_static(text.as_bytes()), None)
}

/// Checks a URL after the file was loaded with the given result.
async fn check(robots: &Robots, url: &str, loaded: Loaded) -> Result<Duration, Reason> {
    let answer = robots.check(&Url::parse(url).unwrap(), async |_| loaded).await;
    answer.map_err(|failure| failure.reason)
}

#[tokio::test]
async fn what_a_file_allows() {
    for (text, path, allowed) in [
        ("", "/a", true),
        ("User-agent: *\nDisallow:", "/a", true),
        ("User-agent: *\nDisallow: /", "/a", false),
        ("User-agent: *\nDisallow: /", "/robots.txt", true),
        ("User-agent: CopyDesk\nDisallow: /a\nUser-agent: *\nDisallow: /b", "/a", false),
        ("User-agent: copydesk\nDisallow: /a\nUser-agent: *\nDisallow: /b", "/b", true),
        ("User-agent: copydesk-images\nDisallow: /", "/a", true),
        ("User-agent: other\nUser-agent: copydesk\nDisallow: /", "/a", false),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", true),
        ("User-agent: *\nDisallow: /*.php$", "/x.php", false),
        ("User-agent: *\nDisallow: /*.php$", "/x.php?y", true),
        ("User-agent: *\nDisallow: /*?id=", "/x?id=1", false),
        ("User-agent: *\nDisallow: /%7Ejoe/", "/~joe/a", false),
        ("User-agent: copydesk/1.0 (polite)\nDisallow: /", "/a", false),
        ("User-agent:copydesk*\nDisallow: /", "/a", false),
        ("user-agent : COPYDESK # us\nDisallow: /", "/a", false),
        ("User-agent: copy desk\nDisallow: /", "/a", true),
        ("User-agent: copydesk\nSitemap: http://a.example/s\nDisallow: /", "/a", false),
        ("User-agent: copydesk\rDisallow: /", "/a", false),
        ("User-agent: copydesk", "/a", true),
        ("User-agent", "/a", true),
        ("\u{feff}User-agent: *\nDisallow: /a", "/a", false),
        ("<!DOCTYPE html><title>Not found</title>", "/a", true),
        ("Disallow: /", "/a", true),
        ("User-agent: *\r\nDisallow: /a # no\r\n", "/a", false),
    ] {
        let answer = check(&Robots::default(), &format!("https://news.example{path}"), file(text)).await;
        assert_eq!(answer.is_ok(), allowed, "{path} in {text:?}: {answer:?}");
        assert!(allowed || answer == Err(Reason::Robots));
    }
}

#[tokio::test(start_paused = true)]
async fn a_crawl_delay_is_heard() {
    for (text, expected) in [("2", 2.0), ("0.5", 0.5), ("86400", 86400.0), ("x", 0.0), ("-1", 0.0)] {
        let body = Bytes::from(format!("User-agent: *\nCrawl-delay: {text}\n"));
        let answer = check(&Robots::default(), PAGE, Loaded::File(body, None)).await;
        assert_eq!(answer, Ok(Duration::from_secs_f64(expected)), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_is_used_for_a_day_at_most() {
    let robots = Robots::default();
    let hour = Duration::from_secs(3600);
    assert!(check(&robots, PAGE, file("User-agent: *\nDisallow: /politics")).await.is_err());
    tokio::time::advance(24 * hour - Duration::from_secs(1)).await;
    assert!(check(&robots, PAGE, file("")).await.is_err(), "the copy serves");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(check(&robots, PAGE, file("")).await.is_ok(), "the new file serves");

    for (fresh_for, used_for) in [(0, 1), (7 * 3600, 7), (1_000_000, 24)] {
        let robots = Robots::default();
        let body = Bytes::from_static(b"User-agent: *\nDisallow: /");
        let _ = check(&robots, PAGE, Loaded::File(body, Some(Duration::from_secs(fresh_for)))).await;
        tokio::time::advance(used_for * hour - Duration::from_secs(1)).await;
        assert!(check(&robots, PAGE, file("")).await.is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(check(&robots, PAGE, file("")).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_file_disallows_unless_an_older_copy_allows() {
    let robots = Robots::default();
    assert_eq!(check(&robots, PAGE, failure()).await, Err(Reason::RobotsUnreachable), "worth another try");
    assert_eq!(check(&robots, PAGE, file("")).await, Err(Reason::RobotsUnreachable), "not asked again at once");
    tokio::time::advance(UNREACHABLE_FOR).await;
    assert!(check(&robots, PAGE, file("User-agent: *\nDisallow: /a")).await.is_ok());
    tokio::time::advance(LONGEST_USE).await;
    assert!(check(&robots, PAGE, failure()).await.is_ok());
    assert_eq!(check(&robots, "https://news.example/a", failure()).await, Err(Reason::Robots));
    tokio::time::advance(UNREACHABLE_FOR).await;
    assert_eq!(check(&robots, PAGE, file("User-agent: *\nDisallow: /")).await, Err(Reason::Robots), "asked again");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_had_is_a_passing_failure_whatever_came_of_it() {
    for (reason, status, expected) in [
        (Reason::ServerError, Some(503), Reason::RobotsUnreachable),
        (Reason::Malformed, Some(206), Reason::RobotsUnreachable),
        (Reason::Forbidden, None, Reason::RobotsUnreachable),
        (Reason::Busy, Some(429), Reason::Busy),
        (Reason::Busy, None, Reason::Busy),
        (Reason::Connect, None, Reason::Connect),
        (Reason::Dns, None, Reason::Dns),
        (Reason::Timeout, None, Reason::Timeout),
    ] {
        let robots = Robots::default();
        let load = async |_| Loaded::Unreachable(Failure { status, ..Failure::new(reason, "why") });
        let failure = robots.check(&Url::parse(PAGE).unwrap(), load).await.unwrap_err();
        assert_eq!((failure.reason, failure.status), (expected, None), "{reason:?}");
        assert!(failure.reason.is_transient() && failure.detail == "robots.txt: why");
        let again = (expected == Reason::RobotsUnreachable).then_some(UNREACHABLE_FOR);
        assert_eq!(failure.retry_after, again, "no use in coming before it is asked again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_unreachable_for_a_month_is_taken_for_none() {
    let robots = Robots::default();
    let hour = Duration::from_secs(3600);
    for _ in 0..30 * 24 {
        assert_eq!(check(&robots, PAGE, failure()).await, Err(Reason::RobotsUnreachable));
        tokio::time::advance(hour).await;
    }
    assert!(check(&robots, PAGE, failure()).await.is_ok());
    tokio::time::advance(hour).await;
    assert_eq!(check(&robots, PAGE, file("User-agent: *\nDisallow: /")).await, Err(Reason::Robots), "it is back");
}

#[tokio::test(start_paused = true)]
async fn a_busy_host_is_asked_again_when_it_said() {
    let robots = Robots::default();
    let url = Url::parse(PAGE).unwrap();
    let busy = |said| {
        Loaded::Unreachable(Failure {
            retry_after: Some(Duration::from_secs(said)),
            ..Failure::new(Reason::Busy, "status 429 Too Many Requests")
        })
    };
    for (said, elapsed, left) in [(60, 0, 60), (0, 20, 40)] {
        tokio::time::advance(Duration::from_secs(elapsed)).await;
        let failure = robots.check(&url, async |_| busy(said)).await.unwrap_err();
        assert_eq!((failure.reason, failure.retry_after), (Reason::Busy, Some(Duration::from_secs(left))));
    }
    tokio::time::advance(Duration::from_secs(40)).await;
    assert_eq!(check(&robots, PAGE, Loaded::Unavailable).await, Ok(Duration::ZERO));
}

#[tokio::test]
async fn a_rule_cut_by_the_limit_is_left_out() {
    let start = "User-agent: *\nSitemap: https://news.example/s.xml\nDisallow: /private\n";
    for (rule, allowed) in [("Disallow: /politics/", true), ("Disallow: /po\n", false)] {
        // the limit falls after `Disallow: /po`
        let filler = "#".repeat(robotxt::BYTE_LIMIT - start.len() - 1 - "Disallow: /po".len());
        let mut body = format!("{start}{filler}\n{rule}\n").into_bytes();
        body.truncate(MAX_BYTES);
        let answer = check(&Robots::default(), PAGE, Loaded::File(body.into(), None)).await;
        assert_eq!(answer.is_ok(), allowed, "{rule:?}");
    }
}

#[tokio::test]
async fn no_file_allows_everything() {
    assert_eq!(check(&Robots::default(), PAGE, Loaded::Unavailable).await, Ok(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn one_load_serves_everyone_who_waits_and_each_origin_has_its_own() {
    let robots = Robots::default();
    let loads = Cell::new(0);
    let asked = ["http://a.example/1", "http://a.example/2", "https://a.example/", "http://a.example:81/"];
    let load = async |file: Url| {
        assert_eq!(file.path(), "/robots.txt");
        loads.set(loads.get() + 1);
        tokio::time::sleep(Duration::from_secs(5)).await;
        Loaded::Unavailable
    };
    let urls: Vec<Url> = asked.iter().cycle().take(100).map(|url| Url::parse(url).unwrap()).collect();
    let answers = futures_util::future::join_all(urls.iter().map(|url| robots.check(url, load))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(loads.get(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_given_up_is_begun_anew() {
    let robots = Robots::default();
    let url = Url::parse(PAGE).unwrap();
    let never = robots.check(&url, async |_| std::future::pending().await);
    assert!(tokio::time::timeout(Duration::from_secs(1), never).await.is_err());
    assert_eq!(check(&robots, PAGE, Loaded::Unavailable).await, Ok(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_has_a_bound() {
    let robots = Robots::default();
    let long = Bytes::from(format!("User-agent: *\n{}", "Disallow: /a/long/path/to/nowhere\n".repeat(10_000)));
    for n in 0..50 {
        let _ = check(&robots, &format!("https://{n}.example/"), Loaded::File(long.clone(), None)).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let kept: usize = robots.files().values().filter_map(|entry| Some(entry.known.as_ref()?.bytes)).sum();
    assert!(kept <= MOST_BYTES, "{kept} bytes");
    assert!(robots.fresh("https://49.example:443").is_some(), "the newest stays");
}

proptest::proptest! {
    #[test]
    fn any_file_is_survived(body: Vec<u8>, lines in proptest::collection::vec("(user-agent|allow|disallow|sitemap)[ :]{0,2}[a*$%/ -]{0,8}", 0..8)) {
        for body in [plain(&body), plain(lines.join("\n").as_bytes())] {
            let rules = robotxt::Robots::parse(&body, PRODUCT);
            proptest::prop_assert!(rules.is_allowed("/robots.txt") && rules.sitemaps().is_empty());
        }
    }
}
