//! An entry from its two halves: what is kept outside the canonical form, and what feed-rs makes of that form.

use feed_rs::model;
use url::Url;

use super::entity::resolve_html;
use super::markup::{self, Style, Title};
use super::picture::Pictures;
use super::problem::Problems;
use super::relative::Links;
use super::scope::other_spelling;
use super::token::{Token, Tokenizer, attributes};
use super::{Enclosure, Entry, Format, GeoPoint, Moment, Person, address, bounds, person, wrapper};
use crate::text;

const MAX_SOURCE_AUTHORS: usize = 16;

/// What is kept of an entry outside the canonical form.
#[derive(Debug, Default)]
pub(super) struct Draft {
    title: Option<Title>,
    other_title: Option<Title>,
    pub(super) guid: Option<String>,
    /// Whether the guid may be used as a link.
    pub(super) permalink: bool,
    /// Its link, while there is nothing else of it in the canonical form.
    pub(super) only_link: Option<(Url, Option<String>)>,
    /// The link that a guid is which is not absolute.
    pub(super) guid_link: Option<Url>,
    pub(super) original_link: Option<Url>,
    summary: Option<String>,
    second_summary: Option<String>,
    media_text: Option<String>,
    content: Option<String>,
    pub(super) published: Option<Moment>,
    pub(super) some_date: Option<Moment>,
    pub(super) updated: Option<Moment>,
    pub(super) pictures: Pictures,
    pub(super) language: Option<String>,
    pub(super) source: Option<String>,
    pub(super) source_url: Option<Url>,
    pub(super) has_author: bool,
    /// The authors of the feed that the entry was taken from.
    source_authors: Vec<Person>,
    pub(super) comments: Option<Url>,
    pub(super) comment_count: Option<u32>,
    pub(super) comments_feed: Option<Url>,
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
    /// What links in its texts are relative to, if the document says so.
    pub(super) base: Option<Url>,
}

impl Draft {
    /// The title: the document's own, else one in another vocabulary.
    pub(super) fn take_title(&mut self) -> Option<Title> {
        self.title.take().or_else(|| self.other_title.take())
    }

    pub(super) fn title(&mut self, value: String, style: Style, own: bool) {
        let slot = if own { &mut self.title } else { &mut self.other_title };
        if slot.is_none() {
            *slot = markup::title(value, style);
        }
    }

    /// Of two different summaries, the longer is the content if there is no other.
    pub(super) fn summary(&mut self, value: &str, style: Style) {
        let Some(html) = markup::html(value, style) else { return };
        match &self.summary {
            None => self.summary = Some(html),
            Some(first) if *first != html && self.second_summary.is_none() => self.second_summary = Some(html),
            Some(_) => {}
        }
    }

    /// A text about a picture is a summary only if there is no other.
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

    pub(super) fn source_author(&mut self, found: &Person) {
        if self.source_authors.len() < MAX_SOURCE_AUTHORS {
            self.source_authors.push(found.clone());
        }
    }

    /// The people of its source, if there are no others: an entry without an author has those (RFC 4287, section
    /// 4.2.1).
    pub(super) fn inherited_authors(&mut self) -> Vec<Person> {
        if self.has_author { Vec::new() } else { std::mem::take(&mut self.source_authors) }
    }

    fn texts(&mut self) -> (Option<String>, Option<String>) {
        let (first, second) = (self.summary.take(), self.second_summary.take());
        match (self.content.take(), first, second) {
            (None, Some(first), Some(second)) if first.len() > second.len() => (Some(second), Some(first)),
            (None, first, second) => (first.or_else(|| self.media_text.take()), second),
            // if there is a content, the first of two summaries often repeats it
            (Some(content), Some(_), Some(second)) if second != content => (Some(second), Some(content)),
            (content, first, _) => (first.or_else(|| self.media_text.take()), content),
        }
    }
}

