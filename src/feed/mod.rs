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

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use url::Url;

mod atom;
pub mod date;
mod document;
mod draft;
mod encoding;
mod entity;
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
    let document = Document::new(text.len(), problems);
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
        /// Absolute URLs, in document order.
        feeds: Vec<Url>,
    },
    /// Neither a feed nor a page.
    #[error("neither RSS, Atom, RDF, JSON Feed nor a sitemap")]
    Unrecognised,
}

fn announced(feeds: &[Url]) -> String {
    if feeds.is_empty() {
        return String::new();
    }
    let urls: Vec<&str> = feeds.iter().map(Url::as_str).collect();
    format!("; it announces {}", urls.join(", "))
}

/// The format a document was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Sitemaps that an index names.
    pub sitemaps: Vec<Url>,
    /// Entries in document order.
    pub entries: Vec<Entry>,
    /// What was mended or ignored, bounded.
    pub problems: Vec<Problem>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable name, such as `bare-ampersand`.
    pub kind: &'static str,
    /// How often it was met.
    pub count: u32,
    /// The first of them, in words.
    pub example: String,
}

/// One item of a feed, as the feed tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// `guid`, `atom:id`, `rdf:about` or `id`, byte for byte.
    pub guid: Option<String>,
    /// Whether an RSS guid claims to be a permanent link.
    pub guid_is_permalink: bool,
    /// The page, absolute.
    pub url: Option<Url>,
    /// The link as told, where it only leads to [`Entry::url`] by way of a counter (`feedburner:origLink`).
    pub redirect: Option<Url>,
    /// The title, as text.
    pub title: Option<String>,
    /// The summary, as HTML.
    pub summary: Option<String>,
    /// The full content, as HTML.
    pub content: Option<String>,
    /// When it was published.
    pub published: Option<Moment>,
    /// When it was last changed.
    pub updated: Option<Moment>,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// Categories and tags as told.
    pub categories: Vec<String>,
    /// Enclosures and media.
    pub enclosures: Vec<Enclosure>,
    /// The entry's image, where one is marked as such.
    pub image: Option<Url>,
    /// Language of the entry, where it differs from the feed's.
    pub language: Option<String>,
    /// The feed it was taken from, by `<source>`.
    pub source: Option<String>,
    /// The page with the comments.
    pub comments: Option<Url>,
}

/// A point in time as somebody wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The instant; with [`Moment::zoned`] false, as if the text had said UTC.
    pub at: DateTime<FixedOffset>,
    /// Whether the text named an offset or a zone.
    pub zoned: bool,
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
