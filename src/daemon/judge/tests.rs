use super::*;
use crate::{
    article::NoArticle,
    feed::Entry,
    state::{Names, Published},
};

mod recheck;

fn now() -> DateTime<Utc> {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

fn pending() -> Pending {
    let entry = Entry { url: Some("https://example.com/a".parse().unwrap()), ..Entry::default() };
    Pending::new(1, Names::default(), entry, vec![], now())
}

/// An entry that failed this often, the first time this long ago.
fn failing(attempts: u32, since: TimeDelta) -> Pending {
    Pending { attempts, failing_since: Some(now() - since), ..pending() }
}

fn article(text: &str) -> Article {
    Article { title: Some("title".to_owned()), text: text.to_owned(), ..Article::default() }
}

fn from_feed(text_source: TextSource, text: &str) -> Option<Article> {
    Some(Article { text_source, ..article(text) })
}

fn page_read(article: Result<Article, NoArticleReason>) -> PageRead {
    PageRead {
        url: "https://example.com/a".parse().unwrap(),
        validators: Validators::default(),
        fetched_at: now(),
        article: article.map(Reading::of).map_err(|reason| NoArticle { reason, detail: "why".to_owned() }),
        observation: None,
        print: None,
        again: None,
    }
}

fn read(article: Result<Article, NoArticleReason>) -> PageOutcome {
    PageOutcome::Read(Box::new(page_read(article)))
}

fn failed(reason: Reason) -> PageOutcome {
    PageOutcome::Failed(Failure { reason, status: Some(500), detail: "why".to_owned(), retry_after: None, host: None })
}

/// A verdict in a word or two.
fn shown(verdict: Decision) -> String {
    match verdict {
        Decision::Publish(publish) => {
            let fallback = publish.fallback_reason.map(|reason| format!(" for {reason}")).unwrap_or_default();
            format!("publish {} {:?}{fallback}", publish.revision, publish.article.text_source)
        }
        Decision::Unchanged { candidate: None, .. } => "unchanged".to_owned(),
        Decision::Unchanged { candidate: Some(_), .. } => "seen once".to_owned(),
        Decision::Retry { wait, asked: true, .. } => format!("retry in {} s", wait.as_secs()),
        Decision::Retry { wait, asked: false, .. } => format!("not asked, retry in {} s", wait.as_secs()),
        Decision::Reject { reason, again: None, .. } => format!("reject {reason}"),
        Decision::Reject { reason, again: Some(wait), .. } => format!("reject {reason}, again in {} s", wait.as_secs()),
        Decision::Over => "over".to_owned(),
    }
}

fn check_with(
    pending: &Pending,
    (full_text, schedule, offline): (FullText, &Schedule, bool),
    page: PageOutcome,
    told: Option<Article>,
) -> String {
    let case = Case { pending, full_text, schedule, offline, now: now() };
    shown(judge(case, Followed { page, told }))
}

fn check(pending: &Pending, full_text: FullText, page: PageOutcome, told: Option<Article>) -> String {
    check_with(pending, (full_text, &Schedule::default(), false), page, told)
}

#[test]
fn a_new_entry_becomes_a_record_or_a_reject() {
    use FullText::{Auto, Feed, Page};
    use TextSource::{FeedContent, FeedSummary};
    let long = "x".repeat(LEAST_SUMMARY);
    let paywalled = Article { paywalled: true, ..article("teaser") };
    for (what, full_text, page, told, expected) in [
        ("a page", Auto, read(Ok(article("a"))), None, "publish 1 Page"),
        ("a wall", Auto, read(Err(NoArticleReason::Wall)), None, "reject wall, again in 600 s"),
        ("an error page", Auto, read(Err(NoArticleReason::ErrorPage)), None, "reject error_page, again in 600 s"),
        ("a gallery", Auto, read(Err(NoArticleReason::NotAnArticle)), None, "reject not_an_article"),
        (
            "no story on it, content",
            Auto,
            read(Err(NoArticleReason::NoText)),
            from_feed(FeedContent, "c"),
            "publish 1 FeedContent for no_text",
        ),
        (
            "no story on it, teaser",
            Auto,
            read(Err(NoArticleReason::NoText)),
            from_feed(FeedSummary, "short"),
            "reject no_text, again in 600 s",
        ),
        (
            "no story on it, long summary",
            Auto,
            read(Err(NoArticleReason::NoText)),
            from_feed(FeedSummary, &long),
            "publish 1 FeedSummary for no_text",
        ),
        ("a paywall", Auto, read(Ok(paywalled.clone())), None, "publish 1 Page"),
        (
            "a paywall, content",
            Auto,
            read(Ok(paywalled)),
            from_feed(FeedContent, "the whole story"),
            "publish 1 FeedContent for paywall",
        ),
        ("robots", Auto, failed(Reason::Robots), from_feed(FeedContent, "c"), "publish 1 FeedContent for robots"),
        ("robots, nothing told", Auto, failed(Reason::Robots), None, "reject robots"),
        ("gone", Page, failed(Reason::Gone), None, "reject gone"),
        ("not found", Auto, failed(Reason::NotFound), None, "retry in 60 s"),
        ("a time-out", Auto, failed(Reason::Timeout), from_feed(FeedContent, "c"), "retry in 60 s"),
        ("the feed's own text", Feed, PageOutcome::NotWanted, from_feed(FeedContent, "c"), "publish 1 FeedContent"),
        ("no text in the feed", Feed, PageOutcome::NotWanted, None, "reject no_feed_text"),
        ("no link", Auto, PageOutcome::NotWanted, None, "reject no_link"),
        (
            "no link, content",
            Auto,
            PageOutcome::NotWanted,
            from_feed(FeedContent, "c"),
            "publish 1 FeedContent for no_link",
        ),
        (
            "a defect of ours",
            Auto,
            PageOutcome::Unreadable(crate::daemon::work::CpuFailure::TooSlow),
            None,
            "reject parser_timeout",
        ),
    ] {
        assert_eq!(check(&pending(), full_text, page, told), expected, "{what}");
    }
}

/// A page with a failure that may pass is tried for three days, one that is missing or denied for one day; if the feed
/// has enough of a story, that is published after six attempts.
#[test]
fn failures_are_tried_again_for_so_long() {
    use Reason::{ClientError, Denied, Gone, NotFound, Robots, Timeout, TooLarge};
    let minutes = TimeDelta::minutes;
    let (two_hours, day, three_days) = (minutes(120), minutes(24 * 60), minutes(3 * 24 * 60));
    let second = TimeDelta::seconds(1);
    let enough = || from_feed(TextSource::FeedContent, "c");
    let teaser = || from_feed(TextSource::FeedSummary, "short");
    for (entry, reason, told, expected) in [
        (pending(), Timeout, None, "retry in 60 s"),
        (failing(1, minutes(1)), Timeout, None, "retry in 120 s"),
        (failing(8, two_hours), Timeout, None, "retry in 15360 s"),
        (failing(12, three_days - second), Timeout, None, "retry in 21600 s"),
        (failing(12, three_days), Timeout, None, "reject timeout"),
        (failing(8, two_hours), Timeout, teaser(), "retry in 15360 s"),
        (failing(4, two_hours), Timeout, enough(), "retry in 960 s"),
        (failing(5, two_hours), Timeout, enough(), "publish 1 FeedContent for timeout"),
        (pending(), NotFound, None, "retry in 60 s"),
        (failing(9, day - second), NotFound, None, "retry in 21600 s"),
        (failing(9, day), NotFound, None, "reject not_found"),
        (failing(9, day - second), Denied, None, "retry in 21600 s"),
        (failing(9, day), ClientError, None, "reject client_error"),
        // a failure that is lasting is not waited for if the feed has the story
        (pending(), NotFound, enough(), "publish 1 FeedContent for not_found"),
        (pending(), Gone, None, "reject gone"),
        (pending(), TooLarge, None, "reject too_large"),
        (pending(), Robots, None, "reject robots"),
    ] {
        let what = format!("{reason:?} {} times since {:?}", entry.attempts, entry.failing_since);
        assert_eq!(check(&entry, FullText::Auto, failed(reason), told), expected, "{what}");
    }
}

#[test]
fn without_patience_a_page_has_its_attempts_and_no_more() {
    let check = |page_attempts, attempts, page| {
        let schedule = Schedule { page_attempts, page_patience: Duration::ZERO, ..Schedule::default() };
        let entry = if attempts == 0 { pending() } else { failing(attempts, TimeDelta::minutes(1)) };
        check_with(&entry, (FullText::Auto, &schedule, false), page, None)
    };
    for (page_attempts, attempts, page, expected) in [
        (1, 0, failed(Reason::Timeout), "reject timeout"),
        (3, 0, failed(Reason::Timeout), "retry in 60 s"),
        (3, 1, failed(Reason::Timeout), "retry in 120 s"),
        (3, 2, failed(Reason::Timeout), "reject timeout"),
        (3, 0, failed(Reason::NotFound), "reject not_found"),
        (3, 0, read(Err(NoArticleReason::Wall)), "reject wall"),
    ] {
        assert_eq!(check(page_attempts, attempts, page), expected, "attempt {attempts} of {page_attempts}");
    }
}

/// A wall, an error page or a page without text is rejected at once, and tried again for three days.
#[test]
fn what_was_rejected_may_become_a_record() {
    use NoArticleReason::{NoText, NotAnArticle, Wall};
    let rejected = |attempts, since| Pending { is_rejected: true, ..failing(attempts, since) };
    let (hour, three_days) = (TimeDelta::hours(1), TimeDelta::days(3));
    for (what, entry, page, told, expected) in [
        ("a wall again", rejected(1, hour), read(Err(Wall)), None, "retry in 1800 s"),
        ("and again", rejected(3, hour), read(Err(NoText)), None, "retry in 16200 s"),
        ("for a day at the most", rejected(9, hour), read(Err(Wall)), None, "retry in 86400 s"),
        ("for three days", rejected(9, three_days), read(Err(Wall)), None, "over"),
        ("another kind of page", rejected(1, hour), read(Err(NotAnArticle)), None, "over"),
        ("gone", rejected(1, hour), failed(Reason::Gone), None, "over"),
        ("a time-out", rejected(1, hour), failed(Reason::Timeout), None, "retry in 120 s"),
        ("a time-out for long", rejected(9, three_days), failed(Reason::Timeout), None, "over"),
        ("a story", rejected(1, hour), read(Ok(article("a"))), None, "publish 1 Page"),
        (
            "a wall, and the feed has it now",
            rejected(1, hour),
            read(Err(Wall)),
            from_feed(TextSource::FeedContent, "c"),
            "publish 1 FeedContent for wall",
        ),
    ] {
        assert_eq!(check(&entry, FullText::Auto, page, told), expected, "{what}");
    }
}

#[test]
fn what_was_not_asked_for_does_not_count() {
    let busy = |wait: u64| {
        PageOutcome::Failed(Failure {
            reason: Reason::Busy,
            status: None,
            detail: "why".to_owned(),
            retry_after: Some(Duration::from_secs(wait)),
            host: None,
        })
    };
    let published = Pending { published: Some(Published::default()), ..pending() };
    for entry in [pending(), published, failing(50, TimeDelta::days(9))] {
        assert_eq!(check(&entry, FullText::Auto, busy(3600), None), "not asked, retry in 3600 s");
    }
    let offline =
        |entry: &Pending, reason| check_with(entry, (FullText::Auto, &Schedule::default(), true), failed(reason), None);
    assert_eq!(offline(&failing(9, TimeDelta::days(9)), Reason::Connect), "not asked, retry in 21600 s");
    assert_eq!(offline(&pending(), Reason::Gone), "reject gone", "a host did answer");
}

#[test]
fn the_feed_is_the_text_where_its_page_is_not_its_own() {
    let (mut shared, mut cut) = (pending(), pending());
    shared.shared_page = true;
    cut.content_cut = true;
    let summary = || from_feed(TextSource::FeedSummary, "short");
    let not_wanted = || PageOutcome::NotWanted;
    for (what, entry, full_text, told, expected) in [
        ("a page that entries share", &shared, FullText::Auto, summary(), "publish 1 FeedSummary"),
        ("and no text", &shared, FullText::Auto, None, "reject no_feed_text"),
        ("a content that was not stored", &cut, FullText::Feed, summary(), "retry in 60 s"),
        ("a short summary is all of it", &pending(), FullText::Feed, summary(), "publish 1 FeedSummary"),
    ] {
        assert_eq!(check(entry, full_text, not_wanted(), told), expected, "{what}");
    }
}
