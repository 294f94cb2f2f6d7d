//! What a publisher sent under a feed's URL, as entries.
//!
//! PURE: bytes in, values out; no network, no clock, no log. Tolerant of what publishers really send, and safe with
//! what attackers send: all limits are here, none in feed-rs.
//!
//! ```text
//!  bytes ─▶ encoding ─▶ token ─▶ reader, field ─┬─▶ atom: canonical Atom ─▶ feed-rs ─┬─▶ entries
//!                     └▶ json ──────────────────┴─▶ draft: what feed-rs would lose ──┘
//! ```
//!
//! feed-rs reads canonical Atom only, written by us: what publishers send makes it fail as a whole, or worse
//! (`document.rs` says what goes through it and why). [`identity`] distinguishes entries, [`date`] reads their dates.

use std::borrow::Cow;
use std::io::Read;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

mod address;
mod atom;
mod bounds;
mod children;
pub mod date;
mod document;
mod draft;
mod encoding;
mod entity;
mod entry;
pub mod identity;
mod json;
mod markup;
mod names;
mod pace;
mod page;
mod person;
mod picture;
mod problem;
mod reader;
mod relative;
mod scope;
mod token;
mod wrapper;

pub use children::{Children, Offer};
use document::FeedBuilder;
pub use entry::{Enclosure, Entry, GeoPoint, Moment, Person};
pub use page::{linked, usual_places};
use problem::Problems;
use reader::FeedReader;

/// A gzipped sitemap is read up to the unpacked size that the protocol allows.
const MAX_UNPACKED: u64 = 50 << 20;

/// Where bytes came from: what a parser needs for reading them.
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
    let (bytes, is_cut) = unpacked(bytes, &mut problems);
    let text = encoding::decode(&bytes, source.content_type, &mut problems);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
    if text.is_empty() {
        return Err(NotAFeed::Empty);
    }
    let document = FeedBuilder::new(source.url, text.len(), problems);
    let found = if looks_like_json(text) {
        json::read(text, source.url, document)
    } else {
        FeedReader::read(text, source.url, document)
    };
    match found {
        Some(mut document) => {
            document.truncated |= is_cut;
            Ok(document.finish())
        }
        None => Err(match page::announced(text, source.url) {
            Some(feeds) => NotAFeed::WebPage { feeds },
            None => NotAFeed::Unrecognised,
        }),
    }
}

/// Sitemaps are often stored gzipped, and sent like this without a `Content-Encoding`.
///
/// Returns whether there is more than could be unpacked.
fn unpacked<'a>(bytes: &'a [u8], problems: &mut Problems) -> (Cow<'a, [u8]>, bool) {
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return (Cow::Borrowed(bytes), false);
    }
    let mut unpacked = Vec::new();
    let whole = flate2::read::MultiGzDecoder::new(bytes).take(MAX_UNPACKED).read_to_end(&mut unpacked);
    let is_cut = whole.is_err() || unpacked.len() as u64 == MAX_UNPACKED;
    if is_cut {
        problems.note("damaged-gzip", || "the rest could not be unpacked".to_owned());
    }
    (Cow::Owned(unpacked), is_cut)
}

fn looks_like_json(text: &str) -> bool {
    match (text.find('{'), text.find('<')) {
        (Some(brace), Some(tag)) => brace < tag,
        (brace, _) => brace.is_some(),
    }
}

/// Why bytes are not a feed.
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
    /// The type is also that of much else: the document must be checked before it is called a feed.
    #[serde(skip)]
    pub is_doubtful: bool,
}

/// This many feeds are named in a message; a page may announce one for each of its tags.
const NAMED: usize = 5;

fn announced(feeds: &[Announced]) -> String {
    let feeds: Vec<&Announced> = feeds.iter().filter(|feed| !feed.is_doubtful).collect();
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
    /// RSS 0.9x and 2.0, and similar documents.
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
    /// The site of the feed.
    pub link: Option<Url>,
    /// Language as given, a BCP 47 tag unless the publisher invented one.
    pub language: Option<String>,
    /// How often the feed asks to be polled.
    pub pace: Pace,
    /// WebSub hubs the feed announces.
    pub hubs: Vec<Url>,
    /// The rssCloud service of the feed.
    pub cloud: Option<Url>,
    /// Sitemaps that an index names.
    pub sitemaps: Vec<Sitemap>,
    /// Entries in document order.
    pub entries: Vec<Entry>,
    /// The document ends before it is complete, or could not be unpacked to its end.
    pub truncated: bool,
    /// What was repaired or ignored, limited in number.
    pub problems: Vec<Problem>,
}

impl Feed {
    /// Notes dates that are after `now`. They are kept as given: the reader decides what to believe.
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

/// A sitemap that an index names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sitemap {
    /// Where it is.
    pub url: Url,
    /// When it was last changed, as the index says.
    pub updated: Option<Moment>,
}

/// What a feed says about its own rhythm; each value is a lower limit for the schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// RSS `ttl`, in minutes.
    pub ttl_minutes: Option<u32>,
    /// `sy:updatePeriod` over `sy:updateFrequency`, in seconds.
    pub update_seconds: Option<u32>,
    /// Hours of the day (UTC, 0 to 23) in which not to poll.
    pub skip_hours: Vec<u8>,
    /// Days of the week on which not to poll (0 is Monday), in UTC.
    pub skip_days: Vec<u8>,
}

/// Something unusual in a document that was repaired or ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable name, such as `bare-ampersand`.
    pub kind: &'static str,
    /// How often it was found.
    pub count: u32,
    /// The first of them, in words.
    pub example: String,
}
