//! The public contract: what consumers of the records and of the rejects read.
//!
//! PURE: article → key, headers, bytes. The JSON Schemas of both documents are generated from these types and kept
//! under `schema/`; a test compares them. Within a major version only optional fields are added.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::article::{Article, Sources, TextQuality, TextSource};

mod entry;

pub use entry::{Carrier, FeedEntry};

/// Something to publish: opaque bytes with a key and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The site it belongs to: its fate is that of the site's partition.
    pub site: String,
    /// Record id.
    pub key: String,
    /// CloudEvents attributes and content type.
    pub headers: Vec<(String, String)>,
    /// One JSON document, without line breaks.
    pub payload: Vec<u8>,
}

/// The version of the contract; a new major version is a new `ce_type`.
pub const VERSION: u32 = 1;

/// One revision of one article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "copydesk record", description = "One revision of one article.")]
pub struct Record {
    /// Identifies the article for ever: 32 hexadecimal digits, derived from its site and what the feed or its link
    /// says of its identity. The message key.
    pub id: String,
    /// 1 for the first text, one more for each later text. `id` and `revision` together are unique.
    pub revision: u32,
    /// The page's URL after redirects, or the entry's own link where the page was not fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The page's own canonical URL, where it names a sane one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// The registrable domain of the feed that was first to carry the article.
    pub site: String,
    /// The headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The story: paragraphs separated by one blank line.
    pub text: String,
    /// BCP 47 tag of the text's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The people who wrote it.
    pub authors: Vec<String>,
    /// When the article was first published (RFC 3339), with the publisher's own offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<FixedOffset>>,
    /// True where the publisher named neither offset nor zone, and `published_at` says UTC for want of better.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published_at_assumed_utc: bool,
    /// True where `published_at` lay ahead when the revision was made; in no zone could it have been the past.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published_at_in_future: bool,
    /// When the publisher last changed it (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<FixedOffset>>,
    /// As `published_at_assumed_utc`, for `updated_at`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updated_at_assumed_utc: bool,
    /// The site's section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Tags and keywords of page and feed.
    pub tags: Vec<String>,
    /// URL of the lead image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The dateline as it stood before the first paragraph's dash; it is left in the text too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dateline: Option<String>,
    /// Agencies and contributors that credit lines name.
    pub credits: Vec<String>,
    /// The copyright line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copyright: Option<String>,
    /// What the publisher says that was corrected or updated since; it is not in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<String>,
    /// How sure the text was found; only where `text_source` is `page`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_quality: Option<TextQuality>,
    /// Where the text came from.
    pub text_source: TextSource,
    /// Why the text did not come from the page, where one was expected: a reject's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_reason: Option<String>,
    /// Whether the page says that it stands behind a paywall.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paywalled: bool,
    /// What page and server ask of those who copy it: `noarchive`, `nosnippet`, `tdm-reservation`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<String>,
    /// Where each field of the article that has a value came from, by the field's name: `json-ld`, `meta`,
    /// `microdata`, `link`, `h1`, `title`, `lang`, `time`, `byline`, `author-link`, `text`, `url`, `header` or `feed`.
    /// More may be added.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, String>,
    /// The feeds that carried it when this revision was made.
    pub feeds: Vec<Carrier>,
    /// The entry as the first of those feeds told it, without its full content.
    pub entry: FeedEntry,
    /// When the entry was first seen in a feed.
    pub discovered_at: DateTime<Utc>,
    /// When the page was fetched; absent where the feed alone was the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<DateTime<Utc>>,
    /// When this revision was handed to the ledger.
    pub recorded_at: DateTime<Utc>,
    /// SHA-256 over title, line feed and text, in hexadecimal digits: equal hashes are equal articles.
    pub content_hash: String,
    /// Version of copydesk that made this record.
    pub extractor: String,
}

/// What a record knows in addition to the article itself.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// See [`Record::id`].
    pub id: String,
    /// See [`Record::revision`].
    pub revision: u32,
    /// See [`Record::url`].
    pub url: Option<String>,
    /// See [`Record::site`].
    pub site: String,
    /// See [`Record::fallback_reason`].
    pub fallback_reason: Option<String>,
    /// See [`Record::feeds`].
    pub feeds: Vec<Carrier>,
    /// See [`Record::entry`].
    pub entry: FeedEntry,
    /// See [`Record::discovered_at`].
    pub discovered_at: DateTime<Utc>,
    /// See [`Record::fetched_at`].
    pub fetched_at: Option<DateTime<Utc>>,
    /// See [`Record::recorded_at`].
    pub recorded_at: DateTime<Utc>,
}

