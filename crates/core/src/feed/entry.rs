//! What is kept of an entry: the values that are passed on, and stored while an entry is pending.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

/// One item of a feed, as the feed tells it.
///
/// Fields that few entries have are boxed: a sitemap has tens of thousands of entries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// `guid`, `atom:id`, `rdf:about` or `id`, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Whether an RSS guid claims to be a permanent link.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub guid_is_permalink: bool,
    /// The page, absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Url>,
    /// The page's address as it was written, if [`Entry::url`] has another spelling (`http://Example.com`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_as_told: Option<String>,
    /// The link as given, if it only leads to [`Entry::url`] through a click counter: `feedburner:origLink` says so, or
    /// the link itself contains its target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Box<Url>>,
    /// The title, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The summary, as HTML with absolute links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The full content, as HTML with absolute links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Moment>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Moment>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Person>,
    /// Categories and tags as given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Enclosures and media.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<Enclosure>,
    /// The entry's image, if one is marked as such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Box<Url>>,
    /// Language of the entry, if it differs from the feed's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The feed from which it was taken, by `<source>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// That feed's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<Box<Url>>,
    /// The page with the comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<Box<Url>>,
    /// How many comments there are (`slash:comments`, `thr:total`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment_count: Option<u32>,
    /// A feed of the comments (`wfw:commentRss`, a `replies` link to a feed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments_feed: Option<Box<Url>>,
    /// Where it happened (GeoRSS, W3C Basic Geo).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<GeoPoint>,
}

impl Entry {
    /// Its date: of its publication, or else of its last change.
    pub fn date(&self) -> Option<Moment> {
        self.published.or(self.updated)
    }
}

/// A point in time as somebody wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The instant; with [`Moment::zoned`] false, as if the text had said UTC.
    pub at: DateTime<FixedOffset>,
    /// Whether the text named an offset or a zone.
    pub zoned: bool,
}

impl Moment {
    /// Whether it is in the future, by more than clocks differ; without a zone, in every possible zone.
    pub fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        let doubt = if self.zoned { TimeDelta::minutes(10) } else { TimeDelta::hours(14) };
        self.at.to_utc() > now + doubt
    }
}

/// A point on the earth, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GeoPoint {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// A person a feed names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Name, without the address.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// A file of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// Where it is.
    pub url: Url,
    /// Media type as given.
    pub media_type: Option<String>,
    /// Length in bytes as given.
    pub length: Option<u64>,
}
