//! The canonical form of every feed: Atom 1.0 that feed-rs certainly reads.
//!
//! Written only here, so that nothing reaches feed-rs that it refuses or misreads: only non-empty texts, absolute URLs,
//! no nesting, no `xml:base`. Each entry's `id` is its index, which joins the two halves again.

use std::fmt::Write;

use feed_rs::model;
use url::Url;

use super::bounds::beginning;
use super::entity::escape;

/// Longest value in the model; the large values of an entry do not pass through here.
const MAX_VALUE: usize = 4096;
/// Most links, people, categories or files of one entry.
const MAX_REPEATS: u32 = 64;

/// A link or a file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Link<'a> {
    pub(super) rel: &'a str,
    pub(super) href: &'a str,
    pub(super) media_type: Option<&'a str>,
    pub(super) length: Option<&'a str>,
    /// The address as it was written, if `href` has another spelling. It is passed as the link's title.
    pub(super) told: Option<&'a str>,
}

/// Canonical Atom while it is written: the children of a feed.
#[derive(Debug, Default)]
pub(super) struct Atom {
    text: String,
    repeats: u32,
    /// The entry that is open, until something is written for it.
    announced: Option<usize>,
    /// Something was written for the open entry.
    has_entry: bool,
}

impl Atom {
    pub(super) fn begin_entry(&mut self, index: usize) {
        self.repeats = 0;
        self.announced = Some(index);
        self.has_entry = false;
    }

    /// Whether anything was written for the open entry. An entry without anything is left out.
    pub(super) fn has_entry(&self) -> bool {
        self.has_entry
    }

    /// Ends the open entry; returns how many of its links, people, categories and files were left out.
    pub(super) fn end_entry(&mut self) -> u32 {
        self.announced = None;
        if std::mem::take(&mut self.has_entry) {
            self.text.push_str("</entry>");
        }
        self.repeats.saturating_sub(MAX_REPEATS)
    }

    fn begin(&mut self) {
        if let Some(index) = self.announced.take() {
            let _ = write!(self.text, "<entry><id>{index}</id>");
            self.has_entry = true;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn title(&mut self, title: &str, html: bool) {
        self.element(if html { "title type=\"html\"" } else { "title type=\"text\"" }, title);
    }

    pub(super) fn person(&mut self, name: Option<&str>, email: Option<&str>) {
        if (name.is_none() && email.is_none()) || self.full() {
            return;
        }
        self.begin();
        self.text.push_str("<author>");
        self.element("name", name.unwrap_or_default());
        self.element("email", email.unwrap_or_default());
        self.text.push_str("</author>");
    }

    pub(super) fn category(&mut self, term: &str) {
        self.empty("category", &[("term", Some(term))]);
    }

    pub(super) fn link(&mut self, link: Link<'_>) {
        let attributes = [
            ("rel", Some(link.rel)),
            ("href", Some(link.href)),
            ("type", link.media_type),
            ("length", link.length),
            ("title", link.told),
        ];
        self.empty("link", &attributes);
    }

    pub(super) fn plain_link(&mut self, url: &Url, told: Option<&str>) {
        self.link(Link { rel: "alternate", href: url.as_str(), told, ..Link::default() });
    }

    pub(super) fn media(&mut self, link: Link<'_>) {
        self.empty("m:content", &[("url", Some(link.href)), ("type", link.media_type), ("fileSize", link.length)]);
    }

    /// feed-rs's reading of what has been written so far, which is then forgotten.
    pub(super) fn read(&mut self) -> Option<model::Feed> {
        let document = format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:m=\"http://search.yahoo.com/mrss/\"><id>-</id>{}</feed>",
            std::mem::take(&mut self.text)
        );
        let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
        parser.parse(document.as_bytes()).ok()
    }

    fn element(&mut self, tag: &str, text: &str) {
        let text = beginning(text.trim(), MAX_VALUE);
        if text.is_empty() {
            return;
        }
        self.begin();
        let name = tag.split(' ').next().unwrap_or(tag);
        let _ = write!(self.text, "<{tag}>");
        escape(text, &mut self.text);
        let _ = write!(self.text, "</{name}>");
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        if self.full() {
            return;
        }
        self.begin();
        let _ = write!(self.text, "<{name}");
        for (name, value) in attributes {
            let Some(value) = value.map(str::trim).filter(|value| !value.is_empty() && value.len() <= MAX_VALUE) else {
                continue;
            };
            let _ = write!(self.text, " {name}=\"");
            escape(value, &mut self.text);
            self.text.push('"');
        }
        self.text.push_str("/>");
    }

    fn full(&mut self) -> bool {
        self.repeats = self.repeats.saturating_add(1);
        self.repeats > MAX_REPEATS
    }
}
