//! The place of an element in a feed, and what it starts there.

use super::super::atom::Link;
use super::super::document::language;
use super::super::names::{Part, Tag};
use super::super::{Format, Person, date};
use super::FeedReader;
use super::frame::{ElementKind, Place, Values};

impl<'a> FeedReader<'a> {
    /// What an element starts, depending on its place.
    pub(in crate::feed) fn enter(&mut self, tag: Tag, raw: &'a str) -> (ElementKind, Place) {
        let place = self.place();
        let outside_page = !self.page || self.started;
        match tag {
            Tag::Page => self.page |= !self.started,
            // a document whose outermost element is a feed's is not a page, whatever its DOCTYPE says
            Tag::Root(format) if outside_page || raw.contains('=') || self.frames.is_empty() => {
                if !self.started {
                    self.document.format = format;
                }
                self.started = true;
                return (ElementKind::Plain, Place::Feed);
            }
            Tag::Channel if outside_page => {
                if !self.started && raw.to_ascii_lowercase().contains("href") {
                    self.document.format = Format::Cdf;
                }
                self.started = true;
                self.channel_attributes(raw);
                return (ElementKind::Plain, Place::Feed);
            }
            Tag::Item if outside_page && !matches!(place, Place::In(_)) => {
                if place == Place::Entry {
                    self.end_open_entry();
                }
                self.started = true;
                self.document.begin_entry();
                self.entry_attributes(raw);
                return (ElementKind::Entry, Place::Entry);
            }
            Tag::Sitemap if self.document.format == Format::SitemapIndex => {
                return (ElementKind::Plain, Place::Sitemap);
            }
            Tag::Part(part) if place != Place::Outside => {
                if part == Part::Person {
                    self.person = Person::default();
                }
                return (ElementKind::Part, Place::In(part));
            }
            Tag::Field(_) if place != Place::Outside => return (ElementKind::Field, place),
            _ => {}
        }
        (ElementKind::Plain, place)
    }

    /// An entry starts inside another: the one before was not closed.
    fn end_open_entry(&mut self) {
        self.document.problems.note("unclosed-entry", || "an entry starts before the last one has ended".to_owned());
        if let Some(open) = self.frames.iter().rposition(|frame| frame.kind == ElementKind::Entry) {
            self.unwind(open);
        }
    }

    fn channel_attributes(&mut self, raw: &'a str) {
        let values = Values::new(raw, &self.declared);
        if let Some(base) = values.get("base") {
            self.scope.rebase(base);
        }
        if let Some(href) = values.get("href")
            && let Some(url) = self.resolve(href)
        {
            self.feed_link("alternate", &url, None);
        }
    }

    fn entry_attributes(&mut self, raw: &'a str) {
        if raw.trim().is_empty() {
            return;
        }
        let values = Values::new(raw, &self.declared);
        let link = values.get("href").and_then(|href| self.resolve(href));
        let language = values.get("xml:lang").and_then(language);
        let updated = values.get("lastmod").and_then(date::parse);
        if let Some(draft) = &mut self.document.entry {
            draft.guid = values.get("rdf:about").map(str::to_owned);
            draft.language = language;
            draft.updated = updated;
        }
        if let Some(url) = link {
            self.entry_link(&url, Link { rel: "alternate", href: url.as_str(), ..Link::default() });
        }
    }
}
