//! The decision about an entry that was followed.
//!
//! PURE. Every entry ends as a record or as a reject with its reason, or waits for another try; the feed's own text is
//! published if the page has none and the user does not insist on the page.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::follow::{Followed, PageOutcome, PageRead, Reading};
use crate::{
    article::{Article, NoArticle, NoArticleReason, Print, TextSource},
    config::{FullText, Schedule},
    fetch::{Failure, Reason, Validators},
    schedule::{delta, page_retry},
    state::{LEAST_SUMMARY, Pending, Publication},
};

mod recheck;

/// A page that is missing or denied may still appear: for this long at most.
const DOUBT: TimeDelta = TimeDelta::days(1);
/// A page that was a wall or an error is tried again after this, and then three times as long each time.
const REFUSED_AGAIN: Duration = Duration::from_secs(600);

/// The decision.
#[derive(Debug)]
pub(super) enum Decision {
    /// A new revision.
    Publish(Box<Publish>),
    /// Published before, and there is no revision to publish.
    Unchanged {
        /// 32 bits of the hash of a content that counts when it is seen again.
        candidate: Option<u32>,
        /// The newest validators of the page, if it was fetched.
        validators: Option<Validators>,
    },
    /// Try again after this long; `asked` is false if this try does not count: the page was not requested, or our own
    /// network is down.
    Retry { wait: Duration, error: String, asked: bool },
    /// Rejected, finally or only for now: then the page is tried again after `again`.
    Reject { reason: String, detail: String, again: Option<Duration> },
    /// It was rejected before, and its page is no longer tried.
    Over,
}

/// What is published.
#[derive(Debug)]
pub(super) struct Publish {
    pub(super) article: Article,
    pub(super) revision: u32,
    pub(super) url: Option<String>,
    pub(super) fetched_at: Option<DateTime<Utc>>,
    pub(super) fallback_reason: Option<String>,
    /// What is kept of it.
    pub(super) publication: Publication,
}

/// What is known when an entry is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) pending: &'a Pending,
    pub(super) full_text: FullText,
    pub(super) schedule: &'a Schedule,
    /// Our own network seems to be down.
    pub(super) offline: bool,
    pub(super) now: DateTime<Utc>,
}

/// Decides.
pub(super) fn judge(case: Case<'_>, followed: Followed) -> Decision {
    if case.pending.published.is_some() {
        return recheck::judge(case, followed);
    }
    let Followed { page, told } = followed;
    match page {
        // there is nothing that it could be equal to
        PageOutcome::Unchanged => case.retry(None, "the page was answered with 304".to_owned()),
        PageOutcome::Read(read) => judge_read(case, *read, told),
        PageOutcome::Failed(failure) => judge_failure(case, &failure, told),
        PageOutcome::Unreadable(failure) => fall_back(case, told, failure.as_str(), failure.to_string(), None),
        PageOutcome::NotWanted if case.pending.content_cut && case.is_patient(delta(case.schedule.page_patience)) => {
            case.retry(None, "its content was too large to keep: the feed is read again".to_owned())
        }
        PageOutcome::NotWanted if case.full_text == FullText::Feed || case.pending.shared_page => match told {
            Some(article) => publish(case, Reading::of(article), None, None),
            None => reject("no_feed_text", "the feed has no text for this entry".to_owned()),
        },
        PageOutcome::NotWanted => fall_back(case, told, "no_link", "the entry has no link to follow".to_owned(), None),
    }
}

fn judge_read(case: Case<'_>, read: PageRead, told: Option<Article>) -> Decision {
    let PageRead { url, validators, fetched_at, article, print, .. } = read;
    let origin = TextOrigin { url: url.into(), validators, fetched_at, print };
    match article {
        Ok(Reading { article, .. })
            if article.paywalled && told.as_ref().is_some_and(|told| is_fuller(told, &article)) =>
        {
            fall_back(
                case,
                told,
                NoArticleReason::Paywall.as_str(),
                "only a teaser is outside the paywall".to_owned(),
                None,
            )
        }
        Ok(reading) => publish(case, reading, Some(origin), None),
        Err(NoArticle { reason, detail }) => {
            let attempts = case.pending.attempts.min(16);
            let again = REFUSED_AGAIN.saturating_mul(3_u32.saturating_pow(attempts)).min(Duration::from_secs(86_400));
            let again =
                Some(again).filter(|_| is_passing(reason) && case.is_patient(delta(case.schedule.page_patience)));
            fall_back(case, told, reason.as_str(), detail, again)
        }
    }
}