impl Record {
    /// The record of an article.
    pub fn new(article: Article, from: Provenance) -> Self {
        let content_hash = content_hash(article.title.as_deref(), &article.text);
        Self {
            id: from.id,
            revision: from.revision,
            url: from.url,
            canonical_url: article.canonical_url.map(String::from),
            site: from.site,
            title: article.title,
            text: article.text,
            language: article.language,
            authors: article.authors,
            published_at: article.published.map(|moment| moment.at),
            published_at_assumed_utc: article.published.is_some_and(|moment| !moment.zoned),
            published_at_in_future: article.published.is_some_and(|moment| moment.is_ahead(from.recorded_at)),
            updated_at: article.updated.map(|moment| moment.at),
            updated_at_assumed_utc: article.updated.is_some_and(|moment| !moment.zoned),
            section: article.section,
            tags: article.tags,
            image: article.image.map(String::from),
            dateline: article.dateline,
            credits: article.credits,
            copyright: article.copyright,
            corrections: article.corrections,
            text_quality: article.text_quality,
            text_source: article.text_source,
            fallback_reason: from.fallback_reason,
            paywalled: article.paywalled,
            restrictions: article.restrictions,
            sources: sources(&article.sources),
            feeds: from.feeds,
            entry: from.entry,
            discovered_at: from.discovered_at,
            fetched_at: from.fetched_at,
            recorded_at: from.recorded_at,
            content_hash,
            extractor: extractor(),
        }
    }

    /// Key, headers and bytes.
    pub fn message(&self) -> Message {
        let kind = if self.revision == 1 { "published" } else { "revised" };
        let id = format!("{}/{}", self.id, self.revision);
        message(&self.site, &self.id, &id, &format!("copydesk.article.{kind}"), "record", self.recorded_at, self)
    }
}

/// An entry that ended without a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "copydesk reject", description = "An entry that ended without a record, and why.")]
pub struct Reject {
    /// The id its record would have had. The message key.
    pub id: String,
    /// The URL that was tried, where the entry has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The registrable domain of the feed.
    pub site: String,
    /// A stable name for the class of failure.
    pub reason: String,
    /// In words.
    pub detail: String,
    /// How often the page was asked for.
    pub attempts: u32,
    /// The feeds that carried the entry.
    pub feeds: Vec<Carrier>,
    /// The entry as the feed told it, its content included.
    pub entry: FeedEntry,
    /// When the entry was first seen.
    pub discovered_at: DateTime<Utc>,
    /// When it was given up.
    pub rejected_at: DateTime<Utc>,
}

impl Reject {
    /// Key, headers and bytes.
    pub fn message(&self) -> Message {
        message(&self.site, &self.id, &self.id, "copydesk.entry.rejected", "reject", self.rejected_at, self)
    }
}

/// The attributes of the CloudEvents Kafka protocol binding, binary content mode (section 3.2), and the document.
fn message(
    site: &str,
    key: &str,
    event_id: &str,
    kind: &str,
    schema: &str,
    time: DateTime<Utc>,
    document: &impl Serialize,
) -> Message {
    let header = |name: &str, value: String| (name.to_owned(), value);
    Message {
        site: site.to_owned(),
        key: key.to_owned(),
        headers: vec![
            header("ce_specversion", "1.0".to_owned()),
            header("ce_id", event_id.to_owned()),
            header("ce_source", format!("copydesk:{site}")),
            header("ce_type", format!("{kind}.v{VERSION}")),
            header("ce_time", time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            header("ce_dataschema", schema_id(schema)),
            header("content-type", "application/json".to_owned()),
        ],
        payload: serde_json::to_vec(document).expect("plain data with string keys always serialises"),
    }
}

/// The identity of an article: 128 bits of SHA-256 over its site and its entry's first identity key.
pub fn id(site: &str, key: u64) -> String {
    let mut hash = Sha256::new();
    hash.update(b"copydesk article 1\0");
    hash.update(site.as_bytes());
    hash.update([0]);
    hash.update(key.to_be_bytes());
    hex(&hash.finalize()[..16])
}

/// See [`Record::content_hash`].
pub fn content_hash(title: Option<&str>, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(title.unwrap_or_default().as_bytes());
    hash.update(b"\n");
    hash.update(text.as_bytes());
    hex(&hash.finalize())
}

fn sources(sources: &Sources) -> BTreeMap<String, String> {
    sources.iter().map(|(field, source)| (field.as_str().to_owned(), source.as_str().to_owned())).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// Name and version of what made a record.
pub fn extractor() -> String {
    concat!("copydesk/", env!("CARGO_PKG_VERSION")).to_owned()
}

fn schema_id(name: &str) -> String {
    format!("urn:copydesk:schema:{name}:v{VERSION}")
}

/// The JSON Schema (2020-12) of [`Record`].
pub fn record_schema() -> serde_json::Value {
    schema::<Record>("record")
}

/// The JSON Schema (2020-12) of [`Reject`].
pub fn reject_schema() -> serde_json::Value {
    schema::<Reject>("reject")
}

fn schema<T: JsonSchema>(name: &str) -> serde_json::Value {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), schema_id(name).into());
    schema.to_value()
}

#[cfg(test)]
mod tests;
