//! When the article was published and last changed.

use chrono::Datelike;
use serde_json::Value;
use url::Url;

use super::collect::{Statements, TimeRole};
use super::json_ld;
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
pub(super) fn published(said: &Statements, article: Option<&Value>, url: &Url) -> Option<(Moment, &'static str)> {
    let of_node = |node: &Value| {
        ["datePublished", "dateCreated", "uploadDate"].iter().find_map(|key| parse(&json_ld::text(node, key)?))
    };
    let of_times =
        |role: TimeRole| said.times.iter().filter(move |time| time.role == role).find_map(|time| parse(&time.value));
    let property =
        |name: &str| said.properties.iter().filter(|(key, _)| key == name).find_map(|(_, value)| parse(value));
    article
        .and_then(of_node)
        .map(|moment| (moment, "json-ld"))
        .or_else(|| first_meta(said, PUBLISHED).map(|moment| (moment, "meta")))
        .or_else(|| property("datePublished").map(|moment| (moment, "microdata")))
        .or_else(|| said.json_ld.iter().find_map(of_node).map(|moment| (moment, "json-ld")))
        .or_else(|| of_times(TimeRole::Published).map(|moment| (moment, "time")))
        .or_else(|| of_times(TimeRole::Unsaid).map(|moment| (moment, "time")))
        .or_else(|| said.date_texts.iter().find_map(|text| in_text(text)).map(|moment| (moment, "text")))
        .or_else(|| of_url(url).map(|moment| (moment, "url")))
}

/// Last change.
pub(super) fn updated(said: &Statements, article: Option<&Value>) -> Option<(Moment, &'static str)> {
    article
        .and_then(|node| parse(&json_ld::text(node, "dateModified")?))
        .map(|moment| (moment, "json-ld"))
        .or_else(|| first_meta(said, UPDATED).map(|moment| (moment, "meta")))
        .or_else(|| {
            let times = said.times.iter().filter(|time| time.role == TimeRole::Updated);
            times.filter_map(|time| parse(&time.value)).next().map(|moment| (moment, "time"))
        })
}

fn first_meta(said: &Statements, names: &[&str]) -> Option<Moment> {
    names.iter().find_map(|name| said.contents(name).find_map(parse))
}

/// A date in the years in which there were web pages; no clock here, so nothing is too late.
fn parse(text: &str) -> Option<Moment> {
    date::parse(text).filter(|moment| (1990..2100).contains(&moment.at.year()))
}

/// A date among other words (`Published: 3 May 2024, 4 min read`): the part that can be read as one.
fn in_text(text: &str) -> Option<Moment> {
    let parts = text
        .split(['|', '•', '·', '—', '–', '\n'])
        .flat_map(|part| [Some(part), part.split_once(':').map(|(_, rest)| rest)]);
    parts.flatten().map(without_lead).find_map(parse)
}

fn without_lead(part: &str) -> &str {
    let start = part.char_indices().find(|(_, c)| c.is_ascii_digit()).map_or(0, |(at, _)| at);
    // a month or a weekday in front of the first number belongs to the date
    let words = part[..start].split_whitespace().rev().take(2).collect::<Vec<_>>();
    words.last().map_or(&part[start..], |word| &part[word.as_ptr() as usize - part.as_ptr() as usize..])
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
