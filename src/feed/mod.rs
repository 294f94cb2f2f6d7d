//! What a publisher sent under a feed's URL, as entries.
//!
//! PURE: bytes in, values out; no network, no clock, no log. Tolerant of what publishers really send, and safe
//! with what attackers send: every limit is here, none is feed-rs's.
//!
//! ```text
//!  bytes ─▶ encoding ─▶ token ─▶ reader, field ─┬─▶ atom: canonical Atom ─▶ feed-rs ─┬─▶ entries
//!                     └▶ json ──────────────────┴─▶ draft: what feed-rs would lose ──┘
//! ```
//!
//! feed-rs reads canonical Atom only, written by us: on what publishers send it fails as a whole, or worse
//! (`document.rs` says what goes through it and why). [`identity`] tells entries apart, [`date`] reads their dates.

use std::borrow::Cow;
use std::io::Read;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

mod atom;
pub mod date;
mod document;
mod draft;
mod encoding;
mod entity;
mod extra;
mod field;
pub mod identity;
mod json;
mod markup;
mod names;
mod pace;
mod page;
mod person;
mod place;
mod problem;
mod reader;
mod relative;
mod scope;
mod token;

use document::Document;
pub use page::usual_places;
use problem::Problems;
use reader::Reader;

/// A gzipped sitemap is read up to the size that the protocol allows one to have unpacked.
const MAX_UNPACKED: u64 = 50 << 20;

/// Where bytes came from: what a parser needs to know to read them.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The URL the bytes were fetched from, after redirects; relative links resolve against it.
    pub url: &'a Url,
    /// The `Content-Type` header as it was sent.
    pub content_type: Option<&'a str>,
}

/// Reads a feed document.
pub fn parse(bytes: &[u8], source: Source<'_>) -> Result<Feed, NotAFeed> {
    let mut problems = Problems::default();
    let bytes = unpacked(bytes, &mut problems);
    let text = encoding::decode(&bytes, source.content_type, &mut problems);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
    if text.is_empty() {
        return Err(NotAFeed::Empty);
    }
    let document = Document::new(source.url, text.len(), problems);
    let found = if looks_like_json(text) {
        json::read(text, source.url, document)
    } else {
        Reader::read(text, source.url, document)
    };
    match found {
        Some(document) => Ok(document.finish()),
        None => Err(match page::announced(text, source.url) {
            Some(feeds) => NotAFeed::WebPage { feeds },
            None => NotAFeed::Unrecognised,
        }),
    }
}

/// Sitemaps are often stored gzipped, and served so without a `Content-Encoding`.
fn unpacked<'a>(bytes: &'a [u8], problems: &mut Problems) -> Cow<'a, [u8]> {
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return Cow::Borrowed(bytes);
    }
    let mut unpacked = Vec::new();
    let whole = flate2::read::MultiGzDecoder::new(bytes).take(MAX_UNPACKED).read_to_end(&mut unpacked);
    if whole.is_err() || unpacked.len() as u64 == MAX_UNPACKED {
        problems.note("damaged-gzip", || "the rest could not be unpacked".to_owned());
    }
    Cow::Owned(unpacked)
}

fn looks_like_json(text: &str) -> bool {
    match (text.find('{'), text.find('<')) {
        (Some(brace), Some(tag)) => brace < tag,
        (brace, _) => brace.is_some(),
    }
}

/// Why bytes are no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeed {
    /// Nothing at all.
    #[error("the document is empty")]
    Empty,
    /// A web page; the feeds it announces with `<link rel=alternate>`.
    #[error("a web page, not a feed{}", announced(.feeds))]
    WebPage {
        /// In document order.
        feeds: Vec<Announced>,
    },
    /// Neither a feed nor a page.
    #[error("neither RSS, Atom, RDF, JSON Feed nor a sitemap")]
    Unrecognised,
}

impl NotAFeed {
    /// A stable name.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::WebPage { .. } => "web_page",
            Self::Unrecognised => "malformed",
        }
    }
}

/// A feed that a web page announces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Announced {
    /// Its URL, absolute.
    pub url: Url,
    /// The title that the page gives it.
    pub title: Option<String>,
    /// The media type that the page gives it.
    pub media_type: Option<String>,
}

/// So many feeds are named in a message; a page may announce one for each of its tags.
const NAMED: usize = 5;

