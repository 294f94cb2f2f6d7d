//! The way of a page: bytes → text → tree → outline → body → verdicts → article.

use std::ops::Range;

use scraper::Html;
use url::Url;

use super::boilerplate::{Known, Reason, Seen, Verdict};
use super::extract::{Body, Evidence, body, is_prose};
use super::metadata::{self, Before, Lines, Metadata};
use super::outline::{Block, Home, Kind, Names, Outline, Signs, outline};
use super::prune::Attributes;
use super::refusal::{Findings, is_long, refusal};
use super::rules::{Cut, Ruling};
use super::site::SiteObservation;
use super::{
    Article, Dropped, Extraction, ExtractionContext, NoArticle, NoArticleReason, Page, Print, Site, TextSource,
};
use super::{anchors, assemble, boilerplate, decode, entry, plain, quality, script_data, tree};
use crate::feed::Entry;
use crate::link;

/// How many lines before the story its headline is looked for in, and its heaviest.
const LINES: usize = 25;
const HEADLINE: usize = 220;
/// How far behind the headline bylines are looked for, and the heaviest line of them.
const AHEAD: usize = 12;
const BEHIND: usize = 4;
const BYLINE: usize = 160;
/// Most of a page's text, in bytes, by which names are told from other words.
const READ: usize = 200_000;
/// Signs of lines that are of other stories, or of nobody's.
const OTHERS: Signs = Signs::COMMENTS
    .and(Signs::RELATED)
    .and(Signs::NAVIGATION)
    .and(Signs::FOOTER)
    .and(Signs::ASIDE)
    .and(Signs::CAPTION)
    .and(Signs::SHARE)
    .and(Signs::TAGS)
    .and(Signs::TOOLS)
    .and(Signs::HIDDEN);
/// Longest text, in bytes, that may be the beginning of a story which the page's data tells in full.
const TEASER: usize = 1200;
/// Most bytes of a page that are looked at.
const MAX_BYTES: usize = 16 << 20;

pub(super) fn read(page: Page<'_>, context: ExtractionContext<'_>) -> Result<Extraction, NoArticle> {
    let ((), reading) = Reading::of(page, context, |_, _| ())?;
    reading.finish()
}

/// As [`read`], teasers too.
pub(super) fn begun(page: Page<'_>, context: ExtractionContext<'_>) -> Result<Extraction, NoArticle> {
    let ((), mut reading) = Reading::of(page, context, |_, _| ())?;
    let is_paid = reading.refused.as_ref().is_some_and(|refused| refused.reason == NoArticleReason::Paywall);
    if is_paid && is_long(&reading.outline, &reading.verdicts) {
        reading.refused = None;
        reading.meta.paywalled = true;
    }
    reading.finish()
}

/// A page with all that was found and decided on the way to its article.
pub(super) struct Reading<'a> {
    page: Page<'a>,
    context: ExtractionContext<'a>,
    pub(super) outline: Outline,
    pub(super) meta: Metadata,
    pub(super) body: Body,
    /// Which blocks other evidence holds to be the story.
    pub(super) anchored: Vec<bool>,
    /// What the site says of each block.
    pub(super) opinions: Vec<Option<bool>>,
    pub(super) verdicts: Vec<Verdict>,
    /// What rules cut out of paragraphs.
    pub(super) cuts: Vec<Cut>,
    text: String,
    /// Whether a limit cut the page short.
    cut: bool,
    print: Print,
    /// Why the visible text is no story, if it is none.
    pub(super) refused: Option<NoArticle>,
}

