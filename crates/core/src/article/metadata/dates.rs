//! When the article was published and last changed.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::Value;
use url::Url;

use super::collect::Statements;
use super::date_texts::{Order, of_publication};
use super::json_ld;
use super::shown::{Shown, TimeRole};
use super::unmarked::Lines;
use crate::article::Source;
use crate::feed::Moment;

/// Names of `<meta>` elements, in letters and figures alone, that say of the publication without calling it so.
const CREATED: &[&str] = &[
    "sailthrudate",
    "ptime",
    "pdate",
    "articledateoriginal",
    "articlecreated",
    "creationdate",
    "datecreated",
    "dctermscreated",
    "dcdatecreated",
    "citationdate",
];
/// The same of dates that do not say of what they are: of the document, as the system that keeps it counts.
const UNSAID: &[&str] = &["date", "dcdate", "dctermsdate", "timestamp", "displaydate"];
/// Parts of names that make a date that of the publication, and of the last change.
const PUBLISHED: &[&str] = &["publish", "publicat", "publicdate", "publictime", "pubdate", "issued", "releasedate"];
const UPDATED: &[&str] = &["modif", "updat", "revis", "lastmod"];
/// Parts of names of something that is not the page, or of no date.
const OTHER: &[&str] = &["publisher", "expir", "unpublish", "video", "image", "event", "book", "movie", "comment"];
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
/// The farthest that two clocks are apart.
const FARTHEST: i64 = 14 * 60;

/// How many of a page's dates are looked through for one that is more exact.
const FEW: usize = 6;

/// Longest line that holds a date or a time and nothing else, in bytes.
const PAIR: usize = 40;

/// A date with its source.
type Dated = (Moment, Source);

