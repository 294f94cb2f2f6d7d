//! `clean`: pages and scraped text with the extractor alone, for measurements and for imports of old pages.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write,
    path::Path,
};

use anyhow::Context;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use url::Url;

use super::manifest::{Manifest, ManifestItem, write_line};
use crate::{
    article::{self, Article, ExtractionContext, Page, Rules, Site},
    feed::Moment,
    link,
};

/// The kind of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// An HTML page.
    Html,
    /// Text that was scraped before.
    Text,
}

/// How the pages of a manifest are cleaned.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Whether pages of one site do not help each other.
    pub alone: bool,
    /// Whether blocks are printed in place of articles.
    pub blocks: bool,
}

/// Prints the article of one page or text as JSON.
pub fn one(
    bytes: &[u8],
    url: &Url,
    content_type: Option<&str>,
    format: Format,
    rules: &Rules,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let article = match format {
        Format::Text => article::from_text(&String::from_utf8_lossy(bytes)),
        Format::Html => {
            let page = Page { url, body: bytes, content_type };
            let site = Site::default();
            let context = ExtractionContext::without_entry(&site, rules);
            article::extract_or_begin(page, context).with_context(|| format!("no article in {url}"))?.article
        }
    };
    serde_json::to_writer_pretty(&mut *out, &shown(&article))?;
    Ok(writeln!(out)?)
}

/// Cleans the pages of a manifest (JSON Lines) and prints one JSON line for each, in the same order.
///
/// Pages of one site help each other, unless they are read `alone`: what a site repeats is learned from all of its pages first, so
/// the order of the lines changes nothing. A page that cannot be read or cleaned gives a line with an `error`.
pub fn manifest(path: &Path, options: Options, rules: &Rules, out: &mut impl Write) -> anyhow::Result<()> {
    let Options { alone, blocks } = options;
    let manifest = Manifest::read(path)?;
    let progress = manifest.progress(if alone { 1 } else { 2 });
    let sites = if alone { HashMap::new() } else { learn(&manifest, rules, &progress)? };
    let unknown = Site::default();
    manifest.each(
        &progress,
        |document| {
            let site = sites.get(&link::site(&document.url)).unwrap_or(&unknown);
            if blocks {
                return Ok(blocks_of(&document, site, rules));
            }
            clean(&document, site, rules).map(|extraction| shown(&extraction.article))
        },
        |line, result| write_line(out, &row(&line.id, result)),
    )?;
    progress.finish_and_clear();
    Ok(())
}

/// What each site repeats, by its name.
fn learn(manifest: &Manifest, rules: &Rules, progress: &ProgressBar) -> anyhow::Result<HashMap<String, Site>> {
    let mut sites: HashMap<String, Site> = HashMap::new();
    manifest.each(
        progress,
        |document| Ok((link::site(&document.url), clean(&document, &Site::default(), rules)?.observation)),
        |_, result| {
            if let Ok((site, observation)) = result {
                sites.entry(site).or_default().learn(&observation);
            }
            Ok(())
        },
    )?;
    Ok(sites)
}

/// Cleans one page; every failure becomes a message.
fn clean(document: &ManifestItem<'_>, site: &Site, rules: &Rules) -> Result<article::Extraction, String> {
    let page = Page { url: &document.url, body: &document.bytes, content_type: document.content_type };
    // there is no feed to replace a teaser here, and `paywalled` marks it
    article::extract_or_begin(page, ExtractionContext::without_entry(site, rules))
        .map_err(|error| format!("{}: {error}", error.reason.as_str()))
}

/// Every block of a page, with the decision about it.
fn blocks_of(document: &ManifestItem<'_>, site: &Site, rules: &Rules) -> Value {
    let page = Page { url: &document.url, body: &document.bytes, content_type: document.content_type };
    let explanation = article::explain(page, ExtractionContext::without_entry(site, rules));
    let block = |block: &article::Explained| {
        json!({
            "fate": block.fate, "reason": block.reason, "why": block.why, "place": block.place, "text": block.text,
            "signs": block.signs,
        })
    };
    json!({
        "refused": explanation.refused.map(|refused| refused.reason.as_str()),
        "blocks": explanation.blocks.iter().map(block).collect::<Vec<_>>(),
    })
}

fn row(id: &str, result: Result<Value, String>) -> Value {
    let mut row = json!({ "id": id });
    let rest = result.unwrap_or_else(|error| json!({ "text": "", "error": error }));
    if let (Value::Object(row), Value::Object(rest)) = (&mut row, rest) {
        row.extend(rest);
    }
    row
}

/// An article as JSON, with what was dropped.
fn shown(article: &Article) -> Value {
    let dropped: Vec<Value> =
        article.dropped.iter().map(|part| json!({ "reason": part.reason, "text": part.text })).collect();
    json!({
        "title": article.title,
        "text": article.text,
        "language": article.language,
        "authors": article.authors,
        "published_at": article.published.map(moment),
        "updated_at": article.updated.map(moment),
        "section": article.section,
        "tags": article.tags,
        "image": article.image,
        "canonical_url": article.canonical_url,
        "dateline": article.dateline,
        "credits": article.credits,
        "copyright": article.copyright,
        "corrections": article.corrections,
        "text_quality": article.text_quality,
        "text_source": article.text_source,
        "paywalled": article.paywalled,
        "restrictions": article.restrictions,
        "next_page": article.next_page,
        "sources": article.sources.iter().map(|(field, source)| (field.as_str(), source.as_str())).collect::<BTreeMap<_, _>>(),
        "dropped": dropped,
        "error": Value::Null,
    })
}

/// RFC 3339, without an offset where none was given.
fn moment(moment: Moment) -> String {
    if moment.zoned { moment.at.to_rfc3339() } else { moment.at.format("%Y-%m-%dT%H:%M:%S").to_string() }
}
