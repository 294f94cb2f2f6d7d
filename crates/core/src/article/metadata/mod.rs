//! What the article is called, who wrote it, when, and what else is said of it.
//!
//! PURE: statements the page makes about itself → one value a field, each with its source. Pages contradict
//! themselves, so every field has an order of trust of its own; the order is the code.

mod address;
mod authors;
mod bylines;
mod calendars;
mod collect;
mod date_texts;
mod dates;
mod headings;
mod json_ld;
mod language;
mod nodes;
mod people;
mod rights;
mod shown;
mod title;
mod titles;
mod unmarked;
mod words;

use serde_json::Value;
use url::Url;

use super::{Field, Source, Sources};
use crate::feed::Moment;
use crate::text::{from_html, line};

pub(super) use address::leads_home;
pub(super) use collect::{Statements, collect};
pub(super) use date_texts::has_date;
pub(super) use language::{canonical as canonical_language, seen as seen_language};
pub(super) use people::people;
pub(super) use title::Before;
pub(super) use titles::{Titles, same as same_title};
pub(super) use unmarked::Lines;

/// What was decided.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) title: Option<String>,
    /// What the site calls itself.
    site: Vec<String>,
    /// All that the page calls its headline, the one chosen included.
    pub(super) titles: Titles,
    pub(super) description: Option<String>,
    pub(super) authors: Vec<String>,
    /// Which of day and month comes first in numbers.
    order: date_texts::Order,
    /// Short texts next to the dates under the headline.
    near_dates: Vec<String>,
    /// Who may be meant if nothing better is found.
    otherwise: Option<(Vec<String>, Source)>,
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
    /// What kind of page it is, by `og:type` and JSON-LD types.
    pub(super) kind: PageKind,
    /// Where each field came from; the language's is that of the claim.
    pub(super) sources: Sources,
}

/// What the page says it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum PageKind {
    #[default]
    Unsaid,
    Article,
    /// Something else.
    Other(&'static str),
}

/// Decides each field.
pub(super) fn metadata(said: &Statements, url: &Url) -> Metadata {
    let site = title::site_names(said, url);
    let titles = Titles::new(title::claims(said, None, &site).iter().map(String::as_str));
    let canonical = said.links.iter().find(|(rel, _)| rel == "canonical").map(|(_, href)| href.as_str());
    let article = json_ld::article(&said.json_ld, &json_ld::Page { url, canonical, titles: &titles });
    let mut sources = Sources::default();
    let published = sources.take(Field::Published, dates::published(said, article, url));
    let updated = dates::updated(said, article)
        .filter(|(updated, _)| published.is_none_or(|published: Moment| updated.at >= published.at));
    let authors = authors::authors(said, article, &site);
    let otherwise = if authors.is_none() { authors::otherwise(said, article, &site) } else { None };
    Metadata {
        title: sources.take(Field::Title, title::title(said, article, &site)),
        titles: Titles::new(title::claims(said, article, &site).iter().map(String::as_str)),
        description: description(said, article),
        authors: sources.take(Field::Authors, authors).unwrap_or_default(),
        otherwise,
        order: said.order,
        near_dates: said.near_dates.clone(),
        published,
        updated: sources.take(Field::Updated, updated),
        section: sources.take(Field::Section, section(said, article, &titles, &site)),
        tags: sources.take(Field::Tags, tags(said, article)).unwrap_or_default(),
        image: sources.take(Field::Image, address::image(said, article, url)),
        language: sources.take(Field::Language, language(said, article)),
        canonical_url: sources.take(Field::CanonicalUrl, address::canonical(said, url)),
        next_page: address::next_page(said, url),
        paywalled: sources.take(Field::Paywalled, rights::paywalled(said, article)).is_some(),
        restrictions: sources.take(Field::Restrictions, rights::restrictions(said)).unwrap_or_default(),
        body: article.and_then(body),
        site,
        kind: kind(said, article),
        sources,
    }
}

