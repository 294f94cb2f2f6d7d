//! When the article was published and last changed.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::Value;
use url::Url;

use super::calendars;
use super::collect::{Statements, TimeRole};
use super::json_ld;
use super::shown::Shown;
use crate::article::Source;
use crate::feed::{Moment, date};

const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "dc.date.created",
    "dc.date.published",
    "sailthru.date",
    "parsely-pub-date",
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "publication_date",
    "publicationdate",
    "article.published",
    "published_time",
    "ptime",
    "pdate",
    "article_date_original",
    "original-publish-date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "article.created",
    "creation_date",
    "datecreated",
    "date_published",
    "iso-8601-publish-date",
    "rnews:datepublished",
    "citation_date",
    "citation_publication_date",
    "bt:pubdate",
    "shareaholic:article_published_time",
    "published-date",
    "release_date",
];
/// The same of dates that do not say of what they are: of the document, as the system that keeps it counts.
const UNSAID: &[&str] = &["date", "dc.date", "dcterms.date", "timestamp", "displaydate"];
/// Types of nodes whose dates are their own, not the page's.
const THINGS: &[&str] = &[
    "VideoObject",
    "ImageObject",
    "AudioObject",
    "MediaObject",
    "Comment",
    "UserComments",
    "Review",
    "Book",
    "Movie",
    "Event",
    "Product",
    "Person",
    "Question",
    "Answer",
];
const UPDATED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "article:updated_time",
    "datemodified",
    "dc.date.modified",
    "dcterms.modified",
    "lastmod",
    "last-modified",
    "last_modified",
    "modified",
    "updated_time",
    "article.updated",
    "revision_date",
];

/// First publication: structured data, then `<meta>`, then marked and unmarked dates in the page, then the URL.
pub(super) fn published(said: &Statements, article: Option<&Value>, url: &Url) -> Option<(Moment, Source)> {
    let (moment, source) = first_published(said, article, url)?;
    let moment = other_way_round(said, article, moment).unwrap_or(moment);
    let (moment, source) = republished(said, article, moment).unwrap_or((moment, source));
    Some((localised(moment, said), source))
}

/// The same date with day and month exchanged, where the page's other dates know only that day: `03-09-2026` can be
/// read either way.
fn other_way_round(said: &Statements, article: Option<&Value>, moment: Moment) -> Option<Moment> {
    let local = moment.at.naive_local();
    let date = NaiveDate::from_ymd_opt(local.year(), local.day(), local.month())?;
    let at = date.and_time(local.time()).and_local_timezone(*moment.at.offset()).single()?;
    let others = said.shown.iter().map(|shown| shown.moment).chain(updated(said, article).map(|(moment, _)| moment));
    let mut days =
        others.map(|other| other.at.date_naive()).filter(|day| [date, local.date()].contains(day)).peekable();
    (days.peek().is_some() && days.all(|day| day == date)).then_some(Moment { at, ..moment })
}

/// The date that readers see, where a piece was published anew since: machines go on saying the first date, often of
/// years ago, while the page and its feed date it by the last publication.
///
/// Believed only of a date that is shown as the page's own, and lies between the first publication and the last change:
/// a page that shows the day of its last change shows just that, unless it calls it the publication.
fn republished(said: &Statements, article: Option<&Value>, first: Moment) -> Option<(Moment, Source)> {
    let shown = said.shown.first().filter(|shown| shown.role != TimeRole::Updated)?;
    let (last, _) = updated(said, article)?;
    let days = |from: Moment, to: Moment| (to.at.date_naive() - from.at.date_naive()).num_days();
    let before_last = days(shown.moment, last);
    let is_own = before_last > 0 || before_last == 0 && shown.role == TimeRole::Published;
    (days(first, shown.moment) > 1 && is_own).then_some((shown.moment, shown.source))
}

fn first_published(said: &Statements, article: Option<&Value>, url: &Url) -> Option<(Moment, Source)> {
    let of_node = |node: &Value| {
        ["datePublished", "dateCreated", "uploadDate"].iter().find_map(|key| parse(&json_ld::text(node, key)?))
    };
    let of_times = |role: TimeRole| {
        said.times
            .iter()
            .filter(move |time| time.role == role)
            .find_map(|time| parse(&time.value).or_else(|| in_text(&time.value)))
    };
    let property =
        |name: &str| said.properties.iter().filter(|(key, _)| key == name).find_map(|(_, value)| parse(value));
    let of_shown = || {
        let shown = said.shown.iter().find(|shown| shown.role != TimeRole::Updated);
        shown.map(|shown| (shown.moment, shown.source))
    };
    article
        .and_then(of_node)
        .map(|moment| (moment, Source::JsonLd))
        .or_else(|| first_meta(said, PUBLISHED).map(|moment| (moment, Source::Meta)))
        .or_else(|| first_meta(said, UNSAID).map(|moment| of_shown().unwrap_or((moment, Source::Meta))))
        .or_else(|| property("datePublished").map(|moment| (moment, Source::Microdata)))
        .or_else(|| {
            said.json_ld
                .iter()
                .filter(|node| !json_ld::is_a(node, THINGS))
                .find_map(of_node)
                .map(|moment| (moment, Source::JsonLd))
        })
        .or_else(|| of_times(TimeRole::Published).map(|moment| (moment, Source::Time)))
        .or_else(of_shown)
        .or_else(|| of_times(TimeRole::Unsaid).map(|moment| (moment, Source::Time)))
        .or_else(|| said.date_texts.iter().find_map(|text| in_text(text)).map(|moment| (moment, Source::Text)))
        .or_else(|| of_url(url).map(|moment| (moment, Source::Url)))
        .or_else(|| {
            said.dates_beside.iter().take(4).find_map(|text| in_text(text)).map(|moment| (moment, Source::Text))
        })
}

