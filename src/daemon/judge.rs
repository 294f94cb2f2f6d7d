//! What becomes of an entry that was followed.
//!
//! PURE. Every entry ends as a record or as a reject with its reason, or waits for another try; the feed's own text
//! stands in where the page has none to give and the user did not insist on the page.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::follow::{Followed, PageOutcome, PageRead};
use crate::{
    article::{Article, NoArticleReason, TextSource},
    config::FullText,
    fetch::{Failure, Reason, Validators},
    record,
    schedule::page_retry,
    state::Pending,
};

/// A page that is not found is asked for this often: many sites announce an article a moment before they serve it.
const NOT_FOUND_ATTEMPTS: u32 = 3;
/// A summary shorter than this (in characters) is a teaser, not a story.
const LEAST_SUMMARY: usize = 300;

/// What becomes of it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// A new revision.
    Publish(Box<Publish>),
    /// Published before, and still the same.
    Unchanged,
    /// Asked for again after this long; `asked` is false where the host's own word kept it from being asked this time.
    Retry { wait: Duration, trouble: String, asked: bool },
    /// Given up.
    Reject { reason: String, detail: String },
}

/// What is published.
#[derive(Debug)]
pub(super) struct Publish {
    pub(super) article: Article,
    pub(super) revision: u32,
    pub(super) content_hash: String,
    pub(super) url: Option<String>,
    pub(super) validators: Validators,
    pub(super) fetched_at: Option<DateTime<Utc>>,
    pub(super) fallback_reason: Option<String>,
}

/// Decides. `attempts` is how often a failing page is tried.
pub(super) fn judge(pending: &Pending, full_text: FullText, attempts: u32, followed: Followed) -> Verdict {
    let Followed { page, told } = followed;
    match page {
        PageOutcome::Unchanged => Verdict::Unchanged,
        PageOutcome::Read(read) => judge_read(pending, *read, told),
        PageOutcome::Failed(failure) if was_not_asked(&failure) => {
            let wait = failure.retry_after.unwrap_or(Duration::from_secs(60));
            Verdict::Retry { wait, trouble: failure.to_string(), asked: false }
        }
        PageOutcome::Failed(failure) if worth_another_try(pending, &failure, attempts) => {
            let wait = page_retry(pending.attempts + 1, failure.retry_after);
            Verdict::Retry { wait, trouble: failure.to_string(), asked: true }
        }
        PageOutcome::Failed(failure) => fall_back(pending, told, failure.reason.as_str(), failure.to_string()),
        PageOutcome::Unreadable(failure) => fall_back(pending, told, failure.as_str(), failure.to_string()),
        PageOutcome::NotWanted if pending.content_cut && pending.attempts + 1 < attempts => Verdict::Retry {
            wait: page_retry(pending.attempts + 1, None),
            trouble: "its content was too large to keep: the feed is read again".to_owned(),
            asked: true,
        },
        PageOutcome::NotWanted if full_text == FullText::Feed => match told {
            Some(article) => publish(pending, article, None, None),
            None => missing(pending, "no_feed_text", "the feed has no text for this entry"),
        },
        PageOutcome::NotWanted => fall_back(pending, told, "no_link", "the entry has no link to follow".to_owned()),
    }
}

fn judge_read(pending: &Pending, read: PageRead, told: Option<Article>) -> Verdict {
    let PageRead { url, validators, fetched_at, article, .. } = read;
    let origin = Origin { url: url.into(), validators, fetched_at };
    match article {
        Ok(article) if article.paywalled && told.as_ref().is_some_and(|told| is_fuller(told, &article)) => fall_back(
            pending,
            told,
            NoArticleReason::Paywall.as_str(),
            "only a teaser is outside the paywall".to_owned(),
        ),
        Ok(article) => publish(pending, article, Some(origin), None),
        Err(no_article) => fall_back(pending, told, no_article.reason.as_str(), no_article.detail),
    }
}

/// A host that said when to come again is not asked before that, and the entry is not to blame.
fn was_not_asked(failure: &Failure) -> bool {
    failure.reason == Reason::Busy && failure.status.is_none()
}

fn worth_another_try(pending: &Pending, failure: &Failure, attempts: u32) -> bool {
    let asked = pending.attempts + 1;
    match failure.reason {
        Reason::NotFound if pending.published.is_none() => asked < NOT_FOUND_ATTEMPTS.min(attempts),
        reason => reason.is_transient() && asked < attempts,
    }
}

fn is_fuller(told: &Article, page: &Article) -> bool {
    told.text_source == TextSource::FeedContent && told.text.len() > page.text.len()
}

/// Where a page's text came from.
struct Origin {
    url: String,
    validators: Validators,
    fetched_at: DateTime<Utc>,
}

/// The feed's own text, where it is enough of a story; else the end of the entry.
fn fall_back(pending: &Pending, told: Option<Article>, reason: &str, detail: String) -> Verdict {
    match told {
        // an edit is judged against what was published: a page that is gone must not turn into its feed's teaser
        _ if pending.published.is_some() => Verdict::Unchanged,
        Some(article) if is_enough(pending, &article) => publish(pending, article, None, Some(reason.to_owned())),
        _ => Verdict::Reject { reason: reason.to_owned(), detail },
    }
}

fn is_enough(pending: &Pending, told: &Article) -> bool {
    match told.text_source {
        TextSource::FeedSummary => !pending.content_cut && told.text.chars().count() >= LEAST_SUMMARY,
        _ => !told.text.is_empty(),
    }
}

fn missing(pending: &Pending, reason: &str, detail: &str) -> Verdict {
    if pending.published.is_some() {
        return Verdict::Unchanged;
    }
    Verdict::Reject { reason: reason.to_owned(), detail: detail.to_owned() }
}

fn publish(pending: &Pending, article: Article, origin: Option<Origin>, fallback_reason: Option<String>) -> Verdict {
    let content_hash = record::content_hash(article.title.as_deref(), &article.text);
    let last = pending.published.as_ref();
    if last.is_some_and(|last| last.content_hash == content_hash) {
        return Verdict::Unchanged;
    }
    let entry_url = || pending.entry.url.as_ref().map(ToString::to_string);
    let (url, validators, fetched_at) = match origin {
        Some(origin) => (Some(origin.url), origin.validators, Some(origin.fetched_at)),
        None => (entry_url(), Validators::default(), None),
    };
    Verdict::Publish(Box::new(Publish {
        article,
        revision: last.map_or(1, |last| last.revision + 1),
        content_hash,
        url,
        validators,
        fetched_at,
        fallback_reason,
    }))
}

#[cfg(test)]
mod tests;
