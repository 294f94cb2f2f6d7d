//! When the article was published and last changed.

use chrono::Datelike;
use serde_json::Value;
use url::Url;

use super::collect::{Statements, TimeRole};
use super::json_ld;
use crate::article::Source;
use crate::feed::{Moment, date};

const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.date",
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
    "displaydate",
    "iso-8601-publish-date",
    "rnews:datepublished",
    "timestamp",
    "citation_date",
    "citation_publication_date",
    "bt:pubdate",
    "shareaholic:article_published_time",
    "published-date",
    "release_date",
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
    first_published(said, article, url).map(|(moment, source)| (localised(moment, said), source))
}

fn first_published(said: &Statements, article: Option<&Value>, url: &Url) -> Option<(Moment, Source)> {
    let of_node = |node: &Value| {
        ["datePublished", "dateCreated", "uploadDate"].iter().find_map(|key| parse(&json_ld::text(node, key)?))
    };
    let of_times =
        |role: TimeRole| said.times.iter().filter(move |time| time.role == role).find_map(|time| parse(&time.value));
    let property =
        |name: &str| said.properties.iter().filter(|(key, _)| key == name).find_map(|(_, value)| parse(value));
    article
        .and_then(of_node)
        .map(|moment| (moment, Source::JsonLd))
        .or_else(|| first_meta(said, PUBLISHED).map(|moment| (moment, Source::Meta)))
        .or_else(|| property("datePublished").map(|moment| (moment, Source::Microdata)))
        .or_else(|| said.json_ld.iter().find_map(of_node).map(|moment| (moment, Source::JsonLd)))
        .or_else(|| of_times(TimeRole::Published).map(|moment| (moment, Source::Time)))
        .or_else(|| of_times(TimeRole::Unsaid).map(|moment| (moment, Source::Time)))
        .or_else(|| said.date_texts.iter().find_map(|text| in_text(text)).map(|moment| (moment, Source::Text)))
        .or_else(|| of_url(url).map(|moment| (moment, Source::Url)))
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
fn parse(text: &str) -> Option<Moment> {
    date::parse(text).filter(|moment| (1990..2100).contains(&moment.at.year()))
}

/// A date among other words (`Published: 3 May 2024, 4 min read`): the longest run of words that reads as one.
pub(super) fn in_text(text: &str) -> Option<Moment> {
    let words: Vec<&str> = text.split_whitespace().take(24).collect();
    if !text.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    (0..words.len()).find_map(|start| {
        let longest = words.len().min(start + 8);
        (start + 1..=longest).rev().find_map(|end| {
            let run = words[start..end].join(" ");
            parse(run.trim_matches(|c: char| "|•·—–-:,()".contains(c) || c.is_whitespace()))
        })
    })
}

/// Whether a line holds a date.
pub(in crate::article) fn has_date(line: &str) -> bool {
    in_text(line).is_some()
}

/// The same instant as another statement writes it: with the site's own offset rather than in UTC.
fn localised(moment: Moment, said: &Statements) -> Moment {
    if !moment.zoned || moment.at.offset().local_minus_utc() != 0 {
        return moment;
    }
    let of_times = said.times.iter().map(|time| time.value.as_str());
    let of_metas = PUBLISHED.iter().flat_map(|name| said.contents(name));
    let of_texts = said.date_texts.iter().map(String::as_str);
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
