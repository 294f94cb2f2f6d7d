//! Reads RSS, RDF, Atom, CDF and sitemaps from tokens, in one pass.
//!
//! One reading serves all of them, since publishers mix them. Elements that are not known are looked through, so that
//! what is inside them is still found. Where tags do not match, the smallest repair is taken: an end tag closes the
//! innermost element of its name and all inside it, an entry or a field that begins where none can be ends the one
//! before. The depth is bounded; what lies deeper is text.

use url::Url;

use super::document::{Document, language};
use super::entity::{self, Declared};
use super::field::{OpenField, Values};
use super::markup::Style;
use super::names::{self, Field, Namespace, Part, Tag};
use super::scope::{Mark, Scope};
use super::token::{Token, Tokenizer, attributes};
use super::{Format, Person};

const MAX_DEPTH: usize = 128;
/// Where a value other than a summary or a content is long enough.
const MAX_SHORT: usize = 65_536;

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
    /// What was in scope before it.
    outer: Mark,
}

/// Reads one document.
pub(super) struct Reader<'a> {
    pub(super) document: Document,
    pub(super) field: Option<OpenField<'a>>,
    pub(super) person: Person,
    pub(super) declared: Declared<'a>,
    scope: Scope<'a>,
    frames: Vec<Frame<'a>>,
    /// How many open elements lie deeper than [`MAX_DEPTH`].
    deeper: usize,
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
            scope: Scope::new(url, text.len()),
            frames: Vec::new(),
            deeper: 0,
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
        if self.started && (tokens.truncated || !self.frames.is_empty()) && !self.document.is_full() {
            self.document.problems.note("truncated", || "the document ends before its last element does".to_owned());
        }
        // one that is the only entry is rather carelessly written than cut off
        if self.document.entry.is_some() && !self.document.is_empty() {
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
        let outer = self.scope.mark();
        if raw.contains("xml") {
            self.declare(raw);
        }
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = self.scope.namespace(prefix);
        let mut tag = names::tag(namespace, local);
        if self.document.format == Format::Sitemap && namespace == Namespace::Core && local == "url" {
            tag = Tag::Item;
        }
        if self.field.is_some() {
            if self.is_inside_value(tag, namespace, local) {
                return self.open_inside(name, local, raw, closed, outer);
            }
            self.leave_field();
        }
        let (kind, place) = self.enter(tag, raw);
        self.push(name, kind, place, outer);
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
    fn declare(&mut self, raw: &'a str) {
        for (name, value) in attributes(raw) {
            match name.split_once(':') {
                Some(("xmlns", prefix)) => self.scope.bind(prefix, value),
                None if name == "xmlns" => self.scope.bind("", value),
                Some(("xml", "base")) => {
                    let value = entity::resolve(value, &self.declared, &mut 0);
                    self.scope.rebase(&value);
                }
                Some(("xml", "lang")) if self.document.entry.is_none() => self.document.told_language(value, false),
                _ => {}
            }
        }
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
        let updated = values.get("lastmod").and_then(super::date::parse);
        if let Some(draft) = &mut self.document.entry {
            draft.guid = values.get("rdf:about").map(str::to_owned);
            draft.language = language;
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

    fn open_inside(&mut self, name: &'a str, local: &str, raw: &str, closed: bool, outer: Mark) {
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
            self.push(name, kind, place, outer);
        } else {
            self.scope.leave(outer);
        }
    }

    fn push(&mut self, name: &'a str, kind: Kind, place: Place, outer: Mark) {
        if self.frames.len() < MAX_DEPTH {
            self.frames.push(Frame { name, kind, place, outer });
        } else {
            self.deeper += 1;
            self.scope.leave(outer);
        }
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
            self.scope.leave(frame.outer);
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
        if field.buffer.len() > MAX_SHORT && !field.is_bulk() {
            return;
        }
        let as_markup = field.style == Style::Inline || (inside && field.has_markup());
        match (literal, as_markup) {
            (true, true) => entity::escape(&entity::without_controls(raw), &mut field.buffer),
            (true, false) | (false, true) => field.buffer.push_str(&entity::without_controls(raw)),
            (false, false) => {
                entity::resolve_into(raw, &self.declared, &mut self.bare_ampersands, &mut field.buffer);
            }
        }
    }

    /// An absolute address.
    pub(super) fn resolve(&mut self, text: &str) -> Option<Url> {
        self.scope.resolve(text, &mut self.document.problems)
    }
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