impl Metadata {
    /// Fills in what only the lines around the story say, and what is left to be believed where they say nothing.
    pub(super) fn complete(&mut self, lines: &Lines<'_>) {
        // whom only a `<meta>` element names, and no line that readers see, may be the one who made the site
        let source = self.sources.of(Field::Authors);
        if source == Some(Source::Meta) && !lines.show(&self.authors) {
            self.otherwise = source.map(|source| (std::mem::take(&mut self.authors), source));
        }
        if self.authors.is_empty() {
            let found = self.seen_authors(lines);
            let found = found.or_else(|| self.otherwise.take());
            self.authors = self.sources.take(Field::Authors, found).unwrap_or_default();
        }
        if let Some(moment) = dates::completed(self.published, lines, self.order) {
            self.published = self.sources.take(Field::Published, Some((moment, Source::Text)));
        }
    }

    /// The authors whom lines around the story name: people first; an organisation only if nobody else is meant, or if
    /// what is meant is said in a `<meta>` element, which is often the same on all pages.
    fn seen_authors(&self, lines: &Lines<'_>) -> Option<(Vec<String>, Source)> {
        let topics: Vec<String> = self.section.iter().chain(&self.tags).cloned().collect();
        let known = unmarked::Known {
            site: &self.site,
            titles: &self.titles,
            topics: &topics,
            order: self.order,
            near_dates: &self.near_dates,
        };
        let of_line = lines.near.iter().map(|line| people::of_line(line, &self.site)).find(|names| !names.is_empty());
        let people = of_line.or_else(|| Some(lines.people(&known)).filter(|names| !names.is_empty()));
        let organisation = || lines.organisation(&known).map(|name| vec![name]);
        let is_other = |names: &Vec<String>| {
            let others = || self.otherwise.iter().flat_map(|(names, _)| names).chain(&self.site);
            !names.iter().any(|name| others().any(|other| authors::hold_each_other(other, name)))
        };
        let names = match &self.otherwise {
            None => people.or_else(organisation),
            Some((names, Source::Meta)) => {
                people.filter(|people| people != names).or_else(|| organisation().filter(is_other))
            }
            Some((names, _)) => people.filter(|people| people != names),
        };
        names.map(|names| (names, Source::Text))
    }

