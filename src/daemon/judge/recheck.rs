//! The decision about a published article after a recheck of its page.
//!
//! PURE. A revision means that the publisher changed the story: not that it is read differently now, nor that its page
//! was another one for a while.
//!
//! | the page | then |
//! |---|---|
//! | has all of the text it had before, apart from numbers | unchanged, whatever is extracted from it |
//! | has a text that was published, now or earlier | unchanged: a text that comes back is not an edit |
//! | differs in numbers and relative times only | a revision, once the same numbers are seen a day later |
//! | is at another address, with another text | unchanged: it is another page |
//! | has a completely different text, or a much shorter one | a revision, once it is seen again |
//! | differs between two readings in a row as much as from what was published | unchanged: it alternates |
//! | has any other difference | a revision |
//!
//! An edit that the feed showed as well needs no second reading. A page that fails or is refused is tried again, and
//! changes nothing.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Case, Decision, TextOrigin, ask_later, publish, was_not_asked};
use crate::{
    article::{Article, Likeness, Print},
    daemon::follow::{Followed, PageOutcome, PageRead, Reading},
    feed::identity::title_hash,
    schedule::{delta, page_retry},
    state::{PageText, Published},
};

/// Below this share of paragraphs in common, a text is a completely different one.
const ANOTHER_TEXT: f32 = 0.15;
/// A text that has less than this part of the old one's length is a teaser, or half a story.
const MUCH_SHORTER: (usize, usize) = (3, 5);
/// How much the shares of two sketches that sample their texts may differ by chance.
const UNSURE: f32 = 0.25;
/// The shortest time between two sightings of something that must be seen twice.
const TWICE_AFTER: TimeDelta = TimeDelta::hours(6);
/// The same if the feed showed the edit, and the page has the feed's headline: otherwise it may be a wall, or today's
/// story in its place.
const TWICE_AFTER_TOLD: TimeDelta = TimeDelta::minutes(4);
/// The same if only numbers differ.
const SAME_NUMBERS_AFTER: TimeDelta = TimeDelta::hours(20);
/// A page that fails at a recheck is tried this often; then the next recheck follows. If a feed showed an edit, it is
/// tried as long as a new one.
const TRIES: u32 = 3;
/// After this long at first, then four times as long each time.
const FIRST_TRY: Duration = Duration::from_secs(900);

pub(super) fn judge(case: Case<'_>, followed: Followed) -> Decision {
    let Some(published) = &case.pending.published else { return unchanged(None) };
    let Followed { page, told } = followed;
    match page {
        PageOutcome::Unchanged => unchanged(None),
        PageOutcome::Read(read) => match read.article {
            Ok(_) => judge_read(case, published, *read),
            Err(ref no_article) => {
                without_page(case, published, told, &no_article.detail, no_article.reason.as_str(), false)
            }
        },
        PageOutcome::Failed(failure) if was_not_asked(&failure) => ask_later(&failure),
        PageOutcome::Failed(failure) => {
            let lasts = !failure.reason.is_transient();
            without_page(case, published, told, &failure.to_string(), failure.reason.as_str(), lasts)
        }
        PageOutcome::Unreadable(failure) => {
            without_page(case, published, told, &failure.to_string(), failure.as_str(), true)
        }
        // the feed is read again, and gives it as a whole
        PageOutcome::NotWanted if case.pending.content_cut => {
            let error = "its content was too large to keep: the feed is read again".to_owned();
            Decision::Retry { wait: FIRST_TRY, error, asked: false }
        }
        PageOutcome::NotWanted => match told {
            Some(article) => edited_feed_text(case, published, article, None),
            None => unchanged(None),
        },
    }
}

/// The page has no story: an article with the feed's text is judged by that; otherwise the page is tried again.
fn without_page(
    case: Case<'_>,
    published: &Published,
    told: Option<Article>,
    error: &str,
    reason: &str,
    lasts: bool,
) -> Decision {
    if published.is_feed_text
        && let Some(article) = told
    {
        return edited_feed_text(case, published, article, Some(reason.to_owned()));
    }
    // no other recheck may follow that would see an edit which a feed has shown
    if !lasts && published.awaits_edit() && case.is_patient(delta(case.schedule.page_patience)) {
        let wait = page_retry(case.pending.attempts + 1, None);
        return Decision::Retry { wait, error: error.to_owned(), asked: !case.offline };
    }
    if lasts || case.pending.attempts + 1 >= TRIES {
        return unchanged(None);
    }
    let wait = FIRST_TRY.saturating_mul(4_u32.saturating_pow(case.pending.attempts));
    Decision::Retry { wait, error: error.to_owned(), asked: !case.offline }
}

