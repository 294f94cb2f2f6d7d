//! What is open while a feed is read: elements with their places, and the field whose value is being gathered.

use std::borrow::Cow;

use super::super::entity::{self, Declared};
use super::super::markup::Style;
use super::super::names::{Field, Part, Tag};
use super::super::token::attributes;

/// A place in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::feed) enum Place {
    /// Before any feed began.
    Outside,
    Feed,
    Entry,
    Sitemap,
    In(Part),
}

/// What kind of element is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::feed) enum ElementKind {
    Plain,
    Entry,
    Part,
    Field,
    /// An element inside a value.
    Markup,
    /// The `div` around XHTML, which is not part of it (RFC 4287, section 3.1.1.3).
    Wrapper,
}

/// An element's attributes, resolved; names without case.
#[derive(Debug, Default)]
pub(in crate::feed) struct Values<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Values<'a> {
    pub(in crate::feed) fn new(raw: &'a str, declared: &Declared<'_>) -> Self {
        Self(attributes(raw).map(|(name, value)| (name, entity::resolve(value, declared, &mut 0))).collect())
    }

    pub(in crate::feed) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_ref())
    }
}

/// A field whose element is open.
#[derive(Debug)]
pub(in crate::feed) struct OpenField<'a> {
    pub(in crate::feed) tag: Tag,
    /// Which of the open elements it is.
    pub(in crate::feed) frame: usize,
    pub(in crate::feed) style: Style,
    pub(in crate::feed) buffer: String,
    pub(in crate::feed) values: Values<'a>,
}

impl<'a> OpenField<'a> {
    pub(in crate::feed) fn new(tag: Tag, frame: usize, raw: &'a str, declared: &Declared<'_>) -> Self {
        let values = if raw.is_empty() { Values::default() } else { Values::new(raw, declared) };
        let style = if keeps_markup(tag) { Style::of(values.get("type"), values.get("mode")) } else { Style::Unknown };
        Self { tag, frame, style, buffer: String::new(), values }
    }

    pub(in crate::feed) fn has_markup(&self) -> bool {
        keeps_markup(self.tag)
    }

    pub(in crate::feed) fn is_bulk(&self) -> bool {
        matches!(self.tag, Tag::Field(Field::Summary | Field::Content | Field::MediaText))
    }

    pub(in crate::feed) fn open_tag(&mut self, name: &str, raw: &str, closed: bool) {
        self.buffer.push('<');
        self.buffer.push_str(name);
        self.buffer.push_str(raw.trim_end());
        self.buffer.push_str(if closed { "/>" } else { ">" });
    }

    pub(in crate::feed) fn close_tag(&mut self, name: &str) {
        self.buffer.push_str("</");
        self.buffer.push_str(name.rsplit(':').next().unwrap_or(name));
        self.buffer.push('>');
    }
}

/// Whether a field keeps its markup; parts do not.
pub(in crate::feed) fn keeps_markup(tag: Tag) -> bool {
    matches!(tag, Tag::Field(field) if Field::has_markup(field))
}
