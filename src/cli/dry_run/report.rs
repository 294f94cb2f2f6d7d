//! The result of `copydesk try`, however it is shown.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    article::{Explained, Explanation, Fate},
    daemon::dry_run::{FeedSays, Outcome, Tried},
    record::FeedEntry,
};

/// Fields of a record that are shown with their source, in this order.
const FIELDS: &[&str] = &[
    "title",
    "authors",
    "published_at",
    "updated_at",
    "section",
    "tags",
    "language",
    "image",
    "canonical_url",
    "dateline",
    "credits",
    "copyright",
    "paywalled",
    "restrictions",
];

/// Everything that is shown.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The page's URL, after redirects.
    pub(super) url: String,
    /// Number of pages of the site from which something was learned; none if nothing is known about it.
    pub(super) learned_from: Option<u16>,
    /// The decisions about the page, or why it was not fetched.
    pub(super) page: PageReport,
    /// What the feed says about it, if a feed was named.
    pub(super) feed: Option<FeedReport>,
    /// Where the record's fields come from.
    pub(super) fields: Vec<FieldReport>,
    /// What would be committed.
    pub(super) outcome: OutcomeReport,
}

/// The decisions about the page.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum PageReport {
    /// It was read.
    Read {
        /// What the page says it is, if it says so.
        claims_to_be: Option<&'static str>,
        /// Why its visible text is not a story: a stable name, and words.
        refused: Option<(&'static str, String)>,
        /// Every text of it.
        blocks: Vec<Explained>,
    },
    /// It was not read.
    Failed {
        /// Why.
        error: String,
    },
}

/// What the feed says about the page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FeedReport {
    /// This.
    Entry(Box<FeedEntry>),
    /// None of this many entries is about it.
    NoneOf(usize),
    /// The feed could not be read.
    Error(String),
}

/// A field of the record.
#[derive(Debug, Serialize)]
pub(super) struct FieldReport {
    /// Its name.
    pub(super) name: &'static str,
    /// Its value.
    pub(super) value: Value,
    /// Where it came from.
    pub(super) source: String,
}

/// What would be committed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeReport {
    /// This record.
    Record(Value),
    /// This reject.
    Reject(Value),
    /// Nothing yet.
    Later(String),
}

impl Report {
    pub(super) fn new(tried: Tried, learned_from: Option<u16>) -> Self {
        let Tried { url, feed, page, outcome } = tried;
        let outcome = match outcome {
            Outcome::Record(record) => OutcomeReport::Record(json!(record)),
            Outcome::Reject(reject) => OutcomeReport::Reject(json!(reject)),
            Outcome::Later(why) => OutcomeReport::Later(why),
        };
        Self {
            url: url.into(),
            learned_from,
            page: PageReport::new(page),
            feed: feed.map(FeedReport::new),
            fields: fields(&outcome),
            outcome,
        }
    }

    /// What the page says it is, and how many blocks were kept, dropped or outside.
    pub(super) fn nature(&self) -> String {
        let claim = match &self.page {
            PageReport::Read { claims_to_be: Some(claim), .. } => format!("The page says that it is {claim}"),
            _ => "The page does not say what it is".to_owned(),
        };
        format!("{claim}: {}.", self.sum())
    }

    /// How many blocks were kept, dropped or outside, in a few words.
    pub(super) fn sum(&self) -> String {
        let PageReport::Read { blocks, .. } = &self.page else { return "the page was not read".to_owned() };
        let count = |fate| blocks.iter().filter(|block| block.fate == fate).count();
        let [kept, dropped, outside] = [Fate::Kept, Fate::Dropped, Fate::Outside].map(count);
        format!("{kept} blocks kept, {dropped} dropped, {outside} outside the story")
    }
}

impl PageReport {
    fn new(page: Result<Explanation, String>) -> Self {
        match page {
            Ok(Explanation { refused, claim, blocks, .. }) => Self::Read {
                claims_to_be: claim,
                refused: refused.map(|no_article| (no_article.reason.as_str(), no_article.detail)),
                blocks,
            },
            Err(error) => Self::Failed { error },
        }
    }
}

impl FeedReport {
    fn new(says: FeedSays) -> Self {
        match says {
            FeedSays::Entry(entry) => Self::Entry(Box::new(FeedEntry::whole(&entry))),
            FeedSays::Nothing(entries) => Self::NoneOf(entries),
            FeedSays::Failed(why) => Self::Error(why),
        }
    }
}

impl OutcomeReport {
    /// In one line: what it is, and if the text of a record is not the page's own, why.
    pub(super) fn headline(&self) -> String {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        match self {
            Self::Record(record) => {
                let fallback =
                    record["fallback_reason"].as_str().map(|reason| format!(", because the page failed: {reason}"));
                format!("a record, its text from: {}{}", text(record, "text_source"), fallback.unwrap_or_default())
            }
            Self::Reject(reject) => format!("a reject, {}: {}", text(reject, "reason"), text(reject, "detail")),
            Self::Later(why) => format!("nothing yet: {why}"),
        }
    }
}

fn fields(outcome: &OutcomeReport) -> Vec<FieldReport> {
    let OutcomeReport::Record(record) = outcome else { return Vec::new() };
    let field = |name: &&'static str| {
        let source = record["sources"][name].as_str()?.to_owned();
        Some(FieldReport { name, value: record[name].clone(), source })
    };
    FIELDS.iter().filter_map(field).collect()
}

/// A field's value as a line of text.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