/// The text is the feed's, so the feed decides.
fn edited_feed_text(
    case: Case<'_>,
    published: &Published,
    article: Article,
    fallback_reason: Option<String>,
) -> Decision {
    let reading = Reading::of(article);
    let is_known = is_published(published, reading.text.content);
    // a summary says less than it did while the entry was new
    let is_less = reading.article.text.is_empty() || case.pending.content_cut;
    if is_known || is_less || !published.awaits_edit() || published.is_revised_often(case.now) {
        return unchanged(None);
    }
    publish(case, reading, None, fallback_reason)
}

fn judge_read(case: Case<'_>, published: &Published, read: PageRead) -> Decision {
    let PageRead { url, validators, fetched_at, article, print, again, .. } = read;
    let Ok(reading) = article else { return unchanged(None) };
    let same = |candidate| Decision::Unchanged { candidate, validators: Some(validators.clone()) };
    let Reading { article, text } = &reading;
    let content = text.content;
    let told = published.awaits_edit();
    let page = published.page.zip(print).map(|(before, now)| before.compare(&now));
    let same_page = page == Some(Likeness::Same);
    let other_source = published.is_feed_text && !told;
    if same_page || is_published(published, content) || other_source || article.paywalled {
        return same(None);
    }
    if published.is_revised_often(case.now) {
        return same(None);
    }
    let likeness = published.text.zip(text.text).map(|(before, now)| before.compare(&now));
    let seen_again = |after: TimeDelta| {
        published.candidate.is_some_and(|candidate| candidate.content == content && case.now - candidate.at >= after)
    };
    let told_so = told && has_headline_of_feed(case, article);
    let twice = if told_so { TWICE_AFTER_TOLD } else { TWICE_AFTER };
    let wait_for = match likeness {
        // the feed says that the story is there now
        _ if told_so && published.has_new_link => None,
        Some(Likeness::Same) => return same(None),
        // the page says the same in other numbers: any other difference is in how it is read
        Some(Likeness::Other(_)) if page == Some(Likeness::SameButForNumbers) => return same(None),
        Some(Likeness::SameButForNumbers) => Some(SAME_NUMBERS_AFTER),
        Some(Likeness::Other(share)) if share < ANOTHER_TEXT => {
            if is_elsewhere(case, published, url.as_str()) && !published.is_feed_text {
                return same(None);
            }
            Some(twice)
        }
        _ if is_much_shorter(published, article) => Some(twice),
        // nothing is known about the text, or it is an edit of it
        _ => None,
    };
    match wait_for {
        Some(after) if !seen_again(after) => same(Some(content)),
        None if flips(published, *text, again, told) => same(None),
        _ => {
            let origin = TextOrigin { url: url.into(), validators, fetched_at, print };
            publish(case, reading, Some(origin), None)
        }
    }
}

fn unchanged(candidate: Option<u32>) -> Decision {
    Decision::Unchanged { candidate, validators: None }
}

fn is_published(published: &Published, content: u32) -> bool {
    content == published.content || published.earlier.contains(&content)
}

fn has_headline_of_feed(case: Case<'_>, article: &Article) -> bool {
    let hash = |title: &Option<String>| title.as_deref().map_or(0, title_hash);
    let told = hash(&case.pending.entry.title);
    told != 0 && told == hash(&article.title)
}

/// Whether the page came from another address than the feed or the last reading led to.
fn is_elsewhere(case: Case<'_>, published: &Published, url: &str) -> bool {
    let is_link = case.pending.entry.url.as_ref().is_some_and(|link| link.as_str() == url);
    !is_link && published.url.as_deref() != Some(url)
}

fn is_much_shorter(published: &Published, article: &Article) -> bool {
    let (part, whole) = MUCH_SHORTER;
    article.text.len() * whole < published.length * part
}

/// Whether a second reading, right after the first, differs from it about as much as the first differs from what was
/// published: then the page alternates, and no editor changed it. If a feed showed an edit, only what was published
/// proves that.
fn flips(published: &Published, first: PageText, again: Option<PageText>, told: bool) -> bool {
    let Some(second) = again else { return false };
    if second.content == first.content || told {
        return second.content != first.content && is_published(published, second.content);
    }
    let share = |one: Option<Print>, other: Option<Print>| match one?.compare(&other?) {
        Likeness::Other(share) => Some(share),
        _ => Some(1.0),
    };
    let between = share(first.text, second.text).unwrap_or_default();
    let since = share(published.text, first.text);
    is_published(published, second.content) || since.is_none_or(|since| since >= between - UNSURE)
}
