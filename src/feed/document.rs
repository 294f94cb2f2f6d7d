//! A feed under construction, whatever format it is read from.
//!
//! The work is divided thus. Titles, links, people, categories and files go through feed-rs, as canonical Atom
//! ([`super::atom`]): its model settles what they are. Beside it, by index, is kept what that model has no place for or
//! changes (the guid byte for byte and whether it is a permanent link, dates with their zone, `source`, comments,
//! thumbnails, the pace), and the bulk, summary and content, which would only be escaped, parsed and copied once more
//! on the way through. Entries pass in batches: the model of a whole feed never exists at once.

use std::mem;

use feed_rs::model;
use url::Url;

use super::atom::{Atom, Link};
use super::entity::resolve_html;
use super::markup::{self, Style, Title};
use super::problem::Problems;
use super::{Enclosure, Entry, Feed, Format, Moment, Pace, Person, date, person};
use crate::text;

/// Entries that a document of any size may have, and beyond that one for every so many bytes: an entry takes more
/// memory than the few bytes of an empty `<item/>`.
const FREE_ENTRIES: usize = 1000;
const BYTES_AN_ENTRY: usize = 100;
const MAX_ENTRIES: usize = 100_000;
const MAX_SITEMAPS: usize = 50_000;
const MAX_HUBS: usize = 16;
/// The longest registered tag (RFC 5646, section 4.4.1).
const MAX_LANGUAGE: usize = 35;
/// A batch for feed-rs, in entries and in bytes of canonical Atom.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 256 * 1024;

/// What is kept of an entry beside the canonical form.
#[derive(Debug, Default)]
pub(super) struct Draft {
    title: Option<Title>,
    other_title: Option<Title>,
    pub(super) guid: Option<String>,
    pub(super) permalink: bool,
    pub(super) original_link: Option<Url>,
    summary: Option<String>,
    second_summary: Option<String>,
    media_text: Option<String>,
    content: Option<String>,
    pub(super) published: Option<Moment>,
    pub(super) some_date: Option<Moment>,
    pub(super) updated: Option<Moment>,
    pub(super) image: Option<Url>,
    pub(super) language: Option<String>,
    pub(super) source: Option<String>,
    pub(super) comments: Option<Url>,
}

impl Draft {
    pub(super) fn title(&mut self, value: String, style: Style, own: bool) {
        let slot = if own { &mut self.title } else { &mut self.other_title };
        if slot.is_none() {
            *slot = markup::title(value, style);
        }
    }

    /// Of two different summaries the longer is the content, where there is no other.
    pub(super) fn summary(&mut self, value: &str, style: Style) {
        let Some(html) = markup::html(value, style) else { return };
        match &self.summary {
            None => self.summary = Some(html),
            Some(first) if *first != html && self.second_summary.is_none() => self.second_summary = Some(html),
            Some(_) => {}
        }
    }

    /// Words about a picture are only a summary where there is no other.
    pub(super) fn media_text(&mut self, value: &str, style: Style) {
        if self.media_text.is_none() {
            self.media_text = markup::html(value, style);
        }
    }

    pub(super) fn content(&mut self, value: &str, style: Style) {
        if self.content.is_none() {
            self.content = markup::html(value, style);
        }
    }

    fn texts(&mut self) -> (Option<String>, Option<String>) {
        let (first, second) = (self.summary.take(), self.second_summary.take());
        match (self.content.take(), first, second) {
            (None, Some(first), Some(second)) if first.len() > second.len() => (Some(second), Some(first)),
            (None, first, second) => (first.or_else(|| self.media_text.take()), second),
            (content, first, _) => (first.or_else(|| self.media_text.take()), content),
        }
    }
}