/// First publication: structured data, then `<meta>`, then marked and unmarked dates in the page, then the URL.
pub(super) fn published(said: &Statements, article: Option<&Value>, url: &Url) -> Option<Dated> {
    let first = first_published(said, article, url)?;
    let first = exact(first, || of_publication_all(said, article));
    let seen = said.shown.iter().find_map(|shown| in_zone(first, shown).or_else(|| next_day(first, shown)));
    let (moment, source) = seen.unwrap_or(first);
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

/// The date that readers see, if a piece was published again since: the markup still says the first date, often of
/// years ago, while the page and its feed date it by the last publication.
///
/// Believed only of a date that is shown as the page's own, and is between the first publication and the last change:
/// a page that shows the day of its last change shows just that, unless it calls it the publication; and one that shows
/// the very instant of the last change shows nothing else.
fn republished(said: &Statements, article: Option<&Value>, first: Moment) -> Option<Dated> {
    let shown = said.shown.first().filter(|shown| shown.role != TimeRole::Updated)?;
    let (last, _) = updated(said, article)?;
    let days = |from: Moment, to: Moment| (to.at.date_naive() - from.at.date_naive()).num_days();
    let before_last = days(shown.moment, last);
    let is_last = !is_day(shown.moment) && (last.at - shown.moment.at).num_seconds().abs() < 60;
    let is_own = before_last > 0 || before_last == 0 && shown.role == TimeRole::Published && !is_last;
    (days(first, shown.moment) > 1 && is_own).then_some((shown.moment, shown.source))
}

fn first_published(said: &Statements, article: Option<&Value>, url: &Url) -> Option<Dated> {
    let of_times = |role: TimeRole| {
        let times = said.times.iter().filter(move |time| time.role == role);
        let moment = |value: &str| said.order.parse(value).or_else(|| said.order.published_in(value));
        times.filter_map(move |time| moment(&time.value)).next().map(|moment| (moment, Source::Time))
    };
    let of_shown = |role: Option<TimeRole>| {
        let fits = |shown: &&Shown| role.map_or(shown.role != TimeRole::Updated, |role| shown.role == role);
        said.shown.iter().find(fits).map(|shown| (shown.moment, shown.source))
    };
    let in_texts = |texts: &[String]| {
        texts.iter().find_map(|text| said.order.published_in(text)).map(|moment| (moment, Source::Text))
    };
    article
        .and_then(|node| of_node(said, node))
        .map(|moment| (moment, Source::JsonLd))
        .or_else(|| metas(said, MetaDate::Published).next())
        .or_else(|| metas(said, MetaDate::Unsaid).next().map(|dated| of_shown(None).unwrap_or(dated)))
        .or_else(|| property(said, "datePublished"))
        .or_else(|| of_other_nodes(said).next())
        .or_else(|| of_shown(Some(TimeRole::Published)))
        .or_else(|| of_shown(None))
        .or_else(|| of_times(TimeRole::Published))
        .or_else(|| of_times(TimeRole::Unsaid))
        .or_else(|| in_texts(&said.date_texts))
        .or_else(|| of_url(url).map(|moment| (moment, Source::Url)))
        .or_else(|| in_texts(&said.dates_before))
        .or_else(|| in_texts(&said.dates_beside[..said.dates_beside.len().min(4)]))
}

/// Last change.
pub(super) fn updated(said: &Statements, article: Option<&Value>) -> Option<Dated> {
    let of_node = || article.and_then(|node| said.order.parse(&json_ld::text(node, "dateModified")?));
    let of_times = || {
        let times = said.times.iter().filter(|time| time.role == TimeRole::Updated);
        times.filter_map(|time| said.order.parse(&time.value)).map(|moment| (moment, Source::Time))
    };
    let of_shown = || {
        let shown = said.shown.iter().filter(|shown| shown.role == TimeRole::Updated);
        shown.map(|shown| (shown.moment, shown.source))
    };
    let first = of_node()
        .map(|moment| (moment, Source::JsonLd))
        .or_else(|| metas(said, MetaDate::Updated).next())
        .or_else(|| of_times().next())
        .or_else(|| of_shown().next())?;
    Some(exact(first, || metas(said, MetaDate::Updated).chain(of_times()).chain(of_shown()).collect()))
}

/// All that is said of the publication, the most trusted first; of the page's other dates the first few, which are
/// around its headline.
fn of_publication_all(said: &Statements, article: Option<&Value>) -> Vec<Dated> {
    let of_article = article.and_then(|node| of_node(said, node)).map(|moment| (moment, Source::JsonLd));
    let times = said.times.iter().filter(|time| time.role != TimeRole::Updated).take(FEW);
    let times = times.filter_map(|time| Some((said.order.parse(&time.value)?, Source::Time)));
    let shown = said.shown.iter().filter(|shown| shown.role != TimeRole::Updated);
    let texts = said.date_texts.iter().take(FEW).chain(said.dates_before.iter().rev().take(2));
    let texts = texts.filter_map(|text| said.order.published_in(text));
    of_article
        .into_iter()
        .chain(metas(said, MetaDate::Published))
        .chain(metas(said, MetaDate::Unsaid))
        .chain(property(said, "datePublished"))
        .chain(of_other_nodes(said))
        .chain(shown.map(|shown| (shown.moment, shown.source)))
        .chain(times)
        .chain(texts.map(|moment| (moment, Source::Text)))
        .collect()
}

/// The same date as a statement has it that knows more of it: the time of the day, the zone, the site's own offset
/// where a local time is given as if it were UTC. A statement that says only this moves nothing.
fn exact(first: Dated, others: impl FnOnce() -> Vec<Dated>) -> Dated {
    let (moment, _) = first;
    let is_utc = moment.zoned && moment.at.offset().local_minus_utc() == 0;
    if moment.zoned && !is_utc {
        return first;
    }
    let others = others();
    let find = |is_better: &dyn Fn(Moment) -> bool| others.iter().copied().find(|(other, _)| is_better(*other));
    let local = |moment: Moment| moment.at.naive_local();
    if is_day(moment) {
        let is_same = |other: Moment| !is_day(other) && local(other).date() == local(moment).date();
        return find(&|other| is_same(other) && other.zoned).or_else(|| find(&is_same)).unwrap_or(first);
    }
    let is_elsewhere = |other: Moment| other.zoned && other.at.offset().local_minus_utc() != 0;
    let same_clock = |other: Moment| minute(local(other)) == minute(local(moment));
    if is_utc {
        // a clock's time that is told as UTC by one and with its offset by another
        let is_local = |other: Moment| is_elsewhere(other) && same_clock(other);
        return find(&is_local).or_else(|| as_local(moment, &others)).unwrap_or(first);
    }
    let is_zoned = |other: Moment| other.zoned && (same_clock(other) || is_zones_away(moment, other));
    find(&is_zoned).unwrap_or(first)
}

/// The same date as the lines around the story complete it: they tell the time of a day, or, where no date is known,
/// all of it.
pub(super) fn completed(published: Option<Moment>, lines: &Lines<'_>, order: Order) -> Option<Moment> {
    let all = || lines.near.iter().chain(&lines.behind).copied();
    let Some(day) = published else {
        return all().find_map(|line| order.published_in(line));
    };
    let is_exact = |moment: &Moment| !is_day(*moment) && moment.at.naive_local().date() == day.at.naive_local().date();
    let of_line = || all().filter_map(|line| order.published_in(line)).find(is_exact);
    // the time is on the line before or after
    let is_short = |two: &&[&str]| two.iter().all(|line| line.len() < PAIR);
    let pairs = || lines.near.windows(2).filter(is_short).flat_map(|two| [[two[1], two[0]], [two[0], two[1]]]);
    let of_pair = || pairs().filter_map(|two| order.in_text(&two.join(" "))).find(is_exact);
    Some(day).filter(|day| is_day(*day)).and_then(|_| of_line().or_else(of_pair))
}

/// The time that readers see, where machines are told a day alone, which may be that of another zone.
fn next_day((moment, _): Dated, shown: &Shown) -> Option<Dated> {
    let apart = moment.at.naive_local().date() - shown.moment.at.naive_local().date();
    let is_own = shown.role != TimeRole::Updated && !is_day(shown.moment) && apart.num_days().abs() == 1;
    (is_day(moment) && is_own).then_some((shown.moment, shown.source))
}

/// A clock's time with the zone of a date that readers see it by, whatever that is said to be of.
fn in_zone((moment, source): Dated, shown: &Shown) -> Option<Dated> {
    let (clock, seen) = (moment.at.naive_local(), shown.moment.at.naive_local());
    let is_same = !moment.zoned && !is_day(moment) && shown.moment.zoned && minute(clock) == minute(seen);
    let at = clock.and_local_timezone(*shown.moment.at.offset()).single().filter(|_| is_same)?;
    Some((Moment { at, zoned: true }, source))
}

/// The instant that another statement in UTC tells, where a statement without a zone shows that the first is the
/// site's own clock.
fn as_local(moment: Moment, others: &[Dated]) -> Option<Dated> {
    let clock = minute(moment.at.naive_local());
    let is_clock = others.iter().any(|(other, _)| !other.zoned && minute(other.at.naive_local()) == clock);
    let away = |other: &Dated| other.0.zoned && other.0.at != moment.at && is_zones_away(moment, other.0);
    others.iter().copied().find(away).filter(|_| is_clock)
}

/// Whether two clocks show one instant in two zones: offsets in use are half hours from -12 to +14, except for
/// three with quarter hours.
fn is_zones_away(one: Moment, other: Moment) -> bool {
    let minutes = minute(one.at.naive_local()) - minute(other.at.naive_utc());
    minutes % 30 == 0 && minutes.abs() <= FARTHEST
}

fn minute(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp().div_euclid(60)
}

/// Whether only a day is known: midnight is what a date without a time is read as.
fn is_day(moment: Moment) -> bool {
    !moment.zoned && moment.at.naive_local().time() == NaiveTime::MIN
}

fn of_node(said: &Statements, node: &Value) -> Option<Moment> {
    let keys = ["datePublished", "dateCreated", "uploadDate"];
    keys.iter().find_map(|key| said.order.parse(&json_ld::text(node, key)?))
}

fn of_other_nodes(said: &Statements) -> impl Iterator<Item = Dated> + '_ {
    let nodes = said.json_ld.iter().filter(|node| !json_ld::is_a(node, THINGS));
    nodes.filter_map(|node| Some((of_node(said, node)?, Source::JsonLd)))
}

