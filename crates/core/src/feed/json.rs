//! JSON Feed 1.0 and 1.1 (jsonfeed.org), read from any JSON with its structure, and from JSON with syntax errors.
//!
//! Read as a stream: an item is read, added to the document and forgotten before the next, so that truncation costs
//! only what comes after it, and no JSON takes more memory than its text.

use url::Url;

use super::Format;
use super::atom::Link;
use super::document::{FeedBuilder, enclosure, language, moment};
use super::markup::{self, Style};
use super::picture::{Picture, Role};
use super::scope::{Scope, other_spelling};
use crate::text;

mod cursor;
mod item;

use cursor::Cursor;
use item::{Item, address, list, people};

/// Reads a JSON Feed; `None` if the text is not one.
pub(super) fn read(text: &str, url: &Url, mut document: FeedBuilder) -> Option<FeedBuilder> {
    // anything before the first brace is a guard against inclusion as a script, or junk
    let mut cursor = Cursor::new(&text[text.find('{')?..]);
    document.format = Format::Json;
    let mut reader = JsonReader { document, scope: Scope::new(url, text.len()), recognised: false };
    cursor.members(|cursor, key| reader.member(cursor, key));
    let JsonReader { mut document, recognised, .. } = reader;
    document.problems.note_many("damaged-json", cursor.slips, || cursor.first_slip.to_owned());
    if cursor.cut {
        document.cut_off();
    }
    recognised.then_some(document)
}

struct JsonReader<'u> {
    document: FeedBuilder,
    scope: Scope<'u>,
    recognised: bool,
}

impl JsonReader<'_> {
    fn member(&mut self, cursor: &mut Cursor<'_>, key: &str) {
        let mut text = || cursor.text().filter(|text| !text.trim().is_empty());
        match key {
            "items" => self.items(cursor),
            "version" => self.recognised |= text().is_some_and(|version| version.contains("jsonfeed.org")),
            "title" => self.document.title = text().and_then(|title| markup::title(title, Style::Text)),
            "language" => self.document.language = text().as_deref().and_then(language),
            "home_page_url" => {
                if let Some(url) = text().and_then(|href| self.resolve(&href)) {
                    self.document.head.link(Link { rel: "alternate", href: url.as_str(), ..Link::default() });
                }
            }
            "author" | "authors" => {
                for person in people(cursor) {
                    self.document.head.person(person.name.as_deref(), person.email());
                }
            }
            "hubs" => {
                for href in list(cursor, address) {
                    if let Some(url) = self.resolve(&href) {
                        self.document.hub(url);
                    }
                }
            }
            _ => cursor.skip(),
        }
    }

    /// The items, each added to the document as it is read.
    fn items(&mut self, cursor: &mut Cursor<'_>) {
        let mut left_out = 0;
        if cursor.peek() == Some(b'{') {
            // a list whose keys are numbers, as PHP writes one with a gap
            cursor.members(|cursor, _| left_out += self.item(cursor));
        } else {
            cursor.elements(|cursor| left_out += self.item(cursor));
        }
        self.document.leave_out(left_out);
    }

    /// Returns how many items were left out: this one, or none.
    fn item(&mut self, cursor: &mut Cursor<'_>) -> u32 {
        if self.document.is_full() {
            cursor.skip();
            return 1;
        }
        if cursor.peek() != Some(b'{') {
            let told = cursor.raw();
            self.document.problems.note("unread-entry", || told.to_owned());
            return 0;
        }
        // an item that is cut off is left out
        if let Some(item) = Item::read(cursor) {
            self.document.position = cursor.at();
            self.recognised |= item.is_entry();
            self.entry(item);
        }
        0
    }

    fn resolve(&mut self, href: &str) -> Option<Url> {
        self.scope.resolve(href, &mut self.document.problems)
    }

    fn entry(&mut self, item: Item) {
        self.document.begin_entry();
        let address = |reader: &mut Self, told: &Option<String>| told.as_deref().and_then(|href| reader.resolve(href));
        if let Some(url) = address(self, &item.url).or_else(|| address(self, &item.external_url)) {
            let told = item.url.as_deref().and_then(|told| other_spelling(told, &url));
            let told = told.as_deref();
            self.document.body.link(Link { rel: "alternate", href: url.as_str(), told, ..Link::default() });
        }
        let authors = if item.authors.is_empty() { &item.author } else { &item.authors };
        for person in authors {
            self.document.body.person(person.name.as_deref(), person.email());
        }
        for tag in &item.tags {
            self.document.body.category(&text::line(tag));
        }
        for file in &item.attachments {
            if let Some(url) = address(self, &file.url) {
                let (media_type, length) = (file.mime_type.as_deref(), file.size_in_bytes.as_deref());
                self.document.body.link(enclosure(url.as_str(), media_type, length));
            }
        }
        let image = address(self, &item.image).or_else(|| address(self, &item.banner_image));
        let problems = &mut self.document.problems;
        let [published, updated] =
            [item.date_published, item.date_modified].map(|told| told.and_then(|told| moment(&told, problems)));
        if let Some(draft) = &mut self.document.entry {
            draft.guid = item.id;
            draft.permalink = true;
            draft.title(item.title.unwrap_or_default(), Style::Text, true);
            draft.summary(&item.summary.unwrap_or_default(), Style::Text);
            draft.content(&item.content_html.unwrap_or_default(), Style::Html);
            draft.content(&item.content_text.unwrap_or_default(), Style::Text);
            (draft.published, draft.updated) = (published, updated);
            if let Some(image) = image {
                draft.pictures.add(Picture::new(image, Role::Own));
            }
            draft.language = item.language.as_deref().and_then(language);
        }
        self.document.end_entry();
    }
}
