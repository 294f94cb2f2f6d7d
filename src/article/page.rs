//! The way of a page: bytes → text → tree → outline → body → verdicts → article.

use super::extract::{Evidence, body};
use super::metadata::{self, Metadata};
use super::outline::{Outline, outline};
use super::refusal::refusal;
use super::site::Lesson;
use super::{Article, Extraction, NoArticle, NoArticleReason, Page, Site, TextSource};
use super::{anchors, assemble, boilerplate, decode, entry, plain, tree};
use crate::feed::Entry;

/// Most bytes of a page that are looked at.
const MAX_BYTES: usize = 16 << 20;

pub(super) fn read(page: Page<'_>, entry: Option<&Entry>, site: &Site) -> Result<Extraction, NoArticle> {
    let html = markup(&page)?;
    let tree = tree::parse(&html);
    let mut outline = outline(&tree.html);
    let mut meta = metadata::metadata(&metadata::collect(&tree.html), page.url);
    let cut = tree.cut;
    drop(tree);
    let anchored = anchored(&outline, &meta, entry);
    let evidence = Evidence { anchored: &anchored, titles: &meta.titles, description: meta.description.as_deref() };
    let body = body(&mut outline, &evidence).unwrap_or_default();
    meta.complete(around_headline(&outline, body.headline));
    let opinions = site.opinions(&outline);
    let known =
        boilerplate::Known { titles: &meta.titles, authors: &meta.authors, opinions: &opinions, anchored: &anchored };
    let verdicts = boilerplate::judge(&outline, &body, &known);
    let mut article = Article { text: assemble::text(&outline, &verdicts), ..Article::default() };
    if let Some(refusal) = refusal(&article.text, &meta, &outline, cut) {
        return fallback(meta, entry, site).ok_or(refusal);
    }
    describe(&mut article, meta);
    assemble::record(&mut article, &outline, &verdicts);
    if let Some(entry) = entry {
        entry::describe(&mut article, entry);
    }
    let lesson = Lesson::of_page(page.url, &outline, &body, &anchored);
    Ok(Extraction { article, lesson })
}

fn markup<'a>(page: &Page<'a>) -> Result<std::borrow::Cow<'a, str>, NoArticle> {
    let refuse = |reason, detail: &str| Err(NoArticle { reason, detail: detail.to_owned() });
    if page.body.len() > MAX_BYTES {
        return refuse(NoArticleReason::TooLarge, "the page is larger than 16 MiB");
    }
    if page.body.iter().all(u8::is_ascii_whitespace) {
        return refuse(NoArticleReason::NoText, "the page is empty");
    }
    let html = decode::decode(page.body, page.content_type);
    if !html.contains('<') || html.starts_with("%PDF-") {
        return refuse(NoArticleReason::NotHtml, "the page is not HTML");
    }
    Ok(html)
}

/// Where other evidence holds the text of the page's blocks.
fn anchored(outline: &Outline, meta: &Metadata, entry: Option<&Entry>) -> Vec<bool> {
    let of_page = meta.body.as_deref().map(|body| anchors::locate(outline, body)).unwrap_or_default();
    if !of_page.is_empty() {
        return of_page;
    }
    let content = entry.and_then(|entry| entry.content.as_deref()).map(crate::text::from_html);
    content.map(|content| anchors::locate(outline, &content)).unwrap_or_default()
}

/// Short texts around the headline, where bylines and dates stand.
fn around_headline(outline: &Outline, headline: Option<usize>) -> impl Iterator<Item = &str> + Clone {
    let at = headline.unwrap_or(outline.blocks.len());
    let blocks = &outline.blocks[at.saturating_sub(3)..outline.blocks.len().min(at + 12)];
    blocks.iter().filter(|block| block.weight < 160).map(|block| block.text.as_str())
}

/// What is left where the page's visible text is no story: its structured data, or the feed.
fn fallback(mut meta: Metadata, entry: Option<&Entry>, site: &Site) -> Option<Extraction> {
    let of_feed = entry.and_then(|entry| entry::article(entry, site));
    let mut article = match meta.body.take() {
        Some(body) if of_feed.as_ref().is_none_or(|feed| feed.text.len() < body.len()) => Article {
            text_source: TextSource::StructuredData,
            ..plain::from_parts(&body.split("\n\n").collect::<Vec<_>>(), &meta.titles)
        },
        _ => of_feed?,
    };
    describe(&mut article, meta);
    if let Some(entry) = entry {
        entry::describe(&mut article, entry);
    }
    Some(Extraction { article, lesson: Lesson::default() })
}

fn describe(article: &mut Article, meta: Metadata) {
    article.sources.extend(&meta.sources);
    assemble::language(article, meta.language);
    article.title = meta.title;
    article.authors = meta.authors;
    article.published = meta.published;
    article.updated = meta.updated;
    article.section = meta.section;
    article.tags = meta.tags;
    article.image = meta.image;
    article.canonical_url = meta.canonical_url;
    article.next_page = meta.next_page;
    article.paywalled = meta.paywalled;
    article.restrictions = meta.restrictions;
}
