//! Reads RSS, RDF, Atom, CDF and sitemaps from tokens, in one pass.
//!
//! One reader serves all of them, because publishers mix them. Elements that are not known are ignored, but their
//! children are read. If tags do not match, the smallest repair is made: an end tag closes the innermost element of its
//! name and everything inside it; an entry or a field that starts where none can be ends the one before. The depth is
//! limited; deeper elements are text.

use url::Url;

use super::document::FeedBuilder;
use super::entity::{self, Declared};
use super::markup::Style;
use super::names::{self, Field, Namespace, Part, Tag};
use super::scope::{Scope, ScopeMark};
use super::token::{Token, Tokenizer, attributes};
use super::{Format, Person};

mod extra;
mod field;
mod frame;
mod place;

use frame::{ElementKind, OpenField, Place};

const MAX_DEPTH: usize = 128;
/// The longest value, except for summary and content.
const MAX_SHORT: usize = 65_536;

/// An open element.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    name: &'a str,
    pub(super) kind: ElementKind,
    place: Place,
    /// What was in scope before it.
    outer: ScopeMark,
}

/// Reads one document.
pub(super) struct FeedReader<'a> {
    pub(super) document: FeedBuilder,
    pub(super) field: Option<OpenField<'a>>,
    pub(super) person: Person,
    pub(super) declared: Declared<'a>,
    pub(super) scope: Scope<'a>,
    pub(super) frames: Vec<Frame<'a>>,
    /// How many open elements are deeper than [`MAX_DEPTH`].
    deeper: usize,
    pub(super) bare_ampersands: u32,
    pub(super) started: bool,
    /// A web page began before any feed did.
    pub(super) page: bool,
}

