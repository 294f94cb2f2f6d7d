//! What the article is called, who wrote it, when, and what else is said of it.
//!
//! PURE: statements the page makes about itself → one value a field, each with its source. Pages contradict
//! themselves, so every field has an order of trust of its own; the order is the code.

mod address;
mod authors;
mod collect;
mod dates;
mod json_ld;
mod language;
mod people;
mod rights;
mod title;

use serde_json::Value;
use url::Url;

use crate::feed::Moment;
use crate::text::{from_html, line};

pub(super) use collect::{Statements, collect};
pub(super) use dates::has_date;
pub(super) use language::{canonical as canonical_language, of_text as language_of_text};
pub(super) use people::people;
pub(super) use title::{Titles, same as same_title};

/// What was decided.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) title: Option<String>,
    /// All that the page calls its headline, the one chosen included.
    pub(super) titles: Titles,
    pub(super) description: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) published: Option<Moment>,
    pub(super) updated: Option<Moment>,
    pub(super) section: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) image: Option<Url>,
    /// As the page claims.
    pub(super) language: Option<String>,
    pub(super) canonical_url: Option<Url>,
    pub(super) next_page: Option<Url>,
    pub(super) paywalled: bool,
    pub(super) restrictions: Vec<String>,
    /// JSON-LD `articleBody`, as paragraphs.
    pub(super) body: Option<String>,
    /// `og:type` and JSON-LD types, for telling what kind of page it is.
    pub(super) kind: PageKind,
    /// Where each field came from.
    pub(super) sources: Vec<(&'static str, &'static str)>,
}

/// What the page says it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum PageKind {
    #[default]
    Unsaid,
    Article,
    /// A listing, a video, a gallery, a product.
    Other,
}

/// Decides each field.
pub(super) fn metadata(said: &Statements, url: &Url) -> Metadata {
    let article = json_ld::article(&said.json_ld);
    let mut sources = Vec::new();
    let mut note = |field: &'static str, source: Option<&'static str>| {
        if let Some(source) = source {
            sources.push((field, source));
        }
    };
    let (title, source) = title::title(said, article, url).unzip();
    note("title", source);
    let (authors, source) = authors::authors(said, article, &title::site_names(said, url)).unzip();
    note("authors", source);
    let (published, source) = dates::published(said, article, url).unzip();
    note("published", source);
    let (updated, source) = dates::updated(said, article).unzip();
    note("updated", source);
    Metadata {
        titles: Titles::new(title::claims(said, article, url).iter().map(String::as_str)),
        title,
        description: description(said, article),
        authors: authors.unwrap_or_default(),
        updated: updated.filter(|updated| published.is_none_or(|published: Moment| updated.at >= published.at)),
        published,
        section: section(said, article),
        tags: tags(said, article),
        image: address::image(said, article, url),
        language: language(said, article),
        canonical_url: address::canonical(said, url),
        next_page: address::next_page(said, url),
        paywalled: rights::paywalled(said, article),
        restrictions: rights::restrictions(said),
        body: article.and_then(body),
        kind: kind(said, article),
        sources,
    }
}

impl Metadata {
    /// Fills in what only the lines around the headline say.
    pub(super) fn complete<'a>(&mut self, mut lines: impl Iterator<Item = &'a str> + Clone) {
        if self.authors.is_empty()
            && let Some(names) = lines.clone().map(people::of_line).find(|names| !names.is_empty())
        {
            self.authors = names;
            self.sources.push(("authors", "text"));
        }
        if self.published.is_none() {
            self.published = lines.find_map(dates::in_text);
            self.sources.extend(self.published.map(|_| ("published", "text")));
        }
    }
}

fn description(said: &Statements, article: Option<&Value>) -> Option<String> {
    ["description", "og:description", "twitter:description"]
        .iter()
        .find_map(|name| said.meta_content(name).filter(|text| !text.is_empty()))
        .map(|text| line(&from_html(text)))
        .or_else(|| article.and_then(|node| json_ld::text(node, "description")))
}

fn section(said: &Statements, article: Option<&Value>) -> Option<String> {
    article
        .and_then(|node| json_ld::text(node, "articleSection"))
        .or_else(|| said.meta_content("article:section").map(|text| line(&from_html(text))))
        .or_else(|| said.meta_content("parsely-section").map(|text| line(&from_html(text))))
        .filter(|section| !section.is_empty() && section.chars().count() <= 80)
}

/// Keywords, each once, in the order of the source with the most to say.
fn tags(said: &Statements, article: Option<&Value>) -> Vec<String> {
    let of_article = article.map(|node| json_ld::names(node, "keywords", &[])).unwrap_or_default();
    let of_meta: Vec<String> = said.contents("article:tag").map(str::to_owned).collect();
    let of_keywords: Vec<String> = ["news_keywords", "keywords"]
        .iter()
        .find_map(|name| said.meta_content(name))
        .map(str::to_owned)
        .into_iter()
        .collect();
    let source = [of_meta, of_article, of_keywords].into_iter().find(|tags| tags.iter().any(|tag| !tag.is_empty()));
    let mut tags: Vec<String> = Vec::new();
    for tag in source.iter().flatten().flat_map(|tag| tag.split([',', ';', '，', '、'])) {
        let tag = line(&from_html(tag));
        let known = tags.iter().any(|other| other.to_lowercase() == tag.to_lowercase());
        if !tag.is_empty() && tag.chars().count() <= 60 && !known && tags.len() < 32 && !tag.contains([':', '=']) {
            tags.push(tag);
        }
    }
    tags
}

fn language(said: &Statements, article: Option<&Value>) -> Option<String> {
    let of_article = article.and_then(|node| json_ld::text(node, "inLanguage"));
    let claims = [
        said.language.as_deref(),
        of_article.as_deref(),
        said.meta_content("content-language"),
        said.meta_content("og:locale"),
    ];
    claims.into_iter().flatten().find_map(language::canonical)
}

fn body(article: &Value) -> Option<String> {
    let text = article.get("articleBody")?.as_str()?;
    let text = if text.contains('<') || text.contains('&') { from_html(text) } else { crate::text::paragraphs(text) };
    Some(text).filter(|text| text.chars().count() > 200)
}

fn kind(said: &Statements, article: Option<&Value>) -> PageKind {
    const OTHER: &[&str] =
        &["CollectionPage", "ItemList", "SearchResultsPage", "Product", "ImageGallery", "VideoGallery"];
    if article.is_some() || said.meta_content("og:type").is_some_and(|kind| kind.eq_ignore_ascii_case("article")) {
        PageKind::Article
    } else if said.json_ld.iter().any(|node| json_ld::is_a(node, OTHER))
        || said.meta_content("og:type").is_some_and(|kind| kind.starts_with("video") || kind.starts_with("product"))
    {
        PageKind::Other
    } else {
        PageKind::Unsaid
    }
}
