//! The article as the feed tells it.
//!
//! PURE. Feeds carry HTML too, with pitches and share links of their own: the same judgement as for pages, on all
//! of the fragment.

use super::boilerplate::{Known, judge};
use super::extract::Body;
use super::metadata::Titles;
use super::outline::outline;
use super::{Article, Site, TextSource, assemble, metadata, tree};
use crate::feed::Entry;
use crate::text::line;

/// Least content, in characters, that may be the whole story rather than a teaser.
const CONTENT: usize = 400;

pub(super) fn article(entry: &Entry, site: &Site) -> Option<Article> {
    let title = entry.title.as_deref().map(line);
    let titles = Titles::new(title.as_deref());
    let text = |html: &Option<String>| html.as_deref().and_then(|html| cleaned(html, &titles, site));
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
    article.language = metadata::language_of_text(&article.text, None);
    describe(&mut article, entry);
    Some(article)
}

/// Fills in from the entry what the page did not say.
pub(super) fn describe(article: &mut Article, entry: &Entry) {
    let claim = entry.language.as_deref().and_then(metadata::canonical_language);
    article.language = article.language.take().or(claim);
    article.title = article.title.take().or_else(|| entry.title.as_deref().map(line).filter(|title| !title.is_empty()));
    if article.authors.is_empty() {
        let names: Vec<String> = entry.authors.iter().filter_map(|author| author.name.clone()).collect();
        article.authors = metadata::people(&names);
    }
    article.published = article.published.or(entry.published);
    article.updated = article.updated.or(entry.updated);
    article.image = article.image.take().or_else(|| entry.image.as_deref().cloned());
    if article.tags.is_empty() {
        article.tags = entry.categories.iter().map(|tag| line(tag)).filter(|tag| !tag.is_empty()).take(32).collect();
    }
}

fn cleaned(html: &str, titles: &Titles, site: &Site) -> Option<Article> {
    let mut outline = outline(&tree::parse(html).html);
    outline.inherit(None, |block| block.weight as f32);
    let body = Body { scope: 0, blocks: (0..outline.blocks.len()).collect(), ..Body::default() };
    let opinions = site.opinions(&outline);
    let verdicts = judge(&outline, &body, &Known { opinions: &opinions, ..Known::titles(titles) });
    let mut article = Article { text: assemble::text(&outline, &verdicts), ..Article::default() };
    assemble::record(&mut article, &outline, &verdicts);
    (!article.text.is_empty()).then_some(article)
}
