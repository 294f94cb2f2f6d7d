//! Reads RSS, RDF, Atom, CDF and sitemaps from tokens, in one pass.
//!
//! One reading serves all of them, since publishers mix them. Elements that are not known are looked through, so that
//! what is inside them is still found. Where tags do not match, the smallest repair is taken: an end tag closes the
//! innermost element of its name and all inside it, an entry or a field that begins where none can be ends the one
//! before. The depth is bounded; what lies deeper is text.

use std::borrow::Cow;

use url::Url;

use super::document::Document;
use super::entity::{self, Declared};
use super::field::{OpenField, Values};
use super::markup::Style;
use super::names::{self, Field, Namespace, Part, Tag};
use super::token::{Token, Tokenizer, attributes};
use super::{Format, Person};

const MAX_DEPTH: usize = 128;
const MAX_BINDINGS: usize = 256;
/// Longest address that is worth resolving.
const MAX_ADDRESS: usize = 8192;
const MAX_BASE: usize = 2048;

/// Where in a feed something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before any feed began.
    Outside,
    Feed,
    Entry,
    Sitemap,
    In(Part),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Entry,
    Part,
    Field,
    /// An element inside a value.
    Markup,
    /// The `div` around XHTML, which is not part of it (RFC 4287, section 3.1.1.3).
    Wrapper,
}

#[derive(Debug)]
struct Frame<'a> {
    name: &'a str,
    kind: Kind,
    place: Place,
    bindings: usize,
    bases: usize,
}

/// Reads one document.
pub(super) struct Reader<'a> {
    pub(super) document: Document,
    pub(super) field: Option<OpenField<'a>>,
    pub(super) person: Person,
    pub(super) declared: Declared<'a>,
    url: &'a Url,
    frames: Vec<Frame<'a>>,
    /// How many open elements lie deeper than [`MAX_DEPTH`].
    deeper: usize,
    bindings: Vec<(&'a str, Namespace)>,
    bases: Vec<Url>,
    /// How many bytes relative addresses may still grow by.
    growth: usize,
    pub(super) bare_ampersands: u32,
    started: bool,
    /// A web page began before any feed did.
    page: bool,
}

impl<'a> Reader<'a> {
    /// Reads a document; `None` if it holds no feed.
    pub(super) fn read(text: &'a str, url: &'a Url, document: Document) -> Option<Document> {
        let mut reader = Self {
            document,
            field: None,
            person: Person::default(),
            declared: Declared::default(),
            url,
            frames: Vec::new(),
            deeper: 0,
            bindings: Vec::new(),
            bases: Vec::new(),
            growth: text.len() + 65536,
            bare_ampersands: 0,
            started: false,
            page: false,
        };
        let mut tokens = Tokenizer::new(text);
        for token in &mut tokens {
            if reader.document.is_full() {
                reader.document.problems.note("too-many-entries", || "the rest is left out".to_owned());
                break;
            }
            match token {
                Token::Open { name, attributes, closed } => reader.open(name, attributes, closed),
                Token::Close { name } => reader.close(name),
                Token::Text(text) => reader.text(text, false),
                Token::Cdata(text) => reader.text(text, true),
                Token::Doctype(doctype) => reader.doctype(doctype),
            }
        }
        reader.end(&tokens);
        reader.started.then_some(reader.document)
    }

    fn end(&mut self, tokens: &Tokenizer<'_>) {
        let unfinished = self.field.is_some() || tokens.truncated;
        if self.started && (tokens.truncated || !self.frames.is_empty()) && !self.document.is_full() {
            self.document.problems.note("truncated", || "the document ends before its last element does".to_owned());
        }
        if self.document.entry.is_some() && unfinished && !self.document.is_empty() {
            self.field = None;
            self.document.drop_entry();
        }
        self.unwind(0);
        let problems = &mut self.document.problems;
        problems.note_many("bare-ampersand", self.bare_ampersands, || "an `&` that begins no entity".to_owned());
        problems.note_many("bare-less-than", tokens.bare, || "a `<` that begins no tag".to_owned());
    }