/// A feed under construction.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) format: Format,
    pub(super) head: Atom,
    pub(super) body: Atom,
    pub(super) title: Option<Title>,
    pub(super) language: Option<String>,
    pub(super) pace: Pace,
    pub(super) hubs: Vec<Url>,
    pub(super) sitemaps: Vec<Url>,
    pub(super) problems: Problems,
    /// The entry being read.
    pub(super) entry: Option<Draft>,
    drafts: Vec<Draft>,
    entries: Vec<Entry>,
    max_entries: usize,
}

impl Document {
    /// `length` is the document's, in bytes.
    pub(super) fn new(length: usize, problems: Problems) -> Self {
        Self {
            format: Format::Rss,
            head: Atom::default(),
            body: Atom::default(),
            title: None,
            language: None,
            pace: Pace::default(),
            hubs: Vec::new(),
            sitemaps: Vec::new(),
            problems,
            entry: None,
            drafts: Vec::new(),
            entries: Vec::new(),
            max_entries: (FREE_ENTRIES + length / BYTES_AN_ENTRY).min(MAX_ENTRIES),
        }
    }

    pub(super) fn begin_entry(&mut self) {
        self.end_entry();
        self.body.begin_entry(self.drafts.len());
        self.entry = Some(Draft::default());
    }

    pub(super) fn end_entry(&mut self) {
        let Some(mut draft) = self.entry.take() else { return };
        if let Some(title) = draft.title.take().or_else(|| draft.other_title.take()) {
            self.body.title(&title.value, title.is_html);
        }
        self.body.end_entry();
        self.drafts.push(draft);
        if self.drafts.len() >= BATCH || self.body.len() >= BATCH_BYTES {
            self.flush();
        }
    }

    /// Forgets the entry being read: the document ends in the middle of it.
    pub(super) fn drop_entry(&mut self) {
        self.entry = None;
        self.body.end_entry();
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() + self.drafts.len() >= self.max_entries
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.drafts.is_empty()
    }

    /// The feed's language; what its `language` says goes over an `xml:lang`.
    pub(super) fn told_language(&mut self, value: &str, explicit: bool) {
        if explicit || self.language.is_none() {
            self.language = language(value).or(self.language.take());
        }
    }

    pub(super) fn hub(&mut self, url: Url) {
        if self.hubs.len() < MAX_HUBS && !self.hubs.contains(&url) {
            self.hubs.push(url);
        }
    }

    pub(super) fn sitemap(&mut self, url: Url) {
        if self.sitemaps.len() < MAX_SITEMAPS {
            self.sitemaps.push(url);
        }
    }

    fn flush(&mut self) {
        let mut models = self.body.read().map(|feed| feed.entries).unwrap_or_default().into_iter().peekable();
        let unread = models.peek().is_none() && !self.drafts.is_empty();
        if unread {
            self.problems.note("unread-batch", || "the canonical form was not understood".to_owned());
        }
        for (index, draft) in mem::take(&mut self.drafts).into_iter().enumerate() {
            let model = models.next_if(|model| model.id.parse() == Ok(index)).unwrap_or_default();
            self.entries.push(entry(draft, model));
        }
    }

    /// The feed, complete.
    pub(super) fn finish(mut self) -> Feed {
        self.end_entry();
        self.flush();
        if let Some(title) = self.title.take() {
            self.head.title(&title.value, title.is_html);
        }
        let head = self.head.read();
        let (title, links, authors) = head.map_or((None, Vec::new(), Vec::new()), |h| (h.title, h.links, h.authors));
        // RFC 4287, section 4.2.1: an entry without an author has its feed's
        if matches!(self.format, Format::Atom | Format::Json) {
            let authors: Vec<Person> = authors.into_iter().filter_map(author).collect();
            for entry in self.entries.iter_mut().filter(|entry| entry.authors.is_empty()) {
                entry.authors.clone_from(&authors);
            }
        }
        Feed {
            format: self.format,
            title: title.as_ref().and_then(title_text),
            link: best_link(&links),
            language: self.language,
            pace: self.pace,
            hubs: self.hubs,
            sitemaps: self.sitemaps,
            entries: self.entries,
            problems: self.problems.into_vec(),
        }
    }
}

