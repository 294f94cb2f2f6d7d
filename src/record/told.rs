//! What the feeds said, as it stands in records and rejects.

use chrono::{DateTime, FixedOffset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::feed::{Enclosure, Entry};

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
pub struct Told {
    /// `guid` or `id`, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Its link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its title, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its summary, as the HTML that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Its content, as the HTML that was sent. Only in rejects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// When it was published; UTC where the feed named no zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<FixedOffset>>,
    /// When it was updated; UTC where the feed named no zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<FixedOffset>>,
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
    /// The page with its comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
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

impl Told {
    /// Everything the feed said.
    pub fn whole(entry: &Entry) -> Self {
        Self { content: entry.content.clone(), ..Self::without_content(entry) }
    }

    /// What the feed said, but for the full content.
    pub fn without_content(entry: &Entry) -> Self {
        Self {
            guid: entry.guid.clone(),
            url: entry.url.as_ref().map(ToString::to_string),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            content: None,
            published_at: entry.published.map(|moment| moment.at),
            updated_at: entry.updated.map(|moment| moment.at),
            authors: entry.authors.iter().filter_map(|person| person.name.clone()).collect(),
            categories: entry.categories.clone(),
            enclosures: entry.enclosures.iter().map(File::from).collect(),
            source: entry.source.clone(),
            comments: entry.comments.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&Enclosure> for File {
    fn from(told: &Enclosure) -> Self {
        Self { url: told.url.to_string(), media_type: told.media_type.clone(), length: told.length }
    }
}