/// The entry that a draft and feed-rs's model of it make together.
pub(super) fn entry(
    mut draft: Draft,
    model: model::Entry,
    format: Format,
    links: &mut Links,
    problems: &mut Problems,
) -> Entry {
    let (summary, content) = draft.texts();
    let guid = draft.guid.filter(|guid| !guid.trim().is_empty());
    let permalink = || {
        let guid = guid.as_deref().filter(|_| draft.permalink)?;
        let url = address::of_the_web(guid).and_then(|url| bounds::link(url, problems)).or(draft.guid_link.take())?;
        let told = other_spelling(guid, &url);
        Some((url, told))
    };
    let link = draft.only_link.take().or_else(|| best_link(&model.links)).or_else(permalink);
    let (link, told) = link.map_or((None, None), |(url, told)| (Some(url), told));
    let original = draft.original_link.or_else(|| wrapper::unwrapped(link.as_ref()?));
    let (url, redirect, told) = match original {
        Some(original) => (Some(original), link, None),
        None => (link, None, told),
    };
    let base = draft.base.as_ref().or(url.as_ref());
    let authors = bounds::authors(model.authors.into_iter().filter_map(author), problems);
    Entry {
        summary: summary.map(|html| links.absolute(html, base)),
        content: content.map(|html| links.absolute(html, base)),
        url,
        url_as_told: told.and_then(bounds::told),
        redirect: redirect.map(Box::new),
        title: model.title.as_ref().and_then(title_text).map(|title| bounds::title(title, problems)),
        published: draft.published.or(draft.some_date),
        updated: draft.updated,
        image: draft.pictures.image(&authors).map(Box::new),
        authors,
        categories: bounds::categories(model.categories.into_iter().map(|category| category.term), problems),
        enclosures: enclosures(model.links, model.media),
        language: draft.language,
        source: draft.source.map(|title| bounds::title(title, problems)),
        source_url: draft.source_url.map(Box::new),
        comments: draft.comments.map(Box::new),
        comment_count: draft.comment_count,
        comments_feed: draft.comments_feed.map(Box::new),
        place: draft.latitude.zip(draft.longitude).map(|(latitude, longitude)| GeoPoint { latitude, longitude }),
        guid_is_permalink: draft.permalink && guid.is_some() && format == Format::Rss,
        guid: guid.map(|guid| bounds::guid(guid, problems)),
    }
}

/// A title is text, whatever it was; one that is still full of entities was escaped twice.
pub(super) fn title_text(title: &model::Text) -> Option<String> {
    let value = title.content.as_str();
    let text = if title.content_type.subty() == "html" {
        let text = Some(text::from_html(value)).filter(|text| !text.is_empty()).unwrap_or_else(|| picture(value));
        if text.contains("&lt;") { text::line(&text) } else { text::line(&resolve_html(&text)) }
    } else {
        text::line(&resolve_html(value))
    };
    Some(text).filter(|text| !text.is_empty())
}

/// What a title says that shows nothing as HTML: the text of its picture, or what was not markup at all.
fn picture(value: &str) -> String {
    let mut pictures = Tokenizer::new(value).filter_map(|token| match token {
        Token::Open { name: "img", attributes: raw, .. } => attributes(raw).find(|(name, _)| *name == "alt"),
        _ => None,
    });
    pictures.next().map_or_else(|| value.to_owned(), |(_, alt)| resolve_html(alt).into_owned())
}

pub(super) fn author(found: model::Person) -> Option<Person> {
    match found {
        model::Person { name: Some(name), email: None, .. } => person::read(&name),
        model::Person { name, email, .. } => Some(Person { name, email }),
    }
}

/// The page among the alternates: one that says that it is HTML, else one that does not say what it is, else any; if
/// there are several, the last, which is how most readers have always done it. With its address as it was written, if
/// that differs.
pub(super) fn best_link(links: &[model::Link]) -> Option<(Url, Option<String>)> {
    let rank = |link: &&model::Link| match link.media_type.as_deref() {
        Some(media_type) if media_type.contains("html") => 0,
        None => 1,
        Some(_) => 2,
    };
    let alternates = links.iter().filter(|link| link.rel.as_deref() == Some("alternate"));
    let best = alternates.rev().min_by_key(rank)?;
    Some((Url::parse(&best.href).ok()?, best.title.clone()))
}

fn enclosures(links: Vec<model::Link>, media: Vec<model::MediaObject>) -> Vec<Enclosure> {
    let mut found: Vec<Enclosure> = Vec::new();
    let linked = links.into_iter().filter(|link| link.rel.as_deref() == Some("enclosure")).filter_map(|link| {
        let media_type = bounds::media_type(link.media_type);
        Some(Enclosure { url: Url::parse(&link.href).ok()?, media_type, length: link.length })
    });
    let media = media.into_iter().flat_map(|object| object.content).filter_map(|content| {
        let media_type = bounds::media_type(content.content_type.map(|t| t.to_string()));
        Some(Enclosure { url: content.url?, media_type, length: content.size })
    });
    for enclosure in linked.chain(media) {
        if found.iter().all(|known| known.url != enclosure.url) {
            found.push(enclosure);
        }
    }
    found.shrink_to_fit();
    found
}