fn entry(mut draft: Draft, model: model::Entry) -> Entry {
    let (summary, content) = draft.texts();
    let guid = draft.guid.filter(|guid| !guid.trim().is_empty());
    let permalink = || guid.as_deref().filter(|_| draft.permalink).and_then(web_address);
    let link = best_link(&model.links).or_else(permalink);
    let (url, redirect) = match draft.original_link {
        Some(original) => (Some(original), link),
        None => (link, None),
    };
    Entry {
        url,
        redirect,
        title: model.title.as_ref().and_then(title_text),
        summary,
        content,
        published: draft.published.or(draft.some_date),
        updated: draft.updated,
        authors: model.authors.into_iter().filter_map(author).collect(),
        categories: model.categories.into_iter().map(|category| category.term).collect(),
        enclosures: enclosures(model.links, model.media),
        image: draft.image,
        language: draft.language,
        source: draft.source,
        comments: draft.comments,
        guid_is_permalink: draft.permalink && guid.is_some(),
        guid,
    }
}

/// A title is text, whatever it was; one that is still full of entities was escaped twice.
fn title_text(title: &model::Text) -> Option<String> {
    let value = title.content.as_str();
    let text = if title.content_type.subty() == "html" {
        let value = if value.contains("&amp;") { resolve_html(value) } else { value.into() };
        text::line(&text::from_html(&resolve_if_stubborn(&value)))
    } else {
        text::line(value)
    };
    Some(text).filter(|text| !text.is_empty())
}

fn resolve_if_stubborn(value: &str) -> std::borrow::Cow<'_, str> {
    if value.contains('<') { value.into() } else { resolve_html(value) }
}

fn author(found: model::Person) -> Option<Person> {
    match found {
        model::Person { name: Some(name), email: None, .. } => person::read(&name),
        model::Person { name, email, .. } => Some(Person { name, email }),
    }
}

/// The first page among the alternates: one that says that it is HTML, else one that does not say what it is, else any.
fn best_link(links: &[model::Link]) -> Option<Url> {
    let rank = |link: &&model::Link| match link.media_type.as_deref() {
        Some(media_type) if media_type.contains("html") => 0,
        None => 1,
        Some(_) => 2,
    };
    let alternates = links.iter().filter(|link| link.rel.as_deref() == Some("alternate"));
    alternates.min_by_key(rank).and_then(|link| Url::parse(&link.href).ok())
}

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn enclosures(links: Vec<model::Link>, media: Vec<model::MediaObject>) -> Vec<Enclosure> {
    let mut found: Vec<Enclosure> = Vec::new();
    let linked = links.into_iter().filter(|link| link.rel.as_deref() == Some("enclosure")).filter_map(|link| {
        Some(Enclosure { url: Url::parse(&link.href).ok()?, media_type: link.media_type, length: link.length })
    });
    let media = media.into_iter().flat_map(|object| object.content).filter_map(|content| {
        let media_type = content.content_type.map(|t| t.to_string());
        Some(Enclosure { url: content.url?, media_type, length: content.size })
    });
    for enclosure in linked.chain(media) {
        if found.iter().all(|known| known.url != enclosure.url) {
            found.push(enclosure);
        }
    }
    found
}

/// A language tag, if it may be one.
pub(super) fn language(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty() && value.len() <= MAX_LANGUAGE).then(|| value.to_owned())
}

/// A date, or a problem.
pub(super) fn moment(text: &str, problems: &mut Problems) -> Option<Moment> {
    let moment = date::parse(text);
    if moment.is_none() && !text.trim().is_empty() {
        problems.note("unread-date", || text.trim().to_owned());
    }
    moment
}

/// An enclosure as a link.
pub(super) fn enclosure<'a>(href: &'a str, media_type: Option<&'a str>, length: Option<&'a str>) -> Link<'a> {
    Link { rel: "enclosure", href, media_type, length }
}