impl<'a> Reading<'a> {
    /// Reads a page. `look` sees the tree, and the rules that were applied to it, before it is dropped.
    pub(super) fn of<T>(
        page: Page<'a>,
        context: ExtractionContext<'a>,
        look: impl FnOnce(&Html, &Ruling<'_>) -> T,
    ) -> Result<(T, Self), NoArticle> {
        let rules = context.rules.of(page.url);
        let attributes = if rules.is_empty() { Attributes::Read } else { Attributes::All };
        let mut tree = tree::parse_within(&markup(&page)?, context.limits, attributes);
        let cuts = if rules.is_empty() { Vec::new() } else { rules.mark(&mut tree.html) };
        let mut names = Names::default();
        let mut outline = outline(&tree.html, &Home::new(page.url), &mut names);
        let print = Print::of_page(&outline);
        let mut meta = metadata::metadata(&metadata::collect(&tree.html, &mut names, page.url), page.url);
        let (seen, cut) = (look(&tree.html, &rules), tree.cut);
        drop(tree);
        let anchored = anchored(&outline, &meta, context.entry);
        let evidence = Evidence { anchored: &anchored, titles: &meta.titles, description: meta.description.as_deref() };
        let mut body = body(&mut outline, &evidence).unwrap_or_default();
        if !rules.is_empty() {
            body.take_in_ruled(&outline);
        }
        meta.complete(&lines(&outline, &body));
        meta.complete_title(&before_story(&outline, &body));
        let opinions = context.site.opinions(&outline);
        let authors = lower(&meta.authors);
        let site = link::site(page.url);
        let known =
            Known { titles: &meta.titles, authors: &authors, site: &site, opinions: &opinions, anchored: &anchored };
        let verdicts = boilerplate::judge(&outline, &body, &known);
        let text = assemble::text(&outline, &verdicts);
        let headline = body.headline.map(|at| &outline.blocks[at]);
        let is_title = |block: &Block| matches!(block.kind, Kind::Heading(_)) && meta.titles.contain(&block.text);
        let headed = headline.is_some_and(is_title);
        let found = Findings { text: &text, meta: &meta, outline: &outline, verdicts: &verdicts, headed, cut };
        let refused = stands_in(context.entry, page.url).or_else(|| refusal(&found));
        Ok((
            seen,
            Self { page, context, outline, meta, body, anchored, opinions, verdicts, cuts, text, cut, print, refused },
        ))
    }

    /// Looks at the blocks as the last pass weighed them.
    pub(super) fn weighed<T>(&self, look: impl FnOnce(&Seen<'_>) -> T) -> T {
        let (authors, site) = (lower(&self.meta.authors), link::site(self.page.url));
        let (opinions, anchored) = (&self.opinions, &self.anchored);
        let known = Known { titles: &self.meta.titles, authors: &authors, site: &site, opinions, anchored };
        boilerplate::weighed(&self.outline, &self.body, &known, &self.verdicts, look)
    }

    /// The article, or why there is none. Nothing of a page that is refused reaches one.
    pub(super) fn finish(self) -> Result<Extraction, NoArticle> {
        let (entry, print) = (self.context.entry, self.print);
        if let Some(refused) = self.refused {
            let observation = SiteObservation::without_story(self.page.url, refused.reason);
            let is_told = refused.reason.is_of_a_story();
            let told = is_told.then(|| told_elsewhere(&self.page, &self.meta, self.text.len(), "")).flatten();
            let told = told.map(|article| described(article, self.meta, entry));
            return told.map(|article| Extraction { article, observation, print }).ok_or(refused);
        }
        if self.text.len() < TEASER {
            let first = self.text.split("\n\n").next().unwrap_or_default();
            if let Some(article) = told_elsewhere(&self.page, &self.meta, self.text.len(), first) {
                let observation = SiteObservation::without_story(self.page.url, NoArticleReason::Paywall);
                return Ok(Extraction { article: described(article, self.meta, entry), observation, print });
            }
        }
        let quality = quality::quality(&self.outline, &self.verdicts, self.context.site, self.cut);
        let mut article = Article { text: self.text, text_quality: Some(quality), ..Article::default() };
        describe(&mut article, self.meta);
        let cut = |cut: Cut| Dropped { reason: Reason::Rule.as_str(), text: cut.text };
        article.dropped.extend(self.cuts.into_iter().map(cut));
        assemble::record(&mut article, &self.outline, &self.verdicts);
        if let Some(entry) = entry {
            entry::describe(&mut article, entry);
        }
        let observation =
            SiteObservation::of_page(self.page.url, &self.outline, &self.body, &self.anchored, &self.verdicts);
        Ok(Extraction { article, observation, print })
    }
}

fn lower(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

/// Publishers lead to their home page from what they have taken down, and from what is not there yet.
fn stands_in(entry: Option<&Entry>, page: &Url) -> Option<NoArticle> {
    let link = entry?.url.as_ref()?;
    let detail = "the link leads to the home page".to_owned();
    metadata::leads_home(link, page).then_some(NoArticle { reason: NoArticleReason::NotAnArticle, detail })
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

/// Lines before the first paragraph of the story, the nearest first, which include its headline; with their ranks
/// where they are headings.
fn before_story<'a>(outline: &'a Outline, body: &Body) -> Before<'a> {
    let is_told = |at: &&usize| is_prose(&outline.blocks[**at]) && !body.deck.contains(at);
    let mut told = body.blocks.iter().filter(is_told);
    let Some(&first) = told.next() else { return Before { lines: Vec::new(), story: String::new() } };
    let story = std::iter::once(&first).chain(told.take(2)).map(|&at| outline.blocks[at].text.as_str());
    let story = story.collect::<Vec<_>>().join(" ");
    let before = (first.saturating_sub(LINES)..first).rev().map(|at| &outline.blocks[at]);
    let line = before.filter(|block| block.weight < HEADLINE && block.linked * 2 <= block.weight);
    let rank = |kind| if let Kind::Heading(rank) = kind { Some(rank) } else { None };
    Before { lines: line.map(|block| (block.text.as_str(), rank(block.kind))).collect(), story }
}

/// The lines around the headline and the story, where bylines and dates are.
fn lines<'a>(outline: &'a Outline, body: &Body) -> Lines<'a> {
    let all = outline.blocks.len();
    let is_told = |at: &&usize| is_prose(&outline.blocks[**at]) && !body.deck.contains(at);
    let told: Vec<usize> = body.blocks.iter().filter(is_told).copied().collect();
    let (first, end) = (told.first().map_or(all, |at| *at), told.last().map_or(all, |at| at + 1));
    let headline = body.headline.map_or_else(|| first.saturating_sub(AHEAD / 2), |at| at + 1);
    let start = body.headline.map_or_else(|| first.saturating_sub(AHEAD), |at| at + 1);
    let prose = (start..first.min(start + AHEAD)).find(|&at| is_prose(&outline.blocks[at]));
    let texts = |blocks: Range<usize>, not: Signs, rank: u8| -> Vec<&str> {
        short_lines(outline, blocks, not, rank).map(|block| block.text.as_str()).collect()
    };
    let is_set =
        |block: &&Block| (block.bold + block.italic) * 2 > block.weight || block.text.starts_with(['-', '–', '—']);
    let set =
        |at: usize| short_lines(outline, at..at + 1, OTHERS, u8::MAX).find(is_set).map(|block| block.text.as_str());
    let not = Signs::COMMENTS.and(Signs::CAPTION);
    let mut near = texts(headline.saturating_sub(4)..headline + AHEAD, not, 2);
    near.extend(texts(first.saturating_sub(4).max(headline + AHEAD)..first, not, 2));
    let story = body.blocks.iter().filter(|&&at| (first..end).contains(&at));
    Lines {
        near,
        head: texts(start..prose.unwrap_or(first), OTHERS, u8::MAX),
        led: first.checked_sub(1).and_then(set),
        signed: set(end),
        behind: texts(end..end + BEHIND, OTHERS.without(Signs::FOOTER), u8::MAX),
        story: story.map(|&at| outline.blocks[at].text.as_str()).collect(),
        page: beginning(outline),
    }
}