/// A page without a story now may have one later.
fn is_passing(reason: NoArticleReason) -> bool {
    matches!(reason, NoArticleReason::Wall | NoArticleReason::ErrorPage | NoArticleReason::NoText)
}

fn judge_failure(case: Case<'_>, failure: &Failure, told: Option<Article>) -> Decision {
    let error = failure.to_string();
    if was_not_asked(failure) {
        return ask_later(failure);
    }
    let transient = failure.reason.is_transient();
    if transient && case.offline {
        return Decision::Retry {
            wait: page_retry(case.pending.attempts + 1, failure.retry_after),
            error,
            asked: false,
        };
    }
    let patience = match failure.reason {
        _ if transient => delta(case.schedule.page_patience),
        Reason::NotFound | Reason::Denied | Reason::ClientError => delta(case.schedule.page_patience).min(DOUBT),
        _ => TimeDelta::zero(),
    };
    // if the feed has the story, its page may fail only a few times
    let tried = case.pending.attempts + 1 >= case.schedule.page_attempts || !transient;
    let enough = told.as_ref().is_some_and(|article| is_enough(case.pending, article));
    let may_work = if patience.is_zero() { !tried } else { case.is_patient(patience) };
    if may_work && !(enough && tried) {
        return case.retry(failure.retry_after, error);
    }
    fall_back(case, told, failure.reason.as_str(), error, None)
}

impl Case<'_> {
    /// Whether the page is tried again, if it is tried for this long.
    fn is_patient(&self, patience: TimeDelta) -> bool {
        self.pending.failing_since.is_none_or(|since| self.now - since < patience) && patience > TimeDelta::zero()
    }

    fn retry(&self, retry_after: Option<Duration>, error: String) -> Decision {
        Decision::Retry { wait: page_retry(self.pending.attempts + 1, retry_after), error, asked: true }
    }
}

/// A host that said when to come again is not requested before that, and the entry is not to blame.
fn was_not_asked(failure: &Failure) -> bool {
    failure.reason == Reason::Busy && failure.status.is_none()
}

fn ask_later(failure: &Failure) -> Decision {
    let wait = failure.retry_after.unwrap_or(Duration::from_secs(60));
    Decision::Retry { wait, error: failure.to_string(), asked: false }
}

fn is_fuller(told: &Article, page: &Article) -> bool {
    told.text_source == TextSource::FeedContent && told.text.len() > page.text.len()
}

/// Where a page's text came from.
struct TextOrigin {
    url: String,
    validators: Validators,
    fetched_at: DateTime<Utc>,
    print: Option<Print>,
}

/// The feed's own text, if it is enough of a story; else the end of the entry, or another try after `again`.
fn fall_back(case: Case<'_>, told: Option<Article>, reason: &str, detail: String, again: Option<Duration>) -> Decision {
    match told {
        Some(article) if is_enough(case.pending, &article) => {
            publish(case, Reading::of(article), None, Some(reason.to_owned()))
        }
        _ if case.pending.is_rejected => match again {
            Some(wait) => Decision::Retry { wait, error: detail, asked: true },
            None => Decision::Over,
        },
        _ => Decision::Reject { reason: reason.to_owned(), detail, again },
    }
}

fn reject(reason: &str, detail: String) -> Decision {
    Decision::Reject { reason: reason.to_owned(), detail, again: None }
}

fn is_enough(pending: &Pending, told: &Article) -> bool {
    match told.text_source {
        TextSource::FeedSummary => !pending.content_cut && told.text.chars().count() >= LEAST_SUMMARY,
        _ => !told.text.is_empty(),
    }
}

fn publish(case: Case<'_>, reading: Reading, origin: Option<TextOrigin>, fallback_reason: Option<String>) -> Decision {
    let (pending, Reading { article, text }) = (case.pending, reading);
    let entry_url = pending.entry.url.as_ref().map(ToString::to_string);
    let publication = Publication {
        content: text.content,
        is_feed_text: origin.is_none(),
        page: origin.as_ref().and_then(|origin| origin.print),
        text: text.text,
        length: article.text.len(),
        url: origin.as_ref().map(|origin| origin.url.clone()).filter(|url| Some(url) != entry_url.as_ref()),
        validators: origin.as_ref().map(|origin| origin.validators.clone()).unwrap_or_default(),
    };
    let (url, fetched_at) = match origin {
        Some(origin) => (Some(origin.url), Some(origin.fetched_at)),
        None => (entry_url, None),
    };
    Decision::Publish(Box::new(Publish {
        article,
        revision: pending.published.as_ref().map_or(1, |last| last.revision + 1),
        url,
        fetched_at,
        fallback_reason,
        publication,
    }))
}

#[cfg(test)]
mod tests;