fn announced(feeds: &[Announced]) -> String {
    if feeds.is_empty() {
        return String::new();
    }
    let urls: Vec<&str> = feeds.iter().take(NAMED).map(|feed| feed.url.as_str()).collect();
    let more = if feeds.len() > NAMED { format!(" and {} more", feeds.len() - NAMED) } else { String::new() };
    format!("; it announces {}{more}", urls.join(", "))
}

/// The format a document was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RSS 0.9x and 2.0, and anything shaped like them.
    Rss,
    /// RSS 0.90 and 1.0.
    Rdf,
    /// Atom 0.3 and 1.0.
    Atom,
    /// JSON Feed 1.0 and 1.1.
    Json,
    /// A news sitemap.
    Sitemap,
    /// An index of sitemaps: no entries, only [`Feed::sitemaps`].
    SitemapIndex,
    /// Channel Definition Format.
    Cdf,
}

impl Format {
    /// A name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rss => "RSS",
            Self::Rdf => "RSS 1.0",
            Self::Atom => "Atom",
            Self::Json => "JSON Feed",
            Self::Sitemap => "sitemap",
            Self::SitemapIndex => "sitemap index",
            Self::Cdf => "CDF",
        }
    }
}

/// A feed document.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// The format it was recognised as.
    pub format: Format,
    /// The feed's title, as text.
    pub title: Option<String>,
    /// The site the feed is of.
    pub link: Option<Url>,
    /// Language as told, a BCP 47 tag where the publisher knew better than to invent one.
    pub language: Option<String>,
    /// What the feed says of how often to poll it.
    pub pace: Pace,
    /// WebSub hubs the feed announces.
    pub hubs: Vec<Url>,
    /// Where the feed offers to be subscribed to by rssCloud.
    pub cloud: Option<Url>,
    /// Sitemaps that an index names.
    pub sitemaps: Vec<Url>,
    /// Entries in document order.
    pub entries: Vec<Entry>,
    /// What was mended or ignored, bounded.
    pub problems: Vec<Problem>,
}

impl Feed {
    /// Notes dates that lie ahead of `now`. They are kept as told: who reads them decides what to believe.
    pub fn flag_future(&mut self, now: DateTime<Utc>) {
        let dates = self.entries.iter().flat_map(|entry| [entry.published, entry.updated]).flatten();
        let ahead: Vec<Moment> = dates.filter(|moment| moment.is_ahead(now)).collect();
        let mut problems = Problems::from(std::mem::take(&mut self.problems));
        if let Some(first) = ahead.first() {
            let count = u32::try_from(ahead.len()).unwrap_or(u32::MAX);
            problems.note_many("future-date", count, || first.at.to_rfc3339());
        }
        self.problems = problems.into_vec();
    }
}

/// What a feed says of its own rhythm; each bounds the schedule from below.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// RSS `ttl`, in minutes.
    pub ttl_minutes: Option<u32>,
    /// `sy:updatePeriod` over `sy:updateFrequency`, in seconds.
    pub update_seconds: Option<u32>,
    /// Hours of the day (UTC, 0 to 23) not to poll in.
    pub skip_hours: Vec<u8>,
    /// Days of the week not to poll on (0 is Monday), in UTC.
    pub skip_days: Vec<u8>,
}

/// An oddity in a document that was mended or ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable name, such as `bare-ampersand`.
    pub kind: &'static str,
    /// How often it was met.
    pub count: u32,
    /// The first of them, in words.
    pub example: String,
}

/// One item of a feed, as the feed tells it.
///
/// What few entries have is boxed: a sitemap has tens of thousands of them.
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
    /// The page's address as it was written, where [`Entry::url`] spells it otherwise (`http://Example.com`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_as_told: Option<String>,
    /// The link as told, where it only leads to [`Entry::url`] by way of a counter (`feedburner:origLink`).
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
    /// Categories and tags as told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Enclosures and media.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<Enclosure>,
    /// The entry's image, where one is marked as such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Box<Url>>,
    /// Language of the entry, where it differs from the feed's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The feed it was taken from, by `<source>`.
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

/// A point in time as somebody wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The instant; with [`Moment::zoned`] false, as if the text had said UTC.
    pub at: DateTime<FixedOffset>,
    /// Whether the text named an offset or a zone.
    pub zoned: bool,
}

impl Moment {
    /// Whether it lies ahead of `now`, by more than clocks differ; without a zone, in whatever zone it was meant.
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

/// A file that comes with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// Where it lies.
    pub url: Url,
    /// Media type as told.
    pub media_type: Option<String>,
    /// Length in bytes as told.
    pub length: Option<u64>,
}