/// The blocks that may be bylines, without headings up to a rank, and without what is inside of elements with some
/// signs.
fn short_lines(outline: &Outline, blocks: Range<usize>, not: Signs, rank: u8) -> impl Iterator<Item = &Block> {
    let end = blocks.end.min(outline.blocks.len());
    let blocks = outline.blocks[blocks.start.min(end)..end].iter();
    blocks.filter(move |block| {
        let is_heading = matches!(block.kind, Kind::Heading(of) if of <= rank);
        let is_other = |at: usize| outline.elements[at].signs.any(not);
        block.weight < BYLINE && !is_heading && !outline.ancestors(block.element).any(is_other)
    })
}

/// What the page says, as far as it is read to tell names from other words.
fn beginning(outline: &Outline) -> Vec<&str> {
    let mut read = 0;
    let texts = outline.blocks.iter().map(|block| block.text.as_str());
    let begin = texts.take_while(|text| {
        read += text.len();
        read < READ
    });
    begin.collect()
}

/// The story as structured data or script data tells it, where the page's visible text is none or a beginning: `first`,
/// if there is one, is told there too. It has to say far more than what is visible.
fn told_elsewhere(page: &Page<'_>, meta: &Metadata, visible: usize, first: &str) -> Option<Article> {
    let tells = |article: &Article| article.text.len() > 2 * visible.max(1) && anchors::holds(&article.text, first);
    let structured = || {
        let body = meta.body.as_deref().filter(|body| body.len() > 2 * visible)?;
        let parts: Vec<&str> = body.split("\n\n").collect();
        Some(Article { text_source: TextSource::StructuredData, ..plain::from_parts(&parts, &meta.titles) })
    };
    let scripted = || {
        let story = script_data::story(&markup(page).ok()?, &meta.titles)?;
        let article = entry::cleaned(&story, &Home::new(page.url), &meta.titles, &Site::default())?;
        Some(Article { text_source: TextSource::ScriptData, ..article })
    };
    structured().filter(tells).or_else(|| scripted().filter(tells))
}

fn described(mut article: Article, meta: Metadata, entry: Option<&Entry>) -> Article {
    describe(&mut article, meta);
    if let Some(entry) = entry {
        entry::describe(&mut article, entry);
    }
    article
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
