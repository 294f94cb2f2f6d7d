//! The story of a page, and nothing else.
//!
//! PURE: page + entry + what the site repeats → article. No network, no clock, no log.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::feed::{Entry, Moment};

mod anchors;
mod assemble;
mod boilerplate;
mod decode;
mod entry;
mod explain;
mod extract;
mod metadata;
mod outline;
mod page;
mod plain;
mod print;
mod prune;
mod quality;
mod record_lines;
mod refusal;
mod rules;
mod script_data;
pub mod site;
mod source;
mod tree;

pub use explain::{Explained, Explanation, Fate};
pub use print::{Likeness, NoPrint, Print};
pub use rules::{BadRule, Rules, Selector};
pub use site::{Learned, Site, SiteObservation};
pub use source::{Field, Source, Sources};

/// A page as it was fetched.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Its URL, after redirects.
    pub url: &'a Url,
    /// Its bytes, decompressed, not yet decoded.
    pub body: &'a [u8],
    /// The `Content-Type` header as it was sent.
    pub content_type: Option<&'a str>,
}

/// What a page is read with.
#[derive(Debug, Clone, Copy)]
pub struct ExtractionContext<'a> {
    /// What its feed says of it.
    pub entry: Option<&'a Entry>,
    /// What its site repeats.
    pub site: &'a Site,
    /// What the user says of sites.
    pub rules: &'a Rules,
    /// Where reading stops.
    pub limits: Limits,
}

impl<'a> ExtractionContext<'a> {
    /// A page of which no feed says anything, within the usual limits.
    pub fn without_entry(site: &'a Site, rules: &'a Rules) -> Self {
        Self { entry: None, site, rules, limits: Limits::default() }
    }
}

/// Cuts the story out of a page. `entry` is what the feed said of it: evidence, and what the page leaves open.
pub fn from_page(page: Page<'_>, entry: Option<&Entry>, site: &Site) -> Result<Article, NoArticle> {
    let rules = Rules::default();
    extract(page, ExtractionContext { entry, ..ExtractionContext::without_entry(site, &rules) })
        .map(|extraction| extraction.article)
}

/// The same by the user's rules, with what the page teaches of its site: for [`Site::learn`], once the article is
/// accepted.
pub fn extract(page: Page<'_>, context: ExtractionContext<'_>) -> Result<Extraction, NoArticle> {
    page::read(page, context)
}

/// The same, also for a story of which the page has only the beginning, because the rest is for those who pay: the
/// beginning is the article then, and is said to be paywalled.
pub fn extract_or_begin(page: Page<'_>, context: ExtractionContext<'_>) -> Result<Extraction, NoArticle> {
    page::begun(page, context)
}

/// The same as [`extract`], with every decision on the way to it.
pub fn explain(page: Page<'_>, context: ExtractionContext<'_>) -> Explanation {
    explain::of_page(page, context)
}

/// The article as the feed alone tells it, from its content or, failing that, its summary.
pub fn from_entry(entry: &Entry, site: &Site) -> Option<Article> {
    entry::article(entry, site)
}

/// Cleans text that somebody scraped before; its title is the first line if that is apart.
pub fn from_text(raw: &str) -> Article {
    plain::article(raw)
}

/// Where reading a page stops: what was read until then is what there is of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Deepest element.
    pub depth: usize,
    /// Most elements.
    pub elements: usize,
    /// Most bytes of markup, after what can hold no story was cut out.
    pub markup: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // browsers nest no deeper than 512; a large news page has some three thousand elements
        Self { depth: 512, elements: 100_000, markup: 4 << 20 }
    }
}

/// An article, and what its page teaches of its site.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// The article.
    pub article: Article,
    /// What to learn from the page.
    pub observation: SiteObservation,
    /// All text of the page, before anything was judged.
    pub print: Print,
}