    fn doctype(&mut self, doctype: &'a str) {
        let name = doctype.trim_start();
        self.page |= !self.started && super::token::starts_with_ignore_case(name, "html");
        self.declared.read(doctype);
    }

    pub(super) fn place(&self) -> Place {
        self.frames.last().map_or(Place::Outside, |frame| frame.place)
    }

    fn open(&mut self, name: &'a str, raw: &'a str, closed: bool) {
        let (bindings, bases) = (self.bindings.len(), self.bases.len());
        if raw.contains("xml") {
            self.scope(raw);
        }
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = self.namespace(prefix);
        let mut tag = names::tag(namespace, local);
        if self.document.format == Format::Sitemap && namespace == Namespace::Core && local == "url" {
            tag = Tag::Item;
        }
        if self.field.is_some() {
            if self.is_inside_value(tag, namespace, local) {
                return self.open_inside(name, local, raw, closed, (bindings, bases));
            }
            self.leave_field();
        }
        let (kind, place) = self.enter(tag, raw);
        self.push(name, kind, place, (bindings, bases));
        if let Tag::Field(_) | Tag::Part(Part::Person | Part::Source | Part::Image) = tag
            && place != Place::Outside
        {
            self.field = Some(OpenField::new(tag, self.frames.len() - 1, raw, &self.declared));
        }
        if closed {
            self.unwind(self.frames.len().saturating_sub(1));
        }
    }

    /// Declarations of prefixes, base address and language.
    fn scope(&mut self, raw: &'a str) {
        for (name, value) in attributes(raw) {
            match name.split_once(':') {
                Some(("xmlns", prefix)) => self.bind(prefix, value),
                None if name == "xmlns" => self.bind("", value),
                Some(("xml", "base")) => {
                    let value = entity::resolve(value, &self.declared, &mut 0);
                    if let Ok(base) = self.base().join(value.trim()) {
                        self.push_base(base);
                    }
                }
                Some(("xml", "lang")) if self.document.language.is_none() && self.document.entry.is_none() => {
                    self.document.language = Some(value.trim().to_owned()).filter(|v| !v.is_empty() && v.len() < 40);
                }
                _ => {}
            }
        }
    }

    fn push_base(&mut self, base: Url) {
        if self.bases.len() <= MAX_DEPTH && base.as_str().len() <= MAX_BASE {
            self.bases.push(base);
        }
    }

    fn bind(&mut self, prefix: &'a str, address: &str) {
        if self.bindings.len() < MAX_BINDINGS {
            self.bindings.push((prefix, names::namespace(address, prefix)));
        }
    }

    fn namespace(&self, prefix: &str) -> Namespace {
        let bound = self.bindings.iter().rev().find(|(name, _)| *name == prefix);
        bound.map_or_else(|| names::by_prefix(prefix), |(_, namespace)| *namespace)
    }

    /// What an element begins, seen from where it stands.
    fn enter(&mut self, tag: Tag, raw: &'a str) -> (Kind, Place) {
        let place = self.place();
        let outside_page = !self.page || self.started;
        match tag {
            Tag::Page => self.page |= !self.started,
            Tag::Root(format) if outside_page || raw.contains('=') => {
                if !self.started {
                    self.document.format = format;
                }
                self.started = true;
                return (Kind::Plain, Place::Feed);
            }
            Tag::Channel if outside_page => {
                if !self.started && raw.to_ascii_lowercase().contains("href") {
                    self.document.format = Format::Cdf;
                }
                self.started = true;
                self.channel_attributes(raw);
                return (Kind::Plain, Place::Feed);
            }
            Tag::Item if outside_page && !matches!(place, Place::In(_)) => {
                if place == Place::Entry {
                    self.end_open_entry();
                }
                self.started = true;
                self.document.begin_entry();
                self.entry_attributes(raw);
                return (Kind::Entry, Place::Entry);
            }
            Tag::Sitemap if self.document.format == Format::SitemapIndex => return (Kind::Plain, Place::Sitemap),
            Tag::Part(part) if place != Place::Outside => {
                if part == Part::Person {
                    self.person = Person::default();
                }
                return (Kind::Part, Place::In(part));
            }
            Tag::Field(_) if place != Place::Outside => return (Kind::Field, place),
            _ => {}
        }
        (Kind::Plain, place)
    }