fn property(said: &Statements, name: &str) -> Option<Dated> {
    let values = said.properties.iter().filter(|(key, _)| key == name);
    values.filter_map(|(_, value)| said.order.parse(value)).next().map(|moment| (moment, Source::Microdata))
}

/// What the date of a `<meta>` element is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MetaDate {
    Published,
    Updated,
    Unsaid,
}

/// The dates of `<meta>` elements; of the publication, those that call it so come first, the article's before others.
fn metas(said: &Statements, wanted: MetaDate) -> impl Iterator<Item = Dated> + '_ {
    let mut dates: Vec<(u8, Moment)> = Vec::new();
    for (name, content) in &said.metas {
        let fits = |(kind, rank): (MetaDate, u8)| (kind == wanted).then_some(rank);
        // most say something else, and without figures there is no date
        if !content.bytes().any(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let rank = meta_date(name).and_then(fits).filter(|_| content.len() < 80 && !content.contains("://"));
        // a number of seconds is often that of a later step
        let rank =
            rank.map(|rank| rank + u8::from(content.len() > 8 && content.bytes().all(|byte| byte.is_ascii_digit())));
        dates.extend(rank.and_then(|rank| Some((rank, said.order.parse(content)?))));
    }
    dates.sort_by_key(|(rank, _)| *rank);
    dates.into_iter().map(|(_, moment)| (moment, Source::Meta))
}

