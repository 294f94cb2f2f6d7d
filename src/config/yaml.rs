//! YAML text → a tree in which every node knows its place.
//!
//! What makes YAML dangerous or confusing is refused here: anchors and aliases (a few lines can expand to gigabytes),
//! tags, several documents, deep nesting. Scalars stay text: their reader decides what a value means, so `no` is never
//! a boolean by accident and `1.10` never a number.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::fault::Position;

/// The deepest a configuration may nest; ours needs six levels.
const MAX_DEPTH: usize = 32;

/// A node and its place.
#[derive(Debug)]
pub(super) struct Node<'t> {
    /// Where it starts.
    pub(super) at: Position,
    /// What it is.
    pub(super) value: Value<'t>,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Value<'t> {
    /// Empty, `~` or `null`.
    Null,
    /// Any other scalar, as text.
    Scalar(Cow<'t, str>),
    /// A sequence.
    List(Vec<Node<'t>>),
    /// A mapping: keys and values in the order of the file, repeated keys included.
    Map(Vec<(Node<'t>, Node<'t>)>),
}

/// Why a text is not a valid tree.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) at: Position,
    pub(super) message: String,
}

/// Reads the one document of a text; an empty text is a null at its start.
pub(super) fn parse(text: &str) -> Result<Node<'_>, SyntaxError> {
    let mut reader = TreeReader { parser: Parser::new_from_str(text), depth: 0 };
    let mut root = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            _ if root.is_some() => return Err(refuse(span, "a second YAML document; a configuration is one")),
            event => root = Some(reader.node(event, span)?),
        }
    }
    Ok(root.unwrap_or(Node { at: Position { line: 1, column: 1 }, value: Value::Null }))
}

impl Node<'_> {
    /// The items of a list; a scalar is a list of one item.
    pub(super) fn items(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            Value::Scalar(_) => Some(std::slice::from_ref(self)),
            Value::Null | Value::Map(_) => None,
        }
    }

    /// What the node is, for the end of `expected …, found …`.
    pub(super) fn found(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar(text) if text.trim().is_empty() => "an empty text".to_owned(),
            Value::Scalar(text) => format!("`{}`", shortened(text)),
            Value::List(items) if items.is_empty() => "an empty list".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        }
    }
}

struct TreeReader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    depth: usize,
}

impl<'t> TreeReader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let mark = error.marker();
                let at = Position { line: mark.line(), column: mark.col() + 1 };
                let message = match error.info() {
                    // a host pattern (`*.example.com`) that is not quoted
                    info if info.ends_with("found unknown anchor") => ALIAS.to_owned(),
                    info => format!("not valid YAML: {info}"),
                };
                Err(SyntaxError { at, message })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node<'t>, SyntaxError> {
        let value = match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain(span, anchor, tag)?;
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                if null { Value::Null } else { Value::Scalar(text) }
            }
            Event::SequenceStart(anchor, tag) => {
                plain(span, anchor, tag)?;
                self.deeper(span, Self::list)?
            }
            Event::MappingStart(anchor, tag) => {
                plain(span, anchor, tag)?;
                self.deeper(span, Self::map)?
            }
            Event::Alias(_) => return Err(refuse(span, ALIAS)),
            _ => return Err(refuse(span, "not valid YAML: a value is missing")),
        };
        Ok(Node { at: mark(span), value })
    }

    fn deeper(
        &mut self,
        span: Span,
        read: fn(&mut Self) -> Result<Value<'t>, SyntaxError>,
    ) -> Result<Value<'t>, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(refuse(span, &format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Result<Value<'t>, SyntaxError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Value<'t>, SyntaxError> {
        let mut entries = Vec::new();
        loop {
            match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (event, span) => {
                    let key = self.node(event, span)?;
                    let (event, span) = self.next()?;
                    entries.push((key, self.node(event, span)?));
                }
            }
        }
    }
}

const ALIAS: &str =
    "anchors and aliases are not supported; write the value out, or quote a text that begins with `*` or `&`";

/// Refuses what a scalar or collection may have in addition to its value.
fn plain(span: Span, anchor: usize, tag: Option<Cow<'_, Tag>>) -> Result<(), SyntaxError> {
    if anchor != 0 {
        return Err(refuse(span, ALIAS));
    }
    match tag {
        Some(tag) => Err(refuse(span, &format!("tags such as `{tag}` are not supported; write the plain value"))),
        None => Ok(()),
    }
}

fn refuse(span: Span, message: &str) -> SyntaxError {
    SyntaxError { at: mark(span), message: message.to_owned() }
}

fn mark(span: Span) -> Position {
    Position { line: span.start.line().max(1), column: span.start.col() + 1 }
}

/// A value as it is shown in a message: one line, not too long.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