/// What was extracted from page and entry together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Article {
    /// The headline, without the site's name.
    pub title: Option<String>,
    /// Paragraphs separated by one blank line.
    pub text: String,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// People, one a name; an organisation where nobody is named.
    pub authors: Vec<String>,
    /// First publication.
    pub published: Option<Moment>,
    /// Last change.
    pub updated: Option<Moment>,
    /// The site's section.
    pub section: Option<String>,
    /// Tags and keywords.
    pub tags: Vec<String>,
    /// Lead image.
    pub image: Option<Url>,
    /// The page's own canonical URL, where sane.
    pub canonical_url: Option<Url>,
    /// `WASHINGTON (AP)`, as it is before the dash.
    pub dateline: Option<String>,
    /// Agencies and contributors named in credit lines.
    pub credits: Vec<String>,
    /// The copyright line.
    pub copyright: Option<String>,
    /// What the publisher says that was corrected or updated since.
    pub corrections: Vec<String>,
    /// How sure the page's text was found; absent where the text is not the page's.
    pub text_quality: Option<TextQuality>,
    /// Where the text came from.
    pub text_source: TextSource,
    /// Whether the page says that its text is behind a paywall.
    pub paywalled: bool,
    /// What the page asks of those who copy it (`noarchive`, `nosnippet`, `tdm-reservation`, …), lower case.
    pub restrictions: Vec<String>,
    /// Where the page goes on: the next page of a paged article.
    pub next_page: Option<Url>,
    /// What was taken out, in document order, bounded.
    pub dropped: Vec<Dropped>,
    /// Where each field that has a value came from.
    pub sources: Sources,
}

/// How sure a page's text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TextQuality {
    /// Words of the text; of scripts that part no words, two characters are one.
    pub kept_words: u32,
    /// Words that were taken out between the text's first and last paragraph: links, captions, boxes, or what was
    /// mistaken for them.
    pub dropped_words: u32,
    /// Whether the text ends as a story does, with nothing behind it that might be more of it.
    pub end_found: bool,
    /// How many pages of the site are known that it was read with.
    pub pages_known: u16,
}

/// Where an article's text came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// The page's visible text.
    #[default]
    Page,
    /// The page's structured data (JSON-LD `articleBody`).
    StructuredData,
    /// The page's script data: the JSON that a script would have written into the page.
    ScriptData,
    /// The feed's full content.
    FeedContent,
    /// The feed's summary: the story may be longer.
    FeedSummary,
}

impl TextSource {
    /// The name in records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::StructuredData => "structured_data",
            Self::ScriptData => "script_data",
            Self::FeedContent => "feed_content",
            Self::FeedSummary => "feed_summary",
        }
    }
}

/// A part that was taken out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// A stable name, such as `copyright` or `related-links`.
    pub reason: &'static str,
    /// The text, cut to a few hundred characters.
    pub text: String,
}

/// Why a page gave no article.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct NoArticle {
    /// The class.
    pub reason: NoArticleReason,
    /// In words.
    pub detail: String,
}

/// Classes of pages that hold no story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoArticleReason {
    /// Nothing looks like a story.
    NoText,
    /// A gallery, a video, a listing: a page of another kind.
    NotAnArticle,
    /// Only the teaser is there.
    Paywall,
    /// A consent wall or a check for robots.
    Wall,
    /// An error page that was sent as a success.
    ErrorPage,
    /// Not HTML.
    NotHtml,
    /// Larger or deeper than the limits.
    TooLarge,
}

impl NoArticleReason {
    /// Every class, in the order of their declaration.
    pub const ALL: [Self; 7] =
        [Self::NoText, Self::NotAnArticle, Self::Paywall, Self::Wall, Self::ErrorPage, Self::NotHtml, Self::TooLarge];

    /// Whether the page is still that of the story, so that its structured data is about the story.
    fn is_of_a_story(self) -> bool {
        matches!(self, Self::NoText | Self::Paywall | Self::NotAnArticle | Self::TooLarge)
    }

    /// The name in rejects and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoText => "no_text",
            Self::NotAnArticle => "not_an_article",
            Self::Paywall => "paywall",
            Self::Wall => "wall",
            Self::ErrorPage => "error_page",
            Self::NotHtml => "not_html",
            Self::TooLarge => "page_too_large",
        }
    }
}