fn meta_date(name: &str) -> Option<(MetaDate, u8)> {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if UNSAID.contains(&name.as_str()) {
        return Some((MetaDate::Unsaid, 0));
    }
    if holds(OTHER) {
        return None;
    }
    if holds(UPDATED) {
        return Some((MetaDate::Updated, u8::from(!name.contains("modif"))));
    }
    let is_article = name.starts_with("article") || name.starts_with("ogarticle");
    let published = holds(PUBLISHED).then_some((MetaDate::Published, u8::from(!is_article)));
    published.or_else(|| CREATED.contains(&name.as_str()).then_some((MetaDate::Published, 2)))
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
    let of_times = said.times.iter().take(FEW).filter_map(|time| said.order.parse(&time.value));
    let of_metas = metas(said, MetaDate::Published).chain(metas(said, MetaDate::Unsaid)).map(|(moment, _)| moment);
    let of_texts = said.date_texts.iter().take(FEW).filter_map(|text| said.order.in_text(of_publication(text)?));
    let is_same = |other: &Moment| {
        let same = (other.at - moment.at).num_seconds().abs() < 60;
        same && other.zoned && other.at.offset().local_minus_utc() != 0
    };
    of_times.chain(of_metas).chain(of_texts).find(is_same).unwrap_or(moment)
}

/// The same instant at the offset by which a reader is shown it: the page says `10:00 PM` and no zone, of what machines
/// are told as `03:00Z`.
fn as_shown(moment: Moment, shown: &Shown) -> Option<Moment> {
    let local = shown.moment.at.naive_local();
    let minutes = minute(local) - minute(moment.at.naive_utc());
    let is_offset = minutes % 30 == 0 && (-12 * 60..=FARTHEST).contains(&minutes);
    if !is_offset || is_day(shown.moment) || shown.moment.zoned || shown.role == TimeRole::Updated {
        return None;
    }
    let offset = FixedOffset::east_opt(i32::try_from(minutes * 60).ok()?)?;
    Some(Moment { at: moment.at.with_timezone(&offset), zoned: true })
}

/// `/2024/05/03/` or `/2024-05/03/` in the path.
fn of_url(url: &Url) -> Option<Moment> {
    let numbers: Vec<&str> = url.path().split(['/', '-']).collect();
    numbers.windows(3).find_map(|window| match window {
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
            crate::feed::date::parse(&format!("{year}-{month:0>2}-{day:0>2}"))
                .filter(|moment| (1990..2100).contains(&moment.at.year()))
        }
        _ => None,
    })
}