    /// Finds the headline among the lines before the story, where only statements for machines name it: they add the
    /// site's name, or say nothing else.
    pub(super) fn complete_title(&mut self, before: &Before<'_>) {
        let source = self.sources.of(Field::Title);
        if source.is_some_and(|source| !matches!(source, Source::Meta | Source::Title)) {
            return;
        }
        let is_vague = source == Some(Source::Title);
        if let Some(title) = title::among(self.title.as_deref(), is_vague, before, &self.site) {
            self.titles.add(&title);
            self.title = self.sources.take(Field::Title, Some((title, Source::Heading)));
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

/// The section, as one name: of a list the first, of a path none, or else the last of the breadcrumb before the story.
fn section(said: &Statements, article: Option<&Value>, titles: &Titles, site: &[String]) -> Option<(String, Source)> {
    let of_article = article.and_then(|node| json_ld::text(node, "articleSection"));
    let of_meta = |name: &str| said.meta_content(name).map(|text| (line(&from_html(text)), Source::Meta));
    let claims = of_article.map(|section| (section, Source::JsonLd)).into_iter();
    let claims = claims.chain(["article:section", "parsely-section"].into_iter().filter_map(of_meta));
    let one = |(section, source): (String, Source)| Some((one_section(&section)?, source));
    let is_known = |name: &String| titles.are_like(name) || site.iter().any(|site| same_title(site, name));
    claims.filter_map(one).next().or_else(|| {
        let crumbs = json_ld::breadcrumb(&said.json_ld);
        let folders: Vec<&String> = crumbs.iter().filter(|name| !is_known(name)).collect();
        // the first of several leads home
        let last = folders.last().filter(|_| folders.len() > 1 && folders.len() < 6)?;
        Some((one_section(last)?, Source::JsonLd))
    })
}

fn one_section(section: &str) -> Option<String> {
    let section = section.split([';', ',', '|', '>', '、', '，']).next().unwrap_or_default().trim();
    let is_path = section.contains('/') || section.contains(['_', '=', '{']);
    let is_slug = section.contains('-') && !section.contains(' ') && !section.contains(char::is_uppercase);
    let length = section.chars().count();
    ((1..=60).contains(&length) && !is_path && !is_slug && section.contains(char::is_alphabetic))
        .then(|| section.to_owned())
}

/// Keywords, each once, in the order of the source with the most to say.
fn tags(said: &Statements, article: Option<&Value>) -> Option<(Vec<String>, Source)> {
    let of_article = article.map(|node| json_ld::names(node, "keywords", &[])).unwrap_or_default();
    let of_meta: Vec<String> = said.contents("article:tag").map(str::to_owned).collect();
    let of_keywords: Vec<String> = ["news_keywords", "keywords"]
        .iter()
        .find_map(|name| said.meta_content(name))
        .map(str::to_owned)
        .into_iter()
        .collect();
    let statements = [(of_meta, Source::Meta), (of_article, Source::JsonLd), (of_keywords, Source::Meta)];
    let (said, source) = statements.into_iter().find(|(tags, _)| tags.iter().any(|tag| !tag.is_empty()))?;
    let mut tags: Vec<String> = Vec::new();
    for tag in said.iter().flat_map(|tag| tag.split([',', ';', '，', '、'])) {
        let tag = line(&from_html(tag));
        let known = tags.iter().any(|other| other.to_lowercase() == tag.to_lowercase());
        // paths and joined words are those of the system that keeps the page
        let is_name =
            tag.contains(char::is_alphanumeric) && !tag.contains([':', '=', '_', '{']) && !tag.starts_with('/');
        if is_name && tag.chars().count() <= 60 && !known && tags.len() < 32 {
            tags.push(tag);
        }
    }
    (!tags.is_empty()).then_some((tags, source))
}

fn language(said: &Statements, article: Option<&Value>) -> Option<(String, Source)> {
    let of_article = article.and_then(|node| json_ld::text(node, "inLanguage"));
    let claims = [
        (said.language.as_deref(), Source::Lang),
        (of_article.as_deref(), Source::JsonLd),
        (said.meta_content("content-language"), Source::Meta),
        (said.meta_content("og:locale"), Source::Meta),
    ];
    claims.into_iter().find_map(|(claim, source)| Some((language::canonical(claim?)?, source)))
}

fn body(article: &Value) -> Option<String> {
    let text = article.get("articleBody")?.as_str()?;
    let text = if text.contains('<') || text.contains('&') { from_html(text) } else { crate::text::paragraphs(text) };
    Some(text).filter(|text| text.chars().count() > 200)
}

fn kind(said: &Statements, article: Option<&Value>) -> PageKind {
    const OTHER: &[(&[&str], &str, &str)] = &[
        (&["ImageGallery", "MediaGallery"], "gallery", "a gallery"),
        (&["VideoGallery", "VideoObject"], "video", "a video"),
        (&["Product"], "product", "a product"),
        (&["CollectionPage", "ItemList", "SearchResultsPage"], "list", "a listing"),
    ];
    let graph = said.meta_content("og:type").unwrap_or_default().to_ascii_lowercase();
    if article.is_some() || graph == "article" {
        return PageKind::Article;
    }
    let is = |types: &[&str], name: &str| {
        graph.starts_with(name) || said.json_ld.iter().any(|node| json_ld::is_a(node, types))
    };
    let other = OTHER.iter().find(|(types, name, _)| is(types, name));
    other.map_or(PageKind::Unsaid, |(.., words)| PageKind::Other(words))
}