/// Last change.
pub(super) fn updated(said: &Statements, article: Option<&Value>) -> Option<(Moment, Source)> {
    article
        .and_then(|node| parse(&json_ld::text(node, "dateModified")?))
        .map(|moment| (moment, Source::JsonLd))
        .or_else(|| first_meta(said, UPDATED).map(|moment| (moment, Source::Meta)))
        .or_else(|| {
            let times = said.times.iter().filter(|time| time.role == TimeRole::Updated);
            times.filter_map(|time| parse(&time.value)).next().map(|moment| (moment, Source::Time))
        })
}

fn first_meta(said: &Statements, names: &[&str]) -> Option<Moment> {
    names.iter().find_map(|name| said.contents(name).find_map(parse))
}

/// A date in the years in which there were web pages; no clock here, so nothing is too late.
pub(super) fn parse(text: &str) -> Option<Moment> {
    date::parse(&calendars::normal(text)).filter(|moment| (1990..2100).contains(&moment.at.year()))
}

/// A date among other words (`Published: 3 May 2024, 4 min read`): the longest run of words that reads as one.
pub(super) fn in_text(text: &str) -> Option<Moment> {
    longest_run(&calendars::normal(text), has_day)
}

/// Whether a line holds a date, were it only a month.
pub(in crate::article) fn has_date(line: &str) -> bool {
    longest_run(&calendars::normal(line), |_| true).is_some()
}

/// Whether a text may name a day: a year or a month alone does not.
pub(super) fn has_day(text: &str) -> bool {
    calendars::normal(text).split(|c: char| !c.is_ascii_digit()).any(|digits| matches!(digits.len(), 1 | 2 | 8))
}

fn longest_run(text: &str, fits: impl Fn(&str) -> bool) -> Option<Moment> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) || !fits(text) {
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().take(24).collect();
    // a date without a digit is none; those of other scripts are no ASCII
    let numeral = |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit() || !byte.is_ascii());
    (0..words.len()).find_map(|start| {
        let longest = words.len().min(start + 8);
        let first = start + words[start..longest].iter().position(numeral)?;
        (first + 1..=longest).rev().find_map(|end| {
            let run = words[start..end].join(" ");
            let run = run.trim_matches(|c: char| "|•·—–-:,()".contains(c) || c.is_whitespace());
            fits(run).then(|| parse(run)).flatten()
        })
    })
}

/// The same instant as another statement writes it: with the site's own offset rather than in UTC.
fn localised(moment: Moment, said: &Statements) -> Moment {
    if !moment.zoned {
        return moment;
    }
    let seen = said.shown.first().and_then(|shown| as_shown(moment, shown));
    if seen.is_some() || moment.at.offset().local_minus_utc() != 0 {
        return seen.unwrap_or(moment);
    }
    let of_times = said.times.iter().map(|time| time.value.as_str());
    let of_metas = PUBLISHED.iter().chain(UNSAID).flat_map(|name| said.contents(name));
    let of_texts = said.date_texts.iter().take(8).map(String::as_str);
    of_times
        .chain(of_metas)
        .chain(of_texts)
        .filter_map(|text| parse(text).or_else(|| in_text(text)))
        .find(|other| {
            let same = (other.at - moment.at).num_seconds().abs() < 60;
            same && other.zoned && other.at.offset().local_minus_utc() != 0
        })
        .unwrap_or(moment)
}

/// The same instant at the offset by which a reader is shown it: the page says `10:00 PM` and no zone, of what machines
/// are told as `03:00Z`. Offsets in use are half hours from -12 to +14, but for three of a quarter.
fn as_shown(moment: Moment, shown: &Shown) -> Option<Moment> {
    let local = shown.moment.at.naive_local();
    let minute = |time: NaiveDateTime| time.and_utc().timestamp().div_euclid(60);
    let minutes = minute(local) - minute(moment.at.naive_utc());
    let is_offset = minutes % 30 == 0 && (-12 * 60..=14 * 60).contains(&minutes);
    // midnight is what a date without a time is read as
    let has_time = local.time() != NaiveTime::MIN;
    if !is_offset || !has_time || shown.moment.zoned || shown.role == TimeRole::Updated {
        return None;
    }
    let offset = FixedOffset::east_opt(i32::try_from(minutes * 60).ok()?)?;
    Some(Moment { at: moment.at.with_timezone(&offset), zoned: true })
}

/// `/2024/05/03/` in the path.
fn of_url(url: &Url) -> Option<Moment> {
    let numbers: Vec<&str> = url.path_segments()?.collect();
    numbers.windows(3).find_map(|window| match window {
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
            parse(&format!("{year}-{month:0>2}-{day:0>2}"))
        }
        _ => None,
    })
}
