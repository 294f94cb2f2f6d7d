use super::*;
use crate::{article::NoArticle, feed::Entry, state::Published};

const ATTEMPTS: u32 = 4;

fn pending(attempts: u32, published: Option<&Article>) -> Pending {
    Pending {
        id: "id".to_owned(),
        keys: vec![1],
        entry: Entry::default(),
        carriers: vec![],
        discovered_at: DateTime::UNIX_EPOCH,
        due: DateTime::UNIX_EPOCH,
        attempts,
        trouble: None,
        content_cut: false,
        published: published.map(|article| Published {
            revision: 2,
            content_hash: record::content_hash(article.title.as_deref(), &article.text),
            first_at: DateTime::UNIX_EPOCH,
            look: 0,
            validators: Validators::default(),
        }),
    }
}

fn article(text: &str) -> Article {
    Article { title: Some("title".to_owned()), text: text.to_owned(), ..Article::default() }
}

fn from_feed(text_source: TextSource, text: &str) -> Option<Article> {
    Some(Article { text_source, ..article(text) })
}

fn read(article: Result<Article, NoArticleReason>) -> PageOutcome {
    PageOutcome::Read(Box::new(PageRead {
        url: "https://example.com/a".parse().unwrap(),
        validators: Validators::default(),
        fetched_at: DateTime::UNIX_EPOCH,
        article: article.map_err(|reason| NoArticle { reason, detail: "why".to_owned() }),
        lesson: None,
    }))
}

fn failed(reason: Reason) -> PageOutcome {
    PageOutcome::Failed(Failure { reason, status: None, detail: "why".to_owned(), retry_after: None, host: None })
}

/// A verdict in a word or two.
fn check(pending: &Pending, full_text: FullText, page: PageOutcome, told: Option<Article>) -> String {
    match judge(pending, full_text, ATTEMPTS, Followed { page, told }) {
        Verdict::Publish(publish) => {
            let fallback = publish.fallback_reason.map(|reason| format!(" for {reason}")).unwrap_or_default();
            format!("publish {} {:?}{fallback}", publish.revision, publish.article.text_source)
        }
        Verdict::Unchanged => "unchanged".to_owned(),
        Verdict::Retry { wait, .. } => format!("retry in {} s", wait.as_secs()),
        Verdict::Reject { reason, .. } => format!("reject {reason}"),
    }
}

#[test]
fn a_new_entry_becomes_a_record_or_a_reject() {
    use FullText::{Auto, Feed, Page};
    use TextSource::{FeedContent, FeedSummary};
    let long = "x".repeat(LEAST_SUMMARY);
    let paywalled = Article { paywalled: true, ..article("teaser") };
    for (what, full_text, page, told, expected) in [
        ("a page", Auto, read(Ok(article("a"))), None, "publish 1 Page"),
        ("no story on it", Auto, read(Err(NoArticleReason::Wall)), None, "reject wall"),
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
            "reject no_text",
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
        assert_eq!(check(&pending(0, None), full_text, page, told), expected, "{what}");
    }
}

#[test]
fn failures_are_tried_again_for_so_long() {
    for (attempts, reason, expected) in [
        (1, Reason::Timeout, "retry in 120 s"),
        (2, Reason::Timeout, "retry in 240 s"),
        (3, Reason::Timeout, "reject timeout"),
        (1, Reason::NotFound, "retry in 120 s"),
        (2, Reason::NotFound, "reject not_found"),
        (0, Reason::Denied, "reject denied"),
    ] {
        assert_eq!(check(&pending(attempts, None), FullText::Auto, failed(reason), None), expected, "{reason:?}");
    }
}

#[test]
fn what_is_published_changes_only_by_another_text() {
    let old = article("old");
    let content = || from_feed(TextSource::FeedContent, "c");
    for (what, page, told, expected) in [
        ("the same", read(Ok(article("old"))), None, "unchanged"),
        ("304", PageOutcome::Unchanged, None, "unchanged"),
        ("another text", read(Ok(article("new"))), None, "publish 3 Page"),
        ("gone", failed(Reason::Gone), content(), "unchanged"),
        ("not found", failed(Reason::NotFound), content(), "unchanged"),
        ("a wall", read(Err(NoArticleReason::Wall)), content(), "unchanged"),
        ("a time-out", failed(Reason::Timeout), None, "retry in 60 s"),
    ] {
        assert_eq!(check(&pending(0, Some(&old)), FullText::Auto, page, told), expected, "{what}");
    }
}
