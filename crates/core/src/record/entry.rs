//! What the feeds said, as it is in records and rejects.

use chrono::{DateTime, FixedOffset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    feed::{Enclosure, Entry},
    text,
};

/// A feed that carried an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carrier {
    /// The feed's URL as configured.
    pub url: String,
    /// The feed's own title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name it has in the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tags it has in the configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// An entry as its feed told it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Told")]
pub struct FeedEntry {
    /// `guid` or `id`, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Whether an RSS feed says of the guid that it is a permanent link.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guid_is_permalink: bool,
    /// Its link as it was written, made absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its title, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its summary, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Its content, as HTML with absolute links. Only in rejects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// When it was published; UTC where the feed named no zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<FixedOffset>>,
    /// True where the feed named neither offset nor zone for `published_at`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published_at_assumed_utc: bool,
    /// When it was updated; UTC where the feed named no zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<FixedOffset>>,
    /// As `published_at_assumed_utc`, for `updated_at`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updated_at_assumed_utc: bool,
    /// Its authors' names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Its categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Files that come with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<File>,
    /// The feed it was taken from, by its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// That feed's URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// URL of its image, where one is marked as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Its language as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The page with its comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// How many comments there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment_count: Option<u32>,
    /// A feed of its comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments_feed: Option<String>,
    /// Where it happened: latitude and longitude in degrees (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<[f64; 2]>,
}

/// A file that comes with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// Where it lies.
    pub url: String,
    /// Media type as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Length in bytes as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
}

impl FeedEntry {
    /// Everything the feed said.
    pub fn whole(entry: &Entry) -> Self {
        Self { content: entry.content.clone(), ..Self::without_content(entry) }
    }

    /// What the feed said, except the full content.
    pub fn without_content(entry: &Entry) -> Self {
        let summary = entry.summary.as_deref().map(text::from_html).filter(|summary| !summary.is_empty());
        Self {
            guid: entry.guid.clone(),
            guid_is_permalink: entry.guid_is_permalink,
            url: entry.url_as_told.clone().or_else(|| entry.url.as_ref().map(ToString::to_string)),
            title: entry.title.clone(),
            summary,
            content: None,
            published_at: entry.published.map(|moment| moment.at),
            published_at_assumed_utc: entry.published.is_some_and(|moment| !moment.zoned),
            updated_at: entry.updated.map(|moment| moment.at),
            updated_at_assumed_utc: entry.updated.is_some_and(|moment| !moment.zoned),
            authors: entry.authors.iter().filter_map(|person| person.name.clone()).collect(),
            categories: entry.categories.clone(),
            enclosures: entry.enclosures.iter().map(File::from).collect(),
            source: entry.source.clone(),
            source_url: entry.source_url.as_ref().map(ToString::to_string),
            image: entry.image.as_ref().map(ToString::to_string),
            language: entry.language.clone(),
            comments: entry.comments.as_ref().map(ToString::to_string),
            comment_count: entry.comment_count,
            comments_feed: entry.comments_feed.as_ref().map(ToString::to_string),
            place: entry.place.map(|place| [place.latitude, place.longitude]),
        }
    }
}

impl From<&Enclosure> for File {
    fn from(told: &Enclosure) -> Self {
        Self { url: told.url.to_string(), media_type: told.media_type.clone(), length: told.length }
    }
}