impl<'a> FeedReader<'a> {
    /// Reads a document; `None` if it contains no feed.
    pub(super) fn read(text: &'a str, url: &'a Url, document: FeedBuilder) -> Option<FeedBuilder> {
        let mut reader = Self {
            document,
            field: None,
            person: Person::default(),
            declared: Declared::new(text.len()),
            scope: Scope::new(url, text.len()),
            frames: Vec::new(),
            deeper: 0,
            bare_ampersands: 0,
            started: false,
            page: false,
        };
        let mut tokens = Tokenizer::new(text);
        while let Some(token) = tokens.next() {
            reader.document.position = tokens.at();
            if reader.document.is_full() {
                let rest = reader.entries_in(std::iter::once(token).chain(&mut tokens));
                reader.document.leave_out(rest);
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
        if self.started && !self.frames.is_empty() && !self.document.is_full() {
            self.document.cut_off();
        }
        // if it is the only entry, it is more likely badly written than truncated
        if self.document.entry.is_some() && !self.document.is_empty() {
            self.field = None;
            self.document.drop_entry();
        }
        self.unwind(0);
        let problems = &mut self.document.problems;
        problems
            .note_many("bare-ampersand", self.bare_ampersands, || "an `&` that does not start an entity".to_owned());
        problems.note_many("bare-less-than", tokens.bare, || "a `<` that does not start a tag".to_owned());
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
        let (tag, namespace, local) = self.meaning(name);
        if self.field.is_some() {
            if self.is_inside_value(tag, namespace, local) || self.is_stylesheet(local, raw) {
                return self.open_inside(name, local, raw, closed, outer);
            }
            self.leave_field();
        }
        let (kind, place) = self.enter(tag, raw);
        self.push(name, kind, place, outer);
        if let Tag::Field(_) | Tag::Part(Part::Person | Part::Source | Part::Image) = tag
            && place != Place::Outside
        {
            let mut field = OpenField::new(tag, self.frames.len() - 1, raw, &self.declared);
            if self.document.format == Format::Atom && field.style == Style::Unknown {
                field.style = Style::Default;
            }
            self.field = Some(field);
        }
        if closed {
            self.unwind(self.frames.len().saturating_sub(1));
        }
    }

    /// What an element is for, with its namespace and its name in it.
    fn meaning<'n>(&self, name: &'n str) -> (Tag, Namespace, &'n str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = self.scope.namespace(prefix);
        let is_url = self.document.format == Format::Sitemap && namespace == Namespace::Core && local == "url";
        (if is_url { Tag::Item } else { names::tag(namespace, local) }, namespace, local)
    }

    /// How many entries start in the rest of the document.
    fn entries_in(&self, rest: impl Iterator<Item = Token<'a>>) -> u32 {
        let begins = |token: &Token<'_>| matches!(token, Token::Open { name, .. } if self.meaning(name).0 == Tag::Item);
        u32::try_from(rest.filter(begins).count()).unwrap_or(u32::MAX)
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
        // names that both HTML and feeds use
        let html = matches!(local, "title" | "link" | "source" | "body" | "summary" | "image");
        field.style == Style::Inline || namespace == Namespace::Xhtml || (html && deep)
    }

    /// A link that no feed has, but HTML in a value.
    fn is_stylesheet(&self, local: &str, raw: &str) -> bool {
        local.eq_ignore_ascii_case("link")
            && raw.contains("stylesheet")
            && self.field.as_ref().is_some_and(OpenField::has_markup)
    }

    fn open_inside(&mut self, name: &'a str, local: &str, raw: &str, closed: bool, outer: ScopeMark) {
        let Some(field) = &mut self.field else { return };
        let mut kind = ElementKind::Markup;
        if !field.has_markup() || self.frames.len() >= MAX_DEPTH {
            kind = ElementKind::Plain;
        } else if field.style == Style::Inline
            && local == "div"
            && self.frames.len() == field.frame + 1
            && field.buffer.trim().is_empty()
        {
            kind = ElementKind::Wrapper;
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

    fn push(&mut self, name: &'a str, kind: ElementKind, place: Place, outer: ScopeMark) {
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
            let structural =
                open.is_some_and(|open| !matches!(self.frames[open].kind, ElementKind::Markup | ElementKind::Plain));
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
    pub(super) fn unwind(&mut self, depth: usize) {
        while self.frames.len() > depth {
            let index = self.frames.len() - 1;
            if self.field.as_ref().is_some_and(|field| field.frame == index) {
                self.finish_field(self.place_outside(index));
            }
            let Some(frame) = self.frames.pop() else { return };
            match frame.kind {
                ElementKind::Markup => {
                    if let Some(field) = &mut self.field {
                        field.close_tag(frame.name);
                    }
                }
                ElementKind::Entry => self.document.end_entry(),
                ElementKind::Part if frame.place == Place::In(Part::Person) => self.finish_person(),
                _ => {}
            }
            self.scope.leave(frame.outer);
        }
    }

    /// The next field starts inside this one: parts give way to their own fields, a value ends; an element with all its
    /// data in attributes may contain others.
    fn leave_field(&mut self) {
        let Some(field) = &self.field else { return };
        let frame = field.frame;
        if matches!(field.tag, Tag::Part(_)) {
            self.field = None;
        } else if field.buffer.trim().is_empty() {
            self.finish_field(self.place_outside(frame));
        } else {
            self.document.problems.note("unclosed-element", || format!("<{}> is not closed", self.frames[frame].name));
            self.unwind(frame);
        }
    }

    /// Whether an element is directly inside one for a field.
    pub(super) fn is_inside(&self, frame: usize, field: Field) -> bool {
        self.outer(frame).is_some_and(|outer| self.meaning(outer.name).0 == Tag::Field(field))
    }

    /// Whether an element is directly inside an entry.
    pub(super) fn stands_on_entry(&self, frame: usize) -> bool {
        self.outer(frame).is_some_and(|outer| outer.kind == ElementKind::Entry)
    }

    fn outer(&self, frame: usize) -> Option<&Frame<'a>> {
        self.frames.get(frame.checked_sub(1)?)
    }

    /// The place of a frame's element.
    fn place_outside(&self, frame: usize) -> Place {
        self.outer(frame).map_or(Place::Outside, |outer| outer.place)
    }

    fn text(&mut self, raw: &'a str, literal: bool) {
        let inside =
            self.frames.last().is_some_and(|frame| matches!(frame.kind, ElementKind::Markup | ElementKind::Wrapper));
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
    ["br", "img", "hr", "link", "wbr", "input", "meta", "col", "area", "base", "embed", "param", "track"]
        .iter()
        .any(|void| void.eq_ignore_ascii_case(name))
}
