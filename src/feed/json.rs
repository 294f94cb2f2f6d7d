//! JSON Feed 1.0 and 1.1 (jsonfeed.org), read from any JSON that has its shape.
//!
//! Read as a stream: an item is taken up, entered into the document and forgotten before the next, so that what is cut
//! off or wrong costs only what comes after it, and no JSON takes more memory than its text. Values of another type
//! than the standard's are as good as absent.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer as _, de};
use serde_json::value::RawValue;
use url::Url;

use super::Format;
use super::atom::Link;
use super::document::{Document, enclosure, language, moment};
use super::markup::{self, Style};
use super::scope::{Scope, other_spelling};
use crate::text;

mod item;

use item::{Hub, Item, List, Person, Text, from};

/// Reads a JSON Feed; `None` if the text is none.
pub(super) fn read(text: &str, url: &Url, mut document: Document) -> Option<Document> {
    // what stands before the first brace is a guard against inclusion as a script, or junk
    let start = text.find('{')?;
    document.format = Format::Json;
    let mut reader = Reader { document: &mut document, scope: Scope::new(url, text.len()), recognised: false };
    let result = serde_json::Deserializer::from_str(&text[start..]).deserialize_map(&mut reader);
    let recognised = reader.recognised;
    if let Err(error) = result {
        match error.is_eof() {
            true => document.cut_off(),
            false => document.problems.note("damaged-json", || error.to_string()),
        }
    }
    recognised.then_some(document)
}

struct Reader<'d> {
    document: &'d mut Document,
    scope: Scope<'d>,
    recognised: bool,
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" => map.next_value_seed(Items(self))?,
                _ => {
                    let value: &RawValue = map.next_value()?;
                    self.feed_value(&key, value.get());
                }
            }
        }
        Ok(())
    }
}

impl Reader<'_> {
    fn feed_value(&mut self, key: &str, raw: &str) {
        let text = || from::<Text>(raw).and_then(|text| text.0).filter(|text| !text.trim().is_empty());
        match key {
            "version" => self.recognised |= text().is_some_and(|version| version.contains("jsonfeed.org")),
            "title" => self.document.title = text().and_then(|title| markup::title(title, Style::Text)),
            "language" => self.document.language = text().as_deref().and_then(language),
            "home_page_url" => {
                if let Some(url) = text().and_then(|href| self.resolve(&href)) {
                    self.document.head.link(Link { rel: "alternate", href: url.as_str(), ..Link::default() });
                }
            }
            "author" => self.people(from::<Person>(raw).into_iter().collect()),
            "authors" => self.people(from::<List<Person>>(raw).unwrap_or_default().0),
            "hubs" => {
                for hub in from::<List<Hub>>(raw).unwrap_or_default().0 {
                    if let Some(url) = hub.url.0.and_then(|href| self.resolve(&href)) {
                        self.document.hub(url);
                    }
                }
            }
            _ => {}
        }
    }

    fn people(&mut self, people: Vec<Person>) {
        for person in people {
            self.document.head.person(person.name().as_deref(), person.url.email());
        }
    }

    fn resolve(&mut self, href: &str) -> Option<Url> {
        self.scope.resolve(href, &mut self.document.problems)
    }

    fn entry(&mut self, item: Item) {
        let Self { document, scope, .. } = self;
        let mut address =
            |text: &Text, to: &mut Document| text.0.as_deref().and_then(|href| scope.resolve(href, &mut to.problems));
        document.begin_entry();
        if let Some(url) = address(&item.url, document).or_else(|| address(&item.external_url, document)) {
            let told = item.url.0.as_deref().and_then(|told| other_spelling(told, &url));
            document.body.link(Link { rel: "alternate", href: url.as_str(), told, ..Link::default() });
        }
        let single = Some(item.author).filter(|_| item.authors.0.is_empty());
        for person in item.authors.0.iter().chain(&single) {
            document.body.person(person.name().as_deref(), person.url.email());
        }
        for tag in item.tags.0.iter().filter_map(|tag| tag.0.as_deref()) {
            document.body.category(&text::line(tag));
        }
        for file in &item.attachments.0 {
            if let Some(url) = address(&file.url, document) {
                let (media_type, length) = (file.mime_type.0.as_deref(), file.size_in_bytes.0.as_deref());
                document.body.link(enclosure(url.as_str(), media_type, length));
            }
        }
        let published = item.date_published.0.and_then(|text| moment(&text, &mut document.problems));
        let updated = item.date_modified.0.and_then(|text| moment(&text, &mut document.problems));
        let image = address(&item.image, document).or_else(|| address(&item.banner_image, document));
        if let Some(draft) = &mut document.entry {
            draft.guid = item.id.0;
            draft.permalink = true;
            draft.title(item.title.0.unwrap_or_default(), Style::Text, true);
            draft.summary(&item.summary.0.unwrap_or_default(), Style::Text);
            draft.content(&item.content_html.0.unwrap_or_default(), Style::Html);
            draft.content(&item.content_text.0.unwrap_or_default(), Style::Text);
            (draft.published, draft.updated, draft.image) = (published, updated, image);
            draft.language = item.language.0.as_deref().and_then(language);
        }
        document.end_entry();
    }
}

/// The items, each entered into the document as it is met.
struct Items<'r, 'd>(&'r mut Reader<'d>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(raw) = items.next_element::<&RawValue>()? {
            if reader.document.is_full() {
                let mut rest = 1;
                while items.next_element::<IgnoredAny>()?.is_some() {
                    rest += 1;
                }
                reader.document.leave_out(rest);
                return Ok(());
            }
            reader.document.position += raw.get().len();
            match from::<Item>(raw.get()) {
                Some(item) => {
                    reader.recognised = true;
                    reader.entry(item);
                }
                None => reader.document.problems.note("unread-entry", || raw.get().chars().take(80).collect()),
            }
        }
        Ok(())
    }
}