    /// An entry begins inside another: the one before was not closed.
    fn end_open_entry(&mut self) {
        self.document.problems.note("unclosed-entry", || "an entry begins before the last one has ended".to_owned());
        if let Some(open) = self.frames.iter().rposition(|frame| frame.kind == Kind::Entry) {
            self.unwind(open);
        }
    }

    fn channel_attributes(&mut self, raw: &'a str) {
        let values = Values::new(raw, &self.declared);
        if let Some(base) = values.get("base").and_then(|base| self.resolve(base)) {
            self.push_base(base);
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
        let language = values.get("xml:lang").map(|value| value.trim().to_owned());
        let updated = values.get("lastmod").and_then(super::date::parse);
        if let Some(draft) = &mut self.document.entry {
            draft.guid = values.get("rdf:about").map(str::to_owned);
            draft.language = language.filter(|value| !value.is_empty() && value.len() < 40);
            draft.updated = updated;
        }
        if let Some(url) = link {
            self.entry_link("alternate", &url, None, None);
        }
    }

    /// Whether an element is part of the value being read, not the next field.
    fn is_inside_value(&self, tag: Tag, namespace: Namespace, local: &str) -> bool {
        let Some(field) = &self.field else { return false };
        let known = !matches!(tag, Tag::Unknown | Tag::Page);
        if !known {
            return true;
        }
        let deep = self.frames.len() > field.frame + 1;
        let begins_entry = matches!(tag, Tag::Item | Tag::Channel) && namespace == Namespace::Core;
        if !field.has_markup() || begins_entry {
            return false;
        }
        // what HTML and feeds both call so
        let html = matches!(local, "title" | "link" | "source" | "body" | "summary" | "image");
        field.style == Style::Inline || namespace == Namespace::Xhtml || (html && deep)
    }

    fn open_inside(&mut self, name: &'a str, local: &str, raw: &str, closed: bool, scope: (usize, usize)) {
        let Some(field) = &mut self.field else { return };
        let mut kind = Kind::Markup;
        if !field.has_markup() || self.frames.len() >= MAX_DEPTH {
            kind = Kind::Plain;
        } else if field.style == Style::Inline
            && local == "div"
            && self.frames.len() == field.frame + 1
            && field.buffer.trim().is_empty()
        {
            kind = Kind::Wrapper;
        } else {
            field.open_tag(local, raw, closed);
        }
        let place = self.place();
        if !closed && !is_void(local) {
            self.push(name, kind, place, scope);
        } else {
            self.leave_scope(scope);
        }
    }

    fn push(&mut self, name: &'a str, kind: Kind, place: Place, (bindings, bases): (usize, usize)) {
        if self.frames.len() < MAX_DEPTH {
            self.frames.push(Frame { name, kind, place, bindings, bases });
        } else {
            self.deeper += 1;
            self.leave_scope((bindings, bases));
        }
    }

    fn leave_scope(&mut self, (bindings, bases): (usize, usize)) {
        self.bindings.truncate(bindings);
        self.bases.truncate(bases);
    }

    fn close(&mut self, name: &str) {
        let open = self.frames.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name));
        if self.deeper > 0 {
            let structural = open.is_some_and(|open| !matches!(self.frames[open].kind, Kind::Markup | Kind::Plain));
            if !structural {
                self.deeper -= 1;
                return;
            }
            self.deeper = 0;
        }
        match open {
            Some(open) => {
                if open + 1 < self.frames.len() {
                    self.document.problems.note("mismatched-tag", || format!("</{name}> closes more than its element"));
                }
                self.unwind(open);
            }
            None => self.document.problems.note("stray-end-tag", || format!("</{name}> closes nothing")),
        }
    }

    /// Closes elements until `depth` are open.
    fn unwind(&mut self, depth: usize) {
        while self.frames.len() > depth {
            let index = self.frames.len() - 1;
            if self.field.as_ref().is_some_and(|field| field.frame == index) {
                let outer = if index == 0 { Place::Outside } else { self.frames[index - 1].place };
                self.finish_field(outer);
            }
            let Some(frame) = self.frames.pop() else { return };
            match frame.kind {
                Kind::Markup => {
                    if let Some(field) = &mut self.field {
                        field.close_tag(frame.name);
                    }
                }
                Kind::Entry => self.document.end_entry(),
                Kind::Part if frame.place == Place::In(Part::Person) => self.finish_person(),
                _ => {}
            }
            self.leave_scope((frame.bindings, frame.bases));
        }
    }

    /// The next field begins inside this one: parts give way to their own fields, values end.
    fn leave_field(&mut self) {
        let Some(field) = &self.field else { return };
        let frame = field.frame;
        if matches!(field.tag, Tag::Part(_)) {
            self.field = None;
        } else {
            self.document.problems.note("unclosed-element", || format!("<{}> is not closed", self.frames[frame].name));
            self.unwind(frame);
        }
    }

    fn text(&mut self, raw: &'a str, literal: bool) {
        let inside = self.frames.last().is_some_and(|frame| matches!(frame.kind, Kind::Markup | Kind::Wrapper));
        let Some(field) = &mut self.field else { return };
        let as_markup = field.style == Style::Inline || (inside && field.has_markup());
        match (literal, as_markup) {
            (true, true) => entity::escape(&entity::without_controls(raw), &mut field.buffer),
            (true, false) | (false, true) => field.buffer.push_str(&entity::without_controls(raw)),
            (false, false) => {
                field.buffer.push_str(&entity::resolve(raw, &self.declared, &mut self.bare_ampersands));
            }
        }
    }

    fn base(&self) -> &Url {
        self.bases.last().unwrap_or(self.url)
    }

    /// An absolute address; `None` for what is no address, and for more relative ones than a document may have.
    pub(super) fn resolve(&mut self, text: &str) -> Option<Url> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_ADDRESS {
            return None;
        }
        let text: Cow<'_, str> = if text.contains(['\n', '\t', '\r']) {
            text.split_whitespace().collect::<String>().into()
        } else {
            text.into()
        };
        if let Ok(url) = Url::parse(&text) {
            return Some(without_empty_parts(url));
        }
        let url = without_empty_parts(self.base().join(&text).ok()?);
        let grown = url.as_str().len().saturating_sub(text.len());
        if grown > self.growth {
            self.document.problems.note("too-long-base", || "relative links would outgrow the document".to_owned());
            return None;
        }
        self.growth -= grown;
        Some(url)
    }
}

/// A `?` or `#` with nothing behind it says nothing.
fn without_empty_parts(mut url: Url) -> Url {
    if url.query() == Some("") {
        url.set_query(None);
    }
    if url.fragment() == Some("") {
        url.set_fragment(None);
    }
    url
}

/// HTML elements without an end tag.
fn is_void(name: &str) -> bool {
    ["br", "img", "hr", "wbr", "input", "meta", "col", "area", "base", "embed", "param", "track"]
        .iter()
        .any(|void| void.eq_ignore_ascii_case(name))
}

/// Whether a field keeps its markup; parts do not.
pub(super) fn keeps_markup(tag: Tag) -> bool {
    matches!(tag, Tag::Field(field) if Field::has_markup(field))
}
