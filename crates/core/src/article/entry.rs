//! The article as the feed tells it.
//!
//! PURE. Feeds carry HTML too, with pitches and share links of their own: the same judgement as for pages, on all
//! of the fragment.

use super::boilerplate::{Known, judge};
use super::extract::Body;
use super::metadata::Titles;
use super::outline::{Home, Names, outline};
use super::{Article, Field, Site, Source, Sources, TextSource, assemble, metadata, tree};
use crate::feed::Entry;
use crate::text::line;

/// Least content, in characters, that may be the whole story rather than a teaser.
const CONTENT: usize = 400;
/// Most tags of page and feed together.
const MAX_TAGS: usize = 64;

pub(super) fn article(entry: &Entry, site: &Site) -> Option<Article> {
    let title = entry.title.as_deref().map(line);
    let titles = Titles::new(title.as_deref());
    let home = entry.url.as_ref().map(Home::new).unwrap_or_default();
    let text = |html: &Option<String>| html.as_deref().and_then(|html| cleaned(html, &home, &titles, site));
    let (content, summary) = (text(&entry.content), text(&entry.summary));
    let longer =
        |of: &Article, other: &Option<Article>| other.as_ref().is_none_or(|other| of.text.len() > other.text.len());
    let (mut article, source) = match (content, summary) {
        (Some(content), summary) if longer(&content, &summary) => {
            let whole = content.text.chars().count() >= CONTENT;
            (content, if whole { TextSource::FeedContent } else { TextSource::FeedSummary })
        }
        (_, Some(summary)) => (summary, TextSource::FeedSummary),
        _ => return None,
    };
    article.text_source = source;
    assemble::language(&mut article, None);
    describe(&mut article, entry);
    Some(article)
}

/// Fills in from the entry what the page did not say.
pub(super) fn describe(article: &mut Article, entry: &Entry) {
    let sources = &mut article.sources;
    let claim = || entry.language.as_deref().and_then(metadata::canonical_language);
    let title = || entry.title.as_deref().map(line).filter(|title| !title.is_empty());
    or_told(&mut article.language, Field::Language, claim, sources);
    or_told(&mut article.title, Field::Title, title, sources);
    or_told(&mut article.published, Field::Published, || entry.published, sources);
    or_told(&mut article.updated, Field::Updated, || entry.updated, sources);
    or_told(&mut article.image, Field::Image, || entry.image.as_deref().cloned(), sources);
    // a person whom the feed names, rather than an organisation or a guess
    let is_guess = matches!(sources.of(Field::Authors), Some(Source::Text | Source::AuthorLink));
    if is_guess || metadata::people(&article.authors).is_empty() {
        let names: Vec<String> = entry.authors.iter().filter_map(|author| author.name.clone()).collect();
        let names = Some(metadata::people(&names)).filter(|names| !names.is_empty());
        if let Some(names) = sources.take(Field::Authors, names.map(|names| (names, Source::Feed))) {
            article.authors = names;
        }
    }
    add_tags(article, entry);
}

fn or_told<T>(slot: &mut Option<T>, field: Field, told: impl FnOnce() -> Option<T>, sources: &mut Sources) {
    if slot.is_none() {
        *slot = sources.take(field, told().map(|told| (told, Source::Feed)));
    }
}

/// The feed's categories are tags too, whatever the page says.
fn add_tags(article: &mut Article, entry: &Entry) {
    let (had, lower) = (article.tags.len(), |tag: &str| tag.to_lowercase());
    for tag in entry.categories.iter().map(|tag| line(tag)).filter(|tag| !tag.is_empty()) {
        let known = article.tags.iter().any(|other| lower(other) == lower(&tag));
        if !known && article.tags.len() < MAX_TAGS {
            article.tags.push(tag);
        }
    }
    if had == 0 && !article.tags.is_empty() {
        article.sources.note(Field::Tags, Source::Feed);
    }
}

pub(super) fn cleaned(html: &str, home: &Home, titles: &Titles, site: &Site) -> Option<Article> {
    let mut outline = outline(&tree::parse(html).html, home, &mut Names::default());
    outline.inherit(None, |block| block.weight as f32);
    let body = Body { scope: 0, blocks: (0..outline.blocks.len()).collect(), ..Body::default() };
    let opinions = site.opinions(&outline);
    let verdicts = judge(&outline, &body, &Known { opinions: &opinions, ..Known::titles(titles) });
    let mut article = Article { text: assemble::text(&outline, &verdicts), ..Article::default() };
    assemble::record(&mut article, &outline, &verdicts);
    (!article.text.is_empty()).then_some(article)
}
